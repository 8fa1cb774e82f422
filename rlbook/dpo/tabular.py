"""DPO where answers are numbered: every sum exact, and the least loss by Newton's method."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_distribution
from rlbook.dpo.kl_objective import check_beta
from rlbook.dpo.losses import check_loss, curvature_of, loss_of, slope_of
from rlbook.dpo.wins import check_connected, check_wins
from rlbook.policy import softmax

FARTHEST = 36.0  # s(-z) is then less than what rounding leaves of s(z)


class TabularDPO:
    """DPO where contexts and answers are numbered. [Rafailov et al. 2023, (7)]

        pi = softmax(theta),    theta (X, Y)

    pi_ref                   (X, Y), its entries positive; pi in the beginning
    beta                     > 0, the weight of the KL
    loss, label_smoothing    as in `dpo_loss`

    Everything is exact here: what the loss says of given wins[x, y, y'], counts or chances (see
    wins.py), is summed over all pairs, and `fit` finds its least value. Raises ValueError for a
    pi_ref of another shape, and a number out of range.
    """

    def __init__(
        self,
        pi_ref: npt.ArrayLike,
        *,
        beta: float,
        loss: str = "sigmoid",
        label_smoothing: float = 0.0,
    ) -> None:
        self.pi_ref = check_distribution(pi_ref, "pi_ref")
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
        losses = loss_of(self._h(), self.beta, self.kind, self.label_smoothing)
        return float((self._weights(wins) * losses).sum())

    def gradient(self, wins: npt.ArrayLike) -> FloatArray:
        """The gradient of the loss in theta, (X, Y). ln Z has no part in it: it falls out of h."""
        slopes = self._weights(wins) * slope_of(
            self._h(), self.beta, self.kind, self.label_smoothing
        )
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
            slopes = weights * slope_of(z, 1.0, self.kind, self.label_smoothing)
            gradient = slopes.sum(2) - slopes.sum(1)
            c = weights * curvature_of(z, 1.0, self.kind)
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
