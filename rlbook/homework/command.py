"""`rlbook new`, `rlbook check` and `rlbook grade`, from a shell."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rlbook.book.numbers import did_you_mean
from rlbook.book.out_folder import CannotRunError, write_whole
from rlbook.homework import report
from rlbook.homework.catalogue import IDS, homework, homework_of, tasks_of
from rlbook.homework.checking import check_file
from rlbook.homework.folder import write
from rlbook.homework.grade import grade, hand_ins
from rlbook.homework.judge import Finding
from rlbook.homework.page import as_html

NEW = """\
examples:
  rlbook new                       the homeworks that there are
  rlbook new hw04                  a folder hw04 with hw04.py, README.md and check.py
  rlbook new hw04 --out mine       the same, in the folder mine
  rlbook new hw04 --teacher        and hw04_solution.py beside them
  rlbook new mine.py               a homework of your own, from a file that declares it

Files that are there already are never written over.
exit status: 0 done; 2 not understood, or a file is there already
"""

CHECK = """\
examples:
  rlbook check hw04.py                     every function of the homework
  rlbook check hw04.py value_iteration     one of them
  rlbook check hw04.py 4.1                 what is (4.1) or Algorithm 4.1 in the book
  rlbook check hw04.py --html report.html  a page to hand in

Your functions run in a process of their own, with limits of time and memory. What is wrong is told
as the equation that is broken, the smallest case found, and the mistake that it looks like.
exit status: 0 all right; 1 something is wrong or not written; 2 cannot be run; 130 interrupted
"""

GRADE = """\
example:
  rlbook grade handins hw04 --out grades --points points.json

Every *.py in the folder, and every hw04.py in a folder of it, is a hand-in. grades/grades.csv gets
a line for each, and grades/logs/ what the student would have seen. points.json may hold
{"value_iteration": 3}: functions that it does not name count 1.
exit status: 0 all were graded; 2 the command was not understood; 130 interrupted
"""


def add_commands(commands: Any) -> None:
    """The commands and their options."""

    def add(name: str, about: str, epilog: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + ".", epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        return parser

    new = add("new", "write a folder with the functions of a homework, to be filled in", NEW)
    new.add_argument(
        "homework",
        nargs="?",
        metavar="HOMEWORK",
        help="hw01 to hw12, or a file of your own; none: a list",
    )
    new.add_argument("--out", type=Path, metavar="DIR", help="the folder (default: such as hw04)")
    new.add_argument(
        "--teacher", action="store_true", help="write the solution beside, in a new folder"
    )

    check = add("check", "say whether a homework is right, or which equation it breaks", CHECK)
    check.add_argument("file", type=Path, metavar="FILE", help="your Python file")
    check.add_argument(
        "tasks",
        nargs="*",
        metavar="TASK",
        help="a function, or a number of the book (default: all)",
    )
    check.add_argument(
        "--homework", metavar="HOMEWORK", help="which it is (default: as the file says)"
    )
    check.add_argument(
        "--format", choices=("text", "json", "gradescope"), default="text",
        help="what is printed (default: text)",
    )  # fmt: skip
    check.add_argument(
        "--json", dest="format", action="store_const", const="json", help="as --format json"
    )
    check.add_argument("--html", type=Path, metavar="FILE", help="write a page to hand in, too")
    _add_limits(check)

    many = add("grade", "grade a folder of hand-ins, on all cores", GRADE)
    many.add_argument("folder", type=Path, metavar="DIR", help="where the hand-ins are")
    many.add_argument("homework", metavar="HOMEWORK", help="hw01 to hw12, or a file of your own")
    many.add_argument(
        "--out", type=Path, default=Path("grades"), metavar="DIR",
        help="the folder for grades.csv and logs/ (default: grades)",
    )  # fmt: skip
    many.add_argument(
        "--jobs", type=_whole, metavar="N", help="how many at a time (default: one on each core)"
    )
    _add_limits(many)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    for name, value, metavar, about in (
        ("--seconds", 10, "S", "how long a function may take, over all cases"),
        ("--memory", 2, "GB", "how much memory a student's process may have"),
    ):
        parser.add_argument(
            name, type=_positive, default=value, metavar=metavar, help=f"{about} (default: {value})"
        )
    parser.add_argument(
        "--seed", type=_whole, default=1, metavar="N", help="which random cases (default: 1)"
    )
    parser.add_argument(
        "--points", type=Path, metavar="FILE", help="JSON, {function: points}; 1 if not named"
    )


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, got {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return number


def obey(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    """Do what the command says; returns the exit status.

    Raises ValueError for arguments that make no sense, CannotRunError for a file that cannot be
    run, OSError for one that cannot be written. Programs read why a file cannot be run, too.
    """
    try:
        return {"new": _new, "check": _check, "grade": _grade}[args.command](args, progress)
    except CannotRunError as error:
        if args.command == "check" and args.format != "text":
            print(_for_programs(args, args.homework or "", [], {}, str(error)))
        raise


def _new(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    if args.homework is None:
        for name in IDS:
            own = homework(name)
            print(f"  {name}  {own.title}: {', '.join(task.name for task in own.tasks)}")
        return 0
    own = homework(args.homework)
    try:
        declared = Path(args.homework) if args.homework.endswith(".py") else None
        out = args.out or Path(own.id)
        paths = write(own, out, teacher=args.teacher, declared=declared)
    except FileExistsError as error:
        raise ValueError(f"{error} is there already: name another folder with --out") from None
    print("\n".join(map(str, paths)))
    option = f" --homework {args.homework}" if declared else ""
    print(f"Next: open {paths[0]}, then rlbook check {paths[0]}{option}")
    return 0


def _check(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    if args.file.is_dir():
        args.file = _in_folder(args.file)
    if not args.file.is_file():
        raise CannotRunError(f"there is no file {args.file}")
    own = homework(args.homework) if args.homework else homework_of(args.file)
    tasks, points = tasks_of(args.tasks, own.tasks), _points(args.points, own.tasks)
    findings: list[Finding] = []
    if args.format == "text":
        print(f"{args.file}: {own.id}, {own.title}\n", flush=True)
    for finding in check_file(
        args.file, tasks, seconds=args.seconds, memory=args.memory, seed=args.seed
    ):
        findings.append(finding)
        progress(f"{len(findings)} of {len(tasks)}")
        if args.format == "text":
            progress("")
            print(report.as_text(finding), flush=True)
    progress("")
    if args.format == "text":
        print(f"\n{report.last_line(findings, points)}")
    else:
        print(_for_programs(args, own.id, findings, points))
    if args.html:
        write_whole(args.html, as_html(args.file, own, findings, points))
    return 0 if all(finding.verdict == "right" for finding in findings) else 1


def _in_folder(folder: Path) -> Path:
    """The homework in a folder that `rlbook new` wrote. CannotRunError where that is not clear."""
    found = [path for path in sorted(folder.glob("hw*.py")) if "solution" not in path.stem]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "no hw*.py"
        raise CannotRunError(f"{folder} is a folder with {names}: name a file")
    return found[0]


def _for_programs(
    args: argparse.Namespace,
    homework: str,
    findings: list[Finding],
    points: dict[str, float],
    error: str = "",
) -> str:
    if args.format == "gradescope":
        return json.dumps(report.as_gradescope(findings, points, error), indent=1)
    said = report.as_json(str(args.file), homework, findings, points, error)
    return json.dumps(said, indent=1)


def _grade(args: argparse.Namespace, progress: Callable[[str], None]) -> int:
    own = homework(args.homework)
    _points(args.points, own.tasks)
    files = hand_ins(args.folder, own)
    if not files:
        raise ValueError(f"{args.folder} holds no *.py and no folder with {own.id}.py")
    options = [
        "--homework", args.homework, "--seconds", str(args.seconds), "--memory",
        str(args.memory), "--seed", str(args.seed),
    ]  # fmt: skip
    if args.points:
        options += ["--points", str(args.points)]
    for folder in sorted(args.folder.iterdir()):
        if folder.is_dir() and not (folder / f"{own.id}.py").is_file():
            print(f"passed over: {folder} holds no {own.id}.py", file=sys.stderr)
    said = grade(files, own, options, args.out, jobs=args.jobs, progress=progress)
    print("\n".join(said))
    return 0


def _points(file: Path | None, tasks: list[Any]) -> dict[str, float]:
    """{function: points}. ValueError for a file that holds something else."""
    if file is None:
        return {}
    try:
        points = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"--points must be a JSON file, got {file}: {error}") from None
    names = {task.name for task in tasks}
    if not isinstance(points, dict):
        raise ValueError(f"--points must hold {{function: points}}, got {points}")
    for name, n in points.items():
        if name not in names:
            raise ValueError(
                f"--points must hold {{function: points}}, and there is no function {name!r}"
                f"{did_you_mean(name, names) or f'; there are {sorted(names)}'}"
            )
        if not isinstance(n, (int, float)) or not n >= 0:
            raise ValueError(f"--points must be 0 or more, got {n!r} for {name}")
    return points
