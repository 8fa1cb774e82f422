"""Claims about chance: their false alarms are as rare as stated, and they can fail."""

import numpy as np
import pytest
from scipy import stats

from rlbook.book.claims import (
    ALARM,
    TAILS,
    Estimate,
    Reference,
    Share,
    at_least,
    at_most,
    hold,
    mean_of,
    share_of,
    student,
)
from rlbook.book.items import Part, Result


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 30, 99, 1000, np.inf])
def test_student_is_scipys(df):
    for alarm in (0.3, 1e-3, 1e-7):
        expected = stats.t.isf(alarm / 2, df) if df < np.inf else stats.norm.isf(alarm / 2)
        assert student(alarm, df) == pytest.approx(expected, rel=1e-7)


def test_the_mean_of_runs_and_its_standard_error():
    x = np.random.default_rng(0).normal(size=(7, 3))
    m = mean_of(x)
    assert m.value == pytest.approx(x.mean(0))
    assert m.error == pytest.approx(stats.sem(x))
    assert (m.df, m.samples) == (6, 7)


def accepted(expected, n, alarm):
    """The counts of n that pass."""
    held = [hold(expected, Share(k, n), alarm) for k in range(n + 1)]
    return [k for k, h in enumerate(held) if (h.difference <= h.tolerance).all()]


@pytest.mark.parametrize("n", [5, 12, 60, 1000])
@pytest.mark.parametrize("p", [0.3, 0.9])
def test_shares_fail_as_seldom_as_stated_and_no_wider(n, p):
    alarm = 1e-3
    if (1 - p) ** n < alarm:
        least = accepted(at_least(p), n, alarm)
        assert least == list(range(least[0], n + 1))
        assert stats.binom.cdf(least[0] - 1, n, p) <= alarm < stats.binom.cdf(least[0], n, p)
    if p**n < alarm / 2 and (1 - p) ** n < alarm / 2:
        most = accepted(at_most(p), n, alarm)
        assert stats.binom.sf(most[-1], n, p) <= alarm < stats.binom.sf(most[-1] - 1, n, p)
        both = accepted(p, n, alarm)
        assert stats.binom.cdf(both[0] - 1, n, p) <= alarm / 2
        assert stats.binom.sf(both[-1], n, p) <= alarm / 2
        assert sum(stats.binom.pmf(both, n, p)) >= 1 - alarm


def test_two_shares_by_fishers_exact_test():
    for k in accepted(Reference(0.8, 0.4, 100), 30, 0.01):
        p = stats.fisher_exact([[k, 30 - k], [80, 20]]).pvalue
        assert p > 0.005
    assert accepted(Reference(0.8, 0.4, 100), 30, 0.01)[0] > 15


def test_a_share_that_nothing_can_refute_is_no_claim():
    with pytest.raises(ValueError, match=r"share of 0\.9 can be refuted, got 2"):
        hold(at_least(0.9), Share(2, 2), 1e-3)
    assert accepted(at_least(1), 3, 1e-3) == [3]  # on every run: a theorem


@pytest.mark.parametrize(
    ("expected", "claim", "holds"),
    [
        (0.0, Estimate([0.1, -4.0], 1.0), True),
        (0.0, Estimate([0.1, -6.0], 1.0), False),
        (at_least(0), Estimate([7.0, -4.0], 1.0), True),
        (at_least(0), Estimate([7.0, -6.0], 1.0), False),
        (at_most(0), Estimate(-99.0, 1.0), True),
        (at_most(0), Estimate(99.0, 1.0), False),
        ([1.0, 2.0], Estimate([1.0, 2.0], 0.0), True),
        ([1.0, 2.0], Estimate([1.0, 2.1], 0.0), False),
        (Reference(1.0, 2.0, 400), mean_of([1.0, 3.0, -1.0, 2.0]), True),
        (Reference(1.0, 0.1, 400), mean_of([1.0, 3.0, -1.0, 2.0]), False),
        (Reference(1.2, 0.0, np.inf), mean_of([1.0, 1.1, 1.3, 1.2]), True),  # an expectation
        (Reference(9.0, 0.0, np.inf), mean_of([1.0, 1.1, 1.3, 1.2]), False),
        (Reference(9.0, 9.0, np.inf), mean_of([1.0, 1.1, 1.3, 1.2]), True),
        (Reference(0.9, 0.3, np.inf), Share(85, 100), True),
        (Reference(0.9, 0.3, np.inf), Share(60, 100), False),
    ],
)
def test_estimates(expected, claim, holds):
    result = Result(Part("x", expected, claim))
    assert result.verdict == ("statistical" if holds else "fails")
    assert result.alarm == ALARM


def test_the_claims_of_an_item_share_its_false_alarms():
    zero = Estimate(np.zeros(5), 1.0)
    a, b, c = Part("a", 0.0, zero), Part("b", np.zeros(5), zero), Part("c", [1.0], [1.0])
    (one,), two = Result(a).comparisons, Result(a, b, c)
    assert one.tolerance == pytest.approx(stats.norm.isf(ALARM / 5 / TAILS / 2))
    for c in two.comparisons[:2]:
        assert c.tolerance == pytest.approx(stats.norm.isf(ALARM / 10 / TAILS / 2))
    assert two.comparisons[2].tolerance == 1e-4  # nothing of it is chance


@pytest.mark.parametrize("draw", ["normal", "exponential", "uniform", "standard_t"])
def test_false_alarms_are_rare(draw):
    """Of 4000 true claims, three means of twenty runs each, at most a few may fail."""
    rng = np.random.default_rng(1)
    x = getattr(rng, draw)(**{"df": 4} if draw == "standard_t" else {}, size=(4000, 20, 3))
    true = {"exponential": 1.0, "uniform": 0.5}.get(draw, 0.0)
    fails = sum(Result(Part("x", true, mean_of(runs))).verdict == "fails" for runs in x)
    assert fails <= stats.binom.isf(1e-3, 4000, ALARM)


def test_what_is_not_true_is_found():
    """A mean that is off by thirty standard errors."""
    x = np.random.default_rng(2).normal(size=(200, 20, 3))
    x[..., 2] += 30 / np.sqrt(20)
    assert all(Result(Part("x", 0.0, mean_of(runs))).verdict == "fails" for runs in x)


def test_a_test_is_said_in_words():
    ten, program = Estimate([1.0, 2.0], 1.0, 9, samples=10), Reference(0.8295, 0.376, 2000)
    for expected, claim, words in (
        (0.0, ten, "6.6 standard errors; mean of 10 samples"),
        (at_least(0.5), ten, "6.6 standard errors below 0.5; mean of 10 samples"),
        (at_most(0), Estimate(1.0, 1.0), "3.9 standard errors above 0"),
        (
            Reference(1.0, 2.0, 2000), ten,
            "3.9 standard errors; mean of 10 samples here and 2000 of another program",
        ),
        (Reference(1.0, 0.0, np.inf), ten, "6.6 standard errors; mean of 10 samples"),
        (
            at_least(0.9), Share(5, 6),
            "claim: at least 90 % of all runs succeed; here 5 of 6, wanted: 2 or more",
        ),
        (
            at_most(0.1), Share(0, 6),
            "claim: at most 10 % of all runs succeed; here 0 of 6, wanted: 4 or fewer",
        ),
        (
            program, Share(8, 10),
            "another program succeeded in 82.95 % of 2000 runs; "
            "here 8 of 10, wanted: 4 or more",
        ),
    ):  # fmt: skip
        held = hold(expected, claim, 1e-3)
        assert held.test == words
        assert held.evidence.get("bound") == getattr(expected, "words", None)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mean_of([1.0]), r"samples must be 2 or more, got shape \(1,\)"),
        (lambda: Estimate(np.nan, 1.0), "value must be finite, got nan"),
        (lambda: Estimate([1, np.inf], 1.0), r"value must be finite, got \[1, inf\]"),
        (lambda: Estimate([1, 2], [1, 2, 3]), "error must be one number or 2, got 3"),
        (lambda: Estimate([1, 2], 1.0, skew=[1, 2, 3]), "skew must be one number or 2, got 3"),
        (lambda: hold(at_least(1.5), Share(2, 5), 1e-3), r"a share must lie in \[0, 1\], got 1.5"),
        (lambda: hold(at_most(-0.1), Share(2, 5), 1e-3), r"a share must lie in \[0, 1\], got -0.1"),
        (lambda: hold(1.5, Share(2, 5), 1e-3), r"a share must lie in \[0, 1\], got 1.5"),
        (lambda: hold(np.nan, Share(2, 5), 1e-3), r"a share must lie in \[0, 1\], got nan"),
        (lambda: Estimate(1.0, -1.0), "error must be finite and not negative"),
        (lambda: Estimate(1.0, np.nan), "error must be finite and not negative"),
        (lambda: share_of([1, 0]), "outcomes must be true or false, got int64"),
        (lambda: Share(3, 2), "count must be a whole number"),
        (
            lambda: hold(Reference(1, 1, 5), Estimate(1, 1), 0.1),
            "must be the mean of known samples",
        ),
        (lambda: Result(Part("a", 0.0, Estimate(0.0, 1.0), 1)), "within must be None for 'a'"),
    ],
)
def test_claims_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()
