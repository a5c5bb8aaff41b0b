def cases(context):
    return [["b a c a"]]


def count(text):
    return {"words": {word: text.split().count(word) for word in text.split()}, "mean": 4 / 3, "none": None}
