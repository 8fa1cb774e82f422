"""Cases, numbers and places in words that a student knows from the book.

Code counts states from 0, the book from 1: v[1] is the value of state s2. Both are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

AXES = {"v": "s", "r_pi": "s", "q": "sa", "pi": "sa", "R": "sa", "P_pi": "st", "d": "s"}
AXES |= {"P": "sat", "s_next": "sa", "g": "sa"}
"""What the axes of an array are, by its letter: s a state, a an action, t a next state."""

_AXIS = {"s": "state s{}", "t": "next state s{}", "a": "action a{}"}

LARGEST = 6
"""A model of more states is not written out: it is given a name."""


def shown(x: Any) -> str:
    """A number, or an array in few digits: 0.5, [1, -0.25]."""
    x = np.asarray(x)
    if x.dtype.kind == "b" and x.ndim == 0:
        return str(bool(x))
    if x.ndim == 0:
        return f"{float(x):.6g}" if x.dtype.kind in "iuf" else str(x)
    if x.size > 12 * max(1, x.shape[-1] // 12) and x.size > 60:
        return f"an array of shape {x.shape}"
    return "[" + ", ".join(shown(part) for part in x) + "]"


def place(name: str, at: tuple[int, ...]) -> str:
    """An entry as code and book call it: "v_1[2] (state s3)"."""
    if not at:
        return name
    axes = AXES.get(name, AXES.get(name.rpartition("_")[0], ""))
    index = f"{name}[{', '.join(map(str, at))}]"
    if len(axes) != len(at):
        return index
    told = (_AXIS[axis].format(i + 1) for axis, i in zip(axes, at, strict=True))
    return f"{index} ({', '.join(told)})"


def case_in_words(args: Mapping[str, Any]) -> list[str]:
    """A case, argument by argument; a model as a list of what its actions do."""
    return [line for text in _lines(args) for line in text.split("\n")]


def _lines(args: Mapping[str, Any]) -> Iterator[str]:
    if "P" in args and "R" in args:
        yield from _model(np.asarray(args["P"]), np.asarray(args["R"]))
        args = {name: x for name, x in args.items() if name not in ("P", "R")}
    for name, x in args.items():
        if isinstance(x, list) and x and all(isinstance(row, str) for row in x):  # a drawing
            yield "\n  ".join([f"{name}:", *x])
            continue
        if name == "episodes" and isinstance(x, list):
            yield "\n".join(f"{name}[{k}] = {steps_in_words(steps)}" for k, steps in enumerate(x))
            continue
        if name == "batches":  # of different lengths
            yield f"{name} = {[list(map(int, batch)) for batch in x]}"
            continue
        tell: Callable[[], str] | None = getattr(x, "in_words", None)
        yield f"{name}: {tell()}" if tell else f"{name} = {shown(x)}"


def steps_in_words(steps: Iterable[Sequence[float]]) -> str:
    """The steps of an episode: "[(0, 1, 0.5), (2, 0, -1)]", each (s, a, r)."""
    return "[" + ", ".join("(" + ", ".join(map(shown, step[:3])) + ")" for step in steps) + "]"


def _model(P: Any, R: Any) -> Iterator[str]:
    S, A = R.shape
    if S > LARGEST:
        yield f"a model with {S} states and {A} actions"
        return
    yield f"{_count(S, 'state')}, {_count(A, 'action')}"
    for s in range(S):
        for a in range(A):
            to = [
                f"s{t + 1}" + (f" ({shown(p)})" if p < 1 else "")
                for t, p in enumerate(P[s, a])
                if p
            ]
            yield f"  s{s + 1}, a{a + 1}: reward {shown(R[s, a])}, to {' or '.join(to)}"


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
