"""The grid lab: `{lab} fig:3.4a` puts it into a page, with world and method of that figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from lab_presets import options, presets, script
from links import Links, raw
from sphinx.util.docutils import SphinxDirective

SCRIPTS = (
    "engine", "chance", "learning",  # what is computed
    "state", "python", "run", "presets",  # what is shown
    "draw", "shown", "hands", "lab",  # and how
)  # fmt: skip

EQUATIONS = {
    "walk": r"g = r_1 + \gamma r_2 + \gamma^2 r_3 + \dots",
    "policy_evaluation": r"v_{k+1} = r_\pi + \gamma P_\pi v_k \tag{2.11}",
    "value_iteration": r"v_{k+1} = \max_\pi\,(r_\pi + \gamma P_\pi v_k) \tag{4.1}",
    "policy_iteration": r"\pi_{k+1} = \arg\max_\pi\,(r_\pi + \gamma P_\pi v_{\pi_k}) \tag{4.3}",
    "truncated": r"v \leftarrow r_{\pi_k} + \gamma P_{\pi_k} v \tag{4.4}",
    "monte_carlo": r"q(s, a) = \text{mean of the returns } g \tag{5.3}",
    "sarsa": r"\text{target} = r + \gamma\, q(s', a') \tag{7.12}",
    "expected_sarsa": r"\text{target} = r + \gamma \textstyle\sum_a \pi(a|s') q(s', a) \tag{7.15}",
    "q_learning": r"\text{target} = r + \gamma \max_a q(s', a) \tag{7.18}",
}
"""What each method computes."""


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
            f'<div class="lab-eq math" data-for="{method}">\\[ {latex} \\]</div>'
            for method, latex in EQUATIONS.items()
        )
        for place, words in {
            "preset": name, "options": options(Links(self.env)), "equations": equations
        }.items():  # fmt: skip
            text = text.replace(f"{{{place}}}", words)
        return [raw(text)]


def on_page(app: Any, page: str, template: str, context: Any, tree: Any) -> None:
    """A page with the lab loads its scripts, in order."""
    if "lab" in app.env.metadata.get(page, {}):
        app.add_css_file("lab/lab.css")
        for name in SCRIPTS:
            app.add_js_file(f"lab/{name}.js")


COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n|[ \t]+// [^\n]*", re.DOTALL | re.MULTILINE)
AROUND_CSS = re.compile(r"(?<=[{};:,]) +| +(?=[{}])")
AROUND_JS = re.compile(r" *([=<>*?:,{}();&|]) *")
STRING = re.compile(r'("[^"]*")')
OTHER = re.compile(r"['`/]")


def slim(source: str) -> str:
    """A script or a style sheet of the lab as it is served: without comments and indents."""
    lines = (line.strip() for line in COMMENT.sub("", source).split("\n"))
    return "\n".join(line for line in lines if line) + "\n"


def served(path: Path) -> str:
    """What the pages load of a file: slim, and without blanks that mean nothing.

    Lines of a script are left as they are where they hold a template, a pattern or a division.
    """
    text = slim(path.read_text(encoding="utf-8"))
    if path.suffix == ".css":
        return AROUND_CSS.sub("", text)
    return "".join(
        part if OTHER.search(line) or part.startswith('"') else AROUND_JS.sub(r"\1", part)
        for line in text.splitlines(keepends=True)
        for part in STRING.split(line)
    )


def write(app: Any, error: Exception | None) -> None:
    """What the pages load: the scripts made light, and the presets beside them."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / "lab"
        for path in (Path(app.srcdir) / "_static" / "lab").iterdir():
            (folder / path.name).write_text(served(path), encoding="utf-8")
        (folder / "presets.js").write_text(script(), encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("lab", Lab)
    app.connect("html-page-context", on_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
