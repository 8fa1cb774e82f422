"""What is the best policy that stays near another one? The answer is one line.

    max over pi of   E[ r(x, y) ] - beta KL( pi(.|x) || pi_ref(.|x) )               the objective
    pi(y|x) = pi_ref(y|x) exp( r(x, y) / beta ) / Z(x)                              its maximum

Answers are numbered here, so that every sum is exact: the maximum, the largest reward at each KL,
and the policy that draws n answers and keeps the best.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    FloatArray,
    check_array,
    check_count,
    check_distribution,
    check_finite,
    check_number,
    check_shaped,
)
from rlbook.policy import softmax


def kl_divergence(pi: npt.ArrayLike, pi_ref: npt.ArrayLike) -> FloatArray:
    """How far is pi from pi_ref? Along the last axis; 0 ln 0 = 0.

        KL( pi || pi_ref ) = sum_y pi(y) ln( pi(y) / pi_ref(y) )

    pi, pi_ref (..., Y); returns (...), infinite if pi(y) > 0 = pi_ref(y) for some y. Raises
    ValueError for rows that are not distributions.
    """
    p, p_ref = check_distribution(pi, "pi"), check_distribution(pi_ref, "pi_ref")
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(p_ref)), 0.0)
    return terms.sum(-1)


def objective(
    pi: npt.ArrayLike, pi_ref: npt.ArrayLike, reward: npt.ArrayLike, beta: float
) -> FloatArray:
    """E[ r ] - beta KL( pi || pi_ref ) for each x. [Rafailov et al. 2023, (3)]

    pi, pi_ref, reward    (X, Y)        beta > 0
    """
    p, r = check_distribution(pi, "pi"), check_finite(reward, "reward")
    return (p * r).sum(-1) - check_beta(beta) * kl_divergence(pi, pi_ref)


def optimal_policy(pi_ref: npt.ArrayLike, reward: npt.ArrayLike, beta: float) -> FloatArray:
    """The policy that maximises the objective. Returns pi, of the shape of pi_ref.

        pi(y|x) = pi_ref(y|x) exp( reward(x, y) / beta ) / Z(x)        [Rafailov et al. 2023, (4)]

    pi_ref, reward (X, Y) or (Y,); beta > 0. Where pi_ref is 0, pi is 0. Raises ValueError for other
    shapes, numbers that are not finite, another beta.
    """
    p, r = _check(pi_ref, reward)
    best = np.where(p > 0, r, -np.inf).max(-1, keepdims=True)
    below = np.where(p > 0, r - best, 0.0)  # at most 0: exp(below / beta) is safe for any beta
    with np.errstate(divide="ignore", over="ignore"):
        return softmax(np.log(p) + below / check_beta(beta))


def reward_kl_frontier(
    pi_ref: npt.ArrayLike, reward: npt.ArrayLike, betas: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """The largest reward at each KL: E[ r ] and KL of the optimal policy for each beta, (B,) both.

        d reward / d KL = beta

    pi_ref, reward (X, Y) or (Y,); betas (B,), each > 0. Both are means over x, each x weighted
    alike. No policy with this mean KL has a larger mean reward. Raises ValueError as
    `optimal_policy` does.
    """
    p, r = _check(pi_ref, reward)
    best = [optimal_policy(p, r, beta) for beta in np.atleast_1d(check_array(betas, "betas"))]
    gained = np.array([(pi * r).sum(-1).mean() for pi in best])
    return gained, np.array([kl_divergence(pi, p).mean() for pi in best])


def best_of_n(pi_ref: npt.ArrayLike, reward: npt.ArrayLike, n: int) -> FloatArray:
    """The policy that draws n answers from pi_ref and keeps the one of largest reward.

        pi(y|x) = F(y)^n - (F(y) - pi_ref(y|x))^n        F(y) = P( r(x, Y) <= r(x, y) ), Y ~ pi_ref

    This holds where no rewards tie; of equal ones, the first that was drawn is kept. The KL to
    pi_ref is at most ln n - (n - 1) / n [Beirami et al. 2024]; it is less where rewards tie or
    answers are few.

    pi_ref, reward (X, Y) or (Y,); n is a whole number, 1 or more; returns pi of their shape. Raises
    ValueError for other shapes and another n.
    """
    p, r = (np.atleast_2d(x) for x in _check(pi_ref, reward))
    check_count(n, "n")
    pi = np.zeros_like(p)
    for row, (p_x, r_x) in enumerate(zip(p, r, strict=True)):
        for level in np.unique(r_x):
            tied, p_below = r_x == level, p_x[r_x < level].sum()
            p_tied = p_x[tied].sum()
            if p_tied > 0:
                pi[row, tied] = ((p_below + p_tied) ** n - p_below**n) * p_x[tied] / p_tied
    return (pi / pi.sum(1, keepdims=True)).reshape(np.shape(pi_ref))


def _check(pi_ref: npt.ArrayLike, reward: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p = check_distribution(pi_ref, "pi_ref")
    return p, check_shaped(reward, "reward", p.shape)


def check_beta(beta: float) -> float:
    """The weight of the KL, above zero."""
    return check_number(beta, "beta", 0, above=True)
