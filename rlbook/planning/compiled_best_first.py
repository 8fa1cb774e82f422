"""Dijkstra's algorithm, for a table where nothing is random. Compiled.

Needs the extra `fast`. Whatever these loops find is certified by `optimal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import inline, jit
from rlbook.model import MDP
from rlbook.planning import compiled_policy_sweeps
from rlbook.planning.policy_sweeps import policy_sweeps


def best_first(
    model: MDP, gamma: float, tol: float, v: FloatArray, report: Callable[[float], Any]
) -> Iterator[FloatArray]:
    """Where nothing is random: news spreads from the best states to those that lead there.

    [Dijkstra 1959]: the state with the largest value hands it to its predecessors,
    v(s) = max(v(s), r + gamma v(s_next)), and a state that gained waits for its turn. v must not
    be above v*. With rewards that make a longer way the better one a state may come again; after
    8 S turns we stop and leave the rest to other sweeps.
    """
    S, A, _ = model.p.shape
    v = _best_first(model.R.ravel(), model._go.ravel(), model.s_next.ravel(), A, v, gamma, 8 * S)
    yield v
    yield from policy_sweeps(model, gamma, tol, v, report, compiled_policy_sweeps)


@jit
def _best_first(r, go, to, A, v, gamma, turns):  # type: ignore[no-untyped-def]
    S = v.size
    v = v.copy()
    # who leads there: pairs, sorted by where they lead
    begin = np.zeros(S + 1, dtype=np.int32)
    for n in range(r.size):
        if go[n] > 0 and to[n] != n // A:
            begin[to[n] + 1] += 1
        else:  # it ends, or stays: its worth is known
            v[n // A] = max(v[n // A], r[n] / (1 - gamma * go[n]))
    for s in range(S):
        begin[s + 1] += begin[s]
    leads = np.empty(begin[S], dtype=np.int32)
    filled = begin[:-1].copy()
    for n in range(r.size):
        if go[n] > 0 and to[n] != n // A:
            leads[filled[to[n]]] = n
            filled[to[n]] += 1

    heap, place = np.arange(S), np.arange(S)  # place: where in the heap a state waits, or -1
    size = S
    for x in range(S // 2 - 1, -1, -1):
        _sink(heap, place, v, x, size)
    while size > 0 and turns > 0:
        turns -= 1
        s = heap[0]
        size -= 1
        place[s] = -1
        if size > 0:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _sink(heap, place, v, 0, size)
        for x in range(begin[s], begin[s + 1]):
            n = leads[x]
            worth, before = r[n] + gamma * (go[n] * v[s]), n // A
            if worth > v[before]:
                v[before] = worth
                if place[before] < 0:
                    heap[size], place[before] = before, size
                    size += 1
                _rise(heap, place, v, place[before])
    return v


@inline
def _sink(heap, place, v, x, size):  # type: ignore[no-untyped-def]
    s = heap[x]
    while 2 * x + 1 < size:
        child = 2 * x + 1
        if child + 1 < size and v[heap[child + 1]] > v[heap[child]]:
            child += 1
        if not v[heap[child]] > v[s]:
            break
        heap[x] = heap[child]
        place[heap[x]] = x
        x = child
    heap[x] = s
    place[s] = x


@inline
def _rise(heap, place, v, x):  # type: ignore[no-untyped-def]
    s = heap[x]
    while x > 0 and v[heap[(x - 1) // 2]] < v[s]:
        heap[x] = heap[(x - 1) // 2]
        place[heap[x]] = x
        x = (x - 1) // 2
    heap[x] = s
    place[s] = x
