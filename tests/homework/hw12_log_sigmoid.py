"""What students write for log_sigmoid."""

import math

import numpy as np


def right_two_cases(z):
    out = []
    for x in z:
        if x >= 0:
            out.append(-math.log1p(math.exp(-x)))
        else:
            out.append(x - math.log1p(math.exp(x)))
    return out


def right_minimum(z):
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


def right_float32(z):
    return -np.logaddexp(np.float32(0), -z.astype(np.float32))


def right_where(z):
    safe = np.where(z > 0, z, 0)
    return np.where(z > 0, -np.log(1 + np.exp(-safe)), z - np.log(1 + np.exp(np.minimum(z, 0))))


def as_written(z):
    """ln sigma: exp(-z) overflows where z is far below 0"""
    return np.log(1 / (1 + np.exp(-z)))


def as_written_shorter(z):
    """ln sigma: exp(-z) overflows where z is far below 0"""
    return -np.log1p(np.exp(-z))


def other_side(z):
    """ln sigma: exp(z) overflows where z is large"""
    return z - np.log(1 + np.exp(z))


def fraction(z):
    """ln sigma: exp(z) / (1 + exp(z)) is no number"""
    return np.log(np.exp(z) / (np.exp(z) + 1))


def epsilon(z):
    """ln sigma: 1e-08 is added"""
    return np.log(1 / (1 + np.exp(-z)) + 1e-8)


def smaller_epsilon(z):
    """ln sigma: 1e-12 is added"""
    s = 1 / (1 + np.exp(-z))
    return np.log(s + 1e-12)


def no_log(z):
    """ln sigma: the logarithm is left out"""
    return 1 / (1 + np.exp(-z))


def wrong_way(z):
    """ln sigma: the sign of z is wrong"""
    return -np.logaddexp(0, z)


def positive(z):
    """ln sigma: the sign of the result is wrong"""
    return np.logaddexp(0, -z)


def softplus(z):
    """ln sigma: that is ln(1 + exp(z))"""
    return np.logaddexp(0, z)


def base_two(z):
    """ln sigma: the logarithm has base 2"""
    return -np.logaddexp2(0, -z / math.log(2))


def cut(z):
    """ln sigma: z is cut from below"""
    z = np.clip(z, -500, 500)
    return -np.log(1 + np.exp(-z))


def cut_at_30(z):
    """ln sigma: z is cut to [-30, 30]"""
    return -np.log1p(np.exp(-np.clip(z, -30, 30)))


def cut_at_50(z):
    """ln sigma: z is cut to [-50, 50]"""
    z = [max(-50.0, min(50.0, x)) for x in z]
    return [-math.log(1 + math.exp(-x)) for x in z]
