"""Finding a mean, a root, a minimum from noisy samples. [Zhao chapter 6]

Each algorithm is a generator of w_2, w_3, ...; the guess w_1 is not yielded. A step size is a
function of k = 1, 2, ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_count, check_number, check_rng

StepSize = Callable[[int], float]


def harmonic(a: float = 1.0, b: float = 0.0) -> StepSize:
    """A step size that satisfies Robbins and Monro. Returns a function of k. [Zhao 6.2.1]

        a_k = a / (k + b)        sum a_k is infinite and sum a_k^2 is finite

    a and b are numbers. Raises ValueError unless a > 0 and b > -1.
    """
    if not (a > 0 and b > -1):
        raise ValueError(f"harmonic needs a > 0 and b > -1, got a = {a}, b = {b}")
    return lambda k: a / (k + b)


def power(p: float, a: float = 1.0) -> StepSize:
    """A power of k as a step size. Returns a function of k.

        a_k = a / k^p

    It satisfies Robbins and Monro for 1/2 < p <= 1; above, w may stop too soon; at 0 the noise
    stays. Between 0 and 1/2 sum a_k^2 is infinite and the theorem is silent; w may still come to
    rest.

    p and a are numbers. Raises ValueError unless a > 0 and p >= 0.
    """
    if not (a > 0 and p >= 0):
        raise ValueError(f"power needs a > 0 and p >= 0, got a = {a}, p = {p}")
    return lambda k: a / k**p


def constant(alpha: float) -> StepSize:
    """A step size that is always the same. Returns a function of k. [Zhao chapter 6]

        a_k = alpha

    Not Robbins-Monro: sum a_k^2 is infinite. It forgets old samples, so it follows changes. alpha
    is a number. Raises ValueError unless it lies in (0, 1].
    """
    alpha = check_number(alpha, "alpha", 0, 1, above=True)
    return lambda k: alpha


def running_mean(
    samples: Iterable[npt.ArrayLike], alpha: StepSize | None = None
) -> Iterator[FloatArray]:
    """The mean of a stream, one sample at a time: yields w_2, w_3, ...

    [Zhao (6.4); (6.1), (6.2), (6.3)]

        w_{k+1} = w_k - alpha_k (w_k - x_k)

    samples    x_k, all numbers or all (d,)
    alpha      the step size; None: 1 / k, and w_{k+1} is the mean of x_1 to x_k

    w_1 = 0: it is forgotten at once where alpha(1) = 1. Every w_k is like the samples, (d,). Raises
    ValueError for an alpha that is no function.
    """
    alpha = harmonic() if alpha is None else _function(alpha, "alpha")
    w: Any = 0.0
    for k, x in enumerate(samples, start=1):
        w = w - alpha(k) * (w - np.asarray(x, dtype=float))  # (6.4)
        yield w


def robbins_monro(g: Callable[[Any], Any], w: npt.ArrayLike, a: StepSize) -> Iterator[FloatArray]:
    """The root of a function that is seen through noise: yields w_2, w_3, ... [Zhao (6.5); (6.6)]

        w_{k+1} = w_k - a_k g~(w_k, eta_k)

    g     g(w): one noisy observation at w
    w     the guess w_1, a number or (d,)
    a     the step size. With 0 < c1 <= g' <= c2, harmonic steps and noise of mean zero and bounded
          variance given the past, w_k tends to the root with probability one (Theorem 6.1)

    Every w_k is like w, (d,). Raises ValueError for a g or an a that is no function.
    """
    _function(g, "g"), _function(a, "a")
    w_k: Any = np.asarray(w, dtype=float)
    for k in count(1):
        w_k = w_k - a(k) * g(w_k)  # (6.5)
        yield w_k


def sgd(
    gradient: Callable[[Any, Any], Any],
    w: npt.ArrayLike,
    batches: Iterable[Any],
    alpha: StepSize,
) -> Iterator[FloatArray]:
    """Gradient descent on samples: yields w_2, w_3, ...

    [Zhao 6.4; (6.10), (6.11), (6.12), (6.13), (6.16)]

        w_{k+1} = w_k - alpha_k grad f(w_k, batch_k)

    gradient    gradient(w, batch): the mean over the batch of the gradient at w
    w           the guess w_1, a number or (d,)
    batches     all samples each time (BGD), m of them (`minibatches`), or one (SGD)
    alpha       the step size

    Every w_k is like w, (d,). Raises ValueError for a gradient or an alpha that is no function.
    """
    _function(gradient, "gradient"), _function(alpha, "alpha")
    w_k: Any = np.asarray(w, dtype=float)
    for k, batch in enumerate(batches, start=1):
        w_k = w_k - alpha(k) * gradient(w_k, batch)
        yield w_k


def minibatches(x: npt.ArrayLike, m: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Batches (m, ...) of samples x (n, ...), drawn with replacement, without end.

    [Zhao 6.4.4; (6.16)]

    With m = n a batch is still not the whole set. m is 1 or more; rng is a Generator. Raises
    ValueError for m below 1 or no samples.
    """
    x = check_array(x, "x")
    check_count(m, "m")
    check_rng(rng)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x must hold samples, got {x}")
    while True:
        yield x[rng.integers(len(x), size=m)]


def dvoretzky(
    delta: float, alpha: StepSize, beta: StepSize, eta: Callable[[int, float], float]
) -> Iterator[float]:
    """The process of Dvoretzky's theorem: yields Delta_2, Delta_3, ... [Zhao Theorem 6.2; (6.9)]

        Delta_{k+1} = (1 - alpha_k) Delta_k + beta_k eta_k

    delta          the number Delta_1
    alpha, beta    step sizes
    eta            eta(k, Delta_k), the noise

    It tends to zero with probability one under the conditions that `dvoretzky_conditions` states.
    """
    for k in count(1):
        delta = (1 - alpha(k)) * delta + beta(k) * eta(k, delta)
        yield delta


class Conditions(NamedTuple):
    """The conditions of Theorem 6.2, as far as n terms can show them."""

    sum_alpha_grows: bool  # sum alpha_k is infinite
    sum_alpha_squared_settles: bool  # sum alpha_k^2 is finite
    sum_beta_squared_settles: bool  # sum beta_k^2 is finite
    noise_is_centred: bool  # E[eta_k | the past] = 0
    noise_is_bounded: bool  # E[eta_k^2 | the past] <= C


def dvoretzky_conditions(
    alpha: StepSize, beta: StepSize, mean: float, second_moment: float, n: int = 2**16
) -> Conditions:
    """Do the conditions of Dvoretzky's theorem hold, so far as n terms tell? [Zhao Theorem 6.2]

    alpha, beta            step sizes
    mean, second_moment    the largest of the noise given the past
    n                      so many terms are looked at, 16 or more

    A series is judged by its last two doublings, the terms from n/4 to n/2 and from n/2 to n: of
    1 / k, the border, both add up to the same. It grows if the last adds as much as the one before
    (within 1e-3), and settles if it adds less, or nothing.

    Returns five truth values: sum_alpha_grows, sum_alpha_squared_settles, sum_beta_squared_settles,
    noise_is_centred, noise_is_bounded. Raises ValueError for n below 16 and a negative step.
    """
    check_count(n, "n", 16)
    a = np.array([alpha(k) for k in range(1, n + 1)])
    b = np.array([beta(k) for k in range(1, n + 1)])

    if (a < 0).any() or (b < 0).any():
        raise ValueError("alpha and beta must not be negative")

    def settles(x: FloatArray) -> bool:
        last, before = x[n // 2 :].sum(), x[n // 4 : n // 2].sum()
        return bool(last == 0 or last < 0.999 * before)

    return Conditions(
        not settles(a),
        settles(a**2),
        settles(b**2),
        mean == 0,
        bool(np.isfinite(second_moment)),
    )


def _function(f: Any, name: str) -> Any:
    """A function; a number is easily taken for a step size."""
    if not callable(f):
        raise ValueError(f"{name} must be a function, such as constant(0.1), got {f!r}")
    return f
