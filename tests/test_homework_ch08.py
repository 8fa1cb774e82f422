"""The solutions of homework 8 against the library's own functions and agents."""

import gymnasium
import numpy as np
import pytest

import rlbook
from rlbook import Step, fourier, polynomial
from rlbook.dqn import DQN
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.homework.calling import call
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw
from rlbook.homework.judge import judge
from rlbook.homework.tasks import hw08
from rlbook.homework.wire import pack, unpack


def cases(name, n=40):
    """Random cases of a task."""
    (task,) = (task for task in homework("8").tasks if task.name == name)
    rng = np.random.default_rng([8, *name.encode()])
    return [task.cases(Draw(rng)) for _ in range(n)]


def library_step(step):
    return Step(step[0], step[1], step[2], step[3], step[4], step[5])


@pytest.mark.parametrize(
    ("solution", "basis"),
    [(hw08.polynomial_features, polynomial), (hw08.fourier_features, fourier)],
)
def test_features_of_a_cell(solution, basis):
    for case in cases(solution.__name__):
        z = [case["col"] / (case["cols"] - 1), case["row"] / (case["rows"] - 1)]
        assert solution(**case) == pytest.approx(basis(case["order"])(z), abs=1e-12)


def test_features_of_a_grid():
    phi = rlbook.grid_features(rlbook.GridWorld(), polynomial(3))
    own = [hw08.polynomial_features(s // 5, s % 5, 5, 5, 3) for s in range(25)]
    np.testing.assert_allclose(own, phi, atol=1e-12)


def test_td_linear():
    for case in cases("td_linear"):
        S = len(case["phi"])
        agent = rlbook.LinearTD(
            case["phi"], rlbook.uniform(S, 2), gamma=case["gamma"], alpha=case["alpha"],
            rng=np.random.default_rng(0), w=case["w"],
        )  # fmt: skip
        agent.update(library_step(case["step"]))
        assert hw08.td_linear(**case) == pytest.approx(agent.w, abs=1e-10)


def test_td_linear_moves_along_the_gradient_of_a_target_that_stands_still():
    for case in cases("td_linear"):
        w, phi, step, gamma, alpha = case.values()
        target = step.r + gamma * (1 - step.terminated) * phi[step.s_next] @ w

        def error(w, phi=phi, step=step, target=target):
            return (target - phi[step.s] @ w) ** 2 / 2

        eps = 1e-5 * np.eye(len(w))
        slope = [(error(w + e) - error(w - e)) / 2e-5 for e in eps]
        assert hw08.td_linear(**case) == pytest.approx(w - alpha * np.array(slope), abs=1e-5)


def test_least_squares_and_its_recursion():
    for case in cases("lstd"):
        phi, steps, gamma, sigma = case.values()
        pi = rlbook.uniform(len(phi), 2)
        full = LSTD(phi, pi, gamma=gamma, regularisation=sigma)
        recursive = RecursiveLSTD(phi, pi, gamma=gamma, regularisation=sigma)
        iterates = hw08.recursive_lstd(phi, steps, gamma, sigma)
        for step, (A_inv, w) in zip(steps, iterates, strict=True):
            full.update(library_step(step))
            recursive.update(library_step(step))
            np.testing.assert_allclose(A_inv, recursive.A_inverse, atol=1e-9)
            np.testing.assert_allclose(w, recursive.w, atol=1e-9)
        A, b, w = hw08.lstd(phi, steps, gamma, sigma)
        np.testing.assert_allclose(A, full.A, atol=1e-12)
        np.testing.assert_allclose(b, full.b, atol=1e-12)
        np.testing.assert_allclose(A @ iterates[-1][0], np.eye(len(b)), atol=1e-9)
        np.testing.assert_allclose(w, iterates[-1][1], atol=1e-8)


def library_control(kind, phi, w, case):
    """The library's agent sees features of states, each action having weights of its own."""
    agent = kind(
        phi, len(w), gamma=case["gamma"], alpha=case["alpha"], epsilon=0.0,
        rng=np.random.default_rng(0), w=w,
    )  # fmt: skip
    agent.update(library_step(case["step"]))
    return agent.w


def test_linear_q_learning():
    rng = np.random.default_rng(0)
    for case in cases("linear_q_learning"):
        S, A, _ = case["phi"].shape
        phi, w = rng.normal(size=(S, 2)), rng.normal(size=(A, 2))
        pairs = np.zeros((S, A, A, 2))
        pairs[:, np.arange(A), np.arange(A)] = phi[:, None]
        own = hw08.linear_q_learning(
            w.ravel(), pairs.reshape(S, A, -1), case["step"], case["gamma"], case["alpha"]
        )
        theirs = library_control(rlbook.LinearQLearning, phi, w, case)
        np.testing.assert_allclose(own, theirs.ravel(), atol=1e-12)


def test_linear_sarsa():
    rng = np.random.default_rng(0)
    for case in cases("linear_sarsa"):
        S, A, _ = case["phi"].shape
        phi, w = rng.normal(size=(S, 2)), rng.normal(size=(A, 2))
        pairs = np.zeros((S, A, A, 2))
        pairs[:, np.arange(A), np.arange(A)] = phi[:, None]
        promised = int((w @ phi[case["step"].s_next]).argmax())  # epsilon is 0
        own = hw08.linear_sarsa(
            w.ravel(), pairs.reshape(S, A, -1), case["step"], promised, case["gamma"],
            case["alpha"],
        )  # fmt: skip
        theirs = library_control(rlbook.LinearSarsa, phi, w, case)
        np.testing.assert_allclose(own, theirs.ravel(), atol=1e-12)


def test_targets_and_loss_of_deep_q_learning():
    space = gymnasium.spaces.Discrete
    agent = DQN(space(6), space(3), gamma=0.9, copy_every=1000, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(10):  # the first network moves away from the target network
        s, s_next, a = rng.integers(6, size=5), rng.integers(6, size=5), rng.integers(3, size=5)
        terminated = rng.random(5) < 0.3
        truncated = ~terminated & (rng.random(5) < 0.3)
        t = Step(s, a, rng.normal(size=5), s_next, terminated, truncated)
        y = agent.target(t)
        q_next, q_next_T = agent.q(s_next), agent.q(s_next, agent.target_net)
        own = hw08.dqn_targets(t.r, terminated, truncated, q_next, q_next_T, 0.9)
        np.testing.assert_allclose(own, y, rtol=1e-6)
        loss = hw08.dqn_loss(agent.q(s), a, y)
        agent.learn(t)
        assert loss == pytest.approx(2 * agent.last_loss, rel=1e-5)  # theirs is half of it
    assert np.abs(q_next - q_next_T).max() > 1e-3


def test_steps_go_to_the_student_as_plain_tuples():
    case = cases("lstd")[1]
    steps = unpack(pack(case["steps"]))
    assert steps == tuple(tuple(step) for step in case["steps"])
    assert type(steps) is type(steps[0]) is tuple
    assert "from s" in case["steps"].in_words()


def batch_as_table(r, terminated, truncated, q_next, q_next_T, gamma):
    return r + gamma * (1 - terminated) * q_next_T.max(axis=1, keepdims=True)


def third_order(row, col, rows, cols, order):
    return hw08.polynomial_features(row, col, rows, cols, 3)


def order_not_counted(row, col, rows, cols, order):
    return hw08.fourier_features(row, col, rows, cols, order - 1)


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("dqn_targets", batch_as_table, "y must have shape (2,), got shape (2, 2)"),
        ("polynomial_features", third_order, "phi must have shape (3,), got shape (10,)"),
        ("fourier_features", order_not_counted, "phi must have shape (4,), got shape (1,)"),
    ],
)
def test_a_wrong_shape_is_said(name, wrong, says):
    (task,) = (task for task in homework("8").tasks if task.name == name)
    finding = judge(task, lambda args, take, seconds: call(wrong, args, take))
    assert (finding.kind, finding.says) == ("form", says)
