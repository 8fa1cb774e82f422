"""Algorithm 10.2, advantage actor-critic (A2C)."""

import numpy as np

from rlbook import GridWorld, sample, softmax

world = GridWorld(("...", "..#", "..T"), start=0, terminate_at_target=True, r_other=-0.1)
rng, theta, v = np.random.default_rng(0), np.zeros((9, 5)), np.zeros(9)
gamma, alpha_theta, alpha_w = 0.9, 0.1, 0.1
for _ in range(300):
    s, _ = world.reset()
    terminated = False
    while not terminated:
        a = sample(softmax(theta[s]), rng)
        s_next, r, terminated, *_ = world.step(a)
        delta = r + gamma * (1 - terminated) * v[s_next] - v[s]  # the advantage
        theta[s] += alpha_theta * delta * (np.eye(5)[a] - softmax(theta[s]))  # (10.8)
        v[s] += alpha_w * delta  # the critic
        s = s_next
print(world.arrows(np.eye(5)[theta.argmax(axis=1)]))
