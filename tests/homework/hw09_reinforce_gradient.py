"""What students write for reinforce_gradient."""

import numpy as np


def _pi(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def _score(theta, s, a):
    g = np.zeros(theta.shape)
    g[s] = -_pi(theta[s])
    g[s, a] += 1
    return g


def _returns(r, gamma, last=0.0):
    q, out = last, []
    for x in r[::-1]:
        q = x + gamma * q
        out.insert(0, q)
    return np.array(out)


def right_loops(theta, s, a, r, terminated, gamma, b):
    T = len(r)
    g = [[0.0] * len(theta[0]) for _ in theta]
    for t in range(T):
        q = sum(gamma ** (k - t) * r[k] for k in range(t, T))
        if not terminated:
            q += gamma ** (T - t) * b[s[T]]
        pi = _pi(theta[s[t]])
        for c in range(len(pi)):
            g[s[t]][c] += ((c == a[t]) - pi[c]) * (q - b[s[t]]) / T
    return g


def right_vectors(theta, s, a, r, terminated, gamma, b):
    T = len(r)
    powers = np.triu(gamma ** np.maximum(0, np.arange(T) - np.arange(T)[:, None]))
    q = powers @ r + (not terminated) * gamma ** (T - np.arange(T)) * b[s[-1]]
    e = np.exp(theta)
    pi = e / e.sum(1, keepdims=True)
    rows = (np.eye(theta.shape[1])[a] - pi[s[:-1]]) * (q - b[s[:-1]])[:, None]
    g = np.zeros(theta.shape)
    np.add.at(g, s[:-1], rows)
    return g / T


def right_differences(theta, s, a, r, terminated, gamma, b):
    q = _returns(r, gamma, 0 if terminated else b[s[-1]]) - b[s[:-1]]

    def objective(x):
        return np.mean([q[t] * np.log(_pi(x[s[t]])[a[t]]) for t in range(len(r))])

    g = np.zeros(theta.shape)
    for i in np.ndindex(*theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 1e-5
        g[i] = (objective(theta + e) - objective(theta - e)) / 2e-5
    return g


def right_telescoping(theta, s, a, r, terminated, gamma, b):
    v = b[s].copy()
    if terminated:
        v[-1] = 0
    delta = r + gamma * v[1:] - v[:-1]
    advantages = _returns(delta, gamma)
    return {i: sum(
        (w * _score(theta, s[t], a[t])[i] for t, w in enumerate(advantages)), 0 * theta[0]
    ) / len(r) for i in range(len(theta))}  # fmt: skip


def right_float32(theta, s, a, r, terminated, gamma, b):
    theta, r, b = np.float32(theta), np.float32(r), np.float32(b)
    q = _returns(r, np.float32(gamma), np.float32(0) if terminated else b[s[-1]])
    parts = [(q[t] - b[s[t]]) * _score(theta, s[t], a[t]) for t in range(len(r))]
    return np.mean(parts, axis=0).astype(np.float32)


def _estimate(theta, s, a, weights, score=_score):
    return np.mean([w * score(theta, s[t], a[t]) for t, w in enumerate(weights)], axis=0)


def _q(s, r, terminated, gamma, b):
    return _returns(r, gamma, 0.0 if terminated else b[s[-1]])


def added(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the baseline is added"""
    return _estimate(theta, s, a, _q(s, r, terminated, gamma, b) + b[s[:-1]])


def no_baseline(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the baseline is left out"""
    return _estimate(theta, s, a, _q(s, r, terminated, gamma, b))


def cut_is_end(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: an episode that was only cut off"""
    return _estimate(theta, s, a, _returns(r, gamma) - b[s[:-1]])


def no_end(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the end is not seen"""
    return _estimate(theta, s, a, _returns(r, gamma, b[s[len(r)]]) - b[s[:-1]])


def rest_not_discounted(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: b(s_T) is not discounted"""
    q = _returns(r, gamma)
    if not terminated:
        q = q + b[s[-1]]
    return _estimate(theta, s, a, q - b[s[:-1]])


def last_but_one(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: b of the last state but one"""
    q = _returns(r, gamma, 0 if terminated else b[s[len(a) - 1]])
    return _estimate(theta, s, a, q - b[s[:-1]])


def downhill(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the sign is wrong"""
    return -_estimate(theta, s, a, _q(s, r, terminated, gamma, b) - b[s[:-1]])


def total(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the sum over the steps"""
    return len(r) * _estimate(theta, s, a, _q(s, r, terminated, gamma, b) - b[s[:-1]])


def table(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: a table (T, T) is made of returns (T,) and baselines (T, 1)"""
    difference = _q(s, r, terminated, gamma, b) - b[s[:-1]].reshape(-1, 1)
    return _estimate(theta, s, a, difference.mean(axis=1))


def next_baseline(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the baseline of the next state"""
    return _estimate(theta, s, a, _q(s, r, terminated, gamma, b) - b[s[1:]])


def td_error(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: r_{t+1} + gamma b(s_{t+1}) stands"""
    delta = r + gamma * b[s[1:]] - b[s[:-1]]
    if terminated:
        delta[-1] = r[-1] - b[s[-2]]
    return _estimate(theta, s, a, delta)


def no_gamma(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: gamma is forgotten"""
    return _estimate(theta, s, a, _q(s, r, terminated, 1, b) - b[s[:-1]])


def whole_return(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the return of the whole episode"""
    return _estimate(theta, s, a, _q(s, r, terminated, gamma, b)[0] - b[s[:-1]])


def grad_pi(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the gradient of pi is taken"""
    score = lambda theta, s, a: _pi(theta[s])[a] * _score(theta, s, a)  # noqa: E731
    return _estimate(theta, s, a, _q(s, r, terminated, gamma, b) - b[s[:-1]], score)


def normalised(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: the advantages are normalised"""
    w = _q(s, r, terminated, gamma, b) - b[s[:-1]]
    return _estimate(theta, s, a, (w - np.mean(w)) / (np.std(w) + 1e-8))


def powers_in_front(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: a factor gamma^t stands before each step"""
    w = _q(s, r, terminated, gamma, b) - b[s[:-1]]
    return _estimate(theta, s, a, [gamma**t * x for t, x in enumerate(w)])


def last_of_a_state(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: only the last step in each state"""
    g, q = np.zeros(theta.shape), _q(s, r, terminated, gamma, b)
    for t in range(len(r)):
        g[s[t]] = (q[t] - b[s[t]]) * (np.eye(theta.shape[1])[a[t]] - _pi(theta[s[t]])) / len(r)
    return g


def first_of_a_state(theta, s, a, r, terminated, gamma, b):
    """(9.9) with a baseline: only the first step in each state"""
    g, q = np.zeros(theta.shape), 0.0 if terminated else b[s[-1]]
    for t in range(len(r) - 1, -1, -1):
        q = r[t] + gamma * q
        g[s[t]] = (q - b[s[t]]) * _score(theta, s[t], a[t])[s[t]]
    return g / len(r)
