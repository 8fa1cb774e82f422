"""Noise: its recursion, its long run, and what the root of dt is for."""

from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import kstest

from rlbook import GaussianNoise, OrnsteinUhlenbeckNoise

ONES = SimpleNamespace(standard_normal=lambda shape: np.ones(shape))
ZEROS = SimpleNamespace(standard_normal=lambda shape: np.zeros(shape))
RULES = [(0.15, 0.2, 1.0), (0.15, 0.3, 0.01), (2.0, 1.0, 0.25), (1.0, 0.7, 1.0), (5.0, 0.0, 0.1)]


def stationary(rule):
    """The standard deviation in the long run, from what the rule does with 1 and with 0."""
    one = np.ones(1)
    kept = rule(one, ZEROS)[0]
    added = rule(0 * one, ONES)[0]
    return added / np.sqrt(1 - kept**2)


# Ornstein-Uhlenbeck


@pytest.mark.parametrize(("theta", "sigma", "dt"), RULES)
def test_every_step_of_the_recursion(theta, sigma, dt):
    rule, x = OrnsteinUhlenbeckNoise(theta, sigma, dt), np.array([3.0, -1.0, 0.0])
    drawn = np.random.default_rng(5).standard_normal((20, 3))
    rng = np.random.default_rng(5)
    for z in drawn:
        expected = x - theta * x * dt + sigma * np.sqrt(dt) * z
        x = rule(x, rng)
        assert x == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("theta", "sigma", "dt"), RULES)
def test_the_mean_returns_to_zero(theta, sigma, dt):
    rule, x = OrnsteinUhlenbeckNoise(theta, sigma, dt), np.array([1.0, -4.0])
    for k in range(1, 30):
        x = rule(x, ZEROS)
        assert x == pytest.approx(np.array([1.0, -4.0]) * (1 - theta * dt) ** k, abs=1e-14)


@pytest.mark.parametrize(("theta", "sigma", "dt"), RULES)
def test_the_variance_grows_to_that_of_the_long_run(theta, sigma, dt):
    # The rule is linear: the variance after k steps is the sum of the squares of what is left, by
    # then, of each step's noise.
    rule = OrnsteinUhlenbeckNoise(theta, sigma, dt)
    left = [rule(np.zeros(1), ONES)]
    for _ in range(400):
        left.append(rule(left[-1], ZEROS))
    variance = np.cumsum(np.square(left))
    rho = 1 - theta * dt
    long_run = sigma**2 * dt / (1 - rho**2)
    k = np.arange(1, 402)
    np.testing.assert_allclose(variance, long_run * (1 - rho ** (2 * k)), rtol=1e-10, atol=1e-15)
    assert stationary(rule) ** 2 == pytest.approx(long_run, rel=1e-12)


def test_the_long_run_is_what_the_docstring_says():
    rule = OrnsteinUhlenbeckNoise()
    assert stationary(rule) == pytest.approx(0.38, abs=0.005)
    assert "0.38 as it stands" in " ".join(OrnsteinUhlenbeckNoise.__doc__.split())
    for theta, sigma, dt in RULES:
        formula = sigma * np.sqrt(dt) / np.sqrt(1 - (1 - theta * dt) ** 2)
        assert stationary(OrnsteinUhlenbeckNoise(theta, sigma, dt)) == pytest.approx(formula)


@pytest.mark.parametrize(("theta", "sigma"), [(0.15, 0.2), (3.0, 1.0)])
def test_the_root_of_dt_makes_the_long_run_the_same_for_every_small_dt(theta, sigma):
    limit = sigma / np.sqrt(2 * theta)
    for dt in (1e-1, 1e-2, 1e-3, 1e-5):
        # sigma sqrt(dt) / sqrt(2 theta dt - (theta dt)^2) = limit (1 + theta dt / 4 + ...)
        excess = stationary(OrnsteinUhlenbeckNoise(theta, sigma, dt)) / limit - 1
        assert excess == pytest.approx(theta * dt / 4, rel=0.2, abs=1e-9)


def test_it_forgets_within_one_over_theta_dt_steps():
    for theta, dt in ((0.15, 1.0), (0.15, 0.01), (2.0, 0.05)):
        rule, x, n = OrnsteinUhlenbeckNoise(theta, 0.2, dt), np.ones(1), round(1 / (theta * dt))
        for _ in range(n):
            x = rule(x, ZEROS)
        assert 0.3 < x[0] < np.exp(-1) + 0.01


def test_theta_dt_of_one_forgets_at_once():
    assert OrnsteinUhlenbeckNoise(4.0, 1.0, 0.25)(np.array([9.0]), ONES) == pytest.approx([0.5])
    one = OrnsteinUhlenbeckNoise(1.0, 0.3)
    gaussian = GaussianNoise(0.3)
    x = np.full(4, 7.0)
    same = [rule(x, np.random.default_rng(2)) for rule in (one, gaussian)]
    assert same[0] == pytest.approx(same[1])


def test_a_hundred_thousand_components_at_once():
    rule, rng, x, n = OrnsteinUhlenbeckNoise(), np.random.default_rng(0), np.zeros(100_000), 100_000
    for _ in range(60):
        before, x = x, rule(x, rng)
    sd = stationary(rule)  # 0.85^60 is 6e-5: the long run
    assert abs(x.mean()) < 4.5 * sd / np.sqrt(n)
    assert abs(x.std() / sd - 1) < 4.5 / np.sqrt(2 * n)
    correlation = np.corrcoef(before, x)[0, 1]
    assert abs(correlation - 0.85) < 4.5 * (1 - 0.85**2) / np.sqrt(n)
    assert abs(np.corrcoef(x[::2], x[1::2])[0, 1]) < 4.5 / np.sqrt(n / 2)  # each for itself
    assert kstest(x / sd, "norm").pvalue > 1e-3


# Gaussian


def test_gaussian_noise_forgets():
    rule = GaussianNoise(0.3)
    some, other = (rule(x, np.random.default_rng(4)) for x in (np.zeros(5), np.full(5, 9.0)))
    assert np.array_equal(some, other)
    assert np.array_equal(some, 0.3 * np.random.default_rng(4).standard_normal(5))


def test_the_spread_of_gaussian_noise():
    x = GaussianNoise(0.25)(np.zeros((2, 50_000)), np.random.default_rng(0))
    assert x.shape == (2, 50_000)
    assert kstest(x.ravel() / 0.25, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(x)[0, 1]) < 4.5 / np.sqrt(50_000)


# Both


@pytest.mark.parametrize("rule", [GaussianNoise(), OrnsteinUhlenbeckNoise()])
def test_a_rule_keeps_nothing_and_changes_nothing(rule):
    x = np.array([0.5, -0.5])
    runs = []
    for _ in range(2):
        rng, path = np.random.default_rng(1), [x]
        for _ in range(5):
            path.append(rule(path[-1], rng))
        runs.append(np.array(path))
    assert np.array_equal(*runs)
    assert np.array_equal(x, [0.5, -0.5])
    assert runs[0][1].shape == x.shape
    with pytest.raises(FrozenInstanceError):
        rule.sigma = 2.0


@pytest.mark.parametrize("rule", [GaussianNoise(0.0), OrnsteinUhlenbeckNoise(0.15, 0.0)])
def test_no_noise(rule):
    x = np.zeros(3)
    for _ in range(3):
        x = rule(x, np.random.default_rng(0))
        assert not x.any()


def test_rules_with_the_same_numbers_are_the_same():
    assert GaussianNoise(0.1) == GaussianNoise()
    assert OrnsteinUhlenbeckNoise(0.15, 0.2) == OrnsteinUhlenbeckNoise()
    assert GaussianNoise(0.1) != GaussianNoise(0.2)
    assert OrnsteinUhlenbeckNoise(dt=0.5) != OrnsteinUhlenbeckNoise()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: GaussianNoise(-0.1), "sigma must lie in [0, inf), got -0.1"),
        (lambda: GaussianNoise(np.nan), "sigma must lie in [0, inf), got nan"),
        (lambda: GaussianNoise(np.inf), "sigma must lie in [0, inf), got inf"),
        (lambda: GaussianNoise("much"), "sigma must lie in [0, inf), got 'much'"),
        (lambda: GaussianNoise([0.1, 0.2]), "sigma must lie in [0, inf), got [0.1, 0.2]"),
        (lambda: OrnsteinUhlenbeckNoise(0), "theta must lie in (0, inf), got 0"),
        (lambda: OrnsteinUhlenbeckNoise(-1), "theta must lie in (0, inf), got -1"),
        (lambda: OrnsteinUhlenbeckNoise(None), "theta must lie in (0, inf), got None"),
        (lambda: OrnsteinUhlenbeckNoise(0.15, -2), "sigma must lie in [0, inf), got -2"),
        (lambda: OrnsteinUhlenbeckNoise(0.5, dt=0), "dt must lie in (0, 2], got 0"),
        (lambda: OrnsteinUhlenbeckNoise(0.5, dt=2.5), "dt must lie in (0, 2], got 2.5"),
        (lambda: OrnsteinUhlenbeckNoise(4.0), "dt must lie in (0, 0.25], got 1.0"),
        (lambda: OrnsteinUhlenbeckNoise(0.5, dt=np.nan), "dt must lie in (0, 2], got nan"),
    ],
)
def test_numbers_that_cannot_be(make, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make()
    assert str(error.value) == text
