"""An agent in one file, from which training goes on as if it had never stopped.

A checkpoint is an .npz of plain arrays: parameters, optimisers, what is remembered, counters, and
the state of the random generator as text. Nothing in it is pickled, nothing is unpickled. A file is
written whole or not at all, and read whole before anything in the agent changes.

Whatever is saved is a `Part` with two methods: `to_arrays` gives all that changes in it, and
`from_arrays` puts it back. Functions with parameters and the replay write their own; for agents,
optimisers and policies it is enough to name their attributes in `saved`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.whole_file import whole_file

Array = npt.NDArray[Any]
Changes = Iterator[Callable[[], Any]]


class Stored:
    """The arrays of a checkpoint that belong to one part, taken out one by one.

    name    where the part is found in the agent, such as "critics.0"; "" for the agent itself
    """

    def __init__(self, arrays: dict[str, Array], name: str = "") -> None:
        self.arrays, self.name = arrays, name

    def under(self, name: str) -> Stored:
        """Those of a part of this part."""
        return Stored(self.arrays, _joined(self.name, name))

    def take(self, key: str, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Array:
        """The array of this name; ValueError unless it is there, of this shape and type."""
        name = _joined(self.name, key)
        if name not in self.arrays:
            raise ValueError(f"path must be a checkpoint with {name}, got {sorted(self.arrays)}")
        new = self.arrays.pop(name)
        if (shape is not None and new.shape != shape) or (dtype is not None and new.dtype != dtype):
            raise ValueError(
                f"path must be a checkpoint with {name} of shape {shape} and type {dtype}, as this "
                f"agent has it, got {new.shape} and {new.dtype}"
            )
        return new

    def check_kind(self, kind: str) -> None:
        """ValueError unless the part that was saved was of this kind."""
        if (found := str(self.take("kind"))) != kind:
            raise ValueError(f"{self.name} of this agent is a {kind}, the checkpoint's a {found}")


class Part:
    """What is saved with an agent: `saved` names its attributes that change while it learns.

    An attribute is a number, an array, a Generator, None, a Part, or a tuple of Parts.
    """

    saved: tuple[str, ...] = ()

    def to_arrays(self) -> dict[str, Array]:
        """All that changes while an agent learns, by name."""
        return {"kind": np.array(type(self).__name__)} | _attributes_to_arrays(self)

    def from_arrays(self, stored: Stored) -> Changes:
        """What has to be done to put it back: all is checked, nothing is changed yet."""
        stored.check_kind(type(self).__name__)
        yield from _attributes_from_arrays(self, stored)


class Saved(Part):
    """An agent that can be saved: derive from Saved and Agent, and name attributes in `saved`."""

    def save(self, path: str | Path) -> None:
        """Write a checkpoint, whole or not at all. Saved at an episode's end, it loses nothing.

        Where path is a symbolic link, the file it leads to is written.
        """
        arrays = {"agent": np.array(type(self).__name__)} | _attributes_to_arrays(self)
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
        stored = Stored(_read(Path(path)))
        kind = str(stored.take("agent"))
        if kind != type(self).__name__:
            raise ValueError(f"path must be a checkpoint of {type(self).__name__}, got {kind}")
        changes = list(_attributes_from_arrays(self, stored))
        if stored.arrays:
            raise ValueError(f"the checkpoint {path} holds what this agent does not have: "
                             f"{sorted(stored.arrays)}")  # fmt: skip
        for change in changes:
            change()


def _read(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged archive makes its readers raise
        raise ValueError(f"path must be a checkpoint, got {path}: {error}") from None


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}".strip(".")


def _attributes_to_arrays(owner: Part) -> dict[str, Array]:
    return {
        _joined(name, key): x
        for name in owner.saved
        for key, x in _attribute(owner, name).to_arrays().items()
    }


def _attributes_from_arrays(owner: Part, stored: Stored) -> Changes:
    for name in owner.saved:
        yield from _attribute(owner, name).from_arrays(stored.under(name))


def _attribute(owner: Part, name: str) -> Part:
    """An attribute as a Part: itself, or what knows how to save its plain value."""
    value = getattr(owner, name)
    if isinstance(value, Part):
        return value
    for kind, plain in PLAIN.items():
        if isinstance(value, kind):
            return plain(owner, name)
    raise TypeError(f"{name} must be a Part, or of {list(PLAIN)}, to be saved, got {value!r}")


class _Plain(Part):
    """An attribute with a value that has no methods for this."""

    def __init__(self, owner: Part, name: str) -> None:
        self.owner, self.name, self.value = owner, name, getattr(owner, name)


class _Number(_Plain):
    def to_arrays(self) -> dict[str, Array]:
        return {"": np.array(self.value, np.int64 if isinstance(self.value, int) else np.float64)}

    def from_arrays(self, stored: Stored) -> Changes:
        new = stored.take("", (), self.to_arrays()[""].dtype).item()
        yield partial(setattr, self.owner, self.name, new)


class _Array(_Plain):
    def to_arrays(self) -> dict[str, Array]:
        return {"": self.value}

    def from_arrays(self, stored: Stored) -> Changes:
        """Written into the array that is there: whoever holds it sees the new numbers."""
        yield partial(np.copyto, self.value, stored.take("", self.value.shape, self.value.dtype))


class _Parts(_Plain):
    """Parts in a tuple, numbered; or None, which is no part at all."""

    def to_arrays(self) -> dict[str, Array]:
        return {
            _joined(str(k), key): x
            for k, part in enumerate(self.value or ())
            for key, x in part.to_arrays().items()
        }

    def from_arrays(self, stored: Stored) -> Changes:
        for k, part in enumerate(self.value or ()):
            yield from part.from_arrays(stored.under(str(k)))


class _Generator(_Plain):
    def to_arrays(self) -> dict[str, Array]:
        state = self.value.bit_generator.state
        return {"": np.array(json.dumps(state, default=lambda x: x.tolist()))}

    def from_arrays(self, stored: Stored) -> Changes:
        kind, text = type(self.value.bit_generator), str(stored.take(""))
        try:
            state = _with_arrays(json.loads(text), kind.__name__)
            kind().state = state  # tried on a generator of the same kind
        except (ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
            raise ValueError(
                f"path must be a checkpoint with {stored.name} of a {kind.__name__}, got {error}"
            ) from None
        yield partial(setattr, self.value.bit_generator, "state", state)


def _with_arrays(state: dict[str, Any], kind: str) -> dict[str, Any]:
    """The state of a bit generator with arrays again where the text has lists."""
    dtype = np.uint32 if kind == "MT19937" else np.uint64
    if isinstance(inner := state["state"], dict):
        state["state"] = {k: np.array(x, dtype) if isinstance(x, list) else x
                          for k, x in inner.items()}  # fmt: skip
    if isinstance(state.get("buffer"), list):
        state["buffer"] = np.array(state["buffer"], np.uint64)
    return state


PLAIN: Mapping[type, Callable[[Part, str], Part]] = {
    int: _Number,
    float: _Number,
    np.ndarray: _Array,
    tuple: _Parts,
    type(None): _Parts,
    np.random.Generator: _Generator,
}
