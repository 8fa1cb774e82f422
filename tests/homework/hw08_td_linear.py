"""What students write for td_linear."""

import numpy as np


def right_loops(w, phi, step, gamma, alpha):
    s, _, r, s_next, terminated, _ = step
    v = sum(w[i] * phi[s][i] for i in range(len(w)))
    v_next = 0
    if not terminated:
        v_next = sum(w[i] * phi[s_next][i] for i in range(len(w)))
    return [w[i] + alpha * (r + gamma * v_next - v) * phi[s][i] for i in range(len(w))]


def right_in_place(w, phi, step, gamma, alpha):
    s, _, r, s_next, done, _ = step
    w += alpha * (r + (1 - done) * gamma * np.dot(phi[s_next], w) - np.dot(phi[s], w)) * phi[s]
    return w


class right_class:  # noqa: N801
    def __init__(self, w, phi, step, gamma, alpha):
        self.v = phi @ w
        s, r, s_next = step[0], step[2], step[3]
        future = 0 if step[4] else self.v[s_next]
        self.w = w + alpha * phi[s] * (r + gamma * future - self.v[s])

    def __iter__(self):
        return iter(self.w)


def right_float32_column(w, phi, step, gamma, alpha):
    w, phi = w.astype(np.float32).reshape(-1, 1), phi.astype(np.float32)
    x, x_next = phi[step[0]][:, None], phi[step[3]][:, None] * (not step[4])
    return w + np.float32(alpha) * x @ (step[2] + np.float32(gamma) * x_next.T @ w - x.T @ w)


def no_gamma(w, phi, step, gamma, alpha):
    """(8.14): gamma is forgotten"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + phi[s_next] @ w
    return w + alpha * (target - phi[s] @ w) * phi[s]


def no_end(w, phi, step, gamma, alpha):
    """(8.14): the end is not seen"""
    s, _, r, s_next, *_ = step
    delta = r + gamma * phi[s_next] @ w - phi[s] @ w
    return w + alpha * delta * phi[s]


def done_for_two_reasons(w, phi, step, gamma, alpha):
    """(8.14): an episode that is only cut off"""
    s, _, r, s_next, terminated, truncated = step
    done = terminated or truncated
    return w + alpha * (r + gamma * (not done) * phi[s_next] @ w - phi[s] @ w) * phi[s]


def full_gradient(w, phi, step, gamma, alpha):
    """(8.14): the gradient of the target is taken, too"""
    s, _, r, s_next, done, _ = step
    x_next = phi[s_next] * (1 - done)
    delta = r + gamma * x_next @ w - phi[s] @ w
    gradient = delta * (gamma * x_next - phi[s])  # of delta^2 / 2
    return w - alpha * gradient


def wrong_way(w, phi, step, gamma, alpha):
    """(8.14): the sign of the error is wrong"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w - alpha * (target - phi[s] @ w) * phi[s]


def no_alpha(w, phi, step, gamma, alpha):
    """(8.14): alpha is forgotten"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w + (target - phi[s] @ w) * phi[s]


def next_features(w, phi, step, gamma, alpha):
    """(8.14): the features of the next state are taken for the gradient"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w + alpha * (target - phi[s] @ w) * phi[s_next]


def scalar_step(w, phi, step, gamma, alpha):
    """(8.14): the gradient is left out"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w + alpha * (target - phi[s] @ w)


def target_only(w, phi, step, gamma, alpha):
    """(8.14): the value before is not subtracted"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w + alpha * target * phi[s]


def no_reward(w, phi, step, gamma, alpha):
    """(8.14): the reward is left out"""
    s, _, _, s_next, done, _ = step
    return w + alpha * (gamma * (1 - done) * phi[s_next] @ w - phi[s] @ w) * phi[s]


def change_only(w, phi, step, gamma, alpha):
    """(8.14): only the change is returned"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return alpha * (target - phi[s] @ w) * phi[s]


def factor_two(w, phi, step, gamma, alpha):
    """(8.14): the step is twice as long"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return w - alpha * -2 * (target - w @ phi[s]) * phi[s]


def mixed(w, phi, step, gamma, alpha):
    """(8.14): the old w is made smaller"""
    s, _, r, s_next, done, _ = step
    target = r if done else r + gamma * phi[s_next] @ w
    return (1 - alpha) * w + alpha * target * phi[s]


def only_at_the_end(w, phi, step, gamma, alpha):
    """(8.14): terminated is read the wrong way round"""
    s, _, r, s_next, done, _ = step
    target = r + gamma * done * phi[s_next] @ w
    return w + alpha * (target - phi[s] @ w) * phi[s]


def nothing_at_the_end(w, phi, step, gamma, alpha):
    """(8.14): after the end nothing is learned"""
    s, _, r, s_next, done, _ = step
    if done:
        return w
    return w + alpha * (r + gamma * phi[s_next] @ w - phi[s] @ w) * phi[s]


def value_for_gradient(w, phi, step, gamma, alpha):
    """(8.14): the value of the step is taken for the gradient"""
    s, _, r, s_next, done, _ = step
    v = phi @ w
    return w + alpha * (r + (0 if done else gamma * v[s_next]) - v[s]) * v[s]
