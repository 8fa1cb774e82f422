"""The loop of `train` for tabular agents, compiled: what agent.py and temporal_difference.py say.

This is the twin, for speed. To understand a method, read those. Every draw, sum and product is in
the order of theirs, so that both give the same bits; `expected` alone adds one after another, where
numpy adds several of eight actions or more at once. Needs the extra `fast`.
"""

from __future__ import annotations

import numpy as np

from rlbook.compiling import inline, jit
from rlbook.training.compiled_streams import random, seed_stream

FOLLOW, TD_0, SARSA, EXPECTED_SARSA, Q_LEARNING, N_STEP_SARSA, MONTE_CARLO = range(7)

# Why `run` came back: all is done; so many steps as were asked for; something is full or unknown;
# values have run away.
DONE, PAUSE, PATH_FULL, RECORD_FULL, SCHEDULE_ENDS, DIVERGED = range(6)

# Where the run is, in whole numbers: `at`.
(
    STATE, EPISODE, ELAPSED, RUNNING, LEFT, PROMISE_S, PROMISE_A, FIRST, LAST, UPDATES, LEARNED,
    RECORDED,
) = range(12)  # fmt: skip


@inline
def draw(upto, row, stream):  # type: ignore[no-untyped-def]
    """As policy.sample, from cumulative rows whose possible entries end in +inf."""
    u, k = random(stream), 0
    while upto[row, k] <= u:
        k += 1
    return k


@inline
def argmax(q, s):  # type: ignore[no-untyped-def]
    """The first of the largest."""
    best = 0
    for a in range(1, q.shape[1]):
        if q[s, a] > q[s, best]:
            best = a
    return best


@inline
def epsilon_greedy(q, s, epsilon, stream):  # type: ignore[no-untyped-def]
    """As policy.sample_epsilon_greedy."""
    u = random(stream)
    if u >= epsilon:
        return argmax(q, s)
    return min(int(u / epsilon * q.shape[1]), q.shape[1] - 1)


@inline
def expected(q, s, epsilon):  # type: ignore[no-untyped-def]
    """sum_a pi(a|s) q(s, a) of the epsilon-greedy policy."""
    A, best, total = q.shape[1], argmax(q, s), 0.0
    for a in range(A):
        total += (1 - epsilon * (A - 1) / A if a == best else epsilon / A) * q[s, a]
    return total


@inline
def of(schedule, n):  # type: ignore[no-untyped-def]
    """A schedule at n: a table of one entry is a number."""
    return schedule[n if schedule.size > 1 else 0]


@inline
def begin(at, sums, upto_start, theirs, seed):  # type: ignore[no-untyped-def]
    """The world is reset: an episode begins."""
    if seed >= 0:
        seed_stream(theirs, seed, at[EPISODE])
    at[STATE], at[PROMISE_S] = draw(upto_start, 0, theirs), -1
    at[RUNNING], at[ELAPSED], at[FIRST], at[LAST], sums[0] = 1, 0, 0, 0, 0.0


@inline
def go_on(at, sums, returns, lengths, t, over, ended):  # type: ignore[no-untyped-def]
    """From the state t, or to the next episode; what the world has ended is recorded."""
    at[STATE] = t
    if over:
        at[RUNNING], at[PROMISE_S] = 0, -1
        at[EPISODE] += 1
    if ended:
        returns[at[RECORDED]], lengths[at[RECORDED]] = sums[0], at[ELAPSED]
        at[RECORDED] += 1


@jit
def run(  # type: ignore[no-untyped-def]
    kind, table, visits, upto_pi, gamma, alpha, epsilon, n, exploring_starts, first_visit,
    upto_p, s_next, reward, end, upto_start, limit, seed,
    mine, theirs, at, sums, path_s, path_a, path_r, seen, returns, lengths, steps, last_episode,
):  # fmt: skip
    """Some more steps of a run; returns why it came back, and the n of a schedule that is missing.

    table    q (S, A), or v (S, 1); alpha, epsilon: schedules, NaN where they give nothing
    upto_pi  of the policy that is followed; empty if the agent acts by its table
    mine     the agent's stream; theirs: the world's, seeded for each episode unless seed < 0
    at       where the run is; sums: the return of the episode so far
    path     the steps of the episode that wait or are remembered, FIRST to LAST
    """
    A, K = reward.shape[1], reward.shape[2]
    for _ in range(steps):
        if at[RUNNING] == 0:
            if at[LEFT] == 0 or at[EPISODE] == last_episode:
                return DONE, 0
            begin(at, sums, upto_start, theirs, seed)
        if at[LAST] == path_s.size:
            return PATH_FULL, 0
        if at[RECORDED] == returns.size:
            return RECORD_FULL, 0

        # act
        counted = at[LEARNED] if kind == MONTE_CARLO else at[UPDATES]
        s, explore = at[STATE], of(epsilon, counted)
        if np.isnan(explore):
            return SCHEDULE_ENDS, -counted
        if upto_pi.size > 0:
            a = draw(upto_pi, s, mine)
        elif at[PROMISE_S] == s:
            a = at[PROMISE_A]
        elif exploring_starts and at[LAST] == 0:
            a = int(random(mine) * A)
        else:
            a = epsilon_greedy(table, s, explore, mine)
        at[PROMISE_S] = -1

        # the world
        k = draw(upto_p, s * A + a, theirs) if K > 1 else 0
        r, t, terminated = reward[s, a, k], s_next[s, a, k], end[s, a, k]
        at[ELAPSED] += 1
        at[LEFT] -= 1
        ended = terminated or at[ELAPSED] == limit
        over = ended or at[LEFT] == 0
        sums[0] += r

        # learn
        if kind == FOLLOW:
            visits[s, a] += 1
        elif kind == MONTE_CARLO:
            path_s[at[LAST]], path_a[at[LAST]], path_r[at[LAST]] = s, a, r
            at[LAST] += 1
            if over:
                if first_visit:
                    for j in range(at[LAST] - 1, -1, -1):
                        seen[path_s[j], path_a[j]] = j
                g = 0.0
                for j in range(at[LAST] - 1, -1, -1):
                    g = path_r[j] + gamma * g
                    x, y = path_s[j], path_a[j]
                    if not first_visit or seen[x, y] == j:
                        visits[x, y] += 1
                        step = 1 / visits[x, y] if alpha.size == 0 else of(alpha, visits[x, y])
                        if np.isnan(step):
                            return SCHEDULE_ENDS, visits[x, y]
                        table[x, y] += step * (g - table[x, y])
                at[LEARNED] += 1
                at[LAST] = 0
        elif kind == N_STEP_SARSA:
            path_s[at[LAST]], path_a[at[LAST]], path_r[at[LAST]] = s, a, r
            at[LAST] += 1
            while at[LAST] - at[FIRST] == n or (over and at[LAST] > at[FIRST]):
                g, discount = 0.0, 1.0
                for j in range(at[FIRST], at[LAST] - 1):
                    g += discount * path_r[j]
                    discount *= gamma
                target = r
                if not terminated:
                    at[PROMISE_S] = t
                    at[PROMISE_A] = epsilon_greedy(table, t, explore, mine)
                    target = r + gamma * table[t, at[PROMISE_A]]
                x, y = path_s[at[FIRST]], path_a[at[FIRST]]
                at[FIRST] += 1
                visits[x, y] += 1
                step = of(alpha, visits[x, y])
                if np.isnan(step):
                    return SCHEDULE_ENDS, visits[x, y]
                table[x, y] -= step * (table[x, y] - (g + discount * target))
                at[UPDATES] += 1
                explore = of(epsilon, at[UPDATES])
            if at[FIRST] == at[LAST]:
                at[FIRST] = at[LAST] = 0
            elif at[FIRST] >= 1024:  # what was learned from is forgotten, so that n steps are kept
                for j in range(at[FIRST], at[LAST]):
                    path_s[j - at[FIRST]] = path_s[j]
                    path_a[j - at[FIRST]] = path_a[j]
                    path_r[j - at[FIRST]] = path_r[j]
                at[LAST] -= at[FIRST]
                at[FIRST] = 0
        else:
            y = 0 if kind == TD_0 else a
            if kind == TD_0:
                target = r + gamma * (1 - terminated) * table[t, 0]
            elif kind == Q_LEARNING:
                target = r + gamma * (1 - terminated) * table[t, argmax(table, t)]
            elif kind == EXPECTED_SARSA:
                target = r + gamma * (1 - terminated) * expected(table, t, explore)
            else:
                target = r
                if not terminated:
                    at[PROMISE_S], at[PROMISE_A] = t, epsilon_greedy(table, t, explore, mine)
                    target = r + gamma * table[t, at[PROMISE_A]]
            visits[s, y] += 1
            step = of(alpha, visits[s, y])
            if np.isnan(step):
                return SCHEDULE_ENDS, visits[s, y]
            table[s, y] -= step * (table[s, y] - target)
            at[UPDATES] += 1

        go_on(at, sums, returns, lengths, t, over, ended)
    return DONE if at[LEFT] == 0 else PAUSE, 0
