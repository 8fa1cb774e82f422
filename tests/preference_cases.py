"""What the tests of preferences, RLHF and DPO share."""

import math

import numpy as np
from hypothesis import strategies as st

from rlbook.dpo.losses import LOSSES
from rlbook.dpo.preferences import Answer
from rlbook.dpo.rlhf import Rollouts
from rlbook.functions.optimisers import SGD
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax

BETA = 0.5
BETAS = [0.05, 0.1, 0.5, 1.0, 5.0]
seeds = st.integers(0, 2**32)
SMOOTHED = ("cdpo", "robust")
CASES = [(k, e) for k in LOSSES for e in ((0.0, 0.1, 0.45) if k in SMOOTHED else (0.0,))]


def exactly(found, expected, tolerance=1e-12):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def by_hand(h, beta, loss, e=0.0):
    """One number, by math alone."""
    right, wrong = math.log(1 + math.exp(-beta * h)), math.log(1 + math.exp(beta * h))
    return {
        "sigmoid": right,
        "cdpo": (1 - e) * right + e * wrong,
        "robust": ((1 - e) * right - e * wrong) / (1 - 2 * e),
        "ipo": (h - 1 / (2 * beta)) ** 2,
        "hinge": max(0.0, 1 - beta * h),
    }[loss]


def problem(seed, contexts=3, answers=5):
    """A reference policy and rewards."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(answers), contexts), rng.uniform(-1.5, 1.5, (contexts, answers))


def table(pi):
    """A policy of logits, beginning at pi."""
    policy = Softmax(Table(*pi.shape))
    policy.theta = np.log(pi).ravel()
    return policy


def bigrams(seed=0):
    """A policy over three words, given the one before: 0 is the end."""
    policy = Softmax(Table(3, 3))
    policy.theta[:] = np.random.default_rng(seed).normal(size=9)
    return policy


def single(x, y):
    """An answer of one choice."""
    return Answer(np.array([x]), np.array([y]))


def chain(*words, prompt=1):
    """A text: each word, given the one before it; the first, given the prompt."""
    return Answer(np.array([prompt, *words[:-1]]), np.array(words))


def plain(kind, policy, lr=1.0, **options):
    """DPO or RLHF, with plain descent instead of Adam."""
    given = {"beta": BETA, "lr": lr, "rng": np.random.default_rng(0)} | options
    made = kind(policy, **given)
    made.adam = SGD(policy.f, lr)
    return made


def texts_of_two_words(seed=0):
    """Two answers that share their first choice: its ratio is one, and both drive it."""
    policy = bigrams(seed)
    answers = [
        Answer(np.array([0, 1]), np.array([1, 2])),
        Answer(np.array([0, 2, 1]), np.array([2, 1, 0])),
    ]
    return policy, [Rollouts(0, answers, [1.0, -2.0])]
