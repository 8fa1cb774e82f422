"""The items of the book: what was printed, what came out, and the verdict.

An item is a function of a chapter. It asks one question, computes, draws on the figure it is given
and returns a Result. The verdict is computed from the two sides, never written by hand:

    agrees         every number within half a unit of its last printed digit plus 1e-4, every
                   printed action among the best ones, every claim true
    differs        outside, in exactly the cells and by as much as the item declares, with a reason
    statistical    some of it depends on chance, and passes a test that fails by accident at most
                   once in 1000 runs of the item (claims.py); the rest agrees
    shape          no numbers are stated that would say more: a stated property holds
    fails          anything else
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rlbook.book.claims import ALARM, Bound, Claim, Reference, cells, hold
from rlbook.book.numbers import did_you_mean, ids_of, numbers
from rlbook.checks import BoolArray, FloatArray

Table = npt.NDArray[Any]
Side = npt.ArrayLike | Claim | Bound | Reference
Kind = Literal["exact", "shape"]

SLACK = 1e-4
"""What a number may be off beyond half a unit of its last printed digit."""


class Comparison(NamedTuple):
    """One part of a Result, cell by cell; all arrays of one shape."""

    name: str
    printed: Table
    computed: Table
    difference: FloatArray  # 0 or 1 where the cells are not numbers
    tolerance: FloatArray
    test: str = ""  # of a claim about chance: its test in words, and its numbers
    evidence: Mapping[str, Any] | None = None

    @property
    def outside(self) -> BoolArray:
        """The cells whose difference is above the tolerance, or is no number at all."""
        return ~(self.difference <= self.tolerance)


class Part(NamedTuple):
    """One thing that an item compares, or claims.

    name        what it is; "" where a Result has a single part
    expected    what the book says, or what follows from it: numbers, texts such as "5.8" (as
                `printed` gives them), letters, true and false. Beside a claim about chance it may
                also be a `Reference`, `at_least(x)` or `at_most(x)`: see claims.py
    found       what came out, of the same size; a policy is compared with `best_actions(q)`. What
                depends on chance is an `Estimate` or a `Share`
    within      the largest difference between numbers; None: 1e-4, and half a unit of the last
                digit more where a text shows decimals. Letters and true and false agree or do not;
                a claim about chance has its test
    """

    name: str
    expected: Side
    found: Side
    within: float | None = None


class Result:
    """What an item found, part by part, and the verdict.

        Result(
            Part("v", printed("fig:8.6", "v"), v),
            Part("runs that end with a best policy", at_least(0.9), share_of(best)),
            note="Ten seeds.",
        )

    parts      each a `Part`, with a name of its own
    kind       "exact" or "shape"; with a claim about chance an item is statistical
    differs    {(part, row, col): found - expected} for cells known to differ, to 1e-3
    note       what a reader should know, in one line or several; with `differs`, the reason
    frames     images (H, W, 3) to be saved as an animation, each shown for frame_seconds

    Raises ValueError for no parts or two of one name, two sides that do not fit, a `within` beside
    a claim about chance, a `differs` without a reason or of a cell that is not there.
    """

    def __init__(
        self,
        *parts: Part,
        kind: Kind = "exact",
        differs: Mapping[tuple[Any, ...], float] | None = None,
        note: str = "",
        frames: Iterable[npt.NDArray[np.uint8]] = (),
        frame_seconds: float = 0.4,
    ) -> None:
        names = [part.name for part in parts if isinstance(part, Part)]
        if not names or len(set(names)) < len(parts):
            raise ValueError(f"parts must be Parts with names of their own, got {parts}")
        if kind not in ("exact", "shape"):
            raise ValueError(f"kind must be exact or shape, got {kind!r}")
        if differs and not note:
            raise ValueError("note must give the reason of what differs, got none")
        self.parts, self.kind, self.differs = parts, kind, differs or {}
        self.note, self.frames, self.frame_seconds = note, frames, frame_seconds
        places = {(c.name, *i) for c in self.comparisons for i in np.ndindex(c.difference.shape)}
        if unknown := set(self.differs) - places:
            raise ValueError(f"differs must name cells (part, row, col), got {sorted(unknown)}")

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The parts, compared cell by cell."""
        chance = [part.found for part in self.parts if isinstance(part.found, Claim)]
        alarm = ALARM / max(1, sum(map(cells, chance)))  # shared by all that may go wrong
        return [_compare(part, alarm) for part in self.parts]

    @property
    def alarm(self) -> float:
        """How often the item fails by chance, at most, although all that it claims is true."""
        return ALARM if any(c.test for c in self.comparisons) else 0.0

    @property
    def max_difference(self) -> float:
        """The largest difference of any cell; a letter that does not agree counts 1."""
        return float(np.max([c.difference.max() for c in self.comparisons]))

    @property
    def max_tolerance(self) -> float:
        """The largest tolerance of any cell."""
        return float(np.max([c.tolerance.max() for c in self.comparisons]))

    @property
    def verdict(self) -> str:
        """One word, from the two sides."""
        outside = {
            (c.name, *(int(i) for i in where)): float(c.computed[where]) - float(c.printed[where])
            if is_number(c.printed[where]) and is_number(c.computed[where])
            else np.nan
            for c in self.comparisons
            for where in map(tuple, np.argwhere(c.outside))
        }
        if outside.keys() != self.differs.keys() or not all(
            abs(outside[cell] - self.differs[cell]) <= 1e-3 for cell in outside
        ):
            return "fails"
        if outside:
            return "differs"
        if self.alarm:
            return "statistical"
        return {"exact": "agrees", "shape": "shape"}[self.kind]


@dataclass(frozen=True)
class Item:
    """A function of a chapter that answers for one or more ids of the book."""

    ids: tuple[str, ...]
    chapter: str
    function: Callable[..., Result]
    shares: str = ""  # items with the same word use each other's runs: one process does them
    load: CodeType | None = field(
        default=None, repr=False, compare=False
    )  # the code that registered it

    @property
    def title(self) -> str:
        """The question that the item asks: the first line of its docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


ITEMS: dict[str, Item] = {}
"""Every item whose chapter has been loaded, by id, in the order of the book."""


def item(*ids: str, shares: str = "") -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Register a function (fig, rng) that returns a Result under its ids.

    Its docstring begins with its question. It may also take `quick`, true where a faint answer will
    do (fewer seeds, fewer samples), and `progress`, to be put around a long loop:

        for t in progress(interact(...), total=1_000_000): ...

    Items that say they share the same thing are done by one process, one after the other, so that
    what one of them has run need not be run again.

    A file that is loaded again, by %run or `reload` say, registers its items anew, and so does the
    cell of a notebook. Raises ValueError for no ids, an id that is taken, a missing docstring.
    """

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        file = Path(function.__code__.co_filename).stem
        new = Item(ids, file, function, shares, sys._getframe(1).f_code)
        if not ids or not new.title:
            raise ValueError(f"an item needs an id and a docstring, got {ids}, {new.title!r}")
        old = {name: ITEMS[name] for name in ids if name in ITEMS}
        if taken := [name for name, item in old.items() if not _loaded_again(item, new)]:
            raise ValueError(f"ids must be new, got {taken} again")
        for name in {name for item in old.values() for name in item.ids}:
            ITEMS.pop(name, None)
        ITEMS.update(dict.fromkeys(ids, new))
        return function

    return register


def _loaded_again(old: Item, new: Item) -> bool:
    """Whether the two are of one place, and of two loads of it: each load has a code of its own."""
    names = old.function.__globals__, new.function.__globals__
    return old.load is not new.load and (old.chapter == new.chapter or names[0] is names[1])


def load_chapters() -> None:
    """Load every chapter, from a checkout or from an installed package, and so fill ITEMS."""
    here = Path(__file__).parents[1]
    folders = [f for f in (here / "chapters", here.parent / "chapters") if f.is_dir()]
    for path in sorted(folders[0].glob("ch*.py")) if folders else ():
        name = f"rlbook.chapters.{path.stem}"
        if name not in sys.modules:
            spec = spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = module = module_from_spec(spec)
            spec.loader.exec_module(module)
    first: dict[str, float] = {}  # chapter 8 has two files: the one with the earlier figure first
    for thing in ITEMS.values():
        number = re.search(r"\.(\d+)", thing.ids[0])
        first.setdefault(thing.chapter, int(number[1]) if number else 0)
    order = sorted(ITEMS.items(), key=lambda x: (x[1].chapter[:4], first[x[1].chapter]))
    ITEMS.clear()
    ITEMS.update(order)


def select(words: Iterable[str]) -> list[Item]:
    """The items that are meant, in the order of the book.

    words    ids ("fig:3.4a"), numbers as one writes them ("Fig. 3.4a", "3.4" for all that has this
             number), chapters ("ch03", "3", "chapters/ch03_optimality.py"); none at all: every item

    Raises ValueError for a word that means nothing, or a number that has no item.
    """
    chosen: list[Item] = []
    for word in words:
        found = [ITEMS[name] for name in ids_of(word, ITEMS)] or _of_chapter(word)
        if not found and ids_of(word, numbers()):
            renamed = RENAMED.get(word, "")
            raise ValueError(f"{word!r} has no item to run: see rlbook show {word}{renamed}")
        if not found:
            chapters = {
                name for item in ITEMS.values() for name in (item.chapter[:4], item.chapter)
            }
            hint = did_you_mean(word, [*ITEMS, *chapters]) or "; `rlbook list` shows all"
            raise ValueError(f"{word!r} is neither an item nor a chapter{hint}")
        chosen += found
    every = list(dict.fromkeys(ITEMS.values()))
    return [item for item in every if item in chosen] if chosen else every


RENAMED = {"fig:1.5": "; the item of this name is Fig. 1.6 of the book: fig:1.6"}
"""What to say to who uses an id of before."""


def _of_chapter(word: str) -> list[Item]:
    """The items of a chapter, or of one of its files: "ch03", "3", "chapters/ch08_dqn.py"."""
    name = word.strip().lower().rpartition("/")[2].removesuffix(".py")
    number = re.fullmatch(r"(?:ch(?:apter)?[ .]*)?0*(\d+)", name)
    wanted = f"ch{int(number[1]):02}" if number else name
    return [item for item in ITEMS.values() if wanted in (item.chapter, item.chapter[:4])]


def silent(iterable: Iterable[Any], total: int) -> Iterable[Any]:
    """The progress of an item that nobody watches."""
    return iterable


def printed(name: str, part: str | None = None) -> Any:
    """What the book prints under an id: {part: table of texts}, or one part of it.

    Numbers keep the digits they are printed with. Raises ValueError for an unknown id or part.
    """
    try:
        parts = {key: _table(text) for key, text in _printed_texts()[name].items()}
        return parts if part is None else parts[part]
    except KeyError as error:
        raise ValueError(f"no printed numbers under {error} for {name!r}") from None


def reference(name: str, part: str) -> Reference:
    """What another program found under an id: `benchmarks/references.py`, which made it, says how.

    Of a share, which is a count of runs, sd is that of a run that counts or does not. Raises
    ValueError for an unknown id or part.
    """
    try:
        entry = _references()[name]["parts"][part]
    except KeyError as error:
        raise ValueError(f"no reference under {error} for {name!r}") from None
    if "exact" in entry:
        mean, sd = (_number_or_table(entry.get(key, 0.0)) for key in ("exact", "sd"))
        return Reference(mean, sd, np.inf)
    if "count" in entry:
        p = entry["count"] / entry["runs"]
        return Reference(p, (p * (1 - p)) ** 0.5, entry["runs"])
    return Reference(entry["mean"], entry["sd"], entry["runs"])


def printed_parts(name: str, found: Mapping[str, Any], within: float | None = None) -> list[Part]:
    """Parts of what the book prints under an id, each beside what came out: {part: found}.

    Raises ValueError for an id or a part that is not printed.
    """
    return [Part(part, printed(name, part), x, within) for part, x in found.items()]


def listed(numbers: Mapping[str, Any] | Iterable[Any], digits: str = "") -> str:
    """Numbers for a note, "0.31, 0.28" or with their names, "a 0.31, b 0.28"."""
    if isinstance(numbers, Mapping):
        return ", ".join(f"{name} {x:{digits}}" for name, x in numbers.items())
    return ", ".join(f"{x:{digits}}" for x in numbers)


def best_actions(q: npt.ArrayLike, letters: str = "URDLS", tol: float = 1e-9) -> Table:
    """For each state the letters of all actions within tol of the best, such as "RD".

    q (S, A); returns texts (S,). With a policy instead of q: the letters of its likeliest actions.
    """
    q = np.asarray(q, dtype=float)
    best = q >= q.max(-1, keepdims=True) - tol
    return np.array(["".join(c for c, b in zip(letters, row, strict=True) if b) for row in best])


@cache
def _printed_texts() -> dict[str, dict[str, str]]:
    text = resources.files("rlbook").joinpath("data/printed.json").read_text(encoding="utf-8")
    return {name: parts for name, parts in json.loads(text).items() if name != "about"}


@cache
def _references() -> dict[str, Any]:
    text = resources.files("rlbook").joinpath("data/references.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    del found["about"]
    return found


def _number_or_table(x: Any) -> float | FloatArray:
    return np.array(x) if isinstance(x, list) else float(x)


def _table(text: str) -> Table:
    """Rows parted by "/", cells by blanks; a row of letters alone has a cell a letter."""
    rows = [row.split() for row in text.split("/")]
    if all(len(row) == 1 and row[0].isalpha() for row in rows):
        rows = [list(row[0]) for row in rows]
    table = np.array(rows)
    return table[0] if len(table) == 1 else table


def _compare(part: Part, alarm: float) -> Comparison:
    """The two sides, cell by cell; a claim about chance fails by accident at the rate alarm."""
    name, expected, found, within = part
    if isinstance(found, Claim):
        if within is not None:
            raise ValueError(f"within must be None for {name!r}: its claim has a test")
        return Comparison(name, *hold(expected, found, alarm))
    left, right = np.asarray(expected), np.asarray(found)
    if left.size != right.size or left.size == 0:
        raise ValueError(f"found of {name!r} must have shape {left.shape}, got {right.shape}")
    right = right.reshape(left.shape)
    difference, allowed = np.zeros(left.shape), np.zeros(left.shape)
    for cell in np.ndindex(left.shape):
        x, y = left[cell], right[cell]
        if is_number(x) and is_number(y):
            difference[cell] = abs(float(y) - float(x))
            allowed[cell] = _half_unit(x) + SLACK if within is None else within
        else:  # a printed letter must be among the computed ones, a claim must be equal
            difference[cell] = 0.0 if str(x) in str(y) and str(x) else 1.0
    return Comparison(name, left, right, difference, allowed)


def is_number(x: Any) -> bool:
    """Whether x is a number, or a text that says one; true and false are claims, not numbers."""
    if isinstance(x, (bool, np.bool_)):
        return False
    try:
        float(x)
    except ValueError:
        return False
    return True


def _half_unit(x: Any) -> float:
    """Half a unit of the last decimal of a text; a number without decimals is exact."""
    decimals = len(x.partition(".")[2]) if isinstance(x, str) else 0
    return 0.5 * 10.0**-decimals if decimals else 0.0
