"""A student's file, checked task by task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rlbook.book.out_folder import CannotRunError
from rlbook.homework.judge import Finding, judge
from rlbook.homework.sandbox import Student
from rlbook.homework.task import Task


def check_file(
    file: Path,
    tasks: Sequence[Task],
    *,
    seconds: float = 10,
    memory: float = 2,
    seed: int = 0,
) -> Iterator[Finding]:
    """What is known of each task, as soon as it is known.

    seconds    for each task
    memory     of the student's process, in GB
    seed       of the random cases

    Raises CannotRunError, with one line, for a file that cannot be loaded.
    """
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    with Student(file, seconds=seconds, memory=int(memory * 2**30)) as student:
        fault, names = student.load()
        if fault:
            raise CannotRunError(f"{file} cannot be run: {fault.text}")
        for task in tasks:
            if task.name not in names:
                yield Finding(task.name, "not yet written", "not in the file", kind="missing")
                continue
            finding = judge(task, partial(student.call, task.name), seed=seed, seconds=seconds)
            if finding.verdict == "wrong":  # what it has done to its process harms no other
                student.end()
            yield finding
