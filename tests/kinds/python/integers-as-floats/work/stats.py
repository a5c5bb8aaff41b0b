def squares(values):
    return [float(v) ** 2 for v in values]
