"""Random cases, and the smallest one that shows a fault.

A case is made from a row of choices, each a whole number from 0; 0 is the simplest. So a case is
made simpler by a shorter row, or by smaller numbers in it, whatever the case is: no family of cases
needs a way of its own to shrink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rlbook.checks import FloatArray


class Draw:
    """Choices: at random if there is a generator, else those that are given and then zeros.

    `choices` are those that were made.
    """

    def __init__(self, rng: np.random.Generator | None, given: Sequence[int] = ()) -> None:
        self._rng, self._given = rng, given
        self.choices: list[int] = []

    def index(self, n: int) -> int:
        """A whole number from 0 to n - 1; 0 is the simplest."""
        k = len(self.choices)
        if self._rng is not None:
            choice = int(self._rng.integers(n))
        else:
            choice = min(self._given[k], n - 1) if k < len(self._given) else 0
        self.choices.append(choice)
        return choice

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options; the first is the simplest."""
        return options[self.index(len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number from low, the simplest, to high."""
        return low + self.index(high - low + 1)

    def number(self) -> float:
        """A number such as 0, 1, -1, 2 or 2.75, between -10 and 10."""
        n = self.index(81)
        if n < 8:
            return float((0, 1, -1, 2, -2, 3, -3, 4)[n])
        return (n - 44) / 4 + (0.25 if n >= 44 else 0)

    def numbers(self, *shape: int) -> FloatArray:
        """An array of such numbers."""
        return np.array([self.number() for _ in range(int(np.prod(shape)))]).reshape(shape)

    def gamma(self) -> float:
        """A discount: 0.5 is the simplest, since by it nothing is lost and nothing doubled."""
        return float(self.pick((0.5, 0.9, 0.25, 0.75, 0.8, 0.95)))

    def probabilities(self, n: int) -> FloatArray:
        """A row that sums to 1; simplest: all on the first."""
        where = [self.index(n) for _ in range(self.pick((1, 2, 4)))]
        return np.bincount(where, minlength=n) / len(where)


def simplest(
    choices: list[int], fails: Callable[[list[int]], list[int] | None], tries: int = 1000
) -> list[int]:
    """The choices of the simplest case that still fails, as far as so many tries find it.

    fails(choices) makes the case, and returns the choices that it used if the case fails, else
    None.
    """
    tried: set[tuple[int, ...]] = set()
    shrunk = True
    while shrunk:
        shrunk = False
        for simpler in _simpler(_core(choices)):
            if len(tried) == tries:
                return choices
            if tuple(_core(simpler)) in tried:
                continue
            tried.add(tuple(_core(simpler)))
            used = fails(simpler)
            if used is not None and (len(used), used) < (len(choices), choices):
                choices, shrunk = used, True
                break
    return choices


def _core(choices: list[int]) -> list[int]:
    """Without the zeros at the end: they are there in any case."""
    n = len(choices)
    while n and choices[n - 1] == 0:
        n -= 1
    return choices[:n]


def _simpler(choices: list[int]) -> Iterator[list[int]]:
    """Shorter rows first, then smaller numbers."""
    n = len(choices)
    width = n // 2
    while width:
        for start in range(0, n - width + 1, max(1, width // 2)):
            yield choices[:start] + choices[start + width :]
        width //= 2
    for start in range(n):  # to draw fewer of something may leave its parts: both go at once
        if choices[start]:
            for width in (1, 2, 3):
                yield [*choices[:start], choices[start] - 1, *choices[start + 1 + width :]]
    for k in range(n):
        for smaller in dict.fromkeys((0, choices[k] // 2, choices[k] - 1)):
            if 0 <= smaller < choices[k]:
                yield [*choices[:k], smaller, *choices[k + 1 :]]
