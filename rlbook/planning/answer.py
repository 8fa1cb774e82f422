"""The answer: optimal values with a certificate, fast. [Zhao 3.3-3.5]

How v is found depends on the model; that it is right is shown in one way, by one plain lookahead.
The algorithms of the book, to be read and watched, are in `dynamic_programming.py`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from rlbook.bellman import optimality_operator
from rlbook.checks import FloatArray, check_gamma, check_model, check_tol
from rlbook.grid_world.rules import GridModel
from rlbook.model import MDP
from rlbook.planning.certificate import Certified, certified
from rlbook.planning.grid_sweeps import in_place
from rlbook.planning.policy_sweeps import DENSE, policy_sweeps
from rlbook.policy import greedy

LARGE = 100_000
"""Outcomes, S A K: models with as many or more are solved by compiled loops, if numba is there. Who
solves many small models in a row may set it to 0."""

SMALL = 2_000
"""Outcomes up to which a model is then solved in one compiled call."""

REST = 2**16
"""Sweeps of value iteration after another method, in a model of up to DENSE states: there the other
has come within rounding, and with gamma near one what is left may take a billion."""

PAUSE = 1.0
"""Seconds between two calls of `progress`, at least."""

Find = Callable[..., Iterator[FloatArray]]


class Solution(NamedTuple):
    """The answer of `optimal`. [Zhao 3.3-3.5]

    v        (S,), within `bound` of v* in every state
    q        (S, A), lookahead(v)
    pi       (S, A), greedy for q
    bound    a number: |v - v*| <= bound
    """

    v: FloatArray
    q: FloatArray
    pi: FloatArray
    bound: float


def optimal(
    model: MDP | GridModel,
    gamma: float,
    tol: float = 1e-6,
    *,
    method: str | None = None,
    progress: Callable[[float], Any] | None = None,
) -> Solution:
    """The optimal values, with a certificate: |v - v*| <= bound <= tol. [Zhao 3.3-3.5]

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
                "in place"           for a GridModel: sweeps in four directions, which use new
                                     values at once
    progress    called with a bound of the error, at first, at the end, and once a second

    Where a method can do no better, value iteration goes on from there. Returns a `Solution`: v
    (S,), q and pi (S, A), bound. With numba, the extra `fast`, large models are solved by compiled
    loops. Raises ValueError at gamma = 1, for a method that does not suit the model, for a tol that
    is not positive, and for one below what float64 can certify: 2 eps max|v| / (1 - gamma), where
    eps is 2.2e-16, and more where many outcomes or large rewards are added up. Where gamma is above
    0.9999, up to twice that may be refused, too: a billion sweeps might do it.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    if gamma == 1:
        raise ValueError("gamma must be less than 1 for a bound on the error, got 1")
    check_tol(tol)
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function of a bound, print say, got {progress!r}")
    compiled = _compiled(model, wanted=method == "best first")
    if compiled and method is None and (known := _small(model, gamma, tol)):
        return known
    find, tell = _method(model, method, compiled), _now_and_then(progress)
    # No policy is worth less than this v, so T raises it; the factor 1 + 1e-9 makes it so in spite
    # of rounding.
    v = np.full(model.n_states, min(0.0, model.r_min) * (1 + 1e-9) / (1 - gamma))
    answer, sure = _first_certified(find, model, gamma, tol, v, tell)
    # Where another method ends, v is often a few bits from rest; and below v* T raises it, too.
    small = model.n_states <= DENSE
    for below, most in ((0, 2**8), (1, REST)) if small else ((1, None),):
        if answer is None and tol > sure.least and np.isfinite(sure.bound):
            v, rest = sure.middle - below * sure.bound, partial(_rising, most=most)
            answer, sure = _first_certified(rest, model, gamma, tol, v, tell)
    if answer is None:
        least = max(sure.least, sure.rounding) if tol <= sure.rounding else sure.bound
        raise ValueError(
            f"tol must be more than what rounding does to these values at gamma = {gamma}, "
            f"{least:.1e}, got {tol}"
        )
    if progress is not None:
        progress(answer.bound)
    return answer


def _first_certified(
    find: Find, model: Any, gamma: float, tol: float, v: FloatArray, tell: Callable[[float], Any]
) -> tuple[Solution | None, Certified]:
    """The first good guess of a method, None if there is none, and what is sure of the last."""
    for guess in find(model, gamma, tol, v, tell):
        q = model.lookahead(guess, gamma)
        sure = certified(model, guess, q.max(-1), gamma)
        tell(min(sure.here, sure.bound))
        if sure.here <= tol:
            return Solution(guess, q, greedy(q), sure.here), sure
        if sure.bound <= tol:
            q = model.lookahead(sure.middle, gamma)
            return Solution(sure.middle, q, greedy(q), sure.bound), sure
        if tol <= sure.least:
            break
    return None, sure


def _now_and_then(progress: Callable[[float], Any] | None) -> Callable[[float], None]:
    """What methods tell often, told once in a PAUSE."""
    told = -np.inf

    def tell(bound: float) -> None:
        nonlocal told
        if progress is not None and (now := time.monotonic()) - told > PAUSE:
            told = now
            progress(bound)

    return tell


def _rising(
    model: Any,
    gamma: float,
    tol: float,
    v: FloatArray,
    tell: Callable[[float], Any],
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
            sure = certified(model, v, Tv, gamma)
            done = sure.bound <= tol or tol <= sure.least or not np.isfinite(sure.bound)
            if done or np.array_equal(v, Tv) or (most is not None and k > most):
                yield v
                return
            tell(sure.bound)
        v = Tv


def _small(model: Any, gamma: float, tol: float) -> Solution | None:
    """The answer in one compiled call, if the model is small."""
    if isinstance(model, GridModel) or model.p.size > SMALL:
        return None
    known = _module("rlbook.planning.compiled_small_models").small(model, gamma, tol)
    return None if known is None else Solution(*known)


def _method(model: Any, name: str | None, compiled: Any) -> Find:
    """How ever better guesses are found; compiled is the module with the loops, or None."""
    grid = isinstance(model, GridModel)
    large = _outcomes(model) >= LARGE
    methods: dict[str, Any] = {
        "value iteration": _rising,
        "policy sweeps": _of_its_table if grid else partial(policy_sweeps, compiled=compiled),
    }
    suits = "value iteration" if grid and large else "policy sweeps"
    if grid:
        methods["in place"] = partial(in_place, compiled=compiled)
        suits = "in place" if compiled else suits
    elif model.outcomes == 1:
        methods["best first"] = compiled and compiled.best_first
        suits = "best first" if compiled else suits
    name = suits if name is None else name
    if name not in list(methods):
        raise ValueError(
            f"method must be None or one of {list(methods)} for {model!r}, got {name!r}"
        )
    if methods[name] is None:
        raise ValueError(f"method {name!r} needs numba, the extra 'fast', which is not installed")
    found: Find = methods[name]
    return found


def _of_its_table(model: GridModel, *how: Any) -> Iterator[FloatArray]:
    return policy_sweeps(model.table(), *how)


def _outcomes(model: Any) -> int:
    return int(model.n_states * model.n_actions * model.outcomes)


def _compiled(model: Any, *, wanted: bool) -> Any:
    """The module with the compiled loops, if this model is large and they can be had."""
    if _outcomes(model) < LARGE and not wanted:
        return None
    grid = isinstance(model, GridModel)
    try:
        return _module(
            "rlbook.planning.compiled_grid_sweeps"
            if grid
            else "rlbook.planning.compiled_policy_sweeps"
        )
    except ImportError:  # none there, or none that fits this numpy
        return None


def _module(name: str) -> Any:
    return sys.modules.get(name) or import_module(name)
