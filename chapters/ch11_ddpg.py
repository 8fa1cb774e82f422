"""Chapter 11: does DDPG find a deterministic policy that is known exactly?"""

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook.agent import interact, learn
from rlbook.book import Part, Result, at_least, item, listed, share_of
from rlbook.cli import run
from rlbook.ddpg import DDPG
from rlbook.functions.exploration_noise import GaussianNoise
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Quadratic
from rlbook.linear_quadratic.learned import gain_of, learned_gains
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.plot import draw_curves, panels

GAMMA = 0.9


def _one():
    """One state, one action: s' = s + a + noise, r = -(s^2 + a^2)."""
    return LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.1)


def _two():
    """Two states, two actions; the first state feels the second."""
    return LinearQuadratic(
        [[1.0, 0.2], [0.0, 1.0]], [[0.2, 0.0], [0.0, 0.5]], [[1.0, 0.0], [0.0, 0.5]],
        [[0.5, 0.0], [0.0, 0.5]], noise=0.02,
    )  # fmt: skip


def _linear(n, m, rng):
    return {"actor": MLP((n, m), rng=rng, last=3e-3), "critic": Quadratic(n + m), "tau": 0.1,
            "alpha_theta": 5e-3, "alpha_w": 5e-2, "warmup": 500}  # fmt: skip


def _networks(n, m, rng):
    actor = MLP((n, 64, 64, m), rng=rng, hidden="tanh", last=3e-3)
    critic = MLP((n + m, 64, 64, 1), rng=rng, hidden="tanh", last=3e-3)
    return {"actor": actor, "critic": critic, "tau": 0.03,
            "alpha_theta": 3e-4, "alpha_w": 5e-3, "warmup": 1000}  # fmt: skip


def _regulate(world, parts, seed, steps, progress):
    """DDPG in an LQ world: the agent, and its gains as it learns."""
    rng = np.random.default_rng([seed, 11])
    agent = DDPG(
        world.observation_space, world.action_space, gamma=GAMMA, noise=GaussianNoise(1.0),
        rng=rng, **parts(*world.unwrapped.B.shape, rng),
    )  # fmt: skip
    stream = interact(world, agent, steps=steps, seed=seed)
    return agent, learned_gains(agent, progress(learn(agent, stream), steps), steps)


def _errors(world, agent, gains):
    """Of each gain K, and of the critic's matrix H, beside the exact ones."""
    K, H = world.unwrapped.gain(GAMMA), world.unwrapped.q_matrix(GAMMA)
    off = np.linalg.norm(gains - K, axis=(1, 2)) / np.linalg.norm(K)
    return off, np.abs(agent.critics[0].M + H).max() / np.abs(H).max()


@item("ddpg:lqr")
def linear_quadratic(fig, rng, quick, progress):
    """Does DDPG find a policy that is known exactly?"""
    seeds, nets, begin = 2 if quick else 3, 1 if quick else 2, int(rng.integers(2**31))
    steps, long = 2000, 2500 if quick else 4000
    runs = [
        (world, *_regulate(world, _linear, seed, steps, progress))
        for world in (TimeLimit(_one(), 5), TimeLimit(_two(), 5))
        for seed in range(begin, begin + seeds)
    ]
    short = TimeLimit(_one(), 3)
    deep = [_regulate(short, _networks, begin + k, long, progress)[0] for k in range(nets)]
    off, critics = map(np.array, zip(*(_errors(*run) for run in runs), strict=True))
    _draw_regulators(fig, runs[0][1], deep, off[seeds:], steps)
    K = _one().gain(GAMMA)[0, 0]
    slopes = np.array([gain_of(agent.actor)[0, 0] / K for agent in deep])
    good = np.append((off[:, -1] < 0.02) & (critics < 0.04), np.abs(slopes - 1) < np.abs(slopes))
    near = "runs that find it: linear, K within 2 %, the critic's matrix within 4 % of its largest "
    near += "entry; networks, the slope at s = 0 nearer to the exact one than to that of no control"
    return Result(
        Part(near, at_least(0.9), share_of(good)),
        note=f"gamma = {GAMMA}; {seeds} seeds from {begin} on; noise of deviation 0.1 (one state), "
        f"0.02 (two). {steps} steps in episodes of 5; networks (64, 64, tanh), on one state, "
        f"{nets} of the seeds: {long} steps in episodes of 3. Their slope, not yet there, is "
        f"{listed(slopes, '.3f')} times {K:.4f}.",
    )


def _draw_regulators(fig, linear, deep, off, steps):
    """Left: actors of one state beside the exact one. Right: errors of K, two states."""
    left, right = panels(fig, 2, (9.2, 4.0))
    s, K = np.linspace(-1.5, 1.5, 61), _one().gain(GAMMA)[0, 0]
    left.plot(s, -K * s, color="0.75", lw=7, solid_capstyle="round", label="exact")
    left.plot(s, linear.actor(s[:, None]), color="C0", label="linear actor")
    mu = np.column_stack([agent.actor(s[:, None]) for agent in deep])
    left.plot(s, mu, "--", color="C3", lw=1.3, label=["networks"] + ["_"] * (len(deep) - 1))
    left.legend()
    left.grid(True, color="0.92", lw=0.8)
    left.set(xlabel="$s$", ylabel=r"$\mu(s)$", title="one state")
    draw_curves(right, np.arange(50, steps + 1, 50), {f"run {j}": x for j, x in enumerate(off, 1)})
    right.axhline(0.02, color="0.3", ls="--", lw=1)
    right.set(title="two states, two actions", xlabel="step", ylabel="relative error of $K$")
    right.set_yscale("log")


if __name__ == "__main__":
    run(__file__)
