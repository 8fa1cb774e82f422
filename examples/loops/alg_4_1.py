"""Algorithm 4.1, value iteration, on the book's grid."""

import numpy as np

from rlbook import GridWorld

P, R, gamma = GridWorld().model.P, GridWorld().model.R, 0.9
v = np.zeros(25)
change = 1.0
while change > 1e-6:
    q = R + gamma * P @ v  # q_k(s, a)
    pi = np.eye(5)[q.argmax(axis=1)]  # (4.2)
    v_next = q.max(axis=1)  # (4.1)
    change = np.abs(v_next - v).max()
    v = v_next
print(v.reshape(5, 5).round(1))
