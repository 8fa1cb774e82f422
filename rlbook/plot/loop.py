"""The loop of agent and environment, as boxes and arrows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from rlbook.plot.style import ARROW, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
