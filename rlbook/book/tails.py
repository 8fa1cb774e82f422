"""How rare is it? Tails of the binomial, the hypergeometric and Student's distribution.

No library is needed for them, and the tests compare them with SciPy's.
"""

from __future__ import annotations

from functools import cache
from math import atan, cos, exp, inf, isfinite, lgamma, log, pi, sin, sqrt
from statistics import NormalDist


@cache
def fewest(n: int, p: float, alarm: float) -> int:
    """The fewest successes k of n that are not too rare: P( X <= k ) > alarm, X ~ Bin(n, p)."""
    if p in (0, 1):
        return n if p else 0
    total, k = exp(n * log(1 - p)), 0
    while total <= alarm * (1 + 1e-9) and k < n:  # at_least(0.9) of 3 runs: 0 is 1e-3, and rounded
        k += 1
        total += exp(_ln_choose(n, k) + k * log(p) + (n - k) * log(1 - p))
    return k


def fisher(k: int, n: int, found: int, others: int) -> float:
    """Fisher's exact test: how rare it is that k of n and `found` of `others` differ so much."""
    total = k + found

    def chance(j: int) -> float:
        ways = _ln_choose(n, j) + _ln_choose(others, total - j)
        return exp(ways - _ln_choose(n + others, total))

    below = sum(chance(j) for j in range(max(0, total - others), k + 1))
    above = sum(chance(j) for j in range(k, min(n, total) + 1))
    return min(1.0, 2 * min(below, above))


def _ln_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


@cache
def student(alarm: float, df: float = inf) -> float:
    """The t that |T| passes with this chance, T Student's with df degrees of freedom."""
    if not isfinite(df) or df > 1000:
        return -NormalDist().inv_cdf(alarm / 2)
    low, high = 0.0, 2.0
    while _outside(high, int(df)) > alarm:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _outside(middle, int(df)) > alarm else (low, middle)
    return high


def _outside(t: float, df: int) -> float:
    """P( |T| > t ), by the finite series for whole df."""
    angle = atan(t / sqrt(df))
    term = total = cos(angle) if df % 2 else 1.0
    for j in range(3 if df % 2 else 2, df - 1, 2):
        term *= (j - 1) / j * cos(angle) ** 2
        total += term
    if df % 2 == 0:
        return 1 - sin(angle) * total
    return 1 - 2 / pi * (angle + (sin(angle) * total if df > 1 else 0.0))
