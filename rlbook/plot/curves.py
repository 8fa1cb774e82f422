"""What changes on the way: curves, runs of several seeds, how an agent learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rlbook.plot.grid import draw_grid
from rlbook.plot.style import panels
from rlbook.spaces import Env

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
