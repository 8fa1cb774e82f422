"""DDPG as a whole: its settings, its runs, and what it refuses."""

import inspect
import re
import subprocess
import sys
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from ddpg_cases import (
    ACTIONS,
    BOUNDLESS,
    BOX,
    HIGH,
    LOW,
    agent,
    exact,
    linear_actor,
    moved,
    scaled,
    steps,
    thetas,
)
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.wrappers import TimeLimit

from rlbook import DDPG, Evaluation, ddpg
from rlbook.agent import interact
from rlbook.ddpg import PAPER, PRACTICE, TD3, DDPGSettings
from rlbook.functions.exploration_noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Quadratic, Table
from rlbook.training.loop import train

# The beginning


@pytest.mark.parametrize("options", [{}, {"hidden": (64, 64)}, dict(PAPER), {"kind": TD3}])
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
    learner = agent(hidden=hidden, kind=TD3)
    assert learner.actor.sizes == (3, *hidden, 2)
    assert [critic.sizes for critic in learner.critics] == [(5, *hidden, 1)] * 2
    assert learner.actor.kind == "MLP, relu, tanh"
    assert learner.critics[0].kind == "MLP, relu, linear"


# Two ways to set it


def test_practice_is_what_the_signatures_say():
    defaults = {k: p.default for k, p in inspect.signature(DDPGSettings).parameters.items()}
    assert defaults == dict(PRACTICE)
    assert set(PAPER) == set(PRACTICE)
    defaults = {k: p.default for k, p in inspect.signature(DDPG).parameters.items()}
    left = {"observation_space", "action_space", "actor", "critic", "gamma", "rng", "settings"}
    assert set(defaults) == left
    assert defaults["gamma"] == 0.99
    learner = TD3(BOX, ACTIONS, rng=np.random.default_rng(0))
    assert (len(learner.critics), learner.delay, learner.smoothing) == (2, 2, 0.2)


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


@pytest.mark.parametrize("kind", [DDPG, TD3])
@pytest.mark.parametrize("setting", [PRACTICE, PAPER])
def test_every_setting_learns(kind, setting):
    learner = kind(BOX, ACTIONS, rng=np.random.default_rng(0), **setting)
    assert vars(learner.settings) == dict(setting)
    assert learner.actor_step.lr == setting["alpha_theta"]
    assert {adam.lr for adam in learner.critic_steps} == {setting["alpha_w"]}
    assert len(learner.critics) == 1 + (kind is TD3)
    assert learner.actor.sizes == (3, *setting["hidden"], 2)
    assert learner.replay.capacity == setting["capacity"]
    before, made = thetas(learner), steps(5)
    for k in range(setting["warmup"] + 4):
        learner.update(made[k % 5]._replace(a=learner.act(made[k % 5].s)))
        if k % 5 == 4:
            learner.begin()
    assert learner.n_updates == 4
    assert all(moved(learner, before))
    assert np.isfinite(learner.last_loss)


# Whole runs


RUN = {"hidden": (16,), "batch": 16, "warmup": 40, "capacity": 150, "gamma": 0.99,
       "noise": OrnsteinUhlenbeckNoise(), "kind": TD3}  # fmt: skip


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
    program = "import sys; sys.path.insert(0, sys.argv[1]); import test_ddpg_runs as t\n"
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


@pytest.mark.book("ddpg:pendulum")
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
        ({"kind": TD3, "delay": 0}, "delay must be a whole number, 1 or more, got 0"),
        ({"kind": TD3, "delay": True}, "delay must be a whole number, 1 or more, got True"),
        ({"kind": TD3, "smoothing": -0.2}, "smoothing must lie in [0, inf), got -0.2"),
        ({"noise": 0.1}, "noise must be a rule such as GaussianNoise(0.1), got 0.1"),
        ({"noise": None}, "noise must be a rule such as GaussianNoise(0.1), got None"),
        ({"hidden": 64}, "hidden must be a tuple of whole numbers, got 64"),
        ({"hidden": "64"}, "hidden must be a tuple of whole numbers, got '64'"),
        ({"hidden": None}, "hidden must be a tuple of whole numbers, got None"),
        ({"kind": TD3, "critic": 5}, "critic must be a tuple of functions, got 5"),
        ({"kind": TD3, "critic": ()}, "critic must be a tuple of functions, got ()"),
        ({"kind": TD3, "critic": (Quadratic(5), 5)},
         "critic must be a Table, Linear or MLP with 1 outputs, got int"),
        ({"actor": np.ones((3, 2))}, "actor must be a Parametric, got ndarray"),
        ({"critic": np.ones(5)},
         "critic must be a Table, Linear or MLP with 1 outputs, got ndarray"),
    ],
)  # fmt: skip
def test_arguments_out_of_range(options, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        agent(**options)
    assert str(error.value) == text


@pytest.mark.parametrize("name", ["twin", "delay", "smoothing", "lr"])
def test_a_setting_of_another_name(name):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        agent(**{name: 1})


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
