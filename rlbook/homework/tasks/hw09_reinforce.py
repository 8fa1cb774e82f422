"""The laws of REINFORCE in homework 9. [Zhao 9.4]"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks.hw09_softmax import SCORES, Score, score
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case

Returns = Callable[[Any, float, Any], Any]


def returns(r: Any, gamma: float, rest: Any = ()) -> FloatArray:
    """q_t for each t. What comes after the last reward, if anything: rest."""
    return np.array([discounted(np.append(r[t:], rest), gamma) for t in range(len(r))])


def discounted(r: Any, gamma: float) -> float:
    """The sum of gamma^k r_k."""
    return float(gamma ** np.arange(len(r)) @ r)


RETURNS: dict[str, Returns] = {
    "gamma is forgotten": lambda r, gamma, rest: returns(r, 1.0, rest),
    "only the next reward is used, and not the return": lambda r, gamma, rest: r,
    "the return of the whole episode is used at each step": lambda r, gamma, rest: np.full(
        len(r), returns(r, gamma, rest)[0]
    ),
    "the sum of all rewards is used at each step, without gamma": lambda r, gamma, rest: np.full(
        len(r), np.append(r, rest).sum()
    ),
    "a factor gamma^t stands before the return. Theorem 9.2 has it, Algorithm 9.1 has not; or the "
    "powers of gamma are counted from the start of the episode": lambda r, gamma, rest: (
        gamma ** np.arange(len(r)) * returns(r, gamma, rest)
    ),
    "the powers of gamma are one too large: r_{t+1} itself is not discounted": (
        lambda r, gamma, rest: gamma * returns(r, gamma, rest)
    ),
    "the return begins a step too late: r_{t+1} belongs to it": lambda r, gamma, rest: np.append(
        returns(r, gamma, rest)[1:], np.sum(rest)
    ),
    "the rewards up to a step are added up, and not those after it": lambda r, gamma, rest: returns(
        r[::-1], gamma
    )[::-1],
    "the powers of gamma run the wrong way: the last reward counts in full": (
        lambda r, gamma, rest: np.array(
            [discounted(np.append(r[t:], rest)[::-1], gamma) for t in range(len(r))]
        )
    ),
    "the returns are in the wrong order: they were computed from the end, and not turned round": (
        lambda r, gamma, rest: returns(r, gamma, rest)[::-1]
    ),
}
"""What is thought to be q_t."""


def gradient(
    q: Returns = returns,
    slope: Score = score,
    advantage: Callable[[Any, Any, Any, float], Any] = lambda q, b, r, gamma: q - b[:-1],
    mean: Callable[[Any], Any] = lambda rows: rows.mean(0),
    rest: Callable[[Any, bool], Any] = lambda b, terminated: () if terminated else b[-1:],
) -> Callable[..., Any]:
    """The estimate of (9.9), with parts that may be wrong. Here b are those of s_0, ..., s_T."""

    def value(theta: Any, s: Any, a: Any, r: Any, terminated: bool, gamma: float, b: Any) -> Any:
        b = b[s]
        weights = advantage(q(r, gamma, rest(b, terminated)), b, r, gamma)
        return mean(np.array([w * slope(theta, s[t], a[t]) for t, w in enumerate(weights)]))

    return value


def assigned(order: Callable[[int], Any]) -> Callable[..., Any]:
    """The estimate if each step in a state takes the place of those before it."""

    def value(theta: Any, s: Any, a: Any, r: Any, terminated: bool, gamma: float, b: Any) -> Any:
        g = np.zeros(theta.shape)
        weights = returns(r, gamma, () if terminated else b[s[-1:]]) - b[s[:-1]]
        for t in order(len(r)):
            g[s[t]] = weights[t] * score(theta, s[t], a[t])[s[t]]
        return g / len(r)

    return value


def one_step(theta: Any, s: Any, a: Any, r: Any, terminated: bool, gamma: float, b: Any) -> Any:
    """TD errors in the place of returns."""
    v = b[s]
    v[-1] *= not terminated
    slopes = np.array([score(theta, s[t], a[t]) for t in range(len(a))])
    return np.einsum("t,tsa->sa", r + gamma * v[1:] - b[s][:-1], slopes) / len(a)


GRADIENT = Law(
    "(9.9) with a baseline",
    gradient(),
    {
        "the baseline is added, and not subtracted": gradient(
            advantage=lambda q, b, r, gamma: q + b[:-1]
        ),
        "the baseline is left out": gradient(advantage=lambda q, b, r, gamma: q),
        "an episode that was only cut off is taken for one that has terminated: b(s_T) stands for "
        "what was not seen": gradient(rest=lambda b, terminated: ()),
        "the end is not seen: b(s_T) counts, although the episode terminated": gradient(
            rest=lambda b, terminated: b[-1:]
        ),
        "terminated is read the wrong way round: b(s_T) counts only after the end": gradient(
            rest=lambda b, terminated: b[-1:] if terminated else ()
        ),
        "b(s_T) is not discounted": lambda theta, s, a, r, terminated, gamma, b: gradient(
            lambda r, gamma, rest: returns(r, gamma) + np.sum(rest)
        )(theta, s, a, r, terminated, gamma, b),
        "b of the last state but one stands for what was not seen, and not b(s_T)": gradient(
            rest=lambda b, terminated: () if terminated else b[-2:-1]
        ),
        "the sign is wrong: that is the way down": gradient(mean=lambda rows: -rows.mean(0)),
        "the sum over the steps is taken, and not the mean": gradient(
            mean=lambda rows: rows.sum(0)
        ),
        "it is divided by T + 1, the number of states, and not by T": gradient(
            mean=lambda rows: rows.sum(0) / (len(rows) + 1)
        ),
        "a table (T, T) is made of returns (T,) and baselines (T, 1): all returns count at each "
        "step": gradient(advantage=lambda q, b, r, gamma: q.mean() - b[:-1]),
        "a table (T, T) is made of returns (T, 1) and baselines (T,): all baselines count at each "
        "step": gradient(advantage=lambda q, b, r, gamma: q - b[:-1].mean()),
        "a factor gamma^t stands before each step; (9.9) has none": gradient(
            advantage=lambda q, b, r, gamma: gamma ** np.arange(len(r)) * (q - b[:-1])
        ),
        "only the last step in each state counts: is there = in the place of +=?": assigned(range),
        "only the first step in each state counts: is there = in the place of +=?": assigned(
            lambda T: range(T - 1, -1, -1)
        ),
        "the baseline of the next state is subtracted, and not that of s_t": gradient(
            advantage=lambda q, b, r, gamma: q - b[1:]
        ),
        "r_{t+1} + gamma b(s_{t+1}) stands in the place of the return: that is an actor-critic": (
            one_step
        ),
        "the advantages are normalised: mean 0, deviation 1": gradient(
            advantage=lambda q, b, r, gamma: (
                (q - b[:-1] - (q - b[:-1]).mean()) / ((q - b[:-1]).std() + 1e-8)
            )
        ),
        "the mean advantage is subtracted, too": gradient(
            advantage=lambda q, b, r, gamma: q - b[:-1] - (q - b[:-1]).mean()
        ),
        **{name: gradient(q=q) for name, q in RETURNS.items()},
        **{name: gradient(slope=slope) for name, slope in SCORES.items()},
    },
)


# One move of REINFORCE. Its arguments: theta before it, which step t it is for, the first theta,
# and those of the task after theta.


def move(
    q: Returns = returns,
    slope: Score = score,
    sign: float = 1,
    at_first: bool = False,
    turned: bool = False,
) -> Callable[..., Any]:
    """(9.32), with parts that may be wrong."""

    def value(
        theta: Any, t: int, first: Any, s: Any, a: Any, r: Any, gamma: float, alpha: float
    ) -> Any:
        k = len(r) - 1 - t if turned else t
        grad = slope(first if at_first else theta, s[k], a[k])
        return theta + sign * alpha * q(r, gamma, ())[k] * grad

    return value


def to_the_end(step: Callable[..., Any]) -> Callable[..., Any]:
    """All moves of an episode."""

    def value(first: Any, s: Any, a: Any, r: Any, gamma: float, alpha: float) -> Any:
        theta = first
        for t in range(len(r)):
            theta = step(theta, t, first, s, a, r, gamma, alpha)
        return theta

    return value


MOVES = {
    "it descends: theta must move along the gradient, and not against it": move(sign=-1),
    "theta of before the episode is used at each step; each step must use the newest one": move(
        at_first=True
    ),
    "the episode is gone through from its end; the book goes from t = 0 on": move(turned=True),
    "alpha is forgotten": lambda theta, t, first, s, a, r, gamma, alpha: move()(
        theta, t, first, s, a, r, gamma, 1.0
    ),
    **{name: move(q=q) for name, q in RETURNS.items()},
    **{name: move(slope=slope) for name, slope in SCORES.items()},
    "the mean return of the episode is subtracted": move(
        q=lambda r, gamma, rest: returns(r, gamma) - returns(r, gamma).mean()
    ),
    "each step is divided by the length of the episode": move(
        q=lambda r, gamma, rest: returns(r, gamma) / len(r)
    ),
    "only the change is returned, and not the new theta": lambda theta, *args: (
        move()(theta, *args) - theta
    ),
    "nothing is changed": lambda theta, *args: theta,
}

REINFORCE = Law(
    "(9.32)",
    move(),
    {
        **MOVES,
        "the list begins with theta_0: it must begin with theta_1": lambda theta, t, *args: (
            move()(theta, t - 1, *args) if t else theta
        ),
        "all entries of the list are one array, changed in place: append a copy": (
            lambda theta, t, *args: to_the_end(move())(*args)
        ),
    },
)

REINFORCE_AT_THE_END = Law(
    "(9.32) at the last theta",
    to_the_end(move()),
    {name: to_the_end(step) for name, step in MOVES.items()},
)


def from_theta(case: Case, answer: Any, logs: Any) -> Iterator[Use]:
    """Each theta from the student's own one before it."""
    theta, *episode = case.values()
    if len(answer) == 1 < len(case["r"]):
        yield Use(REINFORCE_AT_THE_END, (theta, *episode), answer[0], "theta")
        return
    first = theta
    for t, theta_next in enumerate(answer):
        origin = f"From {'your ' if t else ''}theta_{t} = {shown(theta)}"
        yield Use(REINFORCE, (theta, t, first, *episode), theta_next, f"theta_{t + 1}", origin)
        theta = theta_next
