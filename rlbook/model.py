"""What may happen after each action, and how likely is it? [Zhao 1.7, 2.6]

A model is its table of outcomes. For state s and action a the table holds up to K outcomes, and
outcome k says: with probability p the next state is s_next, the reward is r, and the episode ends
there if `terminated`. Everything in chapters 2 to 4 asks the table one of two questions:

    lookahead(v, gamma)    what is each action worth, if the future is worth v?
    under(pi)              what chain of states does a policy make of it?
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from rlbook.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    check_array,
    check_distribution,
    check_finite,
    check_gamma,
    check_pi,
    check_v,
    shown,
)
from rlbook.outcome_table import checked, inside, listed, merged
from rlbook.spaces import Env, check_instance

CHUNK = 2**17
"""Outcomes of a large model that lookahead takes at a time."""

DENSE_LIMIT = 2**28
"""The most entries that the dense arrays P and P_pi may have: 2 GiB of float64."""


class Model(Protocol):
    """What chapters 2 to 4 ask of a world: two questions, and how many states and actions it has.

        lookahead(v, gamma)[s, a] = E[ r + gamma v(s') | s, a ]        [Zhao 2.8]
        under(pi) = P_pi, r_pi                                         [Zhao 2.7]

    and where an episode may end. An `MDP` answers from its table, a `GridModel` from its drawing.
    """

    @property
    def n_states(self) -> int:
        """S, the number of states."""

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""

    @property
    def end(self) -> FloatArray:
        """(S, A), the probability that an action ends the episode."""

    def lookahead(self, v: npt.ArrayLike, gamma: float) -> FloatArray:
        """The action values (S, A) that the state values v (S,) make."""

    def under(self, pi: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Transition matrix (S, S) and mean rewards (S,) of a policy pi (S, A)."""


@dataclass(frozen=True, eq=False, repr=False)
class MDP:
    """A finite Markov decision process, as its table of outcomes. [Zhao 1.7; (1.4)]

    Four arrays of one shape (S, A, K): S states, A actions, up to K outcomes of each pair.

    p             (S, A, K), the probability of the outcome; p[s, a] sums to one
    s_next        (S, A, K), the next state, 0 to S-1
    r             (S, A, K), the reward
    terminated    (S, A, K), True if the episode ends with it: then the future is worth zero

    The arrays are copied and made read-only. Rows of p that are off by more than rounding are
    divided by their sum. Outcomes with p = 0 are dropped; equal outcomes of a pair are merged into
    the first of them; rows with fewer than K are filled up with p = 0, s_next = s, r = 0, False.

    Raises ValueError for arrays that are not of one shape (S, A, K), that are not finite, for a
    negative probability, a row of p that does not sum to one within 1e-8 for each positive entry
    (1.2e-7 where p is of float32), a next state that is not a whole number from 0 to S-1, and a
    `terminated` that is neither true nor false.
    """

    p: FloatArray
    s_next: IntArray
    r: FloatArray
    terminated: BoolArray

    grid: ClassVar[tuple[int, int] | None] = None  # rows and columns, if the states are cells

    def __post_init__(self) -> None:
        table = merged(*checked(self.p, self.s_next, self.r, self.terminated))
        for name, array in zip(("p", "s_next", "r", "terminated"), table, strict=True):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @classmethod
    def from_matrices(cls, P: npt.ArrayLike, R: npt.ArrayLike) -> MDP:
        """A continuing model from transition probabilities and rewards.

        P    (S, A, S), P[s, a] sums to one
        R    (S, A), or (S, A, S) where the reward depends on the next state

        Raises ValueError for other shapes, and whatever MDP raises.
        """
        given, P, R = P, check_array(P, "P"), check_array(R, "R")
        if P.ndim != 3 or P.shape[0] != P.shape[2] or P.size == 0:
            raise ValueError(f"P must have shape (S, A, S), got {P.shape}")
        if R.shape not in (P.shape[:2], P.shape):
            raise ValueError(f"R must have shape {P.shape[:2]} or {P.shape}, got {R.shape}")
        P, R = check_distribution(given, "P"), check_finite(R, "R")
        r = R if R.ndim == 3 else np.broadcast_to(R[:, :, None], P.shape)
        s_next = np.broadcast_to(np.arange(len(P)), P.shape)
        return cls(P, s_next, r, np.zeros(P.shape, dtype=bool))

    @classmethod
    def from_table(cls, P: Any) -> MDP:
        """A model from lists of outcomes, P[s][a] = [(p, s_next, r, terminated), ...].

        P    a dict of dicts or a list of lists, or one of the other. The keys of a dict are 0, 1,
             2, ... in any order; each state lists the same number of actions

        Raises ValueError for other keys, for fewer actions in some states, for outcomes that are
        not four numbers, and whatever MDP raises.
        """
        return cls(*listed(P, "P"))

    @classmethod
    def from_env(cls, env: Env) -> MDP:
        """The model of an environment that shows its table, as FrozenLake, CliffWalking, Taxi do.

        env    a TabularEnv, or a Gymnasium environment with a table P as `from_table` takes it. It
               may be inside wrappers that leave it as it is: TimeLimit, OrderEnforcing,
               PassiveEnvChecker, RecordEpisodeStatistics, and those that draw

        Raises ValueError for an environment without a table, within any other wrapper, whose table
        has other sizes than its spaces, for a Taxi with a fickle passenger, who is in no table, and
        whatever `from_table` raises.
        """
        check_instance(env, "env", "an environment")
        if isinstance(env, MDP):
            raise ValueError(f"env must be an environment, got {env!r}: this is a model already")
        inner, _ = inside(env)
        if isinstance(getattr(inner, "model", None), MDP):
            return inner.model
        table = getattr(inner, "P", None)
        if table is None:
            hint = ": pass model.table() or a GridWorld" if hasattr(env, "table") else ""
            hint = ": use MDP.from_table(P)" if isinstance(env, (dict, list)) else hint
            hint = f": use gymnasium.make({env!r})" if isinstance(env, str) else hint
            got = shown(env) if isinstance(env, (dict, list)) else repr(env)
            raise ValueError(
                f"env must have a table of outcomes P[s][a], got {got} without one{hint}"
            )
        if getattr(inner, "fickle_passenger", False):
            raise ValueError(
                "env must do what its table says, but a fickle passenger changes the destination "
                "outside of it, got fickle_passenger=True: use False, or write a table of your "
                "own, MDP.from_table(P)"
            )
        model = cls(*listed(table, "env.P"))
        for kind, n in (("observation_space", model.n_states), ("action_space", model.n_actions)):
            space: Any = getattr(inner, kind, None)
            if type(space).__name__ == "Discrete" and (space.n, getattr(space, "start", 0)) != (
                n,
                0,
            ):
                raise ValueError(f"env.P must fit its {kind}, {space}, got {n} of them from 0")
        return model

    def __repr__(self) -> str:
        S, A, K = self.p.shape
        return f"MDP({S} states, {A} actions, up to {K} outcomes)"

    @property
    def n_states(self) -> int:
        """The number of states, S."""
        return len(self.p)

    @property
    def n_actions(self) -> int:
        """The number of actions, A."""
        return int(self.p.shape[1])

    @property
    def outcomes(self) -> int:
        """The most outcomes of a pair, K."""
        return int(self.p.shape[2])

    def lookahead(self, v: npt.ArrayLike, gamma: float) -> FloatArray:
        """What is each action worth, if the future is worth v? Returns q (S, A).

        [Zhao 2.8; (2.14), (5.1)]

            q(s, a) = sum_k p [ r + gamma (1 - terminated) v(s_next) ]

        v (S,); gamma from 0 to 1. Raises ValueError for another shape of v or another gamma.
        """
        return self._lookahead(check_v(v, self.n_states), check_gamma(gamma))

    def _lookahead(self, v: FloatArray, gamma: float) -> FloatArray:
        if self.p.size <= 2 * CHUNK:
            return self.R + gamma * np.einsum("sak,sak->sa", self._go, v[self.s_next])
        q, n = np.empty(self.p.shape[:2]), max(1, CHUNK * self.n_states // self.p.size)
        for s in range(0, self.n_states, n):  # the same, where v[s_next] is small enough for caches
            some = slice(s, s + n)
            np.einsum("sak,sak->sa", self._go[some], v[self.s_next[some]], out=q[some])
        q *= gamma
        q += self.R
        return q

    def under(self, pi: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """What chain does a policy make of the model? Returns P_pi (S, S), r_pi (S,).

        [Zhao 2.6; (2.5), (2.6), (2.8), (2.9), (9.3)]

            P_pi(s, s') = sum_a pi(a|s) p(s'|s, a)        r_pi(s) = sum_a pi(a|s) R(s, a)

        pi (S, A). Like P, P_pi counts the outcomes that go on: where an episode may end, a row
        sums to less than one. Raises ValueError for a pi that is no policy of this model, and
        above DENSE_LIMIT entries.
        """
        pi = check_pi(pi, self.n_states, self.n_actions)
        P_pi = _dense(self.n_states, self.n_states)
        s = np.arange(self.n_states)[:, None, None]
        np.add.at(P_pi, (s, self.s_next), pi[:, :, None] * self._go)
        return P_pi, (pi * self.R).sum(-1)

    @cached_property
    def R(self) -> FloatArray:
        """The mean reward of each pair, (S, A)."""
        return _read_only(np.einsum("sak,sak->sa", self.p, self.r))

    @cached_property
    def P(self) -> FloatArray:
        """The probability to go on to each next state, (S, A, S).

        Outcomes that end the episode do not count: P[s, a].sum() is one minus end[s, a]. Raises
        ValueError above DENSE_LIMIT entries.
        """
        P = _dense(self.n_states, self.n_actions, self.n_states)
        s, a, _ = np.ogrid[: self.n_states, : self.n_actions, :1]
        np.add.at(P, (s, a, self.s_next), self._go)
        return _read_only(P)

    @cached_property
    def end(self) -> FloatArray:
        """The probability of each pair to end the episode, (S, A)."""
        return _read_only((self.p * self.terminated).sum(-1))

    @cached_property
    def can_end(self) -> bool:
        """Whether some pair may end the episode."""
        return bool(self.end.any())

    @cached_property
    def r_min(self) -> float:
        """The smallest mean reward of a pair."""
        return float(self.R.min())

    @cached_property
    def r_max(self) -> float:
        """The largest size of a reward."""
        return float(np.abs(self.r).max())

    @cached_property
    def _to(self) -> npt.NDArray[Any]:
        """s_next in fewer bytes, for compiled loops, which wait for memory."""
        return self.s_next.astype(np.uint32 if self.n_states < 2**32 else np.uint64)

    @cached_property
    def _go(self) -> FloatArray:
        """The probability of each outcome that goes on, (S, A, K)."""
        return _read_only(self.p * ~self.terminated) if self.terminated.any() else self.p


def _dense(*shape: int) -> FloatArray:
    """Zeros, if they may be afforded."""
    if np.prod(shape, dtype=float) > DENSE_LIMIT:
        raise ValueError(
            f"a dense array of shape {shape} has more than {DENSE_LIMIT} entries; "
            "for a model of this size use what needs `lookahead` alone"
        )
    return np.zeros(shape)


def _read_only(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array
