"""A directive for the head of a chapter's page: the same page as a notebook, to be downloaded."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from links import raw
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective


class Notebook(SphinxDirective):
    """A link to the notebook of this page, which comes with the built pages: `{notebook}`."""

    def run(self) -> list[nodes.Node]:
        """A line with the link."""
        file = f"{self.env.docname.rpartition('/')[2]}.ipynb"
        text = nodes.inline("", f"This page as a notebook ({file})")
        line = nodes.paragraph("", "", classes=["notebook"])
        line += addnodes.download_reference("", "", text, reftarget=f"/../notebooks/{file}")
        line += raw(' <a class="how" href="../start.html#notebooks">how to open it</a>')
        return [line]


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("notebook", Notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
