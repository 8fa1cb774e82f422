"""What students write for q_learning_update."""

import numpy as np


def right_plain(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    best = max(q[s_next])
    if terminated:
        best = 0
    q[s, a] = q[s, a] + alpha * (r + gamma * best - q[s, a])
    return q


def right_lists(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    table = q.tolist()
    best = table[s_next][0]
    for x in table[s_next]:
        if x > best:
            best = x
    table[s][a] -= alpha * (table[s][a] - r - (0 if terminated else gamma * best))
    return table


def right_dict_of_arrays(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    table = dict(enumerate(q.copy()))
    table[s][a] *= 1 - alpha
    table[s][a] += alpha * (r + gamma * q[s_next].max() * (1 - terminated))
    return table


def right_float32_any_tie(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    q = np.float32(q)
    b = len(q[s_next]) - 1 - np.argmax(q[s_next][::-1])
    q[s, a] += np.float32(alpha) * (r + gamma * q[s_next, b] * (not terminated) - q[s, a])
    return q


def mean(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the mean of the next actions"""
    q[s, a] += alpha * (r + gamma * q[s_next].mean() * (not terminated) - q[s, a])
    return q


def maximum_of_old(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the value of the state itself is the future"""
    q[s, a] += alpha * (r + gamma * q[s].max() * (not terminated) - q[s, a])
    return q


def whole_table(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the largest value of the whole table"""
    q[s, a] += alpha * (r + gamma * np.max(q) * (not terminated) - q[s, a])
    return q


def number(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the number of the best action"""
    q[s, a] += alpha * (r + gamma * np.argmax(q[s_next]) * (not terminated) - q[s, a])
    return q


def same_action(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the future is q(s', a)"""
    q[s, a] += alpha * (r + gamma * q[s_next, a] * (not terminated) - q[s, a])
    return q


def minimum(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the worst next action"""
    q[s, a] += alpha * (r + gamma * min(q[s_next]) * (not terminated) - q[s, a])
    return q


def never_ends(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the future is added after the episode has ended"""
    q[s, a] = (1 - alpha) * q[s, a] + alpha * (r + gamma * q[s_next].max())
    return q


def done(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): truncation is taken for termination"""
    done = terminated or truncated
    q[s, a] = (1 - alpha) * q[s, a] + alpha * (r + gamma * q[s_next].max() * (1 - done))
    return q


def no_gamma(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): gamma is forgotten"""
    q[s, a] = (1 - alpha) * q[s, a] + alpha * (r + q[s_next].max() * (1 - terminated))
    return q


def not_the_old(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): alpha multiplies the whole target"""
    q[s, a] = q[s, a] + alpha * (r + gamma * q[s_next].max() * (1 - terminated))
    return q


def old_lost(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the old value is lost: only alpha times the target"""
    q[s, a] = alpha * (r + gamma * q[s_next].max() * (1 - terminated))
    return q


def reward_lost(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the reward is lost where the episode ends"""
    target = 0 if terminated else r + gamma * q[s_next].max()
    q[s, a] += alpha * (target - q[s, a])
    return q


def whole_row(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): all actions of the state are changed"""
    target = r if terminated else r + gamma * q[s_next].max()
    q[s] = q[s, a] + alpha * (target - q[s, a])
    return q


def wrong_axis(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """(7.18): the largest value of the action over all states"""
    future = 0.0 if terminated else np.max(q, axis=0)[a]
    q[s, a] += alpha * (r + gamma * future - q[s, a])
    return q
