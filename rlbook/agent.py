"""Experience is a stream; an agent acts and updates.

    for t in learn(agent, interact(env, agent, steps=1000, seed=0)): ...               on-policy
    for t in learn(agent, interact(env, Follow(pi, rng), steps=1000, seed=0)): ...     off-policy
    for t in learn(agent, recorded): ...                                               offline

Both are lazy: nothing happens until somebody takes the next step, and the update on a step happens
before the next action is chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_distribution, check_gamma
from rlbook.policy import sample

Experience = TypeVar("Experience")


class Step(NamedTuple):
    """One step of experience. In a batch every field has one axis more."""

    s: Any
    a: Any
    r: Any
    s_next: Any
    terminated: Any  # the future is worth zero
    truncated: Any  # we only stopped looking


class Agent(ABC):
    """Whatever learns or behaves: it acts, and it updates."""

    @abstractmethod
    def act(self, s: Any, *, explore: bool = True) -> Any:
        """The action to take in s. explore=False: the best one known, and nothing is remembered."""

    @abstractmethod
    def update(self, experience: Any) -> None:
        """Learn from a Step."""

    def check(self, env: Any) -> None:
        """ValueError if the agent cannot live in this world; `interact` asks once."""


class Follow(Agent):
    """Behaves by a table pi (S, A) and learns nothing: the behaviour policy of off-policy learning.

    Raises ValueError for a pi whose rows are no distributions.
    """

    def __init__(self, pi: npt.ArrayLike, rng: np.random.Generator) -> None:
        self.pi = check_distribution(check_array(pi, "pi"), "pi")
        self.rng = rng

    def act(self, s: int, *, explore: bool = True) -> int:
        """Draws from pi(. | s), exploring or not: this is what the policy does."""
        return int(sample(self.pi[s], self.rng))

    def update(self, experience: Any) -> None:
        """Learns nothing."""

    def check(self, env: Any) -> None:
        """ValueError unless pi has a row for each state of env, a column for each action."""
        check_tabular(env, self.pi.shape, "pi")


def check_tabular(env: Any, shape: tuple[int, ...], name: str) -> None:
    """ValueError unless env has Discrete spaces, from 0, of this shape (S, A)."""
    sizes = []
    for kind in ("observation_space", "action_space"):
        space = getattr(env, kind)
        if type(space).__name__ != "Discrete" or space.start != 0:
            raise ValueError(f"{name} is a table and needs {kind} Discrete from 0, got {space}")
        sizes.append(int(space.n))
    if tuple(sizes) != tuple(shape):
        raise ValueError(f"{name} must have shape {tuple(sizes)} for this env, got {tuple(shape)}")


def interact(
    env: Any,
    agent: Agent,
    *,
    steps: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    first: int = 0,
) -> Iterator[Step]:
    """The steps of an agent in a world, one after another.

    env         a Gymnasium environment, through its wrappers
    steps       stop after so many steps; the last has truncated=True
    episodes    stop after so many episodes; with neither, never
    seed        episode k is reset with a seed drawn from SeedSequence([seed, k]), so that it can be
                played again alone; None: the world goes on with the generator it has
    first       the number of the first episode

    Raises ValueError if the agent cannot live in env, or for a negative count.
    """
    for name, number in (("steps", steps), ("episodes", episodes), ("first", first)):
        if number is not None and number < 0:
            raise ValueError(f"{name} must not be negative, got {number}")
    agent.check(env)
    k, left = first, steps
    while left != 0 and (episodes is None or k < first + episodes):
        s, _ = env.reset(seed=None if seed is None else episode_seed(seed, k))
        over = False
        while not over:
            a = agent.act(s)
            s_next, r, terminated, truncated, _ = env.step(a)
            if left is not None:
                left -= 1
                truncated = truncated or left == 0
            yield Step(s, a, r, s_next, terminated, truncated)
            s, over = s_next, terminated or truncated
        k += 1


def episode_seed(seed: int, k: int) -> int:
    """The seed that the world is reset with for episode k."""
    return int(np.random.SeedSequence([seed, k]).generate_state(1)[0])


def learn(agent: Agent, experience: Iterable[Experience]) -> Iterator[Experience]:
    """Update the agent on each piece of experience, and pass it on. Lazy."""
    for piece in experience:
        agent.update(piece)
        yield piece


def episodes(stream: Iterable[Step]) -> Iterator[list[Step]]:
    """The stream, episode by episode; an unfinished one comes last."""
    episode: list[Step] = []
    for t in stream:
        episode.append(t)
        if t.terminated or t.truncated:
            yield episode
            episode = []
    if episode:
        yield episode


class Record(NamedTuple):
    """What `train` saw."""

    returns: FloatArray  # the sum of rewards of each episode
    lengths: npt.NDArray[np.intp]  # its number of steps
    measured: list[Any]


def train(
    agent: Agent,
    env: Any,
    *,
    steps: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    every: int | None = None,
    measure: Callable[[Any], Any] | None = None,
) -> Record:
    """learn(agent, interact(env, agent, ...)), run to its end.

    Returns the (undiscounted) returns and the lengths of the episodes, the one that `steps` cuts
    off left out, and measured = [measure(agent)] after every so many steps.

    Raises ValueError without steps or episodes, for `every` below 1 or without measure, and as
    `interact` does.
    """
    if steps is None and episodes is None:
        raise ValueError("train needs steps or episodes, got neither")
    if (every is None) != (measure is None) or (every is not None and every < 1):
        raise ValueError(f"every must be at least 1 and go with measure, got {every}, {measure}")
    returns: list[float] = []
    lengths: list[int] = []
    measured: list[Any] = []
    total, length, count = 0.0, 0, 0
    for t in learn(agent, interact(env, agent, steps=steps, episodes=episodes, seed=seed)):
        total, length, count = total + t.r, length + 1, count + 1
        if t.terminated or (t.truncated and count != steps):
            returns.append(total)
            lengths.append(length)
            total, length = 0.0, 0
        if every is not None and measure is not None and count % every == 0:
            measured.append(measure(agent))
    return Record(np.array(returns), np.array(lengths, dtype=np.intp), measured)


def score(
    env: Any,
    agent: Any,
    *,
    episodes: int,
    seed: int,
    gamma: float = 1.0,
    steps: int = 10_000,
) -> FloatArray:
    """The discounted returns (episodes,) of the agent when it does not explore.

    It does not learn, its memory is left alone, and it draws from a generator of its own. An
    episode is cut at `steps`: a world that never ends is scored all the same. Raises ValueError if
    the agent cannot live in env, for another gamma, and for episodes or steps below 1.
    """
    gamma = check_gamma(gamma)
    if episodes < 1 or steps < 1:
        raise ValueError(f"episodes and steps must be at least 1, got {episodes} and {steps}")
    agent.check(env)
    own = getattr(agent, "rng", None)
    agent.rng = np.random.default_rng([seed, 1])
    returns = np.zeros(episodes)
    try:
        for k in range(episodes):
            s, _ = env.reset(seed=episode_seed(seed, k))
            discount = 1.0
            for _ in range(steps):
                a = agent.act(s, explore=False)
                s, r, terminated, truncated, _ = env.step(a)
                returns[k] += discount * r
                discount *= gamma
                if terminated or truncated:
                    break
    finally:
        agent.rng = own
    return returns
