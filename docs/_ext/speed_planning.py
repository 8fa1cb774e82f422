"""The tables of {speed} planning."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from speed_tables import GAMMA, TIMES, folded, number, table

GRID, TABLE = "rlbook (grid)", "rlbook (table)"


def planning(found: dict[str, Any]) -> str:
    """All that is said of solving."""
    rows = found["rows"]
    return solving(rows) + every_row(rows) + floors(found)


def cases(rows: list[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], dict[str, dict[str, Any]]]]:
    """(a row, {library: row}) for each problem and gamma."""
    found: dict[tuple[str, float], dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["problem"], row["gamma"]), {})[row["library"]] = row
    return [(next(iter(case.values())), case) for case in found.values()]


def solving(rows: list[dict[str, Any]]) -> str:
    """Milliseconds of rlbook's two models and of the fastest peer, a line for each case."""
    lines = []
    for any_row, case in cases(rows):
        peers = [x for x in case.values() if not x["library"].startswith("rlbook")]
        peers = [x for x in peers if x["times rlbook"]]
        # The textbook loop is stopped by an estimate, long before it ends: the others come first.
        peers.sort(key=lambda x: (_is_stopped_loop(x), x["times rlbook"]))
        line = [any_row["title"], f"{any_row['gamma']:g}"]
        for ours in (case.get(GRID, {}), case.get(TABLE, {})):
            line += [_time(ours) if ours else number(None)]
            line += [_times(peers[0], ours) if peers else ""]
        lines.append(line + ([_time(peers[0]), _who(peers[0])] if peers else ["", "none"]))
    head = ("Problem", GAMMA, "grid: ms", TIMES, "table: ms", TIMES, "peer: ms", "fastest peer")
    return table(head, lines, range(2, 7))


def floors(found: dict[str, Any]) -> str:
    """What must hold, and below it each row that falls short, folded."""
    groups: list[list[str]] = []
    for line in found.get("floors", []):
        if not line.startswith(" "):
            groups.append([])
        groups[-1].append(html.escape(line.strip()))

    def points(lines: Iterable[str]) -> str:
        inside = "".join(f"<li>{line}</li>" for line in lines)
        return f"<ul>{inside}</ul>" if inside else ""

    said = points(what + points(short) for what, *short in groups)
    return folded("What must hold, and what falls short", said) if groups else ""


def _is_stopped_loop(row: dict[str, Any]) -> bool:
    return row["library"] == "textbook loop" and row["milliseconds"] is None


def _who(row: dict[str, Any]) -> str:
    return f"{row['library']}, {row['method']}" if row["method"] else row["library"]


def _time(row: dict[str, Any]) -> str:
    return row["note"] if row["milliseconds"] is None else number(row["milliseconds"])


def _times(row: dict[str, Any], ours: dict[str, Any] | None = None) -> str:
    """How many times as long as a row of rlbook; without it: as the fastest of them."""
    if ours is not None and not ours.get("milliseconds"):
        return number(None)
    times = row["times rlbook"] / (ours["times rlbook"] if ours else 1)
    return ("> " if row["milliseconds"] is None else "") + number(times)


def every_row(rows: list[dict[str, Any]]) -> str:
    """All that the run found, folded."""
    lines = [
        (
            row["title"],
            f"{row['gamma']:g}",
            row["library"],
            row["method"] or "",
            number(row["build seconds"]),
            row["note"] or number(row["milliseconds"]),
            _times(row) if row["times rlbook"] else "",
            "" if row["error"] is None else f"{row['error']:.0e}",
        )
        for row in rows
    ]
    head = (
        "Problem",
        GAMMA,
        "Library",
        "Method",
        "Build: s",
        "Solve: ms",
        TIMES,
        "Error",
    )
    return folded("Every row", table(head, lines, range(4, 8)))


def building(found: dict[str, Any]) -> str:
    """Seconds of building, and MiB, of each library; of the largest grids and Garnet."""
    rows = found["rows"]
    known = {(x["problem"], x["library"]): x for x in reversed(rows) if x["memory MiB"] is not None}
    most: dict[str, int] = {}
    for problem, _ in known:
        kind = problem.partition("-")[0]
        most[kind] = max(most.get(kind, 0), known[problem, _]["states"])
    lines = [
        (x["title"], x["library"], number(x["build seconds"]), number(x["memory MiB"]))
        for x in reversed(list(known.values()))
        if x["states"] == most[x["problem"].partition("-")[0]]
    ]
    return table(("Problem", "Library", "Build: s", "Memory: MiB"), lines, range(2, 4))
