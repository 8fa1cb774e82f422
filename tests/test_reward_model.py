"""A reward model: its gradient, and what it learns."""

import math

import naive
import numpy as np
import pytest
from preference_cases import chain, exactly

from rlbook.dpo.preferences import (
    Answer,
    Preference,
    prefer,
)
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.wins import count_wins, fit_rewards
from rlbook.functions.optimisers import SGD
from rlbook.functions.parametric import Linear, Table

PHI = np.random.default_rng(1).normal(size=(5, 3))


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
    exactly(learned, fit_rewards(count_wins(numbered, (2, 3))), 1e-3)
    exactly(learned, reward - reward.mean(1, keepdims=True), 0.35)


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
    exactly(decayed.f.theta, plain.f.theta - 0.05, 1e-12)
