"""How long does planning take, to values within 1e-6 of v* everywhere, beside other libraries?

    python -m benchmarks.planning [--json FILE] [--repeats N] [--problems NAME ...]
                                  [--gammas G ...] [--budget SECONDS] [--short]

Solving alone is raced, each library from its own model in memory; building that model is timed
beside it. Of each library every method is tried once, in a copy of the process that may be stopped;
the fastest that is right everywhere runs in the race. There all take turns in one process and on
one thread, and a row is the median of its blocks, in CPU time. Then a fresh process for each
library builds and solves once more: by how much does its memory grow at most? rlbook chooses its
method by itself; "best" is the fastest of its methods that are asked for by name.

Problems are grid-N, grid-N-slip (N x N cells) and garnet-N (N states).
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import argparse  # noqa: E402
import math  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from itertools import islice  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.common import apart, arguments, take_turns, write  # noqa: E402
from benchmarks.planning_memory import add_memory, warm  # noqa: E402
from benchmarks.planning_peers import DENSE, LIBRARIES, LOOPS, PEERS  # noqa: E402
from benchmarks.planning_problems import TOL, Problem  # noqa: E402
from benchmarks.planning_table import HEAD, is_best, is_ours, show, summary  # noqa: E402
from benchmarks.setting import end, setting, start, version  # noqa: E402

GRIDS = [f"grid-{n}{slip}" for n in (5, 100, 300, 1000) for slip in ("", "-slip")]
PROBLEMS = [*GRIDS, "garnet-10000", "garnet-100000"]
GAMMAS = (0.9, 0.99, 0.999)
SHORT = {name: GAMMAS for name in PROBLEMS if name != "grid-1000"}
SHORT |= {"grid-300": (0.99,), "grid-1000-slip": (0.9,), "garnet-100000": (0.99,)}
TRIES = 3  # methods of a library that may take longer than the budget; the rest is not tried then
QUICK, SLOW = 0.2, 2.0  # seconds of a run: up to the one 11 blocks, from the other on 3, else 5
BLOCK = 0.02  # seconds of a block at least


class Effort(NamedTuple):
    """How long is tried."""

    budget: float  # seconds for one run
    patience: float  # seconds for a run of a loop that one writes down
    few: int | None = None  # methods tried of each peer in large models; None: all
    lists: float = math.inf  # states, up to which a peer is tried that builds lists
    repeats: int | None = None  # blocks of each; None: by its time


def measure(problem, gamma, effort):
    """The rows of one problem at one gamma."""
    reference = problem.reference(gamma)
    rows, runners = {}, {}
    for name, library in LIBRARIES.items():
        if library.fits(problem):
            row = dict.fromkeys(("method", "build seconds", "first milliseconds", "error", "note"))
            rows[name] = row
            if not library.installed or (library.lists and problem.n_states > effort.lists):
                row["note"] = "left out" if library.installed else "not installed"
                continue
            begin = time.process_time()
            model = library.build(problem, gamma)
            row["build seconds"] = time.process_time() - begin
            if solve := choose(library, problem, model, gamma, effort, reference, row):
                runners[name] = lambda solve=solve, model=model: solve(model, gamma)
    calls, blocks = {}, {}
    for name in runners:
        seconds = rows[name].pop("seconds")
        calls[name] = max(1, min(1000, math.ceil(BLOCK / max(seconds, 1e-6))))
        blocks[name] = effort.repeats or (11 if seconds < QUICK else 5 if seconds < SLOW else 3)
    for name, run in runners.items():
        if blocks[name] == 11:
            run()  # warms up
    times = take_turns(runners, calls, blocks) if runners else {}
    for name, row in rows.items():
        row["blocks"] = [1e3 * t for t in times.get(name, ())]
        row["milliseconds"] = statistics.median(row["blocks"]) if row["blocks"] else None
    ours = [x["milliseconds"] for k, x in rows.items() if is_ours(k) and not is_best(k)]
    ours = [milliseconds for milliseconds in ours if milliseconds]
    for row in rows.values():
        known = row["milliseconds"] or row.pop("at least", None)
        row["times rlbook"] = known / min(ours) if known and ours else None
    about = {"problem": problem.name, "title": problem.title, "states": problem.n_states}
    about["gamma"] = gamma
    return [about | {"library": name} | row for name, row in rows.items()]


def choose(library, problem, model, gamma, effort, reference, row):
    """The fastest method that is right, by one run of each; None, with a note, if there is none."""
    best, best_solve, worst, crash, late = math.inf, None, None, None, 0
    budget = effort.patience if library in LOOPS else effort.budget
    methods = {} if library.seconds(model, gamma) > budget else library.methods(problem)
    few = effort.few if library in PEERS and problem.n_states > DENSE else None
    for method, solve in islice(methods.items(), few):
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


def left_out(cases, effort, full):
    """What of the whole is not among the cases, {problem: gammas}, and not tried."""
    found = []
    for name in PROBLEMS:
        if without := [f"{g:g}" for g in GAMMAS if g not in cases.get(name, ())]:
            found.append(f"{name} at {', '.join(without)}")
    if effort.budget < full.budget:
        found.append(f"runs of {effort.budget:g} to {full.budget:g} s")
    found += [
        f"{x.name} above {effort.lists:,} states"
        for x in PEERS
        if x.lists and effort.lists < math.inf
    ]
    if effort.few:
        found.append(f"all but {effort.few} methods of a peer above {DENSE} states")
    return found


def problem_of(text):
    """A problem for argparse, which tells what is wrong with its name."""
    try:
        return Problem(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def discount(text):
    """A gamma for argparse."""
    if not 0 < (gamma := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, got {text}")
    return gamma


FULL = Effort(budget=25.0, patience=2.0, lists=100_000)  # lists of a million states: 4 GiB
QUICKLY = Effort(budget=10.0, patience=1.0, few=4, lists=100_000)


def main():
    """Race, print, write."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--problems", nargs="+", type=problem_of, metavar="NAME",
                        help=f"some of {', '.join(PROBLEMS)}, or of other sizes")  # fmt: skip
    parser.add_argument("--gammas", nargs="+", type=discount, metavar="G",
                        help="0.9 0.99 0.999 if none are given")  # fmt: skip
    parser.add_argument("--budget", type=float, metavar="SECONDS",
                        help="of CPU time, for one run of a peer")  # fmt: skip
    args = parser.parse_args()
    effort = (QUICKLY if args.short else FULL)._replace(repeats=args.repeats)
    if args.budget:
        effort = effort._replace(budget=args.budget, patience=min(args.budget, effort.patience))
    if args.problems:
        cases = {problem.name: GAMMAS for problem in args.problems}
    else:
        cases = SHORT if args.short else dict.fromkeys(PROBLEMS, GAMMAS)
    cases = {name: tuple(args.gammas or gammas) for name, gammas in cases.items()}
    versions = {x.name.lower(): version(x.name.lower()) if x.installed else None for x in PEERS}
    about = setting(**versions, numba=version("numba"))
    about |= start(args.short, left_out(cases, effort, FULL))
    about |= {"error": TOL, "budget": effort.budget}
    for library in LIBRARIES.values():
        warm(library)
    print(f"Planning to an error of {TOL:g}, CPU time of solving, median. {about['processor']}")
    print("Left out:", "; ".join(about["left out"]) or "nothing")
    rows = []
    for name, gammas in cases.items():
        problem = Problem(name)
        print(f"\n{name} ({problem.n_states:,} states)", HEAD, "-" * len(HEAD), sep="\n")
        of = []
        for gamma in gammas:
            of += measure(problem, gamma, effort)
            print(*map(show, (x for x in of if x["gamma"] == gamma)), sep="\n", flush=True)
        del problem  # its tables are large
        add_memory(of)
        rows += of
    floors, about = summary(rows), about | end(about)
    print("\nThe fastest peer beside rlbook:", *floors, about, sep="\n")
    if args.json:
        write(args.json, about, rows, floors=floors)


if __name__ == "__main__":
    main()
