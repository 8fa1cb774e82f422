"""What students write for optimality_step."""

import numpy as np


def right_loops(P, R, gamma, v):
    new = []
    for s in range(len(R)):
        best = float("-inf")
        for a in range(len(R[0])):
            q = R[s][a]
            for t in range(len(v)):
                q += gamma * P[s][a][t] * v[t]
            best = max(best, q)
        new.append(best)
    return new


def right_einsum_column(P, R, gamma, v):
    return (R + gamma * np.einsum("ijk,k->ij", P, v)).max(axis=1, keepdims=True)


def right_float32_generator(P, R, gamma, v):
    for s in range(len(v)):
        yield max(np.float32(R[s, a] + gamma * P[s, a] @ v) for a in range(R.shape[1]))


def right_by_the_best_policy(P, R, gamma, v):
    pi = (R + gamma * P @ v).argmax(axis=1)
    s = np.arange(len(v))
    return R[s, pi] + gamma * P[s, pi] @ v


def no_gamma(P, R, gamma, v):
    """(3.1): gamma is forgotten"""
    return np.max(R + np.dot(P, v), axis=1)


def gamma_outside(P, R, gamma, v):
    """(3.1): gamma multiplies the reward"""
    return gamma * np.max(R + np.dot(P, v), axis=1)


def mean(P, R, gamma, v):
    """(3.1): the mean of the actions"""
    return np.average(R + gamma * P @ v, axis=1)


def smallest(P, R, gamma, v):
    """(3.1): the worst action"""
    return -np.max(-(R + gamma * P @ v), axis=1)


def summed(P, R, gamma, v):
    """(3.1): the sum over the actions"""
    return (R + gamma * P @ v).sum(axis=1)


def in_place(P, R, gamma, v):
    """(3.1): sweeps in place"""
    for s in range(len(v)):
        v[s] = max(R[s, a] + gamma * P[s, a] @ v for a in range(R.shape[1]))
    return v


def taken_apart(P, R, gamma, v):
    """(3.1): the best reward and the best future"""
    return np.array([max(R[s]) + gamma * max(P[s] @ v) for s in range(len(v))])


def best_reward(P, R, gamma, v):
    """(3.1): the action with the best reward"""
    out = []
    for s in range(len(v)):
        a = np.argmax(R[s])
        out.append(R[s, a] + gamma * P[s, a] @ v)
    return out


def best_next_state(P, R, gamma, v):
    """(3.1): the value of the best next state"""
    out = []
    for s in range(len(v)):
        out.append(max(R[s, a] + gamma * v[P[s, a] > 0].max() for a in range(R.shape[1])))
    return out


def likeliest(P, R, gamma, v):
    """(3.1): the likeliest next state"""
    s_next = np.argmax(P, axis=2)
    return np.max(R + gamma * v[s_next], axis=1)


def exchanged(P, R, gamma, v):
    """(3.1): P is read with state and next state"""
    q = np.array(R, dtype=float)
    for s, a in np.ndindex(*q.shape):
        q[s, a] += gamma * P[:, a, s] @ v
    return q.max(axis=1)


def no_probabilities(P, R, gamma, v):
    """(3.1): the values of all possible next states"""
    q = R.copy()
    for s, a, t in np.argwhere(P > 0):
        q[s, a] += gamma * v[t]
    return q.max(axis=1)


def from_zero(P, R, gamma, v):
    """(3.1): the search for the best begins at 0"""
    new = np.zeros(len(v))
    for s, a in np.ndindex(*R.shape):
        new[s] = max(new[s], R[s, a] + gamma * P[s, a] @ v)
    return new


def from_the_old(P, R, gamma, v):
    """(3.1): a value never falls"""
    new = v.copy()
    for s, a in np.ndindex(*R.shape):
        new[s] = max(new[s], R[s, a] + gamma * P[s, a] @ v)
    return new


def largest_in_size(P, R, gamma, v):
    """(3.1): the action with the largest size"""
    q = R + gamma * P @ v
    return np.array([max(row, key=abs) for row in q])


def no_future(P, R, gamma, v):
    """(3.1): the future is left out"""
    return R.max(axis=1)


def no_reward(P, R, gamma, v):
    """(3.1): the reward is left out"""
    return gamma * (P @ v).max(axis=1)


def own_value(P, R, gamma, v):
    """(3.1): the value of the state itself"""
    return np.array([max(R[s] + gamma * v[s]) for s in range(len(v))])


def mean_reward_best_future(P, R, gamma, v):
    """(3.1): the mean of the rewards and the best future"""
    return R.mean(axis=1) + np.max(gamma * P @ v, axis=1)
