"""Each chapter page as a notebook: text, code, exercises with empty cells, homework.

    python docs/notebooks.py          writes notebooks/ch01.ipynb to ch12.ipynb
    python docs/notebooks.py --run    runs them all, each in a kernel of its own; 1 if one fails

The notebooks are made from the pages and never edited: a test makes them again and compares.
Running needs the extra `notebooks`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat

from rlbook.book.numbers import label
from rlbook.homework.catalogue import homework

ROOT = Path(__file__).parents[1]
CHAPTERS = range(1, 13)
PAGES = ROOT / "docs" / "chapters"
PLACE = ROOT / "notebooks"

INSTALL = """\
# Install rlbook where it is missing, from the checkout that holds this notebook.
import importlib.util
from pathlib import Path

if importlib.util.find_spec("rlbook") is None:
    if not Path("../pyproject.toml").exists():
        raise SystemExit("Install rlbook from its checkout first: python -m pip install -e .")
    %pip install --quiet -e .."""

NAMES = """\
from inspect import getsource

from rlbook import check
from rlbook.book.seen import see"""

Cell = tuple[str, str]
"""("markdown" or "code", its text)."""

FENCE = re.compile(r"(`{3,}|:{3,})(?:\{([\w-]+)\}|(\w*))\s*(.*)")


class Block:
    """A fenced part of a page: `kind` and `title` of its first line, its options, its lines."""

    def __init__(self, kind: str, title: str, lines: list[str]) -> None:
        self.kind, self.title = kind, title
        self.options: dict[str, str] = {}
        while lines and (option := re.fullmatch(r":(\w+): ?(.*)", lines[0])):
            self.options[option[1]] = option[2]
            lines = lines[1:]
        self.lines = lines


def parts(lines: list[str]) -> Iterator[str | Block]:
    """Lines of text, and fenced blocks as one."""
    k = 0
    while k < len(lines):
        fence = FENCE.fullmatch(lines[k])
        if fence is None:
            yield lines[k]
            k += 1
            continue
        end = lines.index(fence[1], k + 1)
        yield Block(fence[2] or fence[3], fence[4], lines[k + 1 : end])
        k = end + 1


def cells(chapter: int) -> list[Cell]:
    """All cells of a chapter's notebook."""
    page = (PAGES / f"ch{chapter:02}.md").read_text(encoding="utf-8")
    made: list[Cell] = []
    text: list[str] = []

    def flush() -> None:
        said = "\n".join(text).strip()
        text.clear()
        if said:
            made.append(("markdown", said))

    exercise = of_lab = False
    for part in parts(page.splitlines()):
        if isinstance(part, str) and part.startswith("#"):
            flush()
            exercise = part.startswith("### Exercise")
            of_lab = part.lstrip("#").startswith(" Try it")  # the page has a lab
        if of_lab:
            continue
        if isinstance(part, str):
            text.append(plain(part))
            continue
        if exercise and part.kind == "dropdown":
            flush()
            made.append(("code", "# Your answer"))
            exercise = False
        if part.kind == "pycon":
            flush()
            made += [("code", code) for code in sessions(part.lines)]
            continue
        kind, said = of_block(part)
        if kind == "markdown":
            text.extend(["", said, ""])
        elif said:
            flush()
            made.append((kind, said))
        elif text and not text[-1]:  # nothing stands between two empty lines
            text.pop()
        if part.kind == "homework":
            flush()
            made += of_homework(part.title)
    flush()
    return [made[0], ("code", INSTALL), ("code", NAMES), *made[1:]]


def of_block(block: Block) -> Cell:
    """A block as the text of a cell; an empty one for what a notebook does not show."""
    if block.kind in ("item", "picture"):
        return "code", f'see("{block.title}", quick=True)'
    if block.kind == "loop":
        name = re.sub("[:.]", "_", block.title)
        source = (ROOT / f"examples/loops/{name}.py").read_text(encoding="utf-8")
        return "code", source.partition("\n\n")[2].strip()
    if block.kind == "source":
        return "code", source_of(block.title, block.options.get("module"))
    if block.kind == "equation":
        name, _, title = block.title.partition(" ")
        latex = "\n".join(block.lines) + rf" \tag{{{name.partition(':')[2]}}}"
        return "markdown", f"**{label(name)} {title}**\n\n$$\n{latex}\n$$"
    if block.kind in ("algorithm", "theorem"):
        name, _, title = block.title.partition(" ")
        return "markdown", quoted(f"**{label(name)}. {title}**", "", *within(block.lines))
    if block.kind in ("note", "admonition"):
        return "markdown", quoted(f"**{block.title}**" if block.title else "", *within(block.lines))
    if block.kind == "dropdown":
        inside = "\n".join(within(block.lines))
        return "markdown", f"<details><summary>{block.title}</summary>\n\n{inside}\n\n</details>"
    if block.kind in ("homework", "lab", "notebook"):
        return "code", ""
    if re.fullmatch(r"\w*", block.kind):  # code of another language, or what a shell prints
        return "markdown", "\n".join([f"```{block.kind}", *block.lines, "```"])
    raise ValueError(f"a notebook cannot show {{{block.kind}}} yet")


def within(lines: list[str]) -> Iterator[str]:
    """What stands inside a box, as lines of Markdown."""
    for part in parts(lines):
        if isinstance(part, str):
            yield plain(part)
        elif part.kind == "pycon":
            yield from ("```python", *answered(part.lines), "```")
        else:
            yield from of_block(part)[1].splitlines()


def sessions(lines: list[str]) -> Iterator[str]:
    """A session as cells: one ends where Python answers, since a cell shows its last value."""
    cell: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        is_typed = line.startswith((">>>", "..."))
        if is_typed:
            cell += typed([line])
        if cell and is_typed and not after.startswith((">>>", "...")):
            yield "\n".join(cell)
            cell = []


def answered(lines: list[str]) -> Iterator[str]:
    """A session as code that can be pasted; the answers are comments."""
    for line in lines:
        yield from typed([line]) if line.startswith((">>>", "...")) else [f"# {line}"]


def typed(lines: list[str]) -> Iterator[str]:
    """What is typed of a session: its lines without >>> and the answers."""
    for line in lines:
        if line.startswith((">>> ", "... ")) or line in (">>>", "..."):
            yield line[4:]


def source_of(name: str, module: str | None) -> str:
    """A cell that shows the source of a function, a class or a method."""
    first = name.partition(".")[0]
    return f"from rlbook{f'.{module}' if module else ''} import {first}\n\nprint(getsource({name}))"


def of_homework(number: str) -> Iterator[Cell]:
    """For each function of a homework a cell to write it in, and one that checks it."""
    own = homework(number)
    yield "markdown", own.about
    yield "code", "import numpy as np"
    for task in own.tasks:
        yield "code", task.stub().strip()
        yield "code", f"check({task.name})"


def quoted(*lines: str) -> str:
    """As a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in lines)


def plain(line: str) -> str:
    """A line without roles, and without links to other pages: a notebook stands alone."""
    line = re.sub(r"\{api\}`([^`<]*?)(?: <[^`]*)?`", r"`\1`", line)
    line = re.sub(r"\{book\}`([^`]*)`", lambda m: label(m[1]), line)
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", line)


def notebook(chapter: int) -> Any:
    """The notebook of a chapter, without outputs."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    made.metadata["language_info"] = {"name": "python"}
    for k, (kind, text) in enumerate(cells(chapter)):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(text)
        cell["id"] = f"ch{chapter:02}-{k:03}"  # the same every time
        made.cells.append(cell)
    return made


def as_text(chapter: int) -> str:
    """The file of a chapter's notebook."""
    made = notebook(chapter)
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def run(chapter: int) -> str:
    """Run a notebook in a kernel of its own: "" or the first error."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    try:
        NotebookClient(
            nbformat.read(PLACE / f"ch{chapter:02}.ipynb", as_version=4), timeout=300,
            resources={"metadata": {"path": str(PLACE)}},
        ).execute()  # fmt: skip
    except CellExecutionError as error:
        return str(error)
    return ""


def timed(chapter: int) -> tuple[str, float]:
    """Run a notebook: what went wrong, and how long it took."""
    start = time.perf_counter()
    return run(chapter), time.perf_counter() - start


def main() -> int:
    """Write the notebooks, or run them; returns the exit status."""
    if "--run" not in sys.argv:
        PLACE.mkdir(exist_ok=True)
        for chapter in CHAPTERS:
            (PLACE / f"ch{chapter:02}.ipynb").write_text(as_text(chapter), encoding="utf-8")
        return 0
    failed = 0
    with ThreadPoolExecutor(2) as pool:  # each has a kernel, a process of its own
        for chapter, (error, seconds) in zip(CHAPTERS, pool.map(timed, CHAPTERS), strict=True):
            failed += bool(error)
            print(f"ch{chapter:02}: {error or 'runs'}  {seconds:.1f} s", flush=True)
    print(f"notebooks: 12 run, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
