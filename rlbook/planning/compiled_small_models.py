"""The steps of `small_models` in one compiled call: the calls of numpy take longer.

Needs the extra `fast`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import inline, jit
from rlbook.model import MDP
from rlbook.planning import certificate, small_models
from rlbook.planning.compiled_policy_sweeps import worth
from rlbook.planning.policy_sweeps import Pairs
from rlbook.planning.small_models import POLICIES, Found

interval: Any = inline(certificate.interval)
rounding: Any = inline(certificate.rounding)
lowest: Any = inline(small_models.lowest)


def small(model: MDP, gamma: float, tol: float) -> Found | None:
    """As small_models.small."""
    S, A, K = model.p.shape
    pairs = model.R.ravel(), model._go.reshape(S * A, K), model.s_next.reshape(S * A, K)
    q: FloatArray = np.empty((S, A))
    pi, known = np.zeros((S, A)), (model.can_end, model.r_min, model.r_max)
    v, bound = _find(pairs, gamma, tol, *known, q, pi)
    if not bound <= tol:
        return None
    if K > 1:  # numpy may add up outcomes in another order
        q, pi = model._lookahead(v, gamma), np.zeros((S, A))
        _choose(q, pi)
    return v, q, pi, bound


@jit
def _find(pairs, gamma, tol, can_end, r_min, r_max, q, pi):  # type: ignore[no-untyped-def]
    """Fills q and pi; returns v and a bound, infinite if none is found."""
    pairs = Pairs(*pairs)  # which numba takes a microsecond sooner as a plain tuple
    (S, A), K = q.shape, pairs.go.shape[1]
    v, Tv = np.full(S, lowest(r_min, gamma)), np.empty(S)
    best, shift, bound = np.empty(S, dtype=np.intp), 0.0, np.inf
    for _ in range(POLICIES):
        low, high = (0.0, 0.0) if can_end else (np.inf, -np.inf)
        v_max = 0.0
        for s in range(S):
            top = -np.inf
            for n in range(s * A, s * A + A):
                x = worth(pairs, n, v, gamma)
                if x > top:
                    top, best[s] = x, n
            d = top - v[s]
            low, high = d if d < low else low, d if d > high else high
            v_max = max(v_max, abs(v[s]))
            Tv[s] = top
        shift, half = interval(low, high, gamma)
        if half <= tol:
            for s in range(S):
                v_max = max(v_max, abs(Tv[s] + shift))
            bound = half + rounding(K, r_max, v_max, shift, gamma)
            if bound <= tol:
                break
        for _ in range(A):
            v, Tv = Tv, v
            for s in range(S):
                Tv[s] = worth(pairs, best[s], v, gamma)
        v, Tv = Tv, v
    for s in range(S):
        v[s] = Tv[s] + shift
    for s in range(S):
        for a in range(A):
            q[s, a] = worth(pairs, s * A + a, v, gamma)
    _choose(q, pi)
    return v, bound


@jit
def _choose(q, pi):  # type: ignore[no-untyped-def]
    """As policy.greedy."""
    for s in range(q.shape[0]):
        best = 0
        for a in range(1, q.shape[1]):
            if q[s, a] > q[s, best]:
                best = a
        pi[s, best] = 1.0
