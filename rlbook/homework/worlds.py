"""Models for the cases: small ones that are drawn, and the book's grid."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.draw import Draw

Case = dict[str, Any]
"""The arguments of a student's function, by the names in the stub."""


def model(draw: Draw, states: int = 4, actions: int = 3) -> Case:
    """P (S, A, S) and R (S, A) of a small model; the simplest has one state and one action."""
    S, A = draw.between(1, states), draw.between(1, actions)
    rows = [[(draw.number(), draw.probabilities(S)) for _ in range(A)] for _ in range(S)]
    P = np.array([[p for _, p in row] for row in rows])
    return {"P": P, "R": np.array([[r for r, _ in row] for row in rows])}


def policy(draw: Draw, S: int, A: int) -> FloatArray:
    """A policy (S, A)."""
    return np.array([draw.probabilities(A) for _ in range(S)])


@cache
def book_model() -> tuple[FloatArray, FloatArray]:
    """P and R of the book's grid of 5 x 5 cells. [Zhao Fig. 3.4(a)]"""
    from rlbook.grid_world.world import GridWorld  # brings Gymnasium: not for `rlbook list`

    model = GridWorld().model
    return model.P, model.R


def book(**others: Any) -> Case:
    """The book's grid and other arguments."""
    P, R = book_model()
    return {"P": P, "R": R, **others}
