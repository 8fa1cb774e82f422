"""Deep Q-learning: Q-learning with a network, a replay and a target network. [Zhao 8.4]

    w <- w + alpha [ r + gamma max_a q(s', a, w_T) - q(s, a, w) ] grad q(s, a, w)

The mean of a batch. It is drawn from what is remembered, so that successive steps do not resemble
each other; w_T follows w at a distance, so that the target stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Step
from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_count,
    check_epsilon,
    check_gamma,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.experience.steps import checked
from rlbook.functions.networks import MLP, Adam, check_inputs
from rlbook.policy import sample_epsilon_greedy
from rlbook.replay import Replay
from rlbook.spaces import check_box, check_discrete


def anneal(first: float, last: float, steps: int) -> Callable[[int], float]:
    """A schedule for epsilon: from first to last on a straight line. Returns a function of k.

        epsilon_k = first + (last - first) min(k / steps, 1)

    first and last are numbers from 0 to 1; steps is a whole number, 1 or more. Raises ValueError
    for others.
    """
    first, last = check_epsilon(first), check_epsilon(last)
    check_count(steps, "steps")
    return lambda k: first + (last - first) * min(k / steps, 1.0)


class DQN(Saved):
    """Deep Q-learning. [Zhao 8.4, the second Algorithm 8.3]

        w <- w + alpha mean of [ r + gamma max_a q(s', a, w_T) - q(s, a, w) ] grad q(s, a, w)

    observation_space    a Box of one axis; or Discrete, and the network sees phi[s]
    action_space         Discrete
    hidden               units of the hidden layers
    activation           "relu" or "tanh", after each hidden layer
    phi                  (S, d) for Discrete observations; None: one-hot. Or (S, A, d): the network
                         sees a state and an action together, and has one output
    gamma                from 0 to 1
    lr                   the step size of Adam
    epsilon              from 0 to 1, or a function of the number of steps so far; None:
                         anneal(1, 0.04, 8000)
    batch                how many steps one update looks at
    capacity             how many steps are remembered
    warmup               no update before so many steps
    every, updates       after `every` steps, so many updates
    copy_every           the book's C: after so many updates w_T becomes w; 16 where tau is None
    tau                  or w_T <- (1 - tau) w_T + tau w after each update
    loss                 "squared", or "huber": linear from an error of 1 on, cutting its gradient
    bounds               (low, high), the least and the largest value that can be: targets are cut
                         there. With rewards from r_min to r_max these are r_min / (1 - gamma) and
                         r_max / (1 - gamma), or 0 where that is wider and episodes end. None: the
                         maximum over actions that were never tried may run away
    double               True: a network chooses the next action and the other values it
    rng                  a Generator: what the agent draws from, the first weights included

    The defaults balance CartPole's pole. `update` takes a Step, remembers it and learns when it is
    due; or a batched Step, and learns from that. `last_loss` is the loss of the last update. Raises
    ValueError for a number out of range, spaces of another kind, an unknown activation or loss,
    bounds of which the first is not the smaller one, both copy_every and tau.
    """

    saved = ("net", "target_net", "adam", "replay", "rng", "steps", "n_updates", "epsilon")

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: str = "relu",
        phi: npt.ArrayLike | None = None,
        gamma: float = 0.99,
        lr: float = 2.3e-3,
        epsilon: float | Callable[[int], float] | None = None,
        batch: int = 64,
        capacity: int = 100_000,
        warmup: int = 1000,
        every: int = 256,
        updates: int = 128,
        copy_every: int | None = None,
        tau: float | None = None,
        loss: str = "squared",
        bounds: tuple[float, float] | None = None,
        double: bool = False,
        rng: np.random.Generator,
    ) -> None:
        if copy_every is not None and tau is not None:
            raise ValueError(f"give copy_every or tau, and not both, got {copy_every} and {tau}")
        if copy_every is None and tau is None:
            copy_every = 16  # a long horizon takes many copies: see the page of chapter 8
        epsilon = anneal(1.0, 0.04, 8000) if epsilon is None else epsilon
        if loss not in ("huber", "squared"):
            raise ValueError(f"loss must be 'huber' or 'squared', got {loss!r}")
        if activation not in ("relu", "tanh"):
            raise ValueError(f"activation must be 'relu' or 'tanh', got {activation!r}")
        self.n_actions = check_discrete(action_space, "action_space")
        self.gamma, self.rng = check_gamma(gamma), check_rng(rng)
        self.epsilon_of = epsilon if callable(epsilon) else lambda _: epsilon
        self.epsilon = check_epsilon(self.epsilon_of(0))
        self.batch, self.warmup = check_count(batch, "batch"), check_count(warmup, "warmup")
        self.every, self.per_phase = check_count(every, "every"), check_count(updates, "updates")
        self.copy_every = None if copy_every is None else check_count(copy_every, "copy_every")
        self.tau = None if tau is None else check_number(tau, "tau", 0, 1, above=True)
        self.loss, self.double, self.bounds = loss, double, _check_bounds(bounds)

        if not isinstance(hidden, (tuple, list)):
            raise ValueError(f"hidden must be a tuple of whole numbers, got {hidden!r}")
        if phi is None and type(observation_space).__name__ == "Discrete":
            phi = np.eye(int(observation_space.n))
        inputs = None if phi is None else check_inputs(phi)
        self.pairs = inputs is not None and inputs.ndim == 3
        if inputs is None:
            n_in = (getattr(observation_space, "shape", None) or (1,))[0]
            check_box(observation_space, "observation_space", n_in)
        else:
            n_in = inputs.shape[-1]
            if self.pairs and inputs.shape[1] != self.n_actions:
                raise ValueError(
                    f"phi must have {self.n_actions} rows a state, got {inputs.shape[1]}"
                )
        sizes = (n_in, *hidden, 1 if self.pairs else self.n_actions)
        self.net = MLP(sizes, rng=rng, hidden=activation, phi=phi)
        self.net.check(observation_space, "observation_space")
        self.target_net = MLP(sizes, rng=rng, hidden=activation, phi=phi)
        self.target_net.blend(self.net, 1.0)
        self.adam = Adam(self.net, lr)
        self.replay = Replay(capacity)
        self.steps = self.n_updates = 0
        self.last_loss = np.nan

    def act(self, s: Any, *, explore: bool = True) -> int:
        """Epsilon-greedy; the greedy action without exploring."""
        q = self.q(s)
        return sample_epsilon_greedy(q, self.epsilon, self.rng) if explore else int(q.argmax())

    def q(self, s: Any, net: MLP | None = None) -> FloatArray:
        """The values of all actions in s, (..., A), by w or by another network."""
        y = (net or self.net)(s)
        return y[..., 0] if self.pairs else y

    def target(self, t: Step) -> FloatArray:
        """r + gamma max_a q(s', a, w_T) of a batch, (B,); r alone where the episode ends.

        With double=True w chooses, and w_T says what that is worth. Cut at the bounds, if any.
        """
        q_next = self.q(t.s_next, self.target_net)
        if self.double:
            best = self.q(t.s_next).argmax(-1)
            v_next = q_next[np.arange(len(best)), best]
        else:
            v_next = q_next.max(-1)
        target: FloatArray = t.r + self.gamma * (1 - t.terminated) * v_next  # Zhao 8.4
        return target if self.bounds is None else target.clip(*self.bounds)

    def update(self, experience: Step) -> None:
        """Remember a Step and learn when it is due; learn at once from a batched Step."""
        t = checked(experience)
        if type(t.terminated) is not bool:
            self.learn(t)
            return
        self.replay.add(t)
        self.steps += 1
        self.epsilon = check_epsilon(self.epsilon_of(self.steps))
        if self.steps >= self.warmup and self.steps % self.every == 0:
            for _ in range(self.per_phase):
                self.learn(self.replay.sample(self.batch, self.rng))

    def learn(self, t: Step) -> None:
        """One update of w from a batch, and of w_T when it is due."""
        target = self.target(t)
        chosen = (slice(None), 0) if self.pairs else (np.arange(len(t.a)), t.a)
        y = self.net((t.s, t.a) if self.pairs else t.s)
        error = y[chosen] - target  # (B,) - (B,)
        slope = error if self.loss == "squared" else error.clip(-1, 1)  # dL/dq of each sample
        self.last_loss = float((slope * (error - slope / 2)).mean())
        still_finite(self.last_loss, "lr")
        dy = np.zeros_like(y)
        dy[chosen] = slope / len(error)  # only q(s, a) of the action that was taken
        self.net.backward(dy)
        self.adam.step()
        self.n_updates += 1
        if self.tau is not None:
            self.target_net.blend(self.net, self.tau)
        elif self.copy_every is not None and self.n_updates % self.copy_every == 0:
            self.target_net.blend(self.net, 1.0)

    def check(self, env: Any) -> None:
        """ValueError unless env has the observations and actions of the network."""
        self.net.check(env.observation_space, "observation_space")
        check_discrete(env.action_space, "action_space", self.n_actions)


def _check_bounds(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    """None, or two finite numbers, the smaller one first."""
    if bounds is None:
        return None
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        raise ValueError(f"bounds must be two numbers, (low, high), got {bounds!r}")
    low, high = (check_number(x, "bounds") for x in bounds)
    if low >= high:
        raise ValueError(f"bounds must have the low one first, got {bounds!r}")
    return low, high
