"""`rlbook sweep`: an experiment of a file or a module, over settings and seeds, from a shell."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from rlbook.sweeps.summary import as_text, duration, table

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

Rows are written to results/epsilon.jsonl and results/epsilon.csv as they come. After an interrupt,
give the same command: it goes on where it stopped. More values or more seeds add to the files. If
you change the experiment itself, choose another --out.

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
        help="an argument of the experiment and its values: numbers, true, false, or else texts; "
        "repeat --set for the next argument",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=_seeds, default=range(10), metavar="N",
        help="how many seeds, from 0 on; or which: a range such as 100:200 (100 to 199), a list "
        "such as 3,7,100:110, or a single seed with a comma, as in '7,' (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--out", required=True, metavar="NAME", help="write rows to NAME.jsonl and NAME.csv"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_whole, metavar="N",
        help="processes on this computer (default: one for each core)",
    )  # fmt: skip
    where.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="run on a cluster: its dask scheduler, such as tcp://node1:8786. A FILE.py is sent to "
        "the workers; a MODULE must be installed there, and rlbook too",
    )  # fmt: skip


def obey(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    """Run the sweep, with a progress line, and show the results. Returns the exit status.

    Raises ValueError for arguments that make no sense.
    """
    from rlbook.sweeps.run import FailedRowsError, run

    experiment, grid = _experiment(args.experiment), dict(args.grid)
    if len(grid) < len(args.grid):
        names = [name for name, _ in args.grid]
        raise ValueError(f"--set must name each argument once, got {names}")
    reached = "0"

    def report(row: Row, done: int, total: int, seconds: float | None) -> None:
        nonlocal reached
        reached = f"{done}/{total}"
        left = "" if seconds is None else f"  {duration(seconds)} left"
        progress(f"{reached}{left}  {as_text(row)}")

    failed: list[tuple[str, BaseException]] = []
    sent = experiment if ".py:" in args.experiment else None
    try:
        with _executor(args.scheduler, sent) as executor:
            try:
                rows = run(experiment, grid, args.seeds, executor, args.workers, args.out, report)
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
    return _show(rows, failed, list(grid), args.out)


def _show(
    rows: list[Row], failed: list[tuple[str, BaseException]], names: list[str], out: str
) -> int:
    """Print the table, the names of the files and the failures. Returns the exit status."""
    from rlbook.sweeps.record import files

    if rows:
        _print(table(rows, names))
    _print("rows: {}, {}".format(*files(out)))
    for job, fault in failed[:10]:
        print(f"failed: {job}: {type(fault).__name__}: {fault}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} rows failed; the same command tries them again", file=sys.stderr)
    return 1 if failed else 0


def _print(text: str) -> None:
    """Print; characters that stdout cannot encode are escaped, as Python does on stderr."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def _experiment(text: str) -> Any:
    """The function that FILE.py:FUNCTION or MODULE:FUNCTION names; worker processes find it too."""
    place, _, name = text.rpartition(":")
    file = Path(place) if place.endswith(".py") else None
    missing = f": there is no file {place}" if file and not file.is_file() else ""
    if not place or not name or missing:
        wanted = "FILE.py:FUNCTION or MODULE:FUNCTION"
        raise ValueError(f"the experiment must be {wanted}, got {text!r}{missing}")
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
    """What runs the jobs: dask's cluster, or None for processes of our own.

    sent    a function whose module goes to the cluster; None: it is installed there
    """
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
        message = f"--scheduler must be the address of a dask scheduler, got {scheduler}: {error}"
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
            wanted = "a number of seeds, 1 or more, or a list such as 3,7,100:110"
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
        numbers += range(int(first), int(end) if colon else int(first) + 1)
    return numbers


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, got {text!r}")
    return int(text)
