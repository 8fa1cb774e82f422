"""The answer: optimal values with a certificate, fast. [Zhao 3.3-3.5]

How v is found depends on the model; that it is right is shown in one way, by one plain lookahead.
The algorithms of the book, to be read and watched, are in `dynamic_programming.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rlbook.checks import FloatArray, check_gamma, check_model, check_tol
from rlbook.grid_world.rules import GridModel
from rlbook.model import MDP
from rlbook.planning import cost
from rlbook.planning.certificate import Certified, certified
from rlbook.planning.choice import (
    Find,
    check_method,
    loops_for,
    method_named,
    small_answer,
    what_suits,
)
from rlbook.planning.policy_sweeps import DENSE, pairs_of
from rlbook.planning.small_models import lowest
from rlbook.planning.solution import Solution
from rlbook.planning.value_sweeps import rising
from rlbook.policy import greedy

MOST_SWEEPS = 2**16
"""Sweeps of value iteration after another method, in a model of up to DENSE states: there the other
has come within rounding, and with gamma near one what is left may take a billion."""

PAUSE = 1.0
"""Seconds between two calls of `progress`, at least."""

Look = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]
"""A plain lookahead: look(v) is q (S, A), the largest q of each state (S,) and greedy pi (S, A)."""


def optimal(
    model: MDP | GridModel,
    gamma: float,
    tol: float = 1e-6,
    *,
    method: str | None = None,
    compiled: bool | None = None,
    progress: Callable[[float], Any] | None = None,
) -> Solution:
    """The optimal values, with a certificate: |v - v*| <= bound <= tol. [Zhao 3.3-3.5; (3.6)]

    The bound speaks of v; pi is greedy for q and loses at most 2 gamma bound / (1 - gamma) in any
    state.

    model       an MDP, or a GridModel, which needs no table: a million cells fit into 0.3 GiB
    gamma       in [0, 1)
    tol         an error of v, in units of reward: choose it by the size of your rewards
    method      None: what suits the model. Or by name:
                "value iteration"    Algorithm 4.1, for any model; plain numpy alone
                "policy sweeps"      Algorithm 4.3: many sweeps under a policy; of a GridModel the
                                     table is made
                "best first"         Dijkstra's, for an MDP where nothing is random; needs numba
                "in order"           for an MDP: sweeps in place, in the order in which a policy
                                     hands on news; needs numba
                "in place"           for a GridModel: sweeps in four directions, which use new
                                     values at once
    compiled    True: by loops that numba compiles, the extra `fast`; they are fastest.
                False: by plain numpy.
                None: by compiled loops where that saves more time than it takes to load them, if
                numba is there. The bits of a small model, of up to 5000 outcomes (1000, if nothing
                is random), do not depend on that
    progress    called with a bound of the error, at first, at the end, and once a second

    Compiled or not, the answer is certified; its last bits, within tol, may differ. True and False
    fix them; None, for a larger model, depends on whether the process has compiled loops loaded
    already. Where a method can do no better, value iteration goes on from there.

    Returns a `Solution`: v (S,), q and pi (S, A), bound. Raises ValueError at gamma = 1, for a
    method that does not suit the model or `compiled`, for compiled=True without numba, for values
    beyond float64, for a tol that is not positive, and for one below what float64 can certify:
    2 eps max|v| / (1 - gamma), where eps is 2.2e-16, and more where many outcomes or large rewards
    are added up. Up to twice that may be refused, too, and the error names a tol that is enough.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    if gamma == 1:
        raise ValueError("gamma must be less than 1 for a bound on the error, got 1")
    check_tol(tol)
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function of a bound, print say, got {progress!r}")
    check_method(model, method, compiled)
    if not model.r_max / (1 - gamma) < np.inf:
        raise ValueError(
            f"model must have smaller rewards: at gamma = {gamma} values of "
            f"{model.r_max:g} / (1 - gamma) are beyond float64"
        )
    small = method is None and cost.is_small(model, gamma)
    found = small_answer(model, gamma, tol, compiled) if small else None
    if found is not None:
        answer, name = Solution(*found), "policy sweeps"
    else:
        if small:  # but not easy: its bits do not depend on what is loaded, either
            compiled = bool(compiled)
            method = "policy sweeps" if isinstance(model, GridModel) else None
        loops = loops_for(model, gamma, tol, method, compiled)
        name = method or what_suits(model, loops)
        find, look = method_named(model, name, loops), _look(model, gamma, loops)
        answer = _searched(find, look, model, gamma, tol, progress)
    answer.method, answer.gamma, answer.grid = name, gamma, model.grid
    if progress is not None:
        progress(answer.bound)
    return answer


def _searched(
    find: Find,
    look: Look,
    model: Any,
    gamma: float,
    tol: float,
    progress: Callable[[float], Any] | None,
) -> Solution:
    """The answer of a method; where it can do no better, value iteration goes on."""
    report = _once_a_pause(progress)
    v = np.full(model.n_states, lowest(model.r_min, gamma))  # so that T raises it
    answer, last = _first_certified(find, look, model, gamma, tol, v, report)
    # Where another method ends, v is often a few bits from rest; and below v* T raises it, too.
    # Each attempt: how many errors below the middle it starts, and how many sweeps it may take.
    small = model.n_states <= DENSE
    attempts = ((0, 2**8), (1, MOST_SWEEPS)) if small else ((1, None),)
    for below, most in attempts:
        if answer is None and tol > last.least_error and np.isfinite(last.middle_error):
            v, sweeps = last.middle - below * last.middle_error, partial(rising, most=most)
            answer, last = _first_certified(sweeps, look, model, gamma, tol, v, report)
    if answer is None:
        # Once v moves no more than a lookahead is off, changes and rounding make two equal parts of
        # the bound. Otherwise, with gamma near one, the bound that was reached.
        least = 2 * max(last.least_error, last.rounding)
        if tol > last.rounding:
            least = max(least, last.middle_error)
        raise ValueError(
            f"tol must be above {least:.1e}, which is what rounding may leave at gamma = {gamma}; "
            f"got {tol}"
        )
    return answer


def _first_certified(
    find: Find,
    look: Look,
    model: Any,
    gamma: float,
    tol: float,
    v: FloatArray,
    report: Callable[[float], Any],
) -> tuple[Solution | None, Certified]:
    """The first good guess of a method, None if there is none, and what is certain of the last."""
    for guess in find(model, gamma, tol, v, report):
        q, Tv, pi = look(guess)
        last = certified(model, guess, Tv, gamma)
        report(min(last.v_error, last.middle_error))
        if last.v_error <= tol:
            return Solution(guess, q, pi, last.v_error), last
        if last.middle_error <= tol:
            q, _, pi = look(last.middle)
            return Solution(last.middle, q, pi, last.middle_error), last
        if tol <= last.least_error:
            break
    return None, last


def _look(model: Any, gamma: float, loops: Any) -> Look:
    """One plain lookahead at v (S,): q (S, A), the largest q of a state (S,), greedy pi (S, A).

    loops: the module with compiled ones, or None.
    """

    def plain(v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        q = model.lookahead(v, gamma)
        return q, q.max(-1), greedy(q)

    def compiled(v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        q = loops.worths(pairs, v, gamma)
        Tv, best = loops.largest(q, model.n_states)
        pi = np.zeros(q.size)
        pi[best] = 1.0
        return q.reshape(model.R.shape), Tv, pi.reshape(model.R.shape)

    if loops is None or isinstance(model, GridModel):
        return plain
    pairs = pairs_of(model, model._to)
    return compiled


def _once_a_pause(progress: Callable[[float], Any] | None) -> Callable[[float], None]:
    """What methods report often, passed on once in a PAUSE."""
    reported = -np.inf

    def report(bound: float) -> None:
        nonlocal reported
        if progress is not None and (now := time.monotonic()) - reported > PAUSE:
            reported = now
            progress(bound)

    return report
