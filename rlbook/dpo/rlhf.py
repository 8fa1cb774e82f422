"""Reinforcement learning from preferences: policy gradient on a reward, near a reference.

The three stages of RLHF [Ouyang et al. 2022]: imitate, which gives pi_ref (language_model.py);
learn a reward from preferences (preferences.py); climb

    E[ r(x, y) ] - beta KL( pi(.|x) || pi_ref(.|x) )

by sampling, which is RLHF below. Where answers are numbered kl_objective.py has the maximum.
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
    check_array,
    check_count,
    check_number,
    check_rng,
    still_finite,
)
from rlbook.dpo.kl_objective import check_beta
from rlbook.dpo.preferences import check_log_probs, log_probs, rows
from rlbook.functions.optimisers import Adam
from rlbook.functions.stochastic_policy import StochasticPolicy, check_policy


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


class NearReference(Saved, Agent):
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
        check_policy(policy, "policy")
        self.policy, self.beta, self.rng = policy, check_beta(beta), check_rng(rng)
        self.reference = deepcopy(policy) if reference is None else reference
        check_policy(self.reference, "reference")
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
    """The third stage: policy gradient on a reward with a KL penalty. [Ouyang et al. 2022]

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
    rng         a Generator: what `act` draws from

    `update` takes a list of Rollouts that were drawn from the policy as it is. Raises ValueError
    for a number out of range, epochs without clip, and Rollouts of fewer than two answers.
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
        ratio = log_pi - log_ref
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
        A_of, n = A[owner], len(A)
        old = self.policy.log_prob(s, a) if self.epochs > 1 else np.zeros(0)
        for k in range(self.epochs):
            weight = A_of  # at the first step every ratio is 1, and nothing is beyond
            if k > 0:
                ratio = np.exp(self.policy.log_prob(s, a) - old)
                beyond = np.where(A_of > 0, ratio > 1 + self.clip, ratio < 1 - self.clip)
                weight = np.where(beyond, 0.0, ratio * A_of)
            self.policy.backward(s, a, -weight / n)  # steps descend: minus
            self.adam.step()
