"""Directives that show an item of the book: what its run drew and found, and who says so."""

from __future__ import annotations

import html
import inspect
import json
import os
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import ledger
from docutils import nodes
from docutils.parsers.rst import directives
from figures import darken, slim
from PIL import Image
from sphinx.directives.code import LiteralInclude
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

import rlbook
from rlbook.book import ITEMS
from rlbook.report import GOOD, show

HEAVIEST_SVG = 100_000  # bytes; above that the PNG is shown
LONGEST_TABLE = 1500  # cells


def report(app: Any) -> dict[str, dict[str, Any]]:
    """What the run found, by id."""
    path = Path(app.srcdir) / "_generated" / "report.json"
    if not path.exists():
        raise ExtensionError(
            f"{path} is not there: `rlbook reproduce --out docs/_generated` makes it"
        )
    return _read(path)


@cache
def _read(path: Path) -> dict[str, dict[str, Any]]:
    found = {entry["id"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))}
    if missing := [name for name in ITEMS if name not in found]:
        raise ExtensionError(f"{path} must hold every item, {missing} are not there")
    return found


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


def drawn(env: Any, entry: dict[str, Any], ending: str) -> list[Path]:
    """The files of that kind that the run drew for an item."""
    folder = Path(env.srcdir) / "_generated"
    return [folder / f for f in entry["figures"] if f.endswith(ending)]


def is_wide(env: Any, entry: dict[str, Any]) -> bool:
    """Whether its figure is a row of parts."""
    with Image.open(drawn(env, entry, ".png")[0]) as image:
        return image.width > 1.5 * image.height


def pictures(
    env: Any, entry: dict[str, Any], alt: str = "", moving: bool = True
) -> list[nodes.Node]:
    """The figure of an item, for light and for dark pages, then what moves."""
    alt = alt or f"{ledger.label(entry['id'])}: {entry['title']}"
    (svg,), (png,) = drawn(env, entry, ".svg"), drawn(env, entry, ".png")
    light = slim(svg)
    if light.stat().st_size > HEAVIEST_SVG:
        light = slim(png)
    found = _both(env, light, alt)
    for gif in drawn(env, entry, ".gif") if moving else ():
        found += _both(env, gif, f"{alt} Step by step.", "moving")
    return found


def _both(env: Any, path: Path, alt: str, *classes: str) -> list[nodes.Node]:
    return [
        _image(env, path, alt, "only-light", *classes),
        _image(env, darken(path), alt, "only-dark", *classes),
    ]


def _image(env: Any, path: Path, alt: str, *classes: str) -> nodes.image:
    uri = os.path.relpath(path, Path(env.doc2path(env.docname)).parent)
    return nodes.image(uri=uri, alt=alt, classes=list(classes), loading="lazy")


class ItemDirective(SphinxDirective):
    """Show an item: question, verdict, figure, numbers, note, source.

    The argument is one of its ids. `:alt:` says in words what the figure shows.
    """

    required_arguments = 1
    option_spec: ClassVar = {"alt": directives.unchanged, "numbers": directives.flag}

    def run(self) -> list[nodes.Node]:
        """The nodes of the box."""
        name = self.arguments[0]
        if name not in ITEMS:
            raise self.error(f"item must be one of `rlbook list`, got {name!r}")
        item, entry = ITEMS[name], report(self.env.app)[name]
        if entry["verdict"] not in GOOD:
            raise self.error(f"{name} fails: {entry['note']}")
        box = nodes.container(classes=["item", *(["wide"] if is_wide(self.env, entry) else [])])
        ids = [i for i in item.ids if not i.startswith(("alg:", "thm:", "lemma:", "eq:"))]
        box["ids"] = [ledger.anchor(i) for i in ids] or [f"result-{ledger.anchor(item.ids[0])}"]
        labels = ", ".join(ledger.label(i) for i in item.ids)
        box += raw(
            f'<p class="item-head"><a class="label" href="#{box["ids"][0]}">{labels}</a> '
            f"{chip(entry['verdict'])}</p>"
        )
        box += nodes.paragraph("", item.title, classes=["question"])
        box += nodes.container(
            "", *pictures(self.env, entry, self.options.get("alt", "")), classes=["pictures"]
        )
        if entry["note"]:
            box += nodes.paragraph("", entry["note"], classes=["note-line"])
        if numbers := _numbers(entry, open_="numbers" in self.options):
            box += raw(numbers)
        box += self._foot(item, entry)
        return [box]

    def _foot(self, item: Any, entry: dict[str, Any]) -> list[nodes.Node]:
        links, row = Links(self.env), ledger.ledger()[item.ids[0]]
        source = inspect.getsource(item.function)
        head = raw(f"<details><summary>How <code>{row.made_by.path}</code> makes it</summary>")
        code = nodes.literal_block(source, source, language="python")
        used = functions(links, row.uses)
        lines = [f"<code>rlbook run {item.ids[0]}</code>"]
        lines += [f"uses {used}"] if used else []
        lines += [f'<a href="{links.ledger(item.ids[0])}">ledger</a>']
        return [head, code, raw("</details>"), raw(f'<p class="foot">{" · ".join(lines)}</p>')]


def _numbers(entry: dict[str, Any], *, open_: bool) -> str:
    """Printed beside computed numbers, folded unless asked for."""
    parts = entry["printed"] if isinstance(entry["printed"], dict) else {"": entry["printed"]}
    ours = entry["computed"] if isinstance(entry["computed"], dict) else {"": entry["computed"]}
    body = ""
    for name, printed in parts.items():
        side = entry["sources"][name]
        one, two = _table(printed, printed), _table(ours[name], printed)
        title = f"<h4>{html.escape(name)}</h4>" if name else ""
        body += (
            f'<div class="part">{title}<div class="sides"><figure><figcaption>{side}</figcaption>'
            f"{one}</figure><figure><figcaption>rlbook</figcaption>{two}</figure></div></div>"
        )
    if body.count("<td>") > 2 * LONGEST_TABLE:
        return ""
    head = f"Numbers: at most {entry['max_difference']:.2g} apart, {entry['tolerance']:.2g} allowed"
    if len(parts) > 1:
        head += f", over all {len(parts)} parts"
    return f"<details{' open' * open_}><summary>{head}</summary>{body}</details>"


def _table(side: Any, like: Any) -> str:
    """A scalar, a row or a table; of more axes, the last is a row."""
    rows = side if isinstance(side, list) else [side]
    likes = like if isinstance(like, list) else [like]
    if rows and not isinstance(rows[0], list):
        rows, likes = [rows], [likes]
    while rows and rows[0] and isinstance(rows[0][0], list):
        rows = [row for block in rows for row in block]
        likes = [row for block in likes for row in block]
    body = ""
    for row, others in zip(rows, likes, strict=False):
        cells = (show(x, str(y)) for x, y in zip(row, others, strict=False))
        body += "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>"
    return f"<table>{body}</table>"


class Gallery(SphinxDirective):
    """Figures of some items, each a link to its page: `{gallery} fig:3.4a dpo:frontier`."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A grid of pictures."""
        links, box = Links(self.env), nodes.container(classes=["gallery"])
        for name in self.arguments[0].split():
            entry, address = report(self.env.app)[name], links.item(name)
            figure = nodes.container()
            for picture in pictures(self.env, entry, moving=False):
                figure += nodes.reference("", "", picture, refuri=address, internal=True)
            figure += raw(
                f'<p><a class="label" href="{address}">{ledger.label(name)}</a> '
                f"{chip(entry['verdict'])}<br>{html.escape(entry['title'])}</p>"
            )
            box += figure
        return [box]


class Box(SphinxDirective):
    """A numbered algorithm or theorem, in our own words: `{algorithm} alg:4.1 Value iteration`."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The box, with links to the functions that are it and the tests that hold it."""
        name, _, title = self.arguments[0].partition(" ")
        row, links = ledger.ledger()[name], Links(self.env)
        box = nodes.container(classes=["box", self.name], ids=[ledger.anchor(name)])
        box += raw(
            f'<p class="box-head"><a class="label" href="#{ledger.anchor(name)}">{row.label}</a> '
            f"{html.escape(title)}</p>"
        )
        self.state.nested_parse(self.content, self.content_offset, box)
        box += raw(f'<p class="foot">{held_by(links, row)}</p>')
        return [box]


class Equation(SphinxDirective):
    """A numbered equation: `{equation} eq:2.12 The closed form`, with its links."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The equation under the book's number."""
        name, _, title = self.arguments[0].partition(" ")
        row, links = ledger.ledger()[name], Links(self.env)
        latex = "\n".join(self.content) + rf" \tag{{{name.removeprefix('eq:')}}}"
        box = nodes.container(classes=["box", "equation"], ids=[ledger.anchor(name)])
        box += raw(f'<p class="box-head">{html.escape(title)}</p>')
        box += nodes.math_block(latex, latex, nowrap=False, number=None)
        box += raw(f'<p class="foot">{held_by(links, row)}</p>')
        return [box]


def held_by(links: Links, row: ledger.Row) -> str:
    """In code: ... tests: ... ledger."""
    parts = [f"in code: {functions(links, row.code)}"] if row.code else []
    parts += [f"{'test' if len(row.tests) == 1 else 'tests'}: {tests(links, row.tests)}"]
    return " · ".join([*parts, f'<a href="{links.ledger(row.id)}">ledger</a>'])


class Source(LiteralInclude):
    """The source of a public function or method, as it stands: `{source} TD.update`."""

    option_spec: ClassVar = LiteralInclude.option_spec | {"module": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A literalinclude of the file that defines it."""
        name = self.arguments[0]
        place = (
            ledger.Place(f"rlbook/{self.options.pop('module')}.py", name, 0)
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


def _all(app: Any, env: Any, *changed: Any) -> set[str]:
    """Every page: what it shows lies in the library, in the tests and in the run."""
    return env.found_docs


def setup(app: Any) -> dict[str, Any]:
    """Register the directives and roles."""
    app.connect("env-get-outdated", _all)
    app.add_directive("item", ItemDirective)
    app.add_directive("gallery", Gallery)
    app.add_directive("algorithm", Box)
    app.add_directive("theorem", Box)
    app.add_directive("equation", Equation)
    app.add_directive("source", Source)
    app.add_role("book", BookRole())
    app.add_role("api", ApiRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
