"""Run items, save what they drew, and write the report: figures, report.json, report.html."""

from __future__ import annotations

import base64
import html
import json
import math
import sys
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from inspect import signature
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from rlbook import __version__
from rlbook.book.items import Comparison, Item, Result, is_number, silent
from rlbook.book.out_folder import write_whole
from rlbook.plot import STYLE

GOOD = ("agrees", "differs", "statistical", "shape")
"""Verdicts that leave nothing to explain; `differs` carries its reason."""

VERDICTS = (*GOOD, "fails")


@dataclass(frozen=True)
class Entry:
    """One id of the report: its item, what came out, and what was saved."""

    id: str
    item: Item
    result: Result | None  # None: the item raised
    note: str
    seconds: float
    figures: list[str] = field(default_factory=list)  # paths relative to the report
    quick: bool = False

    @property
    def verdict(self) -> str:
        """The verdict of the result; an item that raised fails."""
        return "fails" if self.result is None else self.result.verdict

    def as_json(self) -> dict[str, Any]:
        """What report.json says of it: numbers as numbers, and null for what is no number."""
        result = self.result
        comparisons = [] if result is None else result.comparisons
        printed = {c.name: _plain(c.printed.tolist()) for c in comparisons}
        computed = {c.name: _plain(c.computed.tolist()) for c in comparisons}
        return {
            "id": self.id,
            "title": self.item.title,
            "verdict": self.verdict,
            "printed": printed.get("", printed),
            "computed": computed.get("", computed),
            "sources": {c.name: _source(c) for c in comparisons},
            "max_difference": None if result is None else _plain(result.max_difference),
            "tolerance": None if result is None else result.max_tolerance,
            "tests": {c.name: c.test for c in comparisons if c.test},
            "alarm": None if result is None else result.alarm,
            "note": self.note,
            "quick": self.quick,
            "seconds": round(self.seconds, 3),
            "figures": self.figures,
        }


class Outcome(NamedTuple):
    """What came out of an item before anything is written; it can go from process to process."""

    result: Result | None  # without its frames; None: the item raised
    note: str
    seconds: float
    files: dict[str, bytes]  # by their paths relative to the report
    said: str = ""  # for stderr


def carry_out(
    item: Item, out: Path, *, seed: int = 0, quick: bool = False, progress: Any = silent
) -> list[Entry]:
    """Run one item and save its figures below out/figures; returns an entry for each of its ids.

    The item's generator depends on the seed and on its first id alone, so that it does the same
    whatever else is run. An item that raises an error becomes an entry that fails.
    """
    outcome = compute(item, seed=seed, quick=quick, progress=progress)
    sys.stderr.write(outcome.said)
    return keep(item, outcome, out, quick=quick)


def compute(item: Item, *, seed: int = 0, quick: bool = False, progress: Any = silent) -> Outcome:
    """Run one item, in whatever process this is, and draw; nothing is written."""
    start = time.perf_counter()
    rng = generator(item, seed)
    offered = {"quick": quick, "progress": progress}
    wanted = signature(item.function).parameters
    options = {name: value for name, value in offered.items() if name in wanted}
    files: dict[str, bytes] = {}
    said = ""
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(4.6, 4.4), layout="constrained")
        try:
            result, note = item.function(fig, rng, **options), ""
        except Exception as error:
            said = traceback.format_exc()
            result, note = None, f"raised {type(error).__name__}: {error} (seed {seed})"
        if result is not None:
            note = result.note
            if result.verdict == "fails":
                note = f"{note} (seed {seed})".strip()
            files = _drawn(fig, result, item.ids[0].replace(":", "-"))
            result.frames = ()  # they are drawn
    return Outcome(result, note, time.perf_counter() - start, files, said)


def generator(item: Item, seed: int) -> np.random.Generator:
    """The generator of an item: of the seed of the run and of its first id alone."""
    return np.random.default_rng([seed, zlib.crc32(item.ids[0].encode())])


def keep(item: Item, outcome: Outcome, out: Path, *, quick: bool = False) -> list[Entry]:
    """Write what was drawn; returns an entry for each id of the item."""
    for path, content in outcome.files.items():
        write_whole(out / path, content)
    what = outcome.result, outcome.note, outcome.seconds, list(outcome.files)
    return [Entry(name, item, *what, quick) for name in item.ids]


def _drawn(fig: Figure, result: Result, name: str) -> dict[str, bytes]:
    """The figure as SVG and PNG, the frames as GIF; nothing for a figure on which nothing is."""
    drawn: dict[str, bytes] = {}
    if fig.axes:
        # Find the places once and draw once for each file: savefig would do both twice.
        if (engine := fig.get_layout_engine()) is not None:
            engine.execute(fig)
            fig.set_layout_engine("none")
        svg, png = BytesIO(), BytesIO()
        FigureCanvasAgg(fig).print_png(png, metadata={"Software": None})  # type: ignore[no-untyped-call]
        FigureCanvasSVG(fig).print_svg(svg, metadata={"Date": None})  # type: ignore[no-untyped-call]
        drawn |= {f"figures/{name}.svg": svg.getvalue(), f"figures/{name}.png": png.getvalue()}
    if frames := [Image.fromarray(frame) for frame in result.frames]:
        buffer = BytesIO()
        frames[0].save(
            buffer, "GIF", save_all=True, append_images=frames[1:], loop=0,
            duration=round(1000 * result.frame_seconds),
        )  # fmt: skip
        drawn[f"figures/{name}.gif"] = buffer.getvalue()
    return drawn


def write_report(entries: Sequence[Entry], out: Path, missing: int = 0) -> None:
    """Write report.json and report.html, each whole or not at all; `missing` were not run."""
    lines = ",\n".join(json.dumps(e.as_json(), allow_nan=False) for e in entries)
    write_whole(out / "report.json", f"[\n{lines}\n]\n")
    write_whole(out / "report.html", _page(entries, out, missing))


def count(entries: Iterable[Entry]) -> str:
    """How many of each verdict, in words: "41 items: 39 agrees, 2 shape"."""
    found = Counter(e.verdict for e in entries)
    total = sum(found.values())
    verdicts = ", ".join(f"{found[v]} {v}" for v in VERDICTS if found[v])
    return f"{total} item{'s' * (total != 1)}: {verdicts or 'nothing was run'}"


def as_text(entry: Entry) -> str:
    """The two sides of an item for a terminal: printed left, computed right, `!` where outside."""
    lines = [f"  {line}" for line in entry.note.splitlines()]
    for c in entry.result.comparisons if entry.result else ():
        book, ours = [], []
        for row in np.ndindex(c.printed.shape[:-1]):
            cells = [(*row, *rest) for rest in np.ndindex(c.printed[row].shape)]
            book.append("  ".join(f"{show(c.printed[i]):>6}" for i in cells))
            ours.append(
                "  ".join(
                    f"{show(c.computed[i], c.printed[i]):>8}{'!' if c.outside[i] else ' '}"
                    for i in cells
                )
            )
        width = max(len(c.name) + 10, *map(len, book))
        head = f"{c.name}, {_source(c)}" if c.name else _source(c)
        lines.append(f"  {head:<{width}} | rlbook")
        lines += [f"  {x:<{width}} | {y}" for x, y in zip(book, ours, strict=True)]
        if c.test:
            lines.append(f"    {c.test}")
    return "\n".join(lines) + "\n"


def show(x: Any, like: Any = "") -> str:
    """A cell as text: a number with two digits more than the printed one has."""
    if isinstance(x, (bool, np.bool_)):
        return "true" if x else "false"
    if isinstance(x, str) or not is_number(x) or not np.isfinite(x):
        return str(x)
    decimals = len(like.partition(".")[2]) if isinstance(like, str) else 0
    if decimals:
        return f"{x:.{decimals + 2}f}"
    return str(int(x)) if x == int(x) else f"{x:.4g}"


def _plain(x: Any) -> Any:
    """Nested lists of what JSON has: texts that are numbers become numbers, NaN becomes null."""
    if isinstance(x, list):
        return [_plain(y) for y in x]
    if isinstance(x, bool) or not is_number(x):
        return x
    number = float(x)
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and not isinstance(x, float) else number


def _page(entries: Sequence[Entry], out: Path, missing: int) -> str:
    """The report as one page without any other file."""
    rows = "".join(
        f'<tr><td><a href="#{_anchor(e.id)}">{e.id}</a></td><td>{html.escape(e.item.title)}</td>'
        f'<td class="n">{_difference(e)}</td><td>{_chip(e.verdict)}</td></tr>'
        for e in entries
    )
    sections = "".join(_section(e, out) for e in entries)
    page = resources.files("rlbook").joinpath("data/report.html").read_text(encoding="utf-8")
    return Template(page).substitute(
        version=__version__,
        counts=count(entries) + (f"; interrupted, {missing} not run" if missing else ""),
        rows=rows,
        sections=sections,
    )


def _section(entry: Entry, out: Path) -> str:
    pictures = "".join(
        _picture(out / path, entry) for path in entry.figures if not path.endswith(".png")
    )
    tables = "" if entry.result is None else "".join(map(_tables, entry.result.comparisons))
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


def _tables(c: Comparison) -> str:
    """The two sides of a part, beside each other; cells outside the tolerance are marked."""
    name = f"<h3>{html.escape(c.name)}</h3>" if c.name else ""
    test = f'<p class="test">{html.escape(c.test)}</p>' if c.test else ""
    printed = _table(c, lambda cell: show(c.printed[cell]))
    computed = _table(c, lambda cell: show(c.computed[cell], c.printed[cell]))
    return (
        f'<div class="part">{name}<div class="sides">'
        f"<figure><figcaption>{_source(c)}</figcaption>{printed}</figure>"
        f"<figure><figcaption>rlbook</figcaption>{computed}</figure></div>{test}</div>"
    )


def _table(c: Comparison, text: Callable[[tuple[int, ...]], str]) -> str:
    rows, cols = c.printed.shape if c.printed.ndim == 2 else (1, c.printed.size)
    body = ""
    for row in range(rows):
        body += "<tr>"
        for col in range(cols):
            cell = (row, col) if c.printed.ndim == 2 else np.unravel_index(col, c.printed.shape)
            where = tuple(int(i) for i in cell)
            mark = ' class="out"' if c.outside[where] else ""
            body += f"<td{mark}>{html.escape(text(where))}</td>"
        body += "</tr>"
    return f"<table>{body}</table>"


def _source(c: Comparison) -> str:
    """Where the left side is from: texts are printed in the book, numbers follow from it."""
    return "book" if c.printed.dtype.kind == "U" else "expected"


def _difference(entry: Entry) -> str:
    return "" if entry.result is None else f"{entry.result.max_difference:.2g}"


def _chip(verdict: str) -> str:
    return f'<span class="chip {verdict}">{verdict}</span>'


def _anchor(name: str) -> str:
    return name.replace(":", "-")
