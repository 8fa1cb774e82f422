"""What students write for ddpg_critic_gradient."""

import numpy as np


def _loss(W, s, a, y):
    x = np.hstack([s, a])
    return np.mean([(row @ W @ row - target) ** 2 / 2 for row, target in zip(x, y, strict=True)])


def right_loops(W, s, a, y):
    grad = np.zeros_like(W)
    for k in range(len(y)):
        x = np.concatenate([s[k], a[k]])
        error = x @ W @ x - y[k]
        for i in range(len(x)):
            for j in range(len(x)):
                grad[i, j] += error * x[i] * x[j] / len(y)
    return grad


def right_matrices(W, s, a, y):
    x = np.hstack([s, a])
    error = ((x @ W) * x).sum(axis=1) - y
    return x.T @ (error[:, None] * x) / len(x)


def right_differences(W, s, a, y):
    grad = np.zeros(W.shape)
    for i in np.ndindex(W.shape):
        e = np.zeros(W.shape)
        e[i] = 0.5  # the loss is quadratic in W: differences are exact
        grad[i] = _loss(W + e, s, a, y) - _loss(W - e, s, a, y)
    return grad


def right_float32(W, s, a, y):
    x = np.hstack([s, a]).astype(np.float32)
    error = np.einsum("bi,ij,bj->b", x, W.astype(np.float32), x) - y.astype(np.float32)
    return np.mean([e * np.outer(row, row) for e, row in zip(error, x, strict=True)], axis=0)


def _parts(W, s, a):
    x = np.hstack([s, a])
    return np.einsum("bi,ij,bj->b", x, W, x), np.einsum("bi,bj->bij", x, x)


def step_of_the_critic(W, s, a, y):
    """the critic's loss: the sign is wrong"""
    q, grad = _parts(W, s, a)
    return np.mean((y - q)[:, None, None] * grad, axis=0)


def total(W, s, a, y):
    """the critic's loss: the sum over the batch is taken"""
    q, grad = _parts(W, s, a)
    return np.tensordot(q - y, grad, axes=1)


def no_half(W, s, a, y):
    """the critic's loss: the gradient is twice as large"""
    q, grad = _parts(W, s, a)
    return 2 * np.tensordot(q - y, grad, axes=1) / len(y)


def half_kept(W, s, a, y):
    """the critic's loss: the gradient is half as large"""
    q, grad = _parts(W, s, a)
    return 0.5 * np.tensordot(q - y, grad, axes=1) / len(y)


def broadcast(W, s, a, y):
    """the critic's loss: every q is compared with every y"""
    q, grad = _parts(W, s, a)
    error = q[:, None] - y  # (B, 1) - (B,)
    return np.einsum("bk,bij->ij", error, grad) / error.size


def broadcast_the_other_way(W, s, a, y):
    """the critic's loss: every y is compared with every q"""
    q, grad = _parts(W, s, a)
    error = q - y[:, None]
    return np.einsum("bk,bij->ij", error, grad) / error.size


def gradient_of_q(W, s, a, y):
    """the critic's loss: the error q - y is left out"""
    return _parts(W, s, a)[1].mean(axis=0)


def no_target(W, s, a, y):
    """the critic's loss: the target is left out"""
    q, grad = _parts(W, s, a)
    return (q[:, None, None] * grad).mean(axis=0)


def squared(W, s, a, y):
    """the critic's loss: the error is squared"""
    q, grad = _parts(W, s, a)
    return (((q - y) ** 2)[:, None, None] * grad).mean(axis=0)


def means_apart(W, s, a, y):
    """the critic's loss: the mean error and the mean gradient"""
    q, grad = _parts(W, s, a)
    return (q - y).mean() * grad.mean(axis=0)


def action_first(W, s, a, y):
    """the critic's loss: a comes before s in x"""
    q, grad = _parts(W, a, s)
    return np.tensordot(q - y, grad, axes=1) / len(y)


def last_only(W, s, a, y):
    """the critic's loss: only the last step of the batch"""
    for state, action, target in zip(s, a, y, strict=True):
        x = np.append(state, action)
        grad = (x @ W @ x - target) * np.outer(x, x)
    return grad


def w_itself(W, s, a, y):
    """the critic's loss: the gradient is W itself"""
    q, _ = _parts(W, s, a)
    return (q - y).mean() * W


def target_added(W, s, a, y):
    """the critic's loss: the target is added"""
    q, grad = _parts(W, s, a)
    return np.einsum("b,bij->ij", q + y, grad) / len(y)


def times_x(W, s, a, y):
    """the critic's loss: W x stands in the place of the first x"""
    q, _ = _parts(W, s, a)
    x = np.hstack([s, a])
    return sum((q[i] - y[i]) * np.outer(W @ x[i], x[i]) for i in range(len(y))) / len(y)


def signs(W, s, a, y):
    """the critic's loss: only the sign of the error counts"""
    q, grad = _parts(W, s, a)
    return np.einsum("b,bij->ij", np.sign(q - y), grad) / len(y)
