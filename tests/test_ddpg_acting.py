"""DDPG acts and remembers: two scales, noise, warm-up."""

import gymnasium
import numpy as np
import pytest
from ddpg_cases import (
    ACTIONS,
    HIGH,
    LOW,
    Still,
    agent,
    constant,
    exact,
    linear_actor,
    moved,
    nets,
    scale,
    scaled,
    steps,
    thetas,
)
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit
from scipy.stats import kstest

from rlbook import Evaluation
from rlbook.agent import Agent, batch, interact, learn
from rlbook.functions.exploration_noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.training.loop import score, train


def fixed(*x):
    """Noise that is always the same."""
    return lambda old, rng: np.array(x)


# Two scales


def test_what_networks_see_lies_in_minus_one_to_one():
    learner = agent()
    assert learner.scaled(LOW) == pytest.approx([-1, -1])
    assert learner.scaled(HIGH) == pytest.approx([1, 1])
    assert learner.scaled((LOW + HIGH) / 2) == pytest.approx([0, 0])
    a = np.random.default_rng(0).uniform(LOW, HIGH, (50, 2))
    assert learner.scaled(a) == pytest.approx(scale(a), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_actions_are_mu_in_the_units_of_the_world(dtype):
    learner = exact(agent(actions=Box(LOW.astype(dtype), HIGH.astype(dtype), dtype=dtype)))
    for t in steps(10):
        mu = learner.actor(t.s)
        expected = LOW + (mu + 1) / 2 * (HIGH - LOW)
        a = learner.act(t.s, explore=False)
        assert a.dtype == dtype
        assert a == pytest.approx(expected, rel=1e-6)
        assert learner.scale.space.contains(a)


def test_noise_is_added_on_the_scale_of_the_agent():
    mu, x = np.array([0.2, -0.4]), np.array([0.5, 0.1])
    learner = constant(exact(agent(noise=fixed(*x))), mu)
    expected = LOW + (mu + x + 1) / 2 * (HIGH - LOW)
    assert learner.act(np.zeros(3)) == pytest.approx(expected)
    assert expected == pytest.approx([1.4, 3.5])  # 0.7 of 2 from the middle, -0.3 of 5


def test_gaussian_noise_has_its_sigma_on_the_scale_of_the_agent():
    learner = constant(exact(agent(noise=GaussianNoise(0.1))), np.array([0.0, 0.2]))
    a = np.array([learner.act(np.zeros(3)) for _ in range(5000)])
    noise = scale(a) - [0.0, 0.2]
    for component in noise.T:
        assert kstest(component / 0.1, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4.5 / np.sqrt(5000)


def test_actions_are_clipped_and_remembered_as_they_were_taken():
    learner = constant(exact(agent(noise=fixed(5.0, -5.0))), np.array([0.2, -0.4]))
    a = learner.act(np.zeros(3))
    assert np.array_equal(a, [2.0, 0.0])
    learner.update(steps(1)[0]._replace(a=a))
    assert np.array_equal(learner.replay.all().a, [[1.0, -1.0]])


def test_without_exploring_mu_alone():
    learner = exact(agent(noise=fixed(5.0, -5.0), warmup=10))
    before = learner.rng.bit_generator.state, learner.x.copy()
    s = np.ones(3)
    expected = LOW + (learner.actor(s) + 1) / 2 * (HIGH - LOW)
    for _ in range(3):
        assert learner.act(s, explore=False) == pytest.approx(expected)
    assert learner.rng.bit_generator.state == before[0]
    assert np.array_equal(learner.x, before[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_action_leaves_its_space(dtype):
    rng = np.random.default_rng(1)
    for _ in range(300):
        low = (rng.normal(size=2) * 10 ** rng.uniform(-3, 3)).astype(dtype)
        high = (low + rng.random(2) * 10 ** rng.uniform(-3, 3)).astype(dtype)
        learner = agent(actions=Box(low, high, dtype=dtype), noise=fixed(9.0, -9.0))
        for explore in (True, False):
            a = learner.act(np.zeros(3), explore=explore)
            assert learner.scale.space.contains(a), (low, high, a)


def test_a_component_with_one_value():
    learner = agent(actions=Box(np.array([0.0, 1.0]), np.array([4.0, 1.0]), dtype=np.float64))
    a = learner.act(np.zeros(3))
    assert a[1] == 1.0
    for k in range(6):
        learner.update(steps(6)[k]._replace(a=learner.act(np.zeros(3))))
    assert np.isfinite(learner.replay.all().a).all()
    assert np.isfinite(learner.last_loss)


def test_components_without_bounds_are_left_as_they_are():
    space = Box(np.array([-np.inf, 0.0]), np.array([np.inf, 10.0]), dtype=np.float64)
    actor = linear_actor([[7.0, 0.2], [0, 0], [0, 0]])
    learner = agent(actions=space, actor=actor, noise=fixed(100.0, 0.1))
    s = np.array([1.0, 0, 0])
    assert learner.act(s, explore=False) == pytest.approx([7.0, 6.0])
    assert learner.act(s) == pytest.approx([107.0, 6.5])
    assert learner.scaled([107.0, 6.5]) == pytest.approx([107.0, 0.3])
    half = Box(np.array([-np.inf, 3.0]), np.array([-2.0, np.inf]), dtype=np.float64)
    learner = agent(actions=half, actor=actor)
    assert learner.act(s, explore=False) == pytest.approx([-2.0, 3.0])
    assert learner.scaled([-5.0, 4.0]) == pytest.approx([-5.0, 4.0])


# Warm-up


def test_the_first_actions_are_uniform_and_nothing_is_learned():
    n = 4000
    learner = constant(exact(agent(warmup=n, noise=fixed(0.5, 0.5), capacity=10)), [0.1, 0.1])
    before, actions, t = thetas(learner), [], steps(1)[0]
    for k in range(n):
        assert learner.steps == k
        actions.append(learner.act(np.zeros(3)))
        learner.update(t._replace(a=actions[-1]))
    actions = np.array(actions)
    for component, low, high in zip(actions.T, LOW, HIGH, strict=True):
        assert kstest(component, "uniform", args=(low, high - low)).pvalue > 1e-3
    assert abs(np.corrcoef(actions.T)[0, 1]) < 4.5 / np.sqrt(n)
    assert moved(learner, before) == [False] * 4
    assert (learner.n_updates, learner.steps) == (0, n)
    assert not learner.x.any()
    assert scale(learner.act(np.zeros(3))) == pytest.approx([0.6, 0.6])  # from now on mu and noise
    learner.update(t)
    assert learner.n_updates == 1
    assert moved(learner, before) == [True] * 4


@pytest.mark.parametrize("warmup", [0, 1, 5])
def test_one_update_a_step_after_the_warm_up(warmup):
    learner, seen = agent(warmup=warmup, capacity=3), []
    learned = learner.learn
    learner.learn = lambda t: (seen.append(t), learned(t))
    made = steps(9)
    for k, t in enumerate(made, start=1):
        learner.update(t)
        assert learner.n_updates == len(seen) == max(0, k - warmup)
    assert all(len(t.r) == 4 for t in seen)
    assert set(seen[-1].r) <= {t.r for t in made[-3:]}
    assert (learner.steps, len(learner.replay)) == (9, 3)
    assert learner.n_episodes == sum(t.terminated or t.truncated for t in made)


# What is remembered


class Corridor(gymnasium.Env):
    """Every observation is another: (episode, step, 0). Even episodes terminate, odd ones do not.

    Beside the truncation of a TimeLimit of 5.
    """

    def __init__(self):
        self.observation_space = Box(-np.inf, np.inf, (3,), np.float64)
        self.action_space = ACTIONS
        self.taken, self.episode = [], -1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.k = self.episode + 1, 0
        return np.array([self.episode, 0.0, 0.0]), {}

    def step(self, action):
        self.k += 1
        self.taken.append(np.array(action))
        end = self.episode % 2 == 0 and self.k == 3
        return np.array([self.episode, self.k, 0.0]), float(self.k), end, False, {}


def test_the_replay_holds_the_stream_with_actions_scaled():
    world = Corridor()
    learner = exact(agent(world.observation_space, warmup=6, noise=GaussianNoise(0.8)))
    stream = batch(list(learn(learner, interact(TimeLimit(world, 5), learner, steps=32, seed=0))))
    held = learner.replay.all()
    assert np.array_equal(stream.a, world.taken)
    assert held.a == pytest.approx(scale(world.taken), abs=1e-12)
    assert np.abs(held.a).max() == 1  # some were clipped
    for name in ("s", "r", "s_next", "terminated", "truncated"):
        assert np.array_equal(getattr(held, name), getattr(stream, name))
    # 3 steps, terminated; 5 steps, truncated; and again: s_next is never what a reset gave
    assert np.array_equal(held.s_next[:, 1], held.s[:, 1] + 1)
    assert np.array_equal(held.s_next[:, 0], held.s[:, 0])
    assert np.flatnonzero(held.terminated).tolist() == [2, 10, 18, 26]
    assert np.flatnonzero(held.truncated).tolist() == [7, 15, 23, 31]
    assert learner.n_episodes == 8


def test_a_batch_is_learned_from_with_its_actions_scaled_and_not_remembered():
    made = steps(8)
    learner, other = exact(agent()), exact(agent())
    learner.update(batch(made))
    t = batch(made)
    other.learn(t._replace(a=other.scaled(t.a)))
    for found, expected in zip(nets(learner), nets(other), strict=True):
        assert np.array_equal(found.theta, expected.theta)
    assert (learner.n_updates, learner.steps, len(learner.replay)) == (1, 0, 0)
    by_hand = exact(agent())
    by_hand.learn(scaled(made))
    for found, expected in zip(nets(learner), nets(by_hand), strict=True):
        np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-10, atol=1e-13)


class Wanderer(Agent):
    """Any action of the world."""

    def __init__(self, space, seed):
        self.space, self.rng = space, np.random.default_rng(seed)

    def act(self, s, *, explore=True):
        return self.rng.uniform(self.space.low, self.space.high)

    def update(self, experience):
        raise AssertionError("it does not learn")


def test_experience_of_another():
    world = Corridor()
    learner = exact(agent(world.observation_space, warmup=6))
    wanderer = Wanderer(ACTIONS, 1)
    stream = list(learn(learner, interact(TimeLimit(world, 5), wanderer, steps=20, seed=0)))
    assert (learner.n_updates, learner.steps) == (14, 20)
    assert learner.replay.all().a == pytest.approx(scale(world.taken), abs=1e-12)
    again = exact(agent(world.observation_space, warmup=6))
    for _ in learn(again, stream):  # recorded
        pass
    for found, expected in zip(nets(learner), nets(again), strict=True):
        assert np.array_equal(found.theta, expected.theta)


# Noise, episode by episode


def test_noise_follows_noise_and_begins_anew_with_each_episode():
    def count(x, rng):
        return x + 0.1

    learner = constant(exact(agent(noise=count, warmup=2)), [0.0, 0.0])
    t, seen = steps(1)[0]._replace(terminated=False, truncated=False), []
    for k in range(9):
        if k in (0, 5):
            learner.begin()
            assert not learner.x.any()
        a = learner.act(np.zeros(3))
        learner.act(np.zeros(3), explore=False)
        seen.append(scale(a)[0])
        learner.actor_step = Still(learner.actor)
        learner.update(t._replace(a=a))
    assert seen[2:] == pytest.approx([0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.4])


def test_noise_is_not_clipped_with_its_action():
    learner = constant(exact(agent(noise=lambda x, rng: x + 0.75)), [0.5, -0.5])
    for k in range(1, 4):
        a = learner.act(np.zeros(3))
        assert learner.x == pytest.approx([0.75 * k] * 2)
        assert scale(a) == pytest.approx(np.clip([0.5 + 0.75 * k, -0.5 + 0.75 * k], -1, 1))


def test_each_episode_of_a_stream_begins_without_noise():
    first = []

    def rule(x, rng):
        first.append(not x.any())
        return x + 0.1

    world = Corridor()
    learner = agent(world.observation_space, noise=rule)
    list(interact(TimeLimit(world, 5), learner, steps=16, seed=0))
    assert np.flatnonzero(first).tolist() == [0, 3, 8, 11]


@pytest.mark.parametrize("noise", [GaussianNoise(0.3), OrnsteinUhlenbeckNoise()])
def test_scoring_leaves_the_agent_alone(noise):
    learner = agent(Corridor().observation_space, noise=noise, warmup=5)
    train(learner, TimeLimit(Corridor(), 5), steps=10, seed=0)
    learner.act(np.zeros(3))

    def picture():
        return (repr(learner.rng.bit_generator.state), learner.x.tolist(), learner.steps,
                learner.n_updates, learner.n_episodes, len(learner.replay), learner.replay.added,
                [x.tolist() for x in thetas(learner)], learner.last_loss)  # fmt: skip

    before, world = picture(), Corridor()
    watch = Evaluation(TimeLimit(Corridor(), 5), learner.actor, episodes=3, seed=0)
    returns = score(TimeLimit(world, 5), learner, episodes=4, seed=0)
    watch(learner)
    assert picture() == before
    assert learner.x.any()
    assert returns.tolist() == [6, 15, 6, 15]
    rows = [(0, 0), (0, 1), (0, 2), *((1, k) for k in range(5))]
    expected = [learner.act(np.array([*row, 0.0]), explore=False) for row in rows]
    assert np.array_equal(world.taken[:8], expected)  # without noise, and no random steps
