import gymnasium
import naive
import numpy as np
import pytest

from rlbook import (
    MDP,
    GridWorld,
    action_value,
    bellman_operator,
    bellman_residual,
    epsilon_greedy,
    optimality_operator,
    policy_value,
    stationary_distribution,
    uniform,
)


@pytest.mark.book("eq:2.7", "eq:2.12")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_policy_value_solves_the_bellman_equation(rng, end):
    for _ in range(50):
        m = naive.random_model(rng, end=end)
        pi = rng.dirichlet(np.ones(m.n_actions), size=m.n_states)
        gamma = rng.choice([0.0, 0.5, 0.9])
        v = policy_value(m, pi, gamma)
        q = naive.lookahead(m, v, gamma)
        assert np.allclose(v, (pi * q).sum(-1), atol=1e-10)
        assert np.allclose(action_value(m, v, gamma), q, atol=1e-12)
        assert np.abs(bellman_residual(m, v, gamma, pi)).max() < 1e-10
        assert np.allclose(bellman_operator(m, pi, gamma)(v), v, atol=1e-10)
        v_star = naive.best_values(m, gamma)
        assert np.abs(bellman_residual(m, v_star, gamma)).max() < 1e-9
        assert np.allclose(optimality_operator(m, gamma)(v_star), v_star, atol=1e-9)


@pytest.mark.book("eq:2.15")
def test_action_values_in_matrix_form(rng):
    # q = r + gamma P Pi q, a row for each pair (2.15)
    m = naive.random_model(rng, states=5, actions=3)
    pi, gamma = rng.dirichlet(np.ones(3), size=5), 0.9
    q = action_value(m, policy_value(m, pi, gamma), gamma)
    P, Pi = m.P.reshape(15, 5), np.zeros((5, 15))
    for s in range(5):
        Pi[s, 3 * s : 3 * s + 3] = pi[s]
    assert np.allclose(q.ravel(), m.R.ravel() + gamma * P @ Pi @ q.ravel())


def test_undiscounted_values_where_every_episode_ends():
    # A step costs 1 and the walk right takes 3 steps; bumping is never needed.
    world = GridWorld("...T", r_other=-1, r_target=-1, terminate_at_target=True)
    assert policy_value(world.model, world.policy("RRRS"), 1.0)[:3] == pytest.approx([-3, -2, -1])
    lake = MDP.from_env(gymnasium.make("FrozenLake-v1"))
    P, v = lake.under(uniform(16, 4))[0], np.zeros(16)
    for _ in range(2000):  # the chance that a random walk crosses the lake in so many steps
        v = lake.R.mean(-1) + P @ v
    assert policy_value(lake, uniform(16, 4), 1.0) == pytest.approx(v, abs=1e-12)


def test_undiscounted_values_are_refused_where_an_episode_need_not_end():
    with pytest.raises(ValueError, match=r"gamma = 1 needs a policy that can end .*from state 0"):
        policy_value(GridWorld().model, uniform(25, 5), 1.0)
    world = GridWorld("...T", terminate_at_target=True)
    with pytest.raises(ValueError, match=r"gamma = 1 needs .*from state 0 it never does"):
        policy_value(world.model, world.policy("RSRS"), 1.0)
    # The way out is there, in every state, but this policy does not take it in state 1.
    out = np.array([[[False], [True]], [[False], [True]]])
    m = MDP(np.ones((2, 2, 1)), [[[0], [0]], [[1], [1]]], np.ones((2, 2, 1)), out)
    with pytest.raises(ValueError, match=r"gamma = 1 needs .*from state 1 it never does"):
        policy_value(m, [[0, 1], [1, 0]], 1.0)
    assert policy_value(m, [[0, 1], [0, 1]], 1.0).tolist() == [1, 1]


def test_an_environment_is_not_its_model():
    for call in (
        lambda: policy_value(GridWorld(), uniform(25, 5), 0.9),
        lambda: bellman_operator(GridWorld(), uniform(25, 5), 0.9),
        lambda: optimality_operator(GridWorld(), 0.9),
        lambda: action_value(GridWorld(), np.zeros(25), 0.9),
    ):
        with pytest.raises(
            ValueError,
            match=r"model must be an MDP or a GridModel, got GridWorld: pass its \.model",
        ):
            call()


def test_bad_policies():
    m = GridWorld().model
    for call in (
        lambda pi: policy_value(m, pi, 0.9),
        lambda pi: bellman_operator(m, pi, 0.9),
        lambda pi: bellman_residual(m, np.zeros(25), 0.9, pi),
    ):
        with pytest.raises(ValueError, match=r"pi must have shape \(25, 5\), got \(5, 5\)"):
            call(np.ones((5, 5)) / 5)
        with pytest.raises(ValueError, match=r"pi\[0\] must sum to 1, got 5.0"):
            call(np.ones((25, 5)))
    for call in (policy_value, bellman_operator):
        with pytest.raises(ValueError, match="gamma must lie in"):
            call(m, uniform(25, 5), 1.5)
    with pytest.raises(ValueError, match="gamma must lie in"):
        optimality_operator(m, -1)


@pytest.mark.book("fig:8.5")
def test_stationary_distribution_of_figure_8_5():
    # The printed chain: epsilon = 0.5 around s1 down, s2 down, s3 right, s4 stay.
    world = GridWorld((".#", ".T"))
    P, _ = world.model.under(epsilon_greedy(world.policy("DD/RS"), 0.5))
    printed = [[0.3, 0.1, 0.1, 0], [0.1, 0.3, 0, 0.1], [0.6, 0, 0.3, 0.1], [0, 0.6, 0.6, 0.8]]
    assert np.allclose(P.T, printed)
    d = stationary_distribution(P)
    assert d == pytest.approx([0.0345, 0.1084, 0.1330, 0.7241], abs=5.1e-5)
    assert np.allclose(d @ P, d)


def test_stationary_distribution_with_a_cycle_and_with_states_that_are_left():
    cycle = np.roll(np.eye(3), 1, axis=1)
    assert stationary_distribution(cycle) == pytest.approx([1 / 3] * 3)
    assert stationary_distribution([[0.5, 0.5], [0, 1]]) == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("P", "message"),
    [
        (np.eye(2), "P_pi must have one class of states that is never left, got several"),
        ([[0.5, 0.4], [0, 1]], r"P_pi\[0\] must sum to 1, got 0.9"),
        ([[1.5, -0.5], [0, 1]], r"P_pi must be finite and not negative, got -0.5 at \(0, 1\)"),
        ([[np.nan, 1], [0, 1]], r"P_pi must be finite and not negative, got nan"),
        (np.ones((2, 3)), r"P_pi must have shape \(S, S\), got \(2, 3\)"),
    ],
)
def test_chains_without_one_stationary_distribution(P, message):
    with pytest.raises(ValueError, match=message):
        stationary_distribution(P)
