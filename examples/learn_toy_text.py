"""Learn FrozenLake, CliffWalking and Taxi to within 5 % of the best; a high q tries everything."""

import gymnasium
import numpy as np

from rlbook import MDP, ExpectedSarsa, QLearning, TabularEnv, optimal, policy_value, train

ids = {x.rpartition("-v")[0]: x for x in gymnasium.registry}  # in the version installed
for name, q in (("FrozenLake", 1.0), ("CliffWalking", 0.0), ("Taxi", 0.0)):
    env = gymnasium.make(ids[name])
    model, start = MDP.from_env(env), TabularEnv.from_env(env).unwrapped.start
    best = start @ optimal(model, gamma=0.99).v
    for method in (QLearning, ExpectedSarsa):
        agent = method(
            model.n_states, model.n_actions, gamma=0.99, q=q,
            alpha=lambda n: max(n**-0.7, 0.01), epsilon=0.002, rng=np.random.default_rng(0),
        )  # fmt: skip
        for seed in range(60):
            steps = 25_000 * (seed + 1)
            train(agent, env, steps=25_000, seed=seed)
            value = start @ policy_value(model, agent.pi, gamma=0.99)
            if abs(value - best) <= 0.05 * abs(best):
                break
        print(f"{name:<14} {method.__name__:<14} {steps:>8} steps: {value:8.3f}, best {best:8.3f}")
