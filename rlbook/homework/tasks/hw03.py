"""Homework 3: the Bellman optimality equation. [Zhao chapter 3]"""

from typing import Any

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.laws import Best, Law
from rlbook.homework.task import Homework
from rlbook.homework.worlds import Case, book, model

HOMEWORK = Homework(
    "hw03",
    "The Bellman optimality equation",
    chapter=3,
    about="The best values solve an equation that has a maximum in it. You write one application "
    "of its right side, and a policy that is greedy.",
)


def model_with_twins(draw: Draw) -> Case:
    """A model; in some of them the first two actions are the same, so that both may be best."""
    case = model(draw)
    if case["R"].shape[1] > 1 and draw.index(4) == 3:
        for array in case.values():
            array[:, 1] = array[:, 0]
    return case


def cases(draw: Draw) -> Case:
    """A model, a discount and any values."""
    case = model_with_twins(draw)
    return {**case, "gamma": draw.gamma(), "v": draw.numbers(len(case["P"]))}


def greedy_cases(draw: Draw) -> Case:
    """The same with small discounts: without them, other actions are best."""
    return {**cases(draw), "gamma": draw.pick((0.5, 0.25, 0.1, 0.75))}


KNOWN = {"the book's world": book(gamma=0.9, v=np.linspace(-3, 9, 25))}


def in_place(P, R, gamma, v):
    """A sweep that uses new values as soon as it has them."""
    v = np.array(v, dtype=float)
    for s in range(len(v)):
        v[s] = (R[s] + gamma * P[s] @ v).max()
    return v


def largest(q):
    """The entry of each row that is farthest from 0."""
    return np.take_along_axis(q, np.abs(q).argmax(1)[:, None], 1)[:, 0]


MISTAKES = {
    "gamma is forgotten": lambda P, R, gamma, v: (R + P @ v).max(1),
    "gamma multiplies the reward, too": lambda P, R, gamma, v: (gamma * (R + P @ v)).max(1),
    "the mean of the actions is taken, and not the best": lambda P, R, gamma, v: (
        R + gamma * P @ v
    ).mean(1),
    "the worst action is taken, and not the best": lambda P, R, gamma, v: (R + gamma * P @ v).min(
        1
    ),
    "the sum over the actions is taken, and not the best": lambda P, R, gamma, v: (
        R + gamma * P @ v
    ).sum(1),
    "sweeps in place: new values are used before the sweep is over. The limit is the same, the "
    "iterates are not": in_place,
    "the best reward and the best future are taken apart, each with an action of its own": (
        lambda P, R, gamma, v: R.max(1) + gamma * (P @ v).max(1)
    ),
    "the mean of the rewards and the best future are added up": lambda P, R, gamma, v: (
        R.mean(1) + gamma * (P @ v).max(1)
    ),
    "the action with the best reward is taken, whatever comes after it": lambda P, R, gamma, v: (
        np.take_along_axis(R + gamma * P @ v, R.argmax(1)[:, None], 1)[:, 0]
    ),
    "the value of the best next state is taken, and not the mean over next states": (
        lambda P, R, gamma, v: (R + gamma * np.where(P > 0, v, -np.inf).max(2)).max(1)
    ),
    "the likeliest next state is taken for sure": lambda P, R, gamma, v: (
        R + gamma * v[P.argmax(2)]
    ).max(1),
    "P is read with state and next state exchanged": lambda P, R, gamma, v: (
        R + gamma * np.einsum("tas,t->sa", P, v)
    ).max(1),
    "the values of all possible next states are added up, and their probabilities left out": (
        lambda P, R, gamma, v: (R + gamma * (P > 0) @ v).max(1)
    ),
    "the action with the largest size is taken, whatever its sign": lambda P, R, gamma, v: largest(
        R + gamma * P @ v
    ),
    "the search for the best begins at 0, so that no value is below 0": lambda P, R, gamma, v: (
        R + gamma * P @ v
    ).max(1, initial=0),
    "a value never falls: the search for the best begins at the old value": (
        lambda P, R, gamma, v: np.maximum(v, (R + gamma * P @ v).max(1))
    ),
    "the value of the state itself is used, and not that of the next state": (
        lambda P, R, gamma, v: R.max(1) + gamma * v
    ),
    "the future is left out": lambda P, R, gamma, v: R.max(1),
    "the reward is left out": lambda P, R, gamma, v: (gamma * P @ v).max(1),
    "nothing is changed": lambda P, R, gamma, v: v,
}


@HOMEWORK.task(
    "eq:3.1", "eq:3.3",
    returns="v", cases=cases, known=KNOWN,
    law=Law("(3.1)", lambda P, R, gamma, v: (R + gamma * P @ v).max(1), MISTAKES),
)  # fmt: skip
def optimality_step(P, R, gamma, v):
    """Apply the right side of Bellman's optimality equation once.

        f(v)(s) = max over a of [ R(s, a) + gamma sum over s' of p(s'|s, a) v(s') ]        (3.1)

    P        shape (S, A, S): P[s, a, s'] is the probability p(s'|s, a)
    R        shape (S, A): the mean reward of action a in state s
    gamma    the discount
    v        shape (S,): any values

    Returns f(v), shape (S,).
    """
    q = R + gamma * P @ v
    return q.max(axis=1)


VALUE_MISTAKES = {
    "gamma is forgotten": lambda P, R, gamma, v: R + P @ v,
    "the action with the best reward is taken, whatever comes after it": (lambda P, R, gamma, v: R),
    "the worst action is taken, and not the best": lambda P, R, gamma, v: -(R + gamma * P @ v),
    "the reward is left out": lambda P, R, gamma, v: P @ v,
    "the likeliest next state is taken for sure": lambda P, R, gamma, v: R + gamma * v[P.argmax(2)],
    "the value of the best next state is taken, and not the mean over next states": (
        lambda P, R, gamma, v: R + gamma * np.where(P > 0, v, -np.inf).max(2)
    ),
    "P is read with state and next state exchanged": lambda P, R, gamma, v: (
        R + gamma * np.einsum("tas,t->sa", P, v)
    ),
    "the values of all possible next states are added up, and their probabilities left out": (
        lambda P, R, gamma, v: R + gamma * (P > 0) @ v
    ),
    "the action with the largest size is taken, whatever its sign": lambda P, R, gamma, v: np.abs(
        R + gamma * P @ v
    ),
    "the sign of the future is wrong": lambda P, R, gamma, v: R - gamma * P @ v,
    "the best action of the first state is taken in all states": lambda P, R, gamma, v: (
        R + gamma * P @ v
    )[[0] * len(R)],
    "the last action is taken everywhere": lambda P, R, gamma, v: np.arange(R.shape[1]) + 0 * R,
    "the first action is taken everywhere": lambda P, R, gamma, v: -np.arange(R.shape[1]) + 0 * R,
}
"""What is thought to be q; the policy is greedy for that."""


def softmax(q):
    """Probabilities in proportion to exp(q)."""
    e = np.exp(q - q.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


FORMS = {
    "all actions get the same probability": lambda q: np.full(q.shape, 1 / q.shape[1]),
    "the policy is a softmax of the values; all belongs on the best action": softmax,
    "the probabilities are in proportion to the values; all belongs on the best action": (
        lambda q: q / q.sum(1, keepdims=True)
    ),
    "where several actions are best, each of them gets the probability 1": (
        lambda q: (q >= q.max(1, keepdims=True) - 1e-9).astype(float)
    ),
    "the policy holds the values themselves": lambda q: q,
}
"""Policies that are greedy for nothing."""


class BestOrPolicy(Best):
    """As Best; but what has an axis more is no table of values, it is the policy itself."""

    def wrong(self, given, value):
        """Rows that are not best; or that are not those of the policy."""
        if value.ndim == given.ndim:
            return super().wrong(given, value)
        return (np.abs(given - value[0]) > 1e-4).any(-1)


GREEDY_MISTAKES: dict[str, Any] = {
    **VALUE_MISTAKES,
    **{
        name: (lambda P, R, gamma, v, form=form: form(R + gamma * P @ v)[None])
        for name, form in FORMS.items()
    },
}


@HOMEWORK.task(
    "eq:3.7",
    returns="pi", cases=greedy_cases, known=KNOWN,
    law=Law("(3.7)", lambda P, R, gamma, v: R + gamma * P @ v, GREEDY_MISTAKES, BestOrPolicy()),
)  # fmt: skip
def greedy_policy(P, R, gamma, v):
    """The policy that takes the best action in each state, if v are the values of next states.

        pi(a|s) = 1 for an action a with the largest q(s, a), else 0                       (3.7)
        q(s, a) = R(s, a) + gamma sum over s' of p(s'|s, a) v(s')

    P, R, gamma, v    as above

    Returns pi, shape (S, A): pi[s, a] is the probability of a in s. Of equal actions, take any.
    """
    q = R + gamma * P @ v
    return np.eye(q.shape[1])[q.argmax(axis=1)]
