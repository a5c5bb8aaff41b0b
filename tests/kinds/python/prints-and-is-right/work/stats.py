import sys

def median(values):
    print("median of", values)
    print("a warning", file=sys.stderr)
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
