"""Worlds as users have them: a wrapped world is another world, and a start is what it states."""

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from scipy.stats import chisquare
from user_cases import SURE, Listed, vars_of

from rlbook import MDP, GridWorld, QLearning, TabularEnv, optimal, train
from rlbook.training.twins import why_not

# The wrapped world is another world


class Slippery(gymnasium.Wrapper):
    """A wrapper of the user's own."""


class MyTimeLimit(wrappers.TimeLimit):
    """What it inherits need not be what it does."""


def lake(**options):
    return gymnasium.make("FrozenLake-v1", **options)


CHANGED = {
    "TransformReward": lambda env: wrappers.TransformReward(env, lambda r: -r),
    "ClipReward": lambda env: wrappers.ClipReward(env, 0, 0.5),
    "NormalizeReward": wrappers.NormalizeReward,
    "StickyAction": lambda env: wrappers.StickyAction(env, 0.5),
    "TransformAction": lambda env: wrappers.TransformAction(env, lambda a: 3 - a, env.action_space),
    "TransformObservation": lambda env: wrappers.TransformObservation(
        env, lambda s: 15 - s, env.observation_space
    ),
    "DelayObservation": lambda env: wrappers.DelayObservation(env, 1),
    "TimeAwareObservation": wrappers.TimeAwareObservation,
    "FlattenObservation": wrappers.FlattenObservation,
    "Autoreset": wrappers.Autoreset,
    "Slippery": Slippery,
    "MyTimeLimit": lambda env: MyTimeLimit(env, 5),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_wrapper_that_may_change_the_world_is_refused(name):
    env = CHANGED[name](lake())
    for wrapped in (env, wrappers.TimeLimit(wrappers.OrderEnforcing(env), 7)):
        for read in (MDP.from_env, TabularEnv.from_env):
            with pytest.raises(ValueError, match=rf"got {name} around FrozenLakeEnv: pass env.unw"):
                read(wrapped)
    assert MDP.from_env(env.unwrapped).n_states == 16  # the way around


def test_wrappers_that_leave_the_world_alone():
    expected = MDP.from_env(lake().unwrapped)
    pictures = lake(render_mode="rgb_array")
    around = [
        lake(),
        wrappers.RecordEpisodeStatistics(lake()),
        wrappers.PassiveEnvChecker(wrappers.OrderEnforcing(lake().unwrapped)),
        wrappers.RenderCollection(pictures, reset_clean=False),
        wrappers.TimeLimit(wrappers.RecordEpisodeStatistics(lake()), 5),
    ]
    if hasattr(wrappers, "ObstructView"):
        around.append(wrappers.ObstructView(pictures, 0.1, 2))
    for env in around:
        for ours, theirs in zip(vars_of(MDP.from_env(env)), vars_of(expected), strict=True):
            assert np.array_equal(ours, theirs), env


def test_the_shortest_of_several_time_limits_is_kept():
    for limits in ((7, 9), (9, 7)):
        env = lake(max_episode_steps=-1).unwrapped
        for steps in limits:
            env = wrappers.RecordEpisodeStatistics(wrappers.TimeLimit(env, steps))
        assert TabularEnv.from_env(env)._max_episode_steps == 7
    assert type(TabularEnv.from_env(lake().unwrapped)) is TabularEnv


def test_a_table_of_the_whole_is_the_way_around():
    """A reward turned around: v of the table that says so, and not that of the one inside."""
    inner = lake().unwrapped.P
    P = {s: {a: [(p, t, -r, end) for p, t, r, end in inner[s][a]] for a in range(4)}
         for s in range(16)}  # fmt: skip
    v = optimal(MDP.from_table(P), 0.9).v
    assert v[0] == pytest.approx(0, abs=1e-6)  # one never crosses
    assert optimal(MDP.from_env(lake()), 0.9).v[0] == pytest.approx(0.0689, abs=1e-4)


def test_train_does_not_look_through_a_wrapper_either():
    """Twice the reward is twice the values, bit by bit, compiled or not."""

    def learned(twice):
        env = GridWorld(start=0)
        env.np_random = np.random.default_rng(0)
        env = wrappers.TransformReward(env, lambda r: 2 * r) if twice else env
        rng = np.random.default_rng(1)
        agent = QLearning(25, 5, gamma=0.9, alpha=0.5, epsilon=0.2, rng=rng)
        train(agent, wrappers.TimeLimit(env, 50), steps=20_000)
        return agent.q

    assert np.array_equal(learned(twice=True), 2 * learned(twice=False))
    agent = QLearning(25, 5, gamma=0.9, alpha=0.5, epsilon=0.2, rng=np.random.default_rng(1))
    assert why_not(agent, wrappers.TimeLimit(GridWorld(), 50)) is None
    for env in (
        wrappers.TransformReward(GridWorld(), lambda r: r),
        wrappers.TimeLimit(wrappers.TransformReward(GridWorld(), lambda r: r), 50),
        wrappers.StickyAction(GridWorld(), 0.5),
        wrappers.TimeLimit(wrappers.TimeLimit(GridWorld(), 50), 60),
        MyTimeLimit(GridWorld(), 50),
    ):
        assert "env must be" in why_not(agent, env)


# Chance that is in the table, and chance that is in none


needs_taxi = pytest.mark.skipif("Taxi-v4" not in gymnasium.registry, reason="an older Gymnasium")


@needs_taxi
def test_a_fickle_passenger_is_in_no_table():
    for read in (MDP.from_env, TabularEnv.from_env):
        with pytest.raises(ValueError, match="got fickle_passenger=True"):
            read(gymnasium.make("Taxi-v4", fickle_passenger=True))


@needs_taxi
def test_the_rain_is_in_the_table():
    """What the world does, against the model: five pairs at 1e-6 each, with a fixed seed."""
    env = gymnasium.make("Taxi-v4", is_rainy=True).unwrapped
    model, n = MDP.from_env(env), 2000
    assert model.outcomes == 3
    env.reset(seed=0)
    for s, a in ((228, 0), (228, 1), (228, 2), (228, 3), (44, 0)):
        seen = np.zeros(500)
        for _ in range(n):
            env.s = s
            seen[env.step(a)[0]] += 1
        expected = n * model.P[s, a]
        assert (seen[expected == 0] == 0).all()
        assert chisquare(seen[expected > 0], expected[expected > 0]).pvalue > 1e-6, (s, a)


# Where does it start?


def test_the_start_is_what_the_world_states():
    stated = {"initial_state_distrib": [0.25, 0.75]}
    for has in (stated, {"isd": [0.25, 0.75]}, stated | {"isd": [1.0, 0.0]}):
        assert TabularEnv.from_env(Listed(SURE, **has)).start.tolist() == [0.25, 0.75]
    single = np.array([0.1, 0.9], dtype=np.float32)
    start = TabularEnv.from_env(Listed(SURE, isd=single)).start
    assert start.sum() == pytest.approx(1, abs=1e-15)
    assert start == pytest.approx([0.1, 0.9], rel=1e-7)


def test_a_world_that_states_no_start_needs_one():
    for has in ({}, {"isd": None}):
        with pytest.raises(ValueError, match=r"^start must be given, .* Listed does not state"):
            TabularEnv.from_env(Listed(SURE, **has))
    assert TabularEnv.from_env(Listed(SURE), start=1).start.tolist() == [0, 1]
    assert TabularEnv.from_env(Listed(SURE), start=[0.5, 0.5]).start.tolist() == [0.5, 0.5]
    assert TabularEnv.from_env(Listed(SURE, isd=[1, 0]), start=1).start.tolist() == [0, 1]
    assert TabularEnv.from_env(lake(), start=3).reset(seed=0)[0] == 3


@pytest.mark.parametrize(
    ("has", "message"),
    [
        ({"isd": [1.0, 0.0, 0.0]}, r"^env.isd must be a state or a distribution \(2,\), got \(3,"),
        ({"isd": [0.5, 0.4]}, r"^env.isd must sum to 1, got 0.9"),
        ({"initial_state_distrib": 2}, r"^env.initial_state_distrib must be a whole number from 0"),
    ],
)
def test_a_start_that_is_none(has, message):
    with pytest.raises(ValueError, match=message):
        TabularEnv.from_env(Listed(SURE, **has))


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"])
def test_built_in_worlds_start_as_they_do(name):
    if name not in gymnasium.registry:
        pytest.skip("an older Gymnasium")
    env = gymnasium.make(name)
    start = TabularEnv.from_env(env).unwrapped.start
    assert {env.reset(seed=k)[0] for k in range(50)} <= set(np.flatnonzero(start))
    assert np.array_equal(start, env.unwrapped.initial_state_distrib)
