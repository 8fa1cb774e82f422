"""Algorithm 4.2, policy iteration, on the book's grid."""

import numpy as np

from rlbook import GridWorld

P, R, gamma = GridWorld().model.P, GridWorld().model.R, 0.9
pi, old = np.full((25, 5), 1 / 5), None
while old is None or (pi != old).any():
    P_pi = np.einsum("sa,sat->st", pi, P)
    r_pi = (pi * R).sum(axis=1)
    v = np.linalg.solve(np.eye(25) - gamma * P_pi, r_pi)  # (4.3)
    q = R + gamma * P @ v
    pi, old = np.eye(5)[q.argmax(axis=1)], pi  # (4.2)
print(v.reshape(5, 5).round(1))
