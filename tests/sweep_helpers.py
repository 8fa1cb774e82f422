"""What the tests of sweeps share."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from rlbook import sweep

UNIX = pytest.mark.skipif(os.name != "posix", reason="signals of Unix")


def an_experiment(seed, a=0):
    return seed


def in_threads(experiment, grid, seeds, **options):
    with ThreadPoolExecutor(3) as pool:
        return sweep(experiment, grid, seeds, pool, **options)


class Lazy(Executor):
    """Runs a job when so many wait as fit the window, and knows how many waited at most."""

    def __init__(self, window):
        self.jobs, self.most, self.window = [], 0, window

    def submit(self, function, /, *args):
        future = Future()
        self.jobs.append((future, function, args))
        self.most = max(self.most, len(self.jobs))
        if len(self.jobs) == self.window:
            for future_, function_, args_ in self.jobs:
                future_.set_result(function_(*args_))
            self.jobs.clear()
        return future


def rows_of(path):
    """The rows of the record; each line is whole, the first one is the header."""
    text = Path(path).read_text()
    assert text.endswith("\n")
    header, *rows = map(json.loads, text.splitlines())
    assert list(header) == ["sweep", "settings"]
    return rows


def check_sheet(stem):
    """The sheet has the rows of the record, in its order."""
    with Path(f"{stem}.csv").open(newline="") as file:
        sheet = list(csv.DictReader(file))
    rows = rows_of(f"{stem}.jsonl")
    columns = dict.fromkeys(x for row in rows for x in row)

    def cell(x):
        return "" if x is None else str(x).lower() if isinstance(x, bool) else str(x)

    assert sheet == [{name: cell(row.get(name)) for name in columns} for row in rows]
    assert not list(Path().glob(".*.part"))


def seeds_called():
    return Counter(int(x.name.partition(".")[0]) for x in Path("calls").iterdir())


def processes():
    """Those that were at work."""
    return {int(x.suffix[1:]) for x in Path("calls").iterdir()}


def command(*given, **options):
    return subprocess.run(
        [sys.executable, *map(str, given)], capture_output=True, text=True, timeout=60, **options
    )
