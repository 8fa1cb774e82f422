"""Homework 7, the laws of acting: is each action drawn from the epsilon-greedy policy?

Where epsilon is 0, each action must be one of the best: that is exact. Else actions are counted, in
a run in which nothing is learned.
"""

from functools import cache
from math import lgamma
from typing import NamedTuple

import numpy as np

from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks.hw07_mistakes import RIGHT
from rlbook.homework.tasks.hw07_replay import moment_of
from rlbook.homework.words import shown


class Best:
    """Each action is one of the best for the values that it was chosen by; (T, A) both."""

    def wrong(self, given, value):
        """Steps at which it is not."""
        room = 1e-5 * max(1.0, np.abs(value).max(initial=0))
        return (given * (value < value.max(-1, keepdims=True) - room)).any(-1)

    def say(self, name, at, given, value):
        """The values, and the action."""
        return (
            f"epsilon is 0, and at step {at[0] + 1} of {name} the actions are worth "
            f"{shown(value[at])}; your code takes a{given[at].argmax() + 1}"
        )


class Choice(NamedTuple):
    """What the actions of an episode were chosen by.

    before, after    (T, A): the values in s_t, before and after the update of step t - 1
    table, first     the same from the table before the episode, and from the first of all
    held             (A,): what an action was chosen by that was left from the episode before
    """

    before: np.ndarray
    after: np.ndarray
    table: np.ndarray
    first: np.ndarray
    held: np.ndarray


def acting(value, others):
    """The law of actions where epsilon is 0: each is best for value(choice); and its mistakes."""
    mistakes = {
        **others,
        "the first action of an episode is not drawn from the policy": lambda c: np.array(
            [0 * c.held, *value(c)[1:]]
        ),
        "it acts by the first table, and not by what it has learned": lambda c: c.first,
        "it acts by the table that it had before the episode": lambda c: c.table,
        "the worst action is taken for the best": lambda c: -value(c),
        "it takes the first action, whatever the table says": lambda c: (
            np.zeros(c.after.shape) - np.arange(c.after.shape[1])
        ),
        "it explores, though epsilon is 0: epsilon is not used, or epsilon and 1 - epsilon are "
        "exchanged": lambda c: np.zeros(c.after.shape),
    }
    return Law(
        "the epsilon-greedy rule",
        lambda *c: value(Choice(*c)),
        {words: lambda *c, f=f: f(Choice(*c)) for words, f in mistakes.items()},
        Best(),
    )


SARSA_ACTS = acting(
    lambda c: c.before,
    {
        "the first action of an episode is one that was left from the episode before": lambda c: (
            np.array([c.held, *c.before[1:]])
        )
    },
)
Q_ACTS = acting(
    lambda c: c.after,
    {"the next action is chosen before the update, and not after it": lambda c: c.before},
)


def choice(past, future, held):
    """The values that actions were chosen by, if the updates are right; what is held after them."""
    before, after, q_before, q = [], [], past.q, past.q
    for k, row in enumerate(past.rows):
        s = int(row[0])
        before.append(q_before[s])
        after.append(q[s])
        a_next = past.rows[k + 1][1] if k + 1 < len(past.rows) else 0
        q_before, q = q, RIGHT(q, moment_of(row), future(a_next), past.gamma, past.alpha)
    states = [int(row[0]) for row in past.rows]
    values = (before, after, past.q[states], past.first[states], held)
    return Choice(*map(np.array, values)), q_before[int(past.rows[-1][3])]


@cache
def between(n, p, rate):
    """Numbers of successes among n of probability p that are left only with this probability.

    Exact, by the binomial distribution.
    """
    k = np.arange(n + 1)
    if p in (0, 1):
        return n * p, n * p
    ways = lgamma(n + 1) - np.array([lgamma(i + 1) + lgamma(n - i + 1) for i in k])
    below = np.exp(ways + k * np.log(p) + (n - k) * np.log1p(-p)).cumsum()
    return float(np.argmax(below > rate / 2)), float(np.argmax(below >= 1 - rate / 2))


RATE = 1e-4
"""How often a right agent is called wrong, for each count; 8e-4 for a task, since there are 8."""


class Within:
    """Each count lies between two; value (..., 2)."""

    def wrong(self, given, value):
        """Those that do not."""
        return (given < value[..., 0]) | (given > value[..., 1])

    def say(self, name, at, given, value):
        """The count, and where it should lie. The name has one for each count."""
        low, high = value[at]
        return (
            f"{name.split('; ')[at[0]]}: {low:.0f} to {high:.0f} times is right (a right agent "
            f"misses that in 1 of {1 / RATE:,.0f} runs); with your code, {given[at]:.0f} times"
        )


def one_hot(k, q):
    """All probability on one action."""
    return np.eye(len(q))[k]


def mixed(q, epsilon, best=np.argmax):
    """An action of probability 1 - epsilon, and all actions alike for the rest."""
    return (1 - epsilon) * one_hot(best(q), q) + epsilon / len(q)


def others_only(q, epsilon):
    """Epsilon is shared by the others."""
    best = one_hot(q.argmax(), q)
    return (1 - epsilon) * best + epsilon * (1 - best) / (len(q) - 1)


def except_last(q, epsilon):
    """Exploring by rng.integers(A - 1)."""
    few = (np.arange(len(q)) < len(q) - 1) / (len(q) - 1)
    return (1 - epsilon) * one_hot(q.argmax(), q) + epsilon * few


def counts(later, first=None):
    """Between which numbers the counts lie: first actions, later ones, and what comes twice.

    later(q, epsilon), first(q, epsilon)    probabilities (A,); the first action has the same
                                            as the later ones if it has none of its own
    """

    def value(q, epsilon, n, T):
        p, p_later = (first or later)(q, epsilon), later(q, epsilon)
        chances = [
            *((n, x) for x in p),
            *((n * (T - 1), x) for x in p_later),
            (n * ((T - 1) // 2), p_later @ p_later),
            (n // 2, p @ p * (p_later @ p_later) ** (T - 1)),
        ]
        return np.array([between(k, min(float(x), 1.0), RATE) for k, x in chances])

    return value


def any_from(first, pairs=False, episodes=False):
    """The right counts up to `first`, any after it; what is named comes too often."""

    def value(q, epsilon, n, T):
        right = counts(mixed)(q, epsilon, n, T)
        most = np.array([*[n] * len(q), *[n * (T - 1)] * len(q), n * ((T - 1) // 2), n // 2])
        free = np.arange(len(most)) >= (len(q) if first else 0)
        low, high = np.where(free, 0, right[:, 0]), np.where(free, most, right[:, 1])
        if pairs:
            low[-2] = right[-2, 1] + 1
        if episodes:
            low[-1] = most[-1]
        return np.stack([low, high], axis=-1)

    return value


HOW_OFTEN = Law(
    "how often actions are taken",
    counts(mixed),
    {
        "it never explores": counts(lambda q, epsilon: mixed(q, 0)),
        "it always explores: epsilon is not used": counts(lambda q, epsilon: mixed(q, 1)),
        "the first action of an episode is always the best one: it is drawn by the rule, too": (
            counts(mixed, lambda q, epsilon: mixed(q, 0))
        ),
        "the first action of an episode always explores: it is drawn by the rule, too": (
            counts(mixed, lambda q, epsilon: mixed(q, 1))
        ),
        "the other actions have probability epsilon together: exploring must draw from all actions,"
        " the best one among them": counts(others_only),
        "epsilon and 1 - epsilon are exchanged": counts(lambda q, epsilon: mixed(q, 1 - epsilon)),
        "the last action is never drawn where it explores: the range is one too short": counts(
            except_last
        ),
        "the worst action is taken for the best": counts(
            lambda q, epsilon: mixed(q, epsilon, np.argmin)
        ),
        "all episodes have the same actions: is a generator made anew in each of them?": any_from(
            first=False, episodes=True
        ),
        "an action is followed by the same one too often: is it drawn only once for an episode?": (
            any_from(first=True, pairs=True)
        ),
    },
    Within(),
)


def counted(q, episodes, epsilon):
    """The law of a run without learning in one state, in episodes of the same length.

    Pairs of steps have no step in common, nor pairs of episodes an episode: so they are independent
    if each action is drawn anew.
    """
    did = np.array([[int(row[1]) % len(q) for row in rows] for rows in episodes])  # -1: the last
    n, T = did.shape
    first, later = (np.bincount(part.ravel(), minlength=len(q)) for part in (did[:, 0], did[:, 1:]))
    pairs = (did[:, 1:-1:2] == did[:, 2::2]).sum()
    same = (did[: n // 2 * 2 : 2] == did[1::2]).all(1).sum()
    names = "; ".join([
        *(f"action a{a + 1} in the first steps of {n} episodes" for a in range(len(q))),
        *(f"action a{a + 1} in the {later.sum()} steps after them" for a in range(len(q))),
        f"of {n * ((T - 1) // 2)} pairs of steps both have the same action",
        f"of {n // 2} pairs of episodes both have the same actions",
    ])  # fmt: skip
    origin = (
        f"The actions are worth {shown(q)}, epsilon = {shown(epsilon)}, and alpha = 0, so that "
        "nothing changes"
    )
    given = np.array([*first, *later, pairs, same], dtype=float)
    return Use(HOW_OFTEN, (q, epsilon, n, T), given, names, origin)
