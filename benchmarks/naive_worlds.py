"""The worlds of the references, from their rules: the book's grid and a car in a valley.

Nothing here is rlbook's. A world is begun and stepped, and keeps account of its episodes:

    s = world.begin()
    s_next, r, ended, cut = world.step(a)      ended: nothing comes after; cut: nobody looks on
"""

import math

LAYOUT = (
    ".....",
    ".##..",
    "..#..",
    ".#T#.",
    ".#...",
)  # '#' forbidden, 'T' the target
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1), (0, 0))  # up, right, down, left, stay
CELLS = [(row, col) for row in range(5) for col in range(5)]
TARGET = CELLS.index((3, 2))
FORBIDDEN = {s for s, (row, col) in enumerate(CELLS) if LAYOUT[row][col] == "#"}
OPEN = [s for s in range(25) if s != TARGET]  # where an episode that ends there can begin


def grid_moves(bump, forbidden, target, other):
    """What the rules say of every cell and action: moves[s][a] = (s_next, r). [Zhao 1.2]"""
    moves = []
    for row, col in CELLS:
        moves.append([])
        for down, right in MOVES:
            there = (row + down, col + right)
            if there not in CELLS:
                s_next, r = CELLS.index((row, col)), bump
            else:
                s_next = CELLS.index(there)
                r = target if s_next == TARGET else forbidden if s_next in FORBIDDEN else other
            moves[-1].append((s_next, r))
    return moves


class World:
    """Counts steps and rewards, and cuts: an episode after `limit` steps, all after `budget`."""

    actions = 0

    def __init__(self, rng, limit=math.inf, budget=math.inf):
        self.rng, self.limit, self.budget = rng, limit, budget
        self.lengths, self.rewards = [], []

    def begin(self):
        """A new episode. Returns where it begins."""
        self.lengths.append(0)
        self.rewards.append(0.0)
        self.s = self.draw_start()
        return self.s

    def step(self, a):
        """One step. Returns (s_next, r, ended, cut)."""
        self.s, r, ended = self.move(self.s, a)
        self.lengths[-1] += 1
        self.rewards[-1] += r
        self.budget -= 1
        cut = self.lengths[-1] >= self.limit or self.budget <= 0
        return self.s, r, ended, cut


class Grid(World):
    """The book's grid, where an episode ends at the target.

    starts    the states where an episode may begin, all alike
    """

    actions = 5

    def __init__(self, moves, starts, rng, **cuts):
        super().__init__(rng, **cuts)
        self.moves, self.starts = moves, starts

    def draw_start(self):
        """Any of the starts."""
        return self.starts[int(self.rng.random() * len(self.starts))]

    def move(self, s, a):
        """s_next, r, and whether this was the end."""
        s_next, r = self.moves[s][a]
        return s_next, r, s_next == TARGET


class Car(World):
    """A weak car in a valley: MountainCar-v0 by its equations. A state is (position, velocity)."""

    actions = 3

    def draw_start(self):
        """At rest, near the bottom."""
        return self.rng.uniform(-0.6, -0.4), 0.0

    def move(self, s, a):
        """The motor pulls by -1, 0 or 1, and the slope by cos(3 position)."""
        position, velocity = s
        velocity += 0.001 * (a - 1) - 0.0025 * math.cos(3 * position)
        velocity = max(-0.07, min(0.07, velocity))
        position = max(-1.2, min(0.6, position + velocity))
        if position == -1.2 and velocity < 0:
            velocity = 0.0  # the wall on the left
        return (position, velocity), -1.0, position >= 0.5 and velocity >= 0
