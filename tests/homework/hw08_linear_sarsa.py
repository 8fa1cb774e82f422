"""What students write for linear_sarsa."""

import numpy as np


def right_loops(w, phi, step, a_next, gamma, alpha):
    s, a, r, s_next, terminated, _ = step
    d = len(w)
    q = sum(phi[s][a][i] * w[i] for i in range(d))
    q_next = sum(phi[s_next][a_next][i] * w[i] for i in range(d))
    delta = r - q if terminated else r + gamma * q_next - q
    return [float(w[i] + alpha * delta * phi[s][a][i]) for i in range(d)]


def right_table(w, phi, step, a_next, gamma, alpha):
    q = phi @ w
    s, a, r, s_next, end, _ = step
    return w + alpha * phi[s, a] * (r + gamma * q[s_next, a_next] * (1 - end) - q[s, a])


def right_generator_dict(w, phi, step, a_next, gamma, alpha):
    q = {(s, a): float(phi[s, a] @ w) for s in range(len(phi)) for a in range(phi.shape[1])}
    s, a, r, s_next, end, _ = step
    target = r + (0 if end else gamma * q[s_next, a_next])
    for w_i, x_i in zip(w, phi[s, a], strict=True):
        yield w_i + alpha * (target - q[s, a]) * x_i


def right_float32(w, phi, step, a_next, gamma, alpha):
    w, phi = np.float32(w), np.float32(phi)
    s, a, r, s_next, end, _ = step
    y = np.float32(r) if end else np.float32(r + gamma * (phi[s_next, a_next] @ w))
    return w + np.float32(alpha) * (y - phi[s, a] @ w) * phi[s, a]


def _update(w, x, target, alpha):
    return w + alpha * (target - x @ w) * x


def best_next(w, phi, step, a_next, gamma, alpha):
    """(8.35): the best next action is taken"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * max(phi[s_next, b] @ w for b in range(phi.shape[1]))
    return _update(w, phi[s, a], target, alpha)


def same_action(w, phi, step, a_next, gamma, alpha):
    """(8.35): the action of this step is taken in the next state"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * phi[s_next, a] @ w
    return _update(w, phi[s, a], target, alpha)


def mean_action(w, phi, step, a_next, gamma, alpha):
    """(8.35): the mean of the next actions"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * np.mean(phi[s_next] @ w)
    return _update(w, phi[s, a], target, alpha)


def same_state(w, phi, step, a_next, gamma, alpha):
    """(8.35): the next action is valued in the state of this step"""
    s, a, r, _, end, _ = step
    target = r if end else r + gamma * phi[s, a_next] @ w
    return _update(w, phi[s, a], target, alpha)


def no_gamma(w, phi, step, a_next, gamma, alpha):
    """(8.35): gamma is forgotten"""
    s, a, r, s_next, end, _ = step
    return _update(w, phi[s, a], r + (1 - end) * phi[s_next, a_next] @ w, alpha)


def no_end(w, phi, step, a_next, gamma, alpha):
    """(8.35): the end is not seen"""
    s, a, r, s_next, _, _ = step
    return _update(w, phi[s, a], r + gamma * phi[s_next, a_next] @ w, alpha)


def cut_is_end(w, phi, step, a_next, gamma, alpha):
    """(8.35): an episode that is only cut off"""
    s, a, r, s_next, terminated, truncated = step
    if terminated or truncated:
        return _update(w, phi[s, a], r, alpha)
    return _update(w, phi[s, a], r + gamma * phi[s_next, a_next] @ w, alpha)


def residual_gradient(w, phi, step, a_next, gamma, alpha):
    """(8.35): the gradient of the target is taken, too"""
    s, a, r, s_next, end, _ = step
    difference = phi[s, a] - (0 if end else gamma) * phi[s_next, a_next]
    return w + alpha * (r - difference @ w) * difference


def no_gradient(w, phi, step, a_next, gamma, alpha):
    """(8.35): the gradient is left out"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * phi[s_next, a_next] @ w
    w += alpha * (target - phi[s, a] @ w)
    return w


def wrong_sign(w, phi, step, a_next, gamma, alpha):
    """(8.35): the sign of the error is wrong"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * phi[s_next, a_next] @ w
    return w + alpha * (phi[s, a] @ w - target) * phi[s, a]


def next_gradient(w, phi, step, a_next, gamma, alpha):
    """(8.35): the features of the next state are taken for the gradient"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * phi[s_next, a_next] @ w
    return w + alpha * (target - phi[s, a] @ w) * phi[s_next, a_next]


def weights_for_gradient(w, phi, step, a_next, gamma, alpha):
    """(8.35): w is taken for the gradient"""
    s, a, r, s_next, end, _ = step
    target = r if end else r + gamma * phi[s_next, a_next] @ w
    return w + alpha * (target - phi[s, a] @ w) * w
