"""Laws of value and policy iteration, and what breaks them. [Zhao chapter 4]"""

from functools import partial

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
from rlbook.homework.tasks.public_grid import columns_first, public_model
from rlbook.homework.tasks.public_laws import ANOTHER_ORDER, WHOLE_MODELS, with_cell
from rlbook.homework.words import shown


def best_of(P, R, gamma, v):
    """One step of (4.1)."""
    return (R + gamma * P @ v).max(1)


def steps(step, P, R, gamma, v, n):
    """n steps."""
    for _ in range(n):
        v = step(P, R, gamma, v)
    return v


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
    "(4.1), after n steps",
    lambda P, R, gamma, v, n: steps(best_of, P, R, gamma, v, n),
    {
        "one step too few is made": lambda P, R, gamma, v, n: steps(best_of, P, R, gamma, v, n - 1),
        "one step too many is made": lambda P, R, gamma, v, n: steps(
            best_of, P, R, gamma, v, n + 1
        ),
        "only one step is made": lambda P, R, gamma, v, n: best_of(P, R, gamma, v),
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


EVALUATION = Law(
    "(4.3)",
    lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, pi),
    {
        "only one sweep is made, from the values before; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first, after, v: sweep(P, R, gamma, pi, before)
        ),
        "only one sweep is made, from zeros; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first, after, v: sweep(
                P, R, gamma, pi, np.zeros(len(R))
            )
        ),
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, before, first, after, v: (
            gamma * solve(P, R, gamma, pi)
        ),
        "the policy is left out: the mean of all actions is taken": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, equal(pi))
        ),
        "the likeliest action of the policy is taken for sure": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, surest(pi))
        ),
        "the best values are computed, and not those of the policy": (
            lambda P, R, gamma, pi, before, first, after, v: best_values(P, R, gamma)
        ),
        "the new policy is evaluated, and not the one before it": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, after)
        ),
        "the first policy is evaluated again, and not the one before": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, first)
        ),
        "P_pi is read with state and next state exchanged": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, gamma, pi, transposed=True)
        ),
        "the sign of gamma P_pi is wrong: I + gamma P_pi": (
            lambda P, R, gamma, pi, before, first, after, v: solve(P, R, -gamma, pi)
        ),
        "the future is left out": lambda P, R, gamma, pi, before, first, after, v: (pi * R).sum(1),
        "the reward is left out": lambda P, R, gamma, pi, before, first, after, v: 0 * before,
        "the sweeps end too early: the values still change": (
            lambda P, R, gamma, pi, before, first, after, v: settled(
                v, P, R, gamma, pi, np.zeros(len(R)), before
            )
        ),
        "gamma is forgotten, so that the values grow without an end": (
            lambda P, R, gamma, pi, before, first, after, v: (
                v if np.abs(v).max() > 1e9 else settled(v, P, R, 1, pi, np.zeros(len(R)), before)
            )
        ),
    },
    Close(1e-4),  # sweeps may end a little before the limit
)


IMPROVEMENT = Law(
    "(4.2)",
    lambda P, R, gamma, v, before, after, old: R + gamma * P @ v,
    {
        **{
            name: (lambda P, R, gamma, v, *others, wrong=wrong: wrong(P, R, gamma, v))
            for name, wrong in hw03.GREEDY_MISTAKES.items()
        },
        "the policy is greedy for the values before, and not for the new ones": (
            lambda P, R, gamma, v, before, after, old: R + gamma * P @ before
        ),
        "the policy is greedy for v_k, and v_{k-1} was asked for: it is looked for after the "
        "sweeps": lambda P, R, gamma, v, before, after, old: R + gamma * P @ after,
        "the policy is not changed": lambda P, R, gamma, v, before, after, old: old[None],
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
    for k, (v, pi_next) in enumerate(answer, start=start):
        yield Use(
            EVALUATION, (P, R, gamma, pi, before, first, pi_next, v), v, f"v_{k}",
            f"From {'your ' if k > start else ''}pi_{k} = {shown(pi)}",
        )  # fmt: skip
        yield Use(
            IMPROVEMENT, (P, R, gamma, v, before, v, pi), pi_next, f"pi_{k + 1}",
            f"From your v_{k} = {shown(v)}",
        )  # fmt: skip
        pi, before = pi_next, v


def improving(P, R, gamma, pi, v, n):
    """n steps of (4.1), whatever the policy."""
    return steps(best_of, P, R, gamma, v, n)


def sweeps(wrong=sweep):
    """So many sweeps as a function of the law's arguments."""
    return lambda P, R, gamma, pi, v, first, n: repeated(wrong, P, R, gamma, pi, v, n)


TRUNCATED = Law(
    "(4.4)",
    sweeps(),
    {
        "one sweep too few is made": lambda P, R, gamma, pi, v, first, n: sweeps()(
            P, R, gamma, pi, v, first, n - 1
        ),
        "one sweep too many is made": lambda P, R, gamma, pi, v, first, n: sweeps()(
            P, R, gamma, pi, v, first, n + 1
        ),
        "only one sweep is made": lambda P, R, gamma, pi, v, first, n: sweep(P, R, gamma, pi, v),
        "the sweeps begin at zero, and not at the values before": (
            lambda P, R, gamma, pi, v, first, n: sweeps()(P, R, gamma, pi, 0 * v, first, n)
        ),
        "the sweeps begin at v_0 in every step, and not at the values before": (
            lambda P, R, gamma, pi, v, first, n: sweeps()(P, R, gamma, pi, first, first, n)
        ),
        "the policy is evaluated to the end: that is policy iteration": (
            lambda P, R, gamma, pi, v, first, n: solve(P, R, gamma, pi)
        ),
        "each sweep takes the best action: that is value iteration": (
            lambda P, R, gamma, pi, v, first, n: improving(P, R, gamma, pi, v, n)
        ),
        "the value is the maximum of the last lookahead, and the sweeps are not used": (
            lambda P, R, gamma, pi, v, first, n: best_of(P, R, gamma, v)
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
    for k, (v_next, pi) in enumerate(answer, start=start + 1):
        origin = f"From {'your ' if k > start + 1 else ''}v_{k - 1} = {shown(v)}"
        yield Use(IMPROVEMENT, (P, R, gamma, v, before, v_next, old), pi, f"pi_{k}", origin)
        yield Use(
            TRUNCATED, (P, R, gamma, pi, v, first, count), v_next, f"v_{k}",
            f"{origin} and your pi_{k} = {shown(pi)}",
        )  # fmt: skip
        before, v, old = v, v_next, pi


def on_model(step, model, gamma, v):
    """One step with a model (P, R)."""
    P, R = model
    return step(P, R, gamma, v)


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
)  # fmt: skip
"""Mistakes in a step that do not show in the best values."""


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
    Close(1e-4),  # iteration may end a little before the limit
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
    yield with_cell(right._replace(origin=f"From your own v = {shown(answer)}"), grid)
