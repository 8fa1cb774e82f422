"""The same experiment over many seeds: a claim about chance needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rlbook.agent import Agent, Record
from rlbook.spaces import Env
from rlbook.training.loop import train


def train_many(
    make_agent: Callable[[int], Agent],
    env: Env,
    *,
    seeds: Sequence[int],
    steps: int | None = None,
    episodes: int | None = None,
    every: int | None = None,
    measure: Callable[[Any], Any] | None = None,
    compiled: bool | None = None,
) -> list[Record]:
    """`train` for each seed, with an agent of its own. Returns a `Record` for each.

        record[k] = train(make_agent(seeds[k]), env, seed=seeds[k], ...)        [Zhao chapter 7]

    make_agent                         a function of a seed; gives it to the agent's Generator, say
                                       np.random.default_rng([seed, 1])
    env                                one environment, for all in turn
    seeds                              whole numbers, (n,)
    steps, episodes, every, measure    as in `train`
    compiled                           as in `train`; None: whichever takes less time for all seeds

    Raises ValueError as `train` does.
    """
    seeds = list(seeds)
    return [
        train(
            make_agent(seed), env, steps=steps, episodes=episodes, seed=seed, runs=len(seeds),
            every=every, measure=measure, compiled=compiled,
        )
        for seed in seeds
    ]  # fmt: skip
