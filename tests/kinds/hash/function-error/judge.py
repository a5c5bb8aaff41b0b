def right(context):
    return 1
