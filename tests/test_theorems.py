"""The theorems of chapters 2 to 4, as properties of random models."""

from itertools import islice

import naive
import numpy as np
import pytest
from hypothesis import given
from theorem_cases import ends, gammas, many, policy_of, seeds

from rlbook import (
    MDP,
    bellman_operator,
    evaluate,
    greedy,
    optimal,
    optimality_operator,
    policy_iteration,
    policy_value,
    truncated_policy_iteration,
    value_iteration,
)


@pytest.mark.book("thm:3.2")
@given(seeds, gammas, ends)
@many
def test_both_operators_are_contractions(seed, gamma, end):
    # Theorem 3.2, and the same for a fixed policy
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    u, v = rng.normal(scale=10, size=(2, model.n_states))
    for T in (
        optimality_operator(model, gamma),
        bellman_operator(model, policy_of(rng, model), gamma),
    ):
        assert np.abs(T(u) - T(v)).max() <= gamma * np.abs(u - v).max() * (1 + 1e-12) + 1e-12


@given(seeds, gammas, ends)
@many
def test_the_inverse_is_not_less_than_the_identity(seed, gamma, end):
    # Section 2.7: (I - gamma P_pi)^-1 >= I >= 0 in every entry
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    P, _ = model.under(policy_of(rng, model))
    eye = np.eye(model.n_states)
    assert (np.linalg.inv(eye - gamma * P) >= eye - 1e-12).all()


@pytest.mark.book("eq:2.11")
@given(seeds, gammas, ends)
@many
def test_evaluation_shrinks_the_error_like_gamma_to_the_k(seed, gamma, end):
    # (2.11)
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    pi, v = policy_of(rng, model), rng.normal(size=model.n_states)
    v_pi = policy_value(model, pi, gamma)
    first = np.abs(v - v_pi).max()
    for k, v_k in enumerate(islice(evaluate(model, pi, gamma, v), 30), start=1):
        assert np.abs(v_k - v_pi).max() <= gamma**k * first * (1 + 1e-9) + 1e-10


@pytest.mark.book("lemma:4.1", "alg:4.2")
@given(seeds, gammas, ends)
@many
def test_no_policy_is_worse_than_the_one_before_it(seed, gamma, end):
    # Lemma 4.1
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    values = [v for v, _ in islice(policy_iteration(model, gamma, policy_of(rng, model)), 8)]
    assert (np.diff(values, axis=0) >= -1e-9).all()


@pytest.mark.book("thm:3.5", "eq:3.6", "eq:3.7")
@given(seeds, gammas, ends)
@many
def test_no_policy_beats_the_optimal_values_and_the_greedy_one_has_them(seed, gamma, end):
    # Theorems 3.4 and 3.5
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    best = optimal(model, gamma, tol=1e-9)
    assert (policy_value(model, policy_of(rng, model), gamma) <= best.v + 1e-8).all()
    exact = naive.best_values(model, gamma)
    pi = greedy(model.lookahead(exact, gamma) + 1e-7 * best.pi)  # ties as `optimal` breaks them
    assert np.abs(policy_value(model, pi, gamma) - exact).max() <= 1e-6 / (1 - gamma)


@pytest.mark.book("thm:3.6", "eq:3.8", "eq:3.9")
@given(seeds, gammas)
@many
def test_affine_rewards_leave_the_best_policies_alone(seed, gamma):
    # Theorem 3.6: on models without an end, v' = alpha v + beta / (1 - gamma)
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng)
    alpha, beta = rng.uniform(0.1, 3), rng.normal(scale=3)
    changed = MDP(model.p, model.s_next, alpha * model.r + beta, model.terminated)
    expected = alpha * naive.best_values(model, gamma) + beta / (1 - gamma)
    assert np.allclose(naive.best_values(changed, gamma), expected, atol=1e-8)
    assert np.allclose(optimal(changed, gamma).v, expected, atol=1e-5)


@pytest.mark.book("thm:3.6")
def test_affine_rewards_change_the_best_policy_where_episodes_end():
    # Why Theorem 3.6 says "without an end": here a reward for each step makes staying better.
    model = MDP(np.ones((2, 2, 1)), [[[0], [1]], [[1], [1]]], [[[0.0], [1]], [[0], [0]]],
                [[[False], [True]], [[True], [True]]])  # fmt: skip
    assert optimal(model, 0.9).pi[0].tolist() == [0, 1]
    changed = MDP(model.p, model.s_next, model.r + 1, model.terminated)
    assert optimal(changed, 0.9).pi[0].tolist() == [1, 0]


@pytest.mark.book("alg:4.3")
@given(seeds, gammas, ends)
@many
def test_truncated_policy_iteration_lies_between(seed, gamma, end):
    # Algorithm 4.3: one sweep is value iteration, bit for bit; many are policy iteration
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    one = list(islice(truncated_policy_iteration(model, gamma, 1), 10))
    for ours, theirs in zip(one, value_iteration(model, gamma), strict=False):
        assert np.array_equal(ours.v, theirs.v)
        assert np.array_equal(ours.pi, theirs.pi)
    first = greedy(model.lookahead(np.zeros(model.n_states), gamma))
    sweeps = 3500 if gamma == 0.99 else 400
    many_sweeps = islice(truncated_policy_iteration(model, gamma, sweeps), 3)
    for ours, theirs in zip(many_sweeps, policy_iteration(model, gamma, first), strict=False):
        assert np.allclose(ours.v, theirs.v, atol=1e-8)


@pytest.mark.book("prop:4.1")
@given(seeds, gammas, ends)
@many
def test_sweeps_from_the_value_of_a_worse_policy_only_rise(seed, gamma, end):
    # Proposition 4.1: v^(j+1) >= v^(j), if v^(0) is the value of the policy before
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    v = policy_value(model, policy_of(rng, model), gamma)
    pi = greedy(model.lookahead(v, gamma))
    sweeps = [v, *islice(evaluate(model, pi, gamma, v), 20)]
    assert (np.diff(sweeps, axis=0) >= -1e-10).all()
