"""How are many items done? One after another, or several at once, each in a process.

What comes out of an item is the same, bit for bit, whatever else is done beside it or before it. So
only the time depends on the number of processes.
"""

from __future__ import annotations

import json
import math
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, redirect_stderr
from functools import cache, partial
from importlib import resources
from io import StringIO
from multiprocessing.sharedctypes import RawArray
from queue import Empty, SimpleQueue
from typing import Any

from rlbook.book.items import ITEMS, Item, load_chapters
from rlbook.book.out_folder import CannotRunError
from rlbook.book.report import Outcome, compute
from rlbook.sweeps.processes import Processes, cores, shared
from rlbook.training.choice import prepare

Outcomes = Generator[tuple[Item, Outcome], None, None]
Show = Callable[[str], None]
_Chain = dict[Future[Outcome], Item]

MANY = 20
"""Items that together take so long that loops are compiled, if numba is there."""

PAYS = 5.0
"""Seconds of work from which on one more process is worth its start."""


def how_many(items: Sequence[Item]) -> int:
    """Processes that are worth having: one a core, and each with something to do.

    None is of use beyond the time that the longest chain of items takes.
    """
    times = [sum(seconds(item, 0.0) for item in chain) for chain in chains(items)]
    return max(1, min(cores(), math.ceil(sum(times) / max(PAYS, *times, 0.0))))


def seconds(item: Item, unknown: float = math.inf) -> float:
    """What an item took when that was last measured; only the order of the work depends on it."""
    return _measured().get(item.ids[0], unknown)


@cache
def _measured() -> dict[str, float]:
    text = resources.files("rlbook").joinpath("data/seconds.json").read_text(encoding="utf-8")
    return {name: x for name, x in json.loads(text).items() if name != "about"}


def chains(items: Iterable[Item]) -> list[list[Item]]:
    """The items in lists, each for one process: those that share runs are together."""
    together: dict[Item | tuple[str, str], list[Item]] = {}
    for item in items:
        name = (item.chapter, item.shares) if item.shares else item
        together.setdefault(name, []).append(item)
    return list(together.values())


def carry_out(items: Sequence[Item], jobs: int, *, seed: int, quick: bool, show: Show) -> Outcomes:
    """Do the items, so many at once; yields (item, outcome) as they come. `show` shows progress.

    An item whose process dies is one that raised. When the generator is closed, after an interrupt
    say, the processes end at once. Raises CannotRunError if none can be started.
    """
    many = len(items) >= MANY
    if jobs == 1 or len(items) == 1:
        yield from _in_turn(items, seed, quick, many, show)
    else:
        yield from _at_once(items, jobs, seed, quick, many, show)


def _in_turn(items: Sequence[Item], seed: int, quick: bool, many: bool, show: Show) -> Outcomes:
    if many:
        prepare()
    for k, item in enumerate(items, start=1):
        line = f"[{k}/{len(items)}] {item.ids[0]}  {item.title}"
        show(line)
        watched = partial(_counted, partial(_show_share, show, line), 0.2)
        yield item, compute(item, seed=seed, quick=quick, progress=watched)


def _show_share(show: Show, line: str, share: float) -> None:
    show(f"{line}  {share:.0%}")


def _at_once(
    items: Sequence[Item], jobs: int, seed: int, quick: bool, many: bool, show: Show
) -> Outcomes:
    """One process goes through the book, so that its lines come; the others take what is long.

    So the longest items begin early, and at the end nobody waits long for the last one.
    """
    number = {item: k for k, item in enumerate(items)}
    shares = RawArray("d", len(items))  # of its loop that each item has done; nobody waits for it
    do = partial(_do, seed=seed, quick=quick, many=many)
    arrived: SimpleQueue[Future[Outcome]] = SimpleQueue()
    waiting, n_done = chains(items), 0
    running: list[_Chain] = []
    reader: _Chain | None = None
    with _processes(shares) as processes:
        while waiting or running:
            while waiting and len(running) < jobs:
                reads = all(chain is not reader for chain in running)
                taken = waiting.pop(0 if reads else _longest(waiting))
                with _named():
                    futures = processes.submit_chain(do, [(number[x], x.ids[0]) for x in taken])
                running.append(dict(zip(futures, taken, strict=True)))
                reader = running[-1] if reads else reader
                for future in futures:
                    future.add_done_callback(arrived.put)
            now = [next(iter(chain.values())) for chain in running]
            texts = [f"{x.ids[0]}{_percent(shares[number[x]])}" for x in now]
            show(f"[{n_done}/{len(items)}] {len(now)} running: {', '.join(texts)}")
            try:
                future = arrived.get(timeout=0.5)  # Windows hears Ctrl-C between waits
            except Empty:
                continue
            rest = next((chain for chain in running if future in chain), None)
            if rest is None:  # it was behind one whose process died, and was submitted anew
                continue
            item, fault = rest.pop(future), future.exception()
            died = isinstance(fault, BrokenExecutor)
            if died:
                time.sleep(0.2)  # a signal to all of us is heard here before the item is blamed
                with _named():
                    processes.check_started()
            if died or not rest:
                running = [chain for chain in running if chain is not rest]
                waiting[:0] = [list(rest.values())] if rest else []
            n_done += 1
            yield item, _failed(item, fault, seed) if fault else future.result()


@contextmanager
def _processes(shares: Any) -> Iterator[Processes]:
    with _named():
        processes = Processes(shares)
    with processes:
        yield processes


@contextmanager
def _named() -> Iterator[None]:
    """What keeps processes from their start is not an error of a file, or of an item."""
    try:
        yield
    except (ImportError, OSError, RuntimeError) as error:
        message = f"no process can be started here, --jobs 1 needs none: {error}"
        raise CannotRunError(message) from error


def _longest(waiting: Sequence[list[Item]]) -> int:
    """Which chain takes longest; the first of those that nobody has measured, if there are any."""
    times = [sum(map(seconds, chain)) for chain in waiting]
    return times.index(max(times))


def _percent(share: float) -> str:
    return f" {share:.0%}" if share else ""


def _do(k: int, name: str, seed: int, quick: bool, many: bool) -> Outcome:
    """In a worker process: item number k. What it says on stderr is told when its turn comes."""
    if name not in ITEMS:
        load_chapters()
    if many:
        prepare()
    shares = shared()
    with redirect_stderr(StringIO()) as said:
        watched = partial(_counted, partial(shares.__setitem__, k), 0.0)
        outcome = compute(ITEMS[name], seed=seed, quick=quick, progress=watched)
    return outcome._replace(said=said.getvalue() + outcome.said)


def _failed(item: Item, fault: BaseException, seed: int) -> Outcome:
    """What comes out of an item whose process died, or whose result cannot come here."""
    if not isinstance(fault, Exception):
        raise fault
    if isinstance(fault, BrokenExecutor):
        note = f"its process died: killed, or out of memory (seed {seed})"
        return Outcome(None, note, 0.0, {}, f"rlbook: {item.ids[0]}: {note}\n")
    note = f"raised {type(fault).__name__}: {fault} (seed {seed})"
    return Outcome(None, note, 0.0, {}, "".join(traceback.format_exception(fault)))


def _counted(
    show_share: Callable[[float], Any], pause: float, iterable: Iterable[Any], total: int
) -> Iterator[Any]:
    """The iterable; shows its share of the total now and then, after so many seconds."""
    last = time.monotonic()
    for k, x in enumerate(iterable):
        if (total < 1000 or k % 256 == 0) and time.monotonic() - last > pause:
            last = time.monotonic()
            show_share(k / total)
        yield x
