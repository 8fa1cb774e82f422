"""Value iteration on a grid, in place: news travels across the whole grid in one sweep.

A sweep visits the cells one after another and uses what it has just found. Going down and to the
right, news of the target reaches every cell that lies below and to the right of it at once; four
directions in turn serve paths of every shape. What a bump or a slip leaves in its place is solved
for exactly:

    q(s, a) = [sum of the outcomes that move away] / (1 - gamma p(s|s, a))        v(s) = max_a q

Cells of an anti-diagonal do not touch each other: numpy takes a diagonal at a time, and the
compiled twin, `compiled_grid_sweeps.py`, a cell at a time. Both give the same bits; only the twin
is fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rlbook.checks import BoolArray, FloatArray
from rlbook.grid_world.rules import FORBIDDEN, NEIGHBOURS, GridModel

DIRECTIONS = ((True, True), (False, False), (True, False), (False, True))
"""Of the sweeps, in turn: down or up, to the right or to the left."""
SWEEPS = 64
"""The work of so many whole sweeps, and then a look at the bound."""


def in_place(
    model: GridModel,
    gamma: float,
    tol: float,
    v: FloatArray,
    report: Callable[[float], Any],
    loops: Any = None,
) -> Iterator[FloatArray]:
    """Better and better guesses of v*, each (S,); `optimal` certifies them.

    Ends when nothing but rounding changes. loops is the module of the twin, if it is to be used. It
    leaves alone what lies still: a square of cells in which nothing, and near which nothing, has
    changed by more than `still`.
    """
    grid = loops.Grid(model, gamma, v) if loops else Grid(model, gamma, v)
    still = tol * (1 - gamma) / 4
    rounding = 8 * float(np.finfo(float).eps) * model.r_max / (1 - gamma)
    while True:
        change, until = np.inf, grid.visited + SWEEPS * model.n_states
        while change > max(still, rounding) and grid.visited < until:
            change = max([grid.sweep(down, right, still) for down, right in DIRECTIONS])
        yield grid.values()
        if min(change, still) <= rounding:
            return
        if change <= still:  # and the bound was not small enough
            still /= 8
            grid.wake()


class Grid:
    """A grid under sweeps: arrays with an edge of one cell around, flat, (rows + 2) (cols + 2).

    worth    r + gamma v(s) of coming to the cell s, or gamma 0 where that ends the episode

    For each direction: `shut`, whether one who heads there stays; `kept`, what that pays; `undo`,
    1 / (1 - gamma p(s|s, a)) of the action.
    """

    visited = 0  # cells, in all sweeps so far

    def __init__(self, model: GridModel, gamma: float, v: FloatArray) -> None:
        self.model, self.gamma = model, gamma
        self.rows, self.cols = model.shape
        self.step = self.cols + 2
        self.kind = np.pad(model.kind, 1).ravel()
        self.future = gamma * ~model.ends  # of each kind
        self.stay = model.enter / (1 - self.future)
        self.shut, self.kept = shut(model)
        self.worth = np.zeros(self.kind.size)
        inside = np.pad(np.ones(model.shape, dtype=bool), 1).ravel()
        self.worth[inside] = (
            model.enter[model.kind] + self.future[model.kind] * v.reshape(model.shape)
        ).ravel()
        ahead, side = 1 - model.slip, model.slip / 2
        self.undo = [
            1 / (1 - self.future[self.kind] * (ahead * a + side * (left.astype(float) + right)))
            for a, left, right in (
                (self.shut[d], self.shut[d - 3], self.shut[d - 1]) for d in range(4)
            )
        ]

    def sweep(self, down: bool, right: bool, still: float) -> float:
        """Once over all cells; returns the largest change of a worth. still: not used here."""
        change = 0.0
        self.visited += self.rows * self.cols
        for cells in self._diagonals(down, right):
            v = self._best(cells, down, right)
            kind = self.kind[cells]
            new = self.model.enter[kind] + self.future[kind] * v
            change = max(change, float(np.abs(new - self.worth[cells]).max()))
            self.worth[cells] = new
        return change

    def values(self) -> FloatArray:
        """What v the worths around each cell make, (S,)."""
        return np.concatenate(
            [
                self._best(slice(p, p + self.cols), True, True)
                for p in range(self.step + 1, self.step * (self.rows + 1), self.step)
            ]
        )

    def wake(self) -> None:
        """Nothing sleeps here."""

    def _best(self, cells: slice, down: bool, right: bool) -> FloatArray:
        """max_a q(s, a) of some cells that do not touch, or that are not written yet."""
        side, ahead = self.model.slip / 2, 1 - self.model.slip
        up_, right_, down_, left_ = (
            np.where(self.shut[d][cells], self.kept[d][cells], self.worth[_moved(cells, by)])
            for d, by in enumerate((-self.step, 1, self.step, -1))
        )
        after, before = (right_, left_) if right else (left_, right_)
        a, b = (1, 3) if right else (3, 1)
        across = side * (up_ + down_)
        top = ahead * up_ + side * after + side * before
        bottom = ahead * down_ + side * after + side * before
        v: FloatArray = self.stay[self.kind[cells]]
        for q, d in (
            (ahead * after + across, a),
            (top, 0),
            (bottom, 2),
            (ahead * before + across, b),
        ):
            v = np.maximum(v, q * self.undo[d][cells])
        return v

    def _diagonals(self, down: bool, right: bool) -> Iterator[slice]:
        """Flat places of the cells, an anti-diagonal at a time, from the corner we start in."""
        R, C, m = self.rows, self.cols, self.step
        for k in range(R + C - 1):
            fewest, most = max(0, k - C + 1), min(R - 1, k)  # rows from the edge we start at
            i = fewest if down else R - 1 - most  # the topmost cell
            j = k - (fewest if down else most)
            j = j if right else C - 1 - j
            by = m - 1 if down == right else m + 1
            start = (i + 1) * m + j + 1
            yield slice(start, start + by * (most - fewest) + 1, by)


def shut(model: GridModel) -> tuple[list[BoolArray], list[FloatArray]]:
    """Where does a direction lead nowhere, and what does it pay there? For each direction, flat."""
    closed: list[BoolArray] = []
    pays: list[FloatArray] = []
    for here, there, edge in NEIGHBOURS:
        nowhere, pay = np.zeros(model.shape, dtype=bool), np.zeros(model.shape)
        if model.walls:
            nowhere[here] = model.kind[there] == FORBIDDEN
            pay[here] = model.r_forbidden
        nowhere[edge], pay[edge] = True, model.bump[model.kind[edge]]
        closed.append(np.pad(nowhere, 1).ravel())
        pays.append(np.pad(pay, 1).ravel())
    return closed, pays


def _moved(cells: slice, by: int) -> slice:
    return slice(cells.start + by, cells.stop + by, cells.step)
