"""How long does the whole book take, and where does the time go?

    python -m benchmarks.book [--json FILE] [--short] [ID|CHAPTER ...]

`rlbook reproduce` runs on two cores and on one, and on two as if numba were not installed. Seconds
are those of the clock, since cores work at the same time; those of an item are in the report. The
first run finds no compiled loops in the cache, as on a new machine.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM"):  # as the command line has it
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.common import new_file, write  # noqa: E402
from benchmarks.setting import end, setting, start, version  # noqa: E402
from rlbook.book.items import ITEMS, load_chapters  # noqa: E402

FIRST, NUMBA, NUMPY = "with numba, for the first time", "with numba", "without numba"
RUNS = ((FIRST, 2), (NUMBA, 2), (NUMBA, 1), (NUMPY, 2))  # libraries, cores
SHORT = RUNS[:2]


def measure(libraries, cores, folder, words):
    """The row of one run; compiled loops stay in the folder from run to run."""
    hidden, out = folder / "hidden", folder / "report"
    hidden.mkdir(exist_ok=True)
    (hidden / "numba.py").write_text("raise ImportError('not wanted')\n")
    paths = [str(hidden)] if libraries == NUMPY else []
    paths += [os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else []
    around = os.environ | {"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "rlbook", "reproduce", "--jobs", str(cores), "--out", out]
    begin = time.monotonic()
    subprocess.run([*command, *words], env=around, stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - begin
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    items = {row["id"]: row["seconds"] for row in report}
    chapters = dict.fromkeys((ITEMS[name].chapter[:4] for name in items), 0.0)
    for name, x in items.items():
        chapters[ITEMS[name].chapter[:4]] += x
    return {
        "libraries": libraries,
        "cores": cores,
        "seconds": round(seconds, 1),
        "chapters": {name: round(x, 1) for name, x in chapters.items()},
        "items": items,
    }


def where(row, most=6):
    """Its chapters and its longest items, in words."""
    by_time = {
        kind: sorted(row[kind].items(), key=lambda x: -x[1]) for kind in ("chapters", "items")
    }
    return [
        f"{kind}, the longest: " + ", ".join(f"{name} {x:.1f} s" for name, x in found[:most])
        for kind, found in by_time.items()
    ]


def main():
    """Run, print, write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.book",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("items", nargs="*", metavar="ID|CHAPTER", help="only these")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--short", action="store_true", help="with numba, on two cores")
    args = parser.parse_args()
    runs = SHORT if args.short else RUNS
    if not find_spec("numba"):
        runs = [x for x in RUNS if x[0] == NUMPY]
    left_out = [
        f"{libraries}, {cores} cores" for libraries, cores in RUNS if (libraries, cores) not in runs
    ]
    about = setting(numba=version("numba")) | start(args.short, left_out)
    about["cores"] = os.cpu_count()
    print("The whole book, seconds of the clock. Left out:", "; ".join(left_out) or "nothing")
    load_chapters()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for libraries, cores in runs:
            rows.append(measure(libraries, cores, Path(folder), args.items))
            print(f"{libraries:<32} cores: {cores} {rows[-1]['seconds']:8.1f} s", flush=True)
            print(*(f"    {line}" for line in where(rows[-1])), sep="\n", flush=True)
    about |= end(about)
    print(about)
    if args.json:
        write(args.json, about, rows)


if __name__ == "__main__":
    main()
