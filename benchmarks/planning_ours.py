"""How rlbook holds the problems of benchmarks/planning.py and solves them.

By itself `optimal` chooses how. Beside it runs the fastest of the ways that have a name: a choice
is good if it is as fast as that.
"""

from functools import partial
from importlib.util import find_spec

from benchmarks.planning_problems import TOL, Problem
from rlbook import GridModel, optimal

SMALL = 10_000  # states, up to which plain numpy and the tables of grids are tried


class Library:
    """One way to hold a problem in memory, and the methods that solve it there."""

    name, installed = "", True
    lists = False  # whether it is built from lists, which take long to make

    def fits(self, problem):
        """Whether this problem can be held so."""
        return True

    def seconds(self, model, gamma):
        """What a run will take, if that can be told without one."""
        return 0.0

    def values(self, model, answer):
        """v of an answer."""
        return answer.v


class Table(Library):
    """The table of outcomes, an MDP."""

    name = "rlbook (table)"

    def build(self, problem, gamma):
        """A model of its own, from the layout or from the outcomes."""
        fresh = Problem(problem.name)
        if not problem.is_grid:
            fresh.outcomes = problem.outcomes
        return fresh.model

    def methods(self, problem):
        """{name: solve(model, gamma)}: as `optimal` chooses."""
        return {"optimal": partial(optimal, tol=TOL)}

    def by_name(self, problem):
        """The ways that `optimal` can choose: {name: (method, compiled)}."""
        ways = {"compiled=True": (None, True), "policy sweeps": ("policy sweeps", True)}
        ways["in order"] = ("in order", None)
        if problem.is_deterministic:
            ways["best first"] = ("best first", None)
        return ways


class Slices(Table):
    """The grid without a table, a GridModel."""

    name = "rlbook (grid)"

    def fits(self, problem):
        """Only a grid has slices."""
        return problem.is_grid

    def build(self, problem, gamma):
        """From the layout."""
        return GridModel(problem.layout, slip=problem.slip)

    def by_name(self, problem):
        """As of a table."""
        table = {"policy sweeps": ("policy sweeps", True)} if problem.n_states <= SMALL else {}
        return {"in place": ("in place", True), **table}


class Best(Library):
    """The same model, and of the ways that have a name the fastest."""

    def __init__(self, of):
        self.of, self.name = of, of.name.replace(")", ", best)")
        self.fits, self.build = of.fits, of.build

    def methods(self, problem):
        """{name: solve(model, gamma)}."""
        ways = self.of.by_name(problem) if find_spec("numba") else {}
        if not ways or problem.n_states <= SMALL:
            ways = ways | {"compiled=False": (None, False)}
        return {
            name: partial(optimal, tol=TOL, method=method, compiled=compiled)
            for name, (method, compiled) in ways.items()
        }


OURS = (Slices(), Table(), Best(Slices()), Best(Table()))
