def root(number):
    if number < 0:
        raise TypeError("no")
    return number**0.5
