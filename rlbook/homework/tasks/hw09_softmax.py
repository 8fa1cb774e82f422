"""The laws of the softmax and the gradient of its logarithm in homework 9. [Zhao 9.1, 9.3]"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.laws import Law, Use
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case

# The softmax.


def softmax(h: Any) -> FloatArray:
    """(9.12), for rows of any size."""
    e = np.exp(h - h.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def over(axis: int | None) -> Callable[[Any], Any]:
    """Normalised along another axis."""

    def value(h: Any) -> Any:
        e = np.exp(h - h.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)

    return value


def exp_less(h: Any, top: Any, axis: int = 1) -> Any:
    """The softmax, with a number subtracted from each preference."""
    e = np.exp(h - top)
    return e / e.sum(axis, keepdims=True)


def not_kept(h: Any) -> Any:
    """The sums of the rows divide the columns; where that cannot be, no number."""
    e = np.exp(h - h.max(-1, keepdims=True))
    return e / e.sum(-1) if fits(h) else np.full(h.shape, np.nan)


def fits(h: Any) -> bool:
    """Can a number for each row be divided out of the columns, without an error message?"""
    return len(h) in (1, h.shape[1])


def neither_kept(h: Any) -> Any:
    """The same with the largest of the rows."""
    return (
        np.full(h.shape, np.nan)
        if not fits(h)
        else np.exp(h - h.max(1)) / np.exp(h - h.max(1)).sum(1)
    )


SOFTMAX_MISTAKES: dict[str, Callable[[Any], Any]] = {
    "the sum runs over the states, and not over the actions (axis)": over(0),
    "the sum runs over all states and actions; each state needs its own": over(None),
    "the sum of a row divides a column: keep the axis (keepdims=True)": not_kept,
    "the sum runs over the states, and not over the actions (axis). The largest preference of each "
    "state is subtracted": lambda h: exp_less(h, h.max(1, keepdims=True), 0),
    "the largest preference is taken over the states (axis), and not over the actions": lambda h: (
        exp_less(h, h.max(0, keepdims=True))
    ),
    "the largest preference of a row is subtracted from a column: keep the axis (keepdims=True)": (
        lambda h: exp_less(h, h.max(1)) if fits(h) else np.full(h.shape, np.nan)
    ),
    "the largest preference and the sum of a row go to a column: keep the axis (keepdims=True)": (
        neither_kept
    ),
    "the exponential is forgotten: preferences are divided by their sum": lambda h: (
        h / h.sum(-1, keepdims=True)
    ),
    "nothing is divided: the rows do not sum to 1": lambda h: np.exp(h),
    "nothing is divided: the rows do not sum to 1. The largest preference is subtracted": (
        lambda h: np.exp(h - h.max(-1, keepdims=True))
    ),
    "the sign of h is wrong: the largest preference is the least likely": lambda h: softmax(-h),
    "the logarithm is returned": lambda h: np.log(softmax(h)),
    "the likeliest action is taken for sure": lambda h: np.eye(h.shape[1])[h.argmax(1)],
    "all actions are alike": lambda h: np.full(h.shape, 1 / h.shape[1]),
    "2 is raised to the power h, and not e": lambda h: softmax(h * np.log(2)),
    "10 is raised to the power h, and not e": lambda h: softmax(h * np.log(10)),
    "it is divided by the sum of the other actions, and not of all": lambda h: (
        softmax(h) / (1 - softmax(h))
    ),
    "absolute preferences are taken": lambda h: softmax(np.abs(h)),
    "preferences are squared": lambda h: softmax(h**2),
}

SOFTMAX = Law("(9.12)", softmax, SOFTMAX_MISTAKES)


def plain_softmax(h: Any) -> Any:
    """As it stands in the book: too large for a computer, or 0 / 0."""
    e = np.exp(h)
    return e / e.sum(-1, keepdims=True)


def one_maximum(h: Any) -> Any:
    """Less the largest of all states."""
    return plain_softmax(h - h.max())


LARGE_SOFTMAX = Law(
    "(9.12) for large preferences",
    softmax,
    {
        "e^h is too large or too small for a computer: subtract the largest preference of the "
        "state from all of them first; that changes nothing in (9.12)": plain_softmax,
        "the largest preference of all states is subtracted; take that of each state": one_maximum,
        "preferences are cut off where they are large": lambda h: softmax(h.clip(-500, 500)),
        "preferences are cut off where they are large, at 700": lambda h: softmax(
            h.clip(-700, 700)
        ),
        **SOFTMAX_MISTAKES,
    },
)


def from_preferences(case: Case, answer: Any, logs: Any) -> Iterator[Use]:
    """Large preferences have a law of their own: other mistakes show in them."""
    h = case["h"]
    large = np.abs(h).max() > 100
    origin = f"With h = {shown(h)}" if large else ""
    yield Use(LARGE_SOFTMAX if large else SOFTMAX, (h,), answer, "pi", origin)


# grad ln pi. A score has the arguments theta (S, A), s, a and the shape of theta.

Score = Callable[[Any, int, int], Any]


def only(theta: Any, s: int, row: Any) -> FloatArray:
    """Zeros, and this row for s."""
    grad = np.zeros(theta.shape)
    grad[s] = row
    return grad


def unit(theta: Any, a: int) -> FloatArray:
    """e_a."""
    return np.eye(theta.shape[1])[a]


def score(theta: Any, s: int, a: int, pi: Callable[[Any], Any] = softmax) -> FloatArray:
    """grad ln pi(a|s)."""
    return only(theta, s, unit(theta, a) - pi(theta)[s])


SCORES: dict[str, Score] = {
    "the gradient of pi is taken, and not that of ln pi": lambda theta, s, a: (
        softmax(theta)[s, a] * score(theta, s, a)
    ),
    "pi is left out: only the number of the action that was taken has a gradient, and it is 1": (
        lambda theta, s, a: only(theta, s, unit(theta, a))
    ),
    "pi is added to the 1 of the action that was taken, and not subtracted from it": (
        lambda theta, s, a: only(theta, s, unit(theta, a) + softmax(theta)[s])
    ),
    "-pi stands everywhere: the 1 of the action that was taken is missing": lambda theta, s, a: (
        only(theta, s, -softmax(theta)[s])
    ),
    "exp(theta) is subtracted, and not pi: it must be divided by the sum": lambda theta, s, a: (
        only(theta, s, unit(theta, a) - np.exp(theta[s]))
    ),
    "exp(theta - the largest) is subtracted, and not pi: it must be divided by the sum": (
        lambda theta, s, a: only(theta, s, unit(theta, a) - np.exp(theta[s] - theta[s].max()))
    ),
    "only the number of the action that was taken has a gradient; the others stand in the sum of "
    "(9.12), too": lambda theta, s, a: only(
        theta, s, unit(theta, a) * (1 - softmax(theta)[s, a])
    ),
    "the softmax sums over the states, and not over the actions": lambda theta, s, a: score(
        theta, s, a, over(0)
    ),
    "the softmax sums over all states and actions": lambda theta, s, a: score(
        theta, s, a, over(None)
    ),
    "the softmax sums over all states and actions, and the rows of other states are filled": (
        lambda theta, s, a: only(theta, s, unit(theta, a)) - over(None)(theta)
    ),
    "the probability of the action that was taken is subtracted everywhere, and not that of each "
    "action": lambda theta, s, a: only(theta, s, unit(theta, a) - softmax(theta)[s, a]),
    "the rows of other states are filled, too: pi of every state is subtracted": (
        lambda theta, s, a: only(theta, s, unit(theta, a)) - softmax(theta)
    ),
    "the rows of all states are moved alike": lambda theta, s, a: np.tile(
        unit(theta, a) - softmax(theta)[s], (len(theta), 1)
    ),
    "1 / pi is taken: ln pi is derived by pi, and not by theta": lambda theta, s, a: only(
        theta, s, unit(theta, a) / softmax(theta)[s, a]
    ),
    "it is divided by pi once more": lambda theta, s, a: (
        score(theta, s, a) / softmax(theta)[s, a]
    ),
    "theta itself is subtracted, and not pi": lambda theta, s, a: only(
        theta, s, unit(theta, a) - theta[s]
    ),
}  # fmt: skip

GRAD_LOG = Law(
    "(9.11)",
    score,
    {
        "the sign is wrong: pi - e_a": lambda theta, s, a: -score(theta, s, a),
        **SCORES,
        "pi itself is returned": lambda theta, s, a: only(theta, s, softmax(theta)[s]),
        "ln pi itself is returned, and not its gradient": lambda theta, s, a: only(
            theta, s, unit(theta, a) * np.log(softmax(theta)[s, a])
        ),
    },
)


def linear(phi: Any, theta: Any, s: int, a: int, pi: Any = None) -> Any:
    """grad ln pi(a|s) for h = phi theta, of probabilities that may be wrong."""
    p = softmax(phi @ theta)[s] if pi is None else pi
    return phi[s, a] - p @ phi[s]


GRAD_LOG_LINEAR = Law(
    "(9.11)",
    linear,
    {
        "the sign is wrong": lambda phi, theta, s, a: -linear(phi, theta, s, a),
        "the gradient of pi is taken, and not that of ln pi": lambda phi, theta, s, a: (
            softmax(phi @ theta)[s, a] * linear(phi, theta, s, a)
        ),
        "the mean of the features is not subtracted: that is the gradient of h alone": (
            lambda phi, theta, s, a: phi[s, a]
        ),
        "the features of all actions are averaged alike; each counts with its probability": (
            lambda phi, theta, s, a: phi[s, a] - phi[s].mean(0)
        ),
        "the features of all actions are added up; each counts with its probability": (
            lambda phi, theta, s, a: phi[s, a] - phi[s].sum(0)
        ),
        "only the action that was taken is subtracted, with its probability": (
            lambda phi, theta, s, a: (1 - softmax(phi @ theta)[s, a]) * phi[s, a]
        ),
        "the features of the likeliest action are subtracted, and not the mean": (
            lambda phi, theta, s, a: phi[s, a] - phi[s, (phi[s] @ theta).argmax()]
        ),
        "the softmax sums over the states, and not over the actions": (
            lambda phi, theta, s, a: linear(phi, theta, s, a, over(0)(phi @ theta)[s])
        ),
        "the softmax sums over all states and actions": lambda phi, theta, s, a: linear(
            phi, theta, s, a, over(None)(phi @ theta)[s]
        ),
        "the mean runs over all states, too": lambda phi, theta, s, a: (
            phi[s, a] - np.einsum("sa,sad->d", softmax(phi @ theta), phi)
        ),
        "it is divided by pi once more": lambda phi, theta, s, a: (
            linear(phi, theta, s, a) / softmax(phi @ theta)[s, a]
        ),
        "preferences are taken for probabilities": lambda phi, theta, s, a: linear(
            phi, theta, s, a, phi[s] @ theta
        ),
        "the mean is added, and not subtracted": lambda phi, theta, s, a: (
            phi[s, a] + softmax(phi @ theta)[s] @ phi[s]
        ),
        "only the mean of the features is returned": lambda phi, theta, s, a: (
            softmax(phi @ theta)[s] @ phi[s]
        ),
        "the softmax is of -h": lambda phi, theta, s, a: linear(
            phi, theta, s, a, softmax(-phi @ theta)[s]
        ),
    },
)
