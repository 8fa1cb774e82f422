"""`rlbook sweep`: an experiment of a file or a module, over settings and seeds, from a shell."""

from __future__ import annotations

import argparse
import math
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

Row = dict[str, Any]

EPILOG = """\
The experiment is a function with the arguments seed and those that --set names. It returns a
number, or a dict of names and numbers. Here is one, in the file mine.py:

  def experiment(seed, alpha, epsilon):
      ...
      return {"loss": loss}

example:
  rlbook sweep examples/sweep_epsilon.py:experiment --out results/epsilon \\
      --set alpha=0.05,0.1,0.2 --set epsilon=0.1,0.3 --seeds 10

Rows go into results/epsilon.jsonl and results/epsilon.csv as they come. After an interrupt the same
command goes on where it was. More values or more seeds add to what is there. If you change the
experiment itself, choose another --out.

exit status: 0 all rows are there; 1 some failed, and the same command tries them again;
2 the command was not understood; 130 interrupted
"""


def add_command(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "sweep", help="run an experiment of yours over settings and seeds, on all cores",
        description="Run an experiment for every setting and every seed, on all cores or on a "
        "cluster,\nand show the mean and its standard error for each setting.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    wanted = "FILE.py:FUNCTION|MODULE:FUNCTION"
    parser.add_argument("experiment", metavar=wanted, help="what to run")
    parser.add_argument(
        "--set", dest="grid", action="append", type=_values, default=[], metavar="NAME=VALUE,...",
        help="an argument of the experiment and its values: numbers, true, false, else texts; "
        "again for the next argument",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=_seeds, default=range(10), metavar="N",
        help="how many, from 0 on; or which: a range such as 100:200 (100 to 199), a list such as "
        "3,7,100:110, or a single seed such as 7, with a comma (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--out", required=True, metavar="NAME", help="rows go into NAME.jsonl and NAME.csv"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_whole, metavar="N",
        help="processes on this computer (default: one a core)",
    )  # fmt: skip
    where.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="run on a cluster: its dask scheduler, such as tcp://node1:8786. A FILE.py is sent to "
        "the workers, a MODULE must be installed there; so must rlbook",
    )  # fmt: skip


def obey(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    """Run the sweep, a progress line on a terminal, and show what came out; the exit status.

    Raises ValueError for what was not understood.
    """
    from rlbook.sweeps.record import files
    from rlbook.sweeps.run import FailedRowsError, run, words

    experiment, grid = _experiment(args.experiment), dict(args.grid)
    if len(grid) < len(args.grid):
        names = [name for name, _ in args.grid]
        raise ValueError(f"--set must name each argument once, got {names}")
    reached = "0"

    def tell(row: Row, done: int, total: int, seconds: float | None) -> None:
        nonlocal reached
        reached = f"{done}/{total}"
        left = "" if seconds is None else f"  {_time(seconds)} left"
        progress(f"{reached}{left}  {words(row)}")

    failed: list[tuple[str, BaseException]] = []
    sent = experiment if ".py:" in args.experiment else None
    try:
        with _executor(args.scheduler, sent) as executor:
            try:
                rows = run(experiment, grid, args.seeds, executor, args.workers, args.out, tell)
            finally:
                progress("")
    except FailedRowsError as error:
        rows, failed = error.rows, error.failed
    except KeyboardInterrupt:
        print(f"interrupted at {reached}; the same command goes on from there", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(f"rlbook: error: {error}", file=sys.stderr)
        return 1
    if rows:
        _show(table(rows, list(grid)))
    _show("rows: {}, {}".format(*files(args.out)))
    for job, fault in failed[:10]:
        print(f"failed: {job}: {type(fault).__name__}: {fault}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} rows failed; the same command tries them again", file=sys.stderr)
    return 1 if failed else 0


def _show(text: str) -> None:
    """Print; what the output cannot hold is escaped, as Python does on stderr."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def table(rows: list[Row], names: list[str]) -> str:
    """A line a setting: its values, how many seeds, mean (standard error) of what are numbers."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(map(repr, (row[name] for name in names))), []).append(row)
    others = dict.fromkeys(x for row in rows for x in row if x not in (*names, "seed"))
    columns = [x for x in others if any(isinstance(row.get(x), (int, float)) for row in rows)]
    lines = [[*names, "seeds", *columns]]
    for group in groups.values():
        values = [_mean([row.get(column) for row in group]) for column in columns]
        lines.append([*(str(group[0][name]) for name in names), str(len(group)), *values])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def _mean(values: list[Any]) -> str:
    """Of the numbers: the mean and its standard error, sqrt(sum (x - mean)^2 / (n - 1) / n)."""
    x = [float(value) for value in values if isinstance(value, (int, float))]
    if not x:
        return "-"
    mean, n = sum(x) / len(x), len(x)
    if n == 1:
        return f"{mean:.4g} (-)"
    squares = sum((y - mean) * (y - mean) for y in x)
    return f"{mean:.4g} ({math.sqrt(squares / (n - 1) / n):.2g})"


def _experiment(text: str) -> Any:
    """The function that FILE.py:FUNCTION or MODULE:FUNCTION names; workers find it as well."""
    place, _, name = text.rpartition(":")
    file = Path(place) if place.endswith(".py") else None
    if not place or not name or (file and not file.is_file()):
        wanted = "FILE.py:FUNCTION or MODULE:FUNCTION"
        raise ValueError(f"the experiment must be {wanted}, and FILE.py be there, got {text!r}")
    folder = str(file.resolve().parent if file else Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = import_module(file.stem if file else place)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({frame.filename}, line {frame.lineno})"
        what = f"{type(error).__name__}: {error}{'' if isinstance(error, ImportError) else where}"
        raise ValueError(f"cannot import {place}: {what}") from error
    if file and Path(module.__file__ or "").resolve() != file.resolve():
        raise ValueError(f"{file} must have another name: there is a module {file.stem} already")
    if not callable(found := getattr(module, name, None)):
        raise ValueError(f"{place} has no function {name!r}")
    return found


@contextmanager
def _executor(scheduler: str | None, sent: Any) -> Iterator[Any]:
    """What runs the jobs: a cluster, to whom a function is sent; None: processes of our own."""
    if scheduler is None:
        yield None
        return
    try:
        dask, cloudpickle = import_module("distributed"), import_module("cloudpickle")
    except ImportError:
        raise ValueError("--scheduler needs dask: pip install 'rlbook[cluster]'") from None
    if sent:
        cloudpickle.register_pickle_by_value(sys.modules[sent.__module__])
    try:
        client = dask.Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        message = f"--scheduler must be the address of one, got {scheduler}: {error}"
        raise ValueError(message) from None
    with client:
        yield client.get_executor(pure=False)


def _values(text: str) -> tuple[str, list[Any]]:
    name, equals, values = text.partition("=")
    if not equals or not name.isidentifier() or not all(values.split(",")):
        raise argparse.ArgumentTypeError(f"must be such as alpha=0.1,0.2, got {text!r}")
    return name, [_value(x) for x in values.split(",")]


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _seeds(text: str) -> list[int]:
    which = f"0:{text}" if text.isdecimal() else text.removesuffix(",")
    numbers: list[int] = []
    for part in which.split(","):
        first, colon, end = part.partition(":")
        if not first.isdecimal() or (colon and not (end.isdecimal() and int(first) < int(end))):
            wanted = "how many, 1 or more, or which, such as 3,7,100:110"
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
        numbers += range(int(first), int(end) if colon else int(first) + 1)
    return numbers


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, got {text!r}")
    return int(text)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"
