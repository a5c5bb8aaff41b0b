def median(values):
    yield sorted(values)[len(values) // 2]
