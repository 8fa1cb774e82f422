"""Policies with parameters, and the gradient of their logarithm. [Zhao 9.1, 9.4]

A policy turns the outputs of a function (a table, linear features, a network) into a distribution
over actions. All that a policy gradient method asks of it is to draw, and

    score(s, a) = grad_theta ln pi(a|s, theta)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checkpoint import Part
from rlbook.checks import FloatArray, check_kind, check_number
from rlbook.functions.parametric import Parametric
from rlbook.policy import sample, softmax
from rlbook.spaces import Action, Env, State, check_discrete, check_real_box


class StochasticPolicy(Part, ABC):
    """A distribution over actions in each state, with parameters theta = f.theta."""

    saved = ("f",)

    def __init__(self, f: Parametric) -> None:
        if not isinstance(f, Parametric):
            raise ValueError(f"f must be a Table, a Linear or an MLP, got {type(f).__name__}")
        self.f = f

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.f!r})"

    @property
    def theta(self) -> FloatArray:
        """The parameters, flat; policy.theta = x writes x into them."""
        return self.f.theta

    @theta.setter
    def theta(self, values: npt.ArrayLike) -> None:
        self.f.theta = values

    @abstractmethod
    def draw(self, s: State, rng: np.random.Generator) -> Action:
        """An action for one state."""

    @abstractmethod
    def mode(self, s: State) -> Action:
        """The likeliest action in one state."""

    @abstractmethod
    def log_prob(self, s: State, a: Action) -> FloatArray:
        """ln pi(a|s), for one pair or a batch."""

    @abstractmethod
    def backward(self, s: State, a: Action, weight: Any, entropy: float = 0.0) -> None:
        """f.grad = sum over the batch of weight grad ln pi(a|s) + entropy grad H(pi(.|s))."""

    @abstractmethod
    def check(self, env: Env) -> None:
        """ValueError unless env has the observations and actions of this policy."""

    def score(self, s: State, a: Action) -> FloatArray:
        """grad_theta ln pi(a|s, theta), for one pair, as a vector like theta."""
        self.backward(s, a, 1.0)
        return self.f.grad.copy()


class Softmax(StochasticPolicy):
    """The larger a preference, the likelier its action, for Discrete actions. [Zhao (9.12); (9.11)]

        pi(a|s, theta) = exp h(s, a) / sum_b exp h(s, b)

    f    the preferences h: a Table (S, A), a Linear or an MLP with A outputs

    Raises ValueError for an f that is none of them.
    """

    def __call__(self, s: State) -> FloatArray:
        """The distribution pi(.|s), (..., A)."""
        return softmax(self.f(s))

    def draw(self, s: State, rng: np.random.Generator) -> int:
        """Draws from pi(.|s)."""
        return int(sample(self(s), rng))

    def mode(self, s: State) -> int:
        """The action of the largest preference."""
        return int(self.f(s).argmax())

    def log_prob(self, s: State, a: Action) -> FloatArray:
        """ln pi(a|s) = h(s, a) - ln sum_b exp h(s, b)."""
        return _pick(_log_softmax(self.f(s)), a)

    def backward(self, s: State, a: Action, weight: Any, entropy: float = 0.0) -> None:
        """By dln pi(a|s)/dh = e_a - pi and dH/dh_b = -pi(b) (ln pi(b) + H)."""
        log_pi = _log_softmax(self.f(s))
        pi = np.exp(log_pi)
        dh = -pi
        rows = dh.reshape(-1, pi.shape[-1])
        rows[np.arange(len(rows)), np.reshape(a, -1)] += 1.0  # e_a - pi
        dh *= np.asarray(weight)[..., None]
        if entropy:
            H = -(pi * log_pi).sum(-1, keepdims=True)
            dh -= entropy * pi * (log_pi + H)
        self.f.backward(dh)

    def check(self, env: Env) -> None:
        """ValueError unless the actions of env are Discrete, as many as f has outputs."""
        self.f.check(env.observation_space, "observation_space")
        check_discrete(env.action_space, "action_space", self.f.n_out)


class Gaussian(StochasticPolicy):
    """Normal around a mean, each component alone, for Box actions.

        a ~ N(f(s), sigma^2)

    f      the mean: a Linear or an MLP with an output for each component of the action, and as many
           extra parameters, which hold ln sigma
    std    sigma in the beginning; learned from then on, the same in every state

    Actions are not clipped, for their density would no longer be the normal one: where the world
    has bounds, wrap it in gymnasium's ClipAction. Raises ValueError for an f without as many extra
    parameters as outputs, and a std that is not above zero.
    """

    def __init__(self, f: Parametric, *, std: float = 1.0) -> None:
        super().__init__(f)
        if len(f.extra) != f.n_out:
            raise ValueError(f"f must have extra={f.n_out} parameters for ln sigma, got {f.extra}")
        f.extra[:] = np.log(check_number(std, "std", 0, above=True))

    @property
    def sigma(self) -> FloatArray:
        """The standard deviation of each component."""
        return np.exp(self.f.extra)

    def draw(self, s: State, rng: np.random.Generator) -> FloatArray:
        """Draws from the normal distribution around f(s)."""
        a: FloatArray = self.f(s) + self.sigma * rng.standard_normal(self.f.n_out)
        return a.astype(self.f.theta.dtype)

    def mode(self, s: State) -> FloatArray:
        """The mean f(s)."""
        return self.f(s).copy()

    def log_prob(self, s: State, a: Action) -> FloatArray:
        """ln pi(a|s) = -sum_i [ z_i^2 / 2 + ln sigma_i + ln(2 pi) / 2 ], z = (a - f(s)) / sigma."""
        z = (np.asarray(a) - self.f(s)) / self.sigma
        return -(z * z / 2 + self.f.extra + np.log(2 * np.pi) / 2).sum(-1)

    def backward(self, s: State, a: Action, weight: Any, entropy: float = 0.0) -> None:
        """By dln pi/df = z / sigma, dln pi/dln sigma = z^2 - 1 and dH/dln sigma = 1."""
        z = (np.asarray(a) - self.f(s)) / self.sigma
        weight = np.asarray(weight)[..., None]
        self.f.backward(weight * z / self.sigma)
        by_log_sigma = weight * (z * z - 1) + entropy
        self.f.extra_grad[:] = by_log_sigma.reshape(-1, self.f.n_out).sum(0)

    def check(self, env: Env) -> None:
        """ValueError unless the actions of env are a Box of as many real numbers as outputs."""
        self.f.check(env.observation_space, "observation_space")
        check_real_box(env.action_space, "action_space", self.f.n_out)


def _log_softmax(h: FloatArray) -> FloatArray:
    h = np.asarray(h, dtype=float)
    h = h - h.max(-1, keepdims=True)
    return h - np.log(np.exp(h).sum(-1, keepdims=True))


def _pick(rows: FloatArray, a: npt.ArrayLike) -> FloatArray:
    """rows[..., a], an entry of each row."""
    index = np.asarray(a)[..., None]
    return np.take_along_axis(rows, index, axis=-1)[..., 0]


def check_policy(policy: Any, name: str) -> None:
    """ValueError unless it is a StochasticPolicy."""
    check_kind(policy, StochasticPolicy, name, such_as="Softmax(table)")
