"""Homework 7, one update and its mistakes. [Zhao chapter 7]

All updates are (7.20), and differ in the future of their target: r + gamma future. So most mistakes
are the same, and are said once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.laws import Close


@dataclass(frozen=True)
class AnyOf(Close):
    """The answer is one of several arrays, stacked; or the only one there is."""

    def closest(self, given, value):
        """The one with the fewest wrong entries."""
        if value.ndim == given.ndim:
            return value
        return min(value, key=lambda one: np.count_nonzero(Close.wrong(self, given, one)))

    def wrong(self, given, value):
        """Which entries are not as in the closest."""
        return Close.wrong(self, given, self.closest(given, value))

    def say(self, name, at, given, value):
        """Both numbers."""
        return Close.say(self, name, at, given, self.closest(given, value))


class Moment(NamedTuple):
    """What one update sees: the entry that changes, (s,) or (s, a), and what came of it."""

    at: tuple[int, ...]
    r: float
    s_next: int
    terminated: bool
    truncated: bool


Update = Callable[..., Any]
"""update(x, moment, future, gamma, alpha): the new table; future(x, s) is what follows at s."""


def by(target=None, move=None, future=None):
    """An update with its target, its move or its future replaced."""
    target = target or (lambda r, f, gamma, terminated, truncated: r + gamma * (1 - terminated) * f)
    move = move or (lambda old, target, alpha: old - alpha * (old - target))

    def update(x, moment, right_future, gamma, alpha):
        at, r, s_next, terminated, truncated = moment
        f = (future or right_future)(x, s_next)
        new = np.array(x, dtype=float)
        new[at] = move(new[at], target(r, f, gamma, terminated, truncated), alpha)
        return new

    return update


RIGHT: Update = by()


def of_the_state_itself(x, moment, future, gamma, alpha):
    """The value of s where that of s' belongs."""
    return by(future=lambda x, s_next: future(x, moment.at[0]))(x, moment, future, gamma, alpha)


def at_the_next_state(x, moment, future, gamma, alpha):
    """The new number goes to s', in one of three ways."""
    there = (moment.s_next, *moment.at[1:])
    new = RIGHT(x, moment, future, gamma, alpha)[moment.at]
    moved = RIGHT(x, moment._replace(at=there), future, gamma, alpha)
    tables = [np.array(x, dtype=float) for _ in range(2)]
    tables[0][there] = new
    tables[1][there] += new - x[moment.at]
    return np.array([*tables, moved])


def whole_numbers(x, moment, *others):
    """A table of integers."""
    return np.trunc(RIGHT(np.trunc(x), moment, *others))


def not_where_terminated(x, moment, *others):
    """The right update, but none at the end of an episode."""
    return np.array(x, dtype=float) if moment.terminated else RIGHT(x, moment, *others)


def whole_row(x, moment, future, gamma, alpha):
    """All entries of s move to the target; or to the number of the right one."""
    s = moment.at[0]
    target = RIGHT(x, moment, future, gamma, 1)[moment.at]
    tables = [np.array(x, dtype=float) for _ in range(2)]
    tables[0][s] += alpha * (target - tables[0][s])
    tables[1][s] = RIGHT(x, moment, future, gamma, alpha)[moment.at]
    return np.array(tables)


SHARED: dict[str, Update] = {
    "gamma is forgotten": by(lambda r, f, gamma, over, cut: r + (1 - over) * f),
    "the future is added after the episode has ended": by(
        lambda r, f, gamma, over, cut: r + gamma * f
    ),
    "truncation is taken for termination: a truncated step still has a future": by(
        lambda r, f, gamma, over, cut: r + gamma * (1 - (over or cut)) * f
    ),
    "the future is left out where the step was truncated, and added where it terminated": by(
        lambda r, f, gamma, over, cut: r + gamma * (1 - cut) * f
    ),
    "the future is added only where the episode has ended": by(
        lambda r, f, gamma, over, cut: r + gamma * over * f
    ),
    "the sign is wrong: the value moves away from its target": by(
        move=lambda old, target, alpha: old + alpha * (old - target)
    ),
    "alpha multiplies the whole target: the old value is not taken from it": by(
        move=lambda old, target, alpha: old + alpha * target
    ),
    "alpha is forgotten: the target takes the place of the old value": by(
        move=lambda old, target, alpha: target
    ),
    "the old value is lost: only alpha times the target is left": by(
        move=lambda old, target, alpha: alpha * target
    ),
    "the old value is lost: only alpha times the TD error is left": by(
        move=lambda old, target, alpha: alpha * (target - old)
    ),
    "alpha and 1 - alpha are exchanged": by(
        move=lambda old, target, alpha: alpha * old + (1 - alpha) * target
    ),
    "gamma multiplies the reward, too": by(
        lambda r, f, gamma, over, cut: gamma * (r + (1 - over) * f)
    ),
    "the reward is lost where the episode ends": by(
        lambda r, f, gamma, over, cut: (1 - over) * (r + gamma * f)
    ),
    "the reward is left out": by(lambda r, f, gamma, over, cut: gamma * (1 - over) * f),
    "the future is left out": by(lambda r, f, gamma, over, cut: r),
    "the value of the state itself is the future, and not that of the next state": (
        of_the_state_itself
    ),
    "the update is written at the next state": at_the_next_state,
    "the step that terminates an episode is not learned": not_where_terminated,
    "the table is cut to whole numbers: does an array hold integers?": whole_numbers,
    "alpha weighs the old value only, and the target is added in full": by(
        move=lambda old, target, alpha: (1 - alpha) * old + target
    ),
    "nothing is changed": lambda x, moment, future, gamma, alpha: np.array(x, dtype=float),
}
"""Mistakes of every update."""

OF_PAIRS = {**SHARED, "all actions of the state are changed, and not the one taken": whole_row}
"""Mistakes of every update of q."""


def same_action(x, moment, future, gamma, alpha):
    """q(s', a) where another action belongs."""
    return by(future=lambda x, s: x[s, moment.at[1]])(x, moment, future, gamma, alpha)


def best_of_states(x, moment, future, gamma, alpha):
    """The largest q(., a): over the states, and not over the actions."""
    return by(future=lambda x, s: x[:, moment.at[1]].max())(x, moment, future, gamma, alpha)


def best(x, s):
    """The future of Q-learning."""
    return x[s].max()


SARSA_UPDATES: dict[str, Update] = {
    "the best next action is taken for the target: that is Q-learning": by(
        future=lambda x, s: x[s].max()
    ),
    "the mean over the next actions is taken, and not the action that comes next": by(
        future=lambda x, s: x[s].mean()
    ),
    "the future is q(s', a): the action before, and not the next one": same_action,
    **OF_PAIRS,
}

Q_UPDATES: dict[str, Update] = {
    "the mean of the next actions is taken, and not the best": by(future=lambda x, s: x[s].mean()),
    "the future is q(s', a): the action before, and not the best one": same_action,
    "the worst next action is taken, and not the best": by(future=lambda x, s: x[s].min()),
    "the number of the best action is added (argmax), and not its value": by(
        future=lambda x, s: x[s].argmax()
    ),
    "the largest value of the action over all states is taken (axis), and not of the next state": (
        best_of_states
    ),
    "the largest value of the whole table is taken, and not of the next state": by(
        future=lambda x, s: x.max()
    ),
    **OF_PAIRS,
}
