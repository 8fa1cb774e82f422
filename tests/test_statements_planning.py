"""Statements of chapters 1 to 4 that no figure shows, as properties of random models."""

from itertools import islice

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from theorem_cases import ends, gammas, many, policy_of, seeds

from rlbook import (
    MDP,
    GridWorld,
    TabularEnv,
    action_value,
    bellman_operator,
    epsilon_greedy,
    evaluate,
    greedy,
    optimal,
    optimality_operator,
    policy_iteration,
    policy_value,
    value_iteration,
)


@pytest.mark.book("eq:1.4")
@given(seeds)
@many
def test_what_was_before_has_no_say_in_what_comes_next(seed):
    # two worlds with other pasts, in the same state, with the same chance before them
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng)
    worlds = [TabularEnv(model), TabularEnv(model)]
    for length, world in enumerate(worlds, start=1):
        world.reset(seed=int(rng.integers(2**31)))
        for _ in range(3 * length):
            world.step(int(rng.integers(model.n_actions)))
        world.s = model.n_states - 1
        world.np_random = np.random.default_rng(seed)
    for a in rng.integers(model.n_actions, size=10):
        assert worlds[0].step(int(a)) == worlds[1].step(int(a))


@pytest.mark.book("eq:2.4", "eq:7.16")
@given(seeds, gammas, ends)
@many
def test_a_value_is_a_reward_and_the_rest_in_expectation(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    pi = policy_of(rng, model)
    P, r = naive.chain(model, pi)
    n = 1 if gamma == 0 else int(np.ceil(np.log(1e-13) / np.log(gamma)))
    G = np.zeros(model.n_states)  # E[ return of n steps | S_t = s ]
    for _ in range(n):
        G = r + gamma * P @ G  # E[ R_{t+1} ] + gamma E[ G_{t+1} ]
    np.testing.assert_allclose(policy_value(model, pi, gamma), G, rtol=0, atol=1e-9)
    q = naive.lookahead(model, G, gamma)  # E[ G_t | S_t = s, A_t = a ] (7.16)
    np.testing.assert_allclose(action_value(model, G, gamma), q, rtol=0, atol=1e-9)


@pytest.mark.book("thm:3.1", "eq:3.4")
@given(seeds, st.sampled_from([0.3, 0.9, 0.99]))
@many
def test_a_contraction_comes_to_its_one_fixed_point_as_fast_as_promised(seed, gamma):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(5, 5))
    W /= np.abs(W).sum(1, keepdims=True)
    b = rng.normal(size=5)

    def f(x):  # |sin x - sin y| <= |x - y|, and the rows of W add up to one
        return b + gamma * W @ np.sin(x)

    def limit(x):
        for _ in range(int(np.ceil(np.log(1e-15) / np.log(gamma)))):
            x = f(x)
        return x

    x, y = rng.normal(scale=10, size=(2, 5))
    fixed = limit(x)
    np.testing.assert_allclose(f(fixed), fixed, rtol=0, atol=1e-12)
    np.testing.assert_allclose(limit(y), fixed, rtol=0, atol=1e-12)
    first = np.abs(f(x) - x).max()
    for n in range(40):
        assert np.abs(x - fixed).max() <= gamma**n / (1 - gamma) * first * (1 + 1e-9) + 1e-12
        x = f(x)


@pytest.mark.book("def:3.1")
def test_two_policies_that_cannot_be_compared():
    # each goes for the reward of one of two rooms, and gives up the other
    stay = np.eye(2)[:, None, :].repeat(2, axis=1)
    model = MDP.from_matrices(stay, np.eye(2))
    v, w = (policy_value(model, pi, 0.9) for pi in (greedy([[1, 0]] * 2), greedy([[0, 1]] * 2)))
    assert (v > w).any()
    assert (v < w).any()
    best = optimal(model, 0.9).v
    assert (best >= v - 1e-6).all()
    assert (best >= w - 1e-6).all()


@pytest.mark.book("def:3.1", "thm:3.4")
@given(seeds, gammas, ends)
@many
def test_the_optimal_policy_is_as_good_as_any_other_in_every_state(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    v = naive.best_values(model, gamma)
    best = greedy(naive.lookahead(model, v, gamma))
    np.testing.assert_allclose(policy_value(model, best, gamma), v, rtol=0, atol=1e-9)
    for _ in range(5):
        assert (policy_value(model, policy_of(rng, model), gamma) <= v + 1e-9).all()


@pytest.mark.book("ex:3.2", "eq:5.4")
@given(seeds)
@many
def test_the_largest_mean_is_the_largest_number(seed):
    rng = np.random.default_rng(seed)
    q = rng.normal(size=6).round(1)  # with ties now and then
    c = rng.dirichlet(np.ones(6), size=50)
    assert (c @ q <= q.max() + 1e-12).all()
    assert greedy(q) @ q == q.max()
    ties = (q == q.max()) / (q == q.max()).sum()
    assert ties @ q == pytest.approx(q.max(), abs=1e-12)  # and any mix of the best ones


@pytest.mark.book("thm:3.3")
@given(seeds, gammas, ends)
@many
def test_the_optimality_equation_has_one_solution_and_every_start_comes_to_it(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    T, v = optimality_operator(model, gamma), naive.best_values(model, gamma)
    np.testing.assert_allclose(T(v), v, rtol=0, atol=1e-9)  # there is one
    other = v + rng.normal(size=v.shape)
    apart = np.abs(T(other) - other).max()
    assert apart >= (1 - gamma) * np.abs(other - v).max() - 1e-9  # and no other
    start = rng.normal(scale=10, size=v.shape)
    for k, (guess, _) in enumerate(islice(value_iteration(model, gamma, start), 20), start=1):
        assert np.abs(guess - v).max() <= gamma**k * np.abs(start - v).max() + 1e-9


@pytest.mark.book("thm:4.1", "box:4.2", "eq:4.3")
@given(seeds, gammas, ends)
@many
def test_policy_iteration_is_never_behind_value_iteration(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    best = naive.best_values(model, gamma)
    pi = policy_of(rng, model)
    v = policy_value(model, pi, gamma)  # both begin here
    policies = list(islice(policy_iteration(model, gamma, pi), 12))
    for v_pi, pi_k in policies:
        P, r = naive.chain(model, pi_k)
        np.testing.assert_allclose(r + gamma * P @ v_pi, v_pi, rtol=0, atol=1e-9)  # (4.3)
    sweeps = value_iteration(model, gamma, v)
    for (v_pi, _), (v_k, _) in zip(policies[1:], sweeps, strict=False):
        assert (v_k <= v_pi + 1e-9).all()
        assert (v_pi <= best + 1e-9).all()
        last = v_pi
    np.testing.assert_allclose(last, best, rtol=0, atol=1e-9)


@pytest.mark.book("fig:1.5", "fig:1.7")
def test_the_policy_of_table_1_2_makes_a_markov_chain():
    rng = np.random.default_rng(0)
    world = GridWorld(("...", "..#", "#.T"))
    pi = world.policy("DDL/RDD/RRS")
    pi[0] = 0, 0.5, 0.5, 0, 0  # s1: to the right or down, as a coin says
    P, _ = world.model.under(pi)
    to = {0: [1, 3], 1: [4], 2: [1], 3: [4], 4: [7], 5: [8], 6: [7], 7: [8], 8: [8]}
    expected = np.zeros((9, 9))
    for s, after in to.items():
        expected[s, after] = 1 / len(after)
    np.testing.assert_array_equal(P, expected)
    # whoever follows it is at the target soon, and stays
    assert (np.linalg.matrix_power(P, 4)[:, 8] == 1).all()
    T, v = bellman_operator(world.model, pi, 0.9), rng.normal(size=9)
    np.testing.assert_allclose(T(v), naive.chain(world.model, pi)[1] + 0.9 * P @ v, atol=1e-12)


@pytest.mark.book("box:2.1")
@given(seeds, gammas, ends)
@many
def test_what_is_wrong_with_a_guess_dies_out(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    pi = policy_of(rng, model)
    P, _ = naive.chain(model, pi)
    T, v = bellman_operator(model, pi, gamma), policy_value(model, pi, gamma)
    first = rng.normal(size=v.shape)
    guess = v + first
    for k in range(1, 9):
        guess = T(guess)
        expected = gamma**k * np.linalg.matrix_power(P, k) @ first
        np.testing.assert_allclose(guess - v, expected, rtol=0, atol=1e-9)
        assert np.abs(expected).max() <= gamma**k * np.abs(first).max() + 1e-12


@pytest.mark.book("eq:1.1", "eq:1.2", "eq:1.3")
def test_returns_of_two_ways_to_the_target():
    world = GridWorld(("...", "..#", "#.T"))
    left, right = world.policy("RDL/RDD/RRS"), world.policy("DDL/DDD/RRS")
    for pi, rewards in ((left, [0, 0, 0, 1]), (right, [0, -1, 0, 1])):
        seen, s = [], 0
        for _ in range(4):
            a = pi[s].argmax()
            seen.append(world.model.r[s, a, 0])
            s = world.model.s_next[s, a, 0]
        assert (seen, s) == (rewards, 8)
    for gamma in (0.5, 0.9):  # 0 + gamma 0 + gamma^2 0 + gamma^3 (1 + gamma + ...)
        v = policy_value(world.model, left, gamma)
        assert v[0] == pytest.approx(gamma**3 / (1 - gamma))


@pytest.mark.book("eq:2.1", "eq:2.2", "eq:2.3")
def test_around_the_forbidden_cell_is_best_whatever_the_discount():
    world = GridWorld((".#", ".T"))
    for gamma in (0.1, 0.5, 0.9, 0.99):
        around, through = world.policy("DD/RS"), world.policy("RD/RS")
        ways = [policy_value(world.model, pi, gamma)[0]
                for pi in (around, through, (around + through) / 2)]  # fmt: skip
        far = gamma / (1 - gamma)
        assert ways == pytest.approx([far, far - 1, far - 0.5])
    r, ring = np.array([1.0, 2.0, 3.0, 4.0]), np.roll(np.eye(4), 1, axis=1)  # each leads on
    model = MDP.from_matrices(ring[:, None], r[:, None])
    v = policy_value(model, np.ones((4, 1)), 0.9)
    for s in range(4):
        assert v[s] == pytest.approx(sum(0.9**t * r[(s + t) % 4] for t in range(400)))  # (2.2)
        assert v[s] == pytest.approx(r[s] + 0.9 * v[(s + 1) % 4])  # (2.3)


@pytest.mark.book("eq:4.4")
@given(seeds, gammas, ends)
@many
def test_a_sweep_under_a_policy_is_a_reward_and_the_old_values(seed, gamma, end):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, end=end)
    pi, v = policy_of(rng, model), rng.normal(size=model.n_states)
    P, r = naive.chain(model, pi)
    for new in islice(evaluate(model, pi, gamma, v), 4):
        v = r + gamma * P @ v
        np.testing.assert_allclose(new, v, rtol=0, atol=1e-9)


@pytest.mark.book("eq:5.5")
@given(seeds, st.sampled_from([0.0, 0.1, 0.5, 1.0]))
@many
def test_epsilon_greedy_is_the_best_that_explores_so_much(seed, epsilon):
    # Pi_epsilon: every action has a probability of epsilon / |A| or more
    rng = np.random.default_rng(seed)
    q = rng.normal(size=5)
    others = epsilon / 5 + (1 - epsilon) * rng.dirichlet(np.ones(5), size=50)
    best = epsilon_greedy(q, epsilon)
    assert best.min() >= epsilon / 5 - 1e-12
    assert (others @ q <= best @ q + 1e-12).all()


@pytest.mark.book("fig:1.4")
def test_where_the_policy_leads_from_every_cell():
    world = GridWorld(("...", "..#", "#.T"))
    pi = world.policy("RDL/RDD/RRS")
    ways = {0: [1, 4, 7, 8], 2: [1, 4, 7, 8], 3: [4, 7, 8], 5: [8], 6: [7, 8]}
    for start, way in ways.items():
        s, seen = start, []
        while s != 8:
            s = int(world.model.s_next[s, pi[s].argmax(), 0])
            seen.append(s)
        assert seen == way


@pytest.mark.book("fig:3.3")
def test_two_best_policies_one_of_them_stochastic_if_forbidden_cells_cost_enough():
    # the figure states no rewards: with those of chapter 1 both lose .71 in s3
    first = GridWorld(("...", "..#", "#.T")).policy("RDL/RDD/RRS")
    second = first.copy()
    second[0] = 0, 0.5, 0.5, 0, 0
    for r_forbidden in (-10.0, -1.72, -1.71):
        world = GridWorld(("...", "..#", "#.T"), r_forbidden=r_forbidden)
        v = naive.best_values(world.model, 0.9)
        for pi in (first, second):
            np.testing.assert_allclose(policy_value(world.model, pi, 0.9), v, atol=1e-9)
    world = GridWorld(("...", "..#", "#.T"))
    lost = naive.best_values(world.model, 0.9) - policy_value(world.model, second, 0.9)
    np.testing.assert_allclose(lost, [0, 0, 0.71, 0, 0, 0, 0, 0, 0], atol=1e-9)
