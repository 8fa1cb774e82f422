"""DQN: its target and its gradient by hand, its schedule, and q* as its fixed point."""

from types import SimpleNamespace

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete

from rlbook import MDP, TabularEnv
from rlbook.agent import Step, batch, interact, learn
from rlbook.dqn import DQN, DoubleDQN, anneal
from rlbook.functions.networks import MLP, SGD
from rlbook.training.loop import train

GAMMA = 0.9
BOX = Box(-1, 1, (3,), np.float32)


def agent(observations=BOX, actions=2, seed=0, kind=DQN, **options):
    given = {"hidden": (8,), "gamma": GAMMA, "copy_every": 1000, "batch": 4, "warmup": 1,
             "every": 1, "updates": 1, "epsilon": 0.1, "loss": "huber", "lr": 1e-3}  # fmt: skip
    if "tau" in options:
        del given["copy_every"]
    rng = np.random.default_rng(seed)
    return kind(observations, Discrete(actions), rng=rng, **given | options)


def exact(learner, lr=1.0, seed=1):
    """The agent with float64 networks of random weights, and plain descent instead of Adam."""
    rng = np.random.default_rng(seed)
    for name in ("net", "target_net"):
        old = getattr(learner, name)
        setattr(learner, name, MLP(old.sizes, rng=rng, phi=old.phi, dtype=np.float64))
    learner.adam = SGD(learner.net, lr)
    return learner


def steps(n, seed=0, states=None, actions=2, scale=1.0):
    """Random experience in which every ending occurs."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        s, s_next = rng.normal(size=(2, 3)).astype(np.float32)
        if states:
            s, s_next = (int(x) for x in rng.integers(states, size=2))
        r = float(scale * rng.normal())
        made.append(Step(s, int(rng.integers(actions)), r, s_next, k % 3 == 0, k % 4 == 0))
    return made


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

    theta, differences = learner.net.theta, np.zeros(learner.net.theta.size)
    for i, old in enumerate(theta.copy()):
        theta[i] = old + 1e-6
        above = stated()
        theta[i] = old - 1e-6
        differences[i] = (above - stated()) / 2e-6
        theta[i] = old
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


# States by number


def test_discrete_observations_are_one_hot_or_phi():
    learner = agent(Discrete(6))
    assert np.array_equal(learner.net.phi, np.eye(6))
    assert learner.net.sizes == (6, 8, 2)
    phi = np.random.default_rng(0).normal(size=(6, 3))
    featured, plain = agent(Discrete(6), phi=phi), agent()
    assert featured.net.sizes == (3, 8, 2)
    assert np.array_equal(featured.net.theta, plain.net.theta)
    numbered = batch(steps(12, states=6))
    rows = numbered._replace(s=phi[numbered.s], s_next=phi[numbered.s_next])
    for _ in range(3):
        featured.update(numbered)
        plain.update(rows)
    assert np.array_equal(featured.net.theta, plain.net.theta)


def quarters(seed, end=0.3):
    """A small random model in which every probability is a multiple of 1/4, and its steps.

    Each step comes as often as it is likely: the mean over all of them is the expectation, with
    every pair equally often.
    """
    rng = np.random.default_rng(seed)
    shape = (4, 2, 4)
    model = MDP(
        np.full(shape, 0.25),
        rng.integers(4, size=shape),
        rng.choice([-2.0, 0.0, 1.0, 3.0], size=shape),
        rng.random(shape) < end,
    )
    made = [
        Step(s, a, r, s_next, terminated, False)
        for s, a in np.ndindex(4, 2)
        for p, s_next, r, terminated in naive.outcomes(model, s, a)
        for _ in range(round(4 * p))
    ]
    assert len(made) == 4 * 2 * 4
    return model, batch(made)


@pytest.mark.parametrize("kind", [DQN, DoubleDQN])
def test_at_q_star_the_expected_update_is_zero(kind):
    for seed in range(10):
        model, t = quarters(seed)
        q = naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA)
        learner = exact(agent(Discrete(4), hidden=(), loss="squared", kind=kind))
        for net in (learner.net, learner.target_net):
            net.theta[:] = 0.0
            net.layers[0][0][:] = q
        np.testing.assert_allclose(learner.net(np.arange(4)), q)
        learner.learn(t)
        np.testing.assert_allclose(learner.net.grad, 0.0, atol=1e-12)
        np.testing.assert_allclose(learner.net(np.arange(4)), q, atol=1e-11)
        learner.net.layers[0][0][2, 1] -= 0.1
        learner.learn(t)
        assert np.abs(learner.net.grad).max() > 1e-3


@pytest.mark.parametrize("kind", [DQN, DoubleDQN])
@pytest.mark.parametrize("copy", [{"copy_every": 5}, {"tau": 0.2}])
def test_full_batches_of_exact_experience_lead_to_q_star(kind, copy):
    model, t = quarters(seed=3)
    q = naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA)
    learner = exact(agent(Discrete(4), hidden=(), loss="squared", kind=kind, **copy), lr=1.0)
    for _ in range(4000):
        learner.learn(t)
    np.testing.assert_allclose(learner.net(np.arange(4)), q, atol=1e-8)


def test_huber_has_the_same_fixed_point_where_nothing_is_random():
    rng = np.random.default_rng(0)
    model = MDP(np.ones((4, 2, 1)), rng.integers(4, size=(4, 2, 1)), rng.normal(size=(4, 2, 1)),
                np.zeros((4, 2, 1), bool))  # fmt: skip
    q = naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA)
    made = [Step(s, a, float(model.r[s, a, 0]), int(model.s_next[s, a, 0]), False, False)
            for s, a in np.ndindex(4, 2)]  # fmt: skip
    learner = exact(agent(Discrete(4), hidden=(), loss="huber", copy_every=5))
    for _ in range(4000):
        learner.learn(batch(made))
    np.testing.assert_allclose(learner.net(np.arange(4)), q, atol=1e-8)


def test_adam_in_float32_comes_to_q_star_too():
    model, t = quarters(seed=3)
    q = naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA)
    learner = agent(Discrete(4), hidden=(16,), loss="squared", copy_every=20, lr=1e-2)
    for k in range(6000):
        learner.adam.lr = 1e-2 * 0.999**k
        learner.learn(t)
    error = np.abs(learner.net(np.arange(4)) - q).max() / np.abs(q).max()
    assert error < 0.01


def test_pairs_of_state_and_action_as_inputs(rng):
    phi = rng.normal(size=(4, 2, 3))
    learner = exact(agent(Discrete(4), phi=phi, loss="squared"))
    twin = MLP(learner.net.sizes, rng=rng, dtype=np.float64)
    twin.blend(learner.net, 1.0)
    for s, a in np.ndindex(4, 2):
        assert learner.q(s)[a] == pytest.approx(twin(phi[s, a])[0])
    assert learner.q(np.arange(4)).shape == (4, 2)
    assert learner.act(2, explore=False) == learner.q(2).argmax()
    t = batch(steps(6, states=4))
    error = twin(phi[t.s, t.a])[:, 0] - learner.target(t)
    twin.backward(error[:, None] / 6)
    learner.learn(t)
    assert learner.net.grad == pytest.approx(twin.grad)
    assert learner.last_loss == pytest.approx((error**2 / 2).mean())
    with pytest.raises(ValueError, match="phi must have 3 rows a state, got 2"):
        agent(Discrete(4), actions=3, phi=phi)


def test_the_activation_is_that_of_both_networks():
    for name in ("relu", "tanh"):
        learner = agent(hidden=(8, 5), activation=name)
        for net in (learner.net, learner.target_net):
            assert net.activations == [name, name, "linear"]


def test_defaults():
    learner = DQN(BOX, Discrete(2), rng=np.random.default_rng(0))
    assert (learner.settings.bounds, learner.net.activations[0]) == (None, "relu")
    assert (learner.settings.copy_every, learner.settings.tau, learner.epsilon) == (16, None, 1.0)
    soft = DQN(BOX, Discrete(2), tau=0.1, rng=np.random.default_rng(0))
    assert soft.settings.copy_every is None


# Whole runs


def run(env, steps=600, seed=1, **options):
    learner = agent(env.observation_space, int(env.action_space.n), warmup=50, seed=seed,
                    batch=16, copy_every=20, epsilon=anneal(1.0, 0.1, 300), **options)  # fmt: skip
    record = train(learner, env, steps=steps, seed=3)
    return learner, record


@pytest.mark.parametrize("make", [
    lambda: gymnasium.make("CartPole-v1"), lambda: TabularEnv(quarters(0)[0])
])  # fmt: skip
def test_the_same_seed_is_the_same_run(make):
    first, second, other = run(make()), run(make()), run(make(), seed=2)
    assert first[0].n_updates == 551
    for name in ("net", "target_net"):
        thetas = [getattr(learner, name).theta for learner, _ in (first, second, other)]
        assert np.array_equal(thetas[0], thetas[1])
        assert not np.array_equal(thetas[0], thetas[2])
    assert np.array_equal(first[0].adam.v, second[0].adam.v)
    assert np.array_equal(first[1].returns, second[1].returns)
    assert first[0].rng.bit_generator.state == second[0].rng.bit_generator.state


def test_the_replay_holds_the_stream():
    env = gymnasium.make("CartPole-v1")
    learner = agent(env.observation_space, warmup=10_000)
    stream = list(learn(learner, interact(env, learner, steps=100, seed=0)))
    for field, seen in zip(learner.replay.all(), batch(stream), strict=True):
        assert np.array_equal(field, seen)
    assert learner.replay.all().s.dtype == np.float32
    assert learner.replay.all().terminated.any()


# What does not fit


@pytest.mark.parametrize(
    ("observations", "options", "name"),
    [
        (Box(-1, 1, (3, 3)), {}, "observation_space"),
        (Box(-1, 1, ()), {}, "observation_space"),
        (MultiDiscrete([3, 3]), {}, "observation_space"),
        (Dict({"x": BOX}), {}, "observation_space"),
        (Discrete(4, start=1), {}, "observation_space"),
        (Discrete(4), {"phi": np.ones((3, 2))}, "observation_space"),
        (BOX, {"phi": np.ones((3, 2))}, "observation_space"),
        (Discrete(4), {"phi": 3.0}, "phi"),
        (Discrete(4), {"phi": [[np.nan]] * 4}, "phi"),
    ],
)
def test_observations_that_do_not_fit(observations, options, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        agent(observations, **options)


@pytest.mark.parametrize("actions", [Box(-1, 1, (1,)), Discrete(3, start=1), MultiDiscrete([2, 2])])
def test_actions_that_do_not_fit(actions):
    with pytest.raises(ValueError, match=r"^action_space must be Discrete from 0, got"):
        DQN(BOX, actions, tau=0.1, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tau": 0.1, "copy_every": 5}, "give copy_every or tau, and not both, got 5 and 0.1"),
        ({"activation": "linear"}, "activation must be 'relu' or 'tanh', got 'linear'"),
        ({"bounds": 3.0}, "bounds must be two numbers, (low, high), got 3.0"),
        ({"bounds": (1, 2, 3)}, "bounds must be two numbers, (low, high), got (1, 2, 3)"),
        ({"bounds": (2.0, 1.0)}, "bounds must have the low one first, got (2.0, 1.0)"),
        ({"bounds": (1.0, 1.0)}, "bounds must have the low one first, got (1.0, 1.0)"),
        ({"bounds": (0, np.inf)}, "bounds must be a finite number, got inf"),
        ({"bounds": ("a", 1)}, "bounds must be a finite number, got 'a'"),
        ({"loss": "l1"}, "loss must be 'huber' or 'squared', got 'l1'"),
        ({"gamma": 1.5}, "gamma must lie in [0, 1], got 1.5"),
        ({"epsilon": -0.1}, "epsilon must lie in [0, 1], got -0.1"),
        ({"lr": 0}, "lr must lie in (0, inf), got 0"),
        ({"tau": 0}, "tau must lie in (0, 1], got 0"),
        ({"batch": 0}, "batch must be a whole number, 1 or more, got 0"),
        ({"warmup": 0}, "warmup must be a whole number, 1 or more, got 0"),
        ({"every": 0}, "every must be a whole number, 1 or more, got 0"),
        ({"updates": 1.5}, "updates must be a whole number, 1 or more, got 1.5"),
        ({"copy_every": 0}, "copy_every must be a whole number, 1 or more, got 0"),
        ({"capacity": -5}, "capacity must be a whole number, 1 or more, got -5"),
    ],
)
def test_numbers_out_of_range(options, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        agent(**options)
    assert str(error.value) == text


@pytest.mark.parametrize("hidden", [(0,), (2.5,), ("a",), 64])
def test_hidden_layers_that_cannot_be(hidden):
    with pytest.raises(ValueError, match=r"sizes|hidden"):
        agent(hidden=hidden)


def test_chance_is_passed_in():
    with pytest.raises(ValueError, match="rng must be a Generator"):
        DQN(BOX, Discrete(2), tau=0.1, rng=0)


def test_a_world_of_other_spaces():
    learner = agent()
    for observations, actions, name in (
        (Box(-1, 1, (4,)), Discrete(2), "observation_space"),
        (Discrete(3), Discrete(2), "observation_space"),
        (BOX, Discrete(3), "action_space"),
        (BOX, Discrete(2, start=1), "action_space"),
        (BOX, Box(-1, 1, (2,)), "action_space"),
    ):
        env = SimpleNamespace(observation_space=observations, action_space=actions)
        with pytest.raises(ValueError, match=f"^{name} must be"):
            learner.check(env)
    with pytest.raises(ValueError, match=r"^observation_space must be"):
        next(interact(gymnasium.make("CartPole-v1"), learner, steps=1))


def test_values_that_run_away_are_noticed():
    learner = agent()
    learner.net.theta = np.inf
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="lr must be smaller"):
        learner.update(batch(steps(4)))
