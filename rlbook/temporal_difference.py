"""Learning from each step: one update, and a target that says what differs. [Zhao chapter 7]

q(s, a) <- q(s, a) - alpha [ q(s, a) - target ]        (7.20)

q(s, a) - target is the TD error of chapter 7; chapter 10 takes it with the other sign.

Sarsa             r + gamma q(s', a')                   a' is the action that is taken next
Expected Sarsa    r + gamma sum_a pi(a|s') q(s', a)
n-step Sarsa      r + gamma r' + ... + gamma^n q(s_n, a_n)
Q-learning        r + gamma max_a q(s', a)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Follow, Step
from rlbook.checks import Schedule, check_alpha, check_count, check_gamma, initial, step_size
from rlbook.control import KeepsPromises, TabularControl
from rlbook.experience.steps import of_states
from rlbook.policy import epsilon_greedy


class TD0(Follow):
    """The values of a policy, from its experience. [Zhao (7.1); (7.2), (7.7), (7.8)]

        v(s) <- v(s) - alpha [ v(s) - (r + gamma v(s')) ]

    pi       (S, A), the policy: the agent behaves by it, too
    gamma    from 0 to 1
    alpha    in (0, 1], or a function of how often s was visited
    rng      a Generator: what the agent draws from
    v        the initial values, a number or (S,)

    Unlike Follow it learns: v, (S,). `visits` (S,) counts the steps from each state.

    Raises ValueError for a number out of range, a pi that is no policy, a v of another shape.
    """

    holds = ("v", "gamma", "alpha", "visits")

    def __init__(
        self,
        pi: npt.ArrayLike,
        *,
        gamma: float,
        alpha: Schedule,
        rng: np.random.Generator,
        v: float | npt.ArrayLike = 0.0,
    ) -> None:
        super().__init__(pi, rng)
        self.gamma, self.alpha = check_gamma(gamma), check_alpha(alpha)
        self.v = initial(v, (len(self.pi),), "v")
        self.visits = np.zeros(len(self.pi), dtype=np.intp)

    def target(self, t: Step) -> Any:
        """The TD target (7.6): r + gamma v(s'), and r alone where the episode ends."""
        return t.r + self.gamma * (1 - t.terminated) * self.v[t.s_next]

    @of_states
    def update(self, experience: Step) -> None:
        """One step of (7.1); a batch is taken step by step."""
        t = experience
        self.visits[t.s] += 1
        alpha = step_size(self.alpha, int(self.visits[t.s]))
        self.v[t.s] -= alpha * (self.v[t.s] - self.target(t))  # (7.1)


class TD(TabularControl):
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

    Behaves epsilon-greedily. If only the goal pays, write ties="random": with ties="first" the
    agent repeats action 0 among equals and may never see the goal.

    Raises ValueError for a number out of range, a q of another shape, and other ties.
    """

    holds: tuple[str, ...] = ("q", "gamma", "alpha", "epsilon", "updates")

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
        super().__init__(n_states, n_actions, gamma=gamma, epsilon=epsilon, rng=rng, q=q, ties=ties)
        self.alpha, self.updates = check_alpha(alpha), 0

    @abstractmethod
    def target(self, t: Any) -> Any:
        """What q(s, a) moves towards."""

    @of_states
    def update(self, experience: Step) -> None:
        """One step of (7.20); a batch is taken step by step, so that none is lost."""
        self._move(experience.s, experience.a, self.target(experience))

    def _move(self, s: int, a: int, target: float) -> None:
        self.visits[s, a] += 1
        alpha = step_size(self.alpha, int(self.visits[s, a]))
        self.q[s, a] -= alpha * (self.q[s, a] - target)  # (7.20)
        self.updates += 1
        if self.epsilon_of is not None:
            self.set_epsilon(self.updates)


class Sarsa(KeepsPromises, TD):
    """Sarsa: the action of the target is the action that is taken next.

    [Zhao Algorithm 7.1; (7.12)]

        target = r + gamma q(s', a')

    The target draws a' and promises it: `promise` is (s', a') until `act` keeps it, or None. A
    promise ends with its episode. Every call of `target` draws and promises anew: calling
    `target` yourself between update and act changes the next action.

    From the experience of another policy, Sarsa still learns of its own: a' is drawn, not read.
    Arguments and errors as of `TD`.
    """

    def target(self, t: Step) -> float:
        """r + gamma q(s', a'); where the episode ends r alone, and nothing is drawn."""
        if t.terminated:
            self.promise = None
            return float(t.r)
        a_next = self.promised_action(t)
        return float(t.r + self.gamma * self.q[t.s_next, a_next])


class ExpectedSarsa(TD):
    """Expected Sarsa: the mean over the next action, instead of one. [Zhao 7.2.2; (7.15)]

        target = r + gamma sum_a pi(a|s') q(s', a)

    Arguments and errors as of `TD`.
    """

    def target(self, t: Step) -> Any:
        """r + gamma sum_a pi(a|s') q(s', a), pi being epsilon-greedy for q."""
        q = self.q[t.s_next]
        return t.r + self.gamma * (1 - t.terminated) * (epsilon_greedy(q, self.epsilon) * q).sum(-1)


class QLearning(TD):
    """Q-learning: the best next action, whatever the agent does next.

    [Zhao Algorithms 7.2, 7.3; (7.18), (7.19)]

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
    learns, for n > 1, the values of neither policy.

    n is a whole number, 1 or more. Other arguments and errors as of `TD`.
    """

    holds = ("n", *TD.holds)

    def __init__(self, n_states: int, n_actions: int, *, n: int, **options: Any) -> None:
        super().__init__(n_states, n_actions, **options)
        self.n = check_count(n, "n")
        self.path: list[Step] = []

    def begin(self) -> None:
        """An episode begins: no step waits, no promise is open."""
        super().begin()
        self.path = []

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
