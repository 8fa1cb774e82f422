"""What may be claimed of numbers that depend on chance, and how often is such a claim wrong?

A claim about chance is a test. A false alarm is a test that fails although the claim is true. All
claims of an item together have a false alarm in at most one of 1000 runs, ALARM; each of m cells
has ALARM / m of it (Bonferroni). What comes out is an `Estimate` or a `Share`. What is expected is
a number, `at_least` or `at_most` a number, or a `Reference`: what another program found.

    Estimate and a number       |estimate - number| <= t standard errors, by Student's t; where
                                the samples are skewed, with Hall's correction
    Share and a number p        fails if, with a share of p, a count so far from it had a chance of
                                ALARM / m or less
    Share and at_least(p)       the same, for counts that are too small only
    either and a Reference      the difference of two means, of two shares (Fisher's exact test)

No limit is typed by hand, and none is taken from an earlier run. A `Share` counts successful runs.
Its name says what "successful" means. The mark is 0, or half way between two exactly known numbers,
or a number usual in the field (475 for CartPole, -200 for Pendulum), or a round part of the exact
optimum. How often runs succeed: docs/testing.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.book.tails import fewest, fisher, student
from rlbook.checks import FloatArray, check_count, check_number

ALARM = 1e-3
"""How often an item may fail by chance although all that it claims is true."""

TAILS = 10
"""Far from its centre, the mean of a few samples is only roughly normal. So an `Estimate` is tested
with a false-alarm rate that is ten times smaller than it need be: its limits are wider."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """Numbers that were estimated, and their standard errors.

    value    one number or an array of them
    error    the standard errors: one for each value, or one for all
    df       degrees of freedom behind the errors; infinity: they are known from theory
    skew     the skewness of each value; 0: not known
    samples  how many runs, or steps of one stream, the mean was taken of; 0: not known, and then
             the estimate cannot be compared with a Reference that has an sd

    Raises ValueError for a value that is not finite, an error that is negative or not finite, and
    for as many errors, or skews, as fit neither one value nor all.
    """

    value: npt.ArrayLike
    error: npt.ArrayLike
    df: float = inf
    skew: npt.ArrayLike = 0.0
    samples: int = 0

    def __post_init__(self) -> None:
        if not np.isfinite(np.asarray(self.value, dtype=float)).all():
            raise ValueError(f"value must be finite, got {self.value!r}")
        n = np.size(self.value)
        for name, given in (("error", self.error), ("skew", self.skew)):
            if np.size(given) not in (1, n):
                raise ValueError(f"{name} must be one number or {n}, got {np.size(given)}")
        errors = np.asarray(self.error, dtype=float)
        if not (np.isfinite(errors) & (errors >= 0)).all():
            raise ValueError(f"error must be finite and not negative, got {self.error!r}")


def mean_of(samples: npt.ArrayLike) -> Estimate:
    """The mean of independent samples, an axis in front, with its standard error.

        mean x,    s / sqrt(n),    s^2 = sum (x_i - mean x)^2 / (n - 1)

    and its skewness, sum (x_i - mean x)^3 / (n s^3) / sqrt(n).

    samples    (n,) or (n, ...), n of 2 or more

    Raises ValueError for a single sample.
    """
    x = np.asarray(samples, dtype=float)
    if x.ndim == 0 or len(x) < 2:
        raise ValueError(f"samples must be 2 or more, got shape {x.shape}")
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
    """A number that must be reached, or must not be passed."""

    number: float
    above: bool

    @property
    def words(self) -> str:
        """How it is called."""
        return "at least" if self.above else "at most"

    def missed(self, off: FloatArray) -> FloatArray:
        """Of the differences from the number, those that are on the wrong side; else 0."""
        return np.minimum(off, 0.0) if self.above else np.maximum(off, 0.0)


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
    test: str  # in words
    evidence: dict[str, Any]  # its numbers, for whoever adds up many runs


def cells(claim: Claim) -> int:
    """How many comparisons a claim stands for."""
    return 1 if isinstance(claim, Share) else np.size(claim.value)


def hold(expected: Any, claim: Claim, alarm: float) -> Held:
    """Hold a claim against what is expected, each cell with this rate of false alarms.

    Raises ValueError for a share that is not from 0 to 1, a share that no count could refute, and a
    reference that does not fit.
    """
    if isinstance(claim, Share):
        return _hold_share(expected, claim, alarm)
    return _hold_estimate(expected, claim, alarm)


def _hold_estimate(expected: Any, claim: Estimate, alarm: float) -> Held:
    value = np.atleast_1d(np.asarray(claim.value, dtype=float))
    wanted, error, df, skew = expected, claim.error, claim.df, claim.skew
    side, bound = "", {}
    mean = f"; mean of {claim.samples} samples" if claim.samples else ""
    if isinstance(expected, Reference):
        wanted = expected.mean
        if np.any(expected.sd):
            if claim.samples < 1:
                raise ValueError(f"an estimate must be the mean of known samples, got {claim}")
            # What is claimed is that both programs do the same: one deviation for both.
            error = np.asarray(expected.sd) * sqrt(1 / claim.samples + 1 / expected.runs)
            df, skew = expected.runs - 1, 0.0
            if isfinite(expected.runs):
                mean += f" here and {expected.runs:.0f} of another program"
    elif isinstance(expected, Bound):
        wanted, bound = expected.number, {"bound": expected.words}
        side = f" {'below' if expected.above else 'above'} {wanted:g}"
    wanted = _like(wanted, value)
    off = value - wanted
    if isinstance(expected, Bound):
        off = expected.missed(off)
    width, errors = student(alarm / TAILS, df), _like(error, value)
    with np.errstate(divide="ignore"):
        z = np.divide(off, errors, out=np.zeros(value.shape), where=off != 0)
    return Held(
        wanted, value, np.abs(off),
        _furthest(width, np.where(off < 0, -1.0, 1.0), skew) * errors,
        f"{width:.1f} standard errors{side}{mean}",
        {"z": z.ravel().tolist(), "width": width} | bound,
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
    return np.abs(3 / g * (np.cbrt(1 + g * (side * width - g / 6)) - 1))


def _hold_share(expected: Any, claim: Share, alarm: float) -> Held:
    k, n = claim.count, claim.runs
    number = expected.number if isinstance(expected, Bound) else expected
    number = number.mean if isinstance(number, Reference) else number
    p = check_number(float(np.ravel(number)[0]), "a share", 0, 1)
    percent, bound = f"{100 * p:.4g} % of", {}
    if isinstance(expected, Reference) and isfinite(expected.runs):
        others = int(expected.runs)
        fits = [j for j in range(n + 1) if fisher(j, n, round(p * others), others) > alarm]
        low, high = fits[0], fits[-1]
        says = f"another program succeeded in {percent} {others} runs"
    elif isinstance(expected, Bound):
        low, high = (fewest(n, p, alarm), n) if expected.above else (0, n - fewest(n, 1 - p, alarm))
        says = f"claim: {expected.words} {percent} all runs succeed"
        bound = {"bound": expected.words}
    else:
        low, high = fewest(n, p, alarm / 2), n - fewest(n, 1 - p, alarm / 2)
        says = f"claim: {percent} all runs succeed"
    if (low, high) == (0, n):
        raise ValueError(f"runs must be so many that a share of {p} can be refuted, got {n}")
    off = np.array([k / n - p])
    if isinstance(expected, Bound):
        off = expected.missed(off)
    allowed = p - low / n if off[0] < 0 else high / n - p
    rule = f"{high} or fewer" if low == 0 else f"{low} or more" if high == n else f"{low} to {high}"
    return Held(
        np.array([p]), np.array([k / n]), np.abs(off), np.array([allowed + 1e-12]),
        f"{says}; here {k} of {n}, wanted: {rule}",
        {"count": k, "runs": n, "share": p, "fewest": low, "most": high} | bound,
    )  # fmt: skip
