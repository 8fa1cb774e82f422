"""What students write for softmax_policy."""

import math

import numpy as np


def right_loops(h):
    pi = []
    for row in h:
        top = max(row)
        e = [math.exp(x - top) for x in row]
        pi.append([x / sum(e) for x in e])
    return pi


def right_log_sum(h):
    top = h.max(axis=1)
    return np.exp(h - (top + np.log(np.exp(h - top[:, None]).sum(1)))[:, None])


def right_generator_differences(h):
    for row in h:
        with np.errstate(over="ignore"):
            yield [1 / np.exp(row - x).sum() for x in row]


def right_dict_float32(h):
    h = h.astype(np.float32)
    e = np.exp((h.T - h.max(1)).T)
    return {s: e[s] / e[s].sum() for s in range(len(h))}


def as_in_the_book(h):
    """(9.12) for large preferences: e^h is too large or too small"""
    with np.errstate(all="ignore"):
        return np.exp(h) / np.exp(h).sum(axis=1, keepdims=True)


def one_maximum(h):
    """(9.12) for large preferences: the largest preference of all states"""
    with np.errstate(all="ignore"):
        e = np.exp(h - np.max(h))
        return e / e.sum(axis=1, keepdims=True)


def clipped(h):
    """(9.12) for large preferences: preferences are cut off where they are large"""
    e = np.exp(np.clip(h, -500, 500))
    return e / e.sum(axis=1, keepdims=True)


def wrong_axis(h):
    """(9.12): the sum runs over the states"""
    e = np.exp(h)
    return e / e.sum(axis=0)


def wrong_axis_stable(h):
    """(9.12): the sum runs over the states"""
    e = np.exp(h - h.max(axis=0))
    return e / e.sum(axis=0)


def no_axis(h):
    """(9.12): the sum runs over all states and actions"""
    e = np.exp(h - h.max())
    return e / e.sum()


def axis_not_kept(h):
    """(9.12): the sum of a row divides a column"""
    e = np.exp(h - h.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


def no_exponential(h):
    """(9.12): the exponential is forgotten"""
    with np.errstate(all="ignore"):
        return h / h.sum(axis=1, keepdims=True)


def not_normalised(h):
    """(9.12): nothing is divided: the rows do not sum to 1. The largest"""
    return np.exp(h - h.max(axis=1, keepdims=True))


def minus(h):
    """(9.12): the sign of h is wrong"""
    e = np.exp(-h - (-h).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def logarithm(h):
    """(9.12): the logarithm is returned"""
    h = h - h.max(axis=1, keepdims=True)
    return h - np.log(np.exp(h).sum(axis=1, keepdims=True))


def greedy(h):
    """(9.12): the likeliest action"""
    return h.argmax(axis=1)


def base_two(h):
    """(9.12): 2 is raised"""
    e = 2.0 ** (h - h.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def equal(h):
    """(9.12): all actions are alike"""
    return np.ones(h.shape) / h.shape[1]


def lost_axes(h):
    """(9.12): the largest preference and the sum of a row go to a column"""
    e = np.exp(h - h.max(axis=1))
    return e / e.sum(axis=1)


def lost_axis(h):
    """(9.12): the sum of a row divides a column"""
    e = np.exp(h - np.max(h, axis=1, keepdims=True))
    return e / np.sum(e, axis=1)
