def cases(context):
    return [["b a c a"], [""]]


def words(text):
    return sorted(set(text.split()))
