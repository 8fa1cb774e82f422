"""Which method finds the optimal values of a model, and with which loops?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from itertools import count
from typing import Any

from rlbook.checks import FloatArray, check_compiled
from rlbook.grid_world.rules import GridModel
from rlbook.planning import cost
from rlbook.planning.grid_sweeps import in_place
from rlbook.planning.policy_sweeps import policy_sweeps
from rlbook.planning.small_models import Found, small
from rlbook.planning.value_sweeps import rising

COMPILED = ("best first", "in order")
"""The methods that have compiled loops alone."""

Find = Callable[..., Iterator[FloatArray]]
"""A method: find(model, gamma, tol, v, report) yields better and better guesses of v* (S,)."""

SMALL_LOOPS = "rlbook.planning.compiled_small_models"

_solved = count(1)  # small models in this process, without a word on `compiled`


def check_method(model: Any, method: str | None, compiled: bool | None) -> None:
    """ValueError unless the method suits the model, and `compiled` suits the method."""
    check_compiled(compiled)
    if method is None:
        return
    suit = ["value iteration", "policy sweeps"]
    if isinstance(model, GridModel):
        suit.append("in place")
    else:
        suit += ["in order"] + ["best first"] * (model.outcomes == 1)
    if method not in suit:
        raise ValueError(f"method must be None or one of {suit} for {model!r}, got {method!r}")
    if compiled is (method == "value iteration") and method in ("value iteration", *COMPILED):
        other = "plain numpy" if compiled else "compiled loops"
        raise ValueError(
            f"compiled must be {not compiled} or None for method {method!r}, which has {other} "
            f"alone, got {compiled}"
        )


def loops_for(
    model: Any, gamma: float, tol: float, method: str | None, compiled: bool | None
) -> Any:
    """The module with the compiled loops of this method; None for plain numpy."""
    needed = compiled or method in COMPILED
    free = compiled is None and method != "value iteration"
    if not needed and not (free and cost.pays_to_compile(model, gamma, tol)):
        return None
    twin = "rlbook.planning.compiled_policy_sweeps"
    if isinstance(model, GridModel) and method != "policy sweeps":
        twin = "rlbook.planning.compiled_grid_sweeps"
    try:
        return import_module(twin)
    except ImportError:  # none there, or none that fits this numpy
        if not needed:
            return None
        what = "compiled=True" if compiled else f"method {method!r}"
        raise ValueError(f"{what} needs numba, the extra 'fast', which is not installed") from None


def small_answer(model: Any, gamma: float, tol: float, compiled: bool | None) -> Found | None:
    """The answer of `small`, by numpy or compiled; None if the model is not easy."""
    table = model.table() if isinstance(model, GridModel) else model
    loops = small_loops() if compiled or (compiled is None and _numpy_took_long()) else None
    if loops is None:
        return None if compiled else small(table, gamma, tol)
    found: Found | None = loops.small(table, gamma, tol)
    return found


@cache
def small_loops() -> Any:
    """The twin of `small_models`; None without numba."""
    try:
        return import_module(SMALL_LOOPS)
    except ImportError:  # none there, or none that fits this numpy
        return None


def _numpy_took_long() -> bool:
    """Whether small models have taken numpy as long as it takes to load the compiled loop.

    Then that is loaded: at worst it all takes twice as long as with the better choice.
    """
    took = next(_solved) * cost.SMALL
    return SMALL_LOOPS in sys.modules or took > cost.loading() + cost.SMALL_START


def what_suits(model: Any, loops: Any) -> str:
    """The name of the method; loops: the module with compiled ones, or None."""
    if isinstance(model, GridModel):
        plain = "policy sweeps" if cost.fits_a_table(model) else "value iteration"
        return "in place" if loops else plain
    if loops and cost.is_deep(model):
        return "in order"
    return "best first" if loops and model.outcomes == 1 else "policy sweeps"


def method_named(model: Any, name: str, loops: Any) -> Find:
    """The generator of guesses for this method."""
    if name == "value iteration":
        return rising
    if name == "best first":
        return import_module("rlbook.planning.compiled_best_first").best_first
    if name == "in order":
        return import_module("rlbook.planning.compiled_ordered_sweeps").ordered_sweeps
    if name == "in place":
        return partial(in_place, loops=loops)
    table = isinstance(model, GridModel)
    return partial(_sweeps_of_its_table if table else policy_sweeps, loops=loops)


def _sweeps_of_its_table(model: GridModel, *given: Any, **loops: Any) -> Iterator[FloatArray]:
    return policy_sweeps(model.table(), *given, **loops)
