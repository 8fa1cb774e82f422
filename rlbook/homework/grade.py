"""A folder of hand-ins, graded on all cores: a CSV, and a log for each."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rlbook.book.out_folder import write_whole
from rlbook.homework.task import Homework


def hand_ins(folder: Path, homework: Homework) -> dict[str, Path]:
    """{name: file}: every *.py of the folder, and the homework's file of each folder in it.

    Where two have the same name, anna.py and anna/hw04.py, the second is called anna/hw04.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.py"))}
    for path in sorted(folder.glob(f"*/{homework.id}.py")):
        name = path.parent.name
        files[name if name not in files else f"{name}/{homework.id}"] = path
    return dict(sorted(files.items()))


def grade(
    files: dict[str, Path],
    homework: Homework,
    options: Sequence[str],
    out: Path,
    *,
    jobs: int | None,
    progress: Callable[[str], None],
) -> list[str]:
    """Check every file with `rlbook check` and these options; returns what to say of them all.

    Each hand-in has a process of its own, so that none can harm another. After an interrupt, the
    CSV holds those that are done. Logs of hand-ins that are no longer there are taken away.
    """
    rows: dict[str, dict[str, Any]] = {}
    for log in (out / "logs").rglob("*.txt"):
        if log.relative_to(out / "logs").with_suffix("").as_posix() not in files:
            log.unlink()
    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    path = out / "grades.csv"
    try:
        checks = pool.map(lambda file: _check(file, homework, options), files.values())
        for name, (row, log_text) in zip(files, checks, strict=True):
            write_whole(out / "logs" / f"{name}.txt", log_text)
            rows[name] = row
            progress(f"{len(rows)} of {len(files)}: {name}")
    finally:
        pool.shutdown(cancel_futures=True)
        progress("")
        write_whole(path, _table(rows, [task.name for task in homework.tasks]))
    return [*_summary(rows, homework), f"{len(files)} hand-ins: {path}, and {out / 'logs'}"]


def _check(file: Path, homework: Homework, options: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The row of a hand-in, and what its student would have seen."""
    command = [sys.executable, "-m", "rlbook", "check", str(file), "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    try:
        said = json.loads(done.stdout)
    except ValueError:  # not even that: what went wrong stands on the other stream
        said = {"error": done.stderr.strip() or f"ended with status {done.returncode}"}
    if said["error"]:
        reason = said["error"].removeprefix(f"{file} ")
        return {"points": 0, "remark": reason}, f"{file} {reason}\n"
    row = {task["task"]: task["verdict"] for task in said["tasks"]}
    row |= {"points": f"{said['points']:g}", "of": f"{said['of']:g}"}
    named = [
        f"{task['task']}: {task['looks_like']}" for task in said["tasks"] if task["looks_like"]
    ]
    return {**row, "remark": "; ".join(named)}, said["text"]


def _table(rows: dict[str, dict[str, Any]], tasks: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["name", "points", "of", *tasks, "remark"], restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows({"name": name, **row} for name, row in rows.items())
    return text.getvalue()


def _summary(rows: dict[str, dict[str, Any]], homework: Homework) -> Iterator[str]:
    """How many are right, and the mistakes that most of them make."""
    names = [task.name for task in homework.tasks]
    right = sum(all(row.get(name) == "right" for name in names) for row in rows.values())
    cannot = sum("of" not in row for row in rows.values())
    yield f"{right} all right, {len(rows) - right - cannot} not, {cannot} cannot be run"
    mistakes = Counter(
        mistake
        for row in rows.values()
        if "of" in row and row["remark"]
        for mistake in row["remark"].split("; ")
        if mistake.partition(":")[0] in names
    )
    yield from (f"  {n} x {mistake}" for mistake, n in mistakes.most_common(5))
