"""DPO where answers are numbered: its closed form exactly, and when there is a fit."""

import itertools
import math

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preference_cases import BETA, BETAS, CASES, SMOOTHED, by_hand, exactly, problem, seeds
from scipy.optimize import linprog

from rlbook.dpo.kl_objective import optimal_policy
from rlbook.dpo.losses import LOSSES
from rlbook.dpo.tabular import TabularDPO
from rlbook.dpo.wins import expected_wins, sample_wins
from rlbook.policy import softmax

# Where answers are numbered


def some_wins(seed, contexts=2, answers=4):
    wins = np.random.default_rng(seed).integers(1, 9, (contexts, answers, answers)).astype(float)
    wins[:, np.arange(answers), np.arange(answers)] = 0
    return wins


@pytest.mark.book("dpo:closed-form")
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("seed", range(3))
def test_at_the_closed_form_the_slope_is_zero(beta, seed):
    pi_ref, reward = problem(seed)
    dpo = TabularDPO(pi_ref, beta=beta)
    dpo.theta = np.log(optimal_policy(pi_ref, reward, beta))
    exactly(dpo.gradient(expected_wins(reward)), np.zeros((3, 5)), 1e-14 * beta)
    dpo.theta = dpo.theta + np.arange(3)[:, None]  # another constant in each context
    exactly(dpo.gradient(expected_wins(reward)), np.zeros((3, 5)), 1e-13 * beta)


@given(seeds, st.floats(0.02, 50), st.sampled_from([0.05, 0.2, 0.45]))
def test_the_slope_is_zero_for_robust_where_labels_are_wrong(seed, beta, flip):
    pi_ref, reward = problem(seed)
    dpo = TabularDPO(pi_ref, beta=beta, loss="robust", label_smoothing=flip)
    dpo.theta = np.log(pi_ref) + reward / beta
    exactly(dpo.gradient(expected_wins(reward, flip=flip)), np.zeros((3, 5)), 1e-12 * beta)


@pytest.mark.parametrize(("loss", "e"), CASES)
def test_the_tabular_loss_by_hand(loss, e):
    pi_ref, wins = problem(0, 2, 4)[0], some_wins(0)
    dpo = TabularDPO(pi_ref, beta=BETA, loss=loss, label_smoothing=e)
    dpo.theta = np.random.default_rng(1).normal(size=(2, 4))
    pi, expected = softmax(dpo.theta), 0.0
    exactly(dpo.pi, pi, 0)
    for x, y, other in np.ndindex(2, 4, 4):
        h = math.log(pi[x, y] / pi_ref[x, y]) - math.log(pi[x, other] / pi_ref[x, other])
        expected += wins[x, y, other] / wins[x].sum() / 2 * by_hand(h, BETA, loss, e)
    assert dpo.loss(wins) == pytest.approx(expected, rel=1e-12)
    assert dpo.loss(wins * [[[3.0]], [[0.5]]]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("loss", "e"), CASES)
@pytest.mark.parametrize("beta", [0.1, 2.0])
def test_the_tabular_gradient_against_finite_differences(loss, e, beta):
    dpo = TabularDPO(problem(0, 2, 4)[0], beta=beta, loss=loss, label_smoothing=e)
    wins, flat = some_wins(3), np.random.default_rng(4).normal(size=8)
    dpo.theta = flat.reshape(2, 4)
    found = dpo.gradient(wins)
    np.testing.assert_allclose(
        found.ravel(), naive.slope(lambda: dpo.loss(wins), flat), rtol=1e-6, atol=1e-9
    )
    exactly(found.sum(1), [0, 0], 1e-14)


def test_in_the_beginning_it_is_pi_ref():
    pi_ref = problem(0)[0]
    dpo = TabularDPO(pi_ref, beta=BETA)
    exactly(dpo.pi, pi_ref, 1e-15)
    exactly(dpo.reward, np.zeros((3, 5)), 0)
    assert dpo.loss(expected_wins(problem(0)[1])) == pytest.approx(math.log(2), rel=1e-14)


def test_the_reward_that_a_policy_stands_for_has_no_constant():
    pi_ref, pi = problem(1)[0], problem(2)[0]
    dpo = TabularDPO(pi_ref, beta=0.3)
    dpo.theta = np.log(pi) + np.array([[2.0], [-5.0], [0.0]])
    for x in range(3):
        r = [0.3 * math.log(p / q) for p, q in zip(pi[x], pi_ref[x], strict=True)]
        exactly(dpo.reward[x], np.array(r) - sum(r) / 5, 1e-14)
    exactly(optimal_policy(pi_ref, dpo.reward, 0.3), pi, 1e-14)


@pytest.mark.book("dpo:closed-form")
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("start", ["pi_ref", "near", "far", "shifted"])
def test_the_fit_is_the_closed_form(beta, start):
    pi_ref, reward = problem(12, 4, 8)
    dpo, rng = TabularDPO(pi_ref, beta=beta), np.random.default_rng(0)
    if start == "near":
        dpo.theta = dpo.theta + rng.normal(size=(4, 8))
    if start == "far":
        dpo.theta = rng.normal(scale=4 / beta, size=(4, 8))
    if start == "shifted":
        dpo.theta = dpo.theta + 30.0
    assert dpo.fit(expected_wins(reward)) is dpo
    exactly(dpo.pi, optimal_policy(pi_ref, reward, beta), 1e-12)
    exactly(dpo.reward, reward - reward.mean(1, keepdims=True), 1e-13)


@pytest.mark.parametrize("spread", [0.01, 0.1, 0.5, 1.0, 2.0, 4.0])
def test_the_fit_stops_where_only_rounding_is_left(spread):
    for seed in range(10):
        pi_ref, reward = problem(seed, 1, 6)
        r = spread * (reward - reward.mean())
        dpo = TabularDPO(pi_ref, beta=BETA).fit(expected_wins(r))
        exactly(dpo.reward, r, 1e-14 * (1 + 10 * spread))


def test_answers_that_nobody_asked_about():
    """Sigmoid says nothing of them; where another loss is least they stay where they were."""
    wins = np.zeros((1, 4, 4))
    wins[0, 0, 1], wins[0, 1, 0] = 3, 1
    pi_ref = np.array([[0.4, 0.3, 0.2, 0.1]])
    for loss in ("sigmoid", "cdpo", "robust"):
        with pytest.raises(ValueError, match="wins must link every answer to every other"):
            TabularDPO(pi_ref, beta=BETA, loss=loss).fit(wins)
    for loss, e in (("ipo", 0.0), ("cdpo", 0.1), ("robust", 0.1)):
        dpo = TabularDPO(pi_ref, beta=BETA, loss=loss, label_smoothing=e).fit(wins)
        exactly(dpo.pi[0, 2] / dpo.pi[0, 3], 2, 1e-12)
        u = dpo.theta - np.log(pi_ref)
        exactly(u[0], [u[0, 0], -u[0, 0], 0, 0], 1e-12)
        assert u[0, 0] > 0.1


@pytest.mark.parametrize("flip", [0.1, 0.3])
@pytest.mark.parametrize("beta", [0.1, 1.0])
def test_the_fit_of_robust_is_the_closed_form_all_the_same(flip, beta):
    pi_ref, reward = problem(13, 2, 6)
    wins = expected_wins(reward, flip=flip)
    robust = TabularDPO(pi_ref, beta=beta, loss="robust", label_smoothing=flip).fit(wins)
    exactly(robust.reward, reward - reward.mean(1, keepdims=True), 1e-9)
    plain = TabularDPO(pi_ref, beta=beta).fit(wins)
    assert np.abs(plain.reward - robust.reward).max() > 0.05


def test_cdpo_is_sigmoid_on_labels_that_it_makes_wrong_itself():
    pi_ref, wins = problem(14, 2, 4)[0], some_wins(14)
    cdpo = TabularDPO(pi_ref, beta=BETA, loss="cdpo", label_smoothing=0.2).fit(wins)
    plain = TabularDPO(pi_ref, beta=BETA).fit(0.8 * wins + 0.2 * wins.swapaxes(1, 2))
    exactly(cdpo.pi, plain.pi, 1e-10)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("expected", [True, False])
def test_ipo_is_linear_least_squares(beta, expected):
    """Minimise sum of w (d_y - d_y' - 1 / (2 beta))^2 in d = ln pi / pi_ref."""
    pi_ref, reward = problem(15, 3, 5)
    wins = expected_wins(reward) if expected else some_wins(5, 3, 5)
    dpo = TabularDPO(pi_ref, beta=beta, loss="ipo").fit(wins)
    for x in range(3):
        lines, right = [], []
        for y, other in itertools.permutations(range(5), 2):
            weight = math.sqrt(wins[x, y, other])
            lines.append(weight * (np.eye(5)[y] - np.eye(5)[other]))
            right.append(weight / (2 * beta))
        d = np.linalg.lstsq(np.array(lines), np.array(right), rcond=None)[0]
        exactly(beta * (d - d.mean()), dpo.reward[x], 1e-11)


@pytest.mark.parametrize("beta", [0.1, 1.0])
def test_one_pair_that_is_always_decided_alike(beta):
    always = [[[0.0, 7.0], [0.0, 0.0]]]
    e = 0.1
    cdpo = TabularDPO([[0.3, 0.7]], beta=beta, loss="cdpo", label_smoothing=e).fit(always)
    h = math.log((1 - e) / e) / beta
    exactly(np.diff(cdpo.theta - np.log(cdpo.pi_ref)), [[-h]], 1e-9 / beta)
    ipo = TabularDPO([[0.3, 0.7]], beta=beta, loss="ipo").fit(always)
    exactly(np.diff(ipo.theta - np.log(ipo.pi_ref)), [[-1 / (2 * beta)]], 1e-11 / beta)


NEVER_LOST = {
    "one pair": [[[0.0, 3.0], [0.0, 0.0]]],
    "of three": [[[0.0, 5.0, 5.0], [0.0, 0.0, 5.0], [0.0, 5.0, 0.0]]],
    "of four": [[[0, 2, 2, 2], [0, 0, 3, 1], [0, 1, 0, 2], [0, 3, 2, 0]]],
    "two groups": [[[0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0]]],
    "a line": [[[0, 17.0, 4.0], [0, 0, 6.0], [0, 0, 0]]],
}


@pytest.mark.parametrize("wins", NEVER_LOST)
@pytest.mark.parametrize("beta", [0.05, 1.0, 5.0])
@pytest.mark.parametrize(
    ("loss", "e"), [("sigmoid", 0), ("cdpo", 0), ("robust", 0), ("robust", 0.01), ("robust", 0.3)]
)
def test_no_fit_where_the_loss_has_no_least_value(loss, e, wins, beta):
    table = np.array(NEVER_LOST[wins], dtype=float)
    n = table.shape[1]
    dpo = TabularDPO(np.full((1, n), 1 / n), beta=beta, loss=loss, label_smoothing=e)
    with pytest.raises(ValueError, match="wins must"):
        dpo.fit(table)


@pytest.mark.parametrize(
    "wins",
    [
        [[0, 233, 322], [41, 0, 541], [2, 378, 0]],
        [[0, 825, 0], [6313, 0, 0], [0, 14, 0]],
        [[0, 1, 0, 0, 0], [0, 0, 2, 34, 83], [0, 0, 0, 1, 0], [0, 44, 2, 0, 6], [0, 0, 0, 64, 0]],
    ],
)
def test_no_fit_where_the_slope_never_ends(wins):
    """Far out the curvature is less than rounding: Newton's method stands still on a slope."""
    dpo = TabularDPO(np.full((1, len(wins)), 1 / len(wins)), beta=BETA, loss="robust",
                     label_smoothing=0.1)  # fmt: skip
    with pytest.raises(ValueError, match="wins must"):
        dpo.fit([wins])


def test_full_steps_would_go_too_far():
    """From pi_ref Newton's method runs away here, if its steps are not shortened."""
    wins = [[0, 7, 0, 0, 3], [0, 0, 0, 1864, 0], [1, 0, 0, 0, 0], [0, 0, 250, 0, 0],
            [1344, 0, 24117, 0, 0]]  # fmt: skip
    dpo = TabularDPO(np.full((1, 5), 0.2), beta=BETA).fit([wins])
    exactly(dpo.gradient([wins]), np.zeros((1, 5)), 1e-15)


def test_one_context_without_a_least_value_is_enough():
    wins = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])
    for loss in ("sigmoid", "cdpo", "robust"):
        with pytest.raises(ValueError, match="wins must"):
            TabularDPO(np.full((2, 2), 0.5), beta=BETA, loss=loss).fit(wins)


def test_hinge_has_corners():
    with pytest.raises(ValueError, match="loss must be smooth"):
        TabularDPO([[0.5, 0.5]], beta=BETA, loss="hinge").fit([[[0.0, 1.0], [1.0, 0.0]]])


def refused(dpo, wins):
    """What fit says where it does not fit, or nothing."""
    try:
        dpo.fit(wins)
    except ValueError as error:
        return str(error)
    return ""


def least_rise(a):
    """How steeply the loss rises far out, in the direction in which it rises least.

    a[y, y'] is what -ln s(z) of y before y' counts; far out it is max(0, -z), so that this is a
    linear program. Below 0 there is no least value, above 0 there is one.
    """
    n = len(a)
    pairs, lines = list(itertools.combinations(range(n), 2)), []
    for p, (i, j) in enumerate(pairs):
        for c in (-a[i, j], a[j, i]):  # what the pair adds, where d_i - d_j is below or above 0
            line = np.zeros(n + len(pairs))
            line[[i, j, n + p]] = c, -c, -1
            lines.append(line)
    cost = np.repeat([0.0, 1.0], [n, len(pairs)])
    found = []
    for k in range(1, n):
        for v in (-1, 1):
            bounds = [(0, 0)] + [(v, v) if i == k else (-1, 1) for i in range(1, n)]
            bounds += [(None, None)] * len(pairs)
            found.append(linprog(cost, lines, np.zeros(len(lines)), bounds=bounds).fun)
    return min(found)


@settings(max_examples=60, deadline=None)
@given(
    seeds,
    st.integers(2, 6),
    st.sampled_from([*((k, e) for k, e in CASES if k not in ("ipo", "hinge")), ("robust", 0.01)]),
    st.sampled_from([1e-3, 0.05, 0.5, 5.0, 1000.0]),
)
def test_it_fits_exactly_where_there_is_a_least_value(seed, n, case, beta):
    (loss, e), rng = case, np.random.default_rng(seed)
    wins = rng.integers(1, rng.choice([2, 4, 30]), (n, n)) * (rng.random((n, n)) < rng.random())
    np.fill_diagonal(wins, 0)
    wins[0, 1] += 1
    a = wins / wins.sum()
    a = (1 - e) * a + e * a.T if loss == "cdpo" else ((1 - e) * a - e * a.T) / (1 - 2 * e)
    rises = least_rise(a)
    dpo = TabularDPO(rng.dirichlet(np.full(n, 5.0))[None], beta=beta, loss=loss, label_smoothing=e)
    error = refused(dpo, wins[None].astype(float))
    if error:
        assert "wins must" in error
        assert rises < 1e-6
    else:
        assert np.abs(dpo.gradient(wins[None])).max() < 1e-8 * beta
        assert rises > -1e-6


def sparse(seed):
    """Few wins among few or many answers, once or a million times, in one context or in two."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(1, 3), rng.integers(2, 11)
    wins = rng.integers(0, rng.choice([2, 3, 20, 10**6]), (X, Y, Y)).astype(float)
    wins *= rng.random((X, Y, Y)) < rng.choice([0.2, 0.5, 0.9, 1.0])
    wins[:, np.arange(Y), np.arange(Y)] = 0
    wins[:, 0, 1] += 1
    pi_ref = rng.dirichlet(np.full(Y, rng.choice([0.5, 1.0, 10.0])), X) + 1e-6
    return wins, pi_ref / pi_ref.sum(1, keepdims=True), rng


@pytest.mark.parametrize("loss", [k for k in LOSSES if k != "hinge"])
@pytest.mark.parametrize("block", range(4))
def test_a_fit_is_at_rest_or_an_error(loss, block):
    for seed in range(25 * block, 25 * block + 25):
        wins, pi_ref, rng = sparse(seed)
        e = rng.choice([0.0, 0.01, 0.1, 0.3, 0.49]) if loss in SMOOTHED else 0.0
        beta = rng.choice([1e-3, 0.01, 0.05, 0.3, 1.0, 5.0, 50.0, 1000.0])
        dpo = TabularDPO(pi_ref, beta=beta, loss=loss, label_smoothing=e)
        error = refused(dpo, wins)
        if error:
            assert "wins must" in error
            assert loss != "ipo"  # a parabola always has a least value
            assert loss != "cdpo" or e == 0  # and so has every pair of this one
        else:
            assert np.isfinite(dpo.theta).all()
            scale = 1 + 1 / beta if loss == "ipo" else beta
            assert np.abs(dpo.gradient(wins)).max() < 1e-8 * scale


def test_every_judgement_counts_alike_whatever_their_number():
    pi_ref, wins = problem(16, 2, 4)[0], some_wins(16)
    one = TabularDPO(pi_ref, beta=BETA).fit(wins)
    many = TabularDPO(pi_ref, beta=BETA).fit(wins * np.array([1e6, 1e-6])[:, None, None])
    exactly(one.pi, many.pi, 1e-12)


@pytest.mark.book("dpo:one-over-n")
def test_the_error_falls_as_the_pairs_become_more():
    pi_ref, reward = problem(17, 2, 4)
    best, rng = optimal_policy(pi_ref, reward, BETA), np.random.default_rng(0)
    apart = []
    for n in (10**3, 10**5, 10**7):
        fits = [TabularDPO(pi_ref, beta=BETA).fit(sample_wins(reward, n, rng)) for _ in range(20)]
        apart.append(np.mean([np.abs(x.pi - best).max() for x in fits]))
    ratios = np.array(apart[:-1]) / apart[1:]  # a hundred times as many: a tenth
    assert ((ratios > 6) & (ratios < 16)).all()


@pytest.mark.parametrize(
    ("pi_ref", "wrong"),
    [
        ([0.5, 0.5], r"pi_ref must be \(X, Y\), all entries positive"),
        ([[1.0, 0.0]], r"pi_ref must be \(X, Y\), all entries positive"),
        ([[0.5, 0.6]], "pi_ref.* must sum to 1"),
        ([[0.5, -0.5]], "pi_ref must be finite and not negative"),
    ],
)
def test_a_reference_that_is_none(pi_ref, wrong):
    with pytest.raises(ValueError, match=wrong):
        TabularDPO(pi_ref, beta=BETA)


@pytest.mark.parametrize("shape", [(2, 2), (1, 3, 3), (2, 2, 2), (1, 2, 3)])
def test_wins_that_do_not_fit(shape):
    dpo = TabularDPO([[0.5, 0.5]], beta=BETA)
    for method in (dpo.loss, dpo.gradient, dpo.fit):
        with pytest.raises(ValueError, match="wins must have shape"):
            method(np.ones(shape))
