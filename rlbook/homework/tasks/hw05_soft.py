"""Epsilon-greedy policies: when one is right, and what goes wrong with them. [Zhao (5.5)]"""

from dataclasses import dataclass

import numpy as np

from rlbook.homework.words import shown


@dataclass(frozen=True)
class SoftBest:
    """Every action has a smallest probability, and what is left is on actions with the largest q.

    Here the equation gives q, that smallest probability, and what is left: (3, ..., A). Of equal
    actions any may have what is left, and they may share it.
    """

    tol: float = 1e-6

    def wrong(self, given, value):
        """Rows that are no such policy."""
        q, low, left = value
        best = q >= q.max(-1, keepdims=True) - self.tol * max(1.0, np.abs(q).max(initial=0))
        more = given - low
        off = np.abs(np.where(best, more, 0).sum(-1) - left[..., 0])
        off = off + np.where(best, np.maximum(np.minimum(left, 0) - more, 0), np.abs(more)).sum(-1)
        return np.asarray(~(off <= 1e-4))

    def say(self, name, at, given, value):
        """The values of the actions, and the two probabilities that are right."""
        q, low, left = value[(slice(None), *at)]
        row = given[at]
        total = "" if np.isclose(row.sum(), 1) else f", which sums to {shown(row.sum())}"
        where = f"in state s{at[-1] + 1} the" if at else f"{name}: the"
        return (
            f"{where} actions are worth {shown(q)}; the best must have the probability "
            f"{shown(low[0] + left[0])}, each other {shown(low[0])}; yours are {shown(row)}{total}"
        )


def soft(low, best, of=lambda q: q):
    """A policy by two functions of (epsilon, A): what each other action has, what the best has."""

    def given(q, epsilon):
        score, A = of(q), q.shape[-1]
        other = low(epsilon, A)
        return np.stack([score, 0 * score + other, 0 * score + best(epsilon, A) - other])

    return given


def ties_all(q, epsilon):
    """Each of equal best actions gets what one of them should have."""
    score, low, left = EPSILON_GREEDY(q, epsilon)
    ties = (q == q.max(-1, keepdims=True)).sum(-1, keepdims=True)
    return np.stack([score, low, left * ties])


def share(e, A):
    """epsilon / A."""
    return e / A


def best_share(e, A):
    """1 - epsilon + epsilon / A."""
    return 1 - e + e / A


EPSILON_GREEDY = soft(share, best_share)

MISTAKES = {
    "epsilon / A is left out of the greedy action: the row sums to less than 1": soft(
        share, lambda e, A: 1 - e
    ),
    "epsilon is shared among the other actions only: the greedy one has a part of it, too": soft(
        lambda e, A: e / (A - 1), lambda e, A: 1 - e
    ),
    "epsilon is forgotten: the policy is greedy": soft(lambda e, A: 0, lambda e, A: 1),
    "epsilon and 1 - epsilon are exchanged": soft(
        lambda e, A: (1 - e) / A, lambda e, A: e + (1 - e) / A
    ),
    "the greedy action has 1, and the others are added: the row sums to more than 1": soft(
        share, lambda e, A: 1
    ),
    "epsilon is not taken from the greedy action: the row sums to more than 1": soft(
        share, lambda e, A: 1 + e / A
    ),
    "epsilon is not divided by the number of actions: the row sums to more than 1": soft(
        lambda e, A: e, lambda e, A: 1 - e + e
    ),
    "each other action has epsilon, and the greedy one 1 - epsilon": soft(
        lambda e, A: e, lambda e, A: 1 - e
    ),
    "all actions are alike": soft(lambda e, A: 1 / A, lambda e, A: 1 / A),
    "each of several best actions gets the whole share of one: the row sums to more than 1": (
        ties_all
    ),
    "the action with the smallest value is taken for the greedy one": soft(
        share, best_share, np.negative
    ),
}
