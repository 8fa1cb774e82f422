"""What students write for a2c_update."""

import math

import numpy as np


def _softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def right_loops(theta, w, step, gamma, alpha_theta, alpha_w):
    s, a, r, s_next, done, _ = step
    delta = r - w[s]
    if not done:
        delta += gamma * w[s_next]
    total = sum(math.exp(x) for x in theta[s])
    pi = [math.exp(x) / total for x in theta[s]]
    new = [list(row) for row in theta]
    for b in range(len(pi)):
        new[s][b] += alpha_theta * delta * ((1 if a == b else 0) - pi[b])
    values = list(w)
    values[s] += alpha_w * delta
    return new, values


def right_in_place_vectorised(theta, w, step, gamma, alpha_theta, alpha_w):
    delta = step.r + gamma * (not step.terminated) * w[step.s_next] - w[step.s]
    theta[step.s] += (
        alpha_theta * delta * (np.eye(theta.shape[1])[step.a] - _softmax(theta[step.s]))
    )
    w[step.s] += alpha_w * delta
    return [theta, w]


def right_float32_columns(theta, w, step, gamma, alpha_theta, alpha_w):
    theta, w = np.float32(theta), np.float32(w)[:, None]
    s, a, r, s_next, end, _ = step
    y = np.float32(r) if end else np.float32(r + gamma * w[s_next, 0])
    delta = y - w[s, 0]
    g = np.zeros_like(theta)
    g[s] = np.eye(theta.shape[1], dtype=np.float32)[a] - _softmax(theta[s])
    theta = theta + np.float32(alpha_theta) * delta * g
    w[s] += np.float32(alpha_w) * delta
    return theta, w


class right_class:  # noqa: N801
    def __init__(self, theta, w, step, gamma, alpha_theta, alpha_w):
        s, a, r, s_next, terminated, _ = step
        pi = np.exp(theta) / np.exp(theta).sum(axis=1, keepdims=True)
        delta = r + gamma * w[s_next] * (1 - terminated) - w[s]
        grad = (np.arange(theta.shape[1]) == a) - pi[s]
        theta[s], w[s] = theta[s] + alpha_theta * delta * grad, w[s] + alpha_w * delta
        self.out = theta, w

    def __iter__(self):
        return iter(self.out)


def _update(theta, w, step, delta, alpha_theta, alpha_w):
    s, a = step[:2]
    grad = -_softmax(theta[s])
    grad[a] += 1
    theta, w = theta.copy(), w.copy()
    theta[s] += alpha_theta * delta * grad
    w[s] += alpha_w * delta
    return theta, w


def no_gamma(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: gamma is forgotten"""
    s, _, r, s_next, end, _ = step
    delta = r - w[s] if end else r + w[s_next] - w[s]
    return _update(theta, w, step, delta, alpha_theta, alpha_w)


def bootstraps_always(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: the value of s_next is kept where the episode has ended"""
    s, _, r, s_next, _, _ = step
    return _update(theta, w, step, r + gamma * w[s_next] - w[s], alpha_theta, alpha_w)


def done_is_either(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: truncated is taken for terminated"""
    s, _, r, s_next, terminated, truncated = step
    done = terminated or truncated
    target = r if done else r + gamma * w[s_next]
    return _update(theta, w, step, target - w[s], alpha_theta, alpha_w)


def wrong_flag(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: the value of s_next is dropped where the episode is truncated"""
    s, _, r, s_next, _, done = step
    target = r if done else r + gamma * w[s_next]
    return _update(theta, w, step, target - w[s], alpha_theta, alpha_w)


def value_minus_target(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: the sign of the TD error is wrong"""
    s, _, r, s_next, end, _ = step
    delta = w[s] - (r + (0 if end else gamma * w[s_next]))
    return _update(theta, w, step, delta, alpha_theta, alpha_w)


def no_baseline(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the value of s is not subtracted"""
    s, _, r, s_next, end, _ = step
    target = r + (0 if end else gamma * w[s_next])
    theta, _ = _update(theta, w, step, target, alpha_theta, alpha_w)
    w[s] += alpha_w * (target - w[s])
    return theta, w


def critic_first(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the TD error is computed anew after the critic's update"""
    s, a, r, s_next, end, _ = step

    def error():
        return r + (0 if end else gamma * w[s_next]) - w[s]

    w[s] += alpha_w * error()
    pi = _softmax(theta[s])
    theta[s] -= alpha_theta * error() * pi
    theta[s, a] += alpha_theta * error()
    return theta, w


def only_the_action(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the gradient of ln pi lacks - pi(.|s)"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    theta[s, a] += alpha_theta * delta
    w[s] += alpha_w * delta
    return theta, w


def loss_without_minus(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the actor goes downhill"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    grad_of_loss = np.eye(theta.shape[1])[a] - _softmax(theta[s])
    theta[s] = theta[s] - alpha_theta * delta * grad_of_loss
    w[s] = w[s] + alpha_w * delta
    return theta, w


def gradient_of_pi(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the gradient of pi is taken"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    pi = _softmax(theta[s])
    for b in range(len(pi)):
        theta[s, b] += alpha_theta * delta * pi[a] * ((a == b) - pi[b])
    w[s] += alpha_w * delta
    return theta, w


def wrong_axis(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the softmax sums over the states"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    pi = np.exp(theta) / np.exp(theta).sum(axis=0)
    theta[s] += alpha_theta * delta * (np.eye(theta.shape[1])[a] - pi[s])
    w[s] += alpha_w * delta
    return theta, w


def one_step_size(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: the critic moves by the actor's step size"""
    s, _, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    return _update(theta, w, step, delta, alpha_theta, alpha_theta)


def full_gradient(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, critic: the value of s_next is moved, too"""
    s, _, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    theta, _ = _update(theta, w, step, delta, alpha_theta, alpha_w)
    grad = np.zeros(len(w))  # of delta^2 / 2
    grad[s] -= delta
    if not end:
        grad[s_next] += gamma * delta
    return theta, w - alpha_w * grad


def next_row(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the preferences in s_next are moved"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    w[s] += alpha_w * delta
    s = s_next
    theta[s] += alpha_theta * delta * (np.eye(theta.shape[1])[a] - _softmax(theta[s]))
    return theta, w


def policy_recomputed(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: pi(.|s) is computed anew"""
    s, a, r, s_next, end, _ = step
    delta = r + (0 if end else gamma * w[s_next]) - w[s]
    theta[s, a] += alpha_theta * delta
    theta[s] -= alpha_theta * delta * _softmax(theta[s])
    w[s] += alpha_w * delta
    return theta, w


def others_stay(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: only the preference of the action that was taken moves"""
    s, a, r, s_next, end, _ = step
    delta = r + gamma * (1 - end) * w[s_next] - w[s]
    theta[s, a] += alpha_theta * delta * (1 - _softmax(theta[s])[a])
    w[s] += alpha_w * delta
    return theta, w


def reward_only(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: the reward is taken"""
    s, _, r, s_next, end, _ = step
    delta = r + gamma * (1 - end) * w[s_next] - w[s]
    new, _ = _update(theta, w, step, r, alpha_theta, alpha_w)
    w[s] += alpha_w * delta
    return new, w


def one_by_one(theta, w, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.2, actor: pi(.|s) is computed anew after each entry"""
    s, a, r, s_next, end, _ = step
    delta = r + gamma * (1 - end) * w[s_next] - w[s]
    for b in range(theta.shape[1]):
        theta[s, b] += alpha_theta * delta * ((a == b) - _softmax(theta[s])[b])
    w[s] += alpha_w * delta
    return theta, w
