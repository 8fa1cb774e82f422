"""A ring of steps: the newest are kept, and a sample of them is a Step with an axis more."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checks import check_count, check_rng


class Replay:
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

    def add(self, t: Step) -> None:
        """Remember a step."""
        if self.fields is None:
            self.fields = Step(*(_room(self.capacity, x) for x in t))
        k, new = self.added % self.capacity, [np.asarray(x) for x in t]
        narrow = False
        for field, x in zip(self.fields, new, strict=True):
            fits = x.dtype == field.dtype or np.can_cast(x.dtype, field.dtype, "same_kind")
            if x.shape != field.shape[1:] or not fits:
                raise ValueError(
                    f"a step like the first has shape {field.shape[1:]} and type {field.dtype} "
                    f"here, got {x!r}"
                )
            narrow |= x.dtype != field.dtype and not np.can_cast(x.dtype, field.dtype)
        if narrow:
            self.fields = Step(*map(_widened, self.fields, new))
        for field, x in zip(self.fields, new, strict=True):
            field[k] = x
        self.added += 1

    def sample(self, n: int, rng: np.random.Generator) -> Step:
        """A batch of n steps, each drawn uniformly, with replacement, from what is remembered.

        Every field of the result has n rows. Raises ValueError while nothing is remembered.
        """
        if self.fields is None or self.added == 0:
            raise ValueError("the replay must hold a step before it is sampled, got none")
        k = check_rng(rng).integers(len(self), size=check_count(n, "n"))
        return Step(*(field.take(k, axis=0) for field in self.fields))

    def all(self) -> Step:
        """A batch of all the steps there are, the oldest first."""
        if self.fields is None or self.added == 0:
            raise ValueError("the replay must hold a step before it is read, got none")
        k = np.arange(self.added - len(self), self.added) % self.capacity
        return Step(*(field[k] for field in self.fields))

    def clear(self) -> None:
        """Forget all steps."""
        self.added = 0

    def refill(self, fields: Step | None, added: int) -> None:
        """Hold these rows, as they lay in the ring after so many steps: for checkpoints."""
        self.added, self.fields = added, None
        if fields is not None:
            self.fields = Step(*(_room(self.capacity, x[0]) for x in fields)) if added else None
            for mine, rows in zip(self.fields or (), fields, strict=False):
                mine[: len(rows)] = rows


def _widened(field: npt.NDArray[Any], x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return field.astype(np.promote_types(field.dtype, x.dtype), copy=False)


def _room(capacity: int, x: Any) -> npt.NDArray[Any]:
    example = np.asarray(x)
    return np.zeros((capacity, *example.shape), dtype=example.dtype)
