"""What cannot be loaded or saved is an error, and changes nothing."""

import copy
import os
import pickle
import zipfile

import numpy as np
import pytest
from checkpoint_cases import (
    AGENTS,
    RIVER,
    a2c,
    cart_pole,
    dqn,
    parts_of,
    play,
    refused,
    reinforce,
    river,
    same_steps,
    state,
    with_baseline,
)

from rlbook import GridWorld
from rlbook.actor_critic import A2C
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.policy_gradient import Reinforce
from rlbook.training.loop import train

# What cannot be loaded


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
        ("replay.r", lambda x: x[:, None]),
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


@pytest.mark.parametrize("added", [-1, 0, 2, 4])
def test_another_number_of_steps_in_a_path(added, tmp_path):
    agent, path = a2c(river(), n=7), tmp_path / "agent.npz"
    for t in play(river(), a2c(river(), n=7), 0, 1)[:3]:
        agent.update(t)
    agent.save(path)
    parts = parts_of(path)
    assert parts["path.added"] == 3
    np.savez(path, **parts | {"path.added": np.array(added)})
    refused(agent, path, "checkpoint")


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
