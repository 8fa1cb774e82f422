"""The solutions of homework 11 do what the library does, and are true gradients."""

import numpy as np
import pytest
from gymnasium.spaces import Box

from rlbook import DDPG, Linear, Quadratic, Step
from rlbook.functions.action_scale import ActionScale
from rlbook.functions.deterministic_policy import slope_at_mu, value_of
from rlbook.homework.calling import call
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw11

SEEDS = range(30)


def drawn(cases, seed):
    return cases(Draw(np.random.default_rng(seed)))


def linear(theta):
    """The actor theta s."""
    f = Linear(lambda s: s, len(theta), d=theta.shape[1])
    f.theta[:] = theta.T.ravel()
    return f


def quadratic(W):
    """The critic x^T W x: a parameter for each pair."""
    f = Quadratic(len(W))
    f.theta[:-1] = (np.triu(W + W.T) - np.diag(np.diag(W)))[np.triu_indices(len(W))]
    return f


@pytest.mark.parametrize("seed", SEEDS)
def test_targets(seed, rng):
    """The library's targets; a large bound, since a linear actor of one's own is not cut there."""
    case = {**drawn(hw11.target_cases, seed), "high": 1e6}
    m, n = case["theta"].shape
    spaces = Box(-np.inf, np.inf, (n,)), Box(-np.inf, np.inf, (m,))
    networks = {"actor": linear(case["theta"]), "critic": quadratic(case["W"])}
    agent = DDPG(*spaces, gamma=case["gamma"], rng=rng, **networks)
    agent.target_actor, agent.target_critics = linear(case["theta_T"]), (quadratic(case["W_T"]),)
    B = len(case["r"])
    t = Step(
        np.zeros((B, n)), np.zeros((B, m)), case["r"], case["s_next"], case["terminated"],
        case["truncated"],
    )  # fmt: skip
    np.testing.assert_allclose(hw11.ddpg_targets(**case), agent.target(t), atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_critic(seed):
    """The library's slope, and the loss by differences: it is quadratic in W."""
    case = drawn(hw11.critic_cases, seed)
    W, s, a, y = case.values()
    gradient = hw11.ddpg_critic_gradient(**case)
    f = quadratic(W)
    f.backward(((value_of(f, s, a) - y) / len(y))[:, None])
    np.testing.assert_allclose(f.grad[:-1], gradient[np.triu_indices(len(W))], atol=1e-9)

    def loss(W):
        x = np.hstack([s, a])
        return np.mean((np.sum(x @ W * x, axis=1) - y) ** 2) / 2

    for i in np.ndindex(W.shape):
        e = np.zeros(W.shape)
        e[i] = 0.5
        assert gradient[i] == pytest.approx(loss(W + e) - loss(W - e), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_actor(seed):
    """The library's slope, and J by differences: it is quadratic in theta."""
    case = drawn(hw11.actor_cases, seed)
    theta, W, s, _ = case.values()
    gradient = hw11.ddpg_actor_gradient(**case)
    f = linear(theta)
    f.backward(slope_at_mu(f, quadratic(W), s))
    np.testing.assert_allclose(f.grad, gradient.T.ravel(), atol=1e-9)

    def J(theta):
        x = np.hstack([s, s @ theta.T])
        return np.mean(np.sum(x @ W * x, axis=1))

    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 0.5
        assert gradient[i] == pytest.approx(J(theta + e) - J(theta - e), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_soft_update(seed):
    theta_T, theta, tau = drawn(hw11.tracking_cases, seed).values()
    target, network = linear(theta_T[None]), linear(theta[None])
    target.blend(network, tau)
    np.testing.assert_allclose(target.theta, hw11.soft_update(theta_T, theta, tau))


@pytest.mark.parametrize("seed", SEEDS)
def test_memory(seed):
    """Each action is what the library would send to the world, and the log is what is stored."""
    case = drawn(hw11.walks, seed)
    reply = call(hw11.fill_memory, case, 1)
    log = np.array(reply.logs["world"], dtype=float)
    np.testing.assert_array_equal(np.transpose(reply.answer), log[:, :5])
    high = case["high"]
    scale = ActionScale(Box(-high, high, (1,), dtype=np.float64))
    for s, a, x in zip(log[:, 0], log[:, 1], case["noise"], strict=True):
        assert scale.to_world(np.array([(case["theta"] * s + x) / high])) == pytest.approx(a)
