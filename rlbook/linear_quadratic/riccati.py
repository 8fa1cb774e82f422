"""What does a linear system cost under a gain, and which gain is best?

    s' = A s + B a,    a = -K s,    sum_k gamma^k (s^T Q s + a^T R a) = s^T V s

Costs are sums of squares, so V is computed as a sum wherever possible: the difference of two large
numbers would lose digits. Where the sum is infinite there is no V: the functions return None.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import BoolArray, FloatArray

STEPS = 4096  # planned one by one, in the search for a gain of finite costs
DOUBLINGS = 64  # a sum of 2^64 terms: c^(2^64) is 0 for every float c below 1
POLISH = 64  # sweeps that take the rounding out of a solution of linear equations


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

    No step raises the costs, and each step squares the error of K.
    """
    K, saving = _finite_gain(problem), 1.0
    V = None if K is None else costs_of(problem, K)
    while V is not None:
        better = costs_of(problem, best_gain(problem, V))
        last, saving = saving, 0.0 if better is None else _largest_saving(V, better)
        if saving <= 0:
            break
        V = better
        if last / 2 < saving < 1e-3:  # the error is not squared any more: the rest is rounding
            break
    return V


def best_gain(problem: Problem, V: FloatArray) -> FloatArray:
    """The gain K (m, n) of the best first action, if V is the cost of all that follows.

    K = gamma (R + gamma B^T V B)^-1 B^T V A
    """
    A, B, _, R, gamma = problem
    BV = gamma * B.T @ V
    return np.linalg.solve(R + BV @ B, BV @ A)


@np.errstate(all="ignore")
def costs_of(problem: Problem, K: FloatArray) -> FloatArray | None:
    """V (n, n) of a = -K s, from linear equations for its entries; None if it is not finite.

    V = M + gamma C^T V C        M = Q + K^T R K,    C = A - B K
    """
    M, C = _closed_loop(problem, K)
    if not (np.isfinite(M).all() and np.isfinite(C).all() and _is_finite(problem, K)):
        return None
    costly = _costly(M, C)
    M, C = M[np.ix_(costly, costly)], C[np.ix_(costly, costly)]
    n, gamma = len(C), problem.gamma
    try:
        sums = np.linalg.solve(np.eye(n * n) - gamma * np.kron(C.T, C.T), M.ravel())
    except np.linalg.LinAlgError:
        return None
    costs = _symmetric(sums.reshape(n, n))
    for _ in range(POLISH):  # each sweep shrinks the rounding of the solution by gamma C^T . C
        before, costs = costs, _symmetric(M + gamma * C.T @ costs @ C)
        if (np.abs(np.diag(costs - before)) <= 1e-15 * np.diag(costs)).all():
            break
    V = np.zeros_like(problem.Q)
    V[np.ix_(costly, costly)] = costs
    return V


@np.errstate(all="ignore")
def _finite_gain(problem: Problem) -> FloatArray | None:
    """A gain K (m, n) of finite costs; None if there is none.

    First try: the gains that are best for 1, 2, 4, 8, ... steps. If none of them is good enough,
    begin with a discount at which the gain K has finite costs. The best gain for this discount has
    finite costs at a larger one, too; so the discount is raised until it is gamma. If it cannot be
    raised that far, no gain has finite costs.
    """
    V, gamma = np.zeros_like(problem.Q), problem.gamma
    for k in range(1, STEPS + 1):
        K = best_gain(problem, V)
        M, C = _closed_loop(problem, K)
        V = _symmetric(M + gamma * C.T @ V @ C)
        if not np.isfinite(V).all():
            return None
        if k & (k - 1) == 0 and _is_finite(problem, K):
            return K
    K, reached = np.zeros_like(problem.B.T), 0.0
    while not _is_finite(problem, K):
        larger = (reached + gamma) / 2
        while (costs := costs_of(problem._replace(gamma=larger), K)) is None:
            larger = (reached + larger) / 2
            if larger - reached <= 1e-12 * gamma:
                return None
        K, reached = best_gain(problem._replace(gamma=larger), costs), larger
    return K


def _is_finite(problem: Problem, K: FloatArray) -> bool:
    """Is V = sum_k gamma^k (C^k)^T M C^k finite? Summed over 1, 2, 4, ... terms until it rests."""
    M, C = _closed_loop(problem, K)
    costly = _costly(M, C)
    M, C = M[np.ix_(costly, costly)], np.sqrt(problem.gamma) * C[np.ix_(costly, costly)]
    for _ in range(DOUBLINGS):
        added = C.T @ M @ C
        if not np.isfinite(added).all():
            return False
        M, C = _symmetric(M + added), C @ C
        if (np.diag(added) <= np.finfo(float).eps * np.diag(M)).all():
            return True
    return False


def _closed_loop(problem: Problem, K: FloatArray) -> tuple[FloatArray, FloatArray]:
    """M and C of a = -K s: a step from s costs s^T M s and leads to C s."""
    A, B, Q, R, _ = problem
    return Q + K.T @ R @ K, A - B @ K


def _costly(M: FloatArray, C: FloatArray) -> BoolArray:
    """Which components of s ever cost anything, (n,)? By M, or by what they move through C."""
    costly: BoolArray = (M != 0).any(0)
    for _ in range(len(M)):
        costly = costly | (C[costly] != 0).any(0)
    return costly


def _largest_saving(V: FloatArray, better: FloatArray) -> float:
    """The largest share that a component saves, of those that cost anything."""
    cost, less = np.diag(V), np.diag(better)
    return float((1 - less[cost > 0] / cost[cost > 0]).max(initial=0.0))


def _symmetric(V: FloatArray) -> FloatArray:
    """V, exactly symmetric again after rounding."""
    return (V + V.T) / 2
