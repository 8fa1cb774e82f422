"""A task: a function that a student writes. It is declared once, as its solution.

The solution's signature and docstring are the stub, its source is what teachers get, and what it
returns says which shapes are wanted. Laws judge the answer.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law, Use
from rlbook.homework.worlds import Case

Uses = Callable[[Case, Any, Mapping[str, Any]], Iterable[Use]]
"""uses(case, answer, logs): where laws must hold in an answer."""


@dataclass(frozen=True)
class Task:
    """One function of a homework.

    name       the function's name, the same in every student's file
    numbers    what it is in the book: ids, "alg:4.1"
    solution   the function, written as a teacher would
    returns    the names of what it returns, letters of the book: "v", or "v", "pi"
    cases      a random case from a Draw
    known      cases by name: "the book's world", ...
    uses       the laws, where they must hold
    iterates   whether it returns a list, an entry for each step
    """

    name: str
    numbers: tuple[str, ...]
    solution: Callable[..., Any]
    returns: tuple[str, ...]
    cases: Callable[[Draw], Case]
    known: Mapping[str, Case]
    uses: Uses
    iterates: bool = False

    @property
    def arguments(self) -> list[str]:
        """The names of its arguments."""
        return list(inspect.signature(self.solution).parameters)

    @property
    def signature(self) -> str:
        """As a student writes it: "value_iteration(P, R, gamma, v, n)"."""
        return f"{self.name}({', '.join(self.arguments)})"

    @property
    def text(self) -> str:
        """The docstring: what is to be written."""
        return inspect.cleandoc(self.solution.__doc__ or "")

    def source(self) -> str:
        """The solution, as text."""
        lines = textwrap.dedent(inspect.getsource(self.solution)).splitlines(keepends=True)
        function = ast.parse("".join(lines)).body[0]
        return "".join(lines[function.lineno - 1 :])  # without the decorator

    def stub(self) -> str:
        """The solution without its body."""
        source = self.source()
        function = ast.parse(source).body[0]
        assert isinstance(function, ast.FunctionDef)
        head = source.splitlines()[: function.body[0].end_lineno]  # to the end of the docstring
        return "\n".join([*head, "    raise NotImplementedError", ""])


@dataclass
class Homework:
    """Tasks that are handed out together.

    id         "hw04"
    title      what it is about
    chapter    of the book
    about      a paragraph for the README, in Markdown
    """

    id: str
    title: str
    chapter: int
    about: str
    tasks: list[Task] = field(default_factory=list)

    def task(
        self,
        *numbers: str,
        returns: str,
        cases: Callable[[Draw], Case],
        known: Mapping[str, Case] | None = None,
        law: Law | None = None,
        uses: Uses | None = None,
        iterates: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the function below as a task: with one law for all it returns, or with `uses`.

        `law` is for what is a single equation: its value is a function of the task's arguments.
        """
        law_of_all = uses or single(law, returns)

        def declare(solution: Callable[..., Any]) -> Callable[..., Any]:
            task = Task(
                name=solution.__name__,
                numbers=numbers,
                solution=solution,
                returns=tuple(returns.split(", ")),
                cases=cases,
                known=known or {},
                uses=law_of_all,
                iterates=iterates,
            )
            self.tasks.append(task)
            return solution

        return declare


def single(law: Law | None, name: str) -> Uses:
    """The answer is what one law gives for the arguments."""
    if law is None:
        raise ValueError("a task needs a law, or uses")

    def uses(case: Case, answer: Any, logs: Mapping[str, Any]) -> Iterator[Use]:
        yield Use(law, tuple(case.values()), answer, name)

    return uses


def several(**laws: Law) -> Uses:
    """The answer is a tuple; each part is what its law gives for the arguments."""

    def uses(case: Case, answer: Sequence[Any], logs: Mapping[str, Any]) -> Iterator[Use]:
        for (name, law), given in zip(laws.items(), answer, strict=True):
            yield Use(law, tuple(case.values()), given, name)

    return uses
