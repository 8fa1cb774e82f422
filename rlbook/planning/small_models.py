"""The optimal values of a small model, in few calls of numpy.

`compiled_small_models` takes the same steps, bit for bit: so it does not matter which of them runs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlbook.checks import FloatArray, IntArray
from rlbook.model import MDP
from rlbook.planning.certificate import changes, interval, rounding

POLICIES = 25
"""So many are tried. A model that needs more is left to others, which solve for the values of a
policy: where episodes may end and gamma is near one, sweeps would be many."""

Found = tuple[FloatArray, FloatArray, FloatArray, float]
"""v (S,), q (S, A), pi (S, A) and the bound."""


class ByOutcome(NamedTuple):
    """N pairs (s, a), with their K outcomes in the first axis: r (N,), go and to (K, N).

    Along its first axis numpy adds up one number after the other, as a loop does.
    """

    r: FloatArray
    go: FloatArray
    to: IntArray


def small(model: MDP, gamma: float, tol: float) -> Found | None:
    """The optimal values, within a bound of at most tol; None if they take many policies.

    Truncated policy iteration from below: a look at all pairs, A sweeps under the greedy policy,
    and so on, until the certificate is close enough. [Zhao Algorithm 4.3]

    model    of more than one state
    """
    S, A, K = model.p.shape
    go, to = model._go.reshape(S * A, K), model.s_next.reshape(S * A, K)
    pairs, first = ByOutcome(model.R.ravel(), go.T.copy(), to.T.copy()), A * np.arange(S)
    v = np.full(S, lowest(model.r_min, gamma))
    for _ in range(POLICIES):
        q = _worth(pairs, v, gamma)
        best = q.reshape(S, A).argmax(-1) + first
        Tv = q[best]
        shift, half = interval(*changes(v, Tv, model.can_end), gamma)
        if half <= tol:
            middle = Tv + shift
            v_max = float(max(abs(v).max(), abs(middle).max()))
            bound = half + rounding(K, model.r_max, v_max, shift, gamma)
            if bound <= tol:
                q = model._lookahead(middle, gamma)
                pi = np.zeros(S * A)
                pi[q.argmax(-1) + first] = 1.0
                return middle, q, pi.reshape(S, A), bound
        rows = ByOutcome(pairs.r[best], pairs.go.take(best, 1), pairs.to.take(best, 1))
        v = Tv
        for _ in range(A):
            v = _worth(rows, v, gamma)
    return None


def lowest(r_min: float, gamma: float) -> float:
    """No policy is worth less in any state; 1 + 1e-9 makes it so in spite of rounding.

    Compiled as it is, like `interval` and `rounding`.
    """
    return min(0.0, r_min) * (1 + 1e-9) / (1 - gamma)


def _worth(pairs: ByOutcome, v: FloatArray, gamma: float) -> FloatArray:
    """r + gamma sum_k go v(to), (N,)."""
    return pairs.r + gamma * np.add.reduce(pairs.go * v[pairs.to])
