"""Is this run compiled? As `compiled` says; if None, when that is faster.

The compiled loops are loaded here. Of an agent with networks no loop is compiled, but the passes
over its numbers: they give the same bits, and serve every such agent from then on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module

from rlbook.agent import Record
from rlbook.checks import check_compiled
from rlbook.functions.parametric import PASSES
from rlbook.planning.cost import NUMBA
from rlbook.training.kinds import Run
from rlbook.training.twins import NETWORKS, TWINS, why_not

LONG = 250_000
"""Steps from which on a method that agrees to rounding is compiled: what comes out must depend on
the run alone, and neither on the machine nor on what was loaded before."""

EPISODE_STEPS = 30
"""So many steps an episode counts, where nothing else is known of it."""

LOOPS = "rlbook.training.compiled"

LOAD = {"numba": NUMBA, LOOPS: 0.3, PASSES: 0.3}
"""Seconds to load what may be missing, with numba's cache of machine code filled."""

SET_UP, OUTCOME = 1e-4, 1e-8
"""Seconds to begin a compiled run, and more for each outcome in the table of the world."""


def pays(run: Run, runs: int = 1) -> bool:
    """Whether to compile so many runs of an agent that has a twin takes less time than it saves.

        seconds of a plain step * steps  >  seconds to load, and to set up each run

    A compiled step costs so little beside a plain one that it counts as nothing.
    """
    twin, model = TWINS[type(run.agent)], run.env.unwrapped.model
    steps = runs * _steps(run)
    if model.n_actions >= twin.rounds_from:
        return steps >= LONG
    return twin.seconds * steps > _loading(LOOPS) + runs * (SET_UP + OUTCOME * model.p.size)


def _steps(run: Run) -> int:
    """How many steps it will have, about."""
    return (run.steps or 0) + EPISODE_STEPS * (run.episodes or 0)


def _loading(module: str) -> float:
    """Seconds to load this module, with numba."""
    return sum(LOAD[name] for name in ("numba", module) if name not in sys.modules)


def prepare() -> bool:
    """Load what is compiled for many runs to come; True if it could be, and numba fits."""
    return _load(LOOPS) is None and _load(PASSES) is None


def _load(module: str) -> str | None:
    """Load the compiled loops or passes; returns why they cannot be had."""
    try:
        import_module(module)
    except ImportError as error:  # no numba, or one that does not fit this numpy
        return f"numba, of the extra `fast`, cannot be imported: {error}"
    return None


def choose(run: Run, runs: int, compiled: bool | None) -> Callable[..., Record] | None:
    """The run, ready to be made compiled; None: it takes the plain loop.

    ValueError if it must be compiled and cannot be.
    """
    check_compiled(compiled)
    if compiled is False:
        return None
    for kind, saved in NETWORKS.items():
        if isinstance(run.agent, kind):
            if compiled or runs * saved * _steps(run) > _loading(PASSES):
                _must(_load(PASSES), compiled)
            return None
    missing = why_not(run.agent, run.env, run.behaviour)
    if compiled is None and (missing or not pays(run, runs)):
        return None
    missing = missing or _load(LOOPS)
    _must(missing, compiled)
    if missing or run.steps == 0 or run.episodes == 0:
        return None
    from rlbook.training import compiled as loops

    return partial(loops.train, run, TWINS[type(run.agent)])


def _must(missing: str | None, compiled: bool | None) -> None:
    """ValueError if something is missing and must be there."""
    if missing and compiled:
        raise ValueError(f"compiled must be None or False for this run, got True: {missing}")
