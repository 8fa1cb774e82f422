"""Algorithm 10.1, QAC: an actor, and a critic that is Sarsa."""

import numpy as np

from rlbook import GridWorld, sample, softmax

world = GridWorld(("...", "..#", "..T"), start=0, terminate_at_target=True, r_other=-0.1)
rng, theta, q = np.random.default_rng(0), np.zeros((9, 5)), np.zeros((9, 5))
gamma, alpha_theta, alpha_w = 0.9, 0.1, 0.1
for _ in range(300):
    s, _ = world.reset()
    a, terminated = sample(softmax(theta[s]), rng), False
    while not terminated:
        s_next, r, terminated, *_ = world.step(a)
        a_next = None if terminated else sample(softmax(theta[s_next]), rng)
        target = r if terminated else r + gamma * q[s_next, a_next]
        delta, value = target - q[s, a], q[s, a]
        theta[s] += alpha_theta * value * (np.eye(5)[a] - softmax(theta[s]))  # (10.2)
        q[s, a] += alpha_w * delta  # the critic
        s, a = s_next, a_next
print(world.arrows(np.eye(5)[theta.argmax(axis=1)]))
