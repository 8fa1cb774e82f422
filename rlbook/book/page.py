"""The report as one page of HTML that needs no other file."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from rlbook import __version__
from rlbook.book.heads import heads, table
from rlbook.book.items import Comparison
from rlbook.book.tables import cell_texts, in_words, nearest_to_its_limit, source

if TYPE_CHECKING:
    from rlbook.book.report import Entry


def page(entries: Sequence[Entry], out: Path, counts: str) -> str:
    """The page; its figures are read from the folder `out`."""
    rows = "".join(
        f'<tr><td><a href="#{_anchor(e.id)}">{e.id}</a></td><td>{html.escape(e.item.title)}</td>'
        f'<td class="n">{nearest_to_its_limit(e.result)}</td><td>{_chip(e.verdict)}</td></tr>'
        for e in entries
    )
    text = resources.files("rlbook").joinpath("data/report.html").read_text(encoding="utf-8")
    return Template(text).substitute(
        version=__version__,
        counts=counts,
        settings=_settings(entries),
        alarms=_alarms(entries),
        rows=rows,
        sections="".join(section(e, out) for e in entries),
    )


def _settings(entries: Sequence[Entry]) -> str:
    """With which options it was run."""
    if not entries:
        return ""
    seed = f"Run with <code>--seed {entries[0].seed}</code>"
    if not entries[0].quick:
        return f"{seed}, in full."
    return f"{seed} and <code>--quick</code>: fewer samples, less exact, but faster."


def _alarms(entries: Sequence[Entry]) -> str:
    """How often chance alone makes such a run fail: the rates of its items, added up."""
    items = {e.item: e.result.alarm if e.result else 0.0 for e in entries}
    chance = sum(alarm > 0 for alarm in items.values())
    if not chance:
        return ""
    return (
        f"{chance} of {len(items)} items depend on chance (an item may have several names). With a "
        f"correct program, at most 1 of {int(1 / sum(items.values()))} such runs has an item that "
        "fails by accident."
    )


def section(entry: Entry, out: Path) -> str:
    """An item of the page: its figures, read from the folder `out`, and its numbers."""
    pictures = "".join(
        _picture(out / path, entry) for path in entry.figures if not path.endswith(".png")
    )
    parts = entry.result.comparisons if entry.result else []
    tables = "".join(_tables(c, entry.item.ids[0]) for c in parts)
    note = f'<p class="note">{html.escape(entry.note)}</p>' if entry.note else ""
    return (
        f'<section id="{_anchor(entry.id)}"><h2><span>{entry.id}</span> {_chip(entry.verdict)}</h2>'
        f"<p>{html.escape(entry.item.title)}</p>{note}"
        f'<div class="body"><div class="pictures">{pictures}</div>'
        f'<div class="parts">{tables}</div></div></section>'
    )


def _picture(path: Path, entry: Entry) -> str:
    kind = "svg+xml" if path.suffix == ".svg" else "gif"
    data = base64.b64encode(path.read_bytes()).decode()
    alt = html.escape(f"{entry.id}: {entry.item.title}", quote=True)
    with Image.open(path if kind == "gif" else path.with_suffix(".png")) as image:
        wide = ' class="wide"' if image.width > 1.5 * image.height else ""
    return f'<img{wide} loading="lazy" alt="{alt}" src="data:image/{kind};base64,{data}">'


def _tables(c: Comparison, item: str) -> str:
    """The two sides of a part, beside each other; cells outside the tolerance are marked."""
    name = f"<h3>{html.escape(c.name)}</h3>" if c.name else ""
    said = f'<p class="test">{html.escape(in_words(c))}</p>' if in_words(c) else ""
    return (
        f'<div class="part">{name}<div class="sides">'
        f"<figure><figcaption>{source(c)}</figcaption>{_table(c, item, 0)}</figure>"
        f"<figure><figcaption>rlbook</figcaption>{_table(c, item, 1)}</figure></div>{said}</div>"
    )


def _table(c: Comparison, item: str, side: int) -> str:
    """The expected side, 0, or the computed one, 1."""
    shape, places = c.printed.shape or (1,), list(np.ndindex(c.printed.shape))
    rows = [places[k : k + shape[-1]] for k in range(0, len(places), shape[-1])]
    texts = [[cell_texts(c, cell)[side] for cell in row] for row in rows]
    outside = [[bool(c.outside[cell]) for cell in row] for row in rows]
    return table(texts, outside, *heads(item, c.name, shape))


def _chip(verdict: str) -> str:
    return f'<span class="chip {verdict}">{verdict}</span>'


def _anchor(name: str) -> str:
    return name.replace(":", "-")
