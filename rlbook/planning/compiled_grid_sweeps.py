"""Sweeps of a grid in place, compiled: what `grid_sweeps` says, a cell at a time.

This is the twin, for speed. Sums and products are in the order of the other, so that a sweep of all
cells gives the same bits. Needs the extra `fast`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import inline, jit
from rlbook.grid_world.rules import GridModel
from rlbook.planning import grid_sweeps

SQUARE = 16
"""Cells in a row and in a column of a square: squares sleep and are woken."""


class Cells(NamedTuple):
    """The drawing, with an edge of one cell around it: flat arrays, (rows + 2) (cols + 2)."""

    rows: int
    cols: int
    kind: Any
    shut: Any  # as _shut says


class Rules(NamedTuple):
    """What is paid. enter, future, stay and bump hold a number for each kind of cell.

    enter, bump    the reward of coming there, and of a bump into the edge of the grid
    future         gamma, or 0 where the episode ends
    stay           what it is worth to stay there for good
    r_wall         the reward of a bump into a wall
    """

    enter: FloatArray
    future: FloatArray
    stay: FloatArray
    bump: FloatArray
    r_wall: float
    slip: float


class Grid(grid_sweeps.Grid):
    """A grid under sweeps: as grid_sweeps.Grid."""

    def __init__(self, model: GridModel, gamma: float, v: FloatArray) -> None:
        rows, cols = model.shape
        kind = np.zeros((rows + 2, cols + 2), dtype=np.uint8)
        kind[1:-1, 1:-1] = model.kind
        future = gamma * ~model.ends
        worth = np.zeros(kind.shape)
        worth[1:-1, 1:-1] = v.reshape(model.shape) * (
            future[model.kind] if model.can_end else gamma
        )
        worth[1:-1, 1:-1] += model._enter
        self.worth = worth.ravel()
        cells = Cells(rows, cols, kind.ravel(), _shut(kind, model.walls).ravel())
        stay = model.enter / (1 - future)
        rules = Rules(model.enter, future, stay, model.bump, model.r_forbidden, model.slip)
        self.fixed = tuple(cells), tuple(rules)  # numba takes them a microsecond sooner so
        self.awake = np.zeros((-(-rows // SQUARE) + 2, -(-cols // SQUARE) + 2), dtype=np.bool_)
        self.wake()

    def sweep(self, down: bool, right: bool, still: float) -> float:
        """Once over the cells that are awake; returns the largest change of a worth."""
        self.visited += int(np.count_nonzero(self.awake)) * SQUARE**2
        return float(_sweep(self.worth, *self.fixed, self.awake, down, right, still))

    def values(self) -> FloatArray:
        """What v the worths around each cell make, (S,)."""
        return _values(self.worth, *self.fixed)

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
def _cornered(up, right, down, left, to_right, bits, kind, rules):  # type: ignore[no-untyped-def]
    """max_a q(s, a) of a cell from which some direction leads nowhere."""
    side, ahead = rules.slip / 2, 1 - rules.slip
    bump, future = rules.bump[kind], rules.future[kind]
    no_up, no_right, no_down, no_left = bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1
    if no_up:
        up = bump if bits & 16 else rules.r_wall
    if no_right:
        right = bump if bits & 32 else rules.r_wall
    if no_down:
        down = bump if bits & 64 else rules.r_wall
    if no_left:
        left = bump if bits & 128 else rules.r_wall
    after, no_after = (right, no_right) if to_right else (left, no_left)
    before, no_before = (left, no_left) if to_right else (right, no_right)
    across, beside = side * (up + down), side * (float(no_up) + no_down)
    q = (ahead * after + across) * (1 / (1 - future * (ahead * no_after + beside)))
    best = larger(rules.stay[kind], q)
    q = (ahead * before + across) * (1 / (1 - future * (ahead * no_before + beside)))
    best = larger(best, q)
    beside = side * (float(no_left) + no_right)
    q = ahead * up + side * after + side * before
    best = larger(best, q * (1 / (1 - future * (ahead * no_up + beside))))
    q = ahead * down + side * after + side * before
    return larger(best, q * (1 / (1 - future * (ahead * no_down + beside))))


@jit
def _sweep(worth, cells, rules, awake, down, right, still):  # type: ignore[no-untyped-def]
    cells, rules = Cells(*cells), Rules(*rules)
    side, ahead = rules.slip / 2, 1 - rules.slip
    m, n_i, n_j = cells.cols + 2, awake.shape[0] - 2, awake.shape[1] - 2
    on_i, on_j = 1 if down else -1, 1 if right else -1
    most = 0.0
    for x in range(n_i):
        row = x if down else n_i - 1 - x
        for y in range(n_j):
            col = y if right else n_j - 1 - y
            if not awake[row + 1, col + 1]:
                continue
            height = min(SQUARE, cells.rows - row * SQUARE)
            width = min(SQUARE, cells.cols - col * SQUARE)
            i = row * SQUARE + (1 if down else height)
            j = col * SQUARE + (1 if right else width)
            change = 0.0
            for _ in range(height):
                p = i * m + j
                before = worth[p - on_j]
                for _ in range(width):
                    k, shut = cells.kind[p], cells.shut[p]
                    up, below, after = worth[p - m], worth[p + m], worth[p + on_j]
                    if shut:
                        east, west = (after, before) if right else (before, after)
                        v = _cornered(up, east, below, west, right, shut, k, rules)
                    else:  # what does not need `before` first: it has only just been found
                        across = side * (up + below)
                        v = larger(rules.stay[k], ahead * after + across)
                        along = ahead * larger(up, below) + side * after
                        v = larger(larger(along + side * before, ahead * before + across), v)
                    new = rules.enter[k] + rules.future[k] * v
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
def _values(worth, cells, rules):  # type: ignore[no-untyped-def]
    cells, rules = Cells(*cells), Rules(*rules)
    side, ahead = rules.slip / 2, 1 - rules.slip
    m = cells.cols + 2
    v = np.empty(cells.rows * cells.cols)
    for i in range(cells.rows):
        for j in range(cells.cols):
            p = (i + 1) * m + j + 1
            k, shut = cells.kind[p], cells.shut[p]
            up, right, down, left = worth[p - m], worth[p + 1], worth[p + m], worth[p - 1]
            if shut:
                best = _cornered(up, right, down, left, True, shut, k, rules)
            else:
                across = side * (up + down)
                best = larger(rules.stay[k], ahead * right + across)
                along = ahead * larger(up, down) + side * right
                best = larger(larger(along + side * left, ahead * left + across), best)
            v[i * cells.cols + j] = best
    return v
