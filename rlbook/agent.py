"""Experience is a stream; an agent acts and updates.

    for t in learn(agent, interact(env, agent, steps=1000, seed=0)): ...               on-policy
    for t in learn(agent, interact(env, Follow(pi, rng), steps=1000, seed=0)): ...     off-policy
    for t in learn(agent, recorded): ...                                               offline

Both are lazy: nothing happens until the next step is taken, and the update on a step happens
before the next action is chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, IntArray, check_pi, check_rng, shown
from rlbook.experience.plain import own
from rlbook.experience.reader import Reader
from rlbook.experience.runs import check_run, check_user, episode_seed, user_of
from rlbook.experience.steps import of_states
from rlbook.policy import sample
from rlbook.spaces import Action, Env, State, check_tabular

Experience = TypeVar("Experience")

LAST = 100
"""The episodes at the end of a Record that its repr speaks of."""


class Step(NamedTuple):
    """One step of experience. In a batch every field has one axis more. [Zhao chapter 1; (1.4)]

    s, a, r       a state, an action, the reward for it; of a batch (B, ...), (B, ...), (B,)
    s_next        the next state
    terminated    the future is worth zero
    truncated     we only stopped looking

    Nobody writes to its arrays later: `interact` copies what a world returns. If you make Steps by
    hand, give them arrays that stay as they are.
    """

    s: State
    a: Action
    r: Any
    s_next: State
    terminated: Any
    truncated: Any


def batch(steps: Sequence[Step]) -> Step:
    """Steps as one batched Step: every field gets an axis more, in front."""
    return Step(*(np.array(field) for field in zip(*steps, strict=True)))


def in_short(x: Any) -> str:
    """A value in a few characters: an array by its shape, counts by their sum."""
    if isinstance(x, np.ndarray):
        return str(x.sum()) if x.dtype.kind in "iu" else str(x.shape)
    if isinstance(x, tuple):
        return (f"{len(x)} of " if len(x) > 1 else "") + ", ".join(map(in_short, x[:1]))
    if isinstance(x, float):
        return f"{x:.4g}"
    name = getattr(x, "__qualname__", "")  # of a schedule: a function, or one that anneal made
    return name.partition(".<locals>")[0].replace("<lambda>", "a function") or shown(x)


class Agent(ABC):
    """Whatever learns or behaves: it acts, a = act(s), and it updates. [Zhao chapter 1]

    `holds` names the attributes that its repr shows: what it learns, settings, how far it is.
    Raises TypeError where a subclass leaves out `act` or `update`.
    """

    holds: tuple[str, ...] = ()

    def __repr__(self) -> str:
        held = ((name, getattr(self, name, None)) for name in self.holds)
        said = [f"{name} {in_short(x)}" for name, x in held if x is not None and x is not False]
        whole = ", ".join(x.replace(" ", "\0") for x in said)  # no line ends within one of them
        return fill(f"{type(self).__name__}({whole})", 99, subsequent_indent="  ").replace(
            "\0", " "
        )

    @abstractmethod
    def act(self, s: State, *, explore: bool = True) -> Action:
        """The action to take in s. explore=False: the best one known, and nothing is remembered."""

    @abstractmethod
    def update(self, experience: Any) -> None:
        """Learn from a Step; some agents learn from batches of them, or lists of Preferences."""

    def check(self, env: Env) -> None:
        """ValueError if the agent does not fit this world; `interact` asks once."""

    def begin(self) -> None:
        """An episode begins: forget what is left of another. `interact` says so at each reset."""


class Follow(Agent):
    """Behaves by a table and learns nothing: the behaviour policy of off-policy learning.

        a ~ pi(.|s)        [Zhao chapter 7]

    pi     (S, A)
    rng    a Generator: what the agent draws from

    `visits` (S, A) counts the steps that `update` was given. Raises ValueError for a pi whose rows
    are no distributions, and an rng that is no Generator.
    """

    holds: tuple[str, ...] = ("pi", "visits")

    def __init__(self, pi: npt.ArrayLike, rng: np.random.Generator) -> None:
        self.pi = check_pi(pi)
        self.rng = check_rng(rng)
        self.visits: IntArray = np.zeros(self.pi.shape, dtype=np.intp)

    def act(self, s: int, *, explore: bool = True) -> int:
        """Draws from pi(. | s), exploring or not: this is what the policy does."""
        return int(sample(self.pi[s], self.rng))

    @of_states
    def update(self, experience: Any) -> None:
        """Learns nothing, but counts the visit, of a batch each."""
        self.visits[experience.s, experience.a] += 1

    def check(self, env: Env) -> None:
        """ValueError unless pi has a row for each state of env, a column for each action."""
        check_tabular(env, "pi", self.pi.shape)


def interact(
    env: Env,
    agent: Agent,
    *,
    steps: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    first: int = 0,
) -> Iterator[Step]:
    """The steps of an agent in a world, one after another.

        a_t = agent.act(s_t),    s_{t+1}, r_{t+1} ~ p(.|s_t, a_t)        [Zhao chapter 1]

    env         a Gymnasium environment, through its wrappers; until the stream ends nothing else
                may use it: ValueError if another stream or `score` has reset it
    agent       an Agent; it acts here, and learns nothing: that is `learn`
    steps       stop after so many steps; the last has truncated=True
    episodes    stop after so many episodes; with neither, never
    seed        episode k is reset with a seed drawn from SeedSequence([seed, k]), so that it can be
                played again alone; None: the world goes on with the generator it has.
                seed and k must be below 2^32
    first       the number of the first episode

    Yields Steps. Their arrays are copies: neither the world, which may write into a buffer of its
    own, nor the agent changes them later; s_next of a step and s of the next are one array. A copy
    takes 1 to 2 microseconds a step, for a few hundred numbers or an image of 84 x 84 x 4 bytes
    alike; observations and actions that are numbers are not copied. Numbers of numpy's types become
    Python's own.

    Raises ValueError if the agent does not fit env; for an env that is no single Gymnasium
    environment, such as one of the old gym or a vector of them; at a reward or an observation that
    is not finite, or no element of its space by its shape; and for a number that is not whole or is
    negative.
    """
    for t, _ in played(env, agent, steps, episodes, seed, first):
        yield t


def played(
    env: Env, agent: Any, steps: int | None, episodes: int | None, seed: int | None, first: int
) -> Iterator[tuple[Step, bool]]:
    """The steps, and with each whether the world ended the episode: `steps` may cut one off."""
    run = check_run(env, agent, steps, episodes, seed, first)
    world, user = Reader(env), user_of(env)
    k, left = first, steps
    while left != 0 and (episodes is None or k < first + episodes):
        s = world.reset(seed=None if seed is None else episode_seed(seed, k))
        user[0] = run
        agent.begin()
        over = False
        while not over:
            if user[0] is not run:
                check_user(env, run)
            a = agent.act(s)
            if type(a) is not int:
                a = own(a)
            s_next, r, terminated, truncated = world.step(a)
            ended = terminated or truncated
            if left is not None:
                left -= 1
            over = ended or left == 0
            yield Step(s, a, r, s_next, terminated, truncated or left == 0), ended
            s = s_next
        k += 1


def learn(agent: Agent, experience: Iterable[Experience]) -> Iterator[Experience]:
    """Update the agent on each piece of experience, and pass it on. Lazy. [Zhao chapter 7]

    agent         an Agent
    experience    pieces that its `update` takes: Steps, batches of them, lists of Preferences
    """
    for piece in experience:
        agent.update(piece)
        yield piece


def episodes(stream: Iterable[Step]) -> Iterator[list[Step]]:
    """The stream of Steps, episode by episode; an unfinished one comes last. [Zhao chapter 5]

    stream    Steps, in order. An episode ends with one that is terminated or truncated

    Yields lists of Steps.
    """
    episode: list[Step] = []
    for t in stream:
        episode.append(t)
        if t.terminated or t.truncated:
            yield episode
            episode = []
    if episode:
        yield episode


class Record(NamedTuple):
    """What `train` saw of E episodes. [Zhao chapter 7]

    returns     (E,), the sum of rewards of each episode
    lengths     (E,), its number of steps
    measured    a list of what `measure` returned
    """

    returns: FloatArray
    lengths: IntArray
    measured: list[Any]

    def __repr__(self) -> str:
        n = len(self.returns)
        said = [f"{n} episodes"]
        if n:
            said.append(f"{np.sum(self.lengths)} steps, mean return {np.mean(self.returns):.4g}")
        if n > LAST:
            said.append(f"of the last {LAST} {np.mean(self.returns[-LAST:]):.4g}")
        if self.measured:
            said.append(f"{len(self.measured)} measured")
        return f"Record({', '.join(said)})"
