"""`train` in tabular worlds, compiled: the same steps, some hundred times as fast.

twins.py says which agents and worlds have a compiled twin; choice.py, which runs are compiled. The
tabular agents come out bit for bit, but for Expected Sarsa of eight actions or more: it comes out
to rounding, as the linear agents do. Needs the extra `fast`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rlbook.agent import Record
from rlbook.checks import FloatArray, check_epsilon, step_size, still_finite
from rlbook.experience.runs import check_user, episode_seed
from rlbook.outcome_table import inside
from rlbook.training import compiled_linear as linear
from rlbook.training import compiled_tabular as tabular
from rlbook.training.compiled_streams import put_back, stream_of
from rlbook.training.compiled_world import EPISODE, PATH, PROGRESS, Stop, World, cumulative
from rlbook.training.kinds import Kind, Run, Twin

CHUNK, SHORT_CHUNK = 2**20, 2**14
"""Steps between two looks at the world outside: Ctrl-C waits so long, some hundredths of a second.
The short one is for schedules: they are asked ahead for as many visits as there may be in it."""


def train(
    run: Run,
    twin: Twin,
    user: object,
    every: int | None,
    measure: Callable[[Any], Any] | None,
) -> Record:
    """What rlbook.train says, of a run that has a twin and arguments that were checked.

    user is who has reset the world: ValueError if it is somebody else after `measure`. While
    `measure` looks, the agent shows all that it has learned; what waits inside an episode, a
    promise or a path, is not to be seen.
    """
    under_way = _UnderWay(run, twin)
    progress = under_way.progress
    scheduled = callable(under_way.alpha) or under_way.epsilon_of is not None
    chunk = SHORT_CHUNK if scheduled else CHUNK
    measured: list[Any] = []
    count, done = 0, False
    while not done:
        before = int(progress.steps_left)
        until_look = chunk if every is None else every - count % every
        done = under_way.go(min(chunk, before, until_look))
        taken = before - int(progress.steps_left)
        count += taken
        if every is not None and measure is not None and taken and count % every == 0:
            measured.append(measure(run.agent))
            if progress.running:
                check_user(run.env, user)
    ended = under_way.episodes[: progress.recorded]
    return Record(ended["g"].copy(), ended["length"].copy(), measured)


class _UnderWay:
    """A run under way: the arrays of the compiled loop, and what they mean to agent and world."""

    def __init__(self, run: Run, twin: Twin) -> None:
        self.agent, self.actor, self.env = run.agent, run.actor, run.env
        self.twin, (self.inner, limit) = twin, inside(run.env)
        m = self.inner.model
        self.world = World(
            p=cumulative(m.p.reshape(-1, m.p.shape[2])),
            start=cumulative(self.inner.start[None]),
            s_next=_read_only(m.s_next), r=_read_only(m.r), terminated=_read_only(m.terminated),
            limit=-1 if limit is None else limit,
            seed=-1 if run.seed is None else int(run.seed),
            stream=stream_of(self.inner.np_random),
        )  # fmt: skip
        progress: Any = np.zeros(1, PROGRESS).view(np.recarray)[0]
        progress.steps_left = 2**62 if run.steps is None else run.steps
        progress.episode, progress.promised_state = run.first, -1
        progress.last_episode = -1 if run.episodes is None else run.first + run.episodes
        progress.counted = getattr(self.agent, self.twin.counter) if self.twin.counter else 0
        self.progress = progress
        self.n = int(self.agent.n) if self.twin.kind == Kind.N_STEP_SARSA else 1
        self.path = np.empty(max(4096, 2 * self.n), PATH)
        self.episodes = np.empty(1024, EPISODE)
        is_monte_carlo = self.twin.kind == Kind.MONTE_CARLO
        self.exploring_starts = is_monte_carlo and bool(self.agent.exploring_starts)
        first_visit = is_monte_carlo and self.agent.first_visit
        self.first_seen = np.empty((m.n_states, m.n_actions) if first_visit else (0, 0), np.intp)
        self.alphas: FloatArray = np.empty(0)
        self.epsilons: FloatArray = np.empty(0)

    @property
    def alpha(self) -> Any:
        """The step size of the agent, or its function; None if it has none."""
        return None if self.twin.kind == Kind.FOLLOW else self.agent.alpha

    @property
    def epsilon_of(self) -> Any:
        """The function that gives the agent's epsilon, None if there is none."""
        return None if self.twin.follows else self.agent.epsilon_of

    def go(self, steps: int) -> bool:
        """So many steps, or fewer if something was full; True at the end of the run."""
        agent = self._linear(steps) if self.twin.linear else self._tabular(steps)
        world = self.world._replace(stream=stream_of(self.inner.np_random))
        loop: Any = linear.run if self.twin.linear else tabular.run
        why = loop(agent, world, self.path, self.episodes, self.progress, steps)
        put_back(agent.stream, self.actor.rng)
        self._write_back(world)
        if why == Stop.PATH_FULL:
            self.path = _twice_as_long(self.path)
        elif why == Stop.RECORD_FULL:
            self.episodes = _twice_as_long(self.episodes)
        self._raise_errors(why)
        return bool(why == Stop.DONE)

    def _tabular(self, steps: int) -> tabular.TabularAgent:
        """The agent as arrays, ready for so many steps."""
        agent, S, counts = self.agent, self.inner.model.n_states, self.agent.visits
        return tabular.TabularAgent(
            kind=int(self.twin.kind),
            table=vars(agent)[self.twin.learned].reshape(S, -1), visits=counts.reshape(S, -1),
            pi=self._pi(),
            gamma=1.0 if self.twin.kind == Kind.FOLLOW else agent.gamma,
            alpha=self._step_sizes(int(counts.max()), steps), epsilon=self._explorations(steps),
            n=self.n, exploring_starts=self.exploring_starts, first_seen=self.first_seen,
            stream=stream_of(self.actor.rng),
        )  # fmt: skip

    def _linear(self, steps: int) -> linear.LinearAgent:
        """The agent as arrays, ready for so many steps."""
        agent = self.agent
        return linear.LinearAgent(
            kind=int(self.twin.kind), phi=agent.phi, w=np.atleast_2d(agent.w), pi=self._pi(),
            gamma=agent.gamma,
            alpha=self._step_sizes(agent.updates, steps), epsilon=self._explorations(steps),
            q=np.empty(self.inner.model.n_actions), stream=stream_of(self.actor.rng),
        )  # fmt: skip

    def _pi(self) -> FloatArray:
        """The cumulative rows of the policy that is followed; none if it acts by what it learns."""
        if self.twin.follows or self.actor is not self.agent:
            return cumulative(self.actor.pi)
        return np.empty((0, self.inner.model.n_actions))

    def _step_sizes(self, counted: int, steps: int) -> FloatArray:
        """alpha for so many steps more, as `value_at` reads it; nothing for plain means."""
        alpha = self.alpha
        if not callable(alpha):
            return np.array([] if alpha is None else [float(alpha)])
        most = counted + steps + int(self.progress.path_end)
        self.alphas = _extended(self.alphas, most, lambda n: step_size(alpha, n) if n else 0.0)
        return self.alphas

    def _explorations(self, steps: int) -> FloatArray:
        """epsilon for so many steps more, as `value_at` reads it."""
        epsilon_of = self.epsilon_of
        if epsilon_of is None:
            return np.array([0.0 if self.twin.follows else self.agent.epsilon])
        most = int(self.progress.counted) + steps + int(self.progress.path_end)
        self.epsilons = _extended(self.epsilons, most, lambda n: check_epsilon(epsilon_of(n)))
        return self.epsilons

    def _write_back(self, world: World) -> None:
        """Where the run is, written into agent and world."""
        progress, inner = self.progress, self.inner
        if self.twin.counter:
            setattr(self.agent, self.twin.counter, int(progress.counted))
        self.agent.begin()  # loses nothing: `progress` and `path` hold what waits in an episode
        if world.seed >= 0:
            begun = int(progress.episode) - (not progress.running)
            inner.reset(seed=episode_seed(world.seed, begun))
        put_back(world.stream, inner.np_random)
        inner.s = int(progress.state)
        if world.limit >= 0:
            # A TimeLimit has no public name for its count, and only `step` moves it on.
            self.env._elapsed_steps = int(progress.elapsed)

    def _raise_errors(self, why: int) -> None:
        """What the plain loop would have raised; and the agent gets its epsilon."""
        agent, progress = self.agent, self.progress
        if why == Stop.ALPHA_UNKNOWN:
            step_size(agent.alpha, int(progress.asked))  # raises what it raised before
        if self.epsilon_of is not None:
            agent.epsilon = check_epsilon(self.epsilon_of(int(progress.counted)))
        if why == Stop.DIVERGED:
            agent.updates += 1  # the plain loop counts the update that diverged
            still_finite(progress.error, "alpha")
        if why in (Stop.ALPHA_UNKNOWN, Stop.EPSILON_UNKNOWN):
            name = "alpha" if why == Stop.ALPHA_UNKNOWN else "epsilon"
            n = progress.asked if why == Stop.ALPHA_UNKNOWN else progress.counted
            raise ValueError(
                f"{name} must give the same value whenever it is called with the same number, but "
                f"{name}({n}) raised an error when it was called first, and not when called again"
            )


def _read_only(x: Any) -> Any:
    """The array row by row, whatever order it is in: numba compiles for each order once more."""
    rows = np.ascontiguousarray(x).view()
    rows.flags.writeable = False
    return rows


def _twice_as_long(x: Any) -> Any:
    return np.concatenate([x, np.empty_like(x)])


def _extended(known: FloatArray, most: int, schedule: Callable[[int], float]) -> FloatArray:
    """The values of a schedule, from 0 to `most` at least; NaN from where it raises on."""
    if len(known) > most + 1:
        return known
    table = np.full(most + 2, np.nan)
    table[: len(known)] = known
    for n in range(len(known), len(table)):
        try:
            table[n] = schedule(n)
        except Exception:  # it may never be asked for n; if it is, it raises then
            break
    return table
