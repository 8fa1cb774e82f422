"""Algorithm 8.2, Sarsa with features: find the target of the grid."""

import numpy as np

from rlbook import GridWorld, fourier, grid_features
from rlbook.policy import sample_epsilon_greedy

rewards = {"r_boundary": -10, "r_forbidden": -10, "r_target": 0, "r_other": -1}
world = GridWorld(start=0, terminate_at_target=True, **rewards)
phi = grid_features(world, fourier(5))
rng, w = np.random.default_rng(0), np.zeros((5, phi.shape[1]))  # a row of weights an action
gamma, alpha, epsilon = 0.9, 0.002, 0.1
for _ in range(500):
    s, _ = world.reset()
    a, terminated = sample_epsilon_greedy(w @ phi[s], epsilon, rng), False
    while not terminated:
        s_next, r, terminated, *_ = world.step(a)
        a_next = None if terminated else sample_epsilon_greedy(w @ phi[s_next], epsilon, rng)
        target = r if terminated else r + gamma * w[a_next] @ phi[s_next]
        w[a] += alpha * (target - w[a] @ phi[s]) * phi[s]  # (8.35)
        s, a = s_next, a_next
print(world.arrows(np.eye(5)[(phi @ w.T).argmax(axis=1)]))
