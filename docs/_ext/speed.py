"""Tables of the benchmarks, from the numbers that one run left in benchmarks/results.

{speed} planning          solving: rlbook beside the fastest peer; every row folded below
{speed} planning:memory   building and memory of each library, on the largest problems
{speed} learning          steps of Q-learning in a second
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ledger
from docutils import nodes
from links import raw
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

RESULTS = ledger.ROOT / "benchmarks" / "results"
GAMMA, TIMES = "\N{GREEK SMALL LETTER GAMMA}", "\N{MULTIPLICATION SIGN}"
GRID, TABLE = "rlbook (grid)", "rlbook (table)"


def results(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """What a benchmark wrote. ExtensionError where there is nothing."""
    path = folder / f"{name}.json"
    if not path.exists():
        raise ExtensionError(
            f"benchmarks/results/{path.name} is not there: `python -m benchmarks.{name} --json "
            f"benchmarks/results/{path.name}` makes it"
        )
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def number(x: float | None, unit: str = "") -> str:
    """Three digits or more; a dash for None."""
    if x is None:
        return "\N{EN DASH}"
    return f"{x:,.{0 if x >= 100 else 1 if x >= 10 else 2 if x >= 1 else 3}f}{unit}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: range) -> str:
    """HTML that scrolls by itself where it is too wide; numbers are the columns that hold some."""
    head = list(head)
    kinds = [' style="text-align: right"' if k in numbers else "" for k in range(len(head))]

    def line(tag: str, cells: Iterable[str]) -> str:
        parts = zip(kinds, cells, strict=True)
        return "<tr>" + "".join(f"<{tag}{k}>{html.escape(x)}</{tag}>" for k, x in parts) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return (
        '<div class="table-wrapper docutils container"><table class="docutils align-default">'
        f"<thead>{line('th', head)}</thead><tbody>{body}</tbody></table></div>"
    )


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
        line += [number(case.get(name, {}).get("milliseconds")) for name in (GRID, TABLE)]
        line += [_time(peers[0]), _times(peers[0]), _who(peers[0])] if peers else ["", "", "none"]
        lines.append(line)
    head = ("Problem", GAMMA, "rlbook, grid: ms", "table: ms", "peer: ms", TIMES, "fastest peer")
    return table(head, lines, range(2, 6))


def _is_stopped_loop(row: dict[str, Any]) -> bool:
    return row["library"] == "textbook loop" and row["milliseconds"] is None


def _who(row: dict[str, Any]) -> str:
    return f"{row['library']}, {row['method']}" if row["method"] else row["library"]


def _time(row: dict[str, Any]) -> str:
    return row["note"] if row["milliseconds"] is None else number(row["milliseconds"])


def _times(row: dict[str, Any]) -> str:
    return ("> " if row["milliseconds"] is None else "") + number(row["times rlbook"])


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
    return f"<details><summary>Every row</summary>{table(head, lines, range(4, 8))}</details>"


def building(rows: list[dict[str, Any]]) -> str:
    """Seconds of building, and MiB, of each library; of the largest grids and Garnet."""
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


def learning(rows: list[dict[str, Any]]) -> str:
    """Steps in a second, a line for each world."""
    ways = list(dict.fromkeys(row["what"] for row in rows))
    found = {(row["world"], row["what"]): row for row in rows}
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        line = [world]
        for what in ways:
            row = found[world, what]
            line.append(f"{row['steps per second']:,} ({number(row['times textbook'])} {TIMES})")
        lines.append(line)
    return table(("World", *ways), lines, range(1, 4))


def machine(about: dict[str, Any]) -> str:
    """What it ran on."""
    known = {"processor", "machine", "threads", "error", "budget"}
    versions = ", ".join(f"{k} {x or 'not installed'}" for k, x in about.items() if k not in known)
    return f"Measured on: {about['processor']} ({about['machine']}), one thread; {versions}."


TABLES = {
    "planning": lambda rows: solving(rows) + every_row(rows),
    "planning:memory": building,
    "learning": learning,
}


class Speed(SphinxDirective):
    """A table of what a benchmark measured."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table, and the machine."""
        name = self.arguments[0]
        if name not in TABLES:
            raise self.error(f"speed must be one of {sorted(TABLES)}, got {name!r}")
        found = results(name.partition(":")[0])
        about = nodes.paragraph("", machine(found["setting"]), classes=["note-line"])
        return [raw(TABLES[name](found["rows"])), about]


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("speed", Speed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
