"""What students write for importance_sampling."""

import numpy as np


def right_loop(x, p0, p1):
    total = 0
    for i in range(len(x)):
        total += p0[i] / p1[i] * x[i]
    return total / len(x)


def right_vector(x, p0, p1):
    return (p0 / p1) @ x / x.size


def right_running_mean_float32(x, p0, p1):
    mean = np.float32(0)
    for k, (a, b, c) in enumerate(zip(np.float32(x), p0, p1, strict=True), start=1):
        mean += (np.float32(b / c) * a - mean) / np.float32(k)
    return np.array([mean])


def plain_mean(x, p0, p1):
    """(10.10): the weights are left out"""
    return sum(x) / len(x)


def upside_down(x, p0, p1):
    """(10.10): the importance weight is upside down"""
    return np.mean(p1 / p0 * x)


def total(x, p0, p1):
    """(10.10): the sum is taken"""
    return sum(a * b / c for a, b, c in zip(x, p0, p1, strict=True))


def self_normalised(x, p0, p1):
    """(10.10): the sum is divided by the sum of the weights"""
    return np.average(x, weights=p0 / p1)


def expectation(x, p0, p1):
    """(10.10): x is weighted by p0 and summed"""
    return sum(p * value for p, value in zip(p0, x, strict=True))


def mean_of_p0(x, p0, p1):
    """(10.10): x is weighted by p0 alone"""
    return np.mean(p0 * x)


def product(x, p0, p1):
    """(10.10): x is weighted by p0 p1"""
    return np.mean([a * b * c for a, b, c in zip(x, p0, p1, strict=True)])


def apart(x, p0, p1):
    """(10.10): the mean of the weights and the mean of x"""
    return np.mean(x) * np.mean(np.divide(p0, p1))


def weights_only(x, p0, p1):
    """(10.10): only the weights are averaged"""
    return np.mean(p0 / p1)


def ratio_of_means(x, p0, p1):
    """(10.10): the means of p0 and p1 are divided"""
    return np.mean(x * p0) / np.mean(p1)


def by_p0(x, p0, p1):
    """(10.10): the sum of p0 x is divided by the sum of p0"""
    return np.average(x, weights=p0)


def capped(x, p0, p1):
    """(10.10): weights above 1 are cut to 1"""
    return sum(min(a / b, 1.0) * y for a, b, y in zip(p0, p1, x, strict=True)) / len(x)
