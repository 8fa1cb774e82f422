"""Policy gradient near a reference: its steps by hand, with and without a clip."""

import itertools
import math
from copy import deepcopy

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from preference_cases import (
    BETA,
    BETAS,
    exactly,
    plain,
    problem,
    seeds,
    single,
    table,
    texts_of_two_words,
)

from rlbook.dpo.kl_objective import objective, optimal_policy
from rlbook.dpo.preferences import Answer, log_probs
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.functions.networks import MLP
from rlbook.functions.optimisers import SGD
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.policy import softmax


def test_advantages_by_hand():
    pi, pi_ref = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]), np.full((2, 3), 1 / 3)
    learner = plain(RLHF, table(pi), reference=table(pi_ref))
    groups = [
        Rollouts(0, [single(0, 0), single(0, 2), single(0, 0)], [1.0, 4.0, 3.0]),
        Rollouts(1, [single(1, 2), single(1, 1)], np.array([-2.0, 0.5])),
    ]
    a, b, c = (r - BETA * math.log(3 * p) for r, p in ((1.0, 0.5), (4.0, 0.2), (3.0, 0.5)))
    d, e = (r - BETA * math.log(3 * p) for r, p in ((-2.0, 0.8), (0.5, 0.1)))
    expected = [a - (b + c) / 2, b - (a + c) / 2, c - (a + b) / 2, d - e, e - d]
    exactly(learner.advantages(groups), expected, 1e-13)
    moved = [Rollouts(t.x, t.answers, np.asarray(t.rewards) + 7) for t in groups]
    exactly(learner.advantages(moved), expected, 1e-13)  # each other one is the baseline
    exactly(learner.advantages(groups[::-1]), expected[3:] + expected[:3], 1e-13)


@pytest.mark.book("dpo:rlhf")
@pytest.mark.parametrize("beta", BETAS)
def test_at_the_best_policy_every_single_advantage_is_zero(beta):
    pi_ref, r = problem(8)
    learner = plain(
        RLHF, table(optimal_policy(pi_ref, r, beta)), reference=table(pi_ref), beta=beta
    )
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 5, (3, 6))  # any answers, whatever their chances
    groups = [Rollouts(x, [single(x, y) for y in ys], r[x, ys]) for x, ys in enumerate(drawn)]
    exactly(learner.advantages(groups), np.zeros(18), 1e-12)
    old = learner.policy.theta.copy()
    learner.update(groups)
    exactly(learner.policy.theta, old, 1e-12)


@pytest.mark.book("dpo:rlhf")
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("clip", [None, 0.2])
def test_the_expected_step_is_the_gradient_of_the_objective(k, clip):
    """Over all k answers that could be drawn, each as often as it is: nothing sampled."""
    (pi, pi_ref), r = problem(9, 2, 4)[0], problem(9, 1, 4)[1]
    policy, reference = table(pi[None]), table(pi_ref[None])
    theta = policy.theta

    def value():
        return objective(softmax(theta)[None], pi_ref[None], r, BETA)[0]

    gradient, expected = naive.slope(value, theta), np.zeros(4)
    for drawn in itertools.product(range(4), repeat=k):
        learner = plain(RLHF, table(pi[None]), reference=reference, clip=clip)
        before = learner.policy.theta.copy()
        learner.update([Rollouts(0, [single(0, y) for y in drawn], r[0, list(drawn)])])
        step = learner.policy.theta - before
        expected += math.prod(pi[y] for y in drawn) * step
    exactly(expected, gradient, 1e-9)
    assert np.abs(gradient).max() > 0.01


def test_the_expected_step_for_texts():
    """A word or the end, twice at most: the sum over words is what is climbed."""
    policy = Softmax(Table(3, 3))  # before any word, after 1, after 2; 0 ends
    policy.theta[:] = np.random.default_rng(2).normal(size=9)
    reference = Softmax(Table(3, 3))
    reference.theta[:] = np.random.default_rng(3).normal(size=9)
    texts = [Answer(np.array([0]), np.array([0]))]
    texts += [Answer(np.array([0, a]), np.array([a, b])) for a in (1, 2) for b in range(3)]
    r = np.random.default_rng(4).normal(size=len(texts))

    def value():
        log_p = log_probs(policy, texts)
        return (np.exp(log_p) * (r - BETA * (log_p - log_probs(reference, texts)))).sum()

    gradient, expected = naive.slope(value, policy.theta), np.zeros(9)
    p, old = np.exp(log_probs(policy, texts)), policy.theta.copy()
    assert p.sum() == pytest.approx(1, rel=1e-13)
    for i, j in itertools.product(range(len(texts)), repeat=2):
        policy.theta = old
        learner = plain(RLHF, policy, reference=reference)
        learner.update([Rollouts(0, [texts[i], texts[j]], [r[i], r[j]])])
        expected += p[i] * p[j] * (policy.theta - old)
    exactly(expected, gradient, 1e-9)
    assert np.abs(gradient).min() > 1e-4


def test_an_update_is_the_mean_of_single_ones():
    pi, pi_ref, r = problem(1)[0], *problem(10)
    rng, groups = np.random.default_rng(0), []
    for x, n in ((0, 2), (1, 5), (0, 3), (2, 2)):
        ys = rng.integers(0, 5, n)
        groups.append(Rollouts(x, [single(x, y) for y in ys], r[x, ys]))
    learner = plain(RLHF, table(pi), reference=table(pi_ref), lr=0.7)
    total, slow = np.zeros((3, 5)), deepcopy(learner)
    for t in groups:
        R = [
            x - BETA * (math.log(pi[t.x, y.a[0]]) - math.log(pi_ref[t.x, y.a[0]]))
            for y, x in zip(t.answers, t.rewards, strict=True)
        ]
        for i, y in enumerate(t.answers):
            others = [R[j] for j in range(len(R)) if j != i]
            A = R[i] - sum(others) / len(others)
            total[t.x] += A * (np.eye(5)[y.a[0]] - pi[t.x])
    learner.update(groups)
    moved = (learner.policy.theta - slow.policy.theta).reshape(3, 5)
    exactly(moved, 0.7 * total / 12, 1e-13)


def gaussian(seed=0):
    f = MLP((2, 4, 1), rng=np.random.default_rng(seed), dtype=np.float64, hidden="tanh", extra=1)
    return Gaussian(f, std=0.8)


def paths(seed, n, lengths=(1, 2, 3)):
    rng = np.random.default_rng(seed)
    sizes = [lengths[k % len(lengths)] for k in range(n)]
    return [Answer(rng.normal(size=(k, 2)), rng.normal(size=(k, 1))) for k in sizes]


def test_a_gaussian_policy_climbs_too():
    answers, rewards = paths(0, 4), np.array([1.0, -1.0, 0.5, 2.0])
    policy, reference = gaussian(0), gaussian(1)
    learner = plain(RLHF, policy, reference=reference)
    experience = [Rollouts(0, answers[:2], rewards[:2]), Rollouts(1, answers[2:], rewards[2:])]
    A = learner.advantages(experience)  # a number, no function of theta
    slope = naive.slope(lambda: (A * log_probs(policy, answers)).mean(), policy.theta)
    old, fixed = policy.theta.copy(), reference.theta.copy()
    learner.update(experience)
    exactly(policy.theta - old, slope, 1e-8)
    assert policy.theta[-1] != old[-1]  # sigma is learned
    assert np.array_equal(reference.theta, fixed)


@pytest.mark.parametrize("clip", [0.01, 0.2, 1.0])
def test_the_first_step_is_the_unclipped_one(clip):
    ends = []
    for options in ({}, {"clip": clip, "epochs": 1}):
        policy, experience = texts_of_two_words()
        learner = plain(RLHF, policy, **options)
        learner.update(experience)
        ends.append(policy.theta.copy())
    assert np.array_equal(*ends)


class Moved(SGD):
    """Puts theta somewhere at its first step, then only looks at the gradient."""

    def __init__(self, net, theta):
        super().__init__(net, 1.0)
        self.moved, self.seen = theta, []

    def step(self):
        self.seen.append(self.net.grad.copy())
        self.net.theta = self.moved


@pytest.mark.parametrize("clip", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("seed", range(4))
def test_choices_beyond_the_clip_on_the_driven_side_add_nothing(clip, seed):
    """Token by token; beyond it on the other side they still add."""
    policy, experience = texts_of_two_words(seed)
    answers, old = experience[0].answers, policy.f.table.copy()
    moved = old + np.random.default_rng(seed + 100).normal(size=(3, 3))
    learner = plain(RLHF, policy, clip=clip, epochs=2)
    A = learner.advantages(experience)
    learner.adam = Moved(policy.f, moved.ravel())
    learner.update(experience)
    before, after = softmax(old), softmax(moved)
    uphill = np.zeros((3, 3))
    for advantage, y in zip(A, answers, strict=True):
        for s, a in zip(*y, strict=True):
            ratio = after[s, a] / before[s, a]
            clipped = min(max(ratio, 1 - clip), 1 + clip)
            if ratio * advantage <= clipped * advantage:  # the lesser one counts: (7)
                uphill[s] += advantage * ratio * (np.eye(3)[a] - after[s])
    exactly(-learner.adam.seen[1].reshape(3, 3), uphill / 2, 1e-13)


def test_all_four_sides_of_the_clip():
    """A above and below zero, the ratio above and below the clip: which of them add?"""
    pi = np.full((2, 2), 0.5)
    adds = {}
    for A_first, up in itertools.product((1, -1), (True, False)):
        policy = table(pi)
        learner = plain(RLHF, policy, clip=0.2, epochs=2)
        p = 0.9 if up else 0.1  # of the first answer, in its own context
        moved = np.log([[p, 1 - p], [0.5, 0.5]])
        learner.adam = Moved(policy.f, moved.ravel())
        groups = [Rollouts(0, [single(0, 0), single(1, 0)], [A_first * 1.0, 0.0])]
        learner.update(groups)
        first, other = learner.adam.seen[1].reshape(2, 2)
        adds[A_first, up] = bool(first.any())
        if first.any():
            ratio = p / 0.5
            exactly(-first, A_first * ratio * np.array([1 - p, p - 1]) / 2, 1e-14)
        exactly(-other, -A_first * np.array([0.5, -0.5]) / 2, 1e-14)  # ratio 1: always adds
    assert adds == {(1, True): False, (1, False): True, (-1, True): True, (-1, False): False}


def test_the_later_epochs_go_on_from_the_old_probabilities():
    """With a wide clip the steps are those up the mean of ratio times A, A left as it was."""
    policy, experience = texts_of_two_words(1)
    answers = experience[0].answers
    twin, old = deepcopy(policy), deepcopy(policy)
    learner = plain(RLHF, policy, lr=0.05, clip=1.0, epochs=3)
    A = learner.advantages(experience)

    def surrogate():
        total = 0.0
        for advantage, y in zip(A, answers, strict=True):
            ratio = np.exp(twin.log_prob(*y) - old.log_prob(*y))
            total += (ratio * advantage).sum()
        return total / 2

    for _ in range(3):
        twin.theta += 0.05 * naive.slope(surrogate, twin.theta)
    learner.update(experience)
    exactly(policy.theta, twin.theta, 1e-9)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_a_small_step_up_the_exact_gradient_never_descends(seed):
    """All answers, each as often as it is: the objective rises unless it is at its maximum."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, 3)
    pi, (pi_ref, r) = counts / counts.sum(), problem(seed, 1, 3)
    ys = np.repeat(np.arange(3), counts)
    learner = plain(RLHF, table(pi[None]), reference=table(pi_ref), lr=1e-4)
    learner.update([Rollouts(0, [single(0, y) for y in ys], r[0, ys])])
    after = learner.policy(np.array([0]))
    assert objective(after, pi_ref, r, BETA) >= objective(pi[None], pi_ref, r, BETA) - 1e-13
