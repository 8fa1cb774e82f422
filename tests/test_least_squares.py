"""LSTD and its recursion."""

import numpy as np
import pytest
from linear_cases import GAMMA, GRID, PI, stream

from rlbook import uniform
from rlbook.agent import Step
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.projection import td_fixed_point
from rlbook.functions.features import grid_features, polynomial


@pytest.mark.book("fa:lstd")
def test_recursive_lstd_is_lstd_and_a_plus_sign_is_not():
    phi = grid_features(GRID, polynomial(3))
    batch, recursive = (
        kind(phi, PI, gamma=GAMMA, regularisation=2.0) for kind in (LSTD, RecursiveLSTD)
    )
    plus = np.eye(10) / 2
    for k, t in enumerate(stream(), start=1):
        batch.update(t)
        recursive.update(t)
        if k <= 100:
            x, y = phi[t.s], phi[t.s] - GAMMA * phi[t.s_next]
            plus = plus + np.outer(plus @ x, y @ plus) / (1 + y @ plus @ x)
            assert recursive.w == pytest.approx(batch.w, abs=1e-10)
    assert recursive.w == pytest.approx(batch.w, abs=1e-10)
    assert recursive.v == pytest.approx(batch.v, abs=1e-10)
    assert recursive.A_inverse @ batch.A == pytest.approx(np.eye(10), abs=1e-10)
    assert np.abs(plus).max() > 1e6


def test_lstd_comes_to_the_fixed_point():
    phi = grid_features(GRID, polynomial(2))
    agent = LSTD(phi, PI, gamma=GAMMA, regularisation=0.0)
    d = np.zeros(25)
    for t in stream(steps=20_000, seed=4):
        agent.update(t)
        d[t.s] += 1 / 20_000
    # All that is left is chance: the shares of the states and of the actions.
    v = phi @ td_fixed_point(GRID.model, PI, GAMMA, phi)
    assert np.abs(agent.v - v).max() < 0.3
    # Where nothing is left to chance it is exact.
    one = LSTD([[2.0]], [[1.0]], gamma=0.5, regularisation=0)
    assert one.A.tolist() == [[0.0]]
    one.update(Step(0, 0, 1.0, 0, False, False))
    assert one.v == pytest.approx([2.0])  # 1 + 1/2 + 1/4 + ...


def test_lstd_says_when_its_samples_are_too_few():
    agent = LSTD(np.eye(3), uniform(3, 2), gamma=GAMMA, regularisation=0.0)
    agent.update(Step(0, 0, 1.0, 1, False, False))
    with pytest.raises(
        ValueError, match=r"w needs more samples, or a larger regularisation.*rank 1"
    ):
        _ = agent.w
    with pytest.raises(ValueError, match="rng must be given to an agent that acts"):
        agent.act(0)
    assert LSTD(np.eye(3), uniform(3, 2), gamma=GAMMA, regularisation=1.0,
                rng=np.random.default_rng(0)).act(0) in (0, 1)  # fmt: skip
    one = RecursiveLSTD([[1.0], [2.0]], uniform(2, 1), gamma=0.9, regularisation=0.8)
    with pytest.raises(ValueError, match=r"regularisation must not be 0.8 for these samples"):
        one.update(Step(0, 0, 1.0, 1, False, False))  # 0.8 + 1 (1 - 0.9 * 2) = 0
