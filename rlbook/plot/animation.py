"""The iterates of a planner as an animation: drawn when asked for, played in a notebook."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from rlbook.checks import FloatArray
from rlbook.plot.grid import Grid, draw_grid
from rlbook.plot.images import Image, gif, grid_figure, pixels

MOST_IMAGES = 40  # that a notebook plays of an animation, which may have no end


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
