"""The problems of benchmarks/planning.py, with the values that answers are held against."""

import re
from functools import cached_property

import numpy as np

from rlbook import MDP, GridModel, GridWorld, optimal

TOL = 1e-6  # how far an answer may be from v*, anywhere
SLIP = 0.1
BRANCHES, ACTIONS = 10, 10  # of a Garnet


class Problem:
    """grid-N, grid-N-slip or garnet-N: N x N cells, or N states. ValueError for another name."""

    def __init__(self, name):
        found = re.fullmatch(r"(?:grid-(\d+)(-slip)?|garnet-(\d+))", name)
        if not found or int(found[1] or found[3]) < 5:
            raise ValueError(f"problem must be grid-N, grid-N-slip or garnet-N, got {name!r}")
        self.name, self.is_grid = name, bool(found[1])
        self.size = int(found[1] or found[3])
        self.slip = SLIP if found[2] else 0.0
        self.n_states = self.size**2 if self.is_grid else self.size

    @property
    def title(self):
        """Its name in words."""
        if not self.is_grid:
            return f"Garnet, {self.size:,} states"
        slip = f", slip {self.slip:g}" if self.slip else ""
        return f"grid {self.size} x {self.size}{slip}"

    @property
    def is_deterministic(self):
        """Whether nothing is left to chance."""
        return self.is_grid and not self.slip

    @cached_property
    def layout(self):
        """The book's grid, or one with a fifth of its cells forbidden."""
        n, rng = self.size, np.random.default_rng(0)
        if n == 5:
            return GridWorld().layout
        cells = np.where(rng.random((n, n)) < 0.2, "#", ".")
        cells[3 * n // 4, 3 * n // 4] = "T"
        return tuple(map("".join, cells))

    @cached_property
    def outcomes(self):
        """What peers build from: p and s_next (S, A, K), the mean reward (S, A)."""
        if self.is_grid:
            return self.model.p, self.model.s_next, self.model.R
        rng, shape = np.random.default_rng(0), (self.size, ACTIONS, BRANCHES)
        s_next = rng.integers(self.size, size=shape)
        while (again := (np.diff(np.sort(s_next)) == 0).any(-1)).any():  # a state twice in a row
            s_next[again] = rng.integers(self.size, size=(again.sum(), BRANCHES))
        p = rng.exponential(size=shape)  # normalised: uniform over all distributions
        return p / p.sum(-1, keepdims=True), s_next, rng.normal(size=shape[:2])

    @cached_property
    def model(self):
        """rlbook's table."""
        if self.is_grid:
            return GridWorld(self.layout, slip=self.slip).model
        p, s_next, R = self.outcomes
        r = np.broadcast_to(R[:, :, None], p.shape)
        return MDP(p, s_next, r, np.zeros(p.shape, dtype=bool))

    def reference(self, gamma):
        """Values, and how far they may be from v*: from one plain lookahead, whoever found v."""
        slices = GridModel(self.layout, slip=self.slip) if self.is_grid else self.model
        v = optimal(slices, gamma, tol=TOL / 100).v  # of a grid much sooner without its table
        Tv = self.model.lookahead(v, gamma).max(-1)
        low, high = (Tv - v).min(), (Tv - v).max()
        half = gamma / (1 - gamma) * (high - low) / 2
        if not half <= TOL / 10:
            raise RuntimeError(f"{self.name}: the reference is only known to {half:.1g}")
        return Tv + gamma / (1 - gamma) * (low + high) / 2, half
