"""Is a run compiled? As it was told to be, or as it takes less time. Here numba is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module

from rlbook.agent import Record
from rlbook.training.kinds import Run
from rlbook.training.twins import TWINS, why_not

LONG = 250_000
"""Steps from which on a method that agrees to rounding is compiled: what comes out must depend on
the run alone, and neither on the machine nor on what was loaded before."""

EPISODE = 30
"""So many steps an episode counts, where nothing else is known of it."""

LOAD = {"numba": 0.15, "rlbook.training.compiled": 0.3}
"""Seconds to load what may be missing, with numba's cache of machine code filled."""

SET_UP, OUTCOME = 1e-4, 1e-8
"""Seconds to begin a compiled run, and more for each outcome in the table of the world."""


def pays(run: Run, runs: int = 1) -> bool:
    """Whether to compile so many runs of an agent that has a twin takes less time than it saves.

        seconds of a plain step * steps  >  seconds to load, and to set up each run

    A compiled step costs so little beside a plain one that it counts as nothing.
    """
    twin, model = TWINS[type(run.agent)], run.env.unwrapped.model
    steps = runs * ((run.steps or 0) + EPISODE * (run.episodes or 0))
    if model.n_actions >= twin.rounds_from:
        return steps >= LONG
    loading = sum(seconds for name, seconds in LOAD.items() if name not in sys.modules)
    return twin.seconds * steps > loading + runs * (SET_UP + OUTCOME * model.p.size)


def prepare() -> bool:
    """Load the compiled loops for many runs to come; True if they could be, and numba fits."""
    return _load() is None


def _load() -> str | None:
    """Load the compiled loops; returns why they cannot be had."""
    try:
        import_module("rlbook.training.compiled")
    except ImportError as error:  # no numba, or one that does not fit this numpy
        return f"numba, of the extra `fast`, cannot be imported: {error}"
    return None


def choose(run: Run, runs: int, compiled: bool | None) -> Callable[..., Record] | None:
    """The run, ready to be made compiled; None: it takes the plain loop.

    ValueError if it must be compiled and cannot be.
    """
    if compiled not in (None, True, False):
        raise ValueError(f"compiled must be None, True or False, got {compiled!r}")
    if compiled is not None and not compiled:
        return None
    missing = why_not(run.agent, run.env, run.behaviour)
    if compiled is None and (missing or not pays(run, runs)):
        return None
    missing = missing or _load()
    if missing and compiled:
        raise ValueError(f"compiled must be None or False for this run, got True: {missing}")
    if missing or run.steps == 0 or run.episodes == 0:
        return None
    from rlbook.training import compiled as loops

    return partial(loops.train, run, TWINS[type(run.agent)])
