"""Truncated policy iteration, where sweeps under a policy are many and cheap. [Zhao Algorithm 4.3]

These things save work and change no answer:

- A pair (s, a) is looked at again only if it may have become the best of its state: what it is
  worth has risen by no more than gamma times the largest rise of v since. [MacQueen 1967]
- The rows of a policy are copied next to each other before they are swept.
- Where episodes cannot end, v need only be found up to a number that is added everywhere: sweeps
  stop when all states change alike, and the middle of the interval is where we go on.
- Where they can, that would be wrong. There v rises from below, and what stays in its place is
  solved for exactly: v(s) = [r + gamma sum of what moves away] / (1 - gamma p(s|s, a)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from rlbook.bellman import policy_value
from rlbook.checks import FloatArray, IntArray
from rlbook.model import MDP
from rlbook.planning.certificate import certified
from rlbook.planning.solves import Solves

SWEEPS, WORK = 100, 2**25
"""The most sweeps under one policy, and about as many outcomes as they look at, if that is less:
Ctrl-C is heard only after so much work."""

FEW = 1000
"""If only one state in so many has a new pair, the policy is about the best: its values are found
as closely as v* is wanted."""

SLOW, DENSE = 20, 2000
"""Once so many policies were tried and the last two are the same, its values are solved for, in a
model of up to so many states: on a cycle with gamma near one sweeps would take too long. So they
are earlier, too, once sweeps that end before they are close have cost as much as a solution: with
gamma = 1 - 1e-9 they would go on for a billion."""

ROUNDS, STUCK = 10, 1000 * float(np.finfo(float).eps)
"""So many policies in vain, and changes as small as this beside |v| / (1 - gamma), are the end: on
a cycle a sweep takes away (1 - gamma) of what is wrong, and that may be less than rounding. Beside
|v| alone, where the values of a policy were solved for."""


class Pairs(NamedTuple):
    """All N = S A pairs (s, a): q(n) = r(n) + gamma sum_k go(n, k) v(to(n, k)).

    r (N,), go and to (N, K)
    """

    r: FloatArray
    go: FloatArray
    to: IntArray


class Rows(NamedTuple):
    """The pairs of a policy: q(s) = r(s) + stay(s) v(s) + sum_k go(s, k) v(to(s, k)).

    r (S,), go and to (S, K), stay (S,); gamma is in go and stay. Where episodes cannot end, stay is
    zero, and go has all.
    """

    r: FloatArray
    go: FloatArray
    to: IntArray
    stay: FloatArray


def policy_sweeps(
    model: MDP,
    gamma: float,
    tol: float,
    v: FloatArray,
    report: Callable[[float], Any],
    loops: Any = None,
) -> Iterator[FloatArray]:
    """Better and better guesses of v*, each (S,), for `optimal` to certify.

    Ends when rounding allows no better one. report is called with bounds; loops is the module with
    the twins of `sweep`, `largest` and `lookahead`, if they are to be used.
    """
    swept, look = (loops.sweep, loops.lookahead) if loops else (sweep, lookahead)
    S, A, K = model.p.shape
    can_end = model.can_end
    pairs = pairs_of(model, model._to if loops else model.s_next)
    rows = Rows(np.empty(S), np.empty((S, K)), np.empty((S, K), dtype=pairs.to.dtype), np.zeros(S))
    most = max(A, min(SWEEPS, WORK // (S * K)))
    if v.min() == v.max():  # then no outcome need be looked at
        q = model.R + gamma * v[0] * (1 - model.end if can_end else 1.0)
    else:
        q = model.lookahead(v, gamma)
    ceiling, seen, before = q.ravel(), v, np.full(S, -1)  # no pair is worth more, if v is right
    if loops:  # a look at all pairs takes them no longer than to copy the rows of a first policy
        seen, _ = loops.largest(ceiling, S)
        v, best = loops.look_at_all(pairs, rows, seen, gamma, before, ceiling, can_end)
    else:
        _, best = largest(ceiling, S)
        choose(pairs, rows, best, before, gamma, can_end)
    close, apart, least_apart, rounds = tol * (1 - gamma), np.inf, np.inf, 0
    solves = Solves(S, K) if S <= DENSE else None
    for k in count():
        new = np.count_nonzero(best != before)
        # A look costs as much as many sweeps, most of all a compiled one.
        wanted = close / 4 if new <= S // FEW else max(close / 4, apart / (60 if loops else 20))
        settled = k >= SLOW and new == 0
        solved = solves is not None and (settled or solves.are_due())
        if solved:
            u, rise = policy_value(model, np.eye(A)[best % A], gamma), np.inf  # look at every pair
        else:
            u = swept(rows, v, wanted, max(1, A // 4), most, can_end)
            rise = gamma * _rise(seen, u, can_end)
        before, seen = best, u
        Tu, best = look(pairs, rows, u, gamma, best, ceiling, rise, can_end)
        known = certified(model, u, Tu, gamma)
        report(known.middle_error)
        apart = _apart(Tu - u, can_end)
        rounds = 0 if apart < least_apart else rounds + 1  # without getting nearer
        least_apart = min(apart, least_apart)
        # What rounding leaves is for others: `optimal` goes on with value iteration from here.
        horizon = 1 if solves is not None else 1 / (1 - gamma)
        stuck = rounds >= ROUNDS and apart <= STUCK * np.abs(u).max() * horizon
        near = known.middle_error <= 8 * known.rounding
        if solves is not None and solved:
            stuck |= solves.were_all(before)
        elif solves is not None:
            slow = _apart(ceiling[before] - u, can_end) > wanted
            solves.wait(np.inf if near else most if slow else 0)
            near = False  # a solution is nearer
        at_its_end = stuck or near or not np.isfinite(known.middle_error)
        # 0.9: the middle has a bound of its own, which `optimal` computes.
        # If no bound can be small enough, the error tells which can; a solution shows that soon.
        in_vain = solves is None and tol <= known.least_error
        if known.middle_error <= 0.9 * tol or in_vain or at_its_end:
            yield u if can_end else known.middle
        if at_its_end:
            return
        # Far from v* the middle may lie beyond all values, where float64 keeps too few digits.
        far = can_end or np.abs(known.middle).max() > 4 * model.r_max / (1 - gamma)
        v = Tu if far else known.middle


def pairs_of(model: MDP, to: IntArray) -> Pairs:
    """The table of a model; to (S, A, K) is its s_next."""
    S, A, K = model.p.shape
    return Pairs(model.R.ravel(), model._go.reshape(S * A, K), to.reshape(S * A, K))


def largest(q: FloatArray, S: int) -> tuple[FloatArray, IntArray]:
    """Of q (S A,): the largest of each state (S,), and the first pair that has it (S,)."""
    best = q.reshape(S, -1).argmax(-1) + len(q) // S * np.arange(S)
    return q[best], best


def choose(
    pairs: Pairs, rows: Rows, best: IntArray, before: IntArray, gamma: float, can_end: bool
) -> None:
    """Copy the pairs of a policy to rows, where they are not those of before."""
    s = np.flatnonzero(best != before)
    n = best[s]
    rows.r[s], rows.go[s], rows.to[s] = pairs.r[n], gamma * pairs.go[n], pairs.to[n]
    if can_end:
        stays = rows.to[s] == s[:, None]
        rows.stay[s] = (rows.go[s] * stays).sum(-1)
        rows.go[s] *= ~stays


def sweep(
    rows: Rows, v: FloatArray, close: float, least: int, most: int, can_end: bool
) -> FloatArray:
    """Sweeps under a policy, until all states change alike or, if episodes end, hardly at all."""
    leaves = 1 - rows.stay
    for k in range(1, most + 1):
        moved = rows.r + np.einsum("sk,sk->s", rows.go, v[rows.to])
        before, v = v, moved / leaves
        if k >= least and _apart(v - before, can_end) <= close:
            break
    return v


def lookahead(
    pairs: Pairs,
    rows: Rows,
    v: FloatArray,
    gamma: float,
    best: IntArray,
    ceiling: FloatArray,
    rise: float,
    can_end: bool,
) -> tuple[FloatArray, IntArray]:
    """The largest q of each state (S,), and the pair that has it (S,), whose rows are copied.

    rows, best       a policy, perhaps the one
    ceiling, rise    (S A,) and a number: no pair is worth more than both together. Afterwards the
                     ceiling is raised by the number, and is q where a pair was looked at
    """
    ceiling += rise
    S, A = len(best), len(ceiling) // len(best)
    ceiling[best] = rows.r + rows.stay * v + np.einsum("sk,sk->s", rows.go, v[rows.to])
    n = np.flatnonzero(ceiling >= ceiling[best].repeat(A))
    n = n[n != best[n // A]]
    ceiling[n] = pairs.r[n] + gamma * np.einsum("nk,nk->n", pairs.go[n], v[pairs.to[n]])
    before = best
    Tv, best = largest(ceiling, S)
    choose(pairs, rows, best, before, gamma, can_end)
    return Tv, best


def _rise(v: FloatArray, u: FloatArray, can_end: bool) -> float:
    """By how much u, as the future, may be worth more than v; what ends is worth no less."""
    rise = float((u - v).max())
    return max(0.0, rise) if can_end else rise


def _apart(d: FloatArray, can_end: bool) -> float:
    """How far changes lie apart; from 0, too, if episodes end."""
    low, high = float(d.min()), float(d.max())
    return max(0.0, high) - min(0.0, low) if can_end else high - low
