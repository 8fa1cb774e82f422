"""Which of two answers is better? Preferences, and the reward behind them.

    p(y beats y' | x) = sigmoid( r(x, y) - r(x, y') )         [Bradley and Terry 1952]

x is a context: a prompt, a state. y is what was done there: one choice among K, the words of a
text, the steps of a path. From preferences a reward can be found again, up to a constant for each
x, by maximum likelihood: RewardModel, and for answers that are numbered `fit_rewards` of wins.py.
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
    check_kind,
    check_number,
    check_rng,
    first_true,
    still_finite,
)
from rlbook.experience.plain import all_finite
from rlbook.functions.optimisers import Adam
from rlbook.functions.parametric import Parametric
from rlbook.functions.stochastic_policy import StochasticPolicy


class Answer(NamedTuple):
    """A sequence of choices: a (T,), and s (T, ...), in which each of them was made.

        pi(y|x) = product over t of pi(a_t|s_t)

    Of a text, a holds its words with the end token, and s what stood before each of them, the
    prompt included: what was given is in s, what was chosen in a. Of a path, s and a are its states
    and actions.
    """

    s: Any
    a: Any


class Preference(NamedTuple):
    """To x somebody preferred one answer to another. [Rafailov et al. 2023]

    x                   a context: a prompt, a state, or its number
    chosen, rejected    Answers; or the numbers of two answers, where those of x are numbered
    """

    x: Any
    chosen: Any
    rejected: Any


def path(steps: Iterable[Step]) -> Answer:
    """The steps of an episode as an Answer; ValueError where there is none.

        first, second = (path(e) for e in episodes(interact(env, agent, episodes=2)))

    That the chance of a path is the product of its policy's chances needs a world without any of
    its own. Whoever compares two paths lets both begin in the same state.
    """
    steps = list(steps)
    if not steps:
        raise ValueError("steps must be some steps of an episode, got none")
    return Answer(np.array([t.s for t in steps]), np.array([t.a for t in steps]))


def sigmoid(z: npt.ArrayLike) -> FloatArray:
    """1 / (1 + exp(-z)), without overflow."""
    p: FloatArray = np.exp(log_sigmoid(z))
    return p


def log_sigmoid(z: npt.ArrayLike) -> FloatArray:
    """ln sigmoid(z) = -ln(1 + exp(-z)), without overflow."""
    log_p: FloatArray = -np.logaddexp(0.0, -np.asarray(z, dtype=float))
    return log_p


def bradley_terry(r: npt.ArrayLike, r_other: npt.ArrayLike) -> FloatArray:
    """How likely is an answer with reward r preferred to one with r_other? [Bradley and Terry 1952]

        p = sigmoid(r - r_other) = 1 / (1 + exp(r_other - r))

    r and r_other (...), arrays of one shape or numbers; returns p (...). Raises ValueError for what
    are no finite real numbers.
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
    """All choices of all answers, one below the other: s (N, ...), a (N,), whose they are (N,).

    Raises ValueError for none at all, for what is no Answer, and for an s or a that is not finite.
    """
    if not answers or not all(isinstance(y, Answer) for y in answers):
        wrong = next((y for y in answers if not isinstance(y, Answer)), "none")
        raise ValueError(f"answers must be Answers of states and choices, got {wrong!r}")
    owner = np.repeat(np.arange(len(answers)), [len(y.a) for y in answers])
    s, a = (np.concatenate([y[k] for y in answers]) for k in (0, 1))
    for x, name in ((s, "s"), (a, "a")):
        if x.dtype.kind == "f" and not all_finite(x):
            where = first_true(~np.isfinite(x)) or ()
            raise ValueError(f"{name} must be finite, got {x[where]} in answer {owner[where[0]]}")
    return s, a, owner


def check_log_probs(log_pi: FloatArray, log_ref: FloatArray, owner: Any) -> None:
    """ValueError where ln pi or ln pi_ref is not finite; it names the answer, its owner."""
    for log_p, who in ((log_ref, "reference"), (log_pi, "policy")):
        if (where := first_true(~np.isfinite(log_p))) is not None:
            hint = ": if it was finite before, lr must be smaller" if who == "policy" else ""
            raise ValueError(
                f"the log-probabilities of the {who} must be finite, got {log_p[where]} in answer "
                f"{owner[where[0]]}{hint}"
            )


def totals(x: Any, owner: npt.NDArray[np.intp], n: int) -> FloatArray:
    """The sum over the choices of each of n answers, (n,)."""
    return np.bincount(owner, x, minlength=n).astype(float, copy=False)


def log_probs(policy: StochasticPolicy, answers: Sequence[Answer]) -> FloatArray:
    """ln pi(y|x) of each answer, (B,): the sum over its choices of ln pi(a|s)."""
    s, a, owner = rows(answers)
    return totals(policy.log_prob(s, a), owner, len(answers))


class RewardModel:
    """A reward learned from preferences: maximum likelihood, with Adam. [Rafailov et al. 2023]

        r(x, y) = sum over the choices of y of f(s)[a]
        theta <- theta + alpha grad mean of ln sigmoid( r(x, chosen) - r(x, rejected) )

    f               a function with an output for each choice: a Table, a Linear, a network
    lr              the step size of Adam
    weight_decay    as in `Adam`

    `update` takes a step along the gradient of the likelihood of some Preferences between Answers.
    Raises ValueError for an f that is no function, a number out of range and, from `update`, what
    are no Answers.
    """

    def __init__(self, f: Parametric, *, lr: float, weight_decay: float = 0.0) -> None:
        check_kind(f, Parametric, "f")
        self.f, self.adam = f, Adam(f, lr, weight_decay=weight_decay)
        self.last_loss = np.nan

    def __call__(self, answers: Sequence[Answer]) -> FloatArray:
        """r(x, y) of each answer, (B,)."""
        s, a, owner = rows(answers)
        return totals(self.f(s)[np.arange(len(a)), a], owner, len(answers))

    def update(self, preferences: Sequence[Preference]) -> None:
        """One step down the mean of -ln sigmoid( r(x, chosen) - r(x, rejected) )."""
        n = len(preferences)
        answers = [t.chosen for t in preferences] + [t.rejected for t in preferences]
        s, a, owner = rows(answers)
        y = self.f(s)
        r = totals(y[np.arange(len(a)), a], owner, 2 * n)
        h = r[:n] - r[n:]
        self.last_loss = float(-log_sigmoid(h).mean())
        still_finite(self.last_loss, "lr")
        by_r = np.concatenate([-sigmoid(-h), sigmoid(-h)]) / n  # of the chosen, of the rejected
        dy = np.zeros_like(y)
        dy[np.arange(len(a)), a] = by_r[owner]
        self.f.backward(dy)
        self.adam.step()
