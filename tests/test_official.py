import numpy as np
import pytest
from matplotlib.quiver import Quiver

from rlbook import MDP, optimal
from rlbook.grid_world.official import OfficialGridWorld, reorder


def official_rules(env, state, action):
    """The official environment's rules, one after another."""
    (x, y), (dx, dy), (width, height) = state, action, env.env_size
    if not (0 <= x + dx < width and 0 <= y + dy < height):
        return (x, y), env.reward_forbidden
    if (x + dx, y + dy) == env.target_state:
        return env.target_state, env.reward_target
    if (x + dx, y + dy) in env.forbidden_states:
        return (x, y), env.reward_forbidden
    return (x + dx, y + dy), env.reward_step


WORLDS = [
    {},
    {"env_size": (3, 4), "start_state": (0, 0), "target_state": (2, 2), "forbidden_states": []},
    {
        "env_size": (4, 2),
        "start_state": (0, 1),
        "target_state": (3, 0),
        "forbidden_states": [(1, 0)],
    },
]


@pytest.mark.parametrize("arguments", WORLDS)
def test_every_step_is_the_official_one(arguments):
    env = OfficialGridWorld(**arguments)
    assert env.action_space == [(0, 1), (1, 0), (0, -1), (-1, 0), (0, 0)]
    for x in range(env.env_size[0]):
        for y in range(env.env_size[1]):
            for action in env.action_space:
                env.reset()
                env.agent_state = (x, y)
                state, reward = official_rules(env, (x, y), action)
                assert env.step(action) == (state, reward, state == env.target_state, {})
                assert env._get_next_state_and_reward((x, y), action) == (state, reward)


def test_habits():
    env = OfficialGridWorld()
    assert env.reset() == ((2, 2), {})
    assert env.num_states == 25
    assert env.step((0, -1)) == ((2, 2), -5, False, {})
    env.step((1, 0))
    assert list(env.traj) == [(2, 2), (2, 2), (3, 2)]
    assert (env.target_state, env.reward_target, env.reward_step) == ((4, 4), 10, -1)


def test_values_of_the_default_world_without_an_end():
    # Values by an independent solver, for the continuing world at gamma = 0.9.
    m = OfficialGridWorld().world.model
    v = optimal(MDP(m.p, m.s_next, m.r, np.zeros_like(m.terminated)), 0.9).v.reshape(5, 5)
    assert v[0] == pytest.approx([42.61, 48.46, 54.95, 62.17, 70.19], abs=0.006)
    assert v[4] == pytest.approx([70.19, 79.1, 89, 100, 100], abs=0.006)


def test_reorder_takes_a_policy_from_one_order_to_the_other(rng):
    env = OfficialGridWorld()
    best = optimal(env.world.model, 0.9)
    theirs = reorder(best.pi)
    state, done, total = env.reset()[0], False, 0
    while not done:
        row = theirs[state[1] * 5 + state[0]]
        state, reward, done, _ = env.step(env.action_space[row.argmax()])
        total += reward
    assert (state, total) == ((4, 4), 7)  # three steps and the target
    table = rng.random((2, 3, 5))
    assert np.array_equal(reorder(reorder(table)), table)
    with pytest.raises(ValueError, match=r"table must have shape \(..., 5\), got \(5, 4\)"):
        reorder(np.zeros((5, 4)))


def test_drawing_as_the_official_example_does(rng):
    env = OfficialGridWorld()
    env.reset()
    for _ in range(3):
        env.render(animation_interval=0.001)
        env.step(env.action_space[rng.integers(5)])
    policy_matrix = rng.random((env.num_states, 5))
    env.add_policy(policy_matrix / policy_matrix.sum(axis=1)[:, np.newaxis])
    env.add_state_values(rng.uniform(0, 10, env.num_states), precision=2)
    env.render(animation_interval=0.001)
    texts = [t.get_text() for t in env.ax.texts]
    assert len(texts) == 25
    assert all(len(t.partition(".")[2]) == 2 for t in texts)
    env.add_policy(np.tile([1.0, 0, 0, 0, 0], (25, 1)))  # their first action is down
    (quiver,) = [c for c in env.ax.collections if isinstance(c, Quiver)]
    assert set(quiver.V.tolist()) == {0.4}  # y grows downwards
    assert env.canvas is not None
    env.close()
    assert env.canvas is None


def test_adding_before_the_first_render():
    env = OfficialGridWorld()
    env.add_state_values(np.zeros(25))
    env.render(animation_interval=0.001)
    assert len(env.ax.texts) == 25
    env.close()


def test_bad_input():
    env = OfficialGridWorld()
    with pytest.raises(ValueError, match=r"action must be one of \[\(0, 1\).*got \(1, 1\)"):
        env.step((1, 1))
    with pytest.raises(
        ValueError, match=r"x of target_state must be a whole number from 0 to 4, got 5"
    ):
        OfficialGridWorld(target_state=(5, 0))
    for start in ((0.5, 0), 3, (1, 2, 3)):
        with pytest.raises(ValueError, match="start_state must"):
            OfficialGridWorld(start_state=start)
    for action in ((0.9, 0.9), 2, None, "up"):
        with pytest.raises(ValueError, match="action must be one of"):
            env.step(action)
    with pytest.raises(ValueError, match=r"env_size must be \(columns, rows\)"):
        OfficialGridWorld(env_size=(0, 5))
    with pytest.raises(ValueError, match=r"reward_step must be a finite number, got 'a'"):
        OfficialGridWorld(reward_step="a")
    with pytest.raises(ValueError, match=r"y of forbidden_states must be"):
        OfficialGridWorld(forbidden_states=[(0, 7)])
    with pytest.raises(ValueError, match=r"policy_matrix must have shape \(25, 5\)"):
        env.add_policy(np.ones((5, 5)))
    with pytest.raises(ValueError, match=r"values must have shape \(25,\)"):
        env.add_state_values(np.ones(5))
