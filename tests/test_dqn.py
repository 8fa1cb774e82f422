"""DQN: its target and its gradient by hand, its schedule."""

import naive
import numpy as np
import pytest
from dqn_cases import BOX, GAMMA, agent, exact, steps
from gymnasium.spaces import Discrete

from rlbook.agent import Step, batch
from rlbook.dqn import DQN, DoubleDQN, anneal


def by_hand(learner, t):
    """The target of one step, as the book has it."""
    if t.terminated:
        return t.r
    q_next = learner.target_net(t.s_next)
    best = np.argmax(learner.net(t.s_next) if isinstance(learner, DoubleDQN) else q_next)
    return t.r + GAMMA * q_next[best]


# The target


@pytest.mark.parametrize("kind", [DQN, DoubleDQN])
@pytest.mark.parametrize(("space", "states"), [(BOX, None), (Discrete(6), 6)])
def test_the_target_step_by_step(kind, space, states):
    learner = exact(agent(space, kind=kind))
    made = steps(24, states=states)
    target = learner.target(batch(made))
    assert target.shape == (24,)
    assert target == pytest.approx([by_hand(learner, t) for t in made], rel=1e-12)


def test_the_future_counts_unless_the_step_terminated():
    learner = agent(Discrete(2), hidden=())
    learner.target_net.theta[:] = 0.0
    learner.target_net.layers[0][0][1] = 3.0, 5.0  # q(s1, .)
    ends = [(False, False), (False, True), (True, False), (True, True)]
    target = learner.target(batch([Step(0, 0, 1.0, 1, *end) for end in ends]))
    assert target == pytest.approx([1 + GAMMA * 5, 1 + GAMMA * 5, 1.0, 1.0])


def test_double_lets_one_network_choose_and_the_other_value():
    t = batch([Step(0, 0, 1.0, 1, False, False)])
    for kind, value in ((DQN, 5.0), (DoubleDQN, 3.0)):
        learner = agent(Discrete(2), hidden=(), kind=kind)
        for net in (learner.net, learner.target_net):
            net.theta[:] = 0.0
        learner.target_net.layers[0][0][1] = 3.0, 5.0
        learner.net.layers[0][0][1] = 1.0, 0.0  # it prefers the action that is worth 3
        assert learner.target(t) == pytest.approx([1 + GAMMA * value])


def test_double_is_plain_while_both_networks_are_one():
    made = batch(steps(24))
    targets = []
    for kind in (DQN, DoubleDQN):
        learner = agent(kind=kind)
        learner.target_net.blend(learner.net, 1.0)
        targets.append(learner.target(made))
    assert np.array_equal(*targets)


@pytest.mark.parametrize("kind", [DQN, DoubleDQN])
def test_targets_are_cut_at_the_bounds(kind):
    made = batch(steps(24, scale=5.0))
    free = agent(kind=kind).target(made)
    low, high = np.quantile(free, [0.25, 0.75])
    cut = agent(kind=kind, bounds=(low, high)).target(made)
    np.testing.assert_allclose(cut, np.clip(free, low, high))
    assert (cut == low).any()
    assert (cut == high).any()
    assert ((low < cut) & (cut < high)).any()


def test_bounds_keep_an_untried_action_from_running_away():
    # One state, two actions that lead back to it: only the first was tried, reward 1, value 10.
    # Weight and bias move alike, so the second, whose input is 2, is worth 1.5 times the first:
    # with each renewal x becomes 1 + 0.9 * 1.5 x, and that has no limit.
    phi, made = [[[1.0], [2.0]]], batch([Step(0, 0, 1.0, 0, False, False)])
    ends = []
    for bounds in (None, (0.0, 10.0)):
        learner = exact(agent(Discrete(1), phi=phi, hidden=(), loss="squared", copy_every=20,
                              bounds=bounds), lr=0.2)  # fmt: skip
        learner.net.theta[:] = 0.0
        learner.target_net.theta[:] = 0.0
        for _ in range(800):
            learner.learn(made)
        ends.append(learner.q(0))
    x = (1.35**40 - 1) / 0.35  # after 40 renewals
    assert ends[0] == pytest.approx([x, 1.5 * x], rel=1e-3)
    assert ends[1] == pytest.approx([10.0, 15.0])


# One update


@pytest.mark.parametrize("loss", ["squared", "huber"])
@pytest.mark.parametrize("kind", [DQN, DoubleDQN])
@pytest.mark.parametrize(("space", "states"), [(BOX, None), (Discrete(6), 6)])
def test_an_update_is_the_mean_of_single_ones(loss, kind, space, states):
    made = steps(12, states=states, scale=2.0)
    learner = exact(agent(space, loss=loss, kind=kind))
    old, gradient, losses, kinds = learner.net.theta.copy(), 0.0, 0.0, set()
    for t in made:
        error = learner.net(t.s)[t.a] - by_hand(learner, t)
        small = loss == "squared" or abs(error) <= 1
        kinds.add(bool(abs(error) <= 1))
        losses += error**2 / 2 if small else abs(error) - 0.5
        learner.net(t.s)
        learner.net.backward((error if small else np.sign(error)) * np.eye(2)[t.a])
        gradient = gradient + learner.net.grad
    assert kinds == {False, True}  # both pieces of the loss were there
    learner.update(batch(made))
    # (B, 1) - (B,) would be a table (B, B), and its mean another number
    np.testing.assert_allclose(old - learner.net.theta, gradient / 12, rtol=1e-9, atol=1e-12)
    assert learner.last_loss == pytest.approx(losses / 12)


@pytest.mark.book("eq:8.37", "eq:8.38", "alg:8.3b")
@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_the_gradient_is_that_of_the_loss(loss):
    made = batch(steps(12, scale=2.0))
    learner = exact(agent(loss=loss))
    target, rows = learner.target(made), np.arange(12)

    def stated():
        error = learner.net(made.s)[rows, made.a] - target
        quadratic = error**2 / 2
        if loss == "huber":
            quadratic = np.where(abs(error) <= 1, quadratic, abs(error) - 0.5)
        return quadratic.mean()

    differences = naive.slope(stated, learner.net.theta, 1e-6)
    learner.learn(made)
    np.testing.assert_allclose(learner.net.grad, differences, rtol=1e-6, atol=1e-8)


def test_float32_takes_the_same_update_up_to_rounding():
    made = batch(steps(12, scale=2.0))
    learner, twin = agent(), exact(agent())
    twin.net.theta[:] = learner.net.theta
    twin.target_net.theta[:] = learner.target_net.theta
    learner.learn(made)
    twin.learn(made)
    # a sum of some hundred terms of size 1, each rounded to 6e-8
    np.testing.assert_allclose(learner.net.grad, twin.net.grad, rtol=0, atol=1e-5)
    assert learner.net.grad.dtype == learner.net.theta.dtype == np.float32
    assert learner.last_loss == pytest.approx(twin.last_loss, rel=1e-5)


def test_the_target_network_is_no_part_of_the_gradient():
    learner = exact(agent())
    old = learner.target_net.theta.copy()
    learner.learn(batch(steps(12)))
    assert np.array_equal(learner.target_net.theta, old)
    assert not learner.target_net.grad.any()


def test_both_networks_begin_alike():
    learner = agent()
    assert np.array_equal(learner.net.theta, learner.target_net.theta)
    assert not np.shares_memory(learner.net.theta, learner.target_net.theta)


# Schedules


def test_a_hard_copy_after_so_many_updates():
    learner, made = agent(copy_every=3), batch(steps(4))
    first = learner.target_net.theta.copy()
    for n in range(1, 10):
        before = learner.target_net.theta.copy()
        learner.update(made)
        assert learner.n_updates == n
        expected = learner.net.theta if n % 3 == 0 else before
        assert np.array_equal(learner.target_net.theta, expected)
    assert not np.array_equal(learner.target_net.theta, first)


def test_a_soft_update_after_each():
    learner, made = agent(tau=0.1), batch(steps(4))
    for _ in range(5):
        before = learner.target_net.theta.copy()
        learner.update(made)
        expected = 0.9 * before + 0.1 * learner.net.theta
        np.testing.assert_allclose(learner.target_net.theta, expected, rtol=1e-5, atol=1e-7)
    whole = agent(tau=1.0)
    whole.update(made)
    assert np.array_equal(whole.target_net.theta, whole.net.theta)


@pytest.mark.parametrize(
    ("warmup", "every", "updates", "counts"),
    [
        (1, 1, 1, [1, 2, 3, 4, 5, 6, 7, 8]),
        (4, 1, 1, [0, 0, 0, 1, 2, 3, 4, 5]),
        (1, 3, 1, [0, 0, 1, 1, 1, 2, 2, 2]),
        (1, 3, 2, [0, 0, 2, 2, 2, 4, 4, 4]),
        (5, 2, 3, [0, 0, 0, 0, 0, 3, 3, 6]),
    ],
)
def test_when_it_learns(warmup, every, updates, counts):
    learner, seen = agent(warmup=warmup, every=every, updates=updates), []
    for t in steps(8):
        learner.update(t)
        seen.append(learner.n_updates)
    assert seen == counts
    assert learner.steps == len(learner.replay) == 8


def test_it_learns_from_what_it_remembers_and_no_more():
    learner, sizes = agent(batch=5, capacity=3), []
    learn_as_before = learner.learn
    learner.learn = lambda t: (sizes.append(t), learn_as_before(t))
    made = steps(6)
    for t in made:
        learner.update(t)
    assert all(len(t.r) == 5 for t in sizes)
    assert set(sizes[-1].r) <= {t.r for t in made[-3:]}
    assert set(sizes[0].r) == {made[0].r}


def test_a_batch_is_learned_from_and_not_remembered():
    learner = agent()
    learner.update(batch(steps(4)))
    assert (learner.n_updates, learner.steps, len(learner.replay)) == (1, 0, 0)


def test_anneal():
    epsilon = anneal(1.0, 0.2, 100)
    assert [epsilon(k) for k in (0, 50, 100, 101, 10**9)] == pytest.approx([1, 0.6, 0.2, 0.2, 0.2])
    assert anneal(0.1, 0.9, 4)(1) == pytest.approx(0.3)
    learner = agent(epsilon=epsilon)
    assert learner.epsilon == 1.0
    for k, t in enumerate(steps(120), start=1):
        learner.update(t)
        assert learner.epsilon == epsilon(k)
    for bad in ((2, 0, 5), (1, -1, 5), (1, 0, 0), (1, 0, 2.5)):
        with pytest.raises(ValueError, match=r"epsilon must lie|steps must be a whole"):
            anneal(*bad)
    with pytest.raises(ValueError, match=r"epsilon must lie in \[0, 1\]"):
        agent(epsilon=lambda k: 2.0)


def test_acting():
    learner = agent(Discrete(2), 4, hidden=(), epsilon=0.4)
    learner.net.theta[:] = 0.0
    learner.net.layers[0][0][1, 2] = 1.0
    state = learner.rng.bit_generator.state
    assert [learner.act(1, explore=False) for _ in range(3)] == [2, 2, 2]
    assert learner.act(0, explore=False) == 0  # ties: the lowest
    assert learner.rng.bit_generator.state == state
    n = 20_000
    counts = np.bincount([learner.act(1) for _ in range(n)], minlength=4)
    expected = n * np.array([0.1, 0.1, 0.7, 0.1])
    deviations = (counts - expected) / np.sqrt(expected * (1 - expected / n))
    assert np.abs(deviations).max() < 4.5  # a fixed seed
    assert type(learner.act(1)) is int
