"""What students write for linear_q_learning."""

import numpy as np


def right_loops(w, phi, step, gamma, alpha):
    s, a, r, s_next, terminated, _truncated = step
    best = -float("inf")
    for b in range(len(phi[s_next])):
        best = max(best, float(np.dot(phi[s_next][b], w)))
    if terminated:
        best = 0
    error = r + gamma * best - np.dot(phi[s][a], w)
    return [w_i + alpha * error * x_i for w_i, x_i in zip(w, phi[s][a], strict=True)]


def right_last_of_equals(w, phi, step, gamma, alpha):
    s, a, r, s_next, end, _ = step
    q = (phi[s_next] @ w)[::-1]
    b = len(q) - 1 - q.argmax()
    w += alpha * (r + gamma * (not end) * phi[s_next, b] @ w - phi[s, a] @ w) * phi[s, a]
    return w


class right_class:  # noqa: N801
    def __init__(self, w, phi, step, gamma, alpha):
        self.q = np.einsum("sad,d->sa", phi, w)
        s, a, r, n, end, _ = step
        self.w = (
            w - alpha * (self.q[s, a] - r - (0 if end else gamma * self.q[n].max())) * phi[s, a]
        )

    def __array__(self, dtype=None, copy=None):
        return self.w


def right_float32_row(w, phi, step, gamma, alpha):
    w, phi = w.astype("float32")[None], phi.astype("float32")
    s, a, r, n, end, _ = step
    y = r + gamma * (1 - end) * (w @ phi[n].T).max()
    return w + np.float32(alpha * (y - (w @ phi[s, a])[0])) * phi[s, a]


def _update(w, x, target, alpha):
    return w + alpha * (target - x @ w) * x


def same_action(w, phi, step, gamma, alpha):
    """(8.36): the action of this step is taken in the next state"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * w @ phi[n, a], alpha)


def mean(w, phi, step, gamma, alpha):
    """(8.36): the mean of the next actions"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * (phi[n] @ w).mean(), alpha)


def worst(w, phi, step, gamma, alpha):
    """(8.36): the worst next action"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * min(phi[n] @ w), alpha)


def largest_features(w, phi, step, gamma, alpha):
    """(8.36): the largest features are taken"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * np.max(phi[n], axis=0) @ w, alpha)


def best_of_s(w, phi, step, gamma, alpha):
    """(8.36): the action that is best in this state"""
    s, a, r, n, end, _ = step
    b = np.argmax(phi[s] @ w)
    return _update(w, phi[s, a], r if end else r + gamma * phi[n, b] @ w, alpha)


def value_of_s(w, phi, step, gamma, alpha):
    """(8.36): the best value of this state"""
    s, a, r, _, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * np.max(phi[s] @ w), alpha)


def two_maxima(w, phi, step, gamma, alpha):
    """(8.36): the value of the best action of this state is subtracted"""
    s, a, r, n, end, _ = step
    target = r if end else r + gamma * (phi[n] @ w).max()
    return w + alpha * (target - (phi[s] @ w).max()) * phi[s, a]


def no_gamma(w, phi, step, gamma, alpha):
    """(8.36): gamma is forgotten"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + (phi[n] @ w).max(), alpha)


def no_end(w, phi, step, gamma, alpha):
    """(8.36): the end is not seen"""
    s, a, r, n, *_ = step
    return _update(w, phi[s, a], r + gamma * (phi[n] @ w).max(), alpha)


def cut_is_end(w, phi, step, gamma, alpha):
    """(8.36): an episode that is only cut off"""
    s, a, r, n, *ends = step
    return _update(w, phi[s, a], r if any(ends) else r + gamma * (phi[n] @ w).max(), alpha)


def full_gradient(w, phi, step, gamma, alpha):
    """(8.36): the gradient of the target is taken, too"""
    s, a, r, n, end, _ = step
    b = np.argmax(phi[n] @ w)
    g = phi[s, a] - gamma * phi[n, b] * (not end)
    return w - alpha * (g @ w - r) * g


def no_alpha(w, phi, step, gamma, alpha):
    """(8.36): alpha is forgotten"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], r if end else r + gamma * (phi[n] @ w).max(), 1)


def gamma_on_all(w, phi, step, gamma, alpha):
    """(8.36): gamma multiplies the reward, too"""
    s, a, r, n, end, _ = step
    return _update(w, phi[s, a], gamma * (r + (not end) * (phi[n] @ w).max()), alpha)


def best_features_moved(w, phi, step, gamma, alpha):
    """(8.36): the features of the next state are taken for the gradient"""
    s, a, r, n, end, _ = step
    b = np.argmax(phi[n] @ w)
    target = r if end else r + gamma * phi[n, b] @ w
    return w + alpha * (target - phi[s, a] @ w) * phi[n, b]


def gradient_of_the_best(w, phi, step, gamma, alpha):
    """(8.36): the features of the best action of this state"""
    s, a, r, n, end, _ = step
    target = r if end else r + gamma * max(phi[n] @ w)
    return w + alpha * (target - phi[s, a] @ w) * phi[s, np.argmax(phi[s] @ w)]
