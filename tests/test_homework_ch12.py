"""The solutions of homework 12 do what the library does, and are true gradients."""

import numpy as np
import pytest

from rlbook import TabularDPO, bradley_terry, optimal_policy
from rlbook import dpo_loss as library_loss
from rlbook.dpo.preferences import Answer, log_probs
from rlbook.dpo.preferences import log_sigmoid as library_log_sigmoid
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw12

SEEDS = range(30)


def drawn(cases, seed):
    return cases(Draw(np.random.default_rng(seed)))


@pytest.mark.parametrize("seed", SEEDS)
def test_log_sigmoid(seed):
    case = drawn(hw12.logits, seed)
    np.testing.assert_allclose(hw12.log_sigmoid(**case), library_log_sigmoid(**case))


@pytest.mark.parametrize("seed", SEEDS)
def test_bradley_terry(seed):
    case = drawn(hw12.rewards, seed)
    np.testing.assert_allclose(hw12.bradley_terry(**case), bradley_terry(**case))


@pytest.mark.parametrize("seed", SEEDS)
def test_answer_log_prob(seed):
    """A policy writes T words in a row, each in the state before it; the first k are given."""
    rng = np.random.default_rng(seed)
    policy, T, B = Softmax(Table(4, 3)), 5, 3
    policy.theta[:] = rng.standard_normal(12)
    s, a, length = rng.integers(4, size=(B, T)), rng.integers(3, size=(B, T)), rng.integers(1, T, B)
    log_p = np.array([policy.log_prob(*row) for row in zip(s, a, strict=True)])
    given = hw12.answer_log_prob(log_p, np.arange(T) < length[:, None])
    answers = [Answer(s[b, k:], a[b, k:]) for b, k in enumerate(length)]
    np.testing.assert_allclose(given, log_probs(policy, answers))


@pytest.mark.parametrize("seed", SEEDS)
def test_dpo_loss(seed):
    case = drawn(hw12.pairs, seed)
    np.testing.assert_allclose(hw12.dpo_loss(**case), library_loss(**case), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_dpo_gradient(seed):
    """The library's, of a table of wins, and the mean loss by differences."""
    case = drawn(hw12.compared, seed)
    theta, pi_ref, chosen, rejected, beta = case.values()
    gradient = hw12.dpo_gradient(**case)
    Y = len(theta)
    wins = np.zeros((1, Y, Y))
    np.add.at(wins[0], (chosen, rejected), 1)
    dpo = TabularDPO(pi_ref[None], beta=beta)
    dpo.theta = theta[None]
    np.testing.assert_allclose(gradient, dpo.gradient(wins)[0], atol=1e-12)

    def loss(theta):
        log_pi = theta - np.log(np.exp(theta).sum())
        four = (x[index] for x in (log_pi, np.log(pi_ref)) for index in (chosen, rejected))
        return library_loss(*four, beta=beta).mean()

    for y in range(Y):
        e = 1e-5 * np.eye(Y)[y]
        slope = (loss(theta + e) - loss(theta - e)) / 2e-5
        assert gradient[y] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_best_near_reference(seed):
    case = drawn(hw12.judged, seed)
    pi_ref, r, beta = case.values()
    np.testing.assert_allclose(
        hw12.best_near_reference(**case), optimal_policy(pi_ref, r, beta), atol=1e-12
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_implicit_reward(seed):
    """The policy is the best for its reward, and the library's reward is this one, centred."""
    case = drawn(hw12.policies, seed)
    pi, pi_ref, beta = case.values()
    r = hw12.implicit_reward(**case)
    np.testing.assert_allclose(optimal_policy(pi_ref, r, beta), pi, atol=1e-12)
    dpo = TabularDPO(pi_ref[None], beta=beta)
    dpo.theta = np.log(pi)[None]
    np.testing.assert_allclose(dpo.reward[0], r - r.mean(), atol=1e-12)
