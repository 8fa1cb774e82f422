"""Reinforcement learning from preferences: what is the best policy that stays near another one?

    max over pi of   E[ r(x, y) ] - beta KL( pi(.|x) || pi_ref(.|x) )               the objective
    pi(y|x) = pi_ref(y|x) exp( r(x, y) / beta ) / Z(x)                              its maximum

The three stages of RLHF [Ouyang et al. 2022]: imitate, which gives pi_ref; learn a reward from
preferences (preferences.py); climb the objective (RLHF, below). Where answers are numbered, the
maximum is a line of numpy, and so is the best reward for each KL that is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_array,
    check_count,
    check_distribution,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.networks import Adam
from rlbook.policy import softmax
from rlbook.policy_gradient import check_kind
from rlbook.preferences import log_probs, rows
from rlbook.stochastic_policy import StochasticPolicy


def kl_divergence(pi: npt.ArrayLike, pi_ref: npt.ArrayLike) -> FloatArray:
    """KL( pi || pi_ref ) = sum_y pi(y) ln( pi(y) / pi_ref(y) ), along the last axis; 0 ln 0 = 0.

    Infinite where pi may do what pi_ref never does.
    """
    p, p_ref = (check_distribution(check_array(x, name), name)
                for x, name in ((pi, "pi"), (pi_ref, "pi_ref")))  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(p_ref)), 0.0)
    total: FloatArray = terms.sum(-1)
    return total


def objective(
    pi: npt.ArrayLike, pi_ref: npt.ArrayLike, reward: npt.ArrayLike, beta: float
) -> FloatArray:
    """E[ r ] - beta KL( pi || pi_ref ) for each x. [Rafailov et al. 2023, (3)]

    pi, pi_ref, reward    (X, Y)        beta > 0
    """
    gained: FloatArray = (np.asarray(pi) * np.asarray(reward)).sum(-1)
    return gained - check_beta(beta) * kl_divergence(pi, pi_ref)


def optimal_policy(pi_ref: npt.ArrayLike, reward: npt.ArrayLike, beta: float) -> FloatArray:
    """The policy that maximises the objective: pi_ref exp(r / beta) / Z. [Rafailov et al., (4)]

    pi_ref (X, Y) or (Y,); reward of the same shape; beta > 0. What pi_ref never does, it never
    does. Raises ValueError for other shapes, numbers that are not finite, another beta.
    """
    p, r = _check(pi_ref, reward)
    r = np.where(p > 0, r, -np.inf)
    r = np.where(
        p > 0, r - r.max(-1, keepdims=True), 0.0
    )  # at most 0, and 0 the best: for any beta
    with np.errstate(divide="ignore", over="ignore"):
        return softmax(np.log(p) + r / check_beta(beta))


def reward_kl_frontier(
    pi_ref: npt.ArrayLike, reward: npt.ArrayLike, betas: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """The most reward for each KL: E[ r ] and KL of the optimal policy for each beta, (B,) both.

    Means over x, each x weighted alike. No policy with this KL, taken over x in the mean, has more
    reward. The slope of the curve, d reward / d KL, is beta.
    """
    p, r = _check(pi_ref, reward)
    best = [optimal_policy(p, r, beta) for beta in np.atleast_1d(check_array(betas, "betas"))]
    gained = np.array([(pi * r).sum(-1).mean() for pi in best])
    return gained, np.array([kl_divergence(pi, p).mean() for pi in best])


def best_of_n(pi_ref: npt.ArrayLike, reward: npt.ArrayLike, n: int) -> FloatArray:
    """The policy that draws n answers from pi_ref and gives the one of most reward.

    pi_ref, reward (X, Y). Of equal ones the first that was drawn. Its KL to pi_ref is at most
    ln n - (n - 1) / n [Beirami et al. 2024], and less where rewards tie or answers are few.
    """
    p, r = (np.atleast_2d(x) for x in _check(pi_ref, reward))
    check_count(n, "n")
    pi = np.zeros_like(p)
    for row, (p_x, r_x) in enumerate(zip(p, r, strict=True)):
        for level in np.unique(r_x):
            tied, below = r_x == level, p_x[r_x < level].sum()
            here = p_x[tied].sum()
            if here > 0:
                pi[row, tied] = ((below + here) ** n - below**n) * p_x[tied] / here
    pi /= pi.sum(-1, keepdims=True)
    return pi.reshape(np.shape(pi_ref))


def _check(pi_ref: npt.ArrayLike, reward: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p = check_distribution(check_array(pi_ref, "pi_ref"), "pi_ref")
    r = check_array(reward, "reward")
    if r.shape != p.shape or not np.isfinite(r).all():
        raise ValueError(f"reward must be finite, of shape {p.shape} as pi_ref, got {r.shape}")
    return p, r


def check_beta(beta: float) -> float:
    """The weight of the KL, above zero."""
    return check_number(beta, "beta", 0, above=True)


class Rollouts(NamedTuple):
    """Answers of a policy to one x, two or more, and their rewards."""

    x: Any
    answers: Sequence[Any]
    rewards: npt.ArrayLike


class NearReference(Saved):
    """What RLHF and DPO share: a policy that learns, and the one that it is to stay near."""

    saved = ("policy", "reference", "adam", "rng")

    def __init__(
        self,
        policy: StochasticPolicy,
        *,
        beta: float,
        lr: float,
        reference: StochasticPolicy | None,
        rng: np.random.Generator,
    ) -> None:
        check_kind(policy, StochasticPolicy, "policy")
        self.policy, self.beta, self.rng = policy, check_beta(beta), check_rng(rng)
        self.reference = deepcopy(policy) if reference is None else reference
        check_kind(self.reference, StochasticPolicy, "reference")
        if self.reference.f is policy.f:
            raise ValueError("reference must stand still, got the policy that learns")
        self.adam = Adam(policy.f, lr)

    def act(self, s: Any, *, explore: bool = True) -> Any:
        """Draws from pi(.|s); the likeliest choice without exploring."""
        return self.policy.draw(s, self.rng) if explore else self.policy.mode(s)

    def check(self, env: Any) -> None:
        """ValueError unless env has the observations and actions of the policy."""
        self.policy.check(env)


class RLHF(NearReference):
    """The third stage: policy gradient on a reward with a KL penalty.

        R_i = r(x, y_i) - beta [ ln pi(y_i|x) - ln pi_ref(y_i|x) ]
        A_i = R_i - mean of the other R_j of the same x             [Kool et al. 2019]
        theta <- theta + alpha mean of A_i grad ln pi(y_i|x)

    The other answers to x are the baseline: they do not depend on y_i. At the maximum of the
    objective every R_i is beta ln Z(x), so that every A_i is zero, not their mean alone.

    policy      a StochasticPolicy; what it is in the beginning is pi_ref, if none is given
    beta        > 0, the weight of the KL
    lr          the step size of Adam
    clip        None; or the epsilon of PPO: where the ratio of new to old probability of a choice
                is beyond 1 - epsilon or 1 + epsilon on the side that A drives it to, that choice
                adds nothing [Schulman et al. 2017, (7)]
    epochs      with clip: so many steps for each batch of Rollouts
    reference   pi_ref
    rng         what `act` draws from

    `update` takes a list of Rollouts that were drawn from the policy as it is. Raises ValueError
    for a number out of range and Rollouts of fewer than two answers.
    """

    def __init__(
        self,
        policy: StochasticPolicy,
        *,
        beta: float,
        lr: float,
        clip: float | None = None,
        epochs: int = 1,
        reference: StochasticPolicy | None = None,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(policy, beta=beta, lr=lr, reference=reference, rng=rng)
        self.clip = np.inf if clip is None else check_number(clip, "clip", 0, 1, above=True)
        self.epochs = check_count(epochs, "epochs")
        if clip is None and self.epochs > 1:
            raise ValueError(f"epochs must be 1 without clip, got {epochs}")

    def advantages(self, experience: Sequence[Rollouts]) -> FloatArray:
        """A_i of all answers, one Rollouts after the other."""
        answers = [y for t in experience for y in t.answers]
        ratio = log_probs(self.policy, answers) - log_probs(self.reference, answers)
        A, at = np.empty(len(answers)), 0
        for t in experience:
            n = len(t.answers)
            if n < 2:
                raise ValueError("Rollouts must have two answers or more to an x, got 1")
            rewards = check_array(t.rewards, "rewards")
            if rewards.shape != (n,) or not np.isfinite(rewards).all():
                raise ValueError(f"rewards must be {n} finite numbers, got {rewards!r}")
            R = rewards - self.beta * ratio[at : at + n]
            A[at : at + n] = R - (R.sum() - R) / (n - 1)
            at += n
        still_finite(float(A.sum()), "lr")
        return A

    def update(self, experience: Sequence[Rollouts]) -> None:
        """One step along the gradient; with clip, so many as there are epochs."""
        A = self.advantages(experience)
        s, a, owner = rows([y for t in experience for y in t.answers])
        old = self.policy.log_prob(s, a)
        for _ in range(self.epochs):
            ratio = np.exp(self.policy.log_prob(s, a) - old)  # 1 at the first step
            beyond = np.where(A[owner] > 0, ratio > 1 + self.clip, ratio < 1 - self.clip)
            weight = np.where(beyond, 0.0, ratio * A[owner])
            self.policy.backward(s, a, -weight / len(A))  # steps descend: minus
            self.adam.step()
