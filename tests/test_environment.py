import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import TimeLimit
from scipy.stats import chisquare

from rlbook import MDP, GridModel, GridWorld, TabularEnv


def test_steps_follow_the_table(rng):
    model = naive.random_model(rng, end=0.3, states=4, actions=2, outcomes=3)
    env = TabularEnv(model)
    env.reset(seed=3)
    n = 4000
    for s in range(4):
        for a in range(2):
            seen = {}
            for _ in range(n):
                env.reset(options={"state": s})
                s_next, r, terminated, truncated, info = env.step(a)
                assert (truncated, info) == (False, {})
                seen[s_next, r, terminated] = seen.get((s_next, r, terminated), 0) + 1
            expected = {o[1:]: n * o[0] for o in naive.outcomes(model, s, a)}
            assert set(seen) <= set(expected)
            counts = [seen.get(o, 0) for o in expected]
            # Eight tests, each at level 1e-6, with a fixed seed.
            assert chisquare(counts, list(expected.values())).pvalue > 1e-6


def test_check_env_finds_nothing(rng):
    gymnasium.register("rlbook-test/Random-v0", entry_point=TabularEnv)
    try:
        model = naive.random_model(rng, end=0.2, states=5)
        for mode in (None, "ansi"):
            env = gymnasium.make("rlbook-test/Random-v0", model=model, render_mode=mode)
            check_env(env.unwrapped)
    finally:
        del gymnasium.registry["rlbook-test/Random-v0"]


def test_render_is_a_line_of_text():
    env = TabularEnv(GridWorld().model, render_mode="ansi")
    env.reset(options={"state": 7})
    assert env.render() == "state 7 of 0..24\n"


def test_a_world_and_its_table_are_shown_at_one_pace():
    # Gymnasium wants a pace of every world that is shown; TabularEnv itself has no use for it.
    assert TabularEnv.metadata["render_fps"] == GridWorld.metadata["render_fps"]


def test_starts():
    model = GridWorld(terminate_at_target=True).model
    target = 17
    start = TabularEnv(model).start
    assert start[target] == 0
    assert np.allclose(np.delete(start, target), 1 / 24)
    assert TabularEnv(model, start=3).reset()[0] == 3
    d = np.zeros(25)
    d[[4, 9]] = 0.5
    env = TabularEnv(model, start=d)
    assert {env.reset(seed=k)[0] for k in range(20)} == {4, 9}
    everywhere = MDP(np.ones((2, 1, 1)), [[[1]], [[0]]], np.zeros((2, 1, 1)), np.ones((2, 1, 1)))
    assert TabularEnv(everywhere).start.tolist() == [0.5, 0.5]  # none is left: all


def test_the_same_seed_is_the_same_run():
    def run():
        env = GridWorld(slip=0.5)
        states = [env.reset(seed=5)[0]]
        for k in range(50):
            states.append(env.step(k % 5)[0])
        return states

    assert run() == run()


def test_from_env_keeps_table_start_and_limit(installed):
    lake = TabularEnv.from_env(gymnasium.make("FrozenLake-v1"))
    assert isinstance(lake, TimeLimit)
    lake.reset(seed=0)
    for k in range(100):
        lake.unwrapped.s = 0  # a walk that never ends
        *_, truncated, _ = lake.step(0)
        assert truncated == (k == 99)
    assert lake.unwrapped.start.tolist() == [1.0] + [0.0] * 15
    cliff = TabularEnv.from_env(gymnasium.make(installed["CliffWalking"]))
    assert type(cliff) is TabularEnv
    assert cliff.start[36] == 1
    again = TabularEnv.from_env(TimeLimit(GridWorld(start=4), 7))
    assert isinstance(again, TimeLimit)
    assert again.reset()[0] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": 25}, r"start must be a whole number from 0 to 24, got"),
        ({"start": np.ones(3) / 3}, r"start must be a state or a distribution \(25,\), got \(3,\)"),
        ({"start": np.ones(25)}, r"start must sum to 1, got 25.0"),
        ({"render_mode": "rgb_array"}, r"render_mode must be None or one of \['ansi'\]"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        TabularEnv(GridWorld().model, **options)


def test_bad_steps():
    env = TabularEnv(GridWorld().model)
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(0)
    env.reset()
    for action in (5, -1, 1.5, [1], "U", None):
        with pytest.raises(ValueError, match="action must be a whole number from 0 to 4, got"):
            env.step(action)
    with pytest.raises(ValueError, match=r"options\['state'\] must be a whole number from 0 to 24"):
        env.reset(options={"state": 25})
    with pytest.raises(
        ValueError, match=r"options must be \{'state': s\} or None, got \['State'\]"
    ):
        env.reset(options={"State": 3})
    with pytest.raises(ValueError, match=r"model must be an MDP, got GridWorld: pass its \.model"):
        TabularEnv(GridWorld())


def test_a_model_without_a_table():
    message = r"^model must be an MDP, got GridModel: pass its \.table\(\)$"
    with pytest.raises(ValueError, match=message):
        TabularEnv(GridModel("..T"))
    TabularEnv(GridModel("..T").table())
