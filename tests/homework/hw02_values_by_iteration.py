"""What students write for values_by_iteration."""

import numpy as np


def right_loops(P, R, gamma, pi, v, n):
    S, A = R.shape
    values = [list(v)]
    for k in range(n):
        values.append([])
        for s in range(S):
            total = 0
            for a in range(A):
                future = sum(P[s, a, t] * values[k][t] for t in range(S))
                total += pi[s, a] * (R[s, a] + gamma * future)
            values[k + 1].append(total)
    return values[1:]


def right_generator(P, R, gamma, pi, v, n):
    while True:
        v = np.sum(pi * (R + gamma * P @ v), axis=1)
        yield v


def right_columns_float32(P, R, gamma, pi, v, n):
    P_pi = np.einsum("sa,sat->st", pi, P).astype(np.float32)
    r_pi = np.einsum("sa,sa->s", pi, R).astype(np.float32)[:, None]
    v = v.astype(np.float32)[:, None]
    out = np.zeros((n, len(v), 1), dtype=np.float32)
    for k in range(n):
        out[k] = v = r_pi + np.float32(gamma) * P_pi @ v
    return out


def right_only_the_last(P, R, gamma, pi, v, n):
    for _ in range(n):
        v = (pi * (R + gamma * P @ v)).sum(-1)
    return v


class right_class:  # noqa: N801
    def __init__(self, P, R, gamma, pi, v, n):
        self.P_pi, self.r_pi = np.einsum("sa,sat->st", pi, P), (pi * R).sum(1)
        self.gamma, self.v, self.n = gamma, dict(enumerate(v)), n

    def __iter__(self):
        for _ in range(self.n):
            old = [self.v[s] for s in range(len(self.v))]
            for s, r in enumerate(self.r_pi):
                self.v[s] = r + self.gamma * self.P_pi[s] @ old
            yield dict(self.v)


def _iterate(step, v, n):
    out = []
    for _ in range(n):
        v = step(v)
        out.append(v)
    return out


def no_gamma(P, R, gamma, pi, v, n):
    """(2.11): gamma is forgotten"""
    return _iterate(lambda v: (pi * (R + P @ v)).sum(1), v, n)


def gamma_everywhere(P, R, gamma, pi, v, n):
    """(2.11): gamma multiplies the reward"""
    return _iterate(lambda v: gamma * (pi * (R + P @ v)).sum(1), v, n)


def best_action(P, R, gamma, pi, v, n):
    """(2.11): the best action is taken"""
    return _iterate(lambda v: (R + gamma * P @ v).max(1), v, n)


def mean(P, R, gamma, pi, v, n):
    """(2.11): the policy is left out: the mean"""
    return _iterate(lambda v: np.mean(R + gamma * P @ v, axis=1), v, n)


def added_up(P, R, gamma, pi, v, n):
    """(2.11): the policy is left out: the actions are added up"""
    return _iterate(lambda v: np.sum(R + gamma * P @ v, axis=1), v, n)


def likeliest(P, R, gamma, pi, v, n):
    """(2.11): the likeliest action"""
    s, a = np.arange(len(R)), pi.argmax(1)
    return _iterate(lambda v: (R + gamma * P @ v)[s, a], v, n)


def transposed(P, R, gamma, pi, v, n):
    """(2.11): P_pi is read with state and next state exchanged"""
    P_pi, r_pi = np.einsum("sa,sat->ts", pi, P), (pi * R).sum(1)
    return _iterate(lambda v: r_pi + gamma * P_pi @ v, v, n)


def in_place(P, R, gamma, pi, v, n):
    """(2.11): sweeps in place"""
    out = []
    for _ in range(n):
        for s in range(len(v)):
            v[s] = sum(pi[s, a] * (R[s, a] + gamma * P[s, a] @ v) for a in range(R.shape[1]))
        out.append(np.copy(v))
    return out


def one_array(P, R, gamma, pi, v, n):
    """(2.11): one array is in the list n times: each"""
    out = []
    for _ in range(n):
        v[:] = (pi * (R + gamma * P @ v)).sum(1)
        out.append(v)
    return out


def one_array_in_place(P, R, gamma, pi, v, n):
    """(2.11): one array is in the list n times, and it is swept"""
    out = []
    for _ in range(n):
        for s in range(len(v)):
            v[s] = pi[s] @ (R[s] + gamma * P[s] @ v)
        out.append(v)
    return out


def always_from_the_first(P, R, gamma, pi, v, n):
    """(2.11): every step begins at v_0"""
    return [(pi * (R + gamma * P @ v)).sum(1) for _ in range(n)]


def begins_with_v_0(P, R, gamma, pi, v, n):
    """(2.11): the list begins with v_0"""
    out = []
    for _ in range(n):
        out.append(v)
        v = (pi * (R + gamma * P @ v)).sum(1)
    return out


def own_value(P, R, gamma, pi, v, n):
    """(2.11): the value of the state itself"""
    return _iterate(lambda v: (pi * (R + gamma * v[:, None])).sum(1), v, n)


def no_reward(P, R, gamma, pi, v, n):
    """(2.11): the reward is left out"""
    return _iterate(lambda v: gamma * (pi * (P @ v)).sum(1), v, n)


def plus_equals(P, R, gamma, pi, v, n):
    """(2.11): the new value is added"""
    return _iterate(lambda v: v + (pi * (R + gamma * P @ v)).sum(1), v, n)


def last_without_gamma(P, R, gamma, pi, v, n):
    """(2.11) after n steps: gamma is forgotten"""
    return _iterate(lambda v: (pi * (R + P @ v)).sum(1), v, n)[-1]


def last_one_short(P, R, gamma, pi, v, n):
    """(2.11) after n steps: one step too few"""
    for _ in range(1, n):
        v = (pi * (R + gamma * P @ v)).sum(1)
    return v


def starts_with_zeros(P, R, gamma, pi, v, n):
    """(2.11): v is not used"""
    values = [[0.0] * len(R)]
    for _ in range(n):
        old = values[-1]
        values.append(
            [
                sum(pi[s, a] * (R[s, a] + gamma * P[s, a] @ old) for a in range(R.shape[1]))
                for s in range(len(R))
            ]
        )
    return values[1:]


def last_from_zeros(P, R, gamma, pi, v, n):
    """(2.11) after n steps: v is not used"""
    return starts_with_zeros(P, R, gamma, pi, v, n)[-1]
