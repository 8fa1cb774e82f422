"""Chapter 11, why deterministic: what do actions of many components cost DDPG, and what others?

The worlds have d states and d actions, and the best gain is known.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete

from rlbook.actor_critic import A2C
from rlbook.agent import Agent, Step
from rlbook.book import Part, Result, at_least, item, listed, share_of
from rlbook.cli import run
from rlbook.ddpg import DDPG
from rlbook.dqn import DQN
from rlbook.experience.steps import each
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Quadratic
from rlbook.functions.stochastic_policy import Gaussian
from rlbook.linear_quadratic.learned import gain_of
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.plot import draw_runs, panels

GAMMA = 0.9
SIDE_BY_SIDE = 16  # worlds: so many steps at once
LEVELS = (-1.5, -0.5, 0.5, 1.5)  # of each component of an action, on a grid
MOST = 150_000  # steps; who is not there by then is drawn there


class Learner(NamedTuple):
    """An agent, and what the experiment must know of it; s is (B, d).

    explore    s -> the actions (B, d), and how the agent is told of them
    sees       s -> what the agent sees of it
    gain       K so far
    most       steps after which it is given up
    forgets    True: it learns from the last steps, and has no memory of others
    """

    agent: Agent
    explore: Callable
    sees: Callable
    gain: Callable
    most: int
    forgets: bool = False


def _deterministic(world, rng):
    """DDPG, as in ddpg:lqr, with a slower critic: it has up to 137 weights."""
    d = len(world.A)
    agent = DDPG(
        world.observation_space, world.action_space, actor=MLP((d, d), rng=rng, last=3e-3),
        critic=Quadratic(2 * d), gamma=GAMMA, alpha_theta=5e-3, alpha_w=0.02, tau=0.1, warmup=64,
        rng=rng,
    )  # fmt: skip

    def explore(s):
        a = agent.actor(s) + 0.7 * rng.standard_normal(s.shape)
        return a, a

    return Learner(agent, explore, lambda s: s, lambda: gain_of(agent.actor), MOST // 30)


def _forgetful(world, rng):
    """DDPG that uses each step once, as an actor must that learns on-policy."""
    return _deterministic(world, rng)._replace(most=MOST, forgets=True)


def _gaussian(world, rng):
    """A2C, as in ac:gaussian. Its gradient is noisier where d is larger: smaller steps."""
    d = len(world.A)
    mean = MLP((d, d), rng=rng, last=3e-3, extra=d)
    actor = Gaussian(mean, std=0.7)
    agent = A2C(
        actor, Quadratic(d), n=SIDE_BY_SIDE, gamma=GAMMA, alpha_theta=0.024 / d, alpha_w=0.1,
        adam=True, rng=rng,
    )  # fmt: skip

    def explore(s):
        a = mean(s) + actor.sigma * rng.standard_normal(s.shape)
        return a, a

    return Learner(agent, explore, lambda s: s, lambda: gain_of(mean), MOST)


def _grid(d):
    """All actions of d components, each at one of the levels: (4^d, d)."""
    return np.stack(np.meshgrid(*[LEVELS] * d, indexing="ij"), axis=-1).reshape(-1, d)


def _products(s):
    """The products s_i s_j, i <= j, and s: a value of each action is linear in them."""
    i, j = np.triu_indices(s.shape[1])
    return np.concatenate([s[:, i] * s[:, j], s], axis=1)


def _deep_q(world, rng):
    """DQN over a grid of actions, all tried alike; its gain is the slope of its best actions."""
    actions, d = _grid(len(world.A)), len(world.A)
    probes = np.linalg.qr(rng.standard_normal((2000, d)))[0] * np.sqrt(2000)
    seen = _products(probes)
    agent = DQN(
        Box(-np.inf, np.inf, seen.shape[1:]), Discrete(len(actions)), hidden=(), gamma=GAMMA,
        lr=0.04 / np.sqrt(d), tau=0.05, every=2 * d * d, updates=1, batch=16 * d * d, warmup=64,
        rng=rng,
    )  # fmt: skip

    def explore(s):
        k = rng.integers(len(actions), size=len(s))
        return actions[k], k

    def slope():
        return -actions[agent.q(seen).argmax(1)].T @ probes / len(probes)

    return Learner(agent, explore, _products, slope, MOST)


def _steps_to_gain(make, d, seed):
    """Steps until K is within 5 % of the exact one at two checks in a row; inf: never.

    s' = s + a + noise, r = -(s^T s + a^T a): d copies of one world, which no agent knows. Each step
    is from a state of its own. A check comes whenever there are 5 % more steps.
    """
    rng = np.random.default_rng([seed, 11])
    world = LinearQuadratic(*[np.eye(d)] * 4, noise=0.1)
    learner, K, checked, near = make(world, rng), world.gain(GAMMA), 0, 0
    truncated = np.ones(SIDE_BY_SIDE, bool)
    for k in range(SIDE_BY_SIDE, learner.most + 1, SIDE_BY_SIDE):
        s = rng.standard_normal((SIDE_BY_SIDE, d))
        a, told = learner.explore(s)
        r = -(s * s + a * a).sum(1)
        s_next = s + a + world.noise * rng.standard_normal(s.shape)
        t = Step(learner.sees(s), told, r, learner.sees(s_next), ~truncated, truncated)
        for one in [t] if learner.forgets else each(t):
            learner.agent.update(one)
        if k >= 1.05 * checked:
            checked = k
            near = near + 1 if np.linalg.norm(learner.gain() - K) < 0.05 * np.linalg.norm(K) else 0
            if near == 2:
                return k
    return np.inf


@item("ddpg:dimensions")
def dimensions(fig, rng, quick, progress):
    """Why deterministic? How many steps does it take where actions have many components?"""
    dims, few, seeds = (1, 2) if quick else (1, 2, 4, 8), 2 if quick else 4, 4
    begin = int(rng.integers(2**31))
    tried = {
        "DDPG": (_deterministic, dims),
        "DDPG, no memory": (_forgetful, dims),
        "Gaussian actor": (_gaussian, dims),
        "DQN on a grid": (_deep_q, [d for d in dims if d <= few]),
    }
    steps = {name: [] for name in tried}
    for seed in progress(range(begin, begin + seeds), seeds):
        for name, (make, ds) in tried.items():
            steps[name].append([_steps_to_gain(make, d, seed) for d in ds])
    steps = {name: np.array(rows) for name, rows in steps.items()}
    ddpg, forgetful, gauss, grid = steps.values()
    sizes, last = [len(_grid(d)) for d in dims], dims[-1]
    _draw_dimensions(fig, {name: ds for name, (_, ds) in tried.items()}, steps)

    both = np.maximum(gauss, ddpg)[:, dims.index(few)]
    holds = {
        f"d = {last}: the Gaussian actor needs more steps than DDPG": gauss[:, -1] > ddpg[:, -1],
        f"d = {few}: DQN needs more than both": grid[:, -1] > both,
    }
    if not quick:
        grows = gauss[:, -1] * ddpg[:, 0] > gauss[:, 0] * ddpg[:, -1]
        alone = gauss[:, -1] > forgetful[:, -1]
        holds |= {
            f"d = {last}: the Gaussian actor needs more than DDPG without memory": alone,
            f"the Gaussian actor's steps over DDPG's are more at d = {last} than at 1": grows,
            f"d = {last}: a grid has more actions than DDPG needs steps": sizes[-1] > ddpg[:, -1],
        }
    all_of_it = "seeds where all this holds: " + "; ".join(holds)
    weights = sizes[-1] * (_products(np.zeros((1, last))).shape[1] + 1)
    medians = {name: listed(np.median(rows, 0), ".0f") for name, rows in steps.items()}
    return Result(
        Part("actions of the grid", [len(LEVELS) ** d for d in dims], sizes),
        Part("runs of DDPG that find the gain", at_least(0.95), share_of(np.isfinite(ddpg))),
        Part(all_of_it, at_least(0.95), share_of(np.all([*holds.values()], axis=0))),
        note=f"d = {listed(dims)}; gamma = {GAMMA}; {seeds} seeds from {begin} on. s' = s + a + "
        "noise, r = -(s^T s + a^T a), the deviation of the noise 0.1. A gain counts as "
        "found when it is within 5 % of the norm of the exact one at two checks in a row. Medians "
        "of the steps "
        f"(inf: not within {MOST}): "
        f"{'; '.join(f'{name} {x}' for name, x in medians.items())}. DQN's gain is the slope of "
        f"its best actions over the state. A grid of {len(LEVELS)} levels a component has "
        f"{sizes[-1]} actions for d = {last}, and its values {weights} weights.",
    )


def _draw_dimensions(fig, tried, steps):
    """Steps over d, both on logarithmic axes; bands from the best seed to the worst."""
    ax, dims = panels(fig, 1, (6.4, 4.4)), tried["DDPG"]
    x = np.linspace(dims[0], dims[-1])
    for name, ds in tried.items():
        draw_runs(ax, ds, np.minimum(steps[name], MOST), name=name)
    ax.plot(x, len(LEVELS) ** x, ":", color="0.3", label="actions of the grid")
    ax.legend()
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(dims, [str(d) for d in dims])
    ax.set(xlabel="dimensions of state and action", ylabel="steps to 5 % of the exact gain")


if __name__ == "__main__":
    run(__file__)
