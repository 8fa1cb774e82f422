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


def right_only_the_last(P, R, gamma, v, n):
    for _ in range(n):
        v = np.max(R + gamma * P @ v, axis=1)
    return v


def right_by_policies(P, R, gamma, v, n):
    out, s = [], np.arange(len(v))
    for _ in range(n):
        pi = np.argmax((R + gamma * P @ v)[:, ::-1], axis=1)  # of equal actions, the last
        pi = R.shape[1] - 1 - pi
        v = R[s, pi] + gamma * P[s, pi] @ v
        out.append({k: float(x) for k, x in enumerate(v)})
    return out


def _iterate(step, v, n):
    out = []
    for _ in range(n):
        v = step(v)
        out.append(v)
    return out


def gamma_outside(P, R, gamma, v, n):
    """(4.1): gamma multiplies the reward"""
    return _iterate(lambda v: gamma * (R + P @ v).max(1), v, n)


def smallest(P, R, gamma, v, n):
    """(4.1): the worst action"""
    return _iterate(lambda v: np.min(R + gamma * P @ v, axis=1), v, n)


def taken_apart(P, R, gamma, v, n):
    """(4.1): the best reward and the best future"""
    return _iterate(lambda v: R.max(1) + gamma * (P @ v).max(1), v, n)


def best_reward(P, R, gamma, v, n):
    """(4.1): the action with the best reward"""
    s, a = np.arange(len(v)), R.argmax(1)
    return _iterate(lambda v: R[s, a] + gamma * P[s, a] @ v, v, n)


def likeliest(P, R, gamma, v, n):
    """(4.1): the likeliest next state"""
    return _iterate(lambda v: (R + gamma * v[P.argmax(-1)]).max(1), v, n)


def exchanged(P, R, gamma, v, n):
    """(4.1): P is read with state and next state"""
    return _iterate(lambda v: (R + gamma * np.einsum("tas,t->sa", P, v)).max(1), v, n)


def always_from_the_first(P, R, gamma, v, n):
    """(4.1): every step begins at v_0"""
    return [np.max(R + gamma * P @ v, axis=1) for _ in range(n)]


def stored_once(P, R, gamma, v, n):
    """(4.1): one array is in the list n times: each"""
    out = []
    for _ in range(n):
        v[:] = np.max(R + gamma * P @ v, axis=1)
        out.append(v)
    return out


def stored_once_in_place(P, R, gamma, v, n):
    """(4.1): one array is in the list n times, and it is swept"""
    out = []
    for _ in range(n):
        for s in range(len(v)):
            v[s] = np.max(R[s] + gamma * P[s] @ v)
        out.append(v)
    return out


def begins_with_v_0(P, R, gamma, v, n):
    """(4.1): the list begins with v_0"""
    out = [v]
    for _ in range(n - 1):
        out.append(np.max(R + gamma * P @ out[-1], axis=1))
    return out


def first_policy_kept(P, R, gamma, v, n):
    """(4.1): the best policy for v_0 is kept"""
    s, a = np.arange(len(v)), (R + gamma * P @ v).argmax(1)
    return _iterate(lambda v: R[s, a] + gamma * P[s, a] @ v, v, n)


def from_zero(P, R, gamma, v, n):
    """(4.1): the search for the best begins at 0"""
    out = []
    for _ in range(n):
        new = [0] * len(v)
        for s, a in np.ndindex(*R.shape):
            new[s] = max(new[s], R[s, a] + gamma * P[s, a] @ v)
        v = np.array(new)
        out.append(v)
    return out


def never_falls(P, R, gamma, v, n):
    """(4.1): a value never falls"""
    return _iterate(lambda v: np.maximum(v, (R + gamma * P @ v).max(1)), v, n)


def own_value(P, R, gamma, v, n):
    """(4.1): the value of the state itself"""
    return _iterate(lambda v: (R + gamma * v.reshape(-1, 1)).max(1), v, n)


def last_one_short(P, R, gamma, v, n):
    """(4.1) after n steps: one step too few"""
    for _ in range(n - 1):
        v = np.max(R + gamma * P @ v, axis=1)
    return v


def limit(P, R, gamma, v, n):
    """(4.1) after n steps: the limit is returned"""
    for _ in range(500):
        v = np.max(R + gamma * P @ v, axis=1)
    return v


def from_zeros(P, R, gamma, v, n):
    """(4.1): v is not used"""
    v, out = np.zeros(P.shape[0]), []
    while len(out) < n:
        v = np.max(R + gamma * np.einsum("ijk,k->ij", P, v), axis=1)
        out.append(v)
    return out


def last_from_zeros(P, R, gamma, v, n):
    """(4.1) after n steps: v is not used"""
    return from_zeros(P, R, gamma, v, n)[-1]


def argmax_in_the_list(P, R, gamma, v, n):
    """(4.1): the number of the best action is returned"""
    out = []
    for _ in range(n):
        values = R + gamma * P.dot(v)
        out.append(np.argmax(values, axis=1))
        v = np.max(values, axis=1)
    return out


def argmax_for_max(P, R, gamma, v, n):
    """(4.1): the number of the best action is taken for the new value"""
    for _ in range(n):
        v = np.argmax(R + gamma * P.dot(v), axis=1)
        yield v


def mean_reward(P, R, gamma, v, n):
    """(4.1): the mean of the rewards and the best future"""
    r = R.mean(axis=1)
    for _ in range(n):
        v = r + gamma * (P @ v).max(axis=1)
        yield v
