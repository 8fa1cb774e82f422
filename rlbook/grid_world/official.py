"""The book's public Python environment, in its own words, over GridWorld.

Coursework written against that environment runs on this one. States are (x, y) = (column, row);
actions are the tuples of `action_space`, in the order down, right, up, left, stay; `step` returns
four values. State number y * width + x is rlbook's state number; only the actions are ordered
otherwise, and `reorder` turns a table from one order to the other:

    env = OfficialGridWorld()
    best = optimal(env.world.model, gamma=0.9)
    env.add_policy(reorder(best.pi))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_index, check_number, check_pi, check_v
from rlbook.grid_world.world import GridWorld

XY = tuple[int, int]


class OfficialGridWorld:
    """The official grid world: walls, a boundary that pays reward_forbidden, an end at the target.

    It is the public Python code that goes with the book. [Zhao chapter 1]

    env_size                     (columns, rows)
    start_state, target_state    (x, y) from (0, 0), the top left
    forbidden_states             a list of such (x, y)
    reward_target                for entering, or staying in, the target
    reward_forbidden             for running into a forbidden cell or the boundary: the agent stays
    reward_step                  for every other step

    `world` is the same as a GridWorld: a Gymnasium environment with a model. Raises ValueError for
    a state outside the grid, and what GridWorld raises.
    """

    def __init__(
        self,
        env_size: XY = (5, 5),
        start_state: XY = (2, 2),
        target_state: XY = (4, 4),
        forbidden_states: Sequence[XY] = ((2, 1), (3, 3), (1, 3)),
        reward_target: float = 10,
        reward_forbidden: float = -5,
        reward_step: float = -1,
    ) -> None:
        if np.shape(env_size) != (2,) or min(env_size) < 1:
            raise ValueError(f"env_size must be (columns, rows), each 1 or more, got {env_size!r}")
        self.env_size = env_size
        self.num_states = env_size[0] * env_size[1]
        self.start_state = start_state
        self.target_state = target_state
        self.forbidden_states = list(forbidden_states)
        self.reward_target = reward_target
        self.reward_forbidden = reward_forbidden
        self.reward_step = reward_step
        self.action_space: list[XY] = [(0, 1), (1, 0), (0, -1), (-1, 0), (0, 0)]
        self.animation_interval = 0.2

        cells = np.full(self.num_states, ".")
        cells[[self._number(xy, "forbidden_states") for xy in self.forbidden_states]] = "#"
        cells[self._number(target_state, "target_state")] = "T"
        self.world = GridWorld.zhao_python(
            ["".join(row) for row in cells.reshape(env_size[1], env_size[0])],
            r_target=check_number(reward_target, "reward_target"),
            r_forbidden=check_number(reward_forbidden, "reward_forbidden"),
            r_other=check_number(reward_step, "reward_step"),
            start=self._number(start_state, "start_state"),
        )
        self._pi: FloatArray | None = None
        self._values: FloatArray | None = None
        self._precision = 1
        self._window: Any = None
        self.reset()

    def __repr__(self) -> str:
        return f"Official{self.world!r}"

    def reset(self) -> tuple[XY, dict[str, Any]]:
        """Back to the start; returns the state (x, y) and an empty dict."""
        self.agent_state = self.start_state
        self.traj = deque([self.agent_state], maxlen=10_000)  # what `render` draws
        return self.agent_state, {}

    def step(self, action: XY) -> tuple[XY, float, bool, dict[str, Any]]:
        """Take an action of action_space; returns next_state, reward, done, an empty dict.

        Raises ValueError for another action.
        """
        self.agent_state, reward = self._get_next_state_and_reward(self.agent_state, action)
        self.traj.append(self.agent_state)
        return self.agent_state, reward, self._is_done(self.agent_state), {}

    def render(self, animation_interval: float | None = None) -> None:
        """Draw the world, its trajectory and what was added; seconds to wait, 0.2 if None."""
        if self._window is None:
            from rlbook.plot import Window

            self._window = Window()
        self._draw(self.animation_interval if animation_interval is None else animation_interval)

    def add_policy(self, policy_matrix: npt.ArrayLike) -> None:
        """Draw a policy (num_states, 5), columns in the order of action_space.

        Raises ValueError for a table that is no policy.
        """
        self._pi = reorder(check_pi(policy_matrix, self.num_states, 5, "policy_matrix"))
        self._draw(0)

    def add_state_values(self, values: npt.ArrayLike, precision: int = 1) -> None:
        """Write values (num_states,) into the cells, to so many decimals.

        Raises ValueError for another shape.
        """
        self._values, self._precision = check_v(values, self.num_states, "values"), precision
        self._draw(0)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    @property
    def canvas(self) -> Any:
        """The matplotlib figure, None before the first render."""
        return self._window and self._window.figure

    @property
    def ax(self) -> Any:
        """The matplotlib Axes, None before the first render."""
        return self._window and self._window.ax

    def _get_next_state_and_reward(self, state: XY, action: XY) -> tuple[XY, float]:
        """Where an action leads from any state, and what it pays; much coursework calls this."""
        if not isinstance(action, tuple) or action not in self.action_space:
            raise ValueError(f"action must be one of {self.action_space}, got {action!r}")
        s, a = self._number(state, "state"), _ORDER[self.action_space.index(action)]
        y, x = self.world.cell(int(self.world.model.s_next[s, a, 0]))
        return (x, y), float(self.world.model.r[s, a, 0])

    def _is_done(self, state: XY) -> bool:
        return tuple(state) == tuple(self.target_state)

    def _number(self, state: XY, name: str) -> int:
        width, height = self.env_size
        if np.shape(state) != (2,):
            raise ValueError(f"{name} must hold (x, y), got {state!r}")
        x, y = state
        return check_index(y, height, f"y of {name}") * width + check_index(
            x, width, f"x of {name}"
        )

    def _draw(self, seconds: float) -> None:
        if self._window is not None:
            self._window.show(
                self.world,
                seconds,
                v=self._values,
                pi=self._pi,
                precision=self._precision,
                trajectory=[self._number(xy, "traj") for xy in self.traj],
            )


_ORDER = [2, 1, 0, 3, 4]  # down, right, up, left, stay in terms of up, right, down, left, stay


def reorder(table: npt.ArrayLike) -> FloatArray:
    """A table (..., 5) of one action order in the other: up and down change places.

    From rlbook's order (up, right, down, left, stay) to the official one (down, right, up, left,
    stay), and back: it is its own inverse. Raises ValueError for a last axis that is not 5 long.
    """
    table = check_array(table, "table")
    if table.shape[-1:] != (5,):
        raise ValueError(f"table must have shape (..., 5), got {table.shape}")
    return table[..., _ORDER]
