"""Directives for what the book numbers: algorithm, theorem, equation; and for its source."""

from __future__ import annotations

import html
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


class Source(LiteralInclude):
    """The source of a public function or method, as it stands: `{source} TD.update`."""

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
        (node,) = super().run()
        links = Links(self.env)
        shown, address = f"<code>{name}</code>", links.function(place)
        head = f'<a href="{address}">{shown}</a>' if address else shown
        box = nodes.container(classes=["source"])
        box += raw(f'<p class="source-head">{head} <span>{place.path}</span></p>')
        box += node
        return [box]


def setup(app: Any) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("algorithm", Box)
    app.add_directive("theorem", Box)
    app.add_directive("equation", Equation)
    app.add_directive("source", Source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
