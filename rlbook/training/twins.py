"""Which methods have a compiled twin, and in which worlds? Needs no numba itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook.agent import Follow
from rlbook.ddpg import DDPG
from rlbook.dqn import DQN
from rlbook.environment import TabularEnv
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.grid_world.world import GridWorld
from rlbook.monte_carlo import MonteCarlo
from rlbook.spaces import Env
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training.kinds import Kind, Twin

TWINS: dict[type, Twin] = {
    # Follow learns nothing: its pi stands where the others have what they learn, and is only read.
    Follow: Twin(Kind.FOLLOW, 4e-6, "pi", follows=True),
    TD0: Twin(Kind.TD_0, 4e-6, "v", follows=True, off_policy=True),
    Sarsa: Twin(Kind.SARSA, 4e-6, "q", "updates"),
    ExpectedSarsa: Twin(Kind.EXPECTED_SARSA, 8e-6, "q", "updates", off_policy=True, rounds_from=8),
    QLearning: Twin(Kind.Q_LEARNING, 4e-6, "q", "updates", off_policy=True),
    NStepSarsa: Twin(Kind.N_STEP_SARSA, 4e-6, "q", "updates"),
    MonteCarlo: Twin(Kind.MONTE_CARLO, 4e-6, "q", "n_episodes"),
    LinearTD: Twin(
        Kind.LINEAR_TD, 7e-6, "w", "updates",
        linear=True, follows=True, off_policy=True, rounds_from=0,
    ),
    LinearSarsa: Twin(Kind.LINEAR_SARSA, 8e-6, "w", "updates", linear=True, rounds_from=0),
    LinearQLearning: Twin(
        Kind.LINEAR_Q_LEARNING, 8e-6, "w", "updates", linear=True, off_policy=True, rounds_from=0
    ),
}  # fmt: skip

NETWORKS: dict[type, float] = {DQN: 1e-5, DDPG: 6e-5}
"""Agents with networks, and the seconds that compiled passes save them in a step."""


def why_not(agent: Any, env: Env, behaviour: Any = None) -> str | None:
    """Why this agent has no compiled twin in this world, in words; None if it has one."""
    actor = agent if behaviour is None else behaviour
    world = env.env if type(env) is TimeLimit else env
    return next(_reasons(agent, env, actor, world), None)


def _reasons(agent: Any, env: Env, actor: Any, world: Env) -> Iterator[str]:
    """Each reason may rely on those before it: the first is the one to read."""
    if (twin := TWINS.get(type(agent))) is None:
        yield f"{type(agent).__name__} has no compiled twin"
        return
    if type(world) not in (TabularEnv, GridWorld):
        outside = f"{type(env).__name__} around " if world is not env else ""
        got = f"{outside}{type(world).__name__}"
        yield f"env must be a TabularEnv or a GridWorld, or a TimeLimit around one, got {got}"
    if actor is not agent and not (twin.off_policy and type(actor) is Follow):
        yield (
            f"{type(agent).__name__} that learns from {type(actor).__name__} has no compiled twin: "
            "behaviour must be a Follow, and the agent must draw nothing while it learns"
        )
    if world.render_mode:
        yield f"a world of render_mode {world.render_mode!r} is drawn while it runs"
    if getattr(agent, "ties", "first") != "first":
        yield f"ties must be 'first', got {agent.ties!r}"
    for x in (agent, actor, env, world):  # a method patched on the instance?
        for name in vars(x):
            if callable(getattr(type(x), name, None)):
                yield f"{name} of {type(x).__name__} was replaced by a function of your own"
    floats = {twin.learned: vars(agent)[twin.learned]}
    if twin.linear:
        floats["phi"] = agent.phi
    if twin.follows or actor is not agent:
        floats["pi"] = actor.pi
    for name, x in floats.items():
        if not _is_plain(x, np.float64):
            yield f"{name} must be a contiguous array of float64"
    if not twin.linear and not _is_plain(agent.visits, np.intp):
        yield "visits must be a contiguous array of intp"
    if twin.linear:
        d = agent.phi.shape[1]
        if agent.w.shape != (wanted := (d,) if twin.follows else (agent.n_actions, d)):
            yield f"w must have shape {wanted}, got {agent.w.shape}"
    generators = [rng.bit_generator for rng in (actor.rng, world.np_random)]
    if any(type(x) is not np.random.PCG64 for x in generators):
        yield "agent and env must draw from Generators of PCG64, as np.random.default_rng makes"
    if generators[0] is generators[1]:
        yield "agent and env must draw from two Generators, got one that they share"


def _is_plain(x: Any, kind: type) -> bool:
    return type(x) is np.ndarray and x.dtype == kind and bool(x.flags.c_contiguous)
