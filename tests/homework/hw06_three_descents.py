"""What students write for three_descents."""

import numpy as np


def right_loops(x, w, batches, alpha):
    guesses, out = [list(w), list(w), list(w)], []
    for numbers, a in zip(batches, alpha, strict=True):
        for which, used in enumerate((range(len(x)), numbers, numbers[:1])):
            mean = [sum(x[i][j] for i in used) / len(used) for j in range(len(w))]
            guesses[which] = [
                (1 - a) * old + a * m for old, m in zip(guesses[which], mean, strict=True)
            ]
        out.append(tuple(guesses))
    return out


def right_generator_table(x, w, batches, alpha):
    table = np.stack([w, w, w]).astype(np.float32)
    for numbers, a in zip(batches, alpha, strict=True):
        target = np.stack([x.mean(0), x[numbers].mean(0), x[numbers[0]]])
        table = (table - a * (table - target)).astype(np.float32)
        yield tuple(table)


def right_each_alone(x, w, batches, alpha):
    def run(choose):
        v, out = w, []
        for numbers, a in zip(batches, alpha, strict=True):
            v = v - a * np.mean([v - x[i] for i in choose(numbers)], axis=0)
            out.append(v)
        return out

    everything = list(range(len(x)))
    return list(zip(run(lambda n: everything), run(lambda n: n), run(lambda n: n[:1]), strict=True))


def _run(x, w, batches, alpha, *, bgd=None, mbgd=None, sgd=None, step=lambda w, a, g: w - a * g):
    rules = [
        bgd or (lambda v, n, k: v - x.mean(0)),
        mbgd or (lambda v, n, k: v - x[n].mean(0)),
        sgd or (lambda v, n, k: v - x[n[0]]),
    ]
    three, out = [w, w, w], []
    for k, (numbers, a) in enumerate(zip(batches, alpha, strict=True)):
        three = [step(v, a, rule(v, numbers, k)) for v, rule in zip(three, rules, strict=True)]
        out.append(tuple(three))
    return out


def sum_over_all(x, w, batches, alpha):
    """(6.12): the differences are added up, and not divided by the number of all"""
    return _run(x, w, batches, alpha, bgd=lambda v, n, k: sum(v - row for row in x))


def batch_for_all(x, w, batches, alpha):
    """(6.12): the mean of the batch is used"""
    return _run(x, w, batches, alpha, bgd=lambda v, n, k: v - x[n].mean(0))


def sum_over_batch(x, w, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the differences are added up"""
    return _run(x, w, batches, alpha, mbgd=lambda v, n, k: sum(v - x[i] for i in n))


def batch_over_all(x, w, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the sum is divided by the number of all"""
    return _run(x, w, batches, alpha, mbgd=lambda v, n, k: sum(v - x[i] for i in n) / len(x))


def doubles_once(x, w, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): a point that comes twice"""
    return _run(x, w, batches, alpha, mbgd=lambda v, n, k: v - x[list(set(n))].mean(0))


def all_in_the_batch(x, w, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): all points are used"""
    return _run(x, w, batches, alpha, mbgd=lambda v, n, k: v - x.mean(0))


def batch_in_sgd(x, w, batches, alpha):
    """(6.13): the mean of the batch is used"""
    return _run(x, w, batches, alpha, sgd=lambda v, n, k: v - x[n].mean(0))


def kth_point(x, w, batches, alpha):
    """(6.13): the k-th of all points"""
    return _run(x, w, batches, alpha, sgd=lambda v, n, k: v - x[k % len(x)])


def last_of_the_batch(x, w, batches, alpha):
    """(6.13): the last point of the batch"""
    return _run(x, w, batches, alpha, sgd=lambda v, n, k: v - x[n[-1]])


def wrong_sign(x, w, batches, alpha):
    """(6.12): the sign is wrong"""
    return _run(x, w, batches, alpha, step=lambda w, a, g: w + a * g)


def squared(x, w, batches, alpha):
    """(6.12): the step size is applied twice"""
    return _run(x, w, batches, alpha, step=lambda w, a, g: w - a * a * g)


def no_step_size(x, w, batches, alpha):
    """(6.12): the step size is left out"""
    return _run(x, w, batches, alpha, step=lambda w, a, g: w - g)


def not_copied(x, w, batches, alpha):
    """(6.12): the same array stands in the list"""
    bgd, mbgd, sgd = w.copy(), w.copy(), w.copy()
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        bgd -= a * (bgd - x.mean(axis=0))
        mbgd -= a * (mbgd - x[numbers].mean(axis=0))
        sgd -= a * (sgd - x[numbers[0]])
        out.append((bgd, mbgd, sgd))
    return out


def all_from_bgd(x, w, batches, alpha):
    """mini-batch gradient descent (section 6.4.4): the three share one guess: it goes"""
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        three = [w - a * (w - np.mean(x[i], axis=0)) for i in (slice(None), numbers, numbers[:1])]
        w = three[0]
        out.append(tuple(three))
    return out


def all_from_sgd(x, w, batches, alpha):
    """(6.12): the three share one guess: it goes on from where SGD"""
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        three = [w - a * (w - np.mean(x[i], axis=0)) for i in (slice(None), numbers, numbers[:1])]
        w = three[-1]
        out.append(tuple(three))
    return out


def one_variable(x, w, batches, alpha):
    """(6.12): the three share one guess: it goes on from where SGD"""
    out = []
    for numbers, a in zip(batches, alpha, strict=True):
        three = []
        for rows in (x, x[numbers], x[numbers[:1]]):
            w = w - a * (w - rows.mean(axis=0))
            three.append(w)
        out.append(three)
    return out


def mean_without_axis(x, w, batches, alpha):
    """(6.12): the mean of all numbers is taken"""
    return _run(x, w, batches, alpha, bgd=lambda v, n, k: v - x.mean())
