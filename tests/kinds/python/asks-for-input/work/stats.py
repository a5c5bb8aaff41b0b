def median(values):
    return float(input())
