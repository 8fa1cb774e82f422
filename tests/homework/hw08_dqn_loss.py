"""What students write for dqn_loss."""

import numpy as np


def right_loops(q, a, y):
    total = 0
    for i in range(len(a)):
        total += (y[i] - q[i][a[i]]) ** 2
    return total / len(a)


def right_one_hot(q, a, y):
    error = y - (q * np.eye(q.shape[1])[a]).sum(1)
    return error @ error / len(error)


def right_gather_column(q, a, y):
    error = np.take_along_axis(q, a[:, None], axis=1) - y.reshape(-1, 1)
    return np.array([np.square(error).mean()])


def right_float32(q, a, y):
    q, y = q.astype(np.float32), y.astype(np.float32)
    return np.mean((q[range(len(a)), a] - y) ** 2)


def broadcast(q, a, y):
    """(8.37): targets of shape (B,) and values of shape (B, 1)"""
    values = np.take_along_axis(q, a.reshape(-1, 1), axis=1)
    return ((values - y) ** 2).mean()


def total(q, a, y):
    """(8.37): the sum over the batch"""
    return sum((y[i] - q[i, a[i]]) ** 2 for i in range(len(y)))


def half(q, a, y):
    """(8.37): half the square"""
    return 0.5 * np.mean((y - q[np.arange(len(a)), a]) ** 2)


def not_squared(q, a, y):
    """(8.37): the square is forgotten: the mean of the errors is taken"""
    return np.mean(q[np.arange(len(a)), a] - y)


def absolute(q, a, y):
    """(8.37): absolute errors"""
    return np.mean(abs(q[np.arange(len(a)), a] - y))


def root(q, a, y):
    """(8.37): the root"""
    return np.mean((y - q[np.arange(len(a)), a]) ** 2) ** 0.5


def square_of_mean(q, a, y):
    """(8.37): the mean error is squared"""
    return np.mean(y - q[np.arange(len(a)), a]) ** 2


def best_action(q, a, y):
    """(8.37): the best action is taken"""
    return np.mean((y - q.max(axis=1)) ** 2)


def all_actions(q, a, y):
    """(8.37): all actions are compared"""
    return np.mean((q - y[:, None]) ** 2)


def masked(q, a, y):
    """(8.37): the sum of squares is divided by the number of entries of q"""
    mask = np.eye(q.shape[1])[a]
    return np.mean((mask * (q - y[:, None])) ** 2)


def index_turned(q, a, y):
    """(8.37): step and action are exchanged"""
    return np.mean((y - q.T[np.arange(len(a)), a]) ** 2)


def worst_error(q, a, y):
    """(8.37): the largest square"""
    return max((y[i] - q[i, a[i]]) ** 2 for i in range(len(y)))


def added(q, a, y):
    """(8.37): the signs are lost"""
    return np.mean((y + q[np.arange(len(a)), a]) ** 2)


def columns(q, a, y):
    """(8.37): q[:, a] is a table (B, B)"""
    return ((q[:, a] - y) ** 2).mean()


def huber(q, a, y):
    """(8.37): large errors count by their size"""
    e = [abs(y[i] - q[i, a[i]]) for i in range(len(y))]
    return sum(x * x / 2 if x <= 1 else x - 0.5 for x in e) / len(e)
