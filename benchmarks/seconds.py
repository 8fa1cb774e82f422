"""How long does each item take? Tells `rlbook reproduce --jobs` what to begin with.

    python -m benchmarks.seconds                      every item: as long as a run with one job
    python -m benchmarks.seconds td:comparison ch12   these alone; the others keep their seconds

runs items in one process, without numba, with which fewer of them are long, and writes their
seconds of CPU time to rlbook/data/seconds.json.
"""

import os
import sys

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM"):  # as the command line has it
    os.environ[f"{_library}_NUM_THREADS"] = "1"
sys.modules["numba"] = None  # as if it were not installed

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from rlbook.book.items import ITEMS, load_chapters, select  # noqa: E402
from rlbook.book.report import compute  # noqa: E402

FILE = Path(__file__).parents[1] / "rlbook" / "data" / "seconds.json"
ABOUT = (
    "CPU seconds of each item, by its first id, without numba; written by benchmarks/seconds.py. "
    "How many processes are worth having, and what they begin with, follows from them."
)


def main():
    """Run the items, write how long they took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("items", nargs="*", metavar="ID|CHAPTER", help="only these")
    parser.add_argument("--json", type=Path, default=FILE, metavar="FILE", help="write there")
    args = parser.parse_args()
    load_chapters()
    known = json.loads(FILE.read_text(encoding="utf-8"))
    for item in select(args.items):
        start = time.process_time()
        said = compute(item).said
        known[item.ids[0]] = round(time.process_time() - start, 1)
        print(f"{item.ids[0]:<20} {known[item.ids[0]]:6.1f}", said, flush=True)
    every = dict.fromkeys(item.ids[0] for item in ITEMS.values())
    found = {"about": ABOUT} | {name: known[name] for name in every if name in known}
    args.json.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
