"""What the tables of {speed} are made of: numbers as text, and HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable

GAMMA, TIMES = "\N{GREEK SMALL LETTER GAMMA}", "\N{MULTIPLICATION SIGN}"
US = "\N{MICRO SIGN}s"


def number(x: float | None, unit: str = "") -> str:
    """Three digits or more; a dash for None."""
    if x is None:
        return "\N{EN DASH}"
    return f"{x:,.{0 if x >= 100 else 1 if x >= 10 else 2 if x >= 1 else 3}f}{unit}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: range) -> str:
    """HTML that scrolls by itself where it is too wide; numbers are the columns that hold some."""
    head = list(head)
    right = ' style="text-align: right"'
    whole = ' style="text-align: right; white-space: nowrap"'  # a number stays on one line

    def line(tag: str, cells: Iterable[str]) -> str:
        kind = right if tag == "th" else whole
        parts = ((kind if k in numbers else "", x) for k, x in enumerate(cells))
        return "<tr>" + "".join(f"<{tag}{k}>{html.escape(x)}</{tag}>" for k, x in parts) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return (
        '<div class="table-wrapper docutils container"><table class="docutils align-default">'
        f"<thead>{line('th', head)}</thead><tbody>{body}</tbody></table></div>"
    )


def folded(title: str, content: str) -> str:
    """HTML that opens at a click."""
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"
