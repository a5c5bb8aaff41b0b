def total(values):
    result = 0.0
    for value in values:
        result = (result + value) * (1 + 1e-14)
    return result
