"""Algorithm 5.2, MC Exploring Starts, on the book's grid."""

import numpy as np

from rlbook import GridWorld

world, rng, gamma = GridWorld(), np.random.default_rng(0), 0.9
q, visits = np.zeros((25, 5)), np.zeros((25, 5))
for _ in range(3000):
    s, a = int(rng.integers(25)), int(rng.integers(5))  # every pair may begin
    world.reset(options={"state": s})
    episode = []
    for _ in range(30):
        s_next, r, *_ = world.step(a)
        episode.append((s, a, r))
        s, a = s_next, int(q[s_next].argmax())
    g = 0.0
    for s, a, r in reversed(episode):
        g = r + gamma * g
        visits[s, a] += 1
        q[s, a] += (g - q[s, a]) / visits[s, a]  # the mean of all returns
print(q.max(axis=1).reshape(5, 5).round(1))
