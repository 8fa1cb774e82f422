"""What networks do to their numbers between the matrix products, compiled: one pass for each thing.

numpy takes a pass over the memory for each operation, eleven of them for a step of Adam. Here every
number is read once. The operations are the same ones in the same order, so that the results are the
same to the last bit. `Parametric.passes` says when they are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.compiling import jit


@jit
def add_bias(h: Any, b: Any, relu: Any) -> Any:
    """H (B, n) <- h + b, and after it the larger one of that and 0, if relu."""
    zero = h.dtype.type(0)
    for i in range(h.shape[0]):
        for j in range(h.shape[1]):
            x = h[i, j] + b[j]
            h[i, j] = zero if relu and x <= zero else x


@jit
def cut_slope(d: Any, out: Any) -> Any:
    """D (B, n) <- d where the output of relu is above 0; elsewhere 0."""
    zero = d.dtype.type(0)
    for i in range(d.shape[0]):
        for j in range(d.shape[1]):
            d[i, j] = d[i, j] if out[i, j] > zero else d[i, j] * zero


@jit
def blend(theta: Any, other: Any, tau: float) -> Any:
    """Theta <- (1 - tau) theta + tau other."""
    keep, take = theta.dtype.type(1 - tau), theta.dtype.type(tau)
    for k in range(theta.size):
        theta[k] = theta[k] * keep + other[k] * take


@jit
def adam(
    theta: Any, g: Any, m: Any, v: Any, betas: tuple[float, float], epsilon: float, lr: float
) -> Any:
    """The step of `Adam`, with epsilon times root, and lr corrected for the first steps."""
    real = theta.dtype.type
    beta1, rest1 = real(betas[0]), real(1 - betas[0])
    beta2, rest2 = real(betas[1]), real(1 - betas[1])
    small, size = real(epsilon), real(lr)
    for k in range(theta.size):
        m[k] = m[k] * beta1 + g[k] * rest1
        v[k] = v[k] * beta2 + g[k] * g[k] * rest2
        theta[k] -= m[k] / (np.sqrt(v[k]) + small) * size
