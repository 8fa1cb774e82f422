"""Compiled by numba, where a loop over numbers is slow: here numba comes in. The extra `fast`."""

from __future__ import annotations

import warnings
from functools import cache, partial
from tempfile import TemporaryFile
from typing import Any

import numba


def jit(function: Any, **how: Any) -> Any:
    """The function, compiled by numba; without its cache of machine code where none can be had."""
    try:
        compiled = numba.njit(cache=True, error_model="numpy", **how)(function)
        _try(compiled.stats.cache_path)
        return compiled
    except (RuntimeError, OSError):  # no folder may be written, or the disk is full
        _say()
        return numba.njit(error_model="numpy", **how)(function)


inline = partial(jit, inline="always")


@cache
def _try(folder: str) -> None:
    """OSError unless there is room for what all loops of rlbook compile to."""
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(2**21))


@cache
def _say() -> None:
    warnings.warn(
        "numba can write no cache: each process that needs compiled loops compiles them again, "
        "for some seconds. Set NUMBA_CACHE_DIR to a folder that can be written",
        RuntimeWarning,
        stacklevel=3,
    )
