"""Algorithm 10.4, deterministic actor-critic: steer a point to zero."""

import numpy as np

from rlbook import LinearQuadratic

world = LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.1)
rng, gamma, alpha_theta, alpha_w, sigma = np.random.default_rng(0), 0.9, 0.01, 0.02, 1.0
theta, w = 0.0, np.zeros(4)  # mu(s) = theta s; q(s, a) = w^T phi(s, a)


def phi(s, a):
    """The features of a quadratic critic."""
    return np.array([s * s, s * a, a * a, 1])


for episode in range(400):
    (s,), _ = world.reset(seed=episode)
    for _ in range(3):
        a = theta * s + sigma * rng.standard_normal()
        (s_next,), r, *_ = world.step(np.array([a]))
        delta = r + gamma * w @ phi(s_next, theta * s_next) - w @ phi(s, a)
        slope = w[1] * s + 2 * w[2] * theta * s  # grad_a q at a = mu(s)
        theta, w = theta + alpha_theta * s * slope, w + alpha_w * delta * phi(s, a)  # (10.14)
        s = s_next
print(round(theta, 2), "the best is", round(float(-world.gain(gamma)[0, 0]), 2))
