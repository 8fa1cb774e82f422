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

from rlbook.bellman import bellman_operator, policy_value
from rlbook.checks import (
    FloatArray,
    check_epsilon,
    check_index,
    check_model,
    check_pi,
    check_tol,
    check_v,
)
from rlbook.model import Model
from rlbook.planning.answer import optimal
from rlbook.planning.solution import Solution
from rlbook.policy import epsilon_greedy, greedy, uniform

__all__ = [
    "Iterate",
    "Solution",
    "epsilon_soft_optimal",
    "evaluate",
    "optimal",
    "policy_iteration",
    "solve",
    "truncated_policy_iteration",
    "until_close",
    "value_iteration",
]


class Iterate(NamedTuple):
    """One step of a planner. [Zhao chapter 4]

    v     (S,), the values v_k
    pi    (S, A), the policy that goes with them; the planner says how
    """

    v: FloatArray
    pi: FloatArray


def evaluate(
    model: Model, pi: npt.ArrayLike, gamma: float, v: npt.ArrayLike | None = None
) -> Iterator[FloatArray]:
    """Iterative policy evaluation: yields v_1, v_2, ... (S,), which tend to v_pi.

    [Zhao (2.11); (4.4), (4.5)]

        v_{k+1} = r_pi + gamma P_pi v_k        |v_k - v_pi| <= gamma^k |v_0 - v_pi|

    model is an MDP; pi (S, A); gamma from 0 to 1; v is v_0 (S,), zero if None. Raises ValueError as
    bellman_operator does.
    """
    T = bellman_operator(model, pi, gamma)
    v_k = _guess(model, v)
    while True:
        v_k = T(v_k)  # (2.11)
        yield v_k


def value_iteration(
    model: Model, gamma: float, v: npt.ArrayLike | None = None
) -> Iterator[Iterate]:
    """Value iteration: yields (v_k, pi_k) for k = 1, 2, ... [Zhao Algorithm 4.1; (4.1), (4.2)]

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
    model: Model,
    gamma: float,
    pi: npt.ArrayLike | None = None,
    improve: Callable[[FloatArray], FloatArray] = greedy,
) -> Iterator[Iterate]:
    """Policy iteration: yields (v_{pi_k}, pi_k) for k = 0, 1, ... [Zhao Algorithm 4.2; (4.3)]

        v_{pi_k} = (I - gamma P_{pi_k})^-1 r_{pi_k}
        pi_{k+1} = argmax_pi (r_pi + gamma P_pi v_{pi_k})

    model is an MDP; gamma from 0 to 1; pi is pi_0 (S, A), uniform if None. No policy is worse than
    the one before it (Lemma 4.1). `improve` makes pi_{k+1} of q (S, A); with an epsilon-greedy one,
    the iterates tend to the best epsilon-soft policy [Zhao 5.4]. Raises ValueError as policy_value
    does.
    """
    check_model(model)
    pi_k = _policy(model, pi)
    while True:
        v = policy_value(model, pi_k, gamma)
        yield Iterate(v, pi_k)
        pi_k = improve(model.lookahead(v, gamma))


def truncated_policy_iteration(
    model: Model, gamma: float, sweeps: int, v: npt.ArrayLike | None = None
) -> Iterator[Iterate]:
    """Truncated policy iteration: yields (v_k, pi_k) for k = 1, 2, ... [Zhao Algorithm 4.3; (4.4)]

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
    check_tol(tol)
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


def epsilon_soft_optimal(model: Model, gamma: float, epsilon: float, tol: float = 1e-9) -> Iterate:
    """The best of the epsilon-greedy policies, and its values. [Zhao 5.4, Fig. 5.7]

    Policy iteration whose improvement is epsilon-greedy, until v changes by no more than tol.

    model is an MDP; gamma and epsilon from 0 to 1; tol is more than 0. Returns an `Iterate`: v
    (S,), pi (S, A). Raises ValueError for other numbers, and as policy_iteration does.
    """
    improve = partial(epsilon_greedy, epsilon=check_epsilon(epsilon))
    return solve(policy_iteration(model, gamma, improve=improve), tol)


def _policy(model: Model, pi: npt.ArrayLike | None) -> FloatArray:
    S, A = model.n_states, model.n_actions
    return uniform(S, A) if pi is None else check_pi(pi, S, A)


def _guess(model: Model, v: npt.ArrayLike | None) -> FloatArray:
    check_model(model)
    return np.zeros(model.n_states) if v is None else check_v(v, model.n_states)
