"""Worlds that are no single Gymnasium environment, and observations of several parts."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple
from gymnasium.wrappers import (
    FlattenObservation,
    OrderEnforcing,
    PassiveEnvChecker,
    RecordEpisodeStatistics,
    TimeLimit,
    TransformObservation,
)
from odd_worlds import Walk

from rlbook.actor_critic import A2C
from rlbook.agent import Agent, Follow, interact, learn
from rlbook.ddpg import DDPG
from rlbook.dqn import DQN
from rlbook.function_approximation.least_squares import LSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.functions.features import tile_coding
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.monte_carlo import MonteCarlo, mc_basic
from rlbook.policy_gradient import Reinforce
from rlbook.temporal_difference import QLearning
from rlbook.training.loop import score, train

CONTRACT = (
    r"^env must be as Gymnasium's are: reset\(seed=...\) returns \(observation, info\), "
    r"step\(action\) returns \(observation, reward, terminated, truncated, info\); "
)
OLD = r"\. An environment of the old gym needs a wrapper, such as GymV21CompatibilityV0 of shimmy$"


class OldStep(Walk):
    """Its step returns four values."""

    def step(self, action):
        s, r, terminated, truncated, info = super().step(action)
        return s, r, terminated or truncated, info


class OldReset(Walk):
    """Its reset returns a state alone."""

    def reset(self, **how):
        return super().reset(**how)[0]


class Old(OldStep):
    """Both, and no seed."""

    def reset(self):
        return super().reset()[0]


class OldPair(Walk):
    """Its reset returns a state of two parts alone."""

    def reset(self, **how):
        return super().reset(**how)[0], 0


class Bare:
    """No subclass of anything, and old."""

    observation_space, action_space = Discrete(5), Discrete(2)

    def reset(self):
        return 0

    def step(self, action):
        return 0, 0.0, False, {}


class Late(Walk):
    """Right at first; after its third step it returns four values."""

    def step(self, action):
        result = super().step(action)
        return result if self.left > 16 else result[:4]


RESET_SEED = "reset takes no seed"
WORLDS = [
    (OldStep, r"step returned 4 values, \(0, -2.0, False, {}\)"),
    (OldReset, r"reset returned 0"),
    (OldPair, r"reset returned \(0, 0\)"),
    (Old, RESET_SEED),
    (Bare, RESET_SEED),
]
WRAPPERS = [
    lambda env: env,
    lambda env: TimeLimit(env, 9),
    lambda env: RecordEpisodeStatistics(TimeLimit(OrderEnforcing(PassiveEnvChecker(env)), 9)),
    lambda env: TransformObservation(env, lambda s: s, None),
]


class Left(Agent):
    """Always 0."""

    def act(self, s, *, explore=True):
        return 0

    def update(self, experience):
        pass


def q_learning():
    return QLearning(5, 2, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("world", "text", "wrap"),
    [
        (world, text, wrap)
        for world, text in WORLDS
        for wrap in (WRAPPERS if issubclass(world, Walk) else WRAPPERS[:1])
    ],
)
def test_old_gym_is_one_error_at_the_start(world, text, wrap):
    for call in (
        lambda env: next(interact(env, Left(), steps=5)),
        lambda env: next(interact(env, q_learning(), steps=5, seed=0)),
        lambda env: train(q_learning(), env, episodes=2),
        lambda env: train(q_learning(), env, steps=10**6),
        lambda env: score(env, q_learning(), episodes=1, seed=0),
        lambda env: next(mc_basic(env, 0.9, episode_length=3, rng=np.random.default_rng(0))),
    ):
        with pytest.raises(ValueError, match=CONTRACT + text + OLD):
            call(wrap(world()))


def test_four_values_later_on():
    stream = interact(Late(), Left())
    assert len([next(stream) for _ in range(3)]) == 3
    with pytest.raises(ValueError, match=CONTRACT + "step returned 4 values"):
        next(stream)


class Broken(Walk):
    """Has an error of its own."""

    def __init__(self, where, error):
        super().__init__()
        self.where, self.error = where, error

    def reset(self, **how):
        if self.where == "reset":
            raise self.error
        return super().reset(**how)

    def step(self, action):
        if self.where == "step":
            raise self.error
        return super().step(action)


@pytest.mark.parametrize("error", [ValueError("mine"), TypeError("mine"), AssertionError("mine"),
                                   RuntimeError("mine")])  # fmt: skip
def test_an_error_of_the_world_stays_its_own(error):
    for where in ("reset", "step"):
        for env in (Broken(where, error), TimeLimit(Broken(where, error), 9)):
            with pytest.raises(type(error), match=r"^mine$") as caught:
                next(interact(env, Left(), steps=5))
            assert caught.value is error


def test_a_world_without_gymnasiums_parts():
    class Plain:
        observation_space, action_space = Discrete(2), Discrete(2)

        def reset(self, seed=None):
            return 1, {}

        def step(self, action):
            return 1, 1.0, True, False, {}

    agent = QLearning(2, 2, gamma=0.9, alpha=0.5, epsilon=0.1, rng=np.random.default_rng(0))
    assert train(agent, Plain(), episodes=3, seed=0).returns.tolist() == [1.0, 1.0, 1.0]
    for name in ("action_space", "step"):
        members = {k: x for k, x in vars(Plain).items() if k != name}
        env = type("Half", (), members)()
        with pytest.raises(ValueError, match=f"env must have {name}, as Gymnasium's have, got Hal"):
            next(interact(env, agent, steps=1))


def test_a_space_of_the_old_gym():
    """Its Discrete had no start."""
    space = type("Discrete", (), {"n": 5, "__repr__": lambda self: "Discrete(5)"})()
    message = r"observation_space must be one of Gymnasium's spaces, got Discrete\(5\) of the old"
    with pytest.raises(ValueError, match=message):
        next(interact(Walk(space=space), q_learning(), steps=1))


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("vectorised", [False, True])
def test_a_vector_of_worlds(n, vectorised):
    if vectorised:
        env = gymnasium.make_vec("CartPole-v1", num_envs=n)
    else:
        env = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * n)
    rng = np.random.default_rng(0)
    agent = DQN(env.single_observation_space, env.single_action_space, rng=rng)
    message = rf"^env must be one world, got \w*Vec\w* of {n}: make one with gymnasium.make$"
    for call in (
        lambda: next(interact(env, agent, steps=1)),
        lambda: train(agent, env, steps=1),
        lambda: score(env, agent, episodes=1, seed=0),
        lambda: next(interact(env, Left(), steps=1)),
        lambda: next(mc_basic(env, 0.9, episode_length=3, rng=rng)),
    ):
        with pytest.raises(ValueError, match=message):
            call()


LINE = Box(-1.0, 1.0, (2,), np.float64)
PARTS = [
    (Dict({"at": LINE, "cell": Discrete(5)}), lambda s: {"at": np.zeros(2), "cell": s}, 7),
    (Tuple((Discrete(5), LINE)), lambda s: (s, np.zeros(2)), 7),
    (MultiDiscrete([5, 3]), lambda s: np.array([s, 1]), 8),
    (MultiBinary(5), lambda s: np.eye(5, dtype=np.int8)[s], 5),
]
EVEN = np.full((5, 2), 0.5)
AGENTS = [
    lambda space, rng: q_learning(),
    lambda space, rng: MonteCarlo(5, 2, gamma=0.9, epsilon=0.1, rng=rng),
    lambda space, rng: Follow(EVEN, rng),
    lambda space, rng: LinearTD(np.eye(5), EVEN, gamma=0.9, alpha=0.1, rng=rng),
    lambda space, rng: LSTD(np.eye(5), EVEN, gamma=0.9, regularisation=1.0, rng=rng),
    lambda space, rng: DQN(space, Discrete(2), rng=rng),
    lambda space, rng: DDPG(space, LINE, rng=rng),
    lambda space, rng: Reinforce(Softmax(Table(5, 2)), gamma=0.9, alpha=0.1, rng=rng),
    lambda space, rng: Reinforce(Softmax(Linear(np.eye(5), 2)), gamma=0.9, alpha=0.1, rng=rng),
    lambda space, rng: A2C(
        Softmax(MLP((2, 2), rng=rng)), MLP((2, 1), rng=rng), gamma=0.9, alpha_theta=0.1,
        alpha_w=0.1, rng=rng,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("space", "show", "n"), PARTS)
@pytest.mark.parametrize("build", AGENTS)
def test_an_observation_of_parts_is_refused_with_the_wrapper_that_helps(build, space, show, n, rng):
    env = Walk(show, space=space)
    message = r"observation_space.*, got .*; gymnasium's FlattenObservation makes a Box of it"
    with pytest.raises(ValueError, match=message):
        next(interact(env, build(space, rng), steps=1))


@pytest.mark.parametrize(("space", "show", "n"), PARTS)
def test_the_wrapper_helps(space, show, n, rng):
    env = FlattenObservation(Walk(show, space=space))
    agent = DQN(env.observation_space, env.action_space, warmup=8, every=2, batch=4, rng=rng)
    train(agent, env, steps=30, seed=0)
    assert agent.net.sizes[0] == n
    assert agent.n_updates > 0


def test_an_agent_of_ones_own_sees_the_parts():
    for space, show, _ in PARTS:
        (t,) = interact(Walk(show, space=space), Left(), steps=1)
        assert t.s in space
        assert type(t.s) is type(show(0))


def test_tile_coding_sees_parts_that_are_numbers():
    options = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.1, "rng": np.random.default_rng(0)}
    for space, show, _ in PARTS[:2]:
        agent = LinearSarsa(tile_coding(LINE), 2, **options)
        with pytest.raises(ValueError, match=r"obs must be an array of.*; gymnasium's FlattenObs"):
            next(interact(Walk(show, space=space), agent, steps=1))
    pair = Tuple((Box(-1, 1, ()), Discrete(5)))
    agent = LinearSarsa(tile_coding(([0, 0], [4, 4])), 2, **options)
    train(agent, Walk(lambda s: (np.float32(s), s), space=pair), steps=20, seed=0)
    assert agent.w.any()


def test_features_of_the_parts():
    """A function phi takes whatever it likes; a table of numbered tuples is one of them."""
    env = gymnasium.make("Blackjack-v1")

    def phi(s):
        return np.eye(32)[s[0]]

    options = {"gamma": 1.0, "alpha": 0.1, "epsilon": 0.1}
    agent = LinearQLearning(phi, 2, rng=np.random.default_rng(0), **options)
    steps = list(learn(agent, interact(env, agent, episodes=50, seed=0)))
    assert {type(t.s) for t in steps} == {tuple}
    assert np.abs(agent.w).max() > 0.1


def test_no_hint_for_actions(rng):
    for space in (Dict({"push": LINE}), MultiDiscrete([2, 2])):
        with pytest.raises(ValueError, match=r"action_space must be a Box[^;]*$"):
            DDPG(LINE, space, rng=rng)
        env = Walk()
        env.action_space = space
        with pytest.raises(ValueError, match=r"q is a table and needs action_space[^;]*$"):
            next(interact(env, q_learning(), steps=1))
