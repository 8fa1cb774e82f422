"""Learning runs that the grid lab must make again, step by step, made by rlbook."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import GridWorld
from rlbook.agent import Follow, interact, learn
from rlbook.monte_carlo import MonteCarlo
from rlbook.temporal_difference import ExpectedSarsa, QLearning, Sarsa

Record = dict[str, Any]

LEARNERS: dict[str, Any] = {
    "monte_carlo": MonteCarlo,
    "sarsa": Sarsa,
    "expected_sarsa": ExpectedSarsa,
    "q_learning": QLearning,
    "q_learning, off-policy": QLearning,
}
STEPS = 300


def runs(world: GridWorld, gamma: float, rng: np.random.Generator) -> Iterator[Record]:
    """A trace of each learner: its options, its steps, and what it has learned in the end.

    A step is [s, a, r, s', terminated, truncated, target, delta, all updates so far]. In the middle
    of the run epsilon and alpha are changed, as a visitor of the page may do.
    """
    for name, kind in LEARNERS.items():
        method, off_policy = name.split(",")[0], "off-policy" in name
        given, options, later = random_settings(world, gamma, method, rng)
        agent = kind(world.model.n_states, 5, **given)
        actor = Follow(rng.dirichlet(np.ones(5), agent.q.shape[0]), given["rng"])
        options["behaviour"] = actor.pi.tolist() if off_policy else None
        targets = [] if method == "monte_carlo" else watched(agent)
        env = world if options["limit"] is None else TimeLimit(world, options["limit"])
        stream = interact(env, actor if off_policy else agent, seed=options["seed"])
        steps, before = [], agent.q.copy()
        for n, t in enumerate(islice(learn(agent, stream), STEPS), start=1):
            target = targets.pop() if targets else None
            delta = None if target is None else before[t.s, t.a] - target
            before[t.s, t.a] = agent.q[t.s, t.a]
            steps.append([*t, target, delta, int(agent.visits.sum())])
            if n == STEPS // 2:
                agent.epsilon, agent.alpha = later["epsilon"], later["alpha"]
        yield {
            "name": name, "options": options, "later": later, "steps": steps, "q": agent.q.tolist()
        }  # fmt: skip


def random_settings(
    world: GridWorld, gamma: float, method: str, rng: np.random.Generator
) -> tuple[Record, Record, Record]:
    """What the agent is given, the same for the lab, and alpha and epsilon of the second half."""
    of_episodes = method == "monte_carlo"
    epsilons, alphas = rng.choice([0.0, 0.1, 0.5, 1.0, rng.random()], 2), 1 - rng.random(2)
    plain = of_episodes and rng.random() < 0.5  # plain means have no alpha
    first, second = (None, None) if plain else alphas
    q = rng.normal(size=(world.model.n_states, 5))
    q = q if rng.random() < 0.3 else rng.choice([0.0, 0.0, 2.5])
    ties, seed = str(rng.choice(["first", "random"])), int(rng.integers(2**32))
    given = dict(gamma=gamma, alpha=first, epsilon=epsilons[0], ties=ties, q=q)
    given["rng"] = np.random.default_rng(seed)
    options = {"method": method, "gamma": gamma, "alpha": first, "epsilon": epsilons[0]}
    options |= {"ties": ties, "seed": seed, "q0": q.tolist()}
    options["limit"] = int(rng.integers(1, 60)) if of_episodes or rng.random() < 0.5 else None
    if of_episodes:
        given["exploring_starts"] = options["exploringStarts"] = bool(rng.random() < 0.3)
    return given, options, {"epsilon": epsilons[1], "alpha": second}


def watched(agent: Any) -> list[float]:
    """The list to which the agent adds each target that it makes."""
    targets: list[float] = []
    plain = agent.target

    def target(t: Any) -> Any:
        targets.append(float(plain(t)))
        return targets[-1]

    agent.target = target
    return targets
