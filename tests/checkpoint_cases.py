"""What the tests of checkpoints share."""

from types import FunctionType

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from rlbook import GridWorld
from rlbook.actor_critic import A2C, QAC, OffPolicyActorCritic
from rlbook.agent import interact, learn
from rlbook.dqn import DQN, DoubleDQN, anneal
from rlbook.function_approximation.replay import Replay
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.policy import uniform
from rlbook.policy_gradient import Reinforce

RIVER = ("...", ".#.", "..T")


def cart_pole():
    return gymnasium.make("CartPole-v1")


def river():
    world = GridWorld(RIVER, slip=0.2, terminate_at_target=True)
    return gymnasium.wrappers.TimeLimit(world, 30)


def pendulum():
    return gymnasium.wrappers.TimeLimit(gymnasium.make("Pendulum-v1").unwrapped, 23)


def dqn(env=None, seed=0, kind=DQN, **options):
    given = {
        "hidden": (16,), "batch": 16, "warmup": 50, "capacity": 150, "every": 2, "updates": 2,
        "copy_every": 30, "epsilon": anneal(1.0, 0.1, 400),
    }  # fmt: skip
    env = env or cart_pole()
    rng = np.random.default_rng(seed)
    return kind(env.observation_space, env.action_space, rng=rng, **given | options)


def critic(env, n_out=1, rng=None):
    if isinstance(env.observation_space, Discrete):
        return Table(int(env.observation_space.n), n_out)
    sizes = (env.observation_space.shape[0], 8, n_out)
    return MLP(sizes, rng=rng or np.random.default_rng(5), hidden="tanh")


def actor(env):
    if isinstance(env.action_space, Box):
        return Gaussian(MLP((3, 8, 1), rng=np.random.default_rng(5), extra=1), std=0.5)
    return Softmax(critic(env, int(env.action_space.n)))


def reinforce(env, **options):
    rng = np.random.default_rng(0)
    return Reinforce(actor(env), gamma=0.9, alpha=0.01, rng=rng, **options)


def with_baseline(env, **options):
    return reinforce(env, baseline=critic(env), alpha_w=0.01, **options)


def a2c(env, **options):
    rng = np.random.default_rng(0)
    return A2C(
        actor(env), critic(env), gamma=0.9, alpha_theta=0.01, alpha_w=0.01, rng=rng, **options
    )


def qac(env):
    q, rng = critic(env, int(env.action_space.n)), np.random.default_rng(0)
    return QAC(actor(env), q, gamma=0.9, alpha_theta=0.01, alpha_w=0.01, rng=rng)


def off_policy(env):
    return OffPolicyActorCritic(
        actor(env), critic(env), behaviour=uniform(9, 5), gamma=0.9, alpha_theta=0.01,
        alpha_w=0.01, rng=np.random.default_rng(0),
    )  # fmt: skip


AGENTS = {
    "DQN, CartPole": (cart_pole, dqn),
    "DQN, CartPole, soft": (cart_pole, lambda env: dqn(env, tau=0.05, copy_every=None)),
    "DQN, grid": (river, dqn),
    "DQN, grid, before it learns": (river, lambda env: dqn(env, warmup=10_000)),
    "DQN, grid, nothing forgotten": (river, lambda env: dqn(env, capacity=10_000, kind=DoubleDQN)),
    "Reinforce, grid": (river, reinforce),
    "Reinforce, CartPole, batches of 3": (cart_pole, lambda env: with_baseline(env, batch=3)),
    "Reinforce, Pendulum, batches of 2": (pendulum, lambda env: with_baseline(env, batch=2)),
    "A2C, grid": (river, a2c),
    "A2C, grid, 7 steps": (river, lambda env: a2c(env, n=7, lam=0.9)),
    "A2C, CartPole, 7 steps": (cart_pole, lambda env: a2c(env, n=7, adam=True, max_norm=0.5)),
    "A2C, Pendulum, 50 steps": (pendulum, lambda env: a2c(env, n=50, adam=True, entropy=0.01)),
    "QAC, grid": (river, qac),
    "QAC, CartPole": (cart_pole, qac),
    "off-policy, grid": (river, off_policy),
}


def play(env, agent, first, episodes):
    return list(learn(agent, interact(env, agent, episodes=episodes, seed=7, first=first)))


def state(thing, name="agent"):
    """Everything that an agent is, as a flat dictionary of plain things, found without `saved`."""
    if isinstance(thing, np.ndarray):
        return {name: (thing.dtype.str, thing.shape, thing.tobytes())}
    if isinstance(thing, np.generic):
        return {name: repr(thing.item())}
    if isinstance(thing, np.random.Generator):
        return {name: repr(thing.bit_generator.state)}
    if isinstance(thing, (tuple, list)):
        parts = {f"{name}.{k}": x for k, x in enumerate(thing)}
        found = {f"{name}.length": len(thing)}
    elif isinstance(thing, Replay):  # the rows that nothing was written to are not part of it
        return state(None if not len(thing) else tuple(thing.all()), name) | {
            f"{name}.added": thing.added
        }
    elif hasattr(thing, "__dict__") and not isinstance(thing, FunctionType):
        parts = {f"{name}.{k}": x for k, x in vars(thing).items() if k not in PASSING}
        found = {}
    else:
        return {} if isinstance(thing, FunctionType) else {name: repr(thing)}
    for part, x in parts.items():
        found |= state(x, part)
    return found


# what is overwritten before it is read again
PASSING = {"_h", "_x", "_features", "grad", "extra_grad", "_slope", "_slopes", "_step", "last_loss",
           "phi"}  # fmt: skip


def same_steps(some, others):
    assert len(some) == len(others)
    for t, u in zip(some, others, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(t, u, strict=True))


def refused(agent, path, match):
    before = state(agent)
    with pytest.raises(ValueError, match=match) as error:
        agent.load(path)
    assert type(error.value) is ValueError
    assert state(agent) == before


def parts_of(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}
