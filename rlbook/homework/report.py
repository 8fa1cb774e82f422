"""Findings for a terminal, for programs (JSON), and for Gradescope."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlbook.homework.judge import Finding

SCHEMA = 1
"""Goes up when a field of the JSON form changes its meaning."""

CASE = "The smallest case that was found:"

MARKS = {"right": "right", "wrong": "WRONG", "not yet written": "not yet written"}


def as_text(finding: Finding, width: int = 100) -> str:
    """A line for a task; for what is wrong, what breaks, where, and what it looks like."""
    head = f"  {MARKS[finding.verdict]:<15}  {finding.task:<28}"
    if len(head) + len(finding.says) <= width:
        return "\n".join([f"{head} {finding.says}".rstrip(), *_details(finding, width)])
    return "\n".join([head.rstrip(), *_wrapped(finding.says, 6, width), *_details(finding, width)])


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)
    )


def _details(finding: Finding, width: int) -> Iterator[str]:
    if finding.verdict == "wrong":
        if finding.where:
            yield from _wrapped(": ".join(filter(None, (finding.origin, finding.where))), 6, width)
        if finding.looks_like:
            yield from _wrapped(f"It looks like this: {finding.looks_like}.", 6, width)
        if finding.world:
            yield f"      {CASE if len(finding.world) > 1 else 'In this case:'}"
            for line in finding.world:
                yield from _wrapped(line, 8, width)
        if finding.printed:
            yield "      Your code printed:"
            lines = finding.printed.splitlines()
            yield from (f"        {line[: width - 8]}" for line in lines[:5])
            if len(lines) > 5:
                yield "        ..."
    for remark in finding.remarks:
        yield from _wrapped(f"Note: {remark}", 6, width)


def as_log(title: str, findings: Sequence[Finding], points: Mapping[str, float]) -> str:
    """All that a student sees of a file."""
    return "\n".join([f"{title}\n", *map(as_text, findings), "", last_line(findings, points), ""])


def last_line(findings: Sequence[Finding], points: Mapping[str, float]) -> str:
    """How many are right, and the points if there are some."""
    reached, most = points_of(findings, points)
    return summary(findings) + (f"; {reached:g} of {most:g} points" if points else "")


def summary(findings: Sequence[Finding]) -> str:
    """How many of each verdict."""
    counts = Counter[str](finding.verdict for finding in findings)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in MARKS if counts[verdict])


def points_of(findings: Sequence[Finding], points: Mapping[str, float]) -> tuple[float, float]:
    """Points reached, and points there are. A task that is not named counts 1."""
    worth = {finding.task: float(points.get(finding.task, 1)) for finding in findings}
    reached = sum(worth[f.task] for f in findings if f.verdict == "right")
    return float(reached), float(sum(worth.values()))


def as_json(
    name: str,
    homework: str,
    findings: Sequence[Finding],
    points: Mapping[str, float],
    error: str = "",
) -> dict[str, Any]:
    """For programs: a dict that json can write. Names of tasks do not change.

    error    why the file cannot be run, "" if it can
    """
    reached, most = points_of(findings, points)
    return {
        "schema": SCHEMA,
        "file": name,
        "homework": homework,
        "error": error,
        "points": reached,
        "of": most,
        "text": as_log(f"{name}: {homework}", findings, points),
        "tasks": [
            {"id": f"{homework}:{finding.task}", **finding.as_dict()} for finding in findings
        ],
    }


def as_gradescope(
    findings: Sequence[Finding], points: Mapping[str, float], error: str = ""
) -> dict[str, Any]:
    """The results.json that Gradescope's autograder reads; with an error, no points and why."""
    if error:
        return {"score": 0.0, "output": error}
    return {
        "tests": [
            {
                "name": finding.task,
                "score": points_of([finding], points)[0],
                "max_score": points_of([finding], points)[1],
                "status": "passed" if finding.verdict == "right" else "failed",
                "output": as_text(finding),
            }
            for finding in findings
        ]
    }
