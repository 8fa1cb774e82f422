"""DPO on sequences: its update against the slowest of loops, and as an agent."""

import itertools
import math
from copy import deepcopy
from functools import partial

import naive
import numpy as np
import pytest
from preference_cases import BETA, CASES, SMOOTHED, bigrams, chain, exactly, plain, problem

from rlbook.dpo.losses import LOSSES, dpo_loss
from rlbook.dpo.preferences import Answer, Preference, bradley_terry, log_probs
from rlbook.dpo.sequences import DPO
from rlbook.dpo.tabular import TabularDPO
from rlbook.dpo.wins import count_wins
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax

words = partial(chain, prompt=0)


def texts(n=6, seed=0):
    """Pairs of texts of one to four words."""
    rng = np.random.default_rng(seed)
    made = [words(*rng.integers(1, 3, k % 4), 0) for k in range(2 * n)]
    made = [made[k] for k in rng.permutation(2 * n)]
    return [Preference(0, made[k], made[n + k]) for k in range(n)]


def network(seed):
    f = MLP((2, 5, 3), rng=np.random.default_rng(seed), dtype=np.float64, hidden="tanh")
    return Softmax(f)


def gaussian(seed):
    f = MLP((2, 4, 2), rng=np.random.default_rng(seed), dtype=np.float64, hidden="tanh", extra=2)
    policy = Gaussian(f)
    f.extra[:] = np.random.default_rng(seed).normal(scale=0.3, size=2)
    return policy


def walks(draw):
    def made(n=6, seed=0):
        rng = np.random.default_rng(seed)
        answers = [Answer(rng.normal(size=(k, 2)), draw(rng, k)) for k in rng.integers(1, 5, 2 * n)]
        return [Preference(None, answers[k], answers[n + k]) for k in range(n)]

    return made


KINDS = {
    "texts": (bigrams, texts),
    "a network": (network, walks(lambda rng, k: rng.integers(0, 3, k))),
    "a gaussian policy": (gaussian, walks(lambda rng, k: rng.normal(size=(k, 2)))),
}


def margin(policy, reference, t):
    """h of one pair, choice by choice."""
    h = 0.0
    for sign, y in ((1, t.chosen), (-1, t.rejected)):
        for s, a in zip(*y, strict=True):
            h += sign * float(policy.log_prob(s, a) - reference.log_prob(s, a))
    return h


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("loss", "e"), CASES)
def test_an_update_descends_the_mean_loss(kind, loss, e):
    make, prefer = KINDS[kind]
    policy, reference, said = make(0), make(1), prefer()
    options = {"beta": BETA, "loss": loss, "label_smoothing": e}
    ref_chosen, ref_rejected = (log_probs(reference, [t[k] for t in said]) for k in (1, 2))

    def mean_loss():
        chosen, rejected = (log_probs(policy, [t[k] for t in said]) for k in (1, 2))
        return dpo_loss(chosen, rejected, ref_chosen, ref_rejected, **options).mean()

    slope, stated = naive.slope(mean_loss, policy.theta), mean_loss()
    learner, old, fixed = (
        plain(DPO, policy, lr=0.3, reference=reference, **options),
        policy.theta.copy(),
        reference.theta.copy(),
    )
    assert math.isnan(learner.last_loss)
    assert math.isnan(learner.last_accuracy)
    h = np.array([margin(policy, reference, t) for t in said])
    learner.update(said)
    np.testing.assert_allclose(policy.f.grad, slope, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(policy.theta, old - 0.3 * slope, rtol=1e-5, atol=1e-8)
    assert np.array_equal(reference.theta, fixed)
    assert learner.last_loss == pytest.approx(stated, rel=1e-12)  # before the step
    assert 0 < learner.last_accuracy < 1
    assert learner.last_accuracy == np.mean(h > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_is_a_slow_loop(kind):
    make, prefer = KINDS[kind]
    policy, reference, said = make(2), make(3), prefer(5, seed=1)
    twin = deepcopy(policy)
    losses, gradient = [], np.zeros(policy.theta.size)
    for t in said:
        h = margin(twin, reference, t)
        losses.append(math.log(1 + math.exp(-BETA * h)))
        weight = BETA / (1 + math.exp(BETA * h))
        for sign, y in ((1, t.chosen), (-1, t.rejected)):
            for s, a in zip(*y, strict=True):
                twin.backward(np.array([s]), np.array([a]), np.array([1.0]))
                gradient -= sign * weight * twin.f.grad / len(said)
    learner = plain(DPO, policy, lr=0.7, reference=reference)
    learner.update(said)
    exactly(policy.theta, twin.theta - 0.7 * gradient, 1e-12)
    assert learner.last_loss == pytest.approx(np.mean(losses), rel=1e-12)


def test_one_adam_step_is_as_long_as_lr():
    policy, said = bigrams(0), texts()
    learner = DPO(policy, beta=BETA, lr=0.01, rng=np.random.default_rng(0))
    twin = plain(DPO, bigrams(0))
    old = policy.theta.copy()
    learner.update(said)
    twin.update(said)
    exactly(policy.theta - old, -0.01 * np.sign(twin.policy.f.grad), 1e-7)


@pytest.mark.parametrize(("loss", "e"), CASES)
def test_of_single_choices_it_is_the_tabular_gradient(loss, e):
    pi_ref, rng = problem(0, 1, 4)[0], np.random.default_rng(0)
    policy, reference = Softmax(Table(1, 4)), Softmax(Table(1, 4))
    policy.theta, reference.theta = rng.normal(size=4), np.log(pi_ref[0])
    options = {"beta": BETA, "loss": loss, "label_smoothing": e}
    numbered = [Preference(0, *rng.choice(4, 2, replace=False)) for _ in range(30)]
    said = [Preference(0, *(Answer(np.array([0]), np.array([y])) for y in t[1:])) for t in numbered]
    wins = count_wins(numbered, (1, 4))
    tabular = TabularDPO(pi_ref, **options)
    tabular.theta = policy.theta.reshape(1, 4).copy()
    learner = plain(DPO, policy, reference=reference, **options)
    learner.update(said)
    exactly(policy.f.grad, tabular.gradient(wins)[0], 1e-14)
    assert learner.last_loss == pytest.approx(tabular.loss(wins), rel=1e-12)


@pytest.mark.book("dpo:gridworld")
def test_the_expected_update_is_zero_where_the_judge_rewards_as_the_policy_does():
    """Two texts of any two, the judge by r = beta ln pi / pi_ref: all pairs, each as likely."""
    policy, reference, gradient = bigrams(0), bigrams(1), 0.0
    answers = [words(0), words(1, 0), words(2, 0), words(1, 2, 0), words(2, 1, 1, 0)]
    r = BETA * (log_probs(policy, answers) - log_probs(reference, answers)) + 3.0
    learner = plain(DPO, deepcopy(policy), reference=reference)
    for i, j in itertools.permutations(range(5), 2):
        learner.policy.theta = policy.theta
        learner.update([Preference(0, answers[i], answers[j])])
        assert np.abs(learner.policy.f.grad).max() > 1e-3
        gradient = gradient + bradley_terry(r[i], r[j]) * learner.policy.f.grad
    exactly(gradient, np.zeros(9), 1e-14)


def test_the_reference_is_what_the_policy_was():
    policy, said = bigrams(0), texts()
    learner, first = plain(DPO, policy), policy.theta.copy()
    assert not np.shares_memory(learner.reference.theta, policy.theta)
    learner.update(said)
    assert learner.last_loss == pytest.approx(math.log(2), rel=1e-14)
    assert learner.last_accuracy == 0.5  # nothing is ordered yet: a coin would do as well
    for _ in range(5):
        learner.update(said)
    assert np.array_equal(learner.reference.theta, first)
    h = np.array([margin(policy, learner.reference, t) for t in said])
    learner.update(said)
    assert learner.last_accuracy == np.mean(h > 0) > 0.5
    assert learner.last_loss < math.log(2)


def test_pairs_of_one_answer_twice_teach_nothing():
    policy, y = bigrams(0), words(1, 2, 0)
    learner, old = plain(DPO, policy, reference=bigrams(1)), policy.theta.copy()
    learner.update([Preference(0, y, y)])
    exactly(policy.theta, old, 1e-15)
    assert (learner.last_loss, learner.last_accuracy) == (pytest.approx(math.log(2)), 0.5)


@pytest.mark.parametrize("loss", [k for k in LOSSES if k not in SMOOTHED])
def test_a_margin_that_rises_while_both_probabilities_fall(loss):
    """Likelihood displacement: one state, three words, and the answers differ in the first.

    chosen = (y, x, x), rejected = (x, x, x): the gradient of h is e_y - e_x, and that of ln pi of
    them e_y + 2 e_x - 3 pi and 3 e_x - 3 pi. Along e_y - e_x the first changes at the rate
    1 - 2 - 3 (pi_y - pi_x) and the second at -3 - 3 (pi_y - pi_x): both fall where y is not much
    rarer than x. What they lose goes to the third word.
    """
    policy, state = Softmax(Table(1, 3)), np.zeros(3, int)
    x, y, z = range(3)
    chosen, rejected = Answer(state, np.array([y, x, x])), Answer(state, np.array([x, x, x]))
    learner = plain(DPO, policy, lr=0.1, loss=loss)
    before, pi = log_probs(policy, [chosen, rejected]), policy(0)
    learner.update([Preference(0, chosen, rejected)])
    exactly(policy.f.grad[[x, z]], [-policy.f.grad[y], 0], 1e-14)
    assert policy.f.grad[x] > 0
    change = log_probs(policy, [chosen, rejected]) - before
    assert change[0] - change[1] > 0  # the margin
    assert change[0] < 0
    assert change[1] < change[0]
    step = -policy.f.grad[y] * 0.1
    constant = math.log((1 + 2 * math.cosh(step)) / 3)  # of ln sum exp(theta): e^d + e^-d + 1
    exactly(change, [-step - 3 * constant, -3 * step - 3 * constant], 1e-14)
    assert policy(0)[y] > pi[y]
    assert policy(0)[x] < pi[x]


@pytest.mark.book("dpo:language-model")
def test_the_sum_over_words_is_taken_and_not_their_mean():
    """A text of n equal words has n times the log-ratio of one of them."""
    policy, reference = Softmax(Table(1, 2)), Softmax(Table(1, 2))
    policy.theta = 0.0, math.log(3)  # ln pi / pi_ref is ln 3/2 of the second word
    short = Answer(np.zeros(1, int), np.array([0]))
    for n in range(1, 5):
        learner = plain(DPO, deepcopy(policy), reference=reference, beta=1.0)
        learner.update([Preference(0, Answer(np.zeros(n, int), np.ones(n, int)), short)])
        odds = 1.5**n / 0.5  # exp(h)
        assert learner.last_loss == pytest.approx(math.log(1 + 1 / odds), rel=1e-13)


def test_the_order_of_pairs_does_not_matter_and_their_side_does():
    said, ends = texts(), []
    turned = [Preference(t.x, t.rejected, t.chosen) for t in said]
    for pairs in (said, said[::-1], said + said, turned):
        policy = bigrams(0)
        learner = plain(DPO, policy)
        learner.update(pairs)
        ends.append(policy.f.grad.copy())
    exactly(ends[1], ends[0], 1e-15)
    exactly(ends[2], ends[0], 1e-15)  # a mean over pairs
    exactly(ends[3], -ends[0], 1e-15)  # at pi_ref


def test_learning_that_ran_away_is_an_error_and_changes_nothing():
    policy = bigrams(0)
    learner = plain(DPO, policy)
    policy.theta[0] = np.inf
    old = policy.theta.copy()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="lr must be smaller"):
        learner.update(texts())
    assert np.array_equal(policy.theta, old)


@pytest.mark.parametrize(("loss", "e"), CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_as_if_it_had_never_stopped(tmp_path, kind, loss, e):
    make, prefer = KINDS[kind]

    def new(seed, reference):
        rng = np.random.default_rng(seed)
        given = {"reference": make(seed + 7)} if reference else {}
        options = {"beta": BETA, "lr": 0.05, "loss": loss, "label_smoothing": e, "rng": rng}
        return DPO(make(seed), **options, **given)

    def steps(learner, first, last):
        for k in range(first, last):
            learner.update(prefer(4, seed=k))
            if kind == "texts":
                learner.act(0)

    for reference in (False, True):
        whole, other = new(0, reference), new(1, reference)
        steps(whole, 0, 4)
        whole.save(tmp_path / "half.npz")
        steps(whole, 4, 8)
        steps(other, 20, 22)
        other.load(tmp_path / "half.npz")
        steps(other, 4, 8)
        for name in ("policy", "reference"):
            assert np.array_equal(getattr(other, name).theta, getattr(whole, name).theta)
        assert np.array_equal(other.adam.m, whole.adam.m)
        assert np.array_equal(other.adam.v, whole.adam.v)
        assert other.adam.t == whole.adam.t == 8
        assert other.rng.bit_generator.state == whole.rng.bit_generator.state
        assert (other.last_loss, other.last_accuracy) == (whole.last_loss, whole.last_accuracy)


@pytest.mark.book("dpo:language-model")
def test_a_language_model_in_miniature_learns_whom_the_judge_prefers():
    """All pairs of six texts with their true chances: the closed form over texts is reached."""
    reference = bigrams(0)
    answers = [words(*w) for w in ((0,), (1, 0), (2, 0), (1, 2, 0), (2, 2, 0), (1, 1, 0))]
    goal = bigrams(5)  # rewards that a policy of this kind can stand for
    log_ratio = log_probs(goal, answers) - log_probs(reference, answers)
    policy, said = deepcopy(reference), []
    for i, j in itertools.permutations(range(6), 2):
        times = round(40 * float(bradley_terry(BETA * log_ratio[i], BETA * log_ratio[j])))
        said += [Preference(0, answers[i], answers[j])] * times
    learner = DPO(policy, beta=BETA, lr=0.1, rng=np.random.default_rng(0))
    for _ in range(120):
        learner.update(said)
    found = log_probs(policy, answers) - log_probs(reference, answers)
    exactly(found - found[0], log_ratio - log_ratio[0], 0.15)
