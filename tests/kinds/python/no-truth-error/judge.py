def cases(context):
    return [[1]]
