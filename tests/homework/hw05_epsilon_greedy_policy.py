"""What students write for epsilon_greedy_policy."""

import numpy as np


def right_loops(q, epsilon):
    pi = []
    for row in q:
        A = len(row)
        best = list(row).index(max(row))
        pi.append([1 - epsilon / A * (A - 1) if a == best else epsilon / A for a in range(A)])
    return pi


def right_last_of_ties(q, epsilon):
    S, A = q.shape
    best = A - 1 - q[:, ::-1].argmax(axis=1)
    return np.full((S, A), epsilon / A) + (1 - epsilon) * np.eye(A)[best]


def right_ties_shared(q, epsilon):
    best = (q == q.max(axis=1, keepdims=True)).astype(np.float32)
    best /= best.sum(axis=1, keepdims=True)
    return np.float32(1 - epsilon) * best + np.float32(epsilon / q.shape[1])


def right_dict_of_rows(q, epsilon):
    def row(s):
        p = np.ones(len(q[s])) * epsilon / len(q[s])
        p[np.argmax(q[s])] = 1 - p.sum() + p[0]
        return p

    return {s: row(s) for s in range(len(q))}


def _with(q, best, other):
    pi = np.full(q.shape, other, dtype=float)
    for s in range(len(q)):
        pi[s, q[s].argmax()] = best
    return pi


def one_minus_epsilon(q, epsilon):
    """(5.5): epsilon / A is left out of the greedy action"""
    return _with(q, 1 - epsilon, epsilon / q.shape[1])


def others_only(q, epsilon):
    """(5.5): epsilon is shared among the other actions only"""
    return _with(q, 1 - epsilon, epsilon / (q.shape[1] - 1))


def greedy(q, epsilon):
    """(5.5): epsilon is forgotten"""
    return np.argmax(q, axis=1)


def exchanged(q, epsilon):
    """(5.5): epsilon and 1 - epsilon are exchanged"""
    A = q.shape[1]
    return (1 - epsilon) / A * np.ones(q.shape) + epsilon * np.eye(A)[q.argmax(1)]


def greedy_has_one(q, epsilon):
    """(5.5): the greedy action has 1, and"""
    return _with(q, 1, epsilon / q.shape[1])


def one_added(q, epsilon):
    """(5.5): epsilon is not taken from the greedy action"""
    A = q.shape[1]
    return epsilon / A + np.eye(A)[q.argmax(1)]


def not_divided(q, epsilon):
    """(5.5): epsilon is not divided by the number of actions"""
    pi = np.ones(q.shape) * epsilon
    pi[range(len(q)), q.argmax(-1)] += 1 - epsilon
    return pi


def epsilon_each(q, epsilon):
    """(5.5): each other action has epsilon"""
    return _with(q, 1 - epsilon, epsilon)


def uniform(q, epsilon):
    """(5.5): all actions are alike"""
    return np.ones(q.shape) / q.shape[1]


def all_ties(q, epsilon):
    """(5.5): each of several best actions gets the whole share"""
    A = q.shape[1]
    return np.where(q == q.max(1, keepdims=True), 1 - epsilon + epsilon / A, epsilon / A)


def smallest(q, epsilon):
    """(5.5): the action with the smallest value"""
    pi = np.full(q.shape, epsilon / q.shape[1])
    pi[np.arange(len(q)), q.argmin(axis=1)] += 1 - epsilon
    return pi
