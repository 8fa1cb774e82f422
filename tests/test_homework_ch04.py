"""The solutions of homework 4 against the library."""

from itertools import islice

import numpy as np
import pytest

from rlbook import MDP, optimal
from rlbook.dynamic_programming import (
    policy_iteration,
    truncated_policy_iteration,
    value_iteration,
)
from rlbook.grid_world.official import OfficialGridWorld
from rlbook.homework.calling import call
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw, simplest
from rlbook.homework.given import MAKERS
from rlbook.homework.judge import judge
from rlbook.homework.laws import Close
from rlbook.homework.tasks import hw03, hw04


@pytest.mark.parametrize("seed", range(20))
def test_value_iteration(seed):
    P, R, gamma, v, n = hw04.value_cases(Draw(np.random.default_rng(seed))).values()
    theirs = islice(value_iteration(MDP.from_matrices(P, R), gamma, v), n)
    for ours, iterate in zip(hw04.value_iteration(P, R, gamma, v, n), theirs, strict=True):
        assert ours == pytest.approx(iterate.v)


@pytest.mark.parametrize("seed", range(20))
def test_policy_iteration(seed):
    P, R, gamma, pi, n = hw04.policy_cases(Draw(np.random.default_rng(seed))).values()
    theirs = list(islice(policy_iteration(MDP.from_matrices(P, R), gamma, pi), n + 1))
    for k, (v, pi_next) in enumerate(hw04.policy_iteration(P, R, gamma, pi, n)):
        assert v == pytest.approx(theirs[k].v)
        assert np.array_equal(pi_next, theirs[k + 1].pi)


@pytest.mark.parametrize("seed", range(20))
def test_truncated_policy_iteration(seed):
    P, R, gamma, v, n, sweeps = hw04.truncated_cases(Draw(np.random.default_rng(seed))).values()
    model = MDP.from_matrices(P, R)
    theirs = islice(truncated_policy_iteration(model, gamma, sweeps, v), n)
    ours = hw04.truncated_policy_iteration(P, R, gamma, v, n, sweeps)
    for (v_k, pi_k), iterate in zip(ours, theirs, strict=True):
        assert v_k == pytest.approx(iterate.v)
        assert np.array_equal(pi_k, iterate.pi)


@pytest.mark.parametrize("seed", range(20))
def test_best_values_on_the_public_grid(seed):
    env, gamma = hw04.grid_cases(Draw(np.random.default_rng(seed))).values()
    model = OfficialGridWorld(**env.values).world.model
    going_on = MDP(model.p, model.s_next, model.r, np.zeros_like(model.terminated))
    assert hw04.best_values_on_grid(MAKERS["official"](**env.values), gamma) == pytest.approx(
        optimal(going_on, gamma).v, abs=1e-4
    )


def columns_first(env, gamma):
    w, h = env.env_size
    return hw04.best_values_on_grid(env, gamma).reshape(h, w).T.ravel()


def as_a_map(env, gamma):
    w, h = env.env_size
    return hw04.best_values_on_grid(env, gamma).reshape(h, w)


def as_a_dict(env, gamma):
    w, _ = env.env_size
    v = hw04.best_values_on_grid(env, gamma)
    return {(s % w, s // w): float(x) for s, x in enumerate(v)}


@pytest.mark.parametrize(
    ("function", "remark"),
    [
        (columns_first, "The states are counted column by column: read as that."),
        (as_a_map, "v is read as if it had the shape that was asked for."),
        (as_a_dict, "v is a dict with keys (x, y): read row by row."),
    ],
)
def test_other_forms_are_read_and_it_is_said(function, remark):
    task = homework("hw04").tasks[-1]
    finding = judge(task, lambda args, take, seconds: call(function, args, take))
    assert (finding.verdict, finding.remarks) == ("right", [remark])


def test_no_number_is_close_to_infinity():
    given = np.array([1.0, np.inf, np.nan, 2.0])
    value = np.array([np.inf, np.inf, np.nan, 2.0])
    with np.errstate(invalid="ignore"):
        assert Close().wrong(given, value).tolist() == [True, False, False, False]


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_no_number_is_wrong_though_it_solves_the_equation(number):
    task = homework("hw04").tasks[-1]

    def student(env, gamma):
        return np.full(env.num_states, number)

    finding = judge(task, lambda args, take, seconds: call(student, args, take))
    assert (finding.verdict, finding.equation) == ("wrong", "(3.1)")
    assert finding.where == f"v[0] (state s1) must be a number; your code gives {number}"


def test_a_policy_that_is_greedy_for_nothing():
    greedy = hw03.BestOrPolicy()
    soft = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert greedy.wrong(soft, np.array([[1.0, 1.0], [1.0, 0.0]])).tolist() == [False, True]
    assert greedy.wrong(soft, soft[None]).tolist() == [False, False]
    assert greedy.wrong(soft, np.full((1, 2, 2), 0.5)).tolist() == [False, True]


def test_the_way_to_the_simplest_case_tries_none_twice():
    tried = []

    def fails(choices):
        used = (choices + [0] * 6)[:6]
        tried.append(tuple(used))
        return used if used[1] >= 2 else None

    assert simplest([3, 7, 1, 0, 4, 2], fails) == [0, 2, 0, 0, 0, 0]
    assert len(tried) == len(set(tried))
