"""The laws of homework 8 on features of a cell. [Zhao 8.2]"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from rlbook.homework.laws import Law


def powers(order: int, key: Callable[[tuple[int, int]], Any]) -> list[tuple[int, int]]:
    """The powers of x and y up to an order in sum, sorted."""
    both = product(range(order + 1), range(order + 1))
    return sorted((e for e in both if sum(e) <= order), key=key)


def as_the_book(e: tuple[int, int]) -> Any:
    """By the sum of powers; of a kind, pure powers first, and x before y."""
    return sum(e), -max(e), -e[0]


def scaled(at: float, n: int) -> float:
    """From 0, the first row or column, to 1, the last."""
    return at / (n - 1)


Cell = Callable[[int, int, int, int], tuple[float, float]]

OTHER_CELLS: dict[str, Cell] = {
    "x and y are exchanged: x must be the column and y the row": lambda row, col, rows, cols: (
        scaled(row, rows), scaled(col, cols)
    ),
    "the coordinates are divided by the number of rows and columns; the last of them must be 1, so "
    "divide by one less": lambda row, col, rows, cols: (col / cols, row / rows),
    "rows and columns are counted from 1": lambda row, col, rows, cols: (
        (col + 1) / cols, (row + 1) / rows
    ),
    "row and column are one too large: they are counted from 0": lambda row, col, rows, cols: (
        scaled(col + 1, cols), scaled(row + 1, rows)
    ),
    "the number of rows scales the column, and the number of columns the row": (
        lambda row, col, rows, cols: (scaled(col, rows), scaled(row, cols))
    ),
    "the middles of the cells are taken, and not points from end to end": (
        lambda row, col, rows, cols: ((col + 0.5) / cols, (row + 0.5) / rows)
    ),
    "y grows upwards: the first row has the largest y": lambda row, col, rows, cols: (
        scaled(col, cols), 1 - scaled(row, rows)
    ),
    "both coordinates are divided by the number of columns": lambda row, col, rows, cols: (
        scaled(col, cols), row / (cols - 1)
    ),
    "both coordinates are divided by the number of rows": lambda row, col, rows, cols: (
        col / (rows - 1), scaled(row, rows)
    ),
}  # fmt: skip
"""What is thought to be x and y of a cell, from 0 to 1."""


def right_cell(row: int, col: int, rows: int, cols: int) -> tuple[float, float]:
    """x and y from 0 to 1."""
    return scaled(col, cols), scaled(row, rows)


def polynomial(
    cell: Cell = right_cell,
    key: Callable[[tuple[int, int]], Any] = as_the_book,
    change: Callable[[float], float] = lambda z: 2 * z - 1,
    power: Callable[[float, int], float] = lambda x, k: x**k,
) -> Callable[..., Any]:
    """(8.17), with parts that may be wrong."""

    def value(row: int, col: int, rows: int, cols: int, order: int) -> Any:
        x, y = map(change, cell(row, col, rows, cols))
        return [power(x, e[0]) * power(y, e[1]) for e in powers(order, key)]

    return value


def raw(row: int, col: int, rows: int, cols: int) -> tuple[float, float]:
    """A cell as it is."""
    return col, row


POLYNOMIAL = Law(
    "(8.15) to (8.17)",
    polynomial(),
    {
        "the coordinates go from 0 to 1; the book's polynomials have them from -1 to 1": polynomial(
            change=lambda z: z
        ),
        "row and column are taken as they are, and not scaled to [-1, 1]": polynomial(
            raw, change=lambda z: z
        ),
        **{name: polynomial(cell) for name, cell in OTHER_CELLS.items()},
        "the order of the features is another: pure powers stand before products, x^2, y^2, xy": (
            polynomial(key=lambda e: (sum(e), -e[0]))
        ),
        "the order of the features is another: all with x^0 come first, then all with x^1": (
            polynomial(key=lambda e: e)
        ),
        "the order of the features is another: all with y^0 come first, then all with y^1": (
            polynomial(key=lambda e: e[::-1])
        ),
        "x^2 y and x y^2 are exchanged": polynomial(
            key=lambda e: (sum(e), -max(e), e[0] if min(e) else -e[0])
        ),
        "x^2 is computed as 2 x": polynomial(power=lambda x, k: k * x if k else 1.0),
        "the signs are lost: distances from the middle are taken": polynomial(
            change=lambda z: abs(2 * z - 1)
        ),
        "the coordinates go from -1/2 to 1/2, and not from -1 to 1": polynomial(
            change=lambda z: z - 0.5
        ),
    },
)


def fourier(
    cell: Cell = right_cell,
    wave: Callable[[float, float], float] = lambda p, q: np.cos(np.pi * (p + q)),
    turned: bool = False,
    first: int = 0,
    change: Callable[[float], float] = lambda z: z,
) -> Callable[..., Any]:
    """(8.18), with parts that may be wrong."""

    def value(row: int, col: int, rows: int, cols: int, order: int) -> Any:
        x, y = map(change, cell(row, col, rows, cols))
        pairs = list(product(range(first, first + order + 1), repeat=2))
        return [wave(c1 * x, c2 * y) for c1, c2 in ([c[::-1] for c in pairs] if turned else pairs)]

    return value


FOURIER = Law(
    "(8.18)",
    fourier(),
    {
        "the order of the features is another, or x and y are exchanged: c_2 must run fastest, "
        "and it belongs to y, the row": fourier(turned=True),
        "the coordinates go from -1 to 1; here they go from 0 to 1": fourier(
            change=lambda z: 2 * z - 1
        ),
        "row and column are taken as they are, and not scaled to [0, 1]": fourier(raw),
        "pi is forgotten": fourier(wave=lambda p, q: np.cos(p + q)),
        "2 pi is taken, and not pi": fourier(wave=lambda p, q: np.cos(2 * np.pi * (p + q))),
        "the sine is taken, and not the cosine": fourier(wave=lambda p, q: np.sin(np.pi * (p + q))),
        "two cosines are multiplied; it is one cosine, of a sum": fourier(
            wave=lambda p, q: np.cos(np.pi * p) * np.cos(np.pi * q)
        ),
        "two cosines are added; it is one cosine, of a sum": fourier(
            wave=lambda p, q: np.cos(np.pi * p) + np.cos(np.pi * q)
        ),
        "c_1 x and c_2 y are multiplied, and not added": fourier(
            wave=lambda p, q: np.cos(np.pi * p * q)
        ),
        "c_2 y is subtracted, and not added": fourier(wave=lambda p, q: np.cos(np.pi * (p - q))),
        "the frequencies begin at 1; they begin at 0, so that the first feature is 1": fourier(
            first=1
        ),
        **{name: fourier(cell) for name, cell in list(OTHER_CELLS.items())[1:]},
    },
)
