import time

import gymnasium
import numpy as np
import pytest
from gymnasium.utils import seeding
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import TimeLimit
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov
from scipy.stats import kstest

from rlbook.agent import interact, learn
from rlbook.ddpg import DDPG
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Quadratic
from rlbook.linear_quadratic.learned import gain_of, learned_gains
from rlbook.linear_quadratic.riccati import Problem, _finite_gain, best_gain
from rlbook.linear_quadratic.world import LinearQuadratic

GAMMA = 0.9


def positive(rng, n):
    root = rng.normal(size=(n, n))
    return root @ root.T + 0.1 * np.eye(n)


def systems():
    """The one by default, and random ones of several sizes."""
    yield LinearQuadratic()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n, m = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        Q, R = positive(rng, n), positive(rng, m)
        Q, R = (Q + Q.T) / 2, (R + R.T) / 2
        A = 0.8 * rng.normal(size=(n, n))
        yield LinearQuadratic(A, rng.normal(size=(n, m)), Q, R, noise=rng.random())


def gains(world, rng):
    """None, for the best policy, and gains near it, whose costs are finite."""
    best = world.gain(GAMMA)
    yield None
    for _ in range(3):
        K = best + 0.05 * rng.normal(size=best.shape)
        if GAMMA * np.abs(np.linalg.eigvals(world.A - world.B @ K)).max() ** 2 < 0.9:
            yield K


# The answers


def test_the_best_gain_solves_the_riccati_equation():
    # With sqrt(gamma) A and sqrt(gamma) B for A and B the discount is gone.
    for world in systems():
        for gamma in (0.5, GAMMA, 0.99):
            A, B = np.sqrt(gamma) * world.A, np.sqrt(gamma) * world.B
            V = solve_discrete_are(A, B, world.Q, world.R)
            K = np.linalg.solve(world.R + B.T @ V @ B, B.T @ V @ A)
            assert world.value(gamma) == pytest.approx(V, rel=1e-8, abs=1e-8)
            assert world.gain(gamma) == pytest.approx(K, rel=1e-8, abs=1e-8)


def test_the_value_of_a_gain_solves_the_lyapunov_equation(rng):
    for world in systems():
        for K in gains(world, rng):
            gain = world.gain(GAMMA) if K is None else K
            C = np.sqrt(GAMMA) * (world.A - world.B @ gain)
            V = solve_discrete_lyapunov(C.T, world.Q + gain.T @ world.R @ gain)
            assert world.value(GAMMA, K) == pytest.approx(V, rel=1e-8, abs=1e-8)


def test_the_bellman_equation_holds_for_every_state_and_action(rng):
    # E[s'^T V s'] = m^T V m + noise^2 trace V, m being the mean of s'
    for world in systems():
        n = len(world.A)
        for K in gains(world, rng):
            V, H = world.value(GAMMA, K), world.q_matrix(GAMMA, K)
            c, gain = world.constant(GAMMA, K), world.gain(GAMMA) if K is None else K

            def q(s, a, H=H, c=c):
                return -np.r_[s, a] @ H @ np.r_[s, a] - c

            for _ in range(5):
                s, a = rng.normal(size=n), rng.normal(size=world.B.shape[1])
                m = world.A @ s + world.B @ a
                future = -(m @ V @ m + world.noise**2 * np.trace(V)) - c
                r = -(s @ world.Q @ s + a @ world.R @ a)
                scale = 1e-10 * max(1.0, np.abs(H).max())
                assert q(s, a) == pytest.approx(r + GAMMA * future, abs=scale)
                assert q(s, -gain @ s) == pytest.approx(-s @ V @ s - c, abs=scale)
                if K is None:
                    assert q(s, -gain @ s) >= q(s, a) - scale


def test_policy_iteration_on_gains_comes_to_the_best_one():
    for world in systems():
        n, best = len(world.A), world.gain(GAMMA)
        K, V = next(K for K in gains(world, np.random.default_rng(0)) if K is not None), None
        for _ in range(20):
            improved = world.value(GAMMA, K)
            if V is not None:
                assert np.linalg.eigvalsh(V - improved).min() >= -1e-9 * np.abs(V).max()
            V, H = improved, world.q_matrix(GAMMA, K)
            K = np.linalg.solve(H[n:, n:], H[n:, :n])  # the a that makes q largest
        assert np.allclose(K, best, rtol=1e-7, atol=1e-7)


def test_a_scalar_system_by_hand():
    # V = 1 + K^2 + gamma (1 - K)^2 V with K = 1/2
    world = LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.2)
    V = 1.25 / (1 - GAMMA / 4)
    assert world.value(GAMMA, [[0.5]]) == pytest.approx(V)
    assert world.constant(GAMMA, [[0.5]]) == pytest.approx(9 * 0.04 * V)
    v = world.value(GAMMA)[0, 0]  # v = 1 + gamma v - (gamma v)^2 / (1 + gamma v)
    assert v == pytest.approx(1 + GAMMA * v / (1 + GAMMA * v))
    assert world.gain(0.0) == pytest.approx(0.0)


def test_the_value_is_the_discounted_cost_of_a_run(rng):
    for world in systems():
        world.noise = 0.0
        for K in gains(world, rng):
            gain, total = world.gain(GAMMA) if K is None else K, 0.0
            s, _ = world.reset(seed=0)
            first = s
            for k in range(300):
                s, r, *_ = world.step(-gain @ s)
                total += GAMMA**k * r
            assert total == pytest.approx(-first @ world.value(GAMMA, K) @ first, rel=1e-6)


def test_an_all_but_undiscounted_system_that_stands_still_has_finite_costs():
    # a cost of 1 for ever: 1 / (1 - gamma)
    world = LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]])
    for gamma in (0.99, 0.999, 0.9999):
        assert world.value(gamma, [[0.0]]) == pytest.approx(1 / (1 - gamma))


def test_the_first_gain_of_finite_costs_comes_from_a_plan_of_few_steps():
    """s' = 2 s + a: the best gain for one step is 0, that for two steps has finite costs."""
    one = np.eye(1)
    problem = Problem(2 * one, one, one, one, GAMMA)
    assert _finite_gain(problem) == best_gain(problem, one)


def of_any_scale(seed):
    """A random system, stable or not, its costs of any size, and a discount."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    Q, R = (10.0 ** rng.choice([-6, 0, 6]) * positive(rng, k) for k in (n, m))
    A = rng.choice([0.3, 0.8, 1.3]) * rng.normal(size=(n, n))
    world = LinearQuadratic(A, rng.normal(size=(n, m)), (Q + Q.T) / 2, (R + R.T) / 2)
    return world, float(rng.choice([0.5, 0.9, 0.99, 0.9999]))


def riccati_residual(world, gamma, V):
    """How far V is from solving its equation, beside V."""
    BV = gamma * world.B.T @ V
    K = np.linalg.solve(world.R + BV @ world.B, BV @ world.A)
    C = world.A - world.B @ K
    new = world.Q + K.T @ world.R @ K + gamma * C.T @ V @ C
    return np.abs(new - V).max() / np.abs(V).max()


def test_costs_of_any_size_against_another_solver():
    """Seed 53 was refused: its values never came to rest within 1e-14."""
    for seed in range(120):
        world, gamma = of_any_scale(seed)
        A, B = np.sqrt(gamma) * world.A, np.sqrt(gamma) * world.B
        V = world.value(gamma)
        expected = solve_discrete_are(A, B, world.Q, world.R)
        assert np.abs(V - expected).max() <= 1e-7 * np.abs(V).max(), seed
        assert riccati_residual(world, gamma, V) < 1e-9, seed


def test_a_factor_of_all_costs_is_one_of_the_values():
    for seed in range(10):
        world, gamma = of_any_scale(seed)
        much = LinearQuadratic(world.A, world.B, 2.0**40 * world.Q, 2.0**40 * world.R)
        assert np.array_equal(much.value(gamma), 2.0**40 * world.value(gamma))
        assert np.array_equal(much.gain(gamma), world.gain(gamma))


@pytest.mark.parametrize("units", [1.0, 1e6, 1e-6])
def test_a_component_in_another_unit_is_the_same_world(units):
    """Two systems side by side: each has the values that it has alone, whatever the other's."""
    one, gamma = LinearQuadratic(), 0.99
    T = units * np.eye(2)
    block = np.zeros((2, 2))
    A = np.block([[one.A, block], [block, one.A]])
    B = np.block([[one.B, np.zeros((2, 1))], [np.zeros((2, 1)), T @ one.B]])
    Q = np.block([[one.Q, block], [block, one.Q / units**2]])
    V = LinearQuadratic(A, B, Q, np.diag([0.1, 0.1])).value(gamma)
    alone = one.value(gamma)
    assert V[:2, :2] == pytest.approx(alone, rel=1e-9)
    assert V[2:, 2:] == pytest.approx(alone / units**2, rel=1e-9)


def scalar(a, b, gamma):
    """V of s' = a s + b u, costs s^2 + u^2: the root of b^2 g V^2 + (1 - g a^2 - g b^2) V = 1."""
    g, p = gamma, 1 - gamma * a * a - gamma * b * b
    root = np.sqrt(p * p + 4 * g * b * b)
    return (root - p) / (2 * g * b * b) if p < 0 else 2 / (p + root)


@pytest.mark.parametrize(
    ("a", "b", "gamma"),
    [
        (1.0, 1.0, 0.9),
        (3.0, 1e-3, 0.999),
        (1.5, 1e-9, 0.99),  # costs of 1e18
        (1.0001, 1e-4, 0.99999),
        (1 + 1e-6, 1e-6, 1 - 1e-12),  # which a million steps do not show
        (1.0, 1e-6, 1 - 1e-9),
        (0.5, 1e6, 0.9),
    ],
)
def test_one_component_against_the_root_of_its_equation(a, b, gamma):
    world = LinearQuadratic([[a]], [[b]], [[1.0]], [[1.0]])
    assert world.value(gamma)[0, 0] == pytest.approx(scalar(a, b, gamma), rel=1e-6)


def test_what_costs_nothing_may_run_away():
    """s_1 doubles, and nothing that it moves costs anything; s_0 is a world of its own."""
    world = LinearQuadratic([[0.99, 0.0], [1.0, 2.0]], [[1.0], [1.0]], np.diag([1.0, 0.0]), [[1.0]])
    alone = LinearQuadratic([[0.99]], [[1.0]], [[1.0]], [[1.0]])
    V = world.value(0.99)
    assert V[0, 0] == pytest.approx(alone.value(0.99)[0, 0], rel=1e-12)
    assert (V.ravel()[1:] == 0).all()
    assert world.value(0.99, [[0.0, 0.0]])[0, 0] == pytest.approx(1 / (1 - 0.99**3), rel=1e-12)
    with pytest.raises(ValueError, match="K must have finite costs"):
        world.value(0.99, [[0.0, 1e-9]])  # now it costs an action


def test_a_small_part_without_finite_costs_is_seen_beside_a_large_one():
    """Of V = 1e12 and 1 / (1 - 4 gamma) the second is no value at all."""
    world = LinearQuadratic(np.diag([0.5, 2.0]), np.eye(2), np.diag([1e12, 1.0]), np.eye(2))
    with pytest.raises(ValueError, match="K must have finite costs"):
        world.value(0.9, np.zeros((2, 2)))
    assert np.isfinite(world.value(0.9)).all()


def test_costs_that_no_gain_makes_finite_are_refused_soon():
    begun = time.perf_counter()
    for a, gamma in ((2.0, 0.9), (1.01, 0.999), (1.0001, 1 - 1e-9)):
        with pytest.raises(ValueError, match="A and B must allow finite costs"):
            LinearQuadratic([[a]], [[0.0]], [[1.0]], [[1.0]]).value(gamma)
    assert time.perf_counter() - begun < 10  # one, on a machine that does nothing else


def test_costs_of_actions_may_be_in_several_units():
    world = LinearQuadratic(np.eye(1), np.ones((1, 2)), np.eye(1), np.diag([1e7, 1e-7]))
    assert world.value(0.9)[0, 0] == pytest.approx(1, rel=1e-6)  # the second action is free
    for R in ([[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]], [[1e7, 1.1], [1.1, 1e-7]]):
        with pytest.raises(ValueError, match="R must be symmetric and positive definite"):
            LinearQuadratic(np.eye(1), np.ones((1, 2)), np.eye(1), R)


# The world


@pytest.mark.filterwarnings("ignore:.*Box")  # numbers without bounds are meant
def test_check_env_finds_nothing():
    check_env(LinearQuadratic(), skip_render_check=True)
    check_env(LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]]), skip_render_check=True)


def test_the_default_is_a_point_on_a_line():
    world = LinearQuadratic()
    assert (world.noise, world.start) == (0.1, 1.0)
    world = LinearQuadratic(noise=0.0)
    world.reset(options={"state": [1.0, 2.0]})
    s, r, *_ = world.step([3.0])
    assert s == pytest.approx([1.2, 2.3])
    assert r == pytest.approx(-(1.0 + 0.1 * 4 + 0.1 * 9))


def test_a_step_is_the_system_and_its_costs(rng):
    for world in systems():
        noise, world.noise = world.noise, 0.0
        for _ in range(5):
            s, a = rng.normal(size=len(world.A)), rng.normal(size=world.B.shape[1])
            begun, info = world.reset(options={"state": s})
            assert np.array_equal(begun, s)
            assert info == {}
            s_next, r, terminated, truncated, _ = world.step(a)
            assert s_next == pytest.approx(world.A @ s + world.B @ a)
            assert r == pytest.approx(-(s @ world.Q @ s) - a @ world.R @ a)
            assert (terminated, truncated) == (False, False)
        world.noise = noise


def test_the_noise_and_the_start_are_as_wide_as_they_say():
    world = LinearQuadratic(noise=0.3, start=2.0)
    world.reset(seed=0)
    starts = np.array([world.reset()[0] for _ in range(1000)])
    assert kstest(starts.ravel() / 2, "norm").pvalue > 1e-3  # a fixed seed
    ends = []
    for _ in range(1000):
        world.reset(options={"state": np.zeros(2)})
        ends.append(world.step(np.zeros(1))[0])
    assert kstest(np.ravel(ends) / 0.3, "norm").pvalue > 1e-3


def test_the_noise_is_added_as_it_is_drawn():
    world, (twin, _) = LinearQuadratic(noise=0.3, start=2.0), seeding.np_random(3)
    s, _ = world.reset(seed=3)
    assert s == pytest.approx(2 * twin.standard_normal(2))
    s_next, *_ = world.step([1.0])
    assert s_next == pytest.approx(world.A @ s + world.B[:, 0] + 0.3 * twin.standard_normal(2))


def test_the_same_seed_is_the_same_run():
    runs = []
    for _ in range(2):
        world = TimeLimit(LinearQuadratic(), 20)
        s, _ = world.reset(seed=4)
        run, over = [s], False
        while not over:
            s, r, _, over, _ = world.step(-world.unwrapped.gain(GAMMA) @ s)
            run.extend((s, [r]))
        runs.append(np.concatenate(run))
    assert np.array_equal(*runs)


def test_what_is_written_into_arrays_outside_does_not_reach_the_world():
    world, given = LinearQuadratic(noise=0.0), np.ones(2)
    s, _ = world.reset(options={"state": given})
    given[:] = s[:] = 7.0
    s_next, *_ = world.step(np.zeros(1))
    assert s_next == pytest.approx(world.A @ np.ones(2))
    kept = s_next.copy()
    s_next[:] = 7.0
    assert world.step(np.zeros(1))[0] == pytest.approx(world.A @ kept)


# Wrong arguments


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"A": 1.0}, "A"),
        ({"A": np.ones((2, 3))}, "A"),
        ({"A": [[1.0, np.nan], [0.0, 1.0]]}, "A"),
        ({"B": np.ones((3, 1))}, "B"),
        ({"B": np.ones(2)}, "B"),
        ({"B": 1.0}, "B"),
        ({"Q": np.eye(3)}, "Q"),
        ({"Q": np.diag([1.0, -1.0])}, "Q"),
        ({"Q": [[1.0, 0.5], [0.0, 1.0]]}, "Q"),
        ({"R": np.eye(2)}, "R"),
        ({"R": [[0.0]]}, "R"),
        ({"R": [[-1.0]]}, "R"),
        ({"A": "x"}, "A"),
        ({"noise": -0.1}, "noise"),
        ({"start": np.inf}, "start"),
    ],
)
def test_a_wrong_argument_is_an_error(options, named):
    with pytest.raises(ValueError, match=rf"^{named} must"):
        LinearQuadratic(**options)


def test_costs_of_nothing_but_actions_are_allowed():
    world = LinearQuadratic(Q=np.zeros((2, 2)))
    assert not world.gain(GAMMA).any()
    assert not world.value(GAMMA).any()


@pytest.mark.parametrize("K", [[[-50.0, -50.0]], [[np.nan, 0.0]], [[np.inf, 0.0]]])
def test_a_gain_whose_costs_are_not_finite(K):
    world = LinearQuadratic()
    for question in (world.value, world.q_matrix, world.constant):
        with pytest.raises(ValueError, match="K must"):
            question(GAMMA, K)


def test_a_system_that_nothing_can_keep_finite():
    world = LinearQuadratic([[2.0]], [[0.0]], [[1.0]], [[1.0]])
    with pytest.raises(ValueError, match="finite"):
        world.gain(GAMMA)
    assert world.value(0.2) == pytest.approx(1 / (1 - 0.2 * 4))  # discounted enough, it is


@pytest.mark.parametrize("K", [0.5, [0.5, 0.5], [[0.5]], [[0.5], [0.5]], np.ones((2, 2))])
def test_a_gain_of_another_shape(K):
    with pytest.raises(ValueError, match=r"K must.*shape"):
        LinearQuadratic().value(GAMMA, K)


@pytest.mark.parametrize("gamma", [-0.1, 1.0, 1.1, np.nan])
def test_the_costs_need_a_discount(gamma):
    world = LinearQuadratic()
    for question in (world.value, world.gain, world.q_matrix, world.constant):
        with pytest.raises(ValueError, match="gamma"):
            question(gamma)


@pytest.mark.parametrize("action", [0.5, [0.5, 0.5], [[0.5]], [np.nan], [np.inf], ["a"], None])
def test_a_wrong_action_is_an_error(action):
    world = LinearQuadratic()
    world.reset(seed=0)
    with pytest.raises(ValueError, match="action"):
        world.step(action)


@pytest.mark.parametrize("state", [0.5, [0.5], [1.0, 2.0, 3.0], [[1.0, 2.0]], [np.nan, 0.0], "x"])
def test_a_wrong_state_to_begin_in_is_an_error(state):
    with pytest.raises(ValueError, match="state"):
        LinearQuadratic().reset(options={"state": state})


def test_a_step_before_the_first_reset_is_an_error():
    with pytest.raises(gymnasium.error.ResetNeeded):
        LinearQuadratic().step(np.zeros(1))


# What an actor has learned


def test_the_gain_of_an_actor_is_minus_its_slope_at_zero(rng):
    for sizes in ((3, 2), (2, 1), (2, 8, 8, 3)):
        actor = MLP(sizes, rng=rng, hidden="tanh", dtype=float)
        before = actor.grad.copy()
        gain, h = gain_of(actor), 1e-5 * np.eye(sizes[0])
        assert gain.shape == (sizes[-1], sizes[0])
        assert gain == pytest.approx((actor(-h) - actor(h)).T / 2e-5, rel=1e-6, abs=1e-8)
        assert np.array_equal(actor.grad, before)


def test_gains_are_taken_on_the_way_and_steps_become_smaller(rng):
    world = LinearQuadratic()
    agent = DDPG(
        world.observation_space, world.action_space, actor=MLP((2, 1), rng=rng, last=3e-3),
        critic=Quadratic(3), gamma=GAMMA, alpha_theta=5e-3, alpha_w=5e-2, warmup=10, rng=rng,
    )  # fmt: skip
    sizes, seen = [], []

    def learning():
        for k, _ in enumerate(learn(agent, interact(world, agent, steps=200, seed=0)), start=1):
            sizes.append([adam.lr for adam in (agent.actor_step, *agent.critic_steps)])
            if k % 50 == 0:
                seen.append(gain_of(agent.actor))
            yield

    gains = learned_gains(agent, learning(), 200)
    assert gains.shape == (4, 1, 2)
    assert np.array_equal(gains, seen)
    assert (gains[0] != gains[-1]).any()
    share = np.minimum(1.0, 2.02 - 2 * np.arange(200) / 200)  # step k is as large as k - 1 says
    assert np.array(sizes) == pytest.approx(share[:, None] * [5e-3, 5e-2])
