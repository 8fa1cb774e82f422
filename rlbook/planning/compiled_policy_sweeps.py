"""Planning with a table, compiled: the loops of `policy_sweeps`.

Needs the extra `fast`. Whatever these loops find is certified by `optimal`.
"""

from __future__ import annotations

import numpy as np

from rlbook.compiling import inline, jit

SAMPLE = 16
"""One state in so many tells whether most pairs have to be looked at."""


@inline
def _copy(pairs, rows, s, n, gamma, can_end):  # type: ignore[no-untyped-def]
    """As policy_sweeps.choose, for one state."""
    rows.r[s], rows.stay[s] = pairs.r[n], 0.0
    for k in range(pairs.go.shape[1]):
        rows.go[s, k], rows.to[s, k] = gamma * pairs.go[n, k], pairs.to[n, k]
        if can_end and pairs.to[n, k] == s:
            rows.stay[s] += rows.go[s, k]
            rows.go[s, k] = 0.0


@inline
def worth(pairs, n, v, gamma):  # type: ignore[no-untyped-def]
    """What the pair n is worth, if the future is worth v."""
    total = pairs.go[n, 0] * v[pairs.to[n, 0]]
    for k in range(1, pairs.go.shape[1]):
        total += pairs.go[n, k] * v[pairs.to[n, k]]
    return pairs.r[n] + gamma * total


@inline
def _moved(rows, s, v):  # type: ignore[no-untyped-def]
    """What the outcomes that leave s are worth, under the policy."""
    total = 0.0
    for k in range(rows.go.shape[1]):
        total += rows.go[s, k] * v[rows.to[s, k]]
    return total


@jit
def sweep(rows, v, close, least, most, can_end):  # type: ignore[no-untyped-def]
    """As policy_sweeps.sweep."""
    before, after = v.copy(), np.empty(v.size)
    for sweeps in range(1, most + 1):
        low, high = (0.0, 0.0) if can_end else (np.inf, -np.inf)
        for s in range(v.size):
            x = (rows.r[s] + _moved(rows, s, before)) / (1 - rows.stay[s])
            d = x - before[s]
            low, high = d if d < low else low, d if d > high else high
            after[s] = x
        before, after = after, before
        if sweeps >= least and high - low <= close:
            break
    return before


@jit
def worths(pairs, v, gamma):  # type: ignore[no-untyped-def]
    """What all pairs are worth, (S A,): as MDP.lookahead, but for rounding."""
    q = np.empty(pairs.r.size)
    for n in range(q.size):
        q[n] = worth(pairs, n, v, gamma)
    return q


@jit
def largest(q, S):  # type: ignore[no-untyped-def]
    """As policy_sweeps.largest."""
    A = q.size // S
    tops, best = np.empty(S), np.empty(S, dtype=np.intp)
    for s in range(S):
        top, choice = q[s * A], s * A
        for n in range(s * A + 1, s * A + A):  # no branch, which a processor would have to guess
            better = q[n] > top
            top, choice = q[n] if better else top, n if better else choice
        tops[s], best[s] = top, choice
    return tops, best


@jit
def look_at_all(pairs, rows, v, gamma, best, q, can_end):  # type: ignore[no-untyped-def]
    """As policy_sweeps.lookahead, at all pairs: they lie in a row, and none has to be chosen."""
    S = v.size
    A = q.size // S
    Tv, choice = np.empty(S), np.empty_like(best)
    for s in range(S):
        top, first = -np.inf, s * A
        for n in range(s * A, s * A + A):
            x = worth(pairs, n, v, gamma)
            q[n], better = x, x > top  # no branch, which a processor would have to guess
            top, first = x if better else top, n if better else first
        Tv[s], choice[s] = top, first
        if first != best[s]:
            _copy(pairs, rows, s, first, gamma, can_end)
    return Tv, choice


@jit
def lookahead(pairs, rows, v, gamma, best, ceiling, rise, can_end):  # type: ignore[no-untyped-def]
    """As policy_sweeps.lookahead."""
    S = v.size
    A = pairs.r.size // S
    Tv, choice, hopeful = np.empty(S), best.copy(), 0
    for s in range(0, S, SAMPLE):
        top = rows.r[s] + rows.stay[s] * v[s] + _moved(rows, s, v)
        for n in range(s * A, s * A + A):
            hopeful += ceiling[n] + rise >= top
    if 4 * hopeful * SAMPLE > pairs.r.size:  # to look at all of them in a row takes no longer
        return look_at_all(pairs, rows, v, gamma, best, ceiling, can_end)
    some, size = np.empty(pairs.r.size, dtype=np.intp), 0
    for s in range(S):
        top = rows.r[s] + rows.stay[s] * v[s] + _moved(rows, s, v)
        for n in range(s * A, s * A + A):  # no branch, which a processor would have to guess
            ceiling[n] += rise
            some[size] = n
            size += (ceiling[n] >= top) & (n != best[s])
        Tv[s] = ceiling[best[s]] = top
    for n in some[:size]:
        x, s = worth(pairs, n, v, gamma), n // A
        ceiling[n] = x
        if x > Tv[s] or (x == Tv[s] and n < choice[s]):
            Tv[s], choice[s] = x, n
    for s in range(S):
        if choice[s] != best[s]:
            _copy(pairs, rows, s, choice[s], gamma, can_end)
    return Tv, choice
