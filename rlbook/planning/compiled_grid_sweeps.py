"""Sweeps of a grid in place, compiled: what `grid_sweeps` says, a cell at a time.

This is the twin, for speed. Sums and products are in the order of the other, so that a sweep of all
cells gives the same bits. Needs the extra `fast`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import inline, jit
from rlbook.grid_world.rules import GridModel
from rlbook.planning import grid_sweeps

SQUARE = 16
"""Cells in a row and in a column of a square: squares sleep and are woken."""


class Grid(grid_sweeps.Grid):
    """A grid under sweeps: as grid_sweeps.Grid."""

    def __init__(self, model: GridModel, gamma: float, v: FloatArray) -> None:
        self.rows, self.cols = model.shape
        kind = np.zeros((self.rows + 2, self.cols + 2), dtype=np.uint8)
        kind[1:-1, 1:-1] = model.kind
        future = gamma * ~model.ends
        shut = _shut(kind, model.walls)
        worth = np.zeros(kind.shape)
        worth[1:-1, 1:-1] = v.reshape(model.shape) * (
            future[model.kind] if model.can_end else gamma
        )
        worth[1:-1, 1:-1] += model._enter
        self.worth = worth.ravel()
        self.fixed: Any = (
            kind.ravel(), shut.ravel(), self.rows, self.cols, model.enter, future,
            model.enter / (1 - future), model.bump, model.r_forbidden, model.slip,
        )  # fmt: skip
        squares = -(-self.rows // SQUARE), -(-self.cols // SQUARE)
        self.awake = np.zeros((squares[0] + 2, squares[1] + 2), dtype=np.bool_)
        self.wake()

    def sweep(self, down: bool, right: bool, still: float) -> float:
        """Once over the cells that are awake; returns the largest change of a worth."""
        run: Any = _sweep
        self.visited += int(np.count_nonzero(self.awake)) * SQUARE**2
        return float(run(self.worth, *self.fixed, self.awake, down, right, still))

    def values(self) -> FloatArray:
        """What v the worths around each cell make, (S,)."""
        run: Any = _values
        v: FloatArray = run(self.worth, *self.fixed)
        return v

    def wake(self) -> None:
        """Let all squares be swept again."""
        self.awake[1:-1, 1:-1] = True


@jit
def _shut(kind, walls):  # type: ignore[no-untyped-def]
    """For each cell a bit for each direction that leads nowhere, and, from 16 on, off the grid."""
    rows, cols = kind.shape[0] - 2, kind.shape[1] - 2
    bits = np.zeros(kind.shape, dtype=np.uint8)
    for i in range(1, rows + 1):
        for j in range(1, cols + 1):
            x = 17 * (i == 1) + 34 * (j == cols) + 68 * (i == rows) + 136 * (j == 1)
            if walls:
                x |= (kind[i - 1, j] == 1) + 2 * (kind[i, j + 1] == 1)
                x |= 4 * (kind[i + 1, j] == 1) + 8 * (kind[i, j - 1] == 1)
            bits[i, j] = x
    return bits


@inline
def larger(x, y):  # type: ignore[no-untyped-def]
    """One instruction, where max() is several."""
    return x if x > y else y


@jit
def _cornered(  # type: ignore[no-untyped-def]
    up, right, down, left, to_right, bits, stay, future, bump, r_wall, slip
):
    """max_a q(s, a) of a cell from which some direction leads nowhere."""
    side, ahead = slip / 2, 1 - slip
    no_up, no_right, no_down, no_left = bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1
    if no_up:
        up = bump if bits & 16 else r_wall
    if no_right:
        right = bump if bits & 32 else r_wall
    if no_down:
        down = bump if bits & 64 else r_wall
    if no_left:
        left = bump if bits & 128 else r_wall
    after, no_after = (right, no_right) if to_right else (left, no_left)
    before, no_before = (left, no_left) if to_right else (right, no_right)
    across, beside = side * (up + down), side * (float(no_up) + no_down)
    q = (ahead * after + across) * (1 / (1 - future * (ahead * no_after + beside)))
    best = larger(stay, q)
    q = (ahead * before + across) * (1 / (1 - future * (ahead * no_before + beside)))
    best = larger(best, q)
    beside = side * (float(no_left) + no_right)
    q = ahead * up + side * after + side * before
    best = larger(best, q * (1 / (1 - future * (ahead * no_up + beside))))
    q = ahead * down + side * after + side * before
    return larger(best, q * (1 / (1 - future * (ahead * no_down + beside))))


@jit
def _sweep(  # type: ignore[no-untyped-def]
    worth,
    kind,
    shut,
    rows,
    cols,
    enter,
    future,
    stay,
    bump,
    r_wall,
    slip,
    awake,
    down,
    right,
    still,
):
    side, ahead = slip / 2, 1 - slip
    m, n_i, n_j = cols + 2, awake.shape[0] - 2, awake.shape[1] - 2
    on_i, on_j = 1 if down else -1, 1 if right else -1
    most = 0.0
    for x in range(n_i):
        row = x if down else n_i - 1 - x
        for y in range(n_j):
            col = y if right else n_j - 1 - y
            if not awake[row + 1, col + 1]:
                continue
            height, width = min(SQUARE, rows - row * SQUARE), min(SQUARE, cols - col * SQUARE)
            i = row * SQUARE + (1 if down else height)
            j = col * SQUARE + (1 if right else width)
            change = 0.0
            for _ in range(height):
                p = i * m + j
                before = worth[p - on_j]
                for _ in range(width):
                    k = kind[p]
                    up, below, after = worth[p - m], worth[p + m], worth[p + on_j]
                    if shut[p]:
                        v = _cornered(
                            up, after if right else before, below, before if right else after,
                            right, shut[p], stay[k], future[k], bump[k], r_wall, slip,
                        )  # fmt: skip
                    else:  # what does not need `before` first: it has only just been found
                        across = side * (up + below)
                        v = larger(stay[k], ahead * after + across)
                        along = ahead * larger(up, below) + side * after
                        v = larger(larger(along + side * before, ahead * before + across), v)
                    new = enter[k] + future[k] * v
                    change = larger(abs(new - worth[p]), change)
                    worth[p] = new
                    before = new
                    p += on_j
                i += on_i
            awake[row + 1, col + 1] = False
            if change > still:
                awake[row : row + 3, col + 1] = True
                awake[row + 1, col : col + 3] = True
            most = larger(change, most)
    awake[0], awake[-1], awake[:, 0], awake[:, -1] = False, False, False, False
    return most


@jit
def _values(worth, kind, shut, rows, cols, enter, future, stay, bump, r_wall, slip):  # type: ignore[no-untyped-def]
    side, ahead = slip / 2, 1 - slip
    m = cols + 2
    v = np.empty(rows * cols)
    for i in range(rows):
        for j in range(cols):
            p = (i + 1) * m + j + 1
            k = kind[p]
            up, right, down, left = worth[p - m], worth[p + 1], worth[p + m], worth[p - 1]
            if shut[p]:
                best = _cornered(
                    up, right, down, left, True, shut[p], stay[k], future[k], bump[k], r_wall, slip
                )
            else:
                across = side * (up + down)
                best = larger(stay[k], ahead * right + across)
                along = ahead * larger(up, down) + side * right
                best = larger(larger(along + side * left, ahead * left + across), best)
            v[i * cols + j] = best
    return v
