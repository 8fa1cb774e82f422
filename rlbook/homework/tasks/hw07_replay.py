"""Homework 7, the laws of a run: its steps are known, and are gone through with the equation."""

from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw07_mistakes import Q_UPDATES, RIGHT, SARSA_UPDATES, AnyOf, Moment, best


class Past(NamedTuple):
    """What a run had before an episode, and what it did in it.

    q              the student's table before the episode
    rows           its steps: s, a, r, s_next, terminated, truncated
    gamma, alpha
    first, last    the first table of all, and the last that the student returned
    before         the steps of the episode before, None for the first
    """

    q: np.ndarray
    rows: list[Any]
    gamma: float
    alpha: float
    first: np.ndarray
    last: np.ndarray
    before: list[Any] | None = None


def moment_of(row):
    """A step of a log, for an update."""
    s, a, r, s_next, terminated, truncated = row
    return Moment((int(s), int(a)), r, int(s_next), terminated, truncated)


def tables(past, update, future, drawn_anew=False):
    """Every table that may come out of the steps, stacked.

    future(a_next) is the future of a target. The log says which action came next; but the one after
    the last step of an episode was never taken, so it may be any. drawn_anew: so may all others.
    """
    now, A = [np.array(past.q, dtype=float)], past.q.shape[1]
    for k, row in enumerate(past.rows):
        over = row[4] or row[5] or k + 1 == len(past.rows)
        nexts = range(A) if over or drawn_anew else [past.rows[k + 1][1]]
        moment = moment_of(row)
        new = [
            np.reshape(update(x, moment, future(a_next), past.gamma, past.alpha), (-1, *x.shape))
            for x in now
            for a_next in nexts
        ]
        now = list({x.tobytes(): x for x in np.concatenate(new)}.values())
    return np.array(now)


def of_sarsa(a_next):
    """The value of the next action."""
    return lambda x, s: x[s, int(a_next)]


def of_q_learning(a_next):
    """The value of the best action, whichever comes next."""
    return best


def replayed(update, future):
    """A law of runs: an update after each step."""
    return lambda *past: tables(Past(*past), update, future)


def unless(condition):
    """The right update, but none after some steps."""
    return lambda x, moment, *rest: x if condition(moment) else RIGHT(x, moment, *rest)


def only_once(*past):
    """The last step of each episode, and no other."""
    return Past(*past)._replace(rows=Past(*past).rows[-1:])


def at_the_start(*past):
    """All steps as if they began where the first did."""
    rows = Past(*past).rows
    return Past(*past)._replace(rows=[[rows[0][0], *row[1:]] for row in rows])


def one_behind(future):
    """Each table is that of one episode before: the first is the one that was given."""

    def late(*past):
        rows = Past(*past).before or []
        return tables(Past(*past)._replace(rows=rows), RIGHT, future)

    return late


def mistakes_of(updates, future):
    """Mistakes of one update, and those that only a run can make."""
    return {
        **{words: replayed(update, future) for words, update in updates.items()},
        "the list begins with the first table q_0: it must begin with q_1, after an episode": (
            one_behind(future)
        ),
        "the last step of an episode is not learned": replayed(
            unless(lambda moment: moment.terminated or moment.truncated), future
        ),
        "only the last step of an episode is learned": lambda *past: tables(
            only_once(*past), RIGHT, future
        ),
        "s is not carried on: the state is that of the first step in the whole episode": (
            lambda *past: tables(at_the_start(*past), RIGHT, future)
        ),
        "each episode begins with the first table again": lambda *past: tables(
            Past(*past)._replace(q=Past(*past).first), RIGHT, future
        ),
        "all targets are computed from the table before the episode": lambda *past: tables(
            Past(*past), RIGHT, lambda a_next: lambda x, s: future(a_next)(Past(*past).q, s)
        ),
        "the list holds one and the same table again and again: append a copy": (
            lambda *past: Past(*past).last
        ),
    }


SARSA = Law(
    "(7.12)",
    replayed(RIGHT, of_sarsa),
    {
        **mistakes_of(SARSA_UPDATES, of_sarsa),
        "a' is drawn twice: the action in the target is not the one that is taken next": (
            lambda *past: tables(Past(*past), RIGHT, of_sarsa, drawn_anew=True)
        ),
    },
    AnyOf(),
)
SARSA_AT_THE_END = Law(  # to try every a' of so many steps would take too long
    "(7.12) for all episodes", SARSA.value, mistakes_of(SARSA_UPDATES, of_sarsa), AnyOf()
)

Q_RUN_MISTAKES = {
    "the action that is taken next is in the target, and not the best: that is Sarsa": replayed(
        RIGHT, of_sarsa
    ),
    **mistakes_of(Q_UPDATES, of_q_learning),
    "an episode is learned from its end to its start": lambda *past: tables(
        Past(*past)._replace(rows=Past(*past).rows[::-1]), RIGHT, of_q_learning
    ),
}
Q_LEARNING = Law("(7.18)", replayed(RIGHT, of_q_learning), Q_RUN_MISTAKES, AnyOf())
