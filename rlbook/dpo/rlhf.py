"""Reinforcement learning from preferences: policy gradient on a reward, near a reference.

RLHF has three stages [Ouyang et al. 2022]: imitate, which gives pi_ref (language_model.py); learn a
reward from preferences (preferences.py); maximise

    E[ r(x, y) ] - beta KL( pi(.|x) || pi_ref(.|x) )

by sampling, which is the class RLHF. Where answers are numbered, kl_objective.py has the maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent
from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_count,
    check_number,
    check_rng,
    check_shaped,
    shown,
    still_finite,
)
from rlbook.dpo.kl_objective import check_beta
from rlbook.dpo.preferences import check_log_probs, log_probs, rows
from rlbook.functions.optimisers import Adam
from rlbook.functions.stochastic_policy import StochasticPolicy, check_policy
from rlbook.spaces import Action, Env, State


class Rollouts(NamedTuple):
    """Answers of a policy to one x, two or more, and their rewards r(x, y_i). [Ouyang et al. 2022]

    x          a context
    answers    Answers y_1 to y_N, drawn from the policy
    rewards    (N,), a number for each

    `RLHF` checks them.
    """

    x: Any
    answers: Sequence[Any]
    rewards: npt.ArrayLike

    def __repr__(self) -> str:
        r = np.asarray(self.rewards)
        said = f", from {r.min():.4g} to {r.max():.4g}" if r.size and r.dtype.kind in "biuf" else ""
        return f"Rollouts(x {shown(self.x)}, {len(self.answers)} answers, {r.size} rewards{said})"


class NearReference(Saved, Agent):
    """What RLHF and DPO share: a policy that learns, and a reference that it stays near."""

    holds: tuple[str, ...] = ("policy", "beta", "adam")
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
        check_policy(policy, "policy")
        self.policy, self.beta, self.rng = policy, check_beta(beta), check_rng(rng)
        self.reference = deepcopy(policy) if reference is None else reference
        check_policy(self.reference, "reference")
        if self.reference.f is policy.f:
            raise ValueError("reference must not learn, got the policy itself: pass a copy or None")
        self.adam = Adam(policy.f, lr)

    def act(self, s: State, *, explore: bool = True) -> Action:
        """Draws from pi(.|s); without exploring, the likeliest action."""
        return self.policy.draw(s, self.rng) if explore else self.policy.mode(s)

    def check(self, env: Env) -> None:
        """ValueError unless env has the observations and actions of the policy."""
        self.policy.check(env)


class RLHF(NearReference):
    """The third stage: policy gradient on a reward with a KL penalty. [Ouyang et al. 2022]

        R_i = r(x, y_i) - beta [ ln pi(y_i|x) - ln pi_ref(y_i|x) ]
        A_i = R_i - mean of the other R_j of the same x             [Kool et al. 2019]
        theta <- theta + alpha mean of A_i grad ln pi(y_i|x)

    The other answers to x are the baseline: they do not depend on y_i. At the maximum of the
    objective every R_i is beta ln Z(x). So every single A_i is zero there, and not only their mean.

    policy      a StochasticPolicy
    beta        > 0, the weight of the KL
    lr          the step size of Adam
    clip        None; or the epsilon of PPO: a choice adds nothing once the ratio of its new to its
                old probability is above 1 + epsilon with A > 0, or below 1 - epsilon with A < 0
                [Schulman et al. 2017, (7)]
    epochs      with clip: how many steps for each batch of Rollouts
    reference   pi_ref; None: a copy of the policy as it is now
    rng         a Generator: what `act` draws from

    `update` takes a list of Rollouts that were drawn from the policy as it is now. Raises
    ValueError for a number out of range, epochs without clip, and fewer than two answers to an x.
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
        log_pi, log_ref = (log_probs(x, answers) for x in (self.policy, self.reference))
        check_log_probs(log_pi, log_ref, range(len(answers)))
        ends = np.cumsum([len(t.answers) for t in experience])
        groups = zip(experience, np.split(log_pi - log_ref, ends[:-1]), strict=True)
        A = np.concatenate([self._group_advantages(*x) for x in groups])
        still_finite(float(A.sum()), "lr")
        return A

    def _group_advantages(self, group: Rollouts, log_ratio: FloatArray) -> FloatArray:
        """A_i of the answers to one x."""
        n = len(log_ratio)
        if n < 2:
            raise ValueError(f"Rollouts must have two or more answers to each x, got {n}")
        R = check_shaped(group.rewards, "rewards", (n,)) - self.beta * log_ratio
        return R - (R.sum() - R) / (n - 1)

    def update(self, experience: Sequence[Rollouts]) -> None:
        """One step along the gradient; with clip, one for each epoch."""
        A = self.advantages(experience)
        s, a, owner = rows([y for t in experience for y in t.answers])
        n, A = len(A), A[owner]  # each choice has the advantage of its answer
        old = self.policy.log_prob(s, a) if self.epochs > 1 else np.zeros(0)
        for k in range(self.epochs):
            weight = A  # in the first step every ratio is 1: nothing is clipped
            if k > 0:
                ratio = np.exp(self.policy.log_prob(s, a) - old)
                clipped = np.where(A > 0, ratio > 1 + self.clip, ratio < 1 - self.clip)
                weight = np.where(clipped, 0.0, ratio * A)
            self.policy.backward(s, a, -weight / n)  # Adam descends: minus
            self.adam.step()
