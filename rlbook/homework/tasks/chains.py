"""What a policy makes of a model, and what is taken for a policy: for the laws of homeworks.

Here P (S, A, S), R (S, A), pi (S, A), v (S,).
"""

import numpy as np


def chain(P, R, pi):
    """P_pi (S, S) and r_pi (S,) of a policy. (2.8)"""
    return np.einsum("sa,sat->st", pi, P), (pi * R).sum(1)


def solve(P, R, gamma, pi, transposed=False):
    """The values of a policy; transposed: with P_pi the wrong way round. (2.12)"""
    P_pi, r_pi = chain(P, R, pi)
    return np.linalg.solve(np.eye(len(R)) - gamma * (P_pi.T if transposed else P_pi), r_pi)


def sweep(P, R, gamma, pi, v):
    """One step of (2.11)."""
    P_pi, r_pi = chain(P, R, pi)
    return r_pi + gamma * P_pi @ v


def sweep_in_place(P, R, gamma, pi, v):
    """One step of (2.11), with new values used as soon as they are there."""
    P_pi, r_pi = chain(P, R, pi)
    v = np.array(v, dtype=float)
    for s in range(len(v)):
        v[s] = r_pi[s] + gamma * P_pi[s] @ v
    return v


def repeated(step, P, R, gamma, pi, v, n):
    """n steps."""
    for _ in range(n):
        v = step(P, R, gamma, pi, v)
    return v


def reached(step, v, goal, most=3000):
    """The iterate from v that is the goal, if one of the first is; else no number."""
    for _ in range(most):
        v = step(v)
        if np.abs(v - goal).max() <= 1e-6 * max(1.0, np.abs(goal).max()):
            return v
    return np.full(len(v), np.nan)


def equal(pi):
    """All actions alike."""
    return np.full(pi.shape, 1 / pi.shape[1])


def surest(pi):
    """The likeliest action, always."""
    return np.eye(pi.shape[1])[pi.argmax(1)]


def best_values(P, R, gamma):
    """Where the best values are found."""
    v = np.zeros(len(R))
    for _ in range(600):
        v = (R + gamma * P @ v).max(1)
    return v


POLICY_MISTAKES = {
    "the policy is left out: the mean of all actions is taken": equal,
    "the policy is left out: the actions are added up": np.ones_like,
    "the likeliest action of the policy is taken for sure": surest,
    "the policy's probabilities are used, and then the sum is divided by the number of actions": (
        lambda pi: pi / pi.shape[1]
    ),
    "the policy of the first state is used in all states": lambda pi: 0 * pi + pi[0],
    "the first action is taken everywhere": lambda pi: 0 * pi + np.eye(pi.shape[1])[0],
}
"""What is taken for the policy."""
