"""What does one lookahead say of the optimal values? [Zhao 3.3, Theorem 3.2]

`interval` and `rounding` are sums of numbers: `compiled_small_models` compiles them as they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlbook.checks import FloatArray

EPS = float(np.finfo(float).eps)


class Certified(NamedTuple):
    """What `certified` says of v and of v*.

    v_error         a number: |v - v*| <= v_error
    middle          (S,), of the interval that holds v*
    middle_error    a number: |middle - v*| <= middle_error
    rounding        a number: the part of v_error and of middle_error that is rounding
    least_error     a number: no v can be certified to be nearer to v* than that
    """

    v_error: float
    middle: FloatArray
    middle_error: float
    rounding: float
    least_error: float


def certificate(
    v: FloatArray, Tv: FloatArray, gamma: float, can_end: bool
) -> tuple[FloatArray, float]:
    """What one lookahead at any v says of v*. Returns the middle of an interval, half its width.

        d = T(v) - v,    v* lies in T(v) + gamma / (1 - gamma) [min d, max d]

    Why: T(v + c) = T(v) + gamma c for a number c, since every next state is worth c more. With c =
    max d / (1 - gamma), T(v + c) <= v + max d + gamma c = v + c, so that v* <= T(v + c); likewise
    from below.

    can_end: some pair may end the episode. What ends is worth no c more, and T(v + c) may stay as
    low as T(v): then the interval is widened to hold 0.
    """
    shift, half = interval(*changes(v, Tv, can_end), gamma)
    return Tv + shift, half


def interval(low: float, high: float, gamma: float) -> tuple[float, float]:
    """The middle of gamma / (1 - gamma) [low, high], and half its width."""
    horizon = gamma / (1 - gamma)
    return horizon * (low + high) / 2, horizon * (high - low) / 2


def changes(v: FloatArray, Tv: FloatArray, can_end: bool) -> tuple[float, float]:
    """min d and max d, as `certificate` has them."""
    d = Tv - v
    low, high = float(d.min()), float(d.max())
    return (min(0.0, low), max(0.0, high)) if can_end else (low, high)


def certified(model: Any, v: FloatArray, Tv: FloatArray, gamma: float) -> Certified:
    """The certificate with rounding in it: v and Tv, both (S,), were computed in float64.

    What is said of T(v) holds of v, too: v* lies in v + 1 / (1 - gamma) [min d, max d].
    """
    low, high = changes(v, Tv, model.can_end)
    shift, half = interval(low, high, gamma)
    middle = Tv + shift
    K, r_max, v_max, shift = model.outcomes, model.r_max, _size(middle), float(middle[0] - Tv[0])
    off = rounding(K, r_max, max(v_max, _size(v)), shift, gamma)
    v_error, middle_error = max(-low, high) / (1 - gamma) + off, half + off
    least_error = rounding(K, r_max, max(0.0, v_max - middle_error), 0.0, gamma)
    return Certified(v_error, middle, middle_error, off, least_error)


def _size(v: FloatArray) -> float:
    return max(float(v.max()), -float(v.min()))


def rounding(K: int, r_max: float, v_max: float, shift: float, gamma: float) -> float:
    """How far rounding may carry v from v*: that of one lookahead, over and over.

    A sum of K products is off by K eps / 2 of its size: K rewards, if there are several, then K
    values, times gamma, plus the rewards. K probabilities that should sum to one are off by up to
    (K - 1) 2 eps, which touches the shift of v.
    """
    rewards = K * r_max if K > 1 else 0.0
    lookahead = (rewards + (K + 2) * v_max) / 2 + 2 * (K - 1) * abs(shift)
    return EPS * max(2 * v_max, lookahead) / (1 - gamma)
