"""What students write for action_values."""

import numpy as np


def right_loops(P, R, gamma, pi, v):
    q = []
    for s in range(len(R)):
        q.append([])
        for a in range(len(R[0])):
            q[s].append(R[s][a])
            for t in range(len(R)):
                q[s][a] += gamma * P[s][a][t] * v[t]
    return q


def right_einsum_float32(P, R, gamma, pi, v):
    return (R + gamma * np.einsum("sat,t->sa", P, v)).astype("float32")


def right_generator(P, R, gamma, pi, v):
    for s in range(len(v)):
        yield [R[s, a] + gamma * np.dot(P[s, a], v) for a in range(pi.shape[1])]


def right_dict(P, R, gamma, pi, v):
    return {s: R[s] + gamma * P[s] @ v for s in range(len(v))}


def no_gamma(P, R, gamma, pi, v):
    """(2.14): gamma is forgotten"""
    return R + P @ v


def gamma_everywhere(P, R, gamma, pi, v):
    """(2.14): gamma multiplies the reward"""
    return gamma * (R + np.dot(P, v))


def no_reward(P, R, gamma, pi, v):
    """(2.14): the reward is left out"""
    return gamma * np.dot(P, v)


def reward_only(P, R, gamma, pi, v):
    """(2.14): the future is left out"""
    return R


def only_what_is_taken(P, R, gamma, pi, v):
    """(2.14): actions that the policy never takes"""
    q = np.zeros_like(R)
    for s, a in np.argwhere(pi > 0):
        q[s, a] = R[s, a] + gamma * P[s, a] @ v
    return q


def weighted(P, R, gamma, pi, v):
    """(2.14): each value is multiplied by the probability"""
    return pi * (R + gamma * P @ v)


def own_value(P, R, gamma, pi, v):
    """(2.14): the value of the state itself"""
    return np.array([[R[s, a] + gamma * v[s] for a in range(R.shape[1])] for s in range(len(v))])


def likeliest(P, R, gamma, pi, v):
    """(2.14): the likeliest next state"""
    return R + gamma * v[np.argmax(P, axis=-1)]


def best_next(P, R, gamma, pi, v):
    """(2.14): the value of the best next state"""
    q = np.zeros(R.shape)
    for s, a in np.ndindex(*R.shape):
        q[s, a] = R[s, a] + gamma * max(v[t] for t in range(len(v)) if P[s, a, t] > 0)
    return q


def no_probabilities(P, R, gamma, pi, v):
    """(2.14): the values of all possible next states are added"""
    q = R.copy()
    for s, a, t in np.argwhere(P):
        q[s, a] += gamma * v[t]
    return q


def mean_reward(P, R, gamma, pi, v):
    """(2.14): r_pi is taken"""
    return np.sum(pi * R, axis=1, keepdims=True) + gamma * P @ v


def policy_already(P, R, gamma, pi, v):
    """(2.14): the policy's chain is followed"""
    P_pi = np.einsum("sa,sat->st", pi, P)
    return R + gamma * (P_pi @ v).reshape(-1, 1)


def exchanged(P, R, gamma, pi, v):
    """(2.14): P is read with state and next state exchanged"""
    q = np.zeros_like(R)
    for s, a in np.ndindex(*R.shape):
        q[s, a] = R[s, a] + gamma * sum(P[t, a, s] * v[t] for t in range(len(v)))
    return q


def advantage(P, R, gamma, pi, v):
    """(2.14): v(s) is subtracted"""
    q = R + gamma * np.einsum("sat,t->sa", P, v)
    for s in range(len(v)):
        q[s] -= v[s]
    return q
