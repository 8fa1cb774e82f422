"""Steps that are remembered: a ring of the newest, to be sampled, and a trajectory in its order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step, batch
from rlbook.checkpoint import Array, Changes, Part, Stored
from rlbook.checks import check_count, check_rng


class Replay(Part):
    """A ring of steps: a new one takes the place of the oldest. [Zhao 8.4]

        step k lies at k mod capacity

    capacity    a whole number, 1 or more: so many steps are remembered

    Shapes and types are those of the first step; float64 after float32, or a larger whole number,
    widens what is there, so that nothing is rounded. Raises ValueError for another capacity and,
    from `add`, for a step that differs from the first.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = check_count(capacity, "capacity")
        self.fields: Step | None = None  # each (capacity, ...)
        self.added = 0  # since the beginning

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def __repr__(self) -> str:
        said = f"{len(self)} of {self.capacity} steps"
        if self.fields is not None:
            said += f", s {self.fields.s.shape[1:]}, a {self.fields.a.shape[1:]}"
        return f"Replay({said})"

    def add(self, t: Step) -> None:
        """Remember a step."""
        if self.fields is None:
            self.fields = Step(*(_room(self.capacity, x) for x in t))
        new = [np.asarray(x) for x in t]
        if [(x.shape, x.dtype) for x in new] != [(x.shape[1:], x.dtype) for x in self.fields]:
            self.fields = Step(*map(_widened, self.fields, new))
        for field, x in zip(self.fields, new, strict=True):
            field[self.added % self.capacity] = x
        self.added += 1

    def sample(self, n: int, rng: np.random.Generator) -> Step:
        """A batch of n steps, each drawn uniformly, with replacement, from what is remembered.

        Every field of the result has n rows. Raises ValueError while nothing is remembered.
        """
        if self.fields is None:
            raise ValueError("the replay must hold a step before it is sampled, got none")
        k = check_rng(rng).integers(len(self), size=check_count(n, "n"))
        return Step(*(field.take(k, axis=0) for field in self.fields))

    def all(self) -> Step:
        """A batch of all the steps there are, the oldest first."""
        if self.fields is None:
            raise ValueError("the replay must hold a step before it is read, got none")
        k = np.arange(self.added - len(self), self.added) % self.capacity
        return Step(*(field[k] for field in self.fields))

    def clear(self) -> None:
        """Forget all steps."""
        self.added, self.fields = 0, None

    def refill(self, rows: Step | None, added: int) -> None:
        """Hold these rows, as they lay in the ring after so many steps: for checkpoints."""
        self.clear()
        if rows is not None:
            self.added, self.fields = added, Step(*(_room(self.capacity, x[0]) for x in rows))
            for field, x in zip(self.fields, rows, strict=True):
                field[: len(x)] = x

    def to_arrays(self) -> dict[str, Array]:
        """The rows as they lie in the ring, and how many steps came."""
        held = () if self.fields is None else (field[: len(self)] for field in self.fields)
        return _to_arrays(self.added, held)

    def from_arrays(self, stored: Stored) -> Changes:
        """To hold what was stored. ValueError for a ring of another capacity."""
        added, rows = _from_arrays(stored)
        n = 0 if rows is None else len(rows.r)
        if n != min(added, self.capacity):
            raise ValueError(
                f"path must be a checkpoint with {stored.name} of a capacity of {self.capacity}, "
                f"got {n} of {added} steps"
            )
        yield partial(self.refill, rows, added)


class Trajectory(list[Step], Part):
    """Steps in the order in which they came, until an agent has learned from them."""

    def to_arrays(self) -> dict[str, Array]:
        """The steps as a batch."""
        return _to_arrays(len(self), batch(self) if self else ())

    def from_arrays(self, stored: Stored) -> Changes:
        """To hold the steps that were stored."""
        added, rows = _from_arrays(stored)
        steps = [] if rows is None else [Step(*fields) for fields in zip(*rows, strict=True)]
        if len(steps) != added:
            raise ValueError(f"path must be a checkpoint with {added} steps, got {len(steps)}")
        yield partial(self.__setitem__, slice(None), steps)


def _to_arrays(added: int, rows: Iterable[Array]) -> dict[str, Array]:
    return {"added": np.array(added, np.int64), **dict(zip(Step._fields, rows, strict=False))}


def _from_arrays(stored: Stored) -> tuple[int, Step | None]:
    """How many steps were added, and those that are remembered, as a batch."""
    added = stored.take("added", (), np.dtype(np.int64)).item()
    if added == 0:
        return 0, None
    rows = Step(*map(stored.take, Step._fields))
    n = rows.r.size
    plain = all(x.dtype.kind in "biuf" and x.shape[:1] == (n,) for x in rows)
    if not plain or rows.s.shape != rows.s_next.shape or rows.r.ndim != 1:
        shapes = [(x.shape, str(x.dtype)) for x in rows]
        raise ValueError(f"path must be a checkpoint with steps in {stored.name}, got {shapes}")
    return added, rows


def _widened(field: Array, x: Array) -> Array:
    """The field, of a type that can hold x; ValueError for an x of another shape or kind."""
    if x.shape != field.shape[1:] or not np.can_cast(x.dtype, field.dtype, "same_kind"):
        raise ValueError(
            f"a step like the first has shape {field.shape[1:]} and type {field.dtype} here, "
            f"got {x!r}"
        )
    return field.astype(np.promote_types(field.dtype, x.dtype), copy=False)


def _room(capacity: int, x: npt.ArrayLike) -> Array:
    example = np.asarray(x)
    return np.zeros((capacity, *example.shape), dtype=example.dtype)
