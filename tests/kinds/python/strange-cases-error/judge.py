def cases(context):
    return [object()]


def median(values):
    return 0.0
