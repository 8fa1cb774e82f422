"""Drawing a world, a policy, values and curves: on the Axes it is given, in the book's style.

grid        draw_grid, draw_surface: a world, and what is known of it
curves      draw_curves, draw_runs: what changes on the way
loop        draw_loop: agent and environment
images      pixels, PNG, GIF, SVG; figures in a notebook
animation   animate: the iterates of a planner, played
window      for render mode "human": nothing else here shows or touches pyplot
style       colours, settings, panels side by side
"""

from rlbook.plot.animation import MOST_IMAGES, Animation, animate
from rlbook.plot.curves import draw_curves, draw_evaluations, draw_learning, draw_runs
from rlbook.plot.grid import MOST_CELLS, Grid, draw_grid, draw_surface, trajectory_of
from rlbook.plot.images import MOST_SVG, Image, gif, grid_figure, grid_image, grid_svg, pixels, png
from rlbook.plot.loop import draw_loop
from rlbook.plot.style import (
    AGENT,
    ARROW,
    ARROWS,
    FORBIDDEN,
    FREE,
    INK,
    LINE,
    STYLE,
    TARGET,
    panels,
)
from rlbook.plot.window import Window

__all__ = [
    "AGENT",
    "ARROW",
    "ARROWS",
    "FORBIDDEN",
    "FREE",
    "INK",
    "LINE",
    "MOST_CELLS",
    "MOST_IMAGES",
    "MOST_SVG",
    "STYLE",
    "TARGET",
    "Animation",
    "Grid",
    "Image",
    "Window",
    "animate",
    "draw_curves",
    "draw_evaluations",
    "draw_grid",
    "draw_learning",
    "draw_loop",
    "draw_runs",
    "draw_surface",
    "gif",
    "grid_figure",
    "grid_image",
    "grid_svg",
    "panels",
    "pixels",
    "png",
    "trajectory_of",
]
