"""A run that stopped and went on is the run that never stopped, bit for bit."""

import copy
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from types import FunctionType

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from rlbook import GridWorld
from rlbook.actor_critic import A2C, QAC, OffPolicyActorCritic
from rlbook.agent import Step, episode_seed, interact, learn, train
from rlbook.checkpoint import Saved
from rlbook.ddpg import DDPG, TD3
from rlbook.dqn import DQN, anneal
from rlbook.networks import MLP
from rlbook.noise import OrnsteinUhlenbeckNoise
from rlbook.parametric import Linear, Quadratic, Table
from rlbook.policy import uniform
from rlbook.policy_gradient import Reinforce
from rlbook.replay import Replay
from rlbook.stochastic_policy import Gaussian, Softmax

RIVER = ("...", ".#.", "..T")


def cart_pole():
    return gymnasium.make("CartPole-v1")


def river():
    world = GridWorld(RIVER, slip=0.2, terminate_at_target=True)
    return gymnasium.wrappers.TimeLimit(world, 30)


def pendulum():
    return gymnasium.wrappers.TimeLimit(gymnasium.make("Pendulum-v1").unwrapped, 23)


def dqn(env=None, seed=0, **options):
    given = {
        "hidden": (16,), "batch": 16, "warmup": 50, "capacity": 150, "every": 2, "updates": 2,
        "copy_every": 30, "epsilon": anneal(1.0, 0.1, 400),
    }  # fmt: skip
    env = env or cart_pole()
    rng = np.random.default_rng(seed)
    return DQN(env.observation_space, env.action_space, rng=rng, **given | options)


def critic(env, n_out=1, rng=None):
    if isinstance(env.observation_space, Discrete):
        return Table(int(env.observation_space.n), n_out)
    sizes = (env.observation_space.shape[0], 8, n_out)
    return MLP(sizes, rng=rng or np.random.default_rng(5), hidden="tanh")


def actor(env):
    if isinstance(env.action_space, Box):
        return Gaussian(MLP((3, 8, 1), rng=np.random.default_rng(5), extra=1), std=0.5)
    return Softmax(critic(env, int(env.action_space.n)))


def reinforce(env, **options):
    rng = np.random.default_rng(0)
    return Reinforce(actor(env), gamma=0.9, alpha=0.01, rng=rng, **options)


def with_baseline(env, **options):
    return reinforce(env, baseline=critic(env), alpha_w=0.01, **options)


def a2c(env, **options):
    rng = np.random.default_rng(0)
    return A2C(
        actor(env), critic(env), gamma=0.9, alpha_theta=0.01, alpha_w=0.01, rng=rng, **options
    )


def qac(env):
    q, rng = critic(env, int(env.action_space.n)), np.random.default_rng(0)
    return QAC(actor(env), q, gamma=0.9, alpha_theta=0.01, alpha_w=0.01, rng=rng)


def off_policy(env):
    return OffPolicyActorCritic(
        actor(env), critic(env), behaviour=uniform(9, 5), gamma=0.9, alpha_theta=0.01,
        alpha_w=0.01, rng=np.random.default_rng(0),
    )  # fmt: skip


AGENTS = {
    "DQN, CartPole": (cart_pole, dqn),
    "DQN, CartPole, soft": (cart_pole, lambda env: dqn(env, tau=0.05, copy_every=None)),
    "DQN, grid": (river, dqn),
    "DQN, grid, before it learns": (river, lambda env: dqn(env, warmup=10_000)),
    "DQN, grid, nothing forgotten": (river, lambda env: dqn(env, capacity=10_000, double=True)),
    "Reinforce, grid": (river, reinforce),
    "Reinforce, CartPole, batches of 3": (cart_pole, lambda env: with_baseline(env, batch=3)),
    "Reinforce, Pendulum, batches of 2": (pendulum, lambda env: with_baseline(env, batch=2)),
    "A2C, grid": (river, a2c),
    "A2C, grid, 7 steps": (river, lambda env: a2c(env, n=7, lam=0.9)),
    "A2C, CartPole, 7 steps": (cart_pole, lambda env: a2c(env, n=7, adam=True, max_norm=0.5)),
    "A2C, Pendulum, 50 steps": (pendulum, lambda env: a2c(env, n=50, adam=True, entropy=0.01)),
    "QAC, grid": (river, qac),
    "QAC, CartPole": (cart_pole, qac),
    "off-policy, grid": (river, off_policy),
}


def play(env, agent, first, episodes):
    return list(learn(agent, interact(env, agent, episodes=episodes, seed=7, first=first)))


def state(thing, name="agent"):
    """Everything that an agent is, as a flat dictionary of plain things, found without `saved`."""
    if isinstance(thing, np.ndarray):
        return {name: (thing.dtype.str, thing.shape, thing.tobytes())}
    if isinstance(thing, np.generic):
        return {name: repr(thing.item())}
    if isinstance(thing, np.random.Generator):
        return {name: repr(thing.bit_generator.state)}
    if isinstance(thing, (tuple, list)):
        parts = {f"{name}.{k}": x for k, x in enumerate(thing)}
        found = {f"{name}.length": len(thing)}
    elif isinstance(thing, Replay):  # the rows that nothing was written to are not part of it
        return state(None if not len(thing) else tuple(thing.all()), name) | {
            f"{name}.added": thing.added
        }
    elif hasattr(thing, "__dict__") and not isinstance(thing, FunctionType):
        parts = {f"{name}.{k}": x for k, x in vars(thing).items() if k not in PASSING}
        found = {}
    else:
        return {} if isinstance(thing, FunctionType) else {name: repr(thing)}
    for part, x in parts.items():
        found |= state(x, part)
    return found


# what is overwritten before it is read again
PASSING = {"_h", "_x", "_features", "grad", "extra_grad", "_slope", "_slopes", "_step", "last_loss",
           "phi"}  # fmt: skip


def same_steps(some, others):
    assert len(some) == len(others)
    for t, u in zip(some, others, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(t, u, strict=True))


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


# What cannot be loaded


def refused(agent, path, match):
    before = state(agent)
    with pytest.raises(ValueError, match=match) as error:
        agent.load(path)
    assert type(error.value) is ValueError
    assert state(agent) == before


def busy(make=dqn, world=cart_pole, episodes=3, **options):
    agent = make(world(), **options)
    play(world(), agent, 50, episodes)
    return agent


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "good"
    busy(episodes=12).save(path)
    return path.read_bytes()


@pytest.fixture
def good(content, tmp_path):
    (tmp_path / "good.npz").write_bytes(content)
    return tmp_path / "good.npz"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"hidden": (17,)}, r"net of this agent has sizes \(4, 17, 2\), the checkpoint \(4, 16, 2"),
        ({"hidden": (16, 16)}, "net of this agent has sizes"),
        ({"hidden": ()}, "net of this agent has sizes"),
        ({"capacity": 149}, "replay"),
        ({"capacity": 10_000}, "replay"),
    ],
)
def test_another_agent_of_the_same_kind(good, options, match):
    refused(busy(**options), good, match)
    refused(dqn(**options), good, match)


def test_other_sizes_with_as_many_parameters(tmp_path):
    # 4*5+5 + 5*2+2 and 4*3+3 + 3*4+4 + 4*2+2: hidden layers of other widths, as many numbers
    world = GridWorld(RIVER)
    pairs = [((n,), (a, b)) for n in range(1, 60) for a in range(1, 12) for b in range(1, 12)
             if 9 * n + n + n * 5 + 5 == 9 * a + a + a * b + b + b * 5 + 5]  # fmt: skip
    assert pairs
    one, two = (dqn(world, hidden=hidden) for hidden in pairs[0])
    assert one.net.theta.size == two.net.theta.size
    one.save(tmp_path / "one")
    refused(two, tmp_path / "one", "net of this agent has sizes")


def test_an_agent_of_another_kind_or_world(good, tmp_path):
    refused(busy(a2c), good, "path must be a checkpoint of A2C, got DQN")
    refused(busy(reinforce), good, "path must be a checkpoint of Reinforce, got DQN")
    refused(busy(dqn, river), good, "net of this agent has sizes")
    for make in (a2c, reinforce, with_baseline):
        agent = busy(make)
        agent.save(tmp_path / "other")
        refused(busy(), tmp_path / "other", "path must be a checkpoint of DQN, got")
        wide = make(cart_pole())
        f = wide.actor.f if make is a2c else wide.policy.f
        f.sizes = (4, 9, 2)
        refused(wide, tmp_path / "other", "sizes")


def test_other_options_of_an_agent(tmp_path):
    busy(with_baseline).save(tmp_path / "with")
    busy(reinforce).save(tmp_path / "without")
    refused(busy(reinforce), tmp_path / "with", "baseline")
    refused(busy(with_baseline), tmp_path / "without", "baseline")
    busy(a2c, adam=True).save(tmp_path / "adam")
    busy(a2c).save(tmp_path / "plain")
    refused(busy(a2c), tmp_path / "adam", "actor_step")
    refused(busy(a2c, adam=True), tmp_path / "plain", "actor_step")


def test_another_type_of_number(tmp_path):
    def make(dtype):
        f = Linear(np.eye(9), 5, dtype=dtype)
        return Reinforce(Softmax(f), gamma=0.9, alpha=0.1, rng=np.random.default_rng(0))

    make(np.float32).save(tmp_path / "single")
    refused(make(np.float64), tmp_path / "single", "theta.*float64.*float32")


def test_a_function_of_another_kind_with_as_many_parameters(tmp_path):
    def make(f, policy=Softmax):
        return Reinforce(policy(f), gamma=0.9, alpha=0.1, rng=np.random.default_rng(0))

    def net(**options):
        return MLP((4, 3, 2), rng=np.random.default_rng(0), **options)

    for one, two, match in (
        (
            make(net()),
            make(net(hidden="tanh")),
            "is a MLP, tanh, linear, the checkpoint's a MLP, r",
        ),
        (make(Table(6, 3)), make(Linear(np.eye(6), 3)), "is a Linear, the checkpoint's a Table"),
        (
            make(net(extra=2)),
            make(net(extra=2), Gaussian),
            "a Gaussian, the checkpoint's a Softmax",
        ),
    ):
        one.save(tmp_path / "one")
        refused(two, tmp_path / "one", match)


def test_step_sizes_that_were_changed_on_the_way(tmp_path):
    for agent, other in ((a2c(cart_pole(), adam=True), a2c(cart_pole(), adam=True)),
                         (dqn(), dqn())):  # fmt: skip
        if isinstance(agent, A2C):
            agent.alpha_theta = 0.003
        else:
            agent.adam.lr = 0.003
        agent.save(tmp_path / "agent")
        other.load(tmp_path / "agent")
        assert state(other) == state(agent)
        same_steps(play(cart_pole(), agent, 0, 5), play(cart_pole(), other, 0, 5))
        assert state(other) == state(agent)


def test_train_goes_on_with_first(tmp_path):
    whole, half = dqn(), dqn()
    train(whole, cart_pole(), episodes=20, seed=7)
    train(half, cart_pole(), episodes=12, seed=7)
    half.save(tmp_path / "half")
    resumed = dqn()
    resumed.load(tmp_path / "half")
    train(resumed, cart_pole(), episodes=8, seed=7, first=12)
    assert state(resumed) == state(whole)


@pytest.mark.parametrize("name", ["DQN, CartPole", "A2C, grid", "A2C, Pendulum, 50 steps"])
def test_a_copy_learns_as_the_original(name):
    world, make = AGENTS[name]
    agent = make(world())
    if name == "DQN, CartPole":  # a lambda cannot be pickled
        twins = [copy.deepcopy(agent)]
    else:
        twins = [copy.deepcopy(agent), pickle.loads(pickle.dumps(agent))]
    steps = play(world(), agent, 0, 9)
    for twin in twins:
        same_steps(play(world(), twin, 0, 9), steps)
        assert state(twin) == state(agent)


def test_extra_parameters(tmp_path):
    def make(extra):
        agent = a2c(cart_pole())
        agent.critic = MLP((4, 8, 1), rng=np.random.default_rng(0), extra=extra)
        return agent

    make(0).save(tmp_path / "agent")
    refused(make(1), tmp_path / "agent", r"critic.theta of shape")


@pytest.mark.parametrize("other", ["Philox", "MT19937", "PCG64DXSM"])
def test_a_generator_of_another_kind(good, other):
    agent = busy()
    agent.rng = np.random.Generator(getattr(np.random, other)(0))
    refused(agent, good, f"rng of a {other}")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_truncated_file(good, share):
    content = good.read_bytes()
    good.write_bytes(content[: int(share * len(content))])
    refused(busy(), good, "path must be a checkpoint")


class Intruder:
    def __reduce__(self):
        return (os.mkdir, ("intruder",))


@pytest.mark.parametrize("kind", ["text", "npy", "npz", "empty zip", "zip", "pickle", "random"])
def test_other_files(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "file"
    with path.open("wb") as file:
        if kind == "text":
            file.write(b"episode,return\n1,2.0\n")
        elif kind == "npy":
            np.save(file, np.ones(3))
        elif kind == "npz":
            np.savez(file, x=np.ones(3))
        elif kind == "empty zip":
            zipfile.ZipFile(file, "w").close()
        elif kind == "zip":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("agent.npy", b"DQN")
        elif kind == "pickle":
            pickle.dump(Intruder(), file)
        else:
            file.write(np.random.default_rng(0).bytes(5000))
    refused(busy(), path, "path must be a checkpoint")
    assert not (tmp_path / "intruder").exists()


def parts_of(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("where", ["agent", "net.theta", "net.sizes", "rng", "replay.s", "more"])
def test_a_pickled_object_inside(good, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(good, **parts_of(good) | {where: np.array(Intruder(), dtype=object)})
    refused(busy(), good, "path must be a checkpoint")
    assert not (tmp_path / "intruder").exists()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("agent", lambda x: None),
        ("agent", lambda x: np.array("A2C")),
        ("net.theta", lambda x: None),
        ("net.theta", lambda x: x[:-1]),
        ("net.theta", lambda x: x.astype(np.float64)),
        ("net.theta", lambda x: x.astype(str)),
        ("net.theta", lambda x: x.reshape(1, -1)),
        ("net.sizes", lambda x: None),
        ("net.sizes", lambda x: x[:-1]),
        ("net.sizes", lambda x: x[0]),
        ("adam.m", lambda x: x[1:]),
        ("adam.t", lambda x: None),
        ("adam.t", lambda x: np.array([1, 2])),
        ("adam.t", lambda x: np.array(1.5)),
        ("steps", lambda x: np.array("many")),
        ("n_updates", lambda x: None),
        ("rng", lambda x: None),
        ("rng", lambda x: np.array("{}")),
        ("rng", lambda x: np.array("[1, 2]")),
        ("rng", lambda x: np.array("not json")),
        ("rng", lambda x: np.array('{"bit_generator": "PCG64"}')),
        ("rng", lambda x: np.array(3)),
        ("replay.added", lambda x: None),
        ("replay.added", lambda x: np.array(-1)),
        ("replay.added", lambda x: np.array(3)),
        ("replay.added", lambda x: np.array([1, 2])),
        ("replay.s", lambda x: None),
        ("replay.s", lambda x: x[:-1]),
        ("replay.s", lambda x: x[:, :3]),
        ("replay.s", lambda x: x.astype(str)),
        ("replay.a", lambda x: None),
        ("replay.r", lambda x: x[:5]),
        ("replay.r", lambda x: np.array(1.0)),
        ("replay.terminated", lambda x: None),
        ("more", lambda x: np.ones(3)),
        ("replay", lambda x: np.ones(3)),
    ],
)
def test_a_part_that_is_missing_or_another(good, name, change):
    parts = parts_of(good)
    new = change(parts.pop(name, None))
    np.savez(good, **parts | ({} if new is None else {name: new}))
    refused(busy(), good, "checkpoint|holds what this agent does not have")


def test_flipped_bytes_are_noticed_or_do_not_matter(tmp_path):
    agent = dqn(river(), capacity=20, hidden=(2,))
    play(river(), agent, 0, 3)
    path = tmp_path / "agent"
    agent.save(path)
    content, whole = path.read_bytes(), state(agent)
    rng, refusals = np.random.default_rng(0), 0
    for at in rng.choice(len(content), size=250, replace=False):
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        other = dqn(river(), capacity=20, hidden=(2,), seed=3)
        before = state(other)
        try:
            other.load(path)
        except ValueError:
            refusals += 1
            assert state(other) == before, at
        else:
            assert state(other) == whole, at  # a date, or an attribute of a file in the archive
    assert refusals > 125


def test_no_file(tmp_path):
    agent = busy()
    before = state(agent)
    with pytest.raises(FileNotFoundError):
        agent.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="path must be a checkpoint"):
        agent.load(tmp_path)
    assert state(agent) == before


# What cannot be saved


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file_whole(good, error, monkeypatch):
    content = good.read_bytes()

    def half(file, **arrays):
        file.write(content[:1000])
        raise error

    monkeypatch.setattr(np, "savez", half)
    agent = busy()
    before = state(agent)
    with pytest.raises(type(error)):
        agent.save(good)
    assert good.read_bytes() == content
    with pytest.raises(type(error)):
        agent.save(good.with_name("new"))
    assert [p.name for p in good.parent.iterdir()] == ["good.npz"]
    assert state(agent) == before


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        dqn().save(tmp_path / "no" / "agent")


def test_a_file_of_somebody_else_is_left_alone(tmp_path):
    for name in ("agent.part", "agent.npz", ".agent"):
        (tmp_path / name).write_text("mine")
    dqn().save(tmp_path / "agent")
    for name in ("agent.part", "agent.npz", ".agent"):
        assert (tmp_path / name).read_text() == "mine"


# An agent of one's own


class Mean(Saved):
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
    "two critics": {**TD3, "noise": OrnsteinUhlenbeckNoise()},
    "delay of 3, L2": {"delay": 3, "l2": 0.01, "tau": 1.0},
}


def ddpg(seed=0, env=None, **options):
    given = {"hidden": (8,), "batch": 8, "warmup": 60, "capacity": 130}
    env = env or pendulum()
    rng = np.random.default_rng(seed)
    return DDPG(env.observation_space, env.action_space, rng=rng, **given | options)


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
    agent = ddpg(**TD3)
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
    agent, other = ddpg(**TD3), ddpg(seed=3, **TD3)
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
    one, two = ddpg(), ddpg(**TD3)
    for agent in (one, two):
        play(pendulum(), agent, 0, 4)
    one.save(tmp_path / "one")
    two.save(tmp_path / "two")
    refused(two, tmp_path / "one", r"critics\.1")
    refused(one, tmp_path / "two", "holds what this agent does not have")


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
    agent, path = ddpg(**TD3), tmp_path / "agent.npz"
    play(pendulum(), agent, 0, 4)
    agent.save(path)
    parts = parts_of(path)
    new = change(parts.pop(name, None))
    np.savez(path, **parts | ({} if new is None else {name: new}))
    refused(agent, path, "checkpoint|holds what this agent does not have")
