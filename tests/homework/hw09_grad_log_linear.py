"""What students write for grad_log_linear."""

import numpy as np


def _pi(h):
    e = np.exp(h - np.max(h))
    return e / e.sum()


def right_loops(phi, theta, s, a):
    A, d = len(phi[s]), len(theta)
    e = [np.exp(sum(phi[s][b][i] * theta[i] for i in range(d))) for b in range(A)]
    g = []
    for i in range(d):
        mean = sum(e[b] / sum(e) * phi[s][b][i] for b in range(A))
        g.append(phi[s][a][i] - mean)
    return g


def right_chain_rule(phi, theta, s, a):
    pi = _pi(phi[s] @ theta)
    by_h = -pi
    by_h[a] += 1
    return (phi[s].T @ by_h)[:, None]


def right_differences(phi, theta, s, a):
    def f(x):
        return np.log(_pi(phi[s] @ x)[a])

    for e in np.eye(len(theta)) * 1e-5:
        yield (f(theta + e) - f(theta - e)) / 2e-5


def right_by_9_11_float32(phi, theta, s, a):
    phi, theta = np.float32(phi), np.float32(theta)
    pi = _pi(phi[s] @ theta)
    grad_pi = pi[a] * (phi[s, a] - np.einsum("a,ad->d", pi, phi[s]))
    return grad_pi / pi[a]


def minus(phi, theta, s, a):
    """(9.11): the sign is wrong"""
    return _pi(phi[s] @ theta) @ phi[s] - phi[s, a]


def grad_pi(phi, theta, s, a):
    """(9.11): the gradient of pi is taken"""
    pi = _pi(phi[s] @ theta)
    return pi[a] * (phi[s, a] - pi @ phi[s])


def features_only(phi, theta, s, a):
    """(9.11): the mean of the features is not subtracted"""
    return phi[s][a]


def plain_mean(phi, theta, s, a):
    """(9.11): the features of all actions are averaged alike"""
    return phi[s, a] - np.mean(phi[s], axis=0)


def plain_sum(phi, theta, s, a):
    """(9.11): the features of all actions are added up"""
    return phi[s, a] - sum(phi[s, b] for b in range(len(phi[s])))


def own_only(phi, theta, s, a):
    """(9.11): only the action that was taken is subtracted"""
    pi = _pi(phi[s] @ theta)
    return phi[s, a] - pi[a] * phi[s, a]


def likeliest(phi, theta, s, a):
    """(9.11): the features of the likeliest action"""
    return phi[s, a] - phi[s, np.argmax(phi[s] @ theta)]


def over_states(phi, theta, s, a):
    """(9.11): the softmax sums over the states"""
    e = np.exp(phi @ theta)
    return phi[s, a] - (e / e.sum(axis=0))[s] @ phi[s]


def over_all(phi, theta, s, a):
    """(9.11): the softmax sums over all"""
    e = np.exp(phi @ theta)
    return phi[s, a] - e[s] / np.sum(e) @ phi[s]


def all_states(phi, theta, s, a):
    """(9.11): the mean runs over all states"""
    g = phi[s, a].copy()
    for t in range(len(phi)):
        g -= _pi(phi[t] @ theta) @ phi[t]
    return g


def divided_twice(phi, theta, s, a):
    """(9.11): it is divided by pi once more"""
    pi = _pi(phi[s] @ theta)
    return (phi[s, a] - pi @ phi[s]) / pi[a]


def no_softmax(phi, theta, s, a):
    """(9.11): preferences are taken for probabilities"""
    h = phi[s] @ theta
    return phi[s, a] - sum(h[b] * phi[s, b] for b in range(len(h)))


def plus(phi, theta, s, a):
    """(9.11): the mean is added"""
    return phi[s, a] + _pi(phi[s] @ theta) @ phi[s]
