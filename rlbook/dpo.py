"""DPO: from preferences to a policy, without a reward between them. [Rafailov et al. 2023]

    pi = pi_ref exp(r / beta) / Z    says    r(x, y) = beta ln( pi(y|x) / pi_ref(y|x) ) + beta ln Z

and Z falls out of r(x, y) - r(x, y'). So the policy is its own reward model, and the likelihood of
preferences is a loss of the policy alone. With

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

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    FloatArray,
    check_array,
    check_distribution,
    check_number,
    still_finite,
)
from rlbook.policy import softmax
from rlbook.preferences import Preference as Preference
from rlbook.preferences import check_connected, check_wins, log_sigmoid, rows, sigmoid, totals
from rlbook.rlhf import NearReference, check_beta
from rlbook.rlhf import optimal_policy as optimal_policy
from rlbook.rlhf import reward_kl_frontier as reward_kl_frontier
from rlbook.stochastic_policy import StochasticPolicy

FARTHEST = 36.0  # s(-z) is then less than what rounding leaves of s(z)
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
    """The loss of each pair, (B,).

    chosen, rejected            ln pi(y|x), summed over the choices of each answer, (B,)
    ref_chosen, ref_rejected    the same under pi_ref
    beta                        > 0
    loss                        "sigmoid", "cdpo", "robust", "ipo" or "hinge"
    label_smoothing             e of cdpo and robust, from 0 to below 1/2; 0 for the others

    Raises ValueError for an argument out of range.
    """
    check_loss(loss, label_smoothing)
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    return _loss(h, check_beta(beta), loss, label_smoothing)


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

    One is the other with the opposite sign: of sigmoid, -beta s(-beta h) and beta s(-beta h), the
    weight of a pair being how wrong the policy still orders it. Arguments as in `dpo_loss`.
    """
    check_loss(loss, label_smoothing)
    h = _margin(chosen, rejected, ref_chosen, ref_rejected)
    slope = _slope(h, check_beta(beta), loss, label_smoothing)
    return slope, -slope


def _margin(*log_p: npt.ArrayLike) -> FloatArray:
    names = ("chosen", "rejected", "ref_chosen", "ref_rejected")
    given = [check_array(x, name) for x, name in zip(log_p, names, strict=True)]
    for x, name in zip(given, names, strict=True):
        if x.shape != given[0].shape:
            raise ValueError(f"{name} must have shape {given[0].shape} as chosen, got {x.shape}")
    chosen, rejected, ref_chosen, ref_rejected = given
    return (chosen - ref_chosen) - (rejected - ref_rejected)


def _loss(h: FloatArray, beta: float, loss: str, e: float) -> FloatArray:
    z = beta * h
    if loss == "ipo":
        return (h - 1 / (2 * beta)) ** 2
    if loss == "hinge":
        hinge: FloatArray = np.maximum(0.0, 1 - z)
        return hinge
    if loss == "robust":
        return (-(1 - e) * log_sigmoid(z) + e * log_sigmoid(-z)) / (1 - 2 * e)
    return -(1 - e) * log_sigmoid(z) - e * log_sigmoid(-z)


def _slope(h: FloatArray, beta: float, loss: str, e: float) -> FloatArray:
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


def _curvature(h: FloatArray, beta: float, loss: str) -> FloatArray:
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


class TabularDPO:
    """DPO where contexts and answers are numbered: theta[x, y], pi = softmax(theta).

    pi_ref                   (X, Y), its entries positive; pi in the beginning
    beta > 0, loss, label_smoothing    as in `dpo_loss`

    Everything is exact here: what the loss says of given wins[x, y, y'], counts or chances (see
    preferences.py), is summed over all pairs, and `fit` finds its least value.
    """

    def __init__(
        self,
        pi_ref: npt.ArrayLike,
        *,
        beta: float,
        loss: str = "sigmoid",
        label_smoothing: float = 0.0,
    ) -> None:
        self.pi_ref = check_distribution(check_array(pi_ref, "pi_ref"), "pi_ref")
        if self.pi_ref.ndim != 2 or not (self.pi_ref > 0).all():
            raise ValueError(f"pi_ref must be (X, Y), all entries positive, got {self.pi_ref!r}")
        check_loss(loss, label_smoothing)
        self.beta, self.kind, self.label_smoothing = check_beta(beta), loss, label_smoothing
        self.theta: FloatArray = np.log(self.pi_ref)

    @property
    def pi(self) -> FloatArray:
        """The policy (X, Y)."""
        return softmax(self.theta)

    @property
    def reward(self) -> FloatArray:
        """The reward that the policy stands for, of mean 0 for each x: beta ln(pi / pi_ref)."""
        r: FloatArray = self.beta * (self.theta - np.log(self.pi_ref))
        r -= r.mean(1, keepdims=True)
        return r

    def loss(self, wins: npt.ArrayLike) -> float:
        """The mean loss over all wins, each x weighted alike."""
        losses = _loss(self._h(), self.beta, self.kind, self.label_smoothing)
        return float((self._weights(wins) * losses).sum())

    def gradient(self, wins: npt.ArrayLike) -> FloatArray:
        """The gradient of the loss in theta, (X, Y). ln Z has no part in it: it falls out of h."""
        slopes = self._weights(wins) * _slope(self._h(), self.beta, self.kind, self.label_smoothing)
        gradient: FloatArray = slopes.sum(2) - slopes.sum(1)  # as the chosen, as the rejected
        return gradient

    def fit(self, wins: npt.ArrayLike) -> TabularDPO:
        """Newton's method from pi_ref, until it comes no nearer. Returns itself.

        In z = beta h the losses do not depend on beta, but for a factor of ipo. Steps are cut so
        that the loss goes down at every one: a curvature that is a product s(z) s(-z) changes by no
        more than a factor of e over a distance of 1 [Sun and Tran-Dinh 2019].

        Where the wins leave theta open, because some answers never met, it moves no further than it
        must. Raises ValueError for the hinge loss, which has corners; where the loss has no least
        value: if some answers never lost, their theta would be infinite; and where two answers that
        met would end more than 36 apart in z, which is more than can be computed.
        """
        if self.kind == "hinge":
            raise ValueError("loss must be smooth for Newton's method, got 'hinge'")
        weights = self._weights(wins)
        if self.kind != "ipo" and self.label_smoothing == 0:
            check_connected(weights)
        u, met, moved = np.zeros_like(self.theta), weights + weights.swapaxes(1, 2) > 0, np.inf
        while True:
            z = u[:, :, None] - u[:, None, :]
            if np.abs(z[met]).max() > FARTHEST:
                raise ValueError(
                    f"wins must give the loss {self.kind!r} a least value that can be computed, "
                    f"got answers more than {FARTHEST} apart"
                )
            slopes = weights * _slope(z, 1.0, self.kind, self.label_smoothing)
            gradient = slopes.sum(2) - slopes.sum(1)
            c = weights * _curvature(z, 1.0, self.kind)
            c = c + c.swapaxes(1, 2)
            H = c.sum(2)[:, :, None] * np.eye(len(u[0])) - c  # blind to a constant: a Laplacian
            step = -(np.linalg.pinv(H, hermitian=True) @ gradient[:, :, None])[:, :, 0]
            if self.kind != "ipo":  # which is quadratic
                far = np.ptp(step, axis=1, keepdims=True)
                step *= np.log1p(far) / np.maximum(far, 1e-300)
            u, before, moved = u + step, moved, float(np.abs(step).max())
            if moved <= 1e-15 * (1 + np.abs(u).max()) or 1e-6 > before <= 2 * moved:
                break  # the last steps square the error, until they are rounding
        self.theta = np.log(self.pi_ref) + u / self.beta
        return self

    def _h(self) -> FloatArray:
        """h[x, y, y'] for each y chosen, y' rejected."""
        log_ratio = self.theta - np.log(self.pi_ref)
        return log_ratio[:, :, None] - log_ratio[:, None, :]

    def _weights(self, wins: npt.ArrayLike) -> FloatArray:
        wins = check_wins(wins)
        X, Y = self.theta.shape
        if wins.shape != (X, Y, Y):
            raise ValueError(f"wins must have shape {(X, Y, Y)} for this policy, got {wins.shape}")
        shares: FloatArray = wins / wins.sum((1, 2), keepdims=True) / X
        return shares


class DPO(NearReference):
    """DPO on Answers: texts, paths, single choices. [Rafailov et al. 2023, (7)]

        theta <- theta - alpha mean of dloss/dh grad [ ln pi(chosen|x) - ln pi(rejected|x) ]

    ln pi of an answer is the sum over its choices, its end included, what was given left out.

    policy                             a StochasticPolicy; in the beginning it is pi_ref too, if no
                                       reference is given
    beta > 0, loss, label_smoothing    as in `dpo_loss`
    lr                                 the step size of Adam; too small a one stops short of the
                                       optimum long before it overfits: try several
    reference                          pi_ref
    rng                                what `act` draws from

    `update` takes a list of Preferences between Answers to the same x, which it does not look at:
    s of an Answer holds what the policy is to see of it. After it, `last_loss` is their mean loss,
    and `last_accuracy` the share of pairs with h > 0, h = 0 counting half, before the step.
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
        log_ratio = totals(self.policy.log_prob(s, a) - self.reference.log_prob(s, a), owner, 2 * n)
        h = log_ratio[:n] - log_ratio[n:]  # of the chosen, of the rejected
        self.last_loss = float(_loss(h, self.beta, self.loss, self.label_smoothing).mean())
        self.last_accuracy = float(((h > 0) + 0.5 * (h == 0)).mean())
        still_finite(self.last_loss, "lr")
        slope = _slope(h, self.beta, self.loss, self.label_smoothing) / n
        self.policy.backward(s, a, np.concatenate([slope, -slope])[owner])
        self.adam.step()
