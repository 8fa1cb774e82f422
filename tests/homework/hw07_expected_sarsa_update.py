"""What students write for expected_sarsa_update."""

import numpy as np


def right_loop(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    expected = 0
    if not terminated:
        for b in range(q.shape[1]):
            expected += pi[s_next, b] * q[s_next, b]
    q[s, a] += alpha * (r + gamma * expected - q[s, a])
    return q


def right_all_states(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    v = (pi * q).sum(axis=1)
    out = q.copy()
    out[s, a] = (1 - alpha) * q[s, a] + alpha * (r + gamma * (1 - terminated) * v[s_next])
    return out


def right_average(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    future = np.average(q[s_next], weights=pi[s_next]) if not terminated else 0.0
    table = q.tolist()
    table[s][a] = table[s][a] - alpha * (table[s][a] - (r + gamma * future))
    return table


def right_float32(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    q, pi = q.astype(np.float32), pi.astype(np.float32)
    q[s, a] += alpha * (r + gamma * np.dot(pi[s_next], q[s_next]) * (not terminated) - q[s, a])
    return q


def greedy(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the best next action is taken"""
    q[s, a] += alpha * (r + gamma * (1 - terminated) * q[s_next, q[s_next].argmax()] - q[s, a])
    return q


def equal(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): all next actions have equal weights"""
    A = q.shape[1]
    future = sum(q[s_next, b] / A for b in range(A))
    q[s, a] += alpha * (r + gamma * (1 - terminated) * future - q[s, a])
    return q


def plain_sum(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the values of the next actions are added without the weights"""
    q[s, a] += alpha * (r + gamma * (1 - terminated) * sum(q[s_next]) - q[s, a])
    return q


def likeliest(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the likeliest action"""
    b = np.argmax(pi[s_next])
    q[s, a] += alpha * (r + gamma * (1 - terminated) * q[s_next, b] - q[s, a])
    return q


def old_weights(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the weights are those of the state itself"""
    q[s, a] += alpha * (r + gamma * (1 - terminated) * (pi[s] * q[s_next]).sum() - q[s, a])
    return q


def mean_of_products(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the sum over the actions is divided by their number"""
    q[s, a] += alpha * (r + gamma * (1 - terminated) * np.mean(pi[s_next] * q[s_next]) - q[s, a])
    return q


def own_state(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the value of the state itself is the future"""
    q[s, a] += alpha * (r + gamma * (1 - terminated) * (pi[s] @ q[s]) - q[s, a])
    return q


def never_ends(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the future is added after the episode has ended"""
    q[s, a] += alpha * (r + gamma * pi[s_next] @ q[s_next] - q[s, a])
    return q


def done(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): truncation is taken for termination"""
    future = 0 if terminated | truncated else pi[s_next] @ q[s_next]
    q[s, a] += alpha * (r + gamma * future - q[s, a])
    return q


def no_gamma(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): gamma is forgotten"""
    future = 0 if terminated else pi[s_next] @ q[s_next]
    q[s, a] += alpha * (r + future - q[s, a])
    return q


def minus(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the sign is wrong"""
    future = 0 if terminated else pi[s_next] @ q[s_next]
    q[s, a] -= alpha * (r + gamma * future - q[s, a])
    return q


def largest_product(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """(7.15): the largest product of pi and q"""
    future = 0.0 if terminated else max(p * x for p, x in zip(pi[s_next], q[s_next], strict=True))
    q[s, a] += alpha * (r + gamma * future - q[s, a])
    return q
