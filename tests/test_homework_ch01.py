"""The solutions of homework 1 against the library."""

import numpy as np
import pytest

from rlbook import GridWorld
from rlbook.grid_world.official import OfficialGridWorld, reorder
from rlbook.homework.draw import Draw
from rlbook.homework.given import MAKERS
from rlbook.homework.tasks import hw01
from rlbook.homework.wire import pack, unpack
from rlbook.homework.words import case_in_words


@pytest.mark.parametrize("seed", range(20))
def test_tables_are_those_of_the_grid_world(seed):
    draw = Draw(np.random.default_rng(seed))
    case = {**hw01.paid_cases(draw), "walls": bool(seed % 2)}
    model = GridWorld(
        case["grid"],
        r_boundary=case["r_boundary"], r_forbidden=case["r_forbidden"],
        r_target=case["r_target"], r_other=case["r_other"],
        forbidden="wall" if case["walls"] else "enter",
    ).model  # fmt: skip
    s_next = hw01.next_states(case["grid"], case.pop("walls"))
    assert np.array_equal(s_next, model.s_next[..., 0])
    assert np.array_equal(hw01.step_rewards(**case), model.r[..., 0])


def made(values):
    values = {name: x for name, x in values.items() if name != "at"}
    return OfficialGridWorld(**values)


@pytest.mark.parametrize("seed", range(20))
def test_the_public_environment_as_arrays(seed):
    given = hw01.model_cases(Draw(np.random.default_rng(seed)))["env"]
    P, R = hw01.model_of_grid(MAKERS["official"](**given.values))
    model = made(given.values).world.model
    assert np.array_equal(reorder(R), model.R)
    columns = np.arange(len(P))
    assert np.array_equal(
        reorder(np.moveaxis(P, 1, 2)), np.moveaxis(columns == model.s_next, 1, 2).astype(float)
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_walk_in_the_public_environment(seed):
    case = hw01.walk_cases(Draw(np.random.default_rng(seed)))
    env = MAKERS["official"](**case["env"].values)
    G = hw01.return_on_grid(env, *list(case.values())[1:])
    assert hw01.discounted_return([row[3] for row in env.log], case["gamma"]) == pytest.approx(G)

    world = made(case["env"].values).world
    s, _ = world.reset(seed=0)
    actions, total, factor = reorder(case["pi"]).argmax(1), 0.0, 1.0
    for _ in range(case["n"]):
        s, r, terminated, _, _ = world.step(int(actions[s]))
        total, factor = total + factor * r, factor * case["gamma"]
        if terminated:
            break
    assert total == pytest.approx(G)


def test_the_public_environment_can_be_drawn_at_no_cost():
    env = MAKERS["official"](**hw01.public_book().values)
    env.render()
    env.add_policy(np.full((25, 5), 0.2))
    env.add_state_values(np.zeros(25), precision=2)
    assert env.canvas is None


def test_what_a_student_sees_of_the_public_environment():
    case = {"env": hw01.public_book(at=(0, 0)), "gamma": 0.9}
    assert case_in_words(case) == [
        "env: the public grid world, env_size = (5, 5); S start, T target, # forbidden",
        "  . . . . .",
        "  . . # . .",
        "  . . S . .",
        "  . # . # .",
        "  . . . . T",
        "  agent_state = (0, 0) before reset",
        "  reward_target = 10, reward_forbidden = -5, reward_step = -1",
        "gamma = 0.9",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_public_environment_is_sent_as_it_is(seed):
    given = hw01.walk_cases(Draw(np.random.default_rng(seed)))["env"]
    sent = unpack(pack(given))
    assert sent == given
    env = MAKERS["official"](**sent.values)
    assert (env.agent_state, env.reset()[0]) == (given.values["at"], given.values["start_state"])
