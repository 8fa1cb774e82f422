"""What the grid lab must compute: worlds, plans and learning runs, made by rlbook.

    python docs/lab_traces.py FOLDER [--seed N] [--worlds N]

Random worlds of all conventions, with their outcomes and v*; for each of them a trace of every
planner, iterate by iterate, and of every learner, step by step. `lab_check.py` replays them in a
browser. Names are those of the lab's JavaScript: a world is made of its `spec`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from lab_runs import runs

from rlbook import (
    MDP,
    GridWorld,
    action_value,
    epsilon_greedy,
    evaluate,
    optimal,
    policy_iteration,
    truncated_policy_iteration,
    uniform,
    value_iteration,
)

Record = dict[str, Any]

CONVENTIONS: dict[str, Callable[..., GridWorld]] = {
    "book": GridWorld.book,
    "python": GridWorld.zhao_python,
    "matlab": GridWorld.zhao_matlab,
}
NAMES = {
    "start": "start",
    "slip": "slip",
    "terminate": "terminate_at_target",
    "rForbidden": "r_forbidden",
    "rBoundary": "r_boundary",
    "rTarget": "r_target",
    "rOther": "r_other",
    "bumpAddsForbidden": "bump_adds_forbidden",
}
"""What the lab calls an option of GridWorld, and its own name."""

ITERATES, FILE = 8, 20
"""Iterates of a planner, worlds in a file."""


def world_of(spec: Record) -> GridWorld:
    """The world that the lab makes of this spec."""
    options = {NAMES[x]: value for x, value in spec.items() if x in NAMES and value is not None}
    if "walls" in spec:
        options["forbidden"] = "wall" if spec["walls"] else "enter"
    return CONVENTIONS[spec["convention"]](spec["layout"], **options)


def random_spec(rng: np.random.Generator) -> Record:
    """A world, from one cell to a hundred; options that are left out are the convention's own."""
    most = rng.choice([3, 5, 7, 10], p=[0.3, 0.4, 0.2, 0.1])
    shape = rng.integers(1, most + 1, size=2)
    forbidden, start = rng.choice([0.0, 0.1, 0.3, 0.6]), rng.choice([0.0, 0.0, 0.1])
    p = [1 - forbidden - start - 0.05, forbidden, start, 0.05]
    cells = rng.choice(list(".#ST"), size=shape, p=p)
    cells.flat[rng.integers(cells.size)] = "T"
    spec = {
        "layout": ["".join(row) for row in cells],
        "convention": str(rng.choice(list(CONVENTIONS))),
        "slip": float(rng.choice([0.0, 0.0, 0.1, 0.2, 1 / 3, 0.5, 1.0, rng.random()])),
    }
    if rng.random() < 0.3:
        spec["start"] = int(rng.integers(cells.size))
    for name, share in (("terminate", 0.4), ("walls", 0.2), ("bumpAddsForbidden", 0.2)):
        if rng.random() < share:
            spec[name] = bool(rng.random() < 0.5)
    for name in ("rForbidden", "rBoundary", "rTarget", "rOther"):
        if rng.random() < 0.3:
            whole, real = rng.integers(-10, 11), rng.normal(scale=10.0 ** rng.integers(-2, 4))
            spec[name] = float(rng.choice([whole, whole / 2, real]))
    return spec


def outcomes(model: MDP) -> list[Any]:
    """outcomes[s][a], a list of {p, s, r, end}: what the table holds, without its padding."""
    pairs = np.empty(model.p.shape[:2], dtype=object)
    for s, a in np.ndindex(pairs.shape):
        fields = (x[s, a].tolist() for x in (model.p, model.s_next, model.r, model.terminated))
        pairs[s, a] = [
            {"p": p, "s": s_next, "r": r, "end": end}
            for p, s_next, r, end in zip(*fields, strict=True)
            if p > 0
        ]
    return pairs.tolist()


def best_values(model: MDP, gamma: float) -> Any:
    """v*, certified to 3e-13 of the largest value or reward; None at gamma = 1."""
    if gamma == 1:
        return None
    about = optimal(model, gamma, 1e-6 * model.r_max + 1e-300, compiled=False)
    largest = max(np.abs(about.v).max(), model.r_max)
    return optimal(model, gamma, 3e-13 * largest + 1e-300, compiled=False).v.tolist()


def plans(model: MDP, gamma: float, rng: np.random.Generator) -> Iterator[Record]:
    """A trace of each planner: its options, and {v, q, pi} of each iterate, q of its own v."""
    S, A = model.n_states, model.n_actions
    pi = rng.dirichlet(np.ones(A), size=S) if rng.random() < 0.5 else uniform(S, A)
    v = rng.normal(size=S) if rng.random() < 0.5 else None
    sweeps = int(rng.integers(1, 10))
    runs: dict[str, Iterator[Any]] = {
        "policy_evaluation": ((x, pi) for x in evaluate(model, pi, gamma, v)),
        "value_iteration": value_iteration(model, gamma, v),
        "truncated": truncated_policy_iteration(model, gamma, sweeps, v),
    }
    if gamma < 1:  # at gamma = 1 an improved policy may never end
        runs["policy_iteration"] = policy_iteration(model, gamma, pi)
    for method, iterates in runs.items():
        options = {"method": method, "gamma": gamma, "sweeps": sweeps, "pi": pi.tolist()}
        options["v"] = None if v is None else v.tolist()
        seen = islice(iterates, ITERATES)
        yield options | {"iterates": [
            {"v": x.tolist(), "q": action_value(model, x, gamma).tolist(), "pi": y.tolist()}
            for x, y in seen
        ]}  # fmt: skip


def trace(rng: np.random.Generator) -> Record:
    """A random world, and all that the lab must find in it."""
    spec = random_spec(rng)
    world = world_of(spec)
    gamma = float(rng.choice([0.0, 0.5, 0.9, 0.95, 0.99, 1.0, 0.99 * rng.random()]))
    h = rng.normal(size=(world.model.n_states, 5))
    return {
        "spec": spec,
        "gamma": gamma,
        "outcomes": outcomes(world.model),
        "R": world.model.R.tolist(),
        "start": world.start.tolist(),
        "best": best_values(world.model, gamma),
        "greedy": [h.round().tolist(), epsilon_greedy(h.round(), 0.0).tolist()],
        "plans": list(plans(world.model, gamma, rng)),
        "runs": list(runs(world, gamma, rng)),
    }


def write(folder: Path, seed: int, worlds: int) -> list[Path]:
    """Write the traces of so many worlds; returns the files, a list of traces in each."""
    files = []
    for first in range(0, worlds, FILE):
        numbers = range(first, min(first + FILE, worlds))
        traces = [trace(np.random.default_rng([seed, n])) for n in numbers]
        files.append(folder / f"worlds-{first:04}.json")
        files[-1].write_text(json.dumps(traces), encoding="utf-8")
    return files


def options(text: str | None, arguments: list[str]) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("folder", nargs="?", type=Path, help="where the traces are written")
    parser.add_argument("--seed", type=int, default=0, help="from which the worlds are drawn")
    parser.add_argument("--worlds", type=int, default=500, help="how many")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    import sys

    given = options(__doc__, sys.argv[1:])
    given.folder.mkdir(parents=True, exist_ok=True)
    print(f"{len(write(given.folder, given.seed, given.worlds))} files in {given.folder}")
