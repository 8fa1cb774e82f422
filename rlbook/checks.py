"""Is this what was asked for? One clear error where it is not.

Every check returns the argument as an array or a number, or raises a ValueError that names the
argument, what was wanted, and what it got.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


def check_gamma(gamma: float) -> float:
    """The discount, if it lies in [0, 1]; otherwise ValueError."""
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie in [0, 1], got {gamma}")
    return float(gamma)


def check_v(v: npt.ArrayLike, n_states: int) -> FloatArray:
    """State values as an array (S,); ValueError for another shape."""
    v = np.asarray(v, dtype=float)
    if v.shape != (n_states,):
        raise ValueError(f"v must have shape ({n_states},), a value for each state, got {v.shape}")
    return v


def check_pi(pi: npt.ArrayLike, n_states: int, n_actions: int) -> FloatArray:
    """A policy as an array (S, A); ValueError unless every row is a distribution within 1e-8."""
    pi = np.asarray(pi, dtype=float)
    if pi.shape != (n_states, n_actions):
        raise ValueError(f"pi must have shape ({n_states}, {n_actions}), got {pi.shape}")
    return check_distribution(pi, "pi")


def check_distribution(p: FloatArray, name: str) -> FloatArray:
    """`p` itself, if its last axis holds distributions; otherwise a ValueError that says where."""
    if (where := first_true(~(p >= 0) | np.isinf(p))) is not None:
        raise ValueError(f"{name} must be finite and not negative, got {p[where]} at {where}")
    total = p.sum(-1)
    if (where := first_true(np.abs(total - 1) > 1e-8)) is not None:
        raise ValueError(f"{name}{list(where) or ''} must sum to 1, got {total[where]}")
    return p


def first_true(wrong: Any) -> tuple[int, ...] | None:
    """The index of the first True, or None."""
    wrong = np.asarray(wrong)
    return tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None


def check_epsilon(epsilon: float) -> float:
    """The share of exploration, if it lies in [0, 1]; otherwise ValueError."""
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon must lie in [0, 1], got {epsilon}")
    return float(epsilon)
