def cases(context):
    return [[[context.random.randrange(10**30) for _ in range(3)]], [[]], [[1, 2]]]


def squares(values):
    return [value * value for value in values]
