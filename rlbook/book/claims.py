"""What may be claimed of numbers that depend on chance, and how often is such a claim wrong?

A claim about chance is a test. It raises a false alarm where the claim is true and the test fails.
All the claims of an item together may do so once in a thousand runs, ALARM; each of m cells has
ALARM / m of it (Bonferroni). What comes out is an `Estimate` or a `Share`. What is expected is a
number, `at_least` or `at_most` a number, or a `Reference`: what another program found.

    Estimate and a number       |estimate - number| <= t standard errors, by Student's t; where
                                the runs are skewed, by Hall's transformation of it
    Share and a number p        the count has a chance of ALARM / m or more where the share is p
    Share and at_least(p)       fails where so few successes would be too rare, were the share p
    either and a Reference      the difference of two means, of two shares (Fisher's exact test)

So no width is typed by hand, and none is read off a run. What a single run must do to be counted
by a `Share` is no width but part of the claim, and it is said in the name: a zero or a half way
between two exact numbers where there are such, else the field's own mark (475 of CartPole, -200 of
Pendulum) or a round part of the exact optimum. How often runs do it: docs/testing.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import atan, cos, exp, inf, isfinite, lgamma, log, pi, sin, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_count, check_number

ALARM = 1e-3
"""How often an item may fail by chance although all that it claims is true."""

TAILS = 10
"""A mean of few runs is nearly normal, in its far tails less so: the width of an `Estimate` is
that of a rate so many times smaller."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """Numbers that were estimated, and their standard errors.

    value    one number or an array of them
    error    the standard errors, of the same shape or for all
    df       degrees of freedom behind the errors; infinity: they are known from theory
    skew     the skewness of the value, as far as it is known
    runs     how many runs a mean was taken of; 0: unknown, and then no Reference can be met

    Raises ValueError for an error that is negative or not finite.
    """

    value: npt.ArrayLike
    error: npt.ArrayLike
    df: float = inf
    skew: npt.ArrayLike = 0.0
    runs: int = 0

    def __post_init__(self) -> None:
        errors = np.asarray(self.error, dtype=float)
        if not (np.isfinite(errors) & (errors >= 0)).all():
            raise ValueError(f"error must be finite and not negative, got {self.error!r}")


def mean_of(samples: npt.ArrayLike) -> Estimate:
    """The mean of independent runs, an axis in front, with its standard error.

        mean x,    s / sqrt(n),    s^2 = sum (x_i - mean x)^2 / (n - 1)

    and its skewness, sum (x_i - mean x)^3 / (n s^3) / sqrt(n).

    samples    (n,) or (n, ...), n of 2 or more

    Raises ValueError for a single run.
    """
    x = np.asarray(samples, dtype=float)
    if x.ndim == 0 or len(x) < 2:
        raise ValueError(f"samples must be 2 runs or more, got shape {x.shape}")
    n, s = len(x), x.std(0, ddof=1)
    cubed = ((x - x.mean(0)) ** 3).mean(0)
    skew = np.divide(cubed, s**3 * sqrt(n), out=np.zeros_like(cubed), where=s > 0)
    return Estimate(x.mean(0), s / sqrt(n), n - 1, skew, n)


@dataclass(frozen=True)
class Share:
    """How many of so many independent runs did what is claimed.

    Raises ValueError unless 0 <= count <= runs, runs of 1 or more.
    """

    count: int
    runs: int

    def __post_init__(self) -> None:
        check_count(self.runs, "runs")
        check_count(self.count, "count", 0, self.runs + 1)


def share_of(outcomes: npt.ArrayLike) -> Share:
    """The share of runs, true or false each, that are true."""
    given = np.asarray(outcomes)
    if given.dtype != bool:
        raise ValueError(f"outcomes must be true or false, got {given.dtype}")
    return Share(int(given.sum()), given.size)


class Bound(NamedTuple):
    """A number that is to be reached, or not to be passed."""

    number: float
    above: bool


def at_least(number: float) -> Bound:
    """The claim that what is estimated is this number or more."""
    return Bound(check_number(number, "number"), True)


def at_most(number: float) -> Bound:
    """The claim that what is estimated is this number or less."""
    return Bound(check_number(number, "number"), False)


class Reference(NamedTuple):
    """What an independent program found, where the book prints no number.

    mean    the mean over runs, or the expectation itself: a number or a table
    sd      the deviation of one run; 0 where there is no chance, or where it is not known
    runs    how many runs were made; inf for an expectation
    """

    mean: float | FloatArray
    sd: float | FloatArray
    runs: float


Claim = Estimate | Share


class Held(NamedTuple):
    """A claim beside what is expected, cell by cell; it holds where difference <= tolerance."""

    expected: FloatArray
    found: FloatArray
    difference: FloatArray
    tolerance: FloatArray
    says: str  # the test in words
    evidence: dict[str, Any]  # its numbers, for whoever adds up many runs


def cells(claim: Claim) -> int:
    """How many comparisons a claim stands for."""
    return 1 if isinstance(claim, Share) else np.size(claim.value)


def hold(expected: Any, claim: Claim, alarm: float) -> Held:
    """Hold a claim against what is expected, each cell with this rate of false alarms.

    Raises ValueError for a share that no count could refute, and for a reference that does not fit.
    """
    if isinstance(claim, Share):
        return _hold_share(expected, claim, alarm)
    return _hold_estimate(expected, claim, alarm)


def _hold_estimate(expected: Any, claim: Estimate, alarm: float) -> Held:
    value = np.atleast_1d(np.asarray(claim.value, dtype=float))
    wanted, error, df, skew, side = expected, claim.error, claim.df, claim.skew, "within"
    says = f", mean of {claim.runs} runs" if claim.runs else ""
    if isinstance(expected, Reference):
        wanted = expected.mean
        if np.any(expected.sd):
            if claim.runs < 1:
                raise ValueError(f"an estimate must be the mean of known runs, got {claim}")
            # What is claimed is that both programs do the same: one deviation for both.
            error = np.asarray(expected.sd) * sqrt(1 / claim.runs + 1 / expected.runs)
            df, skew = expected.runs - 1, 0.0
            if isfinite(expected.runs):
                says += f" beside {expected.runs:.0f} of another program"
    elif isinstance(expected, Bound):
        wanted = expected.number
        side = "not below by more than" if expected.above else "not above by more than"
    wanted = _like(wanted, value)
    off = value - wanted
    if isinstance(expected, Bound):
        off = np.minimum(off, 0) if expected.above else np.maximum(off, 0)
    width, errors = student(alarm / TAILS, df), _like(error, value)
    with np.errstate(divide="ignore"):
        z = np.divide(off, errors, out=np.zeros(value.shape), where=off != 0)
    return Held(
        wanted, value, np.abs(off),
        _furthest(width, np.where(off < 0, -1.0, 1.0), skew) * errors,
        f"{side} {width:.1f} standard errors{says}", {"z": z.ravel().tolist(), "width": width},
    )  # fmt: skip


def _like(x: npt.ArrayLike, value: FloatArray) -> FloatArray:
    """One number for all cells, or a number a cell, in the shape of the value."""
    numbers = np.asarray(x, dtype=float)
    if numbers.size == 1:
        return np.full(value.shape, numbers.item())
    return numbers.reshape(value.shape)


def _furthest(width: float, side: FloatArray, skew: npt.ArrayLike) -> FloatArray:
    """How many standard errors a skewed mean may be off on this side.

    ((1 + g z / 3)^3 - 1) / g + g / 6 is nearly Student's t, g the skewness. [Hall 1992]
    """
    g = np.broadcast_to(np.asarray(skew, dtype=float), side.shape)
    g = np.where(np.abs(g) < 1e-9, 1e-9, g)
    furthest: FloatArray = np.abs(3 / g * (np.cbrt(1 + g * (side * width - g / 6)) - 1))
    return furthest


def _hold_share(expected: Any, claim: Share, alarm: float) -> Held:
    k, n = claim.count, claim.runs
    low, high = 0, n
    if isinstance(expected, Reference) and isfinite(expected.runs):
        p, others = float(expected.mean), int(expected.runs)
        fits = [j for j in range(n + 1) if _fisher(j, n, round(p * others), others) > alarm]
        low, high, says = fits[0], fits[-1], f"as {others} runs of another program"
    elif isinstance(expected, Bound):
        p = expected.number
        if expected.above:
            low, says = _fewest(n, p, alarm), f"at least {p:.0%} of all runs"
        else:
            high, says = n - _fewest(n, 1 - p, alarm), f"at most {p:.0%} of all runs"
    else:
        exactly = expected.mean if isinstance(expected, Reference) else expected
        p = float(np.ravel(exactly)[0])
        low, high = _fewest(n, p, alarm / 2), n - _fewest(n, 1 - p, alarm / 2)
        says = f"{p:.4g} of all runs"
    if (low, high) == (0, n):
        raise ValueError(f"runs must be so many that a share of {p} can be refuted, got {n}")
    off = k / n - p
    if isinstance(expected, Bound):
        off = min(off, 0.0) if expected.above else max(off, 0.0)
    allowed = p - low / n if off < 0 else high / n - p
    rule = f"{high} or fewer" if low == 0 else f"{low} or more" if high == n else f"{low} to {high}"
    return Held(
        np.array([p]), np.array([k / n]), np.array([abs(off)]), np.array([allowed + 1e-12]),
        f"{says}: {rule} of {n}",
        {"count": k, "runs": n, "share": p, "fewest": low, "most": high},
    )  # fmt: skip


@cache
def _fewest(n: int, p: float, alarm: float) -> int:
    """The fewest successes of n that are not too rare where the share is p: P( X <= k ) > alarm."""
    if p in (0, 1):
        return n if p else 0
    total, k = exp(n * log(1 - p)), 0
    while total <= alarm * (1 + 1e-9) and k < n:  # at_least(0.9) of 3 runs: 0 is 1e-3, and rounded
        k += 1
        total += exp(_ln_choose(n, k) + k * log(p) + (n - k) * log(1 - p))
    return k


def _fisher(k: int, n: int, found: int, others: int) -> float:
    """Fisher's exact test: how rare two shares so different are, k of n and `found` of `others`."""
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
