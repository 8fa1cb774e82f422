from itertools import islice

import numpy as np
import pytest

from rlbook.stochastic_approximation import (
    constant,
    dvoretzky,
    dvoretzky_conditions,
    harmonic,
    minibatches,
    power,
    robbins_monro,
    running_mean,
    sgd,
)


@pytest.mark.book("eq:6.4", "eq:6.1", "eq:6.2", "eq:6.3")
def test_running_means(rng):
    x = rng.normal(size=(20, 3))
    for k, w in enumerate(running_mean(x), start=1):
        assert w == pytest.approx(x[:k].mean(axis=0))
    # Any step size: w = sum_k alpha_k prod_{j>k} (1 - alpha_j) x_k, from w_1 = 0
    *_, w = running_mean(x[:, 0], constant(0.3))
    assert w == pytest.approx(sum(0.3 * 0.7 ** (19 - k) * x[k, 0] for k in range(20)))


@pytest.mark.book("eq:6.5")
def test_robbins_monro_halves_its_way():
    w = robbins_monro(lambda w: w - 10, 20.0, constant(0.5))
    assert list(islice(w, 4)) == [15, 12.5, 11.25, 10.625]


@pytest.mark.book("eq:6.5", "thm:6.1")
def test_robbins_monro_finds_a_root_through_noise(rng):
    runs = robbins_monro(
        lambda w: np.tanh(w - 1) + rng.normal(size=500), np.full(500, 3.0), harmonic(4)
    )
    *_, w = islice(runs, 3000)
    assert abs(w.mean() - 1) < 4 * w.std() / np.sqrt(500) + 0.01
    assert w.std() < 0.1


@pytest.mark.book("eq:6.12", "eq:6.13", "eq:6.14", "eq:6.16")
def test_sgd_one_step_at_a_time(rng):
    x = rng.normal(size=(10, 2))
    gradient = lambda w, batch: w - batch.mean(axis=0)  # noqa: E731 - the mean's own gradient
    (w,) = sgd(gradient, np.array([5.0, 5.0]), [x], harmonic())
    assert w == pytest.approx(x.mean(axis=0))  # BGD with alpha_1 = 1 is there at once
    one, twin = np.random.default_rng(1), np.random.default_rng(1)
    singles = list(islice(sgd(gradient, np.zeros(2), minibatches(x, 1, one), harmonic()), 8))
    means = list(running_mean(x[twin.integers(10, size=1)[0]] for _ in range(8)))
    assert np.allclose(singles, means)  # a mini-batch of one is SGD, and SGD is a running mean


def test_minibatches_are_drawn_with_replacement(rng):
    x = np.arange(5.0)
    batches = np.array(list(islice(minibatches(x, 5, rng), 400)))
    assert any(len(set(batch)) < 5 for batch in batches)  # so m = n is not BGD
    counts = np.bincount(batches.astype(int).ravel(), minlength=5)
    assert np.abs(counts - 400).max() < 4.5 * np.sqrt(400 * 0.8)
    with pytest.raises(ValueError, match="m must be a whole number, 1 or more, got 0"):
        next(minibatches(x, 0, rng))
    with pytest.raises(ValueError, match="x must hold samples"):
        next(minibatches([], 1, rng))


def test_step_sizes_are_what_they_say():
    assert [harmonic(2, 1)(k) for k in (1, 3)] == [1, 0.5]
    assert power(0.5)(4) == 0.5
    assert constant(0.1)(99) == 0.1
    for build, message in (
        (lambda: harmonic(0), "harmonic needs a > 0"),
        (lambda: harmonic(1, -1), "harmonic needs a > 0 and b > -1"),
        (lambda: power(-1), "power needs a > 0 and p >= 0"),
        (lambda: constant(0), r"alpha must lie in \(0, 1\], got 0"),
        (lambda: constant(2), r"alpha must lie in \(0, 1\], got 2"),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.book("thm:6.2")
@pytest.mark.parametrize(
    ("step", "grows", "settles"),
    [
        (harmonic(), True, True),
        (harmonic(3, 5), True, True),
        (power(0.75), True, True),
        (power(0.5), True, False),
        (constant(0.1), True, False),
        (power(2), False, True),
    ],
)
def test_dvoretzkys_conditions_on_step_sizes(step, grows, settles):
    conditions = dvoretzky_conditions(step, step, mean=0.0, second_moment=1.0)
    assert conditions.sum_alpha_grows == grows
    assert conditions.sum_alpha_squared_settles == settles
    assert conditions.sum_beta_squared_settles == settles


def test_dvoretzkys_conditions_without_noise_and_with_steps_that_vanish():
    silent = dvoretzky_conditions(harmonic(), lambda k: 0.0, 0.0, 0.0)
    assert silent.sum_beta_squared_settles
    vanishing = dvoretzky_conditions(lambda k: 0.5**k, harmonic(), 0.0, 1.0)
    assert not vanishing.sum_alpha_grows
    assert vanishing.sum_alpha_squared_settles
    with pytest.raises(ValueError, match="alpha and beta must not be negative"):
        dvoretzky_conditions(lambda k: -1 / k, harmonic(), 0.0, 1.0)


def test_a_number_is_not_a_step_size(rng):
    for call in (
        lambda: next(running_mean([1.0], 0.1)),
        lambda: next(robbins_monro(lambda w: w, 1.0, 0.1)),
        lambda: next(sgd(lambda w, b: w, 1.0, [1.0], 0)),
    ):
        with pytest.raises(ValueError, match=r"must be a function, such as constant\(0.1\), got"):
            call()


@pytest.mark.book("thm:6.2")
def test_dvoretzkys_conditions_on_the_noise():
    step = harmonic()
    assert all(dvoretzky_conditions(step, step, 0.0, 1.0))
    assert not dvoretzky_conditions(step, step, 0.1, 1.0).noise_is_centred
    assert not dvoretzky_conditions(step, step, 0.0, np.inf).noise_is_bounded
    with pytest.raises(ValueError, match="n must be a whole number, 16 or more, got 3"):
        dvoretzky_conditions(step, step, 0.0, 1.0, n=3)


@pytest.mark.book("thm:6.2")
def test_dvoretzkys_process_where_the_conditions_hold_and_where_they_fail():
    def ends(step, seeds=200, n=4000):
        rng = np.random.default_rng(0)
        process = dvoretzky(
            np.full(seeds, 5.0), step, step, lambda k, delta: rng.normal(size=seeds)
        )
        *_, delta = islice(process, n)
        return delta

    assert np.abs(ends(harmonic())).max() < 0.1
    assert ends(constant(0.1)).std() > 0.15  # the noise stays: its deviation is 0.23
    assert np.abs(ends(power(2))).min() > 0.0
    assert ends(power(2)).std() > 0.5  # steps die out too soon
