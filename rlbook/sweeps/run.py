"""Which setting is good, and how surely? One experiment over settings and seeds, on many cores."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from rlbook.checks import check_count
from rlbook.sweeps.checks import (
    check_executor,
    check_experiment,
    check_grid,
    check_importable,
    check_seeds,
)
from rlbook.sweeps.jobs import outcomes_of, sent_as
from rlbook.sweeps.processes import Processes, cores
from rlbook.sweeps.record import Record, Row, key, name_of
from rlbook.sweeps.summary import as_text

WINDOW = 1000
"""An executor holds at most this many jobs at a time, waiting or running."""

Report = Callable[[Row, int, int, float | None], Any]
"""Called as report(row, done, total, seconds_left): at the start with {}, then after each row."""


def sweep(
    experiment: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]],
    seeds: Iterable[int],
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    out: str | Path | None = None,
    progress: Callable[[int, int, float | None], Any] | None = None,
) -> list[dict[str, Any]]:
    """Run an experiment for every setting and every seed. Returns the rows, in this order.

        row = setting | {"seed": seed} | experiment(seed=seed, **setting)
        settings = product of the values in the grid, the last name changing fastest

    experiment    a function with the arguments seed and those that the grid names. It returns a
                  number, or a dict of names and single values: numbers, texts, True, False, None.
                  A number becomes {"result": number}
    grid          {name: values}; {} for seeds alone
    seeds         whole numbers, such as range(10)
    executor      any concurrent.futures.Executor: threads, MPI, `client.get_executor()` of dask. It
                  holds at most 1000 jobs at a time, and is not shut down. None: processes, started
                  by "spawn", of one thread each. They import the experiment: it is a function at
                  the top level of a file, and a script calls sweep below
                  `if __name__ == "__main__":`
    workers       how many processes, if executor is None; None: one for each core
    out           a path such as results/epsilon: rows are written to results/epsilon.jsonl and .csv
                  as they come. Rows that are in the file are not run again. None: no file
    progress      called as progress(done, total, seconds_left) at the start and after each row, in
                  this thread; done counts failures too; seconds_left is None until it is known

    A row that fails does not stop the others. If a worker process dies, its row is tried again:
    three times in all. At the end a RuntimeError names the first failure, with the experiment's
    error as its cause; its attribute `rows` has all other rows. On KeyboardInterrupt, waiting jobs
    are cancelled and the processes end.

    Raises ValueError for bad arguments, for a file of another sweep, and for results with the name
    of a setting; RuntimeError for rows that failed, an executor that broke, and another sweep that
    writes into the same file.
    """
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function or None, got {progress!r}")

    def report(row: Row, done: int, total: int, seconds_left: float | None) -> None:
        if progress is not None:
            progress(done, total, seconds_left)

    return run(experiment, grid, seeds, executor, workers, out, report)


def run(
    experiment: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]],
    seeds: Iterable[int],
    executor: Executor | None,
    workers: int | None,
    out: str | Path | None,
    report: Report,
) -> list[Row]:
    """`sweep`, with a progress report that also has the row."""
    settings, numbers = check_grid(grid), check_seeds(seeds)
    name, names = name_of(experiment), list(settings[0])
    check_experiment(experiment, names)
    window = _window(experiment, executor, workers)
    jobs = {key(job, names): job for s in settings for job in (s | {"seed": x} for x in numbers)}
    rows: dict[str, Row] = {}
    failed: list[tuple[str, BaseException]] = []
    with (
        nullcontext() if out is None else closing(Record(out, name, names)) as record,
        nullcontext(executor) if executor is not None else Processes() as pool,
    ):
        if record is not None:
            rows = {k: row for row in record.rows if (k := key(row, names)) in jobs}
        todo = deque(k for k in jobs if k not in rows)
        start, n_before = time.monotonic(), len(rows)
        report({}, n_before, len(jobs), None if todo else 0.0)
        sent = sent_as(experiment, executor)
        with closing(outcomes_of(pool, sent, jobs, todo, window)) as outcomes:
            for k, outcome in outcomes:
                if isinstance(outcome, BaseException):
                    failed.append((as_text(jobs[k]), outcome))
                elif clash := sorted(outcome.keys() & jobs[k].keys()):
                    raise ValueError(f"results must not have the name of a setting, got {clash}")
                else:
                    rows[k] = jobs[k] | outcome
                    if record is not None:
                        record.add(rows[k])
                done = len(rows) + len(failed)
                seconds = (time.monotonic() - start) / (done - n_before)
                report(jobs[k], done, len(jobs), seconds * (len(jobs) - done))
    in_order = [rows[k] for k in jobs if k in rows]
    if failed:
        raise FailedRowsError(in_order, failed, len(jobs)) from failed[0][1]
    return in_order


def _window(experiment: Callable[..., Any], executor: Executor | None, workers: int | None) -> int:
    """How many jobs are under way at a time; ValueError for what cannot run them."""
    if workers is not None:
        check_count(workers, "workers")
    if executor is None:
        check_importable(experiment)
        return workers or cores()
    check_executor(executor)
    if workers is not None:
        raise ValueError(f"workers must be None where an executor is given, got {workers}")
    return WINDOW


class FailedRowsError(RuntimeError):
    """Some rows failed.

    rows      all other rows
    failed    [("alpha=0.1 seed=0", its error), ...]
    """

    def __init__(
        self, rows: list[Row], failed: list[tuple[str, BaseException]], total: int
    ) -> None:
        job, error = failed[0]
        super().__init__(
            f"{len(failed)} of {total} rows failed and are not kept; the same sweep tries them "
            f"again. The first is {job}: {type(error).__name__}: {error}"
        )
        self.rows, self.failed = rows, failed
