"""The rules of the book's grid world, the return, and both with mistakes. [Zhao 1.3-1.6]"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rlbook.homework.laws import Close, Law


@dataclass(frozen=True)
class Said(Close):
    """Numbers that are told in words of their own: text(at, given there, value there)."""

    text: Any = None

    def say(self, name, at, given, value):
        """By that text."""
        return self.text(at, given[at], value[at])


UP, RIGHT, DOWN, LEFT, STAY = (-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)
MOVES = [UP, RIGHT, DOWN, LEFT, STAY]
NAMES = ["up", "right", "down", "left", "stay"]
UPSIDE_DOWN = [DOWN, RIGHT, UP, LEFT, STAY]
MIRRORED = [UP, LEFT, DOWN, RIGHT, STAY]
OTHER_ORDER = [UP, DOWN, LEFT, RIGHT, STAY]


def stays(s, to, shape):
    """At the boundary nothing moves."""
    return s


def around(s, to, shape):
    """The world is a ring."""
    return (to[0] % shape[0]) * shape[1] + to[1] % shape[1]


def ring(grid, walls):
    """The table of next states in a ring; walls are walls there, too."""
    shape = len(grid), len(grid[0])
    table = landing(grid, False, edge=around)
    if walls:
        for s, a in np.ndindex(table.shape):
            y, x = divmod(int(table[s, a]), shape[1])
            table[s, a] = s if grid[y][x] == "#" else table[s, a]
    return table


def minus_one(s, to, shape):
    """What is left of the first column or above the first row is not caught."""
    below = to[0] >= shape[0] or to[1] >= shape[1]
    return s if below else to[0] * shape[1] + to[1]


def stuck(grid, walls):
    """The table of next states if nobody gets out of a wall."""
    table = landing(grid, walls)
    inside = np.array([cell == "#" for row in grid for cell in row])
    return np.where(walls & inside[:, None], np.arange(len(table))[:, None], table)


def onward(s, to, shape):
    """Numbers go on."""
    return to[0] * shape[1] + to[1]


def landing(grid, walls, moves=MOVES, edge=stays, target_ends=False, short=0):
    """The table of next states; short: so many cells are thought to be missing at the far ends."""
    rows, columns = shape = len(grid), len(grid[0])
    table = np.zeros((rows * columns, 5))
    for s in range(rows * columns):
        y, x = divmod(s, columns)
        for a, (dy, dx) in enumerate(moves):
            to = y + dy, x + dx
            if not (0 <= to[0] < rows - short and 0 <= to[1] < columns - short):
                table[s, a] = edge(s, to, shape)
            elif (walls and grid[to[0]][to[1]] == "#") or (target_ends and grid[y][x] == "T"):
                table[s, a] = s
            else:
                table[s, a] = onward(s, to, shape)
    return table


def other_order(grid):
    """The numbers of the cells if they are counted column by column."""
    return np.arange(len(grid) * len(grid[0])).reshape(len(grid[0]), len(grid)).T.ravel()


def renumbered(grid, table):
    """A table of next states with the cells counted column by column."""
    number = other_order(grid)
    table = number[table.astype(int)]
    return table[np.argsort(number)]


LANDING = Law(
    "Table 1.1",
    landing,
    {
        "states are counted from 1": lambda grid, walls: landing(grid, walls) + 1,
        "up and down are exchanged": lambda grid, walls: landing(grid, walls, UPSIDE_DOWN),
        "left and right are exchanged": lambda grid, walls: landing(grid, walls, MIRRORED),
        "the actions are in another order: up, down, left, right, stay": (
            lambda grid, walls: landing(grid, walls, OTHER_ORDER)
        ),
        "rows and columns are exchanged: a step down goes to the right": (
            lambda grid, walls: landing(grid, walls, [move[::-1] for move in MOVES])
        ),
        "the states are counted column by column": lambda grid, walls: renumbered(
            grid, landing(grid, walls)
        ),
        "forbidden cells are never entered, also where walls is False": (
            lambda grid, walls: landing(grid, True)
        ),
        "forbidden cells are entered, also where walls is True": (
            lambda grid, walls: landing(grid, False)
        ),
        "walls is read the wrong way round": lambda grid, walls: landing(grid, not walls),
        "who leaves the grid comes back at the other end": (
            lambda grid, walls: landing(grid, walls, edge=around)
        ),
        "who leaves the grid comes back at the other end, if there is no wall": ring,
        "a step to row -1 or column -1 is not caught: it is taken for a cell": (
            lambda grid, walls: landing(grid, walls, edge=minus_one)
        ),
        "who stands in a forbidden cell cannot leave it, where walls is True": stuck,
        "the boundary is forgotten: from the end of a row one comes to the next row": (
            lambda grid, walls: landing(grid, walls, edge=onward)
        ),
        "the last row and the last column are never entered": (
            lambda grid, walls: landing(grid, walls, short=1)
        ),
        "the target is an end: no action leaves it": (
            lambda grid, walls: landing(grid, walls, target_ends=True)
        ),
    },
    Said(
        text=lambda at, given, value: (
            f"from state s{at[0] + 1}, action a{at[1] + 1} ({NAMES[at[1]]}) leads to "
            f"s{value + 1:g}: "
            f"s_next[{at[0]}, {at[1]}] is {value:g}; your code gives {given:g}"
        )
    ),
)  # fmt: skip


def paying(grid, pay, moves=MOVES, bump=None, leave="", target=None, stay=None, ring=""):
    """The table of rewards; pay {cell: reward, "boundary": reward}.

    bump      what an attempt to leave the grid from a cell pays, if not that of the boundary
    leave     the cell that is left pays: "always", or "inside", where the grid is not left
    target    what every action pays that is taken in the target, a function of pay
    stay      what staying pays
    ring      who leaves the grid comes back at the other end: "always", or "-1", at the top and
              the left only, as negative indices do
    """
    rows, columns = len(grid), len(grid[0])
    table = np.zeros((rows * columns, 5))
    for s in range(rows * columns):
        y, x = divmod(s, columns)
        for a, (dy, dx) in enumerate(moves):
            to_y, to_x, here = y + dy, x + dx, grid[y][x]
            if ring == "always" or (ring and to_y < rows and to_x < columns):
                to_y, to_x = to_y % rows, to_x % columns
            inside = 0 <= to_y < rows and 0 <= to_x < columns
            if target and here == "T":
                table[s, a] = target(pay)
            elif leave == "always" or (leave and inside):
                table[s, a] = pay[here]
            elif not inside:
                table[s, a] = bump(here, pay) if bump else pay["boundary"]
            else:
                table[s, a] = pay[grid[to_y][to_x]]
            if stay is not None and (dy, dx) == STAY:
                table[s, a] = pay[stay]
    return table


def rewards(**wrong):
    """The table of rewards as a function of the task's arguments."""

    def law(grid, r_boundary, r_forbidden, r_target, r_other):
        pay = {"boundary": r_boundary, "#": r_forbidden, "T": r_target, ".": r_other}
        return paying(grid, pay, **wrong)

    return law


def with_pay(change):
    """The same, with what is paid changed: change(boundary, forbidden, target, other)."""

    def law(grid, *pay):
        return paying(grid, dict(zip(("boundary", "#", "T", "."), change(*pay), strict=True)))

    return law


REWARDS = Law(
    "Table 1.3",
    rewards(),
    {
        "the cell that is left pays, and not the one that is entered": rewards(leave="inside"),
        "the cell that is left pays, and not the one that is entered; nor does the boundary": (
            rewards(leave="always")
        ),
        "who leaves the grid comes back at the other end, and is paid for the cell there": rewards(
            ring="always"
        ),
        "a step to row -1 or column -1 is not caught: grid[-1] is the last row": rewards(ring="-1"),
        "who runs against the boundary is paid for the cell in which they stay": (
            rewards(bump=lambda here, pay: pay[here])
        ),
        "who runs against the boundary pays nothing: r_other is taken": (
            rewards(bump=lambda here, pay: pay["."])
        ),
        "who runs against the boundary pays for that and for the cell in which they stay": (
            rewards(bump=lambda here, pay: pay["boundary"] + pay[here])
        ),
        "the boundary pays r_forbidden": with_pay(lambda b, f, t, o: (f, f, t, o)),
        "r_boundary and r_forbidden are exchanged": with_pay(lambda b, f, t, o: (f, b, t, o)),
        "forbidden cells pay r_other": with_pay(lambda b, f, t, o: (b, o, t, o)),
        "the target pays r_other": with_pay(lambda b, f, t, o: (b, f, o, o)),
        "the target pays for every action that is taken in it": rewards(
            target=lambda pay: pay["T"]
        ),
        "the target is taken for an end: its own actions pay r_other": rewards(
            target=lambda pay: pay["."]
        ),
        "the target is taken for an end: its own actions pay 0": rewards(target=lambda pay: 0),
        "to stay pays r_other in every cell": rewards(stay="."),
        "up and down are exchanged": rewards(moves=UPSIDE_DOWN),
        "left and right are exchanged": rewards(moves=MIRRORED),
        "the actions are in another order: up, down, left, right, stay": rewards(moves=OTHER_ORDER),
        "rows and columns are exchanged: a step down goes to the right": rewards(
            moves=[move[::-1] for move in MOVES]
        ),
        "the states are counted column by column": lambda grid, *pay: rewards()(grid, *pay)[
            np.argsort(other_order(grid))
        ],
        "r_other is left out: other steps pay 0": with_pay(lambda b, f, t, o: (b, f, t, 0)),
    },
    Said(
        text=lambda at, given, value: (
            f"in state s{at[0] + 1}, action a{at[1] + 1} ({NAMES[at[1]]}) pays {value:g}: "
            f"R[{at[0]}, {at[1]}] is {value:g}; your code gives {given:g}"
        )
    ),
)


def discounted(r, gamma):
    """(1.3)"""
    return gamma ** np.arange(len(r)) @ r


RETURN = Law(
    "(1.3)",
    discounted,
    {
        "gamma is forgotten": lambda r, gamma: r.sum(),
        "the first reward is multiplied by gamma, too": (
            lambda r, gamma: gamma * discounted(r, gamma)
        ),
        "discounted backwards: the last reward counts in full": (
            lambda r, gamma: discounted(r[::-1], gamma)
        ),
        "the last reward is left out": lambda r, gamma: discounted(r[:-1], gamma),
        "the first reward is left out": lambda r, gamma: discounted(r[1:], gamma),
        "the first reward is left out, and the others keep their factors": (
            lambda r, gamma: gamma * discounted(r[1:], gamma)
        ),
        "gamma stands for its powers: all later rewards are multiplied by it once": (
            lambda r, gamma: r[0] + gamma * r[1:].sum()
        ),
        "gamma times t stands for gamma to the power t": (
            lambda r, gamma: gamma * np.arange(len(r)) @ r
        ),
        "only the last term is kept: = stands for +=": (
            lambda r, gamma: gamma ** (len(r) - 1) * r[-1]
        ),
        "the sum is divided by the number of rewards": (
            lambda r, gamma: discounted(r, gamma) / len(r)
        ),
        "the whole sum is multiplied by gamma, and not each reward by its power": (
            lambda r, gamma: gamma * r.sum()
        ),
        "the last reward is paid again and again, for ever": lambda r, gamma: (
            discounted(r, gamma) + gamma ** len(r) / (1 - gamma) * r[-1]
        ),
        "the loop ends after the first reward: is a return inside it?": lambda r, gamma: r[0],
    },
)  # fmt: skip
