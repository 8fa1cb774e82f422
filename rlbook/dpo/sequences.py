"""DPO: from preferences to a policy, without a reward between them. [Rafailov et al. 2023]

    pi = pi_ref exp(r / beta) / Z    says    r(x, y) = beta ln( pi(y|x) / pi_ref(y|x) ) + beta ln Z

and Z cancels in r(x, y) - r(x, y'). So the policy is its own reward model, and the likelihood of
preferences is a loss of the policy alone. With

    h = ln( pi(y|x) / pi_ref(y|x) ) - ln( pi(y'|x) / pi_ref(y'|x) ),     y chosen, y' rejected

it is -ln s(beta h) [(7)], where s is the logistic function: the loss "sigmoid" of losses.py, which
has four others. Where answers are numbered, tabular.py finds the minimum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlbook.checks import still_finite
from rlbook.dpo.losses import PairLoss, pair_loss
from rlbook.dpo.preferences import Preference, check_log_probs, pairs
from rlbook.dpo.rlhf import NearReference
from rlbook.functions.stochastic_policy import StochasticPolicy


class DPO(NearReference):
    """DPO on Answers: texts, paths, single choices. [Rafailov et al. 2023, (7)]

        theta <- theta - alpha mean of dloss/dh grad [ ln pi(chosen|x) - ln pi(rejected|x) ]

    ln pi of an answer is the sum over its choices: the end counts, the prompt does not.

    policy                   a StochasticPolicy
    beta                     > 0, the weight of the KL
    lr                       the step size of Adam; with a small one, training often stops long
                             before the optimum: try several
    loss, label_smoothing    as in `dpo_loss`
    reference                pi_ref; None: a copy of the policy as it is now
    rng                      a Generator: what `act` draws from

    `update` takes a list of Preferences, each between two Answers to the same x. It does not use x:
    s of an Answer holds what the policy sees of it. Afterwards `last_loss` is the mean loss before
    the step, and `last_accuracy` the share of pairs with h > 0 (h = 0 counts half). Raises
    ValueError for a number out of range, a reference that is the policy itself and, from `update`,
    for anything but Preferences between Answers.
    """

    holds = ("policy", "loss", "beta", "adam")

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
        self.loss, self.beta, self.label_smoothing = pair_loss(loss, beta, label_smoothing)
        self.last_loss = self.last_accuracy = np.nan

    def update(self, experience: Sequence[Preference]) -> None:
        """One step of Adam down the mean loss."""
        pair = pairs(experience)
        log_pi, log_ref = (x.log_prob(pair.s, pair.a) for x in (self.policy, self.reference))
        check_log_probs(log_pi, log_ref, pair.owner)
        h = pair.margin(log_pi - log_ref)
        loss = PairLoss(self.loss, self.beta, self.label_smoothing)
        self.last_loss = float(loss.value(h).mean())
        self.last_accuracy = float(((h > 0) + 0.5 * (h == 0)).mean())
        still_finite(self.last_loss, "lr")
        self.policy.backward(pair.s, pair.a, pair.slope(loss.slope(h) / len(h)))
        self.adam.step()
