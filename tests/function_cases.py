"""What the tests of functions with parameters share."""

import naive
import numpy as np

from rlbook.functions.networks import MLP

PHI = np.random.default_rng(5).normal(size=(6, 3))
KINDS = [(hidden, output) for hidden in ("relu", "tanh") for output in ("linear", "tanh")]


def mlp(sizes=(3, 5, 4, 2), seed=0, dtype=np.float64, **options):
    return MLP(sizes, rng=np.random.default_rng(seed), dtype=dtype, **options)


def filled(f, seed=1):
    """The function with other parameters than its first ones."""
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def slope(loss, x):
    """The gradient of a number in each entry of an array, by central differences."""
    return naive.slope(loss, x.reshape(-1), 1e-6).reshape(x.shape)


def check_gradients(f, x, by_input=True):
    """The gradients of L = sum(c y) for some c: the differences are those of a number."""
    c = np.random.default_rng(2).normal(size=f(x).shape)

    def loss():
        return float((c * f(x)).sum())

    used = f.theta.size - f.extra.size
    f.grad[:] = 7.0  # what was there before is no part of it
    f(x)
    dx = f.backward(c)
    grad = f.grad.copy()
    np.testing.assert_allclose(grad[:used], slope(loss, f.theta)[:used], rtol=1e-6, atol=1e-8)
    assert slope(loss, f.theta)[used:].tolist() == [0.0] * f.extra.size
    assert f.extra_grad.tolist() == [7.0] * f.extra.size
    if by_input:
        assert dx.shape == x.shape
        np.testing.assert_allclose(dx, slope(loss, x), rtol=1e-6, atol=1e-8)
    f(x)
    f.grad[:] = 7.0
    again = f.backward(c, weights=False)
    assert (f.grad == 7.0).all()
    assert np.array_equal(again, dx) if by_input else again is None


def check_states(f, x):
    """The gradient in theta alone: a state is no number that could be a little larger."""
    c = np.random.default_rng(2).normal(size=f(x).shape)
    f.backward(c)
    grad = f.grad.copy()
    differences = slope(lambda: float((c * f(x)).sum()), f.theta)
    np.testing.assert_allclose(grad, differences, rtol=1e-6, atol=1e-8)


def twin(torch, f, hidden, output):
    """The same network in PyTorch, in float64."""
    modules = []
    for k, (W, b) in enumerate(f.layers):
        layer = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(W.T))
            layer.bias.copy_(torch.tensor(b))
        kind = hidden if k < len(f.layers) - 1 else output
        modules.append(layer)
        modules += {"relu": [torch.nn.ReLU()], "tanh": [torch.nn.Tanh()], "linear": []}[kind]
    return torch.nn.Sequential(*modules)


def flat(net, what):
    """The parameters, or their gradients, in the order of theta."""
    return np.concatenate([what(p).detach().numpy().T.ravel() for p in net.parameters()])


def message(error):
    return str(error.value)
