"""Imitation, DPO, RLHF and a reward model on texts, each beside a slow version."""

import copy

import naive
import numpy as np
import pytest
from text_cases import rng, small

from rlbook.dpo import film_reviews
from rlbook.dpo.film_reviews import PROMPTS, draw, log_prob
from rlbook.dpo.language_model import END, Imitation, LanguageModel
from rlbook.dpo.losses import dpo_loss
from rlbook.dpo.preferences import Preference, log_probs, rows
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.word_window import WordWindow
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax


def slow_log_prob(model, prompt, text):
    line, total = [0] * 3 + [model.number[w] for w in prompt.split()], 0.0
    for word in [*text.split(), END]:
        h = model.policy.f(np.array(line[-3:]))
        total += h[model.number[word]] - np.log(np.exp(h).sum())
        line.append(model.number[word])
    return total


def first_step(policy, before, lr=1e-3):
    """The gradient's signs: the first step of Adam is lr against each."""
    return -(policy.theta - before) / lr


TEXTS = [("a", "b c"), ("b", "a"), ("a", "c c b a"), ("c a", "")]


def test_imitation():
    model = small(seed=7)
    before = model.policy.theta.copy()
    agent = Imitation(model.policy, lr=1e-3)
    answers = [model.answer(*t) for t in TEXTS]
    n = sum(len(y.a) for y in answers)

    def loss():
        return -sum(slow_log_prob(model, *t) for t in TEXTS) / n

    expected, at = naive.slope(loss, model.policy.theta), loss()
    agent.update(answers)
    assert agent.last_loss == pytest.approx(at)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)
    clear = np.abs(expected) > 1e-4
    assert np.allclose(first_step(model.policy, before)[clear], np.sign(expected[clear]), atol=1e-3)
    for _ in range(600):
        agent.update(answers)
    assert agent.last_loss < at / 2
    with pytest.raises(ValueError, match="policy must be a StochasticPolicy"):
        Imitation(model.policy.f, lr=0.1)


def test_dpo_on_texts():
    model = small(seed=8)
    ref = copy.deepcopy(model)
    model.policy.theta += 0.3 * rng(9).normal(size=model.policy.theta.size)
    agent = DPO(model.policy, beta=0.7, lr=1e-3, reference=ref.policy, rng=rng())
    pairs = [("a", "b c", "c"), ("b", "a", "a a b"), ("c a", "", "b")]

    def loss():
        total = 0.0
        for x, y, z in pairs:
            h = slow_log_prob(model, x, y) - slow_log_prob(ref, x, y)
            h -= slow_log_prob(model, x, z) - slow_log_prob(ref, x, z)
            total += np.log(1 + np.exp(-0.7 * h)) / len(pairs)
        return total

    expected, at = naive.slope(loss, model.policy.theta), loss()
    agent.update([Preference(x, model.answer(x, y), model.answer(x, z)) for x, y, z in pairs])
    assert agent.last_loss == pytest.approx(at)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)
    assert dpo_loss([0.0], [0.0], [0.0], [0.0], beta=1)[0] == pytest.approx(np.log(2))


def test_rlhf_on_texts():
    model = small(seed=10)
    ref = copy.deepcopy(model)
    model.policy.theta += 0.3 * rng(11).normal(size=model.policy.theta.size)
    agent = RLHF(model.policy, beta=0.3, lr=1e-3, reference=ref.policy, rng=rng())
    groups = [("a", ["b c", "c", ""], [1.0, 3.0, -1.0]), ("b a", ["a", "a b"], [0.5, 0.0])]
    advantages = []
    for x, texts, r in groups:
        R = [
            r[i] - 0.3 * (slow_log_prob(model, x, y) - slow_log_prob(ref, x, y))
            for i, y in enumerate(texts)
        ]
        advantages += [R[i] - np.mean(R[:i] + R[i + 1 :]) for i in range(len(R))]
    flat = [(x, y) for x, texts, _ in groups for y in texts]

    def surrogate():
        return -sum(
            A * slow_log_prob(model, *t) for A, t in zip(advantages, flat, strict=True)
        ) / len(flat)

    expected = naive.slope(surrogate, model.policy.theta)
    rollouts = [Rollouts(x, [model.answer(x, y) for y in texts], r) for x, texts, r in groups]
    np.testing.assert_allclose(agent.advantages(rollouts), advantages, atol=1e-10)
    agent.update(rollouts)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)


def test_reward_model_on_texts():
    model = small()
    f = WordWindow(4, window=3, width=2, hidden=(4,), rng=rng(12), dtype=np.float64)
    reward = RewardModel(f, lr=0.02)
    good = [model.answer("a", y) for y in ("b", "b a", "c b")]
    bad = [model.answer("a", y) for y in ("c", "c a", "a a c")]
    s, a, _ = rows([good[1]])
    assert reward(good)[1] == pytest.approx(sum(f(s)[t, a[t]] for t in range(3)))
    for _ in range(300):
        reward.update([Preference("a", y, z) for y in good for z in bad])
    assert reward(good).min() > reward(bad).max()


def test_copies_and_checkpoints(tmp_path):
    model, ref = small(seed=13), small(seed=13)
    agent = DPO(model.policy, beta=0.5, lr=0.01, reference=ref.policy, rng=rng(1))
    batch = [Preference("a", model.answer("a", "b c"), model.answer("a", "c"))]
    agent.update(batch)
    twin = copy.deepcopy(agent)
    agent.save(tmp_path / "dpo.npz")
    agent.update(batch)
    twin.update(batch)
    assert np.array_equal(agent.policy.theta, twin.policy.theta)
    assert twin.policy.f.C.base is not agent.policy.f.C.base
    other = DPO(small(seed=14).policy, beta=0.5, lr=0.01, rng=rng(2))
    other.load(tmp_path / "dpo.npz")
    assert np.array_equal(other.reference.theta, ref.policy.theta)
    other.update(batch)
    assert np.array_equal(other.policy.theta, agent.policy.theta)
    s = batch[0].chosen.s
    assert np.array_equal(other.policy.f(s), agent.policy.f(s))  # the views follow theta
    # layers of one size, but other windows: they do not mean the same
    another = DPO(small(window=2, width=3).policy, beta=0.5, lr=0.01, rng=rng(3))
    with pytest.raises(ValueError, match=r"policy\.f"):
        another.load(tmp_path / "dpo.npz")
    same_sizes = Softmax(Table(2, 4))
    with pytest.raises(ValueError, match=r"policy\.f"):
        DPO(same_sizes, beta=0.5, lr=0.01, rng=rng(3)).load(tmp_path / "dpo.npz")


def test_the_model_learns_the_language():
    generator = rng(15)
    model = LanguageModel(film_reviews.vocabulary(), window=10, width=12, hidden=(64,), rng=rng(16))
    agent = Imitation(model.policy, lr=0.02)
    fresh = [(x, draw(x, generator)) for x in PROMPTS for _ in range(30)]
    answers = [model.answer(*t) for t in fresh]
    first = model.perplexity(answers)
    for _ in range(100):
        agent.update([model.answer(x, draw(x, generator)) for x in PROMPTS * 4])
    exact = np.array([log_prob(*t) for t in fresh])
    lost = exact - log_probs(model.policy, answers)
    assert first > 90
    assert model.perplexity(answers) < 6
    assert -3 * lost.std() / np.sqrt(len(lost)) < lost.mean() < 10  # 4 to 5, and below 0 never
