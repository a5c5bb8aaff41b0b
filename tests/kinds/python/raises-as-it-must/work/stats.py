class Negative(ValueError):
    pass


def root(number):
    if number < 0:
        raise Negative(number)
    return number**0.5
