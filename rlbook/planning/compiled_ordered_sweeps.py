"""Sweeps of a table in place, in the order in which its policy hands on news. Compiled.

Where news must cross a table state by state, as on a grid, a sweep takes it one state further. In
place, with each state after the one that its action most likely leads to, it goes all the way.

    1. A first guess of the values, and the policy that is greedy for it.
    2. The rows of the policy, copied in its order.
    3. Sweeps of these rows in place, in blocks. A block sleeps until values that it reads change.
    4. A look at all actions of the blocks that read something new; then 3 again.

Needs the extra `fast`. Whatever these loops find is certified by `optimal`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import inline, jit
from rlbook.model import MDP
from rlbook.planning import compiled_policy_sweeps
from rlbook.planning.certificate import rounding
from rlbook.planning.compiled_order import copy, first_guess, in_order, order_of
from rlbook.planning.policy_sweeps import pairs_of, policy_sweeps

BLOCK = 64
"""States of a block, which sleep and are woken together."""

SWEEPS, WORK = 200, 2**27
"""The most sweeps between two looks, and about as many outcomes, if that is less."""

CLOSE, ENOUGH = 0.01, 0.7
"""Sweeps leave so much of the largest residual; and what is so much of tol is good enough."""


class Blocks(NamedTuple):
    """What is known of each of the B blocks.

    awake, news       (B,), whether to sweep it, and to look at it
    untold            (B,), how far its values changed, at most, since its readers were woken
    off               (B,), its largest |T(v) - v| when it was looked at
    begin, readers    readers[begin[b]:begin[b + 1]] are the blocks that read values of b
    """

    awake: Any
    news: Any
    untold: Any
    off: Any
    begin: Any
    readers: Any


def ordered_sweeps(
    model: MDP, gamma: float, tol: float, v: FloatArray, report: Callable[[float], Any]
) -> Iterator[FloatArray]:
    """Better and better guesses of v*, each (S,), for `optimal` to certify.

    In place a number that is missing everywhere is found slowly, on a circle for one. So if sweeps
    are more than plain value iteration would need, or if the first answer is not good enough, the
    rest is left to policy sweeps. report is called with bounds.
    """
    S, K = model.n_states, model.outcomes
    pairs = pairs_of(model, model._to)
    enough = ENOUGH * tol * (1 - gamma)
    most = max(1, min(SWEEPS, WORK // (S * K)))
    patience = max(100.0, min(5000.0, 2 * math.log(max(enough, 1e-300)) / math.log(gamma or 0.5)))
    unsure = rounding(K, model.r_max, model.r_max / (1 - gamma), 0.0, gamma)
    v = first_guess(pairs, v, gamma)
    best, fresh = np.full(S, -1), np.zeros(S, dtype=np.bool_)
    off, new = greedy(pairs, gamma, v, best), S
    for k in count():
        if off <= enough:
            yield v
        if off <= enough or patience < 0 or not math.isfinite(off):
            break
        if k == 0 or (k == 1 and new > S * (1 - gamma)):  # some are on a way of 1 / (1 - gamma)
            rows = in_order(pairs, gamma, best, order_of(pairs, best))
            blocks, values = blocks_of(pairs.to, rows.order, rows.place), v[rows.order]
        close = max(CLOSE * off, enough / 4)
        patience -= 1 + settle(rows, blocks, values, v, close, most) / S
        off, new = look(pairs, gamma, v, best, rows, blocks, values, fresh, enough / 4)
        report((off + gamma * close) / (1 - gamma) + unsure)
    yield from policy_sweeps(model, gamma, tol, v, report, compiled_policy_sweeps)


@inline
def _best(pairs, gamma, v, s, A, now):  # type: ignore[no-untyped-def]
    """The largest q of a state, the first pair that has it, and q of the pair now."""
    top, choice = -np.inf, now
    for n in range(s * A, s * A + A):
        x = 0.0
        for k in range(pairs.go.shape[1]):
            x += pairs.go[n, k] * v[pairs.to[n, k]]
        x = pairs.r[n] + gamma * x
        better = x > top  # no branch, which a processor would have to guess
        top, choice = x if better else top, n if better else choice
    return top, choice


@jit
def greedy(pairs, gamma, v, best):  # type: ignore[no-untyped-def]
    """Fills best with the greedy pairs; returns the largest |T(v) - v|."""
    S, off = v.size, 0.0
    for s in range(S):
        top, best[s] = _best(pairs, gamma, v, s, pairs.r.size // S, -1)
        off = max(off, abs(top - v[s]))
    return off


@jit
def blocks_of(to, order, place):  # type: ignore[no-untyped-def]
    """All awake; whom each block reads is written down, then who reads it."""
    S, K = order.size, to.shape[1]
    A, B = to.shape[0] // S, (S + BLOCK - 1) // BLOCK
    most = B * min(B, BLOCK * A * K)  # memory that is not written to is not taken
    reads, first, size = np.empty(most, dtype=np.int32), np.zeros(B + 1, dtype=np.int32), 0
    begin, last = np.zeros(B + 1, dtype=np.int32), np.full(B, -1, dtype=np.int32)
    for b in range(B):
        for i in range(b * BLOCK, min(S, b * BLOCK + BLOCK)):
            for n in range(order[i] * A, order[i] * A + A):
                for k in range(K):
                    read = place[to[n, k]] // BLOCK
                    if last[read] != b:
                        last[read], reads[size] = b, read
                        size += 1
                        begin[read + 1] += 1
        first[b + 1] = size
    begin = begin.cumsum().astype(np.int32)
    readers, filled = np.empty(size, dtype=np.int32), begin.copy()
    for b in range(B):
        for read in reads[first[b] : first[b + 1]]:
            readers[filled[read]] = b
            filled[read] += 1
    yes = np.ones(B, dtype=np.bool_)
    return Blocks(yes, yes.copy(), np.zeros(B), np.zeros(B), begin, readers)


@inline
def _tell(blocks, b, close):  # type: ignore[no-untyped-def]
    """Wake the readers of a block, if it has changed by more than that."""
    if blocks.untold[b] > close:
        blocks.untold[b] = 0.0
        for x in range(blocks.begin[b], blocks.begin[b + 1]):
            blocks.awake[blocks.readers[x]] = blocks.news[blocks.readers[x]] = True


@jit
def settle(rows, blocks, values, v, close, most):  # type: ignore[no-untyped-def]
    """Sweeps until all sleep, `most` at most; values are in order. Returns how many states it was.

    Blocks that changed by less than close do not wake their readers, yet: it is kept in untold.
    """
    S, K = rows.to.shape
    B, visits = blocks.awake.size, 0
    moved = np.zeros(B, dtype=np.bool_)
    for b in range(B):
        _tell(blocks, b, close)
    for _ in range(most):
        before = visits
        for b in range(B):
            if not blocks.awake[b]:
                continue
            blocks.awake[b], moved[b], change = False, True, 0.0
            for i in range(b * BLOCK, min(S, b * BLOCK + BLOCK)):
                x = rows.r[i]
                for k in range(K):
                    x += rows.go[i, k] * values[rows.to[i, k]]
                d = abs(x - values[i])
                change = d if d > change else change
                values[i] = x
            blocks.untold[b] += change
            _tell(blocks, b, close)
            visits += BLOCK
        if visits == before:
            break
    for b in range(B):
        if moved[b]:
            blocks.news[b] = True
            for i in range(b * BLOCK, min(S, b * BLOCK + BLOCK)):
                v[rows.order[i]] = values[i]
    return visits


@jit
def look(pairs, gamma, v, best, rows, blocks, values, fresh, margin):  # type: ignore[no-untyped-def]
    """A better pair, where news is and it is better by more than margin. Wakes whom it changes.

    The state takes its value at once, for those that are looked at later. fresh (S,) is all False
    before and after: the states are visited by number, as they lie in memory. Returns what
    |T(v) - v| is at most, and how many pairs are new.
    """
    S, new, raised = v.size, 0, 0.0
    for b in range(blocks.news.size):
        if blocks.news[b]:
            blocks.news[b], blocks.off[b] = False, 0.0
            for i in range(b * BLOCK, min(S, b * BLOCK + BLOCK)):
                fresh[rows.order[i]] = True
    for s in range(S):
        if fresh[s]:
            fresh[s] = False
            i = rows.place[s]
            top, n = _best(pairs, gamma, v, s, pairs.r.size // S, best[s])
            off = abs(top - v[s])
            blocks.off[i // BLOCK] = max(off, blocks.off[i // BLOCK])
            if n != best[s] and top > v[s] + margin:
                best[s], new = n, new + 1
                copy(pairs, gamma, rows, i, s, n)
                blocks.awake[i // BLOCK] = True
                blocks.untold[i // BLOCK] += off
                v[s], values[i], raised = top, top, max(off, raised)
    return blocks.off.max() + gamma * raised, new  # T(v) is higher since
