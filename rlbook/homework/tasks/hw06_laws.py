"""How the runs of homework 6 are judged: each step from the student's own guess before it."""

from typing import Any, NamedTuple

import numpy as np

from rlbook.homework.given_functions import Gradient
from rlbook.homework.laws import Law, Use
from rlbook.homework.words import shown


class At(NamedTuple):
    """A step of a student's own: from w_{k+1} on, where k counts from 0.

    alpha    all step sizes
    first    w_1
    final    the last of the student's guesses
    data     what else the step needs: samples, looks, numbers of samples
    given    the guess that is judged
    """

    w: Any
    k: int
    alpha: Any
    first: Any
    final: Any
    data: Any
    given: Any = np.nan


def down(t: At, g: Any) -> Any:
    """The step: w_k - alpha_k g."""
    return t.w - t.alpha[t.k] * g


def unused(t: At) -> At:
    """The same where the first guess is 0, whatever is given."""
    return t if t.k else t._replace(w=0 * t.w)


def cut(step):
    """All guesses are right, and each is cut to whole numbers where it is stored."""

    def stored(t):
        w = t.first
        for k in range(t.k + 1):
            w = step(t._replace(w=w, k=k))
        return np.trunc(w)

    return stored


CUT = "each guess is cut to whole numbers where it is stored: does an array hold integers?"


def of_steps(g):
    """What goes wrong in a step w_k - alpha_k g, where g is a function of the At."""
    return {
        "the sign is wrong: the step goes up, and not down": lambda t: (
            t.w + t.alpha[t.k] * g(t)
        ),
        "the step size is applied twice": lambda t: t.w - t.alpha[t.k] ** 2 * g(t),
        "the step size is left out": lambda t: t.w - g(t),
        "the first step size is used in all steps": lambda t: t.w - t.alpha[0] * g(t),
        "the step size of the step before is used": lambda t: t.w - t.alpha[t.k - 1] * g(t),
        "the step size of the step after is used": lambda t: (
            t.w - t.alpha[min(t.k + 1, len(t.alpha) - 1)] * g(t)
        ),
        "w_1 is not used: it begins at 0": lambda t: down(unused(t), g(unused(t))),
        "1/k is the step size, and not the one that is given": lambda t: t.w - g(t) / (t.k + 1),
        "the step size is divided by k once more": lambda t: down(t, g(t) / (t.k + 1)),
        "every step begins at the first w: w is not carried on": lambda t: down(
            t._replace(w=t.first), g(t._replace(w=t.first))
        ),
        "the step is returned, and not w with the step taken off": lambda t: (
            -t.alpha[t.k] * g(t)
        ),
        "the step size multiplies w, too: it multiplies the second part only": lambda t: (
            t.alpha[t.k] * (t.w - g(t))
        ),
        "the list begins with w_1: its first entry is w_2": lambda t: (
            down(t._replace(k=t.k - 1), g(t._replace(k=t.k - 1))) if t.k else t.w
        ),
        "nothing is changed": lambda t: t.w,
        CUT: cut(lambda t: down(t, g(t))),
    }  # fmt: skip


SAME_ARRAY = {
    "the same array stands in the list each time, so that all are like the last: append a copy": (
        lambda t: t.final
    )
}


def steps_of(law, name, answer, alpha, first, data):
    """A Use for each step of a list of guesses; a last guess alone is not judged here."""
    w = first
    for k, w_next in enumerate(answer):
        at = At(w, k, alpha, first, answer[-1], data, w_next)
        whose = f"your {name}_{k + 1}" if k else "w_1"
        yield Use(law, (at,), w_next, f"{name}_{k + 2}", f"From {whose} = {shown(w)}")
        w = w_next


def end_to_end(law, name, n, answer, alpha, first, data):
    """As steps_of; of a last guess alone the whole way is computed."""
    if len(answer) >= n:
        yield from steps_of(law, name, answer[:n], alpha, first, data)
        return
    w = first
    for k in range(n):
        at = At(w, k, alpha, first, np.nan, data)
        w = law.value(at)
    yield Use(law, (at,), answer[-1], f"{name}_{n + 1}", f"From w_{n} = {shown(at.w)}")


CONSTANTS = (0.1, 0.01, 0.05, 0.2, 0.25, 0.3, 0.9, 0.001, 0.5)
"""Step sizes that students like."""


def constant(t):
    """A step of one of these sizes, if that is what is given."""
    for alpha in CONSTANTS:
        w = t.w - alpha * (t.w - t.data[t.k])
        if abs(w - t.given) <= 1e-6 * max(1.0, abs(w)):
            return w
    return np.nan


def mean_step(t):
    """A step of (6.2)."""
    return t.w - (t.w - t.data[t.k]) / (t.k + 1)


MEAN = Law(
    "(6.2)",
    mean_step,
    {
        "the sign is wrong: w moves away from the sample": lambda t: (
            t.w + (t.w - t.data[t.k]) / (t.k + 1)
        ),
        "k is one too high: the step is 1/(k + 1)": lambda t: (
            t.w - (t.w - t.data[t.k]) / (t.k + 2)
        ),
        "k is counted from 0, so that the first step is 1/0": lambda t: (
            t.w - np.divide(t.w - t.data[t.k], t.k)
        ),
        "k is one too low: the step is 1/(k - 1), and 1 at first": lambda t: (
            t.w - (t.w - t.data[t.k]) / max(t.k, 1)
        ),
        "the newest sample is taken, and no mean": lambda t: t.data[t.k],
        "the samples are added up, and not divided by their number": lambda t: (
            t.w + t.data[t.k]
        ),
        "the sum of the first k is divided by the number of all samples": lambda t: (
            t.w + t.data[t.k] / len(t.data)
        ),
        "the mean of all samples is returned at each step, and not that of the first k": (
            lambda t: t.data.mean()
        ),
        "1/k is applied twice": lambda t: t.w - (t.w - t.data[t.k]) / (t.k + 1) ** 2,
        "the weights are exchanged: the sample weighs 1 - 1/k": lambda t: (
            t.w / (t.k + 1) + (1 - 1 / (t.k + 1)) * t.data[t.k]
        ),
        "1/k multiplies the sample only, and w keeps its whole weight": lambda t: (
            t.w + t.data[t.k] / (t.k + 1)
        ),
        "the sample is divided by k, and the mean before it is lost": lambda t: (
            t.data[t.k] / (t.k + 1)
        ),
        "the sample of the step before is used": lambda t: (
            t.w - (t.w - t.data[t.k - 1]) / (t.k + 1)
        ),
        "half of each is taken, and not 1/k": lambda t: (t.w + t.data[t.k]) / 2,
        "the list begins with w_1: its first entry is w_2": lambda t: (
            t.w - (t.w - t.data[t.k - 1]) / t.k if t.k else t.w
        ),
        "the step size is constant, and not 1/k: that is no mean": constant,
        "nothing is changed": lambda t: t.w,
        CUT: cut(mean_step),
    },
)  # fmt: skip


def from_mean(case, answer, logs):
    """Each w from the student's own one before it."""
    x = np.asarray(case["x"])
    yield from end_to_end(MEAN, "w", len(x), answer, 1 / np.arange(1, len(x) + 1), 0.0, x)


def apart(t):
    """w_k - x_k."""
    return t.w - t.data[t.k]


WEIGHED = Law(
    "(6.4)",
    lambda t: down(t, apart(t)),
    {
        **of_steps(apart),
        "the weights are exchanged: the sample weighs 1 - alpha": lambda t: (
            t.alpha[t.k] * t.w + (1 - t.alpha[t.k]) * t.data[t.k]
        ),
        "alpha multiplies the sample only, and w keeps its whole weight": lambda t: (
            t.w + t.alpha[t.k] * t.data[t.k]
        ),
        "alpha x is taken off: the error w - x is not used": lambda t: down(t, t.data[t.k]),
        "the sample of the step before is used": lambda t: down(t, t.w - t.data[t.k - 1]),
        "the mean of the samples so far is used, and not the newest": lambda t: down(
            t, t.w - t.data[: t.k + 1].mean()
        ),
    },
)


def from_weighed(case, answer, logs):
    """Each w from the student's own one before it."""
    x, w, alpha = case.values()
    yield from end_to_end(WEIGHED, "w", len(x), answer, alpha, w, x)


def look(t):
    """What g gave when it was asked in this step."""
    return t.data[t.k]


MONRO = Law(
    "(6.5)",
    lambda t: down(t, look(t)),
    {
        **of_steps(look),
        "(6.4) is computed: what g gives is taken for a sample of w": lambda t: down(
            t, t.w - look(t)
        ),
        "the mean of all looks so far is used, and not the newest": lambda t: down(
            t, np.mean(t.data[: t.k + 1])
        ),
        "all looks so far are added up in each step": lambda t: down(
            t, np.sum(t.data[: t.k + 1])
        ),
        "the look of the step before is used": lambda t: down(t, t.data[t.k - 1]),
        "g is divided by the step size": lambda t: t.w - look(t) / t.alpha[t.k],
        "the step size is divided by g": lambda t: t.w - np.divide(t.alpha[t.k], look(t)),
        "a_k times g is taken for the new w": lambda t: t.alpha[t.k] * look(t),
        "w shrinks by the step size, too": lambda t: (
            (1 - t.alpha[t.k]) * t.w - t.alpha[t.k] * look(t)
        ),
    },
)  # fmt: skip
LOOKS = Law(
    "(6.5) (one look at g in each step)",
    lambda n: n,
    {
        "g is asked twice in each step: every answer has a noise of its own": lambda n: 2 * n,
        "g is asked once more, at the end": lambda n: n + 1,
        "g is asked only once, for all steps": lambda n: 1,
        "g is never asked": lambda n: 0,
    },
)
ASKED = Law(
    "(6.5) (g is asked at w_k)",
    lambda w, before, first, k: w,
    {
        "g is asked at the first w in all steps": lambda w, before, first, k: first,
        "g is asked at the w before": lambda w, before, first, k: before,
        "w_1 is not used: it begins at 0": lambda w, before, first, k: w if k else 0.0,
        "g is asked at 0": lambda w, before, first, k: 0.0,
    },
)


def from_noisy(case, answer, logs):
    """Each w from the student's own one before it, and from what g gave them."""
    _, w, a = case.values()
    seen = np.array(logs["g"], dtype=float).reshape(-1, 2)
    yield Use(LOOKS, (len(a),), np.asarray(float(len(seen))), "the number of calls of g")
    if len(seen) != len(a):
        return
    if len(answer) < len(a):
        yield from end_to_end(MONRO, "w", len(a), answer, a, w, seen[:, 1])
        return
    before = first = w
    for k, use in enumerate(steps_of(MONRO, "w", answer[: len(a)], a, w, seen[:, 1])):
        w = use.args[0].w
        yield Use(
            ASKED, (w, before, first, k), np.asarray(seen[k, 0]), f"the place of call {k + 1} of g",
            use.origin,
        )  # fmt: skip
        yield use._replace(origin=f"{use.origin}, where g gave {shown(seen[k, 1])}")
        before = w


slope = Gradient()


def mean_slope(w, x):
    """The mean gradient over samples."""
    return np.mean([slope(w, sample) for sample in x], axis=0)


def own_slope(t):
    """The gradient at w_k, for the sample x_k."""
    return slope(t.w, t.data[t.k])


STOCHASTIC = Law(
    "(6.13)",
    lambda t: down(t, own_slope(t)),
    {
        **of_steps(own_slope),
        "the first sample is used in all steps": lambda t: down(t, slope(t.w, t.data[0])),
        "the sample of the step before is used": lambda t: down(t, slope(t.w, t.data[t.k - 1])),
        "the samples are taken in the wrong order: the last comes first": lambda t: down(
            t, slope(t.w, t.data[-1 - t.k])
        ),
        "the mean gradient over all samples is used: that is (6.12)": lambda t: down(
            t, mean_slope(t.w, t.data)
        ),
        "the mean gradient over the samples so far is used": lambda t: down(
            t, mean_slope(t.w, t.data[: t.k + 1])
        ),
        "the gradient at the first w is used in all steps": lambda t: down(
            t, slope(t.first, t.data[t.k])
        ),
        "the gradient at the mean of all samples is used": lambda t: down(
            t, slope(t.w, t.data.mean(0))
        ),
        **SAME_ARRAY,
    },
)


def from_stream(case, answer, logs):
    """Each w from the student's own one before it."""
    _, w, x, alpha = case.values()
    yield from end_to_end(STOCHASTIC, "w", len(alpha), answer, alpha, w, x)
