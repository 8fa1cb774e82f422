"""Worker processes: how they start, how they end, and what happens when one dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnContext
from threading import Thread
from typing import Any


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes:
    """Worker processes, each in a pool of its own: if one dies, only its own job is lost.

    There are as many processes as jobs at a time. When the `with` block ends, waiting jobs are
    cancelled, and each process ends after its job; after an error or an interrupt it ends at once.

    share    an object that each process gets at its start, such as a raw array of shared memory:
             `shared` returns it there; None: nothing
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
        """The futures of function(*args) for each args of a chain: one process runs all in turn."""
        while self.idle:
            with suppress(BrokenExecutor):  # it may have died while it was idle
                return self._submit(self.idle.pop(), function, chain)
        pool = ProcessPoolExecutor(
            1, mp_context=self.context, initializer=_start, initargs=(self.started, self.share)
        )
        self.pools.append(pool)
        futures = self._submit(pool, function, chain)
        _close_our_end(pool)
        return futures

    def _submit(
        self, pool: Executor, function: Callable[..., Any], chain: Iterable[Sequence[Any]]
    ) -> list[Future[Any]]:
        def set_idle(future: Future[Any]) -> None:
            if not future.cancelled() and not isinstance(future.exception(), BrokenExecutor):
                self.idle.append(pool)

        with _worker_environment():
            futures = [pool.submit(function, *args) for args in chain]
        futures[-1].add_done_callback(set_idle)
        return futures

    def check_started(self) -> None:
        """RuntimeError if no process has lived long enough to begin to work."""
        if not self.started.is_set():
            raise RuntimeError(
                "worker processes die as they start; what they printed above says why. A script "
                "must begin its work below `if __name__ == '__main__':`"
            )

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        for worker in self.context.workers if error else ():
            with suppress(ValueError, AttributeError):  # never started, or gone
                worker.kill()
        for pool in self.pools:
            pool.shutdown(wait=False, cancel_futures=True)


def _close_our_end(pool: ProcessPoolExecutor) -> None:
    """Close our copy of the end of the pipe where the pool's process, now started, writes results.

    The pool keeps it open. If the process then dies in the middle of a result, killed or out of
    memory, the pool waits for the rest for ever, and Python itself cannot end. There is no public
    name for this end, so it is looked up with care.
    """
    queue = getattr(pool, "_result_queue", None)
    if (writer := getattr(queue, "_writer", None)) is not None:
        writer.close()


class _Spawn(SpawnContext):
    """Starts processes by "spawn" and keeps a list of them: a pool does not say which to kill."""

    def __init__(self) -> None:
        self.workers: list[Any] = []

    def Process(self, *args: Any, **options: Any) -> Any:  # type: ignore[override]
        self.workers.append(SpawnContext.Process(*args, **options))
        return self.workers[-1]


@contextmanager
def _worker_environment() -> Iterator[None]:
    """What a process inherits when it starts: one thread for linear algebra, and no Ctrl-C."""
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
    """In a worker process: the object that its parent shares."""
    return _SHARE[-1]


def _start(started: Any, share: Any) -> None:
    """The first thing a worker process does: it leaves Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _SHARE.append(share)
    started.set()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
