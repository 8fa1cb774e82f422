"""DPO: from preferences to a policy, without a reward between them. [Rafailov et al. 2023]

    pi = pi_ref exp(r / beta) / Z    says    r(x, y) = beta ln( pi(y|x) / pi_ref(y|x) ) + beta ln Z

and Z falls out of r(x, y) - r(x, y'). So the policy is its own reward model, and the likelihood of
preferences is a loss of the policy alone. With

    h = ln( pi(y|x) / pi_ref(y|x) ) - ln( pi(y'|x) / pi_ref(y'|x) ),     y chosen, y' rejected

it is -ln s(beta h) [(7)], s being the logistic function: the loss "sigmoid" of dpo_losses.py, which
has four others. tabular_dpo.py finds its least value where answers are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlbook.checks import still_finite
from rlbook.dpo.kl_objective import optimal_policy as optimal_policy
from rlbook.dpo.kl_objective import reward_kl_frontier as reward_kl_frontier
from rlbook.dpo.losses import check_loss, loss_of, slope_of
from rlbook.dpo.losses import dpo_gradient as dpo_gradient
from rlbook.dpo.losses import dpo_loss as dpo_loss
from rlbook.dpo.preferences import Preference as Preference
from rlbook.dpo.preferences import check_log_probs, rows, totals
from rlbook.dpo.rlhf import NearReference
from rlbook.dpo.tabular import TabularDPO as TabularDPO
from rlbook.functions.stochastic_policy import StochasticPolicy


class DPO(NearReference):
    """DPO on Answers: texts, paths, single choices. [Rafailov et al. 2023, (7)]

        theta <- theta - alpha mean of dloss/dh grad [ ln pi(chosen|x) - ln pi(rejected|x) ]

    ln pi of an answer is the sum over its choices, its end included, what was given left out.

    policy                   a StochasticPolicy; in the beginning it is pi_ref too, if no reference
                             is given
    beta                     > 0, the weight of the KL
    lr                       the step size of Adam; too small a one stops short of the optimum long
                             before it overfits: try several
    loss, label_smoothing    as in `dpo_loss`
    reference                pi_ref
    rng                      a Generator: what `act` draws from

    `update` takes a list of Preferences between Answers to the same x, which it does not look at:
    s of an Answer holds what the policy is to see of it. After it, `last_loss` is their mean loss,
    and `last_accuracy` the share of pairs with h > 0, h = 0 counting half, before the step. Raises
    ValueError for a number out of range, a reference that is the policy itself and, from `update`,
    what are no Answers.
    """

    def __init__(
        self,
        policy: StochasticPolicy,
        *,
        beta: float,
        lr: float,
        loss: str = "sigmoid",
        label_smoothing: float = 0.0,
        reference: StochasticPolicy | None = None,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(policy, beta=beta, lr=lr, reference=reference, rng=rng)
        check_loss(loss, label_smoothing)
        self.loss, self.label_smoothing = loss, label_smoothing
        self.last_loss = self.last_accuracy = np.nan

    def update(self, experience: Sequence[Preference]) -> None:
        """One step of Adam down the mean loss."""
        n = len(experience)
        s, a, owner = rows([t.chosen for t in experience] + [t.rejected for t in experience])
        log_pi, log_ref = self.policy.log_prob(s, a), self.reference.log_prob(s, a)
        check_log_probs(log_pi, log_ref, owner)
        log_ratio = totals(log_pi - log_ref, owner, 2 * n)
        h = log_ratio[:n] - log_ratio[n:]  # of the chosen, of the rejected
        self.last_loss = float(loss_of(h, self.beta, self.loss, self.label_smoothing).mean())
        self.last_accuracy = float(((h > 0) + 0.5 * (h == 0)).mean())
        still_finite(self.last_loss, "lr")
        slope = slope_of(h, self.beta, self.loss, self.label_smoothing) / n
        self.policy.backward(s, a, np.concatenate([slope, -slope])[owner])
        self.adam.step()
