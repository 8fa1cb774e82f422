"""What numpy makes of numbers, in plain form: Python's own numbers, own copies, what is not finite.

numpy has many shapes for one number: a scalar of its own, an array without an axis, an array of one
element. They mean the same, and are the same here.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from math import isfinite
from typing import Any

import numpy as np

SHORT = 64
"""An array of so many numbers is looked at faster as a list."""


def own(x: Any) -> Any:
    """A copy that nobody else can write to; numbers and texts are themselves."""
    if type(x) is np.ndarray:
        return np.array(x)
    if isinstance(x, (np.generic, int, float, str)) or x is None:
        return x
    return tuple(own(y) for y in x) if type(x) is tuple else deepcopy(x)


def scalar(x: Any) -> Any:
    """The Python number in a numpy scalar or an array of one element; what is neither, itself."""
    if isinstance(x, (np.ndarray, np.generic)) and x.size == 1:
        return x.item()
    return x


def as_float(x: Any) -> float:
    """A number as a float, NaN for what is none; an array of one element is one."""
    try:
        if type(x) is int or isinstance(x, float):
            return float(x)
        return float("nan") if isinstance(x, str) else float(scalar(x))
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def as_flag(x: Any) -> bool | None:
    """True or False, None for what is neither; 0 and 1 are, and an array of one element."""
    flag = scalar(x)
    return bool(flag) if isinstance(flag, (bool, int, float)) and flag in (0, 1) else None


def all_finite(x: Any) -> bool:
    """Whether an array holds neither NaN nor infinity."""
    if x.size <= SHORT and x.ndim == 1 and isfinite(sum(x.tolist())):
        return True
    return bool(np.isfinite(x).all())


def not_finite(x: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The name and value of what is not finite in an array, or in arrays in tuples and dicts."""
    if isinstance(x, dict):
        for key, value in x.items():
            yield from not_finite(value, f"{name}[{key!r}]")
    elif isinstance(x, (tuple, list)):
        for k, value in enumerate(x):
            yield from not_finite(value, f"{name}[{k}]")
    elif isinstance(x, (float, np.floating)) or (
        isinstance(x, np.ndarray) and x.dtype.kind == "f" and not all_finite(x)
    ):
        for where in np.argwhere(~np.isfinite(x)):
            index = ", ".join(str(i) for i in where)
            yield f"{name}[{index}]" if index else name, np.asarray(x)[tuple(where)]
