"""What students write for grad_log_softmax."""

import math

import numpy as np


def _pi(row):
    e = np.exp(row - np.max(row))
    return e / e.sum()


def right_loops(theta, s, a):
    S, A = len(theta), len(theta[0])
    total = sum(math.exp(x) for x in theta[s])
    g = [[0.0] * A for _ in range(S)]
    for b in range(A):
        g[s][b] = (1.0 if a == b else 0.0) - math.exp(theta[s][b]) / total
    return g


def right_outer(theta, s, a):
    S, A = theta.shape
    return np.outer(np.eye(S)[s], np.eye(A)[a] - _pi(theta[s]))


def right_differences(theta, s, a):
    def f(x):
        return x[s, a] - np.log(np.exp(x[s]).sum())

    g = np.zeros(theta.shape)
    for i in np.ndindex(*theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 1e-5
        g[i] = (f(theta + e) - f(theta - e)) / 2e-5
    return g


def right_by_9_11_generator(theta, s, a):
    pi = _pi(theta[s])
    jacobian = np.diag(pi) - np.outer(pi, pi)
    for i in range(len(theta)):
        yield jacobian[a] / pi[a] if i == s else [0] * len(pi)


def right_float32(theta, s, a):
    g = np.zeros(theta.shape, dtype=np.float32)
    g[s] = -_pi(theta[s].astype(np.float32))
    g[s, a] += 1
    return g


def _row(theta, s, row):
    g = np.zeros(theta.shape)
    g[s] = row
    return g


def grad_pi(theta, s, a):
    """(9.11): the gradient of pi is taken"""
    pi = _pi(theta[s])
    return _row(theta, s, [pi[a] * ((a == b) - pi[b]) for b in range(len(pi))])


def minus(theta, s, a):
    """(9.11): the sign is wrong"""
    g = _row(theta, s, _pi(theta[s]))
    g[s, a] -= 1
    return g


def one(theta, s, a):
    """(9.11): pi is left out"""
    g = np.zeros_like(theta)
    g[s, a] = 1
    return g


def own_number_only(theta, s, a):
    """(9.11): only the number of the action that was taken has a gradient; the others"""
    g = np.zeros_like(theta)
    g[s, a] = 1 - _pi(theta[s])[a]
    return g


def over_states(theta, s, a):
    """(9.11): the softmax sums over the states"""
    e = np.exp(theta)
    pi = e / e.sum(axis=0)
    return _row(theta, s, np.eye(len(theta[0]))[a] - pi[s])


def over_all(theta, s, a):
    """(9.11): the softmax sums over all"""
    e = np.exp(theta)
    g = _row(theta, s, -e[s] / e.sum())
    g[s, a] += 1
    return g


def pi_a_everywhere(theta, s, a):
    """(9.11): the probability of the action that was taken is subtracted"""
    return _row(theta, s, np.eye(len(theta[0]))[a] - _pi(theta[s])[a])


def all_rows(theta, s, a):
    """(9.11): the rows of other states are filled"""
    g = -np.array([_pi(row) for row in theta])
    g[s, a] += 1
    return g


def same_rows(theta, s, a):
    """(9.11): the rows of all states are moved alike"""
    return np.array([np.eye(len(theta[0]))[a] - _pi(theta[s])] * len(theta))


def one_over_pi(theta, s, a):
    """(9.11): 1 / pi is taken"""
    g = np.zeros(theta.shape)
    g[s][a] = 1 / _pi(theta[s])[a]
    return g


def divided_twice(theta, s, a):
    """(9.11): it is divided by pi once more"""
    pi = _pi(theta[s])
    return _row(theta, s, (np.eye(len(pi))[a] - pi) / pi[a])


def preferences(theta, s, a):
    """(9.11): theta itself is subtracted"""
    return _row(theta, s, np.eye(len(theta[0]))[a] - theta[s])


def probabilities(theta, s, a):
    """(9.11): pi itself is returned"""
    return _row(theta, s, _pi(theta[s]))


def whole_table(theta, s, a):
    """(9.11): the softmax sums over all states and actions, and the rows"""
    g = -np.exp(theta) / np.exp(theta).sum()
    g[s, a] += 1
    return g
