"""Algorithm 8.1, TD-Linear: the values of the uniform policy from six weights."""

import numpy as np

from rlbook import GridWorld, grid_features, polynomial, sample, uniform

world, rng = GridWorld(start=0), np.random.default_rng(0)
phi = grid_features(world, polynomial(2))  # (8.16), a row for each cell
pi, gamma, alpha = uniform(25, 5), 0.9, 0.005
w = np.zeros(phi.shape[1])
s, _ = world.reset()
for _ in range(50_000):
    s_next, r, *_ = world.step(sample(pi[s], rng))
    delta = r + gamma * phi[s_next] @ w - phi[s] @ w
    w += alpha * delta * phi[s]  # (8.14)
    s = s_next
print((phi @ w).reshape(5, 5).round(1))
