"""The network that sees a window of words, by hand and against finite differences."""

import copy

import naive
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete
from text_cases import rng

from rlbook.dpo.language_model import LanguageModel
from rlbook.dpo.word_window import WordWindow


@pytest.mark.parametrize("shape", [(3,), (1, 3), (8, 3), (2, 4, 3)])
def test_gradients(shape):
    f = WordWindow(4, window=3, width=2, hidden=(5,), rng=rng(), dtype=np.float64)
    x = rng(1).integers(4, size=shape)  # fewer words than places: some come several times
    c = rng(2).normal(size=f(x).shape)
    f.grad[:] = 7.0  # what was there before is no part of it
    f(x)
    dx = f.backward(c)
    grad = f.grad.copy()
    np.testing.assert_allclose(
        grad, naive.slope(lambda: float((c * f(x)).sum()), f.theta), atol=1e-8
    )
    assert np.abs(f.extra_grad).max() > 0
    assert dx.shape == (*shape[:-1], 6)
    f(x)
    f.grad[:] = 7.0
    assert np.array_equal(f.backward(c, weights=False), dx)
    assert (f.grad == 7.0).all()


def test_the_network_by_hand():
    f = WordWindow(3, window=2, width=2, hidden=(2,), rng=rng(), dtype=np.float64)
    (W, b), (W_2, b_2) = f.layers
    s = [2, 0]
    expected = np.tanh(np.concatenate([f.C[2], f.C[0]]) @ W + b) @ W_2 + b_2
    np.testing.assert_allclose(f(s), expected, atol=1e-14)
    assert f.theta.size == 4 * 2 + 2 + 2 * 3 + 3 + 3 * 2
    assert f.n_out == 3
    other = copy.deepcopy(f)
    other.theta[:] = 0
    assert (other.C == 0).all()
    assert (f.C != 0).any()
    assert WordWindow(3, n_out=1, rng=rng())(np.zeros((4, 5), int)).shape == (4, 1)


def test_the_default_sizes_are_those_of_the_model_too():
    model = LanguageModel(["a", "b"], rng=rng())
    for f in (model.policy.f, WordWindow(3, rng=rng())):
        assert (f.n_words, f.window, f.width, f.sizes) == (3, 5, 32, (160, 128, 3))
        assert f.theta.dtype == np.float32


def test_bad_networks():
    for name in ("window", "width"):
        with pytest.raises(ValueError, match=f"{name} must be a whole number"):
            WordWindow(3, rng=rng(), **{name: 0})
    with pytest.raises(ValueError, match="n_words must be"):
        WordWindow(0, rng=rng())
    f = WordWindow(3, window=2, rng=rng())
    with pytest.raises(ValueError, match=r"x must be \(..., 2\) words, got \(1, 5\)"):
        f(np.zeros((1, 5), int))
    f.check(MultiDiscrete([3, 3]), "observation_space")
    for space in (MultiDiscrete([3, 4]), Discrete(3)):
        with pytest.raises(ValueError, match=r"observation_space must be MultiDiscrete\(\[3, 3\]"):
            f.check(space, "observation_space")
