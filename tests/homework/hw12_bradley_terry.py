"""What students write for bradley_terry."""

import math

import numpy as np


def right_loop(r, r_other):
    p = []
    for x, y in zip(r, r_other, strict=True):
        top = max(x, y)
        p.append(math.exp(x - top) / (math.exp(x - top) + math.exp(y - top)))
    return p


def right_formula(r, r_other):
    return 1 / (1 + np.exp(-(r - r_other)))


def right_softmax_float32(r, r_other):
    x = np.stack([r, r_other], axis=1).astype(np.float32)
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return (x / x.sum(axis=1, keepdims=True))[:, :1]


def right_tanh(r, r_other):
    return (1 + np.tanh((r - r_other) / 2)) / 2


def swapped(r, r_other):
    """Bradley-Terry: r and r_other are exchanged"""
    return 1 / (1 + np.exp(r - r_other))


def overflow(r, r_other):
    """Bradley-Terry: exp overflows: exp(r) / (exp(r) + exp(r_other))"""
    return np.exp(r) / (np.exp(r) + np.exp(r_other))


def overflow_of_difference(r, r_other):
    """Bradley-Terry: exp overflows where r - r_other is large"""
    e = np.exp(r - r_other)
    return e / (1 + e)


def hard(r, r_other):
    """Bradley-Terry: the better one is preferred for sure"""
    return [1.0 if x > y else 0.5 if x == y else 0.0 for x, y in zip(r, r_other, strict=True)]


def added(r, r_other):
    """Bradley-Terry: the rewards are added"""
    return 1 / (1 + np.exp(-r - r_other))


def alone(r, r_other):
    """Bradley-Terry: r_other is left out"""
    return 1 / (1 + np.exp(-r))


def shares(r, r_other):
    """Bradley-Terry: the rewards are divided"""
    return r / (r + r_other)


def difference(r, r_other):
    """Bradley-Terry: sigma is left out"""
    return r - r_other


def logarithm(r, r_other):
    """Bradley-Terry: the logarithm of the chance"""
    return -np.logaddexp(0, r_other - r)


def tanh(r, r_other):
    """Bradley-Terry: tanh takes the place of sigma"""
    return np.tanh(r - r_other)


def cut(r, r_other):
    """Bradley-Terry: large rewards are cut"""
    a, b = np.exp(np.clip(r, -30, 30)), np.exp(np.clip(r_other, -30, 30))
    return a / (a + b)


def strictly_better(r, r_other):
    """Bradley-Terry: the better one is preferred for sure, and of equals"""
    return [1.0 if x > y else 0.0 for x, y in zip(r, r_other, strict=True)]
