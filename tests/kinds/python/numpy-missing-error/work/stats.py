def relu(matrix):
    return matrix
