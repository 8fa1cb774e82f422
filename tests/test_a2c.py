"""A2C: at v_pi, by hand, over several steps and the ends of episodes."""

import naive
import numpy as np
import pytest
from actor_critic_cases import (
    GAMMA,
    A,
    S,
    agent,
    cases,
    change,
    exactly,
    expected_changes,
    five,
    mlp,
    preferences,
    random,
)

from rlbook import action_value, policy_value, stationary_distribution
from rlbook.actor_critic import A2C
from rlbook.agent import Step, batch
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.policy_gradient import gradient_of_metric, gradient_of_reward


@pytest.mark.book("alg:10.2", "eq:10.7")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_a2c_at_v_pi(end):
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        critic = Table(S, 1)
        critic.theta[:] = v = policy_value(model, pi, GAMMA)
        learner = agent(A2C, Softmax(f), critic)
        eta, total = np.random.default_rng(0).dirichlet(np.ones(S)), 0.0
        if not end:
            eta = stationary_distribution(naive.chain(model, pi)[0])
        for s in range(S):
            theta, w = expected_changes(learner, model, pi, s)
            assert w == pytest.approx(0, abs=1e-12 * np.abs(v).max())
            total = total + eta[s] * theta
        assert total == exactly(gradient_of_metric(f, eta, action_value(model, v, GAMMA)))
        if not end:
            assert total == exactly(gradient_of_reward(f, model, GAMMA))  # Theorem 9.3


@pytest.mark.book("alg:10.2", "eq:10.8")
@pytest.mark.parametrize("ending", [(False, False), (False, True), (True, False), (True, True)])
def test_one_step_of_a2c_by_hand(ending):
    learner = agent(
        A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), alpha_theta=0.3, alpha_w=0.2
    )
    score, v = learner.actor.score(0, 1).copy(), learner.critic.theta
    delta = 1.5 + (0 if ending[0] else GAMMA * v[2]) - v[0]
    theta, w = change(learner, Step(0, 1, 1.5, 2, *ending))
    assert theta == pytest.approx(0.3 * delta * score)
    assert w == pytest.approx(0.2 * delta * np.eye(S)[0])


def test_one_step_of_a2c_with_numbers_for_actions(rng):
    actor = Gaussian(random(mlp((2, 4, 2), extra=2)), std=0.7)
    learner = agent(A2C, actor, mlp((2, 4, 1)), alpha_theta=0.3, alpha_w=0.2)
    s, a, s_next = rng.normal(size=(3, 2))
    score, v, v_next = actor.score(s, a).copy(), learner.critic(s)[0], learner.critic(s_next)[0]
    slope_v = naive.slope(lambda: learner.critic(s)[0], learner.critic.theta)
    delta = 1.5 + GAMMA * v_next - v
    theta, w = change(learner, Step(s, a, 1.5, s_next, False, False))
    assert theta == pytest.approx(0.3 * delta * score)
    assert w == pytest.approx(0.2 * delta * slope_v, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("ending", ["terminated", "truncated"])
def test_five_steps_of_a2c_over_the_end_of_an_episode_by_hand(ending):
    learner = agent(
        A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, alpha_theta=0.3, alpha_w=0.2
    )
    v, steps = learner.critic.theta.copy(), five(ending)
    seen = v[2] if ending == "truncated" else 0.0
    g = [
        1 + GAMMA * -2 + GAMMA**2 * 0.5 + GAMMA**3 * seen,
        -2 + GAMMA * 0.5 + GAMMA**2 * seen,
        0.5 + GAMMA * seen,
        3 + GAMMA * -1 + GAMMA**2 * v[1],
        -1 + GAMMA * v[1],
    ]
    by_hand = sum((g[k] - v[t.s]) * learner.actor.score(t.s, t.a) for k, t in enumerate(steps))
    theta, w = change(learner, *steps)
    assert theta == pytest.approx(0.3 * by_hand / 5)
    assert w == pytest.approx(
        0.2 * sum((g[k] - v[t.s]) * np.eye(S)[t.s] for k, t in enumerate(steps)) / 5
    )


def test_a2c_waits_for_its_n_steps():
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5)
    theta, w = change(learner, *five("terminated")[:4])
    assert not theta.any()
    assert not w.any()
    assert len(learner.path) == 4
    change(learner, five("terminated")[4])
    assert learner.path == []


def test_an_episode_that_was_left_is_cut_there():
    left, cut = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5) for _ in range(2)
    )
    steps = five(None)
    for t in steps[:3]:
        left.update(t)
    left.begin()  # the world was reset before an end
    moved = change(left, *steps[3:])
    by_hand = change(cut, *five("truncated"))
    for found, expected in zip(moved, by_hand, strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("lam", [0.0, 0.7])
def test_lambda_of_a2c(lam):
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, lam=lam)
    v, steps, advantage, by_hand = learner.critic.theta.copy(), five("truncated"), 0.0, 0.0
    for t in reversed(steps):
        delta = t.r + GAMMA * v[t.s_next] - v[t.s]
        advantage = delta + (0 if t.truncated else GAMMA * lam * advantage)
        by_hand = by_hand + advantage * learner.actor.score(t.s, t.a) / 5
    assert change(learner, *steps)[0] == pytest.approx(by_hand)


def test_the_entropy_of_the_policy_counts_where_it_is_given_a_weight():
    # v = 0 and r = 0: nothing else is left
    for f in preferences(0):
        learner = agent(A2C, Softmax(f), Table(S, 1), n=5, entropy=0.4)
        steps = [t._replace(r=0.0) for t in five("terminated")]

        def mean_entropy(f=f, steps=steps):
            pi = Softmax(f)([t.s for t in steps])
            return -(pi * np.log(pi)).sum(-1).mean()

        theta, w = change(learner, *steps)
        assert theta == pytest.approx(0.4 * naive.slope(mean_entropy, f.theta), rel=1e-6, abs=1e-9)
        assert not w.any()


def test_gradients_that_are_too_long_are_cut():
    plain, cut = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, max_norm=limit)
        for limit in (None, 0.01)
    )
    longer = change(plain, *five("terminated"))
    for long, short in zip(longer, change(cut, *five("terminated")), strict=True):
        assert np.linalg.norm(long) > 0.01
        assert short == pytest.approx(0.01 * long / np.linalg.norm(long))


def test_the_first_step_of_adam_is_as_long_in_every_parameter():
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, adam=True,
                    alpha_theta=0.3, alpha_w=0.2)  # fmt: skip
    plain = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5)
    for size, moved, along in zip((0.3, 0.2), change(learner, *five("terminated")),
                                  change(plain, *five("terminated")), strict=True):  # fmt: skip
        assert moved == pytest.approx(size * np.sign(along), abs=1e-5)


def test_steps_as_a_batch_are_the_same_steps():
    steps = five("terminated")
    learner, other = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5) for _ in range(2)
    )
    other.learn(batch(steps))
    for t in steps:
        learner.update(t)
    assert np.array_equal(learner.actor.theta, other.actor.theta)


def test_step_sizes_of_a2c_are_live():
    learner = agent(A2C, Softmax(Table(S, A)), Table(S, 1))
    learner.alpha_theta, learner.alpha_w = 0.0, 0.5
    learner.update(Step(0, 1, 2.0, 2, True, False))
    assert not learner.actor.theta.any()
    assert learner.critic.theta.tolist() == [1.0, 0.0, 0.0, 0.0]
