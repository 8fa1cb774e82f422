"""Algorithm 7.3, Q-learning off-policy: learn from a wanderer."""

import numpy as np

from rlbook import GridWorld, sample

world, rng = GridWorld(start=0), np.random.default_rng(0)
q, gamma, alpha = np.zeros((25, 5)), 0.9, 0.1
behaviour = np.full((25, 5), 1 / 5)  # any policy that tries everything
s, _ = world.reset()
for _ in range(100_000):
    a = sample(behaviour[s], rng)
    s_next, r, *_ = world.step(a)
    target = r + gamma * q[s_next].max()
    q[s, a] -= alpha * (q[s, a] - target)  # (7.18)
    s = s_next
pi = np.eye(5)[q.argmax(axis=1)]  # what was learned, and was never followed
print(q.max(axis=1).reshape(5, 5).round(1))
