"""The losses of DPO by hand, and their slopes."""

import math

import numpy as np
import pytest
from preference_cases import BETA, CASES, SMOOTHED, by_hand, exactly

from rlbook.dpo.losses import LOSSES, dpo_gradient, dpo_loss
from rlbook.dpo.preferences import sigmoid
from rlbook.dpo.sequences import DPO
from rlbook.dpo.tabular import TabularDPO
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax


def of_h(h, beta=BETA, **options):
    """The loss of pairs with these h."""
    zero = np.zeros_like(np.asarray(h, dtype=float))
    return dpo_loss(h, zero, zero, zero, beta=beta, **options)


def slope_in_h(h, beta=BETA, **options):
    zero = np.zeros_like(np.asarray(h, dtype=float))
    return dpo_gradient(h, zero, zero, zero, beta=beta, **options)[0]


# The losses


@pytest.mark.book("dpo:losses")
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


@pytest.mark.book("dpo:losses")
@pytest.mark.parametrize("function", [of_h, slope_in_h])
@pytest.mark.parametrize("e", [0.01, 0.2, 0.49])
def test_over_wrong_labels_robust_is_in_the_mean_the_sigmoid_of_right_ones(function, e):
    """Of a wrong label h is turned round, and so is the sign of dh."""
    h, sign = np.linspace(-8, 8, 33), -1 if function is slope_in_h else 1
    right, wrong = (function(x, loss="robust", label_smoothing=e) for x in (h, -h))
    exactly((1 - e) * right + sign * e * wrong, function(h), 1e-12)
    smoothed = function(h, loss="cdpo", label_smoothing=e)
    exactly((1 - e) * function(h) + sign * e * function(-h), smoothed)  # cdpo: the loss itself


@pytest.mark.book("dpo:losses")
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


@pytest.mark.book("dpo:losses")
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
