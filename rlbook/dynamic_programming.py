"""Which policy is best, if the model is known? [Zhao chapter 4]

Planners are endless generators of iterates; the reader decides when to look and when to stop. A
wrong argument is an error when the first iterate is asked for.

    for k, (v, pi) in enumerate(islice(value_iteration(model, 0.9), 3), start=1): ...
    v, pi = solve(value_iteration(model, 0.9))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from rlbook.bellman import bellman_operator, optimality_operator, policy_value
from rlbook.checks import FloatArray, check_epsilon, check_gamma, check_index, check_model, check_v
from rlbook.model import MDP
from rlbook.policy import epsilon_greedy, greedy, uniform


class Iterate(NamedTuple):
    """One step of a planner. [Zhao chapter 4]

    v     (S,), the values v_k
    pi    (S, A), the policy that goes with them; the planner says how

    Raises nothing.
    """

    v: FloatArray
    pi: FloatArray


def evaluate(
    model: MDP, pi: npt.ArrayLike, gamma: float, v: npt.ArrayLike | None = None
) -> Iterator[FloatArray]:
    """Iterative policy evaluation: yields v_1, v_2, ... (S,), which tend to v_pi. [Zhao (2.11)]

        v_{k+1} = r_pi + gamma P_pi v_k        |v_k - v_pi| <= gamma^k |v_0 - v_pi|

    model is an MDP; pi (S, A); gamma from 0 to 1; v is v_0 (S,), zero if None. Raises ValueError as
    bellman_operator does.
    """
    T = bellman_operator(model, pi, gamma)
    v_k = _guess(model, v)
    while True:
        v_k = T(v_k)  # (2.11)
        yield v_k


def value_iteration(model: MDP, gamma: float, v: npt.ArrayLike | None = None) -> Iterator[Iterate]:
    """Value iteration: yields (v_k, pi_k) for k = 1, 2, ... [Zhao Algorithm 4.1]

        pi_k = argmax_pi (r_pi + gamma P_pi v_{k-1})        v_k = r_{pi_k} + gamma P_{pi_k} v_{k-1}

    model is an MDP; gamma from 0 to 1; v is v_0 (S,), zero if None. v_k tends to v* where
    gamma < 1; before that it need not be the value of any policy. Raises ValueError for gamma
    outside [0, 1] or another shape of v.
    """
    v_k = _guess(model, v)
    while True:
        q = model.lookahead(v_k, gamma)
        v_k, pi_k = q.max(-1), greedy(q)
        yield Iterate(v_k, pi_k)


def policy_iteration(
    model: MDP,
    gamma: float,
    pi: npt.ArrayLike | None = None,
    improve: Callable[[FloatArray], FloatArray] = greedy,
) -> Iterator[Iterate]:
    """Policy iteration: yields (v_{pi_k}, pi_k) for k = 0, 1, ... [Zhao Algorithm 4.2]

        v_{pi_k} = (I - gamma P_{pi_k})^-1 r_{pi_k}
        pi_{k+1} = argmax_pi (r_pi + gamma P_pi v_{pi_k})

    model is an MDP; gamma from 0 to 1; pi is pi_0 (S, A), uniform if None. No policy is worse than
    the one before it (Lemma 4.1). `improve` makes pi_{k+1} of q (S, A); with an epsilon-greedy one,
    the iterates tend to the best epsilon-soft policy [Zhao 5.4]. Raises ValueError as policy_value
    does.
    """
    check_model(model)
    pi_k = uniform(model.n_states, model.n_actions) if pi is None else np.asarray(pi, dtype=float)
    while True:
        v = policy_value(model, pi_k, gamma)
        yield Iterate(v, pi_k)
        pi_k = improve(model.lookahead(v, gamma))


def truncated_policy_iteration(
    model: MDP, gamma: float, sweeps: int, v: npt.ArrayLike | None = None
) -> Iterator[Iterate]:
    """Truncated policy iteration: yields (v_k, pi_k) for k = 1, 2, ... [Zhao Algorithm 4.3]

    pi_k is greedy for v_{k-1}, and v_k comes from v_{k-1} by `sweeps` sweeps of (2.11) under pi_k.
    One sweep is value iteration; without end it is policy iteration.

    model is an MDP; gamma from 0 to 1; v is v_0 (S,), zero if None. Raises ValueError for sweeps
    below 1 and as value_iteration does.
    """
    check_index(sweeps, 2**31, "sweeps")
    if sweeps < 1:
        raise ValueError(f"sweeps must be at least 1, got {sweeps}")
    v_k = _guess(model, v)
    while True:
        pi_k = greedy(model.lookahead(v_k, gamma))
        T = bellman_operator(model, pi_k, gamma)
        for _ in range(sweeps):
            v_k = T(v_k)
        yield Iterate(v_k, pi_k)


AnyIterate = TypeVar("AnyIterate", Iterate, FloatArray)


def until_close(iterates: Iterable[AnyIterate], tol: float) -> Iterator[AnyIterate]:
    """The iterates, up to the first whose v is within tol of the one before, everywhere.

        max_s |v_k(s) - v_{k-1}(s)| <= tol

    iterates    of v (S,) or of Iterate
    tol         more than 0. Note that v may be further than tol from the limit: by gamma / (1 -
                gamma) times as much, for value iteration. `optimal` has a bound.

    Raises ValueError for a tol that is not positive.
    """
    _check_tol(tol)
    before = None
    for x in iterates:
        yield x
        v = x.v if isinstance(x, Iterate) else x
        if before is not None and np.abs(v - before).max() <= tol:
            return
        before = v


def solve(iterates: Iterable[AnyIterate], tol: float = 1e-9) -> AnyIterate:
    """The last of until_close(iterates, tol): for those who only want the answer.

        max_s |v_k(s) - v_{k-1}(s)| <= tol

    iterates are of v (S,) or of Iterate, and so is what is returned; tol is more than 0. It does
    not return if the iterates never settle: at gamma = 1, say, where an episode need not end.
    Raises ValueError for a tol that is not positive, and for no iterates at all.
    """
    last = deque(until_close(iterates, tol), maxlen=1)
    if not last:
        raise ValueError("iterates must hold at least one, got none")
    return last[0]


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


def optimal(model: MDP, gamma: float, tol: float = 1e-6) -> Solution:
    """The optimal values, with a certificate: |v - v*| <= bound <= tol. [Zhao 3.3-3.5]

    Value iteration until an interval that holds v* is small enough; v is its middle. The bound
    speaks of v; pi is greedy for q and loses at most 2 gamma bound / (1 - gamma) in any state.
    Where episodes may end, about log(1 / tol) / (1 - gamma) sweeps are needed.

    model is an MDP; gamma in [0, 1); tol is an error of v, in units of reward. Returns a
    `Solution`: v (S,), q and pi (S, A), bound. Raises ValueError at gamma = 1, for a tol that is
    not positive, and for one below what float64 can certify: 2 eps max|v| / (1 - gamma), where
    eps is 2.2e-16, and more where many outcomes or large rewards are added up.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    if gamma == 1:
        raise ValueError("gamma must be less than 1 for a bound on the error, got 1")
    _check_tol(tol)
    T = optimality_operator(model, gamma)
    can_end, r_max = bool(model.end.any()), float(np.abs(model.r).max())
    # No policy is worth less than this v, so T raises it, and every later one: rounded sums and
    # products keep their order. A v that only rises and cannot pass v* comes to rest. The factor
    # 1 + 1e-9 makes the first step a rise in spite of rounding.
    v = np.full(model.n_states, min(0.0, model.R.min()) * (1 + 1e-9) / (1 - gamma))
    while True:
        Tv = T(v)
        middle, half = certificate(v, Tv, gamma, can_end)
        v_max, shift = float(np.abs(middle).max()), float(np.abs(middle - Tv).max())
        largest = max(v_max, float(np.abs(v).max()))
        bound = half + _rounding(model.p.shape[2], r_max, largest, shift, gamma)
        if bound <= tol:
            q = model.lookahead(middle, gamma)
            return Solution(middle, q, greedy(q), bound)
        at_rest = np.array_equal(v, Tv) or not np.isfinite(bound)
        least = bound if at_rest else _rounding(1, 0.0, v_max - bound, 0.0, gamma)
        if at_rest or tol <= least:
            raise ValueError(
                f"tol must be more than what rounding does to these values at gamma = {gamma}, "
                f"{least:.1e}, got {tol}"
            )
        v = Tv


def certificate(
    v: FloatArray, Tv: FloatArray, gamma: float, can_end: bool
) -> tuple[FloatArray, float]:
    """What one lookahead at any v says of v*. Returns the middle of an interval, half its width.

        d = T(v) - v,    v* lies in T(v) + gamma / (1 - gamma) [min d, max d]

    Why: T(v + c) = T(v) + gamma c for a number c, since every next state is worth c more. With c =
    max d / (1 - gamma), T(v + c) <= v + max d + gamma c = v + c, so that v* <= T(v + c); likewise
    from below.

    can_end: some pair may end the episode. What ends is worth no c more, and T(v + c) may stay as
    low as T(v): then the interval is widened to hold 0.
    """
    d = Tv - v
    low, high = float(d.min()), float(d.max())
    if can_end:
        low, high = min(0.0, low), max(0.0, high)
    horizon = gamma / (1 - gamma)
    return Tv + horizon * (low + high) / 2, horizon * (high - low) / 2


def _rounding(K: int, r_max: float, v_max: float, shift: float, gamma: float) -> float:
    """How far rounding may carry v from v*: that of one lookahead, over and over.

    A sum of K products is off by K eps / 2 of its size: K rewards, then K values, times gamma,
    plus the rewards. K probabilities that should sum to one are off by up to (K - 1) 2 eps, which
    touches the shift of v.
    """
    lookahead = (K * r_max + (K + 2) * v_max) / 2 + 2 * (K - 1) * shift
    return float(np.finfo(float).eps) * max(2 * v_max, lookahead) / (1 - gamma)


def epsilon_soft_optimal(model: MDP, gamma: float, epsilon: float, tol: float = 1e-9) -> Iterate:
    """The best of the epsilon-greedy policies, and its values. [Zhao 5.4, Fig. 5.7]

    Policy iteration whose improvement is epsilon-greedy, until v changes by no more than tol.

    model is an MDP; gamma and epsilon from 0 to 1; tol is more than 0. Returns an `Iterate`: v
    (S,), pi (S, A). Raises ValueError for other numbers, and as policy_iteration does.
    """
    improve = partial(epsilon_greedy, epsilon=check_epsilon(epsilon))
    return solve(policy_iteration(model, gamma, improve=improve), tol)


def _check_tol(tol: float) -> None:
    if isinstance(tol, str) or np.ndim(tol) != 0 or tol is None or not tol > 0:
        raise ValueError(f"tol must be positive, got {tol!r}")


def _guess(model: MDP, v: npt.ArrayLike | None) -> FloatArray:
    check_model(model)
    return np.zeros(model.n_states) if v is None else check_v(v, model.n_states)
