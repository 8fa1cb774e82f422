"""What does a person see of a sweep? A job, a time, a table of means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def as_text(job: Mapping[str, Any]) -> str:
    """A job in a line: alpha=0.1 epsilon=0.2 seed=3."""
    return " ".join(f"{name}={value}" for name, value in job.items())


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, in two or three digits."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"


def table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """A line for each setting: its values, how many seeds, mean (standard error) of each number.

    names    of the settings
    """
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(repr(row[name]) for name in names), []).append(row)
    others = dict.fromkeys(x for row in rows for x in row if x not in (*names, "seed"))
    columns = [x for x in others if any(isinstance(row.get(x), (int, float)) for row in rows)]
    lines = [[*names, "seeds", *columns]]
    for group in groups.values():
        values = [_mean([row.get(column) for row in group]) for column in columns]
        lines.append([*(str(group[0][name]) for name in names), str(len(group)), *values])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def _mean(values: Sequence[Any]) -> str:
    """The mean of those that are numbers, and its standard error.

    sqrt(sum (x - mean)^2 / (n - 1) / n)
    """
    x = [float(value) for value in values if isinstance(value, (int, float))]
    if not x:
        return "-"
    mean, n = sum(x) / len(x), len(x)
    if n == 1:
        return f"{mean:.4g} (-)"
    squares = sum((y - mean) * (y - mean) for y in x)
    return f"{mean:.4g} ({math.sqrt(squares / (n - 1) / n):.2g})"
