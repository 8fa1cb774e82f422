"""The law of the best values on the public environment, and what breaks it. [Zhao (3.1)]"""

from functools import partial

import numpy as np

from rlbook.homework.laws import Close, Law, Use
from rlbook.homework.tasks import hw03
from rlbook.homework.tasks.chains import best_values, reached
from rlbook.homework.tasks.iteration_laws import best_number, best_of
from rlbook.homework.tasks.public_grid import columns_first, led_otherwise, public_model
from rlbook.homework.tasks.public_laws import ANOTHER_ORDER, WHOLE_MODELS, with_cell
from rlbook.homework.words import shown


def on_model(step, model, gamma, v):
    """One step with a model (P, R)."""
    P, R = model
    with np.errstate(all="ignore"):  # the student's own values may be no numbers
        return step(P, R, gamma, v)


def from_zeros(step):
    """One step from zeros, whatever the values."""
    return lambda grid, gamma, v: on_model(step, public_model(grid), gamma, 0 * v)


def best_numbers(grid, gamma, v):
    """The numbers of the best actions, where all is done."""
    P, R = public_model(grid)
    return best_number(P, R, gamma, best_values(P, R, gamma))


def without_future(grid, gamma, v):
    """(3.1) where an episode ends at the target."""
    P, R = public_model(grid)
    return (R + gamma * P @ np.where(is_target(grid), 0, v)).max(1)


def is_target(grid):
    """Which state is the target."""
    x, y = grid["target_state"]
    return np.arange(int(np.prod(grid["env_size"]))) == y * grid["env_size"][0] + x


NOT_HERE = (
    "sweeps in place", "nothing is changed", "a value never falls", "gamma is forgotten",
    "the reward of the next state alone", "the target pays for every action",
    "the future is left out",
)  # fmt: skip
"""Mistakes in a step that do not show in the best values."""


class OneMoreStep(Close):
    """Values that another step of the equation does not change."""

    def say(self, name, at, given, value):
        """What another step makes of the value."""
        if not np.isfinite(value[at]):
            return super().say(name, at, given, value)
        return (
            f"one more step of (3.1) makes {name}[{at[0]}] {shown(value[at])}, and not "
            f"{shown(given[at])}"
        )


ON_GRID = Law(
    "(3.1)",
    lambda grid, gamma, v: on_model(best_of, public_model(grid), gamma, v),
    {
        "the target is taken for an end: the future after it is left out": without_future,
        "the target is worth 0, as if nothing more were paid in it": lambda grid, gamma, v: (
            np.where(is_target(grid), 0, without_future(grid, gamma, v))
        ),
        "the target is worth 0 in the loop, but its value is counted as the future of others": (
            lambda grid, gamma, v: np.where(
                is_target(grid), 0, on_model(best_of, public_model(grid), gamma, v)
            )
        ),
        "the numbers of the best actions are returned (argmax), and not their values": best_numbers,
        "the future is left out, or only one sweep is made, from zeros": from_zeros(best_of),
        "only one sweep is made, in place: are the old and the new values one array, so that "
        "nothing seems to change?": from_zeros(hw03.in_place),
        "next states are numbered x * rows + y: it must be y * columns + x": (
            lambda grid, gamma, v: on_model(best_of, led_otherwise(grid), gamma, v)
        ),
        **{
            name: (lambda grid, gamma, v, wrong=wrong: on_model(best_of, wrong(grid), gamma, v))
            for name, wrong in WHOLE_MODELS.items()
            if not name.startswith(NOT_HERE)
        },
        **{
            name: (lambda grid, gamma, v, step=step: on_model(step, public_model(grid), gamma, v))
            for name, step in hw03.MISTAKES.items()
            if not name.startswith(NOT_HERE)
        },
        "it ends too early: the values still change": lambda grid, gamma, v: reached(
            partial(best_of, *public_model(grid), gamma), 0 * v, v
        ),
        "gamma is forgotten, so that the values grow without an end": lambda grid, gamma, v: (
            reached(partial(best_of, *public_model(grid), 1), 0 * v, v)
        ),
    },
    OneMoreStep(1e-4),  # iteration may end a little before the limit
)


def from_grid(case, answer, logs):
    """The equation at the student's own values; states may be counted column by column."""
    grid, gamma = case["env"].values, case["gamma"]
    right = Use(ON_GRID, (grid, gamma, answer), answer, "v")
    theirs = answer[np.argsort(columns_first(grid))]
    other = Use(ON_GRID, (grid, gamma, theirs), theirs, "v", remark=ANOTHER_ORDER)
    if right.wrong().any() and not other.wrong().any():
        yield other
        return
    origin = f"Your v = {shown(answer)} is not where the iteration ends"
    yield with_cell(right._replace(origin=origin), grid)
