"""What students write for deterministic_update."""

import numpy as np


def _q(W, s, a):
    x = np.append(s, a)
    return x @ W @ x


def _delta(theta, W, step, gamma):
    s, a, r, s_next, end, _ = step
    return r + gamma * (1 - end) * _q(W, s_next, theta @ s_next) - _q(W, s, a)


def _slope(W, s, a):
    x = np.append(s, a)
    return (W @ x + W.T @ x)[-len(a) :]


def _critic(theta, W, step, gamma, alpha_w):
    x = np.append(step[0], step[1])
    return W + alpha_w * _delta(theta, W, step, gamma) * np.outer(x, x)


def right_loops(theta, W, step, gamma, alpha_theta, alpha_w):
    s, a, r, s_next, terminated, _ = step
    m, n = theta.shape

    def act(state):
        return [sum(theta[i, j] * state[j] for j in range(n)) for i in range(m)]

    def q(state, action):
        x = [*state, *action]
        return sum(x[i] * W[i, j] * x[j] for i in range(n + m) for j in range(n + m))

    delta = r - q(s, a)
    if not terminated:
        delta += gamma * q(s_next, act(s_next))
    x = [*s, *act(s)]
    new_theta = theta.copy()
    for i in range(m):
        dq = sum((W[n + i, j] + W[j, n + i]) * x[j] for j in range(n + m))
        for j in range(n):
            new_theta[i, j] += alpha_theta * dq * s[j]
    x = [*s, *a]
    new_W = [[W[i, j] + alpha_w * delta * x[i] * x[j] for j in range(n + m)] for i in range(n + m)]
    return new_theta, new_W


def right_vectorised(theta, W, step, gamma, alpha_theta, alpha_w):
    new = _critic(theta, W, step, gamma, alpha_w)
    theta = theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s)
    return theta, new


def right_symmetric_inside_float32(theta, W, step, gamma, alpha_theta, alpha_w):
    s, n = step.s.astype(np.float32), len(step.s)
    M = np.float32(W + W.T) / 2
    mu = np.float32(theta) @ s
    dq_da = 2 * M[n:, :n] @ s + 2 * M[n:, n:] @ mu
    out = np.float32(theta) + np.float32(alpha_theta) * dq_da[:, None] * s[None]
    return out, np.float32(_critic(theta, W, step, gamma, alpha_w))


def right_differences(theta, W, step, gamma, alpha_theta, alpha_w):
    s, h = step.s, 0.5  # q is quadratic in theta: differences are exact
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = h
        grad[i] = (_q(W, s, (theta + e) @ s) - _q(W, s, (theta - e) @ s)) / (2 * h)
    return theta + alpha_theta * grad, _critic(theta, W, step, gamma, alpha_w)


def no_gamma(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: gamma is forgotten"""
    new = _critic(theta, W, step, 1.0, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def no_end(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the value of s_next is kept where the episode has ended"""
    new = _critic(theta, W, step._replace(terminated=False), gamma, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def limit_is_end(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: truncated is taken for terminated"""
    done = step.terminated or step.truncated
    new = _critic(theta, W, step._replace(terminated=done), gamma, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def same_action_next(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the action of the step is taken in s_next, too"""
    s, a, r, s_next, end, _ = step
    delta = r + gamma * (1 - end) * _q(W, s_next, a) - _q(W, s, a)
    x = np.append(s, a)
    theta = theta + alpha_theta * np.outer(_slope(W, s, theta @ s), s)
    return theta, W + alpha_w * delta * np.outer(x, x)


def on_policy_critic(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: mu(s) is taken in s, and not the action of the step"""
    new = _critic(theta, W, step._replace(a=theta @ step.s), gamma, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def at_stored_action(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: grad_a q is taken at the action of the step"""
    new = _critic(theta, W, step, gamma, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, step.a), step.s), new


def value_not_slope(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the value q(s, mu(s)) is followed"""
    new = _critic(theta, W, step, gamma, alpha_w)
    q = _q(W, step.s, theta @ step.s)
    return theta + alpha_theta * q * np.tile(step.s, (len(theta), 1)), new


def flipped(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the gradient is transposed"""
    new = _critic(theta, W, step, gamma, alpha_w)
    return theta + alpha_theta * np.outer(step.s, _slope(W, step.s, theta @ step.s)), new


def symmetric_rule(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the slope of x^T W x is taken as 2 W x"""
    new = _critic(theta, W, step, gamma, alpha_w)
    x = np.append(step.s, theta @ step.s)
    return theta + alpha_theta * np.outer((2 * W @ x)[len(step.s) :], step.s), new


def half_rule(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the slope of x^T W x is taken as W x"""
    new = _critic(theta, W, step, gamma, alpha_w)
    x = np.append(step.s, theta @ step.s)
    return theta + alpha_theta * np.outer(W[len(step.s) :] @ x, step.s), new


def descends(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the sign is wrong"""
    new = _critic(theta, W, step, gamma, alpha_w)
    return theta - alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def with_delta(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the TD error comes in"""
    new, delta = _critic(theta, W, step, gamma, alpha_w), _delta(theta, W, step, gamma)
    return theta + alpha_theta * delta * np.outer(_slope(W, step.s, theta @ step.s), step.s), new


def critic_first(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the critic's new W is taken"""
    W = _critic(theta, W, step, gamma, alpha_w)
    return theta + alpha_theta * np.outer(_slope(W, step.s, theta @ step.s), step.s), W


def no_chain_rule(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: grad mu(s) is left out"""
    new = _critic(theta, W, step, gamma, alpha_w)
    return theta + alpha_theta * _slope(W, step.s, theta @ step.s)[:, None], new


def first_entries(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the slope of q in s is taken"""
    new = _critic(theta, W, step, gamma, alpha_w)
    x = np.append(step.s, theta @ step.s)
    return theta + alpha_theta * np.outer(((W + W.T) @ x)[: len(theta)], step.s), new


def residual(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the target is differentiated, too"""
    s, a, _, s_next, end, _ = step
    x, y = np.append(s, a), np.append(s_next, theta @ s_next)
    grad = np.outer(x, x) - gamma * (1 - end) * np.outer(y, y)
    theta_next = theta + alpha_theta * np.outer(_slope(W, s, theta @ s), s)
    return theta_next, W + alpha_w * _delta(theta, W, step, gamma) * grad


def _actor(theta, W, step, alpha_theta):
    return theta + alpha_theta * np.outer(_slope(W, step[0], theta @ step[0]), step[0])


def gradient_at_mu(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the gradient of q in W is taken at mu(s)"""
    x = np.append(step[0], theta @ step[0])
    W_next = W + alpha_w * _delta(theta, W, step, gamma) * x[:, None] * x
    return _actor(theta, W, step, alpha_theta), W_next


def twice(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the step is twice as long"""
    return _actor(theta, W, step, alpha_theta), _critic(theta, W, step, gamma, 2 * alpha_w)


def actor_first(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, critic: the actor's new theta is in the target"""
    theta = _actor(theta, W, step, alpha_theta)
    return theta, _critic(theta, W, step, gamma, alpha_w)


def downhill(theta, W, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.4, actor: the sign is wrong: it goes downhill"""
    return _actor(theta, W, step, -alpha_theta), _critic(theta, W, step, gamma, alpha_w)
