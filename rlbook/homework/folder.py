"""`rlbook new hw04`: a folder with stubs, a README, and a line for editors that checks."""

from __future__ import annotations

import ast
import inspect
import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rlbook.book.numbers import label
from rlbook.book.out_folder import write_whole
from rlbook.homework.draw import Draw
from rlbook.homework.given import MAKERS, Given
from rlbook.homework.task import Homework, Task

HEAD = '''"""{id}: {title}.

You need {where}.

Write the functions below. They need numpy, and nothing else.

    python {id}.py           what your functions give for a small case
    {command}     is it right? If not: which equation does it break?
"""

import numpy as np

HOMEWORK = "{id}"
'''

TRY = '''
def try_out(function, *args):
    """Show what a function gives."""
    try:
        print(f"{{function.__name__}}:", function(*args))
    except NotImplementedError:
        print(f"{{function.__name__}}: not yet written")


if __name__ == "__main__":
{calls}'''

WORLDS = "# Not your work: what your functions are given, for the examples at the end."

README = """# {id}: {title}

{about}

Open `{id}.py`. It holds {n} to be written. The text of a function says what it gets
and what it returns. You need numpy, and {where}.

| Function | {column} |
|---|---|
{rows}

`python {id}.py` shows what your functions give for a small case, if they need no world of the
book's own. This says whether it is right:

    {command}

It tries your functions on many small cases.
If an answer is wrong, it names the equation that is broken, and shows the smallest case that it
found.

- Your functions get copies: you may change what you are given.
- An array, a list, or what a generator yields: all are read.
- `{command} {first}` looks at one function only.
- `check.py` does the same as the command, for editors with a button that runs a file.
"""

CHECK = """from pathlib import Path; from rlbook.cli import main
raise SystemExit(main(["check", str(Path(__file__).with_name("{id}.py")){option}]))
"""


def files(homework: Homework, *, teacher: bool = False, declared: str = "") -> dict[str, str]:
    """What the folder holds: {name: text}.

    teacher     the solutions stand beside
    declared    where a homework of one's own is declared, as seen from the folder
    """
    option = f" --homework {declared}" if declared else ""
    words = {
        **vars(homework),
        "where": (
            f"chapter {homework.chapter} of the book"
            if homework.chapter <= 10
            else f"the page on chapter {homework.chapter} of rlbook"
        ),
        "command": f"rlbook check {homework.id}.py{option}",
        "option": f', "--homework", str(Path(__file__).with_name("{declared}"))' * bool(declared),
    }
    said = {
        f"{homework.id}.py": _python(homework, words, solved=False),
        "README.md": _readme(homework, words),
        "check.py": CHECK.format_map(words),
    }
    if teacher:
        said[f"{homework.id}_solution.py"] = _python(homework, words, solved=True)
    return said


def write(
    homework: Homework, out: Path, *, teacher: bool = False, declared: Path | None = None
) -> list[Path]:
    """Write the folder; what is there is never written over. Returns the files.

    Arguments as of `files`. Raises FileExistsError with the first file that is there, and OSError.
    """
    seen = os.path.relpath(declared, out) if declared else ""
    made = files(homework, teacher=teacher, declared=seen)
    texts = {out / name: text for name, text in made.items()}
    for path in texts:
        if path.exists():
            raise FileExistsError(str(path))
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)


def _python(homework: Homework, words: Mapping[str, Any], *, solved: bool) -> str:
    cases = {task.name: example(task) for task in homework.tasks}
    given = {x.kind: MAKERS[x.kind] for case in cases.values() for x in case.values() if _made(x)}
    calls = [
        f"    try_out(\n        {name},\n{_arguments(case)}    )\n"
        for name, case in cases.items()
        if not any(isinstance(x, Given) and not _made(x) for x in case.values())
    ]
    needed = dict.fromkeys(y for x in given.values() if _is_ours(x) for y in _needed(x))
    parts = [
        HEAD.format_map(words),
        *([WORLDS] if needed else []),
        *map(_bare, needed),
        *(task.source() if solved else task.stub() for task in homework.tasks),
        TRY.format(calls="".join(calls)),
    ]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _arguments(case: Mapping[str, Any]) -> str:
    """A line for each, with its name beside it."""
    return "".join(f"        {_literal(x)},  # {name}\n" for name, x in case.items())


def example(task: Task) -> Mapping[str, Any]:
    """A random case that is of some size, and small enough to be read; the same every time."""
    rng = np.random.default_rng(4)
    cases = [task.cases(Draw(rng)) for _ in range(40)]
    return min(cases, key=lambda case: abs(len(repr(case)) - 300))


def _made(x: Any) -> bool:
    """Can a student's file make it, with numpy alone?"""
    if not isinstance(x, Given):
        return False
    maker = MAKERS[x.kind]
    return not _is_ours(maker) or not any("rlbook" in inspect.getsource(y) for y in _needed(maker))


def _is_ours(maker: Any) -> bool:
    return getattr(maker, "__module__", "").startswith("rlbook.homework.given")


def _needed(maker: Any) -> list[Any]:
    """What has to be written into a file for it: what it names of its module, and then itself."""
    tree = ast.parse(inspect.getsource(maker))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {maker.__name__}
    others = (getattr(inspect.getmodule(maker), name, None) for name in sorted(names))
    below = [need for other in others if _is_ours(other) for need in _needed(other)]
    return list(dict.fromkeys([*below, maker]))


def _bare(maker: Any) -> str:
    """The source of what a function is given, without annotations."""
    if fields := getattr(maker, "_fields", None):  # its fields are annotations
        name = maker.__name__
        return f'from collections import namedtuple\n\n{name} = namedtuple("{name}", {fields})'
    tree = ast.parse(inspect.getsource(maker))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    tree = _Unannotated().visit(tree)
    return ast.unparse(tree)


class _Unannotated(ast.NodeTransformer):
    """x: int = 3 is x = 3."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _literal(x: Any) -> str:
    if isinstance(x, Given):
        maker = MAKERS[x.kind]
        values = ", ".join(f"{key}={_literal(value)}" for key, value in x.values.items())
        return f"{'' if _is_ours(maker) else 'np.random.'}{maker.__name__}({values})"
    if isinstance(x, tuple):
        return f"({', '.join(map(_literal, x))}{',' * (len(x) == 1)})"
    if isinstance(x, list):
        return f"[{', '.join(map(_literal, x))}]"
    return f"np.array({x.tolist()})" if isinstance(x, np.ndarray) else repr(x)


def _readme(homework: Homework, words: Mapping[str, Any]) -> str:
    tasks = homework.tasks
    return README.format(
        **{**words, "about": textwrap.fill(homework.about, 96)},
        column="In the book" if homework.chapter <= 10 else "Called",
        n="one function" if len(tasks) == 1 else f"{len(tasks)} functions",
        rows="\n".join(
            f"| `{task.signature}` | {', '.join(label(number) for number in task.numbers)} |"
            for task in tasks
        ),
        first=tasks[0].name,
    )
