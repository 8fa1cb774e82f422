"""Learning from whole episodes, without a model. [Zhao chapter 5]"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checks import (
    FloatArray,
    Schedule,
    check_alpha,
    check_count,
    check_finite,
    check_gamma,
    check_pi,
    check_rng,
    step_size,
)
from rlbook.control import TabularControl
from rlbook.dynamic_programming import Iterate
from rlbook.experience.reader import Reader
from rlbook.experience.steps import of_states
from rlbook.policy import greedy, sample, uniform
from rlbook.spaces import Env, check_env, check_tabular


def returns(rewards: Sequence[float] | FloatArray | array[float], gamma: float) -> FloatArray:
    """The return from each step of an episode on. [Zhao 5.3.2; (1.1), (1.2), (1.3), (7.16)]

        g_t = r_{t+1} + gamma g_{t+1}        g after the last step is 0

    rewards (T,); gamma from 0 to 1; returns g (T,). Raises ValueError for another gamma and for
    rewards that are not finite.
    """
    gamma, g = check_gamma(gamma), 0.0
    backwards = []
    for r in reversed(rewards):
        g = float(r) + gamma * g
        backwards.append(g)
    if not isfinite(g):  # what was not finite stays so
        check_finite(rewards, "rewards")
    return np.array(backwards[::-1])


def mc_basic(
    env: Env,
    gamma: float,
    *,
    episode_length: int,
    episodes_per_pair: int = 1,
    pi: npt.ArrayLike | None = None,
    rng: np.random.Generator,
) -> Iterator[Iterate]:
    """MC Basic: policy iteration with sampled action values. [Zhao Algorithm 5.1; (5.2)]

    Yields (max_a q_k, pi_{k+1}) for k = 0, 1, ..., (S,) and (S, A): q_k(s, a) is the mean return of
    the episodes that begin with (s, a) and follow pi_k, and pi_{k+1} is greedy for q_k.

    env                  begins where it is told, by reset(options={"state": s})
    gamma                from 0 to 1
    episode_length       an episode has so many steps, or fewer where the world ends it
    episodes_per_pair    so many episodes begin with each (s, a)
    pi                   pi_0 (S, A), uniform if None
    rng                  a Generator: what the policy and the first seed of env are drawn from

    Raises ValueError if env begins elsewhere, for spaces that are not Discrete, for another gamma,
    for lengths and numbers below 1, and for a pi that is no policy of env.
    """
    gamma = check_gamma(gamma)
    check_env(env)
    S, A = check_tabular(env, "q")
    check_count(episode_length, "episode_length")
    check_count(episodes_per_pair, "episodes_per_pair")
    check_rng(rng)
    pi_k = uniform(S, A) if pi is None else check_pi(pi, S, A)
    world = Reader(env)
    world.reset(seed=int(rng.integers(2**31)))
    while True:
        q = np.zeros((S, A))
        for s, a in np.ndindex(S, A):
            for _ in range(episodes_per_pair):
                q[s, a] += _rollout(world, s, a, pi_k, gamma, episode_length, rng)
        q /= episodes_per_pair
        pi_k = greedy(q)
        yield Iterate(q.max(-1), pi_k)


def _rollout(
    world: Reader,
    s: int,
    a: int,
    pi: FloatArray,
    gamma: float,
    length: int,
    rng: np.random.Generator,
) -> float:
    """The return of one episode that begins with (s, a) and then follows pi."""
    begun = world.reset(options={"state": s})
    if begun != s:
        raise ValueError(
            f"env must begin in state {s} after reset(options={{'state': {s}}}), got {begun}"
        )
    g, discount = 0.0, 1.0
    for k in range(length):
        s, r, terminated, truncated = world.step(a)
        g += discount * r
        discount *= gamma
        if terminated or truncated or k == length - 1:
            break
        a = sample(pi[s], rng)
    return g


class MonteCarlo(TabularControl):
    """Monte Carlo control, with exploring starts or epsilon-greedy.

    [Zhao Algorithms 5.2, 5.3; (5.3)]

        q(s, a) = the mean of all returns that were seen from (s, a) on

    At the end of an episode, terminated or truncated, the episode is read backwards and
    every visit of a pair gives its return to the mean. The policy changes with q, at the ends of
    episodes only.

    n_states, n_actions    whole numbers, S and A
    gamma                  from 0 to 1
    epsilon                from 0 to 1, or a function of the number of episodes so far
    exploring_starts       draw the first action of each episode uniformly; the world must be able
                           to begin in every state
    first_visit            True: only the first visit of an episode to a pair counts
    alpha                  None: plain means; a number in (0, 1], or a function of how often (s, a)
                           was visited: q moves by this share
    rng                    a Generator: what the agent draws from
    q                      the initial values, a number or (S, A): they direct the first steps and
                           have no share in any mean
    ties                   as in `Sarsa`: "first" or "random"

    If only the goal pays, write ties="random": with ties="first" the agent repeats action 0 among
    equals and may never see the goal. `visits` (S, A) counts the returns that were used. Raises
    ValueError for a number out of range, a q of another shape, and other ties.
    """

    holds = (
        "q", "gamma", "alpha", "epsilon", "exploring_starts", "first_visit", "n_episodes",
    )  # fmt: skip

    def __init__(
        self,
        n_states: int,
        n_actions: int,
        *,
        gamma: float,
        epsilon: Schedule,
        exploring_starts: bool = False,
        first_visit: bool = False,
        alpha: Schedule | None = None,
        rng: np.random.Generator,
        q: float | npt.ArrayLike = 0.0,
        ties: str = "first",
    ) -> None:
        super().__init__(n_states, n_actions, gamma=gamma, epsilon=epsilon, rng=rng, q=q, ties=ties)
        self.exploring_starts, self.first_visit = exploring_starts, first_visit
        self.alpha = None if alpha is None else check_alpha(alpha)
        self.n_episodes = 0
        self.begin()

    def begin(self) -> None:
        """Nothing is known yet of the episode to come; a long one takes 24 bytes a step."""
        self._s, self._a, self._r = array("q"), array("q"), array("d")

    def act(self, s: int, *, explore: bool = True) -> int:
        """Epsilon-greedy; the first action of an episode is uniform with exploring starts."""
        if explore and self.exploring_starts and not self._s:
            return int(self.rng.random() * self.q.shape[1])
        return super().act(s, explore=explore)

    @of_states
    def update(self, experience: Step) -> None:
        """Remember the step; at the end of an episode, learn from it all."""
        t = experience
        self._s.append(t.s)
        self._a.append(t.a)
        self._r.append(t.r)
        if t.terminated or t.truncated:
            self._learn()
            self.n_episodes += 1
            self.set_epsilon(self.n_episodes)
            self.begin()

    def _learn(self) -> None:
        g = returns(self._r, self.gamma)
        first: dict[tuple[int, int], int] = {}
        if self.first_visit:
            for k, pair in enumerate(zip(self._s, self._a, strict=True)):
                first.setdefault(pair, k)
        for k in range(len(g) - 1, -1, -1):
            s, a = self._s[k], self._a[k]
            if self.first_visit and first[s, a] != k:
                continue
            self.visits[s, a] += 1
            n = int(self.visits[s, a])
            alpha = 1 / n if self.alpha is None else step_size(self.alpha, n)
            self.q[s, a] += alpha * (g[k] - self.q[s, a])
