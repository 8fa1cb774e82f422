"""How good is a policy? The Bellman equation and its operators. [Zhao chapters 2 and 3]"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    check_chain,
    check_gamma,
    check_model,
    check_pi,
    check_v,
    first_true,
)
from rlbook.model import Model

BLOCK = 64
"""States that `stationary_distribution` leaves out before it brings the rest up to date."""


def policy_value(model: Model, pi: npt.ArrayLike, gamma: float) -> FloatArray:
    """The state values of a policy, in closed form. Returns v_pi (S,). [Zhao (2.12); (2.4), (7.3)]

        v_pi = (I - gamma P_pi)^-1 r_pi

    model is an MDP; pi (S, A); gamma from 0 to 1. At gamma = 1 the matrix is singular where an
    episode need not end. Raises ValueError there, unless every state can reach a terminating
    outcome under pi, and for a pi that is no policy of this model.
    """
    check_model(model)
    gamma = check_gamma(gamma)
    P, r = model.under(pi)
    if gamma == 1:
        _check_it_ends(P, (np.asarray(pi) * model.end).sum(-1) > 0)
    try:
        return np.linalg.solve(np.eye(len(r)) - gamma * P, r) + 0.0  # (2.12); -0.0 becomes 0.0
    except np.linalg.LinAlgError:
        raise ValueError(f"gamma = {gamma} leaves no solution: an end is too unlikely") from None


def action_value(model: Model, v: npt.ArrayLike, gamma: float) -> FloatArray:
    """What each action is worth, if the future is worth v. Returns q (S, A).

    [Zhao 2.8, (2.15); (2.13), (7.13), (7.14)]

        q(s, a) = R(s, a) + gamma sum_s' p(s'|s, a) v(s')

    With v = v_pi these are the action values of pi. model is an MDP; v (S,); gamma from 0 to 1.
    Raises ValueError for another shape of v or another gamma.
    """
    check_model(model)
    return model.lookahead(v, gamma)


def bellman_operator(
    model: Model, pi: npt.ArrayLike, gamma: float
) -> Callable[[npt.ArrayLike], FloatArray]:
    """The map whose fixed point is v_pi. Returns T, with T(v) (S,). [Zhao (2.7); (2.10), (7.4)]

        T(v) = r_pi + gamma P_pi v

    model is an MDP; pi (S, A); gamma from 0 to 1. Raises ValueError for a pi that is no policy of
    this model, for another gamma and, from T, for another shape of v.
    """
    check_model(model)
    pi, gamma = check_pi(pi, model.n_states, model.n_actions), check_gamma(gamma)

    def T(v: npt.ArrayLike) -> FloatArray:
        return (pi * model.lookahead(v, gamma)).sum(-1)  # (2.7)

    return T


def optimality_operator(model: Model, gamma: float) -> Callable[[npt.ArrayLike], FloatArray]:
    """The map whose fixed point is v*. Returns T, with T(v) (S,).

    [Zhao 3.3, Theorem 3.2; (3.1), (3.2), (3.3)]

        T(v) = max_pi (r_pi + gamma P_pi v)        for each state the best action's q(s, a)

    model is an MDP; gamma from 0 to 1. Below 1 T is a contraction: in the largest component,
    |T(u) - T(v)| <= gamma |u - v|. Raises ValueError for another gamma and, from T, for another
    shape of v.
    """
    check_model(model)
    gamma = check_gamma(gamma)

    def T(v: npt.ArrayLike) -> FloatArray:
        return model.lookahead(v, gamma).max(-1)

    return T


def bellman_residual(
    model: Model, v: npt.ArrayLike, gamma: float, pi: npt.ArrayLike | None = None
) -> FloatArray:
    """How far v is from solving the Bellman equation: T(v) - v, (S,). [Zhao (2.7), 3.3]

    model is an MDP; v (S,); gamma from 0 to 1. pi (S, A): the equation of this policy; None: the
    Bellman optimality equation. Zero at v_pi and at v*. Raises ValueError as the operators do.
    """
    T = optimality_operator(model, gamma) if pi is None else bellman_operator(model, pi, gamma)
    return T(v) - check_v(v, model.n_states)


def stationary_distribution(P_pi: npt.ArrayLike) -> FloatArray:
    """The share of time that a chain spends in each state. Returns d (S,). [Zhao 8.2.1; (8.10)]

        d = P_pi^T d,    sum_s d(s) = 1

    P_pi (S, S), its rows sum to one. Every entry of d is right to rounding, however rare the moves
    between some states are, and zero for states that are left for good. Raises ValueError for
    another shape, for rows that do not sum to one (a chain that ends spends no share of time
    anywhere), and for a chain with several classes of states that are never left, where d depends
    on the start.
    """
    P = check_chain(P_pi)
    stays = _never_left(P > 0)
    d = np.zeros(len(P))
    d[stays] = _visits(P[np.ix_(stays, stays)])
    if not np.isfinite(d).all():
        raise ValueError("P_pi must have moves that a float can count, got one that is too rare")
    return d


def _never_left(goes: BoolArray) -> BoolArray:
    """The one class of states that is never left, (S,); ValueError if there are several."""
    s, lead = 0, goes.T
    while True:
        ahead = _reached(goes, s)
        back = _reached(lead, s)
        gone = np.flatnonzero((ahead > 0) & (back == 0))
        if gone.size == 0:  # whoever s can reach can reach s
            break
        s = int(gone[ahead[gone].argmax()])  # the farthest; it never comes back to where we were
    if not (back > 0).all():
        raise ValueError("P_pi must have one class of states that is never left, got several")
    return ahead > 0


def _reached(goes: BoolArray, s: int) -> IntArray:
    """In how many moves, plus one, each state can be reached from s; 0 if it cannot. (S,)"""
    moves = np.zeros(len(goes), dtype=np.intp)
    front = np.array([s])
    for k in range(1, len(goes) + 1):
        moves[front] = k
        front = np.flatnonzero(goes[front].any(0) & (moves == 0))
        if front.size == 0:
            break
    return moves


def _visits(P: FloatArray) -> FloatArray:
    """The stationary distribution where every state leads to every other.

    One state after another is left out: whoever would go there goes on to where it leads. Only
    what moves is used, sums and products of positive numbers, so that nothing cancels.
    [Grassmann, Taksar and Heyman 1985]
    """
    P = P.copy()
    with np.errstate(all="ignore"):
        for end in range(len(P), 0, -BLOCK):
            m = max(0, end - BLOCK)
            for n in range(end - 1, max(0, m - 1), -1):
                P[:n, n] /= P[n, :n].sum()
                P[m:n, :n] += np.outer(P[m:n, n], P[n, :n])
                P[:m, m:n] += np.outer(P[:m, n], P[n, m:n])
            P[:m, :m] += P[:m, m:end] @ P[m:end, :m]
        d = np.ones(len(P))
        for n in range(1, len(P)):
            d[n] = d[:n] @ P[:n, n]
        return d / d.sum()


def _check_it_ends(P: FloatArray, ends: npt.NDArray[np.bool_]) -> None:
    """ValueError unless every state can reach one that may end the episode."""
    goes, reach = P > 0, ends
    while not (wider := reach | (goes & reach).any(-1)).all():
        if (wider == reach).all():
            where = first_true(~reach)
            raise ValueError(
                "gamma = 1 needs a policy that can end the episode from every state, but from "
                f"state {where[0] if where else None} it never does; use gamma < 1"
            )
        reach = wider
