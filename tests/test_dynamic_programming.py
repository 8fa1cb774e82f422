from fractions import Fraction
from itertools import islice, pairwise

import gymnasium
import naive
import numpy as np
import pytest

from rlbook import (
    MDP,
    GridWorld,
    epsilon_greedy,
    epsilon_soft_optimal,
    evaluate,
    greedy,
    optimal,
    policy_iteration,
    policy_value,
    solve,
    truncated_policy_iteration,
    uniform,
    until_close,
    value_iteration,
)
from rlbook.planning.certificate import EPS, certificate, certified, rounding


@pytest.mark.parametrize(
    ("name", "start_value"),
    [("FrozenLake", 0.542), ("CliffWalking", -12.248), ("Taxi", 6.327)],
)
def test_toy_text_worlds_against_an_independent_solver(name, start_value, installed):
    env = gymnasium.make(installed[name])
    model = MDP.from_env(env)
    best = optimal(model, 0.99, tol=1e-8)
    assert best.v == pytest.approx(naive.linear_program(model, 0.99), abs=1e-6)
    assert env.unwrapped.initial_state_distrib @ best.v == pytest.approx(start_value, abs=5e-4)


@pytest.mark.parametrize("end", [0.0, 0.05, 0.4, 1.0])
def test_the_certificate_on_a_thousand_random_models(end):
    """|v - v*| <= bound <= tol on models of both kinds; the seed of a failure is in the message."""
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=end)
        gamma = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
        tol = float(10.0 ** -rng.integers(0, 9))
        v_star = naive.best_values(model, gamma)
        best = optimal(model, gamma, tol)
        slack = 1e-13 * (1 + np.abs(v_star).max()) / (1 - gamma)  # of the oracle
        assert best.bound <= tol, (end, seed)
        assert np.abs(best.v - v_star).max() <= best.bound + slack, (end, seed)
        assert np.array_equal(best.q, model.lookahead(best.v, gamma))
        assert np.array_equal(best.pi, greedy(best.q))


@pytest.mark.parametrize("end", [0.0, 0.05, 0.4, 1.0])
def test_any_v_at_all_gives_an_interval_that_holds_the_answer(end):
    for seed in range(500):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=end)
        gamma = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
        v = rng.normal(scale=10, size=model.n_states) + rng.choice([0, 100, -100])
        Tv = model.lookahead(v, gamma).max(-1)
        middle, half = certificate(v, Tv, gamma, bool(model.end.any()))
        v_star = naive.best_values(model, gamma)
        assert np.abs(middle - v_star).max() <= half * (1 + 1e-9) + 1e-9, (end, seed)


def test_without_the_clips_the_interval_would_miss_on_models_that_end():
    """Why the interval is widened: the same bound without it is false for many of these models."""
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=0.4)
        v = rng.normal(scale=10, size=model.n_states)
        Tv = model.lookahead(v, 0.9).max(-1)
        middle, half = certificate(v, Tv, 0.9, can_end=False)
        missed += np.abs(middle - naive.best_values(model, 0.9)).max() > half + 1e-9
    assert missed > 20


def test_the_largest_of_all_numbers_on_the_way_decides_what_rounding_may_do():
    """In a ring where all is alike only rounding is left; v, or the middle, may be the larger."""
    wrong = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        gamma, sign = float(rng.choice([0.5, 0.9, 0.99])), float(rng.choice([-1, 1]))
        for r, c in ((0.0, sign * rng.uniform(1, 1e9)), (sign * rng.uniform(0.1, 1), 0.0)):
            s_next = np.array([1, 2, 0])[:, None, None]
            model = MDP(np.ones((3, 1, 1)), s_next, np.full((3, 1, 1), r), np.zeros((3, 1, 1)))
            v = np.full(3, c)
            known = certified(model, v, model.lookahead(v, gamma).max(-1), gamma)
            exact = Fraction(r) / (1 - Fraction(gamma))
            error = abs(Fraction(float(known.middle[0])) - exact)
            assert error <= known.middle_error, seed
            assert abs(Fraction(c) - exact) <= known.v_error, seed
            wrong += error > 0
    assert wrong > 50


def test_what_rounding_comes_from():
    """One outcome is not added up; of several the rewards are, and their p may be off together."""
    assert rounding(1, 1e9, 5.0, -7.0, 0.5) == 2 * EPS * 10
    assert rounding(3, 4.0, 5.0, 0.0, 0.5) == 2 * EPS * (12 + 25) / 2
    for shift in (-7.0, 7.0):
        assert rounding(3, 4.0, 5.0, shift, 0.5) == 2 * EPS * ((12 + 25) / 2 + 28)


def test_no_bound_is_called_hopeless_that_may_yet_be_had():
    """From near v* the least error is what rounding does there; from afar it is no more."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=float(rng.choice([0.0, 0.3])))
        v_star = naive.best_values(model, 0.9)
        near, far = (
            certified(model, v, model.lookahead(v, 0.9).max(-1), 0.9)
            for v in (v_star, v_star + rng.normal(scale=1e3, size=model.n_states))
        )
        assert 0 <= far.least_error <= near.rounding * (1 + 1e-9), seed
        assert near.least_error == pytest.approx(near.rounding, rel=1e-3, abs=0), seed


def test_rounding_is_part_of_the_bound():
    """Where nothing but rounding is left, the certificate holds in rational arithmetic."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        end, outcomes = float(rng.choice([0.0, 0.3])), int(rng.integers(1, 7))
        model = naive.random_model(rng, states=3, actions=2, end=end, outcomes=outcomes)
        gamma = float(rng.choice([0.5, 0.9, 0.95]))
        with pytest.raises(ValueError, match="which is what rounding may leave") as refused:
            optimal(model, gamma, 1e-300)
        tol = 1.1 * float(str(refused.value).split(",")[0].split()[-1])
        while True:
            try:
                best = optimal(model, gamma, tol)
                break
            except ValueError:
                tol *= 1.3
        exact = naive.exact_policy_value(model, best.pi.argmax(-1), gamma)
        error = max(abs(Fraction(float(x)) - y) for x, y in zip(best.v, exact, strict=True))
        assert error <= best.bound <= tol, seed


def test_large_rewards_that_cancel_are_part_of_the_bound():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0.2, 0.8)
        r = np.array([1e8, -1e8 * p / (1 - p)])
        model = MDP([[[p, 1 - p]]], [[[0, 0]]], [[r]], [[[False, False]]])
        best = optimal(model, 0.9, tol=1.0)
        (exact,) = naive.exact_policy_value(model, [0], 0.9)
        assert abs(Fraction(float(best.v[0])) - exact) <= best.bound, seed


def test_a_tol_that_rounding_does_not_allow():
    model = GridWorld().model
    with pytest.raises(
        ValueError,
        match=r"tol must be above .*e-14, .* rounding may leave at gamma = 0.9; got 1e-20",
    ):
        optimal(model, 0.9, 1e-20)
    least = 2 * EPS * 10 / 0.1
    with pytest.raises(ValueError, match="which is what rounding may leave"):
        optimal(model, 0.9, least * 0.99)
    assert optimal(model, 0.9, least * 1.01).bound <= least * 1.01
    with pytest.raises(ValueError, match="gamma must be less than 1 for a bound"):
        optimal(model, 1.0)
    for tol in (0, -1, np.nan):
        with pytest.raises(ValueError, match="tol must be positive, got"):
            optimal(model, 0.9, tol)


@pytest.mark.book("alg:4.1", "alg:4.2", "alg:4.3")
def test_all_planners_agree(rng):
    for end in (0.0, 0.3):
        for _ in range(20):
            m = naive.random_model(rng, end=end)
            v_star = naive.best_values(m, 0.9)
            for iterates in (
                value_iteration(m, 0.9),
                policy_iteration(m, 0.9),
                truncated_policy_iteration(m, 0.9, 3),
                value_iteration(m, 0.9, v=rng.normal(size=m.n_states)),
            ):
                assert solve(iterates, tol=1e-12).v == pytest.approx(v_star, abs=1e-9)


@pytest.mark.book("alg:4.1", "eq:4.1", "eq:4.2")
def test_value_iteration_step_by_step():
    m = GridWorld((".#", ".T")).model
    (v1, pi1), (v2, pi2) = islice(value_iteration(m, 0.9), 2)
    assert v1.tolist() == [0, 1, 1, 1]
    assert pi1.argmax(-1).tolist() == [2, 2, 1, 4]  # s1: down and stay tie, the first is taken
    assert v2 == pytest.approx([0.9, 1.9, 1.9, 1.9])
    assert np.array_equal(pi2, greedy(m.lookahead(v1, 0.9)))


def test_iterates_are_fresh_arrays():
    m = GridWorld().model
    for iterates in (value_iteration(m, 0.9), truncated_policy_iteration(m, 0.9, 2)):
        first, second = islice(iterates, 2)
        assert first.v is not second.v
        assert not np.shares_memory(first.v, second.v)
    first, second = islice(evaluate(m, uniform(25, 5), 0.9), 2)
    assert not np.shares_memory(first, second)


def test_until_close_ends_with_the_first_small_step():
    m = GridWorld().model
    got = list(until_close(value_iteration(m, 0.9), tol=1e-3))
    steps = [np.abs(b.v - a.v).max() for a, b in pairwise(got)]
    assert all(step > 1e-3 for step in steps[:-1])
    assert steps[-1] <= 1e-3
    values = [np.array([x]) for x in (0.0, 1.0, 1.5, 1.6, 9.0)]
    assert [float(v[0]) for v in until_close(values, tol=0.2)] == [0.0, 1.0, 1.5, 1.6]
    assert solve(values, tol=0.2) == 1.6
    for tol in (0, -1, np.nan):
        with pytest.raises(ValueError, match="tol must be positive, got"):
            solve(value_iteration(m, 0.9), tol=tol)
    with pytest.raises(ValueError, match="iterates must hold at least one"):
        solve(iter([]))


def test_an_undiscounted_walk():
    world = GridWorld("...T", r_other=-1, r_target=0, terminate_at_target=True)
    assert solve(value_iteration(world.model, 1.0)).v[:3].tolist() == [-2, -1, 0]
    start = world.policy("RRRR")
    assert solve(policy_iteration(world.model, 1.0, start)).v[:3].tolist() == [-2, -1, 0]


@pytest.mark.book("fig:5.7")
def test_epsilon_soft_optimal_is_the_best_of_its_kind():
    world = GridWorld()
    best = epsilon_soft_optimal(world.model, 0.9, 0.5)
    # The values of an independent solver for the world of Fig. 5.5.
    expected = [
        [-0.33, -0.32, -0.09, 0.22, 0.01],
        [-0.02, 0.17, 0.41, 0.54, 0.35],
        [0.37, 0.65, 2.06, 0.93, 0.62],
        [0.62, 2.14, 2.4, 2.32, 0.87],
        [0.23, 1.49, 2.42, 1.73, 1.11],
    ]
    assert best.v.reshape(5, 5) == pytest.approx(np.array(expected), abs=0.0051)
    q = world.model.lookahead(best.v, 0.9)
    assert best.v == pytest.approx((epsilon_greedy(q, 0.5) * q).sum(-1), abs=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = policy_value(world.model, epsilon_greedy(rng.normal(size=(25, 5)), 0.5), 0.9)
        assert (other <= best.v + 1e-9).all()
    assert epsilon_soft_optimal(world.model, 0.9, 0).v == pytest.approx(optimal(world.model, 0.9).v)
    everything = epsilon_soft_optimal(world.model, 0.9, 1)
    assert np.allclose(everything.pi, uniform(25, 5))
    with pytest.raises(ValueError, match="epsilon must lie in"):
        epsilon_soft_optimal(world.model, 0.9, 2)


def test_bad_input():
    m = GridWorld().model
    for iterates in (
        value_iteration(m, 1.5),
        policy_iteration(m, 1.5),
        truncated_policy_iteration(m, 1.5, 2),
        evaluate(m, uniform(25, 5), 1.5),
    ):
        with pytest.raises(ValueError, match=r"gamma must lie in \[0, 1\], got 1.5"):
            next(iterates)
    with pytest.raises(ValueError, match=r"v must have shape \(25,\)"):
        next(value_iteration(m, 0.9, v=np.zeros(24)))
    with pytest.raises(ValueError, match=r"pi must have shape \(25, 5\)"):
        next(policy_iteration(m, 0.9, pi=np.zeros(24)))
    with pytest.raises(ValueError, match="sweeps must be at least 1, got 0"):
        next(truncated_policy_iteration(m, 0.9, 0))
    with pytest.raises(ValueError, match="sweeps must be a whole number"):
        next(truncated_policy_iteration(m, 0.9, 2.5))
    for planner in (value_iteration, policy_iteration):
        with pytest.raises(
            ValueError,
            match=r"model must be an MDP or a GridModel, got GridWorld: pass its \.model",
        ):
            next(planner(GridWorld(), 0.9))
    with pytest.raises(ValueError, match="model must be an MDP or a GridModel, got float"):
        optimal(0.9, m)
    with pytest.raises(ValueError, match="v must be finite, got nan"):
        solve(value_iteration(m, 0.9, v=np.full(25, np.nan)))
