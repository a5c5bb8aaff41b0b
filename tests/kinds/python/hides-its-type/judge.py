from mlsj.kinds.python import Case


def cases(context):
    yield Case([[3.0]], "a single value")
    for size in (5, 8):
        says = "an odd number of values" if size % 2 else "an even number of values"
        yield Case([[round(context.random.uniform(-9, 9), 3) for _ in range(size)]], says)


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
