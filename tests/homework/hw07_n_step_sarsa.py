"""What students write for n_step_sarsa."""

import numpy as np


def _target(q, t, s, a, r, terminated, n, gamma):
    end = min(t + n, len(r))
    g = 0.0 if end == len(r) and terminated else q[s[end], a[end]]
    for k in range(end - 1, t - 1, -1):
        g = r[k] + gamma * g
    return g


def right_call(q, s, a, r, terminated, n, gamma, alpha):
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def right_as_it_goes(q, s, a, r, terminated, n, gamma, alpha):
    T = len(r)
    for clock in range(1, T + n):
        tau = clock - n
        if 0 <= tau < T:
            last = min(tau + n, T)
            g = sum(gamma ** (i - tau) * r[i] for i in range(tau, last))
            if tau + n < T or (not terminated):
                g += gamma ** (last - tau) * q[s[last], a[last]]
            q[s[tau], a[tau]] += alpha * (g - q[s[tau], a[tau]])
    return q


def right_window(q, s, a, r, terminated, n, gamma, alpha):
    q = q.tolist()
    window = []
    for t in range(len(r)):
        window.append(t)
        over = t + 1 == len(r)
        while len(window) == n or (over and window):
            first = window[0]
            g = 0.0 if over and terminated else q[s[t + 1]][a[t + 1]]
            for k in reversed(window):
                g = r[k] + gamma * g
            q[s[first]][a[first]] += alpha * (g - q[s[first]][a[first]])
            window = window[1:]
    return q


def right_float32(q, s, a, r, terminated, n, gamma, alpha):
    q = q.astype(np.float32)
    for t in range(len(r)):
        old = q[s[t], a[t]]
        q[s[t], a[t]] = (1 - alpha) * old + alpha * _target(q, t, s, a, r, terminated, n, gamma)
    return q


def no_tail(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the tail is dropped"""
    for t in range(len(r) - n + 1):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def no_tail_nor_last(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the tail is dropped"""
    for t in range(len(r) - n):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def from_the_end(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the updates go from the end to the start"""
    for t in reversed(range(len(r))):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def at_once(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): all targets are computed before the first update"""
    targets = [_target(q, t, s, a, r, terminated, n, gamma) for t in range(len(r))]
    for t, g in enumerate(targets):
        q[s[t], a[t]] += alpha * (g - q[s[t], a[t]])
    return q


def from_a_copy(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): all targets are computed before the first update"""
    new = q.copy()
    for t in range(len(r)):
        new[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - new[s[t], a[t]])
    return new


def after_the_end(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the estimate is added after the episode has terminated"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, False, n, gamma) - q[s[t], a[t]])
    return q


def end_is_end(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): truncation is taken for termination"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, True, n, gamma) - q[s[t], a[t]])
    return q


def no_gamma(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): gamma is forgotten"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, 1) - q[s[t], a[t]])
    return q


def minus(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the sign is wrong"""
    for t in range(len(r)):
        q[s[t], a[t]] -= alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def not_the_old(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): alpha multiplies the whole target"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * _target(q, t, s, a, r, terminated, n, gamma)
    return q


def one_step(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): n is not used"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, 1, gamma) - q[s[t], a[t]])
    return q


def one_step_more(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): n is taken one too large"""
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n + 1, gamma) - q[s[t], a[t]])
    return q


def without_the_last(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the last step is left out"""
    for t in range(len(r) - 1):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def late_rewards(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the rewards begin one step too late, and the last one"""
    r = np.append(r[1:], r[-1])
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q


def short_rewards(q, s, a, r, terminated, n, gamma, alpha):
    """(7.17): the rewards begin one step too late"""
    r = np.append(r[1:], 0)
    for t in range(len(r)):
        q[s[t], a[t]] += alpha * (_target(q, t, s, a, r, terminated, n, gamma) - q[s[t], a[t]])
    return q
