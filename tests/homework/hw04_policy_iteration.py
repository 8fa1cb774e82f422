"""What students write for policy_iteration."""

import numpy as np


def right_loops(P, R, gamma, pi, n):
    S, A = R.shape
    out = []
    for _ in range(n):
        v = [0.0] * S
        while True:
            new = []
            for s in range(S):
                new.append(sum(pi[s][a] * (R[s, a] + gamma * np.dot(P[s, a], v)) for a in range(A)))
            change = max(abs(x - y) for x, y in zip(new, v, strict=True))
            v = new
            if change < 1e-7:
                break
        pi = np.zeros((S, A))
        for s in range(S):
            q = [R[s, a] + gamma * np.dot(P[s, a], v) for a in range(A)]
            pi[s, q.index(max(q))] = 1
        out.append((v, pi))
    return out


def right_generator_action_numbers(P, R, gamma, pi, n):
    s = np.arange(len(R))
    while True:
        P_pi, r_pi = np.einsum("sa,sat->st", pi, P), (pi * R).sum(1)
        v = np.linalg.inv(np.eye(len(R)) - gamma * P_pi) @ r_pi
        a = (R + gamma * P @ v).argmax(1)
        yield v[:, None], a
        pi = np.zeros(R.shape)
        pi[s, a] = 1


class right_class_other_ties:  # noqa: N801
    def __init__(self, P, R, gamma, pi, n):
        self.P, self.R, self.gamma, self.pi, self.n = P, R, gamma, pi, n

    def evaluate(self):
        P_pi = (self.pi[..., None] * self.P).sum(1)
        return np.linalg.solve(np.eye(len(self.R)) - self.gamma * P_pi, (self.pi * self.R).sum(1))

    def __iter__(self):
        for _ in range(self.n):
            v = self.evaluate()
            q = self.R + self.gamma * self.P @ v
            best = q > q.max(1, keepdims=True) - 1e-9
            self.pi = best / best.sum(1, keepdims=True)
            yield [v, self.pi]


def right_in_place_float32(P, R, gamma, pi, n):
    v, out = np.zeros(len(R)), []
    for _ in range(n):
        for _ in range(400):  # in place: where sweeps end is the same
            for s in range(len(R)):
                v[s] = pi[s] @ (R[s] + gamma * P[s] @ v)
        pi = np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]
        out.append((v.astype(np.float32), pi.astype(np.float32)))
    return out


def _values(P, R, gamma, pi):
    P_pi = np.einsum("sa,sat->st", pi, P)
    return np.linalg.solve(np.eye(len(R)) - gamma * P_pi, (pi * R).sum(1))


def _greedy(P, R, gamma, v):
    return np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]


def _iterate(evaluate, improve, pi, n):
    out = []
    for _ in range(n):
        v = evaluate(pi)
        pi = improve(v)
        out.append((v, pi))
    return out


def one_sweep(P, R, gamma, pi, n):
    """(4.3): only one sweep is made, from the values before"""
    v, out = np.zeros(len(R)), []
    for _ in range(n):
        v = (pi * (R + gamma * P @ v)).sum(1)
        pi = _greedy(P, R, gamma, v)
        out.append((v, pi))
    return out


def one_sweep_from_zeros(P, R, gamma, pi, n):
    """(4.3): only one sweep is made, from zeros"""
    v = np.zeros(len(R))
    return _iterate(
        lambda pi: (pi * (R + gamma * P @ v)).sum(1), lambda v: _greedy(P, R, gamma, v), pi, n
    )


def five_sweeps(P, R, gamma, pi, n):
    """(4.3): the sweeps end too early"""

    def evaluate(pi):
        v = np.zeros(len(R))
        for _ in range(5):
            v = (pi * (R + gamma * P @ v)).sum(1)
        return v

    return _iterate(evaluate, lambda v: _greedy(P, R, gamma, v), pi, n)


def no_gamma_in_sweeps(P, R, gamma, pi, n):
    """(4.3): gamma is forgotten"""

    def evaluate(pi):
        v = np.zeros(len(R))
        for _ in range(400):
            v = (pi * (R + P @ v)).sum(1)
        return v

    return _iterate(evaluate, lambda v: _greedy(P, R, gamma, v), pi, n)


def new_policy_evaluated(P, R, gamma, pi, n):
    """(4.3): the new policy is evaluated"""
    v, out = _values(P, R, gamma, pi), []
    for _ in range(n):
        pi = _greedy(P, R, gamma, v)
        v = _values(P, R, gamma, pi)
        out.append((v, pi))
    return out


def mean(P, R, gamma, pi, n):
    """(4.3): the policy is left out"""
    v = np.linalg.solve(np.eye(len(R)) - gamma * P.mean(1), R.mean(1))
    return _iterate(lambda pi: v, lambda v: _greedy(P, R, gamma, v), pi, n)


def likeliest_action(P, R, gamma, pi, n):
    """(4.3): the likeliest action of the policy"""
    return _iterate(
        lambda pi: _values(P, R, gamma, np.eye(R.shape[1])[pi.argmax(1)]),
        lambda v: _greedy(P, R, gamma, v), pi, n,
    )  # fmt: skip


def best_values_at_once(P, R, gamma, pi, n):
    """(4.3): the best values are computed"""

    def evaluate(pi):
        v = np.zeros(len(R))
        for _ in range(400):
            v = (R + gamma * P @ v).max(1)
        return v

    return _iterate(evaluate, lambda v: _greedy(P, R, gamma, v), pi, n)


def first_policy_again(P, R, gamma, pi, n):
    """(4.3): the first policy is evaluated again"""
    first = pi
    return _iterate(
        lambda pi: _values(P, R, gamma, first), lambda v: _greedy(P, R, gamma, v), pi, n
    )


def transposed(P, R, gamma, pi, n):
    """(4.3): P_pi is read with state and next state"""

    def evaluate(pi):
        P_pi = np.einsum("sa,sat->ts", pi, P)
        return np.linalg.solve(np.eye(len(R)) - gamma * P_pi, (pi * R).sum(1))

    return _iterate(evaluate, lambda v: _greedy(P, R, gamma, v), pi, n)


def plus(P, R, gamma, pi, n):
    """(4.3): the sign of gamma P_pi"""
    return _iterate(lambda pi: _values(P, R, -gamma, pi), lambda v: _greedy(P, R, gamma, v), pi, n)


def greedy_for_the_old(P, R, gamma, pi, n):
    """(4.2): the policy is greedy for the values before"""
    before, out = np.zeros(len(R)), []
    for _ in range(n):
        v = _values(P, R, gamma, pi)
        pi = _greedy(P, R, gamma, before)
        before = v
        out.append((v, pi))
    return out


def greedy_for_rewards(P, R, gamma, pi, n):
    """(4.2): the action with the best reward"""
    return _iterate(
        lambda pi: _values(P, R, gamma, pi), lambda v: np.eye(R.shape[1])[R.argmax(1)], pi, n
    )


def greedy_without_gamma(P, R, gamma, pi, n):
    """(4.2): gamma is forgotten"""
    return _iterate(lambda pi: _values(P, R, gamma, pi), lambda v: _greedy(P, R, 1, v), pi, n)


def greedy_without_reward(P, R, gamma, pi, n):
    """(4.2): the reward is left out"""
    return _iterate(
        lambda pi: _values(P, R, gamma, pi), lambda v: _greedy(P, 0 * R, gamma, v), pi, n
    )


def never_improved(P, R, gamma, pi, n):
    """(4.2): the policy is not changed"""
    return _iterate(lambda pi: _values(P, R, gamma, pi), lambda v: pi, pi, n)


def right_only_the_last(P, R, gamma, pi, n):
    for _ in range(n):
        v = _values(P, R, gamma, pi)
        pi = _greedy(P, R, gamma, v)
    return v, pi


def old_policy_returned(P, R, gamma, pi, n):
    """(4.2): the policy that was evaluated is returned"""
    pairs = []
    while len(pairs) < n:
        pairs.append((_values(P, R, gamma, pi), pi.copy()))
        pi = _greedy(P, R, gamma, pairs[-1][0])
    return pairs


def one_v_for_all(P, R, gamma, pi, n):
    """(4.3): the same array stands in the list"""
    v, out = np.zeros(len(P)), []
    for _ in range(n):
        v[:] = _values(P, R, gamma, pi)
        pi = _greedy(P, R, gamma, v)
        out.append((v, pi))
    return out


def one_pi_for_all(P, R, gamma, pi, n):
    """(4.2): the same array stands in the list"""
    out = []
    for _ in range(n):
        v = _values(P, R, gamma, pi)
        best = (R + gamma * P @ v).argmax(1)
        for s in range(len(v)):
            pi[s] = 0
            pi[s, best[s]] = 1
        out.append((v, pi))
    return out


def v_is_max_q(P, R, gamma, pi, n):
    """(4.3): v_k is the maximum of q_k"""
    for _ in range(n):
        q = R + gamma * P @ _values(P, R, gamma, pi)
        pi = (q.argmax(1)[:, None] == np.arange(q.shape[1])).astype(float)
        yield q.max(1), pi


def weighted_argmax(P, R, gamma, pi, n):
    """(4.2): the largest pi_k(a|s) q_k(s, a)"""
    old = {"pi": pi}

    def improve(v):
        q = R + gamma * P @ v
        old["pi"] = np.eye(len(q[0]))[np.argmax(old["pi"] * q, 1)]
        return old["pi"]

    return _iterate(lambda pi: _values(P, R, gamma, pi), improve, pi, n)
