"""What students write for truncated_policy_iteration."""

import numpy as np


def right_loops(P, R, gamma, v, n, sweeps):
    S, A = R.shape
    out = []
    for _ in range(n):
        actions = []
        for s in range(S):
            q = [R[s, a] + gamma * sum(P[s, a, t] * v[t] for t in range(S)) for a in range(A)]
            actions.append(max(range(A), key=lambda a: q[a]))
        for _ in range(sweeps):
            old = list(v)
            for s in range(S):
                a = actions[s]
                v[s] = R[s, a] + gamma * sum(P[s, a, t] * old[t] for t in range(S))
        out.append((list(v), actions))
    return out


def right_generator(P, R, gamma, v, n, sweeps):
    while True:
        pi = np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]
        for _ in range(sweeps):
            v = np.sum(pi * (R + gamma * P @ v), axis=1)
        yield v, pi


def right_power_of_the_chain(P, R, gamma, v, n, sweeps):
    out, s = [], np.arange(len(R))
    for _ in range(n):
        q = R + gamma * P @ v
        a = R.shape[1] - 1 - q[:, ::-1].argmax(1)
        chain = gamma * P[s, a]
        v_pi = np.linalg.solve(np.eye(len(R)) - chain, R[s, a])
        v = v_pi + np.linalg.matrix_power(chain, sweeps) @ (v - v_pi)
        out.append((v.astype(np.float32), np.eye(R.shape[1], dtype=np.float32)[a]))
    return out


def right_first_sweep_is_the_maximum(P, R, gamma, v, n, sweeps):
    out = []
    for _ in range(n):
        q = R + gamma * P @ v
        best = q.max(1, keepdims=True)
        pi = (q == best) / (q == best).sum(1, keepdims=True)
        v = best[:, 0]
        for _ in range(sweeps - 1):
            v = (pi * (R + gamma * P @ v)).sum(1)
        out.append([v.reshape(-1, 1), pi])
    return out


def _greedy(P, R, gamma, v):
    return np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]


def _iterate(P, R, gamma, v, n, sweep, improve=_greedy):
    out = []
    for _ in range(n):
        pi = improve(P, R, gamma, v)
        v = sweep(pi, v)
        out.append((v, pi))
    return out


def _sweeps(P, R, gamma, pi, v, n):
    for _ in range(n):
        v = (pi * (R + gamma * P @ v)).sum(1)
    return v


def one_short(P, R, gamma, v, n, sweeps):
    """(4.4): one sweep too few"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, sweeps - 1))


def one_more(P, R, gamma, v, n, sweeps):
    """(4.4): one sweep too many"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, sweeps + 1))


def only_one(P, R, gamma, v, n, sweeps):
    """(4.4): only one sweep"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, 1))


def from_zeros(P, R, gamma, v, n, sweeps):
    """(4.4): the sweeps begin at zero"""
    zeros = np.zeros(len(R))
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, zeros, sweeps))


def from_the_first(P, R, gamma, v, n, sweeps):
    """(4.4): the sweeps begin at v_0"""
    first = v
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, first, sweeps))


def to_the_end(P, R, gamma, v, n, sweeps):
    """(4.4): the policy is evaluated to the end"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, 600))


def value_steps(P, R, gamma, v, n, sweeps):
    """(4.4): each sweep takes the best action"""
    out = []
    for _ in range(n):
        pi = _greedy(P, R, gamma, v)
        for _ in range(sweeps):
            v = (R + gamma * P @ v).max(1)
        out.append((v, pi))
    return out


def no_gamma(P, R, gamma, v, n, sweeps):
    """(4.4): gamma is forgotten"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, 1, pi, v, sweeps))


def gamma_on_the_reward(P, R, gamma, v, n, sweeps):
    """(4.4): gamma multiplies the reward"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, gamma * R, gamma, pi, v, sweeps))


def in_place(P, R, gamma, v, n, sweeps):
    """(4.4): sweeps in place"""

    def sweep(pi, v):
        v = v.copy()
        for _ in range(sweeps):
            for s in range(len(v)):
                v[s] = pi[s] @ (R[s] + gamma * P[s] @ v)
        return v

    return _iterate(P, R, gamma, v, n, sweep)


def no_reward(P, R, gamma, v, n, sweeps):
    """(4.4): the reward is left out"""
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, 0 * R, gamma, pi, v, sweeps))


def mean(P, R, gamma, v, n, sweeps):
    """(4.4): the policy is left out: the mean"""
    equal = np.full(R.shape, 1 / R.shape[1])
    return _iterate(P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, equal, v, sweeps))


def transposed(P, R, gamma, v, n, sweeps):
    """(4.4): P_pi is read with state and next state"""

    def sweep(pi, v):
        P_pi = np.einsum("sa,sat->ts", pi, P)
        for _ in range(sweeps):
            v = (pi * R).sum(1) + gamma * P_pi @ v
        return v

    return _iterate(P, R, gamma, v, n, sweep)


def policy_of_the_new_values(P, R, gamma, v, n, sweeps):
    """(4.2): the policy is greedy for v_k, and"""
    pi, out = _greedy(P, R, gamma, v), []
    for _ in range(n):
        v = _sweeps(P, R, gamma, pi, v, sweeps)
        pi = _greedy(P, R, gamma, v)
        out.append((v, pi))
    return out


def greedy_without_reward(P, R, gamma, v, n, sweeps):
    """(4.2): the reward is left out"""
    return _iterate(
        P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, sweeps),
        lambda P, R, gamma, v: _greedy(P, 0 * R, gamma, v),
    )  # fmt: skip


def greedy_without_gamma(P, R, gamma, v, n, sweeps):
    """(4.2): gamma is forgotten"""
    return _iterate(
        P, R, gamma, v, n, lambda pi, v: _sweeps(P, R, gamma, pi, v, sweeps),
        lambda P, R, gamma, v: _greedy(P, R, 1, v),
    )  # fmt: skip


def right_only_the_last(P, R, gamma, v, n, sweeps):
    for _ in range(n):
        pi = _greedy(P, R, gamma, v)
        v = _sweeps(P, R, gamma, pi, v, sweeps)
    return v, pi


def policy_in_each_sweep(P, R, gamma, v, n, sweeps):
    """(4.2): a new policy is taken in each sweep"""
    out = []
    for _ in range(n):
        for _ in range(sweeps):
            best = np.argmax(R + gamma * P @ v, axis=1)
            v = np.array([R[s, a] + gamma * P[s, a] @ v for s, a in enumerate(best)])
        out.append((v, best))
    return out


def collected_in_the_sweeps(P, R, gamma, v, n, sweeps):
    """(4.4): the pairs are collected inside the loop"""
    out = []
    for _ in range(n):
        pi = np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]
        for _ in range(sweeps):
            v = (pi * (R + gamma * P @ v)).sum(1)
            out.append((v, pi))
    return out


def one_v_for_all(P, R, gamma, v, n, sweeps):
    """(4.4): the same array stands in the list"""
    out = []
    for _ in range(n):
        pi = np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]
        for _ in range(sweeps):
            v[:] = (pi * (R + gamma * P @ v)).sum(1)
        out.append((v, pi))
    return out


def one_pi_for_all(P, R, gamma, v, n, sweeps):
    """(4.2): the same array stands in the list"""
    out, pi = [], np.zeros(R.shape)
    for _ in range(n):
        pi[:] = 0
        pi[np.arange(len(v)), (R + gamma * P @ v).argmax(1)] = 1
        for _ in range(sweeps):
            v = (pi * (R + gamma * P @ v)).sum(1)
        out.append((v, pi))
    return out
