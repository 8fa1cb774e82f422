"""Check one function where it is written: in a notebook, or at a prompt."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rlbook.book.numbers import label
from rlbook.homework.calling import call
from rlbook.homework.catalogue import all_tasks, tasks_of
from rlbook.homework.judge import Finding, judge
from rlbook.homework.report import as_text


class Checked:
    """What is known of a function; it is true if the function is right. `print` shows it.

    finding    the same, in parts: verdict, equation, where, world, looks_like, ...
    """

    def __init__(self, finding: Finding) -> None:
        self.finding = finding

    def __bool__(self) -> bool:
        return self.finding.verdict == "right"

    def __repr__(self) -> str:
        return as_text(self.finding).strip()


def check(function: Callable[..., Any], task: str = "", *, seconds: float = 10) -> Checked:
    """Is a function of yours right? If not: which equation does it break, and where?

        check(value_iteration)              the task of this name
        check(mine, "value_iteration")      the same for a function of another name
        check(mine, "alg:4.1")              or by its number: [Zhao Algorithm 4.1]

    function    written as the homework asks: `rlbook new hw04` shows it
    task        a task, or a number of the book that belongs to one task; "": the function's name
    seconds     how long to look for a fault. A loop without an end is not ended: press Ctrl-C.

    The function runs here, without a process of its own. Raises ValueError for an unknown
    task, and for a number that several tasks have.
    """
    word = task or getattr(function, "__name__", "")
    found = tasks_of([word], all_tasks())
    if len(found) > 1:
        names = ", ".join(f"{one.name} ({', '.join(map(label, one.numbers))})" for one in found)
        raise ValueError(f"task must name one of {names}, got {word!r}")
    file = _file(function)
    return Checked(
        judge(found[0], lambda args, take, left: call(function, args, take, file), seconds=seconds)
    )


def _file(function: Any) -> str:
    """Where it is written, for the line in a message; "" if nobody knows."""
    try:
        return inspect.getfile(function)
    except TypeError:  # an object that can be called
        return ""
