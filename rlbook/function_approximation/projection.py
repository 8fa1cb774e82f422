"""What linear values can be at best, and where TD takes them. [Zhao 8.2]

With features phi (S, d) the values are Phi w, and d (S,) is how much each state counts:

    best_fit           min_w |Phi w - v|_d          the nearest values there are
    td_fixed_point     A w = b                      where TD-Linear and LSTD come to rest
    error_bound        how much farther from v_pi the second may be than the first
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.bellman import policy_value, stationary_distribution
from rlbook.checks import FloatArray, check_chain, check_d, check_gamma, check_model, check_v
from rlbook.functions.features import check_features
from rlbook.model import MDP


class Bound(NamedTuple):
    """The two sides of (8.32): `error` is at most `bound`."""

    error: float  # |Phi w* - v_pi|_d, w* the TD fixed point
    bound: float  # min_w |Phi w - v_pi|_d / (1 - gamma)


def td_matrices(
    model: MDP,
    pi: npt.ArrayLike,
    gamma: float,
    phi: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """What an update of TD-Linear is on average: w + alpha (b - A w). Returns A (d, d), b (d,).

        A = Phi^T D (I - gamma P_pi) Phi        b = Phi^T D r_pi        D = diag(d)

    model is an MDP; pi (S, A); gamma from 0 to 1; phi (S, d). d (S,) is the share of updates that
    each state has; None: the stationary distribution of pi, which a chain that ends has not.

    [Zhao 8.2; (8.19), (8.20), (8.21), (8.22), (8.25), (8.26), (8.27), (8.28)]
    Raises ValueError for another shape, and a d that is no distribution.
    """
    check_model(model)
    gamma, phi = check_gamma(gamma), check_features(phi, model.n_states)
    P, r = model.under(pi)
    share = stationary_distribution(P) if d is None else check_d(d, model.n_states)
    weighted = phi.T * share  # Phi^T D
    return weighted @ (phi - gamma * P @ phi), weighted @ r


def td_fixed_point(
    model: MDP,
    pi: npt.ArrayLike,
    gamma: float,
    phi: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
) -> FloatArray:
    """Where TD-Linear comes to rest: w* = A^-1 b, (d,). [Zhao 8.2; (8.23), (8.31)]

    w* minimises the projected Bellman error, not the error of the values. Arguments and errors as
    of `td_matrices`. Raises ValueError also where A is singular: features that depend on each
    other, or are zero wherever d is not, leave w* open.
    """
    A, b = td_matrices(model, pi, gamma, phi, d)
    return solve_weights(A, b, "phi must have features that do not depend on each other")


def best_fit(phi: npt.ArrayLike, v: npt.ArrayLike, d: npt.ArrayLike | None = None) -> FloatArray:
    """The weights whose values are nearest to v. Returns w (d,). [Zhao 8.2; (8.3), (8.4), (8.5)]

        min_w |Phi w - v|_d,    |x|_d^2 = sum_s d(s) x(s)^2

    phi (S, d); v (S,); d (S,), every state alike if None. Where several w are best, the shortest.
    Raises ValueError for another shape, and a d that is no distribution.
    """
    phi = check_features(phi)
    v = check_v(v, len(phi))
    root = np.sqrt(np.full(len(phi), 1 / len(phi)) if d is None else check_d(d, len(phi)))
    return np.linalg.lstsq(root[:, None] * phi, root * v, rcond=None)[0]


def error_bound(model: MDP, pi: npt.ArrayLike, gamma: float, phi: npt.ArrayLike) -> Bound:
    """How far is the TD fixed point from v_pi, and how far may it be? [Zhao (8.32); (8.33)]

        |Phi w* - v_pi|_d <= 1 / (1 - gamma) min_w |Phi w - v_pi|_d

    model is an MDP; pi (S, A); gamma below 1; phi (S, d). d is the stationary distribution of pi.
    Returns both sides, two numbers: error and bound. Raises ValueError for gamma = 1 and as
    td_fixed_point does.
    """
    if check_gamma(gamma) == 1:
        raise ValueError("gamma must be less than 1 for the bound (8.32), got 1")
    w = td_fixed_point(model, pi, gamma, phi)
    v, phi = policy_value(model, pi, gamma), check_features(phi)
    d = stationary_distribution(model.under(pi)[0])

    def norm(x: FloatArray) -> float:
        return float(np.sqrt(d @ x**2))

    return Bound(norm(phi @ w - v), norm(phi @ best_fit(phi, v, d) - v) / (1 - gamma))


def power_iteration(P_pi: npt.ArrayLike, d: npt.ArrayLike | None = None) -> Iterator[FloatArray]:
    """Where is the chain after k steps? Yields d_1, d_2, ... (S,).

    [Zhao 8.2; (8.6), (8.7), (8.8), (8.9)]

        d_{k+1} = P_pi^T d_k

    P_pi (S, S), its rows sum to one; d is d_0 (S,), uniform if None. From any d_0 they tend to the
    stationary distribution, unless the chain is periodic, or has parts that are never left. Raises
    ValueError for another shape, and for rows or a d that are no distribution.
    """
    P = check_chain(P_pi)
    d_k = np.full(len(P), 1 / len(P)) if d is None else check_d(d, len(P))
    while True:
        d_k = P.T @ d_k
        yield d_k


def stationary_eigenvector(P_pi: npt.ArrayLike) -> FloatArray:
    """The left eigenvector of P_pi for the eigenvalue 1, its sum made one: d (S,). [Zhao 8.2]

    P_pi (S, S), its rows sum to one. `stationary_distribution` finds the same by solving. Raises
    ValueError for another shape, for rows that are no distributions, and where the eigenvalue 1
    occurs more than once.
    """
    eigenvalues, vectors = np.linalg.eig(check_chain(P_pi).T)
    one = np.flatnonzero(np.abs(eigenvalues - 1) < 1e-9)
    if len(one) != 1:
        raise ValueError(f"P_pi must have the eigenvalue 1 once, got it {len(one)} times")
    d = vectors[:, one[0]].real
    return np.abs(d) / np.abs(d).sum()  # Perron: all of one sign, but for rounding


def solve_weights(A: FloatArray, b: FloatArray, wanted: str) -> FloatArray:
    """w of A w = b; ValueError, with what is wanted, where A is singular to rounding."""
    _, _, rank, _ = np.linalg.lstsq(A, b, rcond=None)
    if rank < len(b):
        raise ValueError(f"{wanted}: A ({len(b)}, {len(b)}) has rank {rank}")
    return np.linalg.solve(A, b)
