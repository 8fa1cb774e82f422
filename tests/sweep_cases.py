"""Experiments that worker processes import: the fixture `cases` copies this file for them."""

import os
import tempfile
import time
from pathlib import Path


def note(seed):
    """A file for each call."""
    file, _ = tempfile.mkstemp(f".{os.getpid()}", f"{seed}.", os.environ["SWEEP_CALLS"])
    os.close(file)


def calls(seed):
    return list(Path(os.environ["SWEEP_CALLS"]).glob(f"{seed}.*"))


def value(seed, alpha=0.0):
    note(seed)
    return alpha + seed


def slow(seed, alpha=0.0):
    note(seed)
    time.sleep(0.1)
    return {"sum": alpha + seed, "even": seed % 2 == 0}


def endless(seed):
    note(seed)
    time.sleep(0 if seed == 0 else 600)
    return 0


def mortal(seed):
    """Seed 1 takes its process down at each try, seed 2 at its first one."""
    note(seed)
    if seed == 1 or (seed == 2 and len(calls(2)) == 1):
        os._exit(3)
    time.sleep(0.2)
    return seed


class OddError(Exception):
    def __init__(self, a, b):
        super().__init__("odd")


def faulty(seed, mend=False):
    note(seed)
    if seed == 1 and not os.environ.get("SWEEP_MENDED"):
        raise ZeroDivisionError("seed 1 is bad")
    if seed == 2 and not os.environ.get("SWEEP_MENDED"):
        raise OddError(1, 2)
    return seed


def threads(seed):
    return {x: os.environ.get(x) for x in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class Holder:
    def method(self, seed):
        return seed
