"""Is a student's function right? If not: which equation breaks, where, and what it looks like."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.calling import Fault, Reply
from rlbook.homework.calling import call as call_here
from rlbook.homework.draw import Draw, simplest
from rlbook.homework.laws import Law, Use
from rlbook.homework.reading import MisreadError, read
from rlbook.homework.task import Task
from rlbook.homework.words import case_in_words
from rlbook.homework.worlds import Case

Verdict = Literal["right", "wrong", "not yet written"]

CASES = 60
"""So many random cases: a mistake that shows in a tenth of them is missed once in 500."""


GENERIC: dict[str, Callable[[FloatArray], FloatArray]] = {
    "the numbers are cut to whole numbers: does an array hold integers?": np.trunc,
    "the numbers are rounded": lambda value: np.round(value, 2),
    "the sign is turned round": np.negative,
}
"""Mistakes that any equation knows: what becomes of its right value."""

FATAL = ("time", "died", "memory", "exit", "refused")
"""Faults after which a function is not called again."""


@dataclass
class Finding:
    """What is known of one task.

    task        the name of the function
    verdict     "right", "wrong", "not yet written"
    kind        of what is wrong: "equation", "form" (another shape than asked), or that of a Fault
    says        in a line: what was checked, or what is wrong
    equation    the law that is broken, "" if none
    where       the entry, with what the equation and what the student's code gives
    origin      from what it is computed
    world       the smallest case found that shows it, in lines
    looks_like  the known mistake that gives the same answers in all cases tried; "" if none does
    remarks     what was accepted, and is worth to know
    printed     what the function printed, its beginning
    """

    task: str
    verdict: Verdict
    says: str
    kind: str = ""
    equation: str = ""
    where: str = ""
    origin: str = ""
    world: list[str] = field(default_factory=list)
    looks_like: str = ""
    remarks: list[str] = field(default_factory=list)
    printed: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Trial(NamedTuple):
    """One case: the uses of laws in the answer, or why there is none; what breaks first."""

    name: str
    case: Case
    uses: list[Use]
    broken: Use | None
    fault: Fault | None
    remarks: set[str]
    printed: str

    @property
    def sort(self) -> str:
        """What kind of failure it is: a smaller case has to fail in the same way."""
        if self.fault:
            return self.fault.kind
        return self.broken.law.equation if self.broken else ""


Call = Callable[[dict[str, Any], int, float], Reply]
"""call(arguments, how many of what it yields, how many seconds)."""


def judge(task: Task, call: Call, *, seed: int = 0, seconds: float = 10) -> Finding:
    """Try a student's function on small random cases and on the known ones.

    seconds    for all cases together; where they are over, fewer cases are tried
    """
    end = time.monotonic() + seconds
    tries: list[Trial] = []
    drawn: dict[int, list[int]] = {}  # the choices of a case, by the number of its trial
    for name, choices, case in _cases(task, np.random.default_rng([seed, *task.name.encode()])):
        left = end - time.monotonic()
        if tries and left < (0 if name else seconds / 4):
            continue  # a quarter of the time is for those with a name
        trial = _try(task, name, case, call, max(left, seconds / 4))
        if trial.fault and trial.fault.kind in ("unwritten", "missing", "arguments"):
            return _without_answer(task, trial.fault)
        drawn[len(tries)] = choices
        tries.append(trial)
        if trial.fault and trial.fault.kind in FATAL:
            return _wrong(task, trial, tries)
        if sum(bool(t.sort) for t in tries) >= 20:
            break
    first = next((k for k, trial in enumerate(tries) if trial.sort), None)
    if first is None:
        return Finding(task.name, "right", _what_was_checked(task, tries), remarks=_remarks(tries))
    small = tries[first]
    if drawn[first]:
        choices = simplest(
            drawn[first], partial(_still_fails, task, call, small.sort, time.monotonic() + seconds)
        )
        small = _try(task, "", task.cases(Draw(None, choices)), call, seconds / 4)
    return _wrong(task, small if small.sort else tries[first], tries)


def _still_fails(
    task: Task, call: Call, sort: str, end: float, choices: list[int]
) -> list[int] | None:
    """The choices that were used, if this case fails in the same way; None once time is over."""
    left = end - time.monotonic()
    draw = Draw(None, choices)
    if left > 0 and _try(task, "", task.cases(draw), call, left).sort == sort:
        return draw.choices
    return None


def _cases(task: Task, rng: np.random.Generator) -> Iterator[tuple[str, list[int], Case]]:
    """Random ones, then those with a name."""
    for _ in range(CASES):
        draw = Draw(rng)
        case = task.cases(draw)
        yield "", draw.choices, case
    for name, known in task.known.items():
        yield name, [], known


def _try(task: Task, name: str, case: Case, call: Call, seconds: float) -> Trial:
    like = _solution(task, case)
    take = len(like) if isinstance(like, list) else 10**6
    reply = call(case, take, seconds)
    if reply.fault:
        return Trial(name, case, [], None, reply.fault, set(), reply.printed)
    remarks: set[str] = set()
    try:
        answer = read(reply.answer, like, task.returns, remarks)
    except MisreadError as error:
        return Trial(name, case, [], None, Fault("form", str(error)), remarks, reply.printed)
    n = len(like) if isinstance(like, list) else None
    steps = answer[:n] if n else answer
    uses = list(task.uses(case, steps, reply.logs or {}))
    remarks.update(use.remark for use in uses if use.remark)
    broken = next((use for use in uses if use.wrong().any()), None)
    if broken is None and n and len(answer) > n:
        count = f"{n} step{'s' * (n > 1)}"
        fault = Fault("form", f"returns {len(answer)} entries for {count}: one for each is wanted")
        return Trial(name, case, uses, None, fault, remarks, reply.printed)
    return Trial(name, case, uses, broken, None, remarks, reply.printed)


def _solution(task: Task, case: Case) -> Any:
    """What the solution returns: it says what form the answer has."""
    reply = call_here(task.solution, case, 10**6)
    if reply.fault:
        raise RuntimeError(f"the solution of {task.name} {reply.fault.text}: {case}")
    return list(reply.answer) if task.iterates else reply.answer


def _without_answer(task: Task, fault: Fault) -> Finding:
    if fault.kind == "arguments":
        return Finding(task.name, "wrong", fault.text, kind="arguments")
    says = "" if fault.kind == "unwritten" else fault.text
    return Finding(task.name, "not yet written", says, kind=fault.kind)


def _wrong(task: Task, trial: Trial, tries: list[Trial]) -> Finding:
    finding = Finding(
        task.name, "wrong", "", printed=trial.printed, world=_world(trial)
    )  # fmt: skip
    if trial.fault:
        finding.kind, finding.says = trial.fault
        if finding.kind == "error" and re.search("shape|dimension|broadcast|axis", finding.says):
            finding.where = f"The arguments have these shapes: {_shapes(trial.case)}"
        return finding
    finding.remarks = sorted(trial.remarks)
    use = trial.broken
    assert use is not None
    with np.errstate(all="ignore"):  # the student's numbers may be none
        value = np.asarray(use.law.value(*use.args), dtype=float)
    at = tuple(int(i) for i in np.argwhere(use.wrong())[0])
    finding.kind, finding.equation = "equation", use.law.equation
    finding.says = f"{use.law.equation} does not hold"
    finding.where = use.law.same.say(use.name, at, use.given, value)
    finding.origin = use.origin
    finding.looks_like = _looks_like(use.law, [u for t in [trial, *tries] for u in t.uses])
    return finding


def _world(trial: Trial) -> list[str]:
    """The case in lines; none where it has nothing to do with what went wrong."""
    if trial.fault and trial.fault.kind in FATAL and trial.fault.kind != "time":
        return []
    return [trial.name] if trial.name else case_in_words(trial.case)


def _looks_like(law: Law, uses: list[Use]) -> str:
    """The first known mistake that gives what the student's code gave, wherever the law stands."""
    own = [use for use in uses if use.law is law]
    mistakes = {**law.mistakes}
    if own and law.same.wrong(own[0].given, np.asarray(law.value(*own[0].args))).shape == (
        own[0].given.shape
    ):  # it is about the numbers, and not about rows of a policy
        mistakes |= {name: _changed(law, change) for name, change in GENERIC.items()}
    for name, mistaken in mistakes.items():
        if not any(use.agrees_not_with(mistaken).any() for use in own):
            return name
    return ""


def _changed(law: Law, change: Callable[[FloatArray], FloatArray]) -> Callable[..., FloatArray]:
    return lambda *args: change(np.asarray(law.value(*args), dtype=float))


def _shapes(case: Case) -> str:
    return ", ".join(f"{name} {x.shape}" for name, x in case.items() if isinstance(x, np.ndarray))


def _what_was_checked(task: Task, tries: list[Trial]) -> str:
    """In a line, for what is right."""
    laws = "; ".join(dict.fromkeys(use.law.equation for trial in tries for use in trial.uses))
    uses = sum(len(trial.uses) for trial in tries)
    known = [trial.name for trial in tries if trial.name]
    random = len(tries) - len(known)
    places = " and ".join([*known, f"{random} random cases"])
    fewer = f" of {CASES}: it takes long" if random < CASES else ""
    return f"{laws} on {places}{fewer}" + (f", {uses} steps" if uses > len(tries) else "")


def _remarks(tries: list[Trial]) -> list[str]:
    return sorted({remark for trial in tries for remark in trial.remarks})
