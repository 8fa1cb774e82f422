"""How often does each item of the book fail on random seeds?

    python -m benchmarks.verdicts --seeds 20 --quick                    all items, quickly
    python -m benchmarks.verdicts --seeds 10 --only ch11 --jobs 2       some of them, in full
    python -m benchmarks.verdicts --seeds 20 --dear 10                  the long items on ten only
    python -m benchmarks.verdicts --seeds 5 --kernels Haswell SkylakeX  other BLAS kernels
    python -m benchmarks.verdicts --rotate                              what runs for each commit
    python -m benchmarks.verdicts --only fig:3.3 --json FILE --add      into a result that is there

For each item: runs, failures, and what all runs together say of its claims about chance
(rlbook/book/claims.py). Of a share: the successes of all runs, and a share that the true one is
almost surely above (wrong once in 1000 times, Clopper and Pearson). Of estimates: the mean and the
root mean square of their errors, in standard errors. They are near 0 and 1 if our standard errors
are right. BLAS is the library that multiplies numpy's matrices. Needs SciPy, except with --rotate:
python -m pip install -e '.[test]'
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
import traceback
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from importlib.util import find_spec
from inspect import signature
from pathlib import Path

import numpy as np

from benchmarks.common import at_least_1
from benchmarks.setting import setting
from benchmarks.verdicts_table import show, summary

DEAR = 5  # seconds of CPU time
KERNELS = ("Haswell", "SkylakeX", "Nehalem", "Zen", "Sandybridge")


def run(name, seed, quick, kernel):
    """One item on one seed, in a process of its own kernel: what is kept of it."""
    from matplotlib.figure import Figure

    from rlbook.book import items as book
    from rlbook.book import report
    from rlbook.training.choice import prepare

    book.load_chapters()
    prepare()
    item, start = book.ITEMS[name], time.process_time()
    wanted = signature(item.function).parameters
    offered = {"quick": quick, "progress": book.silent}
    options = {option: value for option, value in offered.items() if option in wanted}
    row = {"id": name, "seed": seed, "quick": quick, "kernel": kernel}
    try:
        result = item.function(Figure(), report.generator(item, seed), **options)
    except Exception:
        return row | {"verdict": "fails", "why": traceback.format_exc(limit=-3)}
    outside = [c.name for c in result.comparisons if c.outside.any()]
    return row | {
        "verdict": result.verdict,
        "seconds": round(time.process_time() - start, 2),
        "why": "; ".join(outside) if result.verdict == "fails" else "",
        "evidence": {c.name: dict(c.evidence) for c in result.comparisons if c.evidence},
        "chance": bool(result.alarm),
    }


def run_all(jobs, kernels, workers, show_row):
    """The rows of all jobs (name, seed, quick), each with every kernel.

    numpy chooses its kernel when it is loaded, so each kernel has fresh processes.
    """
    rows, before = [], os.environ.get("OPENBLAS_CORETYPE")
    for kernel in kernels:
        if kernel is not None:
            os.environ["OPENBLAS_CORETYPE"] = kernel
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
            waiting = [pool.submit(run, *job, kernel) for job in jobs]
            for future in as_completed(waiting):
                rows.append(future.result())
                show_row(rows[-1])
        if before is None:
            os.environ.pop("OPENBLAS_CORETYPE", None)
        else:
            os.environ["OPENBLAS_CORETYPE"] = before
    return rows


def rotate(names, workers, show_row):
    """All items quickly on a seed of the commit; what fails runs again on another one.

    Returns the names of those that fail twice.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    first = int(commit.stdout[:8], 16)
    failed = names
    for seed in (first, first ^ 0xFFFFFFFF):
        rows = run_all([(name, seed, True) for name in failed], [None], workers, show_row)
        failed = [row["id"] for row in rows if row["verdict"] == "fails"]
        print(f"seed {seed}: {len(rows)} items, {len(failed)} failed")
        print(
            "".join(f"  {row['id']}: {row['why']}\n" for row in rows if row["id"] in failed), end=""
        )
        if not failed:
            break
    return failed


def added(before, about, table, order):
    """A result with the items of a later run put in; each run keeps what is said about it.

    An item that was there already, in the same mode, gives way. `order` is that of the items.
    """

    def key(row):
        return row["id"], row["quick"]

    new = {key(row) for row in table}
    items = [row for row in before["items"] if key(row) not in new] + table
    place = {name: k for k, name in enumerate(order)}
    later = []
    for one in before.get("later", []):
        left = [name for name in one["items"] if (name, one["quick"]) not in new]
        later += [one | {"items": left}] if left else []
    for quick in sorted({quick for _, quick in new}):
        names = [row["id"] for row in table if row["quick"] == quick]
        later.append(about | {"quick": quick, "items": names})
    items.sort(key=lambda row: place.get(row["id"], len(place)))
    return {"about": before["about"], "later": later, "items": items}


def main(argv=None):
    """The command line; exit status 1 where --rotate finds an item that fails twice."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=at_least_1, default=5, metavar="N")
    parser.add_argument(
        "--dear", type=at_least_1, metavar="N",
        help=f"seeds of an item that takes more than {DEAR} s (default: as many as the others)",
    )  # fmt: skip
    parser.add_argument(
        "--first", type=int, metavar="SEED", help="the first seed (default: by chance)"
    )
    parser.add_argument("--kernels", nargs="+", choices=KERNELS, default=[None], metavar="KERNEL")
    parser.add_argument("--only", nargs="+", default=[], metavar="IDS", help="items or chapters")
    parser.add_argument("--chance", action="store_true", help="only items that depend on chance")
    parser.add_argument("--quick", action="store_true", help="as rlbook reproduce --quick")
    parser.add_argument(
        "--jobs", type=at_least_1, default=len(os.sched_getaffinity(0)), metavar="N"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the summary here, too")
    parser.add_argument(
        "--add", action="store_true", help="put the items into the summary that is in FILE"
    )
    parser.add_argument("--rotate", action="store_true", help="quickly, on a seed of the commit")
    args = parser.parse_args(argv)
    if not args.rotate and find_spec("scipy") is None:
        parser.error("SciPy is not installed: python -m pip install -e '.[test]'")
    if args.add and not (args.json and args.json.exists()):
        parser.error(f"--add needs --json FILE, a summary that is there, got {args.json}")
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"

    from rlbook.book.items import ITEMS, load_chapters, select

    load_chapters()
    from rlbook.book.jobs import seconds

    items, begin, done = select(args.only), time.monotonic(), 0
    names, dear = [item.ids[0] for item in items], args.dear or args.seeds
    counts = {item.ids[0]: dear if seconds(item) > DEAR else args.seeds for item in items}
    total = 0

    def show_row(row):
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K[{done}/{total}] {row['id']} {row['verdict']}")

    if args.rotate:
        total = len(names)
        if failed := rotate(names, args.jobs, show_row):
            print(f"failed on both seeds: {', '.join(failed)}")
        return 1 if failed else 0
    first = int(np.random.SeedSequence().generate_state(1)[0]) if args.first is None else args.first
    jobs = [
        (name, first + k, args.quick)
        for k in range(max(counts.values()))
        for name in names
        if k < counts[name]
    ]
    total = len(jobs) * len(args.kernels)
    table = summary(run_all(jobs, args.kernels, args.jobs, show_row))
    print(f"\r{show(table)}\n\nseeds {first} to {first + args.seeds - 1}; "
          f"{sum(len(i['fails']) for i in table)} of {total} runs failed; "
          f"{time.monotonic() - begin:.0f} s")  # fmt: skip
    if args.json:
        about = setting() | {
            "date": str(date.today()),
            "first": first,
            "seeds": args.seeds,
            "command": " ".join(["python -m benchmarks.verdicts", *(argv or sys.argv[1:])]),
        }
        found = {"about": about, "items": table}
        if args.add:
            found = added(json.loads(args.json.read_text(encoding="utf-8")), about, table, ITEMS)
        text = json.dumps(found, indent=1)
        args.json.write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
