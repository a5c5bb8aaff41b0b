import numpy


def relu(matrix):
    return matrix.astype(object)
