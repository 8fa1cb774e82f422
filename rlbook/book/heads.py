"""What stands above the columns and beside the rows of an item's numbers?"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

ACTIONS = "up, right, down, left, stay"
NUMBERS, STATES = "numbers", "states"


def heads(item: str, part: str, shape: Sequence[int]) -> tuple[list[str], list[str]]:
    """The heads of the rows and of the columns of a part; a single row has no head of its own.

    item     the first id of its item
    shape    of its numbers; of more than two axes all but the last are rows

    data/heads.json names the heads that do not follow from the name and the shape.
    """
    given = [said for name, said in _given().get(item, {}).items() if fnmatchcase(part, name)]
    said = given[0] if given else _by_name(part, tuple(shape))
    before, _, columns = said.rpartition(";")
    length = 1
    for n in shape[:-1]:
        length *= n
    rows = _words(before.strip() or NUMBERS, length) if len(shape) > 1 else []
    return rows, _words(columns.strip(), shape[-1] if shape else 1)


def table(
    cells: Sequence[Sequence[str]],
    outside: Sequence[Sequence[bool]],
    rows: Sequence[str],
    columns: Sequence[str],
) -> str:
    """A table of HTML with its heads; texts outside are marked, one alone is a line."""
    marks = [[' class="out"' if bad else "" for bad in line] for line in outside]
    texts = [[html.escape(text) for text in line] for line in cells]
    if len(texts) == 1 and len(texts[0]) == 1:
        return f'<p class="number"><span{marks[0][0]}>{texts[0][0]}</span></p>'
    sides = [f'<th scope="row">{html.escape(x)}</th>' for x in rows] if len(texts) > 1 else []
    head = "".join(f'<th scope="col">{html.escape(x)}</th>' for x in columns)
    body = f"<tr>{'<td></td>' * bool(sides)}{head}</tr>" if head else ""
    for side, line, mark in zip(sides or [""] * len(texts), texts, marks, strict=True):
        shown = "".join(f"<td{m}>{x}</td>" for m, x in zip(mark, line, strict=True))
        body += f"<tr>{side}{shown}</tr>"
    return f"<table>{body}</table>"


def _by_name(part: str, shape: tuple[int, ...]) -> str:
    """What a name in the book's letters tells: v is over states, q over states and actions."""
    if len(shape) == 2 and part.startswith("P") and shape[0] == shape[1]:
        return f"{STATES}; {STATES}"
    if len(shape) == 2 and shape[1] == 5 and shape[0] in (4, 9, 25):  # the book's grids
        return f"{STATES}; {ACTIONS}"
    if len(shape) == 1 and re.match(r"(v|pi(_\d+)?|r|d|lost by|residual)\b", part):
        return STATES
    return ACTIONS if shape == (5,) and part.startswith("q(s") else NUMBERS


def _words(said: str, n: int) -> list[str]:
    """So many heads; where the words are not so many, numbers."""
    if said == STATES:
        return [f"s{k}" for k in range(1, n + 1)]
    if said == "from 0":
        return [str(k) for k in range(n)]
    words = [word.strip() for word in said.split(",")]
    return words if len(words) == n and said != NUMBERS else [str(k) for k in range(1, n + 1)]


@cache
def _given() -> dict[str, dict[str, str]]:
    text = resources.files("rlbook").joinpath("data/heads.json").read_text(encoding="utf-8")
    return {item: parts for item, parts in json.loads(text).items() if item != "about"}
