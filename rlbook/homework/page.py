"""Findings as a page that a student can hand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from rlbook import __version__
from rlbook.homework.judge import Finding
from rlbook.homework.report import points_of, summary
from rlbook.homework.task import Homework

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1d2129; --soft: #5d6673; --line: #dfe3e8; --bg: #fbfbfa;
  --card: #fff; --good: #2f7d4f; --bad: #b3261e; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6e8eb; --soft: #9aa4b1; --line: #343a43;
  --bg: #16181c; --card: #1e2126; --good: #6fcf97; --bad: #ff8a80; }} }}
body {{ margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 52rem; background: var(--bg);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }}
h1 {{ font-size: 1.6rem; margin: 0; }}
section {{ background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: .9rem 1.2rem; margin: 1rem 0; }}
h2 {{ font: 600 1rem ui-monospace, monospace; margin: 0; display: flex; gap: 1rem; flex-wrap: wrap;
  justify-content: space-between; }}
h2 span {{ font-family: system-ui, sans-serif; }}
.right {{ color: var(--good); }} .wrong {{ color: var(--bad); }}
.soft, .none {{ color: var(--soft); }}
p {{ margin: .4rem 0; }}
pre {{ overflow-x: auto; border-left: 3px solid var(--line); padding-left: .8rem;
  font-size: .85rem; }}
</style>
<h1>{title}</h1>
<p class="soft">{file} &middot; {counts} &middot; {reached:g} of {most:g} points &middot;
checked on {date} by rlbook {version}</p>
{sections}
<details><summary>{file}</summary><pre>{code}</pre></details>
</html>
"""

CLASSES = {"right": "right", "wrong": "wrong", "not yet written": "none"}


def as_html(
    file: Path, homework: Homework, findings: Sequence[Finding], points: Mapping[str, float]
) -> str:
    """The whole page, with the code that was checked, and nothing outside it."""
    reached, most = points_of(findings, points)
    return PAGE.format(
        title=escape(f"{homework.id}: {homework.title}"), file=escape(file.name),
        version=__version__,
        date=date.today().isoformat(), code=escape(file.read_text("utf-8", errors="replace")),
        counts=summary(findings), reached=reached, most=most,
        sections="\n".join(part for finding in findings for part in _section(finding)),
    )  # fmt: skip


def _section(finding: Finding) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(finding.task)}"
    yield f'<span class="{CLASSES[finding.verdict]}">{finding.verdict}</span></h2>'
    for text in (finding.says, finding.origin and f"{finding.origin}:", finding.where):
        if text:
            yield f"<p>{escape(text)}</p>"
    if finding.looks_like:
        yield f"<p>It looks like this: <b>{escape(finding.looks_like)}</b>.</p>"
    if finding.world:
        yield "<p>The smallest case that was found:</p>"
        yield "<pre>" + escape("\n".join(finding.world)) + "</pre>"
    if finding.printed:
        yield "<p>The code printed:</p><pre>" + escape(finding.printed) + "</pre>"
    yield from (f'<p class="soft">{escape(remark)}</p>' for remark in finding.remarks)
    yield "</section>"
