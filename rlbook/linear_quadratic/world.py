"""A world of numbers instead of cells, whose best policy is known: the linear-quadratic problem.

    s' = A s + B a + noise,    r = -(s^T Q s + a^T R a)

The best action is linear in the state, a = -K s, and its value quadratic. With a discount, K comes
from a Riccati equation: an exact answer to hold a learned actor and critic against.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_gamma, check_number, check_shaped
from rlbook.linear_quadratic.riccati import Problem, best_costs, best_gain, costs_of
from rlbook.spaces import Action, State


class LinearQuadratic(gymnasium.Env[State, Action]):
    """A linear system with quadratic costs, as a Gymnasium environment that never ends.

        s' = A s + B a + noise,    r = -(s^T Q s + a^T R a)

    A (n, n), B (n, m)    the system
    Q (n, n), R (m, m)    the costs, symmetric; Q positive semidefinite, R positive definite
    noise                 the standard deviation of the noise in each component of s'
    start                 the standard deviation of each component of the first state

    By default s is the position and velocity of a point on a line, a its acceleration, and a step
    takes 0.1. Observations are (n,), actions (m,), both unbounded. Wrap it in TimeLimit for
    episodes. Raises ValueError for shapes that do not fit and for Q or R that are not as stated.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own habit

    def __init__(
        self,
        A: npt.ArrayLike = ((1.0, 0.1), (0.0, 1.0)),
        B: npt.ArrayLike = ((0.0,), (0.1,)),
        Q: npt.ArrayLike = ((1.0, 0.0), (0.0, 0.1)),
        R: npt.ArrayLike = ((0.1,),),
        *,
        noise: float = 0.1,
        start: float = 1.0,
    ) -> None:
        n, m = len(np.atleast_1d(check_array(A, "A"))), np.atleast_1d(check_array(B, "B")).shape[-1]
        self.A, self.B = check_shaped(A, "A", (n, n)), check_shaped(B, "B", (n, m))
        self.Q, self.R = check_shaped(Q, "Q", (n, n)), check_shaped(R, "R", (m, m))
        if (self.Q != self.Q.T).any() or not _is_semidefinite(self.Q):
            raise ValueError(f"Q must be symmetric and positive semidefinite, got {self.Q!r}")
        if (self.R != self.R.T).any() or not _is_definite(self.R):
            raise ValueError(f"R must be symmetric and positive definite, got {self.R!r}")
        self.noise = check_number(noise, "noise", 0)
        self.start = check_number(start, "start", 0)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (n,), dtype=np.float64)
        self.action_space = gymnasium.spaces.Box(-np.inf, np.inf, (m,), dtype=np.float64)
        self.s: FloatArray | None = None

    def __repr__(self) -> str:
        return f"LinearQuadratic(A {self.A.shape}, B {self.B.shape}, noise {self.noise:g})"

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Begin an episode at a state drawn around zero; options={"state": s} begins in s."""
        super().reset(seed=seed)
        first = self.start * self.np_random.standard_normal(len(self.A))
        s = check_shaped((options or {}).get("state", first), "options['state']", first.shape)
        self.s = s.copy()
        return s.copy(), {}

    def step(self, action: npt.ArrayLike) -> tuple[FloatArray, float, bool, bool, dict[str, Any]]:
        """Take an action (m,); returns s_next, r, False, False, an empty info."""
        if self.s is None:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        s, a = self.s, check_shaped(action, "action", self.B[0].shape)
        r = -float(s @ self.Q @ s + a @ self.R @ a)
        self.s = self.A @ s + self.B @ a + self.noise * self.np_random.standard_normal(len(s))
        return self.s.copy(), r, False, False, {}

    def value(self, gamma: float, K: npt.ArrayLike | None = None) -> FloatArray:
        """The matrix V (n, n) of a = -K s, or of the best policy if K is None: v(s) = -s^T V s - c.

            V = Q + K^T R K + gamma (A - B K)^T V (A - B K)

        gamma in [0, 1). Raises ValueError where the costs of this K, or of every K, are infinite.
        """
        gamma = check_gamma(gamma)
        if gamma == 1:
            raise ValueError("gamma must be less than 1: the costs of the noise never end, got 1")
        problem = Problem(self.A, self.B, self.Q, self.R, gamma)
        if K is None:
            if (V := best_costs(problem)) is None:
                raise ValueError(f"A and B must allow finite costs, got none at gamma = {gamma}")
            return V
        K = check_shaped(K, "K", self.B.T.shape)
        if (V := costs_of(problem, K)) is None:
            raise ValueError(f"K must have finite costs at gamma = {gamma}, got {K!r}")
        return V

    def gain(self, gamma: float) -> FloatArray:
        """K (m, n) of the best policy a = -K s.

            K = gamma (R + gamma B^T V B)^-1 B^T V A

        V is value(gamma). Raises ValueError as there.
        """
        return best_gain(Problem(self.A, self.B, self.Q, self.R, gamma), self.value(gamma))

    def q_matrix(self, gamma: float, K: npt.ArrayLike | None = None) -> FloatArray:
        """The matrix H (n+m, n+m) of q(s, a) = -(s, a)^T H (s, a) - c, the future following K."""
        V, AB = self.value(gamma, K), np.hstack([self.A, self.B])
        n = len(self.A)
        H = gamma * AB.T @ V @ AB
        H[:n, :n] += self.Q
        H[n:, n:] += self.R
        return H

    def constant(self, gamma: float, K: npt.ArrayLike | None = None) -> float:
        """The c of v(s) = -s^T V s - c: gamma / (1 - gamma) noise^2 trace V."""
        V = self.value(gamma, K)
        return float(gamma / (1 - gamma) * self.noise**2 * np.trace(V))


def _is_semidefinite(Q: FloatArray) -> bool:
    """No eigenvalue is negative by more than rounding."""
    return bool(np.linalg.eigvalsh(Q).min() >= -1e-12 * np.abs(Q).max())


def _is_definite(R: FloatArray) -> bool:
    """All eigenvalues are positive by more than rounding, each component in a unit of its own."""
    size = np.diag(R)
    if not (size > 0).all():
        return False
    unit = np.sqrt(size)
    return bool(np.linalg.eigvalsh(R / unit / unit[:, None]).min() >= 1e-12)
