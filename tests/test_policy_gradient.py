"""The metrics of a policy, their gradients, and advantages: the theorems of chapter 9."""

import naive
import numpy as np
import pytest
from policy_gradient_cases import GAMMA, cases, near, slope, table_of

from rlbook import MDP, policy_value, stationary_distribution
from rlbook.agent import Step, batch
from rlbook.functions.parametric import Table
from rlbook.monte_carlo import returns
from rlbook.policy_gradient import (
    advantages,
    average_reward,
    average_value,
    discounted_visits,
    gradient_of_metric,
    gradient_of_reward,
    gradient_of_value,
    poisson_value,
)

# The metrics and their gradients: theorems


@pytest.mark.book("thm:9.2")
@pytest.mark.parametrize("end", [0.0, 0.3])
@pytest.mark.parametrize("gamma", [0.0, GAMMA])
def test_the_gradient_of_the_average_value_is_its_slope(gamma, end):
    # Theorem 9.2
    for model, policy, d in cases(end):
        expected = slope(average_value, model, policy, gamma, d)
        assert gradient_of_value(policy.f, model, gamma, d) == near(expected)


@pytest.mark.book("lemma:9.1", "eq:9.2", "eq:9.13")
def test_the_average_reward_is_a_share_of_the_average_value():
    # Lemma 9.1
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        r_bar = average_reward(model, pi)
        d = stationary_distribution(naive.chain(model, pi)[0])
        assert r_bar == pytest.approx(d @ naive.chain(model, pi)[1])
        for gamma in (0.0, 0.5, GAMMA, 0.999):
            assert (1 - gamma) * average_value(model, pi, gamma) == pytest.approx(r_bar)
            assert average_value(model, pi, gamma, d) == average_value(model, pi, gamma)


@pytest.mark.book("thm:9.5", "eq:9.28")
def test_the_gradient_of_the_average_reward_is_its_slope():
    # Theorem 9.5
    for model, policy, _ in cases():
        expected = slope(average_reward, model, policy)
        assert gradient_of_reward(policy.f, model) == near(expected)


@pytest.mark.book("lemma:9.1")
def test_the_gradient_of_the_average_reward_is_a_share_of_that_of_the_average_value():
    # Lemma 9.1 again: here d_pi moves with the policy
    for model, policy, _ in cases():
        moving = slope(average_value, model, policy, GAMMA)
        assert gradient_of_reward(policy.f, model) == near((1 - GAMMA) * moving)


@pytest.mark.book("thm:9.3")
def test_the_discounted_approximation_is_the_better_the_nearer_gamma_is_to_one():
    # Theorem 9.3: the error is of the order of 1 - gamma
    for model, policy, _ in cases():
        exact = gradient_of_reward(policy.f, model)
        errors = [
            np.linalg.norm(gradient_of_reward(policy.f, model, gamma) - exact)
            for gamma in (0.9, 0.99, 0.999, 0.9999)
        ]
        assert (np.diff(errors) < 0).all()
        assert errors[3] == pytest.approx(errors[2] / 10, rel=0.05)


@pytest.mark.book("thm:9.4", "eq:9.22", "eq:9.23", "eq:9.24", "eq:9.25", "eq:9.26")
def test_the_poisson_equation_and_the_limit_of_the_discounted_values():
    # Theorem 9.4; v_gamma - r_bar / (1 - gamma) + r_bar comes to v as gamma comes to 1
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        r_bar, v = average_reward(model, pi), poisson_value(model, pi)
        scale = np.abs(v).max()
        assert v == pytest.approx(r - r_bar + P @ v, abs=1e-12 * scale)
        assert stationary_distribution(P) @ v == pytest.approx(r_bar, abs=1e-12 * scale)
        errors = [
            np.abs(policy_value(model, pi, gamma) - r_bar / (1 - gamma) + r_bar - v).max() / scale
            for gamma in (1 - 1e-2, 1 - 1e-3, 1 - 1e-4)
        ]
        assert errors[2] < 1e-3
        assert errors[1:] == pytest.approx([errors[0] / 10, errors[0] / 100], rel=0.1, abs=1e-9)


@pytest.mark.book("eq:9.19")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_the_discounted_visits_are_a_sum_over_time(end):
    for model, policy, d in cases(end):
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        share, rho = d, np.zeros(4)
        for _ in range(400):
            rho += share
            share = GAMMA * P.T @ share
        visits = discounted_visits(model, pi, GAMMA, d)
        assert visits == pytest.approx(rho)
        assert visits @ r == pytest.approx(d @ policy_value(model, pi, GAMMA))
        if not end:
            assert visits.sum() == pytest.approx(1 / (1 - GAMMA))


@pytest.mark.book("lemma:9.2", "eq:9.14", "eq:9.17", "eq:9.18", "eq:10.13")
def test_the_gradient_of_every_state_value():
    # Lemma 9.2: grad v = [ (I - gamma P)^-1 x I ] u,  u(s) = sum_a grad pi(a|s) q(s, a)
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        q = naive.lookahead(model, np.linalg.solve(np.eye(4) - GAMMA * P, r), GAMMA)
        u = np.array([
            sum(pi[s, a] * q[s, a] * policy.score(s, a) for a in range(3)) for s in range(4)
        ])  # fmt: skip
        jacobian = np.linalg.solve(np.eye(4) - GAMMA * P, u)
        values = slope(policy_value, model, policy, GAMMA).T
        assert jacobian == near(values)
        for s in range(4):
            assert gradient_of_value(policy.f, model, GAMMA, np.eye(4)[s]) == near(jacobian[s])


@pytest.mark.book("thm:9.1", "eq:9.8", "eq:9.9", "eq:9.10", "eq:10.3")
def test_both_forms_of_the_policy_gradient_and_its_indifference_to_baselines(rng):
    # Theorem 9.1 and section 10.2.1
    for model, policy, eta in cases():
        q, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
        pi = table_of(policy, model)
        expected = sum(
            eta[s] * pi[s, a] * q[s, a] * policy.score(s, a) for s, a in np.ndindex(4, 3)
        )
        gradient = gradient_of_metric(policy.f, eta, q)
        assert gradient == pytest.approx(expected, abs=1e-12)
        assert gradient_of_metric(policy.f, eta, q + b) == pytest.approx(gradient, abs=1e-12)
        gradient_of_metric(policy.f, eta, 2 * q)  # the first is not overwritten
        assert gradient == pytest.approx(expected, abs=1e-12)


# Advantages


def path(rng, ends, n=12):
    """A random path as a batch; ends: where episodes end, and whether they terminate."""
    steps = [
        Step(k, 0, rng.normal(), k + 1, ends.get(k) == "terminated", ends.get(k) == "truncated")
        for k in range(n)
    ]
    return batch(steps), *rng.normal(size=(2, n))


ENDS = [
    {11: "terminated"},
    {11: "truncated"},
    {},  # the path breaks off
    {3: "terminated", 8: "truncated"},
    {0: "truncated", 1: "terminated", 2: "truncated", 11: "terminated"},
]


def rest(t, k):
    """The steps from k on, to the end of their episode or of the path."""
    for j in range(k, len(t.r)):
        yield j
        if t.terminated[j] or t.truncated[j]:
            return


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("lam", [0.0, 0.95, 1.0])
def test_advantages_are_a_sum_of_td_errors(lam, ends, rng):
    t, v, v_next = path(rng, ends)
    delta = [t.r[j] + GAMMA * (not t.terminated[j]) * v_next[j] - v[j] for j in range(12)]
    expected = [sum((GAMMA * lam) ** (j - k) * delta[j] for j in rest(t, k)) for k in range(12)]
    assert advantages(t, v, v_next, GAMMA, lam) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("lam", [0.0, 0.6, 1.0])
def test_advantages_mix_n_step_returns(lam, ends, rng):
    # lam^(n-1) (1 - lam) of the n-step return; what is left, of the last one
    t, v, v_next = path(rng, ends)
    v[1:] = v_next[:-1]  # s_next of a step is s of the next
    for k, advantage in enumerate(advantages(t, v, v_next, GAMMA, lam)):
        steps, mixed, g = list(rest(t, k)), 0.0, 0.0
        for n, j in enumerate(steps, start=1):
            g += GAMMA ** (n - 1) * t.r[j]
            n_step = g + GAMMA**n * (not t.terminated[j]) * v_next[j]
            mixed += lam ** (n - 1) * (1 if n == len(steps) else 1 - lam) * n_step
        assert advantage == pytest.approx(mixed - v[k], abs=1e-13)


def test_advantages_over_nothing_are_returns(rng):
    t, *_ = path(rng, {11: "truncated"}, n=12)
    zero = np.zeros(12)
    assert np.array_equal(advantages(t, zero, zero, GAMMA), returns(t.r, GAMMA))


# Wrong arguments


def test_metrics_of_worlds_that_end_or_fall_apart():
    ending = naive.random_model(np.random.default_rng(0), end=0.3, states=4, actions=3, outcomes=4)
    apart = MDP.from_matrices(np.eye(2)[:, None], np.ones((2, 1)))
    for model in (ending, apart):
        pi = np.full((model.n_states, model.n_actions), 1 / model.n_actions)
        for question in (
            lambda m, pi: average_reward(m, pi),
            lambda m, pi: poisson_value(m, pi),
            lambda m, pi: average_value(m, pi, GAMMA),
        ):
            with pytest.raises(ValueError, match="P_pi"):
                question(model, pi)
    d = np.full(4, 0.25)
    assert average_value(ending, np.full((4, 3), 1 / 3), 1.0, d) == pytest.approx(
        d @ policy_value(ending, np.full((4, 3), 1 / 3), 1.0)
    )


@pytest.mark.parametrize("gamma", [-0.1, 1.0, 1.5, np.nan])
def test_discounted_visits_need_a_discount(gamma):
    model, policy, d = next(cases())
    with pytest.raises(ValueError, match="gamma"):
        discounted_visits(model, table_of(policy, model), gamma, d)
    with pytest.raises(ValueError, match="gamma"):
        gradient_of_value(policy.f, model, gamma, d)
    with pytest.raises(ValueError, match="gamma"):
        gradient_of_reward(policy.f, model, gamma)


@pytest.mark.parametrize("d", [np.ones(4), np.ones(3) / 3, [0.5, 0.6, -0.1, 0.0]])
def test_d_must_be_a_distribution_over_the_states(d):
    model, policy, _ = next(cases())
    with pytest.raises(ValueError, match=r"^d"):
        gradient_of_value(policy.f, model, GAMMA, d)


@pytest.mark.parametrize(
    ("eta", "q"),
    [
        (np.ones(4), np.ones((4, 2))),
        (np.ones(4), np.ones(4)),
        (np.ones(3), np.ones((4, 3))),
        (np.ones(5), np.ones((5, 3))),
        (np.ones(4), 1.0),
    ],
)
def test_eta_and_q_must_have_the_shapes_of_the_policy(eta, q):
    with pytest.raises(ValueError, match="must"):
        gradient_of_metric(Table(4, 3), eta, q)
