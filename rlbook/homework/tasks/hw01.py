"""Homework 1: grid worlds. [Zhao chapter 1]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given_grid import official
from rlbook.homework.task import Homework
from rlbook.homework.tasks.grid_laws import LANDING, RETURN, REWARDS
from rlbook.homework.tasks.public_grid import PUBLIC_MOVES, public_book, public_grid
from rlbook.homework.tasks.public_laws import from_model, from_walk
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw01",
    "Grid worlds",
    chapter=1,
    about="Where does a move lead, what does it pay, and what is a whole walk worth? You write the "
    "rules of the book's grid world as two tables, then the discounted return; after that you walk "
    "in the book's public Python environment, and write it down as arrays.",
)


def grid_cases(draw: Draw) -> Case:
    """A small map."""
    rows, columns = draw.between(1, 3), draw.between(1, 3)
    cells = [draw.pick(".#") for _ in range(rows * columns)]
    cells[draw.index(rows * columns)] = "T"
    return {"grid": ["".join(cells[y * columns : (y + 1) * columns]) for y in range(rows)]}


def walled_cases(draw: Draw) -> Case:
    """A small map, and whether its forbidden cells can be entered."""
    return {**grid_cases(draw), "walls": draw.pick((False, True))}


def paid_cases(draw: Draw) -> Case:
    """A small map, and what is paid."""
    return {
        **grid_cases(draw),
        "r_boundary": draw.pick((-1, -2, -5)),
        "r_forbidden": draw.pick((-10, -4, -3)),
        "r_target": draw.pick((1, 10, 5)),
        "r_other": draw.pick((0, -0.5, -1.5, 1.25)),
    }


BOOK = ["...", "..#", "#.T"]
"""The book's world of nine cells. [Zhao Fig. 1.2]"""


@HOMEWORK.task(
    "tab:1.1",
    returns="s_next", cases=walled_cases, law=LANDING,
    known={"the book's world of nine cells": {"grid": BOOK, "walls": False}},
)  # fmt: skip
def next_states(grid, walls):
    """The table of next states: where does each action lead from each state?          Table 1.1

    States are numbered row by row from the top left, in code from 0: with 3 columns the second cell
    of the second row is state 4 (the book's s5). The actions are a1 up, a2 right, a3 down, a4 left,
    a5 stay: the columns 0 to 4 of the table. An attempt to leave the grid leads nowhere: one stays
    where one is. All other actions work everywhere, also in the target.

    grid     a list of strings, one for each row: "." free, "#" forbidden, "T" the target
    walls    False: forbidden cells can be entered, as in the book. True: they are walls, and an
             attempt to enter one leads nowhere

    Returns s_next, shape (S, 5): s_next[s, a] is the number of the next state.
    """
    rows, columns = len(grid), len(grid[0])
    s_next = np.zeros((rows * columns, 5), dtype=int)
    for y in range(rows):
        for x in range(columns):
            for a, (dy, dx) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]):
                to_y, to_x = y + dy, x + dx
                if not (0 <= to_y < rows and 0 <= to_x < columns) or (
                    walls and grid[to_y][to_x] == "#"
                ):
                    to_y, to_x = y, x
                s_next[y * columns + x, a] = to_y * columns + to_x
    return s_next


@HOMEWORK.task(
    "tab:1.3",
    returns="R", cases=paid_cases, law=REWARDS,
    known={"the book's world of nine cells": {
        "grid": BOOK, "r_boundary": -1, "r_forbidden": -1, "r_target": 1, "r_other": 0
    }},
)  # fmt: skip
def step_rewards(grid, r_boundary, r_forbidden, r_target, r_other):
    """The table of rewards: what does each action pay in each state?                  Table 1.3

    grid           as above; so are the numbers of states and actions
    r_boundary     for an attempt to leave the grid
    r_forbidden    for entering a forbidden cell, or staying in it
    r_target       for entering the target, or staying in it
    r_other        for every other step

    Returns R, shape (S, 5): R[s, a] is the reward of action a in state s.
    """
    rows, columns = len(grid), len(grid[0])
    pay = {"#": r_forbidden, "T": r_target, ".": r_other}
    R = np.zeros((rows * columns, 5))
    for y in range(rows):
        for x in range(columns):
            for a, (dy, dx) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]):
                if 0 <= y + dy < rows and 0 <= x + dx < columns:
                    R[y * columns + x, a] = pay[grid[y + dy][x + dx]]
                else:
                    R[y * columns + x, a] = r_boundary
    return R


def return_cases(draw: Draw) -> Case:
    """A few rewards and a discount."""
    return {"rewards": draw.numbers(draw.between(1, 5)), "gamma": draw.gamma()}


@HOMEWORK.task("eq:1.3", returns="G", cases=return_cases, law=RETURN)
def discounted_return(rewards, gamma):
    """The discounted return of a list of rewards.

        G = r_1 + gamma r_2 + gamma^2 r_3 + ...                                            (1.3)

    rewards    shape (T,): the rewards in the order in which they came, at least one
    gamma      the discount

    Returns G, a number.
    """
    G = 0
    for t, r in enumerate(rewards):
        G = G + gamma**t * r
    return G


def walk_cases(draw: Draw) -> Case:
    """A small public environment, a policy that often goes to the target, most steps."""
    n, grid = draw.pick((2, 2, 2, 3, 3, 6)), public_grid(draw)
    (columns, rows), (to_x, to_y) = grid["env_size"], grid["target_state"]
    actions = []
    for s in range(columns * rows):
        x, y = s % columns, s // columns
        toward = (np.sign(to_x - x), 0) if x != to_x else (0, np.sign(to_y - y))
        actions.append(draw.pick([PUBLIC_MOVES.index(toward)] * 10 + [0, 1, 2, 3, 4]))
    at = draw.index(columns * rows)
    return {
        "env": official(**grid, at=(at % columns, at // columns)),
        "pi": np.eye(5)[actions],
        "gamma": draw.gamma(),
        "n": n,
    }


@HOMEWORK.task(
    returns="G", cases=walk_cases, uses=from_walk,
    known={"the public environment as it comes": {
        "env": public_book(at=(0, 0)), "pi": np.eye(5)[[1, 1, 1, 1, 0] * 5], "gamma": 0.9, "n": 20
    }},
)  # fmt: skip
def return_on_grid(env, pi, gamma, n):
    """Walk in the book's public environment as a policy says; the discounted return.

        G = r_1 + gamma r_2 + gamma^2 r_3 + ...                                            (1.3)

    The walk begins with env.reset(), and is over when done is True, or after n steps.

    env      the public environment: env.reset() returns (state, info), env.step(action) returns
             (next_state, reward, done, info). A state is a tuple (x, y) = (column, row); an action
             is one of the tuples in env.action_space: down, right, up, left, stay (another order
             than in next_states). Down is (0, 1), since y counts downwards. env.env_size is
             (columns, rows), env.num_states is columns * rows.
    pi       shape (S, 5): each row has a 1 at the action to be taken. The state (x, y) has row
             y * columns + x, the actions are in the order of env.action_space
    gamma    the discount
    n        the walk has no more steps than that

    Returns G, a number.
    """
    G, done, t = 0, False, 0
    (x, y), _ = env.reset()
    while not done and t < n:
        a = pi[y * env.env_size[0] + x].argmax()
        (x, y), reward, done, _ = env.step(env.action_space[a])
        G = G + gamma**t * reward
        t = t + 1
    return G


def model_cases(draw: Draw) -> Case:
    """A small public environment."""
    return {"env": official(**public_grid(draw))}


@HOMEWORK.task(
    returns="P, R", cases=model_cases, uses=from_model,
    known={"the public environment as it comes": {"env": public_book()}},
)  # fmt: skip
def model_of_grid(env):
    """The model of the book's public environment as arrays: try every action in every state.

    Put the agent anywhere by env.agent_state = (x, y); then env.step(action) tells where that
    action leads and what it pays. In the target, too: ignore done. It is a state like the others.

    env    the public environment, as above: (x, y) is state number y * columns + x, the actions are
           in the order of env.action_space, down, right, up, left, stay (another order than in
           next_states)

    Returns the tuple (P, R): P of shape (S, 5, S), where P[s, a, s'] is the probability p(s'|s, a);
    R of shape (S, 5), where R[s, a] is the reward of action a in state s.
    """
    columns, _ = env.env_size
    P = np.zeros((env.num_states, 5, env.num_states))
    R = np.zeros((env.num_states, 5))
    for s in range(env.num_states):
        for a, action in enumerate(env.action_space):
            env.agent_state = (s % columns, s // columns)
            (x, y), reward, _, _ = env.step(action)
            P[s, a, y * columns + x] = 1
            R[s, a] = reward
    return P, R
