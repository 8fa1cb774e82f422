"""What the benchmarks share: the race, what ran, and where the numbers go."""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np


def arguments(title, repeats):
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--repeats", type=at_least_1, default=repeats, metavar="N",
                        help="blocks of each")  # fmt: skip
    return parser


def at_least_1(text):
    """A whole number for argparse."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {number}")
    return number


def race(runners, n, repeats):
    """Microseconds of CPU time, {name: [of each block]}, the blocks in turn.

    runners    {name: block}; a call of block does n of what is measured
    """
    times = {name: [] for name in runners}
    for k in range(repeats + 1):
        for name, block in runners.items():
            start = time.process_time_ns()
            block()
            if k:  # the first block warms up
                times[name].append((time.process_time_ns() - start) / n / 1e3)
    return times


def setting(**versions):
    """What ran: of a peer that is not installed the version is None."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        **versions,
        "machine": platform.machine(),
        "threads": threads(),
    }


def threads():
    """How one thread was made sure of."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "1, by environment variables set before numpy was loaded"
    pools = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    return f"1, by environment variables; threadpoolctl sees {pools}"


def write(path, about, rows):
    """The numbers as JSON: all of them, or the file stays as it was."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(json.dumps({"setting": about, "rows": rows}, indent=1) + "\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
