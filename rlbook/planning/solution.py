"""What was found, and how a reader sees it: in a few lines, whatever the size of the model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.grid_world.rules import ACTIONS

MOST_ROWS, WIDTH = 20, 99
"""A grid of more rows, or wider, is not written out."""


class _Arrays(NamedTuple):
    v: FloatArray
    q: FloatArray
    pi: FloatArray
    bound: float


class Solution(_Arrays):
    """The answer of `optimal`. [Zhao 3.3-3.5]

    v         (S,), within `bound` of v* in every state
    q         (S, A), lookahead(v); compiled loops, and the table of a small GridModel, may add up
              its outcomes in another order
    pi        (S, A), greedy for q
    bound     a number: |v - v*| <= bound

    method    how it was found, gamma the discount
    grid      rows and columns, if the states are the cells of a grid; else None

    It is a tuple of the first four. In a notebook it shows where the arrows lead: the letters are
    those of `GridWorld.arrows`.
    """

    method: str = ""
    gamma: float = np.nan
    grid: tuple[int, int] | None = None

    def __repr__(self) -> str:
        S, A = self.q.shape
        by, gamma = "", ""
        if self.method:
            by, gamma = f" by {self.method}", f", gamma {self.gamma:g}"
        head = f"Solution({S} states, {A} actions{gamma}, |v - v*| <= {self.bound:.2g}{by})"
        if self.grid is not None and self.grid[0] <= MOST_ROWS:
            lines = self._drawing(self.grid)
            if max(map(len, lines)) <= WIDTH:
                return "\n".join([head, *lines])
        v = np.array2string(self.v, precision=4, threshold=8, max_line_width=WIDTH)
        return f"{head}\n  v {v}"

    def _drawing(self, grid: tuple[int, int]) -> list[str]:
        """A line for each row of the grid: the letters of its actions, then its values."""
        letters = np.array(list(ACTIONS))[self.pi.argmax(-1)].reshape(grid)
        values = np.array([f"{x:.2f}" for x in self.v.round(2) + 0.0])  # + 0.0: no minus at 0
        width = max(map(len, values))
        return [
            f"  {' '.join(arrows)}  {''.join(f'  {x:>{width}}' for x in row)}"
            for arrows, row in zip(letters, values.reshape(grid), strict=True)
        ]
