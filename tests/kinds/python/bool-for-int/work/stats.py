def squares(values):
    return [True if v == 1 else v * v for v in values]
