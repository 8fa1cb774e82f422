"""q(s, a) by a network: with an output for each action, or of s and a side by side.

q = ActionOut(net)     or ActionIn(net)
q(s)                   the values of all actions, (..., A)
q.of_pairs(s, a)       those of the actions that were taken, (B,)
q.backward(dq)         net.grad, for the pairs of the last call; dq (B,) is dL/dq(s, a)
max_a(values)          the largest value of each row, (...)
"""

from __future__ import annotations

import numpy as np

from rlbook.checks import FloatArray, IntArray
from rlbook.functions.networks import MLP
from rlbook.spaces import State


class ActionOut:
    """The network sees s, and has an output for each action."""

    def __init__(self, net: MLP) -> None:
        self.net = net

    def __call__(self, s: State) -> FloatArray:
        """q(s, a) of all actions, (..., A)."""
        return self.net(s)

    def of_pairs(self, s: State, a: IntArray) -> FloatArray:
        """q(s, a) of a batch, (B,)."""
        self._pairs = np.arange(len(a)), a
        return self.net(s)[self._pairs]

    def backward(self, dq: FloatArray) -> None:
        """net.grad = sum over the batch of dq grad q(s, a)."""
        dy = np.zeros((len(dq), self.net.n_out), self.net.theta.dtype)
        dy[self._pairs] = dq  # only q(s, a) of the action that was taken
        self.net.backward(dy)


class ActionIn(ActionOut):
    """The network sees phi (S, A, d) of s and a, and has one output."""

    def __call__(self, s: State) -> FloatArray:
        """q(s, a) of all actions, (..., A)."""
        return self.net(s)[..., 0]

    def of_pairs(self, s: State, a: IntArray) -> FloatArray:
        """q(s, a) of a batch, (B,)."""
        return self.net((s, a))[:, 0]

    def backward(self, dq: FloatArray) -> None:
        """net.grad = sum over the batch of dq grad q(s, a)."""
        self.net.backward(dq[:, None])


def max_a(values: FloatArray) -> FloatArray:
    """max_a q(s, a), (...), of the values of all actions (..., A)."""
    best: FloatArray = values.T.copy().max(0).T  # along short rows max is slow
    return best
