"""RLHF as an agent, and DPO where they are alike: references, errors, checkpoints."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from preference_cases import (
    BETA,
    bigrams,
    exactly,
    plain,
    problem,
    single,
    table,
    texts_of_two_words,
)

from rlbook.agent import Agent
from rlbook.dpo.kl_objective import objective, optimal_policy
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax


def test_the_reference_is_what_the_policy_was():
    policy, experience = texts_of_two_words()
    learner, first = plain(RLHF, policy), policy.theta.copy()
    assert learner.reference is not policy
    assert not np.shares_memory(learner.reference.theta, policy.theta)
    for _ in range(5):
        learner.update(experience)
    assert np.array_equal(learner.reference.theta, first)
    assert not np.array_equal(policy.theta, first)


@pytest.mark.parametrize("kind", [DPO, RLHF])
def test_acting(kind):
    pi = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    learner = plain(kind, table(pi))
    assert isinstance(learner, Agent)
    assert [learner.act(s, explore=False) for s in (0, 1)] == [1, 2]
    twin = np.random.default_rng(0)
    assert [learner.act(0) for _ in range(50)] == [learner.policy.draw(0, twin) for _ in range(50)]
    n = 5000
    counts = np.bincount([learner.act(0) for _ in range(n)], minlength=3)
    assert np.abs((counts - n * pi[0]) / np.sqrt(n * pi[0] * (1 - pi[0]))).max() < 4

    class World:
        observation_space, action_space = Discrete(2), Discrete(3)

    learner.check(World)
    World.action_space = Discrete(4)
    with pytest.raises(ValueError, match="action_space must be"):
        learner.check(World)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"epochs": 2}, "epochs must be 1 without clip"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"epochs": 1.5, "clip": 0.2}, "epochs must be a whole number"),
        ({"clip": 0.0}, "clip must"),
        ({"clip": 1.1}, "clip must"),
        ({"clip": -0.1}, "clip must"),
    ],
)
def test_options_that_are_none(options, wrong):
    given = {"beta": BETA, "lr": 0.1, "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=wrong):
        RLHF(table(np.full((1, 2), 0.5)), **given)


@pytest.mark.parametrize("kind", [DPO, RLHF])
def test_a_policy_is_wanted(kind):
    for policy in (Table(2, 2), None, lambda s: s):
        with pytest.raises(ValueError, match="policy must be"):
            kind(policy, beta=BETA, lr=0.1, rng=np.random.default_rng(0))
    for options, wrong in (({"lr": 0.0}, "lr must"), ({"rng": 3}, "rng must be a Generator")):
        with pytest.raises(ValueError, match=wrong):
            plain(kind, bigrams(0), **options)


@pytest.mark.parametrize("kind", [DPO, RLHF])
def test_the_reference_must_be_a_policy_and_another_one(kind):
    policy = table(np.full((1, 2), 0.5))
    for reference in (Table(1, 2), "the old one", policy):  # a reference that moves is none
        with pytest.raises(ValueError, match="reference must"):
            plain(kind, policy, reference=reference)


@pytest.mark.parametrize("n", [0, 1])
def test_of_one_answer_nothing_can_be_said(n):
    learner = plain(RLHF, table(np.full((1, 2), 0.5)))
    good = Rollouts(0, [single(0, 0), single(0, 1)], [0.0, 1.0])
    few, before = Rollouts(0, [single(0, 0)] * n, [1.0] * n), learner.policy.theta.copy()
    for experience in ([few, good], [good, few]):
        with pytest.raises(ValueError, match="Rollouts must have two or more answers"):
            learner.update(experience)
        assert np.array_equal(learner.policy.theta, before)


@pytest.mark.parametrize("rewards", [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_every_answer_needs_a_reward(rewards):
    learner = plain(RLHF, table(np.full((1, 2), 0.5)))
    with pytest.raises(ValueError, match="rewards must"):
        learner.update([Rollouts(0, [single(0, 0), single(0, 1)], rewards)])


def test_rewards_that_ran_away():
    learner = plain(RLHF, table(np.full((1, 2), 0.5)))
    before = learner.policy.theta.copy()
    with pytest.raises(ValueError, match="must be"):
        learner.update([Rollouts(0, [single(0, 0), single(0, 1)], [np.nan, 1.0])])
    assert np.array_equal(learner.policy.theta, before)


def steps(learner, r, k):
    """So many steps on answers that the agent draws itself."""
    for _ in range(k):
        groups = []
        for x in range(3):
            ys = [learner.act(x) for _ in range(4)]
            groups.append(Rollouts(x, [single(x, y) for y in ys], r[x, ys]))
        learner.update(groups)


@pytest.mark.parametrize("options", [{}, {"clip": 0.2, "epochs": 3}])
@pytest.mark.parametrize("network", [False, True])
def test_it_goes_on_as_if_it_had_never_stopped(tmp_path, options, network):
    def make(seed):
        f = Table(3, 5)
        if network:
            f = MLP((3, 4, 5), rng=np.random.default_rng(seed), phi=np.eye(3))
        rng = np.random.default_rng(seed)
        return RLHF(Softmax(f), beta=BETA, lr=0.05, rng=rng, **options)

    r, whole = problem(2)[1], make(0)
    steps(whole, r, 10)
    whole.save(tmp_path / "half.npz")
    steps(whole, r, 10)
    other = make(1)
    steps(other, r, 2)
    other.load(tmp_path / "half.npz")
    steps(other, r, 10)
    for name in ("policy", "reference"):
        assert np.array_equal(getattr(other, name).theta, getattr(whole, name).theta)
    assert np.array_equal(other.adam.m, whole.adam.m)
    assert np.array_equal(other.adam.v, whole.adam.v)
    assert other.adam.t == whole.adam.t
    assert other.rng.bit_generator.state == whole.rng.bit_generator.state


@pytest.mark.parametrize("options", [{}, {"clip": 0.2, "epochs": 2}])
def test_it_climbs_to_the_best_policy(options):
    pi_ref, r = np.full((3, 5), 0.2), problem(11)[1]
    rng = np.random.default_rng(0)
    learner = RLHF(table(pi_ref), beta=BETA, lr=0.05, rng=rng, **options)
    for k in range(150):
        learner.adam.lr = 0.05 * min(1.0, 2 * (1 - k / 150))
        pi, groups = learner.policy(np.arange(3)), []
        for x in range(3):
            ys = rng.choice(5, size=24, p=pi[x])
            groups.append(Rollouts(x, [single(x, y) for y in ys], r[x, ys]))
        learner.update(groups)
    best, pi = optimal_policy(pi_ref, r, BETA), learner.policy(np.arange(3))
    exactly(pi, best, 0.05)
    short = objective(best, pi_ref, r, BETA) - objective(pi, pi_ref, r, BETA)
    assert short.max() < 0.01
