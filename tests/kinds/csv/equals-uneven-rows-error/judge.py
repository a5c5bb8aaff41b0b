def points(context):
    return [{"x": 1.0}, {"y": 1.0}]
