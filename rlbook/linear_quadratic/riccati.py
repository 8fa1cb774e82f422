"""What does a linear system cost under a gain, and which gain is best?

    s' = A s + B a,    a = -K s,    sum_k gamma^k (s^T Q s + a^T R a) = s^T V s

Costs are sums of squares. So V is found without a difference of large numbers where it can be, and
where the sum is infinite there is no V: None.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import BoolArray, FloatArray

STEPS, DOUBLINGS, POLISH = 4096, 64, 64
"""Steps that are planned one by one; sums of 2^64 terms: after so many, no factor of a float below
one is still felt; sweeps after a solution of linear equations."""


class Problem(NamedTuple):
    """The system A (n, n), B (n, m), the costs Q (n, n), R (m, m), and the discount."""

    A: FloatArray
    B: FloatArray
    Q: FloatArray
    R: FloatArray
    gamma: float


def best_costs(problem: Problem) -> FloatArray | None:
    """V (n, n) of the best gain, by policy iteration; None if none has finite costs. [Hewer 1971]

        V = Q + K^T R K + gamma (A - B K)^T V (A - B K)        K = best_gain(V)

    The costs only fall, and what is left of an error in K is squared each time.
    """
    K, fall = _finite_gain(problem), 1.0
    V = None if K is None else costs_of(problem, K)
    while V is not None:
        better = costs_of(problem, best_gain(problem, V))
        last, fall = fall, 0.0 if better is None else _fall(V, better)
        if better is None or fall <= 0:
            break
        V = better
        if last / 2 < fall < 1e-3:  # no squares any more: it is rounding that is left
            break
    return V


def best_gain(problem: Problem, V: FloatArray) -> FloatArray:
    """K (m, n) of the best action if the future costs V: gamma (R + gamma B^T V B)^-1 B^T V A."""
    A, B, _, R, gamma = problem
    BV = gamma * B.T @ V
    return np.linalg.solve(R + BV @ B, BV @ A)


@np.errstate(all="ignore")
def costs_of(problem: Problem, K: FloatArray) -> FloatArray | None:
    """V (n, n) of a = -K s, solved as linear equations in its entries; None if it is not finite.

    V = M + gamma C^T V C        M = Q + K^T R K,    C = A - B K
    """
    M, C = _cost_and_move(problem, K)
    if not (np.isfinite(M).all() and np.isfinite(C).all() and _is_finite(problem, K)):
        return None
    seen = _seen(M, C)
    M, C = M[np.ix_(seen, seen)], C[np.ix_(seen, seen)]
    n, gamma = len(C), problem.gamma
    try:
        sums = np.linalg.solve(np.eye(n * n) - gamma * np.kron(C.T, C.T), M.ravel())
    except np.linalg.LinAlgError:
        return None
    costs = _even(sums.reshape(n, n))
    for _ in range(POLISH):  # what rounding did to the solution is forgotten as C forgets
        before, costs = costs, _even(M + gamma * C.T @ costs @ C)
        if (np.abs(np.diag(costs - before)) <= 1e-15 * np.diag(costs)).all():
            break
    V = np.zeros_like(problem.Q)
    V[np.ix_(seen, seen)] = costs
    return V


@np.errstate(all="ignore")
def _finite_gain(problem: Problem) -> FloatArray | None:
    """K of finite costs; None if there is none.

    First that of the best 1, 2, 4, 8, ... steps. Where a cost shows itself too slowly for that,
    discounts at which the gain at hand has finite costs, ever nearer to gamma: each has a best
    gain, with which one may go farther. If that ends before gamma, no gain will do.
    """
    V, gamma = np.zeros_like(problem.Q), problem.gamma
    for k in range(1, STEPS + 1):
        K = best_gain(problem, V)
        M, C = _cost_and_move(problem, K)
        V = _even(M + gamma * C.T @ V @ C)
        if not np.isfinite(V).all():
            return None
        if k & (k - 1) == 0 and _is_finite(problem, K):
            return K
    K, now = np.zeros_like(problem.B.T), 0.0
    while not _is_finite(problem, K):
        after = (now + gamma) / 2
        while (costs := costs_of(problem._replace(gamma=after), K)) is None:
            after = (now + after) / 2
            if after - now <= 1e-12 * gamma:
                return None
        K, now = best_gain(problem._replace(gamma=after), costs), after
    return K


def _is_finite(problem: Problem, K: FloatArray) -> bool:
    """Whether sum_k gamma^k (C^k)^T M C^k is: doubled until each component is at rest."""
    M, C = _cost_and_move(problem, K)
    seen = _seen(M, C)
    M, C = M[np.ix_(seen, seen)], np.sqrt(problem.gamma) * C[np.ix_(seen, seen)]
    for _ in range(DOUBLINGS):
        more = C.T @ M @ C
        if not np.isfinite(more).all():
            return False
        M, C = _even(M + more), C @ C
        if (np.diag(more) <= np.finfo(float).eps * np.diag(M)).all():
            return True
    return False


def _cost_and_move(problem: Problem, K: FloatArray) -> tuple[FloatArray, FloatArray]:
    """M and C of a = -K s: a step costs s^T M s and leads to C s."""
    A, B, Q, R, _ = problem
    return Q + K.T @ R @ K, A - B @ K


def _seen(M: FloatArray, C: FloatArray) -> BoolArray:
    """Which components of s ever cost anything, (n,): in M, or in those that they move by C."""
    seen: BoolArray = (M != 0).any(0)
    for _ in range(len(M)):
        seen = seen | (C[seen] != 0).any(0)
    return seen


def _fall(V: FloatArray, better: FloatArray) -> float:
    """The largest share by which a component costs less."""
    cost = np.diag(V)
    return float((1 - np.diag(better) / np.where(cost > 0, cost, 1))[cost > 0].max(initial=0.0))


def _even(V: FloatArray) -> FloatArray:
    """V without what rounding did to its symmetry."""
    return (V + V.T) / 2
