"""{verdicts}: how often each item that depends on chance failed, from benchmarks/results."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from links import raw
from speed import results
from speed_tables import number, table
from sphinx.util.docutils import SphinxDirective


def seldom(item: dict[str, Any]) -> str:
    """The claims of an item in few words: how many runs succeeded, how large typical errors are."""
    said, claims = [], item["claims"].values()
    for c in claims:
        if "count" in c:
            claimed = f"{c.get('bound', '')} {100 * c['share']:.4g} %".strip()
            said.append(f"{c['count']} of {c['runs']} (claimed: {claimed})")
    estimates = [c for c in claims if "rms" in c]
    if estimates:
        many = sum(c["estimates"] for c in estimates)
        square = sum(c["estimates"] * c["rms"] ** 2 for c in estimates) / many
        said.append(f"{many:,} estimates, typical error {square**0.5:.2f} standard errors")
    return "; ".join(said)


def lines(items: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """A line for each item that depends on chance; the others together."""
    rows = [
        (
            item["id"] + (", quick" if item["quick"] else ""),
            str(item["runs"]),
            str(len(item["fails"])),
            number(item["seconds"]),
            seldom(item),
        )
        for item in items
        if item["chance"]
    ]
    exact = [item for item in items if not item["chance"]]
    if exact:
        runs, fails = sum(i["runs"] for i in exact), sum(len(i["fails"]) for i in exact)
        rows.append((f"{len(exact)} exact ones", str(runs), str(fails), "", ""))
    return rows


def runs(found: dict[str, Any]) -> list[str]:
    """What ran, a line for each run: the first one, then each that added items later."""
    said = []
    for about in [found["about"], *found.get("later", [])]:
        own = about.get("items")
        of = [x for x in found["items"] if own is None or x["id"] in own]
        kernels = sorted({k for item in of for k in item["kernels"]} - {"None"})
        said.append(
            f"{'Later, ' + ', '.join(own) + ': ' if own else ''}"
            f"{about['seeds']} seeds from {about['first']} on"
            f"{', OpenBLAS kernels ' + ', '.join(kernels) if kernels else ''}; "
            f"{about['processor']}, Python {about['python']}, numpy {about['numpy']}, "
            f"{about['date']}: {about['command']}"
        )
    return said


class Verdicts(SphinxDirective):
    """The table, and what ran."""

    def run(self) -> list[nodes.Node]:
        """The nodes."""
        found = results("verdicts")
        head = "Item", "Runs", "Failed", "Seconds", "Its claims, all runs together"
        notes = [nodes.paragraph("", said, classes=["note-line"]) for said in runs(found)]
        return [raw(table(head, lines(found["items"]), range(1, 4))), *notes]


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("verdicts", Verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
