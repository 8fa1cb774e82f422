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

from rlbook.checks import FloatArray, check_array, check_gamma, check_number
from rlbook.linear_quadratic.riccati import Problem, best_costs, best_gain, costs_of


class LinearQuadratic(gymnasium.Env[Any, Any]):
    """A linear system with quadratic costs, as a Gymnasium environment that never ends.

        s' = A s + B a + noise,    r = -(s^T Q s + a^T R a)

    A (n, n), B (n, m)    the system
    Q (n, n), R (m, m)    the costs, symmetric; Q positive semidefinite, R positive definite
    noise                 the standard deviation of what is added to each component of s'
    start                 the standard deviation of each component of the first state

    Observations are (n,), actions (m,), both without bounds. Wrap it in TimeLimit for episodes.
    Raises ValueError for shapes that do not fit and costs that are not as stated.
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
        given = zip("ABQR", (A, B, Q, R), strict=True)
        self.A, self.B, self.Q, self.R = (check_array(x, name) for name, x in given)
        n, m = len(np.atleast_1d(self.A)), self.B.shape[-1] if self.B.ndim else 0
        for name, shape in (("A", (n, n)), ("B", (n, m)), ("Q", (n, n)), ("R", (m, m))):
            matrix = getattr(self, name)
            if matrix.shape != shape or not np.isfinite(matrix).all():
                raise ValueError(f"{name} must be finite, of shape {shape}, got {matrix!r}")
        _check_cost(self.Q, "Q", "semidefinite", -1e-12)
        _check_cost(self.R, "R", "definite", 1e-12)
        self.noise = check_number(noise, "noise", 0)
        self.start = check_number(start, "start", 0)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (n,), dtype=np.float64)
        self.action_space = gymnasium.spaces.Box(-np.inf, np.inf, (m,), dtype=np.float64)
        self.s: FloatArray | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Begin an episode at a state drawn around zero; options={"state": s} begins in s."""
        super().reset(seed=seed)
        first = self.start * self.np_random.standard_normal(len(self.A))
        s = check_array((options or {}).get("state", first), "options['state']")
        if s.shape != first.shape or not np.isfinite(s).all():
            raise ValueError(f"options['state'] must be {first.shape} finite numbers, got {s!r}")
        self.s = s.copy()
        return s.copy(), {}

    def step(self, action: npt.ArrayLike) -> tuple[FloatArray, float, bool, bool, dict[str, Any]]:
        """Take an action (m,); returns s_next, r, False, False, an empty info."""
        if self.s is None:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        s, a = self.s, check_array(action, "action")
        if a.shape != self.action_space.shape or not np.isfinite(a).all():
            raise ValueError(f"action must be {self.action_space.shape} finite numbers, got {a!r}")
        r = -float(s @ self.Q @ s + a @ self.R @ a)
        self.s = self.A @ s + self.B @ a + self.noise * self.np_random.standard_normal(len(s))
        return self.s.copy(), r, False, False, {}

    def value(self, gamma: float, K: npt.ArrayLike | None = None) -> FloatArray:
        """The matrix V (n, n) of a = -K s, or of the best policy: v(s) = -s^T V s - c.

            V = Q + K^T R K + gamma (A - B K)^T V (A - B K)

        gamma from 0 to below 1. Raises ValueError where the costs of this K are not finite.
        """
        gamma = check_gamma(gamma)
        if gamma == 1:
            raise ValueError("gamma must be less than 1: the costs of the noise never end, got 1")
        given = None if K is None else check_array(K, "K")
        if given is not None and given.shape != self.B.T.shape:
            raise ValueError(f"K must have shape {self.B.T.shape}, got {given.shape}")
        problem = Problem(self.A, self.B, self.Q, self.R, gamma)
        V = best_costs(problem) if given is None else costs_of(problem, given)
        if V is None:
            which = "A and B must allow" if given is None else "K must have"
            raise ValueError(f"{which} finite costs at gamma = {gamma}, got {given!r}")
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


def _check_cost(cost: FloatArray, name: str, kind: str, least: float) -> None:
    size = np.diag(cost)
    if least > 0 and (size > 0).all():  # each component in a unit of its own
        unit: FloatArray = np.sqrt(size)
        scaled: FloatArray = cost / unit / unit[:, None]
    else:
        scaled = cost / (float(np.abs(cost).max()) or 1.0)
    if not np.array_equal(cost, cost.T) or np.linalg.eigvalsh(scaled).min() < least:
        raise ValueError(f"{name} must be symmetric and positive {kind}, got {cost!r}")
