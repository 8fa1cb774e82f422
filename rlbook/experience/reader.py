"""How a world is read: what it returns becomes plain numbers, and arrays of the reader's own.

`interact`, `train`, `score` and `mc_basic` step their worlds through a Reader. It decides once, by
the observation space, what an observation becomes:

    Discrete     an int, whatever numpy has made of it; nothing is copied
    Box          an array of the space's shape, copied; whole numbers become floats in a Box of them
    any other    a deep copy

Rewards become floats, `terminated` and `truncated` bools. What is no number, or not finite, is an
error that says at which step of the run it came.
"""

from __future__ import annotations

import inspect
from math import isfinite
from typing import Any

import numpy as np

from rlbook.experience.plain import all_finite, as_flag, as_float, not_finite, own, scalar
from rlbook.spaces import Action, Env, State

CONTRACT = (
    "env must be as Gymnasium's are: reset(seed=...) returns (observation, info), step(action) "
    "returns (observation, reward, terminated, truncated, info)"
)


class Reader:
    """Resets and steps a world, and reads what comes back."""

    def __init__(self, env: Env) -> None:
        self.env, self.taken, self.fresh = env, 0, True
        self._step = env.step
        self.low = self.high = 0  # an int from low to high - 1 is an observation as it is
        space: Any = env.observation_space
        kind = type(space).__name__
        if kind == "Discrete":
            self.low = int(getattr(space, "start", 0))
            self.high = self.low + int(space.n)
            self._read = self._state
        elif kind == "Box":
            self._shape, self._real = tuple(space.shape), np.dtype(space.dtype).kind == "f"
            self._read = self._array
        else:
            self._read = self._other

    def reset(self, **how: Any) -> State:
        """The first observation of an episode. ValueError for a reset that is not Gymnasium's."""
        self.fresh = True  # until it was read
        try:
            first = self.env.reset(**how)
        except (TypeError, ValueError, AssertionError) as error:
            self._explain_reset(error)
            raise
        check_first(first)
        s = first[0]
        if type(s) is not int or not self.low <= s < self.high:
            s = self._read(s)
        self.fresh = False
        return s

    def step(self, a: Action) -> tuple[State, float, bool, bool]:
        """s', r, terminated, truncated. ValueError for a step that is not Gymnasium's."""
        try:
            result = self._step(a if type(a) is int else own(a))
        except (TypeError, ValueError, AssertionError):
            self._explain_step(a)
            raise
        try:
            s, r, terminated, truncated, _ = result
        except (TypeError, ValueError):
            check_result(result)
            raise
        self.taken += 1
        if type(s) is not int or not self.low <= s < self.high:
            s = self._read(s)
        if type(r) is not float:
            r = as_float(r)
        if not isfinite(r):
            raise ValueError(f"reward must be a finite number, got {result[1]!r} {self._where()}")
        if type(terminated) is not bool:
            terminated = self._flag(terminated, "terminated")
        if type(truncated) is not bool:
            truncated = self._flag(truncated, "truncated")
        return s, r, terminated, truncated

    def _state(self, x: Any) -> int:
        """The number of a state: an int, a numpy scalar, an array of one element."""
        number = scalar(x)
        if not (isinstance(number, (int, float)) and self.low <= number < self.high):
            number = None
        if number is None or number % 1:
            wanted = f"a whole number from {self.low} to {self.high - 1}"
            raise ValueError(f"observation must be {wanted}, got {x!r} {self._where()}")
        return int(number)

    def _array(self, x: Any) -> Any:
        try:
            array = np.array(x)
        except ValueError:
            array = np.array(None)  # ragged: no array of numbers
        kind = array.dtype.kind
        if kind not in "fbiu":
            raise ValueError(f"observation must be real numbers, got {x!r} {self._where()}")
        if array.shape != self._shape:
            raise ValueError(
                f"observation must have shape {self._shape}, as observation_space has, got "
                f"{array.shape} {self._where()}"
            )
        if kind != "f":
            return array.astype(float) if self._real else array
        if not all_finite(array):
            self._refuse(array)
        return array

    def _other(self, x: Any) -> Any:
        copied = own(x)
        self._refuse(copied)
        return copied

    def _refuse(self, x: Any) -> None:
        for name, number in not_finite(x, "observation"):
            raise ValueError(f"{name} must be finite, got {number} {self._where()}")

    def _flag(self, x: Any, name: str) -> bool:
        flag = as_flag(x)
        if flag is None:
            raise ValueError(f"{name} must be True or False, got {x!r} {self._where()}")
        return flag

    def _where(self) -> str:
        if not self.fresh:
            return f"at step {self.taken} of the run"
        return f"from the reset after {self.taken} steps" if self.taken else "from the first reset"

    def _explain_reset(self, error: Exception) -> None:
        """ValueError if a reset failed because the bare world's reset is not Gymnasium's."""
        bare: Env = getattr(self.env, "unwrapped", self.env)
        if not takes_seed(bare.reset):
            raise ValueError(f"{CONTRACT}; reset takes no seed{_OLD}") from error
        if bare is self.env:
            return
        try:  # a wrapper may have stumbled over what the world returned
            first = bare.reset()
        except Exception:
            return  # the error that was there before says it
        check_first(first)

    def _explain_step(self, a: Action) -> None:
        """ValueError if the first step failed because the bare world's step is not Gymnasium's."""
        bare: Env = getattr(self.env, "unwrapped", self.env)
        if self.taken > 0 or bare is self.env:
            return
        try:
            result = bare.step(own(a))
        except Exception:
            return  # the error that was there before says it
        check_result(result)


_OLD = ". An environment of the old gym needs a wrapper, such as GymV21CompatibilityV0 of shimmy"


def check_first(first: Any) -> None:
    """ValueError unless this is what reset returns."""
    if not (isinstance(first, tuple) and len(first) == 2 and isinstance(first[1], dict)):
        raise ValueError(f"{CONTRACT}; reset returned {_text(first)}{_OLD}")


def check_result(result: Any) -> None:
    """ValueError unless this is what step returns."""
    if not (isinstance(result, (tuple, list)) and len(result) == 5):
        values = f"{len(result)} values, " if isinstance(result, (tuple, list)) else ""
        raise ValueError(f"{CONTRACT}; step returned {values}{_text(result)}{_OLD}")


def takes_seed(reset: Any) -> bool:
    """Whether reset may be called with seed=..., as far as can be seen."""
    try:
        parameters = inspect.signature(reset).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.name == "seed" or p.kind is p.VAR_KEYWORD for p in parameters)


def _text(x: Any) -> str:
    text = repr(x)
    return text if len(text) < 80 else text[:77] + "..."
