"""The two sides of benchmarks/ddpg.py, with the same settings, and that they do the same."""

from itertools import cycle

import gymnasium
import numpy as np

from rlbook.agent import Step
from rlbook.ddpg import DDPG
from rlbook.functions.exploration_noise import GaussianNoise

try:
    import stable_baselines3
    import torch
    from stable_baselines3.common.buffers import ReplayBufferSamples
    from stable_baselines3.common.logger import Logger
    from stable_baselines3.common.noise import NormalActionNoise
except ImportError:
    stable_baselines3 = torch = None

WORLD, N_IN, N_ACTIONS = "Pendulum-v1", 3, 1
GAMMA, LR, TAU, CAPACITY, WARMUP = 0.99, 1e-3, 0.005, 100_000, 1000
SIGMA = 0.1  # both add noise where actions lie in [-1, 1]
PEERS = {
    "Stable-Baselines3": {},
    "Stable-Baselines3, Adam fused=True": {"optimizer_kwargs": {"fused": True}},
}


def ours(units, batch):
    """The agent of rlbook."""
    env = gymnasium.make(WORLD)
    return DDPG(
        env.observation_space, env.action_space, hidden=(units, units), gamma=GAMMA,
        alpha_theta=LR, alpha_w=LR, tau=TAU, batch=batch, capacity=CAPACITY, warmup=WARMUP,
        noise=GaussianNoise(SIGMA), rng=np.random.default_rng(0),
    )  # fmt: skip


def theirs(units, batch, options):
    """The model of the peer."""
    model = stable_baselines3.DDPG(
        "MlpPolicy", gymnasium.make(WORLD), policy_kwargs={"net_arch": [units, units], **options},
        gamma=GAMMA, learning_rate=LR, tau=TAU, batch_size=batch, buffer_size=CAPACITY,
        learning_starts=WARMUP, train_freq=1, gradient_steps=1, seed=0, device="cpu", verbose=0,
        action_noise=NormalActionNoise(np.zeros(N_ACTIONS), np.full(N_ACTIONS, SIGMA)),
    )  # fmt: skip
    model.set_logger(Logger(None, []))  # else every `learn` makes a folder for its logs
    return model


def batches(n, batch):
    """Random experience, as a replay would sample it."""
    rng, found = np.random.default_rng(0), []
    for _ in range(n):
        s, s_next = rng.normal(size=(2, batch, N_IN)).astype(np.float32)
        a = rng.uniform(-1, 1, (batch, N_ACTIONS)).astype(np.float32)
        r, end = rng.normal(size=batch), rng.random(batch) < 0.05
        found.append(Step(s, a, r, s_next, end, np.zeros(batch, bool)))
    return found


def alone(model, ready):
    """An update of the peer, without the loop around it; it takes the batches in turn by itself."""
    fields = ((t.s, t.a, t.s_next, t.terminated[:, None], t.r[:, None]) for t in ready)
    same = cycle(
        ReplayBufferSamples(*(torch.tensor(x, dtype=torch.float32) for x in of)) for of in fields
    )
    model.replay_buffer.sample = lambda *_, **__: next(same)
    return lambda _: model.train(gradient_steps=1, batch_size=len(ready[0].r))


def check(units, batch, options):
    """Both sides must come from the same weights, by the same batches, to the same weights.

    The peer's loss of the critic is twice ours: to Adam no difference where epsilon is, too.
    """
    agent, model = ours(units, batch), theirs(units, batch, options)
    for group in model.critic.optimizer.param_groups:
        group["eps"] *= 2
    pairs = (
        (agent.actor, model.actor), (agent.target_actor, model.actor_target),
        (agent.critics[0], model.critic), (agent.target_critics[0], model.critic_target),
    )  # fmt: skip
    for net, twin in pairs:
        arrays = (x.T for layer in net.layers for x in layer)  # W, b of each
        with torch.no_grad():
            for p, x in zip(twin.parameters(), arrays, strict=True):
                p.copy_(torch.tensor(x))
    start = [net.theta.copy() for net, _ in pairs]
    # in float32 a gradient of zero but for rounding parts them later than in 20 updates
    ready = batches(20, batch)
    train = alone(model, ready)
    for t in ready:
        agent.learn(t)
        train(t)
    for (net, twin), before in zip(pairs, start, strict=True):
        theta = np.concatenate([p.detach().numpy().T.ravel() for p in twin.parameters()])
        apart, moved = np.abs(net.theta - theta).max(), np.abs(net.theta - before).max()
        if not apart < 0.001 * moved:
            raise RuntimeError(f"rlbook and the peer do not agree: {apart:.2g} of {moved:.2g}")
