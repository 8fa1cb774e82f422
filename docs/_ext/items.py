"""Directives that show an item of the book: what its run drew and found."""

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
from lab_presets import presets
from links import Links, chip, functions, raw
from PIL import Image
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from wording import formulas

from rlbook.book.heads import heads, table
from rlbook.book.items import ITEMS
from rlbook.book.report import GOOD
from rlbook.book.tables import show

HEAVIEST_SVG = 90_000  # bytes; above that the PNG is shown
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
        ids = [i for i in item.ids if not ledger.ledger()[i].titles]  # the others have a box
        box["ids"] = [ledger.anchor(i) for i in ids] or [f"result-{ledger.anchor(item.ids[0])}"]
        labels = ", ".join(ledger.label(i) for i in item.ids)
        box += raw(
            f'<p class="item-head"><a class="label" href="#{box["ids"][0]}">{labels}</a> '
            f"{chip(entry['verdict'])}</p>"
        )
        box += raw(f'<p class="question">{formulas(item.title)}</p>')
        box += nodes.container(
            "", *pictures(self.env, entry, self.options.get("alt", "")), classes=["pictures"]
        )
        if entry["note"]:
            box += raw(f'<p class="note-line">{formulas(entry["note"])}</p>')
        words = Links(self.env).to("testing", "claims-about-chance") if entry["alarm"] else ""
        if numbers := _numbers(entry, open_="numbers" in self.options, words=words):
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
        for preset in (one for one in presets() if one.figure in item.ids):
            address = f"{links.to('lab')}#lab={preset.id}"
            which = f": {part}" if (part := preset.name.strip(", ")) else ""
            lines += [f'<a href="{address}">in the lab{which}</a>']
        lines += [f'<a href="{links.ledger(item.ids[0])}">ledger</a>']
        return [head, code, raw("</details>"), raw(f'<p class="foot">{" · ".join(lines)}</p>')]


def _numbers(entry: dict[str, Any], *, open_: bool, words: str) -> str:
    """Printed beside computed numbers, folded unless asked for; where the words are explained."""
    parts = entry["printed"] if isinstance(entry["printed"], dict) else {"": entry["printed"]}
    ours = entry["computed"] if isinstance(entry["computed"], dict) else {"": entry["computed"]}
    body = ""
    for name, printed in parts.items():
        side = entry["sources"][name]
        above = heads(ITEMS[entry["id"]].ids[0], name, _shape(printed))
        one = _table(printed, None, entry["bounds"].get(name, ""), above)
        two = _table(ours[name], printed if side == "book" else None, above=above)
        title = f"<h4>{formulas(name)}</h4>" if name else ""
        body += (
            f'<div class="part">{title}<div class="sides"><figure><figcaption>{side}</figcaption>'
            f"{one}</figure><figure><figcaption>rlbook</figcaption>{two}</figure></div>"
            f"{_in_words(entry, name)}</div>"
        )
    if body.count("<td>") > 2 * LONGEST_TABLE:
        return ""
    if words:
        body += f'<p class="test"><a href="{words}">What these tests of chance mean</a></p>'
    head = f"Numbers: {entry['nearest_to_its_limit']}"
    head += " (difference / allowed)" * ("/" in head)
    return f"<details{' open' * open_}><summary>{head}</summary>{body}</details>"


def _in_words(entry: dict[str, Any], name: str) -> str:
    """How far apart the sides of a part are, and its test."""
    said = entry["in_words"].get(name)
    return f'<p class="test">{html.escape(said)}</p>' if said else ""


def _table(side: Any, like: Any = None, bound: str = "", above: Any = ((), ())) -> str:
    """A side as HTML with its heads `above`; it has two digits more than the printed `like`."""
    rows = _rows(side)
    likes = [[""] * len(row) for row in rows] if like is None else _rows(like)
    texts = [
        [f"{bound} {show(x, str(y))}".strip() for x, y in zip(row, others, strict=False)]
        for row, others in zip(rows, likes, strict=False)
    ]
    return table(texts, [[False] * len(row) for row in texts], *above)


def _shape(side: Any) -> list[int]:
    """The lengths of nested lists, from the outside."""
    return [len(side), *_shape(side[0])] if isinstance(side, list) else []


def _rows(side: Any) -> list[list[Any]]:
    """A scalar, a row or a table as rows; of more axes, the last is a row."""
    rows = side if isinstance(side, list) else [side]
    if rows and not isinstance(rows[0], list):
        rows = [rows]
    while rows and rows[0] and isinstance(rows[0][0], list):
        rows = [row for block in rows for row in block]
    return rows


class Picture(SphinxDirective):
    """The figure of an item alone, for the head of a page: `{picture} fig:1.6`, a caption in it.

    `:alt:` says in words what the figure shows.
    """

    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {"alt": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The pictures, and below them the caption with a link to the item."""
        name = self.arguments[0]
        entry, address = report(self.env.app)[name], Links(self.env).item(name)
        classes = ["item", "opening", *(["wide"] if is_wide(self.env, entry) else [])]
        box = nodes.container(classes=classes)
        shown = pictures(self.env, entry, self.options.get("alt", ""), moving=False)
        box += nodes.container("", *shown, classes=["pictures"])
        self.state.nested_parse(self.content, self.content_offset, box)
        box += raw(f'<p class="foot"><a href="{address}">{ledger.label(name)}</a></p>')
        return [box]


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
                f"{chip(entry['verdict'])}<br>{formulas(entry['title'])}</p>"
            )
            box += figure
        return [box]


def _all(app: Any, env: Any, *changed: Any) -> set[str]:
    """Every page: what it shows lies in the library, in the tests and in the run."""
    return env.found_docs


def setup(app: Any) -> dict[str, Any]:
    """Register the directives."""
    app.connect("env-get-outdated", _all)
    app.add_directive("item", ItemDirective)
    app.add_directive("picture", Picture)
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
