"""What students write for sarsa_update."""

import numpy as np


def right_plain(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    target = r if terminated else r + gamma * q[s_next][a_next]
    q[s][a] += alpha * (target - q[s][a])
    return q


def right_lists(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    table = [[float(x) for x in row] for row in q]
    error = table[s][a] - r - (not terminated) * gamma * table[s_next][a_next]
    table[s][a] -= alpha * error
    return table


def right_mask(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    mask = np.zeros(q.shape)
    mask[s, a] = alpha
    return (1 - mask) * q + mask * (r + gamma * q[s_next, a_next] * (1 - int(terminated)))


def right_float32_dict(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    rows = {k: np.float32(row) for k, row in enumerate(q)}
    future = np.float32(0) if terminated else rows[s_next][a_next]
    rows[s][a] = rows[s][a] - np.float32(alpha) * (rows[s][a] - (r + np.float32(gamma) * future))
    return rows


def no_gamma(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): gamma is forgotten"""
    q[s, a] += alpha * (r + (1 - terminated) * q[s_next, a_next] - q[s, a])
    return q


def never_ends(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the future is added after the episode has ended"""
    q[s, a] += alpha * (r + gamma * q[s_next, a_next] - q[s, a])
    return q


def done(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): truncation is taken for termination"""
    target = r
    if not (terminated or truncated):
        target = r + gamma * q[s_next, a_next]
    q[s, a] += alpha * (target - q[s, a])
    return q


def maximum(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the best next action is taken"""
    target = r + gamma * (1 - terminated) * np.max(q[s_next])
    q[s, a] += alpha * (target - q[s, a])
    return q


def mean(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the mean over the next actions"""
    target = r + gamma * (1 - terminated) * np.mean(q[s_next])
    q[s, a] += alpha * (target - q[s, a])
    return q


def old_action(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the future is q(s', a)"""
    target = r + gamma * (1 - terminated) * q[s_next, a]
    q[s, a] += alpha * (target - q[s, a])
    return q


def old_state(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the value of the state itself is the future"""
    target = r + gamma * (1 - terminated) * q[s, a_next]
    q[s, a] += alpha * (target - q[s, a])
    return q


def minus(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the sign is wrong"""
    target = r if terminated else r + gamma * q[s_next, a_next]
    q[s, a] -= alpha * (target - q[s, a])
    return q


def not_the_old(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): alpha multiplies the whole target"""
    q[s, a] += alpha * (r if terminated else r + gamma * q[s_next, a_next])
    return q


def no_alpha(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): alpha is forgotten"""
    q[s, a] -= q[s, a] - (r if terminated else r + gamma * q[s_next, a_next])
    return q


def next_pair(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the update is written at the next state"""
    target = r + gamma * (1 - terminated) * q[s_next, a_next]
    q[s_next, a] += alpha * (target - q[s, a])
    return q


def all_actions(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): all actions of the state are changed"""
    target = r + gamma * (1 - terminated) * q[s_next, a_next]
    q[s] += alpha * (target - q[s])
    return q


def no_reward(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """(7.12): the reward is left out"""
    target = gamma * (1 - terminated) * q[s_next, a_next]
    q[s, a] = (1 - alpha) * q[s, a] + alpha * target
    return q
