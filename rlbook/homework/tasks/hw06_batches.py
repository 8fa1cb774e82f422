"""How gradient descent on batches is judged, and the three descents of section 6.4."""

import numpy as np

from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw06_laws import (
    SAME_ARRAY,
    down,
    end_to_end,
    mean_slope,
    of_steps,
    slope,
)


def batch(t, j=None):
    """The samples of this step, or of step j."""
    x, batches = t.data
    return x[np.array(batches[t.k if j is None else j])]


def batch_slope(t):
    """The mean gradient over the batch."""
    return mean_slope(t.w, batch(t))


def one_by_one(t):
    """A step for each sample of the batch."""
    w = t.w
    for sample in batch(t):
        w = w - t.alpha[t.k] * slope(w, sample)
    return w


BATCHED = Law(
    "mini-batch gradient descent (section 6.4.4)",
    lambda t: down(t, batch_slope(t)),
    {
        "the gradients are added up, and not divided by their number": lambda t: down(
            t, len(batch(t)) * batch_slope(t)
        ),
        "the sum is divided by the number of all samples, and not of the batch": lambda t: down(
            t, len(batch(t)) * batch_slope(t) / len(t.data[0])
        ),
        "it is divided by the size of the batch twice": lambda t: down(
            t, batch_slope(t) / len(batch(t))
        ),
        **of_steps(batch_slope),
        "one step is made for each sample of the batch, from a new w each time": one_by_one,
        "only the first sample of the batch is used": lambda t: down(t, slope(t.w, batch(t)[0])),
        "only the last sample of the batch is used": lambda t: down(t, slope(t.w, batch(t)[-1])),
        "all samples are used: that is (6.12)": lambda t: down(t, mean_slope(t.w, t.data[0])),
        "a sample that comes twice in a batch is counted once": lambda t: down(
            t, mean_slope(t.w, t.data[0][sorted(set(t.data[1][t.k]))])
        ),
        "the gradient at the mean sample is used, and not the mean of the gradients": (
            lambda t: down(t, slope(t.w, batch(t).mean(0)))
        ),
        "the first batch is used in all steps": lambda t: down(t, mean_slope(t.w, batch(t, 0))),
        "the gradient at the first w is used in all steps": lambda t: down(
            t, mean_slope(t.first, batch(t))
        ),
        **SAME_ARRAY,
    },
)


def from_batches(case, answer, logs):
    """Each w from the student's own one before it."""
    _, w, x, batches, alpha = case.values()
    yield from end_to_end(BATCHED, "w", len(alpha), answer, alpha, w, (x, batches))


def of_all(t):
    """w_k minus the mean of all points."""
    return t.w - t.data[0].mean(0)


def of_batch(t):
    """w_k minus the mean of the batch."""
    return t.w - batch(t).mean(0)


def of_one(t):
    """w_k minus the first point of the batch."""
    return t.w - batch(t)[0]


SETS = {
    "all points are used": of_all,
    "the mean of the batch is used": of_batch,
    "one point of the batch is used": of_one,
    "the k-th of all points is used": lambda t: t.w - t.data[0][t.k % len(t.data[0])],
    "the last point of the batch is used": lambda t: t.w - batch(t)[-1],
    "a point that comes twice in a batch is counted once": lambda t: (
        t.w - t.data[0][sorted(set(t.data[1][t.k]))].mean(0)
    ),
    "the first batch is used in all steps": lambda t: t.w - batch(t, 0).mean(0),
    "the differences are added up, and not divided by the number of all points": lambda t: (
        len(t.data[0]) * of_all(t)
    ),
    "the differences are added up, and not divided by the size of the batch": lambda t: (
        len(batch(t)) * of_batch(t)
    ),
    "the sum is divided by the number of all points, and not of the batch": lambda t: (
        len(batch(t)) * of_batch(t) / len(t.data[0])
    ),
}


def descent(equation, right):
    """One of the three; each of the sets is a mistake in the others."""
    others = {name: g for name, g in SETS.items() if g is not right}
    return Law(
        equation,
        lambda t: down(t, right(t)),
        {
            **{name: lambda t, g=g: down(t, g(t)) for name, g in others.items()},
            **of_steps(right),
            **SAME_ARRAY,
        },
    )


DESCENTS = {
    "bgd": descent("(6.12)", of_all),
    "mbgd": descent("mini-batch gradient descent (section 6.4.4)", of_batch),
    "sgd": descent("(6.13)", of_one),
}


def from_compared(case, answer, logs):
    """Each of the three from its own guess before."""
    x, w, batches, alpha = case.values()
    for i, (name, law) in enumerate(DESCENTS.items()):
        guesses = [three[i] for three in answer]
        yield from end_to_end(law, name, len(alpha), guesses, alpha, w, (x, batches))
