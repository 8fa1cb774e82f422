"""What `optimal` may be asked, what it tells on the way, and when it uses numba.

Which method suits a model, what is refused, and that the answers are the same without numba.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import naive
import numpy as np
import pytest
from grid_cases import random_grid
from planning_cases import (
    PLAIN,
    SLIPPERY,
    WAYS,
    Patience,
    along_a_ring,
    deterministic,
    garnet,
    grid_of,
    looks_ahead,
    needs_numba,
    serpentine,
    ways,
)

from rlbook import MDP, optimal
from rlbook.grid_world.rules import GridModel
from rlbook.planning import answer, choice, cost

pytestmark = pytest.mark.usefixtures("never_endless")


# Methods and other arguments


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
    with pytest.raises(ValueError, match="model must be an MDP or a GridModel, got the class MDP"):
        optimal(MDP, 0.9)
    with pytest.raises(ValueError, match="model must be an MDP or a GridModel, got ndarray"):
        optimal(np.zeros(3), 0.9)


# Progress


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


# Without numba


def no_numba(monkeypatch):
    monkeypatch.setattr(choice, "small_loops", choice.small_loops.__wrapped__)  # not remembered
    for name in [name for name in sys.modules if name.startswith("rlbook.") and "compil" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)


def no_twins(monkeypatch):
    monkeypatch.setattr(choice, "small_loops", choice.small_loops.__wrapped__)  # not remembered
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
        looks_ahead(best, model, 0.9, not isinstance(model, GridModel), k)
        with pytest.raises(ValueError, match="compiled=True needs numba, the extra 'fast', which"):
            optimal(model, 0.9, compiled=True)
    with pytest.raises(ValueError, match="method 'best first' needs numba, the extra 'fast'"):
        optimal(models[2], 0.9, method="best first")
    large = grid_of(200).table()
    assert cost.pays_to_compile(large, 0.99, 1e-6)  # and yet:
    best, numpys = optimal(large, 0.99), optimal(large, 0.99, compiled=False)
    assert np.array_equal(best.v, numpys.v)


# Compiled or not, and in order or not


def test_small_models_do_not_load_numba_and_large_ones_do():
    needs_numba()
    code = """
import sys
from planning_cases import garnet, grid_of
from rlbook import optimal
for model in (garnet(30), garnet(40_000)):
    optimal(model, 0.9)
    assert "rlbook.compiling" not in sys.modules, model
assert "numba" not in sys.modules
optimal(grid_of(200).table(), 0.99)
assert "rlbook.planning.compiled_policy_sweeps" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_once_loops_are_loaded_all_but_the_smallest_models_are_solved_by_them():
    """What takes numpy a millisecond has the bits of numpy, whatever was loaded before."""
    needs_numba()
    for model, gamma, fast in (
        (deterministic(-1, 2, S=400), 0.5, False),
        (garnet(1_000), 0.99, True),
        (grid_of(60), 0.99, True),
        (grid_of(60).table(), 0.99, True),
    ):
        loops, numpys = (optimal(model, gamma, compiled=compiled) for compiled in (True, False))
        assert not np.array_equal(loops.v, numpys.v), model  # or this says nothing
        assert np.array_equal(optimal(model, gamma).v, (loops if fast else numpys).v), model


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


def test_which_tables_are_deep():
    """Grids are, whatever the states are called; random ones are not, nor are small ones."""
    needs_numba()
    assert cost.is_deep(grid_of(40).table())
    assert cost.is_deep(along_a_ring(1500, 0.0, 0))
    assert not cost.is_deep(garnet(3_000))
    assert not cost.is_deep(garnet(30))
    assert not cost.is_deep(grid_of(8).table())


def test_the_neighbourhood_of_a_state_is_the_same_compiled():
    needs_numba()
    from rlbook.planning.compiled_order import within

    for model in (grid_of(40).table(), along_a_ring(1500, 0.0, 0), garnet(300), garnet(30)):
        to = model._to.reshape(model.n_states, -1)
        for steps in (0, 1, 3, 8):
            found = [near(to, 12, steps, 100) for near in (within, cost.within)]
            assert found[0] == found[1], (model, steps)
    assert cost.within(grid_of(40).table()._to.reshape(1600, -1), 820, 8, 1000) in range(80, 146)
