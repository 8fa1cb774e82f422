"""What students write for recursive_lstd."""

import numpy as np


def _x_y(phi, t, gamma):
    return phi[t[0]], phi[t[0]] - gamma * phi[t[3]] * (not t[4])


def right_columns(phi, steps, gamma, sigma):
    d = phi.shape[1]
    M, b, out = np.identity(d) / sigma, np.zeros((d, 1)), []
    for t in steps:
        x, y = (z.reshape(d, 1) for z in _x_y(phi, t, gamma))
        M = M - (M @ x @ y.T @ M) / (1 + y.T @ M @ x)
        b = b + t[2] * x
        out.append((M, M @ b))
    return out


def right_generator_without_formula(phi, steps, gamma, sigma):
    A, b = sigma * np.eye(phi.shape[1]), 0
    for t in steps:
        x, y = _x_y(phi, t, gamma)
        A, b = A + np.outer(x, y), b + t[2] * x
        yield np.linalg.inv(A), np.linalg.solve(A, b)


def right_loops_lists(phi, steps, gamma, sigma):
    d = len(phi[0])
    M = [[1 / sigma if i == j else 0.0 for j in range(d)] for i in range(d)]
    b, out = [0.0] * d, []
    for t in steps:
        x, y = _x_y(phi, t, gamma)
        left = [sum(M[i][k] * x[k] for k in range(d)) for i in range(d)]
        row = [sum(y[k] * M[k][j] for k in range(d)) for j in range(d)]
        c = 1 + sum(y[i] * left[i] for i in range(d))
        M = [[M[i][j] - left[i] * row[j] / c for j in range(d)] for i in range(d)]
        b = [b[i] + t[2] * x[i] for i in range(d)]
        out.append([M, [sum(M[i][j] * b[j] for j in range(d)) for i in range(d)]])
    return out


def right_float32(phi, steps, gamma, sigma):
    phi, b = phi.astype(np.float32), 0
    M = (np.eye(phi.shape[1]) / sigma).astype(np.float32)
    for t in steps:
        x, y = _x_y(phi, t, np.float32(gamma))
        M = M - np.outer(M @ x, y @ M) / (1 + y @ M @ x)
        b = b + np.float32(t[2]) * x
        yield M, M @ b


def right_last_only(phi, steps, gamma, sigma):
    return list(right_columns(phi, steps, gamma, sigma))[-1]


def _run(phi, steps, gamma, sigma, formula, start=None, vectors=_x_y):
    d = phi.shape[1]
    M, b, out = np.eye(d) / sigma if start is None else start * np.eye(d), np.zeros(d), []
    for t in steps:
        x, y = vectors(phi, t, gamma)
        with np.errstate(all="ignore"):
            M = formula(M, x, y)
            b = b + t[2] * phi[t[0]]
            out.append((M, M @ b))
    return out


def _minus(M, x, y):
    return M - np.outer(M @ x, y @ M) / (1 + y @ M @ x)


def book_plus(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: plus in the place of minus"""
    return _run(
        phi, steps, gamma, sigma, lambda M, x, y: M + np.outer(M @ x, y @ M) / (1 + y @ M @ x)
    )


def book_start(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: it begins with sigma I"""
    return _run(phi, steps, gamma, sigma, _minus, sigma)


def start_at_one(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: it begins with I, and"""
    return _run(phi, steps, gamma, sigma, _minus, 1)


def no_one(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the 1 is missing"""
    return _run(phi, steps, gamma, sigma, lambda M, x, y: M - np.outer(M @ x, y @ M) / (y @ M @ x))


def no_denominator(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the denominator is left out"""
    return _run(phi, steps, gamma, sigma, lambda M, x, y: M - M @ np.outer(x, y) @ M)


def exchanged(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: x and y are exchanged"""
    return _run(phi, steps, gamma, sigma, lambda M, x, y: _minus(M, y, x))


def no_next(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: gamma phi(s') is left out"""
    vectors = lambda phi, t, gamma: (phi[t[0]], phi[t[0]])  # noqa: E731
    return _run(phi, steps, gamma, sigma, _minus, vectors=vectors)


def no_gamma(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: gamma is forgotten"""
    return _run(phi, steps, 1, sigma, _minus)


def no_end(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the end is not seen"""
    vectors = lambda phi, t, gamma: (phi[t[0]], phi[t[0]] - gamma * phi[t[3]])  # noqa: E731
    return _run(phi, steps, gamma, sigma, _minus, vectors=vectors)


def cut_is_end(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: an episode that is only cut off"""

    def vectors(phi, t, gamma):
        return phi[t[0]], phi[t[0]] if t[4] or t[5] else phi[t[0]] - gamma * phi[t[3]]

    return _run(phi, steps, gamma, sigma, _minus, vectors=vectors)


def half_numerator(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the last A^-1 in the numerator"""
    return _run(phi, steps, gamma, sigma, lambda M, x, y: M - np.outer(M @ x, y) / (1 + y @ M @ x))


def dot_for_outer(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: x and y are multiplied to a number"""
    return _run(
        phi, steps, gamma, sigma, lambda M, x, y: M - np.dot(M @ x, y @ M) / (1 + y @ M @ x)
    )


def no_inverse(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: A itself is summed up"""
    return _run(phi, steps, gamma, sigma, lambda M, x, y: M + np.outer(x, y))


def one_array(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: all entries of the list are one array"""
    M, b, out = np.eye(phi.shape[1]) / sigma, 0, []
    for t in steps:
        x, y = _x_y(phi, t, gamma)
        M -= np.outer(M @ x, y @ M) / (1 + y @ M @ x)
        b = b + t[2] * x
        out.append((M, M @ b))
    return out


def newest_b(phi, steps, gamma, sigma):
    """w = A^-1 b: b holds this step only"""
    out = _run(phi, steps, gamma, sigma, _minus)
    return [(M, t[2] * M @ phi[t[0]]) for (M, _), t in zip(out, steps, strict=True)]


def late_b(phi, steps, gamma, sigma):
    """w = A^-1 b: b lacks this step"""
    M, b, out = np.eye(phi.shape[1]) / sigma, np.zeros(phi.shape[1]), []
    for t in steps:
        M = _minus(M, *_x_y(phi, t, gamma))
        out.append((M, M @ b))
        b = b + t[2] * phi[t[0]]
    return out


def turned_w(phi, steps, gamma, sigma):
    """w = A^-1 b: A^-1 is transposed"""
    M, b, out = np.eye(phi.shape[1]) / sigma, np.zeros(phi.shape[1]), []
    for t in steps:
        M = _minus(M, *_x_y(phi, t, gamma))
        b = b + t[2] * phi[t[0]]
        out.append((M, b @ M))
    return out


def tiny_for_one(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the 1 is missing in the denominator: 1e-08"""
    return _run(
        phi, steps, gamma, sigma,
        lambda M, x, y: M - np.outer(M @ x, y @ M) / (1e-8 + y @ M @ x),
    )  # fmt: skip


def x_twice(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: x comes twice in the denominator"""
    return _run(
        phi, steps, gamma, sigma, lambda M, x, y: M - np.outer(M @ x, y @ M) / (1 + x @ (M @ x))
    )


def y_from_the_right(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: A^-1 y stands in the place"""
    return _run(
        phi, steps, gamma, sigma, lambda M, x, y: M - np.outer(M @ x, M @ y) / (1 + y @ (M @ x))
    )


def old_inverse(phi, steps, gamma, sigma):
    """w = A^-1 b: A^-1 is that of before the step"""
    M, b, out = np.eye(phi.shape[1]) / sigma, np.zeros(phi.shape[1]), []
    for t in steps:
        b = b + t[2] * phi[t[0]]
        w = M @ b
        M = _minus(M, *_x_y(phi, t, gamma))
        out.append((M, w))
    return out


def start_too(phi, steps, gamma, sigma):
    """the formula of Sherman and Morrison: the list begins with the start"""
    d = phi.shape[1]
    return [(np.eye(d) / sigma, np.zeros(d)), *_run(phi, steps, gamma, sigma, _minus)]
