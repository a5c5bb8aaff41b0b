from ._sorting import ordered


def median(values):
    values = ordered(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
