def rows(matrix):
    return matrix.astype("float64").sum(axis=1)
