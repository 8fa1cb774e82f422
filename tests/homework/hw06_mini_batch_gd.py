"""What students write for mini_batch_gd."""

import numpy as np


def right_loop(gradient, w, x, batches, alpha):
    out = []
    for k in range(len(batches)):
        total = 0
        for i in batches[k]:
            total = total + gradient(w, x[i])
        w = w - alpha[k] / len(batches[k]) * total
        out.append(w)
    return out


def right_generator_counts(gradient, w, x, batches, alpha):
    for numbers, a in zip(batches, alpha, strict=True):
        weights = np.bincount(numbers, minlength=len(x)) / len(numbers)
        w = w - a * weights @ np.array([gradient(w, row) for row in x])
        yield w


def right_float32(gradient, w, x, batches, alpha):
    w, out = w.astype(np.float32), []
    for numbers, a in zip(batches, alpha, strict=True):
        g = np.mean(np.stack([gradient(w, row) for row in x[numbers]]), axis=0)
        w = (w - a * g).astype(np.float32)
        out.append(w)
    return np.stack(out)


def _run(w, batches, alpha, direction):
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        w = w - a * direction(w, numbers)
        out.append(w)
    return out


def sum_only(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the gradients are added up"""
    return _run(w, batches, alpha, lambda w, numbers: sum(gradient(w, x[i]) for i in numbers))


def over_all(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the sum is divided by the number of all"""
    return _run(
        w, batches, alpha, lambda w, numbers: sum(gradient(w, x[i]) for i in numbers) / len(x)
    )


def divided_twice(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): it is divided by the size of the batch twice"""
    return _run(
        w, batches, alpha,
        lambda w, numbers: np.mean([gradient(w, x[i]) for i in numbers], axis=0) / len(numbers),
    )  # fmt: skip


def one_by_one(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): one step is made for each sample"""
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        for i in numbers:
            w = w - a * gradient(w, x[i])
        out.append(w)
    return out


def first_of_the_batch(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): only the first sample"""
    return _run(w, batches, alpha, lambda w, numbers: gradient(w, x[numbers[0]]))


def last_of_the_batch(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): only the last sample"""

    def direction(w, numbers):
        for i in numbers:
            g = gradient(w, x[i])
        return g

    return _run(w, batches, alpha, direction)


def all_samples(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): all samples are used"""
    return _run(
        w, batches, alpha, lambda w, numbers: np.mean([gradient(w, row) for row in x], axis=0)
    )


def without_doubles(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): a sample that comes twice"""
    return right_loop(gradient, w, x, [list(set(numbers)) for numbers in batches], alpha)


def of_the_mean_sample(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the gradient at the mean sample"""
    return _run(w, batches, alpha, lambda w, numbers: gradient(w, x[numbers].mean(axis=0)))


def first_batch(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the first batch is used"""
    return right_loop(gradient, w, x, [batches[0]] * len(alpha), alpha)


def wrong_sign(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the sign is wrong"""
    return right_loop(gradient, w, x, batches, -alpha)


def first_step_size(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the first step size"""
    return right_loop(gradient, w, x, batches, [alpha[0]] * len(alpha))


def not_copied(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the same array stands in the list"""
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        w -= a * np.mean([gradient(w, x[i]) for i in numbers], axis=0)
        out.append(w)
    return out


def moves_within(gradient, w, x, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): w moves within the batch"""
    out = []
    for k, rows in enumerate(batches):
        w = w.copy()
        for row in x[rows]:
            w -= alpha[k] * gradient(w, row) / len(rows)
        out.append(w)
    return out
