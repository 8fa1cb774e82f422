"""What students write for mean_with_step_sizes."""

import numpy as np


def right_loop(x, w, alpha):
    out = []
    for k in range(len(x)):
        w = (1 - alpha[k]) * w + alpha[k] * x[k]
        out.append(w)
    return out


def right_generator_float32(x, w, alpha):
    w = np.float32(w)
    for x_k, alpha_k in zip(x, alpha, strict=True):
        w += np.float32(alpha_k) * (np.float32(x_k) - w)
        yield w


def right_weights_of_all_samples(x, w, alpha):
    out = []
    for n in range(1, len(x) + 1):
        left = [np.prod(1 - alpha[k + 1 : n]) for k in range(n)]
        out.append(np.prod(1 - alpha[:n]) * w + sum(left * alpha[:n] * x[:n]))
    return np.array(out)


def _run(x, w, alpha, step):
    out = []
    for k in range(len(x)):
        w = step(w, x, alpha, k)
        out.append(w)
    return out


def wrong_sign(x, w, alpha):
    """(6.4): the sign is wrong"""
    return _run(x, w, alpha, lambda w, x, alpha, k: w + alpha[k] * (w - x[k]))


def squared(x, w, alpha):
    """(6.4): the step size is applied twice"""
    return _run(x, w, alpha, lambda w, x, alpha, k: w - alpha[k] * alpha[k] * (w - x[k]))


def no_step_size(x, w, alpha):
    """(6.4): the step size is left out"""
    return _run(x, w, alpha, lambda w, x, alpha, k: w - (w - x[k]))


def first_step_size(x, w, alpha):
    """(6.4): the first step size is used"""
    return _run(x, w, alpha[0], lambda w, x, a, k: w - a * (w - x[k]))


def one_over_k(x, w, alpha):
    """(6.4): 1/k is the step size"""
    return _run(x, w, alpha, lambda w, x, alpha, k: w - (w - x[k]) / (k + 1))


def not_carried(x, w, alpha):
    """(6.4): every step begins at the first w"""
    return [w - a * (w - x_k) for a, x_k in zip(alpha, x, strict=True)]


def exchanged(x, w, alpha):
    """(6.4): the weights are exchanged"""
    return _run(x, w, alpha, lambda w, x, alpha, k: alpha[k] * w + (1 - alpha[k]) * x[k])


def whole_weight(x, w, alpha):
    """(6.4): alpha multiplies the sample only"""
    return _run(x, w, alpha, lambda w, x, alpha, k: w + alpha[k] * x[k])


def only_the_step(x, w, alpha):
    """(6.4): the step is returned"""
    return _run(x, w, alpha, lambda w, x, alpha, k: alpha[k] * (x[k] - w))


def plain_mean(x, w, alpha):
    """(6.4): 1/k is the step size"""
    return [np.mean(x[: k + 1]) for k in range(len(x))]


def late_step_size(x, w, alpha):
    """(6.4): the step size of the step before"""
    return _run(x, w, np.roll(alpha, 1), lambda w, x, alpha, k: w - alpha[k] * (w - x[k]))


def begins_with_the_guess(x, w, alpha):
    """(6.4): the list begins with w_1"""
    return [w, *right_loop(x, w, alpha)]


def from_zero(x, w, alpha):
    """(6.4): w_1 is not used"""
    w = [0.0]
    for k in range(len(x)):
        w += [w[-1] + alpha[k] * (x[k] - w[-1])]
    return w[1:]


def no_error(x, w, alpha):
    """(6.4): alpha x is taken off"""
    for k in range(len(x)):
        w = w - alpha[k] * x[k]
        yield w


def whole_numbers(x, w, alpha):
    """(6.4): each guess is cut to whole numbers"""
    out = np.zeros(len(x), dtype=int)
    for k, number in enumerate(x):
        w = (1 - alpha[k]) * w + alpha[k] * number
        out[k] = w
    return out
