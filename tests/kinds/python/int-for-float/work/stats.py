def median(values):
    values = sorted(values)
    half = len(values) // 2
    return int(values[half]) if len(values) == 1 else values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
