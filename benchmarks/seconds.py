"""How long does each item take? Tells `rlbook reproduce --jobs` what to begin with.

    rlbook reproduce --jobs 1 && python -m benchmarks.seconds rlbook-report/report.json

writes rlbook/data/seconds.json. Best done without numba, with which the long items are fewer.
"""

import argparse
import json
from pathlib import Path

from rlbook.book import ITEMS, load_chapters

FILE = Path(__file__).parents[1] / "rlbook" / "data" / "seconds.json"
ABOUT = (
    "seconds of each item, by its first id, in one run of `rlbook reproduce --jobs 1` without "
    "numba; written by benchmarks/seconds.py. Only the order of the work depends on them."
)


def main():
    """Read a report, write the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="the report.json of a whole run with one job")
    args = parser.parse_args()
    load_chapters()
    entries = {e["id"]: e for e in json.loads(args.report.read_text(encoding="utf-8"))}
    if any(e["quick"] for e in entries.values()) or list(entries) != list(ITEMS):
        parser.error(f"report must be one of all items, and not a quick one, got {args.report}")
    found = {item.ids[0]: round(entries[item.ids[0]]["seconds"], 1) for item in ITEMS.values()}
    FILE.write_text(json.dumps({"about": ABOUT} | found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
