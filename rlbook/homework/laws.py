"""A law is an equation that an answer must obey, and what comes out if it is broken in a known way.

The same equation judges a step of the student from the student's own previous one: a law is a
function of the arguments, and it does not ask how they came about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from rlbook.checks import BoolArray, FloatArray
from rlbook.homework.words import place, shown


class Sameness(Protocol):
    """When an answer is what the equation says."""

    def wrong(self, given: FloatArray, value: FloatArray) -> BoolArray:
        """Which entries of the answer are not as the equation says."""
        ...

    def say(self, name: str, at: tuple[int, ...], given: FloatArray, value: FloatArray) -> str:
        """What the equation says at a wrong entry, and what the answer is."""
        ...


@dataclass(frozen=True)
class Close:
    """Each number is the number of the equation.

    tol    how far off, as a part of the largest number (of 1 if that is smaller). Of 32 bits no
           more is asked than they can hold.
    """

    tol: float = 1e-6

    def wrong(self, given: FloatArray, value: FloatArray) -> BoolArray:
        """Those that are too far off; what is no number is."""
        tol = max(self.tol, 1e3 * float(np.finfo(given.dtype).eps))
        size = np.abs(value[np.isfinite(value)]).max(initial=1)
        alike = (given == value) | (np.isnan(given) & np.isnan(value))  # as a mistake may give
        return np.asarray(~(alike | (np.isfinite(value) & (np.abs(given - value) <= tol * size))))

    def say(self, name: str, at: tuple[int, ...], given: FloatArray, value: FloatArray) -> str:
        """Both numbers; what comes of no number is none, and is not shown."""
        if not np.isfinite(value[at]):
            return f"{place(name, at)} must be a number; your code gives {shown(given[at])}"
        return f"{place(name, at)} is {shown(value[at])}; your code gives {shown(given[at])}"


@dataclass(frozen=True)
class Best:
    """Each row of a policy has all its probability on actions whose value is the largest.

    Here the equation gives the values q (S, A), and the answer is a policy (S, A). Of equal actions
    any will do, and any mixture.
    """

    tol: float = 1e-6

    def wrong(self, given: FloatArray, value: FloatArray) -> BoolArray:
        """Rows that give probability to a lesser action, or that are no probabilities."""
        room = self.tol * max(1.0, np.abs(value).max(initial=0))
        best = value >= value.max(-1, keepdims=True) - room
        off = np.abs(np.where(best, given, 0).sum(-1) - 1) + np.where(best, 0, np.abs(given)).sum(
            -1
        )
        return np.asarray(~(off <= 1e-4))

    def say(self, name: str, at: tuple[int, ...], given: FloatArray, value: FloatArray) -> str:
        """The values of the actions, and what the policy does."""
        row = given[at]
        where = f"in state s{at[-1] + 1}"
        if not np.isclose(row.sum(), 1):
            return (
                f"{where} your policy is {shown(row)}, which sums to {shown(row.sum())}, not to 1"
            )
        does = f"takes a{row.argmax() + 1}" if np.isclose(row.max(), 1) else f"is {shown(row)}"
        return f"{where} the actions are worth {shown(value[at])}; your policy {does}"


@dataclass(frozen=True)
class Law:
    """An equation, and what those give who break it in a known way.

    equation    "(4.1)", or "Algorithm 7.1"
    value       what the equation gives, a function of the arguments
    mistakes    {what it looks like: the same function with that mistake}; those that are likely
                come first. Where a mistake must be told with a remark, the text holds it.
    same        when an answer is that value
    """

    equation: str
    value: Callable[..., Any]
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    same: Sameness = Close()


class Use(NamedTuple):
    """One place of an answer where a law must hold.

    args     the arguments of the law, the student's own earlier results among them
    given    what the student's code gives
    name     how it is called, "v_1"
    origin   from what it is computed, in words: "from your v_0 = [0, 0]"; "" from the arguments
    remark   what was accepted to read the answer so, and is worth to know
    """

    law: Law
    args: tuple[Any, ...]
    given: FloatArray
    name: str
    origin: str = ""
    remark: str = ""

    def wrong(self) -> BoolArray:
        """Which entries break the law; what is no number does, even where it comes of itself."""
        wrong = self.agrees_not_with(self.law.value)
        no_number = ~np.isfinite(self.given)
        return wrong | (no_number if no_number.shape == wrong.shape else no_number.any(-1))

    def agrees_not_with(self, value: Callable[..., Any]) -> BoolArray:
        """Which entries are not what this function gives."""
        with np.errstate(all="ignore"):  # a mistake may well divide by zero
            return self.law.same.wrong(self.given, np.asarray(value(*self.args), dtype=float))
