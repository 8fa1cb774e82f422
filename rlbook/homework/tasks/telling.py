"""Uses of a law that tell from what the right value comes: "With delta = 2, pi(.|s) = [0.5, 0.5]".

Where an answer is computed in several steps, its parts say in which of them it went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rlbook.homework.laws import Law, Use
from rlbook.homework.task import Uses
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case

Parts = Callable[..., Mapping[str, Any]]
"""parts(*arguments of the task): what the value is computed from, by name."""


def told(law: Law, name: str, parts: Parts) -> Uses:
    """The answer is what one law gives for the arguments."""

    def uses(case: Case, answer: Any, logs: Mapping[str, Any]) -> Iterator[Use]:
        yield _use(law, case, answer, name, parts)

    return uses


def two_moves(
    actor: Law, actor_parts: Parts, critic: Law, critic_parts: Parts, names: str = "theta w"
) -> Uses:
    """The answer is a pair, actor and critic; what the critic does is judged first."""
    theta, w = names.split()

    def uses(case: Case, answer: Any, logs: Mapping[str, Any]) -> Iterator[Use]:
        yield _use(critic, case, answer[1], w, critic_parts)
        yield _use(actor, case, answer[0], theta, actor_parts)

    return uses


def _use(law: Law, case: Case, given: Any, name: str, parts: Parts) -> Use:
    args = [tuple(x.values.values()) if key == "step" else x for key, x in case.items()]
    said = ", ".join(f"{part} = {shown(x)}" for part, x in parts(*args).items())
    return Use(law, tuple(args), given, name, f"With {said}")
