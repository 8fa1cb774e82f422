"""What is asked of a world and of its spaces, each in one place."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Env: TypeAlias = Any
"""A Gymnasium environment, through its wrappers."""

State: TypeAlias = Any
"""An observation as `reset` and `step` give it: a number, an array, or many with an axis more."""

Action: TypeAlias = Any
"""What `step` takes: a number or an array, or many with an axis more."""


def check_instance(thing: Any, name: str, what: str) -> None:
    """ValueError for a class in the place of what it makes."""
    if isinstance(thing, type):
        kind = thing.__name__
        raise ValueError(f"{name} must be {what}, got the class {kind}: write {kind}()")


def check_env(env: Env) -> None:
    """Something that has spaces: a model is no world."""
    check_instance(env, "env", "an environment")
    if not hasattr(env, "observation_space"):
        hint = ": use TabularEnv(model)" if hasattr(env, "lookahead") else ""
        hint = ": use GridWorld(layout, ...)" if hasattr(env, "table") else hint
        raise ValueError(f"env must be a Gymnasium environment, got {type(env).__name__}{hint}")
    if (n := getattr(env, "num_envs", None)) is not None:
        raise ValueError(
            f"env must be one world, got {type(env).__name__} of {n}: make one with gymnasium.make"
        )
    for name in ("action_space", "reset", "step"):
        if not hasattr(env, name):
            raise ValueError(f"env must have {name}, as Gymnasium's have, got {type(env).__name__}")
    for name in ("observation_space", "action_space"):
        space = getattr(env, name)
        if type(space).__name__ == "Discrete" and not hasattr(space, "start"):
            raise ValueError(
                f"{name} must be one of Gymnasium's spaces, got {space} of the old gym"
            )


def check_discrete(space: Any, name: str, n: int | None = None, whose: str = "") -> int:
    """ValueError unless space is Discrete, from 0, with n elements. Returns how many it has.

    n        None: any number
    whose    who needs it, for the error
    """
    if type(space).__name__ != "Discrete" or space.start != 0 or n not in (None, int(space.n)):
        wanted = "Discrete" if n is None else f"Discrete({n})"
        lead = f"{whose} needs {name}" if whose else f"{name} must be"
        raise ValueError(f"{lead} {wanted} from 0, got {space}{flatten_hint(space, name)}")
    return int(space.n)


def check_tabular(env: Env, name: str, shape: tuple[int, ...] | None = None) -> tuple[int, int]:
    """ValueError unless env has Discrete spaces, from 0. Returns their sizes (S, A).

    name     the table that needs them, for the error
    shape    the shape that it has; None: it is still to be made
    """
    S, A = (
        check_discrete(getattr(env, kind), kind, whose=f"{name} is a table and")
        for kind in ("observation_space", "action_space")
    )
    if shape not in (None, (S, A)):
        raise ValueError(f"{name} must have shape {(S, A)} for this env, got {shape}")
    return S, A


def check_box(space: Any, name: str, n: int) -> None:
    """ValueError unless space is a Box of n numbers, on one axis."""
    if type(space).__name__ != "Box" or space.shape != (n,):
        hint = flatten_hint(space, name)
        if name == "observation_space" and not hint:
            hint = "; gymnasium's FlattenObservation makes one axis of several"
        raise ValueError(f"{name} must be a Box of shape ({n},), got {space}{hint}")


def check_vector(space: Any, name: str) -> int:
    """ValueError unless space is a Box of one axis. Returns how many numbers it has."""
    n = (getattr(space, "shape", None) or (1,))[0]
    check_box(space, name, n)
    return int(n)


def check_real_box(space: Any, name: str, n: int) -> None:
    """ValueError unless space is a Box of n real numbers, on one axis."""
    check_box(space, name, n)
    if np.dtype(space.dtype).kind != "f":
        raise ValueError(
            f"{name} must be a Box of real numbers, for actions are not rounded here, got {space}; "
            "gymnasium's TransformAction, with a function that rounds and a Box of floats, makes "
            "it one"
        )


def flatten_hint(space: Any, name: str) -> str:
    """Which wrapper makes one Box of an observation of several parts? Nothing for other spaces."""
    kinds = "Dict", "Tuple", "MultiDiscrete", "MultiBinary"
    if name != "observation_space" or type(space).__name__ not in kinds:
        return ""
    return "; gymnasium's FlattenObservation makes a Box of it, for features or a network"
