"""Preferences: their chances by hand, the rewards behind them, and the answers that are texts."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rlbook.agent import Step
from rlbook.dpo import TabularDPO
from rlbook.networks import MLP, SGD
from rlbook.parametric import Linear, Table
from rlbook.preferences import (
    Answer,
    Preference,
    RewardModel,
    bradley_terry,
    log_probs,
    log_sigmoid,
    path,
    prefer,
    rows,
    sigmoid,
    totals,
)
from rlbook.stochastic_policy import Gaussian, Softmax
from rlbook.wins import (
    check_connected,
    check_wins,
    count_wins,
    expected_wins,
    fit_rewards,
    sample_wins,
)

PHI = np.random.default_rng(1).normal(size=(5, 3))


# The logistic function


@pytest.mark.parametrize("z", [-30.0, -2.0, -0.1, 0.0, 0.3, 1.0, 7.0, 30.0])
def test_the_logistic_function_by_hand(z):
    assert sigmoid(z) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-14)
    assert log_sigmoid(z) == pytest.approx(-math.log1p(math.exp(-z)), rel=1e-14)
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1, abs=1e-15)
    assert log_sigmoid(z) - log_sigmoid(-z) == pytest.approx(z, rel=1e-14, abs=1e-15)


def test_nothing_overflows_far_out():
    z = np.array([-1e300, -1e4, 1e4, 1e300])
    assert log_sigmoid(z).tolist() == [-1e300, -1e4, 0.0, 0.0]
    assert sigmoid(z).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert log_sigmoid(40.0) == pytest.approx(-math.exp(-40), rel=1e-12)  # not rounded to 0


def test_bradley_and_terry():
    assert bradley_terry(1.0, 1.0) == 0.5
    assert bradley_terry(math.log(3), 0) == pytest.approx(3 / 4, rel=1e-15)
    r = np.array([0.2, -1.0, 3.0])
    np.testing.assert_allclose(
        bradley_terry(r, 0.5), np.exp(r) / (np.exp(r) + math.exp(0.5)), rtol=1e-14
    )
    np.testing.assert_allclose(bradley_terry(r + 7, 7.5), bradley_terry(r, 0.5), rtol=1e-13)
    with pytest.raises(ValueError, match="r_other must be an array of real numbers"):
        bradley_terry(1.0, "a lot")


def test_somebody_prefers_with_these_chances():
    rng, n = np.random.default_rng(3), 20_000
    for r, r_other in ((0.0, 0.0), (math.log(3), 0.0), (-1.0, 1.0)):
        said = [prefer("x", "y", "z", r, r_other, rng) for _ in range(n)]
        assert set(said) <= {Preference("x", "y", "z"), Preference("x", "z", "y")}
        p = 1 / (1 + math.exp(r_other - r))
        error = (sum(t.chosen == "y" for t in said) - n * p) / math.sqrt(n * p * (1 - p))
        assert abs(error) < 4  # a fixed seed
    assert all(prefer(0, 1, 2, 50.0, 0.0, rng) == (0, 1, 2) for _ in range(50))
    assert all(prefer(0, 1, 2, 0.0, 50.0, rng) == (0, 2, 1) for _ in range(50))
    with pytest.raises(ValueError, match="rng must be a Generator"):
        prefer(0, 1, 2, 0.0, 0.0, 7)


# Wins


@pytest.mark.parametrize("flip", [0.0, 0.1, 0.4999])
def test_expected_wins_by_hand(flip):
    reward = np.array([[0.0, 1.0, -0.5, 2.0], [3.0, 3.0, 0.0, -7.0]])
    wins = expected_wins(reward, flip=flip)
    assert wins.shape == (2, 4, 4)
    for x, y, other in np.ndindex(2, 4, 4):
        right = 1 / (1 + math.exp(reward[x, other] - reward[x, y]))
        noted = right * (1 - flip) + (1 - right) * flip
        assert wins[x, y, other] == pytest.approx(0 if y == other else noted / 6, rel=1e-13)
    assert wins.sum((1, 2)) == pytest.approx([1, 1], rel=1e-14)
    met = wins + wins.swapaxes(1, 2)
    assert met[:, ~np.eye(4, dtype=bool)] == pytest.approx(1 / 6)
    np.testing.assert_allclose(
        expected_wins(reward + np.array([[5.0], [-9.0]]), flip=flip), wins, rtol=1e-13
    )


def test_flipping_labels_is_a_mean_of_both_ways_round():
    reward = np.random.default_rng(0).normal(size=(3, 5))
    right, flipped = expected_wins(reward), expected_wins(reward, flip=0.3)
    np.testing.assert_allclose(flipped, 0.7 * right + 0.3 * right.swapaxes(1, 2), rtol=1e-14)


def test_far_rewards_do_not_overflow():
    wins = expected_wins([[0.0, 1e4, -1e4]])
    assert wins[0].tolist() == [[0, 0, 1 / 3], [1 / 3, 0, 1 / 3], [0, 0, 0]]


@pytest.mark.parametrize("flip", [0.0, 0.25])
def test_sampled_wins_are_counts_with_these_chances(flip):
    reward, n = np.array([[0.0, 1.0, -0.5], [2.0, 0.0, 0.0]]), 10**7
    wins = sample_wins(reward, n, np.random.default_rng(4), flip=flip)
    assert wins.shape == (2, 3, 3)
    assert wins.sum((1, 2)).tolist() == [n, n]
    assert (wins == np.round(wins)).all()
    assert not wins[:, np.arange(3), np.arange(3)].any()
    p = expected_wins(reward, flip=flip)
    seen = p > 0
    error = (wins - n * p)[seen] / np.sqrt(n * p * (1 - p))[seen]
    assert np.abs(error).max() < 4  # a fixed seed
    again = sample_wins(reward, n, np.random.default_rng(4), flip=flip)
    assert np.array_equal(wins, again)


def test_a_handful_of_samples():
    for n in range(1, 6):
        wins = sample_wins([[0.0, 0.0], [1.0, 2.0]], n, np.random.default_rng(n))
        assert wins.sum((1, 2)).tolist() == [n, n]
    rng = np.random.default_rng(0)
    drawn = [sample_wins([[1.0, 0.0]], 1, rng)[0, 0, 1] for _ in range(4000)]
    p = 1 / (1 + math.exp(-1))
    assert abs(np.mean(drawn) - p) < 4 * math.sqrt(p * (1 - p) / 4000)


def test_counting():
    said = [Preference(0, 2, 1), Preference(1, 0, 1), Preference(0, 2, 1), Preference(0, 1, 2)]
    wins = count_wins(said, (2, 3))
    expected = np.zeros((2, 3, 3))
    expected[0, 2, 1], expected[1, 0, 1], expected[0, 1, 2] = 2, 1, 1
    assert np.array_equal(wins, expected)
    assert not count_wins([], (1, 2)).any()


@pytest.mark.parametrize("reward", [[1.0, 2.0], [[1.0], [2.0]], [[1.0, np.nan]], [[0.0, np.inf]]])
def test_rewards_that_are_none(reward):
    with pytest.raises(ValueError, match="reward must be finite, of shape"):
        expected_wins(reward)


@pytest.mark.parametrize("flip", [-0.1, 0.5, 0.7, np.nan, "some"])
def test_flips_that_are_none(flip):
    for ask in (
        expected_wins,
        lambda r, flip: sample_wins(r, 5, np.random.default_rng(), flip=flip),
    ):
        with pytest.raises(ValueError, match="flip must"):
            ask([[0.0, 1.0]], flip=flip)


@pytest.mark.parametrize("n", [0, -3, 2.5])
def test_samples_must_be_counted(n):
    with pytest.raises(ValueError, match="n must be a whole number"):
        sample_wins([[0.0, 1.0]], n, np.random.default_rng(0))


@pytest.mark.parametrize(
    "wins",
    [
        np.ones((3, 3)),
        np.ones((1, 2, 3)),
        np.ones((2, 1, 1)),
        [[[0.0, -1.0], [2.0, 0.0]]],
        [[[0.0, np.nan], [2.0, 0.0]]],
        [[[0.0, np.inf], [2.0, 0.0]]],
        [[[0.0, 1.0], [2.0, 0.0]], np.zeros((2, 2))],
    ],
)
def test_wins_that_are_none(wins):
    for check in (check_wins, fit_rewards):
        with pytest.raises(ValueError, match="wins must"):
            check(wins)


# Where the likelihood has a largest value


def strongly_connected(wins):
    """Floyd and Warshall: who beats whom by a chain."""
    n = len(wins)
    reach = [[bool(wins[i][j] > 0) or i == j for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return all(map(all, reach))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9), st.floats(0.05, 0.7))
def test_connection_agrees_with_chains_followed_one_by_one(seed, n, share):
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 5, (n, n)) * (rng.random((n, n)) < share).astype(float)
    if strongly_connected(wins):
        check_connected(wins[None])
    else:
        with pytest.raises(ValueError, match="wins must lead from every answer to every other"):
            check_connected(wins[None])


@pytest.mark.parametrize("n", range(2, 18))
def test_the_longest_chains(n):
    ring = np.zeros((1, n, n))
    ring[0, np.arange(n), (np.arange(n) + 1) % n] = 1.0
    check_connected(ring)
    ring[0, n - 1, 0] = 0.0
    with pytest.raises(ValueError, match=f"none from 1 to 0 for x = 0|none from {n - 1} to 0"):
        check_connected(ring)


def test_the_error_names_the_context():
    good = np.ones((2, 2))
    with pytest.raises(ValueError, match="none from 1 to 0 for x = 2"):
        check_connected(np.array([good, good, [[0.0, 3.0], [0.0, 0.0]]]))


NO_LARGEST = {
    "never lost": [[[0, 1, 1], [0, 0, 1], [0, 1, 0]]],
    "never won": [[[0, 1, 2], [1, 0, 2], [0, 0, 0]]],
    "never asked about": [[[0, 1, 0], [1, 0, 0], [0, 0, 0]]],
    "two groups": [[[0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0]]],
}


@pytest.mark.parametrize("kind", NO_LARGEST)
def test_no_rewards_where_the_likelihood_has_no_largest_value(kind):
    with pytest.raises(ValueError, match="wins must lead from every answer to every other"):
        fit_rewards(NO_LARGEST[kind])


# Rewards by maximum likelihood


def test_two_answers_by_hand():
    wins = np.array([[[0, 3.0], [1.0, 0]], [[0, 5.0], [20.0, 0]]])
    half = [math.log(3) / 2, math.log(1 / 4) / 2]
    np.testing.assert_allclose(fit_rewards(wins), [[x, -x] for x in half], rtol=1e-12)


@pytest.mark.parametrize("answers", [2, 3, 8])
def test_the_rewards_come_back_from_expected_wins(answers):
    reward = np.random.default_rng(answers).uniform(-1.5, 1.5, (4, answers))
    fitted = fit_rewards(expected_wins(reward))
    np.testing.assert_allclose(fitted, reward - reward.mean(1, keepdims=True), rtol=0, atol=1e-11)
    np.testing.assert_allclose(fitted.mean(1), 0, rtol=0, atol=1e-14)
    shifted = fit_rewards(expected_wins(reward + np.arange(4)[:, None]))
    np.testing.assert_allclose(shifted, fitted, rtol=0, atol=1e-11)
    np.testing.assert_allclose(
        fit_rewards(1000 * expected_wins(reward)), fitted, rtol=0, atol=1e-11
    )


def likelihood(r, wins):
    return sum(wins[y, z] * -math.log1p(math.exp(r[z] - r[y])) for y, z in np.ndindex(wins.shape))


@pytest.mark.parametrize("seed", range(5))
def test_no_other_rewards_are_likelier(seed):
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 9, (4, 4)).astype(float)
    np.fill_diagonal(wins, 0)
    fitted = fit_rewards(wins[None])[0]
    assert np.abs(naive.slope(lambda: likelihood(fitted, wins), fitted)).max() < 1e-7
    found = minimize(lambda r: -likelihood(r, wins), np.zeros(4), tol=1e-12).x
    np.testing.assert_allclose(found - found.mean(), fitted, rtol=0, atol=1e-5)
    for _ in range(20):
        assert likelihood(fitted + 0.1 * rng.normal(size=4), wins) < likelihood(fitted, wins)


@pytest.mark.parametrize("beta", [0.05, 0.5, 5.0])
def test_two_programs_one_reward(beta):
    """What Zermelo finds is what DPO's policy stands for, whatever pi_ref and beta."""
    rng = np.random.default_rng(8)
    reward, pi_ref = rng.uniform(-1.5, 1.5, (3, 6)), rng.dirichlet(np.ones(6), 3)
    wins = sample_wins(reward, 1000, rng)
    dpo = TabularDPO(pi_ref, beta=beta).fit(wins)
    np.testing.assert_allclose(fit_rewards(wins), dpo.reward, rtol=0, atol=1e-10)


def test_a_path_is_read_once_and_is_not_empty():
    steps = [Step(k, k + 1, 0.0, k + 1, False, False) for k in range(3)]
    answer = path(t for t in steps)
    assert (answer.s.tolist(), answer.a.tolist()) == ([0, 1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="steps must be some steps"):
        path([])


def test_an_answer_is_not_compared_with_itself():
    with pytest.raises(ValueError, match="chosen and rejected must be two answers, got 1 twice"):
        count_wins([Preference(0, 1, 1)], (1, 2))


@pytest.mark.parametrize("r", [np.nan, np.inf, "5"])
def test_a_judge_needs_rewards(r):
    with pytest.raises(ValueError, match=r"r must be a finite number"):
        prefer(0, 1, 2, r, 0.0, np.random.default_rng(0))


def test_wins_that_are_too_rare():
    with pytest.raises(ValueError, match=r"TabularDPO.* does not mind"):
        fit_rewards(expected_wins([[0.0, 25.0, 3.0]]))


@pytest.mark.parametrize("answers", [[], [1, 2], ["a text"]])
def test_what_is_no_answer(answers):
    with pytest.raises(ValueError, match="answers must be Answers"):
        rows(answers)


def test_a_weak_link_between_strong_rivals():
    """Of four answers two pairs met often and the pairs four times: the gap is still ln 3."""
    wins = np.zeros((1, 4, 4))
    wins[0, 0, 1] = wins[0, 1, 0] = wins[0, 2, 3] = wins[0, 3, 2] = 2000
    wins[0, 1, 2], wins[0, 2, 1] = 3, 1
    fitted = fit_rewards(wins)[0]
    gap = math.log(3) / 2
    np.testing.assert_allclose(fitted, [gap, gap, -gap, -gap], rtol=0, atol=1e-10)


# Answers that are sequences

WORDS = 3  # and 0 is the end


def chain(*words, prompt=1):
    """A text: each word, given the one before it; the first, given the prompt."""
    return Answer(np.array([prompt, *words[:-1]]), np.array(words))


def bigrams(seed=0):
    policy = Softmax(Table(WORDS, WORDS))
    policy.theta[:] = np.random.default_rng(seed).normal(size=policy.theta.size)
    return policy


def test_a_path_is_an_answer():
    y = path([Step(3, 1, 0.0, 4, False, False), Step(4, 2, 1.0, 0, True, False)])
    assert y.s.tolist() == [3, 4]
    assert y.a.tolist() == [1, 2]
    s = np.arange(6.0).reshape(2, 3)
    y = path([Step(row, -row[:1], 0.0, row, False, False) for row in s])
    assert np.array_equal(y.s, s)
    assert np.array_equal(y.a, -s[:, :1])


def test_rows_and_totals():
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    s, a, owner = rows(answers)
    assert s.tolist() == [1, 2, 1, 2, 1, 1]
    assert a.tolist() == [2, 1, 0, 0, 1, 0]
    assert owner.tolist() == [0, 0, 0, 1, 2, 2]
    assert totals(np.array([1.0, 2, 4, 8, 16, 32]), owner, 3).tolist() == [7, 8, 48]
    assert totals(np.ones(6, np.float32), owner, 3).dtype == np.float64
    assert totals(np.array([1.0]), np.array([0]), 3).tolist() == [1, 0, 0]  # two that are empty


def test_the_log_probability_of_a_text_is_a_sum_over_its_own_words():
    policy = Softmax(Table(WORDS, WORDS))
    policy.f.table[:] = np.log([[1, 1, 1], [5, 3, 2], [1, 2, 1]])  # of word 0 nothing is asked
    expected = [
        math.log(2 / 10) + math.log(2 / 4) + math.log(5 / 10),  # 1 -> 2 -> 1 -> end
        math.log(1 / 4),  # the end at once
        math.log(3 / 10) + math.log(5 / 10),
    ]
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    assert log_probs(policy, answers) == pytest.approx(expected, rel=1e-14)
    for y, one in zip(answers, expected, strict=True):
        assert log_probs(policy, [y]) == pytest.approx([one], rel=1e-14)


def test_the_chances_of_all_texts_sum_to_one():
    """Only if the end is counted, once, and the prompt is not."""
    policy = bigrams()
    texts, open_ones = [], [()]
    for _ in range(3):
        texts += [chain(*words, 0) for words in open_ones]
        open_ones = [(*words, w) for words in open_ones for w in (1, 2)]
    longer = [chain(*words) for words in open_ones]
    total = np.exp(log_probs(policy, texts + longer)).sum()
    assert total == pytest.approx(1, rel=1e-13)


def test_the_log_probability_of_a_path_of_a_gaussian_policy():
    f = MLP((3, 4, 2), rng=np.random.default_rng(2), dtype=np.float64, hidden="tanh", extra=2)
    policy, rng = Gaussian(f, std=0.7), np.random.default_rng(3)
    answers = [Answer(rng.normal(size=(n, 3)), rng.normal(size=(n, 2))) for n in (1, 4, 2)]
    expected = [sum(float(policy.log_prob(s, a)) for s, a in zip(*y, strict=True)) for y in answers]
    assert log_probs(policy, answers) == pytest.approx(expected, rel=1e-12)


# A reward model


def comparisons(n=7, seed=5):
    rng = np.random.default_rng(seed)
    texts = [chain(*rng.integers(1, WORDS, k), 0) for k in rng.integers(0, 4, 2 * n)]
    return [Preference(None, texts[2 * k], texts[2 * k + 1]) for k in range(n)]


def features():
    return Linear(PHI[:WORDS], WORDS)


@pytest.mark.parametrize("f", [lambda: Table(WORDS, WORDS), features], ids=["table", "linear"])
def test_a_reward_is_a_sum_over_choices(f):
    model = RewardModel(f(), lr=0.1)
    model.f.theta[:] = np.random.default_rng(0).normal(size=model.f.theta.size)
    answers = [chain(2, 1, 0), chain(0, prompt=2), chain(1, 0)]
    expected = [sum(model.f(int(s))[int(a)] for s, a in zip(*y, strict=True)) for y in answers]
    assert model(answers) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("f", [lambda: Table(WORDS, WORDS), features], ids=["table", "linear"])
def test_the_gradient_of_the_reward_model_is_that_of_its_likelihood(f):
    model, said = RewardModel(f(), lr=0.1), comparisons()
    model.f.theta[:] = np.random.default_rng(0).normal(size=model.f.theta.size)

    def loss():
        r, r_other = (model([t[k] for t in said]) for k in (1, 2))
        return sum(math.log1p(math.exp(b - a)) for a, b in zip(r, r_other, strict=True)) / len(said)

    slope, stated, old = naive.slope(loss, model.f.theta), loss(), model.f.theta.copy()
    model.adam = SGD(model.f, 0.5)
    assert math.isnan(model.last_loss)
    model.update(said)
    np.testing.assert_allclose(model.f.grad, slope, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(model.f.theta, old - 0.5 * slope, rtol=1e-6, atol=1e-9)
    assert model.last_loss == pytest.approx(stated, rel=1e-13)  # before the step


def test_a_reward_model_learns_what_was_judged_by():
    """Of single choices it is Zermelo's maximum, and near the truth."""
    rng, reward = np.random.default_rng(6), np.array([[0.5, -0.5, 1.0], [0.0, 1.5, -1.0]])
    said, numbered = [], []
    for _ in range(1200):
        x, (y, other) = rng.integers(2), rng.choice(3, 2, replace=False)
        t = prefer(x, y, other, reward[x, y], reward[x, other], rng)
        numbered.append(t)
        said.append(Preference(x, *(Answer(np.array([x]), np.array([a])) for a in t[1:])))
    model = RewardModel(Table(2, 3), lr=0.05)
    for _ in range(250):
        model.update(said)
    learned = model.f.table - model.f.table.mean(1, keepdims=True)
    np.testing.assert_allclose(
        learned, fit_rewards(count_wins(numbered, (2, 3))), rtol=0, atol=1e-3
    )
    np.testing.assert_allclose(learned, reward - reward.mean(1, keepdims=True), rtol=0, atol=0.35)


def test_a_reward_model_says_what_it_needs():
    with pytest.raises(ValueError, match="f must be"):
        RewardModel("a table", lr=0.1)
    with pytest.raises(ValueError, match="lr must"):
        RewardModel(Table(2, 3), lr=0.0)
    model = RewardModel(Table(WORDS, WORDS), lr=0.1)
    model.f.theta[:] = np.nan
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="lr must be smaller"):
        model.update(comparisons())


def test_weight_decay_of_the_reward_model_is_that_of_adam():
    decayed, plain = (RewardModel(Table(WORDS, WORDS), lr=0.1, weight_decay=w) for w in (0.5, 0))
    for model in (decayed, plain):
        model.f.theta[:] = 1.0
        model.update(comparisons())
    np.testing.assert_allclose(decayed.f.theta, plain.f.theta - 0.05, rtol=0, atol=1e-12)
