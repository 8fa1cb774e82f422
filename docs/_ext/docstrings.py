"""Docstrings as the library writes them, made into what Sphinx reads.

The library's docstrings are for eyes: an indented line is an equation or code, a line with two
blanks in it defines a name, the rest is text. Here each becomes what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import ledger
from sphinx.pycode import ModuleAnalyzer

import rlbook

_DEFINES = re.compile(r"^(\S(?:.*?\S)?)(?: {2,})(\S.*)$")
_VALUE = re.compile(r"^(True|False|None|true|false): ?(.*)$")


def convert(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    out: list[str] = []
    for filled, block in groupby(lines, key=lambda line: bool(line.strip())):
        paragraph = list(block)
        if not filled:
            continue
        for kind, part in _parts(paragraph):
            out += [*_FORMS[kind](part), ""]
    return out


def _parts(paragraph: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Runs of a paragraph: code, definitions, text."""
    kinds: list[str] = []
    for line in paragraph:
        if line.startswith("    ") and (not kinds or kinds[-1] != "names"):
            kinds.append("code")
        elif _DEFINES.match(line) or (line.startswith(" ") and kinds and kinds[-1] == "names"):
            kinds.append("names")
        else:
            kinds.append("text")
    for kind, run in groupby(zip(kinds, paragraph, strict=True), key=lambda x: x[0]):
        yield kind, [line for _, line in run]


def _code(lines: list[str]) -> list[str]:
    least = min(len(line) - len(line.lstrip()) for line in lines)
    return [".. code-block:: text", "", *(f"    {line[least:]}" for line in lines)]


def _names(lines: list[str]) -> list[str]:
    out: list[str] = []
    for line, *rest in _each_name(lines):
        name, first = _DEFINES.match(line).groups()
        out += [f"``{name}``", *(f"    {x}" for x in _body([first, *map(str.strip, rest)]))]
    return out


def _each_name(lines: list[str]) -> Iterator[list[str]]:
    """The line that defines a name, and those that go on with it."""
    starts = [k for k, line in enumerate(lines) if _DEFINES.match(line)]
    for k, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[k:end]


def _body(lines: list[str]) -> list[str]:
    """What a name means; where two or more values are told apart, they are a list."""
    starts = next((s for form in (_DEFINES, _VALUE) if len(s := _matching(form, lines)) > 1), {})
    out: list[str] = []
    for k, line in enumerate(lines):
        if k in starts:
            value, said = starts[k]
            out += [""] * bool(out and k == min(starts)) + [f"* ``{value}``: {_inline(said)}"]
        else:
            out.append("  " * bool(starts and k > min(starts)) + _inline(line))
    return out


def _matching(form: re.Pattern[str], lines: list[str]) -> dict[int, tuple[str, ...]]:
    return {k: found.groups() for k, line in enumerate(lines) if (found := form.match(line))}


def _text(lines: list[str]) -> list[str]:
    return _inline("\n".join(line.strip() for line in lines)).split("\n")


def _inline(text: str) -> str:
    """Code in backticks, numbers of the book as links, and nothing else special."""
    out = ""
    for k, piece in enumerate(re.split(r"`+([^`]+)`+", text)):
        if k % 2:
            name = piece.removesuffix("()")
            out += f":api:`{name}`" if name in rlbook.__all__ else f"``{piece}``"
            continue
        piece = re.sub(r"([\\*|_])", r"\\\1", piece)
        out += re.sub(rf"\(({ledger.NUMBER})\)", _link, piece)
    return out


def _link(match: re.Match[str]) -> str:
    name = f"eq:{match[1]}"
    return rf"\ :book:`{name}`\ " if name in ledger.ledger() else match[0]


_FORMS = {"code": _code, "names": _names, "text": _text}


def _process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    if what == "data":  # whose class would speak for it; the text below it in the source does
        module = f"rlbook.{ledger.module_of(name.removeprefix('rlbook.'))}"
        lines[:] = ModuleAnalyzer.for_module(module).find_attr_docs()["", name.rpartition(".")[2]]
    lines[:] = convert(lines)


def _skip(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what Python says of the fields of a NamedTuple: the class says it better."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field") else None


def setup(app: Any) -> dict[str, Any]:
    """Convert every docstring that autodoc reads."""
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
