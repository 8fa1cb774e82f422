"""The book's public Python environment: its rules, and what a mistake makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.draw import Draw
from rlbook.homework.given import Given
from rlbook.homework.given_grid import official


def public_grid(draw: Draw) -> dict[str, Any]:
    """A small grid for the book's public environment: what its constructor takes."""
    columns, rows = draw.between(2, 4), draw.between(1, 3)
    cells = [(k % columns, k // columns) for k in range(columns * rows)]
    start = cells.pop(draw.index(len(cells)))
    target = cells.pop(draw.index(len(cells)))
    some = draw.between(0, min(3, len(cells)))
    return {
        "env_size": (columns, rows),
        "start_state": start,
        "target_state": target,
        "forbidden_states": [cells.pop(draw.index(len(cells))) for _ in range(some)],
        "reward_target": draw.pick((10, 1, 5, 2.5)),
        "reward_forbidden": draw.pick((-5, -10, -2, 3)),
        "reward_step": draw.pick((-1, 0, -0.5)),
    }


def public_book(**others: Any) -> Given:
    """The public environment as it comes."""
    return official(
        env_size=(5, 5), start_state=(2, 2), target_state=(4, 4),
        forbidden_states=[(2, 1), (3, 3), (1, 3)],
        reward_target=10, reward_forbidden=-5, reward_step=-1, **others,
    )  # fmt: skip


PUBLIC_MOVES = [(0, 1), (1, 0), (0, -1), (-1, 0), (0, 0)]
"""The public environment's actions, in its order: down, right, up, left, stay."""

PUBLIC_NAMES = ["down", "right", "up", "left", "stay"]


BOOK_ORDER = [2, 1, 0, 3, 4]
"""The same actions as numbers of the book's order: up, right, down, left, stay."""


def public_step(grid: dict[str, Any], xy: Any, move: Any) -> tuple[tuple[int, int], float]:
    """Where a move leads there, and what it pays."""
    (x, y), (columns, rows) = (xy[0] + move[0], xy[1] + move[1]), grid["env_size"]
    inside = 0 <= x < columns and 0 <= y < rows
    if not inside or (x, y) in map(tuple, grid["forbidden_states"]):
        return tuple(xy), grid["reward_forbidden"]
    target = (x, y) == tuple(grid["target_state"])
    return (x, y), grid["reward_target"] if target else grid["reward_step"]


def public_model(
    grid: dict[str, Any], step: Any = public_step, moves: Any = PUBLIC_MOVES
) -> tuple[FloatArray, FloatArray]:
    """P (S, 5, S) and R (S, 5), states row by row; `step` says where a move leads."""
    columns, rows = grid["env_size"]
    P, R = np.zeros((columns * rows, 5, columns * rows)), np.zeros((columns * rows, 5))
    for s in range(columns * rows):
        for a, move in enumerate(moves):
            (x, y), R[s, a] = step(grid, (s % columns, s // columns), move)
            if 0 <= x < columns and 0 <= y < rows:
                P[s, a, y * columns + x] = 1
    return P, R


def columns_first(grid: dict[str, Any]) -> FloatArray:
    """The states of a grid in the other order: which of ours is their first, second, ..."""
    columns, rows = grid["env_size"]
    return np.arange(columns * rows).reshape(rows, columns).T.ravel()


def changed(change):
    """The rules, changed: change(grid, xy, move, to, reward) gives another (to, reward)."""

    def step(grid, xy, move):
        return change(grid, xy, move, *public_step(grid, xy, move))

    return step


def off(grid, xy, move):
    """Whether a move leaves the grid."""
    (x, y), (columns, rows) = (xy[0] + move[0], xy[1] + move[1]), grid["env_size"]
    return not (0 <= x < columns and 0 <= y < rows)


def forbidden(grid, xy, move):
    """Whether a move runs into a forbidden cell."""
    return (xy[0] + move[0], xy[1] + move[1]) in map(tuple, grid["forbidden_states"])


def at_target(grid, xy):
    """Whether this is the target."""
    return tuple(xy) == tuple(grid["target_state"])


def entered(grid, xy, move, to, reward):
    """Forbidden cells are no walls."""
    blocked = forbidden(grid, xy, move)
    return ((xy[0] + move[0], xy[1] + move[1]) if blocked else to), reward


def going_on(grid, put=True):
    """The agent is not put back: each action is tried where the one before it led.

    put    whether it is put in each state once; else it is never put anywhere
    """
    columns, rows = grid["env_size"]
    P, R = np.zeros((columns * rows, 5, columns * rows)), np.zeros((columns * rows, 5))
    xy = grid["start_state"]
    for s in range(columns * rows):
        xy = (s % columns, s // columns) if put else xy
        for a, move in enumerate(PUBLIC_MOVES):
            xy, R[s, a] = public_step(grid, xy, move)
            P[s, a, xy[1] * columns + xy[0]] = 1
    return P, R


def never_put(grid):
    """The agent goes on from the start, whatever the state that is meant."""
    return going_on(grid, put=False)


def from_start(grid):
    """All actions of all states are tried in the start."""
    columns, _ = grid["env_size"]
    x, y = grid["start_state"]
    P, R = public_model(grid)
    here = np.full(len(R), y * columns + x)
    return P[here], R[here]


def placed_otherwise(grid):
    """For state s the agent is put in the s-th cell column by column."""
    P, R = public_model(grid)
    other = columns_first(grid)
    return P[other], R[other]


def led_otherwise(grid):
    """Only next states are counted column by column."""
    P, R = public_model(grid)
    return P[:, :, columns_first(grid)], R


BOOK_MOVES = [PUBLIC_MOVES[a] for a in BOOK_ORDER]


def target_pays_nothing(grid, xy, move, to, reward):
    """In the target no action pays."""
    return to, 0 if at_target(grid, xy) else reward


def target_always_pays(grid, xy, move, to, reward):
    """In the target every action pays as the target does."""
    return to, grid["reward_target"] if at_target(grid, xy) else reward


def next_state_pays(grid, xy, move, to, reward):
    """The reward of the next state alone."""
    return to, grid["reward_target"] if at_target(grid, to) else reward


def boundary_is_free(grid, xy, move, to, reward):
    """The boundary pays reward_step."""
    return to, grid["reward_step"] if off(grid, xy, move) else reward


def walls_are_free(grid, xy, move, to, reward):
    """Forbidden cells pay reward_step."""
    return to, grid["reward_step"] if forbidden(grid, xy, move) else reward


def target_is_an_end(grid, xy, move, to, reward):
    """No action leaves the target."""
    return tuple(xy) if at_target(grid, xy) else to, reward


NOWHERE = (-1, -1)


def without_bumps(grid, xy, move, to, reward):
    """An action that leads nowhere has no next state."""
    return NOWHERE if to == tuple(xy) and move != (0, 0) else to, reward


def without_target(grid, xy, move, to, reward):
    """An action in the target has no next state."""
    return NOWHERE if at_target(grid, xy) else to, reward


def model_by(change):
    """The model with the rules changed, a function of the grid."""
    return lambda grid: public_model(grid, changed(change))
