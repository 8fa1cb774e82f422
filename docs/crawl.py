"""Open every page of a built site in a headless Chromium: python docs/crawl.py [FOLDER].

At 390 and at 1280 pixels, light and dark, from file://. It fails on an error of a page, a word on
the console, a request that leaves the site, a picture that does not load, formulas that KaTeX does
not understand, and text that is wider than the page. Without Chromium it says so, and passes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

SIZES = {(390, "dark"), (1280, "light")}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip

# Runs in the page. Boxes that scroll by themselves may hold more than is seen of it.
LOOK = """
() => {
  const faults = [];
  const start = text => text.trim().slice(0, 60);
  for (const image of document.images)
    if (image.getClientRects().length && !(image.complete && image.naturalWidth))
      faults.push(`the picture ${image.getAttribute("src")} does not load`);
  for (const formula of document.querySelectorAll("article .math"))
    if (!formula.querySelector(".katex") || formula.querySelector(".katex-error"))
      faults.push(`a formula is left as it was typed: ${start(formula.textContent)}`);
  const width = document.documentElement.clientWidth;
  const needed = document.documentElement.scrollWidth;
  if (needed > width) faults.push(`the page is ${needed} px wide`);
  const scrolls = e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const within = e => e && e.tagName != "BODY" && (scrolls(e) || within(e.parentElement));
  for (const e of document.querySelectorAll("article *")) {
    const box = e.getBoundingClientRect();
    if (e.closest("svg, .katex-mathml")) continue;  // drawn by KaTeX, clipped, or for the ear
    if (box.width && box.right > width + 1 && !within(e.parentElement))
      faults.push(`${e.tagName} ${e.className} ends at ${box.right}: ${start(e.textContent)}`);
  }
  return faults.slice(0, 8);
}
"""


def faults(browser: Any, site: Path, width: int, theme: str) -> list[str]:
    """What is wrong with the pages in a window so wide, a line each."""
    found: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    tab = context.new_page()
    here = ""

    def note(text: str) -> None:
        found.append(f"{here} at {width} px, {theme}: {text}")

    tab.on("pageerror", lambda error: note(f"error: {error}"))
    tab.on("console", lambda said: said.type in ("error", "warning") and note(f"says: {said.text}"))
    tab.on("requestfailed", lambda request: note(f"cannot load {request.url}"))
    tab.on(
        "request",
        lambda r: r.url.startswith(("file:", "data:", "blob:")) or note(f"asks for {r.url}"),
    )
    for path in sorted(site.rglob("*.html")):
        here = path.relative_to(site).as_posix()
        tab.goto(path.as_uri(), wait_until="load")
        tab.evaluate(  # pictures are loaded as they are scrolled to
            "async () => { for (const i of document.images) i.loading = 'eager';"
            " await Promise.all([...document.images].map(i => i.decode().catch(() => 0))) }"
        )
        for fault in tab.evaluate(LOOK):
            note(fault)
    context.close()
    return found


def find_browser() -> str | None:
    """The path of a Chromium of this system."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def main() -> int:
    """Print the faults; returns 1 if there are some."""
    site = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "_build" / "html")
    path = find_browser()
    if path is None:
        print(f"the pages were not opened: none of {', '.join(BROWSERS)} is installed")
        return 0
    from playwright.sync_api import sync_playwright

    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for width, theme in sorted(SIZES):
            found += faults(browser, site.resolve(), width, theme)
        browser.close()
    print("\n".join(found), end="\n" if found else "")
    print(f"{len(list(site.rglob('*.html')))} pages opened, {len(SIZES)} times each: "
          f"{len(found)} faults")  # fmt: skip
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
