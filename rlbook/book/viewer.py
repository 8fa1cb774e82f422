"""A figure is shown: by the viewer of the system, or in a window of matplotlib."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST_WINDOWS = 8
"""Of more files than these their folder is shown."""

NONE_HERE = "--show: nothing here can show a file: no viewer, and no window for matplotlib"


def show_files(paths: Sequence[Path], folder: Path) -> str:
    """Show the files, or the folder if they are many. Returns "", or in a line why it cannot."""
    if not paths:
        return "--show: there is no figure to show"
    shown = paths if len(paths) <= MOST_WINDOWS else [folder]
    if all(map(_viewed, shown)) or (len(shown) == len(paths) and _in_windows(shown)):
        return ""
    return NONE_HERE


def _viewed(path: Path) -> bool:
    """Whether the system has shown the file."""
    if sys.platform == "win32":
        os.startfile(path)
        return True
    command = "open" if sys.platform == "darwin" else "xdg-open"
    screen = command == "open" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not screen or shutil.which(command) is None:
        return False
    viewer = subprocess.Popen(
        [command, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return viewer.wait(timeout=1) == 0
    except subprocess.TimeoutExpired:  # it stays until it is closed, and nobody waits for it
        viewer.returncode = 0
        return True


def _in_windows(paths: Sequence[Path]) -> bool:
    """Whether matplotlib has shown the pictures, until somebody closed the windows."""
    from matplotlib import pyplot

    pictures = [path for path in paths if path.suffix in (".png", ".gif")]
    for path in pictures:
        figure = pyplot.figure(path.stem)
        if figure.canvas.required_interactive_framework is None:
            pyplot.close(figure)
            return False
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(pyplot.imread(path))
        axes.axis("off")
    pyplot.show()
    return bool(pictures)
