"""Answers that are numbered: how often does each of them win against each other one?

    wins[x, y, y']    how often, in the context x, y was preferred to y'

All that is known of preferences between numbered answers is in such a table, whether it holds
counts or chances. From it a reward can be found again, up to a constant for each x.
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
)
from rlbook.dpo.preferences import Preference, bradley_terry


def expected_wins(reward: npt.ArrayLike, *, flip: float = 0.0) -> FloatArray:
    """How often y wins against y', if every pair is asked for equally often. Returns (X, Y, Y).

        wins[x, y, y'] = sigmoid(reward[x, y] - reward[x, y']) / (Y (Y - 1) / 2)    where flip = 0

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
    """Ask n times for each x, every time about two answers drawn at random. Returns (X, Y, Y).

        wins[x, y, y'] ~ multinomial(n, expected_wins(reward, flip=flip)[x])

    reward    (X, Y), of the one who judges
    n         a whole number, 1 or more: the counts of each x have this sum
    rng       a Generator
    flip      the share of judgements that are noted the wrong way round, below 1/2

    They are drawn as counts, pair by pair, so that ten million cost no more than ten. Raises
    ValueError for numbers out of range.
    """
    p = expected_wins(reward, flip=flip)
    n, rng = check_count(n, "n"), check_rng(rng)
    counts = [rng.multinomial(n, table.ravel() / table.sum()) for table in p]
    wins: FloatArray = np.array(counts, dtype=float).reshape(p.shape)
    return wins


def count_wins(preferences: Sequence[Preference], shape: tuple[int, int]) -> FloatArray:
    """How often was y preferred to y'? Returns wins (X, Y, Y).

        wins[x, y, y'] = the number of preferences (x, chosen = y, rejected = y')

    preferences    their x, chosen and rejected are numbers
    shape          the pair (X, Y)

    Raises ValueError for a number out of range, and an answer that is preferred to itself.
    """
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

        w[y] <- (wins of y) / sum over y' of n[y, y'] / (w[y] + w[y'])        w = exp(r)

    Zermelo's iteration, with n the number of times y and y' met. Its error falls by a factor at
    every step; it stops when what is left of it, as the last two steps tell, is below tol. The
    rarer the rarest win, the more steps; Newton's method, in `TabularDPO.fit`, does not mind.

    wins    (X, Y, Y), numbers of wins or their chances
    tol     a number, of the error of the rewards

    Raises ValueError for wins of another shape, and where the likelihood has no largest value:
    where some answers never lost against the others, their rewards would be infinite. And where
    100,000 steps are not enough.
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
