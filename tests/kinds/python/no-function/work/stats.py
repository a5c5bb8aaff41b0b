def meridian(values):
    return 0
