"""Algorithm 4.3, truncated policy iteration, on the book's grid."""

import numpy as np

from rlbook import GridWorld

P, R, gamma = GridWorld().model.P, GridWorld().model.R, 0.9
v = np.zeros(25)
for _ in range(100):
    q = R + gamma * P @ v
    pi = np.eye(5)[q.argmax(axis=1)]  # (4.2)
    P_pi = np.einsum("sa,sat->st", pi, P)
    r_pi = (pi * R).sum(axis=1)
    for _ in range(5):  # sweeps, and not to the end
        v = r_pi + gamma * P_pi @ v  # (4.4)
print(v.reshape(5, 5).round(1))
