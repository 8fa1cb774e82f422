"""Learning action values while acting on them: what the methods of chapters 5, 7 and 8 share.

EpsilonGreedy     behaves by its own q(s, .)
TabularControl    has q in a table
KeepsPromises     takes the action that its target was made with: Sarsa
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent, Step
from rlbook.checks import (
    FloatArray,
    Schedule,
    check_count,
    check_epsilon,
    check_gamma,
    check_rng,
    initial,
)
from rlbook.policy import check_ties, greedy, sample_epsilon_greedy
from rlbook.spaces import Env, State, check_tabular


class EpsilonGreedy(Agent):
    """Behaves epsilon-greedily for the action values that it has so far. [Zhao 5.4.1]

    epsilon    from 0 to 1, or a function of a count, of updates or of episodes
    rng        a Generator: what the agent draws from
    ties       "first" or "random": which of the best actions it takes, if several are equal
    """

    def __init__(self, epsilon: Schedule, rng: np.random.Generator, ties: str = "first") -> None:
        self.rng, self.ties = check_rng(rng), check_ties(ties)
        self.epsilon_of = epsilon if callable(epsilon) else None
        self.epsilon = check_epsilon(epsilon(0) if callable(epsilon) else epsilon)

    @abstractmethod
    def q_of(self, s: State) -> FloatArray:
        """q(s, .), (A,)."""

    def act(self, s: State, *, explore: bool = True) -> int:
        """Epsilon-greedy; the greedy action without exploring."""
        return self.next_action(s) if explore else int(self.q_of(s).argmax())

    def next_action(self, s: State) -> int:
        """Draws from the epsilon-greedy policy in s."""
        return sample_epsilon_greedy(self.q_of(s), self.epsilon, self.rng, self.ties)

    def set_epsilon(self, n: int) -> None:
        """Set epsilon for count n, if epsilon is a function."""
        if self.epsilon_of is not None:
            self.epsilon = check_epsilon(self.epsilon_of(n))


class TabularControl(EpsilonGreedy):
    """Has the action values in a table: q (S, A). `visits` (S, A) counts what q learned from."""

    def __init__(
        self,
        n_states: int,
        n_actions: int,
        *,
        gamma: float,
        epsilon: Schedule,
        rng: np.random.Generator,
        q: float | npt.ArrayLike,
        ties: str,
    ) -> None:
        super().__init__(epsilon, rng, ties)
        self.gamma = check_gamma(gamma)
        shape = check_count(n_states, "n_states"), check_count(n_actions, "n_actions")
        self.q = initial(q, shape, "q")
        self.visits = np.zeros(shape, dtype=np.intp)

    @property
    def pi(self) -> FloatArray:
        """The greedy policy, (S, A)."""
        return greedy(self.q)

    def q_of(self, s: int) -> FloatArray:
        """q(s, .), (A,)."""
        return self.q[s]

    def next_action(self, s: int) -> int:
        """Draws from the epsilon-greedy policy in s."""
        return sample_epsilon_greedy(self.q[s], self.epsilon, self.rng, self.ties)

    def check(self, env: Env) -> None:
        """ValueError unless env has Discrete spaces of the shape of q."""
        check_tabular(env, "q", self.q.shape)


class KeepsPromises(EpsilonGreedy):
    """Takes the next action a' that its target was made with. [Zhao Algorithm 7.1]

    Sarsa draws a' for the target first and must then take it.
    `promise` is (s', a') until `act` keeps it, or None. It ends with its episode.
    """

    promise: tuple[State, int] | None = None

    def promised_action(self, t: Step) -> int:
        """Draws a' for s', and promises it unless the episode is over."""
        a_next = self.next_action(t.s_next)
        self.promise = None if t.truncated else (t.s_next, a_next)
        return a_next

    def act(self, s: State, *, explore: bool = True) -> int:
        """The promised action, if there is one for s; otherwise epsilon-greedy."""
        if not explore:
            return super().act(s, explore=False)
        promise, self.promise = self.promise, None
        if promise is not None and (promise[0] is s or np.array_equal(promise[0], s)):
            return promise[1]
        return self.next_action(s)

    def begin(self) -> None:
        """An episode begins: no promise is open."""
        self.promise = None
