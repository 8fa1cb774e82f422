"""The command line: the book's items, homework, sweeps. `rlbook --help` lists the commands."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Matrices are small here, and several threads in one product cost more than they bring: up to three
# times as much. Whoever sets the variables is obeyed; they are read once, when numpy is loaded.
for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from rlbook import __version__  # noqa: E402
from rlbook.book.items import Item, load_chapters, select  # noqa: E402
from rlbook.book.numbers import WORDS, numbers  # noqa: E402
from rlbook.book.out_folder import CannotRunError, writing_into  # noqa: E402
from rlbook.book.show import listing, show  # noqa: E402
from rlbook.homework import command as homework_cli  # noqa: E402
from rlbook.sweeps import command as sweep_cli  # noqa: E402

if TYPE_CHECKING:
    from rlbook.book.report import Entry


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    0: done, and nothing is left to explain. 1: an item fails. 2: the command was not understood, or
    its files cannot be written. 130: interrupted; what was done is written. 143: the same, after a
    SIGTERM. 141: nobody reads the output any more.
    """
    args = _parser().parse_args(argv)
    return _finish(lambda: _obey(args))


def _finish(work: Callable[[], int]) -> int:
    """Do the work; an interrupt, a closed pipe, a full disk are told in a line, not a traceback."""
    with _hearing_sigterm() as heard:
        status = _done(work)
    return 143 if heard and status == 130 else status


@contextmanager
def _hearing_sigterm() -> Iterator[list[int]]:
    """A SIGTERM is an interrupt: what is done is written. Yields the list of those that came."""
    heard: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_IGN)  # once is enough: what is done is being written
        heard.append(number)
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread, which alone hears signals
        yield heard
        return
    try:
        yield heard
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _done(work: Callable[[], int]) -> int:
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
    if args.command in ("new", "check", "grade"):
        try:
            return homework_cli.obey(args, _progress)
        except (ValueError, CannotRunError) as error:
            return _refuse(str(error))
    load_chapters()
    words = _words([*args.items, *vars(args).get("only", [])])
    try:
        if args.command == "show":
            print("\n".join(line for word in words for line in show(word)))
            return 0
        if args.command == "list" and args.numbers:
            return _list_numbers(words)
        items = select(words)
    except ValueError as error:
        return _refuse(str(error))
    if args.command == "list":
        return _list(items)
    return _carry_out(items, args, tables=args.command == "run")


def run(file: str) -> None:
    """Run the items of one chapter: the last line of its script. Exits with main's status."""
    parser = argparse.ArgumentParser(
        prog=f"python {file}", description="Run the items of this chapter of the book."
    )
    parser.add_argument("items", nargs="*", metavar="ID", help="only these (default: all)")
    _add_options(parser)
    args = parser.parse_args()
    chapter, words = Path(file).stem, _words(args.items)
    try:
        try:
            chosen = select(words or [chapter])
        except ValueError:
            load_chapters()  # for what is in another file, or for a word that is like one there
            chosen = select(words)
        if elsewhere := [item.ids[0] for item in chosen if item.chapter != chapter]:
            raise ValueError(f"{', '.join(elsewhere)} is not in this file: use rlbook run")
    except ValueError as error:
        sys.exit(_refuse(str(error)))
    sys.exit(_finish(lambda: _carry_out(chosen, args, tables=True)))


def _words(given: Sequence[str]) -> list[str]:
    """What is asked for: words, parted by blanks or commas; "fig 3.4a" and "chapter 3" are one."""
    words: list[str] = []
    for piece in " ".join(given).split(",") if given else ():
        for name in piece.split() or [""]:
            if words and words[-1].lower().removesuffix(".") in {"ch", "chapter", *WORDS}:
                words[-1] += f" {name}"
            else:
                words.append(name)
    return words


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rlbook",
        description="The figures and tables of S. Zhao, Mathematical Foundations of Reinforcement "
        "Learning, computed again and compared with the printed numbers.",
        epilog="examples:\n"
        "  rlbook reproduce                 everything, with a report in rlbook-report/\n"
        "  rlbook run fig:3.4a              one figure, with its numbers\n"
        "  rlbook run ch04                  one chapter\n"
        "  rlbook list                      the ids of all items\n"
        "  rlbook show 7.20                 what (7.20) is, its line of code, its test\n"
        "  rlbook new hw04                  a homework: functions to be written\n"
        "  rlbook check hw04.py             is it right, or which equation does it break?\n"
        "  rlbook sweep --help              how to run your own experiment over many seeds\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rlbook {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    items = commands.add_parser("list", help="list the items: id and question")
    items.add_argument("items", nargs="*", metavar="ID|CHAPTER", help="only these")
    items.add_argument(
        "--numbers", action="store_true",
        help="every number of the book instead, and how it is held (only chapters: 3 7)",
    )  # fmt: skip

    about = commands.add_parser("show", help="say what a number of the book is, and who holds it")
    about.add_argument("items", nargs="+", metavar="NUMBER", help="such as 7.20 or 'Fig. 3.4'")

    one = commands.add_parser("run", help="run items and show printed beside computed numbers")
    one.add_argument("items", nargs="+", metavar="ID|CHAPTER", help="such as fig:3.4a or ch03")
    _add_options(one)

    everything = commands.add_parser("reproduce", help="run every item and write a report")
    everything.add_argument("items", nargs="*", metavar="ID|CHAPTER", help="only these")
    everything.add_argument(
        "--only", nargs="+", default=[], metavar="ID|CHAPTER", help="the same, by name"
    )
    _add_options(everything)

    homework_cli.add_commands(commands)
    sweep_cli.add_command(commands)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=_folder, default=Path("rlbook-report"), metavar="DIR",
        help="where figures/ and, from reproduce, the report go (default: rlbook-report)",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help="fewer samples: less exact, but faster"
    )
    parser.add_argument(
        "--seed", type=partial(_whole, 0), default=0, metavar="N",
        help="seed of all random numbers (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--show", action="store_true",
        help="show the figures, or the report of reproduce, in a viewer or a window",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=partial(_whole, 1), metavar="N",
        help="how many items run at the same time, each in its own process; the numbers stay the "
        "same (default: one on each core, if there is enough to do)",
    )  # fmt: skip


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("must be a folder, got an empty name")
    return Path(text)


def _whole(least: int, text: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number, {least} or more, got {text!r}")
    return int(text)


def _list(items: list[Item]) -> int:
    chapter = ""
    for item in items:
        if item.chapter != chapter:
            print(f"{chapter and chr(10)}{item.chapter}")
            chapter = item.chapter
        for name in item.ids:
            print(f"  {name:<22} {item.title}")
    return 0


def _list_numbers(chapters: list[str]) -> int:
    """All numbers of the book, or those of some chapters. ValueError for another word."""
    if wrong := [word for word in chapters if not (word.isdecimal() and 1 <= int(word) <= 10)]:
        raise ValueError(f"--numbers takes chapters from 1 to 10, got {wrong[0]!r}")
    wanted = {str(int(word)) for word in chapters}
    ids = [n for n in numbers() if not wanted or re.split("[:.]", n)[1] in wanted]
    print("\n".join(listing(ids)))
    return 0


def _carry_out(items: list[Item], args: argparse.Namespace, *, tables: bool) -> int:
    """Run the items, a line each; then show their numbers or write the report."""
    try:
        with writing_into(args.out, alone=not tables):
            return _run_into(args.out, items, args, tables)
    except CannotRunError as error:
        return _refuse(str(error))


def _run_into(out: Path, items: list[Item], args: argparse.Namespace, tables: bool) -> int:
    from rlbook.book import jobs, report  # matplotlib is loaded here, not for `list`
    from rlbook.book.lines import AGAIN, LEGEND, Layout, files, look_first, written
    from rlbook.book.tables import as_text, faults

    terminal = sys.stdout.isatty()
    layout = Layout.of(items, shutil.get_terminal_size().columns if terminal else None, tables)
    done: dict[Item, tuple[list[Entry], str]] = {}
    head = iter([layout.head()])  # it comes with the first line
    unshown = deque(items)  # lines come in the order of the book, whoever is done first

    def show() -> None:
        entries, said = done[unshown.popleft()]
        _progress("")
        sys.stderr.write(said)
        for line in (*head, *layout.lines(entries)):
            print(line, flush=True)
        if tables:
            print(as_text(entries[0], layout.width), flush=True)
        elif entries[0].verdict == "fails":
            print("".join(f"    {fault}\n" for fault in faults(entries[0])), end="", flush=True)

    interrupted = False
    n = args.jobs or jobs.how_many(items)
    try:
        with closing(
            jobs.carry_out(items, n, seed=args.seed, quick=args.quick, show=_progress)
        ) as outcomes:
            for item, outcome in outcomes:
                entries = report.keep(item, outcome, out, seed=args.seed, quick=args.quick)
                done[item] = entries, outcome.said
                while unshown and unshown[0] in done:
                    show()
    except KeyboardInterrupt:
        interrupted = True
        unshown = deque(item for item in unshown if item in done)
        while unshown:
            show()
    _progress("")
    entries = [entry for item in items if item in done for entry in done[item][0]]
    print("" if tables else "\n", layout.wrapped(LEGEND, ""), sep="")
    print(report.count(entries))
    figures, page = written(entries, out), out / "report.html"
    if tables:
        print(files(figures, out / "figures"))
    else:
        report.write_report(entries, out, missing=sum(len(i.ids) for i in items) - len(entries))
        print("".join(f"{line}\n" for line in look_first(entries, layout)), end="")
        print(f"report: {page.resolve().as_uri() if terminal else page}")  # to be clicked
    if args.show:
        _show([path for path in figures if path.suffix != ".svg"] if tables else [page], out)
    if interrupted:
        print(f"interrupted: {len(entries)} done, the rest was not run", file=sys.stderr)
        return 130
    if all(entry.verdict in report.GOOD for entry in entries):
        return 0
    print(layout.wrapped(AGAIN.format(seed=args.seed + 1), ""))
    return 1


def _show(paths: list[Path], out: Path) -> None:
    """Show the files; a line on stderr where that cannot be."""
    from rlbook.book.viewer import show_files

    if why_not := show_files(paths, out / "figures"):
        print(why_not, file=sys.stderr)


def _progress(text: str) -> None:
    """A line that is written over, on a terminal; nothing in a pipe."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{text[:width]}")
        sys.stderr.flush()


def _refuse(message: str) -> int:
    print(f"rlbook: error: {message}", file=sys.stderr)
    return 2
