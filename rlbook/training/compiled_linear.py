"""The loop of `train` for linear agents, compiled: what linear_methods.py says.

This is the twin, for speed. To understand a method, read that. Every draw is as there; a dot
product adds its terms one after another, where numpy adds several at once, so that values agree to
rounding and not to the last bit. Needs the extra `fast`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import borrowed, inline, jit
from rlbook.training.compiled_streams import Words, random
from rlbook.training.compiled_world import Stop, draw, go_on, ready, take, value_at
from rlbook.training.kinds import Kind


class LinearAgent(NamedTuple):
    """An agent that learns weights of features, and who acts for it.

    kind              which method it is, a Kind
    phi, w            (S, d), and (A, d), or (1, d) of TD-Linear
    pi                cumulative, of the policy that is followed; no rows if it acts by its weights
    gamma             the discount
    alpha, epsilon    schedules, see `value_at`
    q                 (A,), room for the values of a state
    stream            of the generator of who acts
    """

    kind: int
    phi: FloatArray
    w: FloatArray
    pi: FloatArray
    gamma: float
    alpha: FloatArray
    epsilon: FloatArray
    q: FloatArray
    stream: Words


@inline
def value(agent, s, a):  # type: ignore[no-untyped-def]
    """phi(s)^T w[a]."""
    total = 0.0
    for i in range(agent.phi.shape[1]):
        total += agent.phi[s, i] * agent.w[a, i]
    return total


@inline
def q_of(agent, s):  # type: ignore[no-untyped-def]
    """q(s, .), (A,)."""
    for b in range(agent.q.size):
        agent.q[b] = value(agent, s, b)
    return agent.q


@inline
def next_action(agent, s, epsilon):  # type: ignore[no-untyped-def]
    """As LinearControl.next_action."""
    u, A = random(agent.stream), agent.q.size
    return np.argmax(q_of(agent, s)) if u >= epsilon else int(u / epsilon * A)


@inline
def act(agent, epsilon, progress):  # type: ignore[no-untyped-def]
    """The action in the state where the run is; a promise ends with it."""
    s = progress.state
    if agent.pi.size > 0:
        a = draw(agent.pi, s, agent.stream)
    elif progress.promised_state == s:
        a = progress.promised_action
    else:
        a = next_action(agent, s, epsilon)
    progress.promised_state = -1
    return a


@inline
def target_of(agent, t, epsilon, progress):  # type: ignore[no-untyped-def]
    """As `target` of the agent; Sarsa promises its a'."""
    if agent.kind == Kind.LINEAR_TD:
        return t.r + agent.gamma * (1 - t.terminated) * value(agent, t.s_next, 0)
    if agent.kind == Kind.LINEAR_Q_LEARNING:
        return t.r + agent.gamma * (1 - t.terminated) * np.max(q_of(agent, t.s_next))
    if agent.kind != Kind.LINEAR_SARSA:
        return np.nan  # a kind that has no branch here
    if t.terminated:
        return t.r
    a = next_action(agent, t.s_next, epsilon)
    progress.promised_state, progress.promised_action = t.s_next, a
    return t.r + agent.gamma * value(agent, t.s_next, a)


@inline
def learn(agent, t, alpha, target):  # type: ignore[no-untyped-def]
    """w[a] <- w[a] - alpha error phi(s); returns the error, which may have run away."""
    block = 0 if agent.kind == Kind.LINEAR_TD else t.a
    error = value(agent, t.s, block) - target
    if np.isfinite(error):
        for i in range(agent.phi.shape[1]):
            agent.w[block, i] -= alpha * error * agent.phi[t.s, i]
    return error


@jit
def run(agent, world, path, episodes, progress, steps):  # type: ignore[no-untyped-def]
    """Some more steps of a run, which `progress` counts; returns why it came back."""
    agent, world, episodes = borrowed(agent), borrowed(world), borrowed(episodes)
    for _ in range(steps):
        why = ready(world, path, episodes, progress)
        if why != Stop.PAUSE:
            return why
        epsilon = value_at(agent.epsilon, progress.counted)
        if np.isnan(epsilon):
            return Stop.EPSILON_UNKNOWN
        t = take(world, act(agent, epsilon, progress), progress)
        target = target_of(agent, t, epsilon, progress)
        progress.asked = progress.counted + 1
        alpha = value_at(agent.alpha, progress.asked)
        if np.isnan(alpha):
            return Stop.ALPHA_UNKNOWN
        progress.error = learn(agent, t, alpha, target)
        if not np.isfinite(progress.error):
            return Stop.DIVERGED
        progress.counted += 1
        go_on(t, world, episodes, progress)
    return Stop.DONE if progress.steps_left == 0 else Stop.PAUSE
