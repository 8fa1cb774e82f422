"""What a student's function is given that is no number and no array: chance, and worlds.

The same is made on both sides, from plain values; so this is sent by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.words import case_in_words, shown


class Given(NamedTuple):
    """To be made where the function is called: MAKERS[kind](**values)."""

    kind: str
    values: dict[str, Any]

    def in_words(self) -> str:
        """For a case that is shown; a map takes several lines."""
        words = WORDS[self.kind]
        return words(**self.values) if callable(words) else words.format(**self.values)


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


MAKERS: dict[str, Any] = {"rng": np.random.default_rng, "world": World}
"""What is made, by name. What has a `log` is asked for it after the call."""

WORDS: dict[str, Any] = {
    "rng": "a numpy Generator", "world": "a world to walk in, from state {start}",
}  # fmt: skip


class Walk(World):
    """A World whose episodes begin where they are told: reset(options={"state": s}).

    A row of the log ends with the number of its episode, from 0.
    """

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._episode = -1

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """Begin an episode, in the state of the options if they name one."""
        s, info = super().reset()
        self._s = int((options or {}).get("state", s))
        self._episode += 1
        return self._s, info

    def step(self, a: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action, and note the episode."""
        answer = super().step(a)
        self.log[-1].append(self._episode)
        return answer


class Choose:
    """choose(p) draws a number from 0 to len(p) - 1 with the probabilities p.

    log    a row [p_0, p_1, ..., the number that was drawn] for each call
    """

    def __init__(self, seed: int) -> None:
        self.log: list[list[float]] = []
        self._rng = np.random.default_rng(seed)

    def __call__(self, p: Any) -> int:
        """What is no row of probabilities is drawn from, too: the log shows what it was."""
        p = np.asarray(p, dtype=float).ravel()
        ends = np.cumsum(p)
        drawn = min(int((ends <= self._rng.random() * ends[-1]).sum()), len(p) - 1)
        self.log.append([*p.tolist(), drawn])
        return drawn


class SampleEpisode:
    """sample_episode(s, a, pi): the steps (s, a, r) of an episode that begins with s and a.

    P (S, A, S), R (S, A)    where actions lead, and what they pay
    limit, seed              so many steps has an episode; chance

    log    a row [s, a, pi (S, A), the steps] for each call
    """

    def __init__(self, P: Any, R: Any, limit: int, seed: int) -> None:
        self.log: list[list[Any]] = []
        self._world = Walk(P=P, R=R, ends=(), seed=seed, start=0, limit=limit)
        self._choose = Choose(seed + 1)

    def __call__(self, s: int, a: int, pi: Any) -> list[tuple[int, int, float]]:
        """Play it; pi (S, A), or an action for each state."""
        pi = np.array(pi, dtype=float)
        if pi.shape == (self._world.n_states,):
            pi = np.eye(self._world.n_actions)[pi.astype(int)]
        if pi.shape != (self._world.n_states, self._world.n_actions):
            raise ValueError(f"pi must have shape (S, A), got {pi.shape}")
        s, a = int(s), int(a)
        self._world.reset(options={"state": s})
        steps, over, row = [], False, [s, a, pi.tolist()]
        while not over:
            s_next, r, _, over, _ = self._world.step(a)
            steps.append((s, a, r))
            s, a = s_next, self._choose(pi[s_next])
        self.log.append([*row, list(steps)])
        return steps


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


def _walk(P: Any, R: Any, ends: Any, start: int, limit: int, seed: int) -> str:
    lines = case_in_words({"P": P, "R": R})
    over = "".join(f" or when s{s + 1} is entered" for s in ends)
    how = f"a world to walk in; an episode ends after {_steps(limit)}{over}"
    return "\n  ".join([how, *lines])


def _sampled(P: Any, R: Any, limit: int, seed: int) -> str:
    lines = case_in_words({"P": P, "R": R})
    return "\n  ".join([f"plays episodes of {_steps(limit)} in this world", *lines])


def _steps(n: int) -> str:
    return f"{n} step{'' if n == 1 else 's'}"


def _noisy(shape: str, slope: float, root: float, noise: Any) -> str:
    g = f"{shown(slope)} (w - {shown(root)})" if shape == "line" else shape
    return f"g(w) = {g}, plus a noise: {shown(noise)}, one for each call in turn"


MAKERS |= {
    "walk": Walk, "choose": Choose, "sample_episode": SampleEpisode, "noisy": Noisy,
    "gradient": Gradient,
}  # fmt: skip
WORDS |= {
    "walk": _walk, "choose": "draws a number with given probabilities", "sample_episode": _sampled,
    "noisy": _noisy, "gradient": "(f . w - y) f, where x is f with y behind it",
}  # fmt: skip
