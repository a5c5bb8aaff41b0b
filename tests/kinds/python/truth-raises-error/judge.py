def cases(context):
    return [[8], [0], [-1]]


def root(number):
    if number < 0:
        raise ValueError("no root of a negative number")
    return number**0.5
