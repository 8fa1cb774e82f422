"""One call of a student's function, and all that can go wrong in it, each in one line."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rlbook.homework import given_functions, given_grid, given_worlds
from rlbook.homework.given import MAKERS, Given

KINDS = given_functions, given_grid, given_worlds
"""Loaded with this, so that MAKERS knows all that can be given."""


class Fault(NamedTuple):
    """Why there is no answer.

    kind    "unwritten", "missing", "arguments", "error", "memory", "exit", "time", "died",
            "refused"
    text    in a line
    """

    kind: str
    text: str


class Reply(NamedTuple):
    """What came of a call: an answer and the logs of what was given, or a fault."""

    answer: Any = None
    logs: dict[str, Any] | None = None
    fault: Fault | None = None
    printed: str = ""


class TooLongError(BaseException):
    """A call has lasted too long: raised where it is, so that the line is known."""


class RefusedError(BaseException):
    """Code tried what homework has no need of. No `except Exception` hides it."""


def call(function: Any, args: dict[str, Any], take: int, file: str = "") -> Reply:
    """Call it with copies of the arguments; of what it yields, take so many. Never raises.

    file    the student's, so that its line can be named
    """
    if not callable(function):
        return Reply(fault=Fault("missing", f"is {type(function).__name__}, and not a function"))
    if said := _does_not_fit(function, list(args)):
        return Reply(fault=Fault("arguments", said))
    ready = {name: _copy(x) for name, x in args.items()}
    try:
        answer = plain(function(*ready.values()), take)
    except (KeyboardInterrupt, TooLongError):  # told by who called
        raise
    except BaseException as error:
        return Reply(fault=fault(error, file))
    logs = {name: plain(x.log, 10**6) for name, x in ready.items() if hasattr(x, "log")}
    return Reply(answer, logs)


def _copy(x: Any) -> Any:
    """The student's own, to change at will."""
    if isinstance(x, Given):
        return MAKERS[x.kind](**x.values)
    if isinstance(x, np.ndarray):
        return x.copy()
    return [_copy(part) for part in x] if isinstance(x, list) else x


def plain(x: Any, take: int) -> Any:
    """Arrays, numbers, texts, tuples, lists and dicts of them; what yields becomes a list."""
    if x is None or isinstance(x, (bool, int, float, str, complex)):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        return np.array(x) if np.asarray(x).dtype != object else plain(np.asarray(x).tolist(), take)
    if isinstance(x, dict):
        return {key: plain(value, take) for key, value in x.items()}
    if isinstance(x, (tuple, list)):
        parts = [plain(part, take) for part in x]
        return tuple(parts) if isinstance(x, tuple) else parts
    if hasattr(x, "__array__"):  # a tensor, a series
        return np.array(x)
    if isinstance(x, Iterable):
        return [plain(part, take) for part in islice(x, take)]
    return f"an object of {type(x).__name__}"


def _does_not_fit(function: Callable[..., Any], names: Sequence[str]) -> str:
    """How the signature differs from the one of the stub, if calling it must fail."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C: it has no signature to ask
        return ""
    try:
        signature.bind(*names)
    except TypeError:
        return f"takes {signature}, and must take ({', '.join(names)})"
    return ""


def fault(error: BaseException, file: str = "") -> Fault:
    """An error of a student's code, in a line that says where."""
    if isinstance(error, NotImplementedError):
        return Fault("unwritten", "raises NotImplementedError")
    where = _line(error, file)
    if isinstance(error, SystemExit):
        return Fault("exit", f"ends the program (exit){where}: return instead")
    if isinstance(error, TooLongError):
        return Fault("time", f"takes longer than {error}{where}: a loop without an end?")
    if isinstance(error, MemoryError):
        return Fault("memory", f"asks for more memory than is allowed{where}")
    if isinstance(error, RecursionError):
        return Fault("error", f"calls itself without an end{where}")
    if isinstance(error, RefusedError):
        return Fault("refused", f"{error}{where}: not allowed here")
    if isinstance(error, SyntaxError):
        return Fault("error", f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}")
    text = " ".join(str(error).split())[:200]
    return Fault("error", f"raises {type(error).__name__}{text and ': '}{text}{where}")


def _line(error: BaseException, file: str) -> str:
    """The last line of the student's own file that led to it."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if file and Path(frame.filename).name == Path(file).name
    ]
    if not frames:
        return ""
    code = frames[-1].line or ""
    return f", in line {frames[-1].lineno}: {code if len(code) < 60 else code[:57] + '...'}"
