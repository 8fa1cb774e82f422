"""What the tests of DDPG share."""

import numpy as np
from gymnasium.spaces import Box

from rlbook import DDPG, TD3
from rlbook.agent import Step, batch
from rlbook.functions.networks import MLP
from rlbook.functions.optimisers import SGD
from rlbook.functions.parametric import Linear

GAMMA = 0.9
LOW, HIGH = np.array([-2.0, 0.0]), np.array([2.0, 10.0])
BOX = Box(-1, 1, (3,), np.float64)
ACTIONS = Box(LOW, HIGH, dtype=np.float64)
BOUNDLESS = Box(-np.inf, np.inf, (2,), np.float64)


def agent(observations=BOX, actions=ACTIONS, seed=0, kind=DDPG, **options):
    given = {"hidden": (8,), "gamma": GAMMA, "batch": 4, "capacity": 100, "warmup": 0, "tau": 0.1}
    return kind(observations, actions, rng=np.random.default_rng(seed), **given | options)


def twins(**options):
    """Two critics, and of TD3's other changes those that are given."""
    return agent(kind=TD3, **{"delay": 1, "smoothing": 0.0} | options)


class Still:
    """An optimiser that moves nothing."""

    def __init__(self, net, lr=None):
        self.net = net

    def step(self):
        pass


def exact(learner, *, actor=SGD, critic=SGD, seed=1):
    """The agent with smooth float64 networks, all of them different, and plain steps of size 1."""
    rng, n = np.random.default_rng(seed), len(learner.critics)

    def net(sizes, output="linear"):
        return MLP(sizes, rng=rng, hidden="tanh", output=output, dtype=np.float64)

    learner.actor, learner.target_actor = (net((3, 6, 2), "tanh") for _ in range(2))
    learner.critics, learner.target_critics = (
        tuple(net((5, 7, 1)) for _ in range(n)) for _ in range(2)
    )
    learner.actor_step = actor(learner.actor, 1.0)
    learner.critic_steps = tuple(critic(f, 1.0) for f in learner.critics)
    return learner


def nets(learner):
    return [learner.actor, *learner.critics, learner.target_actor, *learner.target_critics]


def thetas(learner):
    return [net.theta.copy() for net in nets(learner)]


def moved(learner, before):
    """Which of actor, critics, target actor, target critics are not as they were."""
    return [not np.array_equal(net.theta, old)
            for net, old in zip(nets(learner), before, strict=True)]  # fmt: skip


def steps(n, seed=0, scale=1.0):
    """Random experience in the units of the world, in which every ending occurs."""
    rng, made = np.random.default_rng(seed), []
    for k in range(n):
        s, s_next = rng.normal(size=(2, 3))
        a = rng.uniform(LOW, HIGH)
        made.append(Step(s, a, float(scale * rng.normal()), s_next, k % 3 == 0, k % 4 == 0))
    return made


def scale(a):
    """From the bounds to [-1, 1], each component by itself."""
    return 2 * (np.asarray(a) - LOW) / (HIGH - LOW) - 1


def scaled(made):
    return batch([t._replace(a=scale(t.a)) for t in made])


def constant(learner, a):
    """Both actors say a, on the agent's scale, whatever s is."""
    for net in (learner.actor, learner.target_actor):
        net.theta[:] = 0.0
        net.layers[-1][1][:] = np.arctanh(a)
    return learner


def linear_actor(weights):
    f = Linear(lambda s: s, 2, d=3)
    f.w[:] = weights
    return f
