"""Neural networks with every gradient in view.

A layer is h <- activation(h W + b). The chain rule walks back through it in three lines:

    dW = h^T d        db = sum of d over the batch        dh = d W^T

All weights are views of one flat vector, so that an optimiser's step is arithmetic on vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_count, check_rng
from rlbook.functions.features import check_features
from rlbook.functions.parametric import Parametric
from rlbook.spaces import check_box, check_discrete

ACTIVATIONS = ("relu", "tanh", "linear")


class MLP(Parametric):
    """A multilayer perceptron, all layers connected. [Zhao 8.4]

        h <- activation(h W + b), layer by layer, from h = x on

    sizes     how many inputs, units of each hidden layer, outputs: (4, 64, 64, 2)
    rng       a Generator: it draws the first weights: uniform within 1 / sqrt(n_in) of the layer
    hidden    "relu" or "tanh", after each layer but the last
    output    "linear" or "tanh"
    last      half width of the first weights of the last layer, where it should begin small
    phi       (S, d), the inputs that stand for the states of a Discrete space; x is then a state's
              number, and d is sizes[0]. Or (S, A, d), those of every pair: f(s) then gives an
              output for each action, (A, n_out), and f((s, a)) that of one. None: x (..., sizes[0])
              are the inputs themselves
    extra     see `Parametric`
    dtype     of all parameters and all arithmetic: float32 is the faster one

    Raises ValueError for sizes that are no whole numbers or fewer than two, an unknown activation,
    and a phi of another width.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        rng: np.random.Generator,
        hidden: str = "relu",
        output: str = "linear",
        last: float | None = None,
        phi: npt.ArrayLike | None = None,
        extra: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        if not isinstance(sizes, (tuple, list)) or len(sizes) < 2:
            raise ValueError(f"sizes must be at least (inputs, outputs), got {sizes!r}")
        sizes = tuple(check_count(n, "sizes") for n in sizes)
        for name, given, known in (
            ("hidden", hidden, ACTIVATIONS[:2]),
            ("output", output, ACTIVATIONS[1:]),
        ):
            if given not in known:
                raise ValueError(f"{name} must be one of {known}, got {given!r}")
        check_rng(rng)
        self._shapes = shapes = list(pairwise(sizes))
        self.activations = [hidden] * (len(shapes) - 1) + [output]
        size = sum((n_in + 1) * n_out for n_in, n_out in shapes)
        super().__init__(size, sizes[-1], extra=extra, dtype=dtype)
        self.sizes, self.kind = sizes, f"MLP, {hidden}, {output}"
        self.phi: FloatArray | None = None
        if phi is not None:
            self.phi = check_inputs(phi).astype(dtype)
            if self.phi.shape[-1] != self.sizes[0]:
                raise ValueError(
                    f"phi must have {self.sizes[0]} columns, the first of sizes, got "
                    f"{self.phi.shape[-1]}"
                )
        for k, (W, b) in enumerate(self.layers):
            width = 1 / np.sqrt(len(W)) if last is None or k < len(shapes) - 1 else last
            W[:] = rng.uniform(-width, width, W.shape)
            b[:] = rng.uniform(-width, width, b.shape)

    def __repr__(self) -> str:
        sizes, size = ", ".join(map(str, self.sizes)), self.theta.size
        return f"{type(self).__name__}({sizes}; {self.activations[0]}, {size} parameters)"

    def _bind(self) -> None:
        super()._bind()
        self.layers = _views(self.theta, self._shapes)
        slopes = _views(self.grad, self._shapes)
        # what each layer needs on the way forward, and on the way back, the last layer first
        each = list(zip(self.layers, slopes, self.activations, strict=True))
        self._forward = [(W, b, np.zeros_like(b), f) for (W, b), _, f in each]
        self._slopes = [(k, W, dW, db, f) for k, ((W, _), (dW, db), f) in enumerate(each)][::-1]

    def __call__(self, x: Any) -> FloatArray:
        """The outputs (..., n_out) for x (..., n_in), or for states where there is a phi."""
        x = np.asarray(x, self.theta.dtype) if self.phi is None else self.phi[x]
        h = x if x.ndim == 2 else x.reshape(-1, self.sizes[0])
        self._h, passes = [h], self.passes
        for W, b, zeros, activation in self._forward:
            h = h.dot(W)  # h @ W, and on small matrices half a microsecond faster
            if passes:
                passes.add_bias(h, b, activation == "relu")
            else:
                h += b
                if activation == "relu":
                    np.maximum(h, zeros, out=h)  # an array: faster than the number 0
            if activation == "tanh":
                np.tanh(h, out=h)
            self._h.append(h)
        return h if x.ndim == 2 else h.reshape(*x.shape[:-1], self.n_out)

    def backward(self, dy: FloatArray, weights: bool = True) -> FloatArray:
        """The chain rule, for the x of the last call: dL/dy (..., n_out) to grad and dL/dx.

        grad is overwritten, but for its extra part; with weights=False it is left alone. dL/dx is
        (..., n_in), with respect to the inputs phi(x) where there is a phi.
        """
        dy = np.array(dy, self.theta.dtype)
        d = dy.reshape(-1, self.n_out)
        ones, passes = _ones(len(d), d.dtype), self.passes
        for k, W, dW, db, activation in self._slopes:
            h, out = self._h[k], self._h[k + 1]
            if activation == "relu" and passes:
                passes.cut_slope(d, out)
            elif activation == "relu":
                d *= (out > 0).astype(d.dtype)
            elif activation == "tanh":
                d *= 1 - out * out
            if weights:
                h.T.dot(d, out=dW)
                ones.dot(d, out=db)  # a sum, in a fifth of the time of sum
            d = d.dot(W.T) if W.shape[1] > 1 else d * W.T  # of one column: the same, and faster
        return d if dy.ndim == 2 else d.reshape(*dy.shape[:-1], self.sizes[0])

    def check(self, space: Any, name: str) -> None:
        """ValueError unless space has the inputs of the network, or the states of its phi."""
        if self.phi is not None:
            check_discrete(space, name, len(self.phi))
        else:
            check_box(space, name, self.sizes[0])


def check_hidden(hidden: Any) -> None:
    """A tuple or a list; MLP checks the numbers in it."""
    if not isinstance(hidden, (tuple, list)):
        raise ValueError(f"hidden must be a tuple of whole numbers, got {hidden!r}")


def check_inputs(phi: Any) -> FloatArray:
    """Inputs of states (S, d) or of pairs (S, A, d), finite."""
    table = check_array(phi, "phi")
    if table.ndim == 3 and table.size:
        check_features(table.reshape(-1, table.shape[-1]))
        return table
    return check_features(table)


def _views(flat: FloatArray, shapes: list[tuple[int, int]]) -> list[tuple[FloatArray, FloatArray]]:
    """W (n_in, n_out) and b (n_out,) of each layer, as views of the flat vector."""
    views, start = [], 0
    for n_in, n_out in shapes:
        W = flat[start : start + n_in * n_out].reshape(n_in, n_out)
        b = flat[start + n_in * n_out : start + (n_in + 1) * n_out]
        views.append((W, b))
        start += (n_in + 1) * n_out
    return views


@lru_cache(maxsize=8)
def _ones(n: int, dtype: Any) -> FloatArray:
    """So many ones, kept: to make them takes as long as a product with them."""
    ones = np.ones(n, dtype)
    ones.setflags(write=False)
    return ones
