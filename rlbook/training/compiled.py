"""`train` for long runs in tabular worlds, compiled: the same steps, some hundred times as fast.

`fits` says whether an agent and a world are such that their loop has a compiled twin; `train` runs
it. Whatever does not fit (another agent, a wrapper, an agent and a world that share a generator)
takes the plain loop, and nobody is told. The tabular agents come out bit for bit, but for Expected
Sarsa of eight actions or more: it comes out to rounding, as the linear agents do. See `to_rounding`
and compiled_linear.py. Needs the extra `fast`; only long runs import it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook.agent import Follow, Record
from rlbook.checks import FloatArray, IntArray, check_epsilon, step_size, still_finite
from rlbook.environment import TabularEnv
from rlbook.experience.runs import check_user, episode_seed
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.grid_world.world import GridWorld
from rlbook.monte_carlo import MonteCarlo
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training import compiled_linear as linear
from rlbook.training import compiled_tabular as loop
from rlbook.training.compiled_streams import put_back, stream_of

KINDS: dict[type, int] = {
    Follow: loop.FOLLOW, TD0: loop.TD_0, Sarsa: loop.SARSA, ExpectedSarsa: loop.EXPECTED_SARSA,
    QLearning: loop.Q_LEARNING, NStepSarsa: loop.N_STEP_SARSA, MonteCarlo: loop.MONTE_CARLO,
    LinearTD: linear.LINEAR_TD, LinearSarsa: linear.LINEAR_SARSA,
    LinearQLearning: linear.LINEAR_Q_LEARNING,
}  # fmt: skip

PAIRWISE = 8
"""From so many numbers on, numpy adds several at once; fewer it adds one after another."""

OFF_POLICY = (TD0, ExpectedSarsa, QLearning, LinearTD, LinearQLearning)
"""Those who draw nothing while they learn, and so may watch another act."""

CHUNK, SHORT_CHUNK = 2**20, 2**14
"""Steps between two looks at the world outside: Ctrl-C waits so long, a tenth of a second. The
short one is for schedules, which are asked ahead for as many visits as there may be until then."""


def to_rounding(agent: Any) -> bool:
    """Whether its sums are added in another order: it is compiled in long runs only."""
    if type(agent) is ExpectedSarsa:
        return bool(agent.q.shape[1] >= PAIRWISE)
    return type(agent) in (LinearTD, LinearSarsa, LinearQLearning)


def fits(agent: Any, env: Any, behaviour: Any = None) -> bool:
    """Whether the loop of this agent in this world has a compiled twin."""
    world = env.env if type(env) is TimeLimit else env
    if type(agent) not in KINDS or type(world) not in (TabularEnv, GridWorld):
        return False
    if behaviour is not None and not (type(behaviour) is Follow and type(agent) in OFF_POLICY):
        return False
    actor = agent if behaviour is None else behaviour
    own = {"act", "update", "target", "begin", "check", "next_action", "step", "reset"}
    own |= {"features", "q_of"}
    if own & {name for x in (agent, actor, env, world) for name in vars(x)} or world.render_mode:
        return False
    if getattr(agent, "ties", "first") != "first":
        return False
    names = ("q", "v", "pi", "visits", "phi", "w")
    tables = [x for who in (agent, actor) for n in names if (x := vars(who).get(n)) is not None]
    streams = {id(rng.bit_generator) for rng in (actor.rng, world.np_random)}
    of_actions = (agent.n_actions,) if hasattr(agent, "n_actions") else ()
    return (
        all(type(x) is np.ndarray and x.flags.c_contiguous for x in tables)
        and all(x.dtype in (np.float64, np.intp) for x in tables)
        and (not hasattr(agent, "w") or agent.w.shape == (*of_actions, agent.phi.shape[1]))
        and all(type(r.bit_generator) is np.random.PCG64 for r in (actor.rng, world.np_random))
        and len(streams) == 2
    )


def train(
    agent: Any,
    env: Any,
    *,
    behaviour: Any,
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
    run = _Run(agent, env, behaviour, **how)
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
                check_user(env, me)
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
        behaviour: Any,
        steps: int | None,
        episodes: int | None,
        seed: int | None,
        first: int,
    ) -> None:
        self.agent, self.env = agent, env
        self.actor = agent if behaviour is None else behaviour
        self.world: Any = env.unwrapped
        self.kind = KINDS[type(agent)]
        m = self.world.model
        S, A, K = m.p.shape
        self.limit = env._max_episode_steps if type(env) is TimeLimit else -1
        self.seed = -1 if seed is None else int(seed)
        self.chances = (
            _upto(m.p.reshape(S * A, K)), m.s_next, m.r, m.terminated,
            _upto(self.world.start[None]), self.limit, self.seed,
        )  # fmt: skip
        self.last = -1 if episodes is None else first + episodes
        self.at = np.zeros(12, dtype=np.int64)
        self.at[loop.LEFT] = 2**62 if steps is None else steps
        self.at[loop.EPISODE], self.at[loop.PROMISE_S] = first, -1
        self.at[loop.UPDATES] = getattr(agent, "updates", 0)
        self.at[loop.LEARNED] = getattr(agent, "n_episodes", 0)
        self.sums = np.zeros(2)
        self.path = _path(max(4096, 2 * getattr(agent, "n", 0)))
        self.seen = np.zeros((S, A) if getattr(agent, "first_visit", False) else (1, 1), np.intp)
        self.returns, self.lengths = np.empty(1024), np.empty(1024, dtype=np.intp)
        self.alphas: FloatArray = np.empty(0)
        self.epsilons: FloatArray = np.empty(0)

    def go(self, steps: int) -> bool:
        """So many steps, or fewer if something was full; True at the end of the run."""
        agent, at, rng = self.agent, self.at, self.actor.rng
        pending = steps + int(at[loop.LAST])
        counts = getattr(agent, "visits", at[loop.UPDATES])
        alpha = self._alpha(int(counts.max()) + pending)
        epsilon = self._epsilon(pending)
        mine, theirs = stream_of(rng), stream_of(self.world.np_random)
        world = *self.chances, mine, theirs, at, self.sums
        rest = self.returns, self.lengths, steps, self.last
        run: Any
        if self.kind >= linear.LINEAR_TD:
            run, w = linear.run, np.atleast_2d(agent.w)
            why, n = run(
                self.kind, agent.phi, w, self._upto_pi(), agent.gamma, alpha, epsilon, *world, *rest
            )
        else:
            run, table, visits = loop.run, *self._tables()
            why, n = run(
                self.kind, table, visits, self._upto_pi(), getattr(agent, "gamma", 1.0), alpha,
                epsilon, getattr(agent, "n", 1), getattr(agent, "exploring_starts", False),
                getattr(agent, "first_visit", False), *world, *self.path, self.seen, *rest,
            )  # fmt: skip
        put_back(mine, rng)
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
        if why == loop.DIVERGED:
            agent.updates += 1
            still_finite(self.sums[1], "alpha")
        if why == loop.SCHEDULE_ENDS:
            raise ValueError(
                f"alpha and epsilon must give the same again, got an error at {abs(n)}"
            )
        return bool(why == loop.DONE)

    def _tables(self) -> tuple[FloatArray, IntArray]:
        """What a tabular agent learns, (S, A), or (S, 1) of TD(0), and its visits alike."""
        agent, S, A = self.agent, self.world.model.n_states, self.world.model.n_actions
        table = agent.v if self.kind == loop.TD_0 else getattr(agent, "q", np.empty((S, A)))
        return table.reshape(S, -1), agent.visits.reshape(S, -1)

    def _upto_pi(self) -> FloatArray:
        """Of the policy that is followed; empty, if the agent acts by what it learns."""
        if type(self.actor) in (Follow, TD0, LinearTD):
            return _upto(self.actor.pi)
        return np.empty((0, self.world.model.n_actions))

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
