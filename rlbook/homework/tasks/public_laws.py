"""Laws for walks in the book's public Python environment, for its model, and what breaks them."""

from typing import Any

import numpy as np

from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks.grid_laws import RETURN, Said
from rlbook.homework.tasks.public_grid import (
    BOOK_MOVES,
    BOOK_ORDER,
    PUBLIC_MOVES,
    PUBLIC_NAMES,
    boundary_is_free,
    changed,
    columns_first,
    entered,
    from_start,
    going_on,
    led_otherwise,
    model_by,
    never_put,
    next_state_pays,
    placed_otherwise,
    public_model,
    public_step,
    target_always_pays,
    target_is_an_end,
    target_pays_nothing,
    walls_are_free,
    without_bumps,
    without_target,
)
from rlbook.homework.words import shown

START = Law(
    'The rule "the walk begins with reset"',
    lambda start, at: np.array(start),
    {"reset is not called: the walk begins where the agent stands": lambda start, at: np.array(at)},
    Said(
        text=lambda at, given, value: (
            f"after reset, {'xy'[at[0]]} of the first state is {value:g}; your walk begins with "
            f"{given:g}"
        )
    ),
)


def numbered(pi, number):
    """The action of a policy in the state of each number, -1 where there is none."""
    inside = (number >= 0) & (number < len(pi))
    return np.where(inside, pi.argmax(1)[np.where(inside, number, 0)], -1)


def action_in_words(a):
    """An action as code and people call it: "action_space[2] = (0, -1), up"."""
    return f"action_space[{int(a)}] = {PUBLIC_MOVES[int(a)]}, {PUBLIC_NAMES[int(a)]}"


ACTIONS = Law(
    'The rule "every action is that of the policy"',
    lambda pi, size, x, y: numbered(pi, y * size[0] + x),
    {
        "the row of pi is counted column by column: (x, y) is read as (row, column)": (
            lambda pi, size, x, y: numbered(pi, x * size[1] + y)
        ),
        "the row of pi is x * columns + y: x and y are exchanged": (
            lambda pi, size, x, y: numbered(pi, x * size[0] + y)
        ),
        "the row of pi is y * rows + x: it must be y * columns + x": (
            lambda pi, size, x, y: numbered(pi, y * size[1] + x)
        ),
        "the actions are taken in the book's order: up, right, down, left, stay": (
            lambda pi, size, x, y: np.array(BOOK_ORDER)[numbered(pi, y * size[0] + x)]
        ),
        "the state is not updated: the action of the first state is taken again and again": (
            lambda pi, size, x, y: numbered(pi, (y * size[0] + x)[:1].repeat(len(x)))
        ),
        "the first action is taken everywhere": lambda pi, size, x, y: 0 * x,
    },
    Said(
        text=lambda at, given, value: (
            f"step {at[0] + 1} takes {action_in_words(given)}; the policy takes "
            f"{action_in_words(value)} in that state"
        )
    ),
)


def until(done, n):
    """How many steps a walk has: to the first that is done, or n."""
    ends = np.flatnonzero(done[:n])
    return ends[0] + 1 if len(ends) else n


LENGTH = Law(
    'The rule "stop when done or after n steps"',
    until,
    {
        "done is not looked at: the walk goes on after the target": lambda done, n: n,
        "one step too few is made: n - 1, if the target does not come before": (
            lambda done, n: until(done, n - 1)
        ),
        "one step too many is made: n + 1, if the target does not come before": (
            lambda done, n: until(done, n + 1)
        ),
        "one step too many is made, also after the target": lambda done, n: until(done, n) + 1,
        "only one step is made": lambda done, n: 1,
        "n is not looked at: the walk goes on until it is done": lambda done, n: (
            until(done, len(done)) if done.any() else n if len(done) <= n else np.nan
        ),
        "the walk is over when it is done, but not after n steps": lambda done, n: until(
            done, len(done)
        ),
    },
    Said(
        text=lambda at, given, value: (
            f"{'one step' if value == 1 else f'{value:g} steps'} must be made; your walk has "
            f"{given:g}"
        )
    ),
)


WALKED = Law(
    RETURN.equation,
    lambda r, gamma, done: RETURN.value(r, gamma),
    {
        "the reward of the step that is done is left out": lambda r, gamma, done: RETURN.value(
            r[:-1] if done else r, gamma
        ),
        **{
            name: (lambda r, gamma, done, wrong=wrong: wrong(r, gamma))
            for name, wrong in RETURN.mistakes.items()
        },
    },
)
"""The return of a walk; done: whether its last step is."""


def walk_rewards(grid, pi, n):
    """The rewards of a walk from the start, and whether its last step is done."""
    xy, rewards = tuple(grid["start_state"]), []
    for _ in range(n):
        a = int(pi[xy[1] * grid["env_size"][0] + xy[0]].argmax())
        xy, r = public_step(grid, xy, PUBLIC_MOVES[a])
        rewards.append(r)
        if xy == tuple(grid["target_state"]):
            break
    return np.array(rewards), xy == tuple(grid["target_state"])


def from_walk(case, answer, logs):
    """Start, actions and end by what was done in the environment; the return by its rewards."""
    grid, pi, gamma, n = case["env"].values, case["pi"], case["gamma"], case["n"]
    log = np.array(logs.get("env") or np.zeros((0, 7)), dtype=float)
    if len(log) == 0:  # it was computed in another way than by steps
        rewards, done = walk_rewards(grid, pi, n)
        yield Use(WALKED, (rewards, gamma, done), answer, "G")
        return
    x, y = log[:, 0].astype(int), log[:, 1].astype(int)
    yield Use(START, (grid["start_state"], grid["at"]), log[0, :2], "s_0")
    way = (
        f"Your walk was in (x, y) = {', '.join(map(str, zip(x.tolist(), y.tolist(), strict=True)))}"
    )
    yield Use(ACTIONS, (pi, grid["env_size"], x, y), log[:, 2], "a", way)
    yield Use(LENGTH, (log[:, 6], n), np.array(float(len(log))), "T", way)
    rewards = log[:, 3]
    yield Use(
        WALKED, (rewards, gamma, log[-1, 6]), answer, "G", f"From your rewards {shown(rewards)}"
    )


MODELS = {
    "the agent is not put back before the next action: each is tried where the one before led": (
        going_on
    ),
    "the agent is never put in the state: each action is tried where the one before led": never_put,
    "the agent is put back to the start before each action, and not in the state": from_start,
    "the agent is put in the wrong cell: for state s, in (x, y) with x * rows + y = s": (
        placed_otherwise
    ),
    "the actions are in the book's order: up, right, down, left, stay": lambda grid: public_model(
        grid, moves=BOOK_MOVES
    ),
    "forbidden cells can be entered; here they are walls": lambda grid: public_model(
        grid, changed(entered)
    ),
}
"""What is taken for the model; both of its arrays show it."""


OTHER_REWARDS = {
    "in the target there is no reward": model_by(target_pays_nothing),
    "the reward of the next state alone is taken: a bump next to the target pays as the target "
    "does": model_by(next_state_pays),
    "the boundary pays reward_step": model_by(boundary_is_free),
    "forbidden cells pay reward_step": model_by(walls_are_free),
    "the target pays for every action that is taken in it": model_by(target_always_pays),
}
OTHER_WAYS = {
    "the target is taken for an end: no action leaves it": model_by(target_is_an_end),
    "where an action leads nowhere, its row is left at 0": model_by(without_bumps),
    "the row of the target is left at 0": model_by(without_target),
    "next states are numbered x * rows + y: it must be y * columns + x": led_otherwise,
}
WHOLE_MODELS: dict[str, Any] = {**MODELS, **OTHER_REWARDS}
"""Models that may be taken for the environment's own."""


def entry(name):
    """An entry of P or R, by its indices alone: these are not the book's a1, a2, ..."""
    return Said(
        text=lambda at, given, value: (
            f"{name}[{', '.join(map(str, at))}] is {shown(value)}; your code gives {shown(given)}"
        )
    )


TRANSITIONS = Law(
    "P[s, a, s'] = p(s'|s, a)",
    lambda grid: public_model(grid)[0],
    {
        **{
            name: (lambda grid, wrong=wrong: wrong(grid)[0])
            for name, wrong in {**MODELS, **OTHER_WAYS}.items()
        },
        "state and next state are exchanged": lambda grid: public_model(grid)[0].transpose(2, 1, 0),
        "rewards stand in P": lambda grid: (
            public_model(grid)[0] * public_model(grid)[1][:, :, None]
        ),
    },
    entry("P"),
)

PAID = Law(
    "R[s, a] = r(s, a)",
    lambda grid: public_model(grid)[1],
    {
        **{
            name: (lambda grid, wrong=wrong: wrong(grid)[1]) for name, wrong in WHOLE_MODELS.items()
        },
        "the reward is written down for the state that is entered, and not for s": (
            lambda grid: paid_to_the_next(*public_model(grid))
        ),
    },
    entry("R"),
)


def paid_to_the_next(P, R):
    """Each reward at the state that its action leads to; later ones take the place of others."""
    table = np.zeros(R.shape)
    for s, a in np.ndindex(R.shape):
        table[P[s, a].argmax(), a] = R[s, a]
    return table


ANOTHER_ORDER = "The states are counted column by column: read as that."


def from_model(case, answer, logs):
    """Both arrays; the states may be counted column by column, if they are so in both."""
    grid = case["env"].values
    back = np.argsort(columns_first(grid))
    P, R = answer
    remark = ""
    theirs = P[back][:, :, back], R[back]
    if not same((P, R), public_model(grid)) and same(theirs, public_model(grid)):
        (P, R), remark = theirs, ANOTHER_ORDER
    yield with_cell(Use(TRANSITIONS, (grid,), P, "P", remark=remark), grid)
    yield with_cell(Use(PAID, (grid,), R, "R"), grid)


def with_cell(use, grid):
    """The use, with the first entry that is wrong in words of the environment."""
    if not use.wrong().any():
        return use
    s, *others = np.argwhere(use.wrong())[0].tolist()
    columns, _ = grid["env_size"]
    told = f"state {s} is (x, y) = ({s % columns}, {s // columns})"
    if others:
        told += f", the action is {action_in_words(others[0])}"
    return use._replace(origin=f"{use.origin}; {told}" if use.origin else f"Here {told}")


def same(given, value):
    """Whether all arrays are the same."""
    return all(np.allclose(x, y, atol=1e-4) for x, y in zip(given, value, strict=True))
