"""The laws of TD-Linear, linear Sarsa and linear Q-learning in homework 8. [Zhao 8.2, 8.3]"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rlbook.checks import FloatArray
from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw08_steps import CUT, END, TURNED, Step


class Move(NamedTuple):
    """One update of w: from the features x of what is learned, x_next of what comes next."""

    w: FloatArray
    x: FloatArray
    x_next: FloatArray
    step: Step
    gamma: float
    alpha: float

    @property
    def on(self) -> float:
        """0 where the episode has terminated, else 1."""
        return 1.0 - self.step.terminated

    @property
    def future(self) -> float:
        """The discounted value of what comes next, in the target."""
        return float(self.gamma * self.on * (self.x_next @ self.w))

    @property
    def error(self) -> float:
        """The TD error."""
        return float(self.step.r + self.future - self.x @ self.w)

    def by(self, error: Any, slope: Any = None) -> Any:
        """The new w, for an error and a gradient that may be wrong."""
        return self.w + self.alpha * error * (self.x if slope is None else slope)


MOVES: dict[str, Callable[[Move], Any]] = {
    "gamma is forgotten": lambda m: m.by(m.step.r + m.on * m.x_next @ m.w - m.x @ m.w),
    END: lambda m: m.by(m.step.r + m.gamma * m.x_next @ m.w - m.x @ m.w),
    CUT: lambda m: m.by(m.step.r + (1 - m.step.truncated) * m.future - m.x @ m.w),
    "the gradient of the target is taken, too. The target is held fixed (a semi-gradient): only "
    "the value of the step itself has a gradient": lambda m: m.by(
        m.error, m.x - m.gamma * m.on * m.x_next
    ),
    "the sign of the error is wrong: w moves away from the target": lambda m: m.by(-m.error),
    "alpha is forgotten": lambda m: m.w + m.error * m.x,
    "the features of the next state are taken for the gradient": lambda m: m.by(m.error, m.x_next),
    "the gradient is left out: the same number is added to each weight": lambda m: m.by(
        m.error, 1.0
    ),
    "the value of the step is taken for the gradient; it is the vector of features": lambda m: m.by(
        m.error, m.x @ m.w
    ),
    "w is taken for the gradient; it is the vector of features": lambda m: m.by(m.error, m.w),
    "the value before is not subtracted: the target is taken for the error": lambda m: m.by(
        m.error + m.x @ m.w
    ),
    "the target is the reward alone: what comes after it is left out": lambda m: m.by(
        m.error - m.future
    ),
    "the value after the step is subtracted in the target, and not added": lambda m: m.by(
        m.error - 2 * m.future
    ),
    "the value before stands in the target, too, and not the one after the step": lambda m: m.by(
        m.error - m.future + m.gamma * m.on * m.x @ m.w
    ),
    "the reward is left out": lambda m: m.by(m.error - m.step.r),
    "gamma multiplies the reward, too": lambda m: m.by(
        m.gamma * m.step.r + m.future - m.x @ m.w
    ),
    "gamma stands at the value before, and not at the next one": lambda m: m.by(
        m.step.r + m.on * m.x_next @ m.w - m.gamma * m.x @ m.w
    ),
    "only the change is returned, and not the new w": lambda m: m.by(m.error) - m.w,
    "the step is twice as long: the 2 of the square is kept": lambda m: m.by(2 * m.error),
    "the old w is made smaller by 1 - alpha, as if it were the value itself": lambda m: (
        (1 - m.alpha) * m.w + m.alpha * (m.error + m.x @ m.w) * m.x
    ),
    TURNED: lambda m: m.by(
        m.step.r + m.step.terminated * m.gamma * m.x_next @ m.w - m.x @ m.w
    ),
    "after the end nothing is learned: the last reward is lost": lambda m: m.by(m.on * m.error),
    "nothing is changed": lambda m: m.w,
}  # fmt: skip
"""Mistakes that TD-Linear, Sarsa and Q-learning have in common."""


def right(m: Move) -> Any:
    """Along the semi-gradient."""
    return m.by(m.error)


def moving(to_move: Callable[..., Move]) -> dict[str, Any]:
    """The common mistakes of a method that sees a step as `to_move` does."""
    return {
        name: (lambda *args, mistake=mistake: mistake(to_move(*args)))
        for name, mistake in MOVES.items()
    }


def td(w: Any, phi: Any, step: Step, gamma: float, alpha: float) -> Move:
    """TD-Linear: features of states."""
    return Move(w, phi[step.s], phi[step.s_next], step, gamma, alpha)


TD_LINEAR = Law("(8.14)", lambda *args: right(td(*args)), moving(td))


def pair(next_x: Callable[[Any, Any, Step, int], Any]) -> Callable[..., Any]:
    """The update with these features of the next pair, of the arguments of `linear_sarsa`."""
    return lambda w, phi, step, a_next, gamma, alpha: right(
        Move(w, phi[step.s, step.a], next_x(w, phi, step, a_next), step, gamma, alpha)
    )


def sarsa(w: Any, phi: Any, step: Step, a_next: int, gamma: float, alpha: float) -> Move:
    """Sarsa: features of pairs, the next action is the one that is given."""
    return Move(w, phi[step.s, step.a], phi[step.s_next, a_next], step, gamma, alpha)


NEXT: dict[str, Callable[[Any, Any, Step, int], Any]] = {
    "the action of this step is taken in the next state, too": (
        lambda w, phi, step, a_next: phi[step.s_next, step.a]
    ),
    "the mean of the next actions is taken": lambda w, phi, step, a_next: phi[step.s_next].mean(0),
    "the next action is valued in the state of this step, and not in the next one": (
        lambda w, phi, step, a_next: phi[step.s, a_next]
    ),
}

SARSA = Law(
    "(8.35)",
    lambda *args: right(sarsa(*args)),
    {
        "the best next action is taken, and not a_next: that is Q-learning": pair(
            lambda w, phi, step, a_next: phi[step.s_next, (phi[step.s_next] @ w).argmax()]
        ),
        **{name: pair(next_x) for name, next_x in NEXT.items()},
        **moving(sarsa),
    },
)


def q_learning(w: Any, phi: Any, step: Step, gamma: float, alpha: float) -> Move:
    """Q-learning: the best next action."""
    best = int((phi[step.s_next] @ w).argmax())
    return sarsa(w, phi, step, best, gamma, alpha)


def best_in(choose: Callable[[Any, Any, Step], Any]) -> Callable[..., Any]:
    """Q-learning with these features of the next pair."""
    return lambda w, phi, step, gamma, alpha: right(
        Move(w, phi[step.s, step.a], choose(w, phi, step), step, gamma, alpha)
    )


def against_the_best(w: Any, phi: Any, step: Step, gamma: float, alpha: float) -> Any:
    """The value of the best action of this state is subtracted."""
    m = q_learning(w, phi, step, gamma, alpha)
    return m.by(m.error + m.x @ w - (phi[step.s] @ w).max())


def along_the_best(w: Any, phi: Any, step: Step, gamma: float, alpha: float) -> Any:
    """The features of the best action of this state for the gradient."""
    m = q_learning(w, phi, step, gamma, alpha)
    return m.by(m.error, phi[step.s, (phi[step.s] @ w).argmax()])


Q_LEARNING = Law(
    "(8.36)",
    lambda *args: right(q_learning(*args)),
    {
        "the action of this step is taken in the next state, and not the best one": best_in(
            lambda w, phi, step: phi[step.s_next, step.a]
        ),
        "the mean of the next actions is taken, and not the best": best_in(
            lambda w, phi, step: phi[step.s_next].mean(0)
        ),
        "the worst next action is taken, and not the best": best_in(
            lambda w, phi, step: phi[step.s_next, (phi[step.s_next] @ w).argmin()]
        ),
        "the largest features are taken, and not those of the action with the largest value": (
            best_in(lambda w, phi, step: phi[step.s_next].max(0))
        ),
        "the action that is best in this state is taken in the next one": best_in(
            lambda w, phi, step: phi[step.s_next, (phi[step.s] @ w).argmax()]
        ),
        "the best value of this state is taken, and not of the next one": best_in(
            lambda w, phi, step: phi[step.s, (phi[step.s] @ w).argmax()]
        ),
        "the value of the best action of this state is subtracted, and not of the action that was "
        "taken": against_the_best,
        "the features of the best action of this state are taken for the gradient": (
            along_the_best
        ),
        **moving(q_learning),
    },
)
