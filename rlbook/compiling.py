"""Compiled by numba, where a loop over numbers is slow: here numba comes in. The extra `fast`."""

from __future__ import annotations

import warnings
from functools import cache, partial
from tempfile import TemporaryFile
from typing import Any

import numba
from numba import types
from numba.extending import intrinsic


def jit(function: Any, **how: Any) -> Any:
    """The function, compiled by numba; without a cache of machine code where there can be none."""
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


def _borrowed(_: Any, x: Any) -> Any:
    """The arrays in a named tuple, or one array, as the caller holds them.

    numba counts who holds an array wherever one is passed on, to an inlined function, too: that
    takes longer than a step of a loop. Nobody counts for these, so they must not be returned.
    """

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        nobody = context.get_constant_null(types.MemInfoPointer(types.voidptr))  # type: ignore[no-untyped-call]

        def view(kind: Any, value: Any) -> Any:
            if isinstance(kind, types.Array):
                array = context.make_array(kind)(context, builder, value)
                array.meminfo = nobody
                return array._getvalue()
            return value

        if isinstance(x, types.Array):
            return view(x, values[0])
        fields = [view(kind, builder.extract_value(values[0], k)) for k, kind in enumerate(x)]
        return context.make_tuple(builder, x, fields)

    return x(x), build


borrowed: Any = intrinsic(_borrowed)
