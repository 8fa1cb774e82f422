"""What students write for values_closed_form."""

import numpy as np


def right_inverse(P, R, gamma, pi):
    P_pi = np.sum(pi[:, :, None] * P, axis=1)
    r_pi = np.sum(pi * R, axis=1)
    return np.linalg.inv(np.eye(len(R)) - gamma * P_pi) @ r_pi


def right_column_lists(P, R, gamma, pi):
    S, A = R.shape
    M, r = np.zeros((S, S)), np.zeros((S, 1))
    for s in range(S):
        M[s, s] = 1
        for a in range(A):
            r[s, 0] += pi[s, a] * R[s, a]
            for t in range(S):
                M[s, t] -= gamma * pi[s, a] * P[s, a, t]
    return np.linalg.solve(M, r).tolist()


def right_by_action_values(P, R, gamma, pi):
    S, A = R.shape
    chain = (P[:, :, :, None] * pi[None, None]).reshape(S * A, S * A)  # (2.15)
    q = np.linalg.solve(np.eye(S * A) - gamma * chain, R.ravel())
    return dict(enumerate((pi * q.reshape(S, A)).sum(1)))


def right_float32(P, R, gamma, pi):
    P_pi = np.einsum("sa,sat->st", pi, P).astype(np.float32)
    r_pi = np.einsum("sa,sa->s", pi, R).astype(np.float32)
    return np.linalg.solve(np.identity(len(R), dtype=np.float32) - np.float32(gamma) * P_pi, r_pi)


def _parts(P, R, pi):
    return np.einsum("sa,sat->st", pi, P), np.einsum("sa,sa->s", pi, R)


def transposed(P, R, gamma, pi):
    """(2.12): P_pi is read with state and next state exchanged"""
    P_pi, r_pi = _parts(P, R, pi)
    return r_pi @ np.linalg.inv(np.eye(len(R)) - gamma * P_pi)


def gamma_on_the_reward(P, R, gamma, pi):
    """(2.12): gamma multiplies the reward"""
    P_pi, r_pi = _parts(P, R, pi)
    return np.linalg.solve(np.eye(len(R)) - gamma * P_pi, gamma * r_pi)


def not_inverted(P, R, gamma, pi):
    """(2.12): the matrix is not inverted"""
    P_pi, r_pi = _parts(P, R, pi)
    return (np.eye(len(R)) - gamma * P_pi) @ r_pi


def entrywise(P, R, gamma, pi):
    """(2.12): each entry of I - gamma P_pi is inverted"""
    P_pi, r_pi = _parts(P, R, pi)
    with np.errstate(all="ignore"):
        return (np.eye(len(R)) - gamma * P_pi) ** -1 @ r_pi


def plus(P, R, gamma, pi):
    """(2.12): the sign of gamma P_pi"""
    P_pi, r_pi = _parts(P, R, pi)
    return np.linalg.solve(np.eye(len(R)) + gamma * P_pi, r_pi)


def one_minus(P, R, gamma, pi):
    """(2.12): a 1 in every place"""
    P_pi, r_pi = _parts(P, R, pi)
    return np.linalg.pinv(1 - gamma * P_pi) @ r_pi


def no_gamma(P, R, gamma, pi):
    """(2.12): gamma is forgotten"""
    P_pi, r_pi = _parts(P, R, pi)
    return np.linalg.pinv(np.eye(len(R)) - P_pi) @ r_pi


def reward_only(P, R, gamma, pi):
    """(2.12): the future is left out"""
    return (pi * R).sum(axis=1)


def one_step(P, R, gamma, pi):
    """(2.12): only one step is looked ahead"""
    P_pi, r_pi = _parts(P, R, pi)
    return r_pi + gamma * P_pi @ r_pi


def best(P, R, gamma, pi):
    """(2.12): the best values are computed"""
    v = np.zeros(len(R))
    for _ in range(400):
        v = np.max(R + gamma * P @ v, axis=1)
    return v


def mean(P, R, gamma, pi):
    """(2.12): the policy is left out"""
    return np.linalg.solve(np.eye(len(R)) - gamma * P.mean(axis=1), R.mean(axis=1))


def likeliest(P, R, gamma, pi):
    """(2.12): the likeliest action of the policy"""
    s, a = np.arange(len(R)), pi.argmax(axis=1)
    return np.linalg.solve(np.eye(len(R)) - gamma * P[s, a], R[s, a])


def mixture(P, R, gamma, pi):
    """(2.12): the values of single actions are mixed"""
    S, A = R.shape
    v = np.zeros(S)
    for a in range(A):
        v += pi[:, a] * np.linalg.solve(np.eye(S) - gamma * P[:, a], R[:, a])
    return v


def policy_in_the_reward_only(P, R, gamma, pi):
    """(2.12): the policy stands in r_pi only"""
    return np.linalg.solve(np.eye(len(R)) - gamma * P.mean(axis=1), (pi * R).sum(axis=1))


def ten_sweeps(P, R, gamma, pi):
    """(2.12): sweeps are made"""
    v = np.zeros(len(P))
    for _ in range(10):
        q = R + gamma * np.tensordot(P, v, 1)
        v = np.einsum("sa,sa->s", pi, q)
    return v
