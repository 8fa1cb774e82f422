"""What students write for robbins_monro."""

import numpy as np


def right_loop(g, w, a):
    guesses = [w]
    for k in range(len(a)):
        guesses.append(guesses[k] - a[k] * g(guesses[k]))
    return guesses[1:]


def right_generator(g, w, a):
    for a_k in a:
        w -= a_k * g(w)
        yield w


class right_class_float32:  # noqa: N801
    def __init__(self, g, w, a):
        self.g, self.w, self.a = g, np.array([w], dtype=np.float32), iter(a)

    def __iter__(self):
        return self

    def __next__(self):
        step = next(self.a) * self.g(self.w)
        self.w = (self.w - step).astype(np.float32)
        return self.w


def right_last_only(g, w, a):
    for a_k in a:
        w = w - a_k * g(w)
    return w


def _run(g, w, a, step):
    out = []
    for k in range(len(a)):
        w = step(w, g(w), a, k)
        out.append(w)
    return out


def wrong_sign(g, w, a):
    """(6.5): the sign is wrong"""
    return _run(g, w, a, lambda w, look, a, k: w + a[k] * look)


def squared(g, w, a):
    """(6.5): the step size is applied twice"""
    return _run(g, w, a, lambda w, look, a, k: w - a[k] * (a[k] * look))


def no_step_size(g, w, a):
    """(6.5): the step size is left out"""
    return _run(g, w, a, lambda w, look, a, k: w - look)


def first_step_size(g, w, a):
    """(6.5): the first step size is used"""
    return _run(g, w, a, lambda w, look, a, k: w - a[0] * look)


def one_over_k(g, w, a):
    """(6.5): 1/k is the step size"""
    return _run(g, w, a, lambda w, look, a, k: w - look / (k + 1))


def divided_again(g, w, a):
    """(6.5): the step size is divided by k once more"""
    return _run(g, w, a, lambda w, look, a, k: w - a[k] / (k + 1) * look)


def late_step_size(g, w, a):
    """(6.5): the step size of the step before"""
    return _run(g, w, a, lambda w, look, a, k: w - a[k - 1] * look)


def taken_for_a_sample(g, w, a):
    """(6.5): (6.4) is computed"""
    return _run(g, w, a, lambda w, look, a, k: w - a[k] * (w - look))


def only_the_step(g, w, a):
    """(6.5): the step is returned"""
    return _run(g, w, a, lambda w, look, a, k: -a[k] * look)


def averages_the_looks(g, w, a):
    """(6.5): the mean of all looks"""
    looks = []

    def step(w, look, a, k):
        looks.append(look)
        return w - a[k] * np.mean(looks)

    return _run(g, w, a, step)


def momentum(g, w, a):
    """(6.5): all looks so far are added up"""
    total, out = 0, []
    for a_k in a:
        total += g(w)
        w = w - a_k * total
        out.append(w)
    return out


def asks_twice(g, w, a):
    """(6.5) (one look at g in each step): g is asked twice"""
    out, for_the_plot = [], []
    for a_k in a:
        for_the_plot.append(g(w))
        w = w - a_k * g(w)
        out.append(w)
    return out


def asks_once(g, w, a):
    """(6.5) (one look at g in each step): g is asked only once"""
    look, out = g(w), []
    for a_k in a:
        w = w - a_k * look
        out.append(w)
    return out


def asks_at_the_first(g, w, a):
    """(6.5) (g is asked at w_k): g is asked at the first w"""
    first, out = w, []
    for a_k in a:
        w = w - a_k * g(first)
        out.append(w)
    return out


def asks_at_the_one_before(g, w, a):
    """(6.5) (g is asked at w_k): g is asked at the w before"""
    out, before = [], w
    for a_k in a:
        w, before = w - a_k * g(before), w
        out.append(w)
    return out


def from_zero(g, w, a):
    """(6.5) (g is asked at w_k): w_1 is not used"""
    w, out = 0.0, []
    for k in range(len(a)):
        w -= a[k] * g(w)
        out.append(w)
    return out


def divides_by_g(g, w, a):
    """(6.5): the step size is divided by g"""
    for step in a:
        w = w - np.divide(step, g(w))
        yield w


def step_for_w(g, w, a):
    """(6.5): a_k times g is taken"""
    for step in a:
        w = step * g(w)
        yield w


def one_step_size_late(g, w, a):
    """(6.5): the step size of the step after"""
    for k in range(len(a)):
        w = w - [*a[1:], a[-1]][k] * g(w)
        yield w
