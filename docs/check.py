"""Check a built site without a browser: python docs/check.py [FOLDER].

Every link and every picture leads to a file of the site, every #place is in its page, nothing comes
from another site, the site and its pages are not too heavy, and every item of the report is shown.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).parent
SITE_LIMIT, PAGE_LIMIT = 25_000_000, 1_500_000  # bytes
LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("source", "src"), ("iframe", "src")}


class Page(HTMLParser):
    """The places, links and loaded files of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.twice: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names."""
        given = dict(attrs)
        if name := given.get("id"):
            (self.twice if name in self.ids else self.ids).add(name)
        for key, value in attrs:
            navigates = tag == "link" and given.get("rel") not in ("stylesheet", "icon")
            if value and (tag, key) in LOADED and not navigates:
                self.loaded.append(value)
            elif value and tag == "a" and key == "href":
                self.links.append(value)


def faults(site: Path) -> list[str]:
    """What is wrong, a line each."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site} holds no page"]
    found: list[str] = []
    for path, page in pages.items():
        here = path.relative_to(site).as_posix()
        found += [f"{here}: the id {name!r} is there twice" for name in sorted(page.twice)]
        weight = path.stat().st_size
        for address in page.loaded:
            if urlsplit(address).scheme or address.startswith("//"):
                found.append(f"{here}: loads {address} from another site")
            elif not (target := _file(path, address)).is_file():
                found.append(f"{here}: loads {address}, which is not there")
            elif ".dark." not in target.name:
                weight += target.stat().st_size
        if weight > PAGE_LIMIT:
            found.append(f"{here}: weighs {weight:,} bytes, {PAGE_LIMIT:,} are allowed")
        for address in dict.fromkeys(page.links):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue  # leads out of the site, when a reader asks for it
            if parts.fragment.startswith("lab="):  # a state of the lab, and no place
                parts = parts._replace(fragment="")
            target = _file(path, parts.path) if parts.path else path
            if not target.is_file():
                found.append(f"{here}: links to {address}, which is not there")
            elif parts.fragment and target in pages and parts.fragment not in pages[target].ids:
                found.append(f"{here}: links to {address}, a place that is not in that page")
    if (size := sum(path.stat().st_size for path in files(site))) > SITE_LIMIT:
        found.append(f"the site weighs {size:,} bytes, {SITE_LIMIT:,} are allowed")
    return found + _missing(site, pages)


def files(site: Path) -> list[Path]:
    """The files of the site, without what Sphinx keeps there for its next build."""
    kept = {".doctrees", ".buildinfo"}
    return [p for p in site.rglob("*") if p.is_file() and kept.isdisjoint(p.parts)]


def _missing(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Items of the report that the ledger or the chapters do not show."""
    report = json.loads((DOCS / "_generated" / "report.json").read_text(encoding="utf-8"))
    shown = defaultdict(set)
    for path, page in pages.items():
        shown[path.parent.name if path.parent != site else path.stem] |= page.ids
    wanted = {entry["id"].replace(":", "-") for entry in report}
    return [
        f"{place}: {name} is not shown"
        for place in ("ledger", "chapters")
        for name in sorted(wanted - shown[place])
    ]


def _file(page: Path, address: str) -> Path:
    target = (page.parent / unquote(urlsplit(address).path)).resolve()
    return target / "index.html" if target.is_dir() else target


def main() -> int:
    """Print the faults; returns 1 if there are some."""
    site = Path(sys.argv[1] if len(sys.argv) > 1 else DOCS / "_build" / "html").resolve()
    found = faults(site)
    print("\n".join(found), end="\n" if found else "")
    weight = sum(path.stat().st_size for path in files(site)) / 1e6
    pages = len(list(site.rglob("*.html")))
    print(f"{pages} pages, {weight:.1f} MB: {len(found)} faults")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
