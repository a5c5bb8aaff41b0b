def words(text):
    return list(dict.fromkeys(text.split()))
