"""The tables of {speed} learning, networks and ddpg."""

from __future__ import annotations

from typing import Any

from speed_tables import TIMES, US, folded, number, table

Case = dict[str, dict[str, Any]]  # {what: row}

PYTORCH = ("PyTorch, Adam", "PyTorch, Adam, foreach=True"), "PyTorch, Adam, fused=True"
SB3 = ("Stable-Baselines3",), "Stable-Baselines3, Adam fused=True"
ALONE = ", update alone"
SB3_ALONE = (SB3[0][0] + ALONE,), SB3[1] + ALONE
UPDATE = (f"rlbook, an update: {US}", f"its bare products: {US}", "rlbook / products")


def learning(numbers: dict[str, Any]) -> str:
    """Steps in a second, a line for each world."""
    rows = numbers["rows"]
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


def networks(numbers: dict[str, Any]) -> str:
    """An update of DQN."""
    rows, peer = numbers["rows"], numbers["setting"]["torch"]
    lines = [
        [
            *name,
            *_microseconds(case, "rlbook, numpy alone"),
            *_update(case, "rlbook", PYTORCH, peer),
            _ratio(case, "matrix products of five seeds", "rlbook"),
        ]
        for name, case in _cases(rows, "units", "batch", "copy")
    ]
    head = ("Network", "Batch", "Target network", f"without numba: {US}", *UPDATE)
    head += ("PyTorch / rlbook", "fused / rlbook", "products of five / rlbook")
    return table(head, lines, range(3, 10)) + every_row(rows)


def ddpg(numbers: dict[str, Any]) -> str:
    """A step of DDPG's training, and the update in it."""
    rows, peer = numbers["rows"], numbers["setting"]["stable-baselines3"]
    steps, updates = [], []
    for name, case in _cases(rows, "units", "batch"):
        own = _microseconds(case, "environment alone", "rlbook, numpy alone", "rlbook")
        steps.append([*name, *own, *_peers(case, "rlbook", SB3, peer)])
        updates.append([*name, *_update(case, "rlbook" + ALONE, SB3_ALONE, peer)])
    step = (f"world alone: {US}", f"without numba: {US}", f"rlbook, a step: {US}")
    head, last = ("Network", "Batch"), ("SB3 / rlbook", "fused / rlbook")
    return (
        table((*head, *step, *last), steps, range(2, 7))
        + table((*head, *UPDATE, *last), updates, range(2, 7))
        + every_row(rows)
    )


def _cases(rows: list[dict[str, Any]], *keys: str) -> list[tuple[list[str], Case]]:
    """(its name in cells, its rows) for each network, batch and whatever else."""
    found: dict[tuple[Any, ...], Case] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), {})[row["what"]] = row
    return [
        ([f"{units} {TIMES} {units}", *map(str, more)], case)
        for (units, *more), case in found.items()
    ]


def _microseconds(case: Case, *names: str) -> list[str]:
    return [number(case.get(name, {}).get("microseconds")) for name in names]


def _update(case: Case, ours: str, peers: tuple[tuple[str, ...], str], there: Any) -> list[str]:
    """Beside its bare products and the peers."""
    name = "matrix products alone"
    own = [*_microseconds(case, ours, name), _ratio(case, ours, name)]
    return [*own, *_peers(case, ours, peers, there)]


def _ratio(case: Case, above: str, below: str) -> str:
    if above not in case or below not in case:
        return number(None)
    return number(case[above]["microseconds"] / case[below]["microseconds"])


def _peers(case: Case, ours: str, peers: tuple[tuple[str, ...], str], there: Any) -> list[str]:
    """How many times as long the faster of the eager ways takes, and the fused one."""
    if not there:
        return ["not installed"] * 2
    eager, fused = peers
    cells = []
    for names in (eager, (fused,)):
        took = [case[name]["microseconds"] for name in names if name in case]
        known = took and ours in case
        cells.append(number(min(took) / case[ours]["microseconds"] if known else None))
    return cells


def every_row(rows: list[dict[str, Any]]) -> str:
    """All that the run found, folded."""
    lines = [
        (
            f"{row['units']} {TIMES} {row['units']}",
            str(row["batch"]),
            ", ".join(x for x in (row["what"], row.get("copy")) if x),
            number(row["microseconds"]),
            number(row["times rlbook"]),
        )
        for row in rows
    ]
    head = ("Network", "Batch", "What", US, f"{TIMES} rlbook")
    return folded("Every row", table(head, lines, range(3, 5)))
