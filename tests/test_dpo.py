"""DPO: its losses by hand, its closed form exactly, its update against the slowest of loops."""

import itertools
import math
from copy import deepcopy

import naive
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from rlbook.agent import Agent
from rlbook.dpo import DPO, TabularDPO, dpo_gradient, dpo_loss
from rlbook.dpo_losses import LOSSES
from rlbook.kl_objective import optimal_policy
from rlbook.networks import MLP, SGD
from rlbook.parametric import Table
from rlbook.policy import softmax
from rlbook.preferences import Answer, Preference, bradley_terry, log_probs, sigmoid
from rlbook.stochastic_policy import Gaussian, Softmax
from rlbook.wins import count_wins, expected_wins, sample_wins

BETA = 0.5
BETAS = [0.05, 0.1, 0.5, 1.0, 5.0]
SMOOTHED = ("cdpo", "robust")
CASES = [(k, e) for k in LOSSES for e in ((0.0, 0.1, 0.45) if k in SMOOTHED else (0.0,))]
seeds = st.integers(0, 2**32)


def exactly(found, expected, tolerance=1e-12):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def of_h(h, beta=BETA, **options):
    """The loss of pairs with these h."""
    zero = np.zeros_like(np.asarray(h, dtype=float))
    return dpo_loss(h, zero, zero, zero, beta=beta, **options)


def slope_in_h(h, beta=BETA, **options):
    zero = np.zeros_like(np.asarray(h, dtype=float))
    return dpo_gradient(h, zero, zero, zero, beta=beta, **options)[0]


def by_hand(h, beta, loss, e=0.0):
    """One number, by math alone."""
    right, wrong = math.log(1 + math.exp(-beta * h)), math.log(1 + math.exp(beta * h))
    return {
        "sigmoid": right,
        "cdpo": (1 - e) * right + e * wrong,
        "robust": ((1 - e) * right - e * wrong) / (1 - 2 * e),
        "ipo": (h - 1 / (2 * beta)) ** 2,
        "hinge": max(0.0, 1 - beta * h),
    }[loss]


# The losses


def test_the_losses_of_one_pair_worked_out():
    """ln pi = ln 1/2, ln 1/8; ln pi_ref = ln 1/4, ln 1/4: h = ln 2 + ln 2 = ln 4."""
    pair = [[math.log(p)] for p in (1 / 2, 1 / 8, 1 / 4, 1 / 4)]
    one = {k: dpo_loss(*pair, beta=1.0, loss=k)[0] for k in LOSSES}
    plain = math.log(5 / 4)  # s(ln 4) = 4 / 5
    assert one["sigmoid"] == pytest.approx(plain, rel=1e-14)
    assert one["ipo"] == pytest.approx((math.log(4) - 0.5) ** 2, rel=1e-14)
    assert one["hinge"] == 0.0
    half = {k: dpo_loss(*pair, beta=0.5, loss=k)[0] for k in LOSSES}
    assert half["sigmoid"] == pytest.approx(math.log(3 / 2), rel=1e-14)  # s(ln 2) = 2 / 3
    assert half["ipo"] == pytest.approx((math.log(4) - 1) ** 2, rel=1e-14)
    assert half["hinge"] == pytest.approx(1 - math.log(2), rel=1e-14)
    e = {"beta": 0.5, "label_smoothing": 0.25}
    right, wrong = math.log(3 / 2), math.log(3)
    cdpo, robust = (dpo_loss(*pair, loss=k, **e)[0] for k in SMOOTHED)
    assert cdpo == pytest.approx(0.75 * right + 0.25 * wrong, rel=1e-14)
    assert robust == pytest.approx((0.75 * right - 0.25 * wrong) / 0.5, rel=1e-14)


def test_the_slopes_of_one_pair_worked_out():
    pair = [[math.log(p)] for p in (1 / 2, 1 / 8, 1 / 4, 1 / 4)]
    expected = {  # beta = 1/2: s(-beta h) = 1/3
        "sigmoid": -0.5 / 3,
        "cdpo": 0.5 * (-0.75 / 3 + 0.25 * 2 / 3),
        "robust": 0.5 * (-0.75 / 3 - 0.25 * 2 / 3) / 0.5,
        "ipo": 2 * (math.log(4) - 1),
        "hinge": -0.5,
    }
    for loss, slope in expected.items():
        e = 0.25 if loss in SMOOTHED else 0.0
        chosen, rejected = dpo_gradient(*pair, beta=0.5, loss=loss, label_smoothing=e)
        assert chosen == pytest.approx([slope], rel=1e-13)
        assert rejected == pytest.approx([-slope], rel=1e-13)


@pytest.mark.parametrize(("loss", "e"), CASES)
@pytest.mark.parametrize("beta", [0.05, 0.3, 1.0, 7.0])
def test_the_losses_by_hand(loss, e, beta):
    rng = np.random.default_rng(0)
    at = rng.normal(scale=3, size=(4, 40))
    found = dpo_loss(*at, beta=beta, loss=loss, label_smoothing=e)
    for k, (chosen, rejected, ref_chosen, ref_rejected) in enumerate(at.T.tolist()):
        h = (chosen - rejected) - (ref_chosen - ref_rejected)
        assert found[k] == pytest.approx(by_hand(h, beta, loss, e), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("h", [-9.0, -0.4, 0.0, 0.7, 25.0])
@pytest.mark.parametrize("beta", [0.1, 2.0])
def test_without_smoothing_three_losses_are_one(h, beta):
    for function in (of_h, slope_in_h):
        plain, cdpo, robust = (function(h, beta, loss=k) for k in ("sigmoid", *SMOOTHED))
        assert plain == cdpo == robust
    assert of_h(h, beta) == of_h(h, beta, loss="sigmoid")  # and it is what is taken


@pytest.mark.parametrize("function", [of_h, slope_in_h])
@pytest.mark.parametrize("e", [0.01, 0.2, 0.49])
def test_over_wrong_labels_robust_is_in_the_mean_the_sigmoid_of_right_ones(function, e):
    """Of a wrong label h is turned round, and so is the sign of dh."""
    h, sign = np.linspace(-8, 8, 33), -1 if function is slope_in_h else 1
    right, wrong = (function(x, loss="robust", label_smoothing=e) for x in (h, -h))
    exactly((1 - e) * right + sign * e * wrong, function(h), 1e-12)
    smoothed = function(h, loss="cdpo", label_smoothing=e)
    exactly((1 - e) * function(h) + sign * e * function(-h), smoothed)  # cdpo: the loss itself


@pytest.mark.parametrize("beta", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("e", [0.05, 0.3])
def test_where_each_loss_is_least(beta, e):
    rest = {"cdpo": math.log((1 - e) / e) / beta, "ipo": 1 / (2 * beta)}
    for loss, h in rest.items():
        options = {"loss": loss, "label_smoothing": e if loss == "cdpo" else 0.0}
        exactly(slope_in_h(h, beta, **options), 0, 1e-13)
        around = of_h(h + np.array([-1.0, -0.01, 0.01, 1.0]), beta, **options)
        assert (around > of_h(h, beta, **options)).all()
    assert sigmoid(beta * rest["cdpo"]) == pytest.approx(1 - e, rel=1e-14)
    hinge = of_h(np.array([-3.0, 0.0, 0.999, 1.001, 9.0]) / beta, beta, loss="hinge")
    exactly(hinge, [4, 1, 0.001, 0, 0])
    slopes = slope_in_h(np.array([-3.0, 0.0, 0.999, 1.001, 9.0]) / beta, beta, loss="hinge")
    exactly(slopes, [-beta, -beta, -beta, 0, 0], 0)


@pytest.mark.parametrize(("loss", "e"), CASES)
def test_nothing_overflows(loss, e):
    h, options = np.array([-1e4, 1e4]), {"loss": loss, "label_smoothing": e}
    for beta in (1.0, 10.0):
        losses, slopes = of_h(h, beta, **options), slope_in_h(h, beta, **options)
        far = beta * 1e4
        expected = {
            "sigmoid": [far, 0],
            "cdpo": [(1 - e) * far, e * far],
            "robust": [(1 - e) * far / (1 - 2 * e), -e * far / (1 - 2 * e)],
            "ipo": [(1e4 + 0.5 / beta) ** 2, (1e4 - 0.5 / beta) ** 2],
            "hinge": [1 + far, 0],
        }[loss]
        np.testing.assert_allclose(losses, expected, rtol=1e-13)
        expected = {
            "sigmoid": [-beta, 0],
            "cdpo": [-beta * (1 - e), beta * e],
            "robust": [-beta * (1 - e) / (1 - 2 * e), -beta * e / (1 - 2 * e)],
            "ipo": [-2e4 - 1 / beta, 2e4 - 1 / beta],
            "hinge": [-beta, 0],
        }[loss]
        np.testing.assert_allclose(slopes, expected, rtol=1e-13)


@pytest.mark.parametrize(("loss", "e"), CASES)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_a_number_for_each_pair(loss, e, shape):
    at = np.random.default_rng(0).normal(size=(4, *shape))
    options = {"beta": BETA, "loss": loss, "label_smoothing": e}
    losses, (chosen, rejected) = dpo_loss(*at, **options), dpo_gradient(*at, **options)
    assert np.shape(losses) == np.shape(chosen) == np.shape(rejected) == shape
    assert np.array_equal(dpo_loss(*at.tolist(), **options), losses)


@pytest.mark.parametrize(("loss", "e"), CASES)
@pytest.mark.parametrize("beta", [0.1, 1.0, 4.0])
def test_the_gradient_against_finite_differences(loss, e, beta):
    at = np.random.default_rng(2).normal(scale=2, size=(4, 60))
    if loss == "hinge":  # not across its corner
        h = at[0] - at[1] - at[2] + at[3]
        at = at[:, np.abs(beta * h - 1) > 1e-3]
    options = {"beta": beta, "loss": loss, "label_smoothing": e}
    slopes, d = [], 1e-5
    for k in range(4):
        step = d * (np.arange(4) == k)[:, None]
        slopes.append(
            (dpo_loss(*(at + step), **options) - dpo_loss(*(at - step), **options)) / d / 2
        )
    chosen, rejected = dpo_gradient(*at, **options)
    np.testing.assert_allclose(chosen, slopes[0], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(rejected, slopes[1], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(slopes[2:], [-slopes[0], -slopes[1]], rtol=1e-6, atol=1e-8)
    assert np.array_equal(chosen, -rejected)


def test_the_weight_of_a_pair_is_how_wrong_its_order_is():
    h = np.linspace(-20, 20, 101)
    chosen, rejected = dpo_gradient(h, 0 * h, 0 * h, 0 * h, beta=BETA)
    expected = [BETA / (1 + math.exp(BETA * x)) for x in h]
    np.testing.assert_allclose(rejected, expected, rtol=1e-12)
    np.testing.assert_allclose(chosen, np.negative(expected), rtol=1e-12)


BAD = [
    ({"loss": "logistic"}, "loss must be one of"),
    ({"loss": None}, "loss must be one of"),
    *(({"loss": k, "label_smoothing": e}, "label_smoothing must be less than 1/2")
      for k in LOSSES for e in (0.5, 0.7, 1.0)),
    *(({"loss": k, "label_smoothing": -0.1}, "label_smoothing must lie in") for k in LOSSES),
    ({"loss": "cdpo", "label_smoothing": np.nan}, "label_smoothing must lie in"),
    *(({"loss": k, "label_smoothing": 0.1}, "label_smoothing must be 0 for")
      for k in LOSSES if k not in SMOOTHED),
    *(({"beta": b}, "beta must lie in") for b in (0, 0.0, -1, np.nan, np.inf, "0.5")),
]  # fmt: skip


@pytest.mark.parametrize(("options", "wrong"), BAD)
def test_options_that_are_none(options, wrong):
    given = {"beta": BETA} | options
    rng, policy = np.random.default_rng(0), Softmax(Table(2, 2))
    for make in (
        lambda: dpo_loss([0.0], [0.0], [0.0], [0.0], **given),
        lambda: dpo_gradient([0.0], [0.0], [0.0], [0.0], **given),
        lambda: TabularDPO([[0.5, 0.5]], **given),
        lambda: DPO(policy, lr=0.1, rng=rng, **given),
    ):
        with pytest.raises(ValueError, match=wrong):
            make()


@pytest.mark.parametrize("k", range(1, 4))
@pytest.mark.parametrize("shape", [(3,), (2, 1), ()])
def test_four_numbers_a_pair(k, shape):
    """(B, 1) - (B,) would be a table (B, B)."""
    at = [np.zeros(2) for _ in range(4)]
    at[k] = np.zeros(shape)
    name = ("chosen", "rejected", "ref_chosen", "ref_rejected")[k]
    for function in (dpo_loss, dpo_gradient):
        with pytest.raises(ValueError, match=rf"{name} must have shape \(2,\)"):
            function(*at, beta=BETA)
        with pytest.raises(ValueError, match="rejected must be an array of real numbers"):
            function([0.0], ["much"], [0.0], [0.0], beta=BETA)


# Where answers are numbered


def problem(seed, contexts=3, answers=5):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(answers), contexts), rng.uniform(-1.5, 1.5, (contexts, answers))


def some_wins(seed, contexts=2, answers=4):
    wins = np.random.default_rng(seed).integers(1, 9, (contexts, answers, answers)).astype(float)
    wins[:, np.arange(answers), np.arange(answers)] = 0
    return wins


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
        with pytest.raises(ValueError, match="wins must lead from every answer to every other"):
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


# Answers that are sequences


def words(*chosen, prompt=0):
    """Each word, given the one before it; the first, given the prompt. 0 ends."""
    return Answer(np.array([prompt, *chosen[:-1]]), np.array(chosen))


def bigrams(seed):
    policy = Softmax(Table(3, 3))
    policy.theta[:] = np.random.default_rng(seed).normal(size=9)
    return policy


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


def agent(policy, lr=1.0, **options):
    """With plain descent instead of Adam."""
    given = {"beta": BETA, "lr": lr, "rng": np.random.default_rng(0)} | options
    made = DPO(policy, **given)
    made.adam = SGD(policy.f, lr)
    return made


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
        agent(policy, lr=0.3, reference=reference, **options),
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
    learner = agent(policy, lr=0.7, reference=reference)
    learner.update(said)
    exactly(policy.theta, twin.theta - 0.7 * gradient, 1e-12)
    assert learner.last_loss == pytest.approx(np.mean(losses), rel=1e-12)


def test_one_adam_step_is_as_long_as_lr():
    policy, said = bigrams(0), texts()
    learner = DPO(policy, beta=BETA, lr=0.01, rng=np.random.default_rng(0))
    twin = agent(bigrams(0))
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
    learner = agent(policy, reference=reference, **options)
    learner.update(said)
    exactly(policy.f.grad, tabular.gradient(wins)[0], 1e-14)
    assert learner.last_loss == pytest.approx(tabular.loss(wins), rel=1e-12)


def test_the_expected_update_is_zero_where_the_judge_rewards_as_the_policy_does():
    """Two texts of any two, the judge by r = beta ln pi / pi_ref: all pairs, each as likely."""
    policy, reference, gradient = bigrams(0), bigrams(1), 0.0
    answers = [words(0), words(1, 0), words(2, 0), words(1, 2, 0), words(2, 1, 1, 0)]
    r = BETA * (log_probs(policy, answers) - log_probs(reference, answers)) + 3.0
    learner = agent(deepcopy(policy), reference=reference)
    for i, j in itertools.permutations(range(5), 2):
        learner.policy.theta = policy.theta
        learner.update([Preference(0, answers[i], answers[j])])
        assert np.abs(learner.policy.f.grad).max() > 1e-3
        gradient = gradient + bradley_terry(r[i], r[j]) * learner.policy.f.grad
    exactly(gradient, np.zeros(9), 1e-14)


def test_the_reference_is_what_the_policy_was():
    policy, said = bigrams(0), texts()
    learner, first = agent(policy), policy.theta.copy()
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
    learner, old = agent(policy, reference=bigrams(1)), policy.theta.copy()
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
    learner = agent(policy, lr=0.1, loss=loss)
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


def test_the_sum_over_words_is_taken_and_not_their_mean():
    """A text of n equal words has n times the log-ratio of one of them."""
    policy, reference = Softmax(Table(1, 2)), Softmax(Table(1, 2))
    policy.theta = 0.0, math.log(3)  # ln pi / pi_ref is ln 3/2 of the second word
    short = Answer(np.zeros(1, int), np.array([0]))
    for n in range(1, 5):
        learner = agent(deepcopy(policy), reference=reference, beta=1.0)
        learner.update([Preference(0, Answer(np.zeros(n, int), np.ones(n, int)), short)])
        odds = 1.5**n / 0.5  # exp(h)
        assert learner.last_loss == pytest.approx(math.log(1 + 1 / odds), rel=1e-13)


def test_the_order_of_pairs_does_not_matter_and_their_side_does():
    said, ends = texts(), []
    turned = [Preference(t.x, t.rejected, t.chosen) for t in said]
    for pairs in (said, said[::-1], said + said, turned):
        policy = bigrams(0)
        learner = agent(policy)
        learner.update(pairs)
        ends.append(policy.f.grad.copy())
    exactly(ends[1], ends[0], 1e-15)
    exactly(ends[2], ends[0], 1e-15)  # a mean over pairs
    exactly(ends[3], -ends[0], 1e-15)  # at pi_ref


# The agent


def test_acting():
    learner = agent(bigrams(0))
    assert isinstance(learner, Agent)
    pi = learner.policy(np.arange(3))
    assert [learner.act(s, explore=False) for s in range(3)] == pi.argmax(1).tolist()
    twin = np.random.default_rng(0)
    assert [learner.act(1) for _ in range(50)] == [learner.policy.draw(1, twin) for _ in range(50)]

    class World:
        observation_space, action_space = Discrete(3), Discrete(3)

    learner.check(World)
    World.action_space = Discrete(4)
    with pytest.raises(ValueError, match="action_space must be"):
        learner.check(World)


def test_arguments_that_are_none():
    for policy in (Table(2, 2), None):
        with pytest.raises(ValueError, match="policy must be"):
            DPO(policy, beta=BETA, lr=0.1, rng=np.random.default_rng(0))
    for options, wrong in (({"lr": 0.0}, "lr must"), ({"rng": 3}, "rng must be a Generator")):
        with pytest.raises(ValueError, match=wrong):
            agent(bigrams(0), **options)


def test_the_reference_must_be_a_policy_and_another_one():
    policy = bigrams(0)
    for reference in (Table(3, 3), "the old one", policy):  # a reference that moves is none
        with pytest.raises(ValueError, match="reference must"):
            agent(policy, reference=reference)


def test_learning_that_ran_away_is_an_error_and_changes_nothing():
    policy = bigrams(0)
    learner = agent(policy)
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
    np.testing.assert_allclose(found - found[0], log_ratio - log_ratio[0], rtol=0, atol=0.15)
