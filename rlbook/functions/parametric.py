"""Functions with parameters: what actors and critics are made of.

    y = f(x)                 for one x or a batch of them
    dx = f.backward(dy)      for the x of the last call; f.grad is dL/dtheta, dy being dL/dy

All the parameters of a function are one flat vector, `f.theta`, and weights are views of it: an
optimiser, a copy, a soft update, a checkpoint are each one line, whatever the function is. A table
and linear features are here, a neural network is in networks.py.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checkpoint import Array, Changes, Part, Stored
from rlbook.checks import FloatArray, check_count, check_number, still_finite
from rlbook.functions.features import Features, check_features
from rlbook.spaces import State, check_box, check_discrete

PASSES = "rlbook.functions.compiled_passes"


class Parametric(Part, ABC):
    """A function f(x, theta) with n_out outputs and parameters theta. [Zhao 8.2]

    size     how many parameters the function itself has
    n_out    how many outputs
    extra    how many parameters more, which the function ignores: a Gaussian policy keeps its
             standard deviations there
    dtype    of all parameters

    theta, grad          flat vectors (size + extra,); f.theta = w writes w into theta
    extra, extra_grad    views of the last `extra` of them, (extra,)
    kind                 in words: functions of one kind and size mean the same by their theta

    Raises ValueError for an n_out or an extra that is not whole.
    """

    def __init__(self, size: int, n_out: int, *, extra: int = 0, dtype: Any = float) -> None:
        extra = check_count(extra, "extra", 0)
        self.n_out = check_count(n_out, "n_out")
        self.sizes: tuple[int, ...] = (size, n_out)  # what makes two functions of one kind alike
        self.kind = type(self).__name__
        self._theta: FloatArray = np.zeros(size + extra, dtype=dtype)
        self.grad: FloatArray = np.zeros_like(self._theta)
        self._size = size
        self._bind()

    def _bind(self) -> None:
        """Make the views of theta and grad; a copy of the function needs its own."""
        self.extra, self.extra_grad = self._theta[self._size :], self.grad[self._size :]

    def __repr__(self) -> str:
        sizes = ", ".join(map(str, self.sizes))
        return f"{type(self).__name__}({sizes}; {self.theta.size} parameters)"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()

    @property
    def theta(self) -> FloatArray:
        """All parameters, flat."""
        return self._theta

    @theta.setter
    def theta(self, values: npt.ArrayLike) -> None:
        self._theta[:] = values

    @property
    def passes(self) -> Any:
        """The compiled passes, where they were loaded; None: numpy's. The numbers are the same."""
        return sys.modules.get(PASSES) if self._theta.dtype.char in "fd" else None

    @abstractmethod
    def __call__(self, x: Any) -> FloatArray:
        """The outputs (..., n_out), and what `backward` will need is remembered."""

    @abstractmethod
    def backward(self, dy: FloatArray, weights: bool = True) -> Any:
        """From dL/dy (..., n_out) to grad = dL/dtheta, summed over the batch; returns dL/dx.

        Where x is the number of a state there is no dL/dx: None. weights=False leaves grad as it
        is: dL/dx alone is wanted.
        """

    @abstractmethod
    def check(self, space: Any, name: str) -> None:
        """ValueError unless the observations of this space are inputs of the function."""

    def blend(self, other: Parametric, tau: float) -> None:
        """theta <- (1 - tau) theta + tau theta_other, tau in [0, 1]; tau = 1 copies exactly.

        Raises ValueError for another number of parameters or another tau.
        """
        theta, others = self.theta, other.theta
        if others.size != theta.size:
            raise ValueError(f"other must have {theta.size} parameters, got {others.size}")
        tau = check_number(tau, "tau", 0, 1)
        if tau == 1:
            theta[:] = others
        elif passes := self.passes:
            passes.blend(theta, others, tau)
        else:
            theta *= 1 - tau
            theta += tau * others

    def clip(self, norm: float) -> float:
        """Scale grad down to this Euclidean norm where it is longer; returns what it was."""
        length = float(np.sqrt(self.grad @ self.grad))
        if length > norm:
            self.grad *= norm / length
        return length

    def to_arrays(self) -> dict[str, Array]:
        """Theta, and what makes it mean the same in another function."""
        sizes = np.array(self.sizes, dtype=np.int64)
        return {"kind": np.array(self.kind), "sizes": sizes, "theta": self.theta}

    def from_arrays(self, stored: Stored) -> Changes:
        """To write the stored theta into this one. ValueError for a function of another kind."""
        sizes = tuple(np.atleast_1d(stored.take("sizes")).tolist())
        if sizes != self.sizes:
            raise ValueError(
                f"{stored.name} of this agent has sizes {self.sizes}, the checkpoint {sizes}"
            )
        stored.check_kind(self.kind)
        new = stored.take("theta", self.theta.shape, self.theta.dtype)
        yield partial(np.copyto, self.theta, new)


class Table(Parametric):
    """A number for each state and output, theta as a table (S, n_out). [Zhao chapter 8]

        f(s) = theta[s]

    n_states, n_out    whole numbers, S and the number of outputs
    extra, dtype       as of `Parametric`

    Raises ValueError for numbers that are not whole, or below 1.
    """

    def __init__(self, n_states: int, n_out: int, *, extra: int = 0, dtype: Any = float) -> None:
        size = check_count(n_states, "n_states") * check_count(n_out, "n_out")
        super().__init__(size, n_out, extra=extra, dtype=dtype)

    def _bind(self) -> None:
        super()._bind()
        self.table = self.theta[: self._size].reshape(-1, self.n_out)
        self._slope = self.grad[: self._size].reshape(-1, self.n_out)

    def __repr__(self) -> str:
        return f"Table{self.table.shape}"

    def __call__(self, x: Any) -> FloatArray:
        """theta[x], for a state or an array of states."""
        self._x = x
        return self.table[x].copy()  # of one state it would be a view

    def backward(self, dy: FloatArray, weights: bool = True) -> None:
        """Each state of the last call gets its dy; a state that came twice gets both."""
        if weights:
            self._slope[:] = 0.0
            np.add.at(self._slope, self._x, dy)

    def check(self, space: Any, name: str) -> None:
        """ValueError unless space is Discrete, from 0, with a row for each state."""
        check_discrete(space, name, len(self.table))


class Linear(Parametric):
    """Linear in features. [Zhao 8.2.3]

        f(x) = phi(x)^T w        w (d, n_out) a view of theta

    phi             (S, d), a row for each state; or a function of one observation that returns
                    (d,). The observation is the number of a state, or an array of real numbers: an
                    array of whole numbers is taken for several states
    n_out           how many outputs, each with its own d weights
    d               how many features a function phi returns; not needed for an array, nor for a
                    function that says so itself by `n_features`, as those of `tile_coding` do
    extra, dtype    as of `Parametric`

    Raises ValueError for a phi that is neither, and a function without d.
    """

    def __init__(
        self,
        phi: Features,
        n_out: int,
        *,
        d: int | None = None,
        extra: int = 0,
        dtype: Any = float,
    ) -> None:
        if callable(phi):
            d = getattr(phi, "n_features", None) if d is None else d
            if d is None:
                raise ValueError("d must be given, how many features the function phi returns")
            self.phi: Any = phi
        else:
            self.phi = table = check_features(phi).astype(dtype)
            d = table.shape[1]
        self.d = check_count(d, "d")
        size = self.d * check_count(n_out, "n_out")
        super().__init__(size, n_out, extra=extra, dtype=dtype)

    def _bind(self) -> None:
        super()._bind()
        self.w = self.theta[: self._size].reshape(self.d, self.n_out)
        self._slope = self.grad[: self._size].reshape(self.d, self.n_out)

    def __repr__(self) -> str:
        return f"Linear({self.d} features, {self.n_out} outputs)"

    def __call__(self, x: Any) -> FloatArray:
        """phi(x)^T w."""
        self._features = self._rows(x)
        return self._features @ self.w

    def _rows(self, x: Any) -> FloatArray:
        if not callable(self.phi):
            return self.phi[x]
        many = np.ndim(x) > 1 or (np.ndim(x) == 1 and np.asarray(x).dtype.kind in "iu")
        features = np.array([self.phi(row) for row in x] if many else self.phi(x), self.theta.dtype)
        if features.shape[-1:] != (self.d,):
            raise ValueError(f"phi must return {self.d} features, got shape {features.shape}")
        return features

    def backward(self, dy: FloatArray, weights: bool = True) -> None:
        """grad = phi dy^T, summed over the batch."""
        if weights:
            rows = self._features.reshape(-1, self.d)
            np.matmul(rows.T, np.reshape(dy, (-1, self.n_out)), out=self._slope)

    def check(self, space: Any, name: str) -> None:
        """ValueError unless phi has a row for each state of a Discrete space."""
        if not callable(self.phi):
            check_discrete(space, name, len(self.phi))


class Quadratic(Parametric):
    """A quadratic form and a constant, for x (..., n_in): the critic of a linear-quadratic problem.

        f(x) = x^T M x + c

    n_in     how many numbers x has
    dtype    of all parameters

    M is symmetric; theta holds its upper triangle, row by row, then c. Raises ValueError for an
    n_in that is no whole number, or below 1.
    """

    def __init__(self, n_in: int, *, dtype: Any = float) -> None:
        self.n_in = check_count(n_in, "n_in")
        self._i, self._j = np.triu_indices(n_in)
        super().__init__(len(self._i) + 1, 1, dtype=dtype)

    @property
    def M(self) -> FloatArray:
        """The symmetric matrix (n_in, n_in)."""
        upper = np.zeros((self.n_in, self.n_in), self.theta.dtype)
        upper[self._i, self._j] = self.theta[:-1]
        return (upper + upper.T) / 2

    def __call__(self, x: Any) -> FloatArray:
        """x^T M x + c, as (..., 1)."""
        self._x = np.asarray(x, dtype=self.theta.dtype)
        y: FloatArray = self._features() @ self.theta
        return y[..., None]

    def _features(self) -> FloatArray:
        products = self._x[..., self._i] * self._x[..., self._j]
        ones = np.ones((*products.shape[:-1], 1), products.dtype)
        return np.concatenate([products, ones], axis=-1)

    def backward(self, dy: FloatArray, weights: bool = True) -> FloatArray:
        """Grad from the products x_i x_j; returns dL/dx = dy 2 M x."""
        if weights:
            features = self._features().reshape(-1, self.theta.size)
            np.matmul(np.reshape(dy, -1), features, out=self.grad)
        return np.asarray(dy, self.theta.dtype) * (2 * self._x @ self.M)

    def check(self, space: Any, name: str) -> None:
        """ValueError unless space is a Box of n_in numbers."""
        check_box(space, name, self.n_in)


def values(critic: Parametric | None, s: State) -> FloatArray:
    """v(s) (B,) of a critic with one output; zeros without a critic."""
    if critic is None:
        return np.zeros(len(s))
    v: FloatArray = critic(s)[..., 0]  # (B, 1) - (B,) would be a table (B, B)
    if v.ndim != 1:
        raise ValueError(
            f"s must hold inputs of the critic, one below the other, got {np.shape(s)}"
        )
    return v


def fit(
    critic: Parametric, optimiser: Any, s: State, target: FloatArray, max_norm: float = np.inf
) -> None:
    """One step down the mean of (v(s) - target)^2 / 2 over a batch."""
    error = values(critic, s) - target
    still_finite(float(error.sum()), "the critic's step size")
    critic.backward(error[:, None] / len(error))
    critic.clip(max_norm)
    optimiser.step()


def check_critic(critic: Any, name: str, n_out: int = 1) -> Parametric:
    """A Parametric function with so many outputs, or a ValueError."""
    if not isinstance(critic, Parametric) or critic.n_out != n_out:
        got = getattr(critic, "n_out", type(critic).__name__)
        raise ValueError(f"{name} must be a Table, Linear or MLP with {n_out} outputs, got {got}")
    return critic
