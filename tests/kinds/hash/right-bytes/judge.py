def right(context):
    return b"hello\n"
