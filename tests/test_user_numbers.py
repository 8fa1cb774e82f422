"""Numbers as users have them: distributions in float32 or typed, integers beyond all floats."""

import numpy as np
import pytest

from rlbook import (
    MDP,
    TD0,
    Follow,
    GridWorld,
    LinearTD,
    OffPolicyActorCritic,
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
)
from rlbook.checks import check_count, check_distribution, check_index, check_number, check_tol
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax

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


def test_a_row_of_float64_beside_one_of_float32_keeps_its_digits():
    single = np.float32(1 / 3)
    P = [[[(single, 0, 0.0, False)] * 3], [[(1 / 3, 0, 0.0, True), (2 / 3, 1, 0.0, False)]]]
    assert MDP.from_table(P).p.tolist() == [[[1.0, 0.0]], [[1 / 3, 2 / 3]]]
    third = 1 / 3 + 1e-7
    with pytest.raises(ValueError, match=r"^P\[1, 0\] must sum to 1"):
        MDP.from_table([P[0], [[(third, 0, 0.0, True), (2 / 3, 1, 0.0, False)]]])


# Real mistakes beside errors of rounding


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
