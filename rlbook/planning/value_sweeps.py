"""Value iteration for `optimal`: where it is asked for, and where another method can do no better.

[Zhao Algorithm 4.1]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from rlbook.bellman import optimality_operator
from rlbook.checks import FloatArray
from rlbook.planning.certificate import certified


def rising(
    model: Any,
    gamma: float,
    tol: float,
    v: FloatArray,
    report: Callable[[float], Any],
    most: int | None = None,
) -> Iterator[FloatArray]:
    """Value iteration from a v that T raises: yields the last v, of `most` at most.

    T raises every later one, too, since rounded sums and products keep their order. What only
    rises and cannot pass v* comes to rest.
    """
    T = optimality_operator(model, gamma)
    for k in count(1):
        Tv = T(v)
        if k < 32 or k % 16 == 0:  # a look costs as much as a sweep
            known = certified(model, v, Tv, gamma)
            done = known.middle_error <= tol or not np.isfinite(known.middle_error)
            done = done or tol <= known.least_error
            if done or np.array_equal(v, Tv) or (most is not None and k > most):
                yield v
                return
            report(known.middle_error)
        v = Tv
