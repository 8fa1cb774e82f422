"""Which run has a world now, and with which seeds its episodes begin.

A world has one user at a time: whoever resets it last. A run says so at each reset, by a token of
its own, and looks before each step whether the token is still there.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from rlbook.checks import check_count
from rlbook.spaces import Env, check_env, check_instance

_USER: WeakKeyDictionary[Env, list[object]] = WeakKeyDictionary()


def user_of(env: Env) -> list[object]:
    """The token of the run that has reset this world last, in a list of one, to be replaced."""
    return _USER.setdefault(getattr(env, "unwrapped", env), [None])


def check_user(env: Env, run: object) -> None:
    """ValueError if another run has reset the world since."""
    if user_of(env)[0] is not run:
        raise ValueError(
            "env was reset by another stream or by score while its episode was under way; give "
            "each an environment of its own"
        )


def check_run(
    env: Env, agent: Any, steps: int | None, episodes: int | None, seed: int | None, first: int
) -> object:
    """A token for the run. ValueError for a run that cannot be."""
    for name, number in (("steps", steps), ("episodes", episodes), ("first", first)):
        if number is not None:
            check_count(number, name, 0)
    if seed is not None:
        episode_seed(seed, first + max(episodes or 0, 1) - 1)
    check_agent(agent, env)
    agent.check(env)
    return object()


def check_agent(agent: Any, env: Env) -> None:
    """ValueError unless the one is an agent and the other an environment."""
    if not hasattr(agent, "act"):
        got = type(agent).__name__
        raise ValueError(f"agent must have act and update, got {got}: is it the environment?")
    check_instance(agent, "agent", "an agent")
    check_env(env)


def episode_seed(seed: int, k: int) -> int:
    """The seed that the world is reset with for episode k. ValueError from 2^32 on, for either."""
    if check_count(seed, "seed", 0) >= 2**32:
        raise ValueError(f"seed must be less than 2^32, got {seed}")
    if k >= 2**32:
        raise ValueError(f"first + episodes must be at most 2^32 in a run with a seed, got {k + 1}")
    return int(np.random.SeedSequence([seed, k]).generate_state(1)[0])
