"""Steps of an agent in the cases of homework 8, and mistakes at their end. [Zhao chapter 8]"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.draw import Draw

END = "the end is not seen: the value of the last state counts, although the episode terminated"
CUT = "an episode that is only cut off (truncated) is taken for one that has ended (terminated)"
TURNED = "terminated is read the wrong way round: the next state counts only after the end"


class Step(NamedTuple):
    """One step of an agent; a student gets it as a tuple."""

    s: int
    a: int
    r: float
    s_next: int
    terminated: bool
    truncated: bool

    def in_words(self) -> str:
        """For a case that is shown."""
        end = ", terminated" if self.terminated else ", truncated" if self.truncated else ""
        return f"{tuple(self)}, from s{self.s + 1} by a{self.a + 1} to s{self.s_next + 1}{end}"


class Steps(tuple[Step, ...]):
    """Steps in order."""

    def in_words(self) -> str:
        """For a case that is shown, a line for each."""
        return "\n  ".join(["one after another", *(step.in_words() for step in self)])


def a_step(draw: Draw, S: int, A: int) -> Step:
    """A step that goes on, or ends the episode for one of two reasons."""
    terminated, truncated = draw.pick(((False, False), (True, False), (False, True)))
    return Step(
        draw.index(S), draw.index(A), draw.number(), draw.index(S), terminated, truncated
    )  # fmt: skip


def features(draw: Draw, *shape: int) -> FloatArray:
    """Features: small numbers."""
    size = int(np.prod(shape))
    return np.array([draw.pick((1.0, 0.0, 2.0, -1.0, 0.5, -0.5)) for _ in range(size)]).reshape(
        shape
    )
