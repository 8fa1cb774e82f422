"""What does it look like? One word for a world, for what is known of it, and for how it learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlbook.agent import LAST, Record
from rlbook.checks import FloatArray, as_given
from rlbook.plot import STYLE, draw_curves, draw_grid, draw_runs, grid_figure, png
from rlbook.policy import greedy


class Picture(Axes):
    """Axes that a notebook shows as a picture, as the last line of a cell."""

    def _repr_png_(self) -> bytes:
        return png(self.figure)  # type: ignore[arg-type]


def show(what: Any, known: Any = None, **drawn: Any) -> Axes:
    """Draw a world with what is known of it, or the episodes that `train` saw. [Zhao chapter 1]

        show(world)    show(world, best)    show(world, agent)    show(record)    show(records)

    what     a GridWorld, through its wrappers; a `Record`, or the list of them of `train_many`
    known    of a world: an object with v and pi (a Solution, an Iterate, TD0) or with q (Sarsa,
             Q-learning); or an array, v (S,) or pi (S, 5)
    drawn    visits, trajectory, precision, as in `draw_grid`

    A Record is drawn as the return of each episode, and the mean of the last 100; several as their
    mean, with a shade from the worst to the best.

    Returns matplotlib's Axes, on a figure of its own. A notebook shows it as the last line of a
    cell, without pyplot; elsewhere save it: show(world, best).figure.savefig("world.png"). Raises
    ValueError for anything else, a Record without an episode, and as `draw_grid`.
    """
    records = [what] if isinstance(what, Record) else what
    if isinstance(records, (list, tuple)) and all(isinstance(x, Record) for x in records):
        if known is not None or drawn:
            raise ValueError(f"known and drawn belong to a world, got {type(what).__name__}")
        return _learning([x.returns for x in records])
    world = getattr(what, "unwrapped", what)
    if not hasattr(world, "cell"):
        raise ValueError(
            f"what must be a GridWorld or a Record, got {type(what).__name__}; what is known of a "
            "world is drawn on it: show(world, best)"
        )
    return draw_grid(
        _axes(grid_figure(world)), world, **_known(known, world.model.n_states), **drawn
    )


def _axes(fig: Figure) -> Axes:
    return fig.add_subplot(axes_class=Picture)


def _known(known: Any, S: int) -> dict[str, Any]:
    """The v and the pi of what is known of S states."""
    if known is None:
        return {}
    v, pi, q = (getattr(known, name, None) for name in ("v", "pi", "q"))
    if q is not None:
        q = q(np.arange(S)) if callable(q) else q  # of a network, for the states by number
        v, pi = q.max(-1) if v is None else v, greedy(q) if pi is None else pi
    if v is None and pi is None:
        table = as_given(known, "known")
        return {"v" if table.ndim == 1 else "pi": table}
    return {"v": v, "pi": pi}


@rc_context(STYLE)
def _learning(returns: Sequence[FloatArray]) -> Axes:
    """The return of each episode of one run, or the mean of several."""
    n = min(map(len, returns), default=0)
    if n == 0:
        raise ValueError("what must be a Record with an episode that ended, got one without")
    ax = _axes(Figure(figsize=(6.4, 3.6), layout="constrained"))
    k = np.arange(1, n + 1)
    if len(returns) > 1:
        draw_runs(ax, k, [r[:n] for r in returns])
    else:
        so_far = np.concatenate([[0.0], np.cumsum(returns[0])])
        first = np.maximum(0, k - LAST)
        mean = (so_far[k] - so_far[first]) / (k - first)
        ax.set_prop_cycle(color=["0.75", "tab:blue"])
        draw_curves(ax, k, {"return": returns[0], f"mean of the last {LAST}": mean})
    ax.set(xlabel="episode", ylabel="return")
    return ax
