"""The laws of least-squares TD in homework 8: A, b and w, and the inverse of A. [Zhao 8.2]"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rlbook.checks import FloatArray
from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks.hw08_steps import CUT, END, TURNED, Step, Steps, a_step, features
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case

Y = Callable[[Any, Any, Step, float], Any]

Y_MISTAKES: dict[str, Y] = {
    "gamma is forgotten": lambda x, n, step, gamma: x - (1 - step.terminated) * n,
    END: lambda x, n, step, gamma: x - gamma * n,
    CUT: lambda x, n, step, gamma: x - gamma * (1 - step.terminated - step.truncated) * n,
    "gamma phi(s') is left out: phi(s) stands in the place of phi(s) - gamma phi(s')": (
        lambda x, n, step, gamma: x
    ),
    "a sign is wrong: phi(s) + gamma phi(s')": lambda x, n, step, gamma: (
        x + gamma * (1 - step.terminated) * n
    ),
    "the difference is the wrong way round: gamma phi(s') - phi(s)": lambda x, n, step, gamma: (
        gamma * (1 - step.terminated) * n - x
    ),
    "gamma multiplies phi(s), too": lambda x, n, step, gamma: (
        gamma * (x - (1 - step.terminated) * n)
    ),
    "phi(s) is left out: gamma phi(s') stands in the place of phi(s) - gamma phi(s')": (
        lambda x, n, step, gamma: gamma * (1 - step.terminated) * n
    ),
    TURNED: lambda x, n, step, gamma: x - gamma * step.terminated * n,
}
"""What is thought to be phi(s) - gamma phi(s')."""


def right_y(x: Any, n: Any, step: Step, gamma: float) -> Any:
    """phi(s) - gamma phi(s'); after the end phi(s') counts as zero."""
    return x - gamma * (1 - step.terminated) * n


def matrix(phi: Any, steps: Any, gamma: float, sigma: float, y: Y = right_y) -> FloatArray:
    """A."""
    return sigma * np.eye(phi.shape[1]) + total(phi, steps, gamma, y)


def total(phi: Any, steps: Any, gamma: float, y: Y = right_y) -> FloatArray:
    """The sum in A."""
    A = np.zeros((phi.shape[1], phi.shape[1]))
    for step in steps:
        A += np.outer(phi[step.s], y(phi[step.s], phi[step.s_next], step, gamma))
    return A


def vector(phi: Any, steps: Any) -> FloatArray:
    """b."""
    return sum((step.r * phi[step.s] for step in steps), np.zeros(phi.shape[1]))


def record_cases(draw: Draw) -> Case:
    """Features, a few steps, a discount; sigma so large that every A can be inverted."""
    d, S = draw.between(1, 3), draw.between(1, 3)
    phi = features(draw, S, d)
    gamma, sigma = draw.gamma(), draw.pick((1.0, 0.5, 2.0, 0.25))
    steps = Steps(a_step(draw, S, 2) for _ in range(draw.between(1, 4)))
    parts = range(1, len(steps) + 1)
    while (
        min(abs(np.linalg.det(matrix(phi, steps[:k], gamma, sigma) / sigma)) for k in parts) < 0.1
    ):
        sigma *= 2
    return {"phi": phi, "steps": steps, "gamma": gamma, "sigma": sigma}


A_HAT = Law(
    "A in (8.34)",
    matrix,
    {
        **{
            name: (lambda phi, steps, gamma, sigma, y=y: matrix(phi, steps, gamma, sigma, y))
            for name, y in Y_MISTAKES.items()
        },
        "A is transposed: phi(s) makes the rows, phi(s) - gamma phi(s') the columns": (
            lambda phi, steps, gamma, sigma: matrix(phi, steps, gamma, sigma).T
        ),
        "phi(s') stands in the place of the first phi(s)": lambda phi, steps, gamma, sigma: (
            sigma * np.eye(phi.shape[1])
            + sum(
                np.outer(phi[step.s_next], right_y(phi[step.s], phi[step.s_next], step, gamma))
                for step in steps
            )
        ),
        "phi(s) - gamma phi(s') stands in both places, and not phi(s) in the first": (
            lambda phi, steps, gamma, sigma: (
                sigma * np.eye(phi.shape[1])
                + sum(np.outer(y, y) for y in (x_and_y(phi, step, gamma)[1] for step in steps))
            )
        ),
        "sigma I is left out": lambda phi, steps, gamma, sigma: total(phi, steps, gamma),
        "sigma I is added at each step, and not once": lambda phi, steps, gamma, sigma: matrix(
            phi, steps, gamma, sigma * len(steps)
        ),
        "sigma is added to every entry, and not to the diagonal": (
            lambda phi, steps, gamma, sigma: sigma + total(phi, steps, gamma)
        ),
        "I / sigma is added, and not sigma I: that is how its inverse begins": (
            lambda phi, steps, gamma, sigma: matrix(phi, steps, gamma, 1 / sigma)
        ),
        "the mean over the steps is taken, and not the sum": lambda phi, steps, gamma, sigma: (
            sigma * np.eye(phi.shape[1]) + total(phi, steps, gamma) / len(steps)
        ),
        "all of A is divided by the number of steps": lambda phi, steps, gamma, sigma: (
            matrix(phi, steps, gamma, sigma) / len(steps)
        ),
        "the last step is left out": lambda phi, steps, gamma, sigma: matrix(
            phi, steps[:-1], gamma, sigma
        ),
        "the first step is left out": lambda phi, steps, gamma, sigma: matrix(
            phi, steps[1:], gamma, sigma
        ),
        "only the last step counts: A is begun anew at each step": (
            lambda phi, steps, gamma, sigma: matrix(phi, steps[-1:], gamma, sigma)
        ),
        "steps that end an episode are left out": lambda phi, steps, gamma, sigma: matrix(
            phi, [step for step in steps if not step.terminated], gamma, sigma
        ),
    },
)


def b_of(weight: Callable[[Any, Step, float], Any]) -> Callable[..., Any]:
    """The sum over the steps of what is given."""
    return lambda phi, steps, gamma, sigma: sum(
        (weight(phi, step, gamma) for step in steps), np.zeros(phi.shape[1])
    )


B_HAT = Law(
    "b in (8.34)",
    lambda phi, steps, gamma, sigma: vector(phi, steps),
    {
        "phi(s') is taken, and not phi(s)": b_of(
            lambda phi, step, gamma: step.r * phi[step.s_next]
        ),
        "the reward is left out": b_of(lambda phi, step, gamma: phi[step.s]),
        "the features are left out: the rewards are added up": b_of(
            lambda phi, step, gamma: np.full(phi.shape[1], step.r)
        ),
        "gamma multiplies the reward": b_of(lambda phi, step, gamma: gamma * step.r * phi[step.s]),
        "phi(s) - gamma phi(s') is taken, and not phi(s)": b_of(
            lambda phi, step, gamma: step.r * right_y(phi[step.s], phi[step.s_next], step, gamma)
        ),
        "the reward at the end of an episode is left out": b_of(
            lambda phi, step, gamma: (1 - step.terminated) * step.r * phi[step.s]
        ),
        "the mean over the steps is taken, and not the sum": lambda phi, steps, gamma, sigma: (
            vector(phi, steps) / len(steps)
        ),
        "the last step is left out": lambda phi, steps, gamma, sigma: vector(phi, steps[:-1]),
        "the first step is left out": lambda phi, steps, gamma, sigma: vector(phi, steps[1:]),
        "only the last step counts: b is begun anew at each step": (
            lambda phi, steps, gamma, sigma: vector(phi, steps[-1:])
        ),
        "sigma is added to b, too": lambda phi, steps, gamma, sigma: vector(phi, steps) + sigma,
        "the sign is wrong": lambda phi, steps, gamma, sigma: -vector(phi, steps),
    },
)


def solved(A: Any, b: Any) -> Any:
    """A^-1 b; no number where A cannot be inverted."""
    try:
        return np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        return np.full(len(b), np.nan)


SOLUTION = Law(
    "A w = b",
    solved,
    {
        "A is transposed": lambda A, b: solved(A.T, b),
        "A is multiplied with b; it must be inverted": lambda A, b: A @ b,
        "each entry of A is inverted (1 / A), and not the matrix": lambda A, b: (1 / A) @ b,
        "b is divided by the diagonal of A": lambda A, b: b / np.diag(A),
        "the sign is wrong": lambda A, b: -solved(A, b),
        "b is returned as it is": lambda A, b: b,
    },
)


def from_record(case: Case, answer: Any, logs: Any) -> Iterator[Use]:
    """A and b from the record, w from the student's own A and b."""
    A, b, w = answer
    args = tuple(case.values())
    yield Use(A_HAT, args, A, "A")
    yield Use(B_HAT, args, b, "b")
    yield Use(SOLUTION, (A, b), w, "w", f"From your A = {shown(A)} and your b = {shown(b)}")


# Recursive LSTD. Each law has the arguments M (the inverse before this step), k (which step it is,
# from 0) and those of the task.


def inverse(
    y: Y = right_y, sign: float = -1, one: float = 1, begin: Callable[[float], float] | None = None
) -> Callable[..., Any]:
    """The formula of Sherman and Morrison, with parts that may be wrong."""

    def value(M: Any, k: int, phi: Any, steps: Any, gamma: float, sigma: float) -> Any:
        if k == 0 and begin is not None:
            M = begin(sigma) * np.eye(phi.shape[1])
        x, y_k = x_and_y(phi, steps[k], gamma, y)
        return rank_one(M, x, y_k, sign, one)

    return value


def rank_one(M: Any, x: Any, y: Any, sign: float = -1, one: float = 1) -> Any:
    """The inverse after x y^T was added to the matrix, from the inverse before."""
    return M + sign * np.outer(M @ x, y @ M) / (one + y @ M @ x)


def before(M: Any, x: Any, y: Any) -> Any:
    """The inverse before x y^T was added, from the inverse after it."""
    return rank_one(M, -x, y)


def x_and_y(phi: Any, step: Step, gamma: float, y: Y = right_y) -> tuple[Any, Any]:
    """The two vectors of a step."""
    x = phi[step.s]
    return x, y(x, phi[step.s_next], step, gamma)


def other(change: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """The inverse after a step, by a formula of M, x and y that is wrong."""
    return lambda M, k, phi, steps, gamma, sigma: change(M, *x_and_y(phi, steps[k], gamma))


def to_the_end(M: Any, k: int, phi: Any, steps: Any, gamma: float, sigma: float) -> Any:
    """What stands everywhere if all iterates are one array."""
    M = np.eye(phi.shape[1]) / sigma
    for j in range(len(steps)):
        M = SHERMAN_MORRISON.value(M, j, phi, steps, gamma, sigma)
    return M


SHERMAN_MORRISON = Law(
    "the formula of Sherman and Morrison",
    inverse(),
    {
        "plus in the place of minus: the book prints it so, but then it is no inverse": inverse(
            sign=1
        ),
        "it begins with sigma I: the inverse of sigma I is I / sigma": inverse(
            begin=lambda sigma: sigma
        ),
        "it begins with I, and not with I / sigma": inverse(begin=lambda sigma: 1),
        "the 1 is missing in the denominator": inverse(one=0),
        **{
            f"the 1 is missing in the denominator: {tiny:g} stands in its place": inverse(one=tiny)
            for tiny in (1e-12, 1e-10, 1e-8, 1e-6)
        },
        "x comes twice in the denominator: 1 + x^T A^-1 x": other(
            lambda M, x, y: M - np.outer(M @ x, y @ M) / (1 + x @ M @ x)
        ),
        "A^-1 y stands in the place of y^T A^-1": other(
            lambda M, x, y: M - np.outer(M @ x, M @ y) / (1 + y @ M @ x)
        ),
        "the list begins with the start I / sigma: an entry for each step is wanted": (
            lambda M, k, *args: inverse()(M, k - 1, *args) if k else M
        ),
        **{name: inverse(y) for name, y in Y_MISTAKES.items()},
        "x and y are both phi(s) - gamma phi(s')": other(lambda M, x, y: rank_one(M, y, y)),
        "the denominator is left out": other(lambda M, x, y: M - np.outer(M @ x, y @ M)),
        "x and y are exchanged: that is the inverse of A transposed": other(
            lambda M, x, y: rank_one(M, y, x)
        ),
        "the last A^-1 in the numerator is left out": other(
            lambda M, x, y: M - np.outer(M @ x, y) / (1 + y @ M @ x)
        ),
        "the first A^-1 in the numerator is left out": other(
            lambda M, x, y: M - np.outer(x, y @ M) / (1 + y @ M @ x)
        ),
        "the denominator lacks A^-1: 1 + y^T x": other(
            lambda M, x, y: M - np.outer(M @ x, y @ M) / (1 + y @ x)
        ),
        "A itself is summed up, and not its inverse": other(lambda M, x, y: M + np.outer(x, y)),
        "x and y are multiplied to a number, and not to a matrix (use np.outer)": other(
            lambda M, x, y: M - ((M @ x) @ (y @ M)) / (1 + y @ M @ x)
        ),
        "all entries of the list are one array, changed in place: append a copy": to_the_end,
        "nothing is changed": other(lambda M, x, y: M),
    },
)

RECURSIVE_W = Law(
    "w = A^-1 b",
    lambda M, k, phi, steps, gamma, sigma: M @ vector(phi, steps[: k + 1]),
    {
        "b holds this step only, and not the sum up to it": (
            lambda M, k, phi, steps, gamma, sigma: M @ vector(phi, steps[k : k + 1])
        ),
        "b lacks this step": lambda M, k, phi, steps, gamma, sigma: M @ vector(phi, steps[:k]),
        "b holds all steps already, and not those up to this one": (
            lambda M, k, phi, steps, gamma, sigma: M @ vector(phi, steps)
        ),
        "A^-1 is that of before the step": lambda M, k, phi, steps, gamma, sigma: (
            before(M, *x_and_y(phi, steps[k], gamma)) @ vector(phi, steps[: k + 1])
        ),
        "A^-1 is transposed": lambda M, k, phi, steps, gamma, sigma: (
            M.T @ vector(phi, steps[: k + 1])
        ),
        **{
            f"in b: {name}": (
                lambda M, k, *args, mistake=mistake: (
                    M @ mistake(args[0], args[1][: k + 1], *args[2:])
                )
            )
            for name, mistake in list(B_HAT.mistakes.items())[:7]
        },
        "the sign is wrong": lambda M, k, phi, steps, gamma, sigma: (
            -M @ vector(phi, steps[: k + 1])
        ),
        "A^-1 is inverted once more": lambda M, k, phi, steps, gamma, sigma: solved(
            M, vector(phi, steps[: k + 1])
        ),
        "b is returned, and not A^-1 b": lambda M, k, phi, steps, gamma, sigma: vector(
            phi, steps[: k + 1]
        ),
    },
)

AT_THE_END = Law(
    "the formula of Sherman and Morrison, at the last A^-1",
    lambda phi, steps, gamma, sigma: np.linalg.inv(matrix(phi, steps, gamma, sigma)),
    {
        "A itself is summed up, and not its inverse": matrix,
    },
)


def from_inverse(case: Case, answer: Any, logs: Any) -> Iterator[Use]:
    """Each inverse from the student's own one before it, each w from their own inverse."""
    phi, steps, _, sigma = args = tuple(case.values())
    if len(answer) == 1 < len(steps):
        M, w = answer[0]
        yield Use(AT_THE_END, args, M, "A_inv")
        yield Use(RECURSIVE_W, (M, len(steps) - 1, *args), w, "w", f"From your A^-1 = {shown(M)}")
        return
    M = np.eye(phi.shape[1]) / sigma
    for k, (M_next, w) in enumerate(answer):
        before = f"From your A^-1 before it = {shown(M)}" if k else ""
        yield Use(SHERMAN_MORRISON, (M, k, *args), M_next, f"A_inv_{k + 1}", before)
        yield Use(
            RECURSIVE_W, (M_next, k, *args), w, f"w_{k + 1}", f"From your A^-1 = {shown(M_next)}"
        )
        M = M_next
