"""How does a run read? A head, a line for each item, and at the end where to look first.

On a terminal and in a pipe the columns are the same: id, question, difference / allowed, verdict,
time. Only on a terminal is a question cut, or set below its line. In a pipe an id has one line, and
begins it, such as `fig:3.4a`; no other line begins with a word and a colon without a blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from rlbook.book.tables import faults, nearest_to_its_limit

if TYPE_CHECKING:
    from rlbook.book.items import Item
    from rlbook.book.report import Entry

PIPE = 132
"""The width of a line in a pipe, where questions are not too long for it."""

SHORT = 40
"""A question is not cut to less than this: it has a line of its own."""

MOST_FILES, MOST_ITEMS = 6, 12
"""More files are told by their folder; of more items to look at, the first."""

LEGEND = (
    "difference / allowed: of the number that is nearest to its limit, in its own unit: a value, "
    "a return, steps, a share of runs. Where chance plays a part, its test says what is allowed."
)

AGAIN = (
    "Run what fails again with another seed, such as --seed {seed}. If it fails again, something "
    "is wrong."
)


@dataclass(frozen=True)
class Layout:
    """Where the columns are.

    ids         how wide ids are
    width       columns of the terminal, or None for a pipe
    numbers     whether the numbers of an item stand below its line
    """

    ids: int
    width: int | None
    numbers: bool

    @classmethod
    def of(cls, items: Sequence[Item], width: int | None, numbers: bool) -> Layout:
        """That of a run of these items."""
        return cls(max(len(name) for item in items for name in item.ids), width, numbers)

    def head(self) -> str:
        """The names of the columns."""
        return self._row("id", "question", "difference / allowed", "verdict", "time")

    def lines(self, entries: Sequence[Entry]) -> list[str]:
        """What came out of an item: a line for each of its ids; a question that stands below."""
        rows = []
        for entry in entries:
            difference, slash, allowed = nearest_to_its_limit(entry.result).partition(" / ")
            near, seconds = f"{difference:>10}{slash}{allowed}", f"{entry.seconds:.1f} s"
            rows.append(self._row(entry.id, entry.item.title, near, entry.verdict, seconds))
        return [*rows, self.wrapped(entries[0].item.title, "  ")] if self._below else rows

    def wrapped(self, text: str, indent: str) -> str:
        """A text below a line, in as many lines as a terminal needs."""
        if self.width is None:
            return indent + text
        return fill(text, self.width, initial_indent=indent, subsequent_indent=indent)

    def _row(self, name: str, title: str, near: str, verdict: str, seconds: str) -> str:
        room = self._room
        if self._below:
            title, room = "", 0
        elif self.width and len(title) > room:
            title = title[: room - 3] + "..."
        middle = f"{title:<{room}}  " if room else ""
        return f"{name:<{self.ids}}  {middle}{near:<20}  {verdict:<11} {seconds:>7}"

    @property
    def _room(self) -> int:
        """What is left for the question."""
        return max(20, (self.width or PIPE) - self.ids - 45)

    @property
    def _below(self) -> bool:
        """Whether the question has a line of its own."""
        return self.width is not None and (self.numbers or self._room < SHORT)


def written(entries: Sequence[Entry], out: Path) -> list[Path]:
    """The files of the figures, each once."""
    return list(dict.fromkeys(out / name for entry in entries for name in entry.figures))


def files(paths: Sequence[Path], folder: Path) -> str:
    """Where the figures are: each file if they are few, or else their folder."""
    told = paths if 0 < len(paths) <= MOST_FILES else [folder]
    return "figures: " + "\n         ".join(map(str, told))


def look_first(entries: Sequence[Entry], layout: Layout) -> Iterator[str]:
    """A line for each item that fails, and then for each that differs, with the reason."""
    of = {entry.item: entry for entry in reversed(entries)}.values()
    first = [e for verdict in ("fails", "differs") for e in reversed(of) if e.verdict == verdict]
    if first:
        yield "look first at"
    for entry in first[:MOST_ITEMS]:
        why = faults(entry)[0] if entry.verdict == "fails" else entry.note
        line = f"  {entry.verdict:<8} {entry.id:<{layout.ids}}  {' '.join(why.split())}"
        cut = layout.width or PIPE
        yield line if len(line) <= cut else line[: cut - 3] + "..."
    if len(first) > MOST_ITEMS:
        yield f"  and {len(first) - MOST_ITEMS} more: see the report"
