"""A policy is an array pi[..., a] whose rows sum to one. [Zhao 1.4, 4.1, 5.4]

Every function acts on the last axis, so that it serves one state, a table and a batch alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_count, check_epsilon


def uniform(n_states: int, n_actions: int) -> FloatArray:
    """Every action alike. Returns pi (S, A). [Zhao 1.4]

        pi(a|s) = 1 / |A|

    n_states, n_actions    whole numbers, S and A

    Raises ValueError for numbers below 1.
    """
    shape = check_count(n_states, "n_states"), check_count(n_actions, "n_actions")
    return np.full(shape, 1 / n_actions)


def greedy(q: npt.ArrayLike) -> FloatArray:
    """All the probability on the best action; on the first of them where several are equal.

    q (..., A); returns pi (..., A). [Zhao 3.4, Theorem 3.5; (3.6), (3.7), (4.2), (5.4)]
    """
    q = np.asarray(q, dtype=float)
    pi = np.zeros(q.shape)
    np.put_along_axis(pi, q.argmax(-1, keepdims=True), 1.0, axis=-1)
    return pi


def epsilon_greedy(q: npt.ArrayLike, epsilon: float) -> FloatArray:
    """The book's epsilon-greedy policy. [Zhao 5.4.1; (5.5)]

        pi(a|s) = 1 - epsilon (|A| - 1) / |A|    for the greedy action
                  epsilon / |A|                  for each of the others

    epsilon, from 0 (greedy) to 1 (uniform), is shared by all actions, the greedy one included.
    q (..., A); returns pi (..., A). Ties: the first. Raises ValueError for another epsilon.
    """
    q = np.asarray(q, dtype=float)
    A = q.shape[-1]
    epsilon = check_epsilon(epsilon)
    pi = np.full(q.shape, epsilon / A)
    np.put_along_axis(pi, q.argmax(-1, keepdims=True), 1 - epsilon * (A - 1) / A, axis=-1)
    return pi


def softmax(h: npt.ArrayLike) -> FloatArray:
    """The larger the preference, the likelier the action. [Zhao (9.12)]

        pi(a|s) = exp h(s, a) / sum_b exp h(s, b)

    h (..., A) are preferences; returns pi (..., A).
    """
    h = np.asarray(h, dtype=float)
    weight = np.exp(h - h.max(-1, keepdims=True))  # the largest is 1: nothing can overflow
    return weight / weight.sum(-1, keepdims=True)


def sample(p: npt.ArrayLike, rng: np.random.Generator) -> Any:
    """Draw from the distribution p, or from each row of it, with one `rng.random()` a row.

        P(a) = p[..., a]        [Zhao 1.4]

    p (A,) gives an int; p (..., A) gives an array (...) of ints; rng is a Generator. An entry of
    probability zero is never drawn. That a row is a distribution is not checked: this is the
    innermost loop.
    """
    p = np.asarray(p, dtype=float)
    if p.ndim > 1:
        rows = p.reshape(-1, p.shape[-1])
        upto, u = rows.cumsum(-1), rng.random(len(rows))
        last = p.shape[-1] - 1 - (rows[:, ::-1] > 0).argmax(-1)  # each row's last possible entry
        return np.minimum((upto <= u[:, None]).sum(-1), last).reshape(p.shape[:-1])
    drawn = int(p.cumsum().searchsorted(rng.random(), side="right"))
    # A row may end below 1 by rounding: what is drawn beyond its end is its last possible entry.
    return drawn if drawn < len(p) else int(np.flatnonzero(p)[-1])


def sample_epsilon_greedy(
    q: FloatArray, epsilon: float, rng: np.random.Generator, ties: str = "first"
) -> int:
    """Draw from epsilon_greedy(q, epsilon) for one state, with one `rng.random()`.

    u < epsilon explores, and u / epsilon is uniform once more; so is what is left of the others,
    where ties="random" draws from all the best. q (A,); returns an action.
    """
    u = rng.random()
    if u < epsilon:
        return int(u / epsilon * len(q))  # below len(q), rounded too: u / epsilon <= 1 - 2^-53
    if ties == "first":
        return int(q.argmax())
    best = np.flatnonzero(q == q.max())
    k = int((u - epsilon) / (1 - epsilon) * len(best))
    return int(best[min(k, len(best) - 1)])  # here rounding may carry the quotient to 1


def check_ties(ties: str) -> str:
    """Which of equally good actions an agent takes while it explores: "first" or "random"."""
    if ties not in ("first", "random"):
        raise ValueError(f"ties must be 'first' or 'random', got {ties!r}")
    return ties
