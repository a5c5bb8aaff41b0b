import numpy


def half(matrix):
    return (numpy.abs(matrix) * 40).astype("uint8")
