import tracemalloc

import gymnasium
import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbook import MDP, GridModel, GridWorld, TabularEnv, uniform
from rlbook.checks import check_model

seeds = st.integers(0, 2**32 - 1)


def table(*outcomes):
    """A model of one state per row of outcomes, one action each."""
    K = max(map(len, outcomes))
    filled = [list(row) + [(0.0, 0, 0.0, False)] * (K - len(row)) for row in outcomes]
    p, s_next, r, terminated = (
        np.array([[[o[i] for o in row]] for row in filled]) for i in range(4)
    )
    return MDP(p, s_next, r, terminated)


def test_impossible_outcomes_are_dropped_and_rows_filled_up():
    m = table(
        [(0.0, 1, 5.0, True), (0.25, 1, 2.0, False), (0.75, 0, 1.0, True)], [(1.0, 0, 3.0, False)]
    )
    assert m.p.tolist() == [[[0.25, 0.75]], [[1.0, 0.0]]]
    assert m.s_next.tolist() == [[[1, 0]], [[0, 1]]]  # filled up with s itself
    assert m.r.tolist() == [[[2.0, 1.0]], [[3.0, 0.0]]]
    assert m.terminated.tolist() == [[[False, True]], [[False, False]]]


def test_equal_outcomes_are_merged_into_the_first_and_order_is_kept():
    m = table(
        [(0.25, 1, 2.0, False), (0.25, 0, 2.0, False), (0.25, 1, 2.0, False), (0.25, 1, 2.0, True)],
        [(0.5, 0, 1.0, False), (0.5, 0, 1.5, False)],
    )
    assert m.p.tolist() == [[[0.5, 0.25, 0.25]], [[0.5, 0.5, 0.0]]]
    assert m.s_next.tolist() == [[[1, 0, 1]], [[0, 0, 1]]]
    assert m.terminated.tolist() == [[[False, False, True]], [[False, False, False]]]


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_the_table_says_the_same_after_merging(seed):
    rng = np.random.default_rng(seed)
    S, A, K = rng.integers(1, 5, size=3)
    raw = rng.integers(0, 3, size=(S, A, K)) + (np.arange(K) == 0)  # zeros, and never all zero
    p = raw / raw.sum(-1, keepdims=True)
    s_next, r = rng.integers(S, size=p.shape), rng.integers(2, size=p.shape).astype(float)
    terminated = rng.random(p.shape) < 0.3
    v, gamma = rng.normal(size=S), rng.random()
    expected = (p * (r + gamma * (1 - terminated) * v[s_next])).sum(-1)
    m = MDP(p, s_next, r, terminated)
    assert np.allclose(m.lookahead(v, gamma), expected, atol=1e-12)
    kept = [list(naive.outcomes(m, s, a)) for s in range(S) for a in range(A)]
    assert all(len({o[1:] for o in row}) == len(row) for row in kept)
    assert m.p.shape[2] == max(map(len, kept))
    again = MDP(m.p, m.s_next, m.r, m.terminated)
    for name in ("p", "s_next", "r", "terminated"):
        assert np.array_equal(getattr(again, name), getattr(m, name))


@pytest.mark.book("eq:2.7", "eq:2.5", "eq:2.6", "eq:2.8", "eq:2.9", "eq:2.14", "eq:5.1", "eq:9.3")
@given(seeds, st.sampled_from([0.0, 0.3]))
@settings(max_examples=100, deadline=None)
def test_lookahead_P_R_under_and_end_against_loops(seed, end):
    rng = np.random.default_rng(seed)
    m = naive.random_model(rng, end=end)
    v, gamma = rng.normal(size=m.n_states), rng.random()
    assert np.allclose(m.lookahead(v, gamma), naive.lookahead(m, v, gamma), atol=1e-12)
    assert np.allclose(m.R, naive.lookahead(m, v, 0.0), atol=1e-12)
    assert np.allclose(m.R + gamma * m.P @ v, naive.lookahead(m, v, gamma), atol=1e-12)
    assert np.allclose(m.P.sum(-1), 1 - m.end, atol=1e-12)
    pi = rng.dirichlet(np.ones(m.n_actions), size=m.n_states)
    for ours, loops in zip(m.under(pi), naive.chain(m, pi), strict=True):
        assert np.allclose(ours, loops, atol=1e-12)


def test_from_matrices_with_both_shapes_of_R(rng):
    P = rng.dirichlet(np.ones(3), size=(3, 2))
    P[0, 0] = [0, 1, 0]
    R3 = rng.normal(size=(3, 2, 3))
    for R in (R3, R3[:, :, 0]):
        m = MDP.from_matrices(P, R)
        assert np.allclose(m.P, P)
        assert np.allclose(m.R, R if R.ndim == 2 else (P * R).sum(-1))
    assert not m.terminated.any()


def test_from_env_reads_through_wrappers_and_merges_duplicates(installed):
    lake = gymnasium.make("FrozenLake-v1")
    assert lake.unwrapped is not lake
    m = MDP.from_env(lake)
    assert (m.n_states, m.n_actions, m.p.shape[2]) == (16, 4, 3)
    # In the corner, left slips up, down or left: two of the three outcomes stay in state 0.
    assert {o[1]: o[0] for o in naive.outcomes(m, 0, 0)} == pytest.approx({0: 2 / 3, 4: 1 / 3})
    assert MDP.from_env(gymnasium.make(installed["CliffWalking"])).p.shape == (48, 4, 1)
    assert MDP.from_env(gymnasium.make(installed["Taxi"])).p.shape == (500, 6, 1)
    world = gymnasium.wrappers.TimeLimit(GridWorld(), 5)
    assert MDP.from_env(world) is world.unwrapped.model


def test_arrays_are_copies_and_read_only():
    p = np.ones((1, 1, 1))
    m = MDP(p, np.zeros_like(p), p, p > 0)
    p[:] = 7
    assert m.p[0, 0, 0] == 1
    assert m.r[0, 0, 0] == 1
    for array in (m.p, m.s_next, m.r, m.terminated, m.R, m.P, m.end):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        m.p = p


def test_rows_that_are_off_within_the_tolerance_are_divided_by_their_sum():
    p = np.full((1, 1, 2), 0.5 + 4e-9)
    m = MDP(p, [[[0, 0]]], [[[1.0, 2.0]]], p > 1)
    assert m.p.sum() == pytest.approx(1, abs=1e-15)


def test_lookahead_of_a_million_states_stays_within_four_tables():
    world = GridWorld(["." * 1000] * 999 + ["." * 999 + "T"])
    m = world.model
    table = sum(x.nbytes for x in (m.p, m.s_next, m.r, m.terminated))
    v = np.zeros(m.n_states)
    tracemalloc.start()
    m.lookahead(v, 0.9)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 4 * table
    with pytest.raises(ValueError, match="dense array of shape"):
        m.under(uniform(m.n_states, 5))
    with pytest.raises(ValueError, match="dense array of shape"):
        _ = m.P


ONE = np.ones((2, 1, 1))
ZERO = np.zeros((2, 1, 1))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((np.ones((2, 2)), ZERO, ZERO, ZERO), r"p must have shape \(states, actions, outcomes\)"),
        ((ONE, np.zeros((2, 1, 2)), ZERO, ZERO), r"s_next must have the shape of p, \(2, 1, 1\)"),
        ((ONE, ZERO, np.zeros(2), ZERO), r"r must have the shape of p"),
        ((ONE * 0.9, ZERO, ZERO, ZERO), r"p\[0, 0\] must sum to 1, got 0.9"),
        ((-ONE, ZERO, ZERO, ZERO), r"p must be finite and not negative, got -1.0 at \(0, 0, 0\)"),
        ((ONE * np.nan, ZERO, ZERO, ZERO), r"p must be finite"),
        ((ONE, ZERO + 2, ZERO, ZERO), r"s_next must be states 0 to 1, got 2.0 at \(0, 0, 0\)"),
        ((ONE, ZERO - 1, ZERO, ZERO), r"s_next must be states 0 to 1, got -1.0"),
        ((ONE, ZERO + 0.5, ZERO, ZERO), r"s_next must be states 0 to 1, got 0.5"),
        ((ONE, ZERO * np.nan, ZERO, ZERO), r"s_next must be states 0 to 1, got nan"),
        ((ONE, ZERO, ZERO + np.inf, ZERO), r"r must be finite, got inf at \(0, 0, 0\)"),
        ((ONE, ZERO, ZERO, ZERO + 2), r"terminated must be true or false, got 2.0"),
    ],
)
def test_bad_tables(arrays, message):
    with pytest.raises(ValueError, match=message):
        MDP(*arrays)


@pytest.mark.parametrize(
    ("P", "R", "message"),
    [
        (
            np.ones((2, 1, 3)) / 3,
            np.zeros((2, 1)),
            r"P must have shape \(S, A, S\), got \(2, 1, 3\)",
        ),
        (np.ones((2, 1, 2)) / 2, np.zeros(2), r"R must have shape \(2, 1\) or \(2, 1, 2\)"),
        (np.ones((2, 1, 2)), np.zeros((2, 1)), r"P\[0, 0\] must sum to 1, got 2.0"),
        ([["a"]], np.zeros((2, 1)), r"P must be an array of real numbers, got \[\['a'\]\]"),
        (np.ones((2, 1, 2)) / 2, [[0], [np.nan]], r"^R must be finite, got nan at \(1, 0\)$"),
        (np.ones((1, 1, 1)), [[1j]], r"R must be an array of real numbers, got"),
    ],
)
def test_bad_matrices(P, R, message):
    with pytest.raises(ValueError, match=message):
        MDP.from_matrices(P, R)


def test_an_environment_without_a_table():
    with pytest.raises(
        ValueError, match=r"env must have a table of outcomes P\[s\]\[a\].*CartPole"
    ):
        MDP.from_env(gymnasium.make("CartPole-v1"))
    with pytest.raises(ValueError, match="env must have a table"):
        TabularEnv.from_env(gymnasium.make("CartPole-v1"))
    with pytest.raises(
        ValueError, match=r"got GridModel.* without one: pass model\.table\(\) or a GridWorld$"
    ):
        MDP.from_env(GridModel("..T"))


def test_what_is_no_environment():
    for env, message in (
        (GridWorld().model, r"be an environment, got MDP\(.*\): this is a model already$"),
        (GridWorld, r"be an environment, got the class GridWorld: write GridWorld\(\)$"),
        ("FrozenLake-v1", r"have a table .*: use gymnasium\.make\('FrozenLake-v1'\)$"),
    ):
        for read in (MDP.from_env, TabularEnv.from_env):
            with pytest.raises(ValueError, match=f"^env must {message}"):
                read(env)


def test_an_environment_is_no_model():
    for env, message in (
        (GridWorld(), r"got GridWorld: pass its \.model$"),
        (gymnasium.make("FrozenLake-v1"), r"got TimeLimit: use MDP\.from_env\(env\)$"),
        (3.0, "got float$"),
    ):
        with pytest.raises(ValueError, match=f"^model must be an MDP or a GridModel, {message}"):
            check_model(env)


class Listed:
    """A world that lists its outcomes."""

    def __init__(self, P):
        self.P = P


ROW = {0: [(1.0, 0, 0.0, False)]}


@pytest.mark.parametrize(
    "P",
    [
        {1: ROW, 2: ROW},  # states that do not begin at 0
        {0: ROW, 1: {1: ROW[0]}},  # other actions in another state
        {0: {0: [(1.0, 0, 0.0)]}},  # three numbers
        {0: {0: [(1.0, 0, 0.0, "no")]}},
        {0: {0: 5}},
    ],
)
def test_irregular_tables_of_an_environment(P):
    with pytest.raises(ValueError, match=r"env.P must list outcomes .* for states 0 to"):
        MDP.from_env(Listed(P))
    with pytest.raises(ValueError, match=r"s_next must be states 0 to 0, got 0\.5"):
        MDP.from_env(Listed({0: {0: [(1.0, 0.5, 0.0, False)]}}))


@pytest.mark.parametrize("v", [np.full(25, np.nan), ["a"] * 25, None, np.zeros(25) + 1j])
def test_values_that_are_no_numbers(v):
    with pytest.raises(ValueError, match=r"v must be (finite|an array of real numbers), got"):
        GridWorld().model.lookahead(v, 0.9)


@pytest.mark.parametrize("gamma", [-0.1, 1.1, np.nan, "0.9", None, [0.9]])
def test_gamma_outside_its_range(gamma):
    with pytest.raises(ValueError, match=r"gamma must lie in \[0, 1\], got"):
        GridWorld().model.lookahead(np.zeros(25), gamma)


def test_wrong_shapes_of_v_and_pi():
    m = GridWorld().model
    with pytest.raises(ValueError, match=r"v must have shape \(25,\).*got \(5, 5\)"):
        m.lookahead(np.zeros((5, 5)), 0.9)
    with pytest.raises(ValueError, match=r"pi must have shape \(25, 5\), got \(5, 25\)"):
        m.under(np.zeros((5, 25)))
    with pytest.raises(ValueError, match=r"pi\[0\] must sum to 1, got 0.0"):
        m.under(np.zeros((25, 5)))
    with pytest.raises(
        ValueError, match=r"pi must be finite and not negative, got nan at \(0, 0\)"
    ):
        m.under(np.full((25, 5), np.nan))


def test_repr_is_short():
    assert repr(GridWorld(slip=0.1).model) == "MDP(25 states, 5 actions, up to 3 outcomes)"
