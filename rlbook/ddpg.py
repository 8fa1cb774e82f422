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
learn from. TD3 [Fujimoto et al. 2018] is three options: DDPG(..., **TD3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import reduce
from typing import Any

import numpy as np

from rlbook.agent import Step
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
from rlbook.functions.deterministic_policy import check_pair, slope_at_mu, value_of
from rlbook.functions.exploration_noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.functions.networks import MLP, Adam
from rlbook.functions.parametric import Parametric, check_critic
from rlbook.replay import Replay
from rlbook.spaces import check_box

PRACTICE: Mapping[str, Any] = {
    "hidden": (64, 64), "alpha_theta": 5e-4, "alpha_w": 2e-3, "l2": 0.0, "tau": 2e-2,
    "noise": GaussianNoise(0.1), "warmup": 1000, "capacity": 100_000, "batch": 64,
}  # fmt: skip
PAPER: Mapping[str, Any] = {
    "hidden": (400, 300), "alpha_theta": 1e-4, "alpha_w": 1e-3, "l2": 1e-2, "tau": 1e-3,
    "noise": OrnsteinUhlenbeckNoise(0.15, 0.2), "warmup": 64, "capacity": 1_000_000, "batch": 64,
}  # fmt: skip
TD3: Mapping[str, Any] = {"twin": True, "delay": 2, "smoothing": 0.2}

Noise = Callable[[FloatArray, np.random.Generator], FloatArray]


class DDPG(Saved):
    """Deep deterministic policy gradient, for Box actions. [Lillicrap et al. 2016, Algorithm 1]

        y = r + gamma q(s', mu(s', theta_T), w_T)
        w <- w - alpha_w mean of [ q(s, a, w) - y ] grad q(s, a, w)
        theta <- theta + alpha_theta mean of grad mu(s, theta) grad_a q(s, a, w) at a = mu(s, theta)

    observation_space    a Box of one axis
    action_space         a Box of one axis. Where both bounds are finite the agent works on the
                         scale [-1, 1], each component by itself, and knows the world's own units in
                         `act` and `update` alone; other components are left as they are. Where the
                         Box is of whole numbers, the n of a component have equal shares of that
                         scale, 2 / n each, and act rounds: noise of less is hardly seen
    hidden               units of the hidden layers (relu) of actor and critic
    actor, critic        functions of s, and of s and a side by side, instead of these networks
    gamma                from 0 to 1
    alpha_theta          the step size of the actor, Adam's
    alpha_w              the step size of the critic, Adam's
    l2                   l2 |w|^2 / 2 is added to the critic's loss
    tau                  w_T <- (1 - tau) w_T + tau w after each update, theta_T likewise; 1: no
                         target networks
    batch                how many steps one update looks at
    capacity             how many steps are remembered
    warmup               so many steps at first act at random, uniformly in [-1, 1] of the agent's
                         scale, and do not learn
    noise                GaussianNoise or OrnsteinUhlenbeckNoise, added to mu(s) where it explores.
                         Where reward is far away, as in MountainCarContinuous, nothing is found
                         without much of the second: OrnsteinUhlenbeckNoise(0.15, 0.5)
    twin                 TD3: two critics, and the target takes the smaller value
    delay                TD3: actor and targets move at every delay-th update of the critic
    smoothing            TD3: noise N(0, smoothing^2), cut at 2.5 of them, on the target's action
    rng                  a Generator: what the agent draws from, the first weights included

    The defaults learn Pendulum. `update` takes a Step, remembers it and learns; or a batched Step,
    and learns from that. `last_loss` is the mean of (q - y)^2 / 2 at the last update, of two
    critics the second's. `n_episodes` counts the episodes that ended, so that a saved run goes on
    with first=agent.n_episodes.

    Raises ValueError for a number out of range, spaces of another kind, an action without bounds
    but no actor of one's own, whole numbers without bounds, a critic of one's own and twin.
    """

    saved = (
        "actor", "target_actor", "critics", "target_critics", "actor_step", "critic_steps",
        "replay", "rng", "x", "steps", "n_updates", "n_episodes",
    )  # fmt: skip

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        hidden: Sequence[int] = (64, 64),
        actor: Parametric | None = None,
        critic: Parametric | None = None,
        gamma: float = 0.99,
        alpha_theta: float = 5e-4,
        alpha_w: float = 2e-3,
        l2: float = 0.0,
        tau: float = 2e-2,
        batch: int = 64,
        capacity: int = 100_000,
        warmup: int = 1000,
        noise: Noise = GaussianNoise(0.1),  # noqa: B008 - it is frozen
        twin: bool = False,
        delay: int = 1,
        smoothing: float = 0.0,
        rng: np.random.Generator,
    ) -> None:
        self.gamma, self.rng = check_gamma(gamma), check_rng(rng)
        self.l2, self.tau = check_number(l2, "l2", 0), check_number(tau, "tau", 0, 1, above=True)
        self.batch, self.warmup = check_count(batch, "batch"), check_count(warmup, "warmup", 0)
        self.delay, self.smoothing = (
            check_count(delay, "delay"),
            check_number(smoothing, "smoothing", 0),
        )
        check_number(alpha_theta, "alpha_theta", 0, above=True)
        check_number(alpha_w, "alpha_w", 0, above=True)
        if not callable(noise) or isinstance(noise, type):
            raise ValueError(f"noise must be a rule such as GaussianNoise(0.1), got {noise!r}")
        self.noise = noise
        if critic is not None and twin:
            raise ValueError("twin draws both critics itself, got a critic as well")

        n, m = _width(observation_space, "observation_space"), _width(action_space, "action_space")
        self.action_space = action_space
        low, high = (np.asarray(x, float) for x in (action_space.low, action_space.high))
        bounded = action_space.bounded_below & action_space.bounded_above
        self.whole = np.dtype(action_space.dtype).kind in "iub"
        if self.whole and not (bounded & (low >= -(2**53)) & (high <= 2**53)).all():
            raise ValueError(f"action_space of whole numbers must have bounds, got {action_space}")
        if actor is None and not bounded.all():
            raise ValueError(
                "action_space must have finite bounds for the actor's tanh; else give your own "
                f"actor, got {action_space}"
            )
        with np.errstate(invalid="ignore"):  # inf - inf, where nothing is scaled
            self.middle = np.where(bounded, (low + high) / 2, 0.0)
            self.half = np.where(bounded & (high > low), (high - low + self.whole) / 2, 1.0)
        self.low, self.high = np.where(bounded, -1.0, low), np.where(bounded, 1.0, high)

        if not isinstance(hidden, (tuple, list)):
            raise ValueError(f"hidden must be a tuple of whole numbers, got {hidden!r}")
        if actor is None:
            actor = MLP((n, *hidden, m), rng=rng, output="tanh", last=3e-3)
        if critic is None:
            critic = MLP((n + m, *hidden, 1), rng=rng, last=3e-3)
        check_kind(actor, Parametric, "actor")
        if actor.n_out != m:
            raise ValueError(f"actor must have {m} outputs, as actions have, got {actor.n_out}")
        check_pair(check_critic(critic, "critic"), n, m, type(action_space))
        self.actor: Parametric = actor
        self.critics: tuple[Parametric, ...] = (critic,)
        if twin:
            self.critics += (MLP((n + m, *hidden, 1), rng=rng, last=3e-3),)
        self.target_actor, self.target_critics = deepcopy(self.actor), deepcopy(self.critics)
        self.actor_step = Adam(self.actor, alpha_theta)
        self.critic_steps = tuple(Adam(critic, alpha_w) for critic in self.critics)
        self.replay = Replay(capacity)
        self.x: FloatArray = np.zeros(m)
        self.steps = self.n_updates = self.n_episodes = 0
        self.last_loss = np.nan

    def begin(self) -> None:
        """An episode begins, and the noise with it."""
        self.x = np.zeros_like(self.x)

    def act(self, s: Any, *, explore: bool = True) -> FloatArray:
        """mu(s) with noise, within the bounds; mu(s) alone without exploring."""
        if explore and self.steps < self.warmup:
            a: FloatArray = self.rng.uniform(-1, 1, self.x.shape)
        else:
            a = self.actor(s)
            if explore:
                self.x = self.noise(self.x, self.rng)
                a = a + self.x
        a = self.middle + self.half * a
        if self.whole:  # within the bounds before it is cast: 256 is 0 among numbers of 8 bits
            a = np.clip(np.rint(a), self.action_space.low, self.action_space.high)
        a = a.astype(self.action_space.dtype)
        within: FloatArray = np.minimum(
            np.maximum(a, self.action_space.low), self.action_space.high
        )
        return within

    def scaled(self, a: Any) -> FloatArray:
        """Actions of the world on the scale of the agent."""
        scaled: FloatArray = (np.asarray(a, float) - self.middle) / self.half
        return scaled.astype(self.actor.theta.dtype)

    def target(self, t: Step) -> FloatArray:
        """r + gamma q(s', mu(s')) of a batch, (B,), by the target networks; r where it ends.

        With two critics the smaller q counts; with smoothing mu(s') is disturbed.
        """
        a = self.target_actor(t.s_next)
        if self.smoothing:
            noise = self.smoothing * self.rng.standard_normal(a.shape).clip(-2.5, 2.5)
            a = np.clip(a + noise, self.low, self.high)
        q_next = reduce(
            np.minimum, (value_of(critic, t.s_next, a) for critic in self.target_critics)
        )
        target: FloatArray = t.r + self.gamma * (1 - t.terminated) * q_next
        return target

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
        if self.steps > self.warmup:
            self.learn(self.replay.sample(self.batch, self.rng))

    def learn(self, t: Step) -> None:
        """One update of the critic, of the actor, of the targets. Actions are scaled ones."""
        y, n = self.target(t), len(t.r)
        for critic, adam in zip(self.critics, self.critic_steps, strict=True):
            error = value_of(critic, t.s, t.a) - y  # (B,) - (B,)
            self.last_loss = float(error @ error) / (2 * n)
            still_finite(self.last_loss, "alpha_w")
            critic.backward(error[:, None] / n)
            if self.l2:
                critic.grad += self.l2 * critic.theta
            adam.step()
        self.n_updates += 1
        if self.n_updates % self.delay == 0:
            self._improve(t)

    def _improve(self, t: Step) -> None:
        """One step of the actor uphill, the critic standing still; then the targets follow."""
        slope = slope_at_mu(self.actor, self.critics[0], t.s)
        self.actor.backward(-slope)  # the mean of grad mu grad_a q; steps descend: minus
        self.actor_step.step()
        self.target_actor.blend(self.actor, self.tau)
        for target, critic in zip(self.target_critics, self.critics, strict=True):
            target.blend(critic, self.tau)

    def check(self, env: Any) -> None:
        """ValueError unless env has the observations of the networks and these very actions."""
        self.actor.check(env.observation_space, "observation_space")
        if env.action_space != self.action_space:
            raise ValueError(f"action_space must be {self.action_space}, got {env.action_space}")


def _width(space: Any, name: str) -> int:
    n = (getattr(space, "shape", None) or (1,))[0]
    check_box(space, name, n)
    return int(n)
