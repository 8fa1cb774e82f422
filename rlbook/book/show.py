"""What rlbook knows of a number of the book, in a few lines: `rlbook show 7.20`."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from rlbook.book.items import ITEMS
from rlbook.book.numbers import did_you_mean, ids_of, label, lecture, numbers, whole

STATES = {
    "item": "an item of a chapter, with a verdict",
    "test": "held by a test",
    "proof": "a box with the proof of something that has a row of its own",
    "step": "a line in a proof",
    "drawing": "a drawing, nothing to compute",
}
"""How a row of the ledger can end."""


@cache
def ledger() -> dict[str, dict[str, Any]]:
    """All rows by id: how each ends, its verdict, functions, tests, item.

    docs/_ext/ledger.py makes it.
    """
    text = resources.files("rlbook").joinpath("data/ledger.json").read_text(encoding="utf-8")
    return json.loads(text)


def show(word: str) -> list[str]:
    """The lines on all that a reader may mean. ValueError for what is no number of the book."""
    found = ids_of(word, ledger())
    if not found:
        hint = did_you_mean(word, ledger())
        raise ValueError(f"{word!r} is no number of the book and no item{hint}")
    return [line for name in found for line in _lines(name)]


def _lines(name: str) -> Iterator[str]:
    row = ledger()[name]
    number = numbers().get(whole(name))
    item = ITEMS.get(row["item"])
    yield f"{label(name)}  {number.name if number else item.title if item else ''}"
    if number:
        yield f"    book     section {number.section}; {lecture(number.section)}"
    for place in row["code"][:3]:
        path, _, function = place.partition(":")
        yield f"    code     {function}, rlbook/{path}:{_line_of(path, function)}"
    for test in row["tests"][:3]:
        yield f"    test     {test}"
    if item:
        yield f"    verdict  {row['verdict']}; rlbook run {name} shows it"
    elif row["state"] in ("step", "proof") and number:
        what = "the proof of" if row["state"] == "proof" else "a line in the proof of"
        yield f"    holds    {what} {label(number.of)}: see rlbook show {number.of}"
    else:
        yield f"    holds    {STATES[row['state']]}"


def _line_of(path: str, name: str) -> int:
    """The line where a function or a method begins."""
    node: Any = ast.parse(resources.files("rlbook").joinpath(path).read_text(encoding="utf-8"))
    for part in name.split("."):
        node = next(x for x in node.body if getattr(x, "name", "") == part)
    return int(node.lineno)


def listing(ids: list[str]) -> Iterator[str]:
    """A line for each number, and how many there are of each state."""
    for name in ids:
        number = numbers()[name]
        yield f"  {label(name):<18} {_state(name):<8} {number.name}"
    counts = Counter((name.partition(":")[0], _state(name)) for name in ids)
    yield ""
    for kind in dict.fromkeys(kind for kind, _ in counts):
        of = {state: n for (k, state), n in counts.items() if k == kind}
        said = ", ".join(f"{n} {state}" for state, n in of.items())
        yield f"  {sum(of.values()):>4} {kind:<6} {said}"


def _state(name: str) -> str:
    """How a number ends: where its parts are items, as they do."""
    rows = ledger()
    parts = [name] if name in rows else [part for part in rows if whole(part) == name]
    return str(rows[parts[0]]["state"])
