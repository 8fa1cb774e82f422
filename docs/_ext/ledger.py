"""What holds what: each item of the book, the functions that are it, the tests, the page.

Four places name items, and the ledger lays them side by side:

    the library     docstrings and comments: "[Zhao (7.20)]", "# (2.12)", "Theorem 3.2"
    the chapters    @item("fig:5.4", "alg:5.1")
    the tests       @pytest.mark.book("eq:2.12")
    the pages       ```{equation} eq:2.12 ...   ```{item} fig:5.4

The book's own list says which numbers there are (rlbook/data/numbers.json). What comes out goes
with the library, so that `rlbook show 2.12` can tell:

    python docs/_ext/ledger.py [REPORT.json]        writes rlbook/data/ledger.json

The verdicts are those of a run: those of its items replace what was known. A test holds each.
"""

from __future__ import annotations

import ast
import dis
import io
import json
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import rlbook
from rlbook.book.items import ITEMS, Item, load_chapters
from rlbook.book.numbers import NUMBER, WORDS, Number, label, numbers, whole

ROOT = Path(__file__).parents[2]

_EQUATION = re.compile(rf"\(({NUMBER})\)")
_WRITTEN = sorted({word.capitalize() for word in WORDS}, key=len, reverse=True)
_NAMED = re.compile(
    rf"\b({'|'.join(_WRITTEN)})\.? ({NUMBER}[a-z]?(?:(?:,| and|, and) {NUMBER}[a-z]?)*)"
)
_DIRECTIVE = re.compile(
    r"^\s*[`:]{3,}\{(item|algorithm|theorem|equation)\}[ \t]+(\S+)[ \t]*(.*)$", re.M
)


class Place(NamedTuple):
    """Where something stands in the project."""

    path: str  # from the root of the checkout
    name: str  # a function or class, "TD.update"; a test with its parameter
    line: int


@dataclass
class Row:
    """One item of the book."""

    id: str
    number: Number | None = None  # of the book's own list; of a part, that of the whole
    item: Item | None = None  # of a chapter, where there is one
    titles: list[str] = field(default_factory=list)  # what the pages call it
    pages: list[str] = field(default_factory=list)  # "chapters/ch05"
    code: list[Place] = field(default_factory=list)  # the functions that say they are it
    made_by: Place | None = None  # the function of its chapter, and what that uses
    uses: list[Place] = field(default_factory=list)
    tests: list[Place] = field(default_factory=list)

    @property
    def label(self) -> str:
        """As the book writes it."""
        return label(self.id)

    @property
    def title(self) -> str:
        """What a page calls it, else the question of its item, else what the book's list says."""
        names = [*self.titles, self.item.title if self.item else ""]
        return next(filter(None, [*names, self.number.name if self.number else ""]), "")

    @property
    def state(self) -> str:
        """What it comes to, one of: "item", "test", "proof", "step", "drawing", "missing"."""
        if self.item:
            return "item"
        if self.tests:
            return "test"
        return (self.number.state if self.number else "") or "missing"


def anchor(name: str) -> str:
    """The place of an id in a page: fig:5.4 is #fig-5.4."""
    return name.replace(":", "-")


def ids_in(text: str) -> list[str]:
    """The items that a text names: "(2.12)", "Theorems 9.3 and 9.5", "Fig. 5.7"."""
    found = [f"eq:{n}" for n in _EQUATION.findall(text)]
    for word, listed in _NAMED.findall(text):
        kind = WORDS[word.lower()]
        found += [f"{kind}:{n}" for n in re.findall(rf"{NUMBER}[a-z]?", listed)]
    return list(dict.fromkeys(found))


@cache
def ledger() -> dict[str, Row]:
    """The numbers of the book, and the items that have none, in the book's order.

    A figure of several parts has a row for each part that is an item.
    """
    load_chapters()
    rows: dict[str, Row] = {}

    def row(name: str) -> Row:
        return rows.setdefault(name, Row(name, numbers().get(whole(name))))

    for name, item in ITEMS.items():
        row(name).item = item
        row(name).made_by, row(name).uses = _place_of(item), used_by(item)
        row(name).tests.append(Place("tests/test_chapters.py", f"test_item[{item.ids[0]}]", 0))
    for name, place in tags():
        if all(place[:2] != known[:2] for known in row(name).code):
            row(name).code.append(place)
    for name, place in marks():
        row(name).tests.append(place)
    for name, page, title in mentions():
        row(name).pages.append(page)
        if title:
            row(name).titles.append(title)
    parts = {whole(name) for name in rows if whole(name) != name}
    for name in numbers():
        if name not in parts:
            row(name)
    return dict(sorted(rows.items(), key=lambda x: _order(x[0])))


def tags() -> Iterator[tuple[str, Place]]:
    """(id, place) for each item that a docstring or a comment of the library names."""
    for path in sorted((ROOT / "rlbook").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if path.name in ("__init__.py", "cli.py") or place.startswith(
            ("rlbook/book/", "rlbook/homework/")
        ):
            continue  # they speak of numbering and of others' code
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        texts = [(node.lineno, name, doc) for name, node, doc in _docstrings(tree)]
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                texts.append((token.start[0], _around(tree, token.start[0]), token.string))
        for line, name, text in texts:
            for found in ids_in(" ".join(text.split())):
                if name:  # what a module's first lines say of all is said again where it is done
                    yield found, Place(place, name, line)


def marks() -> Iterator[tuple[str, Place]]:
    """(id, test) for each @pytest.mark.book(id, ...)."""
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for call in getattr(node, "decorator_list", ()):
                if ast.unparse(getattr(call, "func", call)) == "pytest.mark.book":
                    place = Place(f"tests/{path.name}", node.name, node.lineno)
                    yield from ((ast.literal_eval(x), place) for x in call.args)


def mentions() -> Iterator[tuple[str, str, str]]:
    """(id, page, title) for each directive of a page that shows an item."""
    docs = ROOT / "docs"
    for path in sorted(docs.glob("**/*.md")):
        if any(part.startswith("_") for part in path.relative_to(docs).parts):
            continue
        page = path.relative_to(docs).with_suffix("").as_posix()
        for kind, name, title in _DIRECTIVE.findall(path.read_text(encoding="utf-8")):
            if kind != "item":
                yield name, page, title.strip()
                continue
            item = ITEMS.get(name)
            for each in item.ids if item else (name,):
                yield each, page, ""


def used_by(item: Item) -> list[Place]:
    """The public functions and classes that an item calls, itself or through its chapter."""
    scope, seen, found = item.function.__globals__, set(), []
    todo = [item.function.__code__]
    while todo:
        code = todo.pop(0)
        todo += [c for c in code.co_consts if hasattr(c, "co_names")]
        for name in (i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"):
            thing = scope.get(name)
            if name in seen or not callable(thing):
                continue
            seen.add(name)
            if thing.__module__ == item.function.__module__ and hasattr(thing, "__code__"):
                todo.append(thing.__code__)
            elif name in rlbook.__all__ and not name.startswith("draw_"):
                found.append(home(name))
    return found


def module_of(name: str) -> str:
    """The module of a public name of rlbook: "dpo.losses". ValueError for another name."""
    if name not in rlbook.__all__:
        raise ValueError(f"name must be in rlbook.__all__, got {name!r}")
    return rlbook._HOME[name].removeprefix("rlbook.")


def path_of(module: str) -> str:
    """The file of a module of rlbook, "dpo.losses"."""
    return f"rlbook/{module.replace('.', '/')}.py"


def home(name: str) -> Place:
    """Where a public name, or a method of one, is defined. ValueError for another name."""
    path = path_of(module_of(name.partition(".")[0]))
    for qualified, node, _ in _docstrings(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if qualified == name:
            return Place(path, name, node.lineno)
    raise ValueError(f"name must be defined in {path}, got {name!r}")


def _place_of(item: Item) -> Place:
    code = item.function.__code__
    path = Path(code.co_filename).relative_to(ROOT).as_posix()
    return Place(path, item.function.__name__, code.co_firstlineno)


def _docstrings(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.AST, str]]:
    """(qualified name, node, docstring) of each function and class."""
    for node in getattr(tree, "body", ()):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            name = f"{within}{node.name}"
            yield name, node, ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                yield from _docstrings(node, f"{name}.")


def _around(tree: ast.AST, line: int) -> str:
    """The innermost function or class that a line lies in."""
    names = [
        name for name, node, _ in _docstrings(tree) if node.lineno <= line <= (node.end_lineno or 0)
    ]
    return names[-1] if names else ""


def _order(name: str) -> tuple[int, int, int, str]:
    """Chapter by chapter; in each: equations, algorithms, theorems, figures, tables, the rest."""
    kind, _, rest = name.partition(":")
    number = re.match(r"(\d+)\.(\d+)", rest)
    kinds = ["eq", "alg", "def", "lemma", "prop", "thm", "box", "ex", "fig", "tab"]
    place = kinds.index(kind) if kind in kinds else len(kinds)
    if number:
        return int(number[1]), place, int(number[2]), rest
    chapter = ITEMS[name].chapter if name in ITEMS else "ch99"
    return int(chapter[2:4]), place, list(ITEMS).index(name) if name in ITEMS else 0, rest


def by_chapter() -> dict[int, list[Row]]:
    """The rows of the ledger, chapter by chapter."""
    chapters: dict[int, list[Row]] = defaultdict(list)
    for name, row in ledger().items():
        chapters[_order(name)[0]].append(row)
    return dict(chapters)


FILE = ROOT / "rlbook" / "data" / "ledger.json"


def written(report: Path | None = None) -> str:
    """What the library is told: of each row how it ends, its functions, its tests, its item."""
    known = {}
    if FILE.exists():
        known = {name: row["verdict"] for name, row in json.loads(FILE.read_text("utf-8")).items()}
    if report is not None:
        known |= {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text("utf-8"))}
    rows, often = {}, Counter(place for row in ledger().values() for place in row.uses)
    for name, row in ledger().items():
        uses = sorted(row.uses, key=lambda place: often[place])  # what is particular to it first
        code = [f"{place.path.removeprefix('rlbook/')}:{place.name}" for place in row.code or uses]
        tests = [f"{place.path}::{place.name}" for place in row.tests if "[" not in place.name]
        item = row.item.ids[0] if row.item else ""
        verdict = known.get(name, "") if row.item else ""  # an id may have lost its item
        rows[name] = {
            "state": row.state, "verdict": verdict, "code": code, "tests": tests, "item": item,
        }  # fmt: skip
    lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(written(*map(Path, sys.argv[1:2])), encoding="utf-8")
