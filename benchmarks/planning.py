"""How long does planning take, to values within 1e-6 of v* everywhere, beside other libraries?

    python -m benchmarks.planning [--json FILE] [--repeats N] [--problems NAME ...]
                                  [--gammas G ...] [--budget SECONDS]

Solving alone is raced, each library from its own model in memory; building that model is timed
beside it. Of each library every method is tried once, in a copy of the process that may be stopped;
the fastest that is right everywhere runs in the race. There all take turns in one process and on
one thread, and a row is the median of its blocks, in CPU time. Then a fresh process for each
library builds and solves once more: by how much does its memory grow at most?

Problems are grid-N, grid-N-slip (N x N cells) and garnet-N (N states).
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import importlib.metadata  # noqa: E402
import math  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from contextlib import suppress  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.common import (  # noqa: E402
    apart,
    arguments,
    forget_peak,
    memory,
    setting,
    take_turns,
    write,
)
from benchmarks.planning_peers import LIBRARIES, PEERS  # noqa: E402
from benchmarks.planning_problems import TOL, Problem  # noqa: E402
from benchmarks.planning_table import HEAD, digits, is_ours, show, summary  # noqa: E402

GRIDS = [f"grid-{n}{slip}" for n in (5, 100, 300, 1000) for slip in ("", "-slip")]
PROBLEMS = [*GRIDS, "garnet-10000", "garnet-100000"]
GAMMAS = (0.9, 0.99, 0.999)
PATIENCE = 10.0  # seconds for a run of the textbook loop
TRIES = 3  # methods of a library that may take longer than the budget; the rest is not tried then
LARGE = 1000  # states, from which on memory is worth a look
SHORT, LONG = 0.2, 2.0  # seconds of a run: up to the one 11 blocks, from the other on 3, else 5
BLOCK = 0.02  # seconds of a block at least


def measure(problem, gamma, budget, repeats):
    """The rows of one problem at one gamma."""
    reference, half = problem.reference(gamma)
    rows, runners = {}, {}
    for name, library in LIBRARIES.items():
        if library.fits(problem):
            row = dict.fromkeys(("method", "build seconds", "first milliseconds", "error", "note"))
            rows[name] = row
            if not library.installed:
                row["note"] = "not installed"
                continue
            start = time.process_time()
            model = library.build(problem, gamma)
            row["build seconds"] = time.process_time() - start
            patience = min(budget, PATIENCE) if name == "textbook loop" else budget
            if solve := choose(library, problem, model, gamma, patience, (reference, half), row):
                runners[name] = lambda solve=solve, model=model: solve(model, gamma)
    calls, blocks = {}, {}
    for name in runners:
        seconds = rows[name].pop("seconds")
        calls[name] = max(1, min(1000, math.ceil(BLOCK / max(seconds, 1e-6))))
        blocks[name] = repeats or (11 if seconds < SHORT else 5 if seconds < LONG else 3)
    for name, run in runners.items():
        if blocks[name] == 11:
            run()  # warms up
    times = take_turns(runners, calls, blocks) if runners else {}
    for name, row in rows.items():
        row["blocks"] = [1e3 * t for t in times.get(name, ())]
        row["milliseconds"] = statistics.median(row["blocks"]) if row["blocks"] else None
    ours = [x["milliseconds"] for name, x in rows.items() if is_ours(name) and x["milliseconds"]]
    for row in rows.values():
        known = row["milliseconds"] or row.pop("at least", None)
        row["times rlbook"] = known / min(ours) if known and ours else None
    about = {"problem": problem.name, "title": problem.title, "states": problem.n_states}
    about["gamma"] = gamma
    return [about | {"library": name} | row for name, row in rows.items()]


def choose(library, problem, model, gamma, budget, reference, row):
    """The fastest method that is right, by one run of each; None, with a note, if there is none."""
    best, best_solve, worst, crash, late = math.inf, None, None, None, 0
    methods = {} if library.seconds(model, gamma) > budget else library.methods(problem)
    for method, solve in methods.items():
        if late == TRIES:
            break
        limit = min(budget, 1.5 * best + 1)  # a slower one need not end
        try:
            found = apart(attempt, library, model, solve, gamma, reference, seconds=limit)
        except ChildProcessError:
            crash = "crashes"
            continue
        if found is None:
            late += limit == budget
            continue
        first, seconds, error = found
        if not error <= TOL:
            worst = error if worst is None else min(worst, error)
        elif seconds < best:
            best, best_solve = seconds, solve
            row |= {"method": method, "first milliseconds": 1e3 * first, "error": error}
            row["seconds"] = seconds
    if best_solve is None:
        row["note"] = f"off by {worst:.1g}" if worst is not None else crash
        if row["note"] is None:
            row |= {"note": f"> {budget:g} s", "at least": 1e3 * budget}
    return best_solve


def attempt(library, model, solve, gamma, reference):
    """CPU seconds of the first run, of the best, and how far the answer may be from v*."""
    times = []
    while not times or (sum(times) < BLOCK and len(times) < 50):
        start = time.thread_time()  # the clock of a process is coarse where its time is limited
        answer = solve(model, gamma)
        times.append(time.thread_time() - start)
    v, half = reference
    error = np.abs(library.values(model, answer) - v).max() - half
    return times[0], min(times), max(0.0, float(error))


def growth(name, gamma, library_name, method):
    """MiB by which building and solving make a process grow, and all that it has then."""
    problem, library = Problem(name), LIBRARIES[library_name]
    warm(library)
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
        large = known and known["states"] >= LARGE
        given = (known["problem"], known["gamma"], name, known["method"]) if large else ()
        grown = peak = None
        if large:
            with suppress(ChildProcessError):  # killed where memory is short
                grown, peak = apart(growth, *given, start="spawn")
        for row in of:
            row |= {"memory MiB": grown, "process MiB": peak}
        if large:
            what = "memory of building and solving"
            print(f"  {what}: {name:<16} {digits(grown):>8} MiB", flush=True)


def version(name):
    """Of an installed package; None for another."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def main():
    """Race, print, write."""
    parser = arguments(__doc__.partition("\n")[0], repeats=None)
    parser.add_argument("--problems", nargs="+", type=Problem, metavar="NAME",
                        default=[Problem(name) for name in PROBLEMS])  # fmt: skip
    parser.add_argument("--gammas", nargs="+", type=float, metavar="G", default=GAMMAS)
    parser.add_argument("--budget", type=float, default=60.0, metavar="SECONDS",
                        help="of CPU time, for one run of a peer")  # fmt: skip
    args = parser.parse_args()
    versions = {x.name.lower(): version(x.name.lower()) if x.installed else None for x in PEERS}
    about = setting(**versions, numba=version("numba"))
    about |= {"error": TOL, "budget": args.budget}
    for library in LIBRARIES.values():
        warm(library)
    print(f"Planning to an error of {TOL:g}, CPU time of solving, median. {about['processor']}")
    rows = []
    for problem in args.problems:
        print(f"\n{problem.name} ({problem.n_states:,} states)", HEAD, "-" * len(HEAD), sep="\n")
        of = []
        for gamma in args.gammas:
            of += measure(problem, gamma, args.budget, args.repeats)
            print(*map(show, (x for x in of if x["gamma"] == gamma)), sep="\n", flush=True)
        problem.__dict__ = {
            k: x for k, x in problem.__dict__.items() if k not in ("model", "outcomes", "layout")
        }
        add_memory(of)
        rows += of
        if args.json:
            write(args.json, about, rows)
    print("\nThe fastest peer beside rlbook:", *summary(rows), about, sep="\n")


if __name__ == "__main__":
    main()
