"""The answer: optimal values with a certificate, fast. [Zhao 3.3-3.5]

How v is found depends on the model; that it is right is shown in one way, by one plain lookahead.
The algorithms of the book, to be read and watched, are in `dynamic_programming.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from rlbook.bellman import optimality_operator
from rlbook.certificate import certified
from rlbook.checks import FloatArray, check_gamma, check_model, check_tol
from rlbook.grid_model import GridModel, Model
from rlbook.grid_sweeps import in_place
from rlbook.policy import greedy
from rlbook.policy_sweeps import policy_sweeps

LARGE, SMALL = 100_000, 2_000
"""Outcomes, S A K: from LARGE on numba is loaded if it is there; 0 is for many small models in a
row, those up to SMALL being solved in one compiled call."""


class Solution(NamedTuple):
    """The answer of `optimal`. [Zhao 3.3-3.5]

    v        (S,), within `bound` of v* in every state
    q        (S, A), lookahead(v)
    pi       (S, A), greedy for q
    bound    a number: |v - v*| <= bound

    Raises nothing.
    """

    v: FloatArray
    q: FloatArray
    pi: FloatArray
    bound: float


def optimal(
    model: Model,
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
                "policy sweeps"      Algorithm 4.3, for an MDP: many sweeps under a policy
                "best first"         Dijkstra's, for an MDP where nothing is random; needs numba
                "in place"           for a GridModel: sweeps to and fro that use what they find
    progress    called with a bound of the error now and then, on long runs some times a minute

    Returns a `Solution`: v (S,), q and pi (S, A), bound. With numba, the extra `fast`, large
    models are solved by compiled loops. Raises ValueError at gamma = 1, for a method that does not
    suit the model, for a tol that is not positive, and for one below what float64 can certify: 2
    eps max|v| / (1 - gamma), where eps is 2.2e-16, and more where many outcomes or large rewards
    are added up.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    if gamma == 1:
        raise ValueError("gamma must be less than 1 for a bound on the error, got 1")
    check_tol(tol)
    tell = progress or (lambda bound: None)
    twin = _twin(model, wanted=method == "best first")
    if twin and method is None and (known := _small(model, gamma, tol)):
        return known
    find = _way(model, method, twin)
    # No policy is worth less than this v, so T raises it; the factor 1 + 1e-9 makes it so in spite
    # of rounding.
    v = np.full(model.n_states, min(0.0, model.r_min) * (1 + 1e-9) / (1 - gamma))
    for guesses in (find, _rising):
        for guess in guesses(model, gamma, tol, v, tell):
            q = model.lookahead(guess, gamma)
            sure = certified(model, guess, q.max(-1), gamma)
            tell(min(sure.here, sure.bound))
            if sure.here <= tol:
                return Solution(guess, q, greedy(q), sure.here)
            if sure.bound <= tol:
                q = model.lookahead(sure.middle, gamma)
                return Solution(sure.middle, q, greedy(q), sure.bound)
            if tol <= sure.least:
                break
        if tol <= sure.least or not np.isfinite(sure.bound):
            break
        v = sure.middle - sure.bound  # below v*, and T raises it, too
    raise ValueError(
        f"tol must be more than what rounding does to these values at gamma = {gamma}, "
        f"{sure.least if tol <= sure.least else sure.bound:.1e}, got {tol}"
    )


def _rising(
    model: Any, gamma: float, tol: float, v: FloatArray, tell: Callable[[float], Any]
) -> Iterator[FloatArray]:
    """Value iteration from a v that T raises: yields the last v.

    T raises every later one, too, since rounded sums and products keep their order. What only
    rises and cannot pass v* comes to rest.
    """
    T = optimality_operator(model, gamma)
    for k in count(1):
        Tv = T(v)
        if k < 32 or k % 16 == 0:  # a look costs as much as a sweep
            sure = certified(model, v, Tv, gamma)
            done = sure.bound <= tol or tol <= sure.least or not np.isfinite(sure.bound)
            if done or np.array_equal(v, Tv):
                yield v
                return
            if k % 128 == 0:
                tell(sure.bound)
        v = Tv


def _small(model: Any, gamma: float, tol: float) -> Solution | None:
    """The answer in one compiled call, if the model is small."""
    if isinstance(model, GridModel) or model.p.size > SMALL:
        return None
    known = _module("rlbook.compiled_small").small(model, gamma, tol)
    return None if known is None else Solution(*known)


def _way(model: Any, method: str | None, twin: Any) -> Any:
    """How ever better guesses are found; twin is the module with the compiled loops, or None."""
    ways: dict[str, Any] = {"value iteration": _rising}
    if isinstance(model, GridModel):
        ways["in place"] = partial(in_place, compiled=twin)
        suits = "in place" if twin else "value iteration"  # whole grids are what numpy does best
    else:
        ways["policy sweeps"] = partial(policy_sweeps, compiled=twin)
        suits = "policy sweeps"
        if twin and model.outcomes == 1:
            ways["best first"] = twin.best_first
            suits = "best first"
    name = suits if method is None else method
    if name not in ways:
        raise ValueError(f"method must be None or one of {list(ways)} for {model!r}, got {name!r}")
    return ways[name]


def _twin(model: Any, *, wanted: bool) -> Any:
    """The module with the compiled loops, if this model is large and they can be had."""
    outcomes = model.n_states * model.n_actions * model.outcomes
    if outcomes < LARGE and not wanted:
        return None
    grid = isinstance(model, GridModel)
    try:
        return _module("rlbook.compiled_grid" if grid else "rlbook.compiled_planning")
    except ImportError:  # none there, or none that fits this numpy
        return None


def _module(name: str) -> Any:
    return sys.modules.get(name) or import_module(name)
