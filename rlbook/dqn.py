"""Deep Q-learning: Q-learning with a network, a replay and a target network. [Zhao 8.4]

    w <- w + alpha [ r + gamma max_a q(s', a, w_T) - q(s, a, w) ] grad q(s, a, w)

The mean of a batch. It is drawn from what is remembered, so that successive steps do not resemble
each other; w_T follows w at a distance, so that the target stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from rlbook.control import EpsilonGreedy
from rlbook.experience.steps import checked
from rlbook.function_approximation.replay import Replay
from rlbook.functions.action_values import ActionIn, ActionOut, max_a
from rlbook.functions.networks import MLP, check_hidden, check_inputs
from rlbook.functions.optimisers import Adam
from rlbook.spaces import Env, State, check_discrete, check_vector


def anneal(first: float, last: float, steps: int) -> Callable[[int], float]:
    """A schedule for epsilon: from first to last on a straight line. Returns a function of k.

        epsilon_k = first + (last - first) min(k / steps, 1)

    first and last are numbers from 0 to 1; steps is a whole number, 1 or more. Raises ValueError
    for others.
    """
    first, last = check_epsilon(first), check_epsilon(last)
    check_count(steps, "steps")
    return lambda k: first + (last - first) * min(k / steps, 1.0)


@dataclass(frozen=True)
class DQNSettings:
    """The settings of `DQN`, given by name. [Zhao 8.4; Mnih et al. 2015]

    hidden               units of the hidden layers
    activation           "relu" or "tanh", after each hidden layer
    loss                 "squared", or "huber": linear from an error of 1 on, with a gradient of 1
    bounds               (low, high), the smallest and the largest possible value: targets are cut
                         there. With rewards from r_min to r_max these are r_min / (1 - gamma) and
                         r_max / (1 - gamma), or 0 where that is wider and episodes end. None: the
                         maximum over actions that were never tried may grow without limit
    batch                how many steps one update looks at
    capacity             how many steps are remembered
    warmup               no update before so many steps
    every, updates       after `every` steps, so many updates
    copy_every           the book's C: after so many updates w_T becomes w; None: 16 without a tau,
                         for a long horizon takes many copies
    tau                  or w_T <- (1 - tau) w_T + tau w after each update

    Raises ValueError for a number out of range, an unknown activation or loss, bounds of which the
    first is not the smaller one, both copy_every and tau.
    """

    hidden: Sequence[int] = (64, 64)
    activation: str = "relu"
    loss: str = "squared"
    bounds: tuple[float, float] | None = None
    batch: int = 64
    capacity: int = 100_000
    warmup: int = 1000
    every: int = 256
    updates: int = 128
    copy_every: int | None = None
    tau: float | None = None

    def __post_init__(self) -> None:
        check_hidden(self.hidden)
        for name, known in (("activation", ("relu", "tanh")), ("loss", ("huber", "squared"))):
            if (given := getattr(self, name)) not in known:
                raise ValueError(f"{name} must be {known[0]!r} or {known[1]!r}, got {given!r}")
        if self.bounds is not None:
            _check_bounds(self.bounds)
        for name in ("batch", "capacity", "warmup", "every", "updates"):
            check_count(getattr(self, name), name)
        if self.copy_every is not None and self.tau is not None:
            raise ValueError(
                f"give copy_every or tau, and not both, got {self.copy_every} and {self.tau}"
            )
        if self.copy_every is not None:
            check_count(self.copy_every, "copy_every")
        elif self.tau is not None:
            check_number(self.tau, "tau", 0, 1, above=True)
        else:
            object.__setattr__(self, "copy_every", 16)  # the page of chapter 8 says why


class DQN(Saved, EpsilonGreedy):
    """Deep Q-learning. [Zhao 8.4, the second Algorithm 8.3; (8.37), (8.38)]

        w <- w + alpha mean of [ r + gamma max_a q(s', a, w_T) - q(s, a, w) ] grad q(s, a, w)

    observation_space    a Box of one axis; or Discrete, and the network sees phi[s]
    action_space         Discrete
    phi                  (S, d) for Discrete observations; None: one-hot. Or (S, A, d): the network
                         sees a state and an action together, and has one output
    gamma                from 0 to 1
    lr                   the step size of Adam
    epsilon              from 0 to 1, or a function of the number of steps so far; None:
                         anneal(1, 0.04, 8000)
    rng                  a Generator: what the agent draws from, the first weights included

    The other settings are those of `DQNSettings`: hidden, activation, loss, bounds, batch,
    capacity, warmup, every, updates, copy_every, tau. `agent.settings` holds them.

    The defaults balance CartPole's pole. `update` takes a Step, remembers it and learns when it is
    due; or a batched Step, and learns from that. `last_loss` is the loss of the last update. Raises
    ValueError for a number out of range, spaces of another kind, and as DQNSettings; TypeError for
    a setting of another name.
    """

    holds = ("net", "gamma", "epsilon", "steps", "n_updates", "replay")
    saved = ("net", "target_net", "adam", "replay", "rng", "steps", "n_updates", "epsilon")

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        phi: npt.ArrayLike | None = None,
        gamma: float = 0.99,
        lr: float = 2.3e-3,
        epsilon: float | Callable[[int], float] | None = None,
        rng: np.random.Generator,
        **settings: Any,
    ) -> None:
        self.settings = DQNSettings(**settings)
        self.n_actions = check_discrete(action_space, "action_space")
        self.gamma, self.rng = check_gamma(gamma), check_rng(rng)
        epsilon = anneal(1.0, 0.04, 8000) if epsilon is None else epsilon
        super().__init__(epsilon, rng)

        if phi is None and type(observation_space).__name__ == "Discrete":
            phi = np.eye(int(observation_space.n))
        n_in, self.values_of = _inputs(observation_space, phi, self.n_actions)
        n_out = 1 if self.values_of is ActionIn else self.n_actions
        sizes, hidden = (n_in, *self.settings.hidden, n_out), self.settings.activation
        self.net = MLP(sizes, rng=rng, hidden=hidden, phi=phi)
        self.net.check(observation_space, "observation_space")
        self.target_net = MLP(sizes, rng=rng, hidden=hidden, phi=phi)
        self.target_net.blend(self.net, 1.0)
        self.adam = Adam(self.net, lr)
        self.replay = Replay(self.settings.capacity)
        self.steps = self.n_updates = 0
        self.last_loss = np.nan

    def q_of(self, s: State) -> FloatArray:
        """q(s, .), (A,), by w."""
        return self.q(s)

    def q(self, s: State, net: MLP | None = None) -> FloatArray:
        """The values of all actions in s, (..., A), by w or by another network."""
        return self.values_of(net or self.net)(s)

    def target(self, t: Step) -> FloatArray:
        """r + gamma max_a q(s', a, w_T) of a batch, (B,); r alone where the episode ends.

        Cut at the bounds, if any.
        """
        v_next = max_a(self.q(t.s_next, self.target_net))
        return self._within(t.r + self.gamma * (1 - t.terminated) * v_next)  # Zhao 8.4

    def _within(self, target: FloatArray) -> FloatArray:
        return target if self.settings.bounds is None else target.clip(*self.settings.bounds)

    def update(self, experience: Step) -> None:
        """Remember a Step and learn when it is due; learn at once from a batched Step."""
        t = checked(experience)
        if type(t.terminated) is not bool:
            self.learn(t)
            return
        self.replay.add(t)
        self.steps += 1
        self.set_epsilon(self.steps)
        if self.steps >= self.settings.warmup and self.steps % self.settings.every == 0:
            for _ in range(self.settings.updates):
                self.learn(self.replay.sample(self.settings.batch, self.rng))

    def learn(self, t: Step) -> None:
        """One update of w from a batch, and of w_T when it is due."""
        target, q = self.target(t), self.values_of(self.net)
        error = q.of_pairs(t.s, t.a) - target  # (B,) - (B,)
        slope = error if self.settings.loss == "squared" else error.clip(-1, 1)  # dL/dq
        self.last_loss = float((slope * (error - slope / 2)).sum()) / len(error)
        still_finite(self.last_loss, "lr")
        q.backward(slope / len(error))
        self.adam.step()
        self.n_updates += 1
        if self.settings.tau is not None:
            self.target_net.blend(self.net, self.settings.tau)
        elif self.settings.copy_every and self.n_updates % self.settings.copy_every == 0:
            self.target_net.blend(self.net, 1.0)

    def check(self, env: Env) -> None:
        """ValueError unless env has the observations and actions of the network."""
        self.net.check(env.observation_space, "observation_space")
        check_discrete(env.action_space, "action_space", self.n_actions)


class DoubleDQN(DQN):
    """Double deep Q-learning: w chooses the next action, w_T values it. [van Hasselt et al. 2016]

        w <- w + alpha mean of [ r + gamma q(s', a', w_T) - q(s, a, w) ] grad q(s, a, w)
             a' = argmax_a q(s', a, w)

    The maximum over noisy values is too high on average: here one network chooses the action, and
    the other values it. Arguments and errors as of `DQN`.
    """

    def target(self, t: Step) -> FloatArray:
        """r + gamma q(s', argmax_a q(s', a, w), w_T) of a batch, (B,); otherwise as of DQN."""
        best = self.q(t.s_next).argmax(-1)
        v_next = self.q(t.s_next, self.target_net)[np.arange(len(best)), best]
        return self._within(t.r + self.gamma * (1 - t.terminated) * v_next)


def _inputs(
    observation_space: Any, phi: npt.ArrayLike | None, n_actions: int
) -> tuple[int, type[ActionOut]]:
    """How many inputs the network has, and how values are read from it."""
    if phi is None:
        return check_vector(observation_space, "observation_space"), ActionOut
    inputs = check_inputs(phi)
    if inputs.ndim == 2:
        return inputs.shape[-1], ActionOut
    if inputs.shape[1] != n_actions:
        raise ValueError(f"phi must have {n_actions} rows a state, got {inputs.shape[1]}")
    return inputs.shape[-1], ActionIn


def _check_bounds(bounds: tuple[float, float]) -> None:
    """Two finite numbers, the smaller one first."""
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        raise ValueError(f"bounds must be two numbers, (low, high), got {bounds!r}")
    low, high = (check_number(x, "bounds") for x in bounds)
    if low >= high:
        raise ValueError(f"bounds must have the low one first, got {bounds!r}")
