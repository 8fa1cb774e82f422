"""What the tests of planning share: the ways to plan, what holds of every answer, and models.

A way is a method and whether the compiled twins are used. The fixture `way` skips what is compiled
where numba is missing; the fixture `never_endless` ends a search that does not end.
"""

from typing import NamedTuple

import numpy as np
import pytest

from rlbook import MDP, greedy, optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning.certificate import EPS

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
    plain = way.compiled is False and (way.method is not None or not isinstance(model, GridModel))
    looks_ahead(best, model, gamma, plain, label)
    return best


def looks_ahead(best, model, gamma, plain, label):
    """q is lookahead(v), and pi is greedy for it: bit for bit, or but for the order of K terms."""
    q = model.lookahead(best.v, gamma)
    K = 0 if plain or model.outcomes == 1 else model.outcomes + 1
    most = EPS * K * (model.r_max + np.abs(best.v).max())
    assert np.abs(best.q - q).max() <= most, label
    assert np.array_equal(best.pi, greedy(best.q)), label


# Models


def sure(to, r, terminated=False):
    """A model where nothing is random: to (S, A), r (S, A)."""
    to = np.array(to)[..., None]
    r = np.broadcast_to(np.array(r, dtype=float)[..., None], to.shape)
    return MDP(np.ones(to.shape), to, r, np.broadcast_to(terminated, to.shape))


def deterministic(low, high, *, S=12, A=3, seed=0):
    rng = np.random.default_rng(seed)
    return sure(rng.integers(S, size=(S, A)), rng.uniform(low, high, size=(S, A)))


def ring(n):
    """On by one for 1, or by five for 2: the longer way is the better one."""
    s = np.arange(n)
    return sure(np.stack([s + 1, s + 5], -1) % n, np.tile([1.0, 2.0], (n, 1)))


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


def along_a_ring(S, end, seed):
    """Each action leads some states on or back, so that news travels far; 20 blocks and more."""
    rng = np.random.default_rng(seed)
    shape = (S, 3, 2)
    names = rng.permutation(S)  # in no order
    s_next = np.empty(shape, dtype=int)
    s_next[names] = names[(np.arange(S)[:, None, None] + rng.integers(-3, 4, size=shape)) % S]
    r = rng.normal(size=shape) * (rng.random(shape) < 0.1)
    return MDP(rng.dirichlet([1, 1], size=shape[:2]), s_next, r, rng.random(shape) < end)
