"""Which of two answers is better? Preferences, and the reward behind them.

    p(y beats y' | x) = sigmoid( r(x, y) - r(x, y') )         [Bradley and Terry 1952]

x is a context: a prompt, a state. y is what was done there: one choice among K, the words of a
text, the steps of a path. From preferences a reward can be found again, up to a constant for each
x, by maximum likelihood.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checks import (
    FloatArray,
    check_array,
    check_count,
    check_index,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.networks import Adam
from rlbook.parametric import Parametric
from rlbook.policy_gradient import check_kind
from rlbook.stochastic_policy import StochasticPolicy


class Answer(NamedTuple):
    """A sequence of choices: a (T,), and s (T, ...), in which each of them was made.

    Of a text, a holds its words with the end token, and s what stood before each of them, the
    prompt included: what was given is in s, what was chosen in a. Of a path, s and a are its states
    and actions.
    """

    s: Any
    a: Any


class Preference(NamedTuple):
    """To x somebody preferred one answer to another.

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
    """How likely an answer with reward r is preferred to one with r_other."""
    return sigmoid(check_array(r, "r") - check_array(r_other, "r_other"))


def prefer(
    x: Any, y: Any, y_other: Any, r: float, r_other: float, rng: np.random.Generator
) -> Preference:
    """Ask somebody who judges by the rewards r and r_other, with Bradley and Terry's chances.

    Raises ValueError for rewards that are not finite numbers.
    """
    p = bradley_terry(check_number(r, "r"), check_number(r_other, "r_other"))
    if check_rng(rng).random() < p:
        return Preference(x, y, y_other)
    return Preference(x, y_other, y)


# Answers that are numbered: how often each of them wins against each other one


def expected_wins(reward: npt.ArrayLike, *, flip: float = 0.0) -> FloatArray:
    """How often y wins against y', wins[x, y, y'], if every pair is asked for equally often.

    reward    (X, Y), of the one who judges
    flip      the share of judgements that are noted the wrong way round, below 1/2

    Of sum 1 for each x: what `sample_wins(reward, n, rng) / n` approaches. Raises ValueError for
    numbers out of range.
    """
    r, flip = _rewards(reward), _check_flip(flip)
    p = bradley_terry(r[:, :, None], r[:, None, :])
    p = (1 - flip) * p + flip * p.swapaxes(1, 2)
    n = r.shape[1]
    p[:, np.arange(n), np.arange(n)] = 0.0  # nobody is asked to compare an answer with itself
    wins: FloatArray = p / (n * (n - 1) / 2)
    return wins


def sample_wins(
    reward: npt.ArrayLike, n: int, rng: np.random.Generator, *, flip: float = 0.0
) -> FloatArray:
    """Ask n times for each x, every time about two answers drawn at random: wins[x, y, y'].

    Counts of sum n for each x, with the chances of `expected_wins`. They are drawn as counts, pair
    by pair, so that ten million cost no more than ten.
    """
    p = expected_wins(reward, flip=flip)
    n, rng = check_count(n, "n"), check_rng(rng)
    counts = [rng.multinomial(n, table.ravel() / table.sum()) for table in p]
    wins: FloatArray = np.array(counts, dtype=float).reshape(p.shape)
    return wins


def count_wins(preferences: Sequence[Preference], shape: tuple[int, int]) -> FloatArray:
    """wins[x, y, y'] of preferences whose x, chosen and rejected are numbers. shape is (X, Y)."""
    wins = np.zeros((shape[0], shape[1], shape[1]))
    for t in preferences:
        x = check_index(t.x, shape[0], "x")
        pair = (check_index(y, shape[1], "chosen and rejected") for y in (t.chosen, t.rejected))
        y, other = pair
        if y == other:
            raise ValueError(f"chosen and rejected must be two answers, got {y} twice")
        wins[x, y, other] += 1
    return wins


def fit_rewards(wins: npt.ArrayLike, *, tol: float = 1e-12) -> FloatArray:
    """The rewards (X, Y) under which these wins are likeliest, of mean 0 for each x.

    Zermelo's iteration, for w = exp(r): w[y] <- (wins of y) / sum over y' of n[y, y'] / (w[y] +
    w[y']), with n the number of times y and y' met. Its error falls by a factor at every step; it
    stops when what is left of it, as the last two steps tell, is below tol. The rarer the rarest
    win, the more steps; Newton's method, in `TabularDPO.fit`, does not mind.

    wins    (X, Y, Y), numbers of wins or their chances

    Raises ValueError where the likelihood has no largest value: where some answers never lost
    against the others, their rewards would be infinite. And where 100,000 steps are not enough.
    """
    wins = check_wins(wins)
    check_connected(wins)
    met, won = wins + wins.swapaxes(1, 2), wins.sum(2)
    r: FloatArray = np.zeros(won.shape)
    moved = np.inf
    for _ in range(100_000):
        w = np.exp(r)
        new: FloatArray = np.log(won / (met / (w[:, :, None] + w[:, None, :])).sum(2))
        new -= new.mean(1, keepdims=True)
        before, moved, r = moved, float(np.abs(new - r).max()), new
        left = moved / (1 - moved / before) if moved < before else np.inf  # a geometric series
        if left <= tol or moved <= 1e-15 * (1 + float(np.abs(r).max())):
            return r
    raise ValueError(
        "wins must not be as rare as some of these, for this iteration; "
        "TabularDPO(pi_ref, beta=1).fit(wins).reward does not mind"
    )


def check_wins(wins: npt.ArrayLike) -> FloatArray:
    """Wins as an array (X, Y, Y), finite, not negative, some for each x."""
    wins = check_array(wins, "wins")
    if wins.ndim != 3 or wins.shape[1] != wins.shape[2] or wins.shape[1] < 2:
        raise ValueError(f"wins must have shape (X, Y, Y), two answers or more, got {wins.shape}")
    if not (np.isfinite(wins).all() and (wins >= 0).all() and (wins.sum((1, 2)) > 0).all()):
        raise ValueError("wins must be finite and not negative, with a win for every x")
    return wins


def check_connected(wins: FloatArray) -> None:
    """ValueError unless a chain of wins leads from every answer to every other. [Ford 1957]"""
    reach = (wins > 0) | np.eye(wins.shape[1], dtype=bool)
    for _ in range(wins.shape[1].bit_length()):
        reach = reach @ reach  # chains of twice the length
    if not reach.all():
        x, y, other = (int(i) for i in np.argwhere(~reach)[0])
        raise ValueError(
            f"wins must lead from every answer to every other, got none from {y} to {other} for "
            f"x = {x}: without it the likelihood has no largest value; ask more often"
        )


def _rewards(reward: npt.ArrayLike) -> FloatArray:
    r = check_array(reward, "reward")
    if r.ndim != 2 or r.shape[1] < 2 or not np.isfinite(r).all():
        raise ValueError(f"reward must be finite, of shape (X, Y), Y at least 2, got {r.shape}")
    return r


def _check_flip(flip: float) -> float:
    if check_number(flip, "flip", 0, 0.5) == 0.5:
        raise ValueError("flip must be less than 1/2: half wrong labels say nothing, got 0.5")
    return float(flip)


# Answers that are sequences


def rows(answers: Sequence[Answer]) -> tuple[Any, Any, npt.NDArray[np.intp]]:
    """All choices of all answers, one below the other: s (N, ...), a (N,), whose they are (N,).

    Raises ValueError for none at all, and for what is no Answer.
    """
    if not answers or not all(isinstance(y, Answer) for y in answers):
        wrong = next((y for y in answers if not isinstance(y, Answer)), "none")
        raise ValueError(f"answers must be Answers of states and choices, got {wrong!r}")
    lengths = [len(y.a) for y in answers]
    s, a = (np.concatenate([y[k] for y in answers]) for k in (0, 1))
    return s, a, np.repeat(np.arange(len(answers)), lengths)


def totals(x: Any, owner: npt.NDArray[np.intp], n: int) -> FloatArray:
    """The sum over the choices of each of n answers, (n,)."""
    return np.bincount(owner, x, minlength=n).astype(float, copy=False)


def log_probs(policy: StochasticPolicy, answers: Sequence[Answer]) -> FloatArray:
    """ln pi(y|x) of each answer, (B,): the sum over its choices of ln pi(a|s)."""
    s, a, owner = rows(answers)
    return totals(policy.log_prob(s, a), owner, len(answers))


class RewardModel:
    """A reward learned from preferences: r(x, y) = sum over the choices of y of f(s)[a].

    f     a function with an output for each choice: a Table, a Linear, a network
    lr    the step size of Adam; weight_decay as there

    `update` takes a step along the gradient of the likelihood of some Preferences between Answers.
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
