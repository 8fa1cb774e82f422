"""All homeworks, and what a student means by a word: hw04, value_iteration, alg:4.1, 4.1."""

from __future__ import annotations

import re
import runpy
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rlbook.book.numbers import did_you_mean, ids_of
from rlbook.homework.task import Homework, Task

IDS = [f"hw{k:02}" for k in range(1, 13)]


def homework(word: str) -> Homework:
    """The homework of this id; "4", "hw4", "hw04" are the same. Or that of a file, "mine.py".

    Raises ValueError for another word, and for a file that declares none.
    """
    if word.endswith(".py"):
        return _declared_in(Path(word))
    number = re.fullmatch(r"(?:hw)?0?(\d+)", word.strip().lower())
    if number is None or not 1 <= int(number[1]) <= len(IDS):
        raise ValueError(f"there is no homework {word!r}: choose from {IDS[0]} to {IDS[-1]}")
    found: Homework = import_module(f"rlbook.homework.tasks.hw{int(number[1]):02}").HOMEWORK
    return found


def _declared_in(file: Path) -> Homework:
    """The HOMEWORK of a teacher's own file, which is run."""
    if not file.is_file():
        raise ValueError(f"there is no file {file}")
    found = runpy.run_path(str(file)).get("HOMEWORK")
    if not isinstance(found, Homework):
        raise ValueError(f"{file} must declare HOMEWORK = Homework(...), got {found!r}")
    return found


def all_tasks() -> list[Task]:
    """Every task of every homework."""
    return [task for name in IDS for task in homework(name).tasks]


def tasks_of(words: Sequence[str], among: Sequence[Task]) -> list[Task]:
    """The tasks that these words mean, all for no word: names of functions, or numbers of the book.

    Raises ValueError for a word that means none of them.
    """
    if not words:
        return list(among)
    chosen = [task for word in words for task in _meant(word, among)]
    return [task for task in among if task in chosen]


def _meant(word: str, among: Sequence[Task]) -> list[Task]:
    known = [number for task in among for number in task.numbers]
    ids = ids_of(word, known)
    found = [task for task in among if task.name == word or set(ids) & set(task.numbers)]
    if not found:
        names = [task.name for task in among]
        hint = did_you_mean(word, [*names, *known]) or f"; there are {', '.join(names)}"
        raise ValueError(f"there is no task {word!r}{hint}")
    return found


def homework_of(file: Path) -> Homework:
    """Which homework a student's file is: its line HOMEWORK = "hw04", or else its name.

    A file whose name and lines say nothing is the homework of which it defines most functions.
    Raises ValueError where nothing tells.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    if said := re.search(r"""^HOMEWORK\s*=\s*["']([^"']+)["']""", text, re.MULTILINE):
        return homework(said[1])
    if named := re.search(r"hw0?(\d+)", file.stem.lower()):
        return homework(named[1])
    defined = set(re.findall(r"^def (\w+)", text, re.MULTILINE))
    counts = {name: len(defined & {task.name for task in homework(name).tasks}) for name in IDS}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] == 0:
        raise ValueError(f'{file.name} does not say which homework it is: write HOMEWORK = "hw04"')
    return homework(best)
