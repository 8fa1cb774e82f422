"""The solutions of homework 2 against the library."""

from itertools import islice

import numpy as np
import pytest

from rlbook import MDP, action_value, policy_value
from rlbook.dynamic_programming import evaluate
from rlbook.homework.draw import Draw
from rlbook.homework.tasks import hw02


@pytest.mark.parametrize("seed", range(20))
def test_solutions_are_those_of_the_library(seed):
    P, R, gamma, pi, v, n = hw02.iteration_cases(Draw(np.random.default_rng(seed))).values()
    model = MDP.from_matrices(P, R)
    for given, value in zip(hw02.chain_of_policy(P, R, pi), model.under(pi), strict=True):
        assert given == pytest.approx(value)
    v_pi = policy_value(model, pi, gamma)
    assert hw02.values_closed_form(P, R, gamma, pi) == pytest.approx(v_pi)
    iterates = hw02.values_by_iteration(P, R, gamma, pi, v, n)
    assert np.array(iterates) == pytest.approx(
        np.array(list(islice(evaluate(model, pi, gamma, v), n)))
    )
    q = hw02.action_values(P, R, gamma, pi, v_pi)
    assert q == pytest.approx(action_value(model, v_pi, gamma))
    assert hw02.state_values(pi, q) == pytest.approx(v_pi)  # (2.13) and (2.14) close the circle
