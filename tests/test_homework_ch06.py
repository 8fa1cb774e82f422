"""The solutions of homework 6 are what the library computes."""

from itertools import islice

import numpy as np
import pytest

from rlbook import robbins_monro, running_mean, sgd
from rlbook.homework.calling import call
from rlbook.homework.draw import Draw
from rlbook.homework.given_functions import Gradient, Noisy
from rlbook.homework.judge import judge
from rlbook.homework.tasks import hw06

seeds = pytest.mark.parametrize("seed", range(20))


def draw(seed):
    return Draw(np.random.default_rng(seed))


def of(steps):
    """Step sizes as the library has them: a function of k."""
    return lambda k: steps[k - 1]


@seeds
def test_running_mean(seed):
    case = hw06.samples(draw(seed))
    assert hw06.running_mean(**case) == pytest.approx([float(w) for w in running_mean(case["x"])])


@seeds
def test_mean_with_step_sizes(seed):
    x, w, alpha = hw06.weighed(draw(seed)).values()
    expected = sgd(lambda v, sample: v - sample, w, x, of(alpha))
    assert hw06.mean_with_step_sizes(x, w, alpha) == pytest.approx([float(v) for v in expected])


@seeds
def test_robbins_monro(seed):
    g, w, a = hw06.noisy(draw(seed)).values()
    expected = islice(robbins_monro(Noisy(**g.values), w, of(a)), len(a))
    given = hw06.robbins_monro(Noisy(**g.values), w, a)
    assert given == pytest.approx([float(v) for v in expected])


@seeds
def test_sgd(seed):
    _, w, x, alpha = hw06.stream(draw(seed)).values()
    expected = list(sgd(Gradient(), w, x, of(alpha)))
    assert np.array(hw06.sgd(Gradient(), w, x, alpha)) == pytest.approx(np.array(expected))


@seeds
def test_mini_batches(seed):
    _, w, x, batches, alpha = hw06.batched(draw(seed)).values()

    def gradient(v, batch):
        f, y = batch[:, :-1], batch[:, -1]
        return f.T @ (f @ v - y) / len(batch)

    expected = list(sgd(gradient, w, [x[numbers] for numbers in batches], of(alpha)))
    given = hw06.mini_batch_gd(Gradient(), w, x, batches, alpha)
    assert np.array(given) == pytest.approx(np.array(expected))


@seeds
def test_three_descents(seed):
    x, w, batches, alpha = hw06.compared(draw(seed)).values()
    streams = [x] * len(alpha), [x[n] for n in batches], [x[n[:1]] for n in batches]
    expected = [
        list(sgd(lambda v, batch: v - batch.mean(0), w, stream, of(alpha))) for stream in streams
    ]
    given = np.array(hw06.three_descents(x, w, batches, alpha))
    assert given == pytest.approx(np.array(expected).swapaxes(0, 1))


def test_k_from_0_is_told_with_its_line():
    def student(x):
        w, out = 0.0, []
        for k, x_k in enumerate(x.tolist()):
            w = w - 1 / k * (w - x_k)
            out.append(w)
        return out

    task = next(task for task in hw06.HOMEWORK.tasks if task.name == "running_mean")
    finding = judge(task, lambda args, take, seconds: call(student, args, take, __file__))
    assert finding.verdict == "wrong"
    assert "ZeroDivisionError" in finding.says
    assert "w = w - 1 / k * (w - x_k)" in finding.says


def test_noise_is_given_in_turn():
    g = Noisy("tanh(w - 1)", 1.0, 0.0, [0.5, -0.25])
    assert [g(1.0), g(np.array([1.0])), g(1)] == [0.5, -0.25, 0.5]
    assert g.log == [[1.0, 0.5], [1.0, -0.25], [1.0, 0.5]]
