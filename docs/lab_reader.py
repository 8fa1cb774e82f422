"""A reader of the grid lab, for docs/lab_try.py: what one can do to its page, and what one sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


class Reader:
    """A reader who has opened the page of the lab."""

    def __init__(self, browser: Any, site: Path, width: int = 1280, theme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce" if width < 600 else "no-preference",
            has_touch=width < 600,
        )
        self.browser, self.site = browser, site
        self.tab = self.context.new_page()
        self.errors: list[str] = []
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", lambda said: self.errors.append(said.text))
        self.tab.on("request", self._no_other_site)
        self.open()

    def _no_other_site(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.errors.append(f"asks for {request.url}")

    def open(self, address: str = "") -> None:
        """Open the page, at an address that somebody shared."""
        self.tab.goto("about:blank")
        self.tab.goto((self.site / "lab.html").as_uri() + address, wait_until="load")

    def choose(self, **fields: str) -> None:
        """Set fields of the page, as one types or chooses."""
        for name, value in fields.items():
            field = self.tab.locator(f".lab [name={name}]").first
            kind = field.evaluate("e => e.tagName + (e.type || '')")
            if kind.startswith("SELECT"):
                field.select_option(value)
            elif kind == "INPUTradio":
                self.tab.locator(f".lab label:has([name={name}][value='{value}'])").click()
            else:
                field.fill(value)
                if kind == "INPUTtext":
                    field.press("Enter")

    def press(self, part: str) -> None:
        """Press a button."""
        self.tab.locator(f".lab [data-part={part}]").click()

    def cell(self, number: int) -> Any:
        """The cell s1, s2, ... of the book."""
        return self.tab.locator(f".lab [data-s='{number - 1}']")

    def drag(self, *numbers: int) -> None:
        """Press the mouse in the first cell, and let it go in the last."""
        for k, number in enumerate(numbers):
            box = self.cell(number).bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            self.tab.mouse.move(x, y, steps=4)
            if k == 0:
                self.tab.mouse.down()
        self.tab.mouse.up()

    def text(self, part: str) -> str:
        """What a part of the lab says."""
        return str(self.tab.locator(f".lab [data-part={part}]").inner_text())

    def get(self, what: str) -> Any:
        """A number of the run or of the state, by its path in the page: "run.v", "state.k"."""
        return self.tab.evaluate(f"() => rlbookLab.page.{what}")

    def heading(self) -> str:
        """The figure that the lab says it shows."""
        shown = "e => e.selectedOptions[0].text"
        return str(self.tab.locator(".lab [name=preset]").evaluate(shown))

    def fits(self, texts: str, width: float) -> None:
        """AssertionError if a text of the grid is wider; a cell is 100 wide."""
        widest = self.tab.locator(f".lab .grid {texts}").evaluate_all(
            "all => Math.max(...all.map(x => x.getComputedTextLength()))"
        )
        assert 0 < widest <= width, f"{texts}: {widest} where {width} are wanted"

    def unfold(self, title: str) -> None:
        """Open a fold."""
        self.tab.locator(".lab summary", has_text=title).click()


def same(found: Any, wanted: Any) -> None:
    """AssertionError unless the two are equal; of numbers, to 1e-9 of the largest."""
    if isinstance(wanted, np.ndarray):
        error = np.abs(np.array(found) - wanted).max()
        assert error <= 1e-9 * max(1, np.abs(wanted).max()), f"off by {error}"
    else:
        assert found == wanted, f"{found!r} where {wanted!r} is wanted"
