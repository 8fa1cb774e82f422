"""Which of two answers is better? Preferences, and the reward behind them.

    p(y beats y' | x) = sigmoid( r(x, y) - r(x, y') )         [Bradley and Terry 1952]

x is a context: a prompt, a state. y is what was done there: one choice among K, the words of a
text, the steps of a path. Preferences determine the reward up to a constant for each x. Maximum
likelihood finds it: reward_model.py, and for numbered answers `fit_rewards` in wins.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checks import (
    FloatArray,
    check_finite,
    check_number,
    check_rng,
    first_true,
)
from rlbook.experience.plain import all_finite
from rlbook.functions.stochastic_policy import StochasticPolicy


class Answer(NamedTuple):
    """A sequence of choices: a (T,), and s (T, ...), in which each of them was made.

        pi(y|x) = product over t of pi(a_t|s_t)

    For a text, a holds its words and the end token, and s what stood before each of them, the
    prompt included: s is what was given, a what was chosen. For a path, s and a are its states and
    actions.
    """

    s: Any
    a: Any


class Preference(NamedTuple):
    """Somebody preferred one answer to another, both to the same x. [Rafailov et al. 2023]

    x                   a context: a prompt, a state, or its number
    chosen, rejected    two Answers; or their numbers, where answers are numbered
    """

    x: Any
    chosen: Any
    rejected: Any


def path(steps: Iterable[Step]) -> Answer:
    """The steps of an episode as an Answer; ValueError if there are none.

        first, second = (path(e) for e in episodes(interact(env, agent, episodes=2)))

    Only in a deterministic world is pi(y|x) the probability of the path. Two paths can be compared
    if they begin in the same state.
    """
    steps = list(steps)
    if not steps:
        raise ValueError("steps must be one or more steps of an episode, got none")
    return Answer(np.array([t.s for t in steps]), np.array([t.a for t in steps]))


def sigmoid(z: npt.ArrayLike) -> FloatArray:
    """1 / (1 + exp(-z)), without overflow."""
    return np.exp(log_sigmoid(z))


def log_sigmoid(z: npt.ArrayLike) -> FloatArray:
    """ln sigmoid(z) = -ln(1 + exp(-z)), without overflow."""
    return -np.logaddexp(0.0, -np.asarray(z, dtype=float))


def bradley_terry(r: npt.ArrayLike, r_other: npt.ArrayLike) -> FloatArray:
    """How likely is an answer with reward r preferred to one with r_other? [Bradley and Terry 1952]

        p = sigmoid(r - r_other) = 1 / (1 + exp(r_other - r))

    r and r_other (...), arrays of one shape or numbers; returns p (...). Raises ValueError for
    anything but finite real numbers.
    """
    return sigmoid(check_finite(r, "r") - check_finite(r_other, "r_other"))


def prefer(
    x: Any, y: Any, y_other: Any, r: float, r_other: float, rng: np.random.Generator
) -> Preference:
    """Ask somebody who judges by rewards. Returns a `Preference`. [Bradley and Terry 1952]

        y is preferred to y_other with probability sigmoid(r - r_other)

    x             a context
    y, y_other    two answers to it
    r, r_other    their rewards, numbers
    rng           a Generator: what the judgement is drawn from

    Raises ValueError for rewards that are not finite numbers.
    """
    p = bradley_terry(check_number(r, "r"), check_number(r_other, "r_other"))
    if check_rng(rng).random() < p:
        return Preference(x, y, y_other)
    return Preference(x, y_other, y)


def rows(answers: Sequence[Answer]) -> tuple[Any, Any, npt.NDArray[np.intp]]:
    """All choices of all answers in one table: s (N, ...), a (N,), the answer of each choice (N,).

    Raises ValueError for no answers, for anything but Answers, and for s or a that is not finite.
    """
    wrong = [repr(y) for y in answers if not isinstance(y, Answer)] if answers else ["none"]
    if wrong:
        raise ValueError(f"answers must be Answers, one or more, got {wrong[0]}")
    owner = np.repeat(np.arange(len(answers)), [len(y.a) for y in answers])
    s, a = (np.concatenate([y[k] for y in answers]) for k in (0, 1))
    for x, name in ((s, "s"), (a, "a")):
        if x.dtype.kind == "f" and not all_finite(x):
            where = first_true(~np.isfinite(x)) or ()
            raise ValueError(f"{name} must be finite, got {x[where]} in answer {owner[where[0]]}")
    return s, a, owner


def check_log_probs(log_pi: FloatArray, log_ref: FloatArray, owner: Any) -> None:
    """ValueError where ln pi or ln pi_ref is not finite. owner: the answer of each entry, (N,)."""
    for log_p, who in ((log_ref, "reference"), (log_pi, "policy")):
        if (where := first_true(~np.isfinite(log_p))) is not None:
            hint = ": if it was finite before, lr must be smaller" if who == "policy" else ""
            raise ValueError(
                f"the log-probabilities of the {who} must be finite, got {log_p[where]} in answer "
                f"{owner[where[0]]}{hint}"
            )


def totals(x: Any, owner: npt.NDArray[np.intp], n: int) -> FloatArray:
    """The sum of x over the choices of each of n answers, (n,)."""
    return np.bincount(owner, x, minlength=n).astype(float, copy=False)


def log_probs(policy: StochasticPolicy, answers: Sequence[Answer]) -> FloatArray:
    """ln pi(y|x) of each answer, (B,): the sum over its choices of ln pi(a|s)."""
    s, a, owner = rows(answers)
    return totals(policy.log_prob(s, a), owner, len(answers))


class Pairs(NamedTuple):
    """All choices of n pairs of answers: s (N, ...), a (N,).

    owner (N,) is the answer of each choice: pair k has the answers k, chosen, and n + k, rejected.
    """

    s: Any
    a: Any
    owner: npt.NDArray[np.intp]
    n: int

    def margin(self, x: Any) -> FloatArray:
        """The sum of x (N,) over the chosen answer, less that over the rejected one, (n,)."""
        total = totals(x, self.owner, 2 * self.n)
        return total[: self.n] - total[self.n :]

    def slope(self, dh: FloatArray) -> FloatArray:
        """The slope in x (N,) of a function of the margins whose slope in them is dh (n,)."""
        return np.concatenate([dh, -dh])[self.owner]


def pairs(preferences: Sequence[Preference]) -> Pairs:
    """The choices of both answers of each Preference. Raises ValueError as `rows` does."""
    answers = [t.chosen for t in preferences] + [t.rejected for t in preferences]
    return Pairs(*rows(answers), n=len(preferences))
