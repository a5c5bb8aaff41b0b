def median(values):
    return values["x"]
