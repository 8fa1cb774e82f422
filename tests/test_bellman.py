from fractions import Fraction

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


@pytest.mark.book("eq:2.7", "eq:2.12", "eq:2.10", "eq:2.13", "eq:3.1", "eq:3.2", "eq:3.3")
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


@pytest.mark.book("eq:2.15", "eq:7.13", "eq:7.14")
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


@pytest.mark.book("fig:8.5", "eq:8.10")
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


def share_exactly(P):
    """The stationary distribution in rational numbers, of the moves that are not to stay."""
    S = len(P)
    moves = [[Fraction(float(P[s, t])) * (s != t) for t in range(S)] for s in range(S)]
    rows = [[moves[s][t] - (sum(moves[t]) if s == t else 0) for s in range(S)] + [Fraction(0)]
            for t in range(S)]  # fmt: skip
    rows[-1] = [Fraction(1)] * (S + 1)
    for k in range(S):
        pivot = next(n for n in range(k, S) if rows[n][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for n in range(S):
            if n != k and rows[n][k]:
                rows[n] = [x - rows[n][k] * y for x, y in zip(rows[n], rows[k], strict=True)]
    return np.array([float(row[-1]) for row in rows])


@pytest.mark.parametrize("rare", [1e-2, 1e-4, 1e-8, 1e-12, 1e-15])
def test_a_chain_whose_parts_are_hardly_ever_left(rare, rng):
    """Three blocks, and rare moves between them: every share is right to rounding."""
    for _ in range(5):
        P = np.zeros((9, 9))
        for block in range(3):
            at = slice(3 * block, 3 * block + 3)
            P[at, at] = rng.dirichlet(np.ones(3), size=3)
        for s in range(9):
            moves = rare * rng.random(9) * (np.arange(9) // 3 != s // 3)
            P[s] = (1 - moves.sum()) * P[s] + moves
        d = stationary_distribution(P)
        assert d == pytest.approx(share_exactly(P), rel=1e-13)


def test_a_long_walk_with_rare_moves_in_detailed_balance(rng):
    """d(s) p(s+1|s) = d(s+1) p(s|s+1) for a walk; shares from 1 to 1e-30 come out to rounding."""
    S = 200
    up, down = 10.0 ** -rng.uniform(1, 6, size=S - 1), 10.0 ** -rng.uniform(1, 6, size=S - 1)
    P = np.diag(up, 1) + np.diag(down, -1)
    P += np.diag(1 - P.sum(1))
    d = np.concatenate([[1.0], np.cumprod(up / down)])
    assert stationary_distribution(P) == pytest.approx(d / d.sum(), rel=1e-11)
    back = np.arange(S)[::-1]  # the states in another order are the same chain
    order = rng.permutation(S)
    for by in (back, order):
        assert stationary_distribution(P[np.ix_(by, by)]) == pytest.approx(
            (d / d.sum())[by], rel=1e-11
        )


def test_one_class_that_is_never_left_or_several():
    """Against reachability by powers of the graph, on random sparse chains of all kinds."""
    unique = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        S = int(rng.integers(1, 9))
        goes = rng.random((S, S)) < rng.choice([0.1, 0.2, 0.4])
        goes[np.arange(S), rng.integers(S, size=S)] = True
        P = goes / goes.sum(1, keepdims=True)
        reach = np.linalg.matrix_power(goes + np.eye(S), S) > 0
        closed = (reach <= reach.T).all(1)  # whoever is reached from s reaches s
        if (reach[closed].any(0) == closed).all() and reach[np.ix_(closed, closed)].all():
            d = stationary_distribution(P)
            assert d @ P == pytest.approx(d, abs=1e-14)
            assert d.sum() == pytest.approx(1)
            assert np.array_equal(d > 0, closed)
            unique += 1
        else:
            with pytest.raises(ValueError, match="one class of states that is never left"):
                stationary_distribution(P)
    assert 100 < unique < 350


def test_moves_that_no_float_can_count():
    P = np.array([[1.0, 1e-300, 0.0], [0.0, 1.0, 2e-300], [1.0, 0.0, 0.0]])
    assert stationary_distribution(P) == pytest.approx([2 / 3, 1 / 3, 2e-300 / 3], rel=1e-13)
    P = [[1.0, 1e-200, 0.0], [0.0, 1.0, 1e-200], [1e-200, 1.0, 0.0]]  # 1e-400 from 1 to 0
    with pytest.raises(ValueError, match="P_pi must have moves that a float can count"):
        stationary_distribution(P)


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


def test_a_state_that_never_gets_anything_is_worth_no_minus_zero():
    lake = MDP.from_env(gymnasium.make("FrozenLake-v1", is_slippery=False))
    for seed in range(20):
        pi = np.eye(4)[np.random.default_rng(seed).integers(4, size=16)]
        v = policy_value(lake, pi, 0.9)
        assert (v == 0).any()
        assert not np.signbit(v[v == 0]).any(), seed
