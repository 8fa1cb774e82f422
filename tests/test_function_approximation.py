from itertools import islice, pairwise

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from hypothesis import given
from hypothesis import strategies as st

from rlbook import (
    MDP,
    GridWorld,
    epsilon_greedy,
    epsilon_soft_optimal,
    policy_value,
    stationary_distribution,
    uniform,
)
from rlbook.agent import Follow, Step, episodes, interact, learn
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.function_approximation.projection import (
    best_fit,
    error_bound,
    power_iteration,
    stationary_eigenvector,
    td_fixed_point,
    td_matrices,
)
from rlbook.functions.features import fourier, grid_features, one_hot, polynomial, tile_coding
from rlbook.temporal_difference import TD0, QLearning, Sarsa
from rlbook.training.loop import score, train

GAMMA, EPSILON = 0.9, 0.3
GRID = GridWorld()
PI = uniform(25, 5)


def random_chain(seed, states=6, actions=3):
    """A continuing model in which every state follows every other, and a policy."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(states), size=(states, actions))
    model = MDP.from_matrices(P, rng.normal(size=(states, actions)))
    return model, rng.dirichlet(np.ones(actions), size=states), rng


def stream(world=GRID, pi=PI, steps=2000, seed=0):
    return list(interact(world, Follow(pi, np.random.default_rng(seed)), steps=steps, seed=seed))


def td(phi, pi, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "rng": np.random.default_rng(0)} | options
    return LinearTD(phi, pi, **given)


def control(method, phi, n_actions, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "epsilon": EPSILON, "rng": np.random.default_rng(0)}
    return method(phi, n_actions, **(given | options))


# Features


def test_polynomial_features_by_hand():
    z = [0.75, 0.25]  # x = 1/2, y = -1/2
    x, y = 0.5, -0.5
    assert polynomial(0)(z).tolist() == [1]
    assert polynomial(1)(z).tolist() == [1, x, y]
    assert polynomial(2)(z).tolist() == [1, x, y, x**2, y**2, x * y]
    cubic = [1, x, y, x**2, y**2, x * y, x**3, y**3, x**2 * y, x * y**2]
    assert polynomial(3)(z) == pytest.approx(cubic)
    assert polynomial(2)([1.0]).tolist() == [1, 1, 1]
    assert polynomial(1)([0.5, 1.0, 0.0]).tolist() == [1, 0, 1, -1]
    assert polynomial(3)(np.zeros((4, 7, 2))).shape == (4, 7, 10)
    assert [polynomial(4)(np.zeros(k)).size for k in (1, 2, 3)] == [5, 15, 35]


def test_fourier_features_by_hand():
    assert fourier(1)([0.5, 1.0]) == pytest.approx([1, -1, 0, 0])  # c = 00, 01, 10, 11
    assert fourier(2)([1 / 3]) == pytest.approx([1, 0.5, -0.5])
    assert fourier(2)([0.0, 0.0]).tolist() == [1] * 9
    assert fourier(5)(np.zeros((3, 2))).shape == (3, 36)


def test_one_hot_features():
    assert one_hot(3)(1).tolist() == [0, 1, 0]
    assert one_hot(3)(np.array([[2, 0]])).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert one_hot(4)([0.2, 0.9]).tolist() == [0, 0, 1, 0]  # x fastest
    assert one_hot(8)([1.0, 0.0, 1.0]).argmax() == 5
    assert np.array_equal(grid_features(GRID, one_hot(25)), np.eye(25))
    assert np.array_equal(grid_features(GridWorld("./T"), one_hot(4)), np.eye(4)[[0, 2]])


def test_grid_features_know_x_from_y():
    phi = grid_features(GridWorld("..T/..."), polynomial(1))
    assert phi.tolist() == [[1, x, y] for y in (-1, 1) for x in (-1, 0, 1)]
    assert grid_features(GridWorld(".T"), polynomial(1))[:, 2].tolist() == [-1, -1]  # a single row
    wrapped = gymnasium.make("rlbook/GridWorld-v0")
    assert grid_features(wrapped, fourier(2)).shape == (25, 9)


def test_tile_coding():
    box = gymnasium.spaces.Box(np.array([-2.0, 0.0]), np.array([2.0, 1.0]), dtype=np.float64)
    coding = tile_coding(box, tilings=4, tiles=5)
    assert coding.n_features == 4 * 6 * 6
    rng = np.random.default_rng(0)
    points = np.vstack([rng.uniform(box.low, box.high, size=(500, 2)), [box.low, box.high],
                        [[-2, 1]], [[2, 0]], [[-9, 9]]])  # fmt: skip
    on = np.array([coding(x) for x in points])
    assert set(np.unique(on)) == {0.0, 1.0}
    assert (on.reshape(len(points), 4, 36).sum(-1) == 1).all()  # one of each tiling
    assert np.array_equal(coding([-9, 9]), coding([-2, 1]))  # outside: as at the edge
    # Neighbours share tiles, and the more the nearer they are; strangers share none.
    near, nearer = (coding([0.1 + h, 0.5]) for h in (0.3, 0.05))
    assert 0 < coding([0.1, 0.5]) @ near < 4
    assert coding([0.1, 0.5]) @ near <= coding([0.1, 0.5]) @ nearer
    assert coding([-1.9, 0.1]) @ coding([1.9, 0.9]) == 0
    assert np.array_equal(tile_coding((box.low, box.high), tilings=4, tiles=5)([0.1, 0.5]),
                          coding([0.1, 0.5]))  # fmt: skip
    # Askew: along the diagonal the tilings do not all change at once.
    diagonal = [coding([-2 + 4 * h, h]) for h in np.linspace(0.3, 0.5, 200)]
    changes = [8 - 2 * (a @ b) for a, b in pairwise(diagonal)]
    assert max(changes) <= 4


def test_tile_coding_is_asked_again():
    coding, fresh = (tile_coding(([0.0, 0.0], [1.0, 1.0]), tilings=4, tiles=5) for _ in range(2))
    x = np.array([0.2, 0.7])
    coding(x)[:] = 5  # who gets the features may write into them
    assert np.array_equal(coding(x), fresh([0.2, 0.7]))
    x[:] = 0.9  # and who asks may move on in the same array
    assert np.array_equal(coding(x), fresh([0.9, 0.9]))
    with pytest.raises(ValueError, match="obs must be numbers"):
        coding([np.nan, 0.9])
    assert np.array_equal(coding(x), fresh([0.9, 0.9]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: polynomial(-1), "order must be a whole number, 0 or more, got -1"),
        (lambda: fourier(1.5), "order must be a whole number, 0 or more, got 1.5"),
        (lambda: one_hot(0), "n must be a whole number, 1 or more, got 0"),
        (lambda: one_hot(5)([0.1, 0.2]), r"n must be m\^2 for m boxes along each .*, got 5"),
        (lambda: one_hot(5)(5), "s must be whole numbers from 0 to 4, got 5"),
        (lambda: polynomial(1)([0.5, 1.5]), r"z must be coordinates \(..., k\) from 0 to 1"),
        (lambda: fourier(1)([np.nan]), r"z must be coordinates"),
        (lambda: grid_features(gymnasium.make("FrozenLake-v1"), polynomial(1)), "must be a grid"),
        (lambda: grid_features(GRID, lambda z: z[:3]), r"phi must have shape \(25, d\)"),
        (lambda: grid_features(GRID, lambda z: z * np.inf), "phi must be finite|invalid value"),
        (lambda: tile_coding(3), r"space must be a Box or a pair \(low, high\), got 3"),
        (lambda: tile_coding(([0, 0], [1])), r"bounds \(k,\), got low \(2,\), high \(1,\)"),
        (lambda: tile_coding(([0, 0], [1, np.inf])), r"finite bounds, got high\[1\] = inf"),
        (lambda: tile_coding(([0, 1], [1, 1])), r"low < high, got 1.0 and 1.0 at 1"),
        (lambda: tile_coding(([0], [1]), tiles=0), "tiles must be a whole number, 1 or more"),
        (lambda: tile_coding(([0], [1]))([0.5, 0.5]), r"obs must have shape \(1,\), got \(2,\)"),
        (lambda: tile_coding(([0], [1]))([np.nan]), "obs must be numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_bad_features(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_box_without_bounds_is_refused_by_name():
    space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    with pytest.raises(ValueError, match=r"space must have finite bounds, got low\[0\] = -inf"):
        tile_coding(space)


# Exact objects


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


def test_the_fixed_point_has_no_projected_bellman_error():
    model, pi, rng = random_chain(3)
    phi, d = rng.normal(size=(6, 2)), rng.dirichlet(np.ones(6))
    P, r = model.under(pi)
    values = phi @ td_fixed_point(model, pi, GAMMA, phi, d)
    assert phi @ best_fit(phi, r + GAMMA * P @ values, d) == pytest.approx(values)


def test_the_best_fit_is_a_minimum(rng):
    phi, v, d = rng.normal(size=(6, 3)), rng.normal(size=6), rng.dirichlet(np.ones(6))
    for share in (None, d):
        w = best_fit(phi, v, share)
        error = (np.full(6, 1 / 6) if share is None else share) * (phi @ w - v)
        assert phi.T @ error == pytest.approx(np.zeros(3), abs=1e-12)  # the gradient of J


def test_the_update_is_the_negative_gradient_of_the_objective(rng):
    # J(w) = 1/2 E[(v - phi^T w)^2] with the true v as the target, by finite differences.
    phi, v, d, w = (
        rng.normal(size=(6, 3)), rng.normal(size=6), rng.dirichlet(np.ones(6)), rng.normal(size=3)
    )  # fmt: skip

    def objective(w):
        return 0.5 * d @ (v - phi @ w) ** 2

    steps = 1e-6 * np.eye(3)
    gradient = [(objective(w + h) - objective(w - h)) / 2e-6 for h in steps]
    moves = np.zeros(3)
    for s in range(6):
        agent = td(phi, uniform(6, 2), w=w, alpha=0.5)
        agent.update(Step(s, 0, v[s], s, True, False))  # an end: the target is v(s)
        moves += d[s] * (agent.w - w) / 0.5
    assert moves == pytest.approx(-np.array(gradient), abs=1e-8)


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


PHI = grid_features(GRID, polynomial(1))
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


# At the fixed point the expected update is zero: exactly, no sampling.


@pytest.mark.book("alg:8.1")
def test_td_linear_rests_at_the_fixed_point():
    for seed in range(10):
        model, pi, rng = random_chain(seed)
        phi = rng.normal(size=(6, 3))
        d = stationary_distribution(model.under(pi)[0])
        w, moves = td_fixed_point(model, pi, GAMMA, phi), np.zeros(3)
        for s in range(6):
            for a in range(3):
                for p, s2, r, end in naive.outcomes(model, s, a):
                    agent = td(phi, pi, w=w)
                    agent.update(Step(s, a, r, s2, end, False))
                    moves += d[s] * pi[s, a] * p * (agent.w - w)
        assert moves == pytest.approx(np.zeros(3), abs=1e-12)


@pytest.mark.book("alg:8.2", "alg:8.3")
def test_linear_q_learning_and_sarsa_rest_at_their_tables():
    for seed in range(10):
        model = naive.random_model(np.random.default_rng(seed), end=0.2 * (seed % 2))
        S, A = model.n_states, model.n_actions
        q_star = naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA)
        soft = epsilon_soft_optimal(model, GAMMA, EPSILON)
        q_soft = naive.lookahead(model, soft.v, GAMMA)
        pi = epsilon_greedy(q_soft, EPSILON)
        best, sarsa = (
            control(method, np.eye(S), A, w=q.T)
            for method, q in ((LinearQLearning, q_star), (LinearSarsa, q_soft))
        )
        for s, a in np.ndindex(S, A):
            means = np.zeros(2)
            for p, s2, r, end in naive.outcomes(model, s, a):
                step = Step(s, a, r, s2, end, False)
                means[0] += p * best.target(step)
                for a_next in range(A):
                    sarsa.next_action = lambda s, a=a_next: a
                    means[1] += p * pi[s2, a_next] * sarsa.target(step)
            assert means == pytest.approx([q_star[s, a], q_soft[s, a]], abs=1e-8)


# Twins


@pytest.mark.book("alg:8.1")
@pytest.mark.parametrize("alpha", [0.1, 0.37])
def test_one_hot_td_linear_is_td_bit_for_bit(alpha):
    world = GridWorld(slip=0.1, terminate_at_target=True)
    v0 = np.random.default_rng(5).normal(size=25)
    table = TD0(PI, gamma=GAMMA, alpha=alpha, rng=np.random.default_rng(1), v=v0)
    linear = td(np.eye(25), PI, alpha=alpha, rng=np.random.default_rng(1), w=v0)
    for agent in (table, linear):
        train(agent, TimeLimit(world, 60), steps=3000, seed=3)
    assert np.array_equal(linear.v, table.v)
    assert np.array_equal(linear.w, table.v)


@pytest.mark.book("alg:8.2", "alg:8.3")
@pytest.mark.parametrize(
    ("tabular", "linear"), [(Sarsa, LinearSarsa), (QLearning, LinearQLearning)]
)
def test_one_hot_linear_control_is_the_table_bit_for_bit(tabular, linear):
    world = TimeLimit(GridWorld(slip=0.1, terminate_at_target=True), 60)
    q0 = np.random.default_rng(5).normal(size=(25, 5))
    phi = grid_features(world, one_hot(25))
    seen = []
    options = {"gamma": GAMMA, "alpha": 0.1, "epsilon": lambda k: 1 / (1 + k / 500)}
    for agent in (
        tabular(25, 5, rng=np.random.default_rng(1), q=q0, **options),
        linear(phi, 5, rng=np.random.default_rng(1), w=q0.T, **options),
    ):
        record = train(agent, world, steps=4000, seed=3)
        seen.append((agent.q, agent.pi, record.returns, agent.epsilon, agent.updates))
    for a, b in zip(*seen, strict=True):
        assert np.array_equal(a, b)


def test_a_function_of_the_state_is_its_array():
    phi = grid_features(GRID, fourier(2))
    for method in (LinearSarsa, LinearQLearning):
        array, function = (control(method, x, 5, alpha=0.01) for x in (phi, lambda s: phi[s]))
        assert function.w.shape == (5, 0)  # nobody has said yet how many features there are
        for agent in (array, function):
            train(agent, GRID, steps=500, seed=1)
        assert np.array_equal(array.w, function.w)
        assert array.q_of(3) == pytest.approx(array.q[3], abs=1e-14)
    array, function = (td(x, PI) for x in (phi, lambda s: phi[s]))
    lstd = [LSTD(x, PI, gamma=GAMMA, regularisation=1) for x in (phi, lambda s: phi[s])]
    rows = td(phi, lambda s: PI[s])
    for agent in (array, function, rows, *lstd):
        for t in stream(steps=300):
            agent.update(t)
    assert np.array_equal(array.w, function.w)
    assert np.array_equal(lstd[0].w, lstd[1].w)
    assert [rows.act(0) for _ in range(9)] == [array.act(0) for _ in range(9)]


# Least squares


@pytest.mark.book("fa:lstd")
def test_recursive_lstd_is_lstd_and_a_plus_sign_is_not():
    phi = grid_features(GRID, polynomial(3))
    batch, recursive = (
        kind(phi, PI, gamma=GAMMA, regularisation=2.0) for kind in (LSTD, RecursiveLSTD)
    )
    plus = np.eye(10) / 2
    for k, t in enumerate(stream(), start=1):
        batch.update(t)
        recursive.update(t)
        if k <= 100:
            x, y = phi[t.s], phi[t.s] - GAMMA * phi[t.s_next]
            plus = plus + np.outer(plus @ x, y @ plus) / (1 + y @ plus @ x)
            assert recursive.w == pytest.approx(batch.w, abs=1e-10)
    assert recursive.w == pytest.approx(batch.w, abs=1e-10)
    assert recursive.v == pytest.approx(batch.v, abs=1e-10)
    assert recursive.A_inverse @ batch.A == pytest.approx(np.eye(10), abs=1e-10)
    assert np.abs(plus).max() > 1e6


def test_lstd_comes_to_the_fixed_point():
    phi = grid_features(GRID, polynomial(2))
    agent = LSTD(phi, PI, gamma=GAMMA, regularisation=0.0)
    d = np.zeros(25)
    for t in stream(steps=20_000, seed=4):
        agent.update(t)
        d[t.s] += 1 / 20_000
    # All that is left is chance: the shares of the states and of the actions.
    v = phi @ td_fixed_point(GRID.model, PI, GAMMA, phi)
    assert np.abs(agent.v - v).max() < 0.3
    # Where nothing is left to chance it is exact.
    one = LSTD([[2.0]], [[1.0]], gamma=0.5, regularisation=0)
    assert one.A.tolist() == [[0.0]]
    one.update(Step(0, 0, 1.0, 0, False, False))
    assert one.v == pytest.approx([2.0])  # 1 + 1/2 + 1/4 + ...


def test_lstd_says_when_its_samples_are_too_few():
    agent = LSTD(np.eye(3), uniform(3, 2), gamma=GAMMA, regularisation=0.0)
    agent.update(Step(0, 0, 1.0, 1, False, False))
    with pytest.raises(
        ValueError, match=r"w needs more samples, or a larger regularisation.*rank 1"
    ):
        _ = agent.w
    with pytest.raises(ValueError, match="rng must be given to an agent that acts"):
        agent.act(0)
    assert LSTD(np.eye(3), uniform(3, 2), gamma=GAMMA, regularisation=1.0,
                rng=np.random.default_rng(0)).act(0) in (0, 1)  # fmt: skip
    one = RecursiveLSTD([[1.0], [2.0]], uniform(2, 1), gamma=0.9, regularisation=0.8)
    with pytest.raises(ValueError, match=r"regularisation must not be 0.8 for these samples"):
        one.update(Step(0, 0, 1.0, 1, False, False))  # 0.8 + 1 (1 - 0.9 * 2) = 0


# terminated, truncated, promises


def test_the_future_counts_unless_the_step_terminated():
    phi = np.array([[1.0, 2.0], [3.0, 1.0]])
    for truncated in (False, True):
        go, end = (Step(0, 0, 1.0, 1, terminated, truncated) for terminated in (False, True))
        for agent in (
            td(phi, uniform(2, 1), w=2.0),
            control(LinearSarsa, phi, 1, w=2.0),
            control(LinearQLearning, phi, 1, w=2.0),
        ):
            assert agent.target(go) == pytest.approx(1 + GAMMA * 8)
            assert agent.target(end) == 1.0
        agent = LSTD(phi, uniform(2, 1), gamma=GAMMA, regularisation=0.0)
        agent.update(end)
        assert agent.A.tolist() == [[1, 2], [2, 4]]
        agent.update(go)
        assert np.allclose(agent.A, [[-0.7, 3.1], [-1.4, 6.2]])
        assert agent.b.tolist() == [2, 4]


def test_an_update_by_hand():
    phi = np.array([[1.0, 2.0], [3.0, 1.0]])
    agent = control(LinearQLearning, phi, 2, w=[[1, 0], [0, 1]], gamma=0.5, alpha=0.1)
    agent.update(Step(0, 1, 1.0, 1, False, False))  # 1 + max(3, 1) / 2 - 2 = 1/2
    assert agent.w == pytest.approx(np.array([[1, 0], [0.05, 1.1]]))
    assert agent.q == pytest.approx(np.array([[1, 2.25], [3, 1.25]]))
    seen = []
    agent = control(LinearSarsa, phi, 2, alpha=lambda n: seen.append(n) or 0.1,
                    epsilon=lambda k: 1 / (1 + k))  # fmt: skip
    assert agent.epsilon == 1
    batch = Step(
        *(np.array(x) for x in ([0, 1], [0, 1], [1.0, 2.0], [1, 0], [True] * 2, [False] * 2))
    )
    agent.update(batch)
    assert seen == [1, 2]
    assert agent.epsilon == pytest.approx(1 / 3)
    assert agent.w == pytest.approx(np.array([[0.1, 0.2], [0.6, 0.2]]))


def test_linear_sarsa_takes_the_action_of_its_target_next():
    world, phi = GridWorld(slip=0.2), grid_features(GRID, fourier(2))
    learner = control(LinearSarsa, phi, 5, alpha=0.01, epsilon=0.9)
    promise, kept = None, 0
    for t in islice(learn(learner, interact(world, learner, steps=500, seed=0)), 499):
        if promise is not None:
            assert (t.s, t.a) == promise
            kept += 1
        promise = learner.promise
    assert kept == 498
    for ending in ((True, False), (False, True), (True, True)):
        learner.update(Step(0, 1, 0.0, 1, *ending))
        assert learner.promise is None
    learner.promise = (7, 0)
    best = int(learner.q[7].argmax())
    assert learner.act(7, explore=False) == best
    assert learner.promise == (7, 0)
    learner.begin()
    assert learner.promise is None


def test_a_promise_is_found_by_the_numbers_of_its_observation():
    learner = control(LinearSarsa, tile_coding(([0, 0], [1, 1])), 3, epsilon=1.0)
    for _ in range(20):
        learner.promise = np.array([0.5, 0.5]), 1
        assert learner.act(np.array([0.5, 0.5])) == 1
    learner.promise = np.array([0.5, 0.5]), 1
    learner.epsilon, learner.w[2] = 0.0, 1.0
    assert learner.act(np.array([0.5, 0.6])) == 2
    assert learner.promise is None


# Learning


def test_td_linear_comes_near_its_fixed_point():
    phi = grid_features(GRID, polynomial(2))
    agent = td(phi, PI, alpha=lambda n: 0.05 / (1 + n / 3000))
    for _ in learn(agent, interact(GRID, agent, steps=30_000, seed=2)):
        pass
    assert np.abs(agent.v - phi @ td_fixed_point(GRID.model, PI, GAMMA, phi)).max() < 0.5


def test_linear_sarsa_on_the_mountain():
    env = gymnasium.make("MountainCar-v0")
    phi = tile_coding(env.observation_space)
    agent = LinearSarsa(phi, 3, gamma=1.0, alpha=0.5 / 8, epsilon=0.0, rng=np.random.default_rng(1))
    assert agent.w.shape == (3, phi.n_features)
    first = [len(e) for e in episodes(learn(agent, interact(env, agent, episodes=80, seed=1)))]
    assert min(first) < 200
    before = agent.w.copy()
    assert score(env, agent, episodes=3, seed=0).mean() > -200
    assert np.array_equal(before, agent.w)
    with pytest.raises(AttributeError, match="phi is a function of an observation"):
        _ = agent.q


# Bad input


RNG = np.random.default_rng(0)
CONTROL = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.1, "rng": RNG}
EVALUATE = {"gamma": 0.9, "alpha": 0.1, "rng": RNG}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearTD(np.zeros(25), PI, **EVALUATE), r"phi must have shape \(25, d\).*\(25,\)"),
        (lambda: LinearTD(PHI[:9], PI, **EVALUATE), r"phi must have shape \(25, d\).*\(9, 3\)"),
        (lambda: LinearTD(PHI / 0, PI, **EVALUATE), "phi must be finite"),
        (lambda: LinearTD("features", PI, **EVALUATE), "phi must be an array of real numbers"),
        (lambda: LinearTD(PHI, PI[0], **EVALUATE), r"pi must have shape \(S, A\), got \(5,\)"),
        (lambda: LinearTD(PHI, PI * 2, **EVALUATE), r"pi\[0\] must sum to 1"),
        (lambda: LinearTD(PHI, PI, w=np.zeros(4), **EVALUATE), r"w must be .* shape \(3,\), got"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"gamma": 2})), r"gamma must lie in \[0, 1\]"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"alpha": 0})), r"alpha must lie in \(0, 1\]"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"rng": 3})), "rng must be a Generator"),
        (lambda: LinearSarsa(PHI[0], 5, **CONTROL), r"phi must have shape \(S, d\)"),
        (lambda: LinearSarsa(PHI, 0, **CONTROL), "n_actions must be a whole number, 1 or more"),
        (lambda: LinearQLearning(PHI, 5, w=np.zeros(3), **CONTROL), r"w must .*shape \(5, 3\)"),
        (lambda: LinearQLearning(PHI, 5, w=np.nan, **CONTROL), "w must be finite"),
        (lambda: LinearSarsa(PHI, 5, **(CONTROL | {"epsilon": 2})), r"epsilon must lie in \[0, 1"),
        (
            lambda: LinearSarsa(lambda s: np.eye(3), 5, **CONTROL).act(0),
            r"phi\(s\) must have shape",
        ),
        (
            lambda: LinearSarsa(lambda s: np.ones(s), 5, w=np.zeros((5, 4)), **CONTROL).act(3),
            r"phi\(s\) must have shape \(4,\), got \(3,\)",
        ),
        (
            lambda: LinearSarsa(lambda s: [1], 5, w=0.5, **CONTROL),
            "w must be an array, for phi has",
        ),
        (lambda: LSTD(PHI, PI, gamma=0.9, regularisation=-1), r"regularisation must lie in \[0"),
        (lambda: LSTD(PHI, PI, gamma=0.9, regularisation=1, rng=0), "rng must be a Generator"),
        (
            lambda: RecursiveLSTD(PHI, PI, gamma=0.9, regularisation=0),
            r"regularisation must lie in \(0",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_agents(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("agent", "env", "message"),
    [
        (lambda: td(PHI, PI), GridWorld("..T"), r"phi needs observation_space Discrete\(25\)"),
        (lambda: td(np.eye(16), uniform(16, 5)), "FrozenLake-v1", r"pi needs action_space Disc.*5"),
        (lambda: control(LinearSarsa, PHI, 5), "MountainCar-v0", r"phi needs observation_space"),
        (lambda: control(LinearSarsa, PHI, 4), GRID, r"n_actions needs action_space Discrete\(4\)"),
        (
            lambda: td(lambda s: [1.0, s], PI),
            "FrozenLake-v1",
            r"pi needs observation_space Discrete\(25\) from 0, got Discrete\(16\)",
        ),
        (
            lambda: control(LinearSarsa, tile_coding(([0, 0], [1, 1])), 4),
            "MountainCar-v0",
            r"n_actions needs action_space Discrete\(4\) from 0, got Discrete\(3\)",
        ),
        (
            lambda: control(LinearQLearning, tile_coding(([0], [1])), 3),
            "MountainCar-v0",
            r"obs must have shape \(1,\), got \(2,\)",
        ),
    ],
)
def test_a_world_that_does_not_fit(agent, env, message):
    env = gymnasium.make(env) if isinstance(env, str) else env
    with pytest.raises(ValueError, match=message):
        next(interact(env, agent(), steps=1))


@pytest.mark.parametrize("method", [LinearSarsa, LinearQLearning])
def test_values_that_run_away_are_noticed(method):
    agent = method(
        10 * np.eye(25), 5, gamma=0.9, alpha=1.0, epsilon=1.0, rng=np.random.default_rng(0)
    )
    stream = learn(agent, interact(GridWorld(), agent, steps=100_000, seed=0))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="alpha must be smaller"):
        for _ in stream:
            pass
