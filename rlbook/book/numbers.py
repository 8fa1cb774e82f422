"""Every number of the book: how it is written, and what is meant by what a reader types.

An id is a kind and a number, "eq:2.12", "fig:3.4a", "box:5.1". Chapters 11 and 12 are not the
book's: their items have names, "ddpg:lqr".
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

KINDS = {
    "eq": "", "fig": "Fig.", "tab": "Table", "alg": "Algorithm", "thm": "Theorem",
    "lemma": "Lemma", "prop": "Proposition", "def": "Definition", "ex": "Example", "box": "Box",
}  # fmt: skip
"""The kinds of numbered things, and the word that the book writes before the number."""

WORDS = {
    "eq": "eq", "eqs": "eq", "eqn": "eq", "equation": "eq", "equations": "eq", "fig": "fig",
    "figs": "fig", "figure": "fig", "figures": "fig", "tab": "tab", "table": "tab",
    "tables": "tab", "alg": "alg", "algorithm": "alg", "algorithms": "alg", "thm": "thm",
    "theorem": "thm", "theorems": "thm", "lemma": "lemma", "lemmas": "lemma", "prop": "prop",
    "proposition": "prop", "def": "def", "definition": "def", "ex": "ex", "example": "ex",
    "examples": "ex", "box": "box", "boxes": "box",
}  # fmt: skip
"""What readers write, in small letters, and the kind that they mean."""

NUMBER = r"(?:10|[1-9])\.\d+"

_TYPED = re.compile(rf"\(?(?:([a-z]+)\.?[ :_-]*)?\(?({NUMBER})\(?([a-z]?)\)?", re.IGNORECASE)


class Number(NamedTuple):
    """One number of the book, chapters 1 to 10.

    name       the formula, or what it is in a few words
    section    where it stands in the book, "2.4"
    state      "" where it can be computed or tested; "drawing": nothing to compute; "step": a line
               in the proof of `of`; "proof": a box that proves `of`
    of         the id of what a step belongs to, or of what a box proves
    """

    name: str
    section: str
    state: str = ""
    of: str = ""


@cache
def numbers() -> dict[str, Number]:
    """All numbers of the book in its order, by id."""
    text = resources.files("rlbook").joinpath("data/numbers.json").read_text(encoding="utf-8")
    return {name: Number(*row) for name, row in json.loads(text).items() if name != "about"}


def whole(name: str) -> str:
    """Of which number an id is a part: fig:3.4a of fig:3.4. alg:8.3b is the second 8.3."""
    return name if name in numbers() else re.sub(r"(?<=\d)[a-z]$", "", name)


def label(name: str) -> str:
    """An id as the book writes it: "fig:3.4a" is Fig. 3.4(a), "eq:2.12" is (2.12)."""
    kind, _, number = name.partition(":")
    if kind == "eq":
        return f"({number})"
    if name == "alg:8.3b":
        return "Algorithm 8.3, the second"  # the book has two of this number
    number = re.sub(r"(?<=\d)[a-z]$", r"(\g<0>)", number)
    return f"{KINDS[kind]} {number}" if kind in KINDS else name


def ids_of(text: str, known: Iterable[str]) -> list[str]:
    """The ids among the known ones that a reader means: "7.20", "(2.12)", "Fig. 3.4a", "fig3.4".

    A number without a kind is all that has it, equations first; a number without a part is all of
    its parts.
    """
    if (typed := _TYPED.fullmatch(text.strip())) is None:
        return [name for name in known if name == text.strip().lower()]
    word, number = (typed[1] or "").lower(), typed[2] + typed[3].lower()
    if word and word not in WORDS:
        return []
    wanted = [WORDS[word]] if word else list(KINDS)
    found = {
        name: wanted.index(kind)
        for name in known
        for kind, _, own in [name.partition(":")]
        if kind in wanted and re.fullmatch(re.escape(number) + "[a-z]?", own)
    }
    return sorted(found, key=lambda name: found[name])


def lecture(section: str) -> str:
    """The author's lecture on a section, "7.2.1", or on the smallest that holds it and has one."""
    titles = _lectures()
    while section not in titles:
        section = section.rpartition(".")[0]
    return titles[section]


@cache
def _lectures() -> dict[str, str]:
    text = resources.files("rlbook").joinpath("data/lectures.json").read_text(encoding="utf-8")
    return json.loads(text)


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """What to add to an error: "; did you mean ...?" with what is most alike, or nothing."""
    alike = difflib.get_close_matches(text.lower(), list(known), 3, 0.6)
    return f"; did you mean {' or '.join(alike)}?" if alike else ""
