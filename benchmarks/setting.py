"""What ran, on what, and when: it stands beside the numbers of every benchmark."""

import importlib.metadata
import os
import platform
import re
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import rlbook

ROOT = Path(rlbook.__file__).parents[1]  # of the checkout, if there is one
TIME = "%Y-%m-%d %H:%M:%S UTC"
RESULTS = ":!benchmarks/results"  # what a run writes is no change to what it measures


def setting(**versions):
    """What ran: of a peer that is not installed the version is None."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        **versions,
        "processor": processor(),
        "machine": platform.machine(),
        "threads": threads(),
    }


def version(name):
    """Of an installed package; None for another."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def start(short, left_out):
    """Which run it is: to be called where it begins. left_out: [what it does not measure]."""
    return {
        "run": datetime.now(UTC).strftime(TIME),
        "commit": commit(),
        "kernel": kernel(),
        "load before": load(),
        "short": short,
        "left out": left_out,
    }


def end(about):
    """How long the run took, and the load that it leaves: it alone makes about 1."""
    took = datetime.now(UTC) - datetime.strptime(about["run"], TIME).replace(tzinfo=UTC)
    return {"seconds": round(took.total_seconds()), "load after": load()}


def commit(root=ROOT):
    """Of the rlbook that runs, "+ changes" if its files differ from it; None outside a checkout."""

    def git(*command):
        return subprocess.run(
            ("git", "-C", root, *command), capture_output=True, text=True, check=True
        ).stdout.strip()

    with suppress(OSError, subprocess.CalledProcessError):
        if Path(git("rev-parse", "--show-toplevel")) == root.resolve():
            changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", RESULTS)
            return git("rev-parse", "--short", "HEAD") + " + changes" * bool(changed)
    return None


def load():
    """How many processes wanted to run in the last minute, on average; None: nobody knows."""
    with suppress(OSError, AttributeError):
        return round(os.getloadavg()[0], 2)
    return None


def kernel():
    """For which processor OpenBLAS computes; None without threadpoolctl."""
    found = {pool["architecture"] for pool in pools() if pool.get("architecture")}
    by_name = " (by OPENBLAS_CORETYPE)" if os.environ.get("OPENBLAS_CORETYPE") else ""
    return ", ".join(sorted(found)) + by_name if found else None


def pools():
    """What threadpoolctl sees; nothing where it is not installed."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return threadpool_info()


def threads():
    """How one thread was made sure of."""
    if not (seen := {pool["internal_api"]: pool["num_threads"] for pool in pools()}):
        return "1, by environment variables set before numpy was loaded"
    return f"1, by environment variables; threadpoolctl sees {seen}"


def processor():
    """The name of the processor, as the system calls it."""
    with suppress(OSError):
        if found := re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M):
            return found[1].strip()
    return platform.processor() or "unknown"
