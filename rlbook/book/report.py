"""Run items, save what they drew, and write the report: figures, report.json, report.html."""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from inspect import signature
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from rlbook.book.items import Item, Result, is_number, silent
from rlbook.book.out_folder import write_whole
from rlbook.book.page import page
from rlbook.book.tables import bound, in_words, nearest_to_its_limit, source
from rlbook.plot import STYLE, gif

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
    seed: int = 0
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
            "sources": {c.name: source(c) for c in comparisons},
            "nearest_to_its_limit": nearest_to_its_limit(result),
            "max_difference": None if result is None else _plain(result.max_difference),
            "tolerance": None if result is None else result.max_tolerance,
            "bounds": {c.name: word for c in comparisons if (word := bound(c))},
            "in_words": {c.name: said for c in comparisons if (said := in_words(c))},
            "alarm": None if result is None else result.alarm,
            "note": self.note,
            "seed": self.seed,
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
    return keep(item, outcome, out, seed=seed, quick=quick)


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


def keep(
    item: Item, outcome: Outcome, out: Path, *, seed: int = 0, quick: bool = False
) -> list[Entry]:
    """Write what was drawn; returns an entry for each id of the item."""
    for path, content in outcome.files.items():
        write_whole(out / path, content)
    what = outcome.result, outcome.note, outcome.seconds, list(outcome.files)
    return [Entry(name, item, *what, seed, quick) for name in item.ids]


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
    if frames := list(result.frames):
        drawn[f"figures/{name}.gif"] = gif(frames, result.frame_seconds)
    return drawn


def write_report(entries: Sequence[Entry], out: Path, missing: int = 0) -> None:
    """Write report.json and report.html, each whole or not at all; `missing` were not run."""
    lines = ",\n".join(json.dumps(e.as_json(), allow_nan=False) for e in entries)
    write_whole(out / "report.json", f"[\n{lines}\n]\n")
    counts = count(entries) + (f"; interrupted, {missing} not run" if missing else "")
    write_whole(out / "report.html", page(entries, out, counts))


def count(entries: Iterable[Entry]) -> str:
    """How many of each verdict, in words: "41 items: 39 agrees, 2 shape"."""
    found = Counter(e.verdict for e in entries)
    total = sum(found.values())
    verdicts = ", ".join(f"{found[v]} {v}" for v in VERDICTS if found[v])
    return f"{total} item{'s' * (total != 1)}: {verdicts or 'nothing was run'}"


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
