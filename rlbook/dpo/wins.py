"""Answers that are numbered: how often does each of them win against each other one?

    wins[x, y, y']    how often, in the context x, y was preferred to y'

Such a table, of counts or of probabilities, holds all that is known of preferences between numbered
answers. It determines the reward up to a constant for each x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    FloatArray,
    check_array,
    check_count,
    check_index,
    check_number,
    check_rng,
    first_true,
)
from rlbook.dpo.preferences import Preference, bradley_terry


def expected_wins(reward: npt.ArrayLike, *, flip: float = 0.0) -> FloatArray:
    """How often y wins against y', if all pairs are compared equally often. Returns (X, Y, Y).

        wins[x, y, y'] = sigmoid(reward[x, y] - reward[x, y']) / (Y (Y - 1) / 2)    where flip = 0

    reward    (X, Y), of the one who judges
    flip      the probability that a judgement is recorded the wrong way round, below 1/2

    The sum is 1 for each x: this is the limit of `sample_wins(reward, n, rng) / n`. Raises
    ValueError for numbers out of range.
    """
    r, flip = _rewards(reward), _check_flip(flip)
    p = bradley_terry(r[:, :, None], r[:, None, :])
    p = (1 - flip) * p + flip * p.swapaxes(1, 2)
    n = r.shape[1]
    p[:, np.arange(n), np.arange(n)] = 0.0  # no answer is compared with itself
    return p / (n * (n - 1) / 2)


def sample_wins(
    reward: npt.ArrayLike, n: int, rng: np.random.Generator, *, flip: float = 0.0
) -> FloatArray:
    """Ask for n judgements for each x, each of two answers drawn at random. Returns (X, Y, Y).

        wins[x, y, y'] ~ multinomial(n, expected_wins(reward, flip=flip)[x])

    reward    (X, Y), of the one who judges
    n         a whole number, 1 or more: the counts of each x have this sum
    rng       a Generator
    flip      the probability that a judgement is recorded the wrong way round, below 1/2

    Counts are drawn, not single judgements: ten million cost no more than ten. Raises ValueError
    for numbers out of range.
    """
    p = expected_wins(reward, flip=flip)
    n, rng = check_count(n, "n"), check_rng(rng)
    counts = [rng.multinomial(n, table.ravel() / table.sum()) for table in p]
    return np.array(counts, dtype=float).reshape(p.shape)


def count_wins(preferences: Sequence[Preference], shape: tuple[int, int]) -> FloatArray:
    """How often was y preferred to y'? Returns wins (X, Y, Y).

        wins[x, y, y'] = the number of preferences (x, chosen = y, rejected = y')

    preferences    of x, chosen and rejected that are numbers
    shape          the pair (X, Y)

    Raises ValueError for a number out of range, and an answer that is preferred to itself.
    """
    wins = np.zeros((shape[0], shape[1], shape[1]))
    for t in preferences:
        x = check_index(t.x, shape[0], "x")
        y, other = (check_index(y, shape[1], "chosen and rejected") for y in (t.chosen, t.rejected))
        if y == other:
            raise ValueError(f"chosen and rejected must be two answers, got {y} twice")
        wins[x, y, other] += 1
    return wins


def fit_rewards(wins: npt.ArrayLike, *, tol: float = 1e-12) -> FloatArray:
    """The rewards (X, Y) of maximum likelihood, of mean 0 for each x.

        w[y] <- (wins of y) / sum over y' of n[y, y'] / (w[y] + w[y'])        w = exp(r)

    Zermelo's iteration; n[y, y'] is how often y and y' met. Each step shrinks the error by about
    the same factor, so that the last two steps tell how large it still is. Rare wins need many
    steps; Newton's method, in `TabularDPO.fit`, needs few for any wins.

    wins    (X, Y, Y), counts or probabilities
    tol     the largest error of a reward

    Raises ValueError for wins of another shape, and where 100,000 steps are not enough. Also where
    the likelihood has no maximum: if some answers never lost against the others, their rewards
    would be infinite.
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
        error = moved / (1 - moved / before) if moved < before else np.inf  # a geometric series
        if error <= tol or moved <= 1e-15 * (1 + float(np.abs(r).max())):
            return r
    raise ValueError(
        f"wins must be less rare for Zermelo's iteration, got {wins[wins > 0].min():.2g} beside "
        f"{wins.max():.2g}: after 100,000 steps the error is {error:.2g}; use Newton's method, "
        "TabularDPO(pi_ref, beta=1).fit(wins).reward, with any pi_ref"
    )


def check_wins(wins: npt.ArrayLike) -> FloatArray:
    """Wins as an array (X, Y, Y), finite, not negative, at least one for each x."""
    wins = check_array(wins, "wins")
    if wins.ndim != 3 or not wins.shape[1] == wins.shape[2] >= 2:
        raise ValueError(f"wins must have shape (X, Y, Y), Y at least 2, got {wins.shape}")
    if (bad := first_true(~(np.isfinite(wins) & (wins >= 0)))) is not None:
        raise ValueError(f"wins must be finite and not negative, got {wins[bad]} at {bad}")
    if (x := first_true(wins.sum((1, 2)) == 0)) is not None:
        raise ValueError(f"wins must have a win for every x, got none for x = {x[0]}")
    return wins


def check_connected(wins: FloatArray) -> None:
    """ValueError unless a chain of wins leads from every answer to every other. [Ford 1957]"""
    n = len(wins[0])
    reached = (wins > 0) | np.eye(n, dtype=bool)
    for _ in range(n.bit_length()):
        reached = reached @ reached  # by chains of twice the length
    if (missing := first_true(~reached)) is not None:
        x, y, other = missing
        raise ValueError(
            f"wins must link every answer to every other, got no chain of wins from {y} to {other} "
            f"for x = {x}: the likelihood has no maximum; ask for more judgements"
        )


def _rewards(reward: npt.ArrayLike) -> FloatArray:
    r = check_array(reward, "reward")
    if r.ndim != 2 or r.shape[1] < 2 or not np.isfinite(r).all():
        raise ValueError(f"reward must be finite, of shape (X, Y), Y at least 2, got {r.shape}")
    return r


def _check_flip(flip: float) -> float:
    if check_number(flip, "flip", 0, 0.5) == 0.5:
        raise ValueError("flip must be less than 1/2: at 1/2 the labels say nothing, got 0.5")
    return float(flip)
