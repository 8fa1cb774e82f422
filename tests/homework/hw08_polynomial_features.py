"""What students write for polynomial_features."""

import numpy as np


def _xy(row, col, rows, cols):
    return -1 + col * 2 / (cols - 1), -1 + row * 2 / (rows - 1)


def right_linspace(row, col, rows, cols, order):
    x, y = np.linspace(-1, 1, cols)[col], np.linspace(-1, 1, rows)[row]
    out = [1, x, y]
    if order > 1:
        out += [x * x, y * y, x * y]
    if order > 2:
        out += [x**3, y**3, x * x * y, x * y * y]
    return out


def right_generator(row, col, rows, cols, order):
    x, y = _xy(row, col, rows, cols)
    yield 1.0
    for k in range(1, order + 1):
        yield x**k
        yield y**k
        for i in range(k - 1, 0, -1):
            yield x**i * y ** (k - i)


def right_float32_column(row, col, rows, cols, order):
    x, y = _xy(row, col, rows, cols)
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (3, 0), (0, 3), (2, 1), (1, 2)]
    n = (order + 1) * (order + 2) // 2
    return np.array([[x**i * y**j] for i, j in powers[:n]], dtype=np.float32)


def _of(x, y, order):
    phi = [1, x, y, x**2, y**2, x * y, x**3, y**3, x**2 * y, x * y**2]
    return np.array(phi[: [3, 6, 10][order - 1]], dtype=float)


def from_zero(row, col, rows, cols, order):
    """(8.15) to (8.17): the coordinates go from 0 to 1"""
    return _of(col / (cols - 1), row / (rows - 1), order)


def unscaled(row, col, rows, cols, order):
    """(8.15) to (8.17): row and column are taken as they are"""
    return _of(col, row, order)


def exchanged(row, col, rows, cols, order):
    """(8.15) to (8.17): x and y are exchanged"""
    y, x = _xy(row, col, rows, cols)
    return _of(x, y, order)


def by_number(row, col, rows, cols, order):
    """(8.15) to (8.17): the coordinates are divided by the number"""
    return _of(2 * (col / cols) - 1, 2 * (row / rows) - 1, order)


def from_one(row, col, rows, cols, order):
    """(8.15) to (8.17): rows and columns are counted from 1"""
    return _of(2 * (col + 1) / cols - 1, 2 * (row + 1) / rows - 1, order)


def middles(row, col, rows, cols, order):
    """(8.15) to (8.17): the middles of the cells"""
    return _of((2 * col + 1) / cols - 1, (2 * row + 1) / rows - 1, order)


def upside_down(row, col, rows, cols, order):
    """(8.15) to (8.17): y grows upwards"""
    x, y = _xy(row, col, rows, cols)
    return _of(x, -y, order)


def one_width(row, col, rows, cols, order):
    """(8.15) to (8.17): both coordinates are divided by the number of columns"""
    return _of(2 * col / (cols - 1) - 1, 2 * row / (cols - 1) - 1, order)


def falling_powers(row, col, rows, cols, order):
    """(8.15) to (8.17): the order of the features is another: pure powers"""
    x, y = _xy(row, col, rows, cols)
    return [x ** (k - j) * y**j for k in range(order + 1) for j in range(k + 1)]


def nested(row, col, rows, cols, order):
    """(8.15) to (8.17): the order of the features is another: all with x^0"""
    x, y = _xy(row, col, rows, cols)
    return [x**i * y**j for i in range(order + 1) for j in range(order + 1 - i)]


def nested_other_way(row, col, rows, cols, order):
    """(8.15) to (8.17): the order of the features is another: all with y^0"""
    x, y = _xy(row, col, rows, cols)
    return [x**i * y**j for j in range(order + 1) for i in range(order + 1 - j)]


def distances(row, col, rows, cols, order):
    """(8.15) to (8.17): the signs are lost"""
    x, y = _xy(row, col, rows, cols)
    return _of(abs(x), abs(y), order)


def half(row, col, rows, cols, order):
    """(8.15) to (8.17): the coordinates go from -1/2 to 1/2"""
    return _of(col / (cols - 1) - 0.5, row / (rows - 1) - 0.5, order)


def last_two_exchanged(row, col, rows, cols, order):
    """(8.15) to (8.17): x^2 y and x y^2 are exchanged"""
    x, y = _xy(row, col, rows, cols)
    phi = [1, x, y, x * x, y * y, x * y, x**3, y**3, x * y * y, x * x * y]
    return phi[: (order + 1) * (order + 2) // 2]


def first_is_one(row, col, rows, cols, order):
    """(8.15) to (8.17): row and column are one too large"""
    return _of(*_xy(row + 1, col + 1, rows, cols), order)


def sizes_exchanged(row, col, rows, cols, order):
    """(8.15) to (8.17): the number of rows scales the column"""
    return _of(*_xy(row, col, cols, rows), order)
