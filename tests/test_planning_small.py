"""Small models: numpy and the compiled loop find the same bits, so that either may be chosen."""

import subprocess
import sys
from pathlib import Path

import naive
import numpy as np
import pytest
from grid_cases import random_grid
from planning_cases import deterministic, garnet, grid_of, needs_numba, sure

from rlbook import greedy, optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning import choice, cost, small_models
from rlbook.planning.certificate import certified
from rlbook.planning.small_models import small

GAMMAS = (0.0, 0.3, 0.9, 0.99, 0.999)


def models():
    """Of every kind: few and many outcomes, episodes that end and that go on, grids."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        yield naive.random_model(rng, states=int(rng.integers(2, 7)), end=0.3 * (seed % 2))
        yield naive.random_model(rng, states=9, actions=3, outcomes=12, end=0.1 * (seed % 2))
        yield naive.random_model(rng, states=2, actions=1, outcomes=30)
        yield GridModel(**random_grid(rng, shape=(3, 4))).table()
        yield deterministic(-1, 2, seed=seed)


def bits(answer):
    """All of an answer, with the sign of a zero."""
    return answer and (*(x.tobytes() for x in answer[:3]), answer[3])


def test_the_compiled_loop_finds_the_same_bits():
    needs_numba()
    from rlbook.planning.compiled_small_models import small as twin

    found, rng = [], np.random.default_rng(1)
    for model in models():
        for gamma in GAMMAS:
            tol = 10.0 ** -rng.integers(0, 12) if rng.random() < 0.9 else np.inf
            answer = small(model, gamma, tol)
            assert bits(answer) == bits(twin(model, gamma, tol)), (model, gamma, tol)
            found.append(answer is not None)
    assert 0.6 < np.mean(found) < 0.95  # some take both of them too long


def test_values_and_bounds_of_small_models():
    for model in models():
        for gamma in GAMMAS:
            answer = small(model, gamma, 1e-6)
            if answer is None:
                continue
            v, q, pi, bound = answer
            again = certified(model, v, q.max(-1), gamma)
            slack = 1e-13 * (1 + np.abs(v).max()) / (1 - gamma)  # of the oracle
            error = np.abs(v - naive.best_values(model, gamma)).max()
            assert error <= bound + slack
            assert bound <= 1e-6
            assert error <= again.v_error + slack
            assert bound >= again.rounding * (1 - 1e-6)  # rounding is in it
            assert np.array_equal(q, model.lookahead(v, gamma))
            assert np.array_equal(pi, greedy(q))


def test_the_bits_do_not_depend_on_what_is_loaded(monkeypatch):
    """Neither on numba, nor on how many models were solved before, nor on whether it is easy."""
    needs_numba()
    from rlbook.planning import compiled_small_models

    calls = []
    twin = compiled_small_models.small
    monkeypatch.setattr(compiled_small_models, "small", lambda *x: calls.append(x) or twin(*x))
    hard = GridModel("..../..../...T", terminate_at_target=True, slip=0.3)
    easy = garnet(25), grid_of(8), deterministic(-1, 2)
    for model in (*easy, hard):
        by_numpy = optimal(model, 0.999, compiled=False)
        calls.clear()
        assert bits(optimal(model, 0.999)) == bits(by_numpy)
        ((table, *_),) = calls
        assert (small(table, 0.999, 1e-6) is None) == (model is hard)


def test_the_loop_is_loaded_once_numpy_has_taken_as_long():
    needs_numba()
    code = """
import sys
from planning_cases import garnet
from rlbook import optimal
from rlbook.planning import cost
model, loop = garnet(30), "rlbook.planning.compiled_small_models"
before = optimal(model, 0.9)
cost.SMALL = cost.loading() / 10
for k in range(2, 20):
    assert optimal(model, 0.9).v.tobytes() == before.v.tobytes()
    assert (loop in sys.modules) == (k > 10), k
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_without_numba_it_is_looked_for_once(monkeypatch):
    monkeypatch.setattr(choice, "small_loops", choice.cache(choice.small_loops.__wrapped__))
    monkeypatch.setattr(cost, "SMALL", np.inf)  # it should have been loaded long ago
    monkeypatch.setitem(sys.modules, choice.SMALL_LOOPS, None)
    for _ in range(3):
        assert optimal(garnet(30), 0.9).bound <= 1e-6
    assert choice.small_loops() is None
    assert choice.small_loops.cache_info().misses == 1


def test_what_is_small():
    assert cost.is_small(garnet(250), 0.9)
    assert not cost.is_small(garnet(260), 0.9)
    assert cost.is_small(deterministic(-1, 2, S=300), 0.9)
    assert not cost.is_small(deterministic(-1, 2, S=340), 0.9)
    assert not cost.is_small(sure([[0, 0]], [[1, 2]]), 0.9)  # one state


@pytest.mark.parametrize("gamma", [0.9, 0.99, 0.9999])
def test_small_grids_where_an_episode_ends_late(gamma):
    """In place sweeps would be many; the table's equations are solved."""
    needs_numba()
    layout = "T./../.T/../../../.."
    for grid, tol in (
        (GridModel(["....T"], terminate_at_target=True, slip=1.0), 1e-7),
        (GridModel(layout, r_boundary=-1e9, terminate_at_target=True, slip=0.1), 0.1),
    ):
        v_star = naive.best_values(grid.table(), gamma)
        for compiled in (None, False, True):
            best = optimal(grid, gamma, tol, compiled=compiled)
            slack = 1e-13 * np.abs(v_star).max() / (1 - gamma)  # of the oracle
            assert np.abs(best.v - v_star).max() <= best.bound + slack
            assert best.bound <= tol
            assert best.method == "policy sweeps"


@pytest.mark.filterwarnings("error")
def test_rewards_at_the_end_of_the_floats_are_left_to_others():
    model = deterministic(-1e305, 1e305)
    assert not cost.is_small(model, 1 - 1e-6)
    assert optimal(model, 0.5, 1e300, compiled=False).bound <= 1e300
    for tol in (1e-6, 1e300, np.inf):
        with pytest.raises(ValueError, match=r"must have smaller rewards: at gamma = 0\.9"):
            optimal(model, 1 - 1e-6, tol)


def test_a_model_that_needs_many_policies_is_left_to_others(monkeypatch):
    """With gamma near one sweeps up to the end of an episode are many; nobody waits for them."""
    looks = []
    look = small_models._worth
    monkeypatch.setattr(small_models, "_worth", lambda *x: looks.append(1) or look(*x))
    walk = GridModel(["." * 20 + "T"], terminate_at_target=True, slip=0.9)
    best = optimal(walk, 0.99999, compiled=False)
    assert len(looks) == small_models.POLICIES * (1 + walk.n_actions)
    assert np.abs(best.v - naive.best_values(walk.table(), 0.99999)).max() <= 1e-6


def test_the_table_of_a_small_grid_is_made_once():
    small_grid, large = grid_of(31), grid_of(32)
    assert small_grid.table() is small_grid.table()
    assert large.table() is not large.table()
