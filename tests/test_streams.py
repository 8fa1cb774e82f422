"""What enters a Step: arrays of the reader's own, plain numbers, nothing that is not finite."""

import pickle
from itertools import cycle

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Tuple
from odd_worlds import LINE, Buffer, Honest, Slide, Walk, fresh, shown

from rlbook.actor_critic import A2C
from rlbook.agent import Agent, Follow, Step, batch, interact, learn
from rlbook.ddpg import DDPG
from rlbook.dqn import DQN
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearTD
from rlbook.function_approximation.replay import Replay
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.monte_carlo import MonteCarlo, mc_basic
from rlbook.policy_gradient import Reinforce
from rlbook.temporal_difference import TD0, NStepSarsa, QLearning, Sarsa
from rlbook.training.loop import score, train

NAN, INF = float("nan"), float("inf")


class Round(Agent):
    """From the wall on the left to that on the right and back: every pair once in ten steps."""

    def __init__(self):
        self.actions = cycle([0, 1, 1, 1, 1, 1, 0, 0, 0, 0])
        self.seen = []

    def act(self, s, *, explore=True):
        self.seen.append(s)
        return next(self.actions)

    def update(self, experience):
        pass


def walk_values(gamma=0.9, sigma=0.0):
    """The values of the walk that goes left and right alike, by its chain.

    With sigma: what LSTD makes of every pair once, sigma I being added to its A.
    """
    P = np.zeros((5, 5))
    for s in range(5):
        for to in (max(s - 1, 0), min(s + 1, 4)):
            P[s, to] += 0.5
    A = sigma * np.eye(5) + 2 * (np.eye(5) - gamma * P)  # each state was left twice
    return np.linalg.solve(A, 2 * P @ (np.arange(5) - 2.0))


def box(s):
    """The features of a cell that is seen in an array."""
    return np.eye(5)[int(s[0])]


# Borrowed arrays.


@pytest.mark.parametrize(("kind", "sigma"), [(LSTD, 0), (LSTD, 0.01), (RecursiveLSTD, 0.01)])
@pytest.mark.parametrize("show", [Buffer(), fresh])
def test_lstd_of_a_walk_that_is_seen_through_one_buffer(kind, sigma, show):
    learner = kind(box, lambda s: [0.5, 0.5], gamma=0.9, regularisation=sigma)
    walk = shown(show, length=10)
    for _ in learn(learner, interact(walk, Round(), steps=10, seed=0)):
        pass
    v = [learner.w @ box([s]) for s in range(5)]
    np.testing.assert_allclose(v, walk_values(sigma=sigma), rtol=1e-12, atol=1e-12)
    if sigma == 0:
        np.testing.assert_allclose(v, [-5.6115, -3.5252, 0, 3.5252, 5.6115], atol=5e-5)


def test_a_step_stays_what_it_was():
    steps = list(interact(shown(Buffer()), Round(), steps=6))
    assert [t.s.tolist() for t in steps] == [[0], [0], [1], [2], [3], [4]]
    assert [t.s_next.tolist() for t in steps] == [[0], [1], [2], [3], [4], [4]]
    reader = Round()
    score(shown(Buffer()), reader, episodes=1, seed=0, steps=6)
    assert [s.tolist() for s in reader.seen] == [[0], [0], [1], [2], [3], [4]]


def test_parts_of_an_observation_are_copied_too():
    buffer = Buffer()
    space = Dict({"at": LINE, "pair": Tuple((LINE, Discrete(5)))})
    walk = Walk(lambda s: {"at": buffer(s), "pair": (buffer.array, s)}, space=space)
    steps = list(interact(walk, Round(), steps=4))
    assert [t.s_next["at"].tolist() for t in steps] == [[0], [1], [2], [3]]
    assert [t.s_next["pair"][0].tolist() for t in steps] == [[0], [1], [2], [3]]
    assert [t.s_next["pair"][1] for t in steps] == [0, 1, 2, 3]


def memory(agent):
    """All that an agent is, but for its schedule."""
    return pickle.dumps({k: x for k, x in vars(agent).items() if k != "epsilon_of"})


class Push(Agent):
    """Acts by an array of its own, always the same one."""

    def __init__(self):
        self.a = np.array([0.25])

    def act(self, s, *, explore=True):
        self.a *= -2
        return self.a

    def update(self, experience):
        pass


def test_an_action_is_what_the_agent_did_whoever_writes_into_it():
    for env in (Slide(), Honest()):
        steps = list(interact(env, Push(), steps=4))
        assert [t.a.tolist() for t in steps] == [[-0.5], [1.0], [-2.0], [4.0]]
        assert [t.s_next.tolist() for t in steps] == [[-0.5], [0.5], [-1.5], [2.5]]
        assert [t.r for t in steps] == [-0.5, 0.5, -1.5, 2.5]
        push = Push()
        assert score(env, push, episodes=1, seed=0, steps=4)[0] == 1.0
        assert push.a == 4.0  # the world has written into a copy


def dqn(rng, space=LINE):
    return DQN(space, Discrete(2), hidden=(8,), warmup=8, every=2, updates=2, batch=4, rng=rng)


def a2c(rng):
    actor = Softmax(MLP((1, 4, 2), rng=rng, dtype=float))
    critic = MLP((1, 4, 1), rng=rng, dtype=float)
    return A2C(actor, critic, n=4, gamma=0.9, alpha_theta=0.01, alpha_w=0.01, rng=rng)


def reinforce(rng):
    return Reinforce(Softmax(MLP((1, 4, 2), rng=rng, dtype=float)), gamma=0.9, alpha=0.01, rng=rng)


def ddpg(rng):
    spaces = Slide.observation_space, Slide.action_space
    return DDPG(*spaces, hidden=(8,), warmup=8, batch=4, rng=rng)


def linear(rng):
    return LinearQLearning(box, 2, gamma=0.9, alpha=0.5, epsilon=0.3, rng=rng)


WITH_WORLDS = [
    (dqn, shown(Buffer()), shown()),
    (a2c, shown(Buffer()), shown()),
    (reinforce, shown(Buffer()), shown()),
    (linear, shown(Buffer()), shown()),
    (ddpg, Slide(), Honest()),
]


@pytest.mark.parametrize(("build", "borrowing", "honest"), WITH_WORLDS)
def test_the_run_in_a_world_that_lends_its_arrays_is_the_run_in_one_that_gives_them(
    build, borrowing, honest
):
    runs = []
    for env in (borrowing, honest):
        agent = build(np.random.default_rng(3))
        record = train(agent, env, steps=60, seed=3)
        runs.append((memory(agent), record.returns.tolist()))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("build", [a2c, reinforce])
def test_what_an_agent_remembers_of_a_step_is_its_own(build):
    agents = []
    for lend in (True, False):
        agent, s, s_next = build(np.random.default_rng(3)), np.zeros(1), np.zeros(1)
        for k in range(4):
            s[:], s_next[:] = k, k + 1
            step = Step(s, k % 2, 1.0, s_next, False, k == 3)
            agent.update(step if lend else Step(*map(np.copy, step[:1]), *step[1:3],
                                                s_next.copy(), *step[4:]))  # fmt: skip
        agents.append(memory(agent))
    assert agents[0] == agents[1]


# numpy's shapes.

SHOWS = [np.int64, np.uint8, np.array, lambda s: np.array([s]), lambda s: np.array([[s]]), float]
PAYS = [int, np.float64, np.float32, np.int8, np.array, lambda r: np.array([r]),
        lambda r: np.array([float(r)], np.float32)]  # fmt: skip
ENDS = [int, np.bool_, np.array, lambda over: np.array([over])]


def tabular(method, **more):
    options = {"gamma": 0.9, "alpha": 0.5, "epsilon": 0.3, "q": np.linspace(0, 1, 10)} | more
    options["q"] = options["q"].reshape(5, 2)
    if method is MonteCarlo:
        del options["alpha"]
    return method(5, 2, rng=np.random.default_rng(1), **options)


def of_numbers(name):
    rng = np.random.default_rng(1)
    return {
        "Q-learning": lambda: tabular(QLearning),
        "Sarsa": lambda: tabular(Sarsa),
        "n-step": lambda: tabular(NStepSarsa, n=3),
        "Monte Carlo": lambda: tabular(MonteCarlo),
        "Follow": lambda: Follow(np.full((5, 2), 0.5), rng),
        "TD0": lambda: TD0(np.full((5, 2), 0.5), gamma=0.9, alpha=0.5, rng=rng),
        "linear": lambda: LinearTD(np.eye(5), np.full((5, 2), 0.5), gamma=0.9, alpha=0.5, rng=rng),
        "REINFORCE": lambda: Reinforce(Softmax(Table(5, 2)), gamma=0.9, alpha=0.5, rng=rng),
        "DQN": lambda: dqn(rng, Discrete(5)),
    }[name]()


def run_of(agent, env):
    steps = list(learn(agent, interact(env, agent, steps=50, seed=2)))
    more = score(env, agent, episodes=2, seed=3, steps=30).tolist()
    return steps, more, memory(agent)


NAMES = ["Q-learning", "Sarsa", "n-step", "Monte Carlo", "Follow", "TD0", "linear", "REINFORCE",
         "DQN"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_numbers_in_any_of_numpys_shapes_are_the_same_run(name):
    plain = run_of(of_numbers(name), Walk())
    for show in SHOWS:
        assert run_of(of_numbers(name), Walk(show)) == plain
    for pay in PAYS:
        assert run_of(of_numbers(name), Walk(pay=pay)) == plain
    for end in ENDS:
        assert run_of(of_numbers(name), Walk(end=end)) == plain
    for field in plain[0]:
        assert [type(x) for x in field] == [int, int, float, int, bool, bool]


def test_mc_basic_reads_its_world_alike():
    options = {"gamma": 0.9, "episode_length": 6, "rng": np.random.default_rng(0)}
    plain = next(mc_basic(Walk(), **options))
    shapes = Walk(np.array, lambda r: np.array([r]), np.bool_)
    iterate = next(mc_basic(shapes, **options | {"rng": np.random.default_rng(0)}))
    assert iterate.v.tolist() == plain.v.tolist()
    assert iterate.pi.tolist() == plain.pi.tolist()


@pytest.mark.parametrize("build", [dqn, a2c, reinforce, linear])
def test_a_first_observation_of_whole_numbers(build):
    class FirstWhole(Walk):
        def reset(self, **how):
            s, info = super().reset(**how)
            return s.astype(int), info

    runs = []
    for world in (Walk, FirstWhole):
        agent = build(np.random.default_rng(3))
        env = world(lambda s: np.array([s + 0.5 * (s > 0)]), space=LINE, length=7)
        assert all(t.s.dtype == float for t in interact(env, Round(), steps=9))
        train(agent, env, steps=60, seed=3)
        runs.append(memory(agent))
    assert runs[0] == runs[1]


def test_a_list_is_an_observation_of_a_box():
    steps = list(interact(Walk(lambda s: [s], space=LINE), Round(), steps=3))
    assert [t.s_next.tolist() for t in steps] == [[0.0], [1.0], [2.0]]
    assert {t.s.dtype for t in steps} == {np.dtype(float)}


def test_single_precision_first_and_double_later_is_not_rounded():
    replay, third = Replay(3), np.array([1 / 3])
    replay.add(Step(np.zeros(1, np.float32), 0, 0.0, third, False, False))
    replay.add(Step(third, 0, 0.0, third, False, False))
    assert replay.all().s.tolist() == [[0.0], [1 / 3]]
    replay = Replay(3)
    for s in (np.int8(5), np.int64(300)):
        replay.add(Step(s, 0, 0.0, s, False, False))
    assert replay.all().s.tolist() == [5, 300]


WRONG = [
    (Walk(lambda s: s + 0.5), r"observation must be a whole number from 0 to 4, got 0.5"),
    (Walk(lambda s: -1), r"observation must be a whole number from 0 to 4, got -1"),
    (Walk(lambda s: 5), r"observation must be a whole number from 0 to 4, got 5"),
    (Walk(str), r"observation must be a whole number from 0 to 4, got '0'"),
    (Walk(lambda s: None), r"observation must be a whole number from 0 to 4, got None"),
    (Walk(lambda s: np.zeros(2)), r"observation must be a whole number from 0 to 4, got array"),
    (shown(lambda s: np.zeros(2)), r"observation must have shape \(1,\).*got \(2,\)"),
    (shown(lambda s: np.zeros((1, 1))), r"observation must have shape \(1,\).*got \(1, 1\)"),
    (shown(lambda s: 0.0), r"observation must have shape \(1,\).*got \(\)"),
    (shown(lambda s: ["a"]), r"observation must be real numbers, got \['a'\]"),
    (shown(lambda s: [[1.0], [1.0, 2.0]]), r"observation must be real numbers, got \[\[1.0\]"),
]


@pytest.mark.parametrize(("env", "message"), WRONG)
def test_an_observation_that_is_none(env, message):
    for call in (
        lambda: next(interact(env, Round(), steps=3)),
        lambda: score(env, Round(), episodes=1, seed=0),
    ):
        with pytest.raises(ValueError, match=f"^{message}.* from the first reset$"):
            call()


def test_discrete_spaces_may_begin_elsewhere():
    env = Walk(lambda s: np.int64(s - 7), space=Discrete(5, start=-7))
    assert [t.s for t in interact(env, Round(), steps=4)] == [-7, -7, -6, -5]
    env.show = int
    with pytest.raises(ValueError, match="observation must be a whole number from -7 to -3, got 0"):
        next(interact(env, Round(), steps=1))


@pytest.mark.parametrize("pay", [lambda r: "1", lambda r: None, lambda r: [r], lambda r: np.ones(2),
                                 lambda r: 10**400, lambda r: 1j])  # fmt: skip
def test_a_reward_that_is_no_number(pay):
    for call in (
        lambda: list(interact(Walk(pay=pay), Round(), steps=3)),
        lambda: score(Walk(pay=pay), Round(), episodes=1, seed=0),
    ):
        with pytest.raises(ValueError, match=r"^reward must be a finite number, got .* at step 1 "):
            call()


def test_a_flag_that_is_neither_true_nor_false():
    for end in (lambda over: {}, lambda over: 2, lambda over: "no", lambda over: np.zeros(2)):
        with pytest.raises(ValueError, match=r"^terminated must be True or False, got .* step 1 "):
            next(interact(Walk(end=end), Round(), steps=3))


# Not a number.


def late(bad, good, n):
    """A function that gives `bad` at its n-th call."""
    count = iter(range(1, 1000))
    return lambda x: bad if next(count) == n else good(x)


@pytest.mark.parametrize("bad", [NAN, INF, -INF, np.float32("nan"), np.array(INF), np.array([NAN])])
def test_a_reward_that_is_not_finite(bad):
    for run in (
        lambda env: list(interact(env, Round(), steps=50)),
        lambda env: train(tabular(QLearning), env, steps=50),
        lambda env: score(env, Round(), episodes=9, seed=0),
        lambda env: next(mc_basic(env, 0.9, episode_length=5, rng=np.random.default_rng(0))),
    ):
        with pytest.raises(ValueError, match=r"reward must be a finite number, got .* step 23 "):
            run(Walk(pay=late(bad, float, 23)))


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_an_observation_that_is_not_finite(bad):
    def world(n, shape=(3,)):
        wrong = np.zeros(shape)
        wrong[-1] = bad
        return Walk(late(wrong, lambda s: np.zeros(shape), n), space=Box(-9, 9, shape), length=20)

    message = r"^observation\[2\] must be finite, got {} at step 13 of the run$"
    with pytest.raises(ValueError, match=message.format(bad)):
        list(interact(world(14), Round(), steps=50))
    with pytest.raises(ValueError, match=r"observation\[2\] must .* from the reset after 20 steps"):
        list(interact(world(22), Round(), steps=50))
    with pytest.raises(ValueError, match=r"observation\[2\] must .* from the first reset$"):
        score(world(1), Round(), episodes=1, seed=0)
    with pytest.raises(ValueError, match=r"observation\[9, 0\] must be finite.* at step 1 "):
        next(interact(world(2, (10, 10)), Round(), steps=50))
    parts = Walk(lambda s: {"at": np.full(2, bad)}, space=Dict({"at": Box(-9, 9, (2,))}))
    with pytest.raises(ValueError, match=r"observation\['at'\]\[0\] must be finite, got"):
        next(interact(parts, Round(), steps=1))


def test_large_numbers_are_finite():
    env = Walk(lambda s: np.full(3, 1.7e308), lambda r: 1.7e308, space=Box(-INF, INF, (3,)))
    assert len(list(interact(env, Round(), steps=3))) == 3


LEARNERS = [*NAMES, dqn, a2c, reinforce, linear, ddpg]


def steps_for(name):
    """Six steps that this agent can learn from, as they come."""
    if name is ddpg:
        return list(interact(Honest(), Push(), steps=6))
    walk = Walk() if isinstance(name, str) else shown()
    return list(interact(walk, Round(), steps=6))


def build(name):
    return of_numbers(name) if isinstance(name, str) else name(np.random.default_rng(0))


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_an_update_that_is_given_what_is_not_finite_changes_nothing(name, bad):
    steps = steps_for(name)
    wrong = [("r", bad)]
    if not isinstance(name, str):
        wrong += [(field, np.array([bad])) for field in ("s", "s_next")]
    if name is ddpg:
        wrong += [("a", np.array([bad]))]
    for field, x in wrong:
        agent = build(name)
        before = memory(agent)
        for position in (0, 4):
            given = [*steps]
            given[position] = given[position]._replace(**{field: x})
            index = "" if field == "r" else r"\[0\]"
            with pytest.raises(ValueError, match=rf"^{field}{index} must be (a )?finite.*, got "):
                agent.update(given[position])
            index = "" if field == "r" else ", 0"
            with pytest.raises(ValueError, match=rf"^{field}\[{position}{index}\] must be finite"):
                agent.update(batch(given))
        assert memory(agent) == before


def test_returns_of_rewards_that_are_not_finite():
    from rlbook.monte_carlo import returns

    for gamma in (0.0, 0.5, 1.0):
        with pytest.raises(ValueError, match=r"rewards must be finite, got nan at \(1,\)"):
            returns([1.0, NAN, INF], gamma)
    assert returns([1e308, 1e308], 1.0).tolist() == [INF, 1e308]


def test_the_world_of_a_real_wrapper():
    env = gymnasium.make("CartPole-v1")
    first, second = interact(env, Follow5(), steps=2, seed=0)
    assert first.s_next is second.s  # one array, and nobody else's
    assert first.s.dtype == np.float32


class Follow5(Agent):
    """Always 1."""

    def act(self, s, *, explore=True):
        return 1

    def update(self, experience):
        pass


def test_linear_critics_of_a_state_in_an_array(rng):
    agent = LSTD(np.eye(5), np.full((5, 2), 0.5), gamma=0.9, regularisation=1.0)
    with pytest.raises(ValueError, match=r"s must be the number of a state.*got array\(\[1\]\)"):
        agent.update(Step(np.array([1]), 0, 1.0, np.array([2]), False, False))
    actor, critic = Softmax(Table(5, 2)), Linear(np.eye(5), 1)
    agent = A2C(actor, critic, gamma=0.9, alpha_theta=0.1, alpha_w=0.1, rng=rng)
    with pytest.raises(ValueError, match="s must hold inputs of the critic, one below the other"):
        agent.update(Step(np.array([1]), 0, 1.0, np.array([2]), False, False))
    table = tabular(QLearning)
    with pytest.raises(ValueError, match=r"s must be a whole number, got array\(\[1, 2\]\)"):
        table.update(Step(np.array([1, 2]), 0, 1.0, 3, False, False))
    table.update(Step(np.array([1]), np.array(0), np.array([1.0]), np.int8(3), np.False_, 0))
    same = tabular(QLearning)
    same.update(Step(1, 0, 1.0, 3, False, False))
    assert table.q.tolist() == same.q.tolist()
