"""{homework} 4: the homework of a chapter. {homeworks}: all of them.

Both are made from the tasks themselves: names, arguments, numbers of the book.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ledger
from docutils import nodes
from links import Links, raw
from sphinx.util.docutils import SphinxDirective

from rlbook.book.numbers import label
from rlbook.homework.catalogue import IDS, homework
from rlbook.homework.task import Task

HEAD = (
    '<div class="table-wrapper docutils container"><table class="docutils align-default"><thead>'
    "<tr>{}</tr></thead><tbody>{}</tbody></table></div>"
)


def table(head: list[str], rows: list[list[str]]) -> nodes.raw:
    """Cells are HTML."""
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return raw(HEAD.format("".join(f"<th>{name}</th>" for name in head), "".join(lines)))


class HomeworkOfChapter(SphinxDirective):
    """What is to be written in a chapter's homework."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The nodes."""
        own, links = homework(self.arguments[0]), Links(self.env)
        about = nodes.paragraph("", own.about)
        command = nodes.literal_block("", f"rlbook new {own.id}\nrlbook check {own.id}/{own.id}.py")
        command["language"] = "sh"
        rows = [
            [f"<code>{escape(task.signature)}</code>", numbers(task, links)] for task in own.tasks
        ]
        return [about, command, table(["Function", "In the book"], rows)]


def numbers(task: Task, links: Links) -> str:
    """The numbers of a task, each with a link to its line of the ledger."""
    return ", ".join(
        f'<a class="reference internal" href="{links.ledger(name)}">{escape(label(name))}</a>'
        if name in ledger.ledger()
        else escape(label(name))
        for name in task.numbers
    )


class Homeworks(SphinxDirective):
    """All homeworks, a line for each."""

    def run(self) -> list[nodes.Node]:
        """The nodes."""
        links, rows = Links(self.env), []
        for name in IDS:
            own = homework(name)
            chapter = f"chapters/ch{own.chapter:02}"
            rows.append(
                [
                    f'<a class="reference internal" href="{links.to(chapter, "homework")}">'
                    f"{own.id}</a>",
                    escape(own.title),
                    ", ".join(f"<code>{task.name}</code>" for task in own.tasks),
                ]
            )
        return [table(["", "About", "You write"], rows)]


def setup(app: Any) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("homework", HomeworkOfChapter)
    app.add_directive("homeworks", Homeworks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
