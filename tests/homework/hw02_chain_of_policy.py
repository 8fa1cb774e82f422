"""What students write for chain_of_policy."""

import numpy as np


def right_loops(P, R, pi):
    S, A = R.shape
    P_pi, r_pi = np.zeros((S, S)), np.zeros((S, 1))
    for s in range(S):
        for a in range(A):
            r_pi[s] += pi[s, a] * R[s, a]
            for t in range(S):
                P_pi[s, t] += pi[s, a] * P[s, a, t]
    return P_pi, r_pi


def right_broadcast(P, R, pi):
    return (pi[:, :, None] * P).sum(axis=1), np.sum(pi * R, axis=1)


def right_lists_float32(P, R, pi):
    P_pi = [np.float32(pi[s]) @ np.float32(P[s]) for s in range(len(P))]
    return [P_pi, [float(np.dot(pi[s], R[s])) for s in range(len(R))]]


def right_diagonal(P, R, pi):
    S, A = R.shape
    wide = np.zeros((S, S * A))
    for s in range(S):
        wide[s, s * A : (s + 1) * A] = pi[s]
    return wide @ P.reshape(S * A, S), wide @ R.reshape(S * A)


def transposed(P, R, pi):
    """(2.8): state and next state are exchanged"""
    S, A = R.shape
    P_pi = np.zeros((S, S))
    for s in range(S):
        for t in range(S):
            for a in range(A):
                P_pi[t, s] += pi[s, a] * P[s, a, t]
    return P_pi, (pi * R).sum(1)


def mean(P, R, pi):
    """(2.8): the policy is left out: the mean of all actions"""
    return P.mean(axis=1), R.mean(axis=1)


def added_up(P, R, pi):
    """(2.8): the policy is left out: the actions are added up"""
    return P.sum(axis=1), R.sum(axis=1)


def likeliest(P, R, pi):
    """(2.8): the likeliest action of the policy"""
    best = np.argmax(pi, axis=1)
    s = np.arange(len(R))
    return P[s, best], R[s, best]


def mean_of_products(P, R, pi):
    """(2.8): the policy's probabilities are used, and then"""
    return np.mean(pi[..., None] * P, axis=1), np.mean(pi * R, axis=1)


def policy_of_next_state(P, R, pi):
    """(2.8): the policy of the next state"""
    return np.einsum("ta,sat->st", pi, P), (pi * R).sum(1)


def policy_of_s1(P, R, pi):
    """(2.8): the policy of the first state"""
    return np.tensordot(pi[0], P, axes=(0, 1)), R @ pi[0]


def first_action(P, R, pi):
    """(2.8): the first action is taken everywhere"""
    return P[:, 0], R[:, 0]


def likeliest_next_state(P, R, pi):
    """(2.8): the likeliest next state"""
    P_pi = np.zeros((len(R), len(R)))
    for s in range(len(R)):
        for a in range(R.shape[1]):
            P_pi[s, P[s, a].argmax()] += pi[s, a]
    return P_pi, (pi * R).sum(1)


def plain_mean_reward(P, R, pi):
    """(2.8): the policy is left out: the mean"""
    return np.einsum("sa,sat->st", pi, P), R.mean(axis=1)


def best_reward(P, R, pi):
    """(2.8): the best reward is taken"""
    return np.einsum("sa,sat->st", pi, P), R.max(axis=1)


def summed_rewards(P, R, pi):
    """(2.8): the policy is left out: the actions are added up"""
    return np.einsum("sa,sat->st", pi, P), R.sum(axis=1)


def reward_of_next_state(P, R, pi):
    """(2.8): the reward of the next state"""
    P_pi = np.einsum("sa,sat->st", pi, P)
    return P_pi, P_pi @ (pi * R).sum(axis=1)
