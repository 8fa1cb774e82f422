"""`optimal` for a small model in one compiled call: the calls of numpy would take longer.

Value iteration from below with its certificate, as planning.py and certificate.py say. Needs the
extra `fast`; planning.py asks only where it compiles small models, too (LARGE).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.compiling import jit
from rlbook.model import MDP
from rlbook.planning.compiled_policy_sweeps import worth

SWEEPS = 2_000
"""The most sweeps; a model that needs more is left to others."""


def small(
    model: MDP, gamma: float, tol: float
) -> tuple[FloatArray, FloatArray, FloatArray, float] | None:
    """v (S,), q (S, A), pi (S, A) and the bound; None if that would take many sweeps."""
    S, A, K = model.p.shape
    go, to = model._go.reshape(S * A, K), model.s_next.reshape(S * A, K)
    find: Any = _find
    q: FloatArray = np.empty((S, A))
    pi = np.zeros((S, A))
    v, bound = find(
        model.R.reshape(S * A), go, to, gamma, tol, model.can_end, model.r_min, model.r_max, q, pi
    )
    if not bound <= tol:
        return None
    if K > 1:  # numpy may add up outcomes in another order
        q, pi = model._lookahead(v, gamma), np.zeros((S, A))
        choose: Any = _choose
        choose(q, pi)
    return v, q, pi, bound


@jit
def _find(r, go, to, gamma, tol, can_end, r_min, r_max, q, pi):  # type: ignore[no-untyped-def]
    """Algorithm 4.3 with A + 1 sweeps. Fills q and pi; returns v and a bound, infinite if none."""
    (S, A), K = q.shape, go.shape[1]
    v, Tv = np.full(S, min(0.0, r_min) * (1 + 1e-9) / (1 - gamma)), np.empty(S)
    best, horizon, bound = np.empty(S, dtype=np.intp), gamma / (1 - gamma), np.inf
    for _ in range(SWEEPS):
        low, high = (0.0, 0.0) if can_end else (np.inf, -np.inf)
        v_max = 0.0
        for s in range(S):
            top = -np.inf
            for n in range(s * A, s * A + A):
                x = worth(r, go, to, n, v, gamma)
                if x > top:
                    top, best[s] = x, n
            d = top - v[s]
            low, high = d if d < low else low, d if d > high else high
            v_max = max(v_max, abs(v[s]))
            Tv[s] = top
        shift, half = horizon * (low + high) / 2, horizon * (high - low) / 2
        if half <= tol:
            for s in range(S):
                v_max = max(v_max, abs(Tv[s] + shift))
            rewards = K * r_max if K > 1 else 0.0
            lookahead = (rewards + (K + 2) * v_max) / 2 + 2 * (K - 1) * abs(shift)
            bound = half + 2.220446049250313e-16 * max(2 * v_max, lookahead) / (1 - gamma)
            if bound <= tol:
                break
        for _ in range(A):
            v, Tv = Tv, v
            for s in range(S):
                Tv[s] = worth(r, go, to, best[s], v, gamma)
        v, Tv = Tv, v
    for s in range(S):
        v[s] = Tv[s] + shift
    for s in range(S):
        for a in range(A):
            q[s, a] = worth(r, go, to, s * A + a, v, gamma)
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
