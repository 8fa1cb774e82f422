"""The exact objects of linear values: the TD fixed point, the best fit, the bound between them."""

from itertools import islice

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linear_cases import GAMMA, GRID, PHI, PI, random_chain, td

from rlbook import GridWorld, policy_value, stationary_distribution
from rlbook.agent import Step
from rlbook.function_approximation.projection import (
    best_fit,
    error_bound,
    power_iteration,
    stationary_eigenvector,
    td_fixed_point,
    td_matrices,
)
from rlbook.functions.features import fourier, grid_features, polynomial


@pytest.mark.book("eq:8.6", "eq:8.7")
def test_the_stationary_distribution_three_ways():
    for seed in range(20):
        model, pi, rng = random_chain(seed)
        P, _ = model.under(pi)
        d = stationary_distribution(P)
        assert stationary_eigenvector(P) == pytest.approx(d, abs=1e-12)
        start = rng.dirichlet(np.ones(6))
        assert next(islice(power_iteration(P, start), 300, None)) == pytest.approx(d, abs=1e-12)
    first, second = islice(power_iteration(P, start), 2)
    assert first == pytest.approx(P.T @ start)
    assert second == pytest.approx(P.T @ P.T @ start)
    assert first is not second


@pytest.mark.book(
    "lemma:8.1", "eq:8.19", "eq:8.20", "eq:8.21", "eq:8.22", "eq:8.25", "eq:8.26", "eq:8.27"
)
def test_the_td_matrices_are_the_mean_update():
    for seed in range(10):
        model, pi, rng = random_chain(seed)
        phi, w = rng.normal(size=(6, 3)), rng.normal(size=3)
        d = rng.dirichlet(np.ones(6))
        A, b = td_matrices(model, pi, GAMMA, phi, d)
        agent = td(phi, pi, w=w)
        mean = sum(
            d[s]
            * pi[s, a]
            * p
            * (agent.target(Step(s, a, r, s2, end, False)) - phi[s] @ w)
            * phi[s]
            for s in range(6)
            for a in range(3)
            for p, s2, r, end in naive.outcomes(model, s, a)
        )
        assert b - A @ w == pytest.approx(mean, abs=1e-12)


@pytest.mark.book("eq:8.23")
def test_with_a_feature_a_state_the_fixed_point_is_v_pi():
    for end in (0.0, 0.3):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            model = naive.random_model(rng, end=end, states=4, actions=2)
            pi, d = rng.dirichlet(np.ones(2), size=4), rng.dirichlet(np.ones(4))
            phi = rng.normal(size=(4, 4))
            v = policy_value(model, pi, GAMMA)
            w = td_fixed_point(model, pi, GAMMA, phi, d)
            assert phi @ w == pytest.approx(v, abs=1e-7)
            assert phi @ best_fit(phi, v) == pytest.approx(v, abs=1e-7)


@pytest.mark.book("eq:8.31")
def test_the_fixed_point_has_no_projected_bellman_error():
    model, pi, rng = random_chain(3)
    phi, d = rng.normal(size=(6, 2)), rng.dirichlet(np.ones(6))
    P, r = model.under(pi)
    values = phi @ td_fixed_point(model, pi, GAMMA, phi, d)
    assert phi @ best_fit(phi, r + GAMMA * P @ values, d) == pytest.approx(values)


@pytest.mark.book("eq:8.3", "eq:8.4", "eq:8.5")
def test_the_best_fit_is_a_minimum(rng):
    phi, v, d = rng.normal(size=(6, 3)), rng.normal(size=6), rng.dirichlet(np.ones(6))
    for share in (None, d):
        w = best_fit(phi, v, share)
        error = (np.full(6, 1 / 6) if share is None else share) * (phi @ w - v)
        assert phi.T @ error == pytest.approx(np.zeros(3), abs=1e-12)  # the gradient of J


@pytest.mark.book("fig:8.7", "fig:8.8")
def test_numbers_of_figures_8_7_and_8_8():
    v = policy_value(GRID.model, PI, GAMMA)
    for basis, at_rest, best in (
        (polynomial(1), 0.2228, 0.2215), (polynomial(2), 0.1935, 0.1919),
        (polynomial(3), 0.1251, 0.1246), (fourier(1), 0.2067, 0.2063),
        (fourier(2), 0.1374, 0.1360), (fourier(3), 0.0973, 0.0925),
    ):  # fmt: skip
        phi = grid_features(GRID, basis)
        for w, rmse in (
            (td_fixed_point(GRID.model, PI, GAMMA, phi), at_rest), (best_fit(phi, v), best)
        ):  # fmt: skip
            assert np.sqrt(np.mean((phi @ w - v) ** 2)) == pytest.approx(rmse, abs=6e-5)


@pytest.mark.book("eq:8.32")
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0, 0.999))
def test_the_bound_8_32(seed, d, gamma):
    model, pi, rng = random_chain(seed)
    sides = error_bound(model, pi, gamma, rng.normal(size=(6, d)))
    assert sides.error <= sides.bound * (1 + 1e-6) + 1e-9
    assert sides.error >= sides.bound * (1 - gamma) * (1 - 1e-6) - 1e-9


def twice(phi):
    return np.hstack([phi, phi])


ENDS = GridWorld(terminate_at_target=True).model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: td_matrices(GRID, PI, 0.9, PHI), "model must be an MDP.*pass its .model"),
        (lambda: td_matrices(GRID.model, PI, 1.1, PHI), r"gamma must lie in \[0, 1\], got 1.1"),
        (lambda: td_matrices(GRID.model, PI, 0.9, PHI[:9]), r"phi must have shape \(25, d\).*9, 3"),
        (lambda: td_matrices(GRID.model, PI, 0.9, PHI * np.nan), "phi must be finite"),
        (lambda: td_matrices(GRID.model, PI, 0.9, PHI, np.ones(25)), "d must sum to 1, got 25"),
        (lambda: td_matrices(ENDS, PI, 0.9, PHI), r"P_pi.* must sum to 1"),
        (lambda: td_fixed_point(GRID.model, PI, 0.9, twice(PHI)), r"do not depend .*has rank 3"),
        (lambda: best_fit(PHI, np.zeros(9)), r"v must have shape \(25,\)"),
        (lambda: error_bound(GRID.model, PI, 1.0, PHI), "gamma must be less than 1"),
        (lambda: next(power_iteration(np.ones((2, 3)))), r"P_pi must have shape \(S, S\)"),
        (lambda: next(power_iteration(np.ones((0, 0)))), r"P_pi must .* \(S, S\), got \(0, 0\)"),
        (lambda: next(power_iteration(np.eye(2), [1, 2])), "d must sum to 1, got 3"),
        (lambda: stationary_eigenvector(np.eye(2)), "the eigenvalue 1 once, got it 2 times"),
        (lambda: stationary_eigenvector(np.ones((2, 2))), r"P_pi\[0\] must sum to 1"),
    ],
)
def test_bad_exact_objects(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_fourier_of_order_five_has_more_features_than_there_are_states():
    phi = grid_features(GRID, fourier(5))
    assert phi.shape == (25, 36)
    assert np.linalg.matrix_rank(phi) == 25
    with pytest.raises(ValueError, match=r"A \(36, 36\) has rank"):
        td_fixed_point(GRID.model, PI, GAMMA, phi)
