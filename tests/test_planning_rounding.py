"""`optimal` comes as near to v* as rounding allows: with a tol of a few ulps, with gamma near one.

What rounding forbids is refused, and never searched for without end.
"""

import time
from fractions import Fraction

import naive
import numpy as np
import pytest
from grid_cases import random_grid
from planning_cases import (
    PLAIN,
    SLIPPERY,
    WAYS,
    Patience,
    Way,
    deterministic,
    each,
    hold,
    needs_numba,
    sure,
    ways,
)

from rlbook import MDP, optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning.certificate import EPS

pytestmark = pytest.mark.usefixtures("never_endless")


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
            assert "which is what rounding may leave" in why, label
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
        with pytest.raises(ValueError, match="which is what rounding may leave"):
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
    best, why = None, "which is what rounding may leave"
    try:
        best = optimal(model, gamma, tol, compiled=compiled)
    except ValueError as refused:
        why = str(refused)
    assert "which is what rounding may leave" in why, label
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


def test_a_large_reward_that_nobody_takes_costs_no_accuracy():
    best = optimal(sure([[0, 0, 0]], [[-1e4, -2e4, 0]]), 0.999999)
    assert best.v.tolist() == [pytest.approx(0, abs=1e-6)]


EXACT = {
    "it goes on": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=2),
    "it may end": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=2, end=0.2),
    "nothing is random": lambda rng: naive.random_model(rng, states=4, actions=2, outcomes=1),
    "a grid": lambda rng: GridModel(**random_grid(rng, shape=(2, 2))).table(),
}


@pytest.mark.parametrize(
    "way",
    [Way(None, True), Way(None, False), Way("in order", True), Way("policy sweeps", True)],
    indirect=True,
    ids=["compiled", "numpy", "in order", "policy sweeps"],
)
@pytest.mark.parametrize("kind", EXACT)
def test_two_thousand_random_models_beside_exact_fractions(kind, way):
    """No bound is violated: the error is a fraction, and so is the bound."""
    for seed in range(500):
        rng = np.random.default_rng(seed)
        model, gamma = EXACT[kind](rng), float(rng.choice([0.5, 0.9, 0.99, 0.999]))
        best = way.optimal(model, gamma, 10.0 ** -rng.integers(0, 9))
        v_star = best_exactly(model, gamma)
        error = max(abs(Fraction(float(x)) - y) for x, y in zip(best.v, v_star, strict=True))
        assert error <= best.bound, seed


# The error names a tol that is enough


def test_the_error_names_a_tol_that_is_enough():
    grid = GridModel((".#", "ST"))
    with pytest.raises(ValueError, match="which is what rounding may leave") as refused:
        optimal(grid, 0.9, 1e-20)
    enough = 1.05 * float(str(refused.value).split(",")[0].split()[-1])  # two digits were printed
    assert optimal(grid, 0.9, enough).bound <= enough


def named(model, gamma, tol, way):
    """The tol that the error names; None if there is none."""
    try:
        way.optimal(model, gamma, tol)
    except ValueError as error:
        return float(str(error).split(",")[0].split()[-1])
    return None


@pytest.mark.parametrize("kind", ["grid", "table"])
@pytest.mark.parametrize("way", [way for way in WAYS if way.method != "best first"], indirect=True)
def test_whatever_the_model_the_named_tol_is_enough(way, kind):
    """Also where what was refused is nearer to it."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        gamma, end = float(rng.choice([0.5, 0.9, 0.99])), 0.1 * (seed % 2)
        model = GridModel(**random_grid(rng, shape=(9, 9)))
        if kind == "table":
            model = naive.random_model(rng, states=200, actions=4, outcomes=4, end=end)
        if not way.suits(model):
            continue
        first = named(model, gamma, 1e-20, way)
        second = named(model, gamma, 0.55 * first, way)
        for enough in {first, second or first}:
            tol = 1.05 * enough  # two digits were printed
            assert way.optimal(model, gamma, tol).bound <= tol, seed


def test_the_error_names_a_tol_that_is_enough_and_not_much_more():
    """On the way the values may be a million times those at the end; the error tells of these."""
    model, gamma = SLIPPERY.table(), 0.999999
    with pytest.raises(ValueError, match="which is what rounding may leave") as refused:
        optimal(model, gamma, 1e-9)
    enough = float(str(refused.value).split(",")[0].split()[-1])
    assert enough < 20 * EPS * 1e6 / (1 - gamma)
    assert optimal(model, gamma, 1.05 * enough).bound <= 1.05 * enough
