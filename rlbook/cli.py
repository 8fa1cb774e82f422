"""The command line: rlbook list, rlbook run, rlbook reproduce, rlbook sweep."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Matrices are small here, and several threads in one product cost more than they bring: up to three
# times as much. Whoever sets the variables is obeyed; they are read once, when numpy is loaded.
for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from rlbook import __version__, sweep_cli  # noqa: E402
from rlbook.book import ITEMS, Item, load_chapters, select  # noqa: E402

if TYPE_CHECKING:
    from rlbook.report import Entry

MANY = 20
"""Items that together take so long that loops are compiled, if numba is there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    0: done, and nothing is left to explain. 1: an item fails. 2: the command was not understood.
    130: interrupted; what was done is written. 141: nobody reads the output any more.
    """
    args = _parser().parse_args(argv)
    return _finish(lambda: _obey(args))


def _finish(work: Callable[[], int]) -> int:
    """Do the work; an interrupt, a closed pipe, a full disk are told in a line, not a traceback."""
    try:
        status = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # who read our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _refuse(f"cannot write {error.filename or 'the output'}: {error.strerror}")
    return status


def _obey(args: argparse.Namespace) -> int:
    if args.command == "sweep":
        try:
            return sweep_cli.obey(args, _progress)
        except ValueError as error:
            return _refuse(str(error))
    load_chapters()
    words = [name.strip() for word in args.items for name in word.split(",")]
    try:
        items = select(words)
    except ValueError as error:
        return _refuse(str(error))
    if args.command == "list":
        return _list(items)
    if len(items) >= MANY:
        from rlbook.agent import LONG, prepare

        prepare(LONG)
    return _carry_out(items, args, tables=args.command == "run")


def run(file: str) -> None:
    """Run the items of one chapter: the last line of its script. Exits with main's status."""
    parser = argparse.ArgumentParser(
        prog=f"python {file}", description="Run the items of this chapter of the book."
    )
    _add_options(parser)
    args = parser.parse_args()
    own = dict.fromkeys(i for i in ITEMS.values() if i.chapter == Path(file).stem)
    sys.exit(_finish(lambda: _carry_out(list(own), args, tables=True)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rlbook",
        description="The figures and tables of S. Zhao, Mathematical Foundations of Reinforcement "
        "Learning, computed again and held against the printed numbers.",
        epilog="examples:\n"
        "  rlbook reproduce                 everything, with a report in rlbook-report/\n"
        "  rlbook run fig:3.4a              one figure, with its numbers\n"
        "  rlbook run ch04                  one chapter\n"
        "  rlbook list                      the ids of all items\n"
        "  rlbook sweep --help              how to run your own experiment over many seeds\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rlbook {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    show = commands.add_parser("list", help="show the items: id and question")
    show.add_argument("items", nargs="*", metavar="ID|CHAPTER", help="only these")

    one = commands.add_parser("run", help="run items and show printed beside computed numbers")
    one.add_argument("items", nargs="+", metavar="ID|CHAPTER", help="such as fig:3.4a or ch03")
    _add_options(one)

    everything = commands.add_parser("reproduce", help="run every item and write a report")
    everything.add_argument(
        "--only", dest="items", nargs="+", default=[], metavar="IDS", help="ids or chapters"
    )
    _add_options(everything)

    sweep_cli.add_command(commands)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=_folder, default=Path("rlbook-report"), metavar="DIR",
        help="where figures/ and, from reproduce, the report go (default: rlbook-report)",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help="fewer samples and seeds: a fainter answer, sooner"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of everything random (default: 0)"
    )


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("must be a folder, got an empty name")
    return Path(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, got {text!r}")
    return int(text)


def _list(items: list[Item]) -> int:
    chapter = ""
    for item in items:
        if item.chapter != chapter:
            print(f"{chapter and chr(10)}{item.chapter}")
            chapter = item.chapter
        for name in item.ids:
            print(f"  {name:<18} {item.title}")
    return 0


def _carry_out(items: list[Item], args: argparse.Namespace, *, tables: bool) -> int:
    """Run items one after another, a line each; then show their numbers or write the report."""
    from rlbook import report  # matplotlib is loaded here, not for `list`

    out: Path = args.out
    try:
        (out / "figures").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"--out must be a folder that can be written, got {out}: {error.strerror}")
    entries: list[Entry] = []
    interrupted = False
    try:
        for k, item in enumerate(items, start=1):
            line = f"[{k}/{len(items)}] {item.ids[0]}  {item.title}"
            _progress(line)
            done = report.carry_out(
                item, out, seed=args.seed, quick=args.quick, progress=partial(_counted, line)
            )
            _progress("")
            entries += done
            for entry in done:
                print(_line(entry), flush=True)
            if tables:
                print(report.as_text(done[0]), flush=True)
    except KeyboardInterrupt:
        interrupted = True
        _progress("")
    print(f"\n{report.count(entries)}")
    if tables:
        print(f"figures: {out / 'figures'}")
    else:
        report.write_report(entries, out, missing=sum(len(i.ids) for i in items) - len(entries))
        print(f"report: {out / 'report.html'}")
    if interrupted:
        print(f"interrupted: {len(entries)} done, the rest was not run", file=sys.stderr)
        return 130
    return 0 if all(entry.verdict in report.GOOD for entry in entries) else 1


def _line(entry: Entry) -> str:
    """One line for an item: id, title, largest difference, verdict, seconds."""
    difference = "-" if entry.result is None else f"{entry.result.max_difference:.2g}"
    end = f"{difference:>8}  {entry.verdict:<11} {entry.seconds:5.1f} s"
    room = max(20, shutil.get_terminal_size((132, 24)).columns - len(end) - 21)
    title = entry.item.title
    if len(title) > room and sys.stdout.isatty():
        title = title[: room - 3] + "..."
    return f"{entry.id:<18} {title:<{room}} {end}"


def _progress(text: str) -> None:
    """A line that is written over, on a terminal; nothing in a pipe."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{text[:width]}")
        sys.stderr.flush()


def _counted(line: str, iterable: Iterable[Any], total: int) -> Iterator[Any]:
    """The iterable, with a share of the total behind the progress line."""
    shown = time.monotonic()
    for k, x in enumerate(iterable):
        if (total < 1000 or k % 256 == 0) and time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            _progress(f"{line}  {k / total:.0%}")
        yield x


def _refuse(message: str) -> int:
    print(f"rlbook: error: {message}", file=sys.stderr)
    return 2
