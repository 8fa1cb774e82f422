"""An item of the book where one looks: in a notebook, or at a prompt."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rlbook.book.items import load_chapters, select
from rlbook.book.page import section
from rlbook.book.report import Entry, carry_out
from rlbook.book.tables import as_text, nearest_to_its_limit

LOOK = """<style>
.rlbook-seen h2, .rlbook-seen h3 { font-size: 1em; margin: .3em 0; }
.rlbook-seen .body, .rlbook-seen .parts, .rlbook-seen .sides {
  display: flex; flex-wrap: wrap; gap: .5em 1.5em; align-items: flex-start; }
.rlbook-seen img { max-width: 28em; height: auto; background: #fff; }
.rlbook-seen figure { margin: 0; } .rlbook-seen figcaption, .rlbook-seen .test { font-size: .85em; }
</style>"""
"""A notebook has no style of its own for the parts of a report."""


class Seen:
    """An item that has run: a notebook shows its figure and its numbers, `print` the numbers.

    entry    the same, in parts: verdict, result, note, seconds
    """

    def __init__(self, entry: Entry, html: str) -> None:
        self.entry, self._html = entry, html

    def __repr__(self) -> str:
        e = self.entry
        head = f"{e.id}  {e.item.title}  {nearest_to_its_limit(e.result)}  {e.verdict}"
        return f"{head}\n{as_text(e)}"

    def _repr_html_(self) -> str:
        return f'{LOOK}<div class="rlbook-seen">{self._html}</div>'


def see(name: str, *, quick: bool = False, seed: int = 0) -> Seen:
    """Run an item of the book, and show it, such as fig:3.4a.

    name     an id, or what means one item: "Fig. 3.4a"
    quick    fewer samples: less exact, but faster
    seed     of all random numbers

    Raises ValueError for what is no item, or means several.
    """
    load_chapters()
    found = select([name])
    if len(found) > 1:
        raise ValueError(f"name must be one item, got {', '.join(item.ids[0] for item in found)}")
    with tempfile.TemporaryDirectory() as folder:
        entry = carry_out(found[0], Path(folder), seed=seed, quick=quick)[0]
        return Seen(entry, section(entry, Path(folder)))
