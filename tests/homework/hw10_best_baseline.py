"""What students write for best_baseline."""

import math

import numpy as np


def _softmax(theta):
    e = np.exp(theta)
    return e / e.sum()


def right_loops(theta, q):
    total = sum(math.exp(x) for x in theta)
    pi = [math.exp(x) / total for x in theta]
    above, below = 0, 0
    for a in range(len(pi)):
        g = [(1 if b == a else 0) - pi[b] for b in range(len(pi))]
        square = sum(x * x for x in g)
        above += pi[a] * square * q[a]
        below += pi[a] * square
    return above / below


def right_average(theta, q):
    pi = _softmax(theta)
    return np.average(q, weights=pi * (1 - 2 * pi + pi @ pi))


def right_float32(theta, q):
    pi = _softmax(np.float32(theta))
    norm = np.linalg.norm(np.eye(len(pi), dtype=np.float32) - pi, axis=1)
    return [np.sum(pi * norm**2 * np.float32(q)) / np.sum(pi * norm**2)]


def _squares(pi):
    return np.array([np.sum((np.eye(len(pi))[a] - pi) ** 2) for a in range(len(pi))])


def value(theta, q):
    """(10.5): the value v = E[ q(A) ] is taken"""
    return np.dot(_softmax(theta), q)


def no_policy(theta, q):
    """(10.5): the policy is left out"""
    square = _squares(_softmax(theta))
    return np.sum(square * q) / np.sum(square)


def not_squared(theta, q):
    """(10.5): |g| is not squared"""
    pi = _softmax(theta)
    norm = np.sqrt(_squares(pi))
    return np.sum(pi * norm * q) / np.sum(pi * norm)


def numerator(theta, q):
    """(10.5): the sum is not divided"""
    pi = _softmax(theta)
    return np.sum(pi * _squares(pi) * q)


def other_denominator(theta, q):
    """(10.5): the sum is divided by the sum of |g|^2"""
    pi = _softmax(theta)
    return np.sum(pi * _squares(pi) * q) / np.sum(_squares(pi))


def no_q(theta, q):
    """(10.5): q is left out"""
    pi = _softmax(theta)
    return np.sum(pi * _squares(pi))


def mean(theta, q):
    """(10.5): the mean of all q"""
    return np.mean(q)


def own_part_only(theta, q):
    """(10.5): g has 1 - pi(a) only"""
    pi = _softmax(theta)
    weight = pi * (1 - pi) ** 2
    return weight.dot(q) / weight.sum()


def gradient_of_pi(theta, q):
    """(10.5): the gradient of pi is taken"""
    pi = _softmax(theta)
    jacobian = np.diag(pi) - np.outer(pi, pi)
    weight = pi * (jacobian**2).sum(axis=1)
    return weight.dot(q) / weight.sum()


def best_action(theta, q):
    """(10.5): the largest q"""
    return max(q)


def policy_twice(theta, q):
    """(10.5): the policy counts twice"""
    pi = np.exp(theta) / np.exp(theta).sum()
    g2 = [sum((np.eye(len(pi))[a] - pi) ** 2) for a in range(len(pi))]
    return np.average(q, weights=pi * pi * g2)


def wrong_axis(theta, q):
    """(10.5): the squares of g are summed over the wrong axis"""
    pi = np.exp(theta) / np.exp(theta).sum()
    g = np.identity(len(pi)) - pi[None, :]
    return np.average(q, weights=pi * (g**2).sum(axis=0))
