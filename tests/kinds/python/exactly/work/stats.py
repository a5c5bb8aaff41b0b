def total(values):
    return sum(values) + 0.5
