"""By how much does a process grow that builds and solves a problem of benchmarks/planning.py?"""

from contextlib import suppress

from benchmarks.common import apart, forget_peak, memory
from benchmarks.planning_peers import LIBRARIES
from benchmarks.planning_problems import Problem
from benchmarks.planning_table import digits, is_best, is_ours

LARGE = 100_000  # states, from which on memory is worth a look


def growth(name, gamma, library_name, method):
    """MiB by which building and solving make a process grow, and all that it has then."""
    problem, library = Problem(name), LIBRARIES[library_name]
    for other in LIBRARIES:
        if other == library_name or (is_ours(other) and is_ours(library_name)):
            warm(LIBRARIES[other])
    if not is_ours(library_name) or not problem.is_grid:
        _ = problem.outcomes  # what it builds from is there before
        problem.__dict__.pop("model", None)
    forget_peak()
    before, _ = memory()
    model = library.build(problem, gamma)
    if method:
        library.methods(problem)[method](model, gamma)
    _, peak = memory()
    return peak - before, peak


def warm(library):
    """Compile what it compiles, on small problems of the same types."""
    for problem in map(Problem, ("grid-10", "grid-10-slip", "garnet-20")):
        if library.installed and library.fits(problem):
            model = library.build(problem, 0.5)
            for solve in library.methods(problem).values():
                solve(model, 0.5)


def add_memory(rows):
    """The memory of each library of a problem, measured once, into its rows."""
    for name in dict.fromkeys(row["library"] for row in rows):
        of = [row for row in rows if row["library"] == name]
        known = next((row for row in of if row["method"]), None)
        grown = peak = None
        if known and known["states"] >= LARGE and not is_best(name):  # the best has the same model
            given = known["problem"], known["gamma"], name, known["method"]
            with suppress(ChildProcessError):  # killed where memory is short
                grown, peak = apart(growth, *given, start="spawn")
            what = "memory of building and solving"
            print(f"  {what}: {name:<16} {digits(grown):>8} MiB", flush=True)
        for row in of:
            row |= {"memory MiB": grown, "process MiB": peak}
