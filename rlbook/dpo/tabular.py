"""DPO where answers are numbered: every sum exact, and the minimum by Newton's method."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_distribution
from rlbook.dpo.losses import PairLoss, pair_loss
from rlbook.dpo.wins import check_connected, check_wins
from rlbook.policy import softmax

FARTHEST = 36.0  # from here on s(-z) is less than the rounding of s(z)


class TabularDPO:
    """DPO where contexts and answers are numbered. [Rafailov et al. 2023, (7)]

        pi = softmax(theta),    theta (X, Y)

    pi_ref                   (X, Y), its entries positive; pi in the beginning
    beta                     > 0, the weight of the KL
    loss, label_smoothing    as in `dpo_loss`

    Everything is exact here. The data are a table wins[x, y, y'], counts or probabilities (see
    `rlbook.dpo.wins`); the loss is summed over all pairs, and `fit` finds its minimum. Raises
    ValueError for a pi_ref of another shape, and a number out of range.
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
        self.pair_loss = pair_loss(loss, beta, label_smoothing)
        self.theta: FloatArray = np.log(self.pi_ref)

    def __repr__(self) -> str:
        name, beta, _ = self.pair_loss
        moved = np.abs(self.theta - np.log(self.pi_ref)).max()
        return (
            f"TabularDPO(theta {self.theta.shape}, loss {name!r}, beta {beta:g}, "
            f"at most {moved:.3g} from ln pi_ref)"
        )

    @property
    def pi(self) -> FloatArray:
        """The policy (X, Y)."""
        return softmax(self.theta)

    @property
    def reward(self) -> FloatArray:
        """The reward whose best policy is pi, of mean 0 for each x: beta ln(pi / pi_ref) + c(x)."""
        r = self.pair_loss.beta * (self.theta - np.log(self.pi_ref))
        return r - r.mean(1, keepdims=True)

    def loss(self, wins: npt.ArrayLike) -> float:
        """The mean loss over all wins, each x weighted alike."""
        return float((self._shares(wins) * self.pair_loss.value(self._h())).sum())

    def gradient(self, wins: npt.ArrayLike) -> FloatArray:
        """The gradient of the loss in theta, (X, Y). ln Z cancels in h, so it does not matter."""
        return _by_answer(self._shares(wins) * self.pair_loss.slope(self._h()))

    def fit(self, wins: npt.ArrayLike) -> TabularDPO:
        """Newton's method from pi_ref, until rounding is all that is left. Returns itself.

        It works in z = beta h: there the losses do not depend on beta, except for a factor of ipo.
        Steps are shortened so that each one lowers the loss: a curvature s(z) s(-z) changes by a
        factor of at most e over a distance of 1 [Sun and Tran-Dinh 2019].

        Where the wins do not determine theta, because some answers never met, theta moves no
        further than it must. Raises ValueError for the hinge loss, which has no second derivative;
        where the loss has no minimum, because some answers never lost; and where two answers that
        met would end more than 36 apart in z, which is more than can be computed.
        """
        name, beta, e = self.pair_loss
        if name == "hinge":
            raise ValueError("loss must be smooth for Newton's method, got 'hinge'")
        shares = self._shares(wins)
        if name != "ipo" and e == 0:
            check_connected(shares)
        u, met, moved = np.zeros_like(self.theta), shares + shares.swapaxes(1, 2) > 0, np.inf
        in_z = PairLoss(name, 1.0, e)
        while True:
            z = u[:, :, None] - u[:, None, :]
            if (farthest := np.abs(z[met]).max()) > FARTHEST:
                raise ValueError(
                    f"wins must be less one-sided for the loss {name!r}: answers that met may "
                    f"differ by {FARTHEST:g} in beta ln(pi / pi_ref), got {farthest:.3g}"
                )
            gradient = _by_answer(shares * in_z.slope(z))
            c = shares * in_z.curvature(z)
            c = c + c.swapaxes(1, 2)
            H = c.sum(2)[:, :, None] * np.eye(len(u[0])) - c  # a Laplacian: constants are free
            step = -(np.linalg.pinv(H, hermitian=True) @ gradient[:, :, None])[:, :, 0]
            if name != "ipo":  # ipo is quadratic: its full step is right
                far = np.ptp(step, axis=1, keepdims=True)
                step *= np.log1p(far) / np.maximum(far, 1e-300)
            u, before, moved = u + step, moved, float(np.abs(step).max())
            if moved <= 1e-15 * (1 + np.abs(u).max()) or 1e-6 > before <= 2 * moved:
                break  # near the end each step squares the error, until it is rounding
        if (steepest := np.abs(gradient).max()) > 1e-8:  # a slope without curvature: no minimum
            raise ValueError(
                f"wins must give the loss {name!r} a minimum, got one that falls for ever: its "
                f"slope is {steepest:.2g} far out; ask for more judgements"
            )
        self.theta = np.log(self.pi_ref) + u / beta
        return self

    def _h(self) -> FloatArray:
        """h[x, y, y'] for each y chosen, y' rejected."""
        log_ratio = self.theta - np.log(self.pi_ref)
        return log_ratio[:, :, None] - log_ratio[:, None, :]

    def _shares(self, wins: npt.ArrayLike) -> FloatArray:
        """Each win as a share of all, each x weighted alike: (X, Y, Y), of sum 1."""
        wins = check_wins(wins)
        X, Y = self.theta.shape
        if wins.shape != (X, Y, Y):
            raise ValueError(f"wins must have shape {(X, Y, Y)} for this policy, got {wins.shape}")
        return wins / wins.sum((1, 2), keepdims=True) / X


def _by_answer(slopes: FloatArray) -> FloatArray:
    """The slope in theta[x, y] from those in h[x, y, y']: y is chosen in row y, else rejected."""
    return slopes.sum(2) - slopes.sum(1)
