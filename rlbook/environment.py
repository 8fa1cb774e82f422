"""A model that is stepped: the same table, sampled instead of averaged.

The world draws from its own generator, `env.np_random`, which `reset(seed=...)` starts anew. A step
costs one draw if the model is random, and none where K is 1.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.wrappers import TimeLimit

from rlbook.checks import BoolArray, FloatArray, as_given, check_distribution, check_index
from rlbook.model import MDP
from rlbook.outcome_table import inside
from rlbook.policy import sample
from rlbook.spaces import Action, State


class TabularEnv(gymnasium.Env[State, Action]):
    """A Gymnasium environment that samples a model. [Zhao 1.7]

        P( s_next[s, a, k], r[s, a, k], terminated[s, a, k] | s, a ) = p[s, a, k]

    model          an MDP; observations are its states, actions its actions
    start          where an episode begins: a state, a distribution (S,), or None: uniform over the
                   states that no terminating outcome enters (over all, if none is left)
    render_mode    None, or "ansi": one line of text

    Raises ValueError for a model that is none, a start that is neither, and an unknown render mode.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 8}  # noqa: RUF012 - Gymnasium's own habit

    def __init__(
        self,
        model: MDP,
        *,
        start: int | npt.ArrayLike | None = None,
        render_mode: str | None = None,
    ) -> None:
        if not isinstance(model, MDP):
            hint = ": pass its .model" if hasattr(model, "model") else ""
            hint = ": pass its .table()" if hasattr(model, "table") else hint
            raise ValueError(f"model must be an MDP, got {type(model).__name__}{hint}")
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ValueError(f"render_mode must be None or one of {modes}, got {render_mode!r}")
        self.model = model
        self.render_mode = render_mode
        self.start = _start(model, start)
        self.observation_space = gymnasium.spaces.Discrete(model.n_states)
        self.action_space = gymnasium.spaces.Discrete(model.n_actions)
        self.s: int | None = None

    def __repr__(self) -> str:
        S, A, K = self.model.p.shape
        return f"TabularEnv({S} states, {A} actions, up to {K} outcomes)"

    @staticmethod
    def from_env(
        env: gymnasium.Env[State, Action], *, start: int | npt.ArrayLike | None = None
    ) -> gymnasium.Env[State, Action]:
        """The same world as a TabularEnv: the table and the start of a toy-text environment.

        env      as `MDP.from_env` takes it. Where a TimeLimit ends its episodes, it ends those of
                 the result, too
        start    where an episode begins, a state or a distribution (S,); None: as env states it, by
                 `initial_state_distrib` (`isd` in old ones)

        Raises ValueError for an environment that does not state its start, and as `MDP.from_env`.
        """
        model, (inner, limit) = MDP.from_env(env), inside(env)
        name = "start"
        if start is None and isinstance(inner, TabularEnv):
            start = inner.start
        for stated in ("initial_state_distrib", "isd"):
            if start is None and (start := getattr(inner, stated, None)) is not None:
                name = f"env.{stated}"
        if start is None:
            raise ValueError(
                f"start must be given, a state or a distribution ({model.n_states},), since "
                f"{type(inner).__name__} does not state where an episode begins, got None"
            )
        tabular = TabularEnv(model, start=_start(model, start, name))
        return tabular if limit is None else TimeLimit(tabular, limit)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Begin an episode; returns the first state and an empty info.

        seed       starts the world's generator anew
        options    {"state": s} begins in s instead of drawing the start

        Raises ValueError for a state out of range and an unknown option.
        """
        super().reset(seed=seed)
        if unknown := set(options or {}) - {"state"}:
            raise ValueError(f"options must be {{'state': s}} or None, got {sorted(unknown)}")
        state = (options or {}).get("state")
        if state is None:
            self.s = int(sample(self.start, self.np_random))
        else:
            self.s = check_index(state, self.model.n_states, "options['state']")
        return self.s, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action; returns s_next, r, terminated, False, an empty info.

        Raises ValueError for an action out of range, gymnasium.error.ResetNeeded before a reset.
        """
        if self.s is None:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        s, a, m = self.s, check_index(action, self.model.n_actions, "action"), self.model
        k = sample(m.p[s, a], self.np_random) if m.p.shape[2] > 1 else 0
        self.s = int(m.s_next[s, a, k])
        return self.s, float(m.r[s, a, k]), bool(m.terminated[s, a, k]), False, {}

    def render(self) -> Any:
        """The state as a line of text in render mode "ansi"; otherwise None."""
        if self.render_mode == "ansi":
            return f"state {self.s} of 0..{self.model.n_states - 1}\n"
        return None


def never_ended_in(model: MDP) -> BoolArray:
    """Where can an episode begin? The states that no terminating outcome enters, (S,)."""
    entered = model.s_next[model.terminated]
    free = np.ones(model.n_states, dtype=bool)
    free[entered] = False
    return free if free.any() else np.ones(model.n_states, dtype=bool)


def uniform_over(states: BoolArray) -> FloatArray:
    """The uniform distribution over the states that are marked, (S,)."""
    return states / states.sum()


def _start(model: MDP, start: int | npt.ArrayLike | None, name: str = "start") -> FloatArray:
    """The distribution of the first state, (S,)."""
    S = model.n_states
    if start is None:
        return uniform_over(never_ended_in(model))
    if np.ndim(start) == 0:
        return uniform_over(np.arange(S) == check_index(start, S, name))
    given = as_given(start, name)
    if given.shape != (S,):
        raise ValueError(f"{name} must be a state or a distribution ({S},), got {given.shape}")
    return check_distribution(given, name)


gymnasium.register(id="rlbook/GridWorld-v0", entry_point="rlbook.grid_world.world:GridWorld")
