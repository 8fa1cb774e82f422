"""The rules of a grid world: where does each action lead, and what does it pay? [Zhao 1.1, 1.2]

`GridModel` answers a model's two questions by slices of the grid, without a table: a world of a
million cells takes some megabytes. `table` writes the outcomes down, as GridWorld needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_gamma, check_number, check_v
from rlbook.model import MDP

MOVES = np.array([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)])  # rows down, columns to the right
ACTIONS = "URDLS"
STAY = 4
OTHER, FORBIDDEN, TARGET = range(3)  # the kinds of cells
SMALL = 1000  # cells, up to which a table is kept

_ALL, _FIRST, _LAST = slice(None), slice(0, 1), slice(-1, None)
_BUT_FIRST, _BUT_LAST = slice(1, None), slice(None, -1)
NEIGHBOURS: tuple[tuple[Any, Any, Any], ...] = (
    ((_BUT_FIRST, _ALL), (_BUT_LAST, _ALL), (_FIRST, _ALL)),
    ((_ALL, _BUT_LAST), (_ALL, _BUT_FIRST), (_ALL, _LAST)),
    ((_BUT_LAST, _ALL), (_BUT_FIRST, _ALL), (_LAST, _ALL)),
    ((_ALL, _BUT_FIRST), (_ALL, _BUT_LAST), (_ALL, _FIRST)),
)
"""For up, right, down, left: cells with a neighbour there, these neighbours, the other cells."""


class GridModel:
    """A grid world's model, without a table. [Zhao 1.1, 1.2]

    `value_iteration`, `evaluate`, `optimal` and the operators take it in place of an `MDP`, and
    `optimal` sweeps it in place. States, actions and options are those of `GridWorld`:

    layout                one string a row, or one string: '.' free, '#' forbidden, 'T' target (at
                          least one), 'S' free
    r_boundary            reward of an attempt to leave the grid; the agent stays where it is
    r_forbidden           reward of entering, or staying in, a forbidden cell
    r_target              reward of entering, or staying in, the target
    r_other               reward of every other step
    forbidden             "enter": forbidden cells can be entered, at a price;
                          "wall": the agent pays r_forbidden and stays where it is
    terminate_at_target   True: the episode ends at the target; False: life goes on
    bump_adds_forbidden   True: an attempt to leave the grid from a forbidden cell pays
                          r_boundary + r_forbidden
    slip                  probability to slip, half of it to each side of the intended direction

    Raises ValueError for a layout that is ragged, has an unknown character or no target, for a
    reward that is not finite, and for an option that is none of the above.
    """

    n_actions = len(MOVES)

    def __init__(
        self,
        layout: str | Sequence[str],
        *,
        r_boundary: float = -1.0,
        r_forbidden: float = -1.0,
        r_target: float = 1.0,
        r_other: float = 0.0,
        forbidden: str = "enter",
        terminate_at_target: bool = False,
        bump_adds_forbidden: bool = False,
        slip: float = 0.0,
    ) -> None:
        if forbidden not in ("enter", "wall"):
            raise ValueError(f"forbidden must be 'enter' or 'wall', got {forbidden!r}")
        self.slip = check_number(slip, "slip", 0, 1)
        r_boundary = check_number(r_boundary, "r_boundary")
        self.r_forbidden = check_number(r_forbidden, "r_forbidden")
        self.layout = layout_rows(layout)
        self.shape = len(self.layout), len(self.layout[0])
        letters = np.frombuffer("".join(self.layout).encode(), dtype="S1").reshape(self.shape)
        self.kind = (FORBIDDEN * (letters == b"#") + TARGET * (letters == b"T")).astype(np.uint8)
        self.walls = forbidden == "wall"
        # For each kind of cell: the reward of coming or staying there, that of a bump, and whether
        # the episode ends.
        self.enter = np.array(
            [check_number(r_other, "r_other"), self.r_forbidden, check_number(r_target, "r_target")]
        )
        self.bump = r_boundary + self.r_forbidden * np.array([0, bool(bump_adds_forbidden), 0])
        self.ends = np.array([False, False, bool(terminate_at_target)])

    def __repr__(self) -> str:
        return f"GridModel({self.shape[0]} x {self.shape[1]} cells, slip {self.slip:g})"

    @property
    def options(self) -> dict[str, Any]:
        """What it was made with, by name, without the layout."""
        return {
            "r_boundary": float(self.bump[OTHER]),
            "r_forbidden": self.r_forbidden,
            "r_target": float(self.enter[TARGET]),
            "r_other": float(self.enter[OTHER]),
            "forbidden": "wall" if self.walls else "enter",
            "terminate_at_target": bool(self.ends[TARGET]),
            "bump_adds_forbidden": bool(self.bump[FORBIDDEN] != self.bump[OTHER]),
            "slip": self.slip,
        }

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns: its states are cells."""
        return self.shape

    @property
    def n_states(self) -> int:
        """The number of cells, S."""
        return int(self.kind.size)

    @property
    def outcomes(self) -> int:
        """The most outcomes of a pair, K."""
        return 3 if self.slip else 1

    @property
    def can_end(self) -> bool:
        """Whether some pair may end the episode."""
        return bool(self.ends.any())

    @cached_property
    def r_min(self) -> float:
        """No pair has a smaller mean reward."""
        return float(min(self.enter.min(), self.bump.min()))

    @cached_property
    def r_max(self) -> float:
        """No reward is larger in size."""
        return float(max(np.abs(self.enter).max(), np.abs(self.bump).max()))

    def lookahead(self, v: npt.ArrayLike, gamma: float) -> FloatArray:
        """What is each action worth, if the future is worth v? Returns q (S, 5). [Zhao 2.8]

            q(s, a) = sum_k p [ r + gamma (1 - terminated) v(s_next) ]

        v (S,); gamma from 0 to 1. Raises ValueError for another shape of v or another gamma.
        """
        v = check_v(v, self.n_states).reshape(self.shape)
        gamma = check_gamma(gamma)
        future = (gamma * ~self.ends)[self.kind] * v if self.can_end else gamma * v
        arrive = self._enter + future
        q = np.empty((self.n_actions, *self.shape))
        q[STAY] = arrive
        for toward, (here, there, edge) in zip(q, NEIGHBOURS, strict=False):
            toward[here] = arrive[there]
            toward[edge] = self.bump[self.kind[edge]] + future[edge]
            if self.walls:
                wall = self.kind[there] == FORBIDDEN
                toward[here][wall] = self.r_forbidden + future[here][wall]
        if self.slip:
            sides = q[[1, 2, 3, 0]] + q[[3, 0, 1, 2]]
            q[:STAY] = (1 - self.slip) * q[:STAY] + self.slip / 2 * sides
        return q.reshape(self.n_actions, -1).T

    @cached_property
    def _enter(self) -> FloatArray:
        """The reward of coming to each cell."""
        return self.enter[self.kind]

    def under(self, pi: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """What chain does a policy make of the model? Returns P_pi (S, S), r_pi (S,). [Zhao 2.6]

            P_pi(s, s') = sum_a pi(a|s) p(s'|s, a)        r_pi(s) = sum_a pi(a|s) R(s, a)

        pi (S, 5). As MDP.under, and by its table. Raises ValueError as MDP.under does: P_pi is
        dense, for small grids only.
        """
        return self.table().under(pi)

    @property
    def R(self) -> FloatArray:
        """The mean reward of each pair, (S, 5)."""
        return self.lookahead(np.zeros(self.n_states), 0.0)

    @property
    def end(self) -> FloatArray:
        """The probability of each pair to end the episode, (S, 5)."""
        return self.table().end

    def table(self) -> MDP:
        """The same model as a table of outcomes. [Zhao 1.7]

        p, s_next, r, terminated        (S, 5, K), K is 3 where one may slip and 1 elsewhere

        That of a small grid is made once.
        """
        return self._small_table if self.n_states <= SMALL else self._written_out()

    @cached_property
    def _small_table(self) -> MDP:
        return self._written_out()

    def _written_out(self) -> MDP:
        s_next, r = self._consequences()
        terminated = self.ends[self.kind.ravel()[s_next]]
        p, taken = _slipping(self.slip)
        model = MDP(
            np.broadcast_to(p, (len(s_next), *p.shape)),
            s_next[:, taken],
            r[:, taken],
            terminated[:, taken],
        )
        object.__setattr__(model, "grid", self.shape)
        return model

    def _consequences(self) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Where does each action lead if it does not slip, and what does it pay? Both (S, 5)."""
        rows, cols = self.shape
        kind = self.kind.ravel()
        s = np.arange(self.n_states)[:, None]
        to_row, to_col = s // cols + MOVES[:, 0], s % cols + MOVES[:, 1]
        bump = (to_row < 0) | (to_row >= rows) | (to_col < 0) | (to_col >= cols)
        aim = np.where(bump, s, to_row * cols + to_col)
        r = np.where(bump, self.bump[kind][:, None], self.enter[kind[aim]])
        return np.where((kind[aim] == FORBIDDEN) & self.walls, s, aim), r


def _slipping(slip: float) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Which moves does each action become, and how likely? p (5, K) and moves (5, K)."""
    if slip == 0:
        return np.ones((5, 1)), np.arange(5)[:, None]
    p = np.array([[1 - slip, slip / 2, slip / 2]] * 4 + [[1.0, 0.0, 0.0]])
    moves = np.array([[a, (a + 1) % 4, (a + 3) % 4] for a in range(4)] + [[4, 4, 4]])
    return p, moves


def drawing_rows(drawing: Any, name: str) -> tuple[str, ...]:
    """The rows of a drawing that may be one string, or a table of characters."""
    if isinstance(drawing, str):
        lines = drawing.replace("/", "\n").split("\n")
        return tuple(line.strip() for line in lines if line.strip())
    try:
        return tuple("".join(row) for row in drawing)
    except TypeError:
        raise ValueError(
            f"{name} must be a string or a sequence of strings, got {drawing!r}"
        ) from None


def layout_rows(layout: str | Sequence[str]) -> tuple[str, ...]:
    """The rows of a layout, if it is one."""
    rows = drawing_rows(layout, "layout")
    if not rows or not rows[0]:
        raise ValueError(f"layout must have at least one row of cells, got {layout!r}")
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"layout must have rows of one length, got {[len(row) for row in rows]}")
    if unknown := set("".join(rows)) - set(".#TS"):
        raise ValueError(f"layout must be made of '.', '#', 'T' and 'S', got {sorted(unknown)}")
    if "T" not in "".join(rows):
        raise ValueError(f"layout must have a target 'T', got {list(rows)}")
    return rows
