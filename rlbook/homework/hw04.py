"""Homework 4: value iteration, policy iteration, and what lies between. [Zhao chapter 4]"""

from functools import partial

import numpy as np

from rlbook.homework import hw03
from rlbook.homework.chains import (
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
from rlbook.homework.draw import Draw
from rlbook.homework.given import official
from rlbook.homework.laws import Close, Law, Use
from rlbook.homework.public_grid import (
    ANOTHER_ORDER,
    WHOLE_MODELS,
    columns_first,
    public_book,
    public_grid,
    public_model,
    with_cell,
)
from rlbook.homework.task import Homework
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case, book, policy

HOMEWORK = Homework(
    "hw04",
    "Value iteration and policy iteration",
    chapter=4,
    about="Three algorithms that find the best policy of a model that is known. Each of them "
    "returns what it has after every step, so that each step can be checked from your own step "
    "before it. Update all states at once: a step uses the values of the step before, and no new "
    "ones.",
)


def value_cases(draw: Draw) -> Case:
    """A model, a discount, first values, how many steps."""
    return {**hw03.cases(draw), "n": draw.between(2, 4)}


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


@HOMEWORK.task(
    "alg:4.1", "eq:4.1",
    returns="v", cases=value_cases, uses=from_value, iterates=True,
    known={"the book's world": book(gamma=0.9, v=np.zeros(25), n=30)},
)  # fmt: skip
def value_iteration(P, R, gamma, v, n):
    """Value iteration: n steps from v. [Algorithm 4.1]

        v_{k+1}(s) = max over a of [ R(s, a) + gamma sum over s' of p(s'|s, a) v_k(s') ]   (4.1)

    P        shape (S, A, S): P[s, a, s'] is the probability p(s'|s, a)
    R        shape (S, A): the mean reward of action a in state s
    gamma    the discount
    v        shape (S,): the first values, v_0
    n        how many steps

    Returns the list [v_1, ..., v_n], each of shape (S,).
    """
    iterates = []
    for _ in range(n):
        q = R + gamma * P @ v
        v = q.max(axis=1)
        iterates.append(v)
    return iterates


def policy_cases(draw: Draw) -> Case:
    """A model, a discount, a first policy, how many steps."""
    case = hw03.model_with_twins(draw)
    pi = policy(draw, *case["R"].shape)
    return {**case, "gamma": draw.gamma(), "pi": pi, "n": draw.between(2, 4)}


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


@HOMEWORK.task(
    "alg:4.2", "eq:4.2", "eq:4.3",
    returns="v, pi", cases=policy_cases, uses=from_policy, iterates=True,
    known={"the book's world": book(gamma=0.9, pi=np.full((25, 5), 0.2), n=6)},
)  # fmt: skip
def policy_iteration(P, R, gamma, pi, n):
    """Policy iteration: n steps from pi_0. [Algorithm 4.2]

        v_k = r_k + gamma P_k v_k                where r_k, P_k belong to pi_k             (4.3)
        pi_{k+1}(a|s) = 1 for an action a with the largest q_k(s, a), else 0               (4.2)
        q_k(s, a) = R(s, a) + gamma sum over s' of p(s'|s, a) v_k(s')

    P, R, gamma    as above
    pi             shape (S, A): the first policy, pi_0
    n              how many steps

    Returns the list [(v_0, pi_1), ..., (v_{n-1}, pi_n)]: v_k of shape (S,), pi_k of shape (S, A).
    Solve for v_k exactly, or sweep until nothing changes by more than 1e-6. Of equal actions, take
    any.
    """
    iterates = []
    for _ in range(n):
        P_pi = np.einsum("sa,sat->st", pi, P)
        r_pi = (pi * R).sum(axis=1)
        v = np.linalg.solve(np.eye(len(r_pi)) - gamma * P_pi, r_pi)
        q = R + gamma * P @ v
        pi = np.eye(q.shape[1])[q.argmax(axis=1)]
        iterates.append((v, pi))
    return iterates


def truncated_cases(draw: Draw) -> Case:
    """A model, a discount, first values, how many steps, how many sweeps in each."""
    return {**value_cases(draw), "sweeps": draw.between(1, 4)}


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


@HOMEWORK.task(
    "alg:4.3", "eq:4.4",
    returns="v, pi", cases=truncated_cases, uses=from_truncated, iterates=True,
    known={"the book's world": book(gamma=0.9, v=np.zeros(25), n=10, sweeps=5)},
)  # fmt: skip
def truncated_policy_iteration(P, R, gamma, v, n, sweeps):
    """Truncated policy iteration: n steps from v_0. [Algorithm 4.3]

    Each step takes the policy that is greedy for the values v_{k-1} before it (4.2), and then makes
    so many sweeps of its Bellman equation, the first of them from v_{k-1}:

        v^(j+1) = r_k + gamma P_k v^(j),    j = 0, 1, ..., sweeps - 1                      (4.4)

    P, R, gamma, v, n    as above
    sweeps               how many sweeps in each step

    Returns the list [(v_1, pi_1), ..., (v_n, pi_n)]: v_k of shape (S,), pi_k of shape (S, A).
    """
    iterates = []
    for _ in range(n):
        q = R + gamma * P @ v
        pi = np.eye(q.shape[1])[q.argmax(axis=1)]
        P_pi = np.einsum("sa,sat->st", pi, P)
        r_pi = (pi * R).sum(axis=1)
        for _ in range(sweeps):
            v = r_pi + gamma * P_pi @ v
        iterates.append((v, pi))
    return iterates


def grid_cases(draw: Draw) -> Case:
    """A small public environment and a discount."""
    return {"env": official(**public_grid(draw)), "gamma": draw.pick((0.5, 0.25, 0.75))}


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
    lambda grid, gamma, v: best_of(*public_model(grid), gamma, v),
    {
        "the target is taken for an end: the future after it is left out": without_future,
        "the target is worth 0, as if nothing more were paid in it": lambda grid, gamma, v: (
            np.where(is_target(grid), 0, without_future(grid, gamma, v))
        ),
        "the target is worth 0 in the loop, but its value is counted as the future of others": (
            lambda grid, gamma, v: np.where(
                is_target(grid), 0, best_of(*public_model(grid), gamma, v)
            )
        ),
        **{
            name: (lambda grid, gamma, v, wrong=wrong: best_of(*wrong(grid), gamma, v))
            for name, wrong in WHOLE_MODELS.items()
            if not name.startswith(NOT_HERE)
        },
        **{
            name: (lambda grid, gamma, v, step=step: step(*public_model(grid), gamma, v))
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


@HOMEWORK.task(
    returns="v", cases=grid_cases, uses=from_grid,
    known={"the public environment as it comes": {"env": public_book(), "gamma": 0.9}},
)  # fmt: skip
def best_values_on_grid(env, gamma):
    """The best values of all states of the book's public environment, by value iteration.

        v(s) = max over a of [ r(s, a) + gamma v(s') ],    s' = s'(s, a)                   (3.1)

    Put the agent anywhere by env.agent_state = (x, y); then env.step(action) tells where that
    action leads and what it pays. In the target, too: it is a state as all others, its actions pay
    and lead on, and done is not looked at.

    env      the public environment: env.step(action) returns (next_state, reward, done, info). A
             state is a tuple (x, y) = (column, row); env.action_space is the list of actions;
             env.env_size is (columns, rows), env.num_states is columns * rows
    gamma    the discount

    Returns v, shape (S,): the state (x, y) is v[y * columns + x]. Iterate until nothing changes by
    more than 1e-6.
    """
    columns, _ = env.env_size
    R = np.zeros((env.num_states, len(env.action_space)))
    s_next = np.zeros(R.shape, dtype=int)
    for s in range(env.num_states):
        for a, action in enumerate(env.action_space):
            env.agent_state = (s % columns, s // columns)
            (x, y), R[s, a], _, _ = env.step(action)
            s_next[s, a] = y * columns + x
    v, change = np.zeros(env.num_states), 1
    while change > 1e-6:
        v_next = (R + gamma * v[s_next]).max(axis=1)
        v, change = v_next, np.abs(v_next - v).max()
    return v
