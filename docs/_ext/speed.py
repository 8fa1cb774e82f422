"""Tables of the benchmarks, from the numbers that one run left in benchmarks/results.

{speed} planning          solving: rlbook beside the fastest peer; every row folded below
{speed} planning:memory   building and memory of each library, on the largest problems
{speed} learning          steps of Q-learning in a second
{speed} networks          an update of DQN, beside its matrix products and PyTorch
{speed} ddpg              a step of DDPG and its update, beside them and Stable-Baselines3
{speed} book              the whole book, and where the time goes
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any

import ledger
from docutils import nodes
from links import raw
from speed_book import book
from speed_learning import ddpg, learning, networks
from speed_planning import building, planning
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

RESULTS = ledger.ROOT / "benchmarks" / "results"


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


def machine(about: dict[str, Any]) -> str:
    """What ran, on what, when, and what it left out."""
    versions = takewhile(lambda item: item[0] != "processor", about.items())
    parts = [f"{about['processor']} ({about['machine']})", "one thread"]
    if about.get("kernel"):
        parts.append(f"BLAS kernel {about['kernel']}")
    parts += [f"{name} {version or 'not installed'}" for name, version in versions]
    said = [f"Measured on: {', '.join(parts)}."]
    if "run" in about:
        together = about.get("together", [])
        of = f" of {', '.join(together)}" if len(together) > 1 else ""
        said.append(
            f"Commit {about['commit'] or 'unknown'}; the run{of} began {about['run']}, this part "
            f"took {about['seconds']} s; load {about['load before']} before the run, "
            f"{about['load after']} after this part, which makes about {about.get('cores', 1)} by "
            "itself."
        )
        if about["left out"]:
            said.append(f"Left out: {'; '.join(about['left out'])}.")
    return " ".join(said)


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "planning": planning,
    "planning:memory": building,
    "learning": learning,
    "networks": networks,
    "ddpg": ddpg,
    "book": book,
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
        return [raw(TABLES[name](found)), about]


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("speed", Speed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
