"""What goes on in other processes: how a job is done in one, and how those of our own end."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.context import SpawnContext
from threading import Thread
from typing import Any

from rlbook.sweeps.checks import check_results, load, path_of
from rlbook.sweeps.record import Row


def sent_as(
    experiment: Callable[..., Any], executor: Executor | None
) -> Callable[..., Any] | str | bytes:
    """What goes to a worker: where it cannot be imported, the job must fail and not the worker.

    A job that dask cannot unpickle takes its worker down, and is sent to the next one, for ever.
    """
    if executor is None:
        return path_of(experiment)
    if type(executor).__module__.partition(".")[0] == "distributed":
        packed: bytes = import_module("cloudpickle").dumps(experiment)
        return packed
    return experiment


def call(sent: Callable[..., Any] | str | bytes, job: Row) -> Row:
    """The results of one job, in whatever process this is; errors are such as can travel."""
    try:
        experiment = pickle.loads(sent) if isinstance(sent, bytes) else sent
        results = (load(experiment) if isinstance(experiment, str) else experiment)(**job)
        return check_results(results)
    except (Exception, SystemExit) as error:
        try:  # what cannot be unpickled would break the executor on the other side
            travels = isinstance(pickle.loads(pickle.dumps(error)), Exception)
        except Exception:
            travels = False
        if travels:
            raise
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes:
    """Worker processes, each in a pool of its own: one that dies takes its own job with it alone.

    There are as many as there are jobs at a time. They end with the `with` block: after an error or
    an interrupt at once, in the middle of their jobs.

    share    what each process keeps from its start, such as a raw array of shared memory: `shared`
             gives it there; None: nothing
    """

    def __init__(self, share: Any = None) -> None:
        self.context = _Spawn()
        self.share = share
        self.started = self.context.Event()
        self.idle: list[Executor] = []
        self.pools: list[Executor] = []

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """The future of function(*args), in an idle process or in a new one."""
        return self.submit_chain(function, [args])[0]

    def submit_chain(
        self, function: Callable[..., Any], chain: Iterable[Sequence[Any]]
    ) -> list[Future[Any]]:
        """The futures of function(*args) for each args of a chain: one process does all in turn."""
        while self.idle:
            with suppress(BrokenExecutor):  # it may have died while it was idle
                return self._submit(self.idle.pop(), function, chain)
        pool = ProcessPoolExecutor(
            1, mp_context=self.context, initializer=_begin, initargs=(self.started, self.share)
        )
        self.pools.append(pool)
        futures = self._submit(pool, function, chain)
        _let_the_end_be_heard(pool)
        return futures

    def _submit(
        self, pool: Executor, function: Callable[..., Any], chain: Iterable[Sequence[Any]]
    ) -> list[Future[Any]]:
        def free(future: Future[Any]) -> None:
            if not future.cancelled() and not isinstance(future.exception(), BrokenExecutor):
                self.idle.append(pool)

        with _inherited():
            futures = [pool.submit(function, *args) for args in chain]
        futures[-1].add_done_callback(free)
        return futures

    def check_started(self) -> None:
        """RuntimeError if no process has lived long enough to begin to work."""
        if not self.started.is_set():
            raise RuntimeError(
                "worker processes die as they start; what they printed says why. A script must "
                "begin its work below `if __name__ == '__main__':`"
            )

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        for worker in self.context.workers if error else ():
            with suppress(ValueError, AttributeError):  # never started, or gone
                worker.kill()
        for wait in (False, True):
            for pool in self.pools:
                pool.shutdown(wait=wait, cancel_futures=True)


def _let_the_end_be_heard(pool: ProcessPoolExecutor) -> None:
    """Close our end of the pipe that the pool's one process, by now started, sends results through.

    The pool keeps it open. So where a process died in the middle of a result, killed or out of
    memory, the pool would wait for the rest for ever, and keep Python itself from ending. There is
    no public name for it.
    """
    queue = getattr(pool, "_result_queue", None)
    if (writer := getattr(queue, "_writer", None)) is not None:
        writer.close()


class _Spawn(SpawnContext):
    """Starts processes afresh, and knows them: a pool does not tell whom to end."""

    def __init__(self) -> None:
        self.workers: list[Any] = []

    def Process(self, *args: Any, **options: Any) -> Any:  # type: ignore[override]
        self.workers.append(SpawnContext.Process(*args, **options))
        return self.workers[-1]


@contextmanager
def _inherited() -> Iterator[None]:
    """What a process has from its start: one thread a product, and no ear for Ctrl-C."""
    libraries = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM")
    added = [x for name in libraries if (x := f"{name}_NUM_THREADS") not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    mask = None
    if hasattr(signal, "pthread_sigmask"):
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


_SHARE: list[Any] = []


def shared() -> Any:
    """In a worker process: what its parent shares."""
    return _SHARE[-1]


def _begin(started: Any, share: Any) -> None:
    """The first thing a worker process does: Ctrl-C is its parent's business, whom it follows."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _SHARE.append(share)
    started.set()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
