"""What the compiled loops share: the world as arrays, where a run is, how an episode goes on.

The twin of `played` in agent.py and of environment.py, for speed: to understand them, read those.
Every draw is in their order. Needs the extra `fast`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from rlbook.agent import Step
from rlbook.checks import BoolArray, FloatArray, IntArray
from rlbook.compiling import inline
from rlbook.training.compiled_streams import Words, random, seed_stream

Stop = IntEnum("Stop", "DONE PAUSE PATH_FULL RECORD_FULL ALPHA_UNKNOWN EPSILON_UNKNOWN DIVERGED")
"""Why a loop came back. PAUSE: so many steps as were asked for are done. ALPHA_UNKNOWN: a schedule
raises an error where its value is needed. DIVERGED: the values have run away."""


class World(NamedTuple):
    """A TabularEnv: of each pair of a state and an action, K outcomes.

    p, start                 cumulative, (S * A, K) and (1, S): see `cumulative`
    s_next, r, terminated    (S, A, K)
    limit                    the most steps of an episode, -1 for any number
    seed                     of the run, -1 if the world goes on with the generator that it has
    stream                   of its generator
    """

    p: FloatArray
    start: FloatArray
    s_next: IntArray
    r: FloatArray
    terminated: BoolArray
    limit: int
    seed: int
    stream: Words


PATH = np.dtype([("s", np.int64), ("a", np.int64), ("r", np.float64)])
"""A step of an episode that waits or is remembered, from path_begin to path_end of PROGRESS."""

EPISODE = np.dtype([("g", np.float64), ("length", np.int64)])
"""What is recorded of an episode: its return and its steps."""

PROGRESS = np.dtype(
    [
        ("state", np.int64),
        ("episode", np.int64),  # its number
        ("last_episode", np.int64),  # where the run ends, -1 for nowhere
        ("running", np.int64),  # 1 within an episode
        ("elapsed", np.int64),  # steps of the episode
        ("steps_left", np.int64),  # of the run
        ("promised_state", np.int64),  # -1: no action is promised
        ("promised_action", np.int64),
        ("path_begin", np.int64),
        ("path_end", np.int64),
        ("counted", np.int64),  # updates; of Monte Carlo, episodes learned from
        ("recorded", np.int64),  # episodes that the world has ended
        ("asked", np.int64),  # the count at which alpha had no value
        ("g", np.float64),  # the return of the episode so far
        ("error", np.float64),  # that has run away
    ]
)
"""Where a run is: one record, which the loop writes to."""


@inline
def draw(cumulative, row, stream):  # type: ignore[no-untyped-def]
    """As policy.sample, from a row of `cumulative`."""
    u, k = random(stream), 0
    while cumulative[row, k] <= u:
        k += 1
    return k


@inline
def value_at(schedule, n):  # type: ignore[no-untyped-def]
    """A schedule at n: an array of one number is a constant; NaN where there is none."""
    return schedule[n if schedule.size > 1 else 0]


@inline
def begin(world, progress):  # type: ignore[no-untyped-def]
    """The world is reset: an episode begins."""
    if world.seed >= 0:
        seed_stream(world.stream, world.seed, progress.episode)
    progress.state, progress.promised_state = draw(world.start, 0, world.stream), -1
    progress.running, progress.elapsed, progress.g = 1, 0, 0.0
    progress.path_begin = progress.path_end = 0


@inline
def ready(world, path, episodes, progress):  # type: ignore[no-untyped-def]
    """In an episode, with room for a step: PAUSE if there is, or why there is not."""
    if not progress.running:
        if progress.steps_left == 0 or progress.episode == progress.last_episode:
            return Stop.DONE
        begin(world, progress)
    if progress.path_end == path.size:
        return Stop.PATH_FULL
    return Stop.RECORD_FULL if progress.recorded == episodes.size else Stop.PAUSE


@inline
def take(world, a, progress):  # type: ignore[no-untyped-def]
    """The world takes a step; it is truncated where the run ends, too."""
    s, A, K = progress.state, world.r.shape[1], world.r.shape[2]
    k = draw(world.p, s * A + a, world.stream) if K > 1 else 0
    r, s_next, terminated = world.r[s, a, k], world.s_next[s, a, k], world.terminated[s, a, k]
    progress.state = s_next
    progress.elapsed += 1
    progress.steps_left -= 1
    progress.g += r
    truncated = progress.elapsed == world.limit or progress.steps_left == 0
    return Step(s, a, r, s_next, terminated, truncated)


@inline
def go_on(t, world, episodes, progress):  # type: ignore[no-untyped-def]
    """To the next step or the next episode; an episode that the world has ended is recorded."""
    if t.terminated or progress.elapsed == world.limit:
        episodes[progress.recorded].g = progress.g
        episodes[progress.recorded].length = progress.elapsed
        progress.recorded += 1
    if t.terminated or t.truncated:
        progress.running, progress.promised_state = 0, -1
        progress.episode += 1


def cumulative(p: FloatArray) -> FloatArray:
    """Cumulative rows (n, K), +inf from the last possible entry on."""
    rows = p.cumsum(-1)
    last = p.shape[-1] - 1 - (p[:, ::-1] > 0).argmax(-1)
    rows[np.arange(p.shape[-1]) >= last[:, None]] = np.inf
    return rows
