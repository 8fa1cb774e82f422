"""The compiled loop of linear agents is the plain loop: the same draws, the same sums to 1e-10."""

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import Follow, GridWorld, QLearning, TabularEnv, train
from rlbook.agent import interact, learn
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.functions.features import fourier, grid_features
from rlbook.training.choice import choose
from rlbook.training.kinds import Run
from rlbook.training.twins import TWINS, why_not

pytest.importorskip("numba", reason="the extra `fast` is not installed")
from test_compiled import CASES as TABULAR
from test_compiled import anneal, everything, harmonic, worlds

KINDS = LinearTD, LinearSarsa, LinearQLearning
CASES = [
    *((kind, {}) for kind in KINDS),
    *((kind, {"alpha": harmonic}) for kind in KINDS),
    *((kind, {"w": 0.5}) for kind in KINDS),
    *((kind, {"epsilon": anneal}) for kind in KINDS[1:]),
    (LinearSarsa, {"epsilon": 1.0}),
    (LinearSarsa, {"alpha": harmonic, "epsilon": anneal, "gamma": 1.0}),
    (LinearQLearning, {"epsilon": 0.1, "gamma": 0.0}),
]
NAMED = [pytest.param(k, o, id=f"{k.__name__} {o}") for k, o in CASES]


def test_every_twin_is_tried():
    assert {kind for kind, _ in [*TABULAR, *CASES]} == set(TWINS)


def learner(kind, world, seed=5, d=3, **options):
    S, A = world.model.n_states, world.model.n_actions
    chance = np.random.default_rng(seed)
    phi = options.pop("phi", chance.normal(size=(S, d)) / d)
    options = {"gamma": 0.9, "alpha": 0.05, "rng": np.random.default_rng(seed + 1)} | options
    if kind is LinearTD:
        return LinearTD(phi, chance.dirichlet(np.ones(A), size=S), **options)
    return kind(phi, A, **{"epsilon": 0.3} | options)


def assert_same(plain, fast):
    assert fast.keys() == plain.keys()
    for name in plain:
        if name in ("w", "measured"):
            np.testing.assert_allclose(fast[name], plain[name], rtol=1e-10, atol=1e-13)
        else:
            assert fast[name] == plain[name], name


def twins(make, make_agent, **how):
    """Run twice, plain and compiled, from the same start; returns what both leave behind."""
    left = []
    for fast in (False, True):
        env = make()
        env.unwrapped.np_random = np.random.Generator(np.random.PCG64(4))
        agent = make_agent(env.unwrapped)
        record = train(agent, env, **how, compiled=fast)
        left.append(everything(agent, env, record))
    return left


@pytest.mark.parametrize("world", worlds())
@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_every_method_in_every_world(kind, options, world):
    for how in ({"steps": 2000, "seed": 3}, {"episodes": 40, "seed": None, "first": 2}):
        assert_same(*twins(worlds()[world], lambda w: learner(kind, w, **options), **how))


@pytest.mark.parametrize(("kind", "options"), NAMED)
def test_measured_on_the_way(kind, options):
    how = {"steps": 1000, "seed": 1, "every": 130}
    how["measure"] = lambda agent: [*agent.w.ravel(), getattr(agent, "epsilon", 0)]
    plain, fast = twins(worlds()["slip"], lambda w: learner(kind, w, **options), **how)
    assert len(fast["measured"]) == 7
    assert_same(plain, fast)


@pytest.mark.parametrize("kind", KINDS)
def test_many_features_and_many_episodes(kind):
    phi = np.random.default_rng(0).normal(size=(6, 40)) / 40
    how = {"episodes": 1500, "seed": 0, "every": 1000, "measure": lambda agent: agent.w.sum()}
    assert_same(*twins(worlds()["ends"], lambda w: learner(kind, w, phi=phi), **how))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_in_two_parts_is_plain_or_compiled_as_it_comes(kind):
    left = []
    for order in ((False, False), (True, False), (False, True), (True, True)):
        env = worlds()["lake"]()
        env.unwrapped.np_random = np.random.default_rng(0)
        agent = learner(kind, env.unwrapped)
        for k, fast in enumerate(order):
            record = train(agent, env, episodes=30, seed=7, first=30 * k, compiled=fast)
        left.append(everything(agent, env, record))
    for other in left[1:]:
        assert_same(left[0], other)


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_run_away(kind):
    left = []
    for fast in (False, True):
        env = worlds()["endless"]()
        env.unwrapped.np_random = np.random.default_rng(0)
        options = {} if kind is LinearTD else {"epsilon": anneal}
        agent = learner(kind, env.unwrapped, alpha=1.0, phi=10 * np.eye(6), **options)
        with np.errstate(all="ignore"), pytest.raises(ValueError, match="alpha must be") as error:
            train(agent, env, steps=5000, seed=0, compiled=fast)
        agent.begin()  # a promise that was open ends here, or had ended
        left.append((str(error.value), everything(agent, env, train(agent, env, episodes=0))))
    assert left[0][0] == left[1][0]
    assert_same(left[0][1], left[1][1])


def test_a_schedule_that_gives_out():
    def alpha(n):
        if n > 50:
            raise ValueError("no more")
        return 0.1

    def epsilon(n):
        return 0.1 if n < 300 else 2.0

    for options, text in (({"alpha": alpha}, "no more"), ({"epsilon": epsilon}, "epsilon")):
        for fast in (False, True):
            agent = learner(LinearSarsa, GridWorld(), **options)
            with pytest.raises(ValueError, match=text):
                train(agent, GridWorld(), steps=5000, seed=0, compiled=fast)
        agent = learner(LinearSarsa, GridWorld(), **options)
        train(agent, GridWorld(), steps=40, seed=0, compiled=True)  # it is never asked so far


def test_with_one_hot_features_it_is_the_table_bit_for_bit():
    options = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.2}
    table = QLearning(25, 5, rng=np.random.default_rng(1), **options)
    linear = LinearQLearning(np.eye(25), 5, rng=np.random.default_rng(1), **options)
    env = TimeLimit(GridWorld(), 100)
    one, other = (train(x, env, steps=5000, seed=0, compiled=True) for x in (table, linear))
    assert (one.returns == other.returns).all()
    assert (table.q == linear.q).all()


def test_off_policy_it_is_learn_and_interact():
    env = worlds()["slip"]()
    for kind in (LinearTD, LinearQLearning, LinearSarsa):
        ways = []
        for fast in (None, False, True):
            agent, chance = learner(kind, env.unwrapped), np.random.default_rng(2)
            pi = np.random.default_rng(3).dirichlet(np.ones(5), size=6)
            follow = Follow(pi, chance)
            if fast is None:
                for _ in learn(agent, interact(env, follow, steps=2000, seed=1)):
                    pass
            else:
                assert (why_not(agent, env, follow) is None) == (kind is not LinearSarsa)
                fast = fast and kind is not LinearSarsa
                train(agent, env, steps=2000, seed=1, behaviour=follow, compiled=fast)
            ways.append((agent.w, chance.random(), agent.rng.random(), agent.updates))
        for other in ways[1:]:
            np.testing.assert_allclose(other[0], ways[0][0], rtol=1e-10, atol=1e-13)
            assert other[1:] == ways[0][1:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_run_is_plain_whatever_was_run_before(kind):
    agent, env = learner(kind, GridWorld()), GridWorld()
    assert choose(Run(agent, env, None, 124_999, None, 0, 0), 2, None) is None
    assert choose(Run(agent, env, None, None, 8333, 0, 0), 1, None) is None
    assert choose(Run(agent, env, None, None, 8334, 0, 0), 1, None) is not None
    assert choose(Run(agent, env, None, 125_000, None, 0, 0), 2, None) is not None


def test_what_has_no_twin_takes_the_plain_loop():
    world, phi = GridWorld(), grid_features(GridWorld(), fourier(2))

    class Curious(LinearQLearning):
        """A method of somebody's own."""

    asked = learner(LinearSarsa, world, phi=lambda s: phi[s], w=np.zeros((5, 9)))
    across = learner(LinearSarsa, world, phi=np.asfortranarray(phi))
    drawn = LinearTD(phi, lambda s: np.full(5, 0.2), gamma=0.9, alpha=0.1, rng=asked.rng)
    patched = learner(LinearQLearning, world, phi=phi)
    patched.features = lambda s: phi[s]
    single = learner(LinearQLearning, world, phi=phi)
    single.w = single.w.astype(np.float32)
    for agent, reason in (
        (asked, "phi must be"), (across, "phi must be"), (drawn, "pi must be"),
        (patched, "features of LinearQLearning was replaced"), (single, "w must be"),
        (learner(Curious, world), "Curious has no compiled twin"),
    ):  # fmt: skip
        env = TabularEnv(world.model)
        with pytest.raises(ValueError, match=f"got True: {reason}"):
            train(agent, env, steps=50, seed=0, compiled=True)
        train(agent, env, steps=50, seed=0, runs=10**9)
        assert agent.updates == 50


def test_weights_of_another_shape_are_an_error():
    for kind, w in ((LinearTD, np.zeros(7)), (LinearQLearning, np.zeros((5, 7)))):
        agent = learner(kind, GridWorld())
        agent.w = w
        with pytest.raises(ValueError, match="size 7"):
            train(agent, GridWorld(), steps=50, seed=0, runs=10**9)
    agent = learner(LinearQLearning, GridWorld())
    agent.w = np.zeros((2, 3))  # two actions of five
    assert why_not(agent, GridWorld()) == "w must have shape (5, 3), got (2, 3)"
