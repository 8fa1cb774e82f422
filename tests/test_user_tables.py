"""Tables, wrapped worlds, starts, distributions as users have them: right, or one clear error."""

from collections import defaultdict

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from scipy.stats import chisquare

from rlbook import (
    MDP,
    TD0,
    Follow,
    GridWorld,
    LinearTD,
    OffPolicyActorCritic,
    QLearning,
    TabularDPO,
    TabularEnv,
    average_value,
    bellman_operator,
    optimal,
    policy_iteration,
    policy_value,
    power_iteration,
    solve,
    stationary_distribution,
    td_matrices,
    train,
)
from rlbook.checks import check_count, check_distribution, check_index, check_number, check_tol
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.training.twins import why_not

SURE = [
    [[(1.0, 0, 0.0, False)], [(1.0, 1, 1.0, False)]],
    [[(1.0, 0, 2.0, False)], [(1.0, 1, 3.0, True)]],
]
"""Two states, two actions, as lists of lists of lists."""


class Listed(gymnasium.Env):
    """A world that shows a table, and whatever else it is told to have."""

    def __init__(self, P, **has):
        self.P = P
        self.__dict__.update(has)


def dicts(P):
    return {s: dict(enumerate(row)) for s, row in enumerate(P)}


# Tables of any shape


def shapes():
    """The table SURE in every form in which coursework writes it."""
    yield SURE
    yield tuple(tuple(row) for row in SURE)
    yield dicts(SURE)
    yield dict(enumerate(SURE))
    yield [dict(enumerate(row)) for row in SURE]
    yield {s: {a: SURE[s][a] for a in (1, 0)} for s in (1, 0)}  # keys in another order
    yield {np.int64(s): {np.int32(a): SURE[s][a] for a in (0, 1)} for s in (0, 1)}
    yield np.array(SURE)  # (S, A, K, 4)
    yield [[[list(o) for o in outcomes] for outcomes in row] for row in SURE]
    grown = defaultdict(lambda: defaultdict(list))
    for s, a in ((1, 1), (0, 0), (1, 0), (0, 1)):
        grown[s][a].extend(SURE[s][a])
    yield grown


@pytest.mark.parametrize("P", shapes())
def test_a_table_in_any_form_is_the_same_model(P):
    for model in (MDP.from_table(P), MDP.from_env(Listed(P))):
        assert model.p.tolist() == [[[1.0], [1.0]], [[1.0], [1.0]]]
        assert model.s_next.tolist() == [[[0], [1]], [[0], [1]]]
        assert model.r.tolist() == [[[0.0], [1.0]], [[2.0], [3.0]]]
        assert model.terminated.tolist() == [[[False], [False]], [[False], [True]]]


def test_pairs_with_several_and_with_different_numbers_of_outcomes():
    P = [
        [[(0.25, 1, 1.0, False), (0.75, 0, 2.0, True)], [(1, 1, 0, 0)]],
        [[(0.5, 0, 0.0, False), (0.25, 1, 0.0, False), (0.25, 1, 5.0, True)], [(1, 0, 4, 1)]],
    ]
    model = MDP.from_table(P)
    for s, a in np.ndindex(2, 2):
        n = len(P[s][a])
        given = list(zip(*(x[s, a, :n] for x in vars_of(model)), strict=True))
        assert given == P[s][a]
        assert (model.p[s, a, n:] == 0).all()


def vars_of(model):
    return model.p, model.s_next, model.r, model.terminated


def test_states_with_other_numbers_of_actions_are_refused_and_never_cut():
    two = {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 1.0, False)]}
    three = {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 0.5, False)], 2: [(1.0, 1, 5.0, False)]}
    more = {0: two, 1: three}
    less = {0: more[1], 1: more[0]}
    for P in (more, less, [list(more[0].values()), list(more[1].values())]):
        for read in (MDP.from_table, lambda P: MDP.from_env(Listed(P))):
            with pytest.raises(ValueError, match=r"P must list .*actions 0 to 2, got 2 actions in"):
                read(P)
    more[0][2] = [(1.0, 0, -1.0, False)]  # as the error says
    assert optimal(MDP.from_table(more), 0.9).v == pytest.approx([46, 50], abs=1e-5)


@pytest.mark.parametrize(
    ("P", "got"),
    [
        ({0: SURE[0], 2: SURE[1]}, r"states 0 to 1, got the keys \[0, 2\]"),
        ({1: SURE[0], 2: SURE[1]}, r"states 0 to 1, got the keys \[1, 2\]"),
        ({0: SURE[0], 1: SURE[1], "end": 0}, r"states 0 to 2, got the keys \[0, 1, 'end'\]"),
        ({0: SURE[0], -1: SURE[1]}, r"states 0 to 1, got the keys \[0, -1\]"),
        ({(0, 0): SURE[0], (0, 1): SURE[1]}, r"states 0 to 1, got the keys \[\(0, 0\), \(0, 1\)\]"),
        ({"0": SURE[0], "1": SURE[1]}, r"states 0 to 1, got the keys \['0', '1'\]"),
        ([SURE[0], {1: [], 2: []}], r"actions 0 to 1, got the keys \[1, 2\] in state 1"),
        ([SURE[0], {"up": []}], r"actions 0 to 0, got the keys \['up'\] in state 1"),
        ([SURE[0], 5], r"actions 0 to any number, got 5 in state 1"),
        ([SURE[0], []], r"actions 0 to any number, got \[\] in state 1"),
        ([], r"states 0 to any number, got \[\]"),
        ({}, r"states 0 to any number, got {}"),
        (5, r"states 0 to any number, got 5"),
        ([SURE[0], [SURE[1][0], []]], r"got \[\] in state 1, action 1"),
        ([[[(1.0, 0, 0.0)]]], r"got \[\(1.0, 0, 0.0\)\] in state 0, action 0$"),
        ([[[(1.0, 0, 0.0, False, {})]]], r"got \[\(1.0, 0, 0.0, False, {}\)\] in state 0"),
        ([[[(1.0, 0, "much", False)]]], r"got \[\(1.0, 0, 'much', False\)\] in state 0"),
        ([[[(1.0, 0, 10**400, False)]]], r"got \[\(1.0, 0, 1000000.*\.\.\. in state 0, action 0"),
        ([[(1.0, 0, 0.0, False)]], r"got \(1.0, 0, 0.0, False\) .*: put even one outcome into a"),
        (np.full((2, 2, 2), 0.5), r"in state 0, action 0: .* is for MDP.from_matrices"),
    ],
)
def test_a_table_that_is_none(P, got):
    for name, read in (("P", MDP.from_table), ("env.P", lambda P: MDP.from_env(Listed(P)))):
        with pytest.raises(ValueError, match=rf"^{name} must list outcomes .* {got}"):
            read(P)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ((0.9, 0, 0.0, False), r"^P\[0, 0\] must sum to 1, got 0.9"),
        ((0, 1.0, 0.0, False), r"got 0.0; an outcome is \(p, s_next, r, terminated\)$"),
        ((-1.0, 0, 0.0, False), r"^P must be finite and not negative, got -1.0 at \(0, 0, 0\)"),
        ((1.0, 7, 0.0, False), r"s_next must be states 0 to 0, got 7"),
        ((1.0, 0, np.nan, False), r"r must be finite, got nan"),
        ((1.0, 0, 0.0, None), r"terminated must be true or false, got nan"),
    ],
)
def test_outcomes_that_are_none(outcome, message):
    with pytest.raises(ValueError, match=message):
        MDP.from_table([[[outcome]]])


def test_a_table_is_held_against_the_spaces_of_its_world():
    discrete = gymnasium.spaces.Discrete
    fits = {"observation_space": discrete(2), "action_space": discrete(2)}
    assert MDP.from_env(Listed(SURE, **fits)).n_actions == 2
    for wrong in ({"observation_space": discrete(3)}, {"action_space": discrete(3)},
                  {"observation_space": discrete(2, start=1)}):  # fmt: skip
        with pytest.raises(ValueError, match=r"^env.P must fit its \w+_space, Discrete.* got 2 of"):
            MDP.from_env(Listed(SURE, **fits | wrong))


def test_a_table_is_no_world():
    for P in (SURE, dicts(SURE)):
        with pytest.raises(ValueError, match=r"env must have a table .*: use MDP.from_table\(P\)$"):
            MDP.from_env(P)


# The wrapped world is another world


class Slippery(gymnasium.Wrapper):
    """A wrapper of the user's own."""


class MyTimeLimit(wrappers.TimeLimit):
    """What it inherits need not be what it does."""


def lake(**options):
    return gymnasium.make("FrozenLake-v1", **options)


CHANGED = {
    "TransformReward": lambda env: wrappers.TransformReward(env, lambda r: -r),
    "ClipReward": lambda env: wrappers.ClipReward(env, 0, 0.5),
    "NormalizeReward": wrappers.NormalizeReward,
    "StickyAction": lambda env: wrappers.StickyAction(env, 0.5),
    "TransformAction": lambda env: wrappers.TransformAction(env, lambda a: 3 - a, env.action_space),
    "TransformObservation": lambda env: wrappers.TransformObservation(
        env, lambda s: 15 - s, env.observation_space
    ),
    "DelayObservation": lambda env: wrappers.DelayObservation(env, 1),
    "TimeAwareObservation": wrappers.TimeAwareObservation,
    "FlattenObservation": wrappers.FlattenObservation,
    "Autoreset": wrappers.Autoreset,
    "Slippery": Slippery,
    "MyTimeLimit": lambda env: MyTimeLimit(env, 5),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_wrapper_that_may_change_the_world_is_refused(name):
    env = CHANGED[name](lake())
    for wrapped in (env, wrappers.TimeLimit(wrappers.OrderEnforcing(env), 7)):
        for read in (MDP.from_env, TabularEnv.from_env):
            with pytest.raises(ValueError, match=rf"got {name} around FrozenLakeEnv: pass env.unw"):
                read(wrapped)
    assert MDP.from_env(env.unwrapped).n_states == 16  # the way around


def test_wrappers_that_leave_the_world_alone():
    expected = MDP.from_env(lake().unwrapped)
    pictures = lake(render_mode="rgb_array")
    around = [
        lake(),
        wrappers.RecordEpisodeStatistics(lake()),
        wrappers.PassiveEnvChecker(wrappers.OrderEnforcing(lake().unwrapped)),
        wrappers.RenderCollection(pictures, reset_clean=False),
        wrappers.TimeLimit(wrappers.RecordEpisodeStatistics(lake()), 5),
    ]
    if hasattr(wrappers, "ObstructView"):
        around.append(wrappers.ObstructView(pictures, 0.1, 2))
    for env in around:
        for ours, theirs in zip(vars_of(MDP.from_env(env)), vars_of(expected), strict=True):
            assert np.array_equal(ours, theirs), env


def test_the_shortest_of_several_time_limits_is_kept():
    for limits in ((7, 9), (9, 7)):
        env = lake(max_episode_steps=-1).unwrapped
        for steps in limits:
            env = wrappers.RecordEpisodeStatistics(wrappers.TimeLimit(env, steps))
        assert TabularEnv.from_env(env)._max_episode_steps == 7
    assert type(TabularEnv.from_env(lake().unwrapped)) is TabularEnv


def test_a_table_of_the_whole_is_the_way_around():
    """A reward turned around: v of the table that says so, and not that of the one inside."""
    inner = lake().unwrapped.P
    P = {s: {a: [(p, t, -r, end) for p, t, r, end in inner[s][a]] for a in range(4)}
         for s in range(16)}  # fmt: skip
    v = optimal(MDP.from_table(P), 0.9).v
    assert v[0] == pytest.approx(0, abs=1e-6)  # one never crosses
    assert optimal(MDP.from_env(lake()), 0.9).v[0] == pytest.approx(0.0689, abs=1e-4)


needs_taxi = pytest.mark.skipif("Taxi-v4" not in gymnasium.registry, reason="an older Gymnasium")


@needs_taxi
def test_a_fickle_passenger_is_in_no_table():
    for read in (MDP.from_env, TabularEnv.from_env):
        with pytest.raises(ValueError, match="got fickle_passenger=True"):
            read(gymnasium.make("Taxi-v4", fickle_passenger=True))


@needs_taxi
def test_the_rain_is_in_the_table():
    """What the world does, against the model: five pairs at 1e-6 each, with a fixed seed."""
    env = gymnasium.make("Taxi-v4", is_rainy=True).unwrapped
    model, n = MDP.from_env(env), 2000
    assert model.outcomes == 3
    env.reset(seed=0)
    for s, a in ((228, 0), (228, 1), (228, 2), (228, 3), (44, 0)):
        seen = np.zeros(500)
        for _ in range(n):
            env.s = s
            seen[env.step(a)[0]] += 1
        expected = n * model.P[s, a]
        assert (seen[expected == 0] == 0).all()
        assert chisquare(seen[expected > 0], expected[expected > 0]).pvalue > 1e-6, (s, a)


def test_train_does_not_look_through_a_wrapper_either():
    """Twice the reward is twice the values, bit by bit, compiled or not."""

    def learned(twice):
        env = GridWorld(start=0)
        env.np_random = np.random.default_rng(0)
        env = wrappers.TransformReward(env, lambda r: 2 * r) if twice else env
        rng = np.random.default_rng(1)
        agent = QLearning(25, 5, gamma=0.9, alpha=0.5, epsilon=0.2, rng=rng)
        train(agent, wrappers.TimeLimit(env, 50), steps=20_000)
        return agent.q

    assert np.array_equal(learned(twice=True), 2 * learned(twice=False))
    agent = QLearning(25, 5, gamma=0.9, alpha=0.5, epsilon=0.2, rng=np.random.default_rng(1))
    assert why_not(agent, wrappers.TimeLimit(GridWorld(), 50)) is None
    for env in (
        wrappers.TransformReward(GridWorld(), lambda r: r),
        wrappers.TimeLimit(wrappers.TransformReward(GridWorld(), lambda r: r), 50),
        wrappers.StickyAction(GridWorld(), 0.5),
        wrappers.TimeLimit(wrappers.TimeLimit(GridWorld(), 50), 60),
        MyTimeLimit(GridWorld(), 50),
    ):
        assert "env must be" in why_not(agent, env)


# Where does it start?


def test_the_start_is_what_the_world_states():
    stated = {"initial_state_distrib": [0.25, 0.75]}
    for has in (stated, {"isd": [0.25, 0.75]}, stated | {"isd": [1.0, 0.0]}):
        assert TabularEnv.from_env(Listed(SURE, **has)).start.tolist() == [0.25, 0.75]
    single = np.array([0.1, 0.9], dtype=np.float32)
    start = TabularEnv.from_env(Listed(SURE, isd=single)).start
    assert start.sum() == pytest.approx(1, abs=1e-15)
    assert start == pytest.approx([0.1, 0.9], rel=1e-7)


def test_a_world_that_states_no_start_needs_one():
    for has in ({}, {"isd": None}):
        with pytest.raises(ValueError, match=r"^start must be given, .* Listed does not state"):
            TabularEnv.from_env(Listed(SURE, **has))
    assert TabularEnv.from_env(Listed(SURE), start=1).start.tolist() == [0, 1]
    assert TabularEnv.from_env(Listed(SURE), start=[0.5, 0.5]).start.tolist() == [0.5, 0.5]
    assert TabularEnv.from_env(Listed(SURE, isd=[1, 0]), start=1).start.tolist() == [0, 1]
    assert TabularEnv.from_env(lake(), start=3).reset(seed=0)[0] == 3


@pytest.mark.parametrize(
    ("has", "message"),
    [
        ({"isd": [1.0, 0.0, 0.0]}, r"^env.isd must be a state or a distribution \(2,\), got \(3,"),
        ({"isd": [0.5, 0.4]}, r"^env.isd must sum to 1, got 0.9"),
        ({"initial_state_distrib": 2}, r"^env.initial_state_distrib must be a whole number from 0"),
    ],
)
def test_a_start_that_is_none(has, message):
    with pytest.raises(ValueError, match=message):
        TabularEnv.from_env(Listed(SURE, **has))


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"])
def test_built_in_worlds_start_as_they_do(name):
    if name not in gymnasium.registry:
        pytest.skip("an older Gymnasium")
    env = gymnasium.make(name)
    start = TabularEnv.from_env(env).unwrapped.start
    assert {env.reset(seed=k)[0] for k in range(50)} <= set(np.flatnonzero(start))
    assert np.array_equal(start, env.unwrapped.initial_state_distrib)


# float32 distributions


def softmax_in(dtype, rng, *shape):
    """As a network would give it, its sum taken one by one: the worst that one does."""
    h = rng.uniform(0.1, 5) * rng.normal(size=shape)
    w = np.exp((h - h.max(-1, keepdims=True)).astype(dtype))
    p = w / w.cumsum(-1, dtype=dtype)[..., -1:]
    assert p.dtype == dtype
    return p


def endless(S):
    """Every state leads to itself."""
    s = np.arange(S)[:, None, None]
    return MDP(np.ones(s.shape), s, np.zeros(s.shape), np.zeros(s.shape))


def one_state(p):
    """A state, an action, as many outcomes as p has entries."""
    r = np.arange(len(p), dtype=float)
    return MDP(p[None, None], 0 * r[None, None], r[None, None], 0 * r[None, None])


RNG = np.random.default_rng(0)
LEARNS = {"gamma": 0.9, "rng": RNG}
TABLES = {  # of S x A; what each keeps of it
    "Follow": lambda p: Follow(p, RNG).pi,
    "TD0": lambda p: TD0(p, alpha=0.1, **LEARNS).pi,
    "LinearTD": lambda p: LinearTD(np.eye(len(p)), p, alpha=0.1, **LEARNS).pi,
    "behaviour": lambda p: OffPolicyActorCritic(
        Softmax(Table(*p.shape)), Table(len(p), 1), behaviour=p, alpha_theta=0.1, alpha_w=0.1,
        **LEARNS,
    ).behaviour,
    "TabularDPO": lambda p: TabularDPO(np.maximum(p, np.float32(1e-30)), beta=0.1).pi_ref,
    "policy_iteration": lambda p: next(policy_iteration(any_model(*p.shape), 0.9, p)).pi,
    "MDP": lambda p: np.stack([one_state(row).p[0, 0].sum(keepdims=True) for row in p]),
}  # fmt: skip
ROWS = {  # of S
    "start": lambda d: TabularEnv(endless(len(d)), start=d).start,
    "power_iteration": lambda d: next(power_iteration(np.eye(len(d)), d)),
    "td_matrices": lambda d: (
        td_matrices(endless(len(d)), np.ones((len(d), 1)), 0.0, np.eye(len(d)), d)[0].diagonal()
    ),
    "average_value": lambda d: np.array(
        [average_value(MDP.from_matrices(np.eye(len(d))[:, None], np.ones((len(d), 1))),
                       np.ones((len(d), 1)), 0.0, d)]
    ),
    "P": lambda d: MDP.from_matrices(np.tile(d, (len(d), 1, 1)), np.ones((len(d), 1))).P[0, 0],
    "P_pi": lambda d: stationary_distribution(np.tile(d, (len(d), 1))),
    "from_table": lambda d: MDP.from_table(
        [[[(p, k, 0.0, False) for k, p in enumerate(d)]]] * len(d)
    ).P[0, 0],
}  # fmt: skip


def any_model(S, A):
    return MDP.from_matrices(RNG.dirichlet(np.ones(S), size=(S, A)), RNG.normal(size=(S, A)))


@pytest.mark.parametrize("name", [*TABLES, *ROWS])
def test_float32_distributions_are_taken_by_everyone(name, rng):
    for A in (1, 2, 3, 4, 5, 6, 10, 30, 100) + ((300, 1000) if name in TABLES else ()):
        for _ in range(3):
            shape = (int(rng.integers(1, 12)), A) if name in TABLES else (A,)
            got = (TABLES | ROWS)[name](softmax_in(np.float32, rng, *shape))
            assert got.dtype == np.float64
            assert got.sum(-1) == pytest.approx(np.ones(got.shape[:-1]), abs=1e-13), A


def test_two_hundred_policies_of_float32(rng):
    for _ in range(200):
        S, A = int(rng.integers(1, 50)), int(rng.choice([2, 3, 4, 5, 10, 100, 1000]))
        p = softmax_in(np.float32, rng, S, A)
        exact = p.astype(float) / p.astype(float).sum(-1, keepdims=True)
        assert np.abs(Follow(p, rng).pi - exact).max() < 1e-15


def test_the_values_of_a_float32_policy_are_those_of_the_policy_it_says(rng):
    """A sum of 1 + 1e-7 would be a discount of 0.9999 (1 + 1e-7): off by a thousandth."""
    model = MDP.from_matrices(rng.dirichlet(np.ones(5), size=(5, 4)), 1 + rng.random((5, 4)))
    p = softmax_in(np.float32, rng, 5, 4)
    exact = p.astype(float) / p.astype(float).sum(-1, keepdims=True)
    assert not (p.astype(float) == exact).all()
    v = policy_value(model, exact, 0.9999)
    assert policy_value(model, p, 0.9999) == pytest.approx(v, rel=1e-11)
    assert bellman_operator(model, p, 0.9999)(v) == pytest.approx(v, rel=1e-11)
    assert solve(policy_iteration(model, 0.9, p)).v == pytest.approx(optimal(model, 0.9).v)


@pytest.mark.parametrize("n", [3, 6, 7, 9, 11, 13, 300, 1000])
def test_numbers_typed_with_eight_digits(n, rng):
    rounded, cut = [float(f"{1 / n:.8f}")] * n, [np.floor(1e8 / n) / 1e8] * n
    several = rng.dirichlet(np.ones(n), size=4).round(8)
    for p in (rounded, cut, several, several[0], [rounded, cut]):
        got = check_distribution(p, "p")
        assert got.sum(-1) == pytest.approx(np.ones(got.shape[:-1]), abs=1e-14)
        assert got == pytest.approx(np.array(p), abs=1e-5 / n)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, list])
@pytest.mark.parametrize("n", [1, 2, 5, 100, 1000, 20_000])
def test_real_mistakes_are_still_refused(dtype, n):
    for total in (0.9, 0.998, 0.999, 1.001, 1.002, 1.1):
        p = np.full(n, total / n)
        p = p.tolist() if dtype is list else p.astype(dtype)
        if dtype is np.float16 and abs(float(np.sum(p, dtype=float)) - 1) < 5e-4:
            continue  # float16 does not tell it from 1
        with pytest.raises(ValueError, match=r"^p must sum to 1, got"):
            check_distribution(p, "p")


def test_float64_is_held_to_its_own_precision():
    for error in (3e-8, -3e-8, 1.2e-7, 1e-6):
        with pytest.raises(ValueError, match=r"^pi\[1\] must sum to 1, got"):
            Follow([[0.5, 0.5], [0.5, 0.5 + error]], np.random.default_rng(0))
    check_distribution(np.array([0.5, 0.5 + 1.2e-7], dtype=np.float32), "p")
    for zeros in (0, 100):  # which are exact: only what is positive may be off
        with pytest.raises(ValueError, match="must sum to 1"):
            check_distribution(np.array([0.5, 0.5 + 1e-6] + [0] * zeros, np.float32), "p")


def test_what_sums_to_one_is_taken_as_it_is():
    p = np.array([[0.1, 0.2, 0.7], [1.0, 0.0, 0.0]])
    assert check_distribution(p, "p") is p
    with pytest.raises(ValueError, match=r"p must be an array of probabilities, got 1\.0"):
        check_distribution(1.0, "p")


def test_a_row_of_float64_beside_one_of_float32_keeps_its_digits():
    single = np.float32(1 / 3)
    P = [[[(single, 0, 0.0, False)] * 3], [[(1 / 3, 0, 0.0, True), (2 / 3, 1, 0.0, False)]]]
    assert MDP.from_table(P).p.tolist() == [[[1.0, 0.0]], [[1 / 3, 2 / 3]]]
    third = 1 / 3 + 1e-7
    with pytest.raises(ValueError, match=r"^P\[1, 0\] must sum to 1"):
        MDP.from_table([P[0], [[(third, 0, 0.0, True), (2 / 3, 1, 0.0, False)]]])


# Integers beyond all floats


@pytest.mark.parametrize("many", [400, 5000])
def test_an_integer_too_large_for_a_float_is_named(many):
    huge, model = 10**many, GridWorld().model
    calls = {
        "r_target": lambda: GridWorld(r_target=huge),
        "gamma": lambda: model.lookahead(np.zeros(25), huge),
        "tol": lambda: optimal(model, 0.9, huge),
        "x": lambda: check_number(-huge, "x"),
        "n": lambda: check_count(huge, "n"),
        "s": lambda: check_index(huge, 5, "s"),
        "v": lambda: model.lookahead([huge] * 25, 0.9),
        "R": lambda: MDP.from_matrices([[[1.0]]], [[huge]]),
        "P": lambda: MDP.from_table([[[(1.0, 0, huge, False)]]]),
        "alpha": lambda: TD0([[1.0]], gamma=0.9, alpha=huge, rng=np.random.default_rng(0)),
    }
    for name, call in calls.items():
        with pytest.raises(ValueError, match=rf"^{name} must .*, got ") as error:
            call()
        assert len(str(error.value)) < 250


def test_integers_of_more_than_64_bits_are_numbers():
    model = MDP.from_matrices([[[1.0]]], [[2**70]])
    assert model.R.tolist() == [[2.0**70]]
    check_tol(2**70)
