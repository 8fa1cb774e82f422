"""What students write for off_policy_update."""

import numpy as np


def _pi(theta, s):
    e = np.exp(theta[s] - theta[s].max())
    return e / e.sum()


def _delta(w, step, gamma):
    s, _, r, s_next, end, _ = step
    return r + gamma * (1 - end) * w[s_next] - w[s]


def _moved(theta, w, step, for_actor, for_critic):
    s, a = step[0], step[1]
    g = -_pi(theta, s)
    g[a] += 1
    theta[s] += for_actor * g
    w[s] += for_critic
    return theta, w


def right_loops(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    s, a, r, s_next, terminated, _ = step
    total = sum(np.exp(theta[s][b]) for b in range(len(theta[s])))
    pi = [np.exp(theta[s][b]) / total for b in range(len(theta[s]))]
    delta = r - w[s]
    if not terminated:
        delta = delta + gamma * w[s_next]
    rho = pi[a] / beta[s][a]
    for b in range(len(pi)):
        indicator = 1 if b == a else 0
        theta[s][b] += alpha_theta * rho * delta * (indicator - pi[b])
    w[s] += alpha_w * rho * delta
    return theta, w


def right_vectorised(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    x = np.exp(theta)
    pi = x / x.sum(axis=1)[:, None]
    S, A = theta.shape
    row, col = np.eye(S)[step.s], np.eye(A)[step.a]
    change = (row @ (pi / beta) @ col) * _delta(w, step, gamma)
    return theta + alpha_theta * change * np.outer(row, col - row @ pi), w + alpha_w * change * row


def right_log_ratio_float32(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    theta, w = np.float32(theta), np.float32(w)
    s, a = step.s, step.a
    log_pi = theta[s] - np.log(np.exp(theta[s]).sum())
    rho = np.exp(log_pi[a] - np.log(np.float32(beta[s, a])))
    change = np.float32(rho * _delta(w, step, gamma))
    theta[s] -= np.float32(alpha_theta) * change * np.exp(log_pi)
    theta[s, a] += np.float32(alpha_theta) * change
    w[s] += np.float32(alpha_w) * change
    return theta, w


def right_grad_pi_over_beta(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    s, a = step.s, step.a
    pi, delta = _pi(theta, s), _delta(w, step, gamma)
    w[s] += alpha_w * delta * pi[a] / beta[s, a]
    grad_pi = pi[a] * (np.eye(len(pi))[a] - pi)
    theta[s] += alpha_theta * delta * grad_pi / beta[s, a]
    return theta, w


def on_policy(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight is left out"""
    delta = _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * delta, alpha_w * delta)


def upside_down(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight is upside down"""
    s, a = step[:2]
    change = beta[s, a] / _pi(theta, s)[a] * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def critic_only(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, actor: the importance weight is left out"""
    s, a = step[:2]
    rho, delta = _pi(theta, s)[a] / beta[s, a], _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * delta, alpha_w * rho * delta)


def actor_only(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight is left out"""
    s, a = step[:2]
    rho, delta = _pi(theta, s)[a] / beta[s, a], _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * rho * delta, alpha_w * delta)


def no_beta(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: pi(a|s) is the weight"""
    change = _pi(theta, step.s)[step.a] * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def grad_pi_with_rho(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, actor: the gradient of pi is taken"""
    s, a = step[:2]
    p = _pi(theta, s)[a]
    change = p / beta[s, a] * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * change * p, alpha_w * change)


def actor_before(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight is computed anew after the actor's update"""
    s, a = step[:2]
    delta = _delta(w, step, gamma)
    theta, _ = _moved(theta, w.copy(), step, alpha_theta * _pi(theta, s)[a] / beta[s, a] * delta, 0)
    w[s] += alpha_w * _pi(theta, s)[a] / beta[s, a] * delta
    return theta, w


def critic_before(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, actor: the TD error is computed anew after the critic's update"""
    s, a = step[:2]
    rho = _pi(theta, s)[a] / beta[s, a]
    w[s] += alpha_w * rho * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * rho * _delta(w, step, gamma), 0)


def target_weighted(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight multiplies the target alone"""
    s, a, r, s_next, end, _ = step
    rho = _pi(theta, s)[a] / beta[s, a]
    delta = rho * (r + gamma * (1 - end) * w[s_next]) - w[s]
    return _moved(theta, w, step, alpha_theta * delta, alpha_w * delta)


def ends_ignored(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the value of s_next is kept where the episode has ended"""
    s, a, r, s_next = step[:4]
    change = _pi(theta, s)[a] / beta[s, a] * (r + gamma * w[s_next] - w[s])
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def time_limit_is_an_end(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: truncated is taken for terminated"""
    s, a, r, s_next, terminated, truncated = step
    delta = (r if terminated or truncated else r + gamma * w[s_next]) - w[s]
    change = _pi(theta, s)[a] / beta[s, a] * delta
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def rho_twice(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, actor: the importance weight comes twice"""
    s, a = step[:2]
    rho = _pi(theta, s)[a] / beta[s, a]
    delta = rho * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * rho * delta, alpha_w * delta)


def cut(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the importance weight is cut at 1"""
    s, a = step[:2]
    change = min(_pi(theta, s)[a] / beta[s, a], 1.0) * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def backwards(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, critic: the sign of the TD error is wrong"""
    change = -_pi(theta, step.s)[step.a] / beta[step.s, step.a] * _delta(w, step, gamma)
    return _moved(theta, w, step, alpha_theta * change, alpha_w * change)


def gradient_of_beta(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """Algorithm 10.3, actor: beta takes the place of pi in the gradient"""
    s, a = step[:2]
    change = _pi(theta, s)[a] / beta[s, a] * _delta(w, step, gamma)
    theta[s] -= alpha_theta * change * beta[s]
    theta[s, a] += alpha_theta * change
    w[s] += alpha_w * change
    return theta, w
