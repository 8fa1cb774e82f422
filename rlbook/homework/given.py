"""What a student's function is given that is no number and no array: chance, and worlds.

The same is made on both sides, from plain values; so this is sent by name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.words import shown


class Given(NamedTuple):
    """To be made where the function is called: MAKERS[kind](**values)."""

    kind: str
    values: dict[str, Any]

    def in_words(self) -> str:
        """For a case that is shown."""
        return WORDS[self.kind].format(**self.values)


def rng(seed: int) -> Given:
    """A numpy Generator."""
    return Given("rng", {"seed": seed})


def world(P: Any, R: Any, ends: Any, *, seed: int, start: int = 0, limit: int = 50) -> Given:
    """A small world to walk in: see World."""
    values = {"P": P, "R": R, "ends": ends, "seed": seed, "start": start, "limit": limit}
    return Given("world", values)


class World:
    """A world with Gymnasium's reset and step, and states 0 to S - 1. It remembers what was done.

    P (S, A, S), R (S, A)    where actions lead, and what they pay
    ends                     the states that end an episode when they are entered
    seed, start              chance, and where each episode begins
    limit                    an episode is cut off (truncated) after so many steps

    log    a row [s, a, r, s_next, terminated, truncated] for each step
    """

    def __init__(self, P: Any, R: Any, ends: Any, seed: int, start: int, limit: int) -> None:
        self.n_states, self.n_actions = np.shape(R)
        self.log: list[list[float]] = []
        self._P, self._R, self._ends = P, R, set(ends)
        self._rng, self._start, self._limit = np.random.default_rng(seed), start, limit
        self._s: int | None = None
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """Begin an episode: the first state, and an empty dict."""
        self._s, self._steps = self._start, 0
        return self._s, {}

    def step(self, a: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action: s_next, r, terminated, truncated, an empty dict."""
        if self._s is None:
            raise RuntimeError("the episode is over: call reset first")
        s, a = self._s, int(a)
        s_next = int(self._rng.choice(self.n_states, p=self._P[s, a]))
        self._steps += 1
        terminated = s_next in self._ends
        truncated = not terminated and self._steps >= self._limit
        r = float(self._R[s, a])
        self.log.append([s, a, r, s_next, terminated, truncated])
        self._s = None if terminated or truncated else s_next
        return s_next, r, terminated, truncated, {}


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


MAKERS: dict[str, Any] = {
    "rng": np.random.default_rng,
    "world": World,
    "line": Line,
    "transition": Transition,
}
"""What is made, by name. What has a `log` is asked for it after the call."""

WORDS = {
    "rng": "a numpy Generator",
    "world": "a world to walk in, from state {start}",
    "line": "s_next = s + a; r = s_next - a^2; from s = {start:g}; terminated where |s_next| >= "
    "{bound:g}; truncated after {limit} steps",
}
