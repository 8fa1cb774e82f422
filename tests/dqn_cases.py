"""What the tests of DQN share."""

import numpy as np
from gymnasium.spaces import Box, Discrete

from rlbook.agent import Step
from rlbook.dqn import DQN
from rlbook.functions.networks import MLP
from rlbook.functions.optimisers import SGD

GAMMA = 0.9
BOX = Box(-1, 1, (3,), np.float32)


def agent(observations=BOX, actions=2, seed=0, kind=DQN, **options):
    given = {"hidden": (8,), "gamma": GAMMA, "copy_every": 1000, "batch": 4, "warmup": 1,
             "every": 1, "updates": 1, "epsilon": 0.1, "loss": "huber", "lr": 1e-3}  # fmt: skip
    if "tau" in options:
        del given["copy_every"]
    rng = np.random.default_rng(seed)
    return kind(observations, Discrete(actions), rng=rng, **given | options)


def exact(learner, lr=1.0, seed=1):
    """The agent with float64 networks of random weights, and plain descent instead of Adam."""
    rng = np.random.default_rng(seed)
    for name in ("net", "target_net"):
        old = getattr(learner, name)
        setattr(learner, name, MLP(old.sizes, rng=rng, phi=old.phi, dtype=np.float64))
    learner.adam = SGD(learner.net, lr)
    return learner


def steps(n, seed=0, states=None, actions=2, scale=1.0):
    """Random experience in which every ending occurs."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        s, s_next = rng.normal(size=(2, 3)).astype(np.float32)
        if states:
            s, s_next = (int(x) for x in rng.integers(states, size=2))
        r = float(scale * rng.normal())
        made.append(Step(s, int(rng.integers(actions)), r, s_next, k % 3 == 0, k % 4 == 0))
    return made
