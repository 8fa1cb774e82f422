"""Algorithm 7.1, Sarsa: find the target of the grid."""

import numpy as np

from rlbook import GridWorld
from rlbook.policy import sample_epsilon_greedy

rewards = {"r_boundary": -10, "r_forbidden": -10, "r_target": 0, "r_other": -1}
world = GridWorld(start=0, terminate_at_target=True, **rewards)
rng, q, gamma, alpha, epsilon = np.random.default_rng(0), np.zeros((25, 5)), 0.9, 0.1, 0.1
for _ in range(500):
    s, _ = world.reset()
    a, terminated = sample_epsilon_greedy(q[s], epsilon, rng), False
    while not terminated:
        s_next, r, terminated, *_ = world.step(a)
        a_next = None if terminated else sample_epsilon_greedy(q[s_next], epsilon, rng)
        target = r if terminated else r + gamma * q[s_next, a_next]
        q[s, a] -= alpha * (q[s, a] - target)  # (7.12)
        s, a = s_next, a_next
print(world.arrows(np.eye(5)[q.argmax(axis=1)]))
