"""A grid world, and what is known of it: values, a policy, visits, the states of an episode.

Arrows are 0.4 sqrt(p) of a cell long and a circle means stay, in the colours of the book's figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from matplotlib.patches import Circle

from rlbook.checks import BoolArray, FloatArray, check_index, check_pi, check_v
from rlbook.plot.style import AGENT, ARROW, ARROWS, FORBIDDEN, FREE, INK, LINE, TARGET
from rlbook.spaces import Env

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 400  # above it a cell is too small for numbers and arrows


class Grid(Protocol):
    """What is drawn: a world of cells, in rows and columns. A GridWorld is one."""

    model: Any
    shape: tuple[int, int]
    is_forbidden: BoolArray  # (S,)
    is_target: BoolArray

    def cell(self, s: int) -> tuple[int, int]:
        """The row and the column of a state."""


def draw_grid(
    ax: Axes,
    env: Env,
    *,
    v: npt.ArrayLike | None = None,
    pi: npt.ArrayLike | None = None,
    visits: npt.ArrayLike | None = None,
    trajectory: Sequence[int] | None = None,
    precision: int = 1,
    names: bool = False,
) -> Axes:
    """Draw a grid world and what is known of it, in the book's style. Returns ax. [Zhao chapter 1]

        length of an arrow = 0.4 sqrt(pi(a|s)) of a cell

    ax            matplotlib Axes
    env           a GridWorld, through its wrappers
    v             (S,) values, a number of `precision` decimals in each cell (a colour of the free
                  cells, in worlds of over 400)
    pi            (S, 5) a policy, as arrows and circles
    visits        (S,) how often each cell was visited, as a shade
    trajectory    the states of an episode, as a line that ends at the agent
    precision     a whole number of decimals
    names         true: a small s_1, s_2, ... in the corner of each cell, as the book counts them

    Raises ValueError for an env that is no GridWorld, and for arrays of another shape.
    """
    given, env = env, getattr(env, "unwrapped", env)  # a world made by gymnasium.make is wrapped
    if not (hasattr(env, "cell") and hasattr(env, "is_forbidden") and hasattr(env, "model")):
        raise ValueError(f"env must be a GridWorld, got {type(given).__name__}")
    rows, cols = env.shape
    S = env.model.n_states
    cells = np.array([FREE, FORBIDDEN, TARGET])[env.is_forbidden + 2 * env.is_target]
    if visits is not None:
        share = check_v(visits, S, "visits") / max(1.0, float(np.max(visits)))
        cells = cells * (1 - 0.6 * share[:, None]) + np.array(AGENT) * 0.6 * share[:, None]
    small = rows * cols > MOST_CELLS
    ax.pcolormesh(
        np.arange(cols + 1) - 0.5,
        np.arange(rows + 1) - 0.5,
        cells.reshape(rows, cols, 3),
        edgecolors="none" if small else LINE,
        linewidth=0.8,
    )
    ax.set(xlim=(-0.52, cols - 0.48), ylim=(rows - 0.48, -0.52), aspect="equal")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    every = max(1, max(rows, cols) // 10)
    ax.set_xticks(range(0, cols, every), [str(1 + col) for col in range(0, cols, every)])
    ax.set_yticks(range(0, rows, every), [str(1 + row) for row in range(0, rows, every)])

    size = float(np.clip(56 / max(rows, cols), 3.0, 11.0))
    if names and not small:
        for s in range(S):
            row, col = env.cell(s)
            ax.text(col - 0.45, row - 0.44, f"$s_{{{s + 1}}}$", ha="left", va="top",
                    fontsize=0.8 * size, color="0.35")  # fmt: skip
    if v is not None:
        v = check_v(v, S)
        if small:
            marked = (env.is_forbidden | env.is_target).reshape(rows, cols)
            shown = np.ma.masked_array(v.reshape(rows, cols), marked)
            mesh = ax.pcolormesh(range(cols), range(rows), shown, cmap="viridis")
            ax.figure.colorbar(mesh, ax=ax, shrink=0.8)
        else:
            _write_values(ax, env, v, precision, size, corner=pi is not None)
    if pi is not None and not small:
        _draw_policy(ax, env, check_pi(pi, S, env.model.n_actions))
    if trajectory is not None and len(trajectory) > 0:
        _draw_trajectory(ax, env, trajectory)
    return ax


def _write_values(
    ax: Axes, env: Grid, v: FloatArray, precision: int, size: float, corner: bool
) -> None:
    """The values: in the middle of the cells, or small, below the arrows."""
    offset, place = (0.46, ("right", "bottom")) if corner else (0.0, ("center", "center"))
    for s, value in enumerate(v):
        row, col = env.cell(s)
        text = f"{np.round(value, precision) + 0.0:.{precision}f}"  # + 0.0: no minus at 0.0
        size_here = 0.74 * size if corner else size
        ax.text(
            col + offset,
            row + offset,
            text,
            ha=place[0],
            va=place[1],
            fontsize=size_here,
            color=INK,
        )


def _draw_policy(ax: Axes, env: Grid, pi: FloatArray) -> None:
    """An arrow of length 0.4 sqrt(p) for each move, a circle of diameter 0.156 sqrt(p) for stay."""
    s, a = np.nonzero(pi[:, :4] > 0)
    tip = 0.4 * np.sqrt(pi[s, a])[:, None] * ARROWS[a]
    ax.quiver(
        s % env.shape[1],
        s // env.shape[1],
        *tip.T,
        color=ARROW,
        angles="xy",
        scale_units="xy",
        units="xy",
        scale=1,
        width=0.022,
        headwidth=5,
        headlength=6,
        headaxislength=5.2,
        minshaft=1.5,
        minlength=0,
        zorder=3,
    )
    for s_stay in np.flatnonzero(pi[:, 4] > 0):
        row, col = env.cell(int(s_stay))
        radius = 0.078 * np.sqrt(pi[s_stay, 4])
        ax.add_patch(Circle((col, row), radius, fill=False, edgecolor=ARROW, lw=1.4, zorder=3))


def _draw_trajectory(ax: Axes, env: Grid, trajectory: Sequence[int]) -> None:
    """A line from cell to cell; a cell that is seen again is passed a little aside."""
    turn = 2.4 * np.arange(len(trajectory))  # the golden angle: no two visits in one place
    new = {s: k for k, s in reversed(list(enumerate(trajectory)))}
    aside = np.array([0.0 if new[s] == k else 0.16 for k, s in enumerate(trajectory)])
    S = env.model.n_states
    col, row = np.array([env.cell(check_index(s, S, "trajectory"))[::-1] for s in trajectory]).T
    x, y = col + aside * np.cos(turn), row + aside * np.sin(turn)
    ax.plot(x, y, color=AGENT, lw=1.0, alpha=0.7, zorder=4)
    ax.plot(x[-1:], y[-1:], marker="o", markersize=9, color=AGENT, zorder=5)


def draw_surface(ax: Any, env: Grid, v: npt.ArrayLike) -> Any:
    """Draw values as a surface over the grid, z = v(s) at its column and row. [Zhao chapter 8]

    ax     matplotlib Axes of projection "3d"; it is returned
    env    a GridWorld
    v      (S,)

    Raises ValueError for another shape of v, or an Axes that is flat.
    """
    if not hasattr(ax, "plot_surface"):
        raise ValueError(f"ax must be made with projection='3d', got {type(ax).__name__}")
    rows, cols = env.shape
    x, y = np.meshgrid(np.arange(1, cols + 1), np.arange(1, rows + 1))
    z = check_v(v, env.model.n_states).reshape(rows, cols)
    ax.plot_surface(x, y, z, cmap="viridis", edgecolor="white", linewidth=0.4)
    ax.set(xlabel="column", ylabel="row", xticks=x[0], yticks=y[:, 0])
    ax.invert_yaxis()
    return ax


def trajectory_of(env: Any, pi: npt.ArrayLike, most: int = 50) -> list[int]:
    """The states of a deterministic policy (S, A) from the start, for draw_grid; `most` steps."""
    actions = np.argmax(pi, axis=-1)
    s, _ = env.reset()
    states, terminated = [int(s)], False
    while not terminated and len(states) <= most:
        s, _, terminated, *_ = env.step(int(actions[s]))
        states.append(int(s))
    return states
