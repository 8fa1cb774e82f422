"""In which order does news of a reward cross a table? Compiled.

A first guess of the values, the order in which its policy hands on news, and the rows of the policy
in this order, for `compiled_ordered_sweeps`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlbook.compiling import inline, jit


class Rows(NamedTuple):
    """The pairs of a policy, in order: v(i) = r(i) + sum_k go(i, k) v(to(i, k)).

    r (S,), go and to (S, K); i and to are places. gamma is in go. What stays in its place is solved
    for: all is divided by 1 - gamma p(s|s, a).
    order, place    (S,), the state at a place, the place of a state
    """

    r: Any
    go: Any
    to: Any
    order: Any
    place: Any


@jit
def within(to, start, steps, most):  # type: ignore[no-untyped-def]
    """As cost.within."""
    seen, queue = np.zeros(len(to), dtype=np.bool_), np.empty(most + 1, dtype=to.dtype)
    seen[start], queue[0], first, size = True, start, 0, 1
    for _ in range(steps):
        last = size
        for s in queue[first:last]:
            for s_next in to[s]:
                if not seen[s_next]:
                    if size > most:
                        return size
                    seen[s_next], queue[size] = True, s_next
                    size += 1
        first = last
    return size


@jit
def first_guess(pairs, v, gamma):  # type: ignore[no-untyped-def]
    """The values, about, as if each action did what it most likely does; (S,).

    [Bellman 1958]: a state hands its value to those that lead there, and one that gained waits for
    its turn, behind those that gained before. After 8 S turns we stop: a guess need not be right.

    pairs    policy_sweeps.Pairs
    v        (S,), below the values
    """
    S, (N, K) = v.size, pairs.go.shape
    A, v, on = N // S, v.copy(), pairs.go[:, 0].copy()  # on: how likely the episode goes on
    lead = pairs.to[:, 0].copy()
    begin = np.zeros(S + 1, dtype=np.int32)  # who leads there: pairs, sorted by where they lead
    for n in range(N):
        s, likely = n // A, 0
        for k in range(1, K):
            on[n] += pairs.go[n, k]
            likely = k if pairs.go[n, k] > pairs.go[n, likely] else likely
        lead[n] = pairs.to[n, likely] if on[n] > 0 else s
        if lead[n] == s:  # it ends, or stays: its worth is known
            v[s] = max(v[s], pairs.r[n] / (1 - gamma * on[n]))
        else:
            begin[lead[n] + 1] += 1
    for s in range(S):
        begin[s + 1] += begin[s]
    leads, filled = np.empty(begin[S], dtype=np.int32), begin.copy()
    for n in range(N):
        if lead[n] != n // A:
            leads[filled[lead[n]]] = n
            filled[lead[n]] += 1

    queue, waits = np.empty(S, dtype=np.int32), np.zeros(S, dtype=np.bool_)
    queue[0], first, size, fresh = np.argmax(v), 0, 1, 0  # from the best state, then from all
    waits[queue[0]] = True
    for _ in range(8 * S):
        if size > 0:
            s = queue[first]
            first, size = first + 1 if first + 1 < S else 0, size - 1
            waits[s] = False
        elif fresh < S:
            s, fresh = fresh, fresh + 1
        else:
            break
        for x in range(begin[s], begin[s + 1]):
            n = leads[x]
            worth, before = pairs.r[n] + gamma * (on[n] * v[s]), n // A
            if worth > v[before]:
                v[before] = worth
                if not waits[before]:
                    waits[before], end = True, first + size
                    queue[end if end < S else end - S] = before
                    size += 1
    return v


@jit
def order_of(pairs, best):  # type: ignore[no-untyped-def]
    """The states, each after the one that its pair most likely moves it to, but for circles; (S,).

    best    (S,), the pair of each state
    """
    S, K = best.size, pairs.go.shape[1]
    order, path = np.empty(S, dtype=pairs.to.dtype), np.empty(S, dtype=pairs.to.dtype)
    seen, done = np.zeros(S, dtype=np.bool_), 0
    for start in range(S):
        s, length = start, 0
        while not seen[s]:
            seen[s], path[length] = True, s
            n, here, most = best[s], s, 0.0
            length += 1
            for k in range(K):
                if pairs.go[n, k] > most and pairs.to[n, k] != here:
                    most, s = pairs.go[n, k], pairs.to[n, k]
        while length > 0:
            length -= 1
            order[done] = path[length]
            done += 1
    return order


@inline
def copy(pairs, gamma, rows, i, s, n):  # type: ignore[no-untyped-def]
    """The pair n of state s to its place i.

    Its likeliest outcome comes last: that is the state just before, whose value a sweep has to wait
    for, and all else can be summed up meanwhile.
    """
    stay, most, likely, last = 0.0, 0.0, 0, pairs.go.shape[1] - 1
    for k in range(last + 1):
        if pairs.to[n, k] == s:
            stay += pairs.go[n, k]
        elif pairs.go[n, k] > most:
            most, likely = pairs.go[n, k], k
    share = 1 / (1 - gamma * stay)
    rows.r[i] = share * pairs.r[n]
    for k in range(last + 1):
        at = last if k == likely else likely if k == last else k
        rows.go[i, at] = 0.0 if pairs.to[n, k] == s else share * gamma * pairs.go[n, k]
        rows.to[i, at] = rows.place[pairs.to[n, k]]


@jit
def in_order(pairs, gamma, best, order):  # type: ignore[no-untyped-def]
    """The rows of a policy."""
    S, K = order.size, pairs.go.shape[1]
    place = np.empty_like(order)
    for i in range(S):
        place[order[i]] = i
    rows = Rows(np.empty(S), np.empty((S, K)), np.empty((S, K), dtype=order.dtype), order, place)
    for i in range(S):
        copy(pairs, gamma, rows, i, order[i], best[order[i]])
    return rows
