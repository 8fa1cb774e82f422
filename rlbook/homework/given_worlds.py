"""Worlds to walk in, and records of walks, for a student's function."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.homework.given import MAKERS, WORDS, Given
from rlbook.homework.words import case_in_words, shown


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


def world(P: Any, R: Any, ends: Any, *, seed: int, start: int = 0, limit: int = 50) -> Given:
    """A small world to walk in: see World."""
    values = {"P": P, "R": R, "ends": ends, "seed": seed, "start": start, "limit": limit}
    return Given("world", values)


def record(episodes: Any) -> Given:
    """A list of episodes; each is a list of steps (s, a, r, s_next, terminated, truncated)."""
    return Given("record", {"episodes": episodes})


def _record(episodes: Any) -> list[list[tuple[Any, ...]]]:
    return [[tuple(step) for step in episode] for episode in episodes]


def steps_in_words(rows: Any) -> str:
    """Steps, rows as in a World's log: "s1, a2, reward 3, to s2 (terminated)"."""
    rows = list(rows)
    if len(rows) > 8:
        return f"{len(rows)} steps"
    return "; ".join(
        f"s{int(s) + 1}, a{int(a) + 1}, reward {shown(r)}, to s{int(s_next) + 1}"
        + (" (terminated)" if terminated else " (truncated)" if truncated else "")
        for s, a, r, s_next, terminated, truncated in rows
    )


def _record_in_words(episodes: Any) -> str:
    lines = (f"episode {k}: {steps_in_words(rows)}" for k, rows in enumerate(episodes, start=1))
    return "\n  ".join(["what another policy did", *lines])


def _world_in_words(
    P: Any, R: Any, ends: Any, start: int, limit: int, **others: Any
) -> str:  # fmt: skip
    """Where its actions lead, and when an episode is over."""
    where = " and ".join(f"s{s + 1}" for s in ends)
    return "\n  ".join([
        f"a world to walk in, from state s{start + 1}",
        *case_in_words({"P": P, "R": R}),
        f"an episode terminates in {where}" if where else "no episode terminates",
        f"an episode is truncated after {limit} step{'' if limit == 1 else 's'}",
    ])  # fmt: skip


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


MAKERS |= {
    "world": World, "record": _record, "walk": Walk, "choose": Choose,
    "sample_episode": SampleEpisode,
}  # fmt: skip
WORDS |= {
    "world": _world_in_words, "record": _record_in_words, "walk": _walk,
    "choose": "draws a number with given probabilities", "sample_episode": _sampled,
}  # fmt: skip
