"""`train` for long tabular runs, compiled: the same bits, some hundred times as fast.

`fits` says whether an agent and a world are such that their loop has a compiled twin; `train` runs
it. Whatever does not fit (another agent, a wrapper, an agent and a world that share a generator)
takes the plain loop, and nobody is told. Needs the extra `fast`; only long runs import it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import compiled_loop as loop
from rlbook.agent import Follow, Record, check_user, episode_seed
from rlbook.checks import FloatArray, check_epsilon, step_size
from rlbook.compiled_streams import put_back, stream_of
from rlbook.environment import TabularEnv
from rlbook.grid_world import GridWorld
from rlbook.monte_carlo import MonteCarlo
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa

KINDS: dict[type, int] = {
    Follow: loop.FOLLOW, TD0: loop.TD_0, Sarsa: loop.SARSA, ExpectedSarsa: loop.EXPECTED_SARSA,
    QLearning: loop.Q_LEARNING, NStepSarsa: loop.N_STEP_SARSA, MonteCarlo: loop.MONTE_CARLO,
}  # fmt: skip

CHUNK, SHORT_CHUNK = 2**20, 2**14
"""Steps between two looks at the world outside: Ctrl-C waits so long, a tenth of a second. The
short one is for schedules, which are asked ahead for as many visits as there may be until then."""


def fits(agent: Any, env: Any) -> bool:
    """Whether the loop of this agent in this world has a compiled twin."""
    world = env.env if type(env) is TimeLimit else env
    if type(agent) not in KINDS or type(world) not in (TabularEnv, GridWorld):
        return False
    own = {"act", "update", "target", "begin", "check", "next_action", "step", "reset"}
    if own & {*vars(agent), *vars(env), *vars(world)} or world.render_mode is not None:
        return False
    tables = [x for name in ("q", "v", "pi", "visits") if (x := vars(agent).get(name)) is not None]
    streams = {id(rng.bit_generator) for rng in (agent.rng, world.np_random)}
    return (
        all(x.flags.c_contiguous and x.dtype in (np.float64, np.intp) for x in tables)
        and all(type(r.bit_generator) is np.random.PCG64 for r in (agent.rng, world.np_random))
        and len(streams) == 2
    )


def train(
    agent: Any,
    env: Any,
    *,
    every: int | None,
    measure: Callable[[Any], Any] | None,
    me: object,
    **how: Any,
) -> Record:
    """What rlbook.train says, of an agent and a world that fit and arguments that were checked.

    how is steps, episodes, seed and first; me is who has reset the world: ValueError if it is
    somebody else after `measure`. While `measure` looks, the agent shows all that it has learned;
    what waits inside an episode, a promise or a path, is not to be seen.
    """
    run = _Run(agent, env, **how)
    measured: list[Any] = []
    count = 0
    scheduled = callable(getattr(agent, "alpha", None)) or getattr(agent, "epsilon_of", None)
    most = SHORT_CHUNK if scheduled else CHUNK
    while True:
        before = run.at[loop.LEFT]
        chunk = min(most, int(before), most if every is None else every - count % every)
        done = run.go(chunk)
        count += int(before - run.at[loop.LEFT])
        moved = before != run.at[loop.LEFT]
        if every is not None and measure is not None and moved and count % every == 0:
            measured.append(measure(agent))
            if run.at[loop.RUNNING]:
                check_user(env.unwrapped, me)
        if done:
            break
    recorded = run.at[loop.RECORDED]
    return Record(run.returns[:recorded].copy(), run.lengths[:recorded].copy(), measured)


class _Run:
    """A run under way: the arrays of the compiled loop, and what they mean to agent and world."""

    def __init__(
        self,
        agent: Any,
        env: Any,
        steps: int | None,
        episodes: int | None,
        seed: int | None,
        first: int,
    ) -> None:
        self.agent, self.env = agent, env
        self.world: Any = env.unwrapped
        self.kind = KINDS[type(agent)]
        m = self.world.model
        S, A, K = m.p.shape
        self.upto_p = _upto(m.p.reshape(S * A, K))
        self.upto_start = _upto(self.world.start[None])
        self.outcomes = m.s_next, m.r, m.terminated
        self.limit = env._max_episode_steps if type(env) is TimeLimit else -1
        self.seed = -1 if seed is None else int(seed)
        self.last = -1 if episodes is None else first + episodes
        self.at = np.zeros(12, dtype=np.int64)
        self.at[loop.LEFT] = 2**62 if steps is None else steps
        self.at[loop.EPISODE], self.at[loop.PROMISE_S] = first, -1
        self.at[loop.UPDATES] = getattr(agent, "updates", 0)
        self.at[loop.LEARNED] = getattr(agent, "n_episodes", 0)
        self.sums = np.zeros(1)
        self.path = _path(max(4096, 2 * getattr(agent, "n", 0)))
        self.seen = np.zeros((S, A) if getattr(agent, "first_visit", False) else (1, 1), np.intp)
        self.returns, self.lengths = np.empty(1024), np.empty(1024, dtype=np.intp)
        self.alphas: FloatArray = np.empty(0)
        self.epsilons: FloatArray = np.empty(0)

    def go(self, steps: int) -> bool:
        """So many steps, or fewer if something was full; True at the end of the run."""
        agent, at = self.agent, self.at
        S, A = self.world.model.n_states, self.world.model.n_actions
        table = agent.v.reshape(S, 1) if self.kind == loop.TD_0 else getattr(agent, "q", None)
        visits = agent.visits.reshape(S, -1)
        upto_pi = _upto(agent.pi) if self.kind in (loop.FOLLOW, loop.TD_0) else np.empty((0, A))
        pending = steps + int(at[loop.LAST])
        alpha = self._alpha(int(visits.max()) + pending)
        epsilon = self._epsilon(pending)
        mine, theirs = stream_of(agent.rng), stream_of(self.world.np_random)
        run: Any = loop.run
        why, n = run(
            self.kind, np.empty((0, A)) if table is None else table, visits, upto_pi,
            getattr(agent, "gamma", 1.0), alpha, epsilon, getattr(agent, "n", 1),
            getattr(agent, "exploring_starts", False), getattr(agent, "first_visit", False),
            self.upto_p, *self.outcomes, self.upto_start, self.limit, self.seed,
            mine, theirs, at, self.sums, *self.path, self.seen, self.returns, self.lengths,
            steps, self.last,
        )  # fmt: skip
        put_back(mine, agent.rng)
        put_back(theirs, self.world.np_random)
        self._tell()
        if why == loop.PATH_FULL:
            self.path = tuple(np.concatenate([x, np.empty_like(x)]) for x in self.path)
        elif why == loop.RECORD_FULL:
            self.returns, self.lengths = (
                np.concatenate([x, np.empty_like(x)]) for x in (self.returns, self.lengths)
            )
        elif why == loop.SCHEDULE_ENDS and n > 0:
            step_size(agent.alpha, int(n))  # raises what it raised before
        if epsilon.size > 1:
            agent.epsilon = check_epsilon(agent.epsilon_of(self._counted()))
        if why == loop.SCHEDULE_ENDS:
            raise ValueError(
                f"alpha and epsilon must give the same again, got an error at {abs(n)}"
            )
        return bool(why == loop.DONE)

    def _tell(self) -> None:
        """Let agent and world know where they are."""
        agent, at = self.agent, self.at
        if hasattr(agent, "updates"):
            agent.updates = int(at[loop.UPDATES])
        if hasattr(agent, "n_episodes"):
            agent.n_episodes = int(at[loop.LEARNED])
        agent.begin()
        self.world.s = int(at[loop.STATE])
        if self.seed >= 0:
            begun = int(at[loop.EPISODE] - (at[loop.RUNNING] == 0))
            self.world._np_random_seed = episode_seed(self.seed, begun)
        if self.limit >= 0:
            self.env._elapsed_steps = int(at[loop.ELAPSED])

    def _counted(self) -> int:
        return int(self.at[loop.LEARNED if self.kind == loop.MONTE_CARLO else loop.UPDATES])

    def _alpha(self, most: int) -> FloatArray:
        """The step sizes up to a count of visits: none, one, or a table with NaN where none is."""
        alpha = getattr(self.agent, "alpha", None)
        if alpha is None:
            return np.empty(0)
        if not callable(alpha):
            return np.array([float(alpha)])
        self.alphas = _more(self.alphas, most, lambda n: step_size(alpha, n) if n else 0.0)
        return self.alphas

    def _epsilon(self, more: int) -> FloatArray:
        """The shares of exploration up to a count of updates, of episodes for Monte Carlo."""
        epsilon_of = getattr(self.agent, "epsilon_of", None)
        if epsilon_of is None:
            return np.array([getattr(self.agent, "epsilon", 0.0)])
        most = self._counted() + more
        self.epsilons = _more(self.epsilons, most, lambda n: check_epsilon(epsilon_of(n)))
        return self.epsilons


def _more(known: FloatArray, most: int, schedule: Callable[[int], float]) -> FloatArray:
    """The table of a schedule, from 0 to `most` at least; NaN from where it raises on."""
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


def _upto(p: FloatArray) -> FloatArray:
    """Cumulative rows (n, K), +inf from the last possible entry on."""
    upto = p.cumsum(-1)
    last = p.shape[-1] - 1 - (p[:, ::-1] > 0).argmax(-1)
    upto[np.arange(p.shape[-1]) >= last[:, None]] = np.inf
    return upto


def _path(n: int) -> tuple[Any, ...]:
    return np.empty(n, dtype=np.intp), np.empty(n, dtype=np.intp), np.empty(n)
