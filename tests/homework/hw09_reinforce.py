"""What students write for reinforce."""

import numpy as np


def _pi(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def _returns(r, gamma):
    q, out = 0, []
    for x in reversed(r):
        q = x + gamma * q
        out.append(q)
    return out[::-1]


def right_loops(theta, s, a, r, gamma, alpha):
    theta, out = theta.tolist(), []
    for t in range(len(r)):
        q = 0
        for k in range(t, len(r)):
            q += gamma ** (k - t) * r[k]
        e = [np.exp(x) for x in theta[s[t]]]
        for c in range(len(e)):
            theta[s[t]][c] += alpha * q * ((c == a[t]) - e[c] / sum(e))
        out.append([row[:] for row in theta])
    return out


def right_generator_in_place(theta, s, a, r, gamma, alpha):
    for s_t, a_t, q in zip(s, a, _returns(r, gamma), strict=True):
        score = -_pi(theta[s_t])
        score[a_t] += 1
        theta[s_t] += alpha * q * score
        yield theta


def right_by_9_33(theta, s, a, r, gamma, alpha):
    S, A = theta.shape
    thetas = [theta]
    for t, q in enumerate(_returns(r, gamma)):
        pi = _pi(thetas[-1][s[t]])
        beta = q / pi[a[t]]
        grad_pi = np.outer(np.eye(S)[s[t]], pi[a[t]] * (np.eye(A)[a[t]] - pi))
        thetas.append(thetas[-1] + alpha * beta * grad_pi)
    return np.array(thetas[1:])


class right_class:  # noqa: N801
    def __init__(self, theta, *episode):
        self.theta, self.episode = np.float32(theta), episode

    def __iter__(self):
        s, a, r, gamma, alpha = self.episode
        for t, q in enumerate(_returns(r, gamma)):
            move = np.float32(alpha * q) * (
                np.eye(self.theta.shape[1])[a[t]] - _pi(self.theta[s[t]])
            )
            self.theta = self.theta.copy()
            self.theta[s[t]] += move.astype(np.float32)
            yield self.theta


def right_last_only(theta, s, a, r, gamma, alpha):
    return [x.copy() for x in right_generator_in_place(theta, s, a, r, gamma, alpha)][-1]


def _run(theta, s, a, q, alpha, row=None, order=None):
    out = []
    for t in order or range(len(a)):
        one = np.eye(theta.shape[1])[a[t]]
        move = one - _pi(theta[s[t]]) if row is None else row(theta, s[t], a[t], one)
        theta = theta.copy()
        theta[s[t]] += alpha * q[t] * move
        out.append(theta)
    return out


def descent(theta, s, a, r, gamma, alpha):
    """(9.32): it descends"""
    return _run(theta, s, a, _returns(r, gamma), -alpha)


def stale(theta, s, a, r, gamma, alpha):
    """(9.32): theta of before the episode"""
    first = theta.copy()
    row = lambda theta, s, a, one: one - _pi(first[s])  # noqa: E731
    return _run(theta, s, a, _returns(r, gamma), alpha, row)


def from_the_end(theta, s, a, r, gamma, alpha):
    """(9.32): the episode is gone through from its end"""
    q, out = 0, []
    for t in range(len(r) - 1, -1, -1):
        q = r[t] + gamma * q
        score = np.eye(theta.shape[1])[a[t]] - _pi(theta[s[t]])
        theta = theta.copy()
        theta[s[t]] = theta[s[t]] + alpha * q * score
        out.append(theta)
    return out


def no_alpha(theta, s, a, r, gamma, alpha):
    """(9.32): alpha is forgotten"""
    return _run(theta, s, a, _returns(r, gamma), 1)


def no_gamma(theta, s, a, r, gamma, alpha):
    """(9.32): gamma is forgotten"""
    return _run(theta, s, a, [sum(r[t:]) for t in range(len(r))], alpha)


def reward_only(theta, s, a, r, gamma, alpha):
    """(9.32): only the next reward"""
    return _run(theta, s, a, r, alpha)


def whole_return(theta, s, a, r, gamma, alpha):
    """(9.32): the return of the whole episode"""
    q = sum(gamma**t * r[t] for t in range(len(r)))
    return _run(theta, s, a, [q] * len(r), alpha)


def from_the_start(theta, s, a, r, gamma, alpha):
    """(9.32): a factor gamma^t"""
    q = [sum(gamma**k * r[k] for k in range(t, len(r))) for t in range(len(r))]
    return _run(theta, s, a, q, alpha)


def power_off(theta, s, a, r, gamma, alpha):
    """(9.32): the powers of gamma are one too large"""
    q, out = 0, []
    for x in r[::-1]:
        q = gamma * (x + q)
        out.insert(0, q)
    return _run(theta, s, a, out, alpha)


def too_late(theta, s, a, r, gamma, alpha):
    """(9.32): the return begins a step too late"""
    q = [
        sum(gamma ** (k - t - 1) * r[k] for k in range(t + 1, len(r)))
        for t in range(len(r))
    ]  # fmt: skip
    return _run(theta, s, a, q, alpha)


def backwards(theta, s, a, r, gamma, alpha):
    """(9.32): the rewards up to a step"""
    q, out = 0, []
    for x in r:
        q = x + gamma * q
        out.append(q)
    return _run(theta, s, a, out, alpha)


def not_turned(theta, s, a, r, gamma, alpha):
    """(9.32): the returns are in the wrong order"""
    return _run(theta, s, a, _returns(r, gamma)[::-1], alpha)


def grad_pi(theta, s, a, r, gamma, alpha):
    """(9.32): the gradient of pi is taken"""
    row = lambda theta, s, a, one: _pi(theta[s])[a] * (one - _pi(theta[s]))  # noqa: E731
    return _run(theta, s, a, _returns(r, gamma), alpha, row)


def action_only(theta, s, a, r, gamma, alpha):
    """(9.32): pi is left out"""
    for t, q in enumerate(_returns(r, gamma)):
        theta[s[t], a[t]] += alpha * q
        yield theta


def over_states(theta, s, a, r, gamma, alpha):
    """(9.32): the softmax sums over the states"""
    row = lambda theta, s, a, one: one - np.exp(theta[s]) / np.exp(theta).sum(0)  # noqa: E731
    return _run(theta, s, a, _returns(r, gamma), alpha, row)


def one_array(theta, s, a, r, gamma, alpha):
    """(9.32): all entries of the list are one array"""
    out = []
    for t, q in enumerate(_returns(r, gamma)):
        theta[s[t]] += alpha * q * (np.eye(theta.shape[1])[a[t]] - _pi(theta[s[t]]))
        out.append(theta)
    return out


def last_descent(theta, s, a, r, gamma, alpha):
    """(9.32) at the last theta: it descends"""
    return _run(theta, s, a, _returns(r, gamma), -alpha)[-1]


def first_too(theta, s, a, r, gamma, alpha):
    """(9.32): the list begins with theta_0"""
    return [theta, *_run(theta, s, a, _returns(r, gamma), alpha)]
