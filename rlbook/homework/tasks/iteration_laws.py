"""Laws of value and policy iteration, and what breaks them. [Zhao chapter 4]"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.laws import Close, Law, Use
from rlbook.homework.tasks import hw03
from rlbook.homework.tasks.chains import (
    POLICY_MISTAKES,
    best_values,
    chain,
    equal,
    reached,
    repeated,
    solve,
    surest,
    sweep,
    sweep_in_place,
)
from rlbook.homework.words import shown


def best_of(P, R, gamma, v):
    """One step of (4.1)."""
    return (R + gamma * P @ v).max(1)


def steps(step, P, R, gamma, v, n):
    """n steps."""
    for _ in range(n):
        v = step(P, R, gamma, v)
    return v


SAME_ARRAY = (
    "the same array stands in the list each time, so that all are like the last: append a copy"
)
NOT_USED = "v is not used: the first step begins at zeros"


def best_number(P, R, gamma, v):
    """The number of the best action, where its value is asked."""
    return (R + gamma * P @ v).argmax(1)


VALUE = Law(
    "(4.1)",
    lambda P, R, gamma, v, first, k, n: best_of(P, R, gamma, v),
    {
        **{
            name: (lambda P, R, gamma, v, first, k, n, step=step: step(P, R, gamma, v))
            for name, step in hw03.MISTAKES.items()
        },
        "every step begins at v_0 again": lambda P, R, gamma, v, first, k, n: best_of(
            P, R, gamma, first
        ),
        NOT_USED: lambda P, R, gamma, v, first, k, n: best_of(P, R, gamma, 0 * v if k == 1 else v),
        "the number of the best action is returned (argmax), and not its value": (
            lambda P, R, gamma, v, first, k, n: best_number(
                P, R, gamma, steps(best_of, P, R, gamma, first, k - 1)
            )
        ),
        "the number of the best action is taken for the new value (argmax), and not its value": (
            lambda P, R, gamma, v, first, k, n: best_number(P, R, gamma, v)
        ),
        "one array is in the list n times: each entry is the last iterate": (
            lambda P, R, gamma, v, first, k, n: steps(best_of, P, R, gamma, first, n)
        ),
        "one array is in the list n times, and it is swept in place": (
            lambda P, R, gamma, v, first, k, n: steps(hw03.in_place, P, R, gamma, first, n)
        ),
        "the list begins with v_0, and v_n is missing": (
            lambda P, R, gamma, v, first, k, n: v if k == 1 else best_of(P, R, gamma, v)
        ),
        "the best policy for v_0 is kept, and not looked for in each step": (
            lambda P, R, gamma, v, first, k, n: sweep(P, R, gamma, greedy(P, R, gamma, first), v)
        ),
        "the new value is added to the old one": (
            lambda P, R, gamma, v, first, k, n: v + best_of(P, R, gamma, v)
        ),
    },
)


LAST = Law(
    "(4.1) after n steps",
    lambda P, R, gamma, v, n: steps(best_of, P, R, gamma, v, n),
    {
        "one step too few is made": lambda P, R, gamma, v, n: steps(best_of, P, R, gamma, v, n - 1),
        "one step too many is made": lambda P, R, gamma, v, n: steps(
            best_of, P, R, gamma, v, n + 1
        ),
        "only one step is made": lambda P, R, gamma, v, n: best_of(P, R, gamma, v),
        NOT_USED: lambda P, R, gamma, v, n: steps(best_of, P, R, gamma, 0 * v, n),
        "the number of the best action is returned (argmax), and not its value": (
            lambda P, R, gamma, v, n: best_number(
                P, R, gamma, steps(best_of, P, R, gamma, v, n - 1)
            )
        ),
        **{
            name: (lambda P, R, gamma, v, n, step=step: steps(step, P, R, gamma, v, n))
            for name, step in hw03.MISTAKES.items()
        },
        "the limit is returned, and not what n steps give": (
            lambda P, R, gamma, v, n: best_values(P, R, gamma)
        ),
    },
)


def greedy(P, R, gamma, v):
    """A policy that is greedy for v."""
    return np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]


def from_value(case, answer, logs):
    """Each v_k from the student's own one before it; a last one alone is that of n steps."""
    P, R, gamma, first, n = case.values()
    if len(answer) == 1 < n:
        yield Use(LAST, tuple(case.values()), answer[0], f"v_{n}")
        return
    v = first
    for k, v_next in enumerate(answer[:n], start=1):
        yield Use(
            VALUE, (P, R, gamma, v, first, k, n), v_next, f"v_{k}",
            f"From your v_{k - 1} = {shown(v)}" if k > 1 else f"From v_0 = {shown(v)}",
        )  # fmt: skip
        v = v_next


def settled(given, P, R, gamma, pi, *starts):
    """What sweeps under a policy give on the way, if the answer is among it."""
    for v in starts:
        found = reached(partial(sweep, P, R, gamma, pi), v, given)
        if np.isfinite(found).all():
            return found
    return np.full(len(R), np.nan)


class Around(NamedTuple):
    """What a step of a student's has around it: the number of it, and what else it needs.

    k         from 0
    sweeps    how many sweeps each step has
    last      the last pair (v, pi) of the student's list
    old       the policy of the step before
    """

    k: int
    sweeps: int
    last: Any
    old: Any = None


def best_with(P, R, gamma, pi):
    """The best values, if the policy that comes with them is best, too; else no numbers."""
    v = best_values(P, R, gamma)
    at_once = not hw03.BestOrPolicy(1e-4).wrong(pi, R + gamma * P @ v).any()
    return v if at_once else np.nan * v


EVALUATION = Law(
    "(4.3)",
    lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, gamma, pi),
    {
        "only one sweep is made, from the values before; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first, after, v, t: sweep(P, R, gamma, pi, before)
        ),
        "only one sweep is made, from zeros; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first, after, v, t: sweep(
                P, R, gamma, pi, np.zeros(len(R))
            )
        ),
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, before, first, after, v, t: (
            gamma * solve(P, R, gamma, pi)
        ),
        "the policy is left out: the mean of all actions is taken": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, gamma, equal(pi))
        ),
        "the likeliest action of the policy is taken for sure": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, gamma, surest(pi))
        ),
        "the best values are computed, and not those of the policy": (
            lambda P, R, gamma, pi, before, first, after, v, t: best_with(P, R, gamma, after)
        ),
        "the new policy is evaluated, and not the one before it": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, gamma, after)
        ),
        "v_k is the maximum of q_k over the actions, and not the value of the policy": (
            lambda P, R, gamma, pi, before, first, after, v, t: best_of(
                P, R, gamma, solve(P, R, gamma, pi)
            )
        ),
        "the first policy is evaluated again, and not the one before": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, gamma, first)
        ),
        SAME_ARRAY: lambda P, R, gamma, pi, before, first, after, v, t: t.last[0],
        "P_pi is read with state and next state exchanged": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(
                P, R, gamma, pi, transposed=True
            )
        ),
        "the sign of gamma P_pi is wrong: I + gamma P_pi": (
            lambda P, R, gamma, pi, before, first, after, v, t: solve(P, R, -gamma, pi)
        ),
        "the future is left out": lambda P, R, gamma, pi, before, first, after, v, t: (pi * R).sum(
            1
        ),
        "the reward is left out": lambda P, R, gamma, pi, before, first, after, v, t: 0 * before,
        "the sweeps end too early: the values still change": (
            lambda P, R, gamma, pi, before, first, after, v, t: settled(
                v, P, R, gamma, pi, np.zeros(len(R)), before
            )
        ),
        "gamma is forgotten, so that the values grow without an end": (
            lambda P, R, gamma, pi, before, first, after, v, t: (
                v if np.abs(v).max() > 1e9 else settled(v, P, R, 1, pi, np.zeros(len(R)), before)
            )
        ),
    },
    Close(1e-4),  # sweeps may end a little before the limit
)


IMPROVEMENT = Law(
    "(4.2)",
    lambda P, R, gamma, v, before, after, old, t: R + gamma * P @ v,
    {
        **{
            name: (lambda P, R, gamma, v, *others, wrong=wrong: wrong(P, R, gamma, v))
            for name, wrong in hw03.GREEDY_MISTAKES.items()
        },
        "the policy is greedy for the values before, and not for the new ones": (
            lambda P, R, gamma, v, before, after, old, t: R + gamma * P @ before
        ),
        "the policy is greedy for v_k, and v_{k-1} was asked for: it is looked for after the "
        "sweeps": lambda P, R, gamma, v, before, after, old, t: R + gamma * P @ after,
        "the policy that was evaluated is returned, and not the greedy one after it": (
            lambda P, R, gamma, v, before, after, old, t: (
                R + gamma * P @ before if t.k else old[None]
            )
        ),
        "a new policy is taken in each sweep, and the last one is returned": (
            lambda P, R, gamma, v, before, after, old, t: (
                R + gamma * P @ steps(best_of, P, R, gamma, v, t.sweeps - 1)
            )
        ),
        "the largest pi_k(a|s) q_k(s, a) is looked for: actions that pi_k does not take are never "
        "found": lambda P, R, gamma, v, before, after, old, t: (
            np.nan_to_num(old) * (R + gamma * P @ v)
        ),
        "the policy is not changed": lambda P, R, gamma, v, before, after, old, t: (
            R + gamma * P @ v if np.isnan(old).any() else old[None]
        ),
        SAME_ARRAY: lambda P, R, gamma, v, before, after, old, t: t.last[1][None],
    },
    hw03.BestOrPolicy(1e-4),
)


def from_policy(case, answer, logs):
    """Each v from the student's own policy, each policy from their own v."""
    P, R, gamma, first, n = case.values()
    start = n - 1 if len(answer) == 1 < n else 0  # a last pair alone: the steps before it are ours
    pi, before = first, np.zeros(len(R))
    for _ in range(start):
        before = solve(P, R, gamma, pi)
        pi = greedy(P, R, gamma, before)
    last = (np.nan * answer[-1][0], np.nan * answer[-1][1]) if start else answer[-1]
    for k, (v, pi_next) in enumerate(answer, start=start):
        t = Around(k, 1, last)
        yield Use(
            EVALUATION, (P, R, gamma, pi, before, first, pi_next, v, t), v, f"v_{k}",
            f"From {'your ' if k > start else ''}pi_{k} = {shown(pi)}",
        )  # fmt: skip
        yield Use(
            IMPROVEMENT, (P, R, gamma, v, before, v, pi, t), pi_next, f"pi_{k + 1}",
            f"From your v_{k} = {shown(v)}",
        )  # fmt: skip
        pi, before = pi_next, v


def improving(P, R, gamma, pi, v, n):
    """n steps of (4.1), whatever the policy."""
    return steps(best_of, P, R, gamma, v, n)


def sweeps(wrong=sweep):
    """So many sweeps as a function of the law's arguments."""
    return lambda P, R, gamma, pi, v, first, n, *others: repeated(wrong, P, R, gamma, pi, v, n)


def each_sweep(P, R, gamma, pi, v, first, n, t):
    """One sweep after each entry, with a new policy after so many only; no number if it is new."""
    if t.k % n and (pi != t.old).any():
        return np.nan * v
    return sweep(P, R, gamma, pi, v)


TRUNCATED = Law(
    "(4.4)",
    sweeps(),
    {
        "the pairs are collected inside the loop over the sweeps: one after each sweep": each_sweep,
        "one sweep too few is made": lambda P, R, gamma, pi, v, first, n, t: sweeps()(
            P, R, gamma, pi, v, first, n - 1
        ),
        "one sweep too many is made": lambda P, R, gamma, pi, v, first, n, t: sweeps()(
            P, R, gamma, pi, v, first, n + 1
        ),
        SAME_ARRAY: lambda P, R, gamma, pi, v, first, n, t: t.last[0],
        "only one sweep is made": lambda P, R, gamma, pi, v, first, n, t: sweep(P, R, gamma, pi, v),
        "the sweeps begin at zero, and not at the values before": (
            lambda P, R, gamma, pi, v, first, n, t: sweeps()(P, R, gamma, pi, 0 * v, first, n)
        ),
        "the sweeps begin at v_0 in every step, and not at the values before": (
            lambda P, R, gamma, pi, v, first, n, t: sweeps()(P, R, gamma, pi, first, first, n)
        ),
        "the policy is evaluated to the end: that is policy iteration": (
            lambda P, R, gamma, pi, v, first, n, t: solve(P, R, gamma, pi)
        ),
        "each sweep takes the best action: that is value iteration": (
            lambda P, R, gamma, pi, v, first, n, t: improving(P, R, gamma, pi, v, n)
        ),
        "the value is the maximum of the last lookahead, and the sweeps are not used": (
            lambda P, R, gamma, pi, v, first, n, t: best_of(P, R, gamma, v)
        ),
        "gamma is forgotten": sweeps(lambda P, R, gamma, pi, v: sweep(P, R, 1, pi, v)),
        "sweeps in place: new values are used before the sweep is over. The limit is the same, the "
        "iterates are not": sweeps(sweep_in_place),
        "the reward is left out": sweeps(lambda P, R, gamma, pi, v: sweep(P, 0 * R, gamma, pi, v)),
        "gamma multiplies the reward, too": sweeps(
            lambda P, R, gamma, pi, v: sweep(P, gamma * R, gamma, pi, v)
        ),
        "the future is left out": sweeps(lambda P, R, gamma, pi, v: (pi * R).sum(1)),
        "P_pi is read with state and next state exchanged": sweeps(
            lambda P, R, gamma, pi, v: chain(P, R, pi)[1] + gamma * chain(P, R, pi)[0].T @ v
        ),
        **{
            name: sweeps(lambda P, R, gamma, pi, v, wrong=wrong: sweep(P, R, gamma, wrong(pi), v))
            for name, wrong in POLICY_MISTAKES.items()
        },
    },
)


def from_truncated(case, answer, logs):
    """Each policy from the student's own values before it, each v from both."""
    P, R, gamma, first, n, count = case.values()
    start = n - 1 if len(answer) == 1 < n else 0  # a last pair alone: the steps before it are ours
    before, v, old = first, first, np.full(R.shape, np.nan)
    for _ in range(start):
        before, old = v, greedy(P, R, gamma, v)
        v = repeated(sweep, P, R, gamma, old, v, count)
    last = (np.nan * answer[-1][0], np.nan * answer[-1][1]) if start else answer[-1]
    for k, (v_next, pi) in enumerate(answer, start=start + 1):
        t = Around(k - 1, count, last, old)
        origin = f"From {'your ' if k > start + 1 else ''}v_{k - 1} = {shown(v)}"
        yield Use(IMPROVEMENT, (P, R, gamma, v, before, v_next, old, t), pi, f"pi_{k}", origin)
        yield Use(
            TRUNCATED, (P, R, gamma, pi, v, first, count, t), v_next, f"v_{k}",
            f"{origin} and your pi_{k} = {shown(pi)}",
        )  # fmt: skip
        before, v, old = v, v_next, pi
