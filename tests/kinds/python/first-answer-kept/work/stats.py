KEPT = []


def _median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def median(values):
    if not KEPT:
        KEPT.append(_median(values))
    return KEPT[0]
