"""How do figures look? The colours and settings of all of them, and panels side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FREE, FORBIDDEN, TARGET = (1.0, 1.0, 1.0), (1.0, 0.753, 0.0), (0.4, 1.0, 1.0)
ARROW, LINE, INK, AGENT = (0.373, 0.537, 0.149), "0.72", "0.1", (0.12, 0.30, 0.65)
ARROWS = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # x and y of up, right, down, left

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


def panels(fig: Figure, columns: int, size: tuple[float, float], **options: Any) -> Any:
    """The Axes of so many panels side by side, in a figure of this size in inches."""
    fig.set_size_inches(size)
    return fig.subplots(1, columns, **options)
