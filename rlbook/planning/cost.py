"""What does it cost to solve a model, by plain numpy and by loops that numba compiles?

Estimates in seconds of CPU time, and rough ones: loops may be loaded in vain, once, for 0.4 s; the
other mistake would cost minutes. `python -m benchmarks.planning_cost` measures the numbers.
"""

from __future__ import annotations

import math
import sys
from importlib import import_module
from typing import Any

import numpy as np

from rlbook.grid_world.rules import GridModel

CALLS, PLAIN, COMPILED = 4e-4, 4e-9, 0.5e-9
"""Seconds: of a plain solve, at least; of one outcome in a sweep, plain; the same, compiled."""

START, NUMBA = 0.27, 0.15
"""Seconds: of the first compiled loop of a process, from numba's cache; of importing numba."""

NOTICED = 5e-4
"""Seconds: to save less is not worth last bits that depend on what was loaded before."""

SMALL, SMALL_START = 1.2e-4, 7e-3
"""Seconds: of a small model by numpy; of its first compiled call, once other loops are loaded."""

HUGE = 1e300
"""Sums of values beyond that are too near to the largest float."""

DEPTH, NEAR = 8, 1000
"""Steps, and states: on a grid so many steps lead to at most 145 states."""

LOOKS, SWEPT = 5, 60
"""Looks at all actions, and sweeps under a policy, of which each costs a look / A: where news is
everywhere after a few steps, as in a random table."""


def pays_to_compile(model: Any, gamma: float, tol: float) -> bool:
    """Whether compiled loops save time here, with the time to load them if they are not there."""

    def pays(sweeps: float) -> bool:
        work = sweeps * outcomes(model)
        return CALLS + work * PLAIN > work * COMPILED + loading() + NOTICED

    if not pays(sweeps(model, gamma, tol)):
        return False
    return not loading() or is_deep(model) or pays(LOOKS + SWEPT / model.n_actions)


def sweeps(model: Any, gamma: float, tol: float) -> float:
    """About how many sweeps news needs to cross a square of cells, or to be worth less than tol."""
    v_max = model.r_max / (1 - gamma)
    if gamma == 0 or tol >= v_max:
        return 1.0
    if tol / v_max == 0:  # too small for a float
        return 2 * math.sqrt(model.n_states)
    return min(2 * math.sqrt(model.n_states), math.log(tol / v_max) / math.log(gamma))


def is_deep(model: Any) -> bool:
    """Whether news travels as on a grid: few states are within DEPTH steps of one in the middle."""
    if isinstance(model, GridModel):
        return True
    S, most = model.n_states, min(NEAR, model.n_states // 2)
    near, to = within, model.s_next
    if not loading():
        near, to = import_module("rlbook.planning.compiled_order").within, model._to
    return bool(near(to.reshape(S, -1), S // 2, DEPTH, most) <= most)


def within(to: Any, start: int, steps: int, most: int) -> int:
    """How many states are within so many steps of start; once it is more than most, most + 1.

    to    (S, A K), where each state may lead
    """
    seen = new = np.array([start])
    for _ in range(steps):
        new = np.setdiff1d(to[new], seen)
        seen = np.concatenate([seen, new])
        if len(seen) > most:
            return most + 1
    return len(seen)


def loading() -> float:
    """Seconds to load the compiled loops; none, if some are there."""
    if "rlbook.compiling" in sys.modules:
        return 0.0
    return START if sys.modules.get("numba") else START + NUMBA


def outcomes(model: Any) -> int:
    """How many outcomes the table has, S A K."""
    return int(model.n_states * model.n_actions * model.outcomes)


def is_small(model: Any, gamma: float) -> bool:
    """Whether a model is worth a try with `small_models.small`, of numpy or compiled."""
    few = 1_000 if model.outcomes == 1 else 5_000
    safe = model.r_max / (1 - gamma) < HUGE
    return safe and model.n_states > 1 and outcomes(model) <= few


def fits_a_table(grid: Any) -> bool:
    """Whether plain numpy may write down the table of a grid.

    Policy sweeps of a table cope better with gamma near one; but it takes much memory.
    """
    return outcomes(grid) < 100_000
