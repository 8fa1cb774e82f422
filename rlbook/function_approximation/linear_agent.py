"""Agents that learn by features: what the linear methods of chapter 8 share. [Zhao 8.2]"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent
from rlbook.checks import FloatArray, check_gamma, check_pi, initial
from rlbook.functions.features import Features, check_features
from rlbook.policy import sample
from rlbook.spaces import Env, State, check_discrete

Policy = npt.ArrayLike | Callable[[State], npt.ArrayLike]


class LinearAgent(Agent):
    """What all agents with features share: phi, and arrays with an entry for each feature.

    phi is an array (S, d), or a function of an observation. How many features a function gives is
    read from its `n_features`, or from the w that is given; where neither says it, the first
    observation does, and w has no columns before.
    """

    w: FloatArray
    n_features: int

    def __init__(self, phi: Features, n_states: int | None, w: npt.ArrayLike | None) -> None:
        self.phi: Any = phi if callable(phi) else check_features(phi, n_states)
        d = getattr(phi, "n_features", 0) if callable(self.phi) else self.phi.shape[1]
        if d == 0 and w is not None:
            if np.ndim(w) == 0:
                raise ValueError(f"w must be an array, for phi has no n_features, got {w!r}")
            d = np.shape(w)[-1]
        self._allocate(d)
        if w is not None:
            self.w = initial(w, self.w.shape, "w")

    @abstractmethod
    def _allocate(self, d: int) -> None:
        """There are d features, 0 if that is not known yet: make the arrays that depend on it."""

    def features(self, s: State) -> FloatArray:
        """phi(s), (d,)."""
        if not callable(self.phi):
            row = self.phi[s]
            if row.ndim != 1:
                raise ValueError(f"s must be the number of a state, for phi is an array, got {s!r}")
            return row
        x = np.asarray(self.phi(s), dtype=float)
        if self.n_features == 0 and x.ndim == 1:
            self._allocate(len(x))
        if x.shape != (self.n_features,):
            raise ValueError(f"phi(s) must have shape ({self.n_features or 'd'},), got {x.shape}")
        return x

    def _all_features(self) -> FloatArray:
        """phi (S, d)."""
        if callable(self.phi):
            raise AttributeError("phi is a function of an observation: there is no table of values")
        return self.phi

    def check(self, env: Env) -> None:
        """ValueError unless env has the states of phi, where phi is an array."""
        if not callable(self.phi):
            check_discrete(env.observation_space, "observation_space", len(self.phi), "phi")


class LinearEvaluation(LinearAgent):
    """What TD-Linear and LSTD share: the policy whose values they learn, and that they follow.

    pi is an array (S, A), or a function of an observation that gives a row of it.
    """

    def __init__(
        self,
        phi: Features,
        pi: Policy,
        *,
        gamma: float,
        rng: np.random.Generator | None,
        w: npt.ArrayLike | None = None,
    ) -> None:
        self.pi: Any = pi
        if not callable(pi):
            self.pi = check_pi(pi)
        self.gamma, self.rng = check_gamma(gamma), rng
        super().__init__(phi, None if callable(pi) else len(self.pi), w)

    @property
    def v(self) -> FloatArray:
        """The values of all states, (S,), where phi is an array."""
        return self._all_features() @ self.w

    def act(self, s: State, *, explore: bool = True) -> int:
        """Draws from pi(. | s). Raises ValueError for an agent that was made without rng."""
        if self.rng is None:
            raise ValueError("rng must be given to an agent that acts, got None")
        return int(sample(self.pi(s) if callable(self.pi) else self.pi[s], self.rng))

    def check(self, env: Env) -> None:
        """ValueError unless env has the spaces that phi and pi need, where they are arrays."""
        super().check(env)
        if not callable(self.pi):
            check_discrete(env.observation_space, "observation_space", len(self.pi), "pi")
            check_discrete(env.action_space, "action_space", self.pi.shape[1], "pi")
