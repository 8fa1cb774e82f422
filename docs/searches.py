"""What a reader types into the search of the built pages, and the first hit.

    python docs/searches.py [FOLDER]

In a headless Chromium, from file://. Exit status 1 where a first hit is not the right one. Without
Chromium it says so, and passes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crawl import FLAGS, find_browser

SEARCHES = {
    "2.12": "eq-2.12",
    "(2.12)": "eq-2.12",
    "eq 2.12": "eq-2.12",
    "Equation (7.20)": "eq-7.20",
    "8.26": "eq-8.26",
    "(10.15)": "eq-10.15",
    "Fig. 7.4": "fig-7.4",
    "Figure 7.4": "fig-7.4",
    "fig7.4": "fig-7.4",
    "fig 3.4": "fig-3.4a",
    "Fig. 3.4(d)": "fig-3.4d",
    "Figure 1.2": "fig-1.2",
    "Algorithm 7.1": "alg-7.1",
    "alg 8.3": "alg-8.3",
    "Theorem 3.2": "thm-3.2",
    "thm 10.4": "thm-10.4",
    "Lemma 9.2": "lemma-9.2",
    "Proposition 4.1": "prop-4.1",
    "Definition 3.1": "def-3.1",
    "Example 3.2": "ex-3.2",
    "Box 5.1": "box-5.1",
    "box 8.4": "box-8.4",
    "tab 4.6": "tab-4.6",
    "Table 1.3": "tab-1.3",
    "ddpg:lqr": "ddpg-lqr",
    "learning rate": "notation.html#learning",
    "step size": "notation.html#learning",
    "discount factor": "notation.html#the-world",
    "replay buffer": "ch08.html",
    "policy_value": "policy_value",
}
"""What is typed, and what the address of the first hit must hold."""


def first_hits(browser: Any, site: Path) -> list[tuple[str, str, str]]:
    """(typed, address, text) of the first hit of each search."""
    tab = browser.new_page()
    found = []
    for typed in SEARCHES:
        tab.goto(f"{(site / 'search.html').as_uri()}?q={quote(typed)}", wait_until="load")
        hit = "ul.by-number a, #search-results li a"
        tab.wait_for_selector(hit, timeout=20_000)
        link = tab.query_selector(hit)
        found.append((typed, link.get_attribute("href"), link.inner_text()))
    return found


def main(arguments: list[str]) -> int:
    """The table of searches; exit status 1 where one misses."""
    from playwright.sync_api import sync_playwright

    site = Path(arguments[0] if arguments else Path(__file__).parent / "_build" / "html")
    path = find_browser()
    if path is None:
        print("searches: there is no Chromium here, nothing was tried")
        return 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        hits = first_hits(browser, site)
        browser.close()
    wrong = 0
    for typed, address, text in hits:
        right = SEARCHES[typed] in (address or "")
        wrong += not right
        print(f"{'' if right else 'WRONG '}{typed:<18} {text[:40]:<40} {address}")
    print(f"searches: {len(hits)} tried, {wrong} wrong first hits")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
