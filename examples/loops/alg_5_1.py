"""Algorithm 5.1, MC Basic, on the book's grid."""

import numpy as np

from rlbook import GridWorld

world, gamma = GridWorld(), 0.9
pi = np.zeros(25, dtype=int)  # the action of each state
for _ in range(12):
    q = np.zeros((25, 5))
    for s, a in np.ndindex(25, 5):
        state, action = world.reset(options={"state": s})[0], a
        for k in range(30):  # one episode is enough: world and policy leave nothing to chance
            state, r, *_ = world.step(action)
            q[s, a] += gamma**k * r  # (5.2)
            action = pi[state]
    pi = q.argmax(axis=1)  # (5.4)
print(q.max(axis=1).reshape(5, 5).round(1))
