"""Wins between numbered answers: their chances, and the rewards that make them likeliest."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preference_cases import exactly
from scipy.optimize import minimize

from rlbook.dpo.preferences import Preference
from rlbook.dpo.tabular import TabularDPO
from rlbook.dpo.wins import (
    check_connected,
    check_wins,
    count_wins,
    expected_wins,
    fit_rewards,
    sample_wins,
)

# Wins


@pytest.mark.parametrize("flip", [0.0, 0.1, 0.4999])
def test_expected_wins_by_hand(flip):
    reward = np.array([[0.0, 1.0, -0.5, 2.0], [3.0, 3.0, 0.0, -7.0]])
    wins = expected_wins(reward, flip=flip)
    assert wins.shape == (2, 4, 4)
    for x, y, other in np.ndindex(2, 4, 4):
        right = 1 / (1 + math.exp(reward[x, other] - reward[x, y]))
        noted = right * (1 - flip) + (1 - right) * flip
        assert wins[x, y, other] == pytest.approx(0 if y == other else noted / 6, rel=1e-13)
    assert wins.sum((1, 2)) == pytest.approx([1, 1], rel=1e-14)
    met = wins + wins.swapaxes(1, 2)
    assert met[:, ~np.eye(4, dtype=bool)] == pytest.approx(1 / 6)
    np.testing.assert_allclose(
        expected_wins(reward + np.array([[5.0], [-9.0]]), flip=flip), wins, rtol=1e-13
    )


def test_flipping_labels_is_a_mean_of_both_ways_round():
    reward = np.random.default_rng(0).normal(size=(3, 5))
    right, flipped = expected_wins(reward), expected_wins(reward, flip=0.3)
    np.testing.assert_allclose(flipped, 0.7 * right + 0.3 * right.swapaxes(1, 2), rtol=1e-14)


def test_far_rewards_do_not_overflow():
    wins = expected_wins([[0.0, 1e4, -1e4]])
    assert wins[0].tolist() == [[0, 0, 1 / 3], [1 / 3, 0, 1 / 3], [0, 0, 0]]


@pytest.mark.parametrize("flip", [0.0, 0.25])
def test_sampled_wins_are_counts_with_these_chances(flip):
    reward, n = np.array([[0.0, 1.0, -0.5], [2.0, 0.0, 0.0]]), 10**7
    wins = sample_wins(reward, n, np.random.default_rng(4), flip=flip)
    assert wins.shape == (2, 3, 3)
    assert wins.sum((1, 2)).tolist() == [n, n]
    assert (wins == np.round(wins)).all()
    assert not wins[:, np.arange(3), np.arange(3)].any()
    p = expected_wins(reward, flip=flip)
    seen = p > 0
    error = (wins - n * p)[seen] / np.sqrt(n * p * (1 - p))[seen]
    assert np.abs(error).max() < 4  # a fixed seed
    again = sample_wins(reward, n, np.random.default_rng(4), flip=flip)
    assert np.array_equal(wins, again)


def test_a_handful_of_samples():
    for n in range(1, 6):
        wins = sample_wins([[0.0, 0.0], [1.0, 2.0]], n, np.random.default_rng(n))
        assert wins.sum((1, 2)).tolist() == [n, n]
    rng = np.random.default_rng(0)
    drawn = [sample_wins([[1.0, 0.0]], 1, rng)[0, 0, 1] for _ in range(4000)]
    p = 1 / (1 + math.exp(-1))
    assert abs(np.mean(drawn) - p) < 4 * math.sqrt(p * (1 - p) / 4000)


def test_counting():
    said = [Preference(0, 2, 1), Preference(1, 0, 1), Preference(0, 2, 1), Preference(0, 1, 2)]
    wins = count_wins(said, (2, 3))
    expected = np.zeros((2, 3, 3))
    expected[0, 2, 1], expected[1, 0, 1], expected[0, 1, 2] = 2, 1, 1
    assert np.array_equal(wins, expected)
    assert not count_wins([], (1, 2)).any()


@pytest.mark.parametrize("reward", [[1.0, 2.0], [[1.0], [2.0]], [[1.0, np.nan]], [[0.0, np.inf]]])
def test_rewards_that_are_none(reward):
    with pytest.raises(ValueError, match="reward must be finite, of shape"):
        expected_wins(reward)


@pytest.mark.parametrize("flip", [-0.1, 0.5, 0.7, np.nan, "some"])
def test_flips_that_are_none(flip):
    for ask in (
        expected_wins,
        lambda r, flip: sample_wins(r, 5, np.random.default_rng(), flip=flip),
    ):
        with pytest.raises(ValueError, match="flip must"):
            ask([[0.0, 1.0]], flip=flip)


@pytest.mark.parametrize("n", [0, -3, 2.5])
def test_samples_must_be_counted(n):
    with pytest.raises(ValueError, match="n must be a whole number"):
        sample_wins([[0.0, 1.0]], n, np.random.default_rng(0))


@pytest.mark.parametrize(
    "wins",
    [
        np.ones((3, 3)),
        np.ones((1, 2, 3)),
        np.ones((2, 1, 1)),
        [[[0.0, -1.0], [2.0, 0.0]]],
        [[[0.0, np.nan], [2.0, 0.0]]],
        [[[0.0, np.inf], [2.0, 0.0]]],
        [[[0.0, 1.0], [2.0, 0.0]], np.zeros((2, 2))],
    ],
)
def test_wins_that_are_none(wins):
    for check in (check_wins, fit_rewards):
        with pytest.raises(ValueError, match="wins must"):
            check(wins)


# Where the likelihood has a largest value


def strongly_connected(wins):
    """Floyd and Warshall: who beats whom by a chain."""
    n = len(wins)
    reach = [[bool(wins[i][j] > 0) or i == j for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return all(map(all, reach))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9), st.floats(0.05, 0.7))
def test_connection_agrees_with_chains_followed_one_by_one(seed, n, share):
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 5, (n, n)) * (rng.random((n, n)) < share).astype(float)
    if strongly_connected(wins):
        check_connected(wins[None])
    else:
        with pytest.raises(ValueError, match="wins must link every answer to every other"):
            check_connected(wins[None])


@pytest.mark.parametrize("n", range(2, 18))
def test_the_longest_chains(n):
    ring = np.zeros((1, n, n))
    ring[0, np.arange(n), (np.arange(n) + 1) % n] = 1.0
    check_connected(ring)
    ring[0, n - 1, 0] = 0.0
    with pytest.raises(ValueError, match=f"no chain of wins from (1|{n - 1}) to 0 for x = 0"):
        check_connected(ring)


def test_the_error_names_the_context():
    good = np.ones((2, 2))
    with pytest.raises(ValueError, match="no chain of wins from 1 to 0 for x = 2"):
        check_connected(np.array([good, good, [[0.0, 3.0], [0.0, 0.0]]]))


NO_LARGEST = {
    "never lost": [[[0, 1, 1], [0, 0, 1], [0, 1, 0]]],
    "never won": [[[0, 1, 2], [1, 0, 2], [0, 0, 0]]],
    "never asked about": [[[0, 1, 0], [1, 0, 0], [0, 0, 0]]],
    "two groups": [[[0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0]]],
}


@pytest.mark.parametrize("kind", NO_LARGEST)
def test_no_rewards_where_the_likelihood_has_no_largest_value(kind):
    with pytest.raises(ValueError, match="wins must link every answer to every other"):
        fit_rewards(NO_LARGEST[kind])


# Rewards by maximum likelihood


def test_two_answers_by_hand():
    wins = np.array([[[0, 3.0], [1.0, 0]], [[0, 5.0], [20.0, 0]]])
    half = [math.log(3) / 2, math.log(1 / 4) / 2]
    np.testing.assert_allclose(fit_rewards(wins), [[x, -x] for x in half], rtol=1e-12)


@pytest.mark.parametrize("answers", [2, 3, 8])
def test_the_rewards_come_back_from_expected_wins(answers):
    reward = np.random.default_rng(answers).uniform(-1.5, 1.5, (4, answers))
    fitted = fit_rewards(expected_wins(reward))
    exactly(fitted, reward - reward.mean(1, keepdims=True), 1e-11)
    exactly(fitted.mean(1), 0, 1e-14)
    shifted = fit_rewards(expected_wins(reward + np.arange(4)[:, None]))
    exactly(shifted, fitted, 1e-11)
    exactly(fit_rewards(1000 * expected_wins(reward)), fitted, 1e-11)


def likelihood(r, wins):
    return sum(wins[y, z] * -math.log1p(math.exp(r[z] - r[y])) for y, z in np.ndindex(wins.shape))


@pytest.mark.parametrize("seed", range(5))
def test_no_other_rewards_are_likelier(seed):
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 9, (4, 4)).astype(float)
    np.fill_diagonal(wins, 0)
    fitted = fit_rewards(wins[None])[0]
    assert np.abs(naive.slope(lambda: likelihood(fitted, wins), fitted)).max() < 1e-7
    found = minimize(lambda r: -likelihood(r, wins), np.zeros(4), tol=1e-12).x
    exactly(found - found.mean(), fitted, 1e-5)
    for _ in range(20):
        assert likelihood(fitted + 0.1 * rng.normal(size=4), wins) < likelihood(fitted, wins)


@pytest.mark.book("dpo:rlhf")
@pytest.mark.parametrize("beta", [0.05, 0.5, 5.0])
def test_two_programs_one_reward(beta):
    """What Zermelo finds is what DPO's policy stands for, whatever pi_ref and beta."""
    rng = np.random.default_rng(8)
    reward, pi_ref = rng.uniform(-1.5, 1.5, (3, 6)), rng.dirichlet(np.ones(6), 3)
    wins = sample_wins(reward, 1000, rng)
    dpo = TabularDPO(pi_ref, beta=beta).fit(wins)
    exactly(fit_rewards(wins), dpo.reward, 1e-10)


def test_an_answer_is_not_compared_with_itself():
    with pytest.raises(ValueError, match="chosen and rejected must be two answers, got 1 twice"):
        count_wins([Preference(0, 1, 1)], (1, 2))


def test_wins_that_are_too_rare():
    with pytest.raises(ValueError, match=r"TabularDPO.* with any pi_ref"):
        fit_rewards(expected_wins([[0.0, 25.0, 3.0]]))


def test_a_weak_link_between_strong_rivals():
    """Of four answers two pairs met often and the pairs four times: the gap is still ln 3."""
    wins = np.zeros((1, 4, 4))
    wins[0, 0, 1] = wins[0, 1, 0] = wins[0, 2, 3] = wins[0, 3, 2] = 2000
    wins[0, 1, 2], wins[0, 2, 1] = 3, 1
    fitted = fit_rewards(wins)[0]
    gap = math.log(3) / 2
    exactly(fitted, [gap, gap, -gap, -gap], 1e-10)
