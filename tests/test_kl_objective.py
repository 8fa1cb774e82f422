"""The best policy near another one, exactly."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preference_cases import BETAS, exactly, problem, seeds, table

from rlbook.dpo.kl_objective import (
    best_of_n,
    check_beta,
    kl_divergence,
    objective,
    optimal_policy,
    reward_kl_frontier,
)
from rlbook.dpo.rlhf import RLHF

# KL


def test_kl_by_hand():
    expected = 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75)
    assert kl_divergence([0.5, 0.5], [0.25, 0.75]) == pytest.approx(expected, rel=1e-14)
    other = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    both = kl_divergence([[0.5, 0.5], [0.25, 0.75]], [[0.25, 0.75], [0.5, 0.5]])
    assert both == pytest.approx([expected, other], rel=1e-14)
    assert kl_divergence([[0.5, 0.5], [0.25, 0.75]], [0.25, 0.75]) == pytest.approx([expected, 0])


def test_kl_at_the_edges():
    assert kl_divergence([0.0, 1.0], [0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-15)
    assert kl_divergence([0.0, 1.0], [0.0, 1.0]) == 0.0  # nobody does what nobody did
    assert kl_divergence([0.5, 0.5], [0.0, 1.0]) == np.inf
    assert kl_divergence([1e-300, 1.0], [0.0, 1.0]) == np.inf
    assert kl_divergence([1.0], [1.0]) == 0.0
    assert kl_divergence([0.5, 0.5], [1e-300, 1.0]) == pytest.approx(
        math.log(0.5) + 150 * math.log(10), rel=1e-14
    )
    for pi, pi_ref in (([0.5, 0.6], [0.5, 0.5]), ([0.5, 0.5], [1.5, -0.5])):
        with pytest.raises(ValueError, match="pi"):
            kl_divergence(pi, pi_ref)


@given(seeds)
def test_kl_is_never_negative_and_zero_only_at_home(seed):
    (p, q), _ = problem(seed, 2)
    assert kl_divergence(p, q) > 0
    assert kl_divergence(p, p) == 0
    assert kl_divergence(p, q) == pytest.approx(
        sum(x * math.log(x / y) for x, y in zip(p, q, strict=True)), rel=1e-9
    )


# The objective and its maximum


def test_the_objective_by_hand():
    pi, pi_ref, r = [[0.25, 0.75]], [[0.5, 0.5]], [[2.0, -1.0]]
    kl = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert objective(pi, pi_ref, r, 0.3) == pytest.approx([0.5 - 0.75 - 0.3 * kl], rel=1e-14)
    assert objective(pi_ref, pi_ref, r, 0.3) == pytest.approx([0.5])


def test_the_best_policy_by_hand():
    pi = optimal_policy([0.5, 0.25, 0.25], [0.0, math.log(2), math.log(4)], 0.5)
    assert pi == pytest.approx(np.array([0.5, 1.0, 4.0]) / 5.5, rel=1e-14)


@pytest.mark.parametrize("beta", BETAS)
def test_the_value_at_the_maximum_is_beta_ln_z(beta):
    pi_ref, r = problem(0)
    z = (pi_ref * np.exp(r / beta)).sum(1)
    best = optimal_policy(pi_ref, r, beta)
    np.testing.assert_allclose(best, pi_ref * np.exp(r / beta) / z[:, None], rtol=1e-12)
    exactly(objective(best, pi_ref, r, beta), beta * np.log(z))


@pytest.mark.book("dpo:closed-form")
@given(seeds, st.floats(0.02, 50), st.floats(0.001, 1))
def test_every_other_policy_falls_short_by_beta_times_its_kl_to_the_best(seed, beta, share):
    pi_ref, r = problem(seed)
    best = optimal_policy(pi_ref, r, beta)
    pi = share * problem(seed + 1)[0] + (1 - share) * best
    short = objective(best, pi_ref, r, beta) - objective(pi, pi_ref, r, beta)
    assert (short > -1e-13 * (1 + beta)).all()
    exactly(short, beta * kl_divergence(pi, best), 1e-11 * (1 + beta))


@given(seeds, st.floats(0.02, 50))
def test_rewards_may_be_shifted_in_each_context(seed, beta):
    pi_ref, r = problem(seed)
    shift = np.random.default_rng(seed).normal(size=(len(r), 1))
    exactly(optimal_policy(pi_ref, r + shift, beta), optimal_policy(pi_ref, r, beta), 1e-11)


def test_what_pi_ref_never_does_is_never_done():
    pi_ref, r = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]), [[1e3, 0.0, 1.0], [0.0, 9.0, 9.0]]
    pi = optimal_policy(pi_ref, r, 1.0)
    e = math.e
    exactly(pi, [[0, 1 / (1 + e), e / (1 + e)], [1, 0, 0]], 1e-15)
    assert (pi[pi_ref == 0] == 0).all()
    for x in (objective(pi, pi_ref, r, 1.0), *reward_kl_frontier(pi_ref, r, [0.1, 1.0])):
        assert np.isfinite(x).all()


def test_extreme_beta():
    pi_ref, r = [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]], [[1.0, 2.0, -3.0], [2.0, 2.0, -3.0]]
    for beta in (1e-12, 1e-300):
        exactly(optimal_policy(pi_ref, r, beta), [[0, 1, 0], [0.4, 0.6, 0]], 1e-15)
    exactly(optimal_policy(pi_ref, r, 1e300), pi_ref, 1e-15)
    gained, kl = reward_kl_frontier(pi_ref, r, [1e300, 1e-12])
    exactly(gained, [(-0.7 - 0.5) / 2, 2.0], 1e-14)
    exactly(kl, [0, -(math.log(0.3) + math.log(0.5)) / 2], 1e-14)


@pytest.mark.parametrize("beta", [0, -1, np.nan, np.inf, "0.1", None])
def test_beta_is_above_zero(beta):
    makers = (
        check_beta,
        lambda b: optimal_policy([0.5, 0.5], [0.0, 1.0], b),
        lambda b: objective([0.5, 0.5], [0.5, 0.5], [0.0, 1.0], b),
        lambda b: RLHF(table(np.ones((1, 2)) / 2), beta=b, lr=0.1, rng=np.random.default_rng()),
    )
    for make in makers:
        with pytest.raises(ValueError, match="beta must"):
            make(beta)


@pytest.mark.parametrize(
    ("pi_ref", "reward", "wrong"),
    [
        ([0.5, 0.6], [0.0, 1.0], "pi_ref must sum to 1"),
        ([1.5, -0.5], [0.0, 1.0], "pi_ref must be finite and not negative"),
        ([0.5, 0.5], [0.0, 1.0, 2.0], r"reward must have shape \(2,\), got \(3,\)"),
        ([0.5, 0.5], [[0.0, 1.0]], r"reward must have shape \(2,\), got \(1, 2\)"),
        ([0.5, 0.5], [0.0, np.inf], "reward must be finite, got inf at"),
        ([0.5, 0.5], [0.0, np.nan], "reward must be finite, got nan at"),
    ],
)
def test_arguments_that_do_not_fit(pi_ref, reward, wrong):
    makers = (
        lambda: optimal_policy(pi_ref, reward, 1.0),
        lambda: reward_kl_frontier(pi_ref, reward, [1.0]),
        lambda: best_of_n(pi_ref, reward, 2),
    )
    for make in makers:
        with pytest.raises(ValueError, match=wrong):
            make()


# The frontier


@pytest.mark.book("dpo:frontier")
def test_the_frontier_by_hand():
    gained, kl = reward_kl_frontier([[0.5, 0.5], [0.5, 0.5]], [[0.0, 1.0], [0.0, 0.0]], 1.0)
    p = math.e / (1 + math.e)
    divergence = p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p))
    assert gained == pytest.approx([p / 2], rel=1e-14)
    assert kl == pytest.approx([divergence / 2], rel=1e-13)


@pytest.mark.book("dpo:frontier")
@pytest.mark.parametrize("beta", BETAS)
def test_the_slope_of_the_frontier_is_beta(beta):
    pi_ref, r = problem(4)
    h = 1e-4 * beta
    gained, kl = reward_kl_frontier(pi_ref, r, [beta - h, beta + h])
    assert (gained[1] - gained[0]) / (kl[1] - kl[0]) == pytest.approx(beta, rel=1e-6)


def test_more_reward_costs_more_kl():
    gained, kl = reward_kl_frontier(*problem(5), np.logspace(2, -2, 60))
    assert (np.diff(gained) > 0).all()
    assert (np.diff(kl) > 0).all()


@pytest.mark.book("dpo:frontier")
@given(seeds, st.floats(0.02, 20), st.floats(0, 1))
def test_nobody_lies_above_the_frontier(seed, beta, share):
    pi_ref, r = problem(seed)
    gained, kl = reward_kl_frontier(pi_ref, r, [beta])
    anybody = share * problem(seed + 1)[0] + (1 - share) * pi_ref
    for pi in (anybody, best_of_n(pi_ref, r, 3), optimal_policy(pi_ref, r, 1.7 * beta)):
        tangent = gained[0] + beta * (kl_divergence(pi, pi_ref).mean() - kl[0])
        assert (pi * r).sum(1).mean() <= tangent + 1e-12 * (1 + beta)


# Best of n


def enumerated(pi_ref, r, n):
    """Every n answers that could be drawn; of the best ones the first."""
    pi = np.zeros(len(pi_ref))
    for drawn in itertools.product(range(len(pi_ref)), repeat=n):
        best = max(drawn, key=lambda y: r[y])  # max keeps the first
        pi[best] += math.prod(pi_ref[y] for y in drawn)
    return pi


REWARDS = {
    "all different": [[0.3, -1.0, 2.0, 0.5], [1.0, 2.0, 3.0, 4.0]],
    "two alike": [[0.3, 0.3, 2.0, 0.5], [1.0, 2.0, 2.0, 1.0]],
    "the best alike": [[2.0, -1.0, 2.0, 2.0], [1.0, 1.0, 0.0, 0.5]],
    "all alike": [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]],
}


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("rewards", REWARDS)
@pytest.mark.parametrize("zeros", [False, True])
def test_best_of_n_is_what_all_draws_say(n, rewards, zeros):
    pi_ref, r = problem(6, 2, 4)[0], np.array(REWARDS[rewards])
    if zeros:
        pi_ref = np.array([[0.0, 0.5, 0.2, 0.3], [0.25, 0.75, 0.0, 0.0]])
    expected = [enumerated(p, x, n) for p, x in zip(pi_ref, r, strict=True)]
    exactly(best_of_n(pi_ref, r, n), expected, 1e-14)
    exactly(best_of_n(pi_ref[0], r[0], n), expected[0], 1e-14)  # of one context


@given(seeds, st.integers(1, 1000), st.booleans())
def test_the_kl_of_best_of_n(seed, n, ties):
    pi_ref, r = problem(seed)
    pi = best_of_n(pi_ref, np.round(r) if ties else r, n)
    kl = kl_divergence(pi, pi_ref)
    assert (kl <= math.log(n) - (n - 1) / n + 1e-12).all()
    assert (kl > -1e-14).all()


def test_with_many_answers_the_bound_is_nearly_reached():
    pi_ref, r = np.full((1, 2000), 1 / 2000), np.arange(2000.0)[None]
    for n in (2, 8, 64):
        kl = kl_divergence(best_of_n(pi_ref, r, n), pi_ref)[0]
        assert 0 <= math.log(n) - (n - 1) / n - kl < 2e-4 * n


def test_best_of_one_and_of_many():
    pi_ref, r = problem(7)
    exactly(best_of_n(pi_ref, r, 1), pi_ref, 1e-15)
    assert np.array_equal(best_of_n(pi_ref, r, 10**7), np.eye(5)[r.argmax(1)])
    for n in (0, -1, 1.5):
        with pytest.raises(ValueError, match="n must be a whole number"):
            best_of_n(pi_ref, r, n)
