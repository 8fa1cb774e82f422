"""What a student's function returned, as the arrays that were asked for.

Students write lists, generators, columns, 32 bits, action numbers in place of a policy. All of them
are read; a remark says so where it matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rlbook.checks import FloatArray


class MisreadError(Exception):
    """What was returned is not what was asked for, in one line."""


def read(given: Any, like: Any, names: Sequence[str], remarks: set[str]) -> Any:
    """`given` in the form of `like`, what the solution returned: an array, a tuple, a list.

    Adds to the remarks. Raises MisreadError.
    """
    if given is None:
        wanted = _wanted(like, names)
        raise MisreadError(f"nothing is returned: {wanted} is wanted. Is a return missing?")
    if isinstance(like, list):
        return _iterates(given, like, names, remarks)
    if isinstance(like, tuple):
        if not isinstance(given, (tuple, list)) or len(given) != len(like):
            raise MisreadError(f"returns {_form(given)}; {_wanted(like, names)} is wanted")
        try:
            return _parts(given, like, names, remarks)
        except MisreadError as error:
            if _readable(given[::-1], like, names):
                raise MisreadError(f"{error}: is the order {_tuple(names)} exchanged?") from None
            raise
    return _array(given, np.asarray(like, dtype=float), names[0], remarks)


def _iterates(given: Any, like: list[Any], names: Sequence[str], remarks: set[str]) -> list[Any]:
    """One entry for each step; only the last is accepted, too."""
    n = len(like)
    try:
        last = read(given, like[-1], names, set(remarks))
    except MisreadError:
        pass  # then it must be a list of them, as was asked
    else:
        if n > 1:
            remarks.add("Only the last step is returned, so only that was checked.")
        return [last]
    if not isinstance(given, Iterable) or isinstance(given, (str, dict)):
        raise MisreadError(f"returns {_form(given)}; {_wanted(like, names)} is wanted")
    steps = list(given)
    if len(steps) < n:
        count = f"{len(steps)} {'entry' if len(steps) == 1 else 'entries'}"
        raise MisreadError(f"returns {count} for {n} step{'s' * (n > 1)}: one for each is wanted")
    read_steps = []
    for k, step in enumerate(steps):
        try:
            read_steps.append(read(step, like[0], names, remarks))
        except MisreadError as error:
            if isinstance(like[0], tuple) and len(steps) == len(like[0]) and _lists_of(n, steps):
                said = f"returns {len(steps)} lists; {_wanted(like, names)} is wanted"
                raise MisreadError(said) from None
            raise MisreadError(f"entry {k} of the list: {error}") from None
    return read_steps


def _parts(given: Any, like: Any, names: Sequence[str], remarks: set[str]) -> tuple[Any, ...]:
    return tuple(
        read(part, wanted, [name], remarks)
        for part, wanted, name in zip(given, like, names, strict=True)
    )


def _readable(given: Any, like: Any, names: Sequence[str]) -> bool:
    try:
        _parts(given, like, names, set())
    except MisreadError:
        return False
    return True


def _lists_of(n: int, parts: list[Any]) -> bool:
    """Is every part a list of n, as if each had been collected on its own?"""
    return all(isinstance(part, (list, np.ndarray)) and len(part) == n for part in parts) and n > 1


def _wanted(like: Any, names: Sequence[str]) -> str:
    """What should be returned, in words."""
    if isinstance(like, list):
        entry = _tuple(names) if isinstance(like[0], tuple) else names[0]
        return f"a list with {'a tuple ' * isinstance(like[0], tuple)}{entry} for each step"
    return f"a tuple {_tuple(names)}" if isinstance(like, tuple) else names[0]


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"


def _array(given: Any, like: FloatArray, name: str, remarks: set[str]) -> FloatArray:
    if isinstance(given, dict):
        given = _from_dict(given, name, remarks)
    try:
        x = np.asarray(given)
    except ValueError:
        raise MisreadError(f"{name} must be an array, got rows of different lengths") from None
    if x.dtype.kind == "c":
        raise MisreadError(f"{name} must hold real numbers, got complex ones")
    if x.dtype.kind not in "biuf":
        raise MisreadError(f"{name} must hold real numbers, got {_form(given)}")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if x.dtype.itemsize < 8:
        remarks.add("The numbers have 32 bits or fewer: differences below that were let pass.")
    if x.shape == like.shape:
        return x
    if name == "pi" and x.shape in (like.shape[:-1], (*like.shape[:-1], 1)):
        return _from_actions(x.reshape(like.shape[:-1]), like.shape[-1], remarks)
    grid = like.ndim == 1 and x.ndim == 2  # a value for each cell, rows one below the other
    if x.size == like.size and (grid or _long(x.shape) == _long(like.shape)):
        remarks.add(f"{name} is read as if it had the shape that was asked for.")
        return x.reshape(like.shape)
    raise MisreadError(
        f"{name} must {f'have shape {like.shape}' if like.ndim else 'be a number'}, got "
        f"{f'shape {x.shape}' if x.ndim else 'a number'}"
    )


def _long(shape: tuple[int, ...]) -> list[int]:
    """The axes that are longer than 1: a column and a row are a vector."""
    return [n for n in shape if n != 1]


def _from_dict(given: dict[Any, Any], name: str, remarks: set[str]) -> list[Any]:
    """{0: v, 1: w} as [v, w]; {(x, y): v} row by row."""
    try:
        if given and all(isinstance(key, tuple) for key in given):
            columns, rows = (1 + max(int(key[axis]) for key in given) for axis in (0, 1))
            cells = [(k % columns, k // columns) for k in range(len(given))]
            if set(cells) == set(given) and columns * rows == len(given):
                remarks.add(f"{name} is a dict with keys (x, y): read row by row.")
                return [given[xy] for xy in cells]
        keys = sorted(given, key=int)
        if [int(key) for key in keys] == list(range(len(keys))):
            return [given[key] for key in keys]
    except (TypeError, ValueError, IndexError):
        pass  # keys that are no numbers: the error below says so
    raise MisreadError(f"{name} must be an array, or a dict with keys 0, 1, 2, ...")


def _from_actions(x: FloatArray, A: int, remarks: set[str]) -> FloatArray:
    """The action of each state as a policy."""
    if not np.isin(x, np.arange(A)).all():
        raise MisreadError(f"pi must hold actions from 0 to {A - 1}, got {x.ravel()[:5]}")
    remarks.add("pi holds one action for each state: read as a policy that always takes it.")
    return np.eye(A)[x.astype(int)]


def _form(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    return f"{type(x).__name__} {x!r}"[:60]
