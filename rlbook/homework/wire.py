"""Values as lines of JSON. Arrays keep every bit; nothing that is read can run code."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from rlbook.homework.given import Given


def pack(x: Any) -> str:
    """One line."""
    return json.dumps(_to(x))


def unpack(line: str) -> Any:
    """The value again. Raises ValueError for a line that pack did not make."""
    try:
        return _from(json.loads(line))
    except (KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(f"not understood: {error}") from None


def _to(x: Any) -> Any:
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, Given):
        return {"given": [x.kind, _to(x.values)]}
    if isinstance(x, (np.ndarray, np.generic)):
        x = np.asarray(x)
        if x.dtype.kind not in "biufc":
            return _to(x.tolist())
        if x.dtype.kind == "c":
            x = x.astype(complex)
        elif x.dtype.itemsize > 8 or not x.dtype.isnative:  # no other machine has it
            x = x.astype(float)
        data = base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()
        return {"array": [x.dtype.str, list(x.shape), data]}
    if isinstance(x, (int, float)):
        return x if abs(x) < 2**63 or isinstance(x, float) else float("inf")
    if isinstance(x, complex):
        return _to(np.array(x))
    if isinstance(x, dict):
        return {"dict": [[_to(key), _to(value)] for key, value in x.items()]}
    return {type(x).__name__ if type(x) in (tuple, list) else "tuple": [_to(part) for part in x]}


def _from(x: Any) -> Any:
    if not isinstance(x, dict):
        return x
    ((kind, value),) = x.items()
    if kind == "array":
        dtype = np.dtype(value[0])
        if dtype.kind not in "biufc":
            raise ValueError(f"no array of {dtype}")
        return np.frombuffer(base64.b64decode(value[2]), dtype).reshape(value[1]).copy()
    if kind == "given":
        return Given(value[0], _from(value[1]))
    if kind == "dict":
        return {_key(_from(key)): _from(part) for key, part in value}
    parts = [_from(part) for part in value]
    return tuple(parts) if kind == "tuple" else parts


def _key(x: Any) -> Any:
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x
