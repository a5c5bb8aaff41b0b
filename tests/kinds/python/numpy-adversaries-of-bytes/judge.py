from mlsj.kinds.python import Array


def cases(context):
    for size in (3, 4):
        yield [Array.of([[context.random.gauss(0, 1) for _ in range(size)] for _ in range(size)], "float32")]


def relu(matrix):
    return Array.of([[max(value, 0.0) for value in row] for row in matrix.nested()], "float32")


def rows(matrix):
    return [sum(row) for row in matrix.nested()]


def half(matrix):
    return Array.of([[int(abs(value) * 40) for value in row] for row in matrix.nested()], "uint8")
