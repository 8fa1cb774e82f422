"""What the grid lab can begin with: figures of the book, as docs/_static/lab/state.js says a state.

Titles come from the chapters, printed numbers from rlbook/data/printed.json.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import ledger
from links import Links

from rlbook.book.items import printed
from rlbook.book.numbers import label

TWO_BY_TWO = ".#/.T"
PATH = dict(
    layout="S..../.##../..#../.#T#./.#...",
    rBoundary=-10, rForbidden=-10, rTarget=0, rOther=-1, terminate=1, view="q", alpha=0.1,
)  # fmt: skip
EVALUATE = dict(method="policy_evaluation", epsilon=0, k=120)
RIGHT = "RRRRR/RRRRR/RRRRR/RRRRR/RRRRR"
STAY = "SSSSS/SSSSS/SSSSS/SSSSS/SSSSS"


@dataclass(frozen=True)
class Preset:
    """A figure of the book as the lab shows it.

    id         what its address says: the id of the figure, and its part
    state      what differs from the defaults of state.js
    printed    parts: each may say for which k or epsilon it is printed; nothing: in the end
    name       added to the label of the figure
    says       one line about it; "": the title of the figure
    """

    id: str
    state: dict[str, Any]
    printed: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""
    says: str = ""

    @property
    def figure(self) -> str:
        """The id that the ledger knows."""
        return self.id.partition("-")[0]

    @property
    def chapter(self) -> str:
        """The chapter, "3"."""
        return self.id.partition(":")[2].partition(".")[0]


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
            "fig:2.4", dict(layout=TWO_BY_TWO, pi="DD/RS", **EVALUATE), [part("fig:2.4", "v")],
        ),
    ]  # fmt: skip
    for k, which in enumerate(("good, top", "good, bottom", "bad, top", "bad, bottom"), start=1):
        state = dict(pi=arrows("fig:2.7", f"pi, {which}"), **EVALUATE)
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
            EVALUATE
            | dict(pi=arrows("fig:5.6", "pi, epsilon=0"), epsilon=0.1, rForbidden=-10, bump=1),
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


def script() -> str:
    """The presets as a script: a page that was opened as a file may load no other.

    Several figures print the same values: `v` of a part is a place in the list `values`.
    """
    found = presets()
    values = sorted({part["v"] for p in found for part in p.printed if "v" in part})
    shown = [
        {
            "id": p.id,
            "state": p.state,
            "printed": [
                part | {"v": values.index(part["v"])} if "v" in part else part for part in p.printed
            ],
        }
        for p in found
    ]
    data = json.dumps({"presets": shown, "values": values}, separators=(",", ":"))
    return f"Object.assign((window.rlbookLab = window.rlbookLab || {{}}), {data});\n"


def options(links: Links) -> str:
    """What one can choose from, chapter by chapter, each with its line and where it is shown.

    The id of a choice is what its address says, so that links to it are checked as others are.
    """
    found = ""
    for chapter, group in groupby(presets(), key=lambda p: p.chapter):
        found += f'<optgroup label="Chapter {chapter}">'
        for p in group:
            says = html.escape(p.says or ledger.ledger()[p.figure].title)
            found += f'<option id="lab={p.id}" value="{p.id}" title="{says}" '
            found += f'data-page="{links.item(p.figure)}">{label(p.figure)}{p.name}</option>'
        found += "</optgroup>"
    return found
