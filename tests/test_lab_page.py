"""The page of the grid lab: presets, addresses, verdicts, and its lines of Python.

Needs the extras `docs` and `crawl`, and a Chromium.
"""

import contextlib
import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sphinx", reason="the extra `docs` is not installed")

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import crawl
import lab
import lab_presets

from rlbook.book.items import load_chapters

load_chapters()
playwright = pytest.importorskip("playwright.sync_api", reason="the extra `crawl` is not installed")
SOURCES = Path(__file__).parents[1] / "docs" / "_static" / "lab"
PATH = next(filter(None, map(shutil.which, crawl.BROWSERS)), None)
PRESETS = lab_presets.presets()
SERVED = {path.name: lab.served(path) for path in SOURCES.iterdir()}
SERVED["presets.js"] = lab_presets.script()


@pytest.fixture(scope="module")
def tab():
    """A page with the scripts as they are served, and without the lab itself."""
    if PATH is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=PATH, args=crawl.FLAGS)
        opened = browser.new_page()
        for name in lab.SCRIPTS:
            opened.add_script_tag(content=SERVED[f"{name}.js"])
        yield opened
        browser.close()


def test_what_is_served_is_light():
    assert set(SERVED) == {f"{name}.js" for name in lab.SCRIPTS} | {"lab.css"}
    assert sum(len(text.encode()) for text in SERVED.values()) < 60_000


def test_what_is_left_out_of_a_script():
    source = '/* A head\n   of two lines. */\nf(function () {\n  const x = "a // b"; // why\n});\n'
    assert lab.slim(source.replace(" // b", "//b")) == 'f(function () {\nconst x = "a//b";\n});\n'


def test_which_blanks_are_served(tmp_path):
    script, sheet = tmp_path / "x.js", tmp_path / "x.css"
    script.write_text('f(x => { return x ? "a = b" : -1 });\ny = `${x} = ${y}`;\nz = 1 / 2;\n')
    sheet.write_text(".a :focus, .b { color: red; }\n")
    assert lab.served(script) == ('f(x=>{return x?"a = b":-1});\ny = `${x} = ${y}`;\nz = 1 / 2;\n')
    assert lab.served(sheet) == ".a :focus,.b{color:red;}\n"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_a_preset_shows_what_is_printed(tab, preset):
    """At its end, and at each k and epsilon for which there are printed numbers."""
    ask = """([id, changes]) => {
      const lab = rlbookLab, run = lab.begin({...lab.preset(id), ...changes});
      while (changes.k === undefined && !lab.settled(run) && !run.agent && run.v) run.step();
      return lab.verdict(run);
    }"""
    for part in preset.printed:
        changes = {name: part[name] for name in ("k", "epsilon") if name in part}
        verdict = tab.evaluate(ask, [preset.id, changes])
        learns = preset.state.get("method") in ("monte_carlo", "sarsa", "q_learning")
        wanted = ("chance", "not yet") if learns else ("agrees",)
        assert verdict["word"] in wanted, (changes, verdict)
    if not preset.printed:
        assert tab.evaluate(ask, [preset.id, {}]) is None


def test_the_path_of_an_agent_that_has_learned(tab):
    ask = "id => rlbookLab.verdict(rlbookLab.begin({...rlbookLab.preset(id), k: 20000}))"
    assert tab.evaluate(ask, "fig:7.3")["word"] == "agrees"


STATES = [
    "fig:1.2&walk=RDRDS",
    "fig:2.7-1&k=0",
    "fig:3.4a&k=0",
    "fig:4.4&k=0",
    "fig:7.4&k=0",
    "fig:1.2&walk=RDRDSRD&slip=0.3&seed=7",
    "fig:2.4&k=9",
    "fig:2.7-1&k=20",
    "fig:2.7-1&pi=&k=20",
    "fig:3.4a&k=3&layout=..T/.x.",
    "fig:3.4d&slip=0.2&terminate=1",
    "fig:3.4a&convention=matlab&k=30",
    "fig:3.4a&convention=python&rForbidden=-7&k=30",
    "fig:4.4&k=3",
    "alg:4.3&k=4&sweeps=3",
    "fig:5.5&k=3500",
    "fig:5.6&epsilon=0.2",
    "fig:7.2&k=900&seed=4&slip=0.1",
    "fig:7.2&k=500&convention=python&rForbidden=&rBoundary=&rTarget=&rOther=&terminate=&limit=30",
    "alg:7.1&k=900&q0=-3",
    "fig:7.3&k=900&changes=100_0.5_0.3~400_0.05_0",
    "fig:7.4&k=2000&changes=100_0.5_0.3",
    "fig:7.5-c&k=700",
]


@pytest.mark.parametrize("address", STATES)
def test_its_python_gives_its_numbers(tab, address):
    lines, v, s, g = tab.evaluate(
        """address => {
          const lab = rlbookLab, state = lab.fromAddress("#lab=" + address), run = lab.begin(state);
          return [lab.python(state, run.world), run.v, run.s, run.g];
        }""",
        address,
    )
    found, said = {}, io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, found)
    if v is None:  # the reader walked
        assert found["s"] == s
        assert float(said.getvalue().split()[-1]) == pytest.approx(g, abs=1e-12)
    else:
        assert np.abs(found["v"] - v).max() <= 1e-12 * max(1, np.abs(v).max())
    assert max(map(len, lines.split("\n"))) <= 100


@pytest.mark.parametrize("address", STATES)
def test_an_address_holds_the_state(tab, address):
    again = "x => rlbookLab.toAddress(rlbookLab.fromAddress(x))"
    first = tab.evaluate(again, f"#lab={address}")
    assert tab.evaluate(again, first) == first
    read = "x => rlbookLab.fromAddress(x)"
    assert tab.evaluate(read, f"#lab={address}") == tab.evaluate(read, first)


def test_addresses_that_hold_nothing(tab):
    read = "x => rlbookLab.fromAddress(x)"
    assert tab.evaluate(read, "#exercises") is None
    assert tab.evaluate(read, "#lab=none")["preset"] == PRESETS[0].id
    odd = tab.evaluate(read, "#lab=fig:3.4a&gamma=much&sweeps=1e9&rForbidden=")
    assert odd["gamma"] == 0.9
    assert odd["sweeps"] == 1000
    assert odd["rForbidden"] is None
    begin = (
        "x => { try { rlbookLab.begin(rlbookLab.fromAddress(x)) } catch (e) { return e.message } }"
    )
    for address, said in {
        "layout=.../...": "must have a target",
        f"layout={'.' * 400}T": "at most 400 cells",
        "method=none": "no method none",
        "convention=none": "no convention none",
        "method=policy_iteration&gamma=1&k=3": "gamma = 1 leaves no solution",
    }.items():
        assert said in tab.evaluate(begin, f"#lab=fig:3.4a&{address}")


def test_what_an_address_may_not_hold_is_cut_and_told(tab):
    read = "x => { const told = []; return [rlbookLab.fromAddress(x, told), told] }"
    asked = "gamma=7&alpha=5&epsilon=2&sweeps=0&slip=-1&seed=1.5&limit=-3&k=-1&q0=much"
    state, told = tab.evaluate(read, f"#lab=fig:3.4a&{asked}")
    names = [x.partition("=")[0] for x in asked.split("&")]
    assert [state[x] for x in names] == [1, 1, 1, 1, 0, 2, 0, 0, 0]
    assert sorted(x.partition("=")[0] for x in told) == sorted(names)
    state, told = tab.evaluate(read, "#lab=fig:3.4a&rForbidden=\u22121,5&cell=")
    assert (state["rForbidden"], state["cell"], told) == (-1.5, None, [])


@pytest.mark.parametrize(
    ("address", "figure"),
    [
        ("fig:3.4a&rForbidden=-10", "fig:3.4d"),
        ("fig:3.4a&gamma=0.5", "fig:3.4b"),
        ("fig:3.4d&rForbidden=&method=sarsa", "fig:3.4a"),
        ("fig:3.4d&method=policy_iteration", "fig:3.4d"),
        ("fig:2.7-1&pi=&method=value_iteration", "fig:3.4a"),
        ("fig:2.7-1&epsilon=0.1", None),
        ("fig:5.6&epsilon=0.5", "fig:5.6"),
        ("fig:5.6&epsilon=0.3", None),
        ("fig:3.4a&rForbidden=-3", None),
        ("fig:3.4a&slip=0.1", None),
        ("fig:3.4a&layout=..../.x.T", None),
        ("fig:3.4a&convention=matlab", "fig:3.4a"),
    ],
)
def test_the_figure_whose_world_it_is(tab, address, figure):
    ask = """x => {
      const lab = rlbookLab, run = lab.begin(lab.fromAddress("#lab=" + x));
      return [run.figure && run.figure.id, (lab.verdict(run) || {}).word];
    }"""
    found, word = tab.evaluate(ask, address)
    assert found == figure
    assert (word == "your own world") == (figure is None)


def test_nothing_learned_nothing_praised(tab):
    ask = "x => rlbookLab.verdict(rlbookLab.begin(rlbookLab.fromAddress('#lab=' + x)))"
    for address in ("fig:7.4", "fig:5.5", "fig:3.4a&method=sarsa&k=0", "fig:5.5&k=900"):
        assert tab.evaluate(ask, address)["word"] == "not yet"
    assert "learned so far" in tab.evaluate(ask, "fig:7.4&k=40")["text"]
    assert "grow for ever" in tab.evaluate(ask, "fig:3.4a&gamma=1")["text"]
    assert "no numbers" in tab.evaluate(ask, "fig:3.4a&gamma=1&terminate=1&rForbidden=-2")["text"]


@pytest.mark.parametrize(
    ("x", "decimals", "shown"),
    [(-0.001, 2, "0.00"), (-10, 1, "\u221210.0"), (1e9, 2, "1.0e9"), (-123456, 0, "\u22121e5")],
)
def test_a_number_as_it_is_shown(tab, x, decimals, shown):
    assert tab.evaluate("([x, n]) => rlbookLab.show(x, n)", [x, decimals]) == shown


def test_every_method_has_its_equation():
    assert set(lab.EQUATIONS) >= {p.state.get("method", "value_iteration") for p in PRESETS}
