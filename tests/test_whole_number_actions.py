"""A Box of whole numbers: DDPG rounds so that each has an equal share, others refuse it."""

import gymnasium
import numpy as np
import pytest
from ddpg_cases import BOX, agent, steps
from gymnasium.spaces import Box
from gymnasium.wrappers import ClipAction, TransformAction

from rlbook import (
    A2C,
    DDPG,
    MLP,
    DeterministicActorCritic,
    Gaussian,
    GaussianNoise,
    Reinforce,
    interact,
    train,
)
from rlbook.functions.parametric import Linear

SPACES = [
    Box(0, 3, (1,), np.int32), Box(-5, 4, (1,), np.int8), Box(0, 255, (1,), np.uint8),
    Box(-2, 2, (1,), np.int64), Box(0, 1, (1,), np.bool_),
]  # fmt: skip


class Near(gymnasium.Env):
    """One step: the nearer an action is to `best`, the better. `taken` holds what it was given."""

    observation_space = Box(-1, 1, (2,), np.float32)

    def __init__(self, space, best=3):
        self.action_space, self.best, self.taken = space, best, []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.uniform(-1, 1, 2).astype(np.float32), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.taken.append(action.copy())
        s_next = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return s_next, -((float(action[0]) - self.best) ** 2), True, False, {}


def first_number(actions):
    """An agent whose mu is the first number of s, in every component."""
    actor = Linear(lambda s: s[..., :1], *actions.shape, d=1)
    actor.theta[:] = 1.0
    return agent(actions=actions, actor=actor)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_each_number_has_an_equal_share_of_the_scale(space):
    learner, low = first_number(space), int(space.low[0])
    n = int(space.high[0]) - low + 1
    grid = (np.arange(100 * n) + 0.5) / (100 * n)  # the middles of equal pieces of (0, 1)
    given = [learner.act(np.array([2 * x - 1, 0, 0]), explore=False) for x in grid]
    assert all(space.contains(a) for a in given)
    assert [int(a[0]) for a in given] == [low + int(n * x) for x in grid]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_ends_of_the_scale_and_what_is_beyond_are_the_bounds(space):
    learner = first_number(space)
    for x, bound in ((-1, space.low), (1, space.high), (-30, space.low), (30, space.high)):
        assert np.array_equal(learner.act(np.array([x, 0.0, 0.0]), explore=False), bound)


def test_the_first_actions_are_uniform():
    learner, n = agent(actions=Box(0, 3, (1,), np.int32), warmup=10**6), 20_000
    counts = np.bincount([int(learner.act(np.zeros(3))[0]) for _ in range(n)], minlength=4)
    # Four chances of n draws: 4.5 standard errors, 3e-5 by the normal distribution.
    assert np.abs(counts / n - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / n)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_what_is_remembered_is_what_the_world_was_given(space):
    world = Near(space)
    learner = DDPG(
        world.observation_space, space, hidden=(4,), warmup=20, batch=4,
        noise=GaussianNoise(1.0), rng=np.random.default_rng(0),
    )  # fmt: skip
    for t in interact(world, learner, steps=60, seed=0):
        learner.update(t)
        assert np.array_equal(t.a, world.taken[-1])
    taken, a = np.array(world.taken, float), learner.replay.all().a
    middle = (float(space.low[0]) + float(space.high[0])) / 2
    half = (float(space.high[0]) - float(space.low[0]) + 1) / 2
    assert a == pytest.approx((taken - middle) / half, abs=1e-6)
    assert np.abs(a).max() < 1


def test_components_of_one_number_and_of_several():
    space = Box(np.array([4, 0]), np.array([4, 9]), dtype=np.int32)
    learner = first_number(space)
    for x in (-1.0, -0.3, 0.2, 1.0):
        a = learner.act(np.array([x, 0, 0]), explore=False)
        assert a.tolist() == [4, min(int(5 * (x + 1)), 9)]
    learner.update(steps(1)[0]._replace(a=a))
    assert learner.replay.all().a == pytest.approx(np.array([[0, 0.9]]))


def test_the_largest_number_can_be_the_best():
    # With truncation it was never taken, 0 of 20 seeds; with shares alike 20 of 20.
    for seed in range(3):
        world = Near(Box(0, 3, (1,), np.int32))
        learner = DDPG(
            world.observation_space, world.action_space, hidden=(16,), warmup=200,
            noise=GaussianNoise(0.3), rng=np.random.default_rng(seed),
        )  # fmt: skip
        train(learner, world, steps=600, seed=seed)
        assert learner.act(np.zeros(2), explore=False).tolist() == [3]


@pytest.mark.parametrize(
    "space",
    [
        Box(-np.inf, np.inf, (1,), np.int32),
        Box(0, np.inf, (1,), np.int64),
        Box(0, 2**60, (1,), np.int64),
        Box(-(2**60), 0, (1,), np.int64),
    ],
    ids=str,
)
def test_whole_numbers_need_bounds_that_a_float_can_tell_apart(space):
    for actor in (None, Linear(lambda s: s, 1, d=3)):
        with pytest.raises(ValueError, match=r"^action_space of whole numbers must have bounds"):
            agent(BOX, space, actor=actor)


def normal():
    return Gaussian(MLP((2, 4, 1), rng=np.random.default_rng(0), extra=1))


def learners():
    rng, options = np.random.default_rng(0), {"gamma": 0.9, "alpha_theta": 0.01, "alpha_w": 0.01}
    yield Reinforce(normal(), gamma=0.9, alpha=0.01, rng=rng)
    yield A2C(normal(), MLP((2, 4, 1), rng=rng), rng=rng, **options)
    mu = Linear(lambda s: s, 1, d=2)
    yield DeterministicActorCritic(mu, MLP((3, 4, 1), rng=rng), sigma=0.1, rng=rng, **options)


def test_who_does_not_round_refuses_and_names_a_way_around():
    for learner in learners():
        with pytest.raises(ValueError, match=r"Box of real numbers.*TransformAction") as refused:
            train(learner, Near(Box(0, 3, (1,), np.int32)), steps=3)
        assert "Box(0, 3, (1,), int32)" in str(refused.value)
    for learner in learners():  # the way around
        world = Near(Box(0, 3, (1,), np.int32))
        reals = Box(-0.49, 3.49, (1,), np.float32)
        rounded = TransformAction(world, lambda a: np.rint(a).astype(np.int32), reals)
        train(learner, ClipAction(rounded), steps=30, seed=0)
        assert len(world.taken) == 30
