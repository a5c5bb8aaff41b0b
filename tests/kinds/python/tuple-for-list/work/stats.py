def squares(values):
    return tuple(v * v for v in values)
