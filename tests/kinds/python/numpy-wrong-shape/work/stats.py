import numpy


def relu(matrix):
    return numpy.maximum(matrix, 0).ravel()
