"""LSTD: the TD fixed point from samples, without a step size. [Zhao 8.2]

A and b are sums over samples, w solves A w = b. `RecursiveLSTD` keeps the inverse of A instead, so
that each new sample gives its w at once.
"""

from __future__ import annotations

import numpy as np

from rlbook.agent import Step
from rlbook.checks import FloatArray, check_number, check_rng
from rlbook.experience.steps import step_by_step
from rlbook.function_approximation.linear_agent import LinearEvaluation, Policy
from rlbook.function_approximation.projection import solve_weights
from rlbook.functions.features import Features


class LSTD(LinearEvaluation):
    """Least-squares TD: no step size, and every sample is used exactly once. [Zhao 8.2; (8.34)]

        A = sigma I + sum phi(s) [ phi(s) - gamma phi(s') ]^T    b = sum r phi(s)    w = A^-1 b

    regularisation is sigma, not negative: it makes A invertible while there are few samples, at the
    price of a bias that becomes small. Without rng the agent learns, but does not act. Other
    arguments and errors as of `LinearTD`.
    """

    holds = ("n_features", "gamma", "regularisation")

    def __init__(
        self,
        phi: Features,
        pi: Policy,
        *,
        gamma: float,
        regularisation: float,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.regularisation = check_number(regularisation, "regularisation", 0)
        super().__init__(phi, pi, gamma=gamma, rng=None if rng is None else check_rng(rng))

    def _allocate(self, d: int) -> None:
        self.n_features = d
        self.A, self.b = self.regularisation * np.eye(d), np.zeros(d)

    @property
    def w(self) -> FloatArray:  # type: ignore[override]
        """The weights, (d,). ValueError where the samples, so far, leave them open."""
        if self.n_features == 0:
            raise ValueError("w needs a sample first: phi has not been asked yet")
        return solve_weights(self.A, self.b, "w needs more samples, or a larger regularisation")

    @step_by_step
    def update(self, experience: Step) -> None:
        """Count one sample, of a batch each."""
        x, y = self._sample(experience)
        self.A += x[:, None] * y
        self.b += experience.r * x

    def _sample(self, t: Step) -> tuple[FloatArray, FloatArray]:
        """phi(s) and phi(s) - gamma phi(s'); where the episode ends, phi(s') counts as zero."""
        x = self.features(t.s)
        return x, x - self.gamma * (1 - t.terminated) * self.features(t.s_next)


class RecursiveLSTD(LSTD):
    """LSTD that keeps A^-1 instead of A, by the formula of Sherman and Morrison. [Zhao 8.2]

        A^-1 <- A^-1 - A^-1 x y^T A^-1 / (1 + y^T A^-1 x)    x = phi(s), y = phi(s) - gamma phi(s')

    The book prints a plus for the first minus. A starts as sigma I, so A^-1 as I / sigma: the
    regularisation is above zero here. Arguments and errors as of `LSTD`.
    """

    def _allocate(self, d: int) -> None:
        check_number(self.regularisation, "regularisation", 0, above=True)
        self.n_features = d
        self.A_inverse, self.b = np.eye(d) / self.regularisation, np.zeros(d)

    @property
    def w(self) -> FloatArray:  # type: ignore[override]
        """The weights, (d,)."""
        return self.A_inverse @ self.b

    @step_by_step
    def update(self, experience: Step) -> None:
        """Count one sample. ValueError where it makes A singular: there is no A^-1 then."""
        x, y = self._sample(experience)
        left, right = self.A_inverse @ x, y @ self.A_inverse
        if abs(c := 1 + y @ left) < 1e-12:
            raise ValueError(
                f"regularisation must not be {self.regularisation} for these samples, for which it "
                "makes A singular: take a little more"
            )
        self.A_inverse -= left[:, None] * (right / c)  # Sherman-Morrison
        self.b += experience.r * x
