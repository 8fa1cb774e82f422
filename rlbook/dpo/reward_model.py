"""A reward that is learned from preferences between answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlbook.checks import FloatArray, check_kind, still_finite
from rlbook.dpo.preferences import Answer, Preference, log_sigmoid, pairs, rows, sigmoid, totals
from rlbook.functions.optimisers import Adam
from rlbook.functions.parametric import Parametric


class RewardModel:
    """A reward learned from preferences: maximum likelihood, with Adam. [Rafailov et al. 2023]

        r(x, y) = sum over the choices of y of f(s)[a]
        theta <- theta + alpha grad mean of ln sigmoid( r(x, chosen) - r(x, rejected) )

    f               a function with an output for each choice: a Table, a Linear, a network
    lr              the step size of Adam
    weight_decay    as in `Adam`

    `update` takes a list of Preferences between Answers, and one step up the gradient of their
    likelihood. Afterwards `last_loss` is the mean of -ln sigmoid(...) before the step. Raises
    ValueError for an f that is not Parametric, a number out of range and, from `update`, for
    anything but Preferences between Answers.
    """

    def __init__(self, f: Parametric, *, lr: float, weight_decay: float = 0.0) -> None:
        check_kind(f, Parametric, "f")
        self.f, self.adam = f, Adam(f, lr, weight_decay=weight_decay)
        self.last_loss = np.nan

    def __repr__(self) -> str:
        return f"RewardModel({self.f!r}, {self.adam!r}, last_loss {self.last_loss:.4g})"

    def __call__(self, answers: Sequence[Answer]) -> FloatArray:
        """r(x, y) of each answer, (B,)."""
        s, a, owner = rows(answers)
        return totals(self.f(s)[np.arange(len(a)), a], owner, len(answers))

    def update(self, preferences: Sequence[Preference]) -> None:
        """One step down the mean of -ln sigmoid( r(x, chosen) - r(x, rejected) )."""
        pair = pairs(preferences)
        r, taken = self.f(pair.s), (np.arange(len(pair.a)), pair.a)
        h = pair.margin(r[taken])
        self.last_loss = float(-log_sigmoid(h).mean())
        still_finite(self.last_loss, "lr")
        dr = np.zeros_like(r)
        dr[taken] = pair.slope(-sigmoid(-h) / len(h))
        self.f.backward(dr)
        self.adam.step()
