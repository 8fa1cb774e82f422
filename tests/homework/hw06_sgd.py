"""What students write for sgd."""

import numpy as np


def right_loop(gradient, w, x, alpha):
    w = list(w)
    out = []
    for k in range(len(x)):
        g = gradient(w, x[k])
        w = [w[i] - alpha[k] * g[i] for i in range(len(w))]
        out.append(w)
    return out


def right_generator_in_place(gradient, w, x, alpha):
    for sample, a in zip(x, alpha, strict=True):
        w -= a * gradient(w, sample)
        yield w.copy()


def right_float32_rows(gradient, w, x, alpha):
    table = np.zeros((len(x) + 1, len(w)), dtype=np.float32)
    table[0] = w
    for k, sample in enumerate(x):
        table[k + 1] = table[k] - alpha[k] * gradient(table[k], sample)
    return table[1:]


class right_class_columns:  # noqa: N801
    def __init__(self, gradient, w, x, alpha):
        self.gradient, self.w, self.data = gradient, w, zip(x, alpha, strict=True)

    def __iter__(self):
        for sample, a in self.data:
            self.w = self.w - a * self.gradient(self.w, sample)
            yield self.w[:, None]


def _run(w, n, step):
    out = []
    for k in range(n):
        w = step(w, k)
        out.append(w)
    return out


def wrong_sign(gradient, w, x, alpha):
    """(6.13): the sign is wrong"""
    return _run(w, len(x), lambda w, k: w + alpha[k] * gradient(w, x[k]))


def squared(gradient, w, x, alpha):
    """(6.13): the step size is applied twice"""
    return _run(w, len(x), lambda w, k: w - alpha[k] * gradient(w, x[k]) * alpha[k])


def no_step_size(gradient, w, x, alpha):
    """(6.13): the step size is left out"""
    return _run(w, len(x), lambda w, k: w - gradient(w, x[k]))


def first_step_size(gradient, w, x, alpha):
    """(6.13): the first step size is used"""
    return _run(w, len(x), lambda w, k: w - alpha[0] * gradient(w, x[k]))


def first_sample(gradient, w, x, alpha):
    """(6.13): the first sample is used"""
    return _run(w, len(x), lambda w, k: w - alpha[k] * gradient(w, x[0]))


def sample_before(gradient, w, x, alpha):
    """(6.13): the sample of the step before"""
    return _run(w, len(x), lambda w, k: w - alpha[k] * gradient(w, x[k - 1]))


def backwards(gradient, w, x, alpha):
    """(6.13): the samples are taken in the wrong order"""
    return _run(w, len(x), lambda w, k: w - alpha[k] * gradient(w, x[::-1][k]))


def all_samples(gradient, w, x, alpha):
    """(6.13): the mean gradient over all samples"""
    return _run(w, len(x), lambda w, k: w - alpha[k] * sum(gradient(w, row) for row in x) / len(x))


def samples_so_far(gradient, w, x, alpha):
    """(6.13): the mean gradient over the samples so far"""
    return _run(
        w, len(x),
        lambda w, k: w - alpha[k] * np.mean([gradient(w, row) for row in x[: k + 1]], axis=0),
    )  # fmt: skip


def not_carried(gradient, w, x, alpha):
    """(6.13): every step begins at the first w"""
    return [w - a * gradient(w, row) for a, row in zip(alpha, x, strict=True)]


def gradient_at_the_first(gradient, w, x, alpha):
    """(6.13): the gradient at the first w"""
    first = w
    return _run(w, len(x), lambda w, k: w - alpha[k] * gradient(first, x[k]))


def not_copied(gradient, w, x, alpha):
    """(6.13): the same array stands in the list"""
    out = []
    for k in range(len(x)):
        w -= alpha[k] * gradient(w, x[k])
        out.append(w)
    return out


def begins_with_the_guess(gradient, w, x, alpha):
    """(6.13): the list begins with w_1"""
    return [w, *right_loop(gradient, w, x, alpha)]


def from_zero(gradient, w, x, alpha):
    """(6.13): w_1 is not used"""
    w, out = np.zeros(len(w)), []
    for k in range(len(x)):
        w = w - alpha[k] * gradient(w, x[k])
        out.append(w)
    return out
