"""The solutions of homework 9 against the library, and its gradients against differences."""

import numpy as np
import pytest

from rlbook import Linear, Reinforce, Softmax, Step, Table
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw09
from rlbook.policy import softmax
from rlbook.policy_gradient import advantages


def cases(name, n=40):
    """Random cases of a task, and those with a name."""
    (task,) = (task for task in homework("9").tasks if task.name == name)
    rng = np.random.default_rng([9, *name.encode()])
    return [*(task.cases(Draw(rng)) for _ in range(n)), *task.known.values()]


def tabular(theta):
    policy = Softmax(Table(*theta.shape))
    policy.f.table[:] = theta
    return policy


def differences(f, theta):
    """The gradient of f, from both sides."""
    g = np.zeros(theta.shape)
    for i in np.ndindex(*theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 1e-5
        g[i] = (f(theta + e) - f(theta - e)) / 2e-5
    return g


def test_softmax():
    for case in cases("softmax_policy"):
        np.testing.assert_allclose(hw09.softmax_policy(**case), softmax(case["h"]), atol=1e-12)


def test_gradient_of_a_table():
    for case in cases("grad_log_softmax"):
        theta, s, a = case.values()
        own = hw09.grad_log_softmax(**case)
        np.testing.assert_allclose(own.ravel(), tabular(theta).score(s, a), atol=1e-12)
        near = differences(lambda x, s=s, a=a: np.log(softmax(x)[s, a]), theta)
        np.testing.assert_allclose(own, near, atol=1e-8)


def test_gradient_of_linear_preferences():
    for case in cases("grad_log_linear"):
        phi, theta, s, a = case.values()
        own = hw09.grad_log_linear(**case)
        f = lambda x, s=s, a=a, phi=phi: np.log(softmax(phi @ x)[s, a])  # noqa: E731
        np.testing.assert_allclose(own, differences(f, theta), atol=1e-8)


def test_gradient_of_linear_preferences_where_actions_have_weights_of_their_own():
    rng = np.random.default_rng(0)
    for _ in range(20):
        S, A, d = 3, 2, 2
        phi, theta = rng.normal(size=(S, d)), rng.normal(size=A * d)
        policy = Softmax(Linear(phi, A))
        policy.theta = theta
        unit = np.array([[policy.f.theta * 0 for _ in range(A)] for _ in range(S)])
        for i in range(A * d):  # h is linear in theta: what it is at unit vectors are its features
            policy.theta = np.eye(A * d)[i]
            unit[:, :, i] = policy.f(np.arange(S))
        policy.theta = theta
        s, a = int(rng.integers(S)), int(rng.integers(A))
        own = hw09.grad_log_linear(unit, theta, s, a)
        np.testing.assert_allclose(own, policy.score(s, a), atol=1e-12)


def batch(s, a, r, terminated):
    """An episode as one batch of the library."""
    ends = np.arange(len(r)) == len(r) - 1
    return Step(s[:-1], a, r, s[1:], ends & terminated, ends & (not terminated))


def test_estimate_of_the_gradient():
    for case in cases("reinforce_gradient"):
        theta, s, a, r, terminated, gamma, b = case.values()
        t = batch(s, a, r, terminated)
        policy = tabular(theta)
        policy.backward(t.s, t.a, advantages(t, b[t.s], b[t.s_next], gamma) / len(r))
        own = hw09.reinforce_gradient(**case)
        np.testing.assert_allclose(own.ravel(), policy.f.grad, atol=1e-10)


def test_reinforce():
    for case in cases("reinforce"):
        theta, s, a, r, gamma, alpha = case.values()
        agent = Reinforce(tabular(theta), gamma=gamma, alpha=alpha, rng=np.random.default_rng(0))
        for k in range(len(r)):
            end = k == len(r) - 1
            s_next = int(s[min(k + 1, len(r) - 1)])
            agent.update(Step(int(s[k]), int(a[k]), float(r[k]), s_next, end, False))
        own = hw09.reinforce(**case)
        assert len(own) == len(r)
        assert own[-1].ravel() == pytest.approx(agent.policy.theta, abs=1e-9)
