"""Preferences between answers that are sequences, and a reward model of them."""

import math

import naive
import numpy as np
import pytest
from preference_cases import bigrams

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
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.wins import count_wins, fit_rewards
from rlbook.functions.networks import MLP, SGD
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax

PHI = np.random.default_rng(1).normal(size=(5, 3))


# The logistic function


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


# Answers that are sequences


def chain(*words, prompt=1):
    """A text: each word, given the one before it; the first, given the prompt."""
    return Answer(np.array([prompt, *words[:-1]]), np.array(words))


def test_a_path_is_an_answer():
    y = path([Step(3, 1, 0.0, 4, False, False), Step(4, 2, 1.0, 0, True, False)])
    assert y.s.tolist() == [3, 4]
    assert y.a.tolist() == [1, 2]
    s = np.arange(6.0).reshape(2, 3)
    y = path([Step(row, -row[:1], 0.0, row, False, False) for row in s])
    assert np.array_equal(y.s, s)
    assert np.array_equal(y.a, -s[:, :1])


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


# A reward model


def comparisons(n=7, seed=5):
    rng = np.random.default_rng(seed)
    texts = [chain(*rng.integers(1, 3, k), 0) for k in rng.integers(0, 4, 2 * n)]
    return [Preference(None, texts[2 * k], texts[2 * k + 1]) for k in range(n)]


def features():
    return Linear(PHI[:3], 3)


@pytest.mark.parametrize("f", [lambda: Table(3, 3), features], ids=["table", "linear"])
def test_a_reward_is_a_sum_over_choices(f):
    model = RewardModel(f(), lr=0.1)
    model.f.theta[:] = np.random.default_rng(0).normal(size=model.f.theta.size)
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    expected = [sum(model.f(int(s))[int(a)] for s, a in zip(*y, strict=True)) for y in answers]
    assert model(answers) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("f", [lambda: Table(3, 3), features], ids=["table", "linear"])
def test_the_gradient_of_the_reward_model_is_that_of_its_likelihood(f):
    model, said = RewardModel(f(), lr=0.1), comparisons()
    model.f.theta[:] = np.random.default_rng(0).normal(size=model.f.theta.size)

    def loss():
        r, r_other = (model([t[k] for t in said]) for k in (1, 2))
        return sum(math.log1p(math.exp(b - a)) for a, b in zip(r, r_other, strict=True)) / len(said)

    slope, stated, old = naive.slope(loss, model.f.theta), loss(), model.f.theta.copy()
    model.adam = SGD(model.f, 0.5)
    assert math.isnan(model.last_loss)
    model.update(said)
    np.testing.assert_allclose(model.f.grad, slope, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(model.f.theta, old - 0.5 * slope, rtol=1e-6, atol=1e-9)
    assert model.last_loss == pytest.approx(stated, rel=1e-13)  # before the step


def test_a_reward_model_learns_what_was_judged_by():
    """Of single choices it is Zermelo's maximum, and near the truth."""
    rng, reward = np.random.default_rng(6), np.array([[0.5, -0.5, 1.0], [0.0, 1.5, -1.0]])
    said, numbered = [], []
    for _ in range(1200):
        x, (y, other) = rng.integers(2), rng.choice(3, 2, replace=False)
        t = prefer(x, y, other, reward[x, y], reward[x, other], rng)
        numbered.append(t)
        said.append(Preference(x, *(Answer(np.array([x]), np.array([a])) for a in t[1:])))
    model = RewardModel(Table(2, 3), lr=0.05)
    for _ in range(250):
        model.update(said)
    learned = model.f.table - model.f.table.mean(1, keepdims=True)
    np.testing.assert_allclose(
        learned, fit_rewards(count_wins(numbered, (2, 3))), rtol=0, atol=1e-3
    )
    np.testing.assert_allclose(learned, reward - reward.mean(1, keepdims=True), rtol=0, atol=0.35)


def test_a_reward_model_says_what_it_needs():
    with pytest.raises(ValueError, match="f must be"):
        RewardModel("a table", lr=0.1)
    with pytest.raises(ValueError, match="lr must"):
        RewardModel(Table(2, 3), lr=0.0)
    model = RewardModel(Table(3, 3), lr=0.1)
    model.f.theta[:] = np.nan
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="lr must be smaller"):
        model.update(comparisons())


def test_weight_decay_of_the_reward_model_is_that_of_adam():
    decayed, plain = (RewardModel(Table(3, 3), lr=0.1, weight_decay=w) for w in (0.5, 0))
    for model in (decayed, plain):
        model.f.theta[:] = 1.0
        model.update(comparisons())
    np.testing.assert_allclose(decayed.f.theta, plain.f.theta - 0.05, rtol=0, atol=1e-12)
