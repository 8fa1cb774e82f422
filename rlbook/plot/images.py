"""A drawing as an image: pixels, PNG, GIF, SVG. A notebook shows any Figure as a PNG."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rlbook.plot.grid import MOST_CELLS, Grid, draw_grid
from rlbook.plot.style import INK, STYLE

Image = npt.NDArray[np.uint8]

MOST_SVG = 250_000  # cells that a notebook draws of a world, unasked


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


def gif(images: Iterable[Image], seconds: float) -> bytes:
    """Images (H, W, 3) of uint8 as a GIF that begins again at its end."""
    first, *rest = map(PIL.Image.fromarray, images)
    buffer = BytesIO()
    first.save(
        buffer, "GIF", save_all=True, append_images=rest, loop=0, duration=round(1000 * seconds)
    )
    return buffer.getvalue()


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
