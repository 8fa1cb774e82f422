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
    x, batches = t.data[:2]
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


def moving(t):
    """A part of the step for each sample of the batch, each from where the last one led."""
    w, samples = t.w, batch(t)
    for sample in samples:
        w = w - t.alpha[t.k] / len(samples) * slope(w, sample)
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
        "w moves within the batch: each of its gradients is taken at another w": moving,
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


def guess(t, i, k):
    """The student's own guess of descent i before step k; no number where it is not known."""
    found = t.data[2][i]
    return t.first if k == 0 else found[k - 1] if k <= len(found) else np.nan * t.first


def shared(i, right):
    """What comes out where the three have one guess in common, for descent i."""

    def from_guess_of(j, of_now=False):
        def mistaken(t):
            own = t._replace(w=guess(t, j, t.k + of_now))
            return down(own, right(own))

        return mistaken

    names = ("BGD", "MBGD", "SGD")
    together = {
        f"the three share one guess: it goes on from where {name} was": from_guess_of(j)
        for j, name in enumerate(names)
        if j != i
    }
    if i > 0:
        in_turn = "the three share one guess, and move it one after the other"
        together[in_turn] = from_guess_of(i - 1, of_now=True)
    return together


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
    "the mean of all numbers is taken, and not that of each column": lambda t: (
        t.w - t.data[0].mean()
    ),
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


def descent(i, equation, right):
    """One of the three; each of the sets is a mistake in the others."""
    others = {name: g for name, g in SETS.items() if g is not right}
    return Law(
        equation,
        lambda t: down(t, right(t)),
        {
            **{name: lambda t, g=g: down(t, g(t)) for name, g in others.items()},
            **of_steps(right),
            **shared(i, right),
            **SAME_ARRAY,
        },
    )


DESCENTS = {
    "bgd": descent(0, "(6.12)", of_all),
    "mbgd": descent(1, "mini-batch gradient descent (section 6.4.4)", of_batch),
    "sgd": descent(2, "(6.13)", of_one),
}


def from_compared(case, answer, logs):
    """Each of the three from its own guess before."""
    x, w, batches, alpha = case.values()
    guesses = list(zip(*answer, strict=True))
    for own, (name, law) in zip(guesses, DESCENTS.items(), strict=True):
        yield from end_to_end(law, name, len(alpha), own, alpha, w, (x, batches, guesses))
