"""Directives for what the book numbers: algorithm, theorem, equation; its loop, and its source."""

from __future__ import annotations

import ast
import html
from collections.abc import Iterator
from typing import Any, ClassVar

import ledger
from docutils import nodes
from docutils.parsers.rst import directives
from links import Links, held_by, raw
from sphinx.directives.code import LiteralInclude
from sphinx.util.docutils import SphinxDirective


class Box(SphinxDirective):
    """A numbered algorithm or theorem, in our own words: `{algorithm} alg:4.1 Value iteration`.

    Above stand its number and title; below, the functions that are it and the tests that hold it.
    """

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The box."""
        name, _, title = self.arguments[0].partition(" ")
        row, anchor = ledger.ledger()[name], ledger.anchor(name)
        box = nodes.container(classes=["box", self.name], ids=[anchor])
        label = f'<a class="label" href="#{anchor}">{row.label}</a> '
        box += raw(f'<p class="box-head">{label}{html.escape(title)}</p>')
        self.fill(box, name)
        box += raw(f'<p class="foot">{held_by(Links(self.env), row)}</p>')
        return [box]

    def fill(self, box: nodes.container, name: str) -> None:
        """Put what is written into the box."""
        self.state.nested_parse(self.content, self.content_offset, box)


class Equation(Box):
    """A numbered equation: `{equation} eq:2.12 The closed form`."""

    def fill(self, box: nodes.container, name: str) -> None:
        """Put the formula into the box, with the book's number beside it."""
        latex = "\n".join(self.content) + rf" \tag{{{name.removeprefix('eq:')}}}"
        box += nodes.math_block(latex, latex, nowrap=False, number=None)


class Loop(LiteralInclude):
    """An algorithm as a loop on one screen: `{loop} alg:7.1`, from examples/loops."""

    def run(self) -> list[nodes.Node]:
        """A literalinclude of the file, without its first line, which is its title."""
        place = f"examples/loops/{self.arguments[0].replace(':', '_').replace('.', '_')}.py"
        self.arguments[0] = f"/../{place}"
        self.options |= {"language": "python", "lines": "3-"}
        (node,) = super().run()
        box = nodes.container(classes=["source"])
        box += raw(f'<p class="source-head">The whole of it, as a loop <span>{place}</span></p>')
        box += node
        return [box]


class Source(LiteralInclude):
    """The source of a public function or method, as it stands: `{source} TD.update`.

    Its docstring and the checks of its arguments are folded: a switch above shows them.
    """

    option_spec: ClassVar = LiteralInclude.option_spec | {"module": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A literalinclude of the file that defines it."""
        name = self.arguments[0]
        place = (
            ledger.Place(ledger.path_of(self.options.pop("module")), name, 0)
            if "module" in self.options
            else ledger.home(name)
        )
        self.arguments[0] = f"/../{place.path}"
        self.options |= {"pyobject": name, "language": "python"}
        folded = ", ".join(map(str, folded_lines(place)))
        if folded:
            self.options["emphasize-lines"] = folded
        (node,) = super().run()
        links = Links(self.env)
        shown, address = f"<code>{name}</code>", links.function(place)
        head = f'<a href="{address}">{shown}</a>' if address else shown
        box = nodes.container(classes=["source", "folds"] if folded else ["source"])
        box += raw(
            f'<p class="source-head">{head} {SWITCH * bool(folded)}<span>{place.path}</span></p>'
        )
        box += node
        return [box]


SWITCH = '<label><input type="checkbox"> docstring and checks</label> '


def folded_lines(place: ledger.Place) -> list[int]:
    """Lines of a function or class, from 1, that hold docstrings and checks of arguments."""
    tree: Any = ast.parse((ledger.ROOT / place.path).read_text(encoding="utf-8"))
    for part in place.name.split("."):
        tree = next(x for x in tree.body if getattr(x, "name", "") == part)
    first = min([tree.lineno, *(x.lineno for x in tree.decorator_list)])
    lines = {line - first + 1 for node in ast.walk(tree) for line in _folded(node)}
    return sorted(lines)


def _folded(node: ast.AST) -> Iterator[int]:
    """The lines of a docstring in this node, or of the node itself if it is a check."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
        yield from _lines(node.body[0])
    elif _is_check(node):
        yield from _lines(node)


def _is_check(node: ast.AST) -> bool:
    """check_pi(pi); gamma = check_gamma(gamma); if ...: raise ValueError(...)."""
    if isinstance(node, ast.If):
        return len(node.body) == 1 and isinstance(node.body[0], ast.Raise) and not node.orelse
    if isinstance(node, ast.Expr):
        return _checks(node.value)
    return (
        isinstance(node, ast.Assign)
        and _checks(node.value)
        and isinstance(node.value, ast.Call)
        and [ast.unparse(node.targets[0])] == [ast.unparse(x) for x in node.value.args[:1]]
    )


def _checks(value: ast.expr) -> bool:
    name = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return name.startswith(("check_", "still_finite"))


def _lines(node: Any) -> range:
    return range(node.lineno, node.end_lineno + 1)


def setup(app: Any) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("algorithm", Box)
    app.add_directive("theorem", Box)
    app.add_directive("equation", Equation)
    app.add_directive("loop", Loop)
    app.add_directive("source", Source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
