def median(values):
    return b"x" * 70_000_000
