"""TD-Linear, Sarsa and Q-learning with features."""

from itertools import islice

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from linear_cases import EPSILON, GAMMA, GRID, PI, control, random_chain, td

from rlbook import GridWorld, epsilon_greedy, epsilon_soft_optimal, stationary_distribution, uniform
from rlbook.agent import Step, episodes, interact, learn
from rlbook.function_approximation.least_squares import LSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa
from rlbook.function_approximation.projection import td_fixed_point
from rlbook.functions.features import fourier, grid_features, one_hot, polynomial, tile_coding
from rlbook.temporal_difference import TD0, QLearning, Sarsa
from rlbook.training.loop import score, train

# At the fixed point the expected update is zero: exactly, no sampling.


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


@pytest.mark.book("alg:8.2", "alg:8.3", "eq:8.35", "eq:8.36")
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


@pytest.mark.parametrize("method", [LinearSarsa, LinearQLearning])
def test_values_that_run_away_are_noticed(method):
    agent = method(
        10 * np.eye(25), 5, gamma=0.9, alpha=1.0, epsilon=1.0, rng=np.random.default_rng(0)
    )
    stream = learn(agent, interact(GridWorld(), agent, steps=100_000, seed=0))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="alpha must be smaller"):
        for _ in stream:
            pass
