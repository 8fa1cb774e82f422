"""The loop of `train` for tabular agents, compiled: what temporal_difference.py says.

This is the twin, for speed. To understand a method, read that, and monte_carlo.py. Every draw, sum
and product is in the order of theirs, so that both give the same bits; `expected` alone adds one
after another, where numpy adds several of eight actions or more at once. Needs the extra `fast`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import FloatArray, IntArray
from rlbook.compiling import borrowed, inline, jit
from rlbook.training.compiled_streams import Words, random
from rlbook.training.compiled_world import Stop, draw, go_on, ready, take, value_at
from rlbook.training.kinds import Kind

KEPT = 1024
"""So many steps that were learned from lie before those that wait, until they are dropped."""


class TabularAgent(NamedTuple):
    """An agent that learns a table, and who acts for it.

    kind              which method it is, a Kind
    table, visits     q (S, A), or v (S, 1), and what was counted, alike
    pi                cumulative, of the policy that is followed; no rows if it acts by its table
    gamma             the discount
    alpha, epsilon    schedules, see `value_at`; an empty alpha is 1 / n, of Monte Carlo
    n                 of n-step Sarsa
    exploring_starts  of Monte Carlo
    first_seen        (S, A), of Monte Carlo by first visits: where on the path they are; or empty
    stream            of the generator of who acts
    """

    kind: int
    table: FloatArray
    visits: IntArray
    pi: FloatArray
    gamma: float
    alpha: FloatArray
    epsilon: FloatArray
    n: int
    exploring_starts: bool
    first_seen: IntArray
    stream: Words


@inline
def argmax(q, s):  # type: ignore[no-untyped-def]
    """The first of the largest."""
    best = 0
    for a in range(1, q.shape[1]):
        if q[s, a] > q[s, best]:
            best = a
    return best


@inline
def draw_epsilon_greedy(q, s, epsilon, stream):  # type: ignore[no-untyped-def]
    """As policy.sample_epsilon_greedy."""
    u = random(stream)
    if u >= epsilon:
        return argmax(q, s)
    return int(u / epsilon * q.shape[1])


@inline
def expected(q, s, epsilon):  # type: ignore[no-untyped-def]
    """sum_a pi(a|s) q(s, a) of the epsilon-greedy policy."""
    A, best, total = q.shape[1], argmax(q, s), 0.0
    for a in range(A):
        total += (1 - epsilon * (A - 1) / A if a == best else epsilon / A) * q[s, a]
    return total


@inline
def act(agent, epsilon, progress):  # type: ignore[no-untyped-def]
    """The action in the state where the run is; a promise ends with it."""
    s = progress.state
    if agent.pi.size > 0:
        a = draw(agent.pi, s, agent.stream)
    elif progress.promised_state == s:
        a = progress.promised_action
    elif agent.exploring_starts and progress.path_end == 0:
        a = int(random(agent.stream) * agent.table.shape[1])
    else:
        a = draw_epsilon_greedy(agent.table, s, epsilon, agent.stream)
    progress.promised_state = -1
    return a


@inline
def sarsa(agent, t, epsilon, progress):  # type: ignore[no-untyped-def]
    """As Sarsa.target: r + gamma q(s', a'), and a' is promised."""
    if t.terminated:
        return t.r
    a = draw_epsilon_greedy(agent.table, t.s_next, epsilon, agent.stream)
    progress.promised_state, progress.promised_action = t.s_next, a
    return t.r + agent.gamma * agent.table[t.s_next, a]


@inline
def move(agent, s, a, target, progress):  # type: ignore[no-untyped-def]
    """(7.20), or (7.1); False if alpha has no value."""
    agent.visits[s, a] += 1
    n = agent.visits[s, a]
    alpha = 1 / n if agent.alpha.size == 0 else value_at(agent.alpha, n)
    if np.isnan(alpha):
        progress.asked = n
        return False
    agent.table[s, a] -= alpha * (agent.table[s, a] - target)
    return True


@inline
def learn_from_step(agent, t, epsilon, progress):  # type: ignore[no-untyped-def]
    """As TD.update and TD0.update."""
    if agent.kind == Kind.TD_0:
        target = t.r + agent.gamma * (1 - t.terminated) * agent.table[t.s_next, 0]
    elif agent.kind == Kind.Q_LEARNING:
        best = argmax(agent.table, t.s_next)
        target = t.r + agent.gamma * (1 - t.terminated) * agent.table[t.s_next, best]
    elif agent.kind == Kind.EXPECTED_SARSA:
        mean = expected(agent.table, t.s_next, epsilon)
        target = t.r + agent.gamma * (1 - t.terminated) * mean
    elif agent.kind == Kind.SARSA:
        target = sarsa(agent, t, epsilon, progress)
    else:
        target = np.nan  # a kind that has no branch here
    known = move(agent, t.s, 0 if agent.kind == Kind.TD_0 else t.a, target, progress)
    progress.counted += known
    return known


@inline
def remember(t, path, progress):  # type: ignore[no-untyped-def]
    """One step more on the path."""
    step = path[progress.path_end]
    step.s, step.a, step.r = t.s, t.a, t.r
    progress.path_end += 1


@inline
def learn_from_episode(agent, path, progress):  # type: ignore[no-untyped-def]
    """As MonteCarlo at the end of an episode."""
    if agent.first_seen.size > 0:
        for j in range(progress.path_end - 1, -1, -1):
            agent.first_seen[path[j].s, path[j].a] = j
    g, known = 0.0, True
    for j in range(progress.path_end - 1, -1, -1):
        g = path[j].r + agent.gamma * g
        s, a = path[j].s, path[j].a
        if agent.first_seen.size == 0 or agent.first_seen[s, a] == j:
            known = known and move(agent, s, a, g, progress)
    progress.counted += known
    progress.path_end = 0
    return known


@inline
def learn_from_path(agent, t, epsilon, path, progress):  # type: ignore[no-untyped-def]
    """As NStepSarsa.update, until the path has fewer than n steps, and none at an episode's end."""
    least = 1 if t.terminated or t.truncated else agent.n
    while progress.path_end - progress.path_begin >= least:
        g, discount = 0.0, 1.0
        for j in range(progress.path_begin, progress.path_end - 1):
            g += discount * path[j].r
            discount *= agent.gamma
        target = g + discount * sarsa(agent, t, epsilon, progress)
        first = path[progress.path_begin]
        progress.path_begin += 1
        if not move(agent, first.s, first.a, target, progress):
            return False
        progress.counted += 1
        epsilon = value_at(agent.epsilon, progress.counted)
    return True


@inline
def forget(path, progress):  # type: ignore[no-untyped-def]
    """The steps that wait go to the front of the path now and then, so that it is not full."""
    old, waiting = progress.path_begin, progress.path_end - progress.path_begin
    if waiting == 0 or old >= KEPT:
        for j in range(waiting):
            path[j] = path[old + j]
        progress.path_begin, progress.path_end = 0, waiting


@inline
def learn(agent, t, epsilon, path, progress):  # type: ignore[no-untyped-def]
    """As `update` of the agent; False if alpha has no value."""
    known = True
    if agent.kind == Kind.FOLLOW:
        agent.visits[t.s, t.a] += 1
    elif agent.kind == Kind.MONTE_CARLO:
        remember(t, path, progress)
        if t.terminated or t.truncated:
            known = learn_from_episode(agent, path, progress)
    elif agent.kind == Kind.N_STEP_SARSA:
        remember(t, path, progress)
        known = learn_from_path(agent, t, epsilon, path, progress)
        forget(path, progress)
    else:
        known = learn_from_step(agent, t, epsilon, progress)
    return known


@jit
def run(agent, world, path, episodes, progress, steps):  # type: ignore[no-untyped-def]
    """Some more steps of a run, which `progress` counts; returns why it came back."""
    agent, world = borrowed(agent), borrowed(world)
    path, episodes = borrowed(path), borrowed(episodes)
    for _ in range(steps):
        why = ready(world, path, episodes, progress)
        if why != Stop.PAUSE:
            return why
        epsilon = value_at(agent.epsilon, progress.counted)
        if np.isnan(epsilon):
            return Stop.EPSILON_UNKNOWN
        t = take(world, act(agent, epsilon, progress), progress)
        if not learn(agent, t, epsilon, path, progress):
            return Stop.ALPHA_UNKNOWN
        go_on(t, world, episodes, progress)
    return Stop.DONE if progress.steps_left == 0 else Stop.PAUSE
