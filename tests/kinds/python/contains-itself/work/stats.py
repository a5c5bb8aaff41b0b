def median(values):
    values[:] = [values]
    return values
