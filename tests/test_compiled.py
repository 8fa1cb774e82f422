"""The compiled loop is the plain loop, bit for bit: what is learned, drawn and recorded."""

import os
import subprocess
import sys

import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import (
    TD0,
    ExpectedSarsa,
    Follow,
    GridWorld,
    MonteCarlo,
    NStepSarsa,
    QLearning,
    Sarsa,
    TabularEnv,
    train,
)
from rlbook.agent import Record, episode_seed, interact, learn
from rlbook.training import loop as training_loop

pytest.importorskip("numba", reason="the extra `fast` is not installed")
from rlbook.training import compiled, compiled_streams

GAMMA = 0.9


def harmonic(n):
    return 10 / (n + 9)


def anneal(n):
    return max(0.05, 1 - n / 1000)


def learner(kind, S, A, seed=5, **options):
    rng = np.random.default_rng(seed)
    pi = np.random.default_rng(seed + 1).dirichlet(np.ones(A), size=S)
    if kind is Follow:
        return Follow(pi, rng)
    if kind is TD0:
        return TD0(pi, **{"gamma": GAMMA, "alpha": 0.1, "rng": rng} | options)
    options = {"gamma": GAMMA, "epsilon": 0.3, "rng": rng} | options
    if kind is not MonteCarlo:
        options = {"alpha": 0.1} | options
    return kind(S, A, **options)


CASES = [
    *((kind, {}) for kind in (Follow, TD0, Sarsa, ExpectedSarsa, QLearning, MonteCarlo)),
    *((NStepSarsa, {"n": n}) for n in (1, 2, 7, 5000)),
    *((kind, {"alpha": harmonic}) for kind in (TD0, Sarsa, QLearning, MonteCarlo)),
    *((kind, {"epsilon": anneal}) for kind in (Sarsa, ExpectedSarsa, QLearning, MonteCarlo)),
    (NStepSarsa, {"n": 3, "alpha": harmonic, "epsilon": anneal}),
    (QLearning, {"epsilon": 0.0, "q": 1.0}),
    (Sarsa, {"epsilon": 1.0}),
    (MonteCarlo, {"first_visit": True}),
    (MonteCarlo, {"exploring_starts": True, "alpha": 0.2}),
]
NAMED = [pytest.param(k, o, id=f"{k.__name__} {o}") for k, o in CASES]


def worlds():
    """Name and maker: episodes that end, that are cut, that never end; one outcome and several."""
    lake = gymnasium.make("FrozenLake-v1")
    rng = np.random.default_rng(9)
    ends, endless = (
        naive.random_model(rng, states=6, actions=4, outcomes=3, end=end) for end in (0.2, 0.0)
    )
    return {
        "book": lambda: TimeLimit(GridWorld(), 37),
        "slip": lambda: GridWorld(("..T", "#.."), slip=0.2, terminate_at_target=True),
        "lake": lambda: TabularEnv.from_env(lake),
        "ends": lambda: TabularEnv(ends),
        "endless": lambda: TimeLimit(TabularEnv(endless, start=2), 100),
    }


def everything(agent, env, record):
    """All that a run leaves behind, as plain values."""
    known = {k: v for k, v in vars(agent).items() if k not in ("rng", "epsilon_of", "alpha")}
    inner = env.unwrapped
    seen = {
        **known,
        "agent's stream": agent.rng.bit_generator.state["state"],
        "world's stream": inner.np_random.bit_generator.state["state"],
        "world's seed": inner.np_random_seed,
        "state": inner.s,
        "elapsed": getattr(env, "_elapsed_steps", None),
        **record._asdict(),
    }
    return {k: v.tolist() if hasattr(v, "tolist") else v for k, v in seen.items()}


def assert_same(kind, plain, fast):
    if kind is ExpectedSarsa and len(plain["q"][0]) >= 8:  # which numpy adds in another order
        np.testing.assert_allclose(fast.pop("q"), plain.pop("q"), rtol=0, atol=1e-10)
    assert fast == plain


@pytest.fixture
def twins(monkeypatch):
    """Run twice, plain and compiled, from the same start; returns what both leave behind."""

    def run(kind, make, options, **how):
        left = []
        for fast in (False, True):
            env = make()
            inner = env.unwrapped
            inner.np_random = np.random.Generator(np.random.PCG64(4))
            agent = learner(kind, inner.model.n_states, inner.model.n_actions, **options)
            monkeypatch.setattr(training_loop, "LONG", 0)
            monkeypatch.setattr(compiled, "fits", compiled_fits if fast else lambda *_: False)
            if fast:
                assert compiled_fits(agent, env)
            record = train(agent, env, **how)
            left.append(everything(agent, env, record))
        return left

    compiled_fits = compiled.fits
    return run


@pytest.mark.parametrize("world", worlds())
@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_every_method_in_every_world(kind, options, world, twins):
    for how in ({"steps": 3000, "seed": 3}, {"episodes": 40, "seed": None, "first": 2}):
        assert_same(kind, *twins(kind, worlds()[world], options, **how))


@pytest.mark.parametrize("n_actions", [7, 8, 9])
def test_expected_sarsa_of_eight_actions_is_the_same_to_rounding(n_actions, twins, monkeypatch):
    rng = np.random.default_rng(9)
    model = naive.random_model(rng, states=6, actions=n_actions, outcomes=3, end=0.2)
    how = {"steps": 3000, "seed": 3}
    plain, fast = twins(ExpectedSarsa, lambda: TabularEnv(model), {"q": rng.random()}, **how)
    assert (plain["q"] == fast["q"]) == (n_actions < 8)
    assert_same(ExpectedSarsa, plain, fast)

    monkeypatch.setattr(training_loop, "LONG", 5001)  # compiled or not, whatever was run before
    monkeypatch.setattr(compiled, "train", lambda *_, **__: "compiled")
    agent, env = learner(ExpectedSarsa, 6, n_actions), TabularEnv(model)
    assert (train(agent, env, **how) == "compiled") == (n_actions < 8)
    assert train(agent, env, **how, runs=2) == "compiled"


@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_measured_on_the_way(kind, options, twins):
    def look(agent):
        q = getattr(agent, "q", getattr(agent, "v", agent.visits))
        return q.tolist(), getattr(agent, "epsilon", None)

    how = {"steps": 1000, "seed": 1, "every": 130, "measure": look}
    plain, fast = twins(kind, worlds()["slip"], options, **how)
    looks, others = plain.pop("measured"), fast.pop("measured")
    assert len(looks) == len(others) == 7
    for one, other in zip(looks, others, strict=True):
        assert other[0] == one[0]
        assert other[1] == one[1]
    assert_same(kind, plain, fast)


def test_long_episodes_and_many_of_them(twins, monkeypatch):
    # more than the buffers hold at first, and more than one chunk
    monkeypatch.setattr(compiled, "CHUNK", 1000)
    endless = TimeLimit(worlds()["endless"]().unwrapped, 9000)
    for kind, options, make in (
        (MonteCarlo, {}, lambda: endless),
        (NStepSarsa, {"n": 3}, lambda: endless),
        (QLearning, {"alpha": harmonic, "epsilon": anneal}, worlds()["slip"]),
    ):
        assert_same(kind, *twins(kind, make, options, steps=20_000, seed=0))


def test_a_run_in_two_parts_is_plain_or_compiled_as_it_comes(monkeypatch):
    left = []
    for order in ((True, False), (False, True)):
        env, agent = worlds()["lake"](), learner(Sarsa, 16, 4)
        env.unwrapped.np_random = np.random.default_rng(0)
        for k, fast in enumerate(order):
            monkeypatch.setattr(compiled, "fits", lambda *_, fast=fast: fast)
            record = train(agent, env, episodes=30, seed=7, first=30 * k)
        left.append(everything(agent, env, record))
    assert left[0] == left[1]


def test_a_schedule_that_gives_out(monkeypatch):
    def alpha(n):
        if n > 50:
            raise ValueError("no more")
        return 0.1

    def epsilon(n):
        return 0.1 if n < 300 else 2.0

    for options, text in (({"alpha": alpha}, "no more"), ({"epsilon": epsilon}, "epsilon")):
        for fast in (False, True):
            monkeypatch.setattr(compiled, "fits", lambda *_, fast=fast: fast)
            agent = learner(QLearning, 25, 5, **options)
            with pytest.raises(ValueError, match=text):
                train(agent, GridWorld(), steps=5000, seed=0)
        agent = learner(QLearning, 25, 5, **options)
        train(agent, GridWorld(), steps=40, seed=0)  # it is never asked so far


def test_a_schedule_that_changes_its_mind():
    asked = []

    def alpha(n):
        asked.append(n)
        if n == 20 and asked.count(20) == 1:
            raise ValueError("not yet")
        return 0.1

    agent = learner(QLearning, 25, 5, alpha=alpha)
    with pytest.raises(ValueError, match="must give the same again, got an error at 20"):
        train(agent, GridWorld(), steps=5000, seed=0)


def test_streams_are_numpys():
    rng, twin = np.random.default_rng(3), np.random.default_rng(3)
    stream = compiled_streams.stream_of(rng)
    drawn = np.array([compiled_streams.random(stream) for _ in range(1000)])
    assert (drawn == twin.random(1000)).all()
    compiled_streams.put_back(stream, rng)
    assert rng.random() == twin.random()


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("k", [0, 1, 77, 2**32 - 1])
def test_episodes_are_seeded_as_the_environment_does_it(seed, k):
    stream = np.zeros(4, dtype=np.uint64)
    compiled_streams.seed_stream(stream, seed, k)
    rng, _ = gymnasium.utils.seeding.np_random(episode_seed(seed, k))
    assert (stream == compiled_streams.stream_of(rng)).all()


def forbidden(*_, **__):
    raise AssertionError("forbidden: this is a plain run")


class Curious(QLearning):
    """A method of somebody's own."""


def test_what_has_no_twin_takes_the_plain_loop(monkeypatch):
    monkeypatch.setattr(training_loop, "LONG", 0)
    monkeypatch.setattr(compiled, "train", forbidden)
    world = GridWorld()
    shared = learner(QLearning, 25, 5)
    world.np_random = shared.rng
    patched = learner(QLearning, 25, 5)
    patched.act = lambda s, explore=True: 4
    single = learner(QLearning, 25, 5)
    single.q = single.q.astype(np.float32)
    for agent, env in (
        (Curious(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0)), None),
        (learner(QLearning, 25, 5), gymnasium.wrappers.OrderEnforcing(GridWorld())),
        (learner(QLearning, 25, 5), GridWorld(render_mode="rgb_array")),
        (learner(QLearning, 25, 5, rng=np.random.Generator(np.random.MT19937(0))), None),
        (shared, world),
        (patched, None),
        (single, None),
    ):
        assert len(train(agent, env or GridWorld(), steps=50, seed=0).lengths) == 0


def test_errors_are_those_of_the_plain_loop(monkeypatch):
    monkeypatch.setattr(training_loop, "LONG", 0)
    for agent, how, text in (
        (learner(QLearning, 9, 5), {"steps": 10}, "q must have shape"),
        (learner(QLearning, 25, 5), {"steps": -1}, "steps must be"),
        (learner(QLearning, 25, 5), {"steps": 10, "seed": -1}, "seed must be"),
        (learner(QLearning, 25, 5), {"steps": 10, "seed": 2**32}, "seed must be less"),
    ):
        with pytest.raises(ValueError, match=text):
            train(agent, GridWorld(), **how)


def test_short_runs_do_not_load_numba():
    code = (
        "import sys, numpy as np\n"
        "from rlbook import GridWorld, QLearning, train\n"
        "rng = np.random.default_rng(0)\n"
        "agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng)\n"
        "train(agent, GridWorld(), steps=2000, seed=0)\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_numba_that_cannot_be_imported_counts_as_none(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('needs another numpy')\n")
    code = (
        "import sys, numpy as np\n"
        "from rlbook import GridWorld, QLearning, train\n"
        "from rlbook.training import loop as agent\n"
        "agent.LONG = 10\n"
        "rng = np.random.default_rng(0)\n"
        "learner = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng)\n"
        "train(learner, GridWorld(), steps=50, seed=0)\n"
        "assert learner.updates == 50 and 'rlbook.training.compiled' not in sys.modules\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = os.environ | {"PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


OTHERS = (TD0, ExpectedSarsa, QLearning, Sarsa, MonteCarlo)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("shared", [True, False], ids=["one stream", "two streams"])
def test_off_policy_it_is_learn_and_interact(kind, shared, monkeypatch):
    env = worlds()["slip"]()
    env.reset(seed=0)
    left = []
    for fast in (None, False, True):
        monkeypatch.setattr(training_loop, "LONG", 0 if fast else 10**9)
        agent = learner(kind, 6, 5, alpha=harmonic)
        follow = learner(Follow, 6, 5, seed=8)
        follow.rng = agent.rng if shared else follow.rng
        looks = []
        if fast is None:
            stream = learn(agent, interact(env, follow, steps=3000, seed=1))
            for k, _ in enumerate(stream, start=1):
                if k % 500 == 0:
                    looks.append(agent.visits.sum())
        else:
            assert compiled.fits(agent, env, follow) == (kind not in (Sarsa, MonteCarlo))
            how = {"every": 500, "measure": lambda agent: agent.visits.sum()}
            looks = train(agent, env, steps=3000, seed=1, behaviour=follow, **how).measured
        assert follow.visits.sum() == 0
        record = Record(np.array([follow.rng.random()]), np.array([env.s]), looks)
        left.append(everything(agent, env, record))
    assert_same(kind, left[0].copy(), left[1].copy())
    assert_same(kind, left[0], left[2])


def test_who_follows_must_fit_too():
    agent, world = learner(QLearning, 25, 5), GridWorld()
    with pytest.raises(ValueError, match="pi must have shape"):
        train(agent, world, steps=10, behaviour=learner(Follow, 9, 5))
    with pytest.raises(ValueError, match="q must have shape"):
        train(learner(QLearning, 9, 5), world, steps=10, behaviour=learner(Follow, 25, 5))
