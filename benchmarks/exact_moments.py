"""The mean and the spread of what TD learns under a fixed policy, without a single draw.

One update of linear TD is an affine map of the weights w, one for each transition k:

    u <- u + x_k (z_k . u)      u = (w, 1)      x = (alpha phi(s), 0)
                                                z = (gamma phi(s') - phi(s), r)

Which transition comes next depends on the state, and so do the weights: states and weights are not
independent, and the mean of w is not a power of one matrix. But their joint moments obey a linear
recursion, exactly: with c the state that the chain is in,

    m(c)  = E[1{in c} u]        m(c') <- sum_k to(c', k) (I + x_k z_k^T) m(at_k)
    M(c)  = E[1{in c} u u^T]    M(c') <- sum_k to(c', k) (I + x_k z_k^T) M(at_k) (I + x_k z_k^T)^T

For constant-step Monte Carlo the episodes are independent, and the mean is a closed form.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.naive_worlds import OPEN, TARGET


class Chain(NamedTuple):
    """A Markov chain with C states and K transitions that each update d weights.

    begin    (C,) the distribution of the first state
    at       (K,) the state from which each transition starts
    to       (C, K) the chance, in at[k], to take transition k and be in c after it
    x, z     (K, d + 1) the update of the transition
    """

    begin: np.ndarray
    at: np.ndarray
    to: np.ndarray
    x: np.ndarray
    z: np.ndarray


def make_chain(begin, transitions, alpha):
    """A Chain of transitions (c, chance, next, x, y, r): w <- w + alpha (r + y . w - x . w) x.

    `next` is (C,), the distribution of the state after the transition.
    """
    at, chance, after, x, y, r = (np.array(column) for column in zip(*transitions, strict=True))
    zero = np.zeros((len(at), 1))
    return Chain(
        np.array(begin), at, chance * after.T, np.hstack([alpha * x, zero]),
        np.hstack([y - x, r[:, None]]),
    )  # fmt: skip


def means(chain, w):
    """Yields E[w], (d,), after 1, 2, ... steps from the weights w."""
    m = np.outer(chain.begin, [*w, 1.0])
    while True:
        u = m[chain.at]
        m = chain.to @ (u + (chain.z * u).sum(1, keepdims=True) * chain.x)
        yield m.sum(0)[:-1]


def moments(chain, w):
    """Yields E[w], (d,), and the covariance of w, (d, d), after 1, 2, ... steps."""
    u = np.array([*w, 1.0])
    moment = np.multiply.outer(chain.begin, np.outer(u, u))
    x, z = chain.x[:, :, None], chain.z[:, :, None]
    while True:
        uu = moment[chain.at]
        uu += x * (z.swapaxes(1, 2) @ uu)
        uu += (uu @ z) * x.swapaxes(1, 2)
        moment = np.tensordot(chain.to, uu, 1)
        total = moment.sum(0)
        mean = total[:-1, -1]
        yield mean, total[:-1, :-1] - np.outer(mean, mean)


def td0_chain(moves, pi, *, gamma, alpha):
    """TD(0) on the grid, whose episodes begin anywhere and end at the target; a weight a state."""
    e, begin = np.eye(25), np.isin(range(25), OPEN) / len(OPEN)
    transitions = []
    for s in OPEN:
        for (s_next, r), chance in zip(moves[s], pi[s], strict=True):
            ends = s_next == TARGET
            y = 0 * e[s] if ends else gamma * e[s_next]
            transitions.append((s, chance, begin if ends else e[s_next], e[s], y, r))
    return make_chain(begin, transitions, alpha)


def expected_sarsa_chain(moves, pi, *, gamma, alpha):
    """Expected Sarsa of the policy that it follows; weight 5 s + a is q(s, a)."""
    e, pair, begin = np.eye(25), np.eye(125), np.isin(range(25), OPEN) / len(OPEN)
    transitions = []
    for s in OPEN:
        for a, (s_next, r) in enumerate(moves[s]):
            ends = s_next == TARGET
            y = gamma * (not ends) * np.kron(e[s_next], pi[s_next])
            after = begin if ends else e[s_next]
            transitions.append((s, pi[s][a], after, pair[5 * s + a], y, r))
    return make_chain(begin, transitions, alpha)


def sarsa_chain(moves, pi, *, gamma, alpha):
    """Sarsa of the policy that it follows: the chain's states are pairs, and so are its weights."""
    pair, begin = np.eye(125), np.zeros(125)
    for s in OPEN:
        begin[5 * s : 5 * s + 5] = np.array(pi[s]) / len(OPEN)
    transitions = []
    for s in OPEN:
        for a, (s_next, r) in enumerate(moves[s]):
            here = 5 * s + a
            if s_next == TARGET:
                transitions.append((here, 1.0, begin, pair[here], 0 * pair[here], r))
                continue
            for b, chance in enumerate(pi[s_next]):
                there = pair[5 * s_next + b]
                transitions.append((here, chance, there, pair[here], gamma * there, r))
    return make_chain(begin, transitions, alpha)


def monte_carlo_mean(moves, pi, episodes, *, gamma, alpha):
    """E[q], (25, 5), of constant-step Monte Carlo from q = 0 after so many whole episodes.

        E[q_k] - q_pi = A^k (q_0 - q_pi)        A(s, a) = E[(1 - alpha)^N]

    N is how often an episode visits the pair. An episode is walked from its end: a visit's return
    is multiplied by (1 - alpha) for each earlier visit, and what came before a visit tells nothing
    about the return after it. N is 0, or geometric: a pair is reached, and then again and again.
    """
    P = np.zeros((125, 125))  # from pair to pair
    r, begin = np.zeros(125), np.zeros(125)
    for s in OPEN:
        begin[5 * s : 5 * s + 5] = np.array(pi[s]) / len(OPEN)
        for a, (s_next, reward) in enumerate(moves[s]):
            r[5 * s + a] = reward
            if s_next != TARGET:
                P[5 * s + a, 5 * s_next : 5 * s_next + 5] = pi[s_next]
    q = np.linalg.solve(np.eye(125) - gamma * P, r)
    visits = np.linalg.inv(np.eye(125) - P)  # mean numbers of visits, the first one included
    once = np.diag(visits)
    reached, again = begin @ visits / once, 1 - 1 / once
    A = 1 - reached + reached * (1 - again) * (1 - alpha) / (1 - again * (1 - alpha))
    return (q - A**episodes * q).reshape(25, 5)
