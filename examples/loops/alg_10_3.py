"""Algorithm 10.3, off-policy actor-critic: learn from a wanderer."""

import numpy as np

from rlbook import GridWorld, sample, softmax

world = GridWorld(("...", "..#", "..T"), start=0, terminate_at_target=True, r_other=-0.1)
rng, theta, v = np.random.default_rng(0), np.zeros((9, 5)), np.zeros(9)
gamma, alpha_theta, alpha_w = 0.9, 0.1, 0.1
beta = np.full((9, 5), 1 / 5)  # the policy that acts
for _ in range(500):
    s, _ = world.reset()
    terminated = False
    while not terminated:
        a = sample(beta[s], rng)
        s_next, r, terminated, *_ = world.step(a)
        delta = r + gamma * (1 - terminated) * v[s_next] - v[s]
        rho = softmax(theta[s])[a] / beta[s, a]  # (10.11)
        theta[s] += alpha_theta * rho * delta * (np.eye(5)[a] - softmax(theta[s]))
        v[s] += alpha_w * rho * delta
        s = s_next
print(world.arrows(np.eye(5)[theta.argmax(axis=1)]))
