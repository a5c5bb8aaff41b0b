def cases(context):
    return []


def median(values):
    return 0.0
