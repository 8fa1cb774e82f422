"""q(s, a) by a network: the values of all actions, those of pairs, and their gradients."""

import numpy as np
import pytest
from function_cases import mlp

from rlbook.functions.action_values import ActionIn, ActionOut, max_a

PHI = np.random.default_rng(5).normal(size=(6, 4, 3))  # of 6 states and 4 actions


@pytest.fixture(params=["a network with an output for each action", "of s and a side by side"])
def q_and_states(request, rng):
    if request.param.startswith("a network"):
        return ActionOut(mlp((3, 5, 4))), rng.normal(size=(7, 3))
    return ActionIn(mlp((3, 5, 1), phi=PHI)), rng.integers(6, size=7)


def test_the_gradient_of_pairs_is_the_sum_of_their_gradients(q_and_states, rng):
    q, s = q_and_states
    a, dq = rng.integers(4, size=7), rng.normal(size=7)
    assert q(s).shape == (7, 4)
    np.testing.assert_allclose(q.of_pairs(s, a), [q(x)[k] for x, k in zip(s, a, strict=True)])
    summed = np.zeros_like(q.net.grad)
    for k in range(7):
        q.of_pairs(s[k : k + 1], a[k : k + 1])
        q.backward(dq[k : k + 1])
        summed += q.net.grad
    q.of_pairs(s, a)
    q.backward(dq)
    np.testing.assert_allclose(q.net.grad, summed, rtol=1e-12, atol=1e-14)


def test_other_pairs_than_those_of_the_last_call_have_no_part(q_and_states, rng):
    q, s = q_and_states
    a, dq = rng.integers(4, size=7), rng.normal(size=7)
    q.of_pairs(s, a)
    q.backward(dq)
    alone = q.net.grad.copy()
    q.of_pairs(s[:2], 3 - a[:2])
    q.of_pairs(s, a)
    q.backward(dq)
    assert np.array_equal(q.net.grad, alone)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4,), (1,), (9, 1), (64, 2), (3, 5, 4), (0, 3)])
def test_the_largest_value_of_each_row(shape, dtype, rng):
    values = rng.normal(size=shape).astype(dtype)
    best = max_a(values)
    assert np.array_equal(best, values.max(-1))
    assert (np.shape(best), best.dtype) == (shape[:-1], dtype)


def test_a_row_with_nan_has_no_largest_value():
    best = max_a(np.array([[1.0, np.nan], [np.inf, -np.inf]]))
    assert np.array_equal(best, [np.nan, np.inf], equal_nan=True)
