"""The book's world: a robot on a grid, cells it should not enter, and a target. [Zhao 1.1, 1.2]

States are numbered from 0, row by row: the book's s1 is 0. Actions are 0 up, 1 right, 2 down,
3 left, 4 stay: the book's a1 to a5, written U R D L S.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import BoolArray, FloatArray, check_index, check_pi
from rlbook.environment import TabularEnv, never_ended_in, uniform_over
from rlbook.grid_world.rules import (
    ACTIONS,
    FORBIDDEN,
    TARGET,
    GridModel,
    drawing_rows,
)

BOOK_LAYOUT = (
    ".....",
    ".##..",
    "..#..",
    ".#T#.",
    ".#...",
)
"""The grid of nearly every figure of the book, from Fig. 2.7 on."""

MOST_ROWS, MOST_COLUMNS = 24, 39
"""A larger world is not drawn by its repr."""


class GridWorld(TabularEnv):
    """A grid world as a Gymnasium environment with its model. [Zhao 1.1, 1.2]

    layout                one string a row (or one string with rows parted by "/" or new lines):
                          '.' free, '#' forbidden, 'T' target (at least one), 'S' a start
    r_boundary            reward of an attempt to leave the grid; the agent stays where it is
    r_forbidden           reward of entering, or staying in, a forbidden cell
    r_target              reward of entering, or staying in, the target
    r_other               reward of every other step
    forbidden             "enter": forbidden cells can be entered, at a price;
                          "wall": the agent pays r_forbidden and stays where it is
    terminate_at_target   True: the episode ends at the target; False: life goes on
    start                 a state, a distribution (S,), or None: the cells marked 'S' or, without
                          any, all cells but walls and cells where an episode has ended
    bump_adds_forbidden   True: an attempt to leave the grid from a forbidden cell pays
                          r_boundary + r_forbidden, as in Figs. 5.6 and 5.7
    slip                  probability to slip, half of it to each side of the intended direction;
                          "stay" never slips
    render_mode           None, "ansi" (text), "rgb_array" (an image (H, W, 3)), "human" (a window)

    Raises ValueError for a layout that is ragged, has an unknown character or no target, for a
    reward that is not finite, and for an option that is none of the above.
    """

    metadata = {  # noqa: RUF012 - Gymnasium's own habit
        "render_modes": ["ansi", "rgb_array", "human"],
        "render_fps": 8,
    }

    def __init__(
        self,
        layout: str | Sequence[str] = BOOK_LAYOUT,
        *,
        r_boundary: float = -1.0,
        r_forbidden: float = -1.0,
        r_target: float = 1.0,
        r_other: float = 0.0,
        forbidden: str = "enter",
        terminate_at_target: bool = False,
        start: int | npt.ArrayLike | None = None,
        bump_adds_forbidden: bool = False,
        slip: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        self.rules = GridModel(
            layout,
            r_boundary=r_boundary,
            r_forbidden=r_forbidden,
            r_target=r_target,
            r_other=r_other,
            forbidden=forbidden,
            terminate_at_target=terminate_at_target,
            bump_adds_forbidden=bump_adds_forbidden,
            slip=slip,
        )
        self.layout, self.shape = self.rules.layout, self.rules.shape
        self.is_forbidden: BoolArray = (self.rules.kind == FORBIDDEN).ravel()
        self.is_target: BoolArray = (self.rules.kind == TARGET).ravel()
        model = self.rules.table()
        if start is None:
            marked = np.array([cell == "S" for row in self.layout for cell in row])
            walls = self.is_forbidden & self.rules.walls
            open_cells = never_ended_in(model) & ~walls
            choices = [c for c in (marked, open_cells, ~walls) if c.any()]
            start = uniform_over(choices[0])
        super().__init__(model, start=start, render_mode=render_mode)
        self._window: Any = None

    @classmethod
    def book(cls, layout: str | Sequence[str] = BOOK_LAYOUT, **options: Any) -> GridWorld:
        """The convention of the book's text; the default. [Zhao 1.1, Tables 1.1 and 1.3]

        Forbidden cells can be entered, the boundary has a reward of its own, the target is a
        state like any other. Every option of GridWorld can be given.
        """
        return cls(layout, **options)

    @classmethod
    def zhao_python(
        cls,
        layout: str | Sequence[str] = (".....", "..#..", "..S..", ".#.#.", "....T"),
        **options: Any,
    ) -> GridWorld:
        """The convention, layout and rewards of the book's public Python environment.

        Forbidden cells are walls, the boundary pays the forbidden reward, and the episode ends at
        the target. Every option of GridWorld can be given; states and actions keep rlbook's
        numbering (`OfficialGridWorld` has the other one).
        """
        r_forbidden = options.get("r_forbidden", -5.0)
        convention = dict(
            r_forbidden=r_forbidden,
            r_boundary=r_forbidden,
            r_target=10.0,
            r_other=-1.0,
            forbidden="wall",
            terminate_at_target=True,
        )
        return cls(layout, **(convention | options))

    @classmethod
    def zhao_matlab(
        cls, layout: str | Sequence[str] = ("S#.", "#..", "#.T", "..."), **options: Any
    ) -> GridWorld:
        """The convention, layout and rewards of the book's public MATLAB environment.

        Forbidden cells can be entered, the boundary pays the forbidden reward, and nothing ends an
        episode. Every option of GridWorld can be given; states and actions keep rlbook's numbering.
        """
        r_forbidden = options.get("r_forbidden", -1.0)
        convention = dict(r_forbidden=r_forbidden, r_boundary=r_forbidden)
        return cls(layout, **(convention | options))

    def __repr__(self) -> str:
        rows, cols = self.shape
        usual = GridModel.__init__.__kwdefaults__ or {}
        differ = {name: x for name, x in self.rules.options.items() if x != usual[name]}
        starts = self._marked()
        letters = np.array([list(row.replace("S", ".")) for row in self.layout])
        letters.ravel()[starts] = "S"
        if starts == [] and np.count_nonzero(self.start) == 1:
            differ["start"] = int(self.start.argmax())
        said = [
            f"{name}={x:g}" if isinstance(x, float) else f"{name}={x!r}"
            for name, x in differ.items()
        ]
        head = fill(f"GridWorld({', '.join([f'{rows} x {cols} cells', *said])})", 99)
        if rows > MOST_ROWS or cols > MOST_COLUMNS:
            return head
        return "\n".join([head, *("  " + " ".join(row) for row in letters)])

    def _marked(self) -> list[int]:
        """The free cells where an episode may begin, unless that is any of them."""
        free = ~(self.is_forbidden | self.is_target)
        begins = free & (self.start > 0)
        return [] if begins.sum() == free.sum() else np.flatnonzero(begins).tolist()

    def __str__(self) -> str:
        return repr(self) if self.spec is None else f"<GridWorld<{self.spec.id}>>"  # Gymnasium's

    def _repr_svg_(self) -> str | None:
        """The picture that a notebook shows; matplotlib is loaded for it."""
        from rlbook import plot

        return plot.grid_svg(self, self._marked())

    def state(self, row: int, col: int) -> int:
        """The number of a cell; rows and columns count from 0, from the top left.

        Raises ValueError for a cell outside the grid.
        """
        rows, cols = self.shape
        return int(check_index(row, rows, "row") * cols + check_index(col, cols, "col"))

    def cell(self, s: int) -> tuple[int, int]:
        """The (row, column) of a state, counted from 0. Raises ValueError for no state."""
        row, col = divmod(check_index(s, self.model.n_states, "s"), self.shape[1])
        return row, col

    def policy(self, arrows: str | Sequence[str]) -> FloatArray:
        """The deterministic policy that a drawing says: "RRRDD/UURDD/ULDRD/URSLD/URULL".

        arrows    a letter of U R D L S for each cell, in rows as `layout`, or a table of letters.
                  Returns pi (S, 5).

        Raises ValueError for another letter, or a drawing of another shape.
        """
        rows = drawing_rows(arrows, "arrows")
        letters = "".join(rows)
        if [len(row) for row in rows] != [self.shape[1]] * self.shape[0]:
            raise ValueError(f"arrows must be {self.shape[0]} rows of {self.shape[1]}, got {rows}")
        if unknown := set(letters) - set(ACTIONS):
            raise ValueError(f"arrows must be letters of {ACTIONS}, got {sorted(unknown)}")
        return np.eye(len(ACTIONS))[[ACTIONS.index(letter) for letter in letters]]

    def arrows(self, pi: npt.ArrayLike) -> list[str]:
        """The most likely action of each cell, as rows of letters: what `policy` reads.

        pi (S, 5). Raises ValueError for a pi that is no policy of this world.
        """
        best = check_pi(pi, self.model.n_states, self.model.n_actions).argmax(-1)
        letters = np.array(list(ACTIONS))[best].reshape(self.shape)
        return ["".join(row) for row in letters]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Begin an episode, as TabularEnv.reset says; render mode "human" shows it."""
        first = super().reset(seed=seed, options=options)
        if self.render_mode == "human":
            self.render()
        return first

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action, as TabularEnv.step says; render mode "human" shows it."""
        step = super().step(action)
        if self.render_mode == "human":
            self.render()
        return step

    def render(self) -> Any:
        """Draw the world and the agent.

        Returns text ("ansi", the agent as A), an image (H, W, 3) of uint8 ("rgb_array"), or None
        ("human": a window is drawn; None: nothing is).
        """
        if self.render_mode == "ansi":
            rows = [list(row) for row in self.layout]
            if self.s is not None:
                row, col = self.cell(self.s)
                rows[row][col] = "A"
            return "\n".join(" ".join(row) for row in rows) + "\n"
        if self.render_mode is None:
            return None
        from rlbook import plot

        agent = None if self.s is None else [self.s]
        if self.render_mode == "rgb_array":
            return plot.grid_image(self, trajectory=agent)
        if self._window is None:
            self._window = plot.Window()
        self._window.show(self, trajectory=agent, seconds=1 / self.metadata["render_fps"])
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None
