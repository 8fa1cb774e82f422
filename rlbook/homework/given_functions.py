"""Functions with noise, gradients, a world of one number, steps: for a student's function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.given import MAKERS, WORDS, Given
from rlbook.homework.words import shown


class Noisy:
    """g(w): slope (w - root), or w^3 - 5, or tanh(w - 1), and noise.

    noise    what is added, call by call; from the first again after the last

    log    a row [w, the answer] for each call
    """

    def __init__(self, shape: str, slope: float, root: float, noise: Any) -> None:
        self.log: list[list[float]] = []
        self._noise = noise
        shapes: dict[str, Callable[[float], Any]] = {
            "line": lambda w: slope * (w - root),
            "w^3 - 5": lambda w: w**3 - 5,
            "tanh(w - 1)": lambda w: np.tanh(w - 1),
        }
        self._g = shapes[shape]

    def __call__(self, w: Any) -> float:
        """One look at g."""
        w = float(np.asarray(w).item())
        value = float(self._g(w) + self._noise[len(self.log) % len(self._noise)])
        self.log.append([w, value])
        return value


class Gradient:
    """gradient(w, x): of (f . w - y)^2 / 2, where x is the features f with y behind them."""

    def __call__(self, w: Any, x: Any) -> Any:
        """(f . w - y) f."""
        x = np.asarray(x, dtype=float)
        return (x[:-1] @ np.asarray(w, dtype=float) - x[-1]) * x[:-1]


class Line:
    """A world of one number, with Gymnasium's reset and step. It remembers what was done.

        s_next = s + a,    r = s_next - a^2

    start    where each episode begins
    bound    an episode terminates where s_next is so far from 0, or farther
    limit    it is truncated after so many steps

    log    a row [s, a, r, s_next, terminated, truncated] for each step
    """

    def __init__(self, start: float, bound: float, limit: int) -> None:
        self.log: list[list[float]] = []
        self._start, self._bound, self._limit = start, bound, limit
        self._s: float | None = None
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[float, dict[str, Any]]:
        """Begin an episode: the first state, and an empty dict."""
        self._s, self._steps = self._start, 0
        return self._s, {}

    def step(self, a: float) -> tuple[float, float, bool, bool, dict[str, Any]]:
        """Take an action: s_next, r, terminated, truncated, an empty dict."""
        if self._s is None:
            raise RuntimeError("the episode is over: call reset first")
        s, a = self._s, float(np.asarray(a).item())
        s_next, r = s + a, s + a - a**2
        self._steps += 1
        terminated = abs(s_next) >= self._bound
        truncated = not terminated and self._steps >= self._limit
        self.log.append([s, a, r, s_next, terminated, truncated])
        self._s = None if terminated or truncated else s_next
        return s_next, r, terminated, truncated, {}


class Transition(NamedTuple):
    """A step of experience, as a tuple (s, a, r, s_next, terminated, truncated)."""

    s: Any
    a: Any
    r: float
    s_next: Any
    terminated: bool
    truncated: bool


class GivenTransition(Given):
    """A Transition to be made. Numbers of states and actions are shown as code counts them."""

    def in_words(self) -> str:
        """Each part by its name."""
        parts = {
            name: str(x) if isinstance(x, bool) else shown(x) for name, x in self.values.items()
        }
        return "(" + ", ".join(f"{name} = {part}" for name, part in parts.items()) + ")"


def transition(s: Any, a: Any, r: float, s_next: Any, ends: str) -> GivenTransition:
    """A step; ends: "terminated", "truncated", or "" where the episode goes on."""
    terminated, truncated = ends == "terminated", ends == "truncated"
    step = Transition(s, a, r, s_next, terminated, truncated)
    return GivenTransition("transition", step._asdict())


def _noisy(shape: str, slope: float, root: float, noise: Any) -> str:
    g = f"{shown(slope)} (w - {shown(root)})" if shape == "line" else shape
    return f"g(w) = {g}, plus a noise: {shown(noise)}, one for each call in turn"


MAKERS |= {"noisy": Noisy, "gradient": Gradient, "line": Line, "transition": Transition}
WORDS |= {
    "noisy": _noisy,
    "gradient": "(f . w - y) f, where x is f with y behind it",
    "line": "s_next = s + a; r = s_next - a^2; from s = {start:g}; terminated where |s_next| >= "
    "{bound:g}; truncated after {limit} steps",
}
