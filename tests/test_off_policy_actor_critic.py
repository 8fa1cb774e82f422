"""The off-policy actor-critic: expected changes are those of the policy itself."""

import numpy as np
import pytest
from actor_critic_cases import (
    A,
    S,
    agent,
    cases,
    change,
    exactly,
    expected_changes,
    mlp,
    preferences,
    random,
)
from scipy.stats import chisquare

from rlbook.actor_critic import A2C, OffPolicyActorCritic
from rlbook.agent import Step
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax


def behaviours():
    rng = np.random.default_rng(3)
    yield rng.dirichlet(np.ones(A), size=S)
    yield np.full((S, A), 1 / A)


@pytest.mark.book("alg:10.3")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_off_policy_the_expected_changes_are_those_of_the_policy_itself(end):
    # Importance sampling: for every state, whatever the critic says and whoever acts
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        on = agent(A2C, Softmax(f), random(Table(S, 1)))
        for behaviour in behaviours():
            off = agent(OffPolicyActorCritic, Softmax(f), random(Table(S, 1)), behaviour=behaviour)
            for s in range(S):
                found = expected_changes(off, model, behaviour, s)
                for x, y in zip(found, expected_changes(on, model, pi, s), strict=True):
                    assert x == exactly(y)


@pytest.mark.book("alg:10.3")
@pytest.mark.parametrize("ending", [(False, False), (False, True), (True, False)])
def test_with_itself_for_behaviour_it_is_a2c(ending):
    for f in preferences(0):
        pi = Softmax(f)(np.arange(S))
        off = agent(OffPolicyActorCritic, Softmax(f), mlp((2, 3, 1), phi=np.eye(S)[:, :2]),
                    behaviour=pi, alpha_theta=0.3, alpha_w=0.2)  # fmt: skip
        on = agent(A2C, Softmax(f), off.critic, alpha_theta=0.3, alpha_w=0.2)
        t = Step(0, 1, 1.5, 2, *ending)
        for found, expected in zip(change(off, t), change(on, t), strict=True):
            assert found == exactly(expected)


def test_the_behaviour_acts_and_the_actor_is_asked_without_exploring():
    behaviour = next(behaviours())
    learner = agent(
        OffPolicyActorCritic, Softmax(random(Table(S, A))), Table(S, 1), behaviour=behaviour
    )
    for s in range(S):
        counts = np.bincount([learner.act(s) for _ in range(2000)], minlength=A)
        assert chisquare(counts, 2000 * behaviour[s]).pvalue > 1e-3  # a fixed seed
        assert learner.act(s, explore=False) == learner.actor.f.table[s].argmax()
        for a in range(A):
            assert learner.ratio(s, a) == pytest.approx(learner.actor(s)[a] / behaviour[s, a])


def test_an_action_that_the_behaviour_never_takes_cannot_be_learned_from():
    behaviour = np.eye(A)[[0, 1, 2, 0]]
    learner = agent(OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1), behaviour=behaviour)
    learner.update(Step(1, 1, 0.0, 0, False, False))
    with pytest.raises(ValueError, match=r"behaviour must be able to take action 2 in state 1"):
        learner.update(Step(1, 2, 0.0, 0, False, False))
