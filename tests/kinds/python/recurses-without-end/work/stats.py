def median(values):
    return median(values)
