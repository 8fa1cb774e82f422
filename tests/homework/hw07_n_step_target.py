"""What students write for n_step_target."""

import numpy as np


def right_loop(q, t, s, a, r, terminated, n, gamma):
    T, g, k = len(r), 0.0, t
    while k < min(t + n, T):
        g += gamma ** (k - t) * r[k]
        k += 1
    if k == T and terminated:
        return g
    return g + gamma ** (k - t) * q[s[k], a[k]]


def right_backwards(q, t, s, a, r, terminated, n, gamma):
    end = min(t + n, len(r))
    g = 0.0 if end == len(r) and terminated else q[s[end]][a[end]]
    for reward in r[t:end][::-1]:
        g = reward + gamma * g
    return g


def right_recursive(q, t, s, a, r, terminated, n, gamma):
    if t == len(r) and terminated:
        return 0.0
    if n == 0 or t == len(r):
        return q[s[t], a[t]]
    return r[t] + gamma * right_recursive(q, t + 1, s, a, r, terminated, n - 1, gamma)


def right_padded_float32(q, t, s, a, r, terminated, n, gamma):
    padded = np.float32(np.concatenate([r[t:], np.zeros(n)])[:n])
    left = min(n, len(r) - t)
    end = t + left
    last = 0 if (terminated and end == len(r)) else q[s[end], a[end]]
    return np.array([padded @ (gamma ** np.arange(n, dtype=np.float32)) + gamma**left * last])


def after_the_end(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the estimate is added after the episode has terminated"""
    end = min(t + n, len(r))
    return (
        sum(gamma ** (k - t) * r[k] for k in range(t, end)) + gamma ** (end - t) * q[s[end], a[end]]
    )


def none_if_cut(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): truncation is taken for termination"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k] for k in range(t, end))
    if t + n < len(r):
        g += gamma**n * q[s[t + n], a[t + n]]
    return g


def tail(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the tail is dropped"""
    if t + n > len(r):
        return 0.0
    return right_loop(q, t, s, a, r, terminated, n, gamma)


def no_gamma(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): gamma is forgotten"""
    end = min(t + n, len(r))
    future = end < len(r) or not terminated
    return r[t:end].sum() + (q[s[end], a[end]] if future else 0)


def gamma_once(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the estimate is multiplied by gamma, and not by gamma^n"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k] for k in range(t, end))
    return g + gamma * q[s[end], a[end]] if end < len(r) or not terminated else g


def one_high(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the power of gamma at the estimate is one too high"""
    g, discount, k = 0.0, 1.0, t
    while k < len(r) and k < t + n:
        g += discount * r[k]
        discount *= gamma
        k += 1
    discount *= gamma
    return g if k == len(r) and terminated else g + discount * q[s[k], a[k]]


def one_low(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the power of gamma at the estimate is one too low"""
    g, k = 0.0, t
    while k < len(r) and k < t + n:
        discount = gamma ** (k - t)
        g += discount * r[k]
        k += 1
    return g if k == len(r) and terminated else g + discount * q[s[k], a[k]]


def rewards_high(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the powers of gamma at the rewards are one too high"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t + 1) * r[k] for k in range(t, end))
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def absolute_time(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the powers of gamma count from the start"""
    end = min(t + n, len(r))
    g = sum(gamma**k * r[k] for k in range(t, end))
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def backwards(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): discounted backwards"""
    end = min(t + n, len(r))
    g = 0.0
    for k in range(t, end):
        g = gamma * g + r[k]
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def one_more(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): one reward too many"""
    end = min(t + n, len(r))
    g = sum(gamma**k * x for k, x in enumerate(r[t : t + n + 1]))
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def one_less(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): one reward too few"""
    end = min(t + n, len(r))
    g = sum(gamma**k * x for k, x in enumerate(r[t : t + n - 1]))
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def monte_carlo(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): all rewards to the end"""
    g = 0.0 if terminated else q[s[-1], a[-1]]
    for reward in reversed(r[t:]):
        g = reward + gamma * g
    return g


def best(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the best action is taken for the estimate"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k] for k in range(t, end))
    return g + gamma ** (end - t) * q[s[end]].max() if end < len(r) or not terminated else g


def full_power(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): near the end the estimate has gamma^n"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k] for k in range(t, end))
    return g + gamma**n * q[s[end], a[end]] if end < len(r) or not terminated else g


def late(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the rewards begin one step too late"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k + 1] for k in range(t, end) if k + 1 < len(r))
    return g + gamma ** (end - t) * q[s[end], a[end]] if end < len(r) or not terminated else g


def late_and_repeated(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the rewards begin one step too late, and the last one"""
    end, T = min(t + n, len(r)), len(r)
    g = sum(gamma ** (k - t) * r[min(k + 1, T - 1)] for k in range(t, end))
    return g if end == T and terminated else g + gamma ** (end - t) * q[s[end], a[end]]


def first_rewards(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the rewards are the first of the episode"""
    m = min(n, len(r) - t)
    g = gamma ** np.arange(m) @ r[:m]
    return g if t + m == len(r) and terminated else g + gamma**m * q[s[t + m], a[t + m]]


def action_of_before(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the action a_t stands in the estimate"""
    end = min(t + n, len(r))
    g = 0.0 if end == len(r) and terminated else q[s[end], a[t]]
    for reward in r[t:end][::-1]:
        g = reward + gamma * g
    return g


def no_end_after_n(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the end is not seen where exactly n rewards are left"""
    end = min(t + n, len(r))
    g = sum(gamma ** (k - t) * r[k] for k in range(t, end))
    if t + n <= len(r) or not terminated:
        g += gamma ** (end - t) * q[s[end], a[end]]
    return g


def estimate_by_n(q, t, s, a, r, terminated, n, gamma):
    """the target of (7.17): the estimate depends on n alone"""
    g = sum(gamma**k * x for k, x in enumerate(r[t : t + n]))
    return g + gamma**n * q[s[t + n], a[t + n]] if t + n <= len(r) else g
