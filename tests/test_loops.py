"""The loops of examples/loops: each algorithm on one screen, with the numbers of the library."""

import runpy
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

import rlbook
from rlbook import (
    A2C,
    QAC,
    DeterministicActorCritic,
    GridWorld,
    Linear,
    LinearQLearning,
    LinearQuadratic,
    LinearSarsa,
    LinearTD,
    MonteCarlo,
    OffPolicyActorCritic,
    QLearning,
    Quadratic,
    Reinforce,
    Sarsa,
    Softmax,
    Step,
    Table,
    fourier,
    grid_features,
    policy_iteration,
    polynomial,
    train,
    truncated_policy_iteration,
    uniform,
    value_iteration,
)

LOOPS = Path(__file__).parents[1] / "examples" / "loops"
MAZE = {"r_boundary": -10, "r_forbidden": -10, "r_target": 0, "r_other": -1}
NINE = GridWorld(("...", "..#", "..T"), start=0, terminate_at_target=True, r_other=-0.1)


@pytest.fixture(scope="module")
def ran():
    """What a loop leaves behind, by its name; it runs once."""
    known = {}

    def run(name):
        if name not in known:
            known[name] = runpy.run_path(str(LOOPS / f"alg_{name}.py"))
        return known[name]

    return run


def rng():
    return np.random.default_rng(0)


def maze():
    return GridWorld(start=0, terminate_at_target=True, **MAZE)


def same(ours, theirs):
    """To rounding: sums may be taken in another order."""
    assert np.abs(np.asarray(ours) - theirs).max() <= 1e-9 * max(1, np.abs(theirs).max())


def test_every_loop_is_held_and_fits_on_a_screen():
    held = {name for name in globals() if name.startswith("test_alg_")}
    files = sorted(LOOPS.glob("alg_*.py"))
    assert held == {f"test_{path.stem}" for path in files}
    assert len(files) == 17
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        code = [x for x in lines[1:] if x.strip() and not x.startswith(("import", "from", '"""'))]
        assert len(code) <= 17, path.name
        assert sum("# (" in x for x in code) or path.stem in ("alg_5_2", "alg_10_3"), path.name


def test_alg_4_1(ran):
    (v, pi), loop = next(islice(value_iteration(GridWorld().model, 0.9), 300, None)), ran("4_1")
    assert np.abs(loop["v"] - v).max() < 1e-5
    assert (loop["pi"] == pi).all()


def test_alg_4_2(ran):
    iterates, loop = list(islice(policy_iteration(GridWorld().model, 0.9), 20)), ran("4_2")
    same(loop["v"], iterates[-1].v)
    assert (loop["pi"] == iterates[-1].pi).all()


def test_alg_4_3(ran):
    steps = truncated_policy_iteration(GridWorld().model, 0.9, 5)
    same(ran("4_3")["v"], next(islice(steps, 99, None)).v)


def test_alg_5_1(ran):
    world = GridWorld()
    steps = rlbook.mc_basic(
        world, gamma=0.9, episode_length=30, episodes_per_pair=1, rng=rng(), pi=np.eye(5)[[0] * 25]
    )
    q = next(islice(steps, 11, None))
    same(ran("5_1")["q"].max(axis=1), q.v)
    assert (np.eye(5)[ran("5_1")["pi"]] == q.pi).all()


def recorded(monkeypatch, name):
    """The steps that a loop takes in the grid, and what it leaves behind."""
    steps, step, reset = [], GridWorld.step, GridWorld.reset
    at = {}

    def recording(self, a):
        found = step(self, a)
        steps.append(Step(at["s"], int(a), found[1], int(found[0]), found[2], False))
        at["s"] = int(found[0])
        return found

    def beginning(self, **options):
        at["s"], about = reset(self, **options)
        return at["s"], about

    monkeypatch.setattr(GridWorld, "step", recording)
    monkeypatch.setattr(GridWorld, "reset", beginning)
    return steps, runpy.run_path(str(LOOPS / f"alg_{name}.py"))


def test_alg_5_2(monkeypatch):
    steps, loop = recorded(monkeypatch, "5_2")
    agent = MonteCarlo(25, 5, gamma=0.9, epsilon=0.0, exploring_starts=True, rng=rng())
    for k, t in enumerate(steps):
        if k % 30:  # the first action of an episode is drawn, the others are greedy
            assert t.a == agent.act(t.s, explore=False)
        agent.update(t._replace(truncated=k % 30 == 29))
    assert len(steps) == 30 * 3000
    same(loop["q"], agent.q)
    starts = [(t.s, t.a) for t in steps[::30]]
    assert len(set(starts)) == 125


def test_alg_5_3(ran):
    agent = MonteCarlo(25, 5, gamma=0.9, epsilon=0.5, rng=rng())
    train(agent, TimeLimit(GridWorld(start=0), 500), episodes=50, seed=0)
    same(ran("5_3")["q"], agent.q)
    assert (ran("5_3")["visits"] == agent.visits).all()


def held(ran, name, method):
    agent = method(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng())
    train(agent, maze(), episodes=500, seed=0)
    same(ran(name)["q"], agent.q)


def test_alg_7_1(ran):
    held(ran, "7_1", Sarsa)


def test_alg_7_2(ran):
    held(ran, "7_2", QLearning)


def test_alg_7_3(ran):
    agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng())
    wanderer = rlbook.Follow(uniform(25, 5), rng())
    train(agent, GridWorld(start=0), steps=100_000, seed=0, behaviour=wanderer)
    same(ran("7_3")["q"], agent.q)


def test_alg_8_1(ran):
    phi = grid_features(GridWorld(), polynomial(2))
    agent = LinearTD(phi, uniform(25, 5), gamma=0.9, alpha=0.005, rng=rng())
    train(agent, GridWorld(start=0), steps=50_000, seed=0)
    same(ran("8_1")["w"], agent.w)


def with_features(ran, name, method):
    phi = grid_features(GridWorld(), fourier(5))
    agent = method(phi, 5, gamma=0.9, alpha=0.002, epsilon=0.1, rng=rng())
    train(agent, maze(), episodes=500, seed=0)
    same(ran(name)["w"], agent.w)


def test_alg_8_2(ran):
    with_features(ran, "8_2", LinearSarsa)


def test_alg_8_3(ran):
    with_features(ran, "8_3", LinearQLearning)


def test_alg_9_1(ran):
    actor = Softmax(Table(9, 5))
    train(Reinforce(actor, gamma=0.9, alpha=0.1, rng=rng()), NINE, episodes=300, seed=0)
    same(ran("9_1")["theta"].ravel(), actor.theta)


def actor_critic(method, outputs, episodes, **options):
    actor, critic = Softmax(Table(9, 5)), Table(9, outputs)
    sizes = {"gamma": 0.9, "alpha_theta": 0.1, "alpha_w": 0.1}
    train(method(actor, critic, rng=rng(), **sizes, **options), NINE, episodes=episodes, seed=0)
    return actor.theta, critic.theta


def test_alg_10_1(ran):
    theta, w = actor_critic(QAC, 5, 300)
    same(ran("10_1")["theta"].ravel(), theta)
    same(ran("10_1")["q"].ravel(), w)


def test_alg_10_2(ran):
    theta, w = actor_critic(A2C, 1, 300)
    same(ran("10_2")["theta"].ravel(), theta)
    same(ran("10_2")["v"], w)


def test_alg_10_3(ran):
    theta, w = actor_critic(OffPolicyActorCritic, 1, 500, behaviour=uniform(9, 5))
    same(ran("10_3")["theta"].ravel(), theta)
    same(ran("10_3")["v"], w)


def test_alg_10_4(ran):
    world = LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.1)
    actor, critic = Linear(lambda s: s, 1, d=1), Quadratic(2)
    sizes = {"gamma": 0.9, "alpha_theta": 0.01, "alpha_w": 0.02}
    agent = DeterministicActorCritic(actor, critic, sigma=1.0, rng=rng(), **sizes)
    for episode in range(400):
        s, _ = world.reset(seed=episode)
        for _ in range(3):
            a = agent.act(s)
            s_next, r, *_ = world.step(a)
            agent.update(Step(s, a, r, s_next, False, False))
            s = s_next
    same(ran("10_4")["theta"], actor.theta[0])
    same(ran("10_4")["w"], critic.theta)
