"""What the benchmarks share: the options, the race, and where the numbers go."""

import argparse
import ctypes
import gc
import json
import multiprocessing
import random
import re
import signal
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from rlbook.functions.parametric import PASSES
from rlbook.whole_file import whole_file


def arguments(title):
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--repeats", type=at_least_1, metavar="N", help="blocks of each")
    parser.add_argument("--short", action="store_true",
                        help="a part, with less time; says what is left out")  # fmt: skip
    return parser


def fewer(n, full, what):
    """What a run leaves out that does n of them: a list of one line, or of none."""
    return [f"{full - n:,} of {full:,} {what}"] if n < full else []


def new_file(text):
    """A path for argparse, in a folder that is there: noticed before anything runs."""
    if not (path := Path(text)).parent.is_dir():
        raise argparse.ArgumentTypeError(f"its folder must be there, got {text}")
    return path


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


@contextmanager
def numpy_alone():
    """Networks do without their compiled passes meanwhile."""
    passes = sys.modules.pop(PASSES, None)
    try:
        yield
    finally:
        if passes:
            sys.modules[PASSES] = passes


def take_turns(runners, calls, blocks):
    """Seconds of CPU time of one call, {name: [of each block]}.

    Every round has an order of its own: whoever comes next finds the caches as the last one left
    them.

    calls, blocks    {name: number}; the blocks of who has few of them are spread over the race
    """
    times, names, rounds = {name: [] for name in runners}, list(runners), max(blocks.values())
    order = random.Random(0)
    for k in range(rounds):
        for name in order.sample(names, len(names)):
            if len(times[name]) * rounds < blocks[name] * (k + 1):
                start = time.process_time_ns()
                for _ in range(calls[name]):
                    runners[name]()
                times[name].append((time.process_time_ns() - start) / calls[name] / 1e9)
    return times


def apart(function, *given, seconds=None, start="fork"):
    """What function(*given) returns in another process; None if it needs more CPU seconds.

    start    "fork": a copy of this process; "spawn": a fresh one

    Raises ChildProcessError if it crashes.
    """
    context = multiprocessing.get_context(start)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(sender, function, given, seconds))
    child.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        child.join()
        if child.exitcode == -signal.SIGXCPU:
            return None
        raise ChildProcessError(f"it ended with exit status {child.exitcode}") from None
    finally:
        child.kill()
        child.join()


def _send(sender, function, given, seconds):
    if seconds is not None:
        import resource  # of Unix, as fork is

        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    sender.send(function(*given))


def memory():
    """MiB of this process in memory: now, and at most since forget_peak(). nan: nobody knows."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return float("nan"), float("nan")
    kib = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.M))
    return int(kib["VmRSS"]) / 1024, int(kib["VmHWM"]) / 1024


def forget_peak():
    """Give back what is free, and let `memory` count its most from here on."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def write(path, about, rows, **more):
    """The numbers as JSON: all of them, or the file stays as it was."""
    numbers = {"setting": about, "rows": rows, **more}
    with whole_file(path) as file:
        file.write((json.dumps(numbers, indent=1) + "\n").encode())
