"""DQN as a whole: states by number, q* as its fixed point, its runs, and what it refuses."""

from types import SimpleNamespace

import gymnasium
import naive
import numpy as np
import pytest
from dqn_cases import BOX, GAMMA, agent, exact, steps
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete

from rlbook import MDP, TabularEnv
from rlbook.agent import Step, batch, interact, learn
from rlbook.dqn import DQN, DoubleDQN, anneal
from rlbook.functions.networks import MLP
from rlbook.training.loop import train

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


@pytest.mark.parametrize("name", ["double", "noise"])
def test_a_setting_of_another_name(name):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        agent(**{name: True})


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
