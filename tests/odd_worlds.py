"""Worlds as users have them: a walk that shows, pays and ends in whatever way it is told to."""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

LAST = 4


class Walk(gymnasium.Env):
    """Cells 0 to 4 in a row, left and right; a wall holds. Reward: the new cell minus 2.

    show, pay    what becomes of a cell, of a reward
    end          what `terminated` and `truncated` become
    length       an episode is truncated after so many steps
    """

    action_space = Discrete(2)

    def __init__(self, show=int, pay=float, end=bool, *, space=None, length=20, start=0):
        self.show, self.pay, self.end = show, pay, end
        self.observation_space = Discrete(5) if space is None else space
        self.length, self.start = length, start

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cell, self.left = (options or {}).get("state", self.start), self.length
        return self.show(self.cell), {}

    def step(self, action):
        self.cell = min(max(self.cell + 2 * int(action) - 1, 0), LAST)
        self.left -= 1
        r, over = self.pay(self.cell - 2), self.left == 0
        return self.show(self.cell), r, self.end(False), self.end(over), {}


class Buffer:
    """Shows a cell in an array, always the same one."""

    def __init__(self, dtype=np.float64):
        self.array = np.zeros(1, dtype)

    def __call__(self, cell):
        self.array[0] = cell
        return self.array


LINE = Box(0.0, LAST, (1,), np.float64)


def fresh(cell):
    """Shows a cell in a new array."""
    return np.array([cell], dtype=float)


def shown(show=fresh, **options):
    """A Walk that is seen through arrays."""
    return Walk(show, space=LINE, **options)


class Slide(gymnasium.Env):
    """A point that is moved by its action, which the world then overwrites. Reward: its place."""

    observation_space = Box(-100.0, 100.0, (1,), np.float64)
    action_space = Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self, spoil=True):
        self.spoil = spoil

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = np.zeros(1)
        return self.x, {}

    def step(self, action):
        self.x += action  # in place: all observations are this array
        if self.spoil:
            action[:] = 77.0
        return self.x, float(self.x[0]), False, False, {}


class Honest(Slide):
    """The same, and every array is a new one."""

    def __init__(self):
        super().__init__(spoil=False)

    def reset(self, **how):
        s, info = super().reset(**how)
        return s.copy(), info

    def step(self, action):
        s, *rest = super().step(action.copy())
        return s.copy(), *rest
