"""DDPG: the deterministic actor-critic with networks. [Lillicrap et al. 2016, Algorithm 1]

    w      <- w     - alpha_w mean of [ q(s, a, w) - y ] grad q(s, a, w)
              y = r + gamma q(s', mu(s', theta_T), w_T)
    theta  <- theta + alpha_theta mean of grad mu(s, theta) grad_a q(s, a, w) at a = mu(s, theta)
    w_T, theta_T follow w, theta slowly

It is Algorithm 10.4 of the book with what DQN added to Q-learning: a replay, and targets that lag
behind. Both networks have a target.

Two ways to set it, by name. DDPG(..., **PAPER) is the first authors', where this file allows it;
DDPG(..., **(PAPER | {"tau": 0.01})) is the same with another tau:

                         PRACTICE, the defaults     PAPER
    hidden layers        64, 64                     400, 300
    actor's step size    5e-4                       1e-4
    critic's step size   2e-3                       1e-3
    critic's L2          none                       1e-2
    tau                  2e-2                       1e-3
    noise                normal, 0.1                Ornstein-Uhlenbeck, 0.15 and 0.2
    first random steps   1000                       64, one batch
    replay               100,000                    1,000,000

In both the critic is the faster one: an actor that climbs a critic which has learned little yet is
soon at the bounds of its actions, where tanh is flat, and may stay there.

Left out of PAPER: batch normalisation, and the action that enters the critic at its second layer;
here it enters at the first. The 64 random steps are not the paper's: something must be there to
learn from. Of TD3 all three changes to DDPG are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from rlbook.agent import Agent, Step
from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_count,
    check_gamma,
    check_kind,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.experience.steps import checked
from rlbook.function_approximation.replay import Replay
from rlbook.functions.action_scale import ActionScale
from rlbook.functions.deterministic_policy import check_pair, slope_at_mu, value_of
from rlbook.functions.exploration_noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.functions.networks import MLP, check_hidden
from rlbook.functions.optimisers import Adam
from rlbook.functions.parametric import Parametric, check_critic
from rlbook.spaces import Action, Env, State, check_vector

Noise = Callable[[FloatArray, np.random.Generator], FloatArray]


@dataclass(frozen=True)
class DDPGSettings:
    """What `DDPG` and `TD3` may be told by name, beside the problem. [Lillicrap et al. 2016, 7]

    hidden         units of the hidden layers (relu) of actor and critic
    alpha_theta    the step size of the actor, Adam's
    alpha_w        the step size of the critic, Adam's
    l2             l2 |w|^2 / 2 is added to the critic's loss
    tau            w_T <- (1 - tau) w_T + tau w after each update, theta_T likewise; 1: no target
                   networks
    noise          GaussianNoise or OrnsteinUhlenbeckNoise, added to mu(s) where it explores. Where
                   reward is far away, as in MountainCarContinuous, nothing is found without much of
                   the second: OrnsteinUhlenbeckNoise(0.15, 0.5)
    warmup         so many steps at first act at random, uniformly in [-1, 1] of the agent's scale,
                   and do not learn
    capacity       how many steps are remembered
    batch          how many steps one update looks at

    Raises ValueError for a number out of range, and a noise that is no rule.
    """

    hidden: Sequence[int] = (64, 64)
    alpha_theta: float = 5e-4
    alpha_w: float = 2e-3
    l2: float = 0.0
    tau: float = 2e-2
    noise: Noise = GaussianNoise(0.1)  # noqa: RUF009 - it is frozen
    warmup: int = 1000
    capacity: int = 100_000
    batch: int = 64

    def __post_init__(self) -> None:
        check_hidden(self.hidden)
        check_number(self.alpha_theta, "alpha_theta", 0, above=True)
        check_number(self.alpha_w, "alpha_w", 0, above=True)
        check_number(self.l2, "l2", 0)
        check_number(self.tau, "tau", 0, 1, above=True)
        if not callable(self.noise) or isinstance(self.noise, type):
            raise ValueError(f"noise must be a rule such as GaussianNoise(0.1), got {self.noise!r}")
        check_count(self.warmup, "warmup", 0)
        check_count(self.capacity, "capacity")
        check_count(self.batch, "batch")


PRACTICE: Mapping[str, Any] = dict(vars(DDPGSettings()))
PAPER: Mapping[str, Any] = {
    "hidden": (400, 300), "alpha_theta": 1e-4, "alpha_w": 1e-3, "l2": 1e-2, "tau": 1e-3,
    "noise": OrnsteinUhlenbeckNoise(0.15, 0.2), "warmup": 64, "capacity": 1_000_000, "batch": 64,
}  # fmt: skip


class DDPG(Saved, Agent):
    """Deep deterministic policy gradient, for Box actions. [Lillicrap et al. 2016, Algorithm 1]

        y = r + gamma q(s', mu(s', theta_T), w_T)
        w <- w - alpha_w mean of [ q(s, a, w) - y ] grad q(s, a, w)
        theta <- theta + alpha_theta mean of grad mu(s, theta) grad_a q(s, a, w) at a = mu(s, theta)

    observation_space    a Box of one axis
    action_space         a Box of one axis. Where both bounds are finite the agent works on the
                         scale [-1, 1], each component by itself, and so does its noise; other
                         components are left as they are. Where the Box is of whole numbers, the n
                         of a component have equal shares of that scale, and act rounds
    actor, critic        functions of s, and of s and a side by side, instead of networks
    gamma                from 0 to 1
    rng                  a Generator: what the agent draws from, the first weights included

    The other settings are those of `DDPGSettings`: hidden, alpha_theta, alpha_w, l2, tau, noise,
    warmup, capacity, batch. `agent.settings` holds them.

    The defaults learn Pendulum. `update` takes a Step, remembers it and learns; or a batched Step,
    and learns from that. `last_loss` is the mean of (q - y)^2 / 2 at the last update, of two
    critics the second's. `n_episodes` counts the episodes that ended, so that a saved run goes on
    with first=agent.n_episodes.

    Raises ValueError for a number out of range, spaces of another kind, an action without bounds
    but no actor of one's own, whole numbers without bounds; TypeError for a setting of another
    name.
    """

    holds: tuple[str, ...] = ("actor", "critics", "gamma", "n_updates", "n_episodes")
    saved = (
        "actor", "target_actor", "critics", "target_critics", "actor_step", "critic_steps",
        "replay", "rng", "x", "steps", "n_updates", "n_episodes",
    )  # fmt: skip

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        actor: Parametric | None = None,
        critic: Parametric | None = None,
        gamma: float = 0.99,
        rng: np.random.Generator,
        **settings: Any,
    ) -> None:
        self.settings = DDPGSettings(**settings)
        self.gamma, self.rng = check_gamma(gamma), check_rng(rng)
        n = check_vector(observation_space, "observation_space")
        m = check_vector(action_space, "action_space")
        self.scale = ActionScale(action_space)
        if actor is None:
            self.scale.check_bounded()
            actor = MLP((n, *self.settings.hidden, m), rng=rng, output="tanh", last=3e-3)
        self.critics = self._critics(critic, n + m)
        check_kind(actor, Parametric, "actor")
        if actor.n_out != m:
            raise ValueError(f"actor must have {m} outputs, as actions have, got {actor.n_out}")
        for function in self.critics:
            check_pair(check_critic(function, "critic"), n, m, type(action_space))
        self.actor: Parametric = actor
        self.target_actor, self.target_critics = deepcopy(self.actor), deepcopy(self.critics)
        self.actor_step = Adam(self.actor, self.settings.alpha_theta)
        self.critic_steps = tuple(Adam(f, self.settings.alpha_w) for f in self.critics)
        self.replay = Replay(self.settings.capacity)
        self.x: FloatArray = np.zeros(m)
        self.steps = self.n_updates = self.n_episodes = 0
        self.last_loss = np.nan

    def _critics(self, given: Any, n_in: int) -> tuple[Parametric, ...]:
        """The critics: what was given, or a network."""
        return (self._network(n_in) if given is None else given,)

    def _network(self, n_in: int) -> MLP:
        return MLP((n_in, *self.settings.hidden, 1), rng=self.rng, last=3e-3)

    def begin(self) -> None:
        """An episode begins, and the noise with it."""
        self.x = np.zeros_like(self.x)

    def act(self, s: State, *, explore: bool = True) -> Action:
        """mu(s) with noise, within the bounds; mu(s) alone without exploring."""
        if explore and self.steps < self.settings.warmup:
            a: FloatArray = self.rng.uniform(-1, 1, self.x.shape)
        else:
            a = self.actor(s)
            if explore:
                self.x = self.settings.noise(self.x, self.rng)
                a = a + self.x
        return self.scale.to_world(a)

    def target(self, t: Step) -> FloatArray:
        """r + gamma q(s', mu(s')) of a batch, (B,), by the target networks; r where it ends."""
        q_next = value_of(self.target_critics[0], t.s_next, self.target_actor(t.s_next))
        return t.r + self.gamma * (1 - t.terminated) * q_next

    def update(self, experience: Step) -> None:
        """Remember a Step and learn; learn at once from a batched Step."""
        t = checked(experience)
        t = t._replace(a=self.scaled(t.a))
        if type(t.terminated) is not bool:
            self.learn(t)
            return
        self.replay.add(t)
        self.steps += 1
        self.n_episodes += bool(t.terminated or t.truncated)
        if self.steps > self.settings.warmup:
            self.learn(self.replay.sample(self.settings.batch, self.rng))

    def scaled(self, a: Action) -> FloatArray:
        """Actions of the world on the scale of the agent."""
        return self.scale.to_agent(a).astype(self.actor.theta.dtype)

    def learn(self, t: Step) -> None:
        """One update of the critic, of the actor, of the targets. Actions are scaled ones."""
        y, n = self.target(t), len(t.r)
        for critic, adam in zip(self.critics, self.critic_steps, strict=True):
            error = value_of(critic, t.s, t.a) - y  # (B,) - (B,)
            self.last_loss = float(error @ error) / (2 * n)
            still_finite(self.last_loss, "alpha_w")
            critic.backward(error[:, None] / n)
            if self.settings.l2:
                critic.grad += self.settings.l2 * critic.theta
            adam.step()
        self.n_updates += 1
        self._improve(t)

    def _improve(self, t: Step) -> None:
        """One step of the actor uphill, the critic standing still; then the targets follow."""
        slope = slope_at_mu(self.actor, self.critics[0], t.s)
        self.actor.backward(-slope)  # the mean of grad mu grad_a q; steps descend: minus
        self.actor_step.step()
        self.target_actor.blend(self.actor, self.settings.tau)
        for target, critic in zip(self.target_critics, self.critics, strict=True):
            target.blend(critic, self.settings.tau)

    def check(self, env: Env) -> None:
        """ValueError unless env has the observations of the networks and these very actions."""
        self.actor.check(env.observation_space, "observation_space")
        if env.action_space != self.scale.space:
            raise ValueError(f"action_space must be {self.scale.space}, got {env.action_space}")


class TD3(DDPG):
    """Twin delayed DDPG: a target that is not too high. [Fujimoto et al. 2018, Algorithm 1]

        y = r + gamma min( q_1(s', a'), q_2(s', a') ),    by the target networks
            a' = mu(s', theta_T) + e,    e ~ N(0, smoothing^2), cut at 2.5 smoothing

    critic       two functions of s and a side by side, in a tuple, instead of networks. With one,
                 (f,), the target takes its value
    delay        actor and targets move at every delay-th update of the critics
    smoothing    the deviation of the noise on the target's action, 0: none

    Raises ValueError for a delay below 1 and a smoothing below 0. Other arguments and errors as of
    `DDPG`. The actor follows the slope of the first critic.
    """

    holds = (*DDPG.holds, "delay", "smoothing")

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        delay: int = 2,
        smoothing: float = 0.2,
        **others: Any,
    ) -> None:
        self.delay = check_count(delay, "delay")
        self.smoothing = check_number(smoothing, "smoothing", 0)
        super().__init__(observation_space, action_space, **others)

    def _critics(self, given: Any, n_in: int) -> tuple[Parametric, ...]:
        if given is None:
            return self._network(n_in), self._network(n_in)
        if not isinstance(given, tuple) or not given:
            raise ValueError(f"critic must be a tuple of functions, got {given!r}")
        return given

    def target(self, t: Step) -> FloatArray:
        """r + gamma times the smaller q(s', a') of a batch, (B,); r where it ends."""
        a = self.target_actor(t.s_next)
        if self.smoothing:
            noise = self.smoothing * self.rng.standard_normal(a.shape).clip(-2.5, 2.5)
            a = np.clip(a + noise, self.scale.low, self.scale.high)
        q_next = reduce(np.minimum, (value_of(f, t.s_next, a) for f in self.target_critics))
        return t.r + self.gamma * (1 - t.terminated) * q_next

    def _improve(self, t: Step) -> None:
        if self.n_updates % self.delay == 0:
            super()._improve(t)
