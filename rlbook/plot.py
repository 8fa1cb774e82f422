"""Drawing a world, a policy, values and curves: on the Axes it is given, in the book's style.

Arrows are 0.4 sqrt(p) of a cell long and a circle means stay, in the colours of the book's figures.
Nothing here shows or touches pyplot; `Window` alone does, for render mode "human". A notebook shows
any Figure as the last line of a cell.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import PIL.Image
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from rlbook.checks import BoolArray, FloatArray, check_index, check_pi, check_v
from rlbook.spaces import Env

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Image = npt.NDArray[np.uint8]

FREE, FORBIDDEN, TARGET = (1.0, 1.0, 1.0), (1.0, 0.753, 0.0), (0.4, 1.0, 1.0)
ARROW, LINE, INK, AGENT = (0.373, 0.537, 0.149), "0.72", "0.1", (0.12, 0.30, 0.65)
ARROWS = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # x and y of up, right, down, left
MOST_CELLS = 400  # above it a cell is too small for numbers and arrows
MOST_SVG = 250_000  # cells that a notebook draws of a world, unasked
MOST_IMAGES = 40  # that a notebook plays of an animation, which may have no end


class Grid(Protocol):
    """What is drawn: a world of cells, in rows and columns. A GridWorld is one."""

    model: Any
    shape: tuple[int, int]
    is_forbidden: BoolArray  # (S,)
    is_target: BoolArray

    def cell(self, s: int) -> tuple[int, int]:
        """The row and the column of a state."""


STYLE: Any = {
    "figure.dpi": 120,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.titlesize": 10.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "rlbook",  # the same figure is the same file
}
"""Settings for a figure of many parts: `with matplotlib.rc_context(STYLE): ...`"""


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


def draw_curves(
    ax: Axes,
    x: npt.ArrayLike,
    curves: Mapping[str, npt.ArrayLike],
    bands: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
) -> Axes:
    """Draw curves y over one x, each with its name and, if given, its band. Returns ax.

        y_k over x_k, k = 1, ..., N        [Zhao chapter 6]

    ax        matplotlib Axes
    x         (N,), shared by all curves
    curves    name -> y (N,), or fewer than x has: a curve that ends early
    bands     name -> (low (N,), high (N,)), a shade around the curve of that name

    Raises ValueError for a band without a curve, and a curve that is longer than x.
    """
    x = np.asarray(x, dtype=float)
    bands = bands or {}
    if unknown := set(bands) - set(curves):
        raise ValueError(f"bands must belong to curves {sorted(curves)}, got {sorted(unknown)}")
    for name, curve in curves.items():
        y = np.asarray(curve, dtype=float)
        if len(y) > len(x):
            raise ValueError(f"curve {name!r} must have at most {len(x)} points, got {len(y)}")
        (line,) = ax.plot(x[: len(y)], y, label=name)
        if name in bands:
            low, high = (np.asarray(edge, dtype=float) for edge in bands[name])
            ax.fill_between(x[: len(low)], low, high, color=line.get_color(), alpha=0.18, lw=0)
    ax.grid(True, color="0.92", lw=0.8)
    ax.legend()
    return ax


def draw_loop(
    ax: Axes, *, action: str = "$a_t$", reward: str = "$r_{t+1}$", state: str = "$s_{t+1}$"
) -> Axes:
    """Draw the loop of agent and environment: two boxes, three arrows. Returns ax.

        a_t ~ pi(.|s_t),    s_{t+1}, r_{t+1} ~ p(.|s_t, a_t)        [Zhao chapter 1]

    ax        matplotlib Axes
    action    what is written at the arrow from agent to environment
    reward    what is written at the first arrow back
    state     what is written at the second arrow back
    """
    for x, name in ((0.0, "agent"), (4.0, "environment")):
        ax.add_patch(Rectangle((x - 0.9, -1.0), 1.8, 2.0, facecolor="0.93", edgecolor=INK, lw=1.2))
        ax.text(x, 0.0, name, ha="center", va="center", color=INK)
    for y, begin, end, text in ((0.6, 0.9, 3.1, action), (-0.1, 3.1, 0.9, reward),
                                (-0.8, 3.1, 0.9, state)):  # fmt: skip
        arrow = {"arrowstyle": "-|>", "color": ARROW, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end, y), (begin, y), arrowprops=arrow)
        ax.text(2.0, y + 0.08, text, ha="center", va="bottom", color=INK)
    ax.set(xlim=(-1.0, 5.0), ylim=(-1.1, 1.1), aspect="equal")
    ax.axis("off")
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


def panels(fig: Figure, columns: int, size: tuple[float, float], **options: Any) -> Any:
    """The Axes of so many panels side by side, in a figure of this size in inches."""
    fig.set_size_inches(size)
    return fig.subplots(1, columns, **options)


def draw_runs(
    ax: Axes,
    x: npt.ArrayLike,
    runs: npt.ArrayLike,
    *,
    name: str = "",
    quantiles: tuple[float, float] = (0.0, 1.0),
) -> Axes:
    """Draw the mean of several runs over one x, and a shade between two quantiles. Returns ax.

    runs         (n, N), a row for each run
    name         of the curve; else "mean of n seeds"
    quantiles    from the worst run to the best, unless they are given
    """
    y = np.asarray(runs, dtype=float)
    name = name or f"mean of {len(y)} seeds"
    low, high = np.quantile(y, quantiles, axis=0)
    return draw_curves(ax, x, {name: y.mean(0)}, {name: (low, high)})


def draw_learning(
    fig: Figure,
    env: Env,
    pi: npt.ArrayLike,
    trajectory: Sequence[int],
    curves: Mapping[str, tuple[npt.ArrayLike, tuple[float, float]]],
) -> None:
    """Draw a policy of a grid world, and beside it what the episodes were like that led to it.

    curves    name -> of every run a number an episode, (n, N), and the limits of its axis; a mean
              is drawn, and a shade that holds 95 % of the runs
    """
    left, *axes = panels(fig, 1 + len(curves), (4.2 * (1 + len(curves)), 4.0))
    draw_grid(left, env, pi=pi, trajectory=trajectory)
    for ax, (name, (y, limits)) in zip(axes, curves.items(), strict=True):
        draw_runs(ax, np.arange(1, np.shape(y)[1] + 1), y, quantiles=(0.025, 0.975))
        ax.set(xlabel="episode", ylabel=name, ylim=limits)


def draw_evaluations(fig: Figure, every: int, curves: Sequence[Sequence[float]]) -> Axes:
    """Draw the evaluations of several runs, one after every so many steps; returns the Axes.

    curves    of each run the mean returns (N,), as `Evaluation` keeps them; they may end early
    """
    ax = panels(fig, 1, (6.4, 3.6))
    x = np.arange(1, max(map(len, curves)) + 1) * every / 1000
    draw_curves(ax, x, {f"run {k}": y for k, y in enumerate(curves, start=1)})
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set(xlabel="thousand steps", ylabel="mean return, not exploring", ylim=(0, None))
    return ax


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


class Animation(Iterator[Image]):
    """Images (H, W, 3) of uint8 that are drawn when they are asked for. A notebook plays them.

    images     the images, which may go on for ever
    seconds    how long each is seen

    What a notebook plays, the next MOST_IMAGES of them, is drawn for it and then gone from here.
    """

    def __init__(self, images: Iterator[Image], seconds: float = 0.4) -> None:
        self._images, self.seconds, self._played = images, seconds, ""

    def __next__(self) -> Image:
        return next(self._images)

    def save(self, path: str | Path) -> None:
        """Write all images that are left as a GIF; there must be an end to them, and one image."""
        Path(path).write_bytes(gif(self, self.seconds))

    def __repr__(self) -> str:
        return f"Animation({self.seconds:g} seconds an image)"

    def _repr_html_(self) -> str:
        if not self._played and (images := list(islice(self, MOST_IMAGES))):
            data = base64.b64encode(gif(images, self.seconds)).decode()
            self._played = f'<img alt="animation" src="data:image/gif;base64,{data}">'
        return self._played


def animate(iterates: Iterable[tuple[FloatArray, FloatArray]], env: Grid) -> Animation:
    """The iterates of a planner as images (H, W, 3) of uint8, numbered from 1. [Zhao chapter 4]

    iterates    what a planner yields: v_k (S,) and pi_k (S, A)
    env         a GridWorld

    Returns an iterator of images, which are drawn when they are asked for. As the last line of a
    cell of a notebook it plays, up to 40 images. To save a GIF, say how many of them:
    animate(islice(value_iteration(model, 0.9), 24), world).save("values.gif"). Raises ValueError as
    `draw_grid` does, with the first image.
    """
    return Animation(_images(iterates, env))


def _images(iterates: Iterable[tuple[FloatArray, FloatArray]], env: Grid) -> Iterator[Image]:
    fig = grid_figure(env)
    ax, title = fig.add_subplot(), fig.suptitle("")
    for k, (v, pi) in enumerate(iterates, start=1):
        ax.clear()
        draw_grid(ax, env, v=v, pi=pi)
        title.set_text(f"$k = {k}$")
        yield pixels(fig)
        fig.set_layout_engine("none")  # axes and title stay where the first image has them


def gif(images: Iterable[Image], seconds: float) -> bytes:
    """Images (H, W, 3) of uint8 as a GIF that begins again at its end."""
    first, *rest = map(PIL.Image.fromarray, images)
    buffer = BytesIO()
    first.save(
        buffer, "GIF", save_all=True, append_images=rest, loop=0, duration=round(1000 * seconds)
    )
    return buffer.getvalue()


def grid_image(env: Grid, **drawn: Any) -> Image:
    """What draw_grid draws, as an image (H, W, 3) of uint8."""
    fig = grid_figure(env)
    draw_grid(fig.add_subplot(), env, **drawn)
    return pixels(fig)


def grid_svg(env: Grid, starts: Sequence[int] = ()) -> str | None:
    """A world as SVG, these cells marked S; None for a world of more than MOST_SVG cells."""
    if np.prod(env.shape) > MOST_SVG:
        return None
    fig = grid_figure(env)
    ax = draw_grid(fig.add_subplot(), env)
    for s in starts:
        row, col = env.cell(s)
        ax.text(col, row, "S", ha="center", va="center", color=INK)
    for mesh in ax.collections:
        mesh.set_rasterized(bool(np.prod(env.shape) > MOST_CELLS))  # else each cell would be a path
    buffer = StringIO()
    with rc_context(STYLE):
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def grid_figure(env: Grid) -> Figure:
    """A figure of the shape of a grid."""
    rows, cols = env.shape
    scale = 4.2 / max(rows, cols)
    return Figure(figsize=(cols * scale + 0.5, rows * scale + 0.8), dpi=100, layout="constrained")


def pixels(fig: Figure) -> Image:
    """A figure as an image (H, W, 3) of uint8."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


def png(fig: Figure) -> bytes:
    """A figure as a PNG, nothing of it cut off."""
    buffer = BytesIO()
    fig.savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()


def _tell_notebooks() -> None:
    """Let IPython, where it runs, show a Figure as a picture: as it does once pyplot is loaded.

    pyplot, loaded before or after, has its way.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    display = getattr(shell, "display_formatter", None)
    formatter = None if display is None else display.formatters.get("image/png")
    if formatter is not None and Figure not in formatter.type_printers:
        formatter.for_type(Figure, png)


_tell_notebooks()


class Window:
    """A window on a grid world, for render mode "human"; the one place that uses pyplot."""

    def __init__(self) -> None:
        from matplotlib import pyplot

        self._pyplot = pyplot
        self.figure, self.ax = pyplot.subplots(num="rlbook", clear=True)

    def show(self, env: Grid, seconds: float, **drawn: Any) -> None:
        """Draw what draw_grid draws, and leave it in view for so many seconds."""
        self.ax.clear()
        draw_grid(self.ax, env, **drawn)
        if seconds > 0:
            self._pyplot.pause(seconds)

    def close(self) -> None:
        """Close the window."""
        self._pyplot.close(self.figure)
