"""Homework 6: stochastic approximation. [Zhao chapter 6]"""

from typing import Any

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given import Given
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw06_batches import from_batches, from_compared
from rlbook.homework.tasks.hw06_laws import from_mean, from_noisy, from_stream, from_weighed
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw06",
    "Stochastic approximation",
    chapter=6,
    about="A mean, a root or a minimum is found from noisy samples, one after the other. Every "
    "algorithm here returns all its guesses w_2, w_3, ..., so that each step can be checked from "
    "your own guess before it.",
)


def samples(draw: Draw) -> Case:
    """Numbers."""
    return {"x": draw.numbers(draw.between(1, 5))}


@HOMEWORK.task(
    "eq:6.1", "eq:6.2", "eq:6.3",
    returns="w", cases=samples, uses=from_mean, iterates=True,
    known={"100 numbers": {"x": np.arange(100) % 7 - 2.5}},
)  # fmt: skip
def running_mean(x):
    """The mean of the samples so far, kept up to date without looking back.

        w_{k+1} = w_k - (1/k) (w_k - x_k),    k = 1, 2, ..., n                             (6.2)

    It begins with w_1 = 0, which does not matter, since the first step is 1/1. So w_{k+1} is the
    mean of x_1, ..., x_k.

    x    shape (n,): x[0] is x_1

    Returns the list [w_2, ..., w_{n+1}] of numbers.
    """
    w = 0.0
    means = []
    for k, x_k in enumerate(x, start=1):
        w = w - (w - x_k) / k
        means.append(w)
    return means


SMALL = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5, 0.25)


def step_sizes(draw: Draw, n: int) -> Any:
    """n step sizes, of which none is like all others if there are many."""
    return np.array([draw.pick((0.5, 0.25, 0.1, 0.2, 0.75, 0.4)) for _ in range(n)])


def weighed(draw: Draw) -> Case:
    """Numbers, a first guess, step sizes."""
    n = draw.between(1, 4)
    return {"x": draw.numbers(n), "w": draw.number(), "alpha": step_sizes(draw, n)}


@HOMEWORK.task("eq:6.4", returns="w", cases=weighed, uses=from_weighed, iterates=True)
def mean_with_step_sizes(x, w, alpha):
    """An estimate of the mean, with step sizes that are given.

        w_{k+1} = w_k - alpha_k (w_k - x_k),    k = 1, 2, ..., n                           (6.4)

    x        shape (n,): the samples; x[0] is x_1
    w        a number: the first guess w_1
    alpha    shape (n,): the step sizes; alpha[0] is alpha_1

    Returns the list [w_2, ..., w_{n+1}] of numbers.
    """
    guesses = []
    for x_k, alpha_k in zip(x, alpha, strict=True):
        w = w - alpha_k * (w - x_k)
        guesses.append(w)
    return guesses


def noisy(draw: Draw) -> Case:
    """A function seen through noise, a first guess, step sizes."""
    n = draw.between(1, 4)
    g = {
        "shape": draw.pick(("line", "line", "tanh(w - 1)")), "slope": draw.pick((1.0, 2.0, 0.5)),
        "root": draw.number(), "noise": rows(draw, 1, n)[0],
    }  # fmt: skip
    return {"g": Given("noisy", g), "w": draw.number(), "a": step_sizes(draw, n)}


@HOMEWORK.task(
    "eq:6.5", "thm:6.1",
    returns="w", cases=noisy, uses=from_noisy, iterates=True,
    known={"w^3 - 5": {
        "g": Given("noisy", {"shape": "w^3 - 5", "slope": 1.0, "root": 0.0,
                             "noise": np.array([0.3, -0.5, 0.1, 0.6, -0.4])}),
        "w": 0.0, "a": 1 / (np.arange(1, 31) + 10),
    }},
)  # fmt: skip
def robbins_monro(g, w, a):
    """The root of a function that is seen through noise: the Robbins-Monro algorithm.

        w_{k+1} = w_k - a_k g~(w_k, eta_k),    k = 1, 2, ..., n                            (6.5)

    g    g(w) returns one noisy look g~(w, eta) at the number w. Each call has a noise eta of its
         own: call it once in each step
    w    a number: the first guess w_1
    a    shape (n,): the step sizes; a[0] is a_1

    Returns the list [w_2, ..., w_{n+1}] of numbers.
    """
    guesses = []
    for a_k in a:
        w = w - a_k * g(w)
        guesses.append(w)
    return guesses


def rows(draw: Draw, n: int, d: int) -> Any:
    """Samples (n, d): small numbers, so that no step runs away."""
    return np.array([[draw.pick(SMALL) for _ in range(d)] for _ in range(n)])


def stream(draw: Draw) -> Case:
    """A gradient, a first guess, samples, step sizes."""
    n, d = draw.between(1, 4), draw.between(1, 2)
    return {
        "gradient": Given("gradient", {}), "w": rows(draw, 1, d)[0], "x": rows(draw, n, d + 1),
        "alpha": step_sizes(draw, n),
    }  # fmt: skip


@HOMEWORK.task("eq:6.13", returns="w", cases=stream, uses=from_stream, iterates=True)
def sgd(gradient, w, x, alpha):
    """Stochastic gradient descent: one sample in each step.

        w_{k+1} = w_k - alpha_k grad f(w_k, x_k),    k = 1, 2, ..., n                     (6.13)

    gradient    gradient(w, x) returns grad f(w, x), shape (d,), for one sample x
    w           shape (d,): the first guess w_1
    x           shape (n, m): the samples; the row x[0] is x_1
    alpha       shape (n,): the step sizes; alpha[0] is alpha_1

    Returns the list [w_2, ..., w_{n+1}], each of shape (d,).
    """
    guesses = []
    for x_k, alpha_k in zip(x, alpha, strict=True):
        w = w - alpha_k * gradient(w, x_k)
        guesses.append(w)
    return guesses


def chosen(draw: Draw, n: int, steps: int) -> list[list[int]]:
    """For each step the numbers of some samples; one may come twice."""
    return [[draw.index(n) for _ in range(draw.between(1, 3))] for _ in range(steps)]


def batched(draw: Draw) -> Case:
    """As in `stream`, and which samples each step has."""
    case, n = stream(draw), draw.between(1, 4)
    alpha = case.pop("alpha")
    x = rows(draw, n, len(case["w"]) + 1)
    return {**case, "x": x, "batches": chosen(draw, n, len(alpha)), "alpha": alpha}


@HOMEWORK.task(returns="w", cases=batched, uses=from_batches, iterates=True)
def mini_batch_gd(gradient, w, x, batches, alpha):
    """Mini-batch gradient descent: some of the samples in each step.

        w_{k+1} = w_k - alpha_k (1/m) sum over the m samples x of batch k of grad f(w_k, x)

    gradient    gradient(w, x) returns grad f(w, x), shape (d,), for one sample x
    w           shape (d,): the first guess w_1
    x           shape (n, j): all samples, a row each
    batches     a list of lists: batches[0] are the numbers of the rows that the first step uses. A
                number may come twice: then its sample counts twice
    alpha       a step size for each batch; alpha[0] is alpha_1

    Returns the list [w_2, w_3, ...], one for each batch, each of shape (d,).
    """
    guesses = []
    for numbers, alpha_k in zip(batches, alpha, strict=True):
        g = np.mean([gradient(w, x[i]) for i in numbers], axis=0)
        w = w - alpha_k * g
        guesses.append(w)
    return guesses


def compared(draw: Draw) -> Case:
    """Points, a first guess, batches, step sizes."""
    n, d, steps = draw.between(1, 4), draw.between(1, 2), draw.between(1, 3)
    return {
        "x": draw.numbers(n, d), "w": draw.numbers(d), "batches": chosen(draw, n, steps),
        "alpha": step_sizes(draw, steps),
    }  # fmt: skip


@HOMEWORK.task(
    "eq:6.12", "eq:6.14", "fig:6.5",
    returns="bgd, mbgd, sgd", cases=compared, uses=from_compared, iterates=True,
)  # fmt: skip
def three_descents(x, w, batches, alpha):
    """The mean of points by batch, mini-batch and stochastic gradient descent, side by side.

    What is made small is the mean of f(w, x) = |w - x|^2 / 2. Its gradient is w - x. All three
    begin at the same w_1, and go on each from its own guess:

        BGD:   w_{k+1} = w_k - alpha_k (mean over all points x of w_k - x)                (6.12)
        MBGD:  w_{k+1} = w_k - alpha_k (mean over the points x of batch k of w_k - x)
        SGD:   w_{k+1} = w_k - alpha_k (w_k - x_k)                                        (6.13)

    x          shape (n, d): all points, a row each
    w          shape (d,): the first guess w_1
    batches    a list of lists: batches[0] are the numbers of the rows in the first batch. A number
               may come twice: then its point counts twice. The point x_k of SGD is the first of
               batch k
    alpha      a step size for each batch; alpha[0] is alpha_1

    Returns a list of tuples (w of BGD, w of MBGD, w of SGD), one after each step, each of shape
    (d,).
    """
    bgd = mbgd = sgd = w
    guesses = []
    for numbers, alpha_k in zip(batches, alpha, strict=True):
        bgd = bgd - alpha_k * (bgd - x.mean(axis=0))
        mbgd = mbgd - alpha_k * (mbgd - x[numbers].mean(axis=0))
        sgd = sgd - alpha_k * (sgd - x[numbers[0]])
        guesses.append((bgd, mbgd, sgd))
    return guesses
