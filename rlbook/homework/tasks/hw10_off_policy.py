"""What is learned from the steps of another policy, and how it goes wrong. [Zhao 10.3]"""

from functools import partial

import numpy as np

from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw10_laws import (
    SIGN,
    a2c_actor,
    a2c_critic,
    at,
    softmax,
    td,
    with_wrong_errors,
    with_wrong_scores,
    wrong_sign,
)


def rho(theta, beta, s, a):
    """The importance weight."""
    return softmax(theta[s])[a] / beta[s, a]


RATIOS = {
    "the importance weight is left out here": lambda theta, beta, s, a: 1,
    "the importance weight is upside down": lambda theta, beta, s, a: 1 / rho(theta, beta, s, a),
    "pi(a|s) is the weight; it must be divided by beta(a|s)": lambda theta, beta, s, a: softmax(
        theta[s]
    )[a],
    "beta(a|s) is the weight; it is pi(a|s) / beta(a|s)": lambda theta, beta, s, a: beta[s, a],
    "1 / beta(a|s) is the weight: pi(a|s) is left out": lambda theta, beta, s, a: 1 / beta[s, a],
    "the importance weight comes twice": lambda *args: rho(*args) ** 2,
    "theta itself is divided by beta, and not the softmax of it": lambda theta, beta, s, a: (
        theta[s, a] / beta[s, a]
    ),
    "the importance weight is cut at 1": lambda *args: min(1, rho(*args)),
}


def off_critic(theta, w, beta, step, gamma, alpha_theta, alpha_w, *, error=td, ratio=rho):
    """The critic after one step of another policy."""
    weight = ratio(theta, beta, step[0], step[1])
    return a2c_critic(theta, w, step, gamma, alpha_theta, alpha_w * weight, error=error)


def off_actor(theta, w, beta, step, gamma, alpha_theta, alpha_w, *, ratio=rho, **wrong):
    """The actor after one step of another policy."""
    weight = ratio(theta, beta, step[0], step[1])
    return a2c_actor(theta, w, step, gamma, alpha_theta * weight, alpha_w, **wrong)


OFF_CRITIC = Law(
    "Algorithm 10.3, critic",
    off_critic,
    {
        **{name: partial(off_critic, ratio=wrong) for name, wrong in RATIOS.items()},
        "the importance weight is computed anew after the actor's update": (
            lambda theta, w, beta, step, *others: off_critic(
                off_actor(theta, w, beta, step, *others), w, beta, step, *others
            )
        ),
        "the importance weight multiplies the target alone, and not the whole TD error": (
            lambda theta, w, beta, step, gamma, alpha_theta, alpha_w: a2c_critic(
                theta, w, step, gamma, alpha_theta, alpha_w,
                error=lambda r, v, *others: (
                    rho(theta, beta, step[0], step[1]) * td(r, 0, *others) - v
                ),
            )
        ),
        **with_wrong_errors(off_critic),
        SIGN: partial(off_critic, error=wrong_sign),
        "the critic does not move": lambda theta, w, *others: w,
    },
)  # fmt: skip

OFF_ACTOR = Law(
    "Algorithm 10.3, actor",
    off_actor,
    {
        **{name: partial(off_actor, ratio=wrong) for name, wrong in RATIOS.items()},
        "the TD error is computed anew after the critic's update; both use w as it was before": (
            lambda theta, w, *others: off_actor(theta, off_critic(theta, w, *others), *others)
        ),
        **with_wrong_errors(off_actor),
        **with_wrong_scores(off_actor),
        "beta takes the place of pi in the gradient of ln pi": (
            lambda theta, w, beta, *others: off_actor(
                theta, w, beta, *others,
                score=lambda theta, s, a: at(0 * theta, s, np.eye(len(beta[s]))[a] - beta[s]),
            )
        ),
    },
)  # fmt: skip


IMPORTANCE = Law(
    "(10.10)",
    lambda x, p0, p1: (p0 / p1 * x).mean(),
    {
        "the weights are left out": lambda x, p0, p1: x.mean(),
        "the importance weight is upside down": lambda x, p0, p1: (p1 / p0 * x).mean(),
        "the sum is taken, and not the mean": lambda x, p0, p1: (p0 / p1 * x).sum(),
        "the sum is divided by the sum of the weights, and not by n": lambda x, p0, p1: (
            (p0 / p1 * x).sum() / (p0 / p1).sum()
        ),
        "x is weighted by p0 alone: the samples come from p1": lambda x, p0, p1: (p0 * x).mean(),
        "x is weighted by p0 and summed, as if x ran over all values": lambda x, p0, p1: p0 @ x,
        "x is weighted by p1": lambda x, p0, p1: (p1 * x).mean(),
        "x is weighted by p0 p1": lambda x, p0, p1: (p0 * p1 * x).mean(),
        "the mean of the weights and the mean of x are taken apart": lambda x, p0, p1: (
            (p0 / p1).mean() * x.mean()
        ),
        "only the weights are averaged: x is left out": lambda x, p0, p1: (p0 / p1).mean(),
        "the sum of p0 x is divided by the sum of p0": lambda x, p0, p1: (p0 * x).sum() / p0.sum(),
        "weights above 1 are cut to 1": lambda x, p0, p1: (np.minimum(p0 / p1, 1) * x).mean(),
        "the means of p0 and p1 are divided": lambda x, p0, p1: (p0 * x).mean() / p1.mean(),
        "the sum is divided by n - 1": lambda x, p0, p1: (p0 / p1 * x).sum() / (len(x) - 1),
    },
)
