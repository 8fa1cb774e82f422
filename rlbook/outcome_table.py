"""Is a table of outcomes valid, what is its simplest form, and does its world do what it says?

Users write it as lists P[s][a] of outcomes; a model keeps it as four arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    as_given,
    check_array,
    check_distribution,
    first_true,
    shown,
)
from rlbook.spaces import Env

SAME = {
    "TimeLimit", "OrderEnforcing", "PassiveEnvChecker", "RecordEpisodeStatistics",
    "RecordVideo", "RenderCollection", "HumanRendering", "AddWhiteNoise", "ObstructView",
}  # fmt: skip
"""Those of Gymnasium that count steps, watch, draw, or change the picture alone."""


def checked(
    p: npt.ArrayLike, s_next: npt.ArrayLike, r: npt.ArrayLike, terminated: npt.ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray, BoolArray]:
    """Own copies of the four arrays, or a ValueError that names what is wrong with them."""
    given, r = as_given(p, "p"), check_array(r, "r").copy()
    if given.ndim != 3 or given.size == 0:
        raise ValueError(f"p must have shape (states, actions, outcomes), got {given.shape}")
    raw_next, raw_end = check_array(s_next, "s_next"), check_array(terminated, "terminated")
    for name, array in (("s_next", raw_next), ("r", r), ("terminated", raw_end)):
        if array.shape != given.shape:
            raise ValueError(f"{name} must have the shape of p, {given.shape}, got {array.shape}")
    p = check_distribution(given, "p").copy()
    if (where := first_true(~np.isfinite(r))) is not None:
        raise ValueError(f"r must be finite, got {r[where]} at {where}")
    S = len(p)
    if (where := first_true(~((raw_next >= 0) & (raw_next < S) & (raw_next % 1 == 0)))) is not None:
        raise ValueError(f"s_next must be states 0 to {S - 1}, got {raw_next[where]} at {where}")
    if (where := first_true((raw_end != 0) & (raw_end != 1))) is not None:
        raise ValueError(f"terminated must be true or false, got {raw_end[where]} at {where}")
    return p, np.array(raw_next, dtype=np.intp), r, np.array(raw_end, dtype=bool)


def merged(
    p: FloatArray, s_next: IntArray, r: FloatArray, terminated: BoolArray
) -> tuple[FloatArray, IntArray, FloatArray, BoolArray]:
    """The table without impossible and without repeated outcomes, its order kept."""
    # Impossible outcomes get next states of their own, so that no two of them look alike.
    reached = np.where(p > 0, s_next, -1 - np.arange(p.shape[2]))
    in_order = np.sort(reached, axis=-1)
    twice = (in_order[..., 1:] == in_order[..., :-1]).any(-1)
    if twice.any():
        rows = reached[twice], r[twice], terminated[twice]
        order = np.lexsort(rows[::-1], axis=-1)
        same = np.ones_like(order[:, 1:], dtype=bool)
        for x in rows:
            x = np.take_along_axis(x, order, axis=-1)
            same &= x[:, 1:] == x[:, :-1]
        first = np.insert(~same, 0, True, axis=-1)
        sums = np.zeros(order.shape)
        ordered = np.take_along_axis(p[twice], order, axis=-1)
        sums[first] = np.add.reduceat(ordered.ravel(), np.flatnonzero(first))
        merged = np.empty_like(sums)
        np.put_along_axis(merged, order, sums, axis=-1)
        p[twice] = merged

    gaps = (p == 0).any(-1)
    if gaps.any():
        order = np.argsort(p[gaps] == 0, axis=-1, kind="stable")
        for x in (p, s_next, r, terminated):
            x[gaps] = np.take_along_axis(x[gaps], order, axis=-1)
        K = int((p > 0).sum(-1).max())
        p, s_next = p[..., :K].copy(), s_next[..., :K].copy()
        r, terminated = r[..., :K].copy(), terminated[..., :K].copy()
        s, a, k = np.nonzero(p == 0)
        s_next[s, a, k], r[s, a, k], terminated[s, a, k] = s, 0.0, False
    return p, s_next, r, terminated


def listed(P: Any, name: str) -> tuple[FloatArray, Any, FloatArray, Any]:
    """The four arrays (S, A, K) of a table P[s][a] = [(p, s_next, r, terminated), ...].

    All are of floats. What MDP checks is not checked here, but for p. name is P's, in errors.
    """
    wanted = f"{name} must list outcomes (probability, s_next, r, terminated) for states 0 to "
    states = _numbered(P, wanted)
    wanted += f"{len(states) - 1} and actions 0 to "
    rows = [_numbered(row, wanted, f" in state {s}") for s, row in enumerate(states)]
    counts = [len(row) for row in rows]
    S, A = len(rows), max(counts)
    wanted += f"{A - 1}"
    if min(counts) < A:
        s = counts.index(min(counts))
        raise ValueError(
            f"{wanted}, got {counts[s]} actions in state {s} and {A} in state {counts.index(A)}: "
            "list an action that a state lacks as one that stays there, at a price"
        )
    pairs = [(s, a) for s in range(S) for a in range(A)]
    try:
        outcomes = [tuple(o) for s, a in pairs for o in rows[s][a]]
        numbers = np.array(outcomes, dtype=float)
        several = np.array([len(rows[s][a]) for s, a in pairs])
    except (TypeError, ValueError, OverflowError):
        several = numbers = np.zeros(0)
    if several.size == 0 or several.min() == 0 or numbers.shape[1:] != (4,):
        raise ValueError(next(bad for s, a in pairs if (bad := _wrong(rows[s][a], wanted, s, a))))
    s_of, a_of = np.repeat(np.array(pairs), several, axis=0).T
    k_of = np.arange(len(numbers)) - np.repeat(several.cumsum() - several, several)
    columns = np.zeros((4, S, A, several.max()))
    columns[:, s_of, a_of, k_of] = numbers.T
    eps = {kind: _precision(kind) for kind in {type(o[0]) for o in outcomes}}
    coarse = np.zeros((S, A))
    if any(eps.values()):
        np.maximum.at(coarse, (s_of, a_of), [eps[type(o[0])] for o in outcomes])
    try:
        p = check_distribution(columns[0], name, coarse)
    except ValueError as error:
        raise ValueError(f"{error}; an outcome is (p, s_next, r, terminated)") from None
    return p, columns[1], columns[2], columns[3]


def _numbered(x: Any, wanted: str, where: str = "") -> list[Any]:
    """What a dict holds for 0, 1, 2, ..., in any order, or what a list does."""
    known = isinstance(x, (Mapping, list, tuple)) or (isinstance(x, np.ndarray) and x.ndim > 0)
    if not known or len(x) == 0:
        raise ValueError(f"{wanted}any number, got {shown(x)}{where}")
    if not isinstance(x, Mapping):
        return list(x)
    if set(x) != set(range(len(x))):
        raise ValueError(f"{wanted}{len(x) - 1}, got the keys {shown(list(x))}{where}")
    return [x[n] for n in range(len(x))]


def _wrong(x: Any, wanted: str, s: int, a: int) -> str:
    """What is wrong with the outcomes of a pair; nothing, if each is four numbers."""
    hint = ""
    try:
        if len(x) and not any(np.iterable(o) for o in x):
            hint = ": put even one outcome into a list; P[s, a, s_next] is for MDP.from_matrices"
        elif np.array([tuple(o) for o in x], dtype=float).shape[1:] == (4,):
            return ""
    except (TypeError, ValueError, OverflowError):
        pass  # the text below says what was there
    return f"{wanted}, got {shown(x)} in state {s}, action {a}{hint}"


def _precision(kind: type) -> float:
    """How precise a probability of a coarse type is; 0 for all others."""
    coarse = issubclass(kind, np.floating) and not issubclass(kind, float)
    return float(np.finfo(kind).eps) if coarse else 0.0


def inside(env: Env) -> tuple[Any, int | None]:
    """The world inside, and the least number of steps that a TimeLimit allows, None without one.

    Raises ValueError for a wrapper that is not in SAME, or is not Gymnasium's own.
    """
    limit: int | None = None
    while (bare := getattr(env, "unwrapped", env)) is not env:
        kind = type(env)
        known = kind.__name__ in SAME and kind.__module__.split(".")[0] in ("gymnasium", "gym")
        if not known or not hasattr(env, "env"):
            raise ValueError(
                f"env must not be changed by a wrapper, since its table knows nothing of it, got "
                f"{kind.__name__} around {type(bare).__name__}: pass env.unwrapped for the world "
                "inside, or write a table of the whole, MDP.from_table(P)"
            )
        if kind.__name__ == "TimeLimit":
            steps = int(env._max_episode_steps)
            limit = steps if limit is None else min(limit, steps)
        env = env.env
    return env, limit
