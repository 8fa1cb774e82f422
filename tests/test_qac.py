"""QAC: its critic is Sarsa, its actor follows Theorem 9.1."""

import naive
import numpy as np
import pytest
from actor_critic_cases import GAMMA, A, S, agent, cases, change, exactly, mlp, random

from rlbook import TabularEnv, action_value, interact, learn, policy_value, stationary_distribution
from rlbook.actor_critic import QAC
from rlbook.agent import Step
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.policy_gradient import gradient_of_metric, gradient_of_reward


def expected_changes_of_qac(learner, model, s, a):
    """Over all outcomes and all actions after them, each weighted with its probability."""
    theta, w = 0.0, 0.0
    for p, s_next, r, end in naive.outcomes(model, s, a):
        for a_next in range(A):
            learner.actor.draw = lambda s, rng, a_next=a_next: a_next
            moved = change(learner, Step(s, a, r, s_next, end, False))
            weight = p * learner.actor(s_next)[a_next]
            theta, w = theta + weight * moved[0], w + weight * moved[1]
    return theta, w


@pytest.mark.book("alg:10.1", "eq:10.1")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_qac_at_q_pi(end):
    # The critic stays where it is, for every pair; the actor follows Theorem 9.1.
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        critic = Table(S, A)
        critic.table[:] = q = action_value(model, policy_value(model, pi, GAMMA), GAMMA)
        learner = agent(QAC, Softmax(f), critic)
        eta, total = np.random.default_rng(0).dirichlet(np.ones(S)), 0.0
        if not end:
            eta = stationary_distribution(naive.chain(model, pi)[0])
        for s, a in np.ndindex(S, A):
            theta, w = expected_changes_of_qac(learner, model, s, a)
            assert w == pytest.approx(0, abs=1e-12 * np.abs(q).max())
            total = total + eta[s] * pi[s, a] * theta
        assert total == exactly(gradient_of_metric(f, eta, q))
        if not end:
            assert total == exactly(gradient_of_reward(f, model, GAMMA))  # Theorem 9.3


@pytest.mark.book("alg:10.1", "eq:10.2")
def test_one_step_of_qac_by_hand():
    for critic in (
        random(Table(S, A)),
        random(Linear(np.eye(S), A)),
        mlp((S, 5, A), phi=np.eye(S)),
    ):
        learner = agent(QAC, Softmax(random(Table(S, A), 1)), critic, alpha_theta=0.3, alpha_w=0.2)
        score = learner.actor.score(0, 1).copy()
        q, q_next = critic(0)[1].copy(), critic(2).copy()
        slope_q = naive.slope(lambda critic=critic: critic(0)[1], critic.theta)
        for end, truncated in ((False, False), (False, True), (True, False)):
            learner.rng = np.random.default_rng(0)
            a_next = learner.actor.draw(2, np.random.default_rng(0))
            theta, w = change(learner, Step(0, 1, 1.5, 2, end, truncated))
            delta = 1.5 + (0 if end else GAMMA * q_next[a_next]) - q
            assert theta == pytest.approx(0.3 * q * score)
            assert w == pytest.approx(0.2 * delta * slope_q, rel=1e-6, abs=1e-9)


def test_qac_takes_the_action_of_its_target_next():
    model = naive.random_model(np.random.default_rng(0), states=S, actions=A, outcomes=4)
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A), alpha_theta=0.01, alpha_w=0.1)
    promise, kept = None, 0
    for t in learn(learner, interact(TabularEnv(model), learner, steps=300, seed=0)):
        if promise is not None:
            assert (t.s, t.a) == promise
            kept += 1
        promise = learner.promise
    assert kept == 299


@pytest.mark.parametrize("ending", [(True, False), (False, True), (True, True)])
def test_a_promise_of_qac_ends_with_its_episode(ending):
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A))
    learner.update(Step(0, 1, 0.0, 1, *ending))
    assert learner.promise is None
    learner.update(Step(0, 1, 0.0, 1, False, False))
    assert learner.promise is not None
    learner.begin()
    assert learner.promise is None


def test_a_promise_of_qac_is_kept_once_and_in_its_own_state():
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A))
    learner.actor.f.table[:, 2] = 50.0  # what is chosen now is 2
    learner.promise = (1, 0)
    assert learner.act(1, explore=False) == 2
    assert learner.promise == (1, 0)  # looking without exploring forgets nothing
    assert [learner.act(1), learner.act(1)] == [0, 2]
    learner.promise = (1, 0)
    assert learner.act(3) == 2
    assert learner.promise is None


def test_qac_draws_nothing_for_a_terminated_step():
    learner = agent(QAC, Softmax(Table(S, A)), random(Table(S, A)))
    state = learner.rng.bit_generator.state
    assert learner.target(Step(0, 1, 5.0, 1, True, False)) == 5.0
    assert learner.rng.bit_generator.state == state
