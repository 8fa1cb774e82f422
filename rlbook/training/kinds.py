"""A run that was asked for, and how its method is compiled: what the compiled loops are told."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from rlbook.spaces import Env

Kind = IntEnum(
    "Kind",
    "FOLLOW TD_0 SARSA EXPECTED_SARSA Q_LEARNING N_STEP_SARSA MONTE_CARLO "
    "LINEAR_TD LINEAR_SARSA LINEAR_Q_LEARNING",
)
"""A method, as the compiled loops tell them apart."""

NEVER = 2**62


class Twin(NamedTuple):
    """How a method is compiled.

    kind          which method it is
    seconds       of a plain step, measured on the book's grid
    learned       the name of what it learns
    counter       the attribute that counts updates or episodes, for epsilon; "" if there is none
    linear        it learns weights of features; the others, a table
    follows       it behaves by its own pi; the others are epsilon-greedy
    off_policy    it draws nothing while it learns, and so may watch another act
    rounds_from   from so many actions on, its sums are added in another order than numpy's, and
                  what comes out agrees to rounding
    """

    kind: Kind
    seconds: float
    learned: str
    counter: str = ""
    linear: bool = False
    follows: bool = False
    off_policy: bool = False
    rounds_from: int = NEVER


class Run(NamedTuple):
    """A run that `train` was asked for, in its words. behaviour None: the agent itself acts."""

    agent: Any
    env: Env
    behaviour: Any
    steps: int | None
    episodes: int | None
    seed: int | None
    first: int

    @property
    def actor(self) -> Any:
        """Who acts."""
        return self.agent if self.behaviour is None else self.behaviour
