"""How long the whole book takes, and which chapters and items take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from speed_tables import folded, number, table

MOST = 12
"""Items that are told by name."""


def book(numbers: dict[str, Any]) -> str:
    """Seconds of each run; below, where they go in the one that a user with numba sees."""
    rows = numbers["rows"]
    runs = [(row["libraries"], str(row["cores"]), number(row["seconds"])) for row in rows]
    usual = next((row for row in rows if row["libraries"] == "with numba"), rows[0])
    html = table(("Run", "Cores", "Seconds"), runs, range(1, 3))
    where = f"Where the time goes, {usual['libraries']} on {usual['cores']} cores"
    return html + folded(where, shares(usual, "chapters") + shares(usual, "items"))


def shares(row: dict[str, Any], kind: str) -> str:
    """The longest chapters, or items: seconds, and their share of all."""
    total = sum(row[kind].values())
    longest = sorted(row[kind].items(), key=lambda x: -x[1])[:MOST]
    lines: Iterable[tuple[str, str, str]] = (
        (name, number(x), f"{x / total:.0%}") for name, x in longest
    )
    return table((kind.capitalize()[:-1], "Seconds of work", "Share"), lines, range(1, 3))
