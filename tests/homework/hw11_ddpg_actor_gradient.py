"""What students write for ddpg_actor_gradient."""

import numpy as np


def _slope(W, s, a):
    x = np.hstack([s, a])
    return (x @ W + x @ W.T)[:, s.shape[1] :]


def right_loops(theta, W, s, a):
    grad = np.zeros(theta.shape)
    for state in s:
        x = np.concatenate([state, theta @ state])
        dq = (W + W.T) @ x
        grad += np.outer(dq[len(state) :], state)
    return grad / len(s)


def right_einsum(theta, W, s, a):
    return np.einsum("bm,bn->mn", _slope(W, s, s @ theta.T), s) / len(s)


def right_differences(theta, W, s, a):
    def J(theta):
        x = np.hstack([s, s @ theta.T])
        return np.mean(np.sum((x @ W) * x, axis=1))

    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 0.5
        grad[i] = J(theta + e) - J(theta - e)
    return grad


def right_float32_lists(theta, W, s, a):
    s = s.astype(np.float32)
    g = _slope(W.astype(np.float32), s, s @ theta.T.astype(np.float32))
    return [[float(np.mean(g[:, i] * s[:, j])) for j in range(s.shape[1])] for i in range(len(g.T))]


def total(theta, W, s, a):
    """the actor's gradient: the sum over the batch is taken"""
    return _slope(W, s, s @ theta.T).T @ s


def stored_action(theta, W, s, a):
    """the actor's gradient: grad_a q is taken at the action of the step"""
    return _slope(W, s, a).T @ s / len(s)


def value(theta, W, s, a):
    """the actor's gradient: the value q(s, mu(s)) is followed"""
    x = np.hstack([s, s @ theta.T])
    q = np.sum(x @ W * x, axis=1)
    return np.stack([(q[:, None] * s).mean(axis=0)] * len(theta))


def flipped(theta, W, s, a):
    """the actor's gradient: the gradient is transposed"""
    return s.T @ _slope(W, s, s @ theta.T) / len(s)


def no_grad_mu(theta, W, s, a):
    """the actor's gradient: grad mu(s) is left out"""
    g = _slope(W, s, s @ theta.T).mean(axis=0)
    return np.repeat(g[:, None], s.shape[1], axis=1)


def no_slope(theta, W, s, a):
    """the actor's gradient: grad_a q is left out"""
    return np.tile(s.mean(axis=0), (len(theta), 1))


def half_rule(theta, W, s, a):
    """the actor's gradient: the slope of x^T W x is taken as W x"""
    x = np.hstack([s, s @ theta.T])
    g = np.array([W @ row for row in x])[:, s.shape[1] :]
    return g.T @ s / len(s)


def symmetric_rule(theta, W, s, a):
    """the actor's gradient: the slope of x^T W x is taken as 2 W x"""
    x = np.hstack([s, s @ theta.T])
    g = 2 * np.array([W @ row for row in x])[:, s.shape[1] :]
    return g.T @ s / len(s)


def other_half(theta, W, s, a):
    """the actor's gradient: the slope of x^T W x is taken as W^T x"""
    x = np.hstack([s, s @ theta.T])
    return (x @ W)[:, s.shape[1] :].T @ s / len(s)


def slope_in_s(theta, W, s, a):
    """the actor's gradient: the slope of q in s is taken"""
    x = np.hstack([s, s @ theta.T])
    return (x @ (W + W.T))[:, : len(theta)].T @ s / len(s)


def square_of_a_only(theta, W, s, a):
    """the actor's gradient: only the square of a is differentiated"""
    n = s.shape[1]
    g = (s @ theta.T) @ (W[n:, n:] + W[n:, n:].T)
    return g.T @ s / len(s)


def loss(theta, W, s, a):
    """the actor's gradient: the sign is wrong"""
    return -_slope(W, s, s @ theta.T).T @ s / len(s)


def means_apart(theta, W, s, a):
    """the actor's gradient: the mean of the slopes and the mean of the states"""
    return np.outer(_slope(W, s, s @ theta.T).mean(axis=0), s.mean(axis=0))


def first_only(theta, W, s, a):
    """the actor's gradient: only the first step of the batch"""
    state = s[0]
    g = _slope(W, state[None], (theta @ state)[None])[0]
    return np.outer(g, state)


def rows_as_columns(theta, W, s, a):
    """the actor's gradient: mu(s) is computed with theta transposed"""
    return _slope(W, s, s @ theta).T @ s / len(s)
