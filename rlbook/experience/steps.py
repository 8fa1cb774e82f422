"""What an `update` is given: one step, or a batch of them, and all of it finite.

A Step is a batch where its reward, `terminated` and `truncated` have an axis; every field then has
one axis more. Agents that learn from each step take a batch step by step, in order: `step_by_step`
says so, and `of_states` of those whose states and actions are numbers. Nothing changes before the
whole batch was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from math import isfinite
from operator import is_
from typing import Any

import numpy as np

from rlbook.experience.plain import all_finite, as_flag, as_float, not_finite, own, scalar

FLAGS = ("terminated", "truncated")
FIELDS = ("s", "a", "r", "s_next", *FLAGS)


def step_by_step(update: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """The update of one step, as one of a Step or of a batch of them, in order."""
    return _of_one_or_many(update, checked)


def of_states(update: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """As `step_by_step`, of an agent whose states and actions are whole numbers."""
    return _of_one_or_many(update, lambda t: numbered(checked(t)))


def _of_one_or_many(
    update: Callable[[Any, Any], None], check: Callable[[Any], Any]
) -> Callable[[Any, Any], None]:
    @wraps(update)
    def of_one_or_many(self: Any, experience: Any) -> None:
        try:
            s, r = experience.s, experience.r
        except AttributeError:
            raise _no_step(experience) from None
        if type(s) is int and type(r) is float and isfinite(r):  # every step of a discrete world
            update(self, experience)
            return
        t = check(experience)
        if type(t.terminated) is bool:
            update(self, t)
        else:
            for step in each(t):
                update(self, step)

    return of_one_or_many


def checked(t: Any) -> Any:
    """A Step with plain numbers, its flags bools; or a batch, its fields arrays of one length.

    ValueError for what is neither, and where a number is not finite.
    """
    try:
        s, a, r, s_next, terminated, truncated = t
    except (TypeError, ValueError):
        raise _no_step(t) from None
    if type(r) is float and isfinite(r) and type(terminated) is bool and type(truncated) is bool:
        pass  # nearly always
    elif not hasattr(t, "terminated"):
        raise _no_step(t)
    else:
        axes = [np.ndim(x) for x in (r, terminated, truncated)]
        if axes == [1, 1, 1]:
            return _batch(t)
        if axes[1:] != [0, 0] or np.size(r) != 1:
            raise _uneven(t)
        r, number = as_float(r), r
        if not isfinite(r):
            raise ValueError(f"r must be a finite number, got {number!r}")
        terminated, truncated = _flag(terminated, "terminated"), _flag(truncated, "truncated")
    if type(s) is not int:
        s = _single(s, "s")
    if type(a) is not int:
        a = _single(a, "a")
    if type(s_next) is not int:
        s_next = _single(s_next, "s_next")
    plain = s, a, r, s_next, terminated, truncated
    return t if all(map(is_, plain, t)) else type(t)(*plain)


def numbered(t: Any) -> Any:
    """A checked Step whose states and actions are ints, of a batch arrays (B,) of them.

    ValueError where they are no whole numbers.
    """
    fields = {name: getattr(t, name) for name in ("s", "a", "s_next")}
    if type(t.terminated) is bool:
        for name, x in fields.items():
            number = scalar(x)
            if not isinstance(number, (int, float)) or number % 1:
                raise ValueError(f"{name} must be a whole number, got {x!r}")
            fields[name] = int(number)
    else:
        for name, x in fields.items():
            if x.ndim != 1 or (x % 1).any():
                raise ValueError(f"{name} of a batch must be whole numbers (B,), got {x!r}")
            fields[name] = x.astype(np.intp)
    return t._replace(**fields)


def each(t: Any) -> Iterator[Any]:
    """The steps of a checked batch, one after another, their numbers plain ones."""
    rows = [x.tolist() if x.ndim == 1 else list(x) for x in t]
    for s, a, r, s_next, terminated, truncated in zip(*rows, strict=True):
        yield type(t)(s, a, float(r), s_next, bool(terminated), bool(truncated))


def kept(t: Any) -> Any:
    """A step to be remembered: its arrays are copied, for they may be somebody else's."""
    return type(t)(*(own(x) for x in t))


def _single(x: Any, name: str) -> Any:
    """A number or an array as it is, but a whole number in an array of no axis as an int."""
    if type(x) is np.ndarray and x.ndim:
        if x.dtype.kind != "f" or all_finite(x):
            return x
    elif isinstance(x, (np.integer, np.ndarray)):
        x = x.item() if x.dtype.kind in "biu" else x
    _refuse(x, name)
    return x


def _refuse(x: Any, name: str) -> None:
    for where, number in not_finite(x, name):
        raise ValueError(f"{where} must be finite, got {number}")


def _flag(x: Any, name: str) -> bool:
    flag = as_flag(x)
    if flag is None:
        raise ValueError(f"{name} must be True or False, got {x!r}")
    return flag


def _batch(t: Any) -> Any:
    """A batch of arrays."""
    try:
        fields = [np.asarray(x) for x in t]
    except ValueError:
        raise _uneven(t) from None
    if {x.shape[:1] for x in fields} != {(fields[2].size,)} or fields[2].size == 0:
        raise _uneven(t)
    for name, x in zip(FIELDS, fields, strict=True):
        kind = x.dtype.kind
        if kind not in "biuf":
            raise ValueError(f"{name} must be an array of real numbers, got {x!r}")
        if kind == "f" and not all_finite(x):
            _refuse(x, name)
        if kind != "b" and name in FLAGS and not np.isin(x, (0, 1)).all():
            raise ValueError(f"{name} must be True or False, got {x!r}")
    return type(t)(*fields)


def _uneven(t: Any) -> ValueError:
    shapes = ", ".join(f"{name} {_shape(x)}" for name, x in zip(FIELDS, t, strict=True))
    return ValueError(
        "experience must be one Step, r and its flags numbers, or a batch with an axis more in "
        f"every field, of one length and not empty, got the shapes {shapes}"
    )


def _shape(x: Any) -> Any:
    try:
        return np.shape(x)
    except ValueError:
        return "ragged"


def _no_step(x: Any) -> ValueError:
    text = repr(x)
    short = text if len(text) < 60 else text[:57] + "..."
    return ValueError(f"experience must be a Step or a batch of them, see `batch`, got {short}")
