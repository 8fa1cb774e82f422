"""An agent in a file: it goes on as if it had never stopped."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from checkpoint_cases import (
    AGENTS,
    cart_pole,
    dqn,
    parts_of,
    pendulum,
    play,
    refused,
    same_steps,
    state,
)

from rlbook.agent import Agent, Step, episode_seed
from rlbook.checkpoint import Saved
from rlbook.ddpg import DDPG, TD3
from rlbook.functions.exploration_noise import OrnsteinUhlenbeckNoise
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Quadratic

# Going on


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("k", [0, 5, 11])
def test_the_resumed_run_is_the_run(name, k, tmp_path):
    world, make = AGENTS[name]
    whole = make(world())
    play(world(), whole, 0, k)
    whole.save(tmp_path / "agent.npz")
    then = state(whole)
    rest = play(world(), whole, k, 6)

    resumed = make(world())
    if k:
        play(world(), resumed, 100, 2)  # another past: all of it has to go
    resumed.load(tmp_path / "agent.npz")
    assert state(resumed) == then
    same_steps(play(world(), resumed, k, 6), rest)
    assert state(resumed) == state(whole)


def test_steps_were_pending():
    for name in ("Reinforce, CartPole, batches of 3", "A2C, grid, 7 steps",
                 "A2C, CartPole, 7 steps", "A2C, Pendulum, 50 steps"):  # fmt: skip
        world, make = AGENTS[name]
        agent, pending = make(world()), []
        for k in (5, 11):
            play(world(), agent, 0, k)
            pending.append(len(agent.path))
        assert any(pending), name  # or the test above would show less than it says


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import test_checkpoint as test
world, make = test.AGENTS[{name!r}]
agent = make(world())
agent.load({before!r})
test.play(world(), agent, 8, 5)
agent.save({after!r})
"""


@pytest.mark.parametrize("name", ["DQN, CartPole", "DQN, grid", "A2C, CartPole, 7 steps"])
def test_in_another_process(name, tmp_path):
    world, make = AGENTS[name]
    agent, other = make(world()), make(world())
    play(world(), agent, 0, 8)
    before, after = tmp_path / "before.npz", tmp_path / "after.npz"
    agent.save(before)
    program = PROGRAM.format(
        tests=str(Path(__file__).parent), name=name, before=str(before), after=str(after)
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    play(world(), agent, 8, 5)
    other.load(after)
    assert state(other) == state(agent)


def test_the_first_action_after_loading_explores_as_the_next_one_would_have(tmp_path):
    agent = dqn()
    play(cart_pole(), agent, 0, 10)
    agent.save(tmp_path / "agent")
    resumed = dqn()
    resumed.load(tmp_path / "agent")
    assert resumed.epsilon == agent.epsilon < 1.0


def test_the_file_has_the_name_it_was_given_and_saving_changes_nothing(tmp_path):
    agent = dqn()
    play(cart_pole(), agent, 0, 5)
    before = state(agent)
    for name in ("a.npz", "b", "c.checkpoint"):
        agent.save(tmp_path / name)
        agent.save(str(tmp_path / name))  # again, over the old one
        other = dqn()
        other.load(str(tmp_path / name))
        assert state(other) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b", "c.checkpoint"]
    assert state(agent) == before


def test_nothing_in_a_checkpoint_is_pickled(tmp_path):
    for name, (world, make) in AGENTS.items():
        agent = make(world())
        play(world(), agent, 0, 4)
        agent.save(tmp_path / "agent")
        with np.load(tmp_path / "agent", allow_pickle=False) as file:
            for part in file.files:
                assert file[part].dtype.kind in "biufU", (name, part)


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generators_of_every_kind(kind, tmp_path):
    def make(seed):
        agent = dqn()
        agent.rng = np.random.Generator(getattr(np.random, kind)(seed))
        return agent

    agent, other = make(1), make(2)
    agent.rng.integers(5, size=7, dtype=np.int32)  # half a draw may wait
    agent.save(tmp_path / "agent")
    other.load(tmp_path / "agent")
    for draw in (lambda rng: rng.integers(5, size=9, dtype=np.int32), lambda rng: rng.random(5)):
        assert np.array_equal(draw(agent.rng), draw(other.rng))


def test_a_cleared_replay(tmp_path):
    agent = dqn()
    play(cart_pole(), agent, 0, 5)
    agent.replay.clear()
    agent.save(tmp_path / "agent")
    other = dqn()
    play(cart_pole(), other, 0, 3)
    other.load(tmp_path / "agent")
    assert len(other.replay) == 0
    same_steps(play(cart_pole(), agent, 5, 8), play(cart_pole(), other, 5, 8))


def test_after_loading_two_agents_share_nothing(tmp_path):
    agent, other = dqn(), dqn()
    play(cart_pole(), agent, 0, 5)
    agent.save(tmp_path / "agent")
    other.load(tmp_path / "agent")
    before = state(agent)
    play(cart_pole(), other, 5, 5)
    assert state(agent) == before


# An agent of one's own


class Mean(Saved, Agent):
    """The mean reward of each action."""

    saved = ("q", "n", "rate", "rng")

    def __init__(self, rng):
        self.q, self.n, self.rate, self.rng = np.zeros(2), 0, 1.0, rng

    def act(self, s, *, explore=True):
        return int(self.rng.integers(2) if explore else self.q.argmax())

    def update(self, experience):
        self.n += 1
        self.rate = 1 / self.n
        self.q[experience.a] += self.rate * (experience.r - self.q[experience.a])


def test_an_agent_of_ones_own(tmp_path):
    agent = Mean(np.random.default_rng(0))
    for k in range(10):
        agent.update(Step(0, k % 2, float(k), 0, False, False))
    agent.save(tmp_path / "mean")
    other = Mean(np.random.default_rng(1))
    q = other.q
    other.load(tmp_path / "mean")
    assert state(other) == state(agent)
    assert other.q is q  # written into: whoever holds it sees it
    assert type(other.n) is int
    assert type(other.rate) is float


def test_episodes_are_numbered_from_the_first():
    assert episode_seed(7, 5) != episode_seed(7, 6)
    agent, twin = dqn(), copy.deepcopy(dqn())
    same_steps(play(cart_pole(), agent, 0, 4)[:3], play(cart_pole(), twin, 0, 1)[:3])


# Several functions, several optimisers


SETTINGS = {
    "Gaussian": {},
    "Ornstein-Uhlenbeck": {"noise": OrnsteinUhlenbeckNoise()},
    "two critics": {"kind": TD3, "noise": OrnsteinUhlenbeckNoise()},
    "delay of 3, L2": {"kind": TD3, "delay": 3, "l2": 0.01, "tau": 1.0},
}


def ddpg(seed=0, env=None, kind=DDPG, **options):
    given = {"hidden": (8,), "batch": 8, "warmup": 60, "capacity": 130}
    env = env or pendulum()
    rng = np.random.default_rng(seed)
    return kind(env.observation_space, env.action_space, rng=rng, **given | options)


@pytest.mark.parametrize("options", SETTINGS.values(), ids=list(SETTINGS))
@pytest.mark.parametrize("k", [0, 2, 4, 8])  # 23 steps each: warm-up, learning, the replay is full
def test_ddpg_goes_on(options, k, tmp_path):
    whole, resumed = ddpg(**options), ddpg(seed=9, **options)
    play(pendulum(), whole, 0, k)
    assert (whole.n_updates > 0, len(whole.replay) == 130) == (k >= 4, k >= 8)
    whole.save(tmp_path / "agent")
    then = state(whole)
    rest = play(pendulum(), whole, k, 5)

    play(pendulum(), resumed, 100, 3)  # another past: all of it has to go
    resumed.load(tmp_path / "agent")
    assert state(resumed) == then
    same_steps(play(pendulum(), resumed, k, 5), rest)
    assert state(resumed) == state(whole)
    for name, agent in (("whole", whole), ("resumed", resumed)):
        agent.save(tmp_path / name)
    some, others = parts_of(tmp_path / "whole"), parts_of(tmp_path / "resumed")
    assert some.keys() == others.keys()
    for name, x in some.items():
        assert x.dtype == others[name].dtype, name
        assert x.tobytes() == others[name].tobytes(), name


def test_all_of_ddpg_is_in_the_file(tmp_path):
    agent = ddpg(kind=TD3)
    play(pendulum(), agent, 0, 5)
    agent.save(tmp_path / "agent")
    found = parts_of(tmp_path / "agent")
    for name in ("actor", "target_actor"):
        assert np.array_equal(found[f"{name}.theta"], getattr(agent, name).theta)
    for name in ("critics", "target_critics"):
        for k, net in enumerate(getattr(agent, name)):
            assert np.array_equal(found[f"{name}.{k}.theta"], net.theta)
    for name, adam in (("actor_step", agent.actor_step), ("critic_steps.0", agent.critic_steps[0]),
                       ("critic_steps.1", agent.critic_steps[1])):  # fmt: skip
        assert np.array_equal(found[f"{name}.v"], adam.v)
        assert found[f"{name}.t"] == adam.t > 0
    assert (found["n_episodes"], found["steps"], found["n_updates"]) == (5, 115, 55)


@pytest.mark.parametrize("name", ["Ornstein-Uhlenbeck", "two critics"])
def test_noise_in_the_middle_of_an_episode(name, tmp_path):
    agent, other, s = ddpg(**SETTINGS[name]), ddpg(seed=3, **SETTINGS[name]), np.ones(3)
    play(pendulum(), agent, 0, 4)
    agent.begin()
    for _ in range(5):
        agent.act(s)
    assert agent.x.any()
    agent.save(tmp_path / "agent")
    other.load(tmp_path / "agent")
    assert np.array_equal(other.x, agent.x)
    assert not np.shares_memory(other.x, agent.x)
    for _ in range(5):
        assert np.array_equal(agent.act(s), other.act(s))


def test_optimisers_move_the_functions_that_were_loaded(tmp_path):
    agent, other = ddpg(kind=TD3), ddpg(seed=3, kind=TD3)
    play(pendulum(), agent, 0, 4)
    agent.save(tmp_path / "agent")
    other.load(tmp_path / "agent")
    for adam, net in zip((other.actor_step, *other.critic_steps), (other.actor, *other.critics),
                         strict=True):  # fmt: skip
        assert adam.net is net
    twin = copy.deepcopy(agent)
    for adam, net in zip((twin.actor_step, *twin.critic_steps), (twin.actor, *twin.critics),
                         strict=True):  # fmt: skip
        assert adam.net is net
    runs = [play(pendulum(), x, 4, 3) for x in (agent, other, twin)]
    for x, steps in zip((other, twin), runs[1:], strict=True):
        same_steps(steps, runs[0])
        assert state(x) == state(agent)


def test_another_number_of_critics(tmp_path):
    critic = MLP((4, 8, 1), rng=np.random.default_rng(0))
    one, two, other = ddpg(kind=TD3, critic=(critic,)), ddpg(kind=TD3), ddpg()
    for agent in (one, two):
        play(pendulum(), agent, 0, 4)
    one.save(tmp_path / "one")
    two.save(tmp_path / "two")
    refused(two, tmp_path / "one", r"critics\.1")
    refused(one, tmp_path / "two", "holds what this agent does not have")
    refused(other, tmp_path / "one", "path must be a checkpoint of DDPG, got TD3")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"hidden": (9,)}, "actor of this agent has sizes"),
        ({"capacity": 129}, "replay"),
        ({"actor": MLP((3, 8, 1), rng=np.random.default_rng(0))}, "actor of this agent is a MLP"),
        ({"critic": Quadratic(4)}, r"critics\.0 of this agent has sizes"),
        ({"critic": MLP((4, 8, 1), rng=np.random.default_rng(0), dtype=float)}, "float64"),
    ],
)
def test_another_ddpg(options, match, tmp_path):
    agent = ddpg()
    play(pendulum(), agent, 0, 8)
    agent.save(tmp_path / "agent")
    other = ddpg(**options)
    play(pendulum(), other, 50, 3)
    refused(other, tmp_path / "agent", match)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("critics.1.theta", lambda x: None),
        ("critics.1.theta", lambda x: x[:-1]),
        ("critics.0.kind", lambda x: np.array("Table")),
        ("target_critics.1.sizes", lambda x: x + 1),
        ("critic_steps.1.m", lambda x: None),
        ("critic_steps.0.v", lambda x: x.astype(float)),
        ("critic_steps.1.kind", lambda x: np.array("SGD")),
        ("critics.2.theta", lambda x: np.ones(3)),
        ("critics", lambda x: np.ones(3)),
        ("x", lambda x: np.zeros(2)),
        ("n_episodes", lambda x: None),
    ],
)
def test_a_part_of_several_that_is_missing_or_another(name, change, tmp_path):
    agent, path = ddpg(kind=TD3), tmp_path / "agent.npz"
    play(pendulum(), agent, 0, 4)
    agent.save(path)
    parts = parts_of(path)
    new = change(parts.pop(name, None))
    np.savez(path, **parts | ({} if new is None else {name: new}))
    refused(agent, path, "checkpoint|holds what this agent does not have")
