"""What students write for qac_update."""

import numpy as np


def _policy(theta, s):
    e = np.exp(theta[s])
    return e / e.sum()


def _score(theta, s, a):
    g = np.zeros(theta.shape)
    g[s, a] = 1
    g[s] -= _policy(theta, s)
    return g


def right_loops(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    s, a, r, s_next, terminated, _ = step
    q = float(w[s, a])
    q_next = 0.0 if terminated else float(w[s_next, a_next])
    pi = _policy(theta, s)
    for b, p in enumerate(pi):
        theta[s, b] += alpha_theta * q * ((b == a) - p)
    w[s, a] += alpha_w * (r + gamma * q_next - q)
    return theta, w


def right_vectorised(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    target = step.r + gamma * w[step.s_next, a_next] * (1 - step.terminated)
    one = np.zeros(w.shape)
    one[step.s, step.a] = 1
    new_theta = theta + alpha_theta * w[step.s, step.a] * _score(theta, step.s, step.a)
    return new_theta, w + alpha_w * (target - (w * one).sum()) * one


def right_float32_lists(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    s, a, r, s_next, end, _ = step
    theta, w = theta.astype("float32"), w.astype("float32")
    q = w[s, a]
    theta[s] += np.float32(alpha_theta * q) * _score(theta, s, a)[s].astype("float32")
    w[s, a] += np.float32(alpha_w * (r - q + (0 if end else gamma * w[s_next, a_next])))
    return [theta.tolist(), w.tolist()]


def no_gamma(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: gamma is forgotten"""
    s, a, r, s_next, end, _ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + (0 if end else w[s_next, a_next]) - w[s, a])
    return theta, w


def bootstraps_always(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: the value of s_next is kept where the episode has ended"""
    s, a, r, s_next, *_ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * w[s_next, a_next] - w[s, a])
    return theta, w


def done_is_either(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: truncated is taken for terminated"""
    s, a, r, s_next, *ends = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    q_next = 0 if any(ends) else w[s_next, a_next]
    w[s, a] += alpha_w * (r + gamma * q_next - w[s, a])
    return theta, w


def q_learning(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: the target has the best action in s_next"""
    s, a, r, s_next, end, _ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * np.max(w[s_next]) - w[s, a])
    return theta, w


def expected_sarsa(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: the target has the mean over pi(.|s_next)"""
    s, a, r, s_next, end, _ = step
    v_next = sum(p * x for p, x in zip(_policy(theta, s_next), w[s_next], strict=True))
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * v_next - w[s, a])
    return theta, w


def same_action(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: the target has q(s_next, a)"""
    s, a, r, s_next, end, _ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a] - w[s, a])
    return theta, w


def critic_first(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: the critic's new value is taken"""
    s, a, r, s_next, end, _ = step
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    theta += alpha_theta * w[s, a] * _score(theta, s, a)
    return theta, w


def a2c_by_mistake(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: the TD error is taken in place of q(s, a)"""
    s, a, r, s_next, end, _ = step
    delta = r + gamma * (1 - end) * w[s_next, a_next] - w[s, a]
    theta += alpha_theta * delta * _score(theta, s, a)
    w[s, a] += alpha_w * delta
    return theta, w


def next_q(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: q(s_next, a_next) is taken in place of q(s, a)"""
    s, a, r, s_next, end, _ = step
    theta += alpha_theta * w[s_next, a_next] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def reward_only(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: the reward is taken in place of q(s, a)"""
    s, a, r, s_next, end, _ = step
    theta += alpha_theta * r * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def downhill(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: the actor goes downhill"""
    s, a, r, s_next, end, _ = step
    theta -= alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def plus_pi(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: pi(.|s) is added in the gradient of ln pi"""
    s, a, r, s_next, end, _ = step
    g = _policy(theta, s)
    g[a] += 1
    theta[s] += alpha_theta * w[s, a] * g
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def exchanged_sizes(theta, w, step, a_next, gamma, alpha_w, alpha_theta):
    """Algorithm 10.1, critic: the critic moves by the actor's step size"""
    s, a, r, s_next, end, _ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def backwards(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, critic: the sign of the TD error is wrong"""
    s, a, r, s_next, end, _ = step
    theta = theta + alpha_theta * w[s, a] * _score(theta, s, a)
    w[s, a] -= alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w


def advantage(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """Algorithm 10.1, actor: q(s, a) - v(s) is taken"""
    s, a, r, s_next, end, _ = step
    v = sum(_policy(theta, s) * w[s])
    theta = theta + alpha_theta * (w[s, a] - v) * _score(theta, s, a)
    w[s, a] += alpha_w * (r + gamma * (1 - end) * w[s_next, a_next] - w[s, a])
    return theta, w
