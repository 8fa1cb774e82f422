"""A reader's hour with the grid lab: python docs/lab_try.py [FOLDER] [--pictures FOLDER]

In a headless Chromium, from file://: click and drag cells, type a reward, step, play, share,
reload, keys only, dark, a phone. Exit status 1 where something is not as a reader would expect it.
Without Chromium it says so, and passes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from crawl import FLAGS, LOOK, find_browser
from lab_reader import Reader, same

from rlbook import GridWorld, optimal

DOCS = Path(__file__).parent
TRIES: list[Callable[[Reader], None]] = []


def trial(f: Callable[[Reader], None]) -> Callable[[Reader], None]:
    """Something that a reader does."""
    TRIES.append(f)
    return f


@trial
def open_the_page(reader: Reader) -> None:
    """The figure stands there as printed, and says so."""
    same(reader.text("chip"), "agrees")
    same(np.round(reader.get("run.v")[:5], 1), np.array([5.8, 5.6, 6.2, 6.5, 5.8]))


@trial
def click_a_cell(reader: Reader) -> None:
    """A click shows its action values."""
    reader.cell(13).click()
    assert "q(s13, a)" in reader.text("chosen"), reader.text("chosen")
    same(reader.cell(13).get_attribute("aria-selected"), "true")


@trial
def from_a_to_d(reader: Reader) -> None:
    """Fig. 3.4(a) becomes (d) by one reward."""
    reader.unfold("World")
    reader.choose(rForbidden="-10")
    world = GridWorld(r_forbidden=-10)
    same(reader.get("run.world.spec.rForbidden"), -10)
    best = optimal(world.model, gamma=0.9, tol=1e-9)
    assert np.abs(np.array(reader.get("run.v")) - best.v).max() < 1e-3
    same(reader.text("chip"), "agrees")
    assert "world of Fig. 3.4(d)" in reader.text("verdict"), reader.text("verdict")
    same(reader.heading(), "Fig. 3.4(d)")
    same(reader.text("original"), "Back to Fig. 3.4(a)")
    v = reader.get("run.v")
    reader.choose(rForbidden="-3")
    same(reader.text("chip"), "your own world")
    same(reader.heading(), "Your own world")
    reader.choose(preset="fig:3.4d")
    same(reader.text("chip"), "agrees")
    same(reader.get("run.v"), np.array(v))


@trial
def links_of_the_page(reader: Reader) -> None:
    """The page's own links open the lab, also twice."""
    for figure, price in (("3.4(d)", -10), ("3.4(a)", -1), ("3.4(d)", -10)):
        reader.tab.locator("article a", has_text=f"Fig. {figure}").last.click()
        same(reader.get("run.world.spec.rForbidden"), price)
        same(reader.heading(), f"Fig. {figure}")
        reader.tab.wait_for_function(
            "() => Math.abs(document.querySelector('.lab').getBoundingClientRect().top) < 120"
        )


@trial
def nothing_learned_no_praise(reader: Reader) -> None:
    """At step 0 no printed action is called right; in the end those that are."""
    for preset in ("fig:7.4", "fig:5.5"):
        reader.choose(preset=preset)
        same(reader.text("chip"), "not yet")
        reader.tab.locator(".lab [name=printed]").check()
        ticks = reader.tab.locator(".lab .grid .printed", has_text="\u2713")
        same(ticks.count(), 0)
        same(reader.tab.locator(".lab [name=view]:checked").get_attribute("value"), "v")
        reader.choose(view="q")
        assert not reader.tab.locator(".lab [name=printed]").is_checked()
    reader.open("#lab=fig:7.4&k=40")
    assert "in the cells learned so far" in reader.text("verdict"), reader.text("verdict")


@trial
def type_numbers(reader: Reader) -> None:
    """What is no number, or out of range, is refused, and told; minus sign and comma are known."""
    reader.unfold("World")
    for text, value in (("\u221210", -10), ("-1,5", -1.5), ("0.25", 0.25)):
        reader.choose(rForbidden=text)
        same(reader.get("state.rForbidden"), value)
    for name, text in (
        ("rForbidden", ""), ("rForbidden", "much"), ("rows", "0"), ("cols", "13"), ("rows", "2.5"),
        ("rows", "1"),
    ):  # fmt: skip
        reader.choose(**{name: text})
        same(reader.get("state.rForbidden"), 0.25)
        same(reader.get("state.layout"), "...../.##../..#../.#T#./.#...")
        assert "Not possible" in reader.text("status"), (name, text)
        field = reader.tab.locator(f".lab [name={name}]")
        same(field.get_attribute("aria-invalid"), "true")
        same(field.input_value(), {"rForbidden": "0.25"}.get(name, "5"))
    reader.tab.locator(".lab [name=rows]").fill("")
    reader.tab.keyboard.type("10")  # on the way through 1
    same(reader.get("run.world.rows"), 5)
    reader.tab.keyboard.press("Tab")
    same(reader.get("run.world.rows"), 10)
    same(reader.get("state.layout")[:29], "...../.##../..#../.#T#./.#...")
    same(reader.tab.locator(".lab [aria-invalid]").count(), 0)
    discount = reader.tab.locator(".lab input[type=text][name=gamma]")
    discount.fill("0,55")
    discount.press("Enter")
    same(reader.get("state.gamma"), 0.55)
    same(reader.tab.locator(".lab [name=gamma]").first.input_value(), "0.55")


@trial
def begun_anew(reader: Reader) -> None:
    """Another world: what an agent has learned is gone, and it is told."""
    reader.choose(preset="fig:7.2")
    reader.press("step")
    reader.choose(gamma="0.8")
    same(reader.get("run.k"), 0)
    assert "begun anew" in reader.text("status"), reader.text("status")
    reader.choose(gamma="0.7")
    assert "begun anew" in reader.text("status"), reader.text("status")
    reader.press("step")
    same(reader.text("status"), "")
    reader.unfold("World")
    for name, text in (("seed", "x"), ("limit", "-3"), ("q0", "much"), ("seed", "1.5")):
        reader.choose(**{name: text})
        assert "Not possible" in reader.text("status"), (name, text)
        same(reader.get("run.k"), 1)


@trial
def without_end(reader: Reader) -> None:
    """A discount of 1, and addresses out of range."""
    reader.choose(gamma="1")
    reader.press("step")
    assert "grow for ever" in reader.text("verdict"), reader.text("verdict")
    assert "grow for ever" in reader.text("said"), reader.text("said")
    reader.open("#lab=alg:4.3&gamma=7&alpha=5&epsilon=2&sweeps=0&seed=-1")
    found = [reader.get(f"state.{x}") for x in ("gamma", "alpha", "epsilon", "sweeps", "seed")]
    same(found, [1, 1, 1, 1, 0])
    for name in ("gamma", "alpha", "epsilon", "sweeps", "seed"):
        assert name in reader.text("status"), reader.text("status")


@trial
def large_numbers(reader: Reader) -> None:
    """A reward of a billion stays in its cell; so do action values in small cells."""
    reader.open("#lab=fig:3.4a&rTarget=1e9")
    reader.fits(".cell .v", 96)
    reader.choose(view="q")
    reader.fits(".q text", 42)
    reader.open("#lab=fig:7.3&k=3000&layout=S...../.xx.../..x.../.xTx../.x..../......")
    reader.fits(".q text", 42)
    phone = Reader(reader.browser, reader.site, 390)
    phone.open("#lab=fig:7.3&k=3000")
    phone.fits(".q text", 42)
    for button in phone.tab.locator(".lab label:has([name=view])").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 40, box
    phone.context.close()


@trial
def paint_and_drag(reader: Reader) -> None:
    """Cells are painted one by one and in a stroke; the target is moved by hand."""
    reader.choose(tool="#")
    reader.cell(1).click()
    same(reader.get("state.layout"), "#..../.##../..#../.#T#./.#...")
    reader.drag(3, 4, 5)
    same(reader.get("state.layout"), "#.###/.##../..#../.#T#./.#...")
    reader.choose(tool="look")
    reader.drag(18, 23, 24)
    same(reader.get("state.layout"), "#.###/.##../..#../.#.#./.#.T.")
    reader.choose(tool="T")
    reader.cell(1).click()
    reader.choose(tool=".")
    reader.cell(1).click()
    before = reader.get("state.layout")
    reader.cell(24).click()  # the last target stays
    same(reader.get("state.layout"), before)
    assert "target" in reader.text("status"), reader.text("status")
    reader.press("original")
    same(reader.get("state.layout"), "...../.##../..#../.#T#./.#...")


@trial
def step_play_and_reset(reader: Reader) -> None:
    """Value iteration from the beginning to the end."""
    reader.press("reset")
    same(reader.get("run.k"), 0)
    reader.press("step")
    reader.press("step")
    same(reader.get("run.k"), 2)
    same(reader.text("chip"), "not yet")
    reader.choose(speed="7")
    reader.press("play")
    reader.tab.wait_for_function("() => !rlbookLab.page.playing", timeout=20_000)
    same(reader.text("chip"), "agrees")
    reader.choose(speed="0")
    reader.press("play")  # once more from the beginning
    same(reader.text("play"), "\u275a\u275a Pause")
    reader.press("play")
    same(reader.get("playing"), False)
    assert reader.get("run.k") < 3, reader.get("run.k")
    assert "iteration k" in reader.text("said"), "nobody says where it stopped"


@trial
def draw_a_policy(reader: Reader) -> None:
    """One arrow is turned, and every value that depends on it changes."""
    reader.choose(preset="fig:2.7-1")
    v = reader.get("run.v")
    reader.choose(tool="pi")
    box = reader.cell(1).bounding_box()
    reader.tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.9)
    same(reader.get("state.pi")[:5], "DRRDD")
    assert reader.get("run.v") != v
    same(reader.text("chip"), "your own world")


@trial
def learn_and_change_epsilon(reader: Reader) -> None:
    """Sarsa, step by step and fast; epsilon is changed while it learns; Python gives the same."""
    reader.choose(preset="fig:7.2")
    reader.press("step")
    assert "TD error" in reader.text("story"), reader.text("story")
    reader.choose(speed="7")
    reader.press("play")
    reader.tab.wait_for_function("() => rlbookLab.page.run.k > 800", timeout=20_000)
    reader.choose(epsilon="0.3")
    reader.tab.wait_for_function("() => rlbookLab.page.run.k > 1600", timeout=20_000)
    reader.press("play")
    assert reader.get("state.changes").endswith("_0.3"), reader.get("state.changes")
    k = reader.get("run.k")
    reader.choose(view="v")
    reader.cell(2).focus()
    reader.tab.keyboard.press("Enter")
    same(reader.get("run.k"), k)  # to look changes nothing
    reader.unfold("The same in Python")
    reader.tab.wait_for_function("() => rlbookLab.page.part('python').textContent")
    found: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(reader.text("python"), found)
    same(reader.get("run.v"), found["v"])


@trial
def share_and_reload(reader: Reader) -> None:
    """A friend opens the link; the page is loaded anew."""
    reader.unfold("World")
    reader.choose(preset="fig:7.3", seed="5")
    for _ in range(7):
        reader.press("step")
    reader.cell(2).click()
    reader.press("link")
    address = reader.tab.evaluate("() => location.hash")
    assert "k=7" in address, address
    q = np.array(reader.get("run.q"))
    friend = Reader(reader.browser, reader.site)
    friend.open(address)
    same(friend.get("run.q"), q)
    same(friend.get("state.cell"), 1)
    same(friend.errors, [])
    friend.context.close()
    reader.tab.reload()
    same(reader.get("run.q"), q)


@trial
def walk(reader: Reader) -> None:
    """The reader is the robot, by buttons and by keys."""
    reader.choose(preset="fig:1.2")
    for a in (1, 2, 2):
        reader.tab.locator(f".lab [data-act='{a}']").click()
    reader.cell(1).focus()
    reader.tab.keyboard.press("ArrowRight")
    same(reader.get("state.walk"), "RDDR")
    same(reader.get("run.s"), 8)
    same(reader.get("run.g"), 0.9**3)


@trial
def keys_only(reader: Reader) -> None:
    """Into the grid by the tabulator, about by arrows, cells by letters; the page does not turn."""
    reader.tab.locator(".lab [name=preset]").focus()
    for key in ("Tab", "Tab", "ArrowRight", "ArrowDown", "Enter"):  # past the link to the figure
        reader.tab.keyboard.press(key)
    same(reader.get("state.cell"), 6)
    for key in (".", "ArrowLeft", "f", "ArrowUp", "s"):
        reader.tab.keyboard.press(key)
    same(reader.get("state.layout"), "S..../#.#../..#../.#T#./.#...")
    assert reader.tab.url.split("#")[0].endswith("lab.html")
    label = reader.cell(6).get_attribute("aria-label")
    assert label.startswith("s6, row 2, column 1, forbidden, v "), label


@trial
def what_is_not_possible(reader: Reader) -> None:
    """An address without a world, a seed below zero, a discount of 1: a reason, and no more."""
    reader.open("#lab=fig:3.4a&layout=...")
    assert "target" in reader.text("status"), reader.text("status")
    same(reader.text("chip"), "agrees")
    reader.choose(method="policy_iteration", gamma="1")
    reader.press("play")
    reader.tab.wait_for_function("() => !rlbookLab.page.playing")
    assert "no solution" in reader.text("status"), reader.text("status")
    reader.choose(method="monte_carlo", gamma="0.9")
    same(reader.get("state.limit"), 100)
    reader.unfold("World")
    reader.choose(seed="-1")
    assert "seed" in reader.text("status"), reader.text("status")
    same(reader.get("state.seed"), 0)


@trial
def on_a_phone(reader: Reader) -> None:
    """Fingers: a cell is chosen, another one painted."""
    phone = Reader(reader.browser, reader.site, 390)
    phone.cell(7).tap()
    same(phone.get("state.cell"), 6)
    phone.tab.locator(".lab label:has([value='.'])").tap()
    phone.cell(7).tap()
    same(phone.get("state.layout"), "...../..#../..#../.#T#./.#...")
    same(phone.errors, [])
    phone.context.close()


@trial
def everything_has_a_name(reader: Reader) -> None:
    """Whatever can be used says what it is."""
    nameless = """() => {
      const name = e => e.getAttribute("aria-label") || e.closest("label, button")?.textContent;
      return [...document.querySelectorAll(".lab button, .lab input, .lab select, .lab svg")]
        .filter(e => !name(e)?.trim()).map(e => e.outerHTML.slice(0, 200));
    }"""
    same(reader.tab.evaluate(nameless), [])


def by_everybody(browser: Any, site: Path) -> list[str]:
    """The faults of all trials, each on a page of its own."""
    found = []
    for attempt in TRIES:
        reader, word, name = Reader(browser, site), "ok", attempt.__name__.replace("_", " ")
        try:
            attempt(reader)
            same(reader.errors, [])
        except Exception as error:
            word = "WRONG"
            found.append(f"{name}: {error}")
        print(f"{word:<6}{name:<26} {attempt.__doc__}")
        reader.context.close()
    return found


PICTURES = {
    "plan": "#lab=fig:3.4a&cell=12",
    "begin": "#lab=fig:3.4a&k=4",
    "learn": "#lab=fig:7.3&k=7000&cell=4",
    "evaluate": "#lab=fig:5.6",
    "walk": "#lab=fig:1.2&walk=RDR",
    "large": f"#lab=fig:3.4a&layout={'S..x......../..x....x..../.xxx.......T/...x..x.....'}&k=60",
}

FOLDS = "open => document.querySelectorAll('.lab details').forEach(x => { x.open = open })"
GLIDES = "getComputedStyle(document.querySelector('.robot')).transitionDuration"


def in_every_light(browser: Any, site: Path, pictures: Path | None) -> list[str]:
    """Light, dark and on a phone: nothing is wider than the page; pictures for those who look."""
    found = []
    for width, theme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        reader = Reader(browser, site, width, theme)
        for name, address in PICTURES.items():
            reader.open(address)
            reader.tab.evaluate(FOLDS, True)
            found += [f"{name} at {width} px: {x}" for x in reader.tab.evaluate(LOOK)]
            if pictures is not None:
                reader.tab.evaluate(FOLDS, False)
                reader.tab.wait_for_timeout(300)
                reader.tab.locator(".lab").screenshot(path=pictures / f"{name}-{width}-{theme}.png")
        found += [f"at {width} px, {theme}: {x}" for x in reader.errors]
        if width < 600 and reader.tab.evaluate(GLIDES) != "0s":
            found.append("the robot glides where motion is not wanted")
        reader.context.close()
    return found


def main() -> int:
    """Print what was tried, and the faults; returns 1 if there are some."""
    parser = argparse.ArgumentParser(prog="docs/lab_try.py", description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=DOCS / "_build" / "html")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of all states")
    args = parser.parse_args()
    path = find_browser()
    if path is None:
        print("the lab was not tried: there is no Chromium here")
        return 0
    if args.pictures is not None:
        args.pictures.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        found = by_everybody(browser, args.site.resolve())
        found += in_every_light(browser, args.site.resolve(), args.pictures)
        browser.close()
    print("\n".join(found), end="\n" if found else "")
    print(f"the lab: {len(TRIES)} things tried, {4 * len(PICTURES)} looks: {len(found)} faults")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
