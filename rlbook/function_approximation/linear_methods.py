"""Values that are a weighted sum of features: TD learning where no table fits. [Zhao chapter 8]

    v(s)    = phi(s)^T w            w (d,)
    q(s, a) = phi(s)^T w[a]         w (A, d): a block of weights for each action

    w <- w + alpha [ target - q(s, a) ] phi(s)        the table's update, seen through the features

phi is an array (S, d), a row a state, or a function of an observation, such as `tile_coding` makes.
With the features of `one_hot` each method is the one of chapter 7, bit for bit.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checks import (
    FloatArray,
    Schedule,
    check_alpha,
    check_count,
    check_gamma,
    check_rng,
    step_size,
    still_finite,
)
from rlbook.control import EpsilonGreedy, KeepsPromises
from rlbook.experience.steps import step_by_step
from rlbook.function_approximation.linear_agent import LinearAgent, LinearEvaluation, Policy
from rlbook.functions.features import Features
from rlbook.policy import greedy
from rlbook.spaces import Env, State, check_discrete


class LinearTD(LinearEvaluation):
    """TD-Linear: the values of a policy, from its experience.

    [Zhao Algorithm 8.1; (8.13), (8.14)]

        w <- w + alpha [ r + gamma phi(s')^T w - phi(s)^T w ] phi(s)

    phi      (S, d), or a function of an observation
    pi       (S, A), or a function of an observation: the agent behaves by it, too
    gamma    from 0 to 1
    alpha    in (0, 1], or a function of the number of updates, from 1 on
    rng      a Generator: what the agent draws from
    w        the initial weights, a number or (d,); zero if None

    Raises ValueError for a number out of range, a pi that is no policy, a phi of another shape.
    """

    holds = ("w", "gamma", "alpha", "updates")

    def __init__(
        self,
        phi: Features,
        pi: Policy,
        *,
        gamma: float,
        alpha: Schedule,
        rng: np.random.Generator,
        w: npt.ArrayLike | None = None,
    ) -> None:
        super().__init__(phi, pi, gamma=gamma, rng=check_rng(rng), w=w)
        self.alpha, self.updates = check_alpha(alpha), 0

    def _allocate(self, d: int) -> None:
        self.n_features, self.w = d, np.zeros(d)

    def target(self, t: Step) -> Any:
        """r + gamma phi(s')^T w, and r alone where the episode ends."""
        return t.r + self.gamma * (1 - t.terminated) * (self.features(t.s_next) @ self.w)

    @step_by_step
    def update(self, experience: Step) -> None:
        """One step of TD-Linear; a batch is taken step by step."""
        t = experience
        self.updates += 1
        alpha, x = step_size(self.alpha, self.updates), self.features(t.s)
        error = x @ self.w - self.target(t)
        still_finite(error, "alpha")
        self.w -= alpha * error * x  # Algorithm 8.1


class LinearControl(LinearAgent, EpsilonGreedy):
    """What Sarsa and Q-learning with linear values share. [Zhao Algorithms 8.2, 8.3]

        w[a] <- w[a] + alpha [ target - phi(s)^T w[a] ] phi(s)

    Behaves epsilon-greedily. Arguments and errors as of `LinearSarsa`.
    """

    holds = ("w", "gamma", "alpha", "epsilon", "updates")

    def __init__(
        self,
        phi: Features,
        n_actions: int,
        *,
        gamma: float,
        alpha: Schedule,
        epsilon: Schedule,
        rng: np.random.Generator,
        w: npt.ArrayLike | None = None,
        ties: str = "first",
    ) -> None:
        EpsilonGreedy.__init__(self, epsilon, rng, ties)
        self.gamma, self.alpha = check_gamma(gamma), check_alpha(alpha)
        self.n_actions, self.updates = check_count(n_actions, "n_actions"), 0
        LinearAgent.__init__(self, phi, None, w)

    def _allocate(self, d: int) -> None:
        self.n_features, self.w = d, np.zeros((self.n_actions, d))

    @abstractmethod
    def target(self, t: Step) -> Any:
        """What q(s, a) moves towards."""

    @property
    def q(self) -> FloatArray:
        """The values of all pairs, (S, A), where phi is an array."""
        return self._all_features() @ self.w.T

    @property
    def pi(self) -> FloatArray:
        """The greedy policy, (S, A), where phi is an array."""
        return greedy(self.q)

    def q_of(self, s: State) -> FloatArray:
        """q(s, .), (A,)."""
        x = self.features(s)  # first: it may say how many features w has
        return x @ self.w.T

    @step_by_step
    def update(self, experience: Step) -> None:
        """One step of Algorithms 8.2 and 8.3; a batch is taken step by step."""
        t = experience
        x, target = self.features(t.s), self.target(t)
        self.updates += 1
        alpha = step_size(self.alpha, self.updates)
        error = x @ self.w[t.a] - target
        still_finite(error, "alpha")
        self.w[t.a] -= alpha * error * x  # Algorithms 8.2 and 8.3
        self.set_epsilon(self.updates)

    def check(self, env: Env) -> None:
        """ValueError unless env has n_actions and, where phi is an array, its states."""
        super().check(env)
        check_discrete(env.action_space, "action_space", self.n_actions, "n_actions")


class LinearSarsa(KeepsPromises, LinearControl):
    """Sarsa with linear values. [Zhao Algorithm 8.2; (8.35)]

        w[a] <- w[a] + alpha [ r + gamma phi(s')^T w[a'] - phi(s)^T w[a] ] phi(s)

    phi          (S, d), or a function of an observation
    n_actions    a whole number, A
    gamma        from 0 to 1
    alpha        in (0, 1], or a function of the number of updates, from 1 on
    epsilon      from 0 to 1, or a function of the number of updates so far
    rng          a Generator: what the agent draws from
    w            the initial weights, a number or (A, d), a row for each action; zero if None
    ties         as in `Sarsa`: "first" or "random"

    The target draws a' and promises it, as in `Sarsa`: `promise` is (s', a') until `act` keeps it,
    or None, and it ends with its episode. Raises ValueError for a number out of range, a phi of
    another shape, and other ties.
    """

    def target(self, t: Step) -> float:
        """r + gamma phi(s')^T w[a']; where the episode ends r alone, and nothing is drawn."""
        if t.terminated:
            self.promise = None
            return float(t.r)
        a_next = self.promised_action(t)
        return float(t.r + self.gamma * (self.features(t.s_next) @ self.w[a_next]))


class LinearQLearning(LinearControl):
    """Q-learning with linear values. [Zhao Algorithm 8.3; (8.36)]

        w[a] <- w[a] + alpha [ r + gamma max_b phi(s')^T w[b] - phi(s)^T w[a] ] phi(s)

    Arguments and errors as of `LinearSarsa`.
    """

    def target(self, t: Step) -> Any:
        """r + gamma max_a phi(s')^T w[a]."""
        return t.r + self.gamma * (1 - t.terminated) * self.q_of(t.s_next).max(-1)
