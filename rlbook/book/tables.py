"""How does one read an item? Its two sides beside each other, and how far apart they are."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from rlbook.book.items import Comparison, Result, is_number
from rlbook.checks import FloatArray

if TYPE_CHECKING:
    from rlbook.book.report import Entry


def as_text(entry: Entry, width: int | None = None) -> str:
    """The two sides of an item for a terminal: printed left, computed right, `!` where outside.

    width    of the terminal, where long lines are broken; None: they are not
    """
    lines = []
    comparisons = entry.result.comparisons if entry.result else []
    if len(comparisons) > 1 and entry.result:
        name = _nearest_part(entry.result).name
        lines.append(_wrapped(f"nearest to its limit: {name}", "  ", width))
    lines += [_wrapped(line, "  ", width) for line in entry.note.splitlines()]
    for c in comparisons:
        left, right = _columns(c, width)
        across = max(len(source(c)), *map(len, left))
        lines += [_wrapped(c.name, "  ", width)] if c.name else []
        lines.append(f"    {source(c):<{across}}  |  rlbook")
        lines += [f"    {x:<{across}}  |  {y}".rstrip() for x, y in zip(left, right, strict=True)]
        if said := in_words(c):
            lines.append(_wrapped(said, "    ", width))
        if c.outside.any():
            lines.append("    ! marks a cell that differs by more than is allowed")
    return "\n".join(lines) + "\n"


def _columns(c: Comparison, width: int | None) -> tuple[list[str], list[str]]:
    """The rows of the two sides as texts, the cells of each side of one width."""
    texts = {cell: cell_texts(c, cell) for cell in np.ndindex(c.printed.shape)}
    book, ours = (max(len(pair[side]) for pair in texts.values()) for side in (0, 1))
    most = len(texts) if width is None else max(1, (width - 10) // (book + ours + 4))
    left, right = [], []
    for row in np.ndindex(c.printed.shape[:-1]):
        cells = [(*row, *rest) for rest in np.ndindex(c.printed[row].shape)]
        for some in (cells[k : k + most] for k in range(0, len(cells), most)):
            left.append("  ".join(f"{texts[x][0]:>{book}}" for x in some))
            right.append(
                " ".join(f"{texts[x][1]:>{ours}}{'!' if c.outside[x] else ' '}" for x in some)
            )
    return left, right


def _wrapped(text: str, indent: str, width: int | None) -> str:
    if width is None:
        return indent + text
    return fill(text, width, initial_indent=indent, subsequent_indent=indent)


def cell_texts(c: Comparison, cell: tuple[int, ...]) -> tuple[str, str]:
    """What is expected in a cell, with "at least" where it is a bound; and what came out."""
    expected = f"{bound(c)} {show(c.printed[cell])}".strip()
    return expected, show(c.computed[cell], c.printed[cell])


def bound(c: Comparison) -> str:
    """The words "at least" or "at most" if a bound is expected, else none."""
    return str((c.evidence or {}).get("bound", ""))


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


def source(c: Comparison) -> str:
    """Where the left side is from: texts are printed in the book, numbers follow from it."""
    return "book" if c.printed.dtype.kind == "U" else "expected"


def in_words(c: Comparison) -> str:
    """How far apart the sides of a part are, and how far they may be; of equal letters nothing."""
    if "count" in (c.evidence or {}):  # a share: its test says it
        return c.test
    if not _has_numbers(c):
        many = int(c.outside.sum())
        return f"{many} of {c.outside.size} cells are not equal" if many else ""
    one = np.ptp(c.tolerance) == 0
    what = "largest difference" if one else "the number nearest to its limit: difference"
    difference, allowed = _nearest(c)
    said = f"{what} {difference:.3g}, allowed {allowed:.3g}"
    return f"{said} ({c.test})" if c.test else said


def nearest_to_its_limit(result: Result | None) -> str:
    """Of the cell of an item that is nearest to its limit: its difference / what is allowed."""
    if result is None:
        return "-"
    part = _nearest_part(result)
    difference, allowed = _nearest(part)
    if allowed == 0:
        return "not equal" if part.outside.any() else "equal"
    return f"{difference:.2g} / {allowed:.2g}"


def _nearest_part(result: Result) -> Comparison:
    """The part with the cell that uses most of what it is allowed."""
    return max(result.comparisons, key=lambda c: (_used(c).max(), c.tolerance.max()))


def faults(entry: Entry) -> list[str]:
    """Why an item fails: its parts that are outside, in words."""
    if entry.result is None:
        return [entry.note]
    outside = [c for c in entry.result.comparisons if c.outside.any()]
    named = [f"{c.name}: {in_words(c)}" if c.name else in_words(c) for c in outside]
    return named or ["a cell that should differ, as the item says, does not"]


def _used(c: Comparison) -> FloatArray:
    """How much of what is allowed each cell uses: above 1 where it is outside."""
    if (share := c.evidence or {}) and "count" in share:
        more = share["count"] > share["share"] * share["runs"]
        if share["most"] == share["runs"] if more else share["fewest"] == 0:
            return np.zeros(c.difference.shape)  # there is no limit on this side
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(c.difference == 0, 0.0, c.difference / c.tolerance)
    return np.where(np.isnan(used), np.inf, used)


def _nearest(c: Comparison) -> tuple[float, float]:
    """Difference and tolerance of the cell that is nearest to its limit."""
    cell = np.unravel_index(_used(c).argmax(), c.difference.shape)
    return float(c.difference[cell]), float(c.tolerance[cell])


def _has_numbers(c: Comparison) -> bool:
    """Whether some cell is compared as a number, and not as a letter or a claim."""
    return bool(c.tolerance.any()) or any(map(is_number, c.printed.flat))
