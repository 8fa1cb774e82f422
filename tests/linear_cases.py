"""What the tests of linear values share: a grid, its features, random chains, agents."""

import numpy as np

from rlbook import MDP, GridWorld, uniform
from rlbook.agent import Follow, interact
from rlbook.function_approximation.linear_methods import LinearTD
from rlbook.functions.features import grid_features, polynomial

GAMMA, EPSILON = 0.9, 0.3
GRID = GridWorld()
PI = uniform(25, 5)
PHI = grid_features(GRID, polynomial(1))


def random_chain(seed, states=6, actions=3):
    """A continuing model in which every state follows every other, and a policy."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(states), size=(states, actions))
    model = MDP.from_matrices(P, rng.normal(size=(states, actions)))
    return model, rng.dirichlet(np.ones(actions), size=states), rng


def stream(world=GRID, pi=PI, steps=2000, seed=0):
    return list(interact(world, Follow(pi, np.random.default_rng(seed)), steps=steps, seed=seed))


def td(phi, pi, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "rng": np.random.default_rng(0)} | options
    return LinearTD(phi, pi, **given)


def control(method, phi, n_actions, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "epsilon": EPSILON, "rng": np.random.default_rng(0)}
    return method(phi, n_actions, **(given | options))
