def median(values):
    while True:
        pass
