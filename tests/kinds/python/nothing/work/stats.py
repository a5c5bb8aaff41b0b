def median(values):
    sorted(values)
