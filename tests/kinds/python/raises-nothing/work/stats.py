def root(number):
    return abs(number) ** 0.5
