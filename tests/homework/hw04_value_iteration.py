"""What students write for value_iteration."""

import numpy as np


def right_loops(P, R, gamma, v, n):
    S, A = len(R), len(R[0])
    out = []
    for _ in range(n):
        new = [0.0] * S
        for s in range(S):
            new[s] = max(
                R[s][a] + gamma * sum(P[s][a][t] * v[t] for t in range(S)) for a in range(A)
            )
        v = new
        out.append(v)
    return out


def right_generator_without_end(P, R, gamma, v, n):
    while True:
        v = np.max(R + gamma * np.einsum("sat,t->sa", P, v), axis=1)
        yield v


class right_class:  # noqa: N801
    def __init__(self, P, R, gamma, v, n):
        self.P, self.R, self.gamma, self.v, self.n = P, R, gamma, v, n

    def __iter__(self):
        for _ in range(self.n):
            self.v = (self.R + self.gamma * self.P @ self.v).max(axis=1)
            yield self.v.copy()


def right_float32_columns(P, R, gamma, v, n):
    P, R, v = (np.asarray(x, dtype=np.float32) for x in (P, R, v))
    v = v.reshape(-1, 1)
    out = []
    for _ in range(n):
        v = (R + np.float32(gamma) * (P @ v)[..., 0]).max(axis=1).reshape(-1, 1)
        out.append(v)
    return np.array(out)


def gamma_only_once(P, R, gamma, v, n):
    """(4.1): gamma is forgotten"""
    out = []
    for _ in range(n):
        q = R + np.dot(P, v)
        v = q.max(axis=1)
        out.append(v)
    return out


def average(P, R, gamma, v, n):
    """(4.1): the mean of the actions"""
    out = []
    for _ in range(n):
        new = np.zeros(len(v))
        for s in range(len(v)):
            for a in range(R.shape[1]):
                new[s] += (R[s, a] + gamma * P[s, a].dot(v)) / R.shape[1]
        v = new
        out.append(v)
    return out


def same_array(P, R, gamma, v, n):
    """(4.1): sweeps in place"""
    out = []
    for _ in range(n):
        for s in range(len(v)):
            v[s] = max(R[s, a] + gamma * P[s, a] @ v for a in range(R.shape[1]))
        out.append(v.copy())
    return out
