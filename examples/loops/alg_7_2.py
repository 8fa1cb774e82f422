"""Algorithm 7.2, Q-learning on-policy: find the target of the grid."""

import numpy as np

from rlbook import GridWorld
from rlbook.policy import sample_epsilon_greedy

rewards = {"r_boundary": -10, "r_forbidden": -10, "r_target": 0, "r_other": -1}
world = GridWorld(start=0, terminate_at_target=True, **rewards)
rng, q, gamma, alpha, epsilon = np.random.default_rng(0), np.zeros((25, 5)), 0.9, 0.1, 0.1
for _ in range(500):
    s, _ = world.reset()
    terminated = False
    while not terminated:
        a = sample_epsilon_greedy(q[s], epsilon, rng)
        s_next, r, terminated, *_ = world.step(a)
        target = r + gamma * (1 - terminated) * q[s_next].max()
        q[s, a] -= alpha * (q[s, a] - target)  # (7.18)
        s = s_next
print(world.arrows(np.eye(5)[q.argmax(axis=1)]))
