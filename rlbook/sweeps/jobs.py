"""How does an executor run the jobs of a sweep, and what comes back?"""

from __future__ import annotations

import pickle
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from rlbook.sweeps.checks import check_results, load, path_of
from rlbook.sweeps.processes import Processes
from rlbook.sweeps.record import Row

Sent: TypeAlias = Callable[..., Any] | str | bytes
"""An experiment as it goes to a worker: itself, its path module:name, or pickled by value."""

DEATHS = 3
"""A job fails when its worker process has died this many times."""


def sent_as(experiment: Callable[..., Any], executor: Executor | None) -> Sent:
    """The experiment as `call` takes it: if a worker cannot import it, only the job fails.

    A job that dask cannot unpickle kills its worker, and dask sends it to the next one, for ever.
    """
    if executor is None:
        return path_of(experiment)
    if type(executor).__module__.partition(".")[0] == "distributed":
        pickled: bytes = import_module("cloudpickle").dumps(experiment)
        return pickled
    return experiment


def call(sent: Sent, job: Row) -> Row:
    """The results of one job, in any process. Raises only errors that can be pickled."""
    try:
        experiment = pickle.loads(sent) if isinstance(sent, bytes) else sent
        results = (load(experiment) if isinstance(experiment, str) else experiment)(**job)
        return check_results(results)
    except (Exception, SystemExit) as error:
        try:  # an error that cannot be unpickled would break the executor on the other side
            can_travel = isinstance(pickle.loads(pickle.dumps(error)), Exception)
        except Exception:
            can_travel = False
        if can_travel:
            raise
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def outcomes_of(
    pool: Executor | Processes,
    sent: Sent,
    jobs: Mapping[str, Row],
    todo: deque[str],
    window: int,
) -> Generator[tuple[str, Row | BaseException], None, None]:
    """(key, results or error) of each job as they come; at most `window` jobs are under way.

    todo    the keys of the jobs to run, in order
    sent    the experiment, as `call` takes it
    """
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
