r"""How large a step, how much exploration? Q-learning on the book's grid, over both and many seeds.

    python examples/sweep_epsilon.py
    rlbook sweep examples/sweep_epsilon.py:experiment --out results/epsilon \
        --set alpha=0.05,0.1,0.2 --set epsilon=0.1,0.3 --seeds 10

Only `rlbook sweep` keeps its rows in files, and goes on from there after Ctrl-C. The script prints
its rows at the end, and keeps nothing.
"""

import sys

import numpy as np

from rlbook import GridWorld, QLearning, optimal, policy_value, sweep, train


def experiment(seed, alpha, epsilon, steps=20_000):
    """How far the learned values and the learned policy are from the best ones."""
    world, gamma = GridWorld(), 0.9
    best = optimal(world.model, gamma)
    rng = np.random.default_rng([seed, 1])
    agent = QLearning(25, 5, gamma=gamma, alpha=alpha, epsilon=epsilon, rng=rng)
    train(agent, world, steps=steps, seed=seed)
    v = policy_value(world.model, agent.pi, gamma)
    return {"error": abs(agent.q.max(-1) - best.v).max(), "loss": (best.v - v).mean()}


if __name__ == "__main__":
    try:
        rows = sweep(experiment, {"alpha": [0.05, 0.2], "epsilon": [0.1, 0.5]}, seeds=range(3))
    except KeyboardInterrupt:
        print("interrupted: no row is kept", file=sys.stderr)
        sys.exit(130)
    for row in rows:
        print("  ".join(f"{name}={x:.3g}" for name, x in row.items()))
