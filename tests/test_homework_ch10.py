"""The solutions of homework 10 do what the library does, and follow true gradients."""

import numpy as np
import pytest

from rlbook import (
    A2C,
    QAC,
    DeterministicActorCritic,
    Linear,
    OffPolicyActorCritic,
    Quadratic,
    Softmax,
    Step,
    Table,
)
from rlbook.functions.gradient_estimators import optimal_baseline
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw10

SEEDS = range(30)


def drawn(cases, seed):
    """A case, its step a Step of the library, and the sizes by name."""
    case = cases(Draw(np.random.default_rng(seed)))
    case["step"] = Step(**case["step"].values)
    return case, {name: case[name] for name in ("gamma", "alpha_theta", "alpha_w")}


def filled(function, values):
    """A function with these parameters."""
    function.theta[:] = np.ravel(values)
    return function


def actor_of(theta):
    return Softmax(filled(Table(*theta.shape), theta))


@pytest.mark.parametrize("seed", SEEDS)
def test_a2c(seed, rng):
    case, sizes = drawn(hw10.cases, seed)
    w = case["w"]
    agent = A2C(actor_of(case["theta"]), filled(Table(len(w), 1), w), rng=rng, **sizes)
    agent.update(case["step"])
    theta_next, w_next = hw10.a2c_update(**case)
    np.testing.assert_allclose(agent.actor.theta, theta_next.ravel(), atol=1e-12)
    np.testing.assert_allclose(agent.critic.theta, w_next, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_qac(seed, rng, monkeypatch):
    case, sizes = drawn(hw10.qac_cases, seed)
    w = case["w"]
    agent = QAC(actor_of(case["theta"]), filled(Table(*w.shape), w), rng=rng, **sizes)
    monkeypatch.setattr(agent.actor, "draw", lambda s, rng: case["a_next"])
    agent.update(case["step"])
    theta_next, w_next = hw10.qac_update(**case)
    np.testing.assert_allclose(agent.actor.theta, theta_next.ravel(), atol=1e-12)
    np.testing.assert_allclose(agent.critic.theta, w_next.ravel(), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_off_policy(seed, rng):
    case, sizes = drawn(hw10.off_policy_cases, seed)
    actor, critic = actor_of(case["theta"]), filled(Table(len(case["w"]), 1), case["w"])
    agent = OffPolicyActorCritic(actor, critic, behaviour=case["beta"], rng=rng, **sizes)
    agent.update(case["step"])
    theta_next, w_next = hw10.off_policy_update(**case)
    np.testing.assert_allclose(agent.actor.theta, theta_next.ravel(), atol=1e-12)
    np.testing.assert_allclose(agent.critic.theta, w_next, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_deterministic(seed, rng):
    """The library's critic has a parameter for each pair of inputs, the homework's has two."""
    case, sizes = drawn(hw10.linear, seed)
    theta, W, step = case["theta"], case["W"], case["step"]
    m, n = theta.shape
    upper = np.triu(W + W.T) - np.diag(np.diag(W))
    pairs = np.triu_indices(n + m)
    actor = filled(Linear(lambda s: s, m, d=n), theta.T)
    critic = filled(Quadratic(n + m), np.append(upper[pairs], 0.0))
    agent = DeterministicActorCritic(actor, critic, sigma=0.0, rng=rng, **sizes)
    agent.update(step)
    theta_next, W_next = hw10.deterministic_update(**case)
    np.testing.assert_allclose(agent.actor.theta, theta_next.T.ravel(), atol=1e-10)
    moved = agent.critic.theta[:-1] - upper[pairs]
    np.testing.assert_allclose(moved, (W_next - W)[pairs], atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_actor_follows_the_gradient_of_ln_pi(seed):
    case, _ = drawn(hw10.cases, seed)
    s, a, *_ = case["step"]
    theta, h = case["theta"], 1e-5

    def log_pi(theta):
        return theta[s, a] - np.log(np.exp(theta[s]).sum())

    moved, w_next = hw10.a2c_update(**case)
    delta = (w_next - case["w"])[s] / case["alpha_w"]
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = h
        slope = (log_pi(theta + e) - log_pi(theta - e)) / (2 * h)
        assert (moved - theta)[i] == pytest.approx(case["alpha_theta"] * delta * slope, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_deterministic_actor_follows_the_gradient_of_q(seed):
    case, _ = drawn(hw10.linear, seed)
    theta, W, s = case["theta"], case["W"], case["step"].s

    def q(theta):
        x = np.append(s, theta @ s)
        return x @ W @ x

    moved, _ = hw10.deterministic_update(**case)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 0.5  # q is quadratic in theta: differences are exact
        slope = q(theta + e) - q(theta - e)
        assert (moved - theta)[i] == pytest.approx(case["alpha_theta"] * slope, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_baseline(seed):
    """The library's; and no other number makes the sampled gradient vary less. (10.6)"""
    case = hw10.one_state(Draw(np.random.default_rng(seed)))
    theta, q = case.values()
    pi = np.exp(theta) / np.exp(theta).sum()
    b = hw10.best_baseline(theta, q)
    assert b == pytest.approx(optimal_baseline(pi, q), abs=1e-12)
    scores = np.eye(len(pi)) - pi
    second = [pi @ ((scores * (q - c)[:, None]) ** 2).sum(1) for c in (b, b - 0.1, b + 0.1)]
    assert second[0] < min(second[1:])


def test_importance_sampling_is_right_on_average():
    """Over all values, each weighted as it comes: the mean under p0. (10.9)"""
    values, p0, p1 = (
        np.array([1.0, -2.0, 5.0]),
        np.array([0.2, 0.5, 0.3]),
        np.array([0.5, 0.25, 0.25]),
    )
    estimates = [
        hw10.importance_sampling(values[[i]], p0[[i]], p1[[i]]) for i in range(len(values))
    ]
    assert p1 @ estimates == pytest.approx(p0 @ values)
