"""Functions with parameters: their gradients, and one vector that holds them all."""

import copy
import pickle

import numpy as np
import pytest
from function_cases import PHI, check_gradients, filled, message, mlp
from gymnasium.spaces import Box, Dict, Discrete

from rlbook.functions.features import tile_coding
from rlbook.functions.optimisers import SGD, Adam
from rlbook.functions.parametric import Linear, Parametric, Quadratic, Table

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


@pytest.mark.parametrize("shape", [(2,), (4, 2)])
def test_a_feature_function_that_returns_something_else(shape):
    f = Linear(lambda s: np.array([1.0, 2.0]), 2, d=3)
    with pytest.raises(ValueError, match=r"phi must return 3 features, got shape \(.*2,?\)"):
        f(np.ones(shape))


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
