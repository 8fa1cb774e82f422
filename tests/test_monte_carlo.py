from itertools import islice

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import (
    MDP,
    GridWorld,
    TabularEnv,
    optimal,
    policy_value,
    solve,
    uniform,
    value_iteration,
)
from rlbook.agent import Follow, Step, interact, learn
from rlbook.monte_carlo import MonteCarlo, mc_basic, returns
from rlbook.training.loop import train


def test_returns_against_their_definition(rng):
    r = rng.normal(size=12)
    expected = [sum(0.9 ** (k - t) * r[k] for k in range(t, 12)) for t in range(12)]
    assert returns(r, 0.9) == pytest.approx(expected)
    assert returns([1.0, 2.0, 3.0], 0.0).tolist() == [1, 2, 3]
    assert returns([1.0, 2.0, 3.0], 1.0).tolist() == [6, 5, 3]
    assert len(returns([], 0.9)) == 0
    with pytest.raises(ValueError, match="gamma must lie in"):
        returns([1.0], 1.1)


@pytest.mark.book("alg:5.1", "fig:5.4")
def test_mc_basic_is_value_iteration_of_the_episodes_length_on_the_world_of_figure_5_4(rng):
    world = GridWorld(r_forbidden=-10)
    stay = world.policy("/".join(["SSSSS"] * 5))
    for T in (1, 2, 5, 9):
        v, _ = solve(mc_basic(world, 0.9, episode_length=T, pi=stay, rng=rng))
        sweeps = next(islice(value_iteration(world.model, 0.9), T - 1, None)).v
        assert v == pytest.approx(sweeps, abs=1e-12)


@pytest.mark.book("alg:5.1")
def test_mc_basic_is_not_value_iteration_everywhere(rng):
    # A stationary policy is not one that knows how many steps are left. The reward of 10 comes
    # once, on the way out of state 0; with three steps to go it is better to collect 1 first, and
    # a policy that does so always never leaves.
    p, s_next = np.ones((2, 2, 1)), np.array([[[0], [1]], [[1], [1]]])
    r = np.array([[[1.0], [10.0]], [[0.0], [0.0]]])
    world = TabularEnv(MDP(p, s_next, r, np.zeros_like(p)))
    sweeps = next(islice(value_iteration(world.model, 1.0), 2, None)).v
    assert sweeps[0] == 12
    start = np.array([[0.0, 1], [1, 0]])
    values = [
        v[0] for v, _ in islice(mc_basic(world, 1.0, episode_length=3, pi=start, rng=rng), 12)
    ]
    assert not np.isclose(values[-1], values[-2]) or values[-1] < 12


class Recorded(gymnasium.Wrapper):
    """Remembers every episode: its first state, its actions and its rewards."""

    def __init__(self, env):
        super().__init__(env)
        self.episodes = []

    def reset(self, **options):
        s, info = super().reset(**options)
        self.episodes.append((s, [], []))
        return s, info

    def step(self, a):
        answer = super().step(a)
        self.episodes[-1][1].append(int(a))
        self.episodes[-1][2].append(answer[1])
        return answer


@pytest.mark.book("eq:5.2")
def test_mc_basic_takes_the_mean_of_the_returns_that_it_saw():
    model = naive.random_model(np.random.default_rng(1), states=3, actions=2, outcomes=3)
    world = Recorded(TabularEnv(model))
    options = {"episode_length": 9, "episodes_per_pair": 7, "pi": uniform(3, 2)}
    v, pi = next(mc_basic(world, 0.5, rng=np.random.default_rng(2), **options))
    g = {pair: [] for pair in np.ndindex(3, 2)}
    for s, actions, rewards in world.episodes[1:]:  # the first reset only seeds the world
        g[s, actions[0]].append(sum(0.5**k * r for k, r in enumerate(rewards)))
    assert {len(seen) for seen in g.values()} == {7}
    q = np.array([[np.mean(g[s, a]) for a in range(2)] for s in range(3)])
    assert v == pytest.approx(q.max(-1), rel=1e-12)
    assert (pi == np.eye(2)[q.argmax(-1)]).all()


def test_mc_basic_averages_over_episodes():
    world = TabularEnv(
        naive.random_model(np.random.default_rng(1), states=3, actions=2, outcomes=3)
    )
    pi = uniform(3, 2)
    rng = np.random.default_rng(2)
    estimates = mc_basic(world, 0.5, episode_length=25, episodes_per_pair=3000, pi=pi, rng=rng)
    v, _ = next(estimates)
    q = naive.lookahead(world.model, policy_value(world.model, pi, 0.5), 0.5)
    assert v == pytest.approx(q.max(-1), rel=0.1, abs=0.3)


def test_mc_basic_needs_a_world_that_begins_where_it_is_told(rng):
    message = r"env must begin in state 1 after reset\(options=\{'state': 1\}\), got 0"
    with pytest.raises(ValueError, match=message):
        next(mc_basic(gymnasium.make("FrozenLake-v1"), 0.9, episode_length=5, rng=rng))
    with pytest.raises(ValueError, match="q is a table and needs observation_space Discrete"):
        next(mc_basic(gymnasium.make("CartPole-v1"), 0.9, episode_length=5, rng=rng))
    for options in ({"episode_length": 0}, {"episode_length": 3, "episodes_per_pair": 0}):
        with pytest.raises(ValueError, match="must be a whole number, 1 or more, got 0"):
            next(mc_basic(GridWorld(), 0.9, rng=rng, **options))
    with pytest.raises(ValueError, match=r"pi must have shape \(25, 5\)"):
        next(mc_basic(GridWorld(), 0.9, episode_length=3, pi=uniform(9, 5), rng=rng))


def episode(pairs, rewards, truncated=False):
    last = len(pairs) - 1
    return [
        Step(s, a, r, s + 1, k == last and not truncated, k == last and truncated)
        for k, ((s, a), r) in enumerate(zip(pairs, rewards, strict=True))
    ]


def feed(agent, steps):
    for _ in learn(agent, steps):
        pass
    return agent


def make(**options):
    given = {"gamma": 0.5, "epsilon": 0.1, "rng": np.random.default_rng(0)} | options
    return MonteCarlo(25, 5, **given)


@pytest.mark.book("alg:5.2", "alg:5.3")
def test_every_visit_and_first_visit():
    steps = episode([(0, 0), (1, 0), (0, 0)], [1.0, 2.0, 4.0])  # returns 3, 4, 4
    every = feed(make(), steps)
    first = feed(make(first_visit=True), steps)
    assert every.q[0, 0] == pytest.approx((3 + 4) / 2)
    assert first.q[0, 0] == pytest.approx(3)
    assert (every.visits[0, 0], first.visits[0, 0]) == (2, 1)
    assert every.q[1, 0] == first.q[1, 0] == pytest.approx(4)


def test_the_initial_value_has_no_share_in_a_mean_but_in_a_constant_step():
    steps = episode([(0, 0)], [3.0]) + episode([(0, 0)], [5.0])
    assert feed(make(q=100.0), steps).q[0, 0] == 4.0
    assert feed(make(q=100.0, alpha=0.5), steps).q[0, 0] == pytest.approx((51.5 + 5) / 2)


def test_a_step_size_may_depend_on_the_visits():
    steps = episode([(0, 0)], [3.0]) + episode([(0, 0)], [5.0])
    assert feed(make(alpha=lambda n: 1 / n), steps).q[0, 0] == 4.0


def test_nothing_is_learned_before_the_end_and_truncation_is_an_end():
    agent = make()
    *begin, last = episode([(0, 0), (1, 1)], [1.0, 1.0], truncated=True)
    feed(agent, begin)
    assert not agent.q.any()
    feed(agent, [last])
    assert agent.q[0, 0] == 1.5
    assert agent.n_episodes == 1


def test_an_episode_cut_by_the_number_of_steps_does_not_run_on():
    world = GridWorld()
    agent = make()
    train(agent, world, steps=7, seed=0)
    assert agent.n_episodes == 1
    assert len(agent._s) == 0


@pytest.mark.book("alg:5.2")
def test_exploring_starts_take_a_uniform_first_action_and_then_the_greedy_one():
    world = TimeLimit(GridWorld(), 5)
    agent = make(exploring_starts=True, epsilon=0.0)
    first, others = np.zeros((25, 5)), []
    for k, t in enumerate(interact(world, agent, steps=20_000, seed=0)):
        if k % 5 == 0:
            first[t.s, t.a] += 1
        else:
            others.append(t.a)
        agent.update(t._replace(r=0.0))  # q stays zero: the greedy action is 0
    assert set(others) == {0}
    expected = 4000 / 125
    assert np.abs(first - expected).max() < 5.5 * np.sqrt(expected)  # 125 counts, fixed seed
    assert (first > 0).all()
    agent.begin()
    assert {agent.act(0, explore=False) for _ in range(20)} == {0}  # nor then, if it is only scored


def two_visits():
    """State 0 comes back to itself with probability 1/2, and pays 1 each time: v = 2."""
    p = np.array([[[0.5, 0.5]]])
    return TabularEnv(MDP(p, [[[0, 0]]], [[[1.0, 1.0]]], [[[False, True]]]), start=0)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_first_visit_averages_are_not_biased(n):
    """A z-test over 3000 seeds at 4 standard errors; the mean return is exactly 2."""
    ends = [
        feed(
            MonteCarlo(1, 1, gamma=1.0, epsilon=0, first_visit=True, rng=np.random.default_rng(k)),
            interact(two_visits(), Follow([[1.0]], np.random.default_rng(k)), episodes=n, seed=k),
        ).q[0, 0]
        for k in range(3000)
    ]
    z = (np.mean(ends) - 2) / (np.std(ends) / np.sqrt(len(ends)))
    assert abs(z) < 4, (n, z)


def test_the_bias_of_every_visit_averages_shrinks_with_the_episodes():
    def bias(n, seeds=3000):
        ends = []
        for k in range(seeds):
            agent = MonteCarlo(1, 1, gamma=1.0, epsilon=0, rng=np.random.default_rng(k))
            wanderer = Follow([[1.0]], np.random.default_rng(k))
            feed(agent, interact(two_visits(), wanderer, episodes=n, seed=k))
            ends.append(agent.q[0, 0])
        return np.mean(ends) - 2, np.std(ends) / np.sqrt(seeds)

    one, error_one = bias(1)
    # From one episode of N visits the mean of N, N-1, ..., 1 is (N + 1) / 2; E[N] = 2, so -1/2.
    assert abs(one + 0.5) < 4 * error_one
    many, error_many = bias(20)
    assert abs(many) + 4 * error_many < 0.15


@pytest.mark.book("alg:5.3")
def test_monte_carlo_learns_the_grid():
    world = GridWorld("../.T", terminate_at_target=True)
    best = optimal(world.model, 0.9)
    ends = []
    for seed in range(5):
        agent = MonteCarlo(4, 5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(seed))
        train(agent, TimeLimit(world, 30), episodes=1500, seed=seed)
        v = policy_value(world.model, agent.pi, 0.9)
        ends.append(bool(np.allclose(v[:3], best.v[:3], atol=1e-6)))  # nothing begins at the target
    assert sum(ends) >= 4, ends


def test_epsilon_may_depend_on_the_episode():
    agent = make(epsilon=lambda k: 1 / (1 + k))
    assert agent.epsilon == 1
    feed(agent, episode([(0, 0)], [1.0]))
    assert agent.epsilon == 0.5
