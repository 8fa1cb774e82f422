"""What students write for running_mean."""

import numpy as np


def right_cumulative_sum(x):
    return np.cumsum(x) / np.arange(1, len(x) + 1)


def right_generator(x):
    w = None
    for k, x_k in enumerate(x, start=1):
        w = x_k if w is None else (1 - 1 / k) * w + x_k / k
        yield w


def right_float32_column(x):
    w = np.zeros((len(x) + 1, 1), dtype=np.float32)
    for k in range(1, len(x) + 1):
        w[k] = w[k - 1] - (w[k - 1] - np.float32(x[k - 1])) / k
    return w[1:]


def right_slices(x):
    return [sum(x[:k]) / k for k in range(1, len(x) + 1)]


def right_last_only(x):
    return float(np.mean(x))


def _run(x, step):
    w, out = 0.0, []
    for k, x_k in enumerate(x, start=1):
        w = step(w, x_k, k)
        out.append(w)
    return out


def wrong_sign(x):
    """(6.2): the sign is wrong"""
    return _run(x, lambda w, x_k, k: w - (x_k - w) / k)


def counts_one_too_many(x):
    """(6.2): k is one too high"""
    return _run(x, lambda w, x_k, k: w + (x_k - w) / (k + 1))


def counts_one_too_few(x):
    """(6.2): k is one too low"""
    w, out = x[0], []
    for k in range(len(x)):
        if k > 0:
            w = w - (w - x[k]) / k
        out.append(w)
    return out


def sums(x):
    """(6.2): the samples are added up"""
    return np.cumsum(x)


def over_all(x):
    """(6.2): the sum of the first k is divided by the number of all"""
    return np.cumsum(x) / len(x)


def always_the_whole_mean(x):
    """(6.2): the mean of all samples is returned"""
    return [np.mean(x) for _ in x]


def newest(x):
    """(6.2): the newest sample is taken"""
    return list(x)


def twice(x):
    """(6.2): 1/k is applied twice"""
    return _run(x, lambda w, x_k, k: w + (1 / k) * ((x_k - w) / k))


def exchanged(x):
    """(6.2): the weights are exchanged"""
    return _run(x, lambda w, x_k, k: w / k + (1 - 1 / k) * x_k)


def old_weight_kept(x):
    """(6.2): 1/k multiplies the sample only"""
    return _run(x, lambda w, x_k, k: w + x_k / k)


def forgotten(x):
    """(6.2): the sample is divided by k, and the mean before it is lost"""
    return [x[k] / (k + 1) for k in range(len(x))]


def halves(x):
    """(6.2): half of each is taken"""
    return _run(x, lambda w, x_k, k: 0.5 * w + 0.5 * x_k)


def begins_with_the_guess(x):
    """(6.2): the list begins with w_1"""
    return [0.0, *right_cumulative_sum(x)]


def one_sample_behind(x):
    """(6.2): the sample of the step before"""
    w, out = 0.0, []
    for k in range(len(x)):
        w += (x[k - 1] - w) / (k + 1)
        out.append(w)
    return out


def counted_from_0(x):
    """(6.2): k is counted from 0"""
    w, out = 0.0, []
    with np.errstate(all="ignore"):  # students see a warning, and go on
        for k, x_k in enumerate(x):
            w = w - (w - x_k) / k
            out.append(w)
    return out


def tenth(x):
    """(6.2): the step size is constant"""
    w, out = 0, []
    for number in x:
        w = 0.9 * w + 0.1 * number
        out.append(w)
    return out


def whole_numbers(x):
    """(6.2): each guess is cut to whole numbers"""
    out, w = np.zeros(len(x), dtype=np.int64), 0.0
    for k in range(len(x)):
        w += (x[k] - w) / (k + 1)
        out[k] = w
    return out
