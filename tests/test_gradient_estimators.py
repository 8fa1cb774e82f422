import numpy as np
import pytest
from numpy.polynomial import Polynomial
from numpy.polynomial.hermite_e import hermegauss
from scipy.stats import chisquare

from rlbook import softmax
from rlbook.functions.gradient_estimators import (
    discrete_reparameterised,
    discrete_score,
    gaussian_reparameterised,
    gaussian_score,
    gumbel_softmax,
    optimal_baseline,
    score_variance,
    straight_through,
)
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax

Z, WEIGHT = hermegauss(40)  # sums over them are means over the normal distribution
WEIGHT = WEIGHT / WEIGHT.sum()


def tables(rng):
    for A in (2, 3, 5):
        yield rng.dirichlet(np.ones(A), size=4), rng.normal(scale=3, size=(4, A))


# Baselines


@pytest.mark.book("eq:10.4", "eq:10.6")
def test_the_variance_is_what_it_says(rng):
    # E |X - E X|^2, over the actions of a policy with its own score
    for pi, q in tables(rng):
        b = rng.normal(size=4)
        variance = score_variance(pi, q, b)
        for s, p in enumerate(pi):
            policy = Softmax(Table(1, len(p)))
            policy.theta[:] = np.log(p)
            X = np.array([policy.score(0, a) * (q[s, a] - b[s]) for a in range(len(p))])
            mean = p @ X
            assert variance[s] == pytest.approx(p @ ((X - mean) ** 2).sum(-1))
            assert variance[s] == pytest.approx(score_variance(p, q[s], b[s]))


def test_the_variance_is_what_samples_have(rng):
    h, q, b, n = np.array([0.5, 0.0, -1.0]), np.array([1.0, -2.0, 0.5]), 0.3, 50_000
    rows = discrete_score(q, h, rng.gumbel(size=(n, 3)), b)
    squares = ((rows - rows.mean(0)) ** 2).sum(-1)
    exact = score_variance(softmax(h), q, b)
    assert abs(squares.mean() - exact) < 5 * squares.std() / np.sqrt(n)


@pytest.mark.book("eq:10.5")
def test_no_baseline_is_better_than_the_best_one(rng):
    # (10.5); v_pi and no baseline are among the others
    for pi, q in tables(rng):
        best = optimal_baseline(pi, q)
        least = score_variance(pi, q, best)
        v = (pi * q).sum(-1)
        for b in (v, 0.0 * v, *(best + x for x in np.linspace(-5, 5, 101))):
            assert (least <= score_variance(pi, q, b) + 1e-12).all()
        rise = score_variance(pi, q, best + 1) - score_variance(pi, q, best - 1)
        assert rise == pytest.approx(0, abs=1e-11)  # a parabola, and this is its lowest point
        assert (least >= -1e-12).all()


def test_the_value_of_the_state_may_be_worse_than_no_baseline():
    pi, q = np.array([0.9, 0.1]), np.array([1.0, 0.0])
    none, value = score_variance(pi, q), score_variance(pi, q, pi @ q)
    assert none == pytest.approx(0.0018)  # 0.18 (0.1 - 0.09)
    assert value == pytest.approx(0.1152)  # 0.18 (0.1^3 + 0.9^3 - 0.09)
    assert optimal_baseline(pi, q) == pytest.approx(0.1)


def test_of_two_actions_the_best_baseline_leaves_no_variance(rng):
    for _ in range(20):
        pi, q = rng.dirichlet([1, 1]), rng.normal(size=2)
        b = optimal_baseline(pi, q)
        assert b == pytest.approx(pi[::-1] @ q)  # each value with the probability of the other
        assert score_variance(pi, q, b) == pytest.approx(0, abs=1e-14)


def test_where_the_policy_is_sure_nothing_varies():
    pi, q = np.array([[0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]]), np.array([[1.0, 2, 7], [4, 6, 11]])
    assert optimal_baseline(pi, q) == pytest.approx([2.0, 7.0])  # uniform: the mean
    assert score_variance(pi, q, 5.0 * np.ones(2))[0] == 0.0


# A normal distribution


def exact_gradients(polynomial, mu, sigma):
    """Of E[f(a)] in (mu, ln sigma): E[f'] and sigma^2 E[f''], by the moments of the normal."""
    moments = np.array([1, 0, 1, 0, 3, 0, 15, 0, 105])  # of z

    def mean(f):
        of_z = f(Polynomial([mu, sigma])).coef if f.degree() else f.coef
        return of_z @ moments[: len(of_z)]

    return [mean(polynomial.deriv()), sigma**2 * mean(polynomial.deriv(2))]


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (-1.3, 0.4), (2.0, 3.0)])
def test_both_gaussian_estimators_are_unbiased_for_polynomials(mu, sigma, rng):
    for degree in range(6):
        f = Polynomial(rng.normal(size=degree + 1))
        expected = exact_gradients(f, mu, sigma)
        within = {"rel": 1e-9, "abs": 1e-9 * sigma**degree}
        for b in (0.0, 2.5):
            rows = gaussian_score(f, mu, sigma, Z, b)
            assert rows.shape == (40, 2)
            assert WEIGHT @ rows == pytest.approx(expected, **within)
        rows = gaussian_reparameterised(f.deriv(), mu, sigma, Z)
        assert WEIGHT @ rows == pytest.approx(expected, **within)


def test_both_gaussian_estimators_are_unbiased_for_a_sine():
    mu, sigma = 0.7, 0.8  # E[sin a] = sin(mu) exp(-sigma^2 / 2)
    expected = np.exp(-(sigma**2) / 2) * np.array([np.cos(mu), -(sigma**2) * np.sin(mu)])
    assert WEIGHT @ gaussian_score(np.sin, mu, sigma, Z) == pytest.approx(expected)
    assert WEIGHT @ gaussian_reparameterised(np.cos, mu, sigma, Z) == pytest.approx(expected)


def test_both_gaussian_estimators_are_the_slope_of_the_mean():
    def f(a):
        return 1 / (1 + a * a / 9)

    def df(a):
        return -2 * a / 9 / (1 + a * a / 9) ** 2

    def mean(mu, log_sigma):
        return WEIGHT @ f(mu + np.exp(log_sigma) * Z)

    mu, sigma, h = 0.5, 0.6, 1e-5
    at = mu, np.log(sigma)
    slopes = [
        (mean(at[0] + h, at[1]) - mean(at[0] - h, at[1])) / (2 * h),
        (mean(at[0], at[1] + h) - mean(at[0], at[1] - h)) / (2 * h),
    ]
    assert WEIGHT @ gaussian_score(f, mu, sigma, Z) == pytest.approx(slopes, rel=1e-6)
    assert WEIGHT @ gaussian_reparameterised(df, mu, sigma, Z) == pytest.approx(slopes, rel=1e-6)


def test_a_narrow_normal_makes_the_score_noisy_and_a_baseline_helps():
    # f = a^2 around 1: f(a) z / sigma varies like 1 / sigma^2; f'(a) and (f(a) - f(1)) z / sigma
    # do not
    def variances(rows):
        return WEIGHT @ rows**2 - (WEIGHT @ rows) ** 2

    def f(a):
        return a * a

    score, based = (variances(gaussian_score(f, 1.0, 0.01, Z, b))[0] for b in (0.0, 1.0))
    assert score == pytest.approx(1e4, rel=0.01)
    assert based == pytest.approx(8.0, rel=0.01)  # (2 z^2)^2 - 4
    assert variances(gaussian_reparameterised(lambda a: 2 * a, 1.0, 0.01, Z))[0] < 1e-3


# A choice between actions


H, Q = np.array([0.5, 0.0, -1.0, 0.3]), np.array([1.0, -2.0, 0.5, 3.0])
PI = softmax(H)
GRADIENT = PI * (Q - PI @ Q)  # of E[q(a)] in h


def standard_errors(rows, expected):
    return np.abs(rows.mean(0) - expected) / (rows.std(0) / np.sqrt(len(rows)))


@pytest.mark.parametrize("b", [0.0, 1.7])
def test_the_discrete_score_is_unbiased(b, rng):
    # noise that makes each action the largest once: the mean over the actions is exact
    rows = discrete_score(Q, H, 50 * np.eye(4), b)
    assert PI @ rows == pytest.approx(GRADIENT, abs=1e-14)
    rows = discrete_score(Q, H, rng.gumbel(size=(50_000, 4)), b)
    assert (standard_errors(rows, GRADIENT) < 5).all()


def test_the_largest_of_preferences_and_gumbel_numbers_is_a_draw_from_the_softmax(rng):
    counts = np.bincount((H + rng.gumbel(size=(20_000, 4))).argmax(-1))
    assert chisquare(counts, 20_000 * PI).pvalue > 1e-3  # a fixed seed


@pytest.mark.parametrize("tau", [0.3, 1.0, 5.0])
def test_the_reparameterised_gradient_is_a_slope_with_the_noise_held(tau, rng):
    g = rng.gumbel(size=(10, 4))
    slopes = np.empty((10, 4))
    for k, step in enumerate(1e-6 * np.eye(4)):
        up, down = (gumbel_softmax(h, g, tau) @ Q for h in (H + step, H - step))
        slopes[:, k] = (up - down) / 2e-6
    assert discrete_reparameterised(Q, H, g, tau) == pytest.approx(slopes, rel=1e-6, abs=1e-8)


def test_the_bias_of_softening_vanishes_with_tau_as_the_variance_grows(rng):
    g = rng.gumbel(size=(200_000, 4))
    rows = {tau: discrete_reparameterised(Q, H, g, tau) for tau in (1.0, 0.3, 0.03)}
    assert standard_errors(rows[1.0], GRADIENT).max() > 50  # far off
    assert standard_errors(rows[0.03], GRADIENT).max() < 5  # and not to be seen
    bias = [np.abs(x.mean(0) - GRADIENT).max() for x in rows.values()]
    assert bias[0] > 3 * bias[1]
    spread = [x.var(0).sum() for x in rows.values()]
    assert spread[0] < spread[1] < spread[2]


def test_a_softened_draw_is_a_distribution_that_hardens(rng):
    g = rng.gumbel(size=(100, 4))
    for tau in (1e-3, 0.1, 1.0, 10.0):
        y = gumbel_softmax(H, g, tau)
        assert y.sum(-1) == pytest.approx(np.ones(100))
        assert np.array_equal(y.argmax(-1), (H + g).argmax(-1))
    hard = np.eye(4)[(H + g).argmax(-1)]
    assert np.abs(gumbel_softmax(H, g, 1e-9) - hard).max() < 1e-6
    assert gumbel_softmax(H, g, 1e9) == pytest.approx(np.full((100, 4), 0.25))
    for tau in (1e-305, 1e-308, 5e-324):  # (h + g) / tau is infinite
        assert np.array_equal(gumbel_softmax(H, g, tau), hard)
        assert not discrete_reparameterised(Q, H, g, tau).any()
    masked = [-np.inf, 1.0, 2.0, 3.0]
    assert gumbel_softmax(masked, np.zeros(4), 1.0)[0] == 0
    assert np.array_equal(gumbel_softmax(masked, np.zeros(4), 1e-308), [0, 0, 0, 1])


def test_straight_through_of_a_linear_function_is_gumbel_softmax(rng):
    g = rng.gumbel(size=(20, 4))
    for tau in (0.2, 1.0, 4.0):
        rows = straight_through(lambda y: np.broadcast_to(Q, y.shape), H, g, tau)
        assert np.array_equal(rows, discrete_reparameterised(Q, H, g, tau))


def test_straight_through_takes_the_slope_at_the_draw_back_through_the_soft_one(rng):
    g, tau, slopes = rng.gumbel(size=(10, 4)), 0.7, rng.normal(size=(4, 4))
    rows = straight_through(lambda drawn: drawn @ slopes, H, g, tau)  # f'(e_a) is a row of slopes
    for row, noise in zip(rows, g, strict=True):
        a, y = (H + noise).argmax(), softmax((H + noise) / tau)
        assert row == pytest.approx((np.diag(y) - np.outer(y, y)) @ slopes[a] / tau)


# Wrong arguments


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda: optimal_baseline([0.5, 0.6], [1, 2]), "pi"),
        (lambda: optimal_baseline([0.5, 0.5], [1, 2, 3]), "q"),
        (lambda: score_variance([0.5, 0.5], [[1, 2]]), "q"),
        (lambda: score_variance([-0.5, 1.5], [1, 2]), "pi"),
        (lambda: score_variance([0.5, 0.5], ["a", "b"]), "q"),
        (lambda: gaussian_score(np.sin, 0.0, 0.0, Z), "sigma"),
        (lambda: gaussian_score(np.sin, 0.0, 1.0, "z"), "z"),
        (lambda: gaussian_reparameterised(np.cos, 0.0, -1.0, Z), "sigma"),
        (lambda: gumbel_softmax(H, H, 0.0), "tau"),
        (lambda: discrete_reparameterised(Q, H, np.zeros((1, 4)), -1.0), "tau"),
        (lambda: straight_through(lambda y: y, H, np.zeros((1, 4)), 0.0), "tau"),
        (lambda: straight_through(lambda y: Q, H, np.zeros((1, 4)), 1.0), "df"),
        (lambda: discrete_score(Q, None, np.zeros((1, 4))), "h"),
    ],
)
def test_a_wrong_argument_is_an_error(wrong, named):
    with pytest.raises(ValueError, match=rf"^{named} must|^{named}\b.* must"):
        wrong()
