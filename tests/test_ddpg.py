"""DDPG: its target and its gradients by hand, its two scales, and where the truth stands still."""

import inspect
import re
import subprocess
import sys
from types import SimpleNamespace

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.wrappers import TimeLimit
from scipy.stats import kstest

from rlbook import DDPG, Evaluation, ddpg
from rlbook.actor_critic import DeterministicActorCritic
from rlbook.agent import Agent, Step, batch, interact, learn, score, train
from rlbook.ddpg import PAPER, PRACTICE, TD3
from rlbook.linear_quadratic import LinearQuadratic
from rlbook.networks import MLP, SGD, Adam
from rlbook.noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.parametric import Linear, Quadratic, Table

GAMMA = 0.9
LOW, HIGH = np.array([-2.0, 0.0]), np.array([2.0, 10.0])
BOX = Box(-1, 1, (3,), np.float64)
ACTIONS = Box(LOW, HIGH, dtype=np.float64)
BOUNDLESS = Box(-np.inf, np.inf, (2,), np.float64)
ENDS = [(False, False), (False, True), (True, False), (True, True)]


def agent(observations=BOX, actions=ACTIONS, seed=0, **options):
    given = {"hidden": (8,), "gamma": GAMMA, "batch": 4, "capacity": 100, "warmup": 0, "tau": 0.1}
    return DDPG(observations, actions, rng=np.random.default_rng(seed), **given | options)


class Still:
    """An optimiser that moves nothing."""

    def __init__(self, net, lr=None):
        self.net = net

    def step(self):
        pass


def exact(learner, *, actor=SGD, critic=SGD, seed=1):
    """The agent with smooth float64 networks, all of them different, and plain steps of size 1."""
    rng, n = np.random.default_rng(seed), len(learner.critics)

    def net(sizes, output="linear"):
        return MLP(sizes, rng=rng, hidden="tanh", output=output, dtype=np.float64)

    learner.actor, learner.target_actor = (net((3, 6, 2), "tanh") for _ in range(2))
    learner.critics, learner.target_critics = (
        tuple(net((5, 7, 1)) for _ in range(n)) for _ in range(2)
    )
    learner.actor_step = actor(learner.actor, 1.0)
    learner.critic_steps = tuple(critic(f, 1.0) for f in learner.critics)
    return learner


def nets(learner):
    return [learner.actor, *learner.critics, learner.target_actor, *learner.target_critics]


def thetas(learner):
    return [net.theta.copy() for net in nets(learner)]


def moved(learner, before):
    """Which of actor, critics, target actor, target critics are not as they were."""
    return [not np.array_equal(net.theta, old)
            for net, old in zip(nets(learner), before, strict=True)]  # fmt: skip


def steps(n, seed=0, scale=1.0):
    """Random experience in the units of the world, in which every ending occurs."""
    rng, made = np.random.default_rng(seed), []
    for k in range(n):
        s, s_next = rng.normal(size=(2, 3))
        a = rng.uniform(LOW, HIGH)
        made.append(Step(s, a, float(scale * rng.normal()), s_next, k % 3 == 0, k % 4 == 0))
    return made


def scale(a):
    """From the bounds to [-1, 1], each component by itself."""
    return 2 * (np.asarray(a) - LOW) / (HIGH - LOW) - 1


def scaled(made):
    return batch([t._replace(a=scale(t.a)) for t in made])


def value(critic, s, a):
    """q(s, a) of one pair."""
    return float(critic(np.concatenate([s, a]))[0])


def by_hand(learner, t):
    """The target of one step, as the page has it."""
    if t.terminated:
        return t.r
    a = learner.target_actor(t.s_next)
    return t.r + GAMMA * min(value(critic, t.s_next, a) for critic in learner.target_critics)


def constant(learner, a):
    """Both actors say a, on the agent's scale, whatever s is."""
    for net in (learner.actor, learner.target_actor):
        net.theta[:] = 0.0
        net.layers[-1][1][:] = np.arctanh(a)
    return learner


def fixed(*x):
    """Noise that is always the same."""
    return lambda old, rng: np.array(x)


# The target


@pytest.mark.parametrize("twin", [False, True])
def test_the_target_step_by_step(twin):
    learner, made = exact(agent(twin=twin)), steps(24)
    target = learner.target(scaled(made))
    assert target.shape == (24,)
    assert target == pytest.approx([by_hand(learner, t) for t in made], rel=1e-12)


def test_the_future_counts_unless_the_step_terminated():
    learner, t = exact(agent()), steps(1)[0]
    target = learner.target(scaled([t._replace(terminated=x, truncated=y) for x, y in ENDS]))
    future = by_hand(learner, t._replace(terminated=False))
    assert abs(future - t.r) > 0.01
    assert target == pytest.approx([future, future, t.r, t.r], rel=1e-12)


def test_both_targets_are_in_the_target_and_nothing_else_is():
    learner, made = exact(agent(twin=True)), scaled(steps(24))
    old = learner.target(made)
    going_on = ~made.terminated
    for net in (learner.actor, *learner.critics):
        net.theta += 0.1
        assert np.array_equal(learner.target(made), old)
    for net in (learner.target_actor, *learner.target_critics):
        before = net.theta.copy()
        net.theta += 0.1
        new = learner.target(made)
        assert (new != old)[going_on].any()
        assert np.array_equal(new[~going_on], old[~going_on])
        net.theta = before
    assert np.array_equal(learner.target(made), old)


def test_of_two_critics_the_smaller_counts_step_by_step():
    learner, made = exact(agent(twin=True)), steps(60)
    alone = []
    for k in range(2):
        single = exact(agent())
        single.target_actor.theta = learner.target_actor.theta
        single.target_critics[0].theta = learner.target_critics[k].theta
        alone.append(single.target(scaled(made)))
    assert (alone[0] < alone[1]).any()
    assert (alone[0] > alone[1]).any()
    assert np.array_equal(learner.target(scaled(made)), np.minimum(*alone))


class Seen(MLP):
    """A critic that remembers what it was asked."""

    asked = None

    def __call__(self, x):
        self.asked = np.array(x)
        return super().__call__(x)


def spied(learner):
    rng = np.random.default_rng(3)
    learner.target_critics = tuple(
        Seen((5, 4, 1), rng=rng, dtype=np.float64) for _ in learner.critics
    )
    return learner


def test_smoothing_is_normal_noise_cut_at_two_and_a_half_deviations():
    mu = np.array([0.1, -0.3])
    learner, n = spied(constant(exact(agent(smoothing=0.2, twin=True)), mu)), 20_000
    one = scaled(steps(1))
    learner.target(Step(*(np.repeat(x, n, axis=0) for x in one)))
    seen = learner.target_critics[0].asked
    assert np.array_equal(seen, learner.target_critics[1].asked)  # one action, two opinions
    noise = seen[:, 3:] - mu
    cut = np.isclose(np.abs(noise), 0.5, atol=1e-9)
    assert np.abs(noise).max() == pytest.approx(0.5)
    share = 0.012419  # P(|N| > 2.5)
    assert abs(cut.mean() - share) < 4.5 * np.sqrt(share / (2 * n))
    within = noise[~cut] / 0.2
    assert kstest(within, "truncnorm", args=(-2.5, 2.5)).pvalue > 1e-3
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4.5 / np.sqrt(n)  # each component has its own


def test_smoothed_actions_stay_within_the_bounds():
    learner = spied(constant(exact(agent(smoothing=0.2)), np.array([0.95, -0.95])))
    learner.target(Step(*(np.repeat(x, 500, axis=0) for x in scaled(steps(1)))))
    a = learner.target_critics[0].asked[:, 3:]
    assert a[:, 0].max() == 1
    assert a[:, 1].min() == -1
    assert (np.abs(a) <= 1).all()
    assert len(np.unique(a[:, 0])) > 100


def test_a_target_that_is_not_smoothed_is_not_random():
    learner = exact(agent())
    before = learner.rng.bit_generator.state
    learner.target(scaled(steps(5)))
    assert learner.rng.bit_generator.state == before


# The critic


def stated_loss(critic, made, y, l2):
    """The mean of (q - y)^2 / 2 and l2 |w|^2 / 2, pair by pair."""
    errors = [value(critic, t.s, scale(t.a)) - target for t, target in zip(made, y, strict=True)]
    return np.mean(np.square(errors)) / 2 + l2 * (critic.theta @ critic.theta) / 2


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("twin", [False, True])
def test_the_critics_gradient_is_that_of_its_loss(twin, l2):
    made = steps(12, scale=2.0)
    learner = exact(agent(twin=twin, l2=l2))
    y = [by_hand(learner, t) for t in made]
    slopes, before = [], []
    for critic in learner.critics:
        slopes.append(naive.slope(lambda f=critic: stated_loss(f, made, y, l2), critic.theta))
        before.append(critic.theta.copy())
    learner.learn(scaled(made))
    for critic, slope, old in zip(learner.critics, slopes, before, strict=True):
        np.testing.assert_allclose(old - critic.theta, slope, rtol=1e-6, atol=1e-8)


def test_l2_alone_makes_weights_smaller():
    learner = exact(agent(l2=0.25))
    learner.critics[0].theta[:] = learner.target_critics[0].theta
    learner.target_actor.theta[:] = learner.actor.theta
    t = scaled(steps(6))
    exactly = t._replace(r=learner.critics[0](np.hstack([t.s, t.a]))[:, 0],
                         terminated=np.ones(6, bool))  # fmt: skip
    old = learner.critics[0].theta.copy()
    learner.learn(exactly)
    assert learner.last_loss == pytest.approx(0, abs=1e-25)
    np.testing.assert_allclose(learner.critics[0].theta, 0.75 * old, rtol=1e-12)


def test_a_batch_is_the_mean_of_its_steps():
    # (B, 1) - (B,) would be a table (B, B), and its mean another number
    made = steps(12, scale=2.0)
    both, total, losses, gradients = exact(agent(), critic=Still), 0.0, [], []
    for t in made:
        single = exact(agent(), critic=Still)
        before = single.actor.theta.copy()
        single.learn(scaled([t]))
        gradients.append(single.critics[0].grad.copy())
        losses.append(single.last_loss)
        total = total + (single.actor.theta - before)
    before = both.actor.theta.copy()
    errors = [value(both.critics[0], t.s, scale(t.a)) - by_hand(both, t) for t in made]
    both.learn(scaled(made))
    np.testing.assert_allclose(both.critics[0].grad, np.mean(gradients, axis=0), rtol=1e-10,
                               atol=1e-13)  # fmt: skip
    np.testing.assert_allclose(both.actor.theta - before, total / 12, rtol=1e-10, atol=1e-13)
    assert both.last_loss == pytest.approx(np.mean(losses))
    assert both.last_loss == pytest.approx(np.mean(np.square(errors)) / 2)


def test_two_critics_begin_differently_and_look_at_one_target():
    learner = agent(twin=True)
    one, two = learner.critics
    assert not np.array_equal(one.theta, two.theta)
    learner, made = exact(learner), scaled(steps(8))
    for critic in learner.critics[1:] + learner.target_critics[1:]:
        critic.theta[:] = learner.critics[0].theta
    learner.learn(made)
    assert np.array_equal(*(critic.theta for critic in learner.critics))


# The actor


@pytest.mark.parametrize("twin", [False, True])
def test_the_actor_climbs_the_mean_of_q_by_the_first_critic(twin):
    made, learner = steps(12), exact(agent(twin=twin))
    before = learner.actor.theta.copy()
    learner.learn(scaled(made))
    after = learner.actor.theta.copy()
    learner.actor.theta = before

    def objective():  # the critic as it is after its own step
        return np.mean([value(learner.critics[0], t.s, learner.actor(t.s)) for t in made])

    slope = naive.slope(objective, learner.actor.theta)
    np.testing.assert_allclose(after - before, slope, rtol=1e-6, atol=1e-9)
    small = objective()
    learner.actor.theta += 0.01 * slope
    assert objective() > small


@pytest.mark.parametrize("twin", [False, True])
def test_the_actors_step_leaves_the_critics_alone(twin):
    made = scaled(steps(12))
    learner, other = exact(agent(twin=twin)), exact(agent(twin=twin, delay=1000))
    learner.learn(made)
    other.learn(made)  # no step of the actor here
    for mine, theirs in zip(learner.critics, other.critics, strict=True):
        assert np.array_equal(mine.theta, theirs.theta)
        assert np.array_equal(mine.grad, theirs.grad)
    assert not np.array_equal(learner.actor.theta, other.actor.theta)


def test_without_replay_and_targets_it_is_algorithm_10_4():
    made = scaled(steps(12))
    for moving in ("critic", "actor"):  # there both step from w as it was
        learner = exact(agent(actions=BOUNDLESS, actor=Linear(lambda s: s, 2, d=3), tau=1.0),
                        **{"actor" if moving == "critic" else "critic": Still})  # fmt: skip
        learner.target_actor.blend(learner.actor, 1)
        learner.target_critics[0].blend(learner.critics[0], 1)
        twin = exact(agent())
        book = DeterministicActorCritic(
            twin.actor, twin.critics[0], sigma=0.1, gamma=GAMMA, alpha_theta=1.0, alpha_w=1.0,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        book.update(made)
        learner.update(made)
        mine, theirs = (learner.actor, book.actor) if moving == "actor" else (
            learner.critics[0], book.critic)  # fmt: skip
        np.testing.assert_allclose(mine.theta, theirs.theta, rtol=1e-12, atol=1e-14)


# The targets


@pytest.mark.parametrize("twin", [False, True])
def test_all_begin_alike_and_share_nothing(twin):
    learner = agent(twin=twin)
    pairs = [(learner.actor, learner.target_actor),
             *zip(learner.critics, learner.target_critics, strict=True)]  # fmt: skip
    assert len(pairs) == 2 + twin
    for net, target in pairs:
        assert np.array_equal(net.theta, target.theta)
        assert not np.shares_memory(net.theta, target.theta)


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("tau", [0.005, 0.1, 1.0])
def test_targets_follow_after_the_step(tau, twin):
    learner, made = exact(agent(tau=tau, twin=twin)), scaled(steps(4))
    for _ in range(3):
        targets = [learner.target_actor, *learner.target_critics]
        before = [net.theta.copy() for net in targets]
        learner.learn(made)
        now = [net.theta for net in (learner.actor, *learner.critics)]
        for target, old, new in zip(targets, before, now, strict=True):
            np.testing.assert_allclose(target.theta, (1 - tau) * old + tau * new, rtol=1e-12)


def test_tau_of_one_is_no_target_network():
    learner, made = exact(agent(tau=1.0)), steps(8)
    learner.learn(scaled(made))
    assert np.array_equal(learner.actor.theta, learner.target_actor.theta)
    assert np.array_equal(learner.critics[0].theta, learner.target_critics[0].theta)
    y = [t.r if t.terminated else t.r + GAMMA * value(learner.critics[0], t.s_next,
                                                      learner.actor(t.s_next))
         for t in made]  # fmt: skip
    assert learner.target(scaled(made)) == pytest.approx(y)


@pytest.mark.parametrize("delay", [1, 2, 3])
def test_actor_and_targets_wait_for_every_delay_th_update(delay):
    learner, made = exact(agent(twin=True, delay=delay)), scaled(steps(4))
    for n in range(1, 8):
        before = thetas(learner)
        learner.learn(made)
        now = n % delay == 0
        assert moved(learner, before) == [now, True, True, now, now, now]
        assert learner.n_updates == n


# Adam


@pytest.mark.parametrize("twin", [False, True])
def test_every_network_has_an_adam_of_its_own(twin):
    learner = agent(twin=twin, alpha_theta=2e-3, alpha_w=3e-3)
    optimisers = [learner.actor_step, *learner.critic_steps]
    assert [x.net for x in optimisers] == [learner.actor, *learner.critics]
    assert [x.lr for x in optimisers] == [2e-3, 3e-3, 3e-3][: 2 + twin]
    assert all(type(x) is Adam and (x.beta1, x.beta2, x.epsilon, x.weight_decay)
               == (0.9, 0.999, 1e-8, 0) for x in optimisers)  # fmt: skip
    learner.learn(scaled(steps(8)))
    assert [x.t for x in optimisers] == [1] * (2 + twin)
    moments = [x.m for x in optimisers]
    assert not any(np.shares_memory(a, b) for a in moments for b in moments if a is not b)


def test_adam_is_corrected_for_its_first_steps():
    rng = np.random.default_rng(1)
    actor = MLP((3, 6, 2), rng=rng, hidden="tanh", output="tanh", dtype=np.float64)
    critic = MLP((5, 7, 1), rng=rng, hidden="tanh", dtype=np.float64)
    learner = agent(actor=actor, critic=critic, alpha_theta=2e-3, alpha_w=3e-3, l2=0.01)
    assert learner.actor is actor
    assert learner.critics == (critic,)
    moments = {actor: [0.0, 0.0], critic: [0.0, 0.0]}
    for t in range(1, 6):
        before = {net: net.theta.copy() for net in moments}
        learner.learn(scaled(steps(8, seed=t)))
        for (net, pair), lr in zip(moments.items(), (2e-3, 3e-3), strict=True):
            pair[0] = 0.9 * pair[0] + 0.1 * net.grad
            pair[1] = 0.999 * pair[1] + 0.001 * net.grad**2
            m, v = pair[0] / (1 - 0.9**t), pair[1] / (1 - 0.999**t)
            expected = before[net] - lr * m / (np.sqrt(v) + 1e-8)
            np.testing.assert_allclose(net.theta, expected, rtol=1e-12, atol=1e-15)
            if t == 1:  # the first step has the size lr, whatever the gradient is
                large = np.abs(net.grad) > 1e-4
                step = np.abs(net.theta - before[net])[large]
                np.testing.assert_allclose(step, lr, rtol=2e-4)


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
        assert learner.action_space.contains(a)


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
            assert learner.action_space.contains(a), (low, high, a)


def test_a_component_with_one_value():
    learner = agent(actions=Box(np.array([0.0, 1.0]), np.array([4.0, 1.0]), dtype=np.float64))
    a = learner.act(np.zeros(3))
    assert a[1] == 1.0
    for k in range(6):
        learner.update(steps(6)[k]._replace(a=learner.act(np.zeros(3))))
    assert np.isfinite(learner.replay.all().a).all()
    assert np.isfinite(learner.last_loss)


def linear_actor(weights):
    f = Linear(lambda s: s, 2, d=3)
    f.w[:] = weights
    return f


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
    for mine, theirs in zip(nets(learner), nets(other), strict=True):
        assert np.array_equal(mine.theta, theirs.theta)
    assert (learner.n_updates, learner.steps, len(learner.replay)) == (1, 0, 0)
    by_me = exact(agent())
    by_me.learn(scaled(made))
    for mine, theirs in zip(nets(learner), nets(by_me), strict=True):
        np.testing.assert_allclose(mine.theta, theirs.theta, rtol=1e-10, atol=1e-13)


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
    for mine, theirs in zip(nets(learner), nets(again), strict=True):
        assert np.array_equal(mine.theta, theirs.theta)


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


# Where the truth stands still


def exact_experience(env, K, gain, seed=0):
    """Pairs around a = -K s; each with next states whose mean and covariance are the world's.

    2n points at sqrt(n) sigma along each axis: the mean of a quadratic over them is exact.
    """
    rng, n = np.random.default_rng(seed), len(env.A)
    made = []
    points = np.sqrt(n) * env.noise * np.vstack([np.eye(n), -np.eye(n)])
    for _ in range(15):
        s = rng.normal(size=n)
        a = -K @ s + gain * rng.normal(size=len(K))
        r = -(s @ env.Q @ s + a @ env.R @ a)
        made += [Step(s, a, r, env.A @ s + env.B @ a + e, False, False) for e in points]
    return made, len(points)


def linear_quadratic(env, K, **options):
    """The agent with actor a = -K s and a quadratic critic."""
    n, m = len(env.A), len(K)
    actor, critic = Linear(lambda s: s, m, d=n), Quadratic(n + m)
    actor.w[:] = -K.T
    return agent(env.observation_space, env.action_space, actor=actor, critic=critic, **options)


def put(critic, H, c):
    """The critic is -(s, a)^T H (s, a) - c."""
    i, j = np.triu_indices(len(H))
    critic.theta[:-1] = -np.where(i == j, 1, 2) * H[i, j]
    critic.theta[-1] = -c


WORLDS = [
    LinearQuadratic(),
    LinearQuadratic(noise=0.0),
    LinearQuadratic([[0.9, 0.3], [-0.2, 0.8]], [[1.0, 0.0], [0.2, 0.5]], np.eye(2), np.eye(2),
                    noise=0.5),
]  # fmt: skip


@pytest.mark.parametrize("env", WORLDS)
def test_at_the_riccati_gain_nothing_moves(env):
    K = env.gain(GAMMA)
    learner = linear_quadratic(env, K)
    learner.actor_step = SGD(learner.actor, 1.0)
    learner.critic_steps = (SGD(learner.critics[0], 1.0),)
    for critic in (*learner.critics, *learner.target_critics):
        put(critic, env.q_matrix(GAMMA), env.constant(GAMMA))
    made, each = exact_experience(env, K, gain=1.0)
    t = batch(made)
    error = learner.critics[0](np.hstack([t.s, t.a]))[:, 0] - learner.target(t)
    assert error.reshape(-1, each).mean(1) == pytest.approx(0, abs=1e-11)
    if env.noise:
        assert np.abs(error).max() > 1e-3  # only the mean is zero
    before = thetas(learner)
    learner.update(t)
    for old, net in zip(before, nets(learner), strict=True):
        np.testing.assert_allclose(net.theta, old, atol=1e-10)


@pytest.mark.parametrize("env", WORLDS)
def test_beside_the_riccati_gain_the_actor_climbs_and_the_critic_stands_still(env):
    K = 0.9 * env.gain(GAMMA)
    learner = linear_quadratic(env, K)
    learner.critic_steps = (SGD(learner.critics[0], 1.0),)
    learner.actor_step = SGD(learner.actor, 1e-3)
    for critic in (*learner.critics, *learner.target_critics):
        put(critic, env.q_matrix(GAMMA, K), env.constant(GAMMA, K))  # q of this very actor
    made, _ = exact_experience(env, K, gain=1.0)
    old = learner.critics[0].theta.copy()
    learner.update(batch(made))
    np.testing.assert_allclose(learner.critics[0].theta, old, atol=1e-10)
    better = -learner.actor.w.T
    assert np.trace(env.value(GAMMA, better)) < np.trace(env.value(GAMMA, K))
    # the mean over s of grad mu grad_a q, from the matrix of q
    H, n, s = env.q_matrix(GAMMA, K), len(env.A), np.array([t.s for t in made])
    slope = -2 * (H[n:, :n] @ s.T - H[n:, n:] @ K @ s.T) @ s / len(s)
    np.testing.assert_allclose((K - better) / 1e-3, slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"twin": True, "delay": 2}])
def test_full_batches_of_exact_experience_lead_to_the_riccati_gain(options):
    env = LinearQuadratic([[0.9]], [[0.5]], [[1.0]], [[0.5]], noise=0.0)
    K = env.gain(GAMMA)
    learner = linear_quadratic(env, 0 * K, tau=0.5, **{k: v for k, v in options.items()
                                                        if k != "twin"})  # fmt: skip
    if "twin" in options:
        learner.critics += (Quadratic(2),)
        learner.target_critics += (Quadratic(2),)
    learner.critic_steps = tuple(SGD(critic, 0.3) for critic in learner.critics)
    learner.actor_step = SGD(learner.actor, 0.2)
    made = batch(exact_experience(env, 0 * K, gain=1.0)[0])
    for _ in range(1500):
        learner.update(made)
    assert -learner.actor.w == pytest.approx(K, rel=1e-6)
    H = env.q_matrix(GAMMA)
    for critic in learner.critics:
        np.testing.assert_allclose(-critic.M, H, rtol=1e-5)
        assert critic.theta[-1] == pytest.approx(0, abs=1e-5)


# The beginning


@pytest.mark.parametrize("options", [{}, {"hidden": (64, 64)}, dict(PAPER), {"twin": True}])
def test_the_first_networks_say_little(options):
    learner = agent(**options)
    s = np.random.default_rng(1).normal(size=(500, 3))
    mu = learner.actor(s)
    assert mu.shape == (500, 2)
    assert 0 < np.abs(mu).max() < 0.05
    a = np.random.default_rng(2).uniform(-1, 1, (500, 2))
    for critic in learner.critics:
        assert np.abs(critic(np.hstack([s, a]))).max() < 0.05
    for net in (learner.actor, *learner.critics):
        for x in net.layers[-1]:
            assert np.abs(x).max() <= np.float32(3e-3)
        for W, b in net.layers[:-1]:
            width = 1 / np.sqrt(len(W))
            assert 0.5 * width < np.abs(W).max() <= width * (1 + 1e-6)
            assert np.abs(b).max() <= width * (1 + 1e-6)
        assert net.theta.dtype == np.float32


@pytest.mark.parametrize("hidden", [(), (5,), (7, 6), [4, 4, 4]])
def test_hidden_layers(hidden):
    learner = agent(hidden=hidden, twin=True)
    assert learner.actor.sizes == (3, *hidden, 2)
    assert [critic.sizes for critic in learner.critics] == [(5, *hidden, 1)] * 2
    assert learner.actor.kind == "MLP, relu, tanh"
    assert learner.critics[0].kind == "MLP, relu, linear"


# Three ways to set it


def test_practice_is_what_the_signature_says():
    defaults = {k: p.default for k, p in inspect.signature(DDPG).parameters.items()}
    assert {k: defaults[k] for k in PRACTICE} == dict(PRACTICE)
    assert set(PAPER) == set(PRACTICE)
    assert set(PAPER) | set(TD3) <= set(defaults)
    assert not set(PAPER) & set(TD3)
    off = {"twin": False, "delay": 1, "smoothing": 0.0}
    assert {k: defaults[k] for k in TD3} == off
    assert dict(TD3) == {"twin": True, "delay": 2, "smoothing": 0.2}
    left = set(defaults) - set(PAPER) - set(TD3)
    assert left == {"observation_space", "action_space", "actor", "critic", "gamma", "rng"}
    assert defaults["gamma"] == 0.99


ROWS = {
    "hidden layers": "hidden",
    "actor's step size": "alpha_theta",
    "critic's step size": "alpha_w",
    "critic's L2": "l2",
    "tau": "tau",
    "noise": "noise",
    "first random steps": "warmup",
    "replay": "capacity",
}


def in_words(name, setting):
    x = setting[name]
    if name == "hidden":
        return ", ".join(map(str, x))
    if name == "noise":
        kinds = {GaussianNoise: "normal, {:g}",
                 OrnsteinUhlenbeckNoise: "Ornstein-Uhlenbeck, {:g} and {:g}"}  # fmt: skip
        numbers = [getattr(x, part) for part in ("theta", "sigma") if hasattr(x, part)]
        return kinds[type(x)].format(*numbers)
    if name == "l2" and x == 0:
        return "none"
    if name == "warmup" and x == setting["batch"]:
        return f"{x}, one batch"
    return x


def test_every_row_of_the_table_is_what_the_settings_say():
    found = {}
    for line in ddpg.__doc__.splitlines():
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) == 3 and cells[0] in ROWS:
            found[cells[0]] = cells[1:]
    assert list(found) == list(ROWS)
    assert set(ROWS.values()) == set(PRACTICE) - {"batch"}
    assert PRACTICE["batch"] == PAPER["batch"] == 64
    for row, cells in found.items():
        for cell, setting in zip(cells, (PRACTICE, PAPER), strict=True):
            expected = in_words(ROWS[row], setting)
            if isinstance(expected, str):
                assert cell == expected, row
            else:
                assert float(cell.replace(",", "")) == expected, row


@pytest.mark.parametrize("setting", [PRACTICE, PAPER, TD3, {**PAPER, **TD3}])
def test_every_setting_learns(setting):
    learner = DDPG(BOX, ACTIONS, rng=np.random.default_rng(0), **setting)
    full = {**PRACTICE, **TD3, "twin": False, "delay": 1, "smoothing": 0.0, **setting}
    assert learner.actor_step.lr == full["alpha_theta"]
    assert {adam.lr for adam in learner.critic_steps} == {full["alpha_w"]}
    assert len(learner.critics) == 1 + full["twin"]
    assert learner.actor.sizes == (3, *full["hidden"], 2)
    assert learner.replay.capacity == full["capacity"]
    for name in ("l2", "tau", "noise", "warmup", "batch", "delay", "smoothing"):
        assert getattr(learner, name) == full[name]
    before, made = thetas(learner), steps(5)
    for k in range(full["warmup"] + 4):
        learner.update(made[k % 5]._replace(a=learner.act(made[k % 5].s)))
        if k % 5 == 4:
            learner.begin()
    assert learner.n_updates == 4
    assert all(moved(learner, before))
    assert np.isfinite(learner.last_loss)


# Whole runs

RUN = {"hidden": (16,), "batch": 16, "warmup": 40, "capacity": 150, "gamma": 0.99,
       "noise": OrnsteinUhlenbeckNoise(), **TD3}  # fmt: skip


def run(seed=1, steps=300):
    env = TimeLimit(gymnasium.make("Pendulum-v1").unwrapped, 23)
    learner = agent(env.observation_space, env.action_space, seed=seed, **RUN)
    return learner, train(learner, env, steps=steps, seed=3)


def arrays(path):
    with np.load(path) as file:
        return {name: (file[name].dtype.str, file[name].tobytes()) for name in file.files}


def test_the_same_seed_is_the_same_run(tmp_path):
    found = []
    for k, seed in enumerate((1, 1, 2)):
        learner, record = run(seed)
        learner.save(tmp_path / str(k))
        found.append((arrays(tmp_path / str(k)), record.returns.tolist()))
    assert learner.n_updates == 260
    assert found[0] == found[1]
    for name in ("actor.theta", "target_actor.theta", "critics.0.theta", "critics.1.theta", "rng",
                 "target_critics.0.theta", "replay.a", "critic_steps.1.v"):  # fmt: skip
        assert found[0][0][name] != found[2][0][name], name


def test_in_another_process_too(tmp_path):
    program = "import sys; sys.path.insert(0, sys.argv[1]); import test_ddpg as t\n"
    program += "t.run()[0].save(sys.argv[2])"
    where = [__file__.rpartition("test_ddpg")[0] or ".", str(tmp_path / "there")]
    subprocess.run([sys.executable, "-c", program, *where], check=True)
    run()[0].save(tmp_path / "here")
    assert arrays(tmp_path / "here") == arrays(tmp_path / "there")


def test_the_global_generator_is_not_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    one = run(steps=60)[0]
    np.random.seed(6)  # noqa: NPY002
    two = run(steps=60)[0]
    np.random.set_state(("MT19937", before, 624, 0, 0.0))  # noqa: NPY002
    assert np.array_equal(one.actor.theta, two.actor.theta)


def test_the_defaults_learn_pendulum():
    env = gymnasium.make("Pendulum-v1")
    learner = DDPG(env.observation_space, env.action_space, rng=np.random.default_rng(0))
    watch = Evaluation(gymnasium.make("Pendulum-v1"), learner.actor, episodes=5, seed=1)
    assert watch(learner) < -900
    train(learner, env, steps=4500, seed=0, every=500, measure=watch)
    assert watch.best > -300


# What does not fit


@pytest.mark.parametrize("space", [
    Discrete(4), MultiDiscrete([3, 3]), Dict({"x": BOX}), Box(-1, 1, (2, 2)), Box(-1, 1, ()), None
])  # fmt: skip
@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_spaces_that_do_not_fit(name, space):
    given = {"observation_space": BOX, "action_space": ACTIONS} | {name: space}
    with pytest.raises(ValueError, match=f"^{name} must be a Box of shape"):
        DDPG(**given, rng=np.random.default_rng(0))


@pytest.mark.parametrize("high", [[np.inf, np.inf], [2.0, np.inf]])
def test_actions_without_bounds_need_an_actor_of_ones_own(high):
    space = Box(np.array([-2.0, -np.inf]), np.array(high), dtype=np.float64)
    with pytest.raises(ValueError, match=r"^action_space must have finite bounds"):
        agent(actions=space)
    assert agent(actions=space, actor=linear_actor(np.ones((3, 2)))).act(np.ones(3)).shape == (2,)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"gamma": 1.5}, "gamma must lie in [0, 1], got 1.5"),
        ({"gamma": -0.1}, "gamma must lie in [0, 1], got -0.1"),
        ({"gamma": np.nan}, "gamma must lie in [0, 1], got nan"),
        ({"alpha_theta": 0}, "alpha_theta must lie in (0, inf), got 0"),
        ({"alpha_theta": np.inf}, "alpha_theta must lie in (0, inf), got inf"),
        ({"alpha_w": -1}, "alpha_w must lie in (0, inf), got -1"),
        ({"alpha_w": "1e-3"}, "alpha_w must lie in (0, inf), got '1e-3'"),
        ({"l2": -0.1}, "l2 must lie in [0, inf), got -0.1"),
        ({"l2": np.nan}, "l2 must lie in [0, inf), got nan"),
        ({"tau": 0}, "tau must lie in (0, 1], got 0"),
        ({"tau": 1.1}, "tau must lie in (0, 1], got 1.1"),
        ({"batch": 0}, "batch must be a whole number, 1 or more, got 0"),
        ({"batch": 2.5}, "batch must be a whole number, 1 or more, got 2.5"),
        ({"capacity": 0}, "capacity must be a whole number, 1 or more, got 0"),
        ({"capacity": 1e6}, "capacity must be a whole number, 1 or more, got 1000000.0"),
        ({"warmup": -1}, "warmup must be a whole number, 0 or more, got -1"),
        ({"warmup": 0.5}, "warmup must be a whole number, 0 or more, got 0.5"),
        ({"delay": 0}, "delay must be a whole number, 1 or more, got 0"),
        ({"delay": True}, "delay must be a whole number, 1 or more, got True"),
        ({"smoothing": -0.2}, "smoothing must lie in [0, inf), got -0.2"),
        ({"noise": 0.1}, "noise must be a rule such as GaussianNoise(0.1), got 0.1"),
        ({"noise": None}, "noise must be a rule such as GaussianNoise(0.1), got None"),
        ({"hidden": 64}, "hidden must be a tuple of whole numbers, got 64"),
        ({"hidden": "64"}, "hidden must be a tuple of whole numbers, got '64'"),
        ({"hidden": None}, "hidden must be a tuple of whole numbers, got None"),
        ({"twin": True, "critic": Quadratic(5)},
         "twin draws both critics itself, got a critic as well"),
        ({"actor": np.ones((3, 2))}, "actor must be a Parametric, got ndarray"),
        ({"critic": np.ones(5)},
         "critic must be a Table, Linear or MLP with 1 outputs, got ndarray"),
    ],
)  # fmt: skip
def test_arguments_out_of_range(options, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        agent(**options)
    assert str(error.value) == text


@pytest.mark.parametrize("hidden", [(0,), (2.5,), ("a",), (64, -1), (True,)])
def test_hidden_layers_that_cannot_be(hidden):
    with pytest.raises(ValueError, match=r"sizes|hidden"):
        agent(hidden=hidden)


@pytest.mark.parametrize("rng", [0, None, np.random])
def test_chance_is_passed_in(rng):
    with pytest.raises(ValueError, match=r"^rng must be a Generator"):
        DDPG(BOX, ACTIONS, rng=rng)


def test_a_noise_that_was_not_made():
    with pytest.raises(ValueError, match=r"^noise must be a rule"):
        agent(noise=GaussianNoise)  # the class, not a rule


def mlp(*sizes):
    return MLP(sizes, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("critic", mlp(5, 2)),
        ("critic", mlp(3, 1)),  # of s alone
        ("critic", mlp(6, 1)),
        ("critic", Quadratic(3)),
        ("critic", Table(5, 1)),
        ("critic", Linear(lambda x: x, 1, d=5)),  # it has no slope in a
        ("actor", mlp(3, 1)),  # one component for two would be broadcast
        ("actor", mlp(3, 3)),
        ("actor", Linear(lambda s: s, 1, d=3)),
        ("actor", mlp(4, 2)),
        ("actor", Table(3, 2)),
    ],
)
def test_functions_that_do_not_fit(name, f):
    world = SimpleNamespace(observation_space=BOX, action_space=ACTIONS)
    pattern = name if name == "critic" or f.n_out != 2 else "actor|observation_space"
    with pytest.raises(ValueError, match=pattern):
        agent(**{name: f}).check(world)  # before the first step at the latest


def test_a_world_of_other_spaces():
    learner = agent()
    learner.check(SimpleNamespace(observation_space=BOX, action_space=ACTIONS))
    wider = Box(LOW, HIGH * [1, 2], dtype=np.float64)
    for observations, actions, name in (
        (Box(-1, 1, (4,)), ACTIONS, "observation_space"),
        (Discrete(3), ACTIONS, "observation_space"),
        (BOX, wider, "action_space"),
        (BOX, Box(-1, 1, (2,)), "action_space"),
        (BOX, Box(LOW[:1], HIGH[:1], dtype=np.float64), "action_space"),
        (BOX, BOUNDLESS, "action_space"),
        (BOX, Discrete(2), "action_space"),
    ):
        env = SimpleNamespace(observation_space=observations, action_space=actions)
        with pytest.raises(ValueError, match=f"^{name} must be"):
            learner.check(env)
    with pytest.raises(ValueError, match=r"^action_space must be"):
        next(interact(gymnasium.make("Pendulum-v1"), agent(Box(-8, 8, (3,)), Box(-1, 1, (1,)))))


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_values_that_run_away_are_noticed_before_anything_moves(bad):
    learner, made = exact(agent()), scaled(steps(4))
    before = thetas(learner)
    made.r[2] = bad
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="alpha_w must be smaller"):
        learner.learn(made)
    assert not any(moved(learner, before))
