"""Policy gradient near a reference: its steps by hand, and where they lead."""

import itertools
import math
from copy import deepcopy

import naive
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from preference_cases import BETA, BETAS, exactly, problem, seeds, table

from rlbook.agent import Agent
from rlbook.dpo.kl_objective import objective, optimal_policy
from rlbook.dpo.preferences import Answer, log_probs
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.functions.networks import MLP, SGD
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.policy import softmax

# The policy gradient


def single(x, y):
    return Answer(np.array([x]), np.array([y]))


def agent(policy, lr=1.0, **options):
    """With plain descent instead of Adam."""
    given = {"beta": BETA, "lr": lr, "rng": np.random.default_rng(0)} | options
    made = RLHF(policy, **given)
    made.adam = SGD(policy.f, lr)
    return made


def test_advantages_by_hand():
    pi, pi_ref = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]), np.full((2, 3), 1 / 3)
    learner = agent(table(pi), reference=table(pi_ref))
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
    learner = agent(table(optimal_policy(pi_ref, r, beta)), reference=table(pi_ref), beta=beta)
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
        learner = agent(table(pi[None]), reference=reference, clip=clip)
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
        learner = agent(policy, reference=reference)
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
    learner = agent(table(pi), reference=table(pi_ref), lr=0.7)
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
    learner = agent(policy, reference=reference)
    experience = [Rollouts(0, answers[:2], rewards[:2]), Rollouts(1, answers[2:], rewards[2:])]
    A = learner.advantages(experience)  # a number, no function of theta
    slope = naive.slope(lambda: (A * log_probs(policy, answers)).mean(), policy.theta)
    old, fixed = policy.theta.copy(), reference.theta.copy()
    learner.update(experience)
    exactly(policy.theta - old, slope, 1e-8)
    assert policy.theta[-1] != old[-1]  # sigma is learned
    assert np.array_equal(reference.theta, fixed)


# The clip


def texts_of_two_words(seed=0):
    """Two answers that share their first choice: its ratio is one, and both drive it."""
    policy = Softmax(Table(3, 3))
    policy.theta[:] = np.random.default_rng(seed).normal(size=9)
    answers = [
        Answer(np.array([0, 1]), np.array([1, 2])),
        Answer(np.array([0, 2, 1]), np.array([2, 1, 0])),
    ]
    return policy, [Rollouts(0, answers, [1.0, -2.0])]


@pytest.mark.parametrize("clip", [0.01, 0.2, 1.0])
def test_the_first_step_is_the_unclipped_one(clip):
    ends = []
    for options in ({}, {"clip": clip, "epochs": 1}):
        policy, experience = texts_of_two_words()
        learner = agent(policy, **options)
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
    learner = agent(policy, clip=clip, epochs=2)
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
        learner = agent(policy, clip=0.2, epochs=2)
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
    learner = agent(policy, lr=0.05, clip=1.0, epochs=3)
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


# The agent


def test_the_reference_is_what_the_policy_was():
    policy, experience = texts_of_two_words()
    learner, first = agent(policy), policy.theta.copy()
    assert learner.reference is not policy
    assert not np.shares_memory(learner.reference.theta, policy.theta)
    for _ in range(5):
        learner.update(experience)
    assert np.array_equal(learner.reference.theta, first)
    assert not np.array_equal(policy.theta, first)


def test_acting():
    pi = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    learner = agent(table(pi))
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
        ({"lr": 0.0}, "lr must"),
        ({"rng": 3}, "rng must be a Generator"),
    ],
)
def test_options_that_are_none(options, wrong):
    given = {"beta": BETA, "lr": 0.1, "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=wrong):
        RLHF(table(np.full((1, 2), 0.5)), **given)


def test_a_policy_is_wanted():
    for policy in (Table(2, 2), None, lambda s: s):
        with pytest.raises(ValueError, match="policy must be"):
            RLHF(policy, beta=BETA, lr=0.1, rng=np.random.default_rng(0))


def test_the_reference_must_be_a_policy_and_another_one():
    policy = table(np.full((1, 2), 0.5))
    for reference in (Table(1, 2), "the old one", policy):  # a reference that moves is none
        with pytest.raises(ValueError, match="reference must"):
            agent(policy, reference=reference)


@pytest.mark.parametrize("n", [0, 1])
def test_of_one_answer_nothing_can_be_said(n):
    learner = agent(table(np.full((1, 2), 0.5)))
    good = Rollouts(0, [single(0, 0), single(0, 1)], [0.0, 1.0])
    few, before = Rollouts(0, [single(0, 0)] * n, [1.0] * n), learner.policy.theta.copy()
    for experience in ([few, good], [good, few]):
        with pytest.raises(ValueError, match="Rollouts must have two or more answers"):
            learner.update(experience)
        assert np.array_equal(learner.policy.theta, before)


@pytest.mark.parametrize("rewards", [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_every_answer_needs_a_reward(rewards):
    learner = agent(table(np.full((1, 2), 0.5)))
    with pytest.raises(ValueError, match="rewards must"):
        learner.update([Rollouts(0, [single(0, 0), single(0, 1)], rewards)])


def test_rewards_that_ran_away():
    learner = agent(table(np.full((1, 2), 0.5)))
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


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_a_small_step_up_the_exact_gradient_never_descends(seed):
    """All answers, each as often as it is: the objective rises unless it is at its maximum."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, 3)
    pi, (pi_ref, r) = counts / counts.sum(), problem(seed, 1, 3)
    ys = np.repeat(np.arange(3), counts)
    learner = agent(table(pi[None]), reference=table(pi_ref), lr=1e-4)
    learner.update([Rollouts(0, [single(0, y) for y in ys], r[0, ys])])
    after = learner.policy(np.array([0]))
    assert objective(after, pi_ref, r, BETA) >= objective(pi[None], pi_ref, r, BETA) - 1e-13
