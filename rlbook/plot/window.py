"""A window on a grid world, for render mode "human": the one file here that uses pyplot."""

from __future__ import annotations

from typing import Any

from rlbook.plot.grid import Grid, draw_grid


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
