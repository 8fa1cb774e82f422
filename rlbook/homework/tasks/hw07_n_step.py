"""Homework 7, n-step Sarsa along one recorded episode. [Zhao 7.3]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw07_mistakes import AnyOf
from rlbook.homework.tasks.hw07_updates import HOMEWORK, numbers
from rlbook.homework.worlds import Case


def episode_cases(draw: Draw) -> Case:
    """A table, an episode, whether it terminated, n, a discount and a step size."""
    q = draw.numbers(draw.between(2, 3), draw.between(1, 2))
    T = draw.between(1, 6)
    s = np.array([draw.index(q.shape[0]) for _ in range(T + 1)])
    a = np.array([draw.index(q.shape[1]) for _ in range(T + 1)])
    return {
        "q": q, "s": s, "a": a, "r": draw.numbers(T), "terminated": bool(draw.index(2)),
        "n": draw.between(1, 4), **numbers(draw),
    }  # fmt: skip


def target_cases(draw: Draw) -> Case:
    """The same, and a time t; no step size."""
    case = episode_cases(draw)
    t = draw.index(len(case["r"]))
    return {"q": case["q"], "t": t, **{x: case[x] for x in ("s", "a", "r", "terminated", "n")},
            "gamma": case["gamma"]}  # fmt: skip


def known(q, t, s, a, r, terminated, n, gamma):
    """How many rewards there are, and whether an estimate follows them."""
    m = min(n, len(r) - t)
    return m, t + m < len(r) or not terminated


def right(q, t, s, a, r, terminated, n, gamma):
    """m rewards, then an estimate if there is a future."""
    m, future = known(q, t, s, a, r, terminated, n, gamma)
    return gamma ** np.arange(m) @ r[t : t + m] + future * gamma**m * q[s[t + m], a[t + m]]


def with_powers(reward=lambda k, m, t: k, estimate=lambda m, n: m):
    """Other powers of gamma."""

    def target(q, t, s, a, r, terminated, n, gamma):
        m, future = known(q, t, s, a, r, terminated, n, gamma)
        powers = reward(np.arange(m), m, t)
        after = future * gamma ** estimate(m, n) * q[s[t + m], a[t + m]]
        return gamma**powers @ r[t : t + m] + after

    return target


def with_rewards(more):
    """n + more rewards, and the estimate where it belongs."""

    def target(q, t, s, a, r, terminated, n, gamma):
        m, future = known(q, t, s, a, r, terminated, n, gamma)
        j = min(n + more, len(r) - t)
        return gamma ** np.arange(j) @ r[t : t + j] + future * gamma**m * q[s[t + m], a[t + m]]

    return target


def always_an_estimate(q, t, s, a, r, terminated, n, gamma):
    """After the end, too."""
    return right(q, t, s, a, r, False, n, gamma)


def none_at_the_end(q, t, s, a, r, terminated, n, gamma):
    """A truncated episode is taken for one that terminated."""
    return right(q, t, s, a, r, True, n, gamma)


def one_late(q, t, s, a, r, terminated, n, gamma):
    """The rewards begin with that of the next step."""
    m, future = known(q, t, s, a, r, terminated, n, gamma)
    rewards = r[t + 1 : t + 1 + m]
    after = future * gamma**m * q[s[t + m], a[t + m]]
    return gamma ** np.arange(len(rewards)) @ rewards + after


def one_late_to_the_end(q, t, s, a, r, terminated, n, gamma):
    """The same, and the last reward stands for the one that there is not."""
    return right(q, t, s, a, np.append(r[1:], r[-1:]), terminated, n, gamma)


def from_the_start(q, t, s, a, r, terminated, n, gamma):
    """As many rewards, but the first of the episode."""
    return right(q, t, s, a, np.append(r[:t], r[: len(r) - t]), terminated, n, gamma)


def old_action(q, t, s, a, r, terminated, n, gamma):
    """a_t stands in the estimate."""
    return right(q, t, s, 0 * a + a[t], r, terminated, n, gamma)


def wherever_n_are_left(q, t, s, a, r, terminated, n, gamma):
    """The end is seen only where fewer than n rewards are left."""
    return right(q, t, s, a, r, terminated and t + n > len(r), n, gamma)


def only_after_n(q, t, s, a, r, terminated, n, gamma):
    """An estimate after n rewards, and none after fewer."""
    return right(q, t, s, a, r, t + n > len(r), n, gamma)


def best_at_the_end(q, t, s, a, r, terminated, n, gamma):
    """The estimate of Q-learning."""
    m, future = known(q, t, s, a, r, terminated, n, gamma)
    return gamma ** np.arange(m) @ r[t : t + m] + future * gamma**m * q[s[t + m]].max()


def no_estimate(q, t, s, a, r, terminated, n, gamma):
    """Rewards alone."""
    m, _ = known(q, t, s, a, r, terminated, n, gamma)
    return gamma ** np.arange(m) @ r[t : t + m]


TARGETS = {
    "the estimate is added after the episode has terminated": always_an_estimate,
    "truncation is taken for termination: the last state of a truncated episode has a future": (
        none_at_the_end
    ),
    "gamma is forgotten": lambda q, t, s, a, r, terminated, n, gamma: right(
        q, t, s, a, r, terminated, n, 1
    ),
    "gamma is forgotten in front of the estimate": with_powers(estimate=lambda m, n: 0),
    "only the estimate is discounted, and not the rewards": with_powers(lambda k, m, t: 0 * k),
    "the estimate is multiplied by gamma, and not by gamma^n": with_powers(estimate=lambda m, n: 1),
    "the power of gamma at the estimate is one too high": with_powers(estimate=lambda m, n: m + 1),
    "the power of gamma at the estimate is one too low": with_powers(estimate=lambda m, n: m - 1),
    "the powers of gamma at the rewards are one too high": with_powers(lambda k, m, t: k + 1),
    "the powers of gamma count from the start of the episode, and not from t": with_powers(
        lambda k, m, t: k + t
    ),
    "discounted backwards: the last reward counts most": with_powers(lambda k, m, t: m - 1 - k),
    "near the end the estimate has gamma^n, though fewer rewards came before it": with_powers(
        estimate=lambda m, n: n
    ),
    "one reward too many: n + 1": with_rewards(1),
    "one reward too few: n - 1": with_rewards(-1),
    "n is taken one too large": lambda q, t, s, a, r, terminated, n, gamma: right(
        q, t, s, a, r, terminated, n + 1, gamma
    ),
    "the rewards begin one step too late": one_late,
    "the rewards begin one step too late, and the last one is taken twice": one_late_to_the_end,
    "the rewards are the first of the episode, and not those from t on": from_the_start,
    "the action a_t stands in the estimate, and not the one that was taken there": old_action,
    "the end is not seen where exactly n rewards are left": wherever_n_are_left,
    "the estimate depends on n alone: it is added after n rewards, and never after fewer": (
        only_after_n
    ),
    "the best action is taken for the estimate, as in Q-learning": best_at_the_end,
    "the estimate is left out": no_estimate,
    "n is not used: one reward, as in Sarsa": lambda q, t, s, a, r, terminated, n, gamma: right(
        q, t, s, a, r, terminated, 1, gamma
    ),
    "all rewards to the end are taken, as in Monte Carlo": (
        lambda q, t, s, a, r, terminated, n, gamma: right(q, t, s, a, r, terminated, 99, gamma)
    ),
}
"""Mistakes of one target."""


def nothing_near_the_end(q, t, s, a, r, terminated, n, gamma):
    """Where fewer than n rewards are left, there is no target: 0, or the old value."""
    if t + n > len(r):
        return np.array([0.0, q[s[t], a[t]]])
    return right(q, t, s, a, r, terminated, n, gamma)


@HOMEWORK.task(
    returns="target", cases=target_cases,
    law=Law("the target of (7.17)", right, {
        "the tail is dropped: there is no target where fewer than n rewards are left": (
            nothing_near_the_end
        ), **TARGETS,
    }, AnyOf()),
)  # fmt: skip
def n_step_target(q, t, s, a, r, terminated, n, gamma):
    """The target of n-step Sarsa for the pair of time t, in an episode of T steps.

        target = r_{t+1} + gamma r_{t+2} + ... + gamma^{n-1} r_{t+n}
                         + gamma^n q(s_{t+n}, a_{t+n})                                    (7.17)

    Near the end fewer than n rewards are left. Then take those there are, m = T - t of them. After
    them, gamma^m q(s_T, a_T) follows if the episode was truncated; nothing if it terminated. The
    same holds where exactly n rewards are left.

    q             shape (S, A): the values
    t             a time from 0 to T - 1
    s, a          shape (T + 1,): states s_0, ..., s_T and actions a_0, ..., a_T, numbers from 0;
                  a_T means nothing if the episode terminated
    r             shape (T,): the rewards; r[0] is r_1, the reward of the first step
    terminated    True if the episode terminated in s_T; False if it was truncated there
    n             how many rewards, 1 or more
    gamma         the discount

    Returns the target, a number.
    """
    m = min(n, len(r) - t)
    target = 0.0
    for k in range(m):
        target += gamma**k * r[t + k]
    if t + m < len(r) or not terminated:
        target += gamma**m * q[s[t + m], a[t + m]]
    return target


def along(target=right, move=lambda old, target, alpha: old - alpha * (old - target), order=None):
    """One episode, with the target, the move or the order of the times replaced.

    order    order(T, n) are the times that are updated
    """

    def run(q, s, a, r, terminated, n, gamma, alpha):
        q = np.array(q, dtype=float)
        for t in order(len(r), n) if order else range(len(r)):
            goal = target(q, t, s, a, r, terminated, n, gamma)
            q[s[t], a[t]] = move(q[s[t], a[t]], goal, alpha)
        return q

    return run


def tail_dropped(*args):
    """With or without the pair that has exactly n rewards."""
    return np.array([
        along(order=lambda T, n: range(max(T - n + 1, 0)))(*args),
        along(order=lambda T, n: range(max(T - n, 0)))(*args),
    ])  # fmt: skip


def targets_first(q, s, a, r, terminated, n, gamma, alpha):
    """All targets from the first table; then the moves, from the first table or one by one."""
    first = along(lambda _, *rest: right(q, *rest))(q, s, a, r, terminated, n, gamma, alpha)
    apart = np.array(q, dtype=float)
    for t in range(len(r)):
        goal = right(q, t, s, a, r, terminated, n, gamma)
        apart[s[t], a[t]] += alpha * (goal - q[s[t], a[t]])
    return np.array([first, apart])


EPISODE_MISTAKES = {
    "the tail is dropped: the last pairs of the episode are never updated": tail_dropped,
    "only the first pair of the episode is updated": along(order=lambda T, n: range(1)),
    **{words: along(target) for words, target in TARGETS.items()},
    "the updates go from the end to the start: targets hold values of later updates": along(
        order=lambda T, n: range(T - 1, -1, -1)
    ),
    "all targets are computed before the first update": targets_first,
    "the last step is left out": along(order=lambda T, n: range(T - 1)),
    "the sign is wrong: values move away from their targets": along(
        move=lambda old, target, alpha: old + alpha * (old - target)
    ),
    "alpha multiplies the whole target: the old value is not taken from it": along(
        move=lambda old, target, alpha: old + alpha * target
    ),
    "alpha is forgotten: the target takes the place of the old value": along(
        move=lambda old, target, alpha: target
    ),
    "nothing is changed": lambda q, *args: q,
}


@HOMEWORK.task(
    "eq:7.17",
    returns="q", cases=episode_cases,
    law=Law("(7.17)", along(), EPISODE_MISTAKES, AnyOf()),
)  # fmt: skip
def n_step_sarsa(q, s, a, r, terminated, n, gamma, alpha):
    """n-step Sarsa along one recorded episode of T steps.

        q(s_t, a_t) <- q(s_t, a_t) - alpha [ q(s_t, a_t) - target ]                       (7.17)

    The pairs are updated in the order t = 0, 1, ..., T - 1, and all of them are. Each target is
    that of n_step_target, with the table as it is at that moment: the updates before are in it.

    q, s, a, r, terminated, n, gamma    as above
    alpha                               the step size

    Returns q after the whole episode, shape (S, A).
    """
    q = np.array(q, dtype=float)
    T = len(r)
    for t in range(T):
        m = min(n, T - t)
        target = sum(gamma**k * r[t + k] for k in range(m))
        if t + m < T or not terminated:
            target += gamma**m * q[s[t + m], a[t + m]]
        q[s[t], a[t]] = q[s[t], a[t]] - alpha * (q[s[t], a[t]] - target)
    return q
