"""Gradient descent and Adam: their printed algorithms, and PyTorch's."""

import numpy as np
import pytest
from function_cases import flat, mlp, twin

from rlbook.functions.optimisers import SGD, Adam
from rlbook.functions.parametric import Table


def test_sgd():
    f = mlp()
    old = f.theta.copy()
    f.grad[:] = np.arange(f.grad.size)
    SGD(f, 0.5).step()
    np.testing.assert_allclose(f.theta, old - 0.5 * np.arange(f.grad.size))


def test_adam_by_its_printed_algorithm():
    f = mlp(extra=2)
    theta, m, v = f.theta.copy(), np.zeros(f.theta.size), np.zeros(f.theta.size)
    adam = Adam(f, 0.1, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.2)
    gradients = np.random.default_rng(0).normal(size=(20, f.theta.size))
    for t, g in enumerate(gradients, start=1):
        f.grad[:] = g
        adam.step()
        theta = theta - 0.1 * 0.2 * theta
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        theta = theta - 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3)
        np.testing.assert_allclose(f.theta, theta, rtol=1e-12, atol=1e-14)
        assert np.array_equal(f.grad, g)
    assert adam.t == 20


def test_the_first_step_of_adam_has_the_length_of_lr():
    f = mlp()
    old = f.theta.copy()
    f.grad[:] = np.random.default_rng(0).normal(size=f.grad.size) * 1e3
    adam = Adam(f, 0.01)
    adam.step()
    np.testing.assert_allclose(old - f.theta, 0.01 * np.sign(f.grad), rtol=1e-6)
    adam.lr = 1e-9
    old = f.theta.copy()
    adam.step()
    assert np.abs(f.theta - old).max() <= 1.1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("epsilon", "g"),
    [(1e-8, 1.0), (1e-8, 1e-15), (1e-8, 1e-17), (1e-15, 1e-15), (1e-16, 1e-16), (1e-20, 1e-17)],
)
def test_adam_takes_the_same_steps_however_small_epsilon_and_gradients_are(epsilon, g, dtype):
    # every 64 steps Adam zeroes what is near the smallest numbers there are
    gradients = g * np.concatenate([np.ones(200), np.zeros(200), np.ones(100)])
    adam = Adam(Table(1, 1, dtype=dtype), 0.1, epsilon=epsilon)
    m = v = 0.0
    for t, x in enumerate(gradients, start=1):
        adam.net.theta, adam.net.grad[:] = 0, x
        adam.step()
        m, v = 0.9 * m + 0.1 * x, 0.999 * v + 0.001 * x * x
        step = 0.1 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + epsilon)
        rtol = 1e-5 if dtype is np.float32 else 1e-13
        assert -adam.net.theta == pytest.approx(step, rel=rtol, abs=1e-22)


def test_adam_forgets_a_unit_that_is_dead():
    adam = Adam(Table(1, 1, dtype=np.float32), 0.1)
    adam.net.grad[:] = 1.0
    adam.step()
    adam.net.grad[:] = 0.0
    for _ in range(2000):
        adam.step()
        smallest = [abs(float(x[0])) for x in (adam.m, adam.v)]
        assert all(x == 0 or x > np.finfo(np.float32).tiny for x in smallest)
    assert adam.m[0] == 0
    adam.v[:] = 1e-33
    for _ in range(64):
        adam.step()
    assert adam.v[0] == 0


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_pytorch_takes_the_same_steps(weight_decay):
    torch = pytest.importorskip("torch")
    f = mlp((3, 16, 16, 2), hidden="tanh")
    net = twin(torch, f, "tanh", "linear")
    adam = Adam(f, 0.01, weight_decay=weight_decay)
    options = {"lr": 0.01, "weight_decay": weight_decay}
    peer = torch.optim.AdamW(net.parameters(), **options)
    if not weight_decay:
        peer = torch.optim.Adam(net.parameters(), lr=0.01)
    rng = np.random.default_rng(3)
    for _ in range(25):
        x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
        f.backward((f(x) - y) / len(x))
        adam.step()
        loss = ((net(torch.tensor(x)) - torch.tensor(y)) ** 2).sum() / 2 / len(x)
        peer.zero_grad()
        loss.backward()
        peer.step()
        np.testing.assert_allclose(f.theta, flat(net, lambda p: p), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("beta", [1.0, 1.5, -0.1, np.nan])  # it divides by 1 - beta^t
@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_a_beta_of_adam_lies_below_one(name, beta):
    with pytest.raises(ValueError, match=f"^{name} must .*, got"):
        Adam(mlp(), 0.1, **{name: beta})
