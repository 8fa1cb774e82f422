"""Every public name says what it computes, of what, and what it refuses.

A docstring holds an equation or its source, each argument of the signature, shapes where there are
arrays, and the errors. It may leave arguments and errors to another: "Arguments and errors as of
`TD`".
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

import rlbook

CALLABLE = [name for name in rlbook.__all__ if callable(getattr(rlbook, name))]
CLASSES = [name for name in CALLABLE if inspect.isclass(getattr(rlbook, name))]

SOURCE = re.compile(r"\[[A-Z]\w+ [^\[\]]*\d[^\[\]]*\]")  # [Zhao (7.20)], [Jang et al. 2017]
RELATION = re.compile(r" (?:=|<-|<=|~) |min_w |\|\^2")  # an indented line with one is an equation
SHAPE = re.compile(r"\((?:\.\.\.|[\w+*^ ]+,|(?:[\w+*^ ]+|\.\.\.)(?:, (?:[\w+*^ ]+|\.\.\.))+)\)")
ARRAY = re.compile(r"ArrayLike|(?:Float|Int|Bool)Array|ndarray|NDArray|\bFeatures\b|\bPolicy\b")
REFERENCE = re.compile(r"[Aa]rguments and errors as of `(\w+)`")
ROW = re.compile(r"(\S(?:.*?\S)?) {2,}(\S.*)")


def parts(doc):
    """A docstring as its title, its code, the rows of its tables [head, text], its sentences."""
    title, _, rest = doc.partition("\n")
    code, rows, prose = [], [], [title]
    for paragraph in re.split(r"\n\s*\n", rest.strip("\n")):
        kind = "code" if paragraph.startswith("    ") else "text"
        for line in paragraph.splitlines():
            if kind == "code" and line.startswith("    "):
                code.append(line.strip())
            elif match := ROW.fullmatch(line):
                kind = "row"
                rows.append([match[1], match[2]])
            elif kind == "row" and line.startswith(" "):
                rows[-1][1] += " " + line.strip()
            else:
                kind = "text"
                prose.append(line.strip())
    return code, rows, " ".join(prose)


def about(doc, name):
    """All that it says of an argument: rows under its name, and clauses such as "name (S, A)"."""
    _, rows, prose = parts(doc)
    found = [
        f"{head} {text}"
        for head, text in rows
        if name in re.findall(r"\w+", re.sub(r"\(.*?\)", "", head))
    ]
    named = rf"(?<![\w'.]){name}(?:(?:,| and) \w+)*"
    says = re.compile(rf"`{name}`|{named},? (?:[(<>]|is |are |makes |from |in [\[(]|below |None)")
    for clause in re.split(r"; |(?<=[.:?]) ", "; ".join([prose, *(text for _, text in rows)])):
        if says.search(clause):
            found.append(clause)
    return found


def lacks(doc, arguments, returned="", fails=True):
    """What a docstring leaves unsaid. arguments: name -> annotation; returned: an annotation."""
    prose = parts(doc)[2]
    found = [] if has_source(doc) else ["equation or source"]
    for name, annotation in arguments.items():
        said = " ".join(about(doc, name))
        if not said:
            found.append(name)
        elif ARRAY.search(annotation) and not SHAPE.search(said):
            found.append(f"shape of {name}")
    if ARRAY.search(returned) and not SHAPE.search(prose):
        found.append("shape of what is returned")
    if fails and "Raises" not in prose:
        found.append("what it raises")
    if "Raises nothing" in prose:
        found.append("a reason to speak of errors")
    return found


def has_source(doc):
    """An equation of its own, or where to find it."""
    return bool(SOURCE.search(" ".join(doc.split())) or RELATION.search("\n".join(parts(doc)[0])))


def with_references(doc, seen=()):
    """A docstring, and those it leaves its arguments and errors to."""
    for other in REFERENCE.findall(" ".join(doc.split())):
        assert other in rlbook.__all__, f"{other} is referred to, and is not public"
        if other not in seen:
            doc += "\n\n" + with_references(inspect.getdoc(getattr(rlbook, other)), (*seen, other))
    return doc


def can_fail(thing):
    """Does its own code raise, or check? A tuple of what it is given cannot fail."""
    makers = [thing]
    if inspect.isclass(thing):
        ours = [kind for kind in thing.__mro__ if kind.__module__.startswith("rlbook")]
        makers = [
            made
            for kind in ours
            for name in ("__init__", "__post_init__")
            if inspect.isfunction(made := vars(kind).get(name))
            and made.__code__.co_filename != "<string>"  # a dataclass made it
        ]
    return any(re.search(r"\braise\b|\bcheck_", inspect.getsource(maker)) for maker in makers)


def arguments(thing):
    """name -> annotation. **options are what the base class takes, **settings are not."""
    if dataclasses.is_dataclass(thing):
        return {field.name: str(field.type) for field in dataclasses.fields(thing)}
    if hasattr(thing, "_fields"):
        said = {k: v for kind in thing.__mro__ for k, v in inspect.get_annotations(kind).items()}
        return {name: str(said[name]) for name in thing._fields}
    makers = [thing]
    if inspect.isclass(thing):
        ours = [kind for kind in thing.__mro__ if kind.__module__.startswith("rlbook")]
        makers = [vars(kind)["__init__"] for kind in ours if "__init__" in vars(kind)]
    found = {}
    for maker in makers:
        parameters = inspect.signature(maker).parameters.values()
        for p in parameters:
            if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                found.setdefault(p.name, str(p.annotation))
        if all(p.kind != p.VAR_KEYWORD or p.name == "settings" for p in parameters):
            break
    return found


def returned(thing):
    """The annotation of what a function gives back."""
    return "" if inspect.isclass(thing) else str(inspect.signature(thing).return_annotation)


@pytest.mark.parametrize("name", CALLABLE)
def test_a_docstring_says_what_of_what_and_what_not(name):
    thing = getattr(rlbook, name)
    own = inspect.getdoc(thing)
    assert has_source(own)
    said = with_references(own)
    assert lacks(said, arguments(thing), returned(thing), can_fail(thing)) == []


@pytest.mark.parametrize("name", CLASSES)
def test_public_methods_have_docstrings(name):
    for method, thing in vars(getattr(rlbook, name)).items():
        own = getattr(thing, "__func__", thing)
        if not method.startswith("_") and (inspect.isfunction(own) or hasattr(own, "__set_name__")):
            assert own.__doc__, f"{name}.{method}"


def well(q: npt.ArrayLike, epsilon: float, rng: np.random.Generator) -> np.ndarray:
    """The policy that draws, and its draw. Returns pi (..., A). [Zhao 5.4]

    q (..., A), the values; epsilon is from 0 to 1.

    rng    a Generator

    Raises ValueError for another epsilon.
    """


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (" [Zhao 5.4]", "", ["equation or source"]),
        (" [Zhao 5.4]", "\n\n    pi = e_a", []),
        (" [Zhao 5.4]", "\n\n    best, of all", ["equation or source"]),
        (" [Zhao 5.4]", " [see there]", ["equation or source"]),
        ("q (..., A), the values; ", "", ["q"]),
        ("q (..., A), the values", "all depends on q here", ["q"]),
        ("q (..., A), the values", "q is what is known", ["shape of q"]),
        ("q (..., A), the values", "q is what is known (or so)", ["shape of q"]),
        ("epsilon is from 0 to 1", "as usual", ["epsilon"]),
        ("epsilon is from 0 to 1", "`epsilon`", []),
        ("rng    a Generator", "a Generator, rng", ["rng"]),
        ("Raises ValueError for another epsilon.", "", ["what it raises"]),
    ],
)
def test_what_a_docstring_leaves_out_is_found(old, new, expected):
    good, of = inspect.getdoc(well), arguments(well)
    assert lacks(good, of, returned(well)) == []
    assert old in good
    assert lacks(good.replace(old, new), of, returned(well)) == expected


def test_a_poor_docstring_is_refused():
    doc = "Draw from the greedy policy, or another.\n\nThe more epsilon, the less it looks at q."
    expected = ["equation or source", "q", "epsilon", "rng", "shape of what is returned"]
    assert lacks(doc, arguments(well), returned(well)) == [*expected, "what it raises"]
    assert lacks("", {}) == ["equation or source", "what it raises"]
    assert lacks("", {}, fails=False) == ["equation or source"]
    assert "a reason to speak of errors" in lacks("Raises nothing.", {})


def test_a_reference_counts_for_what_the_other_says_and_no_more():
    of = arguments(rlbook.NStepSarsa)
    assert list(of) == [
        "n_states", "n_actions", "n", "gamma", "alpha", "epsilon", "rng", "q", "ties",
    ]  # fmt: skip
    doc = "Learns. [Zhao (7.17)]\n\nOther arguments and errors as of `TD`."
    assert lacks(with_references(doc), of) == ["n"]
    assert "rng" in lacks(with_references(doc.replace("`TD`", "`Softmax`")), of)
    with pytest.raises(AssertionError, match="Nobody is referred to"):
        with_references(doc.replace("TD", "Nobody"))


class Bounds(NamedTuple):
    """Two numbers: low = 0."""

    low: float
    high: npt.ArrayLike


def test_fields_are_arguments():
    assert set(arguments(Bounds)) == {"low", "high"}
    assert list(arguments(rlbook.MDP)) == ["p", "s_next", "r", "terminated"]
    assert arguments(rlbook.Agent) == {}
    assert "high" in lacks(inspect.getdoc(Bounds), arguments(Bounds))
