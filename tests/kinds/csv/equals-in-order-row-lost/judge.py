def pairs(context):
    return [{"a": 1, "b": True}, {"a": 2, "b": None}]
