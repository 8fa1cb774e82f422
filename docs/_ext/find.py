"""Found by number: the search page knows every number of the book, as a reader types it.

The search of Sphinx looks for words, and "2.12" is none. find.js looks the query up in a list that
is written here: ids, what they are called, and where they stand.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ledger

from rlbook.book.numbers import KINDS, WORDS, label

ELSEWHERE = re.compile(r"^\| ([^|]+) \| ([^|]+) \| \[[^\]]*\]\(([^)]+)\) \|$", re.MULTILINE)


def rows() -> list[list[str]]:
    """[id, label, title, address] of every row of the ledger, equations first."""
    found = []
    for name, row in ledger.ledger().items():
        page = row.pages[0] if row.pages else "ledger"
        address = f"{page}.html#{ledger.anchor(name)}"
        found.append([name, label(name), row.title, address])
    kinds = list(KINDS)
    return sorted(
        found, key=lambda row: (*kinds, row[0].partition(":")[0]).index(row[0].partition(":")[0])
    )


def words() -> list[list[str]]:
    """[what others say, what it is called here, address], from the page on notation."""
    text = (ledger.ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    found = []
    for elsewhere, here, target in ELSEWHERE.findall(text):
        page, _, anchor = target.partition("#")
        page = page.replace(".md", ".html") or "notation.html"
        for word in [*elsewhere.split(", "), *re.sub(r"[`{}]|api", "", here).split(", ")]:
            found.append([word.strip().lower(), here, f"{page}#{anchor}" if anchor else page])
    return found


def on_page(app: Any, page: str, template: str, context: Any, tree: Any) -> None:
    """The search page loads the list and what looks into it."""
    if page == "search":
        app.add_js_file("numbers.js")
        app.add_js_file("find.js")


def write(app: Any, error: Exception | None) -> None:
    """The list, as a script: a page that was opened as a file may load no other."""
    if error is None and app.builder.format == "html":
        data = {"kinds": WORDS, "rows": rows(), "words": words()}
        path = Path(app.outdir) / "_static" / "numbers.js"
        path.write_text(f"const NUMBERS = {json.dumps(data)};\n", encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Register what is done to the search page."""
    app.connect("html-page-context", on_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
