"""`optimal` is right in whatever way it goes: on random models, on models made to hurt, on grids.

v* comes from `naive`, or is known.
"""

import naive
import numpy as np
import pytest
from grid_cases import random_grid
from planning_cases import deterministic, each, hold, ring, serpentine, sure, ways

from rlbook import MDP
from rlbook.grid_world.rules import GridModel

pytestmark = pytest.mark.usefixtures("never_endless")


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


def halves(to, r, terminated, p=0.5):
    """Two outcomes a pair, in the last axis."""
    to = np.array(to)
    p = np.broadcast_to([p, 1 - p], to.shape)
    return MDP(p, to, np.broadcast_to(r, to.shape), np.broadcast_to(terminated, to.shape))


def gold_far_away(n):
    """A line: here a little for staying, there a lot at the end, and a loss on each step."""
    s = np.arange(n)
    r = np.tile([-1.0, 0.5], (n, 1))
    r[-1] = 30
    return sure(np.stack([np.minimum(s + 1, n - 1), s], -1), r)


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
