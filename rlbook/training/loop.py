"""train and score: a run to its end. It is compiled where that pays, step by step the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rlbook.agent import Agent, Record, played
from rlbook.checks import FloatArray, check_count, check_gamma
from rlbook.experience.reader import Reader
from rlbook.experience.runs import check_agent, check_run, episode_seed, user_of
from rlbook.spaces import Env
from rlbook.training.choice import choose
from rlbook.training.kinds import Run


def train(
    agent: Agent,
    env: Env,
    *,
    steps: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    first: int = 0,
    behaviour: Agent | None = None,
    runs: int = 1,
    every: int | None = None,
    measure: Callable[[Any], Any] | None = None,
    compiled: bool | None = None,
) -> Record:
    """learn(agent, interact(env, agent, ...)), run to its end; compiled, if that takes less time.

        returns[k] = r_1 + r_2 + ... + r_T of episode k, undiscounted, T = lengths[k]

    env, agent, steps, episodes, seed, first    as in `interact`, steps or episodes being needed
    behaviour                                   who acts while the agent learns, off-policy; None:
                                                the agent itself
    runs                                        how many such runs you will make; used only to
                                                decide whether to compile
    every, measure                              measured = [measure(agent)] after every so many
                                                steps; a measure that plays, with `score` say, needs
                                                an environment of its own
    compiled                                    False: step by step in Python. True: compiled. None:
                                                whichever takes less time

    Returns a `Record` of E episodes, the one that `steps` cuts off left out: returns (E,), lengths
    (E,), measured.

    Compiling needs the extra `fast`, and a tabular agent, or a linear one whose phi is an array, in
    a `TabularEnv` or `GridWorld`, also under a TimeLimit; ties="random" is not compiled. Every draw
    is the same, and every bit of a tabular agent. A linear agent and `ExpectedSarsa` of eight
    actions or more agree to the rounding of their sums; None compiles them if all runs together are
    of 250,000 steps or more (an episode counts as thirty), so that the same call gives the same
    bits wherever `fast` is installed. Of `DQN` and `DDPG`, in any world, what networks do between
    their matrix products is compiled, and every bit is the same.

    Raises ValueError without steps or episodes, for `runs` or `every` below 1, without measure, for
    compiled=True if numba is missing or agent or env has no compiled twin, and as `interact` does.
    """
    if steps is None and episodes is None:
        raise ValueError("train needs steps or episodes, got neither")
    if (every is None) != (measure is None) or (
        every is not None and check_count(every, "every") < 1
    ):
        raise ValueError(f"every must be at least 1 and go with measure, got {every}, {measure}")
    check_agent(agent, env)
    actor = agent if behaviour is None else behaviour
    if behaviour is not None:
        if not hasattr(behaviour, "act"):
            got = type(behaviour).__name__
            raise ValueError(f"behaviour must have act, as Follow(pi, rng) has, got {got}")
        agent.check(env)
    check_count(runs, "runs")
    run = Run(agent, env, behaviour, steps, episodes, seed, first)
    if (train_compiled := choose(run, runs, compiled)) is not None:
        user_of(env)[0] = user = check_run(env, actor, steps, episodes, seed, first)
        return train_compiled(user, every, measure)
    returns: list[float] = []
    lengths: list[int] = []
    measured: list[Any] = []
    total, length, count = 0.0, 0, 0
    for t, ended in played(env, actor, steps, episodes, seed, first):
        agent.update(t)
        total, length, count = total + t.r, length + 1, count + 1
        if ended:
            returns.append(total)
            lengths.append(length)
            total, length = 0.0, 0
        if every is not None and measure is not None and count % every == 0:
            measured.append(measure(agent))
    return Record(np.array(returns), np.array(lengths, dtype=np.intp), measured)


def score(
    env: Env,
    agent: Any,
    *,
    episodes: int,
    seed: int,
    gamma: float = 1.0,
    steps: int = 10_000,
) -> FloatArray:
    """The discounted returns (episodes,) of the agent when it does not explore.

        g = r_1 + gamma r_2 + gamma^2 r_3 + ...

    env         an environment of its own: it is reset and seeded, and a stream that is under way
                in it ends with an error
    agent       it does not learn, its memory is left alone, and it draws from a generator of its
                own
    episodes    how many, 1 or more
    seed        a whole number, 0 or more: the same episodes each time
    gamma       from 0 to 1
    steps       an episode is cut here: a world that never ends is scored all the same

    Raises ValueError if the agent does not fit env, for another gamma, and for numbers of
    episodes and steps below 1.
    """
    gamma = check_gamma(gamma)
    returns = np.zeros(check_count(episodes, "episodes"))
    check_count(steps, "steps")
    check_count(seed, "seed", 0)
    check_agent(agent, env)
    agent.check(env)
    own = getattr(agent, "rng", None)
    if own is not None:
        agent.rng = np.random.default_rng([seed, 1])
    user_of(env)[0] = object()  # whoever was under way here has lost the world
    world = Reader(env)
    try:
        for k in range(episodes):
            s = world.reset(seed=episode_seed(seed, k))
            discount = 1.0
            for _ in range(steps):
                s, r, terminated, truncated = world.step(agent.act(s, explore=False))
                returns[k] += discount * r
                discount *= gamma
                if terminated or truncated:
                    break
    finally:
        if own is not None:
            agent.rng = own
    return returns
