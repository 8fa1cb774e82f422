"""`optimal` is right in whatever way it goes: on models made to hurt, near rounding, without numba.

A way is a method and whether the compiled twins are used; v* comes from `naive`, or is known.
"""

import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import naive
import numpy as np
import pytest
from test_grid_model import random_grid

from rlbook import MDP, greedy, optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning import answer, cost, policy_sweeps
from rlbook.planning.certificate import EPS, certified

SLIPPERY, PLAIN = GridModel(("..", ".T"), slip=0.1), GridModel(("..", ".T"))


class Way(NamedTuple):
    method: str | None
    compiled: bool

    def optimal(self, model, gamma, tol, **more):
        return optimal(model, gamma, tol, method=self.method, compiled=self.compiled, **more)

    def suits(self, model):
        grid = isinstance(model, GridModel)
        return {
            "in place": grid,
            "in order": not grid,
            "best first": not grid and model.outcomes == 1,
        }.get(self.method, True)


WAYS = [
    Way(method, compiled)
    for method in (None, "value iteration", "policy sweeps", "best first", "in order", "in place")
    for compiled in (False, True)
    if (method, compiled)
    not in (("value iteration", True), ("best first", False), ("in order", False))
]
ways = pytest.mark.parametrize(
    "way",
    WAYS,
    indirect=True,
    ids=[f"{way.method}-{'compiled' if way.compiled else 'numpy'}" for way in WAYS],
)


def each(models, ways=WAYS):
    """Each model in each way that suits it."""
    return pytest.mark.parametrize(
        ("way", "name"),
        [
            pytest.param(
                way, name, id=f"{way.method}-{(way.compiled and 'compiled') or 'numpy'}-{name}"
            )
            for way in ways
            for name, model in models.items()
            if way.suits(model)
        ],
        indirect=["way"],
    )


def needs_numba():
    pytest.importorskip("numba", reason="the extra `fast` is not installed")


@pytest.fixture
def way(request):
    if request.param.compiled:
        needs_numba()
    return request.param


@pytest.fixture(autouse=True)
def _never_endless():
    """A search that does not end is a failure."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_):
        raise TimeoutError("endless")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 20)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Patience:
    """A `progress` that keeps what it is told, and does not listen forever."""

    def __init__(self, most=3_000):
        self.told, self.most = [], most

    def __call__(self, bound):
        self.told.append(bound)
        if len(self.told) > self.most:
            raise TimeoutError(f"endless: the last bounds are {self.told[-3:]}")


def hold(model, gamma, tol, v_star, way, label=None):
    """|v - v*| <= bound <= tol, and q and pi are those of v."""
    best = way.optimal(model, gamma, tol, progress=Patience())
    slack = 1e-13 * (1 + np.abs(v_star).max()) / (1 - gamma)  # of the oracle
    assert 0 <= best.bound <= tol, label
    assert np.abs(best.v - v_star).max() <= best.bound + slack, label
    looks_ahead(best, model, gamma, way.compiled is False, label)
    return best


def looks_ahead(best, model, gamma, plain, label):
    """q is lookahead(v), and pi is greedy for it: bit for bit, or but for the order of K terms."""
    q = model.lookahead(best.v, gamma)
    K = 0 if plain or model.outcomes == 1 else model.outcomes + 1
    most = EPS * K * (model.r_max + np.abs(best.v).max())
    assert np.abs(best.q - q).max() <= most, label
    assert np.array_equal(best.pi, greedy(best.q)), label


@ways
@pytest.mark.parametrize("end", [0.0, 0.05, 0.4])
def test_on_random_models(way, end):
    slow = way.method == "value iteration"
    for seed in range(100 if way.compiled else 50):
        rng = np.random.default_rng(seed)
        single = way.method == "best first" or seed % 3 == 0
        model = naive.random_model(rng, end=end, outcomes=1 if single else None)
        if way.method == "in place":
            model = GridModel(**random_grid(rng))
        gamma = float(rng.choice([0, 0.5, 0.9, 0.99] + [0.999] * (not slow)))
        tol = float(10.0 ** -rng.integers(0, 7))
        table = model.table() if isinstance(model, GridModel) else model
        hold(model, gamma, tol, naive.best_values(table, gamma), way, seed)


# Models made to hurt


def sure(to, r, terminated=False):
    """A model where nothing is random: to (S, A), r (S, A)."""
    to = np.array(to)[..., None]
    r = np.broadcast_to(np.array(r, dtype=float)[..., None], to.shape)
    return MDP(np.ones(to.shape), to, r, np.broadcast_to(terminated, to.shape))


def halves(to, r, terminated, p=0.5):
    """Two outcomes a pair, in the last axis."""
    to = np.array(to)
    p = np.broadcast_to([p, 1 - p], to.shape)
    return MDP(p, to, np.broadcast_to(r, to.shape), np.broadcast_to(terminated, to.shape))


def ring(n):
    """On by one for 1, or by five for 2: the longer way is the better one."""
    s = np.arange(n)
    return sure(np.stack([s + 1, s + 5], -1) % n, np.tile([1.0, 2.0], (n, 1)))


def gold_far_away(n):
    """A line: here a little for staying, there a lot at the end, and a loss on each step."""
    s = np.arange(n)
    r = np.tile([-1.0, 0.5], (n, 1))
    r[-1] = 30
    return sure(np.stack([np.minimum(s + 1, n - 1), s], -1), r)


def deterministic(low, high, *, S=12, A=3, seed=0):
    rng = np.random.default_rng(seed)
    return sure(rng.integers(S, size=(S, A)), rng.uniform(low, high, size=(S, A)))


S = np.arange(6)
HURT = {
    "two-cycle": (sure([[1, 0], [0, 1]], [[1.0, 0.5], [0.9, 0.95]]), 0.999),
    "three-cycle": (sure([[1, 0], [2, 0], [0, 1]], [[3, 1], [-1, 2], [2, 1]]), 0.99),
    "two-cycles apart": (sure([[1], [0], [3], [2]], [[10], [9], [-10], [-9]]), 0.99),
    "a longer way": (ring(30), 0.99),
    "gold far away": (gold_far_away(40), 0.99),
    "losses only": (deterministic(-2, -1), 0.99),
    "gains only": (deterministic(1, 2), 0.99),
    "all alike": (deterministic(1, 1), 0.99),
    "nothing at all": (deterministic(0, 0), 0.99),
    "all -1": (deterministic(-1, -1), 0.99),
    "one state": (sure([[0, 0, 0]], [[1, 3, 2]]), 0.999),
    "one action": (deterministic(-1, 1, A=1), 0.99),
    "one pair": (sure([[0]], [[-7]]), 0.999),
    "everything stays": (sure(np.stack([S, S], -1), np.stack([S, -S], -1)), 0.99),
    "it always ends": (sure(np.stack([S, S], -1), np.stack([S, 2 - S], -1), True), 0.999),
    "stay or end": (halves([[[0, 0]] * 2, [[1, 0]] * 2], [1, 2], [False, True], 0.9), 0.999),
    "rare ends": (halves([[[0, 1]], [[1, 0]]], [1, -2], [False, True], 1 - 1e-6), 0.99),
    "hardly ever away": (halves([[[0, 1]], [[1, 0]]], [0, 1], False, 1 - 1e-9), 0.99),
    "better to end": (halves([[[0, 0]], [[0, 1]]], -1.0, [False, True]), 0.99),
    "one terrible pair": (sure([[1, 0], [0, 1]], [[1, -1e6], [2, 0]]), 0.99),
    "one bad end": (sure([[1, 0], [0, 1]], [[1, -1e4], [2, 0]], [[[False], [True]]] * 2), 0.99),
    "no future": (deterministic(-1, 1), 0.0),
}


@each({name: model for name, (model, _) in HURT.items()})
def test_on_models_made_to_hurt(way, name):
    model, gamma = HURT[name]
    v_star = naive.best_values(model, gamma)
    for tol in (1.0, 1e-3, 1e-6):
        hold(model, gamma, tol, v_star, way, tol)


GRIDS = {
    "out of reach": GridModel(("..#T", "..##"), forbidden="wall"),
    "out of reach, and it ends": GridModel(
        ("..#T", "..##"), forbidden="wall", terminate_at_target=True
    ),
    "bumps pay": GridModel(("...", ".#.", "..T"), r_boundary=2.0),
    "bumps pay, slip": GridModel(("...", ".#.", "..T"), r_boundary=2.0, slip=0.5),
    "walls pay": GridModel(("...", ".#.", "..T"), r_forbidden=2.0, forbidden="wall", slip=0.1),
    "slip 1": GridModel(("...", ".#.", "..T"), slip=1.0),
    "slip 1, it ends": GridModel(("...", ".#.", "..T"), slip=1.0, terminate_at_target=True),
    "the end is to be put off": GridModel("..T../.....", r_other=1.0, terminate_at_target=True),
    "the end is a relief": GridModel(
        (".....", ".###.", "...#T"),
        r_other=-1.0,
        r_target=-3.0,
        r_forbidden=-9.0,
        terminate_at_target=True,
        slip=0.1,
    ),
    "one cell": GridModel("T", slip=0.5),
    "one cell, it ends": GridModel("T", r_target=-1.0, terminate_at_target=True, slip=0.5),
    "one row": GridModel("T........#..", slip=0.1),
    "one column": GridModel("/".join("..#.....T"), forbidden="wall", slip=0.5),
    "walls all around": GridModel(("####", "##T#", "####"), forbidden="wall", slip=0.1),
    "nothing at all": GridModel("../.T", r_boundary=0, r_forbidden=0, r_target=0, slip=0.1),
    "targets all over": GridModel("TTT/TTT", terminate_at_target=True, slip=0.5),
}


@each(GRIDS | {f"{name}, its table": grid.table() for name, grid in GRIDS.items()})
def test_on_grids_made_to_hurt(way, name):
    grid, gamma = GRIDS[name.removesuffix(", its table")], 0.99
    table = grid.table()
    model = grid if name in GRIDS else table
    v_star = naive.best_values(table, gamma)
    for tol in (1.0, 1e-6):
        hold(model, gamma, tol, v_star, way, tol)


@ways
def test_large_and_small_rewards(way):
    """All in another currency: powers of two, so that v* is known to the last bit."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rewards = {"r_boundary": -1.0, "r_forbidden": -2.5, "r_target": 1.5, "r_other": -0.25}
        options = random_grid(rng, slip=0 if way.method == "best first" else None) | rewards
        v_star = naive.best_values(GridModel(**options).table(), 0.9)
        for scale in (2.0**20, 2.0**-20, 2.0**-60):
            much = options | {name: scale * r for name, r in rewards.items()}
            model = GridModel(**much)
            model = model if way.suits(model) else model.table()
            hold(model, 0.9, 1e-8 * scale, scale * v_star, way, (seed, scale))


def serpentine(n):
    """One corridor to and fro through a square; the values of its cells are known."""
    cells = np.full((n, n), "#")
    path = []
    for row in range(0, n, 2):
        there = range(n) if row % 4 == 0 else range(n - 1, -1, -1)
        path += [(row, col) for col in there]
        if row + 1 < n:
            path.append((row + 1, path[-1][1]))
    cells[tuple(np.transpose(path))] = "."
    cells[path[-1]] = "T"
    return ["".join(row) for row in cells], path[::-1]


@ways
def test_a_long_corridor(way):
    n, gamma = 41, 0.999
    layout, path = serpentine(n)
    grid = GridModel(layout, forbidden="wall")
    v = np.zeros((n, n))
    for d, cell in enumerate(path):
        v[cell] = gamma ** max(d - 1, 0) / (1 - gamma)
    walls = grid.kind.ravel() == 1
    v_star = v.ravel()
    v_star[walls] = grid.lookahead(v_star, gamma).max(-1)[walls]  # out of a wall, to a free cell
    model = grid if way.suits(grid) else grid.table()
    hold(model, gamma, 1.0 if way.method == "value iteration" else 1e-6, v_star, way)


# As far as rounding allows


def as_far_as_rounding_allows(model, gamma, v_max, way, label):
    """Certified, or refused; never endless. Returns what was certified."""
    got = []
    for factor in (0.5, 1.01, 1.5, 2, 3, 5, 10, 30, 100, 1e3):
        tol, why = factor * 2 * EPS * v_max / (1 - gamma), ""
        try:
            best = way.optimal(model, gamma, tol, progress=Patience())
        except ValueError as refused:
            why = str(refused)
        if why:
            assert "which is what rounding leaves" in why, label
            assert factor < 100, (label, factor, why)
        else:
            assert factor > 0.5, label
            assert best.bound <= tol, label
            got.append(best)
    return got


@ways
def test_as_far_as_rounding_allows(way):
    """With S up to 4 the values of the greedy policy are known in rational numbers."""
    for seed in range(5 if way.method == "value iteration" else 12):
        rng = np.random.default_rng(seed)
        if way.method == "in place":
            table = (model := GridModel(**random_grid(rng, shape=(2, 2)))).table()
        else:
            end, K = float(rng.choice([0, 0.3])), 1 if way.method == "best first" else None
            table = model = naive.random_model(rng, states=4, actions=3, end=end, outcomes=K)
        gamma = float(rng.choice([0.5, 0.9, 0.99]))
        v_max = np.abs(naive.best_values(table, gamma)).max()
        got = as_far_as_rounding_allows(model, gamma, v_max, way, seed)
        best = got[0]
        exact = naive.exact_policy_value(table, best.pi.argmax(-1), gamma)
        error = max(abs(Fraction(float(x)) - y) for x, y in zip(best.v, exact, strict=True))
        assert error <= best.bound, seed


CYCLES = {
    "two": sure([[1], [0]], [[10], [9]]),
    "two, a choice": sure([[1, 1, 0], [1, 1, 0]], [[10.5, 8.9, 4.5], [-20.3, 4.6, 8.7]]),
    "three": sure([[1], [2], [0]], [[10], [9], [3]]),
    "a random one": deterministic(1, 10, S=7),
}


@each(CYCLES, [way for way in WAYS if way.method != "value iteration"])  # which is slow here
@pytest.mark.parametrize("gamma", [0.999, 0.9999])
def test_cycles_near_rounding(way, name, gamma):
    """A cycle forgets as slowly as gamma, and rounding stops it early: ulp / (1 - gamma)^2."""
    model = CYCLES[name]
    v_star = naive.best_values(model, gamma)
    assert as_far_as_rounding_allows(model, gamma, np.abs(v_star).max(), way, gamma)
    if gamma == 0.999:
        hold(model, gamma, 1e-7, v_star, way)
    hold(model, gamma, 1e-5, v_star, way)


@each(
    {0.1: SLIPPERY.table(), 0.5: SLIPPERY.table()} | {"0.1, grid": SLIPPERY, "0.5, grid": SLIPPERY}
)
def test_grids_with_slip_near_rounding(way, name):
    """The four sweeps add up in four orders: they need not agree on the last bit."""
    for seed in (4, 6, 8):
        rng = np.random.default_rng(seed)
        slip = float(str(name).removesuffix(", grid"))
        grid = GridModel(**random_grid(rng, slip=slip, shape=(4, 5)))
        model = grid if str(name).endswith("grid") else grid.table()
        v_max = np.abs(naive.best_values(grid.table(), 0.9)).max()
        assert as_far_as_rounding_allows(model, 0.9, v_max, way, seed)


@ways
def test_a_tol_beyond_all_rounding(way):
    grid = PLAIN if way.method == "best first" else SLIPPERY
    model = grid if way.suits(grid) else grid.table()
    for tol in (1e-17, 1e-30, 1e-300):
        with pytest.raises(ValueError, match="which is what rounding leaves"):
            way.optimal(model, 0.9, tol, progress=Patience())


@ways
def test_rewards_that_no_bound_can_be_had_for(way):
    grid = GridModel("..T", r_target=1e308, r_boundary=-1e308)
    model = grid if way.suits(grid) else grid.table()
    with pytest.raises(ValueError), np.errstate(all="ignore"):  # noqa: PT011 - any of the library's
        way.optimal(model, 0.99, 1.0, progress=Patience())


# Gamma as near to one as that


TWO = {
    "two that stay": sure([[0], [1]], [[1], [-1]]),
    "to and fro": sure([[1, 0], [1, 0]], [[-1.3, -1.4], [-0.05, 2.6]]),
    "hardly ever to the other": MDP(
        [[[1 - 1e-6, 1e-6]], [[1 - 1e-6, 1e-6]]], [[[0, 1]], [[1, 0]]],
        [[[1.0, 1.0]], [[0.0, 0.0]]], np.zeros((2, 1, 2)),
    ),
    "a long life": MDP(
        [[[0.999, 0.001]], [[1.0, 0.0]]], [[[1, 0]], [[0, 0]]],
        [[[-1.0, 0.0]], [[-1.0, 0.0]]], [[[0, 1]], [[0, 0]]],
    ),
}  # fmt: skip


def best_exactly(model, gamma):
    """v* in rational numbers, by policy iteration."""
    actions, S = np.zeros(model.n_states, dtype=int), range(model.n_states)
    while True:
        v = naive.exact_policy_value(model, actions, gamma)
        q = [[sum(Fraction(p) * (Fraction(r) + (0 if end else Fraction(gamma) * v[t]))
                  for p, t, r, end in naive.outcomes(model, s, a))
              for a in range(model.n_actions)] for s in S]  # fmt: skip
        better = [max(range(model.n_actions), key=q[s].__getitem__) for s in S]
        if all(q[s][better[s]] <= q[s][actions[s]] for s in S):
            return v
        actions = np.array(better)


def answered(model, gamma, tol, v_star, label, compiled):
    """Within two seconds: certified, and truly so, or refused. Returns whether it was answered."""
    begun = time.perf_counter()
    best, why = None, "which is what rounding leaves"
    try:
        best = optimal(model, gamma, tol, compiled=compiled)
    except ValueError as refused:
        why = str(refused)
    assert "which is what rounding leaves" in why, label
    assert time.perf_counter() - begun < 5, label  # about one, on a machine that does nothing else
    if best is not None:
        error = max(abs(Fraction(float(x)) - y) for x, y in zip(best.v, v_star, strict=True))
        assert error <= best.bound <= tol, label
    return best is not None


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("gamma", [1 - 1e-5, 1 - 1e-7, 1 - 1e-9, 1 - 1e-11])
@pytest.mark.parametrize("name", TWO)
def test_an_answer_or_an_error_however_near_gamma_is_to_one(name, gamma, compiled):
    if compiled:
        needs_numba()
    model, v_star = TWO[name], best_exactly(TWO[name], gamma)
    rounding = 2 * EPS * float(max(map(abs, v_star))) / (1 - gamma)
    for factor in (0.9, 3, 10, 1e4):
        done = answered(model, gamma, factor * rounding, v_star, factor, compiled)
        assert done == (factor > 1), factor
    answered(model, gamma, 1.0, v_star, 1.0, compiled)
    answered(model, gamma, 1.2 * rounding, v_star, 1.2, compiled)


@pytest.mark.parametrize("compiled", [False, True])
def test_random_models_with_gamma_near_one(compiled):
    if compiled:
        needs_numba()
    count = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        S, K = int(rng.integers(2, 6)), int(rng.integers(1, 3))
        end = float(rng.choice([0, 0, 0.01, 0.3]))
        model = naive.random_model(rng, states=S, actions=3, outcomes=K, end=end)
        gamma, tol = 1 - 10.0 ** -rng.integers(5, 12), 10.0 ** rng.integers(-3, 9)
        count += answered(model, gamma, tol, best_exactly(model, gamma), seed, compiled)
    assert count > 20


EXACT = {
    "it goes on": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=2),
    "it may end": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=2, end=0.2),
    "nothing is random": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=1),
    "a grid": lambda rng: GridModel(**random_grid(rng, shape=(2, 2))).table(),
}


@pytest.mark.parametrize("method", [None, "in order", "policy sweeps"])
@pytest.mark.parametrize("kind", EXACT)
def test_two_thousand_random_models_beside_exact_fractions(kind, method):
    """No bound is violated: the error is a fraction, and so is the bound."""
    needs_numba()
    for seed in range(500):
        rng = np.random.default_rng(seed)
        model, gamma = EXACT[kind](rng), float(rng.choice([0.5, 0.9, 0.99, 0.999]))
        best = optimal(model, gamma, 10.0 ** -rng.integers(0, 9), method=method, compiled=True)
        v_star = best_exactly(model, gamma)
        error = max(abs(Fraction(float(x)) - y) for x, y in zip(best.v, v_star, strict=True))
        assert error <= best.bound, seed


def test_the_error_names_a_tol_that_is_enough_and_not_much_more():
    """On the way the values may be a million times those at the end; the error tells of these."""
    model, gamma = SLIPPERY.table(), 0.999999
    with pytest.raises(ValueError, match="which is what rounding leaves") as refused:
        optimal(model, gamma, 1e-9)
    enough = float(str(refused.value).split(",")[0].split()[-1])
    assert enough < 20 * EPS * 1e6 / (1 - gamma)
    assert optimal(model, gamma, 1.05 * enough).bound <= 1.05 * enough


# Methods and progress


@pytest.mark.parametrize(
    ("model", "method", "suit"),
    [
        (PLAIN, "dijkstra", ["in place", "policy sweeps", "value iteration"]),
        (PLAIN, ["in place"], ["in place", "policy sweeps", "value iteration"]),
        (PLAIN, "best first", ["in place", "policy sweeps", "value iteration"]),
        (SLIPPERY.table(), "In Place", ["in order", "policy sweeps", "value iteration"]),
        (SLIPPERY.table(), "in place", ["in order", "policy sweeps", "value iteration"]),
        (SLIPPERY.table(), "best first", ["in order", "policy sweeps", "value iteration"]),
        (PLAIN.table(), "", ["best first", "in order", "policy sweeps", "value iteration"]),
        (PLAIN.table(), 5, ["best first", "in order", "policy sweeps", "value iteration"]),
        (PLAIN, "in order", ["in place", "policy sweeps", "value iteration"]),
    ],
)
def test_a_method_that_does_not_suit(model, method, suit):
    with pytest.raises(ValueError, match="method must be None or one of") as refused:
        optimal(model, 0.9, method=method)
    assert named(refused) == set(suit)
    assert str(refused.value).endswith(f"got {method!r}")


def named(refused):
    """The methods that an error names as those that suit."""
    return set(re.findall(r"'([^']+)'", str(refused.value).partition("]")[0]))


@pytest.mark.parametrize("compiled", [None, True, False])
def test_best_first_is_named_where_it_suits(compiled):
    with pytest.raises(ValueError, match="method must be") as refused:
        optimal(PLAIN.table(), 0.9, method="in place", compiled=compiled)
    assert named(refused) == {"best first", "in order", "policy sweeps", "value iteration"}


@pytest.mark.parametrize("model", [PLAIN, PLAIN.table()])
def test_other_bad_arguments(model):
    for gamma in (1, 1.0):
        with pytest.raises(ValueError, match="gamma must be less than 1"):
            optimal(model, gamma)
    for gamma in (2, -1, np.nan, None):
        with pytest.raises(ValueError, match="gamma must lie in"):
            optimal(model, gamma)
    for tol in (0, -1e-6, np.nan, None, "1"):
        with pytest.raises(ValueError, match="tol must be positive, got"):
            optimal(model, 0.9, tol)
    with pytest.raises(ValueError, match="progress must be a function of a bound"):
        optimal(model, 0.9, progress=True)
    for compiled in (0, 1, "yes", np.ones(2)):
        with pytest.raises(ValueError, match="compiled must be None, True or False, got"):
            optimal(model, 0.9, compiled=compiled)
    with pytest.raises(ValueError, match=r"compiled must be False or None for .* got True"):
        optimal(model, 0.9, method="value iteration", compiled=True)
    with pytest.raises(ValueError, match=r"compiled must be True or None for .* got False"):
        optimal(PLAIN.table(), 0.9, method="best first", compiled=False)
    with pytest.raises(ValueError, match=r"compiled must be True or None for .* got False"):
        optimal(PLAIN.table(), 0.9, method="in order", compiled=False)
    with pytest.raises(ValueError, match="model must be an MDP or a GridModel, got ndarray"):
        optimal(np.zeros(3), 0.9)


@ways
def test_progress_ends_with_what_was_wanted(way):
    grid = PLAIN if way.method == "best first" else SLIPPERY
    model = grid if way.suits(grid) else grid.table()
    for tol in (1.0, 1e-6, np.inf):
        listener = Patience()
        best = way.optimal(model, 0.99, tol, progress=listener)
        assert all(np.isfinite(bound) and np.ndim(bound) == 0 for bound in listener.told)
        assert listener.told[-1] == best.bound <= tol


@pytest.mark.parametrize("way", [way for way in WAYS if way.method], indirect=True)
def test_what_progress_raises_is_raised(way):
    grid = GridModel(serpentine(9)[0], forbidden="wall")
    model = grid if way.suits(grid) else grid.table()
    with pytest.raises(TimeoutError):
        way.optimal(model, 0.99, 1e-9, progress=Patience(0))


# Without numba


def no_numba(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("rlbook.") and "compil" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)


def no_twins(monkeypatch):
    for name in ("grid_sweeps", "policy_sweeps", "ordered_sweeps", "best_first", "small_models"):
        monkeypatch.setitem(sys.modules, f"rlbook.planning.compiled_{name}", None)


@pytest.mark.parametrize("without", [no_numba, no_twins])
def test_without_numba_the_answers_are_the_same(monkeypatch, without):
    models = [
        model
        for seed in range(10)
        for model in (
            GridModel(**random_grid(np.random.default_rng(seed))),
            naive.random_model(np.random.default_rng(seed), end=0.1 * (seed % 2)),
            deterministic(-1, 2, seed=seed),
        )
    ]
    usual = [optimal(model, 0.9, 1e-7, compiled=bool(find_spec("numba"))) for model in models]
    without(monkeypatch)
    for k, (model, before) in enumerate(zip(models, usual, strict=True)):
        best = optimal(model, 0.9, 1e-7)
        assert best.bound <= 1e-7, k
        assert np.abs(best.v - before.v).max() <= best.bound + before.bound, k
        looks_ahead(best, model, 0.9, True, k)
        with pytest.raises(ValueError, match="compiled=True needs numba, the extra 'fast', which"):
            optimal(model, 0.9, compiled=True)
    with pytest.raises(ValueError, match="method 'best first' needs numba, the extra 'fast'"):
        optimal(models[2], 0.9, method="best first")
    large = garnet(40_000)
    assert cost.pays_to_compile(large, 0.9, 1e-6)  # and yet:
    best, numpys = optimal(large, 0.9), optimal(large, 0.9, compiled=False)
    assert np.array_equal(best.v, numpys.v)


# Compiled or not


def garnet(S, A=5, K=4):
    """Random next states, which need not differ."""
    rng = np.random.default_rng(S)
    p, s_next = rng.dirichlet(np.ones(K), size=(S, A)), rng.integers(S, size=(S, A, K))
    r = np.broadcast_to(rng.normal(size=(S, A, 1)), p.shape)
    return MDP(p, s_next, r, np.zeros(p.shape, dtype=bool))


def grid_of(n):
    """A slippery grid of n x n cells."""
    cells = np.where(np.random.default_rng(n).random((n, n)) < 0.2, "#", ".")
    cells[n // 2, n // 3] = "T"
    return GridModel(["".join(row) for row in cells], slip=0.1)


def test_small_models_do_not_load_numba_and_large_ones_do():
    needs_numba()
    code = """
import sys
from test_planning import garnet, optimal
for model in (garnet(30), garnet(3_000)):
    optimal(model, 0.9)
    assert "rlbook.compiling" not in sys.modules, model
assert "numba" not in sys.modules
optimal(garnet(40_000), 0.9)
assert "rlbook.planning.compiled_policy_sweeps" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_once_loops_are_loaded_all_but_the_smallest_models_are_solved_by_them():
    """What takes numpy a millisecond has the bits of numpy, whatever was loaded before."""
    needs_numba()
    for model, fast in ((garnet(25), False), (garnet(1_000), True), (grid_of(8), False),
                        (grid_of(60), True), (grid_of(60).table(), True)):  # fmt: skip
        loops, numpys = (optimal(model, 0.99, compiled=compiled) for compiled in (True, False))
        assert not np.array_equal(loops.v, numpys.v), model  # or this says nothing
        assert np.array_equal(optimal(model, 0.99).v, (loops if fast else numpys).v), model


def test_what_a_model_is_thought_to_cost():
    """Sweeps until news is worth less than tol, or has crossed the grid."""
    grid = grid_of(20)  # r_max = 1
    assert cost.sweeps(grid, 0.5, 1e-3) == pytest.approx(np.log2(2e3))
    assert cost.sweeps(grid, 0.999, 1e-3) == 2 * 20
    for gamma, tol in ((0.5, 2.0), (0.5, np.inf), (0.0, 1e-300)):
        assert cost.sweeps(grid, gamma, tol) == 1
    nothing = GridModel("T", r_boundary=0, r_forbidden=0, r_target=0)
    assert cost.sweeps(nothing, 0.9, 1e-3) == 1
    assert not cost.pays_to_compile(nothing, 0.9, 1e-3)


# What policy sweeps may leave out


@pytest.mark.parametrize(
    ("method", "compiled"),
    [("policy sweeps", False), ("policy sweeps", True), ("best first", True)],
)
def test_no_pair_is_left_out_that_may_be_the_best(monkeypatch, method, compiled):
    """At every look, what policy sweeps take for T(v) is T(v), and no ceiling is below its q."""
    module = policy_sweeps
    if compiled:
        needs_numba()
        from rlbook.planning import compiled_policy_sweeps as module
    plain, looks, skipped = module.lookahead, 0, 0

    def watched(pairs, rows, v, gamma, best, ceiling, rise, can_end):
        nonlocal looks, skipped
        q = model.lookahead(v, gamma)
        near = 1e-12 * (1 + np.abs(v).max())
        assert (ceiling + rise >= q.ravel() - near).all(), seed
        Tv, choice = plain(pairs, rows, v, gamma, best, ceiling, rise, can_end)
        assert np.abs(Tv - q.max(-1)).max() <= near, seed
        assert np.abs(q.ravel()[choice] - q.max(-1)).max() <= near, seed
        assert (ceiling >= q.ravel() - near).all(), seed
        looks, skipped = looks + 1, skipped + int((ceiling > q.ravel() + near).sum())
        return Tv, choice

    monkeypatch.setattr(module, "lookahead", watched)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        K = 1 if method == "best first" else None
        end, states = float(rng.choice([0, 0.05, 0.4])), int(rng.integers(2, 40))
        model = naive.random_model(rng, end=end, states=states, actions=5, outcomes=K)
        gamma = float(rng.choice([0.5, 0.9, 0.99]))
        Way(method, compiled).optimal(model, gamma, 1e-6, progress=Patience())
    assert looks > 50
    assert skipped > looks  # some pairs were left out, or this says nothing


@pytest.mark.parametrize("end", [0.0, 0.3])
def test_what_policy_sweeps_hand_over_first_is_good_enough(end):
    """So that nothing is left to do for `optimal` but to certify it."""
    for seed in range(50):
        model = naive.random_model(np.random.default_rng(seed), end=end)
        v = np.full(model.n_states, min(0.0, model.r_min) / (1 - 0.9))
        first = next(policy_sweeps.policy_sweeps(model, 0.9, 1e-6, v, lambda bound: None))
        if end:  # then what one lookahead makes of it is good enough
            first = certified(model, first, model.lookahead(first, 0.9).max(-1), 0.9).middle
        assert np.abs(first - naive.best_values(model, 0.9)).max() <= 1e-6, seed


def test_policy_sweeps_try_few_policies():
    """The inner sweeps end neither too early, nor too late, nor far from where news is."""
    for model, most in ((garnet(300), 12), (grid_of(20).table(), 16), (grid_of(60).table(), 25)):
        for gamma in (0.9, 0.99, 0.999):
            v, bounds = np.full(model.n_states, model.r_min / (1 - gamma)), []
            next(policy_sweeps.policy_sweeps(model, gamma, 1e-6, v, bounds.append))
            assert len(bounds) <= most, (model, gamma)


def test_what_ends_is_worth_no_less_when_everything_else_is():
    v, u = np.array([3.0, 5.0]), np.array([1.0, 4.0])
    assert policy_sweeps._rise(v, u, can_end=False) == -1
    assert policy_sweeps._rise(v, u, can_end=True) == 0
    assert policy_sweeps._rise(u, v, can_end=True) == 2


def test_a_large_reward_that_nobody_takes_costs_no_accuracy():
    best = optimal(sure([[0, 0, 0]], [[-1e4, -2e4, 0]]), 0.999999)
    assert best.v.tolist() == [pytest.approx(0, abs=1e-6)]


def test_the_error_names_a_tol_that_is_enough():
    grid = GridModel((".#", "ST"))
    with pytest.raises(ValueError, match="which is what rounding leaves") as refused:
        optimal(grid, 0.9, 1e-20)
    enough = 1.05 * float(str(refused.value).split(",")[0].split()[-1])  # two digits were printed
    assert optimal(grid, 0.9, enough).bound <= enough


def test_progress_is_told_now_and_then(monkeypatch):
    """At first, at the end, and in between once in a pause, whatever a method has to tell."""
    now = [0.0]
    monkeypatch.setattr(answer.time, "monotonic", lambda: now[0])
    told = []
    tell = answer._once_a_pause(told.append)
    for k in range(100):
        now[0] = k / 10
        tell(k)
    assert told == [0, *(11 * n for n in range(1, 10))]
    told.clear()
    best = optimal(SLIPPERY, 0.999, method="value iteration", progress=told.append)
    assert told[-1] == best.bound


@pytest.mark.parametrize("end", [0.0, 0.3])
def test_small_models_in_one_call_are_certified_alike(end):
    needs_numba()
    from rlbook.planning.compiled_small_models import small

    for seed in range(100):
        model = naive.random_model(np.random.default_rng(seed), end=end)
        v, q, pi, bound = small(model, 0.9, 1e-6)
        Tv = q.max(-1)
        again = certified(model, v, Tv, 0.9)
        assert np.array_equal(q, model.lookahead(v, 0.9))
        assert np.array_equal(pi, greedy(q))
        error = np.abs(v - naive.best_values(model, 0.9)).max()
        assert error <= bound <= 1e-6
        assert error <= again.v_error
        assert bound >= again.rounding * (1 - 1e-6)  # rounding is in it


# Sweeps in order


def along_a_ring(S, end, seed):
    """Each action leads some states on or back, so that news travels far; 20 blocks and more."""
    rng = np.random.default_rng(seed)
    shape = (S, 3, 2)
    names = rng.permutation(S)  # in no order
    s_next = np.empty(shape, dtype=int)
    s_next[names] = names[(np.arange(S)[:, None, None] + rng.integers(-3, 4, size=shape)) % S]
    r = rng.normal(size=shape) * (rng.random(shape) < 0.1)
    return MDP(rng.dirichlet([1, 1], size=shape[:2]), s_next, r, rng.random(shape) < end)


DEEP = {
    "a ring": (along_a_ring(1500, 0.0, 0), 0.99),
    "a ring that may end": (along_a_ring(1500, 0.02, 1), 0.99),
    "a ring, gamma near one": (along_a_ring(700, 0.0, 2), 0.9995),
    "a grid": (grid_of(40).table(), 0.99),
    "a grid of few cells": (grid_of(25).table(), 0.9),
    "a corridor": (GridModel(serpentine(31)[0], forbidden="wall", slip=0.2).table(), 0.999),
    "a circle": (ring(1000), 0.999),
}


@pytest.mark.parametrize("name", DEEP)
def test_news_that_sleeping_blocks_miss_is_in_the_bound(monkeypatch, name):
    """Each bound that is told holds of the values of that moment, and the answer is right."""
    needs_numba()
    from rlbook.planning import compiled_ordered_sweeps as ordered

    model, gamma = DEEP[name]
    known = optimal(model, gamma, 1e-8, method="policy sweeps", compiled=True)
    plain, values, told = ordered.first_guess, [], []
    monkeypatch.setattr(ordered, "first_guess", lambda *x: values.append(plain(*x)) or values[-1])

    def report(bound):
        told.append(bound)
        assert np.abs(values[0] - known.v).max() <= bound + known.bound, len(told)

    start = np.full(model.n_states, min(0.0, model.r_min) / (1 - gamma))
    monkeypatch.setattr(ordered, "policy_sweeps", lambda *_: iter(()))
    first = next(ordered.ordered_sweeps(model, gamma, 1e-6, start, report), None)
    assert (first is None) == (name == "a circle")  # which is left to policy sweeps
    if first is None:
        return
    assert told[-1] < told[0]
    error = certified(model, first, model.lookahead(first, gamma).max(-1), gamma).v_error
    assert np.abs(first - known.v).max() <= error + known.bound
    assert error <= 1e-6


def test_the_order_of_a_policy():
    """Each state comes after the one that its pair most likely leads to, if that is no circle."""
    needs_numba()
    from rlbook.planning.compiled_order import order_of
    from rlbook.planning.policy_sweeps import Pairs

    model, A = grid_of(20).table(), 5
    best = optimal(model, 0.9, compiled=True).pi.argmax(-1)
    pairs = Pairs(model.R.ravel(), model.p.reshape(-1, model.outcomes), model._to.reshape(-1, 3))
    order = order_of(pairs, best + A * np.arange(400))
    assert sorted(order) == list(range(400))
    place = np.argsort(order)
    s = np.arange(400)
    p, s_next = model.p[s, best], model.s_next[s, best]
    leads = s_next[s, np.where(s_next == s[:, None], 0, p).argmax(-1)]
    circles = (leads == s) | (leads[leads] == s)
    late = place[leads] > place
    assert late.sum() <= circles.sum()
    assert not (late & ~circles).any()


def test_which_tables_are_deep():
    """Grids are, whatever the states are called; random ones are not, nor are small ones."""
    assert cost.is_deep(grid_of(40).table())
    assert cost.is_deep(along_a_ring(1500, 0.0, 0))
    assert not cost.is_deep(garnet(3_000))
    assert not cost.is_deep(garnet(30))
    assert not cost.is_deep(grid_of(8).table())
