"""Every picture of a page says its size, so that the page keeps still while pictures load.

A link to a place in the page then ends there, though the pictures above it come later.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

IMG = re.compile(r'<img (?=[^>]*loading="lazy")(?![^>]* width=)([^>]*?src="[^"]*_images/([^"]+)")')


@cache
def size(path: Path) -> tuple[int, int] | None:
    """(width, height) in pixels of CSS, None for a file that does not say."""
    if path.suffix != ".svg":
        with Image.open(path) as image:
            return image.size
    head = path.read_text(encoding="utf-8")[:2000]
    found = re.search(r'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', head)
    return (_pixels(found[1]), _pixels(found[2])) if found else None


def _pixels(points: str) -> int:
    return round(float(points) * 4 / 3)


def say_sizes(app: Any, pagename: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Add width and height to the pictures of the page."""
    files = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}

    def sized(found: re.Match[str]) -> str:
        path = files.get(found[2])
        known = size(path) if path and path.exists() else None
        says = f'width="{known[0]}" height="{known[1]}" ' if known else ""
        return f"<img {says}{found[1]}"

    if "body" in context:
        context["body"] = IMG.sub(sized, context["body"])


def setup(app: Any) -> dict[str, Any]:
    """Register the event."""
    app.connect("html-page-context", say_sizes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
