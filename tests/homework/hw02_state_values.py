"""What students write for state_values."""

import numpy as np


def right_loops(pi, q):
    v = []
    for row, values in zip(pi, q, strict=True):
        total = 0
        for p, x in zip(row, values, strict=True):
            total += p * x
        v.append([total])
    return v


def right_diagonal(pi, q):
    return np.diag(pi @ q.T)


def right_float32_generator(pi, q):
    for s in range(len(q)):
        yield np.float32(np.dot(pi[s], q[s]))


def right_average(pi, q):
    return np.average(q, axis=1, weights=pi)


def best(pi, q):
    """(2.13): the best action is taken"""
    return np.max(q, axis=1)


def mean(pi, q):
    """(2.13): the policy is left out: the mean"""
    return np.mean(q, axis=1)


def total(pi, q):
    """(2.13): the policy is left out: the actions are added up"""
    return np.sum(q, axis=1)


def likeliest(pi, q):
    """(2.13): the likeliest action"""
    return np.array([q[s, pi[s].argmax()] for s in range(len(q))])


def mean_of_products(pi, q):
    """(2.13): the policy's probabilities are used, and then"""
    return np.mean(pi * q, axis=1)


def of_those_taken(pi, q):
    """(2.13): all actions that the policy may take"""
    return np.array([q[s][pi[s] > 0].mean() for s in range(len(q))])


def policy_of_s1(pi, q):
    """(2.13): the policy of the first state"""
    return q @ pi[0]


def first_action(pi, q):
    """(2.13): the first action"""
    return q[:, 0]


def worst(pi, q):
    """(2.13): the worst action"""
    return np.min(q, axis=1)


def largest_product(pi, q):
    """(2.13): the largest pi(a|s) q(s, a)"""
    return [max(p * x for p, x in zip(*rows, strict=True)) for rows in zip(pi, q, strict=True)]
