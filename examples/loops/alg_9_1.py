"""Algorithm 9.1, REINFORCE, on a grid of nine cells."""

import numpy as np

from rlbook import GridWorld, sample, softmax

world = GridWorld(("...", "..#", "..T"), start=0, terminate_at_target=True, r_other=-0.1)
rng, theta = np.random.default_rng(0), np.zeros((9, 5))  # a preference for each s and a
gamma, alpha = 0.9, 0.1
for _ in range(300):
    s, _ = world.reset()
    episode, terminated = [], False
    while not terminated:
        a = sample(softmax(theta[s]), rng)
        s_next, r, terminated, *_ = world.step(a)
        episode.append((s, a, r))
        s = s_next
    for t, (s, a, _) in enumerate(episode):
        q = sum(gamma**k * r for k, (_, _, r) in enumerate(episode[t:]))  # the return from t on
        grad_ln_pi = np.eye(5)[a] - softmax(theta[s])
        theta[s] += alpha * q * grad_ln_pi  # (9.32)
print(world.arrows(np.eye(5)[theta.argmax(axis=1)]))
