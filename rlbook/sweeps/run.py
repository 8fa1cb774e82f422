"""Which setting is good, and how surely? One experiment over settings and seeds, on many cores."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import closing, nullcontext
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from rlbook.checks import check_count
from rlbook.sweeps.checks import (
    check_executor,
    check_experiment,
    check_grid,
    check_importable,
    check_seeds,
)
from rlbook.sweeps.processes import Processes, call, cores, sent_as
from rlbook.sweeps.record import Record, Row, key, named

WINDOW = 1000
"""Jobs that wait in an executor or run in it, at most, however many there are."""

DEATHS = 3
"""So many times a job may take its worker process down before it counts as failed."""


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
                  is not shut down, and holds at most 1000 jobs at a time. None: processes, one
                  thread each, started by "spawn". They import the experiment: it is a function at
                  the top level of a file, and a script calls sweep below
                  `if __name__ == "__main__":`
    workers       how many processes, where executor is None; None: one a core
    out           a path such as results/epsilon: rows go into results/epsilon.jsonl and .csv as
                  they come. Rows that are in the file are not run again. None: no file
    progress      called as progress(done, total, seconds_left) at the start and after each row, in
                  this thread; seconds_left is None until it is known; done counts failures, too

    A row that fails does not stop the others; nor does a worker process that dies: its row is tried
    again, up to three times. Then a RuntimeError names the first failure, with the experiment's
    error as its cause; its attribute `rows` has all other rows. On KeyboardInterrupt what waits is
    cancelled and own processes end.

    Raises ValueError for bad arguments, a file of another sweep, and results with the name of a
    setting; RuntimeError for rows that failed, an executor that broke, and another sweep that
    writes into the same file.
    """
    if progress is not None and not callable(progress):
        raise ValueError(f"progress must be a function or None, got {progress!r}")

    def tell(row: Row, done: int, total: int, seconds_left: float | None) -> None:
        if progress is not None:
            progress(done, total, seconds_left)

    return run(experiment, grid, seeds, executor, workers, out, tell)


def run(
    experiment: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]],
    seeds: Iterable[int],
    executor: Executor | None,
    workers: int | None,
    out: str | Path | None,
    tell: Callable[[Row, int, int, float | None], Any],
) -> list[Row]:
    """`sweep`, where tell is progress with the row as its first argument: {} at the start."""
    settings, numbers = check_grid(grid), check_seeds(seeds)
    names = list(settings[0])
    check_experiment(experiment, names)
    window = WINDOW
    if executor is None:
        check_importable(experiment)
        window = cores()
    else:
        check_executor(executor)
    if workers is not None:
        window = check_count(workers, "workers")
        if executor is not None:
            raise ValueError(f"workers must be None where an executor is given, got {workers}")

    jobs = {key(job, names): job for s in settings for job in (s | {"seed": x} for x in numbers)}
    rows: dict[str, Row] = {}
    failed: list[tuple[str, BaseException]] = []
    with (
        nullcontext() if out is None else closing(Record(out, named(experiment), names)) as record,
        nullcontext(executor) if executor is not None else Processes() as pool,
    ):
        if record is not None:
            rows = {k: row for row in record.rows if (k := key(row, names)) in jobs}
        todo = deque(k for k in jobs if k not in rows)
        start, there = time.monotonic(), len(rows)
        tell({}, there, len(jobs), None if todo else 0.0)
        sent = sent_as(experiment, executor)
        with closing(_outcomes(pool, sent, jobs, todo, window)) as outcomes:
            for k, outcome in outcomes:
                if isinstance(outcome, BaseException):
                    failed.append((words(jobs[k]), outcome))
                elif clash := sorted(outcome.keys() & jobs[k].keys()):
                    raise ValueError(f"results must have names of their own, got {clash}")
                else:
                    rows[k] = jobs[k] | outcome
                    if record is not None:
                        record.add(rows[k])
                done = len(rows) + len(failed)
                seconds = (time.monotonic() - start) / (done - there)
                tell(jobs[k], done, len(jobs), seconds * (len(jobs) - done))
    in_order = [rows[k] for k in jobs if k in rows]
    if failed:
        raise FailedRowsError(in_order, failed, len(jobs)) from failed[0][1]
    return in_order


def _outcomes(
    pool: Executor | Processes,
    sent: Callable[..., Any] | str | bytes,
    jobs: Mapping[str, Row],
    todo: deque[str],
    window: int,
) -> Generator[tuple[str, Row | BaseException], None, None]:
    """The results of jobs, or their errors, as they come; `window` of them are under way."""
    arrived: SimpleQueue[Future[Row]] = SimpleQueue()
    running: dict[Future[Row], str] = {}
    deaths: Counter[str] = Counter()
    broken: BaseException | None = None
    try:
        while todo or running:
            while todo and len(running) < window and arrived.empty():
                try:
                    future = pool.submit(call, sent, jobs[todo[0]])
                except BrokenExecutor as error:
                    future = Future()
                    future.set_exception(error)
                running[future] = todo.popleft()
                future.add_done_callback(arrived.put)
            try:
                future = arrived.get(timeout=0.5)  # Windows hears Ctrl-C between waits
            except Empty:
                continue
            k = running.pop(future)
            fault = CancelledError("cancelled") if future.cancelled() else future.exception()
            if not isinstance(fault, BrokenExecutor):
                yield k, future.result() if fault is None else fault
            elif not isinstance(pool, Processes):
                broken = fault
                todo.clear()
            else:
                pool.check_started()
                deaths[k] += 1
                if deaths[k] < DEATHS:
                    todo.appendleft(k)
                else:
                    yield k, RuntimeError(f"its worker process died {DEATHS} times")
    finally:
        for future in running:
            future.cancel()
    if broken is not None:
        raise RuntimeError(f"the executor broke, not all rows were run: {broken}") from broken


def words(job: Row) -> str:
    """A job in a line: alpha=0.1 epsilon=0.2 seed=3."""
    return " ".join(f"{name}={value}" for name, value in job.items())


class FailedRowsError(RuntimeError):
    """Some rows failed.

    rows      those that did not
    failed    [("alpha=0.1 seed=0", its error), ...]
    """

    def __init__(
        self, rows: list[Row], failed: list[tuple[str, BaseException]], total: int
    ) -> None:
        job, error = failed[0]
        super().__init__(
            f"{len(failed)} of {total} rows failed and are not kept: the same sweep tries them "
            f"again. The first: {job}: {type(error).__name__}: {error}"
        )
        self.rows, self.failed = rows, failed
