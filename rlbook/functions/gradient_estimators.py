"""How noisy is a policy gradient? Baselines, and two ways to differentiate an expectation.

    J = E[ f(a) ],  a drawn from a distribution with parameters

    score function      grad J = E[ f(a) grad ln pi(a) ]             needs values of f alone
    reparameterised     grad J = E[ grad f(a(noise)) ]               needs the derivative of f

Both are unbiased; they differ in their variance. A draw of one of A actions has no derivative.
`gumbel_softmax` softens the draw, `straight_through` its derivative alone; both have a bias.

Every function here returns a row for each sample: the mean of the rows estimates the gradient,
their spread says how well. [Zhao 10.2.1, 10.4]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_distribution, check_number
from rlbook.policy import softmax


def optimal_baseline(pi: npt.ArrayLike, q: npt.ArrayLike) -> FloatArray:
    """The baseline that makes the variance smallest, for a tabular softmax policy. [Zhao (10.5)]

        b*(s) = E[ |grad ln pi(A|s)|^2 q(s, A) ] / E[ |grad ln pi(A|s)|^2 ]

    pi, q (..., A); returns (...). |grad ln pi(a|s)|^2 = |e_a - pi|^2 in the preferences of s. Where
    pi is sure of an action nothing varies, and b* is its q. Raises ValueError for a pi whose rows
    are no distributions, and a q of another shape.
    """
    pi, q = _pi_and_q(pi, q)
    weight = pi * _squared_norms(pi)
    weight = np.where(weight.sum(-1, keepdims=True) > 0, weight, pi)
    return (weight * q).sum(-1) / weight.sum(-1)  # (10.5)


def score_variance(pi: npt.ArrayLike, q: npt.ArrayLike, b: npt.ArrayLike = 0.0) -> FloatArray:
    """The variance of grad ln pi(A|s) [ q(s, A) - b(s) ], exactly; the trace of its covariance.

        E |X|^2 - |E X|^2,    X = (e_A - pi) (q(s, A) - b(s)),  A ~ pi(.|s)

    pi, q (..., A), b (...); returns (...).
    [Zhao 10.2.1; (10.4), (10.6)] Raises ValueError for a pi whose rows are
    no distributions, and a q of another shape.
    """
    pi, q = _pi_and_q(pi, q)
    weight = q - np.asarray(b, dtype=float)[..., None]
    second = (pi * _squared_norms(pi) * weight**2).sum(-1)
    mean = pi * (q - (pi * q).sum(-1, keepdims=True))  # E X, whatever b is
    return second - (mean**2).sum(-1)


def gaussian_score(
    f: Callable[[FloatArray], FloatArray], mu: float, sigma: float, z: npt.ArrayLike, b: float = 0.0
) -> FloatArray:
    """Score function gradients of E[f(a)], a = mu + sigma z, in (mu, ln sigma): rows (N, 2).

        (f(a) - b) (z / sigma, z^2 - 1)

    z (N,) standard normal numbers.
    """
    sigma, z = check_number(sigma, "sigma", 0, above=True), check_array(z, "z")
    weight = f(mu + sigma * z) - b
    return np.stack([weight * z / sigma, weight * (z * z - 1)], axis=-1)


def gaussian_reparameterised(
    df: Callable[[FloatArray], FloatArray], mu: float, sigma: float, z: npt.ArrayLike
) -> FloatArray:
    """Reparameterised gradients of E[f(a)], a = mu + sigma z, in (mu, ln sigma): rows (N, 2).

        f'(a) (1, sigma z)

    df is the derivative of f; z (N,) standard normal numbers.
    """
    sigma, z = check_number(sigma, "sigma", 0, above=True), check_array(z, "z")
    slope = df(mu + sigma * z)
    return np.stack([slope, slope * sigma * z], axis=-1)


def gumbel_softmax(h: npt.ArrayLike, g: npt.ArrayLike, tau: float) -> FloatArray:
    """A softened draw from softmax(h). Returns (..., A). [Jang et al. 2017]

        y = softmax((h + g) / tau)

    h (..., A) are preferences; g (..., A) are standard Gumbel numbers, rng.gumbel(size=...). The
    argmax of h + g is a draw from softmax(h); as tau > 0 goes to 0, y goes to the one-hot vector of
    it. Raises ValueError for a tau that is not above zero.
    """
    tau = check_number(tau, "tau", 0, above=True)
    x = check_array(h, "h") + check_array(g, "g")
    with np.errstate(over="ignore"):  # -inf is the right end of what is far below the largest
        return softmax((x - x.max(-1, keepdims=True)) / tau)


def discrete_score(
    q: npt.ArrayLike, h: npt.ArrayLike, g: npt.ArrayLike, b: float = 0.0
) -> FloatArray:
    """Score function gradients of E[q(a)], a ~ softmax(h), in h: rows (N, A).

        (q(a) - b) (e_a - pi),    a = argmax(h + g)

    q, h (A,); g (N, A) standard Gumbel numbers.
    """
    q, h, g = check_array(q, "q"), check_array(h, "h"), check_array(g, "g")
    if q.shape != h.shape or q.ndim != 1:
        raise ValueError(f"q must have the shape of h, {h.shape}, got {q.shape}")
    a = (h + g).argmax(-1)
    return (q[a] - b)[:, None] * (np.eye(len(h))[a] - softmax(h))


def discrete_reparameterised(
    q: npt.ArrayLike, h: npt.ArrayLike, g: npt.ArrayLike, tau: float
) -> FloatArray:
    """Reparameterised gradients of E[q . y], y = gumbel_softmax(h, g, tau), in h: rows (N, A).

        y (q - q . y) / tau

    Unbiased for the softened mean E[q . y], and biased for E[q(a)]: the bias vanishes with tau, as
    the variance grows.
    """
    q, y = check_array(q, "q"), gumbel_softmax(h, g, tau)
    return y * (q - (q * y).sum(-1, keepdims=True)) / tau


def straight_through(
    df: Callable[[FloatArray], npt.ArrayLike], h: npt.ArrayLike, g: npt.ArrayLike, tau: float
) -> FloatArray:
    """Straight-through gradients of E[f(e_a)], a ~ softmax(h), in h: rows (N, A).

        y (f' - f' . y) / tau,    f' = df(e_a),  a = argmax(h + g),  y = gumbel_softmax(h, g, tau)

    [Bengio et al. 2013; Jang et al. 2017]

    df     the derivative of f: it maps one-hot rows (N, A) to slopes (N, A)
    h      (A,), preferences
    g      (N, A), standard Gumbel numbers
    tau    above zero: how soft the draw is that the slope goes back through

    f sees the hard draw, and its slope there is taken back through the soft one. Where f is linear,
    that is `discrete_reparameterised`. Elsewhere it is biased, and the bias may stay where tau goes
    to 0: the mean of the slopes at two actions then stands for the difference of f.

    Raises ValueError for a tau that is not above zero, and for slopes of another shape.
    """
    y = gumbel_softmax(h, g, tau)
    drawn = np.eye(y.shape[-1])[(check_array(h, "h") + check_array(g, "g")).argmax(-1)]
    slope = check_array(df(drawn), "df")
    if slope.shape != y.shape:
        raise ValueError(f"df must give slopes of shape {y.shape}, got {slope.shape}")
    return y * (slope - (slope * y).sum(-1, keepdims=True)) / tau


def _squared_norms(pi: FloatArray) -> FloatArray:
    """|e_a - pi|^2 for each a."""
    return 1 - 2 * pi + (pi**2).sum(-1, keepdims=True)


def _pi_and_q(pi: npt.ArrayLike, q: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, values = check_distribution(pi, "pi"), check_array(q, "q")
    if p.shape != values.shape:
        raise ValueError(f"q must have the shape of pi, {p.shape}, got {values.shape}")
    return p, values
