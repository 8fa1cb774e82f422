"""Directives that list: the ledger, the tests that hold it, the public names, the verdicts."""

from __future__ import annotations

import ast
import html
from typing import Any

import ledger
from docutils import nodes
from docutils.statemachine import StringList
from items import report
from links import Links, chip, functions, raw, test_anchor, tests
from sphinx.util.docutils import SphinxDirective, SphinxRole
from wording import formulas

import rlbook
from rlbook.book.items import ITEMS
from rlbook.book.numbers import lecture
from rlbook.book.report import VERDICTS


class Ledger(SphinxDirective):
    """The ledger of one chapter: `{ledger} 4`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A table of the items of a chapter."""
        links, found = Links(self.env), report(self.env.app)
        body = ""
        for row in ledger.by_chapter()[int(self.arguments[0])]:
            page = f'<a href="{links.item(row.id)}">{html.escape(row.label)}</a>'
            code = functions(links, row.code or row.uses)
            made = (
                f"<br><small>made by <code>{row.made_by.name}</code></small>" if row.made_by else ""
            )
            body += (
                f'<tr id="{ledger.anchor(row.id)}"><th>{page}</th>'
                f"<td>{formulas(row.title)}{_in_the_book(row)}</td><td>{code}{made}</td>"
                f"<td>{tests(links, row.tests)}</td><td>{_end(row, found, links)}</td></tr>"
            )
        head = "".join(f"<th>{x}</th>" for x in ("Item", "What", "Function", "Test", "Verdict"))
        return [
            raw(
                f'<div class="ledger"><table><thead><tr>{head}</tr></thead>'
                f"<tbody>{body}</tbody></table></div>"
            )
        ]


def _in_the_book(row: ledger.Row) -> str:
    """Its section, and the author's lecture on that."""
    if row.number is None:
        return ""
    where = f"Section {row.number.section}; lecture {lecture(row.number.section)}"
    return f"<br><small>{html.escape(where)}</small>"


def _end(row: ledger.Row, found: dict[str, Any], links: Links) -> str:
    """What a row comes to: a verdict, a test, or why there is neither."""
    if row.id in found:
        return chip(found[row.id]["verdict"])
    if row.state in ("proof", "step") and row.number:
        of = row.number.of
        what = "the proof of" if row.state == "proof" else "a step of the proof of"
        return f'{what} <a href="{links.item(of)}">{ledger.label(of)}</a>'
    return "a drawing, nothing to compute" if row.state == "drawing" else chip("tested")


class Tests(SphinxDirective):
    """The source of every test that an item of the ledger names, file by file."""

    def run(self) -> list[nodes.Node]:
        """A section a file."""
        places = {
            (p.path, p.name.partition("[")[0]): p
            for row in ledger.ledger().values()
            for p in row.tests
        }
        found: list[nodes.Node] = []
        for path in sorted({path for path, _ in places}):
            section = nodes.section(ids=[path.rpartition("/")[2].removesuffix(".py")])
            section += nodes.title(path, path)
            source = (ledger.ROOT / path).read_text(encoding="utf-8")
            for node in ast.parse(source).body:
                if (path, getattr(node, "name", "")) in places:
                    place = places[path, node.name]
                    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                    text = "\n".join(source.splitlines()[first - 1 : node.end_lineno])
                    box = nodes.container(ids=[test_anchor(place)], classes=["source"])
                    box += raw(f'<p class="source-head"><code>{node.name}</code></p>')
                    box += nodes.literal_block(text, text, language="python")
                    section += box
            found.append(section)
        return found


class Public(SphinxDirective):
    """The public names of a module, each with its docstring: `{public} bellman`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """What autodoc makes of them."""
        module = self.arguments[0]
        text: list[str] = ["```{eval-rst}"]
        public = [name for name, home in rlbook._HOME.items() if home == f"rlbook.{module}"]
        for name in public or _documented(module):
            thing = getattr(rlbook, name, None)
            full = f"rlbook.{name}" if public else f"rlbook.{module}.{name}"
            kind = "class" if isinstance(thing, type) else "function"
            if thing is not None and not callable(thing):
                kind = "data"
            text += [f".. auto{kind}:: {full}", ""]
        box = nodes.container(classes=["api"])
        self.state.nested_parse(StringList([*text, "```"], source=module), self.content_offset, box)
        return box.children


def _documented(module: str) -> list[str]:
    """The functions of a module that is not part of rlbook's public names, in their order."""
    tree = ast.parse((ledger.ROOT / ledger.path_of(module)).read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


class CountRole(SphinxRole):
    """{count}`agrees` is how many items agree; {count}`all` is how many there are.

    {count}`agrees:book` agree with printed numbers, {count}`agrees:theory` with none of them.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A number."""
        verdict, _, side = self.text.partition(":")
        if verdict not in (*VERDICTS, "all") or side not in ("", "book", "theory"):
            raise ValueError(f"count must be all or one of {VERDICTS}, got {self.text!r}")
        found = sum(
            verdict in ("all", entry["verdict"])
            and (not side or ("book" in entry["sources"].values()) == (side == "book"))
            for entry in report(self.env.app).values()
        )
        return [nodes.Text(str(found))], []


def chance(entries: dict[str, dict[str, Any]]) -> dict[str, int]:
    """How many items there are, how many depend on chance, and how rare a false alarm is.

    all     items; one may have several ids
    items   those that state a rate of false alarms
    runs    of so many runs of the whole book, at most one has a false alarm
    """
    rates = {ITEMS[name]: entry["alarm"] or 0.0 for name, entry in entries.items()}
    some = [rate for rate in rates.values() if rate]
    return {"all": len(rates), "items": len(some), "runs": int(1 / sum(some)) if some else 0}


class ChanceRole(SphinxRole):
    """{chance}`items` is how many items depend on chance; see `chance`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A number."""
        return [nodes.Text(str(chance(report(self.env.app))[self.text]))], []


class Quick(SphinxDirective):
    """A word of warning, if the run that made the pages was a quick one: `{quick}`."""

    def run(self) -> list[nodes.Node]:
        """An admonition, or nothing."""
        if not any(entry["quick"] for entry in report(self.env.app).values()):
            return []
        text = "These pages come from a quick run, with fewer samples and seeds than usual."
        return [nodes.note("", nodes.paragraph("", text))]


def setup(app: Any) -> dict[str, Any]:
    """Register the directives and the role."""
    app.add_directive("ledger", Ledger)
    app.add_directive("tests", Tests)
    app.add_directive("public", Public)
    app.add_directive("quick", Quick)
    app.add_role("count", CountRole())
    app.add_role("chance", ChanceRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
