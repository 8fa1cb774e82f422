"""What students write for best_near_reference."""

import math

import numpy as np


def _softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def right_loop(pi_ref, r, beta):
    top = max(r)
    weights = [p * math.exp((x - top) / beta) for p, x in zip(pi_ref, r, strict=True)]
    return [w / sum(weights) for w in weights]


def right_logsumexp(pi_ref, r, beta):
    x = np.log(pi_ref) + r / beta
    return np.exp(x - np.logaddexp.reduce(x))


def right_float32_dict(pi_ref, r, beta):
    w = np.float32(pi_ref) * np.exp(np.float32((r - r.max()) / beta))
    return dict(enumerate(w / w.sum()))


def overflow(pi_ref, r, beta):
    """the best policy near pi_ref: exp overflows"""
    w = pi_ref * np.exp(r / beta)
    return w / np.sum(w)


def no_reference(pi_ref, r, beta):
    """the best policy near pi_ref: the reference is left out"""
    return _softmax(r / beta)


def times_beta(pi_ref, r, beta):
    """the best policy near pi_ref: r is multiplied by beta"""
    return _softmax(np.log(pi_ref) + beta * r)


def no_beta(pi_ref, r, beta):
    """the best policy near pi_ref: beta is forgotten"""
    w = pi_ref * np.exp(r - r.max())
    return w / w.sum()


def no_z(pi_ref, r, beta):
    """the best policy near pi_ref: the sum is not 1"""
    return pi_ref * np.exp(r / beta)


def worst(pi_ref, r, beta):
    """the best policy near pi_ref: the sign of r is wrong"""
    return _softmax(np.log(pi_ref) - r / beta)


def greedy(pi_ref, r, beta):
    """the best policy near pi_ref: the best answer is given for sure"""
    pi = np.zeros(len(r))
    pi[np.argmax(r)] = 1
    return pi


def no_log(pi_ref, r, beta):
    """the best policy near pi_ref: pi_ref stands in the exponent"""
    return _softmax(pi_ref + r / beta)


def normalised_early(pi_ref, r, beta):
    """the best policy near pi_ref: exp(r / beta) is made a distribution"""
    return pi_ref * _softmax(r / beta)


def no_exp(pi_ref, r, beta):
    """the best policy near pi_ref: exp is left out"""
    w = pi_ref * r / beta
    return w / w.sum()


def all_divided(pi_ref, r, beta):
    """the best policy near pi_ref: beta divides ln pi_ref, too"""
    return _softmax((np.log(pi_ref) + r) / beta)


def no_sum(pi_ref, r, beta):
    """the best policy near pi_ref: the sum is not 1: Z is forgotten, after"""
    x = r / beta + np.log(pi_ref)
    return np.exp(x - np.max(x))


def all_the_best(pi_ref, r, beta):
    """the best policy near pi_ref: only answers with the largest reward"""
    best = np.isclose(r, max(r))
    return best / np.count_nonzero(best)
