"""Functions with parameters and their optimisers: every gradient against finite differences."""

import copy
import pickle

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from rlbook.functions.features import tile_coding
from rlbook.functions.networks import MLP, SGD, Adam
from rlbook.functions.parametric import Linear, Parametric, Quadratic, Table

PHI = np.random.default_rng(5).normal(size=(6, 3))
KINDS = [(hidden, output) for hidden in ("relu", "tanh") for output in ("linear", "tanh")]


def mlp(sizes=(3, 5, 4, 2), seed=0, dtype=np.float64, **options):
    return MLP(sizes, rng=np.random.default_rng(seed), dtype=dtype, **options)


def filled(f, seed=1):
    """The function with other parameters than its first ones."""
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def slope(loss, x, h=1e-6):
    """The gradient of a number in each entry of an array, by central differences."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = loss()
        x[i] = old - h
        below = loss()
        x[i] = old
        gradient[i] = (above - below) / (2 * h)
    return gradient


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


# Gradients


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


def check_states(f, x):
    """The gradient in theta alone: a state is no number that could be a little larger."""
    c = np.random.default_rng(2).normal(size=f(x).shape)
    f.backward(c)
    grad = f.grad.copy()
    differences = slope(lambda: float((c * f(x)).sum()), f.theta)
    np.testing.assert_allclose(grad, differences, rtol=1e-6, atol=1e-8)


STATES = [3, np.int64(0), np.array([2]), np.array([5, 0, 5, 2]), np.array([[0, 1], [1, 1]])]


@pytest.mark.parametrize("x", STATES)
def test_table(x):
    f = filled(Table(6, 2, extra=3))
    assert np.array_equal(f(x), f.theta[:12].reshape(6, 2)[x])
    check_gradients(f, x, by_input=False)


@pytest.mark.parametrize("x", STATES)
def test_linear(x):
    f = filled(Linear(PHI, 2, extra=3))
    np.testing.assert_allclose(f(x), PHI[x] @ f.theta[:6].reshape(3, 2))
    check_gradients(f, x, by_input=False)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (5, 2)])
def test_linear_in_a_function_of_the_observation(shape):
    f = filled(Linear(lambda s: np.array([1.0, s[0], s[0] * s[1]]), 2, d=3))
    x = np.random.default_rng(3).normal(size=shape)
    rows = [[1.0, s[0], s[0] * s[1]] for s in x.reshape(-1, 2)]
    np.testing.assert_allclose(f(x).reshape(-1, 2), np.array(rows) @ f.w)
    check_gradients(f, x, by_input=False)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (5, 3)])
def test_quadratic(shape):
    f = filled(Quadratic(3))
    x = np.random.default_rng(3).normal(size=shape)
    check_gradients(f, x)
    for row, y in zip(x.reshape(-1, 3), f(x).reshape(-1), strict=True):
        assert y == pytest.approx(row @ f.M @ row + f.theta[-1])
    assert np.array_equal(f.M, f.M.T)


def test_a_table_is_linear_in_one_hot_features_and_a_network_without_hidden_layers():
    table, linear = filled(Table(6, 2)), filled(Linear(np.eye(6), 2))
    net = mlp((6, 2), phi=np.eye(6))
    net.theta[:12], net.theta[12:] = table.theta, 0.0
    x, c = np.array([4, 1, 4]), np.random.default_rng(0).normal(size=(3, 2))
    for f in (linear, net):
        np.testing.assert_allclose(f(x), table(x))
        f.backward(c)
        table.backward(c)
        np.testing.assert_allclose(f.grad[:12], table.grad)


# Parameters are one vector


def functions(dtype=np.float64):
    yield filled(mlp(dtype=dtype)), np.ones((4, 3), dtype)
    yield filled(mlp(dtype=dtype, phi=PHI)), np.array([0, 3, 3])
    yield filled(Table(6, 2, dtype=dtype)), np.array([0, 3, 3])
    yield filled(Linear(PHI, 2, dtype=dtype)), np.array([0, 3, 3])
    yield filled(Quadratic(3, dtype=dtype)), np.ones((4, 3), dtype)


def test_whoever_writes_theta_writes_the_function():
    for f, x in functions():
        before = np.array(f(x))
        f.theta *= 2.0
        assert not np.allclose(f(x), before), type(f)
        theta = f.theta.copy()
        f.theta[:] = 0.0
        assert not f(x).any(), type(f)
        f.theta[:] = theta
        assert not np.allclose(f(x), before), type(f)


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


def test_blend():
    for (f, _), (g, _) in zip(functions(), functions(), strict=True):
        g.theta[:] = np.random.default_rng(9).normal(size=g.theta.size) * 1e5
        old, other = f.theta.copy(), g.theta.copy()
        f.blend(g, 0.25)
        np.testing.assert_allclose(f.theta, 0.75 * old + 0.25 * other)
        f.blend(g, 0.0)
        np.testing.assert_allclose(f.theta, 0.75 * old + 0.25 * other)
        f.blend(g, 1.0)
        assert np.array_equal(f.theta, other)
        assert np.array_equal(g.theta, other)
        assert not np.shares_memory(f.theta, g.theta)


def test_a_copy_is_one_whatever_was_there_before():
    f, g = mlp(), mlp(seed=1)
    f.theta[:3] = np.nan, np.inf, 1e308
    f.blend(g, 1.0)
    assert np.array_equal(f.theta, g.theta)


def test_clip():
    f = mlp()
    f.grad[:] = 0.0
    f.grad[:2] = 3.0, 4.0
    assert f.clip(5.0) == 5.0
    assert f.grad[:3].tolist() == [3.0, 4.0, 0.0]
    assert f.clip(np.inf) == 5.0
    assert f.clip(0.5) == 5.0
    assert f.grad[:3] == pytest.approx([0.3, 0.4, 0.0])
    assert f.clip(0.0) == pytest.approx(0.5)
    assert not f.grad.any()
    assert f.clip(0.0) == 0.0


@pytest.mark.parametrize("kind", ["MLP", "MLP of states", "Table", "Linear", "Quadratic"])
def test_float32_stays_float32(kind):
    f, x = dict(zip(["MLP", "MLP of states", "Table", "Linear", "Quadratic"],
                    functions(np.float32), strict=True))[kind]  # fmt: skip
    for optimiser in (SGD(f, 0.1), Adam(f, 0.1, weight_decay=0.1)):
        y = f(x)
        assert y.dtype == np.float32
        dx = f.backward(np.ones(y.shape))
        assert dx is None or dx.dtype == np.float32
        optimiser.step()
        f.clip(0.1)
        f.blend(f, 1.0)
        assert f.theta.dtype == f.grad.dtype == np.float32


def test_float32_is_the_type_of_all_arithmetic():
    f = mlp(dtype=np.float32)
    assert f(np.ones((2, 3))).dtype == np.float32  # of float64 observations
    assert all(h.dtype == np.float32 for h in f._h)
    assert f.backward(np.ones((2, 2))).dtype == np.float32
    assert mlp(dtype=np.float32, phi=PHI)(3).dtype == np.float32
    assert Adam(f, 0.1).m.dtype == np.float32


def test_float32_is_float64_rounded():
    exact, rounded = mlp(), mlp(dtype=np.float32)
    x, c = np.random.default_rng(3).normal(size=(2, 7, 3))
    np.testing.assert_allclose(rounded(x), exact(x), rtol=1e-5, atol=1e-6)
    c = c[:, :2]
    np.testing.assert_allclose(rounded.backward(c), exact.backward(c), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rounded.grad, exact.grad, rtol=1e-4, atol=1e-6)


def test_neither_inputs_nor_gradients_of_others_are_written():
    f = mlp()
    x, c = np.ones((4, 3)), np.ones((4, 2))
    y = f(x)
    kept = y.copy()
    f.backward(c)
    f(2 * x)
    assert (x == 1).all()
    assert (c == 1).all()
    assert np.array_equal(y, kept)  # an output is fresh


# Optimisers


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


# The same in PyTorch


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


# What does not fit


def message(error):
    return str(error.value)


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


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Table(0, 2), "n_states must be a whole number, 1 or more, got 0"),
        (lambda: Table(2, 1.5), "n_out must be a whole number, 1 or more, got 1.5"),
        (lambda: Linear([1, 2], 2), "phi must have shape (S, d), a row a state, got (2,)"),
        (lambda: Linear([["a"]], 2), "phi must be an array of real numbers, got [['a']]"),
        (lambda: Linear(PHI, 0), "n_out must be a whole number, 1 or more, got 0"),
        (lambda: Quadratic(0), "n_in must be a whole number, 1 or more, got 0"),
        (lambda: SGD(mlp(), 0.0), "lr must lie in (0, inf), got 0.0"),
        (lambda: Adam(mlp(), -1.0), "lr must lie in (0, inf), got -1.0"),
        (lambda: Adam(mlp(), 1, weight_decay=-1), "weight_decay must lie in [0, inf), got -1"),
        (lambda: Adam(mlp(), 1, epsilon="a"), "epsilon must lie in (0, inf), got 'a'"),
        (lambda: mlp().blend(mlp(), 2), "tau must lie in [0, 1], got 2"),
        (lambda: mlp().blend(mlp((3, 2)), 0.5), "other must have 54 parameters, got 8"),
    ],
)
def test_errors_say_what_is_wanted(make, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make()
    assert message(error).startswith(text)


def test_a_feature_function_needs_a_width():
    with pytest.raises(ValueError, match=r"^d must be"):
        Linear(abs, 2)


@pytest.mark.parametrize("beta", [1.0, 1.5, -0.1, np.nan])  # it divides by 1 - beta^t
@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_a_beta_of_adam_lies_below_one(name, beta):
    with pytest.raises(ValueError, match=f"^{name} must .*, got"):
        Adam(mlp(), 0.1, **{name: beta})


@pytest.mark.parametrize("shape", [(2,), (4, 2)])
def test_a_feature_function_that_returns_something_else(shape):
    f = Linear(lambda s: np.array([1.0, 2.0]), 2, d=3)
    with pytest.raises(ValueError, match=r"phi must return 3 features, got shape \(.*2,?\)"):
        f(np.ones(shape))


def test_inputs_of_another_width():
    for x in (np.ones(4), np.ones((6, 2)), np.ones((2, 3, 2))):
        with pytest.raises(ValueError):  # noqa: PT011
            mlp()(x)


def test_spaces():
    box, states = Box(-1, 1, (3,)), Discrete(6)
    square = Box(-1, 1, (3, 1))
    ones = [(mlp(), box), (mlp(phi=PHI), states), (Table(6, 2), states), (Linear(PHI, 2), states)]
    ones.append((Quadratic(3), box))
    for f, good in ones:
        f.check(good, "observation_space")
        other = states if good is box else box
        for bad in (other, square, Box(-1, 1, (4,)), Discrete(5), Discrete(6, start=1), Dict()):
            with pytest.raises(ValueError, match=r"^observation_space must be"):
                f.check(bad, "observation_space")
    Linear(lambda s: s, 2, d=3).check(square, "observation_space")  # whatever the function takes


def test_a_function_of_ones_own():
    class Constant(Parametric):
        def __call__(self, x):
            return np.broadcast_to(self.theta, (*np.shape(x), self.n_out))

        def backward(self, dy, weights=True):
            self.grad[:] = np.reshape(dy, (-1, self.n_out)).sum(0)

        def check(self, space, name):
            pass

    f = Constant(2, 2)
    target = np.array([1.0, 2.0])
    adam = Adam(f, 0.1)
    for _ in range(500):
        f.backward(f(np.arange(3)) - target)
        adam.step()
    assert f.theta == pytest.approx(target, abs=1e-3)


@pytest.mark.parametrize("f", [Table(3, 2, extra=1), Linear(PHI, 2), Quadratic(2), mlp(extra=2)])
def test_a_copy_has_views_of_its_own(f):
    filled(f)
    for twin in (copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        x = 1 if isinstance(f, (Table, Linear)) else np.ones(getattr(f, "n_in", 3))
        before = f(x).copy()
        twin.theta = 2 * f.theta  # written into
        assert not np.array_equal(twin(x), before)
        assert np.array_equal(f(x), before)
        assert np.array_equal(twin.extra, 2 * f.extra)
        twin(x)
        twin.backward(np.ones(f.n_out))
        assert twin.grad.any()


def test_linear_in_tiles_knows_how_many():
    f = Linear(tile_coding(([0.0, 0.0], [1.0, 1.0]), tilings=2, tiles=3), 2)
    assert f.w.shape == (2 * 16, 2)
    assert f(np.array([0.2, 0.3])).tolist() == [0.0, 0.0]
