"""Learning from each step: one update, and a target that says what differs. [Zhao chapter 7]

q(s, a) <- q(s, a) - alpha [ q(s, a) - target ]        (7.20)

Sarsa             r + gamma q(s', a')                   a' is the action that is taken next
Expected Sarsa    r + gamma sum_a pi(a|s') q(s', a)
n-step Sarsa      r + gamma r' + ... + gamma^n q(s_n, a_n)
Q-learning        r + gamma max_a q(s', a)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent, Step
from rlbook.checks import (
    FloatArray,
    check_alpha,
    check_array,
    check_count,
    check_distribution,
    check_epsilon,
    check_gamma,
    check_rng,
    initial,
    step_size,
)
from rlbook.experience.steps import of_states
from rlbook.policy import check_ties, epsilon_greedy, greedy, sample, sample_epsilon_greedy
from rlbook.spaces import check_tabular

Schedule = float | Callable[[int], float]


class TD0(Agent):
    """The values of a policy, from its experience. [Zhao (7.1)]

        v(s) <- v(s) - alpha [ v(s) - (r + gamma v(s')) ]

    pi       (S, A), the policy: the agent behaves by it, too
    gamma    from 0 to 1
    alpha    in (0, 1], or a function of how often s was visited
    rng      a Generator: what the agent draws from
    v        the initial values, a number or (S,)

    Raises ValueError for a number out of range, a pi that is no policy, a v of another shape.
    """

    def __init__(
        self,
        pi: npt.ArrayLike,
        *,
        gamma: float,
        alpha: Schedule,
        rng: np.random.Generator,
        v: float | npt.ArrayLike = 0.0,
    ) -> None:
        if (given := check_array(pi, "pi")).ndim != 2:
            raise ValueError(f"pi must have shape (S, A), got {given.shape}")
        self.pi = check_distribution(pi, "pi")
        self.gamma, self.alpha, self.rng = check_gamma(gamma), check_alpha(alpha), check_rng(rng)
        self.v = initial(v, (len(self.pi),), "v")
        self.visits = np.zeros(len(self.pi), dtype=np.intp)

    def act(self, s: int, *, explore: bool = True) -> int:
        """Draws from pi(. | s)."""
        return int(sample(self.pi[s], self.rng))

    def target(self, t: Step) -> Any:
        """r + gamma v(s'), and r alone where the episode ends."""
        return t.r + self.gamma * (1 - t.terminated) * self.v[t.s_next]

    @of_states
    def update(self, experience: Step) -> None:
        """One step of (7.1); a batch is taken step by step."""
        t = experience
        self.visits[t.s] += 1
        alpha = step_size(self.alpha, int(self.visits[t.s]))
        self.v[t.s] -= alpha * (self.v[t.s] - self.target(t))  # (7.1)

    def check(self, env: Any) -> None:
        """ValueError unless env has Discrete spaces of the shape of pi."""
        check_tabular(env, self.pi.shape, "pi")


class TD(Agent):
    """What Sarsa, Expected Sarsa, n-step Sarsa and Q-learning share. [Zhao (7.20)]

        q(s, a) <- q(s, a) - alpha [ q(s, a) - target ]

    n_states, n_actions    whole numbers, S and A
    gamma                  from 0 to 1
    alpha                  in (0, 1], or a function of how often (s, a) was visited
    epsilon                from 0 to 1, or a function of the number of updates so far
    rng                    a Generator: what the agent draws from
    q                      the initial values, a number or (S, A)
    ties                   which of the best actions it takes, if several are equal. "first": the
                           lowest. "random": one of them at random; `pi` and explore=False still
                           give the lowest, and `train` takes the plain loop, which is slower

    Behaves epsilon-greedily. Raises ValueError for a number out of range, a q of another shape, and
    other ties.
    """

    def __init__(
        self,
        n_states: int,
        n_actions: int,
        *,
        gamma: float,
        alpha: Schedule,
        epsilon: Schedule,
        rng: np.random.Generator,
        q: float | npt.ArrayLike = 0.0,
        ties: str = "first",
    ) -> None:
        self.gamma, self.alpha, self.rng = check_gamma(gamma), check_alpha(alpha), check_rng(rng)
        self.ties = check_ties(ties)
        self.epsilon_of = epsilon if callable(epsilon) else None
        self.epsilon = check_epsilon(epsilon(0) if callable(epsilon) else epsilon)
        shape = check_count(n_states, "n_states"), check_count(n_actions, "n_actions")
        self.q = initial(q, shape, "q")
        self.visits = np.zeros(self.q.shape, dtype=np.intp)
        self.updates = 0

    @abstractmethod
    def target(self, t: Any) -> Any:
        """What q(s, a) moves towards."""

    @property
    def pi(self) -> FloatArray:
        """The greedy policy, (S, A)."""
        return greedy(self.q)

    def act(self, s: int, *, explore: bool = True) -> int:
        """Epsilon-greedy; the greedy action without exploring."""
        return self.next_action(s) if explore else int(self.q[s].argmax())

    def next_action(self, s: int) -> int:
        """Draws from the epsilon-greedy policy in s."""
        return sample_epsilon_greedy(self.q[s], self.epsilon, self.rng, self.ties)

    @of_states
    def update(self, experience: Step) -> None:
        """One step of (7.20); a batch is taken step by step, so that none is lost."""
        self._move(experience.s, experience.a, self.target(experience))

    def _move(self, s: int, a: int, target: float) -> None:
        self.visits[s, a] += 1
        alpha = self.alpha
        if type(alpha) is not float:
            alpha = step_size(alpha, int(self.visits[s, a]))
        self.q[s, a] -= alpha * (self.q[s, a] - target)  # (7.20)
        self.updates += 1
        if self.epsilon_of is not None:
            self.epsilon = check_epsilon(self.epsilon_of(self.updates))

    def check(self, env: Any) -> None:
        """ValueError unless env has Discrete spaces of the shape of q."""
        check_tabular(env, self.q.shape, "q")


class Sarsa(TD):
    """Sarsa: the action of the target is the action that is taken next. [Zhao Algorithm 7.1]

        target = r + gamma q(s', a')

    The target draws a' and promises it: `promise` is (s', a') until `act` keeps it, or None. A
    promise ends with its episode. Every call of `target` draws and promises anew: who asks for one
    between update and act changes the action to come.

    From the experience of another policy, Sarsa still learns of its own: a' is drawn, not read.
    Arguments and errors as of `TD`.
    """

    promise: tuple[int, int] | None = None

    def act(self, s: int, *, explore: bool = True) -> int:
        """The promised action, if there is one for s; otherwise epsilon-greedy."""
        if not explore:
            return int(self.q[s].argmax())
        promise, self.promise = self.promise, None
        return promise[1] if promise is not None and promise[0] == s else self.next_action(s)

    def target(self, t: Step) -> float:
        """r + gamma q(s', a'); where the episode ends r alone, and nothing is drawn."""
        if t.terminated:
            return float(t.r)
        self.promise = t.s_next, self.next_action(t.s_next)
        return float(t.r + self.gamma * self.q[self.promise])

    def begin(self) -> None:
        """An episode begins: no promise is open."""
        self.promise = None

    @of_states
    def update(self, experience: Step) -> None:
        """One step of (7.20); an ended episode's promise is forgotten."""
        self._move(experience.s, experience.a, self.target(experience))
        if experience.terminated or experience.truncated:
            self.promise = None


class ExpectedSarsa(TD):
    """Expected Sarsa: the mean over the next action, instead of one. [Zhao 7.2.2]

        target = r + gamma sum_a pi(a|s') q(s', a)

    Arguments and errors as of `TD`.
    """

    def target(self, t: Step) -> Any:
        """r + gamma sum_a pi(a|s') q(s', a), pi being epsilon-greedy for q."""
        q = self.q[t.s_next]
        return t.r + self.gamma * (1 - t.terminated) * (epsilon_greedy(q, self.epsilon) * q).sum(-1)


class QLearning(TD):
    """Q-learning: the best next action, whoever chooses it. [Zhao Algorithms 7.2, 7.3]

        target = r + gamma max_a q(s', a)

    On-policy it learns from what it does; off-policy from what another agent did. Arguments and
    errors as of `TD`.
    """

    def target(self, t: Step) -> Any:
        """r + gamma max_a q(s', a)."""
        return t.r + self.gamma * (1 - t.terminated) * self.q[t.s_next].max(-1)


class NStepSarsa(Sarsa):
    """n-step Sarsa: n rewards, then an estimate. [Zhao (7.17)]

        target = r + gamma r' + ... + gamma^n q(s_n, a_n)

    (s_t, a_t) is updated when step t + n is known; n = 1 is Sarsa, an n beyond the longest episode
    is Monte Carlo. At the end of an episode the steps that still wait are updated with the rewards
    there are, and with an estimate of the last state only where the episode was truncated.

    It is on-policy: the n actions of its path must be its own. From another policy's experience it
    learns, for n > 1, the values of neither.

    n is a whole number, 1 or more. Other arguments and errors as of `TD`.
    """

    def __init__(self, n_states: int, n_actions: int, *, n: int, **options: Any) -> None:
        super().__init__(n_states, n_actions, **options)
        self.n = check_count(n, "n")
        self.path: list[Step] = []

    def begin(self) -> None:
        """An episode begins: no step waits, no promise is open."""
        self.path, self.promise = [], None

    def target(self, t: Sequence[Step]) -> float:
        """r + gamma r' + ... + gamma^n q(s_n, a_n) of a list of steps, n or fewer."""
        g, discount = 0.0, 1.0
        for step in t[:-1]:
            g += discount * step.r
            discount *= self.gamma
        return g + discount * super().target(t[-1])

    @of_states
    def update(self, experience: Step) -> None:
        """Update the step that is n steps old now; at an episode's end, all that wait."""
        self.path.append(experience)
        over = experience.terminated or experience.truncated
        while len(self.path) == self.n or (over and self.path):
            first = self.path[0]
            self._move(first.s, first.a, self.target(self.path))
            self.path = self.path[1:]
        if over:
            self.promise = None
