"""What students write for lstd."""

import numpy as np


def right_loops(phi, steps, gamma, sigma):
    d = len(phi[0])
    A = [[sigma if i == j else 0.0 for j in range(d)] for i in range(d)]
    b = [0.0] * d
    for s, _a, r, s_next, terminated, _truncated in steps:
        for i in range(d):
            b[i] += r * phi[s][i]
            for j in range(d):
                following = 0 if terminated else phi[s_next][j]
                A[i][j] += phi[s][i] * (phi[s][j] - gamma * following)
    return A, b, np.linalg.inv(np.array(A)) @ b


def right_matrices(phi, steps, gamma, sigma):
    s, _, r, s_next, terminated, _ = map(np.array, zip(*steps, strict=True))
    X, X_next = phi[s], phi[s_next] * (1 - terminated)[:, None]
    A = X.T @ (X - gamma * X_next) + sigma * np.eye(phi.shape[1])
    b = X.T @ r
    return A, b[:, None], np.linalg.lstsq(A, b, rcond=None)[0]


def right_list_float32(phi, steps, gamma, sigma):
    phi = phi.astype(np.float32)
    A = np.float32(sigma) * np.identity(phi.shape[1], dtype=np.float32)
    b = np.zeros(phi.shape[1], dtype=np.float32)
    for t in steps:
        x, n = phi[t[0]], phi[t[3]] if not t[4] else np.zeros_like(phi[0])
        A = A + np.einsum("i,j->ij", x, x - np.float32(gamma) * n)
        b = b + x * np.float32(t[2])
    return [A, b, np.linalg.solve(A.astype(float), b)]


def _sums(phi, steps, gamma, sigma, y=None, x=None):
    A, b = sigma * np.eye(phi.shape[1]), np.zeros(phi.shape[1])
    for s, _, r, s_next, terminated, truncated in steps:
        n = phi[s_next] * (1 - terminated)
        y_t = y(phi[s], n, phi[s_next], truncated) if y else phi[s] - gamma * n
        A += phi[s].reshape(-1, 1) * y_t
        b += r * phi[s]
    return A, b


def _solve(A, b):
    return A, b, np.linalg.pinv(A) @ b


def no_gamma(phi, steps, gamma, sigma):
    """A in (8.34): gamma is forgotten"""
    return _solve(*_sums(phi, steps, 1, sigma))


def no_end(phi, steps, gamma, sigma):
    """A in (8.34): the end is not seen"""
    return _solve(*_sums(phi, steps, gamma, sigma, lambda x, n, raw, cut: x - gamma * raw))


def cut_is_end(phi, steps, gamma, sigma):
    """A in (8.34): an episode that is only cut off"""
    y = lambda x, n, raw, cut: x - gamma * n * (not cut)  # noqa: E731
    return _solve(*_sums(phi, steps, gamma, sigma, y))


def next_left_out(phi, steps, gamma, sigma):
    """A in (8.34): gamma phi(s') is left out"""
    return _solve(*_sums(phi, steps, 0, sigma))


def plus(phi, steps, gamma, sigma):
    """A in (8.34): a sign is wrong"""
    return _solve(*_sums(phi, steps, -gamma, sigma))


def wrong_way_round(phi, steps, gamma, sigma):
    """A in (8.34): the difference is the wrong way round"""
    return _solve(*_sums(phi, steps, gamma, sigma, lambda x, n, raw, cut: gamma * n - x))


def transposed(phi, steps, gamma, sigma):
    """A in (8.34): A is transposed"""
    A, b = sigma * np.eye(phi.shape[1]), np.zeros(phi.shape[1])
    for s, _, r, s_next, terminated, _ in steps:
        A += np.outer(phi[s] - gamma * (1 - terminated) * phi[s_next], phi[s])
        b += r * phi[s]
    return _solve(A, b)


def no_sigma(phi, steps, gamma, sigma):
    """A in (8.34): sigma I is left out"""
    return _solve(*_sums(phi, steps, gamma, 0.0))


def sigma_each_time(phi, steps, gamma, sigma):
    """A in (8.34): sigma I is added at each step"""
    A, b = _sums(phi, steps, gamma, 0.0)
    for _ in steps:
        A += sigma * np.eye(len(b))
    return _solve(A, b)


def sigma_everywhere(phi, steps, gamma, sigma):
    """A in (8.34): sigma is added to every entry"""
    A, b = _sums(phi, steps, gamma, 0.0)
    return _solve(A + sigma, b)


def means(phi, steps, gamma, sigma):
    """A in (8.34): the mean over the steps is taken"""
    A, b = _sums(phi, steps, gamma, 0.0)
    return _solve(A / len(steps) + sigma * np.eye(len(b)), b / len(steps))


def last_left_out(phi, steps, gamma, sigma):
    """A in (8.34): the last step is left out"""
    return _solve(*_sums(phi, steps[: len(steps) - 1], gamma, sigma))


def b_of_next(phi, steps, gamma, sigma):
    """b in (8.34): phi(s') is taken"""
    A, _ = _sums(phi, steps, gamma, sigma)
    return _solve(A, sum(r * phi[s_next] for _, _, r, s_next, _, _ in steps))


def b_mean(phi, steps, gamma, sigma):
    """b in (8.34): the mean over the steps"""
    A, _ = _sums(phi, steps, gamma, sigma)
    return _solve(A, np.mean([r * phi[s] for s, _, r, *_ in steps], axis=0))


def b_without_rewards(phi, steps, gamma, sigma):
    """b in (8.34): the reward is left out"""
    A, _ = _sums(phi, steps, gamma, sigma)
    return _solve(A, sum(phi[t[0]] for t in steps))


def multiplied(phi, steps, gamma, sigma):
    """A w = b: A is multiplied with b"""
    A, b = _sums(phi, steps, gamma, sigma)
    return A, b, A @ b


def entries_inverted(phi, steps, gamma, sigma):
    """A w = b: each entry of A is inverted"""
    A, b = _sums(phi, steps, gamma, sigma)
    with np.errstate(all="ignore"):
        return A, b, A**-1.0 @ b


def solved_transposed(phi, steps, gamma, sigma):
    """A w = b: A is transposed"""
    A, b = _sums(phi, steps, gamma, sigma)
    return A, b, b @ np.linalg.inv(A)


def both_differences(phi, steps, gamma, sigma):
    """A in (8.34): phi(s) - gamma phi(s') stands in both places"""
    A, b = sigma * np.eye(phi.shape[1]), np.zeros(phi.shape[1])
    for s, _, r, s_next, terminated, _ in steps:
        y = phi[s] - gamma * (not terminated) * phi[s_next]
        A, b = A + y[:, None] @ y[None, :], b + r * phi[s]
    return _solve(A, b)
