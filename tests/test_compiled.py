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
from rlbook.training import choice
from rlbook.training.choice import choose, pays
from rlbook.training.kinds import Run
from rlbook.training.twins import why_not

pytest.importorskip("numba", reason="the extra `fast` is not installed")
from rlbook.training import compiled_streams

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


def twins(kind, make, options, **how):
    """Run twice, plain and compiled, from the same start; returns what both leave behind."""
    left = []
    for fast in (False, True):
        env = make()
        inner = env.unwrapped
        inner.np_random = np.random.Generator(np.random.PCG64(4))
        agent = learner(kind, inner.model.n_states, inner.model.n_actions, **options)
        record = train(agent, env, **how, compiled=fast)
        left.append(everything(agent, env, record))
    return left


@pytest.mark.parametrize("world", worlds())
@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_every_method_in_every_world(kind, options, world):
    for how in ({"steps": 3000, "seed": 3}, {"episodes": 40, "seed": None, "first": 2}):
        assert_same(kind, *twins(kind, worlds()[world], options, **how))


@pytest.mark.parametrize("n_actions", [7, 8, 9])
def test_expected_sarsa_of_eight_actions_is_the_same_to_rounding(n_actions):
    rng = np.random.default_rng(9)
    model = naive.random_model(rng, states=6, actions=n_actions, outcomes=3, end=0.2)
    how = {"steps": 3000, "seed": 3}
    plain, fast = twins(ExpectedSarsa, lambda: TabularEnv(model), {"q": rng.random()}, **how)
    assert (plain["q"] == fast["q"]) == (n_actions < 8)
    assert_same(ExpectedSarsa, plain, fast)

    # compiled or not, whatever was run before
    run = Run(learner(ExpectedSarsa, 6, n_actions), TabularEnv(model), None, 125_000, None, 3, 0)
    assert (choose(run, 1, None) is not None) == (n_actions < 8)
    assert choose(run, 2, None) is not None


@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_measured_on_the_way(kind, options):
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


def test_long_episodes_and_many_of_them():
    # more than the buffers hold at first, and more than one chunk
    endless = TimeLimit(worlds()["endless"]().unwrapped, 9000)
    for kind, options, make in (
        (MonteCarlo, {}, lambda: endless),
        (NStepSarsa, {"n": 3}, lambda: endless),
        (QLearning, {"alpha": harmonic, "epsilon": anneal}, worlds()["slip"]),
    ):
        how = {"every": 1000, "measure": lambda agent: agent.visits.sum()}
        assert_same(kind, *twins(kind, make, options, steps=20_000, seed=0, **how))


def test_a_run_in_two_parts_is_plain_or_compiled_as_it_comes():
    left = []
    for order in ((True, False), (False, True)):
        env, agent = worlds()["lake"](), learner(Sarsa, 16, 4)
        env.unwrapped.np_random = np.random.default_rng(0)
        for k, fast in enumerate(order):
            record = train(agent, env, episodes=30, seed=7, first=30 * k, compiled=fast)
        left.append(everything(agent, env, record))
    assert left[0] == left[1]


def test_a_schedule_that_gives_out():
    def alpha(n):
        if n > 50:
            raise ValueError("no more")
        return 0.1

    def epsilon(n):
        return 0.1 if n < 300 else 2.0

    for options, text in (({"alpha": alpha}, "no more"), ({"epsilon": epsilon}, "epsilon")):
        for fast in (False, True):
            agent = learner(QLearning, 25, 5, **options)
            with pytest.raises(ValueError, match=text):
                train(agent, GridWorld(), steps=5000, seed=0, compiled=fast)
        agent = learner(QLearning, 25, 5, **options)
        train(agent, GridWorld(), steps=40, seed=0, compiled=True)  # it is never asked so far


def test_a_schedule_that_changes_its_mind():
    asked = []

    def alpha(n):
        asked.append(n)
        if n == 20 and asked.count(20) == 1:
            raise ValueError("not yet")
        return 0.1

    agent = learner(QLearning, 25, 5, alpha=alpha)
    with pytest.raises(ValueError, match=r"alpha must give the same value .* alpha\(20\) raised"):
        train(agent, GridWorld(), steps=5000, seed=0, compiled=True)


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


class Curious(QLearning):
    """A method of somebody's own."""


def test_what_has_no_twin_takes_the_plain_loop():
    world = GridWorld()
    shared = learner(QLearning, 25, 5)
    world.np_random = shared.rng
    patched = learner(QLearning, 25, 5)
    patched.act = lambda s, explore=True: 4
    single = learner(QLearning, 25, 5)
    single.q = single.q.astype(np.float32)
    other = learner(QLearning, 25, 5, rng=np.random.Generator(np.random.MT19937(0)))
    curious = Curious(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0))
    ordered = gymnasium.wrappers.OrderEnforcing(GridWorld())
    for agent, env, reason in (
        (curious, GridWorld(), "Curious has no compiled twin"),
        (learner(QLearning, 25, 5), ordered, "got OrderEnforcing"),
        (learner(QLearning, 25, 5), GridWorld(render_mode="rgb_array"), "'rgb_array' is drawn"),
        (learner(QLearning, 25, 5, ties="random"), GridWorld(), "ties must be 'first'"),
        (other, GridWorld(), "must draw from Generators of PCG64"),
        (shared, world, "got one that they share"),
        (patched, GridWorld(), "act of QLearning was replaced"),
        (single, GridWorld(), "q must be a contiguous array of float64"),
    ):
        with pytest.raises(ValueError, match=f"got True: .*{reason}"):
            train(agent, env, steps=50, seed=0, compiled=True)
        assert len(train(agent, env, steps=50, seed=0, runs=10**9).lengths) == 0


@pytest.mark.parametrize("fast", [False, True])
def test_errors_are_those_of_the_plain_loop(fast):
    for agent, how, text in (
        (learner(QLearning, 9, 5), {"steps": 10}, "q must have shape"),
        (learner(QLearning, 25, 5), {"steps": -1}, "steps must be"),
        (learner(QLearning, 25, 5), {"steps": 10, "seed": -1}, "seed must be"),
        (learner(QLearning, 25, 5), {"steps": 10, "seed": 2**32}, "seed must be less"),
        (learner(QLearning, 25, 5), {"steps": 10, "compiled": "no"}, "compiled must be None, True"),
        (learner(QLearning, 25, 5), {"steps": 10, "compiled": 1}, "compiled must be None, True"),
        (learner(QLearning, 25, 5), {"steps": 9, "seed": 0, "first": 2**32}, "first [+] episodes"),
        (
            learner(QLearning, 25, 5),
            {"episodes": 3, "seed": 0, "first": 2**32 - 2},
            r"first [+] episodes must be at most 2\^32 in a run with a seed, got 4294967297$",
        ),
    ):
        with pytest.raises(ValueError, match=text):
            train(agent, GridWorld(), **{"compiled": fast} | how)


@pytest.mark.parametrize("fast", [False, True])
def test_steps_that_lead_to_an_episode_without_a_seed(fast):
    how = {"steps": 50, "seed": 0, "first": 2**32 - 2, "compiled": fast}
    with pytest.raises(ValueError, match=r"^first [+] episodes must be at most 2\^32"):
        train(learner(QLearning, 25, 5), TimeLimit(GridWorld(), 20), **how)
    train(learner(QLearning, 25, 5), TimeLimit(GridWorld(), 25), **how)  # the last two
    train(learner(QLearning, 25, 5), GridWorld(), **how | {"seed": None, "first": 2**32})


def test_left_alone_it_chooses_by_cost_and_gives_the_same():
    """Here the loops are loaded; setting a run up takes longer where the table is large."""
    choice.prepare()
    small, large = GridWorld(), GridWorld(["." * 150] * 149 + ["." * 149 + "T"])
    for env, steps, worth in ((small, 20, False), (small, 5000, True), (large, 200, False)):
        S, left = env.unwrapped.model.n_states, []
        for fast in (None, False, True):
            agent, world = learner(QLearning, S, 5), TimeLimit(env, 40)
            record = train(agent, world, steps=steps, seed=0, compiled=fast)
            left.append(everything(agent, world, record))
        assert left[0] == left[1] == left[2]
        assert pays(Run(agent, env, None, steps, None, 0, 0)) == worth


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
        "rng = np.random.default_rng(0)\n"
        "learner = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng)\n"
        "train(learner, GridWorld(), steps=50, seed=0, runs=10**9)\n"
        "assert learner.updates == 50 and 'rlbook.training.compiled' not in sys.modules\n"
        "try:\n"
        "    train(learner, GridWorld(), steps=50, seed=0, compiled=True)\n"
        "except ValueError as error:\n"
        "    assert 'got True: numba' in str(error) and 'needs another numpy' in str(error)\n"
        "else:\n"
        "    raise AssertionError('it must say that numba is missing')\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = os.environ | {"PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


OTHERS = (TD0, ExpectedSarsa, QLearning, Sarsa, MonteCarlo)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("shared", [True, False], ids=["one stream", "two streams"])
def test_off_policy_it_is_learn_and_interact(kind, shared):
    has_twin = kind not in (Sarsa, MonteCarlo)
    env = worlds()["slip"]()
    env.reset(seed=0)
    left = []
    for fast in (None, False, True):
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
            assert (why_not(agent, env, follow) is None) == has_twin
            how = {"every": 500, "measure": lambda agent: agent.visits.sum()}
            how["compiled"] = fast if has_twin else None
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
