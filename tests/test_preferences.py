"""Who is preferred to whom, and answers that are sequences of choices."""

import math

import numpy as np
import pytest
from preference_cases import bigrams, chain

from rlbook.agent import Step
from rlbook.dpo.preferences import (
    Answer,
    Preference,
    bradley_terry,
    log_probs,
    log_sigmoid,
    path,
    prefer,
    rows,
    sigmoid,
    totals,
)
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax


@pytest.mark.parametrize("z", [-30.0, -2.0, -0.1, 0.0, 0.3, 1.0, 7.0, 30.0])
def test_the_logistic_function_by_hand(z):
    assert sigmoid(z) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-14)
    assert log_sigmoid(z) == pytest.approx(-math.log1p(math.exp(-z)), rel=1e-14)
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1, abs=1e-15)
    assert log_sigmoid(z) - log_sigmoid(-z) == pytest.approx(z, rel=1e-14, abs=1e-15)


def test_nothing_overflows_far_out():
    z = np.array([-1e300, -1e4, 1e4, 1e300])
    assert log_sigmoid(z).tolist() == [-1e300, -1e4, 0.0, 0.0]
    assert sigmoid(z).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert log_sigmoid(40.0) == pytest.approx(-math.exp(-40), rel=1e-12)  # not rounded to 0


def test_bradley_and_terry():
    assert bradley_terry(1.0, 1.0) == 0.5
    assert bradley_terry(math.log(3), 0) == pytest.approx(3 / 4, rel=1e-15)
    r = np.array([0.2, -1.0, 3.0])
    np.testing.assert_allclose(
        bradley_terry(r, 0.5), np.exp(r) / (np.exp(r) + math.exp(0.5)), rtol=1e-14
    )
    np.testing.assert_allclose(bradley_terry(r + 7, 7.5), bradley_terry(r, 0.5), rtol=1e-13)
    with pytest.raises(ValueError, match="r_other must be an array of real numbers"):
        bradley_terry(1.0, "a lot")


def test_somebody_prefers_with_these_chances():
    rng, n = np.random.default_rng(3), 20_000
    for r, r_other in ((0.0, 0.0), (math.log(3), 0.0), (-1.0, 1.0)):
        said = [prefer("x", "y", "z", r, r_other, rng) for _ in range(n)]
        assert set(said) <= {Preference("x", "y", "z"), Preference("x", "z", "y")}
        p = 1 / (1 + math.exp(r_other - r))
        error = (sum(t.chosen == "y" for t in said) - n * p) / math.sqrt(n * p * (1 - p))
        assert abs(error) < 4  # a fixed seed
    assert all(prefer(0, 1, 2, 50.0, 0.0, rng) == (0, 1, 2) for _ in range(50))
    assert all(prefer(0, 1, 2, 0.0, 50.0, rng) == (0, 2, 1) for _ in range(50))
    with pytest.raises(ValueError, match="rng must be a Generator"):
        prefer(0, 1, 2, 0.0, 0.0, 7)


def test_a_path_is_an_answer():
    y = path([Step(3, 1, 0.0, 4, False, False), Step(4, 2, 1.0, 0, True, False)])
    assert y.s.tolist() == [3, 4]
    assert y.a.tolist() == [1, 2]
    s = np.arange(6.0).reshape(2, 3)
    y = path([Step(row, -row[:1], 0.0, row, False, False) for row in s])
    assert np.array_equal(y.s, s)
    assert np.array_equal(y.a, -s[:, :1])


def test_a_path_is_read_once_and_is_not_empty():
    steps = [Step(k, k + 1, 0.0, k + 1, False, False) for k in range(3)]
    answer = path(t for t in steps)
    assert (answer.s.tolist(), answer.a.tolist()) == ([0, 1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="steps must be one or more steps"):
        path([])


@pytest.mark.parametrize("r", [np.nan, np.inf, "5"])
def test_a_judge_needs_rewards(r):
    with pytest.raises(ValueError, match=r"r must be a finite number"):
        prefer(0, 1, 2, r, 0.0, np.random.default_rng(0))


@pytest.mark.parametrize("answers", [[], [1, 2], ["a text"]])
def test_what_is_no_answer(answers):
    with pytest.raises(ValueError, match="answers must be Answers"):
        rows(answers)


def test_rows_and_totals():
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    s, a, owner = rows(answers)
    assert s.tolist() == [1, 2, 1, 2, 1, 1]
    assert a.tolist() == [2, 1, 0, 0, 1, 0]
    assert owner.tolist() == [0, 0, 0, 1, 2, 2]
    assert totals(np.array([1.0, 2, 4, 8, 16, 32]), owner, 3).tolist() == [7, 8, 48]
    assert totals(np.ones(6, np.float32), owner, 3).dtype == np.float64
    assert totals(np.array([1.0]), np.array([0]), 3).tolist() == [1, 0, 0]  # two that are empty


def test_the_log_probability_of_a_text_is_a_sum_over_its_own_words():
    policy = Softmax(Table(3, 3))
    policy.f.table[:] = np.log([[1, 1, 1], [5, 3, 2], [1, 2, 1]])  # of word 0 nothing is asked
    expected = [
        math.log(2 / 10) + math.log(2 / 4) + math.log(5 / 10),  # 1 -> 2 -> 1 -> end
        math.log(1 / 4),  # the end at once
        math.log(3 / 10) + math.log(5 / 10),
    ]
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    assert log_probs(policy, answers) == pytest.approx(expected, rel=1e-14)
    for y, one in zip(answers, expected, strict=True):
        assert log_probs(policy, [y]) == pytest.approx([one], rel=1e-14)


def test_the_chances_of_all_texts_sum_to_one():
    """Only if the end is counted, once, and the prompt is not."""
    policy = bigrams()
    texts, open_ones = [], [()]
    for _ in range(3):
        texts += [chain(*words, 0) for words in open_ones]
        open_ones = [(*words, w) for words in open_ones for w in (1, 2)]
    longer = [chain(*words) for words in open_ones]
    total = np.exp(log_probs(policy, texts + longer)).sum()
    assert total == pytest.approx(1, rel=1e-13)


def test_the_log_probability_of_a_path_of_a_gaussian_policy():
    f = MLP((3, 4, 2), rng=np.random.default_rng(2), dtype=np.float64, hidden="tanh", extra=2)
    policy, rng = Gaussian(f, std=0.7), np.random.default_rng(3)
    answers = [Answer(rng.normal(size=(n, 3)), rng.normal(size=(n, 2))) for n in (1, 4, 2)]
    expected = [sum(float(policy.log_prob(s, a)) for s, a in zip(*y, strict=True)) for y in answers]
    assert log_probs(policy, answers) == pytest.approx(expected, rel=1e-12)
