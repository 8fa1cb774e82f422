"""A folder of hand-ins, graded on all cores: a CSV, and a log for each."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rlbook.book.out_folder import write_whole
from rlbook.homework.task import Homework


def hand_ins(folder: Path, homework: Homework) -> dict[str, Path]:
    """{name: file}: every *.py of the folder, and the homework's file of each folder in it."""
    files = {path.stem: path for path in folder.glob("*.py")}
    inside = {path.parent.name: path for path in folder.glob(f"*/{homework.id}.py")}
    return dict(sorted({**files, **inside}.items()))


def grade(
    files: dict[str, Path],
    homework: Homework,
    options: Sequence[str],
    out: Path,
    *,
    jobs: int | None,
    progress: Callable[[str], None],
) -> Path:
    """Check every file with `rlbook check` and these options; returns the path of the CSV.

    Each hand-in has a process of its own, so that none can harm another. After an interrupt, the
    CSV holds those that are done.
    """
    rows: dict[str, dict[str, Any]] = {}
    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        checks = pool.map(lambda file: _check(file, homework, options), files.values())
        for name, (row, log) in zip(files, checks, strict=True):
            write_whole(out / "logs" / f"{name}.txt", log)
            rows[name] = row
            progress(f"{len(rows)} of {len(files)}: {name}")
    finally:
        pool.shutdown(cancel_futures=True)
        progress("")
        path = out / "grades.csv"
        write_whole(path, _table(rows, [task.name for task in homework.tasks]))
    return path


def _check(file: Path, homework: Homework, options: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The row of a hand-in, and what its student would have seen."""
    command = [sys.executable, "-m", "rlbook", "check", str(file), "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode not in (0, 1):
        return {"points": 0, "remark": done.stderr.strip()}, done.stderr
    said = json.loads(done.stdout)
    row = {task["task"]: task["verdict"] for task in said["tasks"]}
    row |= {"points": f"{said['points']:g}", "of": f"{said['of']:g}"}
    return row, said["text"]


def _table(rows: dict[str, dict[str, Any]], tasks: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["name", "points", "of", *tasks, "remark"], restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows({"name": name, **row} for name, row in rows.items())
    return text.getvalue()
