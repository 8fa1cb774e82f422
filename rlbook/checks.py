"""Is this what was asked for? One clear error where it is not.

Every check returns the argument as an array or a number, or raises a ValueError that names the
argument, what was wanted, and what it got.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

Schedule: TypeAlias = float | Callable[[int], float]
"""A number, or a function of a count: of visits, of updates, of episodes."""


def check_number(
    x: Any, name: str, low: float = -np.inf, high: float = np.inf, *, above: bool = False
) -> float:
    """A finite number from low to high; above: low itself is not allowed."""
    if type(x) is float and low < x < high:  # nearly always
        return x
    try:
        number = float(x) if np.ndim(x) == 0 and not isinstance(x, str) else np.nan
    except (TypeError, ValueError, OverflowError):  # the last: an integer beyond all floats
        number = np.nan
    if not (low <= number <= high and np.isfinite(number)) or (above and number == low):
        bounded = np.isfinite(low) or np.isfinite(high)
        interval = f"lie in {'(' if above else '['}{low:g}, {high:g}{']' if high < np.inf else ')'}"
        wanted = interval if bounded else "be a finite number"
        raise ValueError(f"{name} must {wanted}, got {shown(x)}")
    return number


def check_gamma(gamma: float) -> float:
    """The discount, in [0, 1]."""
    return check_number(gamma, "gamma", 0, 1)


def check_epsilon(epsilon: float) -> float:
    """The share of exploration, in [0, 1]."""
    return check_number(epsilon, "epsilon", 0, 1)


def check_alpha(alpha: Schedule) -> Schedule:
    """A step size in (0, 1], or a function of a count."""
    return alpha if callable(alpha) else check_number(alpha, "alpha", 0, 1, above=True)


def step_size(alpha: Schedule, n: int) -> float:
    """The step size at the n-th visit: a number, or what a function of n gives if it is finite."""
    return check_number(alpha(n), "alpha(n)") if callable(alpha) else float(alpha)


def still_finite(x: float | FloatArray, step: str) -> None:
    """ValueError where learning has run away: its step size was too large."""
    if not np.isfinite(x):
        raise ValueError(f"{step} must be smaller: the values have run away to {x}")


def check_tol(tol: Any) -> None:
    """A positive number; infinity is one."""
    if type(tol) is float and tol > 0:
        return
    if isinstance(tol, str) or np.ndim(tol) != 0 or tol is None or not tol > 0:
        raise ValueError(f"tol must be positive, got {tol!r}")
    try:
        float(tol)
    except OverflowError:
        raise ValueError(f"tol must be a number that a float can hold, got {shown(tol)}") from None


def check_count(x: Any, name: str, least: int = 1, most: int = 2**63) -> int:
    """A whole number, not below `least`."""
    if type(x) is bool or not isinstance(x, (int, np.integer)) or not least <= x < most:
        raise ValueError(f"{name} must be a whole number, {least} or more, got {shown(x)}")
    return int(x)


def check_compiled(compiled: Any) -> None:
    """True, False, or None: whichever takes less time."""
    if compiled is not None and not isinstance(compiled, bool):
        raise ValueError(f"compiled must be None, True or False, got {compiled!r}")


def check_rng(rng: Any) -> np.random.Generator:
    """A numpy Generator: chance is passed in."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a Generator, such as np.random.default_rng(0), got {rng!r}")
    return rng


def initial(values: Any, shape: tuple[int, ...], name: str) -> FloatArray:
    """A fresh table of this shape, from a finite number or a table of them."""
    given = check_finite(values, name)
    if given.shape not in ((), shape):
        raise ValueError(f"{name} must be a number or have shape {shape}, got {given.shape}")
    return np.array(np.broadcast_to(given, shape))


def check_index(x: Any, n: int, name: str) -> int:
    """A whole number from 0 to n - 1."""
    if type(x) is int and 0 <= x < n:  # nearly always: every step of a world comes by here
        return x
    try:
        if np.ndim(x) == 0 and not isinstance(x, str) and 0 <= x < n and int(x) == x:
            return int(x)
    except (TypeError, ValueError):
        pass  # neither a number nor comparable to one: the error below says so
    raise ValueError(f"{name} must be a whole number from 0 to {n - 1}, got {shown(x)}")


def check_array(x: Any, name: str) -> FloatArray:
    """Real numbers as an array of float64; what is given may be shared."""
    return as_given(x, name).astype(float, copy=False)


def as_given(x: Any, name: str) -> npt.NDArray[Any]:
    """Real numbers as an array of the type that they have; what is given may be shared."""
    try:
        array = np.asarray(x)
        if array.dtype == object and all(type(n) in (int, float) for n in array.flat):
            array = array.astype(float)  # integers of more than 64 bits
        if array.dtype.kind not in "biuf":
            raise ValueError
        return array
    except (TypeError, ValueError, OverflowError) as error:
        ragged = ": its rows have different lengths" if "inhomogeneous" in str(error) else ""
        message = f"{name} must be an array of real numbers, got {shown(x)}{ragged}"
        raise ValueError(message) from None


def check_finite(x: Any, name: str) -> FloatArray:
    """Real numbers as an array, none of them NaN or infinite."""
    array = check_array(x, name)
    if (where := first_true(~np.isfinite(array))) is not None:
        raise ValueError(f"{name} must be finite, got {array[where]}{f' at {where}' * bool(where)}")
    return array


def check_shaped(x: Any, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Finite real numbers as an array of this shape."""
    array = check_finite(x, name)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    return array


def check_v(v: Any, n_states: int, name: str = "v") -> FloatArray:
    """One finite number for each state, as an array (S,)."""
    values = check_array(v, name)
    if values.shape != (n_states,):
        raise ValueError(
            f"{name} must have shape ({n_states},), a number for each state, got {values.shape}"
        )
    return check_finite(values, name)


def check_pi(
    pi: Any, n_states: int | None = None, n_actions: int | None = None, name: str = "pi"
) -> FloatArray:
    """A policy as an array (S, A), its rows distributions as `check_distribution` has them.

    n_states, n_actions    how many there must be; None: any number
    """
    given = as_given(pi, name)
    wanted = n_states or "S", n_actions or "A"
    if given.ndim != 2 or any(
        n not in ("S", "A", m) for n, m in zip(wanted, given.shape, strict=True)
    ):
        raise ValueError(f"{name} must have shape ({wanted[0]}, {wanted[1]}), got {given.shape}")
    return check_distribution(given, name)


def check_d(d: Any, n_states: int) -> FloatArray:
    """A distribution over states, (S,)."""
    check_v(d, n_states, "d")
    return check_distribution(d, "d")


def check_chain(P_pi: Any) -> FloatArray:
    """The transition probabilities of a chain, (S, S): each row a distribution."""
    given = as_given(P_pi, "P_pi")
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.size == 0:
        raise ValueError(f"P_pi must have shape (S, S), got {given.shape}")
    return check_distribution(given, "P_pi")


TYPED, MOST = 1e-8, 5e-4
"""A unit of the eighth digit, and what a sum may be off by at most."""


def check_distribution(x: Any, name: str, eps: Any = None) -> FloatArray:
    """Distributions along the last axis, in float64, each divided by its sum.

    The sum must be 1 as nearly as the given type can say it: within 1e-8 for each positive entry
    of float64 (or of numbers in a list, typed with eight digits), within 1.2e-7 for each of
    float32, and never off by more than 5e-4. Rows of an exact sum, but for rounding in float64,
    stay as they are: what is given may be shared.

    eps is the relative precision of the entries, where x does not say it: a number, or one for each
    row.
    """
    given = as_given(x, name)
    if given.ndim == 0:
        raise ValueError(f"{name} must be an array of probabilities, got {shown(x)}")
    if eps is None:
        eps = float(np.finfo(given.dtype).eps) if given.dtype.kind == "f" else 0.0
    p = given.astype(float, copy=False)
    if (where := first_true(~(p >= 0) | np.isinf(p))) is not None:
        raise ValueError(f"{name} must be finite and not negative, got {p[where]} at {where}")
    total = p.sum(-1)
    error = np.abs(total - 1)
    if (error > TYPED).any():
        most = np.minimum((p > 0).sum(-1) * np.maximum(TYPED, eps), MOST)
        if (where := first_true(error > most)) is not None:
            cure = f"; divide by the sum: {name} / {name}.sum(-1, keepdims=True)"
            nearly = cure if error[where] <= MOST else ""  # else there is more amiss than rounding
            raise ValueError(f"{name}{list(where) or ''} must sum to 1, got {total[where]}{nearly}")
    off = error > p.shape[-1] * np.finfo(float).eps  # by more than rounding
    if not off.any():
        return p
    return np.where(off[..., None], p / total[..., None], p)


def check_model(model: Any) -> None:
    """Something that answers `lookahead`: an environment is not its model."""
    if isinstance(model, type):
        raise ValueError(f"model must be an MDP or a GridModel, got the class {model.__name__}")
    if not hasattr(model, "lookahead"):
        hint = ": use MDP.from_env(env)" if hasattr(model, "observation_space") else ""
        hint = ": pass its .model" if hasattr(model, "model") else hint
        raise ValueError(f"model must be an MDP or a GridModel, got {type(model).__name__}{hint}")


def shown(x: Any) -> str:
    """What was given, in a few characters."""
    try:
        text = repr(x)
    except ValueError:  # Python writes no integer of more than 4300 digits
        text = f"an {type(x).__name__} too long to write"
    return text if len(text) < 60 else text[:57] + "..."


def first_true(wrong: Any) -> tuple[int, ...] | None:
    """The index of the first True, or None."""
    wrong = np.asarray(wrong)
    return tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None


def check_kind(thing: Any, kind: type, name: str, such_as: str = "") -> None:
    """ValueError unless the thing is of this kind."""
    if not isinstance(thing, kind):
        hint = f", such as {such_as}" if such_as else ""
        raise ValueError(f"{name} must be a {kind.__name__}{hint}, got {type(thing).__name__}")
