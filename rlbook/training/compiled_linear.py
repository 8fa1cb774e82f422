"""The loop of `train` for linear agents, compiled: what function_approximation.py says.

This is the twin, for speed. To understand a method, read that. Every draw is as there; a dot
product adds its terms one after another, where numpy adds several at once, so that values agree to
rounding and not to the last bit. Needs the extra `fast`.
"""

from __future__ import annotations

import numpy as np

from rlbook.compiling import inline, jit
from rlbook.training.compiled_streams import random
from rlbook.training.compiled_tabular import (
    DIVERGED,
    DONE,
    ELAPSED,
    EPISODE,
    LEFT,
    PAUSE,
    PROMISE_A,
    PROMISE_S,
    RECORD_FULL,
    RECORDED,
    RUNNING,
    SCHEDULE_ENDS,
    STATE,
    UPDATES,
    begin,
    draw,
    go_on,
    of,
)

LINEAR_TD, LINEAR_SARSA, LINEAR_Q_LEARNING = range(7, 10)  # after the kinds of the tables


@inline
def value(phi, w, s, a):  # type: ignore[no-untyped-def]
    """phi(s)^T w[a]."""
    total = 0.0
    for i in range(phi.shape[1]):
        total += phi[s, i] * w[a, i]
    return total


@inline
def q_of(phi, w, s, q):  # type: ignore[no-untyped-def]
    """q(s, .), written into q."""
    for b in range(q.size):
        q[b] = value(phi, w, s, b)
    return q


@inline
def next_action(phi, w, s, q, epsilon, stream):  # type: ignore[no-untyped-def]
    """As LinearControl.next_action."""
    u = random(stream)
    if u >= epsilon:
        return np.argmax(q_of(phi, w, s, q))
    return min(int(u / epsilon * q.size), q.size - 1)


@jit
def run(  # type: ignore[no-untyped-def]
    kind, phi, w, upto_pi, gamma, alpha, epsilon,
    upto_p, s_next, reward, end, upto_start, limit, seed,
    mine, theirs, at, sums, returns, lengths, steps, last_episode,
):  # fmt: skip
    """Some more steps of a run; returns as `compiled_loop.run` does, whose words are these.

    phi      (S, d); w: (A, d), or (1, d) of TD-Linear
    sums     the return of the episode so far, and the error that has run away
    """
    A, K = reward.shape[1], reward.shape[2]
    q = np.empty(A)
    for _ in range(steps):
        if at[RUNNING] == 0:
            if at[LEFT] == 0 or at[EPISODE] == last_episode:
                return DONE, 0
            begin(at, sums, upto_start, theirs, seed)
        if at[RECORDED] == returns.size:
            return RECORD_FULL, 0

        # act
        s, explore = at[STATE], of(epsilon, at[UPDATES])
        if np.isnan(explore):
            return SCHEDULE_ENDS, -at[UPDATES]
        if upto_pi.size > 0:
            a = draw(upto_pi, s, mine)
        elif at[PROMISE_S] == s:
            a = at[PROMISE_A]
        else:
            a = next_action(phi, w, s, q, explore, mine)
        at[PROMISE_S] = -1

        # the world
        k = draw(upto_p, s * A + a, theirs) if K > 1 else 0
        r, t, terminated = reward[s, a, k], s_next[s, a, k], end[s, a, k]
        at[STATE] = t
        at[ELAPSED] += 1
        at[LEFT] -= 1
        ended = terminated or at[ELAPSED] == limit
        over = ended or at[LEFT] == 0
        sums[0] += r

        # learn
        y = 0 if kind == LINEAR_TD else a
        if kind == LINEAR_TD:
            target = r + gamma * (1 - terminated) * value(phi, w, t, 0)
        elif kind == LINEAR_Q_LEARNING:
            target = r + gamma * (1 - terminated) * np.max(q_of(phi, w, t, q))
        else:
            target = r
            if not terminated:
                at[PROMISE_S], at[PROMISE_A] = t, next_action(phi, w, t, q, explore, mine)
                target = r + gamma * value(phi, w, t, at[PROMISE_A])
        step = of(alpha, at[UPDATES] + 1)
        if np.isnan(step):
            return SCHEDULE_ENDS, at[UPDATES] + 1
        error = value(phi, w, s, y) - target
        if not np.isfinite(error):
            sums[1] = error
            return DIVERGED, 0
        for i in range(phi.shape[1]):
            w[y, i] -= step * error * phi[s, i]
        at[UPDATES] += 1

        go_on(at, sums, returns, lengths, t, over, ended)
    return DONE if at[LEFT] == 0 else PAUSE, 0
