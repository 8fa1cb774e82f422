"""The answer: optimal values with a certificate, fast. [Zhao 3.3-3.5]

How v is found depends on the model; that it is right is shown in one way, by one plain lookahead.
The algorithms of the book, to be read and watched, are in `dynamic_programming.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any

import numpy as np

from rlbook.bellman import optimality_operator
from rlbook.checks import FloatArray, check_compiled, check_gamma, check_model, check_tol
from rlbook.grid_world.rules import GridModel
from rlbook.model import MDP
from rlbook.planning import cost
from rlbook.planning.certificate import Certified, certified
from rlbook.planning.grid_sweeps import in_place
from rlbook.planning.policy_sweeps import DENSE, pairs_of, policy_sweeps
from rlbook.planning.solution import Solution
from rlbook.policy import greedy

MOST_SWEEPS = 2**16
"""Sweeps of value iteration after another method, in a model of up to DENSE states: there the other
has come within rounding, and with gamma near one what is left may take a billion."""

COMPILED = ("best first", "in order")
"""The methods that have compiled loops alone."""

PAUSE = 1.0
"""Seconds between two calls of `progress`, at least."""

Find = Callable[..., Iterator[FloatArray]]
Look = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]


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
    tol         an error of v, in units of reward
    method      None: what suits the model. Or by name:
                "value iteration"    Algorithm 4.1, for any model
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
                numba is there. What numpy solves within a millisecond is left to it
    progress    called with a bound of the error, at first, at the end, and once a second

    Compiled or not, the answer is certified; its last bits, within tol, may differ. True and False
    fix them; None depends on whether the process has compiled loops loaded already. Where a method
    can do no better, value iteration goes on from there.

    Returns a `Solution`: v (S,), q and pi (S, A), bound. Raises ValueError at gamma = 1, for a
    method that does not suit the model or `compiled`, for compiled=True without numba, for a tol
    that is not positive, and for one below what float64 can certify: 2 eps max|v| / (1 - gamma),
    where eps is 2.2e-16, and more where many outcomes or large rewards are added up. Where gamma is
    above 0.9999, up to twice that may be refused, too: a billion sweeps might do it.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    if gamma == 1:
        raise ValueError("gamma must be less than 1 for a bound on the error, got 1")
    check_tol(tol)
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function of a bound, print say, got {progress!r}")
    _check_method(model, method, compiled)
    loops = _loops(model, gamma, tol, method, compiled)
    answer = _in_one_call(model, gamma, tol) if loops and method is None else None
    name = "policy sweeps" if answer is not None else method or _what_suits(model, loops)
    if answer is None:
        look = _look(model, gamma, loops)
        answer = _searched(_method(model, name, loops), look, model, gamma, tol, progress)
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
    # No policy is worth less than this v, so T raises it; the factor 1 + 1e-9 makes it so in spite
    # of rounding.
    v = np.full(model.n_states, min(0.0, model.r_min) * (1 + 1e-9) / (1 - gamma))
    answer, last = _first_certified(find, look, model, gamma, tol, v, report)
    # Where another method ends, v is often a few bits from rest; and below v* T raises it, too.
    # Each attempt: how many errors below the middle it starts, and how many sweeps it may take.
    small = model.n_states <= DENSE
    attempts = ((0, 2**8), (1, MOST_SWEEPS)) if small else ((1, None),)
    for below, most in attempts:
        if answer is None and tol > last.least_error and np.isfinite(last.middle_error):
            v, sweeps = last.middle - below * last.middle_error, partial(_rising, most=most)
            answer, last = _first_certified(sweeps, look, model, gamma, tol, v, report)
    if answer is None:
        # If rounding alone is more than tol, its size is named: no v can be certified to be nearer.
        # Otherwise the bound that was reached.
        hopeless = max(last.least_error, last.rounding)
        least = hopeless if tol <= last.rounding else last.middle_error
        raise ValueError(
            f"tol must be above {least:.1e}, which is what rounding leaves at gamma = {gamma}; "
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
    """One plain lookahead at v (S,): q (S, A), the largest of each state (S,), and greedy pi (S, A).

    loops: the module with compiled ones, or None.
    """

    def plain(v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        q = model.lookahead(v, gamma)
        return q, q.max(-1), greedy(q)

    def compiled(v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        q, pi = loops.worths(pairs, v, gamma), np.zeros((model.n_states, model.n_actions))
        Tv, best = loops.largest(q, model.n_states)
        pi.flat[best] = 1.0
        return q.reshape(pi.shape), Tv, pi

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


def _rising(
    model: Any,
    gamma: float,
    tol: float,
    v: FloatArray,
    report: Callable[[float], Any],
    most: int | None = None,
) -> Iterator[FloatArray]:
    """Value iteration from a v that T raises: yields the last v, of `most` at most.

    T raises every later one, too, since rounded sums and products keep their order. What only
    rises and cannot pass v* comes to rest.
    """
    T = optimality_operator(model, gamma)
    for k in count(1):
        Tv = T(v)
        if k < 32 or k % 16 == 0:  # a look costs as much as a sweep
            known = certified(model, v, Tv, gamma)
            done = known.middle_error <= tol or not np.isfinite(known.middle_error)
            done = done or tol <= known.least_error
            if done or np.array_equal(v, Tv) or (most is not None and k > most):
                yield v
                return
            report(known.middle_error)
        v = Tv


def _check_method(model: Any, method: str | None, compiled: bool | None) -> None:
    """ValueError unless the method suits the model, and `compiled` suits the method."""
    suit = ["value iteration", "policy sweeps"]
    if isinstance(model, GridModel):
        suit.append("in place")
    else:
        suit += ["in order"] + ["best first"] * (model.outcomes == 1)
    if method is not None and method not in suit:
        raise ValueError(f"method must be None or one of {suit} for {model!r}, got {method!r}")
    check_compiled(compiled)
    if compiled is (method == "value iteration") and method in ("value iteration", *COMPILED):
        other = "plain numpy" if compiled else "compiled loops"
        raise ValueError(
            f"compiled must be {not compiled} or None for method {method!r}, which has {other} "
            f"alone, got {compiled}"
        )


def _loops(model: Any, gamma: float, tol: float, method: str | None, compiled: bool | None) -> Any:
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


def _in_one_call(model: Any, gamma: float, tol: float) -> Solution | None:
    """The answer of one compiled call, if the model is a small table."""
    if isinstance(model, GridModel) or not cost.fits_one_call(model):
        return None
    found = import_module("rlbook.planning.compiled_small_models").small(model, gamma, tol)
    return None if found is None else Solution(*found)


def _what_suits(model: Any, loops: Any) -> str:
    """The name of the method; loops: the module with compiled ones, or None."""
    if isinstance(model, GridModel):
        plain = "policy sweeps" if cost.fits_a_table(model) else "value iteration"
        return "in place" if loops else plain
    if loops and cost.is_deep(model):
        return "in order"
    return "best first" if loops and model.outcomes == 1 else "policy sweeps"


def _method(model: Any, name: str, loops: Any) -> Find:
    """The generator of guesses for this method."""
    if name == "value iteration":
        return _rising
    if name == "best first":
        return loops.best_first
    if name == "in order":
        return import_module("rlbook.planning.compiled_ordered_sweeps").ordered_sweeps
    if name == "in place":
        return partial(in_place, loops=loops)
    table = isinstance(model, GridModel)
    return partial(_sweeps_of_its_table if table else policy_sweeps, loops=loops)


def _sweeps_of_its_table(model: GridModel, *given: Any, **loops: Any) -> Iterator[FloatArray]:
    return policy_sweeps(model.table(), *given, **loops)
