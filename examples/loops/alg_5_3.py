"""Algorithm 5.3, MC epsilon-greedy, on the book's grid."""

import numpy as np

from rlbook import GridWorld
from rlbook.policy import sample_epsilon_greedy

world, rng = GridWorld(start=0), np.random.default_rng(0)
q, visits, gamma, epsilon = np.zeros((25, 5)), np.zeros((25, 5)), 0.9, 0.5
for _ in range(50):
    s, _ = world.reset()
    episode = []
    for _ in range(500):
        a = sample_epsilon_greedy(q[s], epsilon, rng)  # (5.5)
        s_next, r, *_ = world.step(a)
        episode.append((s, a, r))
        s = s_next
    g = 0.0
    for s, a, r in reversed(episode):
        g = r + gamma * g
        visits[s, a] += 1
        q[s, a] += (g - q[s, a]) / visits[s, a]  # the mean of all returns
print(q.max(axis=1).reshape(5, 5).round(1))
