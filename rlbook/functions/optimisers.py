"""Steps down a gradient: plain ones, and those of Adam.

    f.backward(dy)      f.grad is the gradient
    optimiser.step()    f.theta moves against it

Functions hold all their parameters in one flat vector: a step is arithmetic on vectors.
"""

from __future__ import annotations

import math

import numpy as np

from rlbook.checkpoint import Part
from rlbook.checks import check_number
from rlbook.functions.parametric import Parametric

NEGLIGIBLE = 1e-22
"""A step of this many lr is none: Adam may leave it out."""


class SGD(Part):
    """Gradient descent. [Zhao 6.4]

        theta <- theta - lr grad

    net    a function with parameters; its grad is grad
    lr     > 0; may be changed between steps

    Raises ValueError for an lr that is not above zero.
    """

    saved = ("lr",)

    def __init__(self, net: Parametric, lr: float) -> None:
        self.net, self.lr = net, check_number(lr, "lr", 0, above=True)

    def __repr__(self) -> str:
        return f"SGD(lr {self.lr:g})"

    def step(self) -> None:
        """One step against net.grad."""
        self.net.theta -= self.lr * self.net.grad


class Adam(Part):
    """Adam: every parameter has a step size of its own. [Kingma and Ba 2015, Algorithm 1]

        m <- beta1 m + (1 - beta1) g          v <- beta2 v + (1 - beta2) g^2
        theta <- theta - lr m^ / (sqrt(v^) + epsilon)      m^, v^: m, v over 1 - beta^t

    net             a function with parameters; its grad is g
    lr              > 0; may be changed between steps
    beta1, beta2    from 0 to below 1
    epsilon         > 0
    weight_decay    theta <- theta - lr weight_decay theta before each step, apart from m and v:
                    AdamW [Loshchilov and Hutter 2019]

    Raises ValueError for a number out of range.
    """

    saved = ("m", "v", "t", "lr")

    def __init__(
        self,
        net: Parametric,
        lr: float,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.net, self.lr = net, check_number(lr, "lr", 0, above=True)
        self.beta1, self.beta2 = _below_one(beta1, "beta1"), _below_one(beta2, "beta2")
        self.epsilon = check_number(epsilon, "epsilon", 0, above=True)
        self.weight_decay = check_number(weight_decay, "weight_decay", 0)
        self.m, self.v, self.t = np.zeros_like(net.theta), np.zeros_like(net.theta), 0
        self._step = np.zeros_like(net.theta)

    def __repr__(self) -> str:
        return f"Adam(lr {self.lr:g}, {self.t} steps)"

    def step(self) -> None:
        """One step against net.grad."""
        self.t += 1
        if self.weight_decay:
            self.net.theta *= 1 - self.lr * self.weight_decay
        root = math.sqrt(1 - self.beta2**self.t)  # sqrt(v^) + epsilon, times root: one pass less
        epsilon, lr = root * self.epsilon, self.lr * root / (1 - self.beta1**self.t)
        g, m, v = self.net.grad, self.m, self.v
        if passes := self.net.passes:
            passes.adam(self.net.theta, g, m, v, (self.beta1, self.beta2), epsilon, lr)
        else:
            step = self._step
            m *= self.beta1
            m += np.multiply(g, 1 - self.beta1, out=step)
            v *= self.beta2
            np.multiply(g, g, out=step)
            v += np.multiply(step, 1 - self.beta2, out=step)
            np.sqrt(v, out=step)
            step += epsilon
            np.divide(m, step, out=step)
            step *= lr
            self.net.theta -= step
        if self.t % 64 == 0:
            self._forget(root)

    def _forget(self, root: float) -> None:
        """Zero the m and v that are near the smallest numbers there are, if no step shows it.

        Of a unit that is dead both dwindle for ever, and such numbers cost many times what others
        do. No step shows a v whose root is lost in rounding beside root epsilon, nor an m that is
        NEGLIGIBLE beside epsilon.
        """
        numbers = np.finfo(self.v.dtype)
        small = float(numbers.tiny / numbers.eps)
        lost = float(numbers.eps) / 8 * root * self.epsilon
        self.m[np.abs(self.m) < min(small, NEGLIGIBLE * self.epsilon)] = 0
        self.v[self.v < min(small, lost * lost)] = 0


def _below_one(beta: float, name: str) -> float:
    if check_number(beta, name, 0, 1) == 1:
        raise ValueError(f"{name} must be less than 1, got {beta!r}")
    return float(beta)
