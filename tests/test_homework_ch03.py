"""The solutions of homework 3 against the library."""

import numpy as np
import pytest

from rlbook import MDP, greedy
from rlbook.bellman import optimality_operator
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw03


@pytest.mark.parametrize("seed", range(20))
def test_solutions_are_those_of_the_library(seed):
    P, R, gamma, v = hw03.cases(Draw(np.random.default_rng(seed))).values()
    model = MDP.from_matrices(P, R)
    assert hw03.optimality_step(P, R, gamma, v) == pytest.approx(
        optimality_operator(model, gamma)(v)
    )
    assert np.array_equal(hw03.greedy_policy(P, R, gamma, v), greedy(model.lookahead(v, gamma)))


def test_some_models_have_equal_actions():
    drawn = [hw03.cases(Draw(np.random.default_rng(seed))) for seed in range(60)]
    twins = [
        case["R"].shape[1] > 1 and bool((case["P"][:, 0] == case["P"][:, 1]).all()
        and (case["R"][:, 0] == case["R"][:, 1]).all())
        for case in drawn
    ]  # fmt: skip
    assert 5 < sum(twins) < 30
