"""What can be computed without a draw, each by its own way: values, policies, chances.

Nothing here is rlbook's. The grid is a table moves[s][a] = (s_next, r); `ends` says whether an
episode ends at the target.
"""

import math

import numpy as np

from benchmarks.naive_worlds import CELLS, TARGET


def lookahead(moves, v, gamma, ends):
    """q(s, a) of the values that come after."""
    return [
        [r + (0.0 if ends and s_next == TARGET else gamma * v[s_next]) for s_next, r in row]
        for row in moves
    ]


def soft_optimum(moves, gamma, epsilon, ends=True):
    """The best epsilon-greedy policy by value iteration: v (25,), q (25, 5), pi (25, 5)."""
    v, before = [0.0] * 25, None
    while v != before:  # to the last bit: the map contracts
        q, before = lookahead(moves, v, gamma, ends), v
        v = [(1 - epsilon) * max(row) + epsilon * sum(row) / 5 for row in q]
    pi = np.full((25, 5), epsilon / 5)
    pi[range(25), np.argmax(q, axis=1)] += 1 - epsilon
    return np.array(v), np.array(q), pi


def iterations(moves, gamma, sweeps, tol=1e-3):
    """How many times truncated policy iteration improves until v is within tol of the best."""
    best = soft_optimum(moves, gamma, 0.0, ends=False)[0]
    v, k = [0.0] * 25, 0
    while max(abs(best - v)) >= tol:
        k += 1
        q = lookahead(moves, v, gamma, ends=False)
        chosen = [row[int(np.argmax(x))] for row, x in zip(moves, q, strict=True)]
        for _ in range(sweeps):
            v = [r + gamma * v[s_next] for s_next, r in chosen]
    return k


def polynomial_row(row, col, order):
    """Products of powers of x and y, which run from -1 to 1, up to the order in sum."""
    x, y = col / 2 - 1, row / 2 - 1
    return [x**i * y**j for i in range(order + 1) for j in range(order + 1 - i)]


def fourier_row(row, col, order):
    """cos(pi (i x + j y)), i and j from 0 to the order; x and y run from 0 to 1."""
    n = range(order + 1)
    return [math.cos(math.pi * (i * col + j * row) / 4) for i in n for j in n]


def fixed_point_error(moves, gamma, features, order):
    """The root mean squared error of TD's fixed point for the uniform policy.

    v is looked ahead and fitted again, weighed by how often the policy is in each state, until it
    stays: both together contract.
    """
    P = np.zeros((25, 25))
    for s, row in enumerate(moves):
        for s_next, _ in row:
            P[s, s_next] += 1 / 5
    r = np.array([sum(r for _, r in row) / 5 for row in moves])
    d = np.full(25, 1 / 25)
    for _ in range(5000):
        d = d @ P
    phi = np.array([features(row, col, order) for row, col in CELLS])
    true, fitted = np.zeros(25), np.zeros(25)
    for _ in range(500):  # 0.9^500 = 1e-23
        true = r + gamma * P @ true
        weights, *_ = np.linalg.lstsq(
            np.sqrt(d)[:, None] * phi, np.sqrt(d) * (r + gamma * P @ fitted), rcond=None
        )
        fitted = phi @ weights
    return float(np.sqrt(np.mean((fitted - true) ** 2)))


def share_that_diverges(b, steps=50, edge=10.0, width=0.0025):
    """The chance that |w| > edge after w <- w - (w^3 - 5 + eta) / (k + b), k = 1, ..., from 0.

    Backwards, by quadrature: stays(w) is the chance to be inside the edge in the end, from w at
    step k on. The noise eta is normal, so that stays is blurred by a bell at each step. Outside the
    grid nobody comes back: there w^2 > 2 (k + b), and each step throws w further out. `width` is
    that of a cell; it divides the edge.
    """
    w = np.arange(-1.2 * edge, 1.2 * edge + width / 2, width)
    stays = (np.abs(w) < edge).astype(float)
    for k in range(steps, 0, -1):
        a = 1 / (k + b)
        mean = w - a * (w**3 - 5)
        n = math.ceil(8 * a / width)
        bell = np.exp(-0.5 * (np.arange(-n, n + 1) * width / a) ** 2)
        blurred = np.convolve(stays, bell / bell.sum())  # it begins n cells before w
        grid = w[0] + width * (np.arange(len(blurred)) - n)
        stays = np.interp(mean, grid, blurred, left=0.0, right=0.0)
    return 1 - float(np.interp(0.0, w, stays))


def roots_of_tanh(steps=10):
    """w_1 = 3 and what follows: w <- w - tanh(w - 1) / k."""
    w = [3.0]
    for k in range(1, steps + 1):
        w.append(w[-1] - math.tanh(w[-1] - 1) / k)
    return w
