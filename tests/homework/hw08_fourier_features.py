"""What students write for fourier_features."""

import math

import numpy as np


def right_loops(row, col, rows, cols, order):
    x, y = col / (cols - 1), row / (rows - 1)
    phi = []
    for c1 in range(order + 1):
        for c2 in range(order + 1):
            phi.append(math.cos(math.pi * (c1 * x + c2 * y)))
    return phi


def right_mesh_square(row, col, rows, cols, order):
    z = np.array([col / (cols - 1), row / (rows - 1)])
    c = np.stack(np.meshgrid(*[range(order + 1)] * 2, indexing="ij"), -1).reshape(-1, 2)
    return np.cos(np.pi * c @ z)


def right_generator(row, col, rows, cols, order):
    for k in range((order + 1) ** 2):
        c1, c2 = divmod(k, order + 1)
        yield np.cos(np.pi * (c1 * col / (cols - 1) + c2 * row / (rows - 1)))


def right_float32_row(row, col, rows, cols, order):
    c = np.arange(order + 1, dtype=np.float32)
    x, y = np.float32(col / (cols - 1)), np.float32(row / (rows - 1))
    return np.cos(np.float32(np.pi) * np.add.outer(c * x, c * y)).reshape(1, -1)


def _waves(x, y, order, f=lambda p, q: np.cos(np.pi * (p + q)), start=0):
    c = range(start, start + order + 1)
    return np.array([f(i * x, j * y) for i in c for j in c])


def _xy(row, col, rows, cols):
    return col / (cols - 1), row / (rows - 1)


def c1_fastest(row, col, rows, cols, order):
    """(8.18): the order of the features is another"""
    x, y = _xy(row, col, rows, cols)
    return [np.cos(np.pi * (i * x + j * y)) for j in range(order + 1) for i in range(order + 1)]


def exchanged(row, col, rows, cols, order):
    """(8.18): the order of the features is another, or x and y are exchanged"""
    return _waves(row / (rows - 1), col / (cols - 1), order)


def minus_one_to_one(row, col, rows, cols, order):
    """(8.18): the coordinates go from -1 to 1"""
    x, y = _xy(row, col, rows, cols)
    return _waves(2 * x - 1, 2 * y - 1, order)


def unscaled(row, col, rows, cols, order):
    """(8.18): row and column are taken as they are"""
    return _waves(col, row, order)


def no_pi(row, col, rows, cols, order):
    """(8.18): pi is forgotten"""
    return _waves(*_xy(row, col, rows, cols), order, lambda p, q: np.cos(p + q))


def two_pi(row, col, rows, cols, order):
    """(8.18): 2 pi is taken"""
    return _waves(*_xy(row, col, rows, cols), order, lambda p, q: np.cos(2 * np.pi * (p + q)))


def sine(row, col, rows, cols, order):
    """(8.18): the sine is taken"""
    return _waves(*_xy(row, col, rows, cols), order, lambda p, q: np.sin(np.pi * (p + q)))


def product_of_cosines(row, col, rows, cols, order):
    """(8.18): two cosines are multiplied"""
    x, y = _xy(row, col, rows, cols)
    c = np.pi * np.arange(order + 1)
    return np.outer(np.cos(c * x), np.cos(c * y)).ravel()


def from_one(row, col, rows, cols, order):
    """(8.18): the frequencies begin at 1"""
    return _waves(*_xy(row, col, rows, cols), order, start=1)


def by_number(row, col, rows, cols, order):
    """(8.18): the coordinates are divided by the number"""
    return _waves(col / cols, row / rows, order)


def counted_from_one(row, col, rows, cols, order):
    """(8.18): rows and columns are counted from 1"""
    return _waves((col + 1) / cols, (row + 1) / rows, order)


def upside_down(row, col, rows, cols, order):
    """(8.18): y grows upwards"""
    x, y = _xy(row, col, rows, cols)
    return _waves(x, 1 - y, order)


def minus(row, col, rows, cols, order):
    """(8.18): c_2 y is subtracted"""
    return _waves(*_xy(row, col, rows, cols), order, lambda p, q: np.cos(np.pi * (p - q)))


def sizes_exchanged(row, col, rows, cols, order):
    """(8.18): the number of rows scales the column"""
    return _waves(*_xy(row, col, cols, rows), order)
