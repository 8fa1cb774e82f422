"""The book's public Python environment, for a student's function."""

from __future__ import annotations

from typing import Any

from rlbook.homework.given import MAKERS, WORDS, Given


def official(**values: Any) -> Given:
    """The book's public Python environment; the values are those of its constructor.

    at    where the agent stands when the student gets it, (x, y); the start if left out
    """
    return Given("official", values)


def _official_world(at: Any = None, **values: Any) -> Any:
    """An OfficialGridWorld that remembers its steps and draws nothing.

    Its `log` has a row [x, y, number of the action, reward, next x, next y, done] for each step.
    """
    from rlbook.grid_world.official import OfficialGridWorld

    class World(OfficialGridWorld):
        def __init__(self) -> None:
            super().__init__(**values)
            self.log: list[list[float]] = []
            self.agent_state = tuple(at or self.start_state)

        def step(self, action: Any) -> Any:
            state = self.agent_state
            answer = super().step(action)
            (x, y), reward, done, _ = answer
            self.log.append([*state, self.action_space.index(action), reward, x, y, done])
            return answer

        def render(self, *arguments: Any, **named: Any) -> None:
            """Draw nothing."""

        add_policy = add_state_values = render

    return World()


def _map(
    env_size: Any, start_state: Any, target_state: Any, forbidden_states: Any,
    reward_target: float, reward_forbidden: float, reward_step: float, at: Any = None,
) -> str:  # fmt: skip
    """The public environment as a drawing."""
    columns, rows = env_size
    cells = [["."] * columns for _ in range(rows)]
    for (x, y), letter in [*((xy, "#") for xy in forbidden_states), (start_state, "S")]:
        cells[y][x] = letter
    cells[target_state[1]][target_state[0]] = "T"
    lines = [f"the public grid world, env_size = ({columns}, {rows}); S start, T target, "
             "# forbidden", *(" ".join(row) for row in cells)]  # fmt: skip
    if at and tuple(at) != tuple(start_state):
        lines.append(f"agent_state = {tuple(at)} before reset")
    lines.append(
        f"reward_target = {reward_target:g}, reward_forbidden = {reward_forbidden:g}, "
        f"reward_step = {reward_step:g}"
    )
    return "\n  ".join(lines)


MAKERS["official"] = _official_world
WORDS["official"] = _map
