def rows(matrix):
    return list(matrix.astype("float64").sum(axis=1))
