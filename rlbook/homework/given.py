"""What a student's function is given that is no number and no array: chance, and worlds.

The same is made on both sides, from plain values; so this is sent by name.
"""

from __future__ import annotations

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


def official(**values: Any) -> Given:
    """The book's public Python environment; the values are those of its constructor.

    at    where the agent stands when the student gets it, (x, y); the start if left out
    """
    return Given("official", values)


def _official_world(at: Any = None, **values: Any) -> Any:
    """An OfficialGridWorld that remembers its steps and draws nothing.

    Its `log` has a row [x, y, number of the action, reward, next x, next y, done] for each step.
    """
    from rlbook.grid_world.official import OfficialGridWorld

    class World(OfficialGridWorld):
        def __init__(self) -> None:
            super().__init__(**values)
            self.log: list[list[float]] = []
            self.agent_state = tuple(at or self.start_state)

        def step(self, action: Any) -> Any:
            state = self.agent_state
            answer = super().step(action)
            (x, y), reward, done, _ = answer
            self.log.append([*state, self.action_space.index(action), reward, x, y, done])
            return answer

        def render(self, *arguments: Any, **named: Any) -> None:
            """Draw nothing."""

        add_policy = add_state_values = render

    return World()


def _map(
    env_size: Any, start_state: Any, target_state: Any, forbidden_states: Any,
    reward_target: float, reward_forbidden: float, reward_step: float, at: Any = None,
) -> str:  # fmt: skip
    """The public environment as a drawing."""
    columns, rows = env_size
    cells = [["."] * columns for _ in range(rows)]
    for (x, y), letter in [*((xy, "#") for xy in forbidden_states), (start_state, "S")]:
        cells[y][x] = letter
    cells[target_state[1]][target_state[0]] = "T"
    lines = [f"the public grid world, env_size = ({columns}, {rows}); S start, T target, "
             "# forbidden", *(" ".join(row) for row in cells)]  # fmt: skip
    if at and tuple(at) != tuple(start_state):
        lines.append(f"agent_state = {tuple(at)} before reset")
    lines.append(
        f"reward_target = {reward_target:g}, reward_forbidden = {reward_forbidden:g}, "
        f"reward_step = {reward_step:g}"
    )
    return "\n  ".join(lines)


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
    "record": _record,
    "official": _official_world,
    "line": Line,
    "transition": Transition,
}
"""What is made, by name. What has a `log` is asked for it after the call."""

WORDS: dict[str, Any] = {
    "rng": "a numpy Generator",
    "world": _world_in_words,
    "record": _record_in_words,
    "official": _map,
    "line": "s_next = s + a; r = s_next - a^2; from s = {start:g}; terminated where |s_next| >= "
    "{bound:g}; truncated after {limit} steps",
}
