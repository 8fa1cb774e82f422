import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import TimeLimit
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov
from scipy.stats import kstest

from rlbook.linear_quadratic import LinearQuadratic

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


# The world


@pytest.mark.filterwarnings("ignore:.*Box")  # numbers without bounds are meant
def test_check_env_finds_nothing():
    check_env(LinearQuadratic(), skip_render_check=True)
    check_env(LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]]), skip_render_check=True)


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
