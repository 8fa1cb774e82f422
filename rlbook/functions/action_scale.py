"""Actions on two scales: the world's own units, and [-1, 1] for the functions of an agent."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.spaces import Action


class ActionScale:
    """From the actions of a Box to the scale [-1, 1], each component by itself, and back.

        a_agent = (a_world - middle) / half

    space    a Box of one axis

    low, high    the bounds on the scale of the agent

    A component without two finite bounds is left as it is. Where the Box is of whole numbers, the n
    of a component have equal shares of the scale, 2 / n each, and `to_world` rounds: noise of less
    is hardly seen. Raises ValueError for whole numbers without bounds.
    """

    def __init__(self, space: Any) -> None:
        self.space = space
        low, high = (np.asarray(x, float) for x in (space.low, space.high))
        self.bounded = space.bounded_below & space.bounded_above
        self.whole = np.dtype(space.dtype).kind in "iub"
        if self.whole and not (self.bounded & (low >= -(2**53)) & (high <= 2**53)).all():
            raise ValueError(f"action_space of whole numbers must have bounds, got {space}")
        with np.errstate(invalid="ignore"):  # inf - inf, where nothing is scaled
            self.middle = np.where(self.bounded, (low + high) / 2, 0.0)
            several = self.bounded & (high > low)
            self.half = np.where(several, (high - low + self.whole) / 2, 1.0)
        self.low, self.high = np.where(self.bounded, -1.0, low), np.where(self.bounded, 1.0, high)

    def check_bounded(self) -> None:
        """ValueError unless every component has bounds: the tanh of an actor needs them."""
        if not self.bounded.all():
            raise ValueError(
                "action_space must have finite bounds for the actor's tanh; else give your own "
                f"actor, got {self.space}"
            )

    def to_world(self, a: FloatArray) -> Action:
        """The action in the units of the world, within its bounds, of its type."""
        a = self.middle + self.half * a
        if self.whole:  # within the bounds before it is cast: 256 is 0 among numbers of 8 bits
            a = np.clip(np.rint(a), self.space.low, self.space.high)
        return np.minimum(np.maximum(a.astype(self.space.dtype), self.space.low), self.space.high)

    def to_agent(self, a: Action) -> FloatArray:
        """Actions of the world on the scale of the agent."""
        return (np.asarray(a, float) - self.middle) / self.half
