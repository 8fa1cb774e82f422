"""Is a table of outcomes one, and what is its plainest form?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    check_array,
    check_distribution,
    first_true,
)


def checked(
    p: npt.ArrayLike, s_next: npt.ArrayLike, r: npt.ArrayLike, terminated: npt.ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray, BoolArray]:
    """Own copies of the four arrays, or a ValueError that names what is wrong with them."""
    p, r = check_array(p, "p").copy(), check_array(r, "r").copy()
    if p.ndim != 3 or p.size == 0:
        raise ValueError(f"p must have shape (states, actions, outcomes), got {p.shape}")
    raw_next, raw_end = check_array(s_next, "s_next"), check_array(terminated, "terminated")
    for name, array in (("s_next", raw_next), ("r", r), ("terminated", raw_end)):
        if array.shape != p.shape:
            raise ValueError(f"{name} must have the shape of p, {p.shape}, got {array.shape}")
    check_distribution(p, "p")
    total = p.sum(-1, keepdims=True)
    off = np.abs(total - 1) > p.shape[2] * np.finfo(float).eps  # by more than rounding
    p = np.where(off, p / total, p)
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
