"""The grid lab: `{lab} fig:3.4a` puts it into a page, as the world and the method of that figure.

What a preset shows is written here, in the words of docs/_static/lab/state.js; its title comes from
the chapters, its printed numbers from rlbook/data/printed.json.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import ledger
from docutils import nodes
from links import raw
from sphinx.util.docutils import SphinxDirective

from rlbook.book.items import printed
from rlbook.book.numbers import label

SCRIPTS = ("engine", "chance", "learning", "state", "run", "draw", "presets", "lab")
TWO_BY_TWO = ".#/.T"
PATH = dict(
    layout="S..../.##../..#../.#T#./.#...",
    rBoundary=-10, rForbidden=-10, rTarget=0, rOther=-1, terminate=1, view="q", alpha=0.1,
)  # fmt: skip
RIGHT = "RRRRR/RRRRR/RRRRR/RRRRR/RRRRR"
STAY = "SSSSS/SSSSS/SSSSS/SSSSS/SSSSS"


class Preset(NamedTuple):
    """A figure of the book as the lab shows it.

    id         what its address says: the id of the figure, and its part
    state      what differs from the defaults of state.js
    printed    parts: each may say for which k or epsilon it is printed; nothing: in the end
    name       added to the label of the figure
    says       one line about it; "": the title of the figure
    """

    id: str
    state: dict[str, Any]
    printed: list[dict[str, Any]] = []
    name: str = ""
    says: str = ""


def part(figure: str, v: str = "", pi: str = "", **when: Any) -> dict[str, Any]:
    """Printed numbers and actions, one for each state."""
    found = dict(when)
    if v:
        found["v"] = " ".join(printed(figure, v).ravel())
    if pi:
        found["pi"] = "".join(printed(figure, pi).ravel())
    return found


def arrows(figure: str, pi: str) -> str:
    """A printed policy, row by row."""
    return "/".join("".join(row) for row in printed(figure, pi))


def presets() -> list[Preset]:
    """All that the lab can begin with, in the order of the book."""
    found = [
        Preset(
            "fig:1.2", dict(layout="S../..#/#.T", method="walk"),
            says="Walk to the target. What does each step pay?",
        ),
        Preset(
            "fig:2.4", dict(layout=TWO_BY_TWO, method="policy_evaluation", pi="DD/RS", epsilon=0, k=120),
            [part("fig:2.4", "v")],
        ),
    ]  # fmt: skip
    for k, which in enumerate(("good, top", "good, bottom", "bad, top", "bad, bottom"), start=1):
        state = dict(method="policy_evaluation", pi=arrows("fig:2.7", f"pi, {which}"), epsilon=0, k=120)
        found.append(
            Preset(f"fig:2.7-{k}", state, [part("fig:2.7", f"v, {which}")], name=f", {which}")
        )
    for figure, state in {
        "fig:3.4a": dict(k=120),
        "fig:3.4b": dict(gamma=0.5, k=20),
        "fig:3.4c": dict(gamma=0, k=1),
        "fig:3.4d": dict(rForbidden=-10, k=120),
    }.items():
        found.append(Preset(figure, state, [part(figure, "v", "pi")]))
    found += [
        Preset(
            "tab:4.2", dict(layout=TWO_BY_TWO),
            [part("tab:4.2", "v", k=1), part("tab:4.3", "v", k=2), part("fig:4.2", "v*")],
            says="Value iteration on four cells, as the book does it by hand.",
        ),
        Preset(
            "fig:4.4", dict(method="policy_iteration", pi=STAY, rForbidden=-10),
            [part("fig:4.4", "v_0", k=1), part("fig:4.4", "v_10")],
        ),
        Preset(
            "alg:4.3", dict(method="truncated"), [part("fig:3.4a", "v", "pi")],
            says="More sweeps, fewer iterations: where is the work least?",
        ),
        Preset(
            "fig:5.4", dict(rForbidden=-10, k=15),
            [part("fig:5.4", f"v, T={k}", k=k) for k in (1, 2, 3, 4, 14, 15, 30, 100)],
            says="MC Basic with episodes of T steps finds what T sweeps of value iteration find.",
        ),
        Preset(
            "fig:5.5", dict(method="monte_carlo", epsilon=0.5, limit=1000, view="q"),
            [part("fig:5.5", pi="pi, 2")],
            says="Monte Carlo from episodes of 1000 steps. The book takes a million.",
        ),
        Preset(
            "fig:5.6",
            dict(method="policy_evaluation", pi="RRRRD/UURRD/ULDRD/URSLD/URULL", epsilon=0.1, k=120,
                 rForbidden=-10, bump=1),
            [part("fig:5.6", f"v, epsilon={x}", epsilon=x) for x in (0, 0.1, 0.2, 0.5)],
        ),
        Preset("fig:7.2", PATH | dict(method="sarsa"), [dict(path=11, **part("fig:7.2", pi="pi"))]),
        Preset(
            "alg:7.1", PATH | dict(method="expected_sarsa"), [], name=", with the mean instead",
            says="Expected Sarsa in the world of Fig. 7.2.",
        ),
        Preset(
            "fig:7.3", PATH | dict(method="q_learning"), [dict(path=11, **part("fig:7.3", pi="pi"))]
        ),
        Preset(
            "fig:7.4", dict(method="q_learning", pi=RIGHT, epsilon=1, view="q"),
            [part("fig:7.4", pi="pi, learned")],
        ),
    ]  # fmt: skip
    behaviour_c = arrows("fig:7.5", "pi, behaviour c")
    for letter, pi, epsilon in (("a", RIGHT, 0.5), ("b", RIGHT, 0.1), ("c", behaviour_c, 0.1)):
        state = dict(method="q_learning", pi=pi, epsilon=epsilon, view="q")
        found.append(Preset(f"fig:7.5-{letter}", state, name=f"({letter})"))
    return found


def as_json(preset: Preset) -> dict[str, Any]:
    """A preset as lab.js takes it."""
    figure = preset.id.partition("-")[0]
    row = ledger.ledger()[figure]
    return {
        "id": preset.id,
        "chapter": int(figure.partition(":")[2].partition(".")[0]),
        "name": label(figure) + preset.name,
        "says": preset.says or row.title,
        "state": preset.state,
        "printed": preset.printed,
    }


def script() -> str:
    """The presets as a script: a page that was opened as a file may load no other.

    Several figures print the same values: `v` of a part is a place in the list `values`.
    """
    shown = [as_json(p) for p in presets()]
    values = sorted({part["v"] for x in shown for part in x.get("printed", []) if "v" in part})
    for x in shown:
        x["printed"] = [
            part | {"v": values.index(part["v"])} if "v" in part else part
            for part in x.get("printed", [])
        ]
    data = json.dumps({"presets": shown, "values": values}, separators=(",", ":"))
    return f"Object.assign((window.rlbookLab = window.rlbookLab || {{}}), {data});\n"


class Lab(SphinxDirective):
    """The lab, opened at a preset. One page holds one: its address is that of the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The HTML of lab.html, with the equation of each method."""
        name = self.arguments[0]
        if name not in [p.id for p in presets()]:
            raise self.error(f"lab must be one of {[p.id for p in presets()]}, got {name!r}")
        pages = self.env.metadata[self.env.docname]
        if "lab" in pages:
            raise self.error("a page can hold one lab")
        pages["lab"] = name
        text = (Path(__file__).parent / "lab.html").read_text(encoding="utf-8")
        equations = "".join(
            f'<div class="lab-eq math notranslate nohighlight" data-for="{method}">\\[ {latex} \\]</div>'
            for method, latex in EQUATIONS.items()
        )
        return [raw(text.replace("{preset}", name).replace("{equations}", equations))]


EQUATIONS = {
    "walk": r"g = r_1 + \gamma r_2 + \gamma^2 r_3 + \dots",
    "policy_evaluation": r"v_{k+1} = r_\pi + \gamma P_\pi v_k \tag{2.11}",
    "value_iteration": r"v_{k+1} = \max_\pi\,(r_\pi + \gamma P_\pi v_k) \tag{4.1}",
    "policy_iteration": r"\pi_{k+1} = \arg\max_\pi\,(r_\pi + \gamma P_\pi v_{\pi_k}) \tag{4.3}",
    "truncated": r"v \leftarrow r_{\pi_k} + \gamma P_{\pi_k} v \tag{4.4}",
    "monte_carlo": r"q(s, a) = \text{mean of the returns } g \tag{5.3}",
    "sarsa": r"\text{target} = r + \gamma\, q(s', a') \tag{7.12}",
    "expected_sarsa": r"\text{target} = r + \gamma \textstyle\sum_a \pi(a|s')\, q(s', a) \tag{7.15}",
    "q_learning": r"\text{target} = r + \gamma \max_a q(s', a) \tag{7.18}",
}


def on_page(app: Any, page: str, template: str, context: Any, tree: Any) -> None:
    """A page with the lab loads its scripts, in order."""
    if "lab" in app.env.metadata.get(page, {}):
        app.add_css_file("lab/lab.css")
        for name in SCRIPTS:
            app.add_js_file(f"lab/{name}.js")


COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n|[ \t]+// [^\n]*", re.DOTALL | re.MULTILINE)


def slim(source: str) -> str:
    """A script or a style sheet of the lab as it is served: without comments and indents."""
    lines = (line.strip() for line in COMMENT.sub("", source).split("\n"))
    return "\n".join(line for line in lines if line) + "\n"


def write(app: Any, error: Exception | None) -> None:
    """What the pages load: the scripts made light, and the presets beside them."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / "lab"
        for path in (Path(app.srcdir) / "_static" / "lab").iterdir():
            (folder / path.name).write_text(slim(path.read_text("utf-8")), encoding="utf-8")
        (folder / "presets.js").write_text(script(), encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("lab", Lab)
    app.connect("html-page-context", on_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
