def relu(matrix):
    return matrix.clip(0).tolist()
