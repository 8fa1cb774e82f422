"""From an item to its page, its functions and its tests: links of the pages, and roles for them.

{book}`fig:5.4`            where it is shown; {book}`eq:2.12`: the equation
{api}`value_iteration`     its entry in the API reference
"""

from __future__ import annotations

import html
import inspect
from pathlib import Path
from typing import Any

import ledger
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxRole

import rlbook


def raw(text: str) -> nodes.raw:
    """HTML as it is."""
    return nodes.raw("", text, format="html")


def chip(verdict: str) -> str:
    """A verdict as a coloured word."""
    return f'<span class="chip {verdict}">{verdict}</span>'


class Links:
    """Addresses of items, functions and tests, from the page that is being read."""

    def __init__(self, env: Any) -> None:
        self.env = env

    def to(self, page: str, anchor: str = "") -> str:
        """The address of a place in another page."""
        here = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return f"{here}#{anchor}" if anchor else here

    def item(self, name: str) -> str:
        """Where an item is shown; the ledger, if no page shows it. ValueError for another name."""
        row = ledger.ledger().get(name)
        if row is None:
            raise ValueError(f"an item must be one of the ledger, got {name!r}")
        return self.to(row.pages[0] if row.pages else "ledger", ledger.anchor(name))

    def ledger(self, name: str) -> str:
        """Its line of the ledger."""
        return self.to("ledger", ledger.anchor(name))

    def function(self, place: ledger.Place) -> str | None:
        """Its entry in the API reference, for what is public."""
        name = place.name.partition(".")[0]
        if not place.path.startswith("rlbook/") or name not in rlbook.__all__:
            return None
        private = any(part.startswith("_") for part in place.name.split("."))
        shown = name if private or not _documented(place.name) else place.name
        return self.to(api_page(name), f"rlbook.{shown}")

    def test(self, place: ledger.Place) -> str:
        """Its source in the pages."""
        return self.to("tests", test_anchor(place))


def _documented(name: str) -> bool:
    thing: Any = rlbook
    for part in name.split("."):
        thing = inspect.getattr_static(thing, part) if thing is not rlbook else getattr(thing, part)
    return bool(inspect.getdoc(thing))


def test_anchor(place: ledger.Place) -> str:
    """test_theorems.test_contraction; what is made of an item stands under its chapters' test."""
    return f"{Path(place.path).stem}.{place.name.partition('[')[0]}"


def api_page(name: str) -> str:
    """The page of the API reference that shows a public name."""
    module = ledger.module_of(name)
    for path in sorted((ledger.ROOT / "docs" / "api").glob("*.md")):
        if f"{{public}} {module}\n" in path.read_text(encoding="utf-8"):
            return f"api/{path.stem}"
    raise ExtensionError(f"no page of docs/api has {{public}} {module}, where {name} lives")


def functions(links: Links, places: list[ledger.Place]) -> str:
    """Functions as links, the private ones as their class."""
    shown: dict[str, str] = {}
    for place in places:
        address = links.function(place)
        name = place.name.rpartition("._")[0] or place.name
        text = f"<code>{html.escape(name)}</code>"
        shown.setdefault(name, f'<a href="{address}">{text}</a>' if address else text)
    return ", ".join(shown.values())


def tests(links: Links, places: list[ledger.Place]) -> str:
    """Tests as links to their source; what is tested of every item alike is "its verdict"."""
    return ", ".join(
        f'<a href="{links.test(p)}">its verdict</a>'
        if p.name.startswith("test_item[")
        else f'<a href="{links.test(p)}"><code>{p.name.removeprefix("test_")}</code></a>'
        for p in places
    )


def held_by(links: Links, row: ledger.Row) -> str:
    """In code: ... tests: ... ledger."""
    parts = [f"in code: {functions(links, row.code)}"] if row.code else []
    parts += [f"{'test' if len(row.tests) == 1 else 'tests'}: {tests(links, row.tests)}"]
    return " · ".join([*parts, f'<a href="{links.ledger(row.id)}">ledger</a>'])


class BookRole(SphinxRole):
    """{book}`fig:5.4` is a link to where it is shown, {book}`eq:2.12` to the equation."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A reference."""
        try:
            address = Links(self.env).item(self.text)
        except ValueError as error:
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
        text = ledger.label(self.text)
        return [nodes.reference(text, text, refuri=address, internal=True)], []


class ApiRole(SphinxRole):
    """{api}`value_iteration` is a link to its entry in the API reference."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A reference around a literal."""
        try:
            address = Links(self.env).function(ledger.home(self.text))
        except (ValueError, AttributeError) as error:
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
        literal = nodes.literal(self.text, self.text)
        return [nodes.reference("", "", literal, refuri=address, internal=True)], []


def setup(app: Any) -> dict[str, Any]:
    """Register the roles."""
    app.add_role("book", BookRole())
    app.add_role("api", ApiRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
