"""The methods that `optimal` is made of: policy sweeps, small models in one call, sweeps in order.

Each hands over what is good enough, and what it leaves out or tells on the way is sound.
"""

import naive
import numpy as np
import pytest
from planning_cases import (
    Patience,
    Way,
    along_a_ring,
    garnet,
    grid_of,
    needs_numba,
    ring,
    serpentine,
    sure,
)

from rlbook import optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning import policy_sweeps
from rlbook.planning.certificate import certified

pytestmark = pytest.mark.usefixtures("never_endless")


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


@pytest.mark.parametrize("to", [[[0], [1]], [[1], [0]]])
def test_where_sweeps_do_not_come_close_the_equations_are_solved(to):
    """Two states that go on alone, or in a circle: sweeps need hundreds at gamma = 0.99, too."""
    model = sure(to, [[1.0], [0.0]])
    for gamma in (0.9, 0.95, 0.98, 0.99, 0.9999):
        v, bounds = np.zeros(2), []
        found = next(policy_sweeps.policy_sweeps(model, gamma, 1e-6, v, bounds.append))
        assert len(bounds) <= 6, gamma
        assert np.abs(found - naive.best_values(model, gamma)).max() <= 1e-6


def test_what_ends_is_worth_no_less_when_everything_else_is():
    v, u = np.array([3.0, 5.0]), np.array([1.0, 4.0])
    assert policy_sweeps._rise(v, u, can_end=False) == -1
    assert policy_sweeps._rise(v, u, can_end=True) == 0
    assert policy_sweeps._rise(u, v, can_end=True) == 2


# Sweeps in order


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
