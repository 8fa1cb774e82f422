"""What do plain numpy and compiled loops cost? The numbers of rlbook/planning/cost.py.

    python -m benchmarks.planning_cost

Of each problem (* of a grid without its table): milliseconds of both ways and of the default, once
loops are loaded, the best of a few runs; and nanoseconds of an outcome in a sweep, where sweeps are
as many as cost.py takes them to be. Then what a fresh process needs for numba, for its first
compiled loop, which comes from numba's cache, and for the loop of small models, once others are
there.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import argparse  # noqa: E402
import time  # noqa: E402

from benchmarks.common import apart  # noqa: E402
from benchmarks.planning_problems import TOL, Problem  # noqa: E402
from benchmarks.setting import processor  # noqa: E402
from rlbook import GridModel, optimal  # noqa: E402
from rlbook.planning import cost  # noqa: E402

GRIDS = [f"grid-{n}" for n in (5, "5-slip", "10-slip", 32, "32-slip", 100, "100-slip", "300-slip")]
PROBLEMS = [*GRIDS, "garnet-100", "garnet-1000", "garnet-10000"]
RUNS = 0.2  # seconds of runs, at least


def seconds(model, gamma, compiled):
    """CPU seconds of the best run after the first."""
    optimal(model, gamma, TOL, compiled=compiled)
    times = []
    while sum(times) < RUNS:
        start = time.process_time()
        optimal(model, gamma, TOL, compiled=compiled)
        times.append(time.process_time() - start)
    return min(times)


def loading():
    """CPU seconds of importing numba, of the first compiled loop, and of that for small models."""
    large, small = Problem("grid-32").model, Problem("grid-5").model
    start = time.process_time()
    import numba  # noqa: F401

    loaded = time.process_time()
    optimal(large, 0.9, TOL, compiled=True)
    first = time.process_time()
    optimal(small, 0.9, TOL, compiled=True)
    return loaded - start, first - loaded, time.process_time() - first


def main():
    """Measure, print."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    print(processor(), "one thread, CPU time", sep=", ")
    print("problem        gamma   plain ms compiled ms  default ms   plain ns compiled ns")
    for problem in map(Problem, PROBLEMS):
        models = {problem.name: problem.model}
        if problem.is_grid:  # without its table
            models[f"{problem.name}*"] = GridModel(problem.layout, slip=problem.slip)
        for name, model in models.items():
            for gamma in (0.9, 0.99, 0.999):
                work = cost.sweeps(model, gamma, TOL) * cost.outcomes(model)
                plain, compiled, default = (seconds(model, gamma, c) for c in (False, True, None))
                print(
                    f"{name:<14} {gamma:<5} {1e3 * plain:10.3f} {1e3 * compiled:11.3f} "
                    f"{1e3 * default:11.3f} {1e9 * plain / work:10.2f} "
                    f"{1e9 * compiled / work:11.2f}",
                    flush=True,
                )
    apart(loading, start="spawn")  # fills the cache
    for what, of in zip(
        ("numba", "first loop", "small models"), apart(loading, start="spawn"), strict=True
    ):
        print(f"{what:<12} {of:.3f} s")


if __name__ == "__main__":
    main()
