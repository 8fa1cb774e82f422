"""Five losses of a pair of answers, and their slopes.

    h = ln( pi(y|x) / pi_ref(y|x) ) - ln( pi(y'|x) / pi_ref(y'|x) ),     y chosen, y' rejected

    sigmoid    -ln s(beta h)                                            DPO, (7)
    cdpo       -(1 - e) ln s(beta h) - e ln s(-beta h)                  [Mitchell 2023]
    robust     [ -(1 - e) ln s(beta h) + e ln s(-beta h) ] / (1 - 2e)   [Chowdhury et al. 2024]
    ipo        ( h - 1 / (2 beta) )^2                                   [Azar et al. 2024]
    hinge      max(0, 1 - beta h)                                       [Liu et al. 2024]

s is the logistic function, e the rate at which labels are wrong. In the mean over wrong labels
robust is the sigmoid of right ones. Of two answers it has no least value as soon as one of them
wins a share of 1 - e or more: it needs labels that are as wrong as it believes, and many of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_finite, check_number
from rlbook.dpo.kl_objective import check_beta
from rlbook.dpo.preferences import log_sigmoid, sigmoid

LOSSES = ("sigmoid", "cdpo", "robust", "ipo", "hinge")


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
        sigmoid: -ln s(beta h), s the logistic function        the others: see dpo_losses.py

    chosen, rejected            (B,), ln pi(y|x), summed over the choices of each answer
    ref_chosen, ref_rejected    (B,), the same under pi_ref
    beta                        > 0
    loss                        "sigmoid", "cdpo", "robust", "ipo" or "hinge"
    label_smoothing             e of cdpo and robust, from 0 to below 1/2; 0 for the others

    Raises ValueError for an argument out of range, not finite or of another shape.
    """
    check_loss(loss, label_smoothing)
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    return loss_of(h, check_beta(beta), loss, label_smoothing)


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

    One is the other with the opposite sign: the weight of a pair is how wrong the policy still
    orders it. Arguments and errors as of `dpo_loss`.
    """
    check_loss(loss, label_smoothing)
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    slope = slope_of(h, check_beta(beta), loss, label_smoothing)
    return slope, -slope


def _margin(*log_p: npt.ArrayLike) -> FloatArray:
    names = ("chosen", "rejected", "ref_chosen", "ref_rejected")
    given = [check_finite(x, name) for x, name in zip(log_p, names, strict=True)]
    for x, name in zip(given, names, strict=True):
        if x.shape != given[0].shape:
            raise ValueError(f"{name} must have shape {given[0].shape} as chosen, got {x.shape}")
    chosen, rejected, ref_chosen, ref_rejected = given
    return (chosen - ref_chosen) - (rejected - ref_rejected)


def loss_of(h: FloatArray, beta: float, loss: str, e: float) -> FloatArray:
    """The loss as a function of h, nothing checked."""
    z = beta * h
    if loss == "ipo":
        return (h - 1 / (2 * beta)) ** 2
    if loss == "hinge":
        hinge: FloatArray = np.maximum(0.0, 1 - z)
        return hinge
    if loss == "robust":
        return (-(1 - e) * log_sigmoid(z) + e * log_sigmoid(-z)) / (1 - 2 * e)
    return -(1 - e) * log_sigmoid(z) - e * log_sigmoid(-z)


def slope_of(h: FloatArray, beta: float, loss: str, e: float) -> FloatArray:
    """dloss/dh."""
    z = beta * h
    if loss == "ipo":
        return 2 * h - 1 / beta
    if loss == "hinge":
        return np.where(z < 1, -beta, 0.0)
    if loss == "robust":
        return beta * (-(1 - e) * sigmoid(-z) - e * sigmoid(z)) / (1 - 2 * e)
    slope: FloatArray = beta * (-(1 - e) * sigmoid(-z) + e * sigmoid(z))
    return slope


def curvature_of(h: FloatArray, beta: float, loss: str) -> FloatArray:
    """d2loss/dh2: ln s(z) and ln s(-z) differ by z, and so e has no part in it."""
    if loss == "ipo":
        return np.full_like(h, 2.0)
    return beta**2 * sigmoid(beta * h) * sigmoid(-beta * h)


def check_loss(loss: str, label_smoothing: float) -> None:
    """ValueError for an unknown loss, and for a label smoothing that it cannot have."""
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {LOSSES}, got {loss!r}")
    if check_number(label_smoothing, "label_smoothing", 0) >= 0.5:
        raise ValueError(
            "label_smoothing must be less than 1/2: at 1/2 the labels say nothing, "
            f"got {label_smoothing}"
        )
    if label_smoothing and loss not in ("cdpo", "robust"):
        raise ValueError(f"label_smoothing must be 0 for {loss!r}, got {label_smoothing}")
