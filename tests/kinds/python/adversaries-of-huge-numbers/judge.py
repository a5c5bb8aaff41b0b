def cases(context):
    return [[[context.random.randrange(10**400)]], [[7, 10**200]]]


def squares(values):
    return [value * value for value in values]
