"""Experience is a stream; an agent acts and updates.

    for t in learn(agent, interact(env, agent, steps=1000, seed=0)): ...               on-policy
    for t in learn(agent, interact(env, Follow(pi, rng), steps=1000, seed=0)): ...     off-policy
    for t in learn(agent, recorded): ...                                               offline

Both are lazy: nothing happens until somebody takes the next step, and the update on a step happens
before the next action is chosen.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    FloatArray,
    check_count,
    check_distribution,
    check_env,
    check_gamma,
    check_rng,
    flatten_hint,
)
from rlbook.experience import of_states
from rlbook.plain import own
from rlbook.policy import sample
from rlbook.reading import Reader

Experience = TypeVar("Experience")


class Step(NamedTuple):
    """One step of experience. In a batch every field has one axis more. [Zhao chapter 1]

    s, a, r       a state, an action, the reward for it; of a batch (B, ...), (B, ...), (B,)
    s_next        the next state
    terminated    the future is worth zero
    truncated     we only stopped looking

    Its arrays are its reader's own: `interact` copies what a world returns. Whoever makes Steps by
    hand gives them arrays that nobody writes to later. Raises nothing.
    """

    s: Any
    a: Any
    r: Any
    s_next: Any
    terminated: Any
    truncated: Any


def batch(steps: Sequence[Step]) -> Step:
    """Steps as one batched Step: every field gets an axis more, in front."""
    return Step(*(np.array(field) for field in zip(*steps, strict=True)))


class Agent(ABC):
    """Whatever learns or behaves: it acts, a = act(s), and it updates. [Zhao chapter 1]

    Raises TypeError where a subclass leaves out `act` or `update`.
    """

    @abstractmethod
    def act(self, s: Any, *, explore: bool = True) -> Any:
        """The action to take in s. explore=False: the best one known, and nothing is remembered."""

    @abstractmethod
    def update(self, experience: Any) -> None:
        """Learn from a Step."""

    def check(self, env: Any) -> None:
        """ValueError if the agent cannot live in this world; `interact` asks once."""

    def begin(self) -> None:
        """An episode begins: forget what is left of another. `interact` says so at each reset."""


class Follow(Agent):
    """Behaves by a table and learns nothing: the behaviour policy of off-policy learning.

        a ~ pi(.|s)        [Zhao chapter 7]

    pi     (S, A)
    rng    a Generator: what the agent draws from

    `visits` (S, A) counts what `update` was told. Raises ValueError for a pi whose rows are no
    distributions, and an rng that is no Generator.
    """

    def __init__(self, pi: npt.ArrayLike, rng: np.random.Generator) -> None:
        self.pi = check_distribution(pi, "pi")
        self.rng = check_rng(rng)
        self.visits = np.zeros(self.pi.shape, dtype=np.intp)

    def act(self, s: int, *, explore: bool = True) -> int:
        """Draws from pi(. | s), exploring or not: this is what the policy does."""
        return int(sample(self.pi[s], self.rng))

    @of_states
    def update(self, experience: Any) -> None:
        """Learns nothing, but counts the visit, of a batch each."""
        self.visits[experience.s, experience.a] += 1

    def check(self, env: Any) -> None:
        """ValueError unless pi has a row for each state of env, a column for each action."""
        check_tabular(env, self.pi.shape, "pi")


def check_tabular(env: Any, shape: tuple[int, ...], name: str) -> None:
    """ValueError unless env has Discrete spaces, from 0, of this shape (S, A)."""
    sizes = []
    for kind in ("observation_space", "action_space"):
        space = getattr(env, kind)
        if type(space).__name__ != "Discrete" or space.start != 0:
            raise ValueError(
                f"{name} is a table and needs {kind} Discrete from 0, got {space}"
                f"{flatten_hint(space, kind)}"
            )
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

        a_t = agent.act(s_t),    s_{t+1}, r_{t+1} ~ p(.|s_t, a_t)        [Zhao chapter 1]

    env         a Gymnasium environment, through its wrappers; until the stream ends it is not to be
                used by anybody else: ValueError if another stream or `score` has reset it
    agent       an Agent; it acts here, and learns nothing: that is `learn`
    steps       stop after so many steps; the last has truncated=True
    episodes    stop after so many episodes; with neither, never
    seed        episode k is reset with a seed drawn from SeedSequence([seed, k]), so that it can be
                played again alone; None: the world goes on with the generator it has
    first       the number of the first episode

    Yields Steps. Their arrays are copies: neither the world, which may write into a buffer of its
    own, nor the agent changes them later; s_next of a step and s of the next are one array. Where
    observations and actions are numbers nothing is copied. Else a step takes 1 to 2 microseconds
    more, for an observation of a few hundred numbers or an image of 84 x 84 x 4 bytes just as well.
    Numbers are Python's own, whatever numpy has made of them.

    Raises ValueError if the agent cannot live in env; for an env that is no single Gymnasium
    environment, such as one of the old gym or a vector of them; at a reward or an observation that
    is not finite, or no element of its space by its shape; and for a number that is not whole or is
    negative.
    """
    for t, _ in _steps(env, agent, steps, episodes, seed, first):
        yield t


_USER: WeakKeyDictionary[Any, list[object]] = WeakKeyDictionary()  # who reset a world last


def _steps(
    env: Any, agent: Any, steps: int | None, episodes: int | None, seed: int | None, first: int
) -> Iterator[tuple[Step, bool]]:
    """The steps, and of each whether the world ended its episode: `steps` may cut one off."""
    me = _check_run(env, agent, steps, episodes, first)
    world, user = Reader(env), user_of(env)
    k, left = first, steps
    while left != 0 and (episodes is None or k < first + episodes):
        s = world.reset(seed=None if seed is None else episode_seed(seed, k))
        user[0] = me
        agent.begin()
        over = False
        while not over:
            if user[0] is not me:
                check_user(env, me)
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


def user_of(env: Any) -> list[object]:
    """Who has reset a world last, in a list of one: the place to say so."""
    return _USER.setdefault(getattr(env, "unwrapped", env), [None])


def check_user(env: Any, me: object) -> None:
    """ValueError if somebody else has reset the world since."""
    if user_of(env)[0] is not me:
        raise ValueError(
            "env was reset by another stream or by score while its episode was under way; give "
            "each an environment of its own"
        )


def _check_run(env: Any, agent: Any, steps: int | None, episodes: int | None, first: int) -> object:
    """ValueError for a run that cannot be; returns a token for who runs."""
    for name, number in (("steps", steps), ("episodes", episodes), ("first", first)):
        if number is not None:
            check_count(number, name, 0)
    _check_pair(agent, env)
    agent.check(env)
    return object()


def _check_pair(agent: Any, env: Any) -> None:
    """ValueError unless one is an agent and the other a world."""
    if not hasattr(agent, "act"):
        got = type(agent).__name__
        raise ValueError(f"agent must have act and update, got {got}: is it the environment?")
    check_env(env)


def episode_seed(seed: int, k: int) -> int:
    """The seed that the world is reset with for episode k. ValueError unless 0 <= seed < 2^32."""
    if check_count(seed, "seed", 0) >= 2**32:
        raise ValueError(f"seed must be less than 2^32, got {seed}")
    return int(np.random.SeedSequence([seed, k]).generate_state(1)[0])


def learn(agent: Agent, experience: Iterable[Experience]) -> Iterator[Experience]:
    """Update the agent on each piece of experience, and pass it on. Lazy. [Zhao chapter 7]

    agent         an Agent
    experience    pieces that its `update` takes: Steps, batches of them, lists of Preferences

    Raises nothing of its own.
    """
    for piece in experience:
        agent.update(piece)
        yield piece


def episodes(stream: Iterable[Step]) -> Iterator[list[Step]]:
    """The stream of Steps, episode by episode; an unfinished one comes last. [Zhao chapter 5]

    stream    Steps, in order. An episode ends with one that is terminated or truncated

    Yields lists of Steps. Raises nothing of its own.
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

    Raises nothing.
    """

    returns: FloatArray
    lengths: npt.NDArray[np.intp]
    measured: list[Any]


def train(
    agent: Agent,
    env: Any,
    *,
    steps: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    first: int = 0,
    behaviour: Agent | None = None,
    runs: int = 1,
    every: int | None = None,
    measure: Callable[[Any], Any] | None = None,
) -> Record:
    """learn(agent, interact(env, agent, ...)), run to its end; compiled, if it is long and can be.

        returns[k] = r_1 + r_2 + ... + r_T of episode k, undiscounted, T = lengths[k]

    env, agent, steps, episodes, seed, first    as in `interact`, steps or episodes being needed
    behaviour                                   who acts while the agent learns, off-policy; None:
                                                the agent itself
    runs                                        how many such runs you will make; used only to
                                                decide whether to compile
    every, measure                              measured = [measure(agent)] after every so many
                                                steps; a measure that plays, with `score` say, needs
                                                an environment of its own

    Returns a `Record` of E episodes, the one that `steps` cuts off left out: returns (E,), lengths
    (E,), measured. With the extra `fast`, a tabular agent in a `TabularEnv` or `GridWorld`, also
    under a TimeLimit, takes the same steps compiled: every draw and every bit is the same. So do
    `ExpectedSarsa` of eight actions or more and a linear agent whose phi is an array, but for the
    rounding of their sums, if all runs together are of 250,000 steps or more (an episode counts as
    thirty). Agents with ties="random" are not compiled. Raises ValueError without steps or
    episodes, for `runs` or `every` below 1, without measure, and as `interact` does.
    """
    if steps is None and episodes is None:
        raise ValueError("train needs steps or episodes, got neither")
    if (every is None) != (measure is None) or (
        every is not None and check_count(every, "every") < 1
    ):
        raise ValueError(f"every must be at least 1 and go with measure, got {every}, {measure}")
    _check_pair(agent, env)
    actor = agent if behaviour is None else behaviour
    if behaviour is not None:
        if not hasattr(behaviour, "act"):
            got = type(behaviour).__name__
            raise ValueError(f"behaviour must have act, as Follow(pi, rng) has, got {got}")
        agent.check(env)
    check_count(runs, "runs")
    if twin := _compiled(
        agent, env, behaviour, steps and runs * steps, episodes and runs * episodes
    ):
        me = _check_run(env, actor, steps, episodes, first)
        user_of(env)[0] = me
        if seed is not None:
            episode_seed(seed, first)  # raises what a plain run would
        return twin(
            agent, env, behaviour=behaviour, steps=steps, episodes=episodes, seed=seed, first=first,
            every=every, measure=measure, me=me,
        )  # fmt: skip
    returns: list[float] = []
    lengths: list[int] = []
    measured: list[Any] = []
    total, length, count = 0.0, 0, 0
    for t, ended in _steps(env, actor, steps, episodes, seed, first):
        agent.update(t)
        total, length, count = total + t.r, length + 1, count + 1
        if ended:
            returns.append(total)
            lengths.append(length)
            total, length = 0.0, 0
        if every is not None and measure is not None and count % every == 0:
            measured.append(measure(agent))
    return Record(np.array(returns), np.array(lengths, dtype=np.intp), measured)


LONG = 250_000
"""Steps from which on numba is loaded: the run takes seconds, and loading takes half of one."""


def _is_long(steps: int | None, episodes: int | None) -> bool:
    return (steps or 0) + 30 * (episodes or 0) >= LONG


def prepare(steps: int, episodes: int = 0) -> bool:
    """Load the compiled twins if so long a run pays for it; True if they are loaded.

    steps, episodes    of all runs to come; an episode counts as thirty steps

    A numba that does not fit this numpy counts as none. Raises nothing.
    """
    if "rlbook.compiled" in sys.modules:
        return True
    if not _is_long(steps, episodes) or find_spec("numba") is None:
        return False
    try:
        return bool(import_module("rlbook.compiled"))
    except ImportError:
        return False


def _compiled(
    agent: Any, env: Any, behaviour: Any, steps: int | None, episodes: int | None
) -> Callable[..., Record] | None:
    """The compiled twin of a run's loop, if there is one and it is loaded, or worth loading."""
    if steps == 0 or episodes == 0 or not prepare(steps or 0, episodes or 0):
        return None
    from rlbook import compiled

    if compiled.to_rounding(agent) and not _is_long(steps, episodes):
        return None  # what comes out must not depend on what was run before
    return compiled.train if compiled.fits(agent, env, behaviour) else None


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

        g = r_1 + gamma r_2 + gamma^2 r_3 + ...

    env         an environment of its own: it is reset and seeded, and a stream that is under way
                in it ends with an error
    agent       it does not learn, its memory is left alone, and it draws from a generator of its
                own
    episodes    how many, 1 or more
    seed        a whole number, 0 or more: the same episodes each time
    gamma       from 0 to 1
    steps       an episode is cut here: a world that never ends is scored all the same

    Raises ValueError if the agent cannot live in env, for another gamma, and for numbers of
    episodes and steps below 1.
    """
    gamma = check_gamma(gamma)
    returns = np.zeros(check_count(episodes, "episodes"))
    check_count(steps, "steps")
    check_count(seed, "seed", 0)
    _check_pair(agent, env)
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
