"""An agent in one file, from which training goes on as if it had never stopped.

A checkpoint is an .npz of plain arrays: parameters, optimisers, what is remembered, counters, and
the state of the random generator as text. Nothing in it is pickled, nothing is unpickled. A file is
written whole or not at all, and read whole before anything in the agent changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent, Step, batch
from rlbook.functions.parametric import Parametric
from rlbook.replay import Replay
from rlbook.whole_file import whole_file

Array = npt.NDArray[Any]
Changes = Iterator[Callable[[], Any]]


class Saved(Agent):
    """An agent that can be saved: `saved` names its attributes that change while it learns.

    An attribute is a number, an array, a Generator, a list of Steps, a Replay, a Parametric, None,
    something that has a `saved` of its own, or a tuple of such things.
    """

    saved: tuple[str, ...] = ()

    def save(self, path: str | Path) -> None:
        """Write a checkpoint, whole or not at all. Saved at an episode's end, it loses nothing.

        Where path is a symbolic link, the file it leads to is written.
        """
        arrays = {"agent": np.array(type(self).__name__)} | dict(_arrays(self, ""))
        # Not into the file: where Ctrl-C comes in between, an older numpy leaves the archive open,
        # and when it is collected it complains that its file is closed.
        archive = BytesIO()
        np.savez(archive, **arrays)  # type: ignore[arg-type]
        with whole_file(Path(path), sync=True) as file:
            file.write(archive.getbuffer())

    def load(self, path: str | Path) -> None:
        """Go on from a checkpoint of an agent that was made with the same arguments.

        Raises ValueError, and changes nothing, for a file that is damaged or no checkpoint, and for
        one of another agent or another network. FileNotFoundError where there is no file.
        """
        held = _read(Path(path))
        kind = str(held.take("agent"))
        if kind != type(self).__name__:
            raise ValueError(f"path must be a checkpoint of {type(self).__name__}, got {kind}")
        changes = list(_changes(self, "", held))
        if held.arrays:
            raise ValueError(f"the checkpoint {path} holds what this agent does not have: "
                             f"{sorted(held.arrays)}")  # fmt: skip
        for change in changes:
            change()


class _Held:
    """The arrays of a checkpoint, taken out one by one."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.arrays = arrays

    def take(self, name: str, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Array:
        """The array of this name; ValueError unless it is there, of this shape and type."""
        if name not in self.arrays:
            raise ValueError(f"path must be a checkpoint with {name}, got {sorted(self.arrays)}")
        new = self.arrays.pop(name)
        if (shape is not None and new.shape != shape) or (dtype is not None and new.dtype != dtype):
            raise ValueError(
                f"path must be a checkpoint with {name} of shape {shape} and type {dtype}, as this "
                f"agent has it, got {new.shape} and {new.dtype}"
            )
        return new

    def number(self, name: str, dtype: Any) -> Any:
        return self.take(name, (), np.dtype(dtype)).item()


def _read(path: Path) -> _Held:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return _Held({name: archive[name] for name in archive.files})
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged archive makes its readers raise
        raise ValueError(f"path must be a checkpoint, got {path}: {error}") from None


def _arrays(thing: Any, name: str) -> Iterator[tuple[str, Array]]:
    """Everything that changes in a thing, as named arrays."""
    if isinstance(thing, (Replay, list)):
        steps = batch(thing) if isinstance(thing, list) and thing else None
        added = len(thing) if isinstance(thing, list) else thing.added
        yield f"{name}.added", np.array(added, dtype=np.int64)
        if isinstance(thing, Replay) and thing.fields is not None:
            steps = Step(*(x[: len(thing)] for x in thing.fields))
        for field, x in zip(Step._fields, steps if added and steps else (), strict=False):
            yield f"{name}.{field}", x
    elif isinstance(thing, Parametric):
        yield f"{name}.kind", np.array(thing.kind)
        yield f"{name}.sizes", np.array(thing.sizes, dtype=np.int64)
        yield f"{name}.theta", thing.theta
    elif isinstance(thing, tuple):
        for k, part in enumerate(thing):
            yield from _arrays(part, f"{name}.{k}")
    elif isinstance(thing, np.random.Generator):
        state = json.dumps(thing.bit_generator.state, default=lambda x: x.tolist())
        yield name, np.array(state)
    elif hasattr(thing, "saved"):
        if name:
            yield f"{name}.kind", np.array(type(thing).__name__)
        for part in thing.saved:
            yield from _arrays(getattr(thing, part), f"{name}.{part}".lstrip("."))
    elif isinstance(thing, int):
        yield name, np.array(thing, dtype=np.int64)
    elif thing is not None:
        yield name, np.asarray(thing)


def _changes(thing: Any, name: str, held: _Held) -> Changes:
    """What has to be done to put arrays into a thing: all is checked, nothing is done yet."""
    if isinstance(thing, Replay):
        added, rows = _steps(name, held)
        if len(rows.s if rows else ()) != min(added, thing.capacity):
            raise ValueError(
                f"path must be a checkpoint with {name} of a capacity of {thing.capacity}, "
                f"got {len(rows.s if rows else ())} of {added} steps"
            )
        yield partial(thing.refill, rows, added)
    elif isinstance(thing, list):
        added, rows = _steps(name, held)
        steps = [] if rows is None else [Step(*fields) for fields in zip(*rows, strict=True)]
        if len(steps) != added:
            raise ValueError(f"path must be a checkpoint with {added} steps, got {len(steps)}")
        yield lambda: thing.__setitem__(slice(None), steps)
    elif isinstance(thing, Parametric):
        sizes = tuple(np.atleast_1d(held.take(f"{name}.sizes")).tolist())
        if sizes != thing.sizes:
            raise ValueError(
                f"{name} of this agent has sizes {thing.sizes}, the checkpoint {sizes}"
            )
        if (kind := str(held.take(f"{name}.kind"))) != thing.kind:
            raise ValueError(f"{name} of this agent is a {thing.kind}, the checkpoint's a {kind}")
        new = held.take(f"{name}.theta", thing.theta.shape, thing.theta.dtype)
        yield partial(np.copyto, thing.theta, new)
    elif isinstance(thing, tuple):
        for k, part in enumerate(thing):
            yield from _changes(part, f"{name}.{k}", held)
    elif isinstance(thing, np.random.Generator):
        yield _set(thing.bit_generator, "state", _generator_state(thing, name, held))
    elif thing is not None:
        mine = type(thing).__name__
        if name and (kind := str(held.take(f"{name}.kind"))) != mine:
            raise ValueError(f"{name} of this agent is a {mine}, the checkpoint's a {kind}")
        for part in thing.saved:
            inner, inner_name = getattr(thing, part), f"{name}.{part}".lstrip(".")
            if isinstance(inner, np.ndarray):
                new = held.take(inner_name, inner.shape, inner.dtype)
                yield partial(np.copyto, inner, new)
            elif isinstance(inner, (int, float)):
                dtype = np.int64 if isinstance(inner, int) else np.float64
                yield _set(thing, part, held.number(inner_name, dtype))
            else:
                yield from _changes(inner, inner_name, held)


def _set(thing: Any, part: str, value: Any) -> Callable[[], Any]:
    return partial(setattr, thing, part, value)


def _steps(name: str, held: _Held) -> tuple[int, Step | None]:
    """How many steps were added, and those that are remembered, as a batch."""
    added = held.number(f"{name}.added", np.int64)
    if added <= 0:
        if added < 0:
            raise ValueError(f"path must be a checkpoint with {name}.added >= 0, got {added}")
        return 0, None
    rows = Step(*(held.take(f"{name}.{field}") for field in Step._fields))
    n = rows.r.size
    plain = all(x.dtype.kind in "biuf" and x.shape[:1] == (n,) for x in rows)
    if not plain or rows.s.shape != rows.s_next.shape or rows.r.ndim != 1:
        shapes = [(x.shape, str(x.dtype)) for x in rows]
        raise ValueError(f"path must be a checkpoint with steps in {name}, got {shapes}")
    return added, rows


def _generator_state(rng: np.random.Generator, name: str, held: _Held) -> dict[str, Any]:
    """The state in the text, tried on a generator of the same kind."""
    kind = type(rng.bit_generator)
    try:
        state: dict[str, Any] = json.loads(str(held.take(name)))
        inner = state["state"]
        if isinstance(inner, dict):
            state["state"] = {k: np.array(x, np.uint64 if kind.__name__ != "MT19937" else np.uint32)
                              if isinstance(x, list) else x for k, x in inner.items()}  # fmt: skip
        if isinstance(state.get("buffer"), list):
            state["buffer"] = np.array(state["buffer"], np.uint64)
        kind().state = state
    except (ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        raise ValueError(
            f"path must be a checkpoint with {name} of a {kind.__name__}, got {error}"
        ) from None
    return state
