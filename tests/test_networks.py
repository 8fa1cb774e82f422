"""The network: every gradient against finite differences and PyTorch."""

import numpy as np
import pytest
from function_cases import KINDS, PHI, check_gradients, check_states, flat, message, mlp, twin

from rlbook.functions.networks import MLP


@pytest.mark.parametrize("shape", [(3,), (1, 3), (7, 3), (2, 4, 3)])
@pytest.mark.parametrize(("hidden", "output"), KINDS)
def test_mlp(hidden, output, shape):
    f = mlp(hidden=hidden, output=output, extra=2)
    check_gradients(f, np.random.default_rng(3).normal(size=shape))


@pytest.mark.parametrize("sizes", [(3, 2), (3, 1), (3, 4, 1), (1, 2, 3, 4, 5)])
def test_mlp_of_other_depths(sizes):
    f = mlp(sizes, hidden="tanh")
    check_gradients(f, np.random.default_rng(3).normal(size=(4, sizes[0])))


@pytest.mark.parametrize(
    "x", [4, np.array([1]), np.array([5, 0, 5, 2]), np.array([[0, 1], [2, 1]])]
)
@pytest.mark.parametrize(("hidden", "output"), KINDS)
def test_mlp_of_states(hidden, output, x):
    f = mlp(hidden=hidden, output=output, phi=PHI)
    y = f(x)
    assert y.shape == (*np.shape(x), 2)
    plain = mlp(hidden=hidden, output=output)
    assert np.array_equal(y, plain(PHI[x]))
    check_states(f, x)
    c = np.ones(y.shape)
    f(x)
    plain(PHI[x])
    assert np.array_equal(f.backward(c), plain.backward(c))  # with respect to phi(x)


def test_weights_and_biases_lie_layer_by_layer():
    f = mlp()
    assert f.theta.size == f.grad.size == 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2
    assert [W.shape for W, _ in f.layers] == [(3, 5), (5, 4), (4, 2)]
    f.theta[:] = np.arange(f.theta.size)
    assert f.layers[0][0][1].tolist() == [5, 6, 7, 8, 9]
    assert f.layers[0][1].tolist() == [15, 16, 17, 18, 19]
    assert f.layers[1][0][0].tolist() == [20, 21, 22, 23]
    for W, b in f.layers:
        assert np.shares_memory(W, f.theta)
        assert np.shares_memory(b, f.theta)
    extra = mlp(extra=2)
    assert np.array_equal(extra.theta[:-2], mlp().theta)
    assert np.shares_memory(extra.extra, extra.theta)
    assert np.shares_memory(extra.extra_grad, extra.grad)


def test_the_first_weights():
    f = mlp((100, 400, 50), last=1e-3)
    (W1, b1), (W2, b2) = f.layers
    for x in (W1, b1):
        assert 0.09 < np.abs(x).max() <= 0.1  # 1 / sqrt(100)
        assert abs(x.mean()) < 0.01
    for x in (W2, b2):
        assert 0.0009 < np.abs(x).max() <= 0.001
    assert np.abs(mlp((100, 400, 50)).layers[1][0]).max() == pytest.approx(0.05, rel=0.01)
    assert np.array_equal(mlp(seed=3).theta, mlp(seed=3).theta)
    assert not np.array_equal(mlp(seed=3).theta, mlp(seed=4).theta)


@pytest.mark.parametrize(("hidden", "output"), KINDS)
def test_pytorch_has_the_same_outputs_and_gradients(hidden, output):
    torch = pytest.importorskip("torch")
    f = mlp((3, 16, 16, 2), hidden=hidden, output=output)
    net = twin(torch, f, hidden, output)
    x, c = np.random.default_rng(3).normal(size=(2, 9, 3))
    c = c[:, :2]
    inputs = torch.tensor(x, requires_grad=True)
    y = net(inputs)
    np.testing.assert_allclose(f(x), y.detach().numpy(), rtol=1e-12, atol=1e-14)
    (y * torch.tensor(c)).sum().backward()
    dx = f.backward(c)
    np.testing.assert_allclose(dx, inputs.grad.numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(f.grad, flat(net, lambda p: p.grad), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sizes": (4,)}, "sizes must be at least (inputs, outputs), got (4,)"),
        ({"sizes": 4}, "sizes must be at least (inputs, outputs), got 4"),
        ({"sizes": (4, 0, 2)}, "sizes must be a whole number, 1 or more, got 0"),
        ({"sizes": (4, 2.5)}, "sizes must be a whole number, 1 or more, got 2.5"),
        ({"hidden": "linear"}, "hidden must be one of ('relu', 'tanh'), got 'linear'"),
        ({"output": "relu"}, "output must be one of ('tanh', 'linear'), got 'relu'"),
        ({"phi": np.ones((6, 4))}, "phi must have 3 columns, the first of sizes, got 4"),
        ({"phi": [[np.nan] * 3]}, "phi must be finite, got nan"),
        ({"phi": np.ones(3)}, "phi must have shape (S, d), a row a state, got (3,)"),
        ({"extra": -1}, "extra must be a whole number, 0 or more, got -1"),
    ],
)
def test_a_network_that_cannot_be(options, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        mlp(**options)
    assert message(error).startswith(text)


def test_chance_is_passed_in():
    with pytest.raises(ValueError, match=r"rng must be a Generator.*got 0"):
        MLP((3, 2), rng=0)


def test_inputs_of_another_width():
    for x in (np.ones(4), np.ones((6, 2)), np.ones((2, 3, 2))):
        with pytest.raises(ValueError):  # noqa: PT011
            mlp()(x)
