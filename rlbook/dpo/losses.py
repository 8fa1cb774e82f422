"""Five losses of a pair of answers, and their slopes.

    h = ln( pi(y|x) / pi_ref(y|x) ) - ln( pi(y'|x) / pi_ref(y'|x) ),     y chosen, y' rejected

    sigmoid    -ln s(beta h)                                            DPO, (7)
    cdpo       -(1 - e) ln s(beta h) - e ln s(-beta h)                  [Mitchell 2023]
    robust     [ -(1 - e) ln s(beta h) + e ln s(-beta h) ] / (1 - 2e)   [Chowdhury et al. 2024]
    ipo        ( h - 1 / (2 beta) )^2                                   [Azar et al. 2024]
    hinge      max(0, 1 - beta h)                                       [Liu et al. 2024]

s is the logistic function, e the probability that a label is wrong. Averaged over wrong labels,
robust is the sigmoid loss of the right ones. It has no minimum as soon as one of two answers wins a
share of 1 - e or more: it needs many labels, with as many wrong ones among them as e says.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_finite, check_number
from rlbook.dpo.kl_objective import check_beta
from rlbook.dpo.preferences import log_sigmoid, sigmoid

LOSSES = ("sigmoid", "cdpo", "robust", "ipo", "hinge")


class PairLoss(NamedTuple):
    """One of the losses as a function of h, any array; `pair_loss` makes it."""

    name: str
    beta: float
    e: float

    def value(self, h: FloatArray) -> FloatArray:
        """The loss itself."""
        z, e = self.beta * h, self.e
        if self.name == "ipo":
            return (h - 1 / (2 * self.beta)) ** 2
        if self.name == "hinge":
            return np.maximum(0.0, 1 - z)
        if self.name == "robust":
            return (-(1 - e) * log_sigmoid(z) + e * log_sigmoid(-z)) / (1 - 2 * e)
        return -(1 - e) * log_sigmoid(z) - e * log_sigmoid(-z)

    def slope(self, h: FloatArray) -> FloatArray:
        """The first derivative: dloss/dh."""
        z, beta, e = self.beta * h, self.beta, self.e
        if self.name == "ipo":
            return 2 * h - 1 / beta
        if self.name == "hinge":
            return np.where(z < 1, -beta, 0.0)
        if self.name == "robust":
            return beta * (-(1 - e) * sigmoid(-z) - e * sigmoid(z)) / (1 - 2 * e)
        return beta * (-(1 - e) * sigmoid(-z) + e * sigmoid(z))

    def curvature(self, h: FloatArray) -> FloatArray:
        """The second derivative. It does not depend on e: ln s(z) and ln s(-z) differ by z."""
        if self.name == "ipo":
            return np.full_like(h, 2.0)
        return self.beta**2 * sigmoid(self.beta * h) * sigmoid(-self.beta * h)


def pair_loss(name: str, beta: float, label_smoothing: float) -> PairLoss:
    """The loss of this name; ValueError for an argument that it cannot have."""
    if name not in LOSSES:
        raise ValueError(f"loss must be one of {LOSSES}, got {name!r}")
    if check_number(label_smoothing, "label_smoothing", 0) >= 0.5:
        raise ValueError(
            "label_smoothing must be less than 1/2: at 1/2 the labels say nothing, "
            f"got {label_smoothing}"
        )
    if label_smoothing and name not in ("cdpo", "robust"):
        raise ValueError(f"label_smoothing must be 0 for {name!r}, got {label_smoothing}")
    return PairLoss(name, check_beta(beta), label_smoothing)


def dpo_loss(
    chosen: npt.ArrayLike,
    rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float,
    loss: str = "sigmoid",
    label_smoothing: float = 0.0,
) -> FloatArray:
    """The loss of each pair, (B,). [Rafailov et al. 2023, (7)]

        h = (chosen - ref_chosen) - (rejected - ref_rejected)
        sigmoid: -ln s(beta h), s the logistic function        the others: see `rlbook.dpo.losses`

    chosen, rejected            (B,), ln pi(y|x), summed over the choices of each answer
    ref_chosen, ref_rejected    (B,), the same under pi_ref
    beta                        > 0
    loss                        "sigmoid", "cdpo", "robust", "ipo" or "hinge"
    label_smoothing             e of cdpo and robust, from 0 to below 1/2; 0 for the others

    Raises ValueError for an argument out of range, not finite or of another shape.
    """
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    return pair_loss(loss, beta, label_smoothing).value(h)


def dpo_gradient(
    chosen: npt.ArrayLike,
    rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float,
    loss: str = "sigmoid",
    label_smoothing: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """The slopes of each loss in ln pi(chosen|x) and in ln pi(rejected|x), (B,) both.

        sigmoid: -beta s(-beta h) and beta s(-beta h)        [Rafailov et al. 2023]

    One is the negative of the other. A pair weighs more, the more wrongly the policy orders it.
    Arguments and errors as of `dpo_loss`.
    """
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    slope = pair_loss(loss, beta, label_smoothing).slope(h)
    return slope, -slope


def _margin(*log_p: npt.ArrayLike) -> FloatArray:
    names = ("chosen", "rejected", "ref_chosen", "ref_rejected")
    given = [check_finite(x, name) for x, name in zip(log_p, names, strict=True)]
    for x, name in zip(given, names, strict=True):
        if x.shape != given[0].shape:
            raise ValueError(f"{name} must have shape {given[0].shape} as chosen, got {x.shape}")
    chosen, rejected, ref_chosen, ref_rejected = given
    return (chosen - ref_chosen) - (rejected - ref_rejected)
