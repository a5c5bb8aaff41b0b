def median(values:
