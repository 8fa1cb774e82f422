"""An actor that follows the gradient of what a critic says. [Zhao chapter 10]

                     critic learns from                          actor moves along
QAC                  r + gamma q(s', a') - q(s, a)               q(s, a) grad ln pi(a|s)
A2C                  delta = r + gamma v(s') - v(s)              delta grad ln pi(a|s)
off-policy           rho delta, rho = pi(a|s) / beta(a|s)        rho delta grad ln pi(a|s)
deterministic        r + gamma q(s', mu(s')) - q(s, a)           grad mu(s) grad_a q(s, mu(s))

Actors are policies of stochastic_policy.py, for the deterministic method a function; critics are
functions of parametric.py and networks.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent, Step, batch
from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_count,
    check_distribution,
    check_gamma,
    check_kind,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.experience.steps import checked, kept, of_states, step_by_step
from rlbook.function_approximation.replay import Trajectory
from rlbook.functions.deterministic_policy import check_pair, slope_at_mu, value_of
from rlbook.functions.optimisers import SGD, Adam
from rlbook.functions.parametric import Parametric, check_critic, fit, values
from rlbook.functions.stochastic_policy import Softmax, StochasticPolicy, check_policy
from rlbook.policy import sample
from rlbook.policy_gradient import advantages
from rlbook.spaces import Action, Env, State, check_discrete, check_real_box


class _ActorCritic(Saved, Agent):
    """What the actor-critics share: an actor, a critic, a discount, two step sizes."""

    holds: tuple[str, ...] = ("actor", "critic", "gamma", "alpha_theta", "alpha_w")
    saved: tuple[str, ...] = ("actor", "critic", "rng", "alpha_theta", "alpha_w")

    def __init__(
        self,
        actor: Any,
        critic: Parametric,
        *,
        gamma: float,
        alpha_theta: float,
        alpha_w: float,
        rng: np.random.Generator,
    ) -> None:
        self.actor, self.critic = actor, critic
        self.gamma, self.rng = check_gamma(gamma), check_rng(rng)
        self.alpha_theta = check_number(alpha_theta, "alpha_theta", 0, above=True)
        self.alpha_w = check_number(alpha_w, "alpha_w", 0, above=True)

    def act(self, s: State, *, explore: bool = True) -> Action:
        """Draws from pi(.|s); the likeliest action without exploring."""
        return self.actor.draw(s, self.rng) if explore else self.actor.mode(s)

    def check(self, env: Env) -> None:
        """ValueError unless env has the observations and actions of actor and critic."""
        self.actor.check(env)
        self.critic.check(env.observation_space, "observation_space")


class QAC(_ActorCritic):
    """The simplest actor-critic: its critic is Sarsa. [Zhao Algorithm 10.1; (10.1), (10.2)]

        theta <- theta + alpha_theta q(s, a, w) grad ln pi(a|s, theta)
        w <- w + alpha_w [ r + gamma q(s', a', w) - q(s, a, w) ] grad q(s, a, w)

    actor                   a Softmax policy
    critic                  a function with an output for each action: a Table (S, A), Linear or MLP
    gamma                   from 0 to 1
    alpha_theta, alpha_w    > 0, the step sizes of actor and critic
    rng                     a Generator: what the agent draws from

    a' is drawn from the policy before the actor moves, and is the action that is taken next, as in
    Sarsa: `promise` is (s', a') until `act` keeps it. Raises ValueError for a number out of range
    and a critic with another number of outputs than the actor.
    """

    promise: tuple[State, int] | None = None

    def __init__(self, actor: Softmax, critic: Parametric, **options: Any) -> None:
        check_kind(actor, Softmax, "actor")
        super().__init__(actor, check_critic(critic, "critic", actor.f.n_out), **options)

    def act(self, s: State, *, explore: bool = True) -> int:
        """The promised action, if there is one for s; otherwise drawn from pi(.|s)."""
        if not explore:
            return int(self.actor.mode(s))
        promise, self.promise = self.promise, None
        if promise is not None and np.array_equal(promise[0], s):
            return promise[1]
        return int(self.actor.draw(s, self.rng))

    def begin(self) -> None:
        """An episode begins: no promise is open."""
        self.promise = None

    def target(self, t: Step) -> float:
        """r + gamma q(s', a'); where the episode ends r alone, and nothing is drawn."""
        if t.terminated:
            return float(t.r)
        self.promise = t.s_next, int(self.actor.draw(t.s_next, self.rng))
        return float(t.r + self.gamma * self.critic(t.s_next)[self.promise[1]])

    @step_by_step
    def update(self, experience: Step) -> None:
        """One step of the actor and one of the critic, both from w as it was."""
        t = experience
        target = self.target(t)  # it draws a' before the actor moves
        q = self.critic(t.s)[t.a]
        still_finite(target - q, "alpha_w")
        self.critic.backward(np.eye(self.critic.n_out)[t.a])  # critic.grad is grad q(s, a, w)
        score = self.actor.score(t.s, t.a)
        self.actor.theta += self.alpha_theta * q * score  # Algorithm 10.1, actor
        self.critic.theta += self.alpha_w * (target - q) * self.critic.grad  # and critic
        if t.terminated or t.truncated:
            self.promise = None


class A2C(_ActorCritic):
    """Advantage actor-critic, also called TD actor-critic. [Zhao Algorithm 10.2; (10.7), (10.8)]

        delta = r + gamma v(s', w) - v(s, w)
        theta <- theta + alpha_theta delta grad ln pi(a|s, theta)
        w <- w + alpha_w delta grad v(s, w)

    actor                   a Softmax policy for Discrete, a Gaussian for Box actions
    critic                  a function with one output
    gamma                   from 0 to 1
    alpha_theta, alpha_w    > 0, the step sizes of actor and critic
    n                       learn after every so many steps, along the mean of what they say. 1 is
                            the book's
    lam                     from 0 to 1: what the n steps say of each other, see `advantages`.
                            1: n-step returns; below: generalised advantages
    entropy                 the weight of the policy's entropy in what the actor maximises
    adam                    True: steps of Adam, of these sizes, instead of plain ones
    max_norm                gradients longer than this are cut to it; None: never
    rng                     a Generator: what the agent draws from

    An episode's end does not end the n steps: no advantage reaches over it. Raises ValueError for a
    number out of range, and a critic with more than one output.
    """

    holds = (*_ActorCritic.holds, "n", "lam", "entropy")
    saved = (*_ActorCritic.saved, "actor_step", "critic_step", "path")

    def __init__(
        self,
        actor: StochasticPolicy,
        critic: Parametric,
        *,
        n: int = 1,
        lam: float = 1.0,
        entropy: float = 0.0,
        adam: bool = False,
        max_norm: float | None = None,
        **options: Any,
    ) -> None:
        check_policy(actor, "actor")
        super().__init__(actor, check_critic(critic, "critic"), **options)
        self.n, self.lam = check_count(n, "n"), check_number(lam, "lam", 0, 1)
        self.entropy = check_number(entropy, "entropy", 0)
        self.max_norm = np.inf if max_norm is None else check_number(max_norm, "max_norm", 0)
        optimiser = Adam if adam else SGD
        self.actor_step = optimiser(actor.f, self.alpha_theta)
        self.critic_step = optimiser(critic, self.alpha_w)
        self.path = Trajectory()

    def begin(self) -> None:
        """An episode begins: one that was left before its end is cut there."""
        if self.path:
            self.path[-1] = self.path[-1]._replace(truncated=True)

    @step_by_step
    def update(self, experience: Step) -> None:
        """Remember the step; after n of them, learn from them and forget them."""
        self.path.append(kept(experience))
        if len(self.path) == self.n:
            self.learn(batch(self.path))
            self.path.clear()

    def learn(self, t: Step) -> None:
        """One step of the actor and one of the critic, from a path as one batch."""
        v, v_next = values(self.critic, t.s), values(self.critic, t.s_next)
        advantage = advantages(t, v, v_next, self.gamma, self.lam)  # delta, where n = 1
        n = len(advantage)
        self.actor_step.lr, self.critic_step.lr = self.alpha_theta, self.alpha_w
        self.actor.backward(t.s, t.a, -advantage / n, -self.entropy / n)  # steps descend: minus
        self.actor.f.clip(self.max_norm)
        self.actor_step.step()  # Algorithm 10.2, actor
        fit(self.critic, self.critic_step, t.s, advantage + v, self.max_norm)  # and critic


class OffPolicyActorCritic(_ActorCritic):
    """Actor-critic from the experience of another policy.

    [Zhao Algorithm 10.3; (10.9), (10.10), (10.11), (10.12)]

        rho = pi(a|s, theta) / beta(a|s)
        delta = r + gamma v(s', w) - v(s, w)
        theta <- theta + alpha_theta rho delta grad ln pi(a|s, theta)
        w <- w + alpha_w rho delta grad v(s, w)

    actor                   a Softmax policy
    critic                  a function with one output
    behaviour               the table beta (S, A) of the policy that acts; exploring, the agent acts
                            by it. Every action that pi may take must be possible
    gamma                   from 0 to 1
    alpha_theta, alpha_w    > 0, the step sizes of actor and critic
    rng                     a Generator: what the agent draws from

    Raises ValueError for a number out of range, a behaviour that is no table of distributions, and
    a step whose action the behaviour never takes.
    """

    holds = (*_ActorCritic.holds, "behaviour")

    def __init__(
        self, actor: Softmax, critic: Parametric, *, behaviour: npt.ArrayLike, **options: Any
    ) -> None:
        check_kind(actor, Softmax, "actor")
        super().__init__(actor, check_critic(critic, "critic"), **options)
        self.behaviour = check_distribution(behaviour, "behaviour")
        if self.behaviour.ndim != 2 or self.behaviour.shape[1] != actor.f.n_out:
            raise ValueError(
                f"behaviour must have shape (states, {actor.f.n_out}), got {self.behaviour.shape}"
            )

    def act(self, s: int, *, explore: bool = True) -> int:
        """Draws from the behaviour; without exploring, the likeliest action of the actor."""
        return int(sample(self.behaviour[s], self.rng) if explore else self.actor.mode(s))

    def ratio(self, s: int, a: int) -> float:
        """The importance weight pi(a|s) / beta(a|s)."""
        if not self.behaviour[s, a] > 0:
            raise ValueError(f"behaviour must be able to take action {a} in state {s}, got 0")
        return float(self.actor(s)[a] / self.behaviour[s, a])

    def target(self, t: Step) -> float:
        """r + gamma v(s'), and r alone where the episode ends."""
        return float(t.r + self.gamma * (1 - t.terminated) * self.critic(t.s_next)[0])

    @of_states
    def update(self, experience: Step) -> None:
        """One step of the actor and one of the critic, both weighted."""
        t = experience
        rho, delta = self.ratio(t.s, t.a), self.target(t) - float(self.critic(t.s)[0])
        still_finite(delta, "alpha_w")
        self.critic.backward(np.ones(1))  # s was its last x: critic.grad is grad v(s, w)
        score = self.actor.score(t.s, t.a)
        self.actor.theta += self.alpha_theta * rho * delta * score  # Algorithm 10.3, actor
        self.critic.theta += self.alpha_w * rho * delta * self.critic.grad  # and critic

    def check(self, env: Env) -> None:
        """ValueError unless env has the states and actions of the behaviour, actor and critic."""
        super().check(env)
        n = len(self.behaviour)
        check_discrete(env.observation_space, "observation_space", n, whose="behaviour")


class DeterministicActorCritic(_ActorCritic):
    """Deterministic policy gradient, off-policy.

    [Zhao Algorithm 10.4; (10.14), (10.15), (10.16), (10.20)]

        delta = r + gamma q(s', mu(s'), w) - q(s, a, w)
        theta <- theta + alpha_theta grad mu(s, theta) grad_a q(s, a, w) at a = mu(s)
        w <- w + alpha_w delta grad q(s, a, w)

    actor                   mu, a function with an output for each component of the action
    critic                  q, a function of (s, a) side by side, with one output: an MLP or a
                            Quadratic
    sigma                   exploring, the agent adds noise N(0, sigma^2) to mu(s); any other
                            experience will do
    gamma                   from 0 to 1
    alpha_theta, alpha_w    > 0, the step sizes of actor and critic
    rng                     a Generator: what the agent draws from

    `update` takes a Step, or a batch of them and then the mean of what they say. Observations and
    actions are arrays (Box); actions are not clipped. Raises ValueError for a number out of range.
    """

    holds = (*_ActorCritic.holds, "sigma")

    def __init__(
        self, actor: Parametric, critic: Parametric, *, sigma: float, **options: Any
    ) -> None:
        check_kind(actor, Parametric, "actor")
        super().__init__(actor, check_critic(critic, "critic"), **options)
        self.sigma = check_number(sigma, "sigma", 0)

    def act(self, s: State, *, explore: bool = True) -> FloatArray:
        """mu(s), and noise where it explores."""
        mu = self.actor(s)
        noise = self.sigma * self.rng.standard_normal(mu.shape) if explore else 0.0
        return np.asarray(mu + noise, dtype=mu.dtype)

    def target(self, t: Step) -> FloatArray:
        """r + gamma q(s', mu(s')), and r alone where the episode ends; of a batch, (B,)."""
        q_next = self.q(t.s_next, self.actor(t.s_next))
        return t.r + self.gamma * (1 - t.terminated) * q_next

    def q(self, s: State, a: Action) -> FloatArray:
        """What the critic says of s and a: a number, or (B,) of a batch."""
        return value_of(self.critic, s, a)

    def update(self, experience: Step) -> None:
        """One step of the actor and one of the critic, both from w as it was."""
        t = checked(experience)
        if type(t.terminated) is bool:
            t = batch([t])
        n = len(t.terminated)
        delta = self.target(t) - self.q(t.s, t.a)
        still_finite(float(delta.sum()), "alpha_w")
        self.critic.backward(delta[:, None] / n)  # the mean of delta grad q(s, a, w)
        self.actor.backward(slope_at_mu(self.actor, self.critic, t.s))  # mean grad mu(s) grad_a q
        self.actor.theta += self.alpha_theta * self.actor.grad  # Algorithm 10.4, actor
        self.critic.theta += self.alpha_w * self.critic.grad  # and critic

    def check(self, env: Env) -> None:
        """ValueError unless env has observations for the actor, and its actions are a Box."""
        self.actor.check(env.observation_space, "observation_space")
        check_real_box(env.action_space, "action_space", self.actor.n_out)
        n, box = env.observation_space.shape[0], type(env.action_space)
        check_pair(self.critic, n, self.actor.n_out, box)
