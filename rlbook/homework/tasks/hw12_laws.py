"""What preferences say of a policy, and how the sums go wrong. [Rafailov et al. 2023]"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from rlbook.checks import BoolArray, FloatArray
from rlbook.homework.laws import Close, Law
from rlbook.homework.tasks.hw10_laws import softmax


@dataclass(frozen=True)
class CloseEach(Close):
    """Each number by itself: a small one stands beside a large one, and so does what overflowed."""

    def wrong(self, given: FloatArray, value: FloatArray) -> BoolArray:
        """Those that are too far off; infinities are the same, and what is no number is."""
        tol = max(self.tol, 1e3 * float(np.finfo(given.dtype).eps))
        return np.asarray(~np.isclose(given, value, rtol=tol, atol=tol, equal_nan=True))


def log_sigmoid(z):
    """ln sigma(z), without overflow."""
    return -np.logaddexp(0, -z)


def sigmoid(z):
    """sigma(z)."""
    return np.exp(log_sigmoid(z))


def naive(z):
    """ln sigma(z) as it is written, with overflow."""
    return np.log(1 / (1 + np.exp(-z)))


def kept_finite(epsilon):
    """The logarithm of a little more."""
    return lambda z: np.log(sigmoid(z) + epsilon)


LOG_SIGMOID = Law(
    "ln sigma",
    log_sigmoid,
    {
        "exp(-z) overflows where z is far below 0: sigma(z) becomes 0, and its logarithm -inf": (
            naive
        ),
        "exp(z) overflows where z is large: it must not be computed there": lambda z: (
            z - np.log(1 + np.exp(z))
        ),
        "exp(z) / (1 + exp(z)) is no number where z is large, and 0 far below 0": lambda z: np.log(
            np.exp(z) / (1 + np.exp(z))
        ),
        **{
            f"{epsilon:g} is added, so that the logarithm stays finite: far below 0 it is wrong": (
                kept_finite(epsilon)
            )
            for epsilon in (1e-12, 1e-10, 1e-9, 1e-8, 1e-6)
        },
        "the logarithm is left out: that is sigma(z)": sigmoid,
        "the sign of z is wrong: that is ln sigma(-z)": lambda z: log_sigmoid(-z),
        "the sign of the result is wrong: a logarithm of a probability is below 0": lambda z: (
            -log_sigmoid(z)
        ),
        "that is ln(1 + exp(z)): both signs are wrong": lambda z: -log_sigmoid(-z),
        "the logarithm has base 2": lambda z: log_sigmoid(z) / np.log(2),
        "the logarithm has base 10": lambda z: log_sigmoid(z) / np.log(10),
        "1 is forgotten in 1 + exp(-z): z itself is left": lambda z: z,
        **{
            f"z is cut to [-{c}, {c}]": lambda z, c=c: log_sigmoid(np.clip(z, -c, c))
            for c in (20, 30, 50, 100, 700)
        },
        "z is cut from below where exp overflows, and so the result is not z there": lambda z: (
            log_sigmoid(np.maximum(z, -500))
        ),
    },
    CloseEach(),
)


PREFERENCE = Law(
    "Bradley-Terry",
    lambda r, r_other: sigmoid(r - r_other),
    {
        "r and r_other are exchanged: this is the chance of the other one": lambda r, r_other: (
            sigmoid(r_other - r)
        ),
        "exp overflows: exp(r) / (exp(r) + exp(r_other)) is no number for large rewards": (
            lambda r, r_other: np.exp(r) / (np.exp(r) + np.exp(r_other))
        ),
        "exp overflows where r - r_other is large": lambda r, r_other: (
            np.exp(r - r_other) / (1 + np.exp(r - r_other))
        ),
        "large rewards are cut": lambda r, r_other: sigmoid(
            np.clip(r, -50, 50) - np.clip(r_other, -50, 50)
        ),
        "the better one is preferred for sure": lambda r, r_other: np.sign(r - r_other) / 2 + 0.5,
        "the better one is preferred for sure, and of equals the other one": lambda r, r_other: (
            1.0 * (r > r_other)
        ),
        "the rewards are added, and not subtracted": lambda r, r_other: sigmoid(r + r_other),
        "r_other is left out": lambda r, r_other: sigmoid(r),
        "the rewards are divided, without exp": lambda r, r_other: r / (r + r_other),
        "sigma is left out: that is the difference of the rewards": lambda r, r_other: r - r_other,
        "the logarithm of the chance is returned": lambda r, r_other: log_sigmoid(r - r_other),
        "two chances are divided: sigma is to be taken of the difference": lambda r, r_other: (
            sigmoid(r) / (sigmoid(r) + sigmoid(r_other))
        ),
        "tanh takes the place of sigma: that is sigma(2 z), and from -1 to 1": lambda r, r_other: (
            np.tanh(r - r_other)
        ),
    },
    CloseEach(),
)


def first_of(mask):
    """Where each row is true for the first time."""
    return mask & (np.cumsum(mask, axis=1) == 1)


def last_of(mask):
    """Where each row is true for the last time."""
    return first_of(mask[:, ::-1])[:, ::-1]


def summed(log_p, is_prompt, counts=lambda prompt: ~prompt):
    """The sum over the tokens that count."""
    return np.where(counts(is_prompt), log_p, 0).sum(1)


ANSWER = Law(
    "ln pi of an answer",
    summed,
    {
        "the prompt is counted, too": partial(summed, counts=lambda prompt: prompt | True),
        "the mean over the answer's tokens is taken, and not the sum": lambda log_p, prompt: (
            summed(log_p, prompt) / (~prompt).sum(1)
        ),
        "the mask is upside down: only the prompt is counted": partial(
            summed, counts=lambda prompt: prompt
        ),
        "the sum is divided by the number of all tokens": lambda log_p, prompt: (
            summed(log_p, prompt) / log_p.shape[1]
        ),
        "the mean over prompt and answer is taken": lambda log_p, prompt: log_p.mean(1),
        "the first token of the answer is left out": partial(
            summed, counts=lambda prompt: ~prompt & ~first_of(~prompt)
        ),
        "the last token of the answer is left out: the end counts": partial(
            summed, counts=lambda prompt: ~prompt & ~last_of(~prompt)
        ),
        "the last token of the prompt is counted, too": partial(
            summed, counts=lambda prompt: ~prompt | last_of(prompt)
        ),
        "only the first token of the answer is counted": partial(
            summed, counts=lambda prompt: first_of(~prompt)
        ),
        "only the last token of the answer is counted": partial(
            summed, counts=lambda prompt: last_of(~prompt)
        ),
        "exp is taken: that is the probability, and not its logarithm": lambda *args: np.exp(
            summed(*args)
        ),
        "the sign is wrong": lambda *args: -summed(*args),
        "probabilities are added, and then the logarithm is taken: a product is wanted": (
            lambda log_p, prompt: np.log((np.exp(log_p) * ~prompt).sum(1))
        ),
        "the logarithms are multiplied; the logarithm of a product is a sum": (
            lambda log_p, prompt: np.where(prompt, 1, log_p).prod(1)
        ),
        "the sum runs over the whole batch, and not over each answer": lambda *args: (
            summed(*args).sum() + np.zeros(len(args[0]))
        ),
        "the mask of the first row is used for all": lambda log_p, prompt: summed(
            log_p, prompt[:1] | np.zeros_like(prompt)
        ),
    },
)


def loss(chosen, rejected, ref_chosen, ref_rejected, beta, log=log_sigmoid):
    """The DPO loss of each pair."""
    return -log(beta * (chosen - ref_chosen - rejected + ref_rejected))


LOSS = Law(
    "the DPO loss",
    loss,
    {
        "chosen and rejected are exchanged, or policy and reference: h has the wrong sign": (
            lambda c, r, ref_c, ref_r, beta: loss(r, c, ref_r, ref_c, beta)
        ),
        "beta is forgotten": lambda c, r, ref_c, ref_r, beta: loss(c, r, ref_c, ref_r, 1),
        "beta stands outside of sigma: it is a factor of the loss, and not of h": (
            lambda c, r, ref_c, ref_r, beta: beta * loss(c, r, ref_c, ref_r, 1)
        ),
        "h is divided by beta": lambda c, r, ref_c, ref_r, beta: loss(c, r, ref_c, ref_r, 1 / beta),
        "the reference is left out": lambda c, r, ref_c, ref_r, beta: loss(c, r, 0, 0, beta),
        "the reference is the policy itself: h is 0, and the loss ln 2": (
            lambda c, r, ref_c, ref_r, beta: loss(c, r, c, r, beta)
        ),
        "the reference is added, and not subtracted; or its two parts are exchanged": (
            lambda c, r, ref_c, ref_r, beta: loss(c, r, -ref_c, -ref_r, beta)
        ),
        "chosen and rejected are exchanged in the policy only": lambda c, r, ref_c, ref_r, beta: (
            loss(r, c, ref_c, ref_r, beta)
        ),
        "the last sign in h is wrong: -(a - b) is -a + b": lambda c, r, ref_c, ref_r, beta: loss(
            c, r, ref_c, -ref_r, beta
        ),
        "the two log-ratios are added, and not subtracted": lambda c, r, ref_c, ref_r, beta: loss(
            c, -r, ref_c, -ref_r, beta
        ),
        "the reference is left out for the rejected answer": lambda c, r, ref_c, ref_r, beta: loss(
            c, r, ref_c, 0, beta
        ),
        "the reference is left out for the chosen answer": lambda c, r, ref_c, ref_r, beta: loss(
            c, r, 0, ref_r, beta
        ),
        "the ratios themselves are subtracted in h, and not their logarithms": (
            lambda c, r, ref_c, ref_r, beta: loss(np.exp(c - ref_c), np.exp(r - ref_r), 0, 0, beta)
        ),
        "only the rejected answer is seen": lambda c, r, ref_c, ref_r, beta: loss(
            0, r, 0, ref_r, beta
        ),
        "exp overflows: where beta h is far below 0, ln sigma becomes -inf": partial(
            loss, log=naive
        ),
        "the minus is forgotten: training would make the right order unlikely": lambda *args: (
            -loss(*args)
        ),
        "the logarithm is left out": partial(loss, log=sigmoid),
        "sigma(beta h) itself is returned: minus and logarithm are left out": partial(
            loss, log=lambda z: -sigmoid(z)
        ),
        **{
            f"beta h is cut to [-{c}, {c}]": partial(
                loss, log=lambda z, c=c: log_sigmoid(np.clip(z, -c, c))
            )
            for c in (20, 30, 50, 100, 500, 700)
        },
        **{
            f"h is cut to [-{c}, {c}]": lambda c, r, ref_c, ref_r, beta, h=c: loss(
                np.clip(c - ref_c - r + ref_r, -h, h), 0, 0, 0, beta
            )
            for c in (10, 20, 30, 50, 100, 500, 700)
        },
        "sigma is left out: that is -beta h": partial(loss, log=lambda z: z),
        "only the chosen answer is seen": lambda c, r, ref_c, ref_r, beta: loss(
            c, 0, ref_c, 0, beta
        ),
        "each answer has a sigma of its own; sigma is taken of the difference": (
            lambda c, r, ref_c, ref_r, beta: loss(c, 0, ref_c, 0, beta) + loss(0, r, 0, ref_r, beta)
        ),
        "beta multiplies the policy's part alone, and not the reference": (
            lambda c, r, ref_c, ref_r, beta: loss(c, r, ref_c / beta, ref_r / beta, beta)
        ),
        "the log-probabilities are divided; the logarithm of a ratio is a difference": (
            lambda c, r, ref_c, ref_r, beta: loss(c / ref_c, r / ref_r, 0, 0, beta)
        ),
        "the mean over the pairs stands for each of them": lambda *args: (
            loss(*args).mean() + np.zeros(len(args[0]))
        ),
    },
    CloseEach(),
)


def log_softmax(theta):
    """ln pi."""
    return np.log(softmax(theta))


def margin(theta, pi_ref, chosen, rejected):
    """h of each pair."""
    x = theta - np.log(pi_ref)
    return x[chosen] - x[rejected]


def direction(theta, chosen, rejected):
    """grad [ ln pi(chosen) - ln pi(rejected) ] of each pair, (B, Y)."""
    e = np.eye(len(theta))
    return e[chosen] - e[rejected]


def slope(
    theta, pi_ref, chosen, rejected, beta,
    margin=margin, weight=lambda h, beta: beta * sigmoid(-beta * h), along=direction, mean=np.mean,
):  # fmt: skip
    """The gradient of the mean DPO loss."""
    weights = weight(margin(theta, pi_ref, chosen, rejected), beta)
    return -mean(weights[:, None] * along(theta, chosen, rejected), axis=0)


def each_answer_once(theta, pi_ref, chosen, rejected, beta):
    """What g[chosen] += x gives in numpy, where an answer comes more than once."""
    g = np.zeros(len(theta))
    weights = beta * sigmoid(-beta * margin(theta, pi_ref, chosen, rejected)) / len(chosen)
    g[chosen] -= weights
    g[rejected] += weights
    return g


SLOPE = Law(
    "the gradient of the DPO loss",
    slope,
    {
        "the weight is sigma(+beta h): pairs in the right order would count most": partial(
            slope, weight=lambda h, beta: beta * sigmoid(beta * h)
        ),
        "the sign is wrong: that is the way uphill": lambda *args: -slope(*args),
        "the weight sigma(-beta h) is left out": partial(
            slope, weight=lambda h, beta: beta + 0 * h
        ),
        "the factor beta is forgotten": partial(slope, weight=lambda h, beta: sigmoid(-beta * h)),
        "beta is forgotten inside of sigma": partial(
            slope, weight=lambda h, beta: beta * sigmoid(-h)
        ),
        "h is divided by beta": partial(slope, weight=lambda h, beta: beta * sigmoid(-h / beta)),
        "the derivative of sigma is the weight, and not that of ln sigma": partial(
            slope, weight=lambda h, beta: beta * sigmoid(beta * h) * sigmoid(-beta * h)
        ),
        "beta is forgotten in both places": partial(slope, weight=lambda h, beta: sigmoid(-h)),
        "the reference is left out": partial(
            slope, margin=lambda theta, pi_ref, c, r: theta[c] - theta[r]
        ),
        "the reference is the policy itself: h is 0, whatever theta is": partial(
            slope, margin=lambda theta, pi_ref, c, r: 0.0 * c
        ),
        "the logarithm of pi_ref is forgotten": partial(
            slope,
            margin=lambda theta, pi_ref, c, r: theta[c] - theta[r] - pi_ref[c] + pi_ref[r],
        ),
        "the two log-ratios are added in h, and not subtracted": partial(
            slope,
            margin=lambda theta, pi_ref, c, r: (
                log_softmax(theta)[c] + log_softmax(theta)[r] - np.log(pi_ref[c] * pi_ref[r])
            ),
        ),
        "chosen and rejected move the same way": partial(
            slope, along=lambda theta, c, r: np.eye(len(theta))[c] + np.eye(len(theta))[r]
        ),
        "the reference is added, and not subtracted": partial(
            slope, margin=lambda theta, pi_ref, c, r: margin(theta, 1 / pi_ref, c, r)
        ),
        "the sum over the pairs is taken, and not the mean": partial(slope, mean=np.sum),
        "only the chosen answer moves": partial(
            slope, along=lambda theta, c, r: np.eye(len(theta))[c]
        ),
        "only the rejected answer moves": partial(
            slope, along=lambda theta, c, r: -np.eye(len(theta))[r]
        ),
        "the gradient of ln pi(chosen) stands alone, that of ln pi(rejected) is missing": partial(
            slope, along=lambda theta, c, r: np.eye(len(theta))[c] - softmax(theta)
        ),
        "the gradient of pi is taken, and not the gradient of ln pi": partial(
            slope,
            along=lambda theta, c, r: (
                softmax(theta)[c, None] * (np.eye(len(theta))[c] - softmax(theta))
                - softmax(theta)[r, None] * (np.eye(len(theta))[r] - softmax(theta))
            ),
        ),
        "an answer that comes in several pairs moves once: g[chosen] += x keeps the last x only": (
            each_answer_once
        ),
        "only the first pair is seen": lambda theta, pi_ref, c, r, beta: slope(
            theta, pi_ref, c[:1], r[:1], beta
        ),
    },
)


def tilted(pi_ref, r, beta):
    """The best policy near the reference."""
    return softmax(np.log(pi_ref) + r / beta)


def overflown(pi_ref, r, beta):
    """The same as it is written."""
    x = pi_ref * np.exp(r / beta)
    return x / x.sum()


BEST = Law(
    "the best policy near pi_ref",
    tilted,
    {
        "exp overflows: subtract the largest exponent from all of them first": overflown,
        "the reference is left out": lambda pi_ref, r, beta: softmax(r / beta),
        "r is multiplied by beta, and not divided": lambda pi_ref, r, beta: tilted(
            pi_ref, r, 1 / beta
        ),
        "beta is forgotten": lambda pi_ref, r, beta: tilted(pi_ref, r, 1),
        "the sum is not 1: Z is forgotten": lambda pi_ref, r, beta: pi_ref * np.exp(r / beta),
        "the sign of r is wrong": lambda pi_ref, r, beta: tilted(pi_ref, -r, beta),
        "the sum is not 1: Z is forgotten, after the largest exponent was subtracted": (
            lambda pi_ref, r, beta: tilted(pi_ref, r, beta) / tilted(pi_ref, r, beta).max()
        ),
        "only answers with the largest reward are given, all of them alike": (
            lambda pi_ref, r, beta: (r == r.max()) / (r == r.max()).sum()
        ),
        "the best answer is given for sure": lambda pi_ref, r, beta: np.eye(len(r))[r.argmax()],
        "pi_ref stands in the exponent without its logarithm": lambda pi_ref, r, beta: softmax(
            pi_ref + r / beta
        ),
        "exp(r / beta) is made a distribution before pi_ref comes in": lambda pi_ref, r, beta: (
            pi_ref * softmax(r / beta)
        ),
        "exp is left out": lambda pi_ref, r, beta: pi_ref * (r / beta) / (pi_ref @ r / beta),
        "beta divides ln pi_ref, too": lambda pi_ref, r, beta: softmax((np.log(pi_ref) + r) / beta),
        "exp(r / beta) is divided by pi_ref": lambda pi_ref, r, beta: tilted(1 / pi_ref, r, beta),
        "the reference is returned": lambda pi_ref, r, beta: pi_ref,
    },
    CloseEach(),
)


REWARD = Law(
    "the implicit reward",
    lambda pi, pi_ref, beta: beta * np.log(pi / pi_ref),
    {
        "the ratio is upside down": lambda pi, pi_ref, beta: beta * np.log(pi_ref / pi),
        "beta is forgotten": lambda pi, pi_ref, beta: np.log(pi / pi_ref),
        "the logarithm is divided by beta": lambda pi, pi_ref, beta: np.log(pi / pi_ref) / beta,
        "the logarithm is left out": lambda pi, pi_ref, beta: beta * pi / pi_ref,
        "the logarithm has base 2": lambda pi, pi_ref, beta: beta * np.log2(pi / pi_ref),
        "the logarithm has base 10": lambda pi, pi_ref, beta: beta * np.log10(pi / pi_ref),
        "the reference is left out": lambda pi, pi_ref, beta: beta * np.log(pi),
        "the probabilities are subtracted, without logarithms": lambda pi, pi_ref, beta: (
            beta * (pi - pi_ref)
        ),
        "the logarithms are added": lambda pi, pi_ref, beta: beta * np.log(pi * pi_ref),
        "the logarithms are divided; the logarithm of a ratio is a difference": (
            lambda pi, pi_ref, beta: beta * np.log(pi) / np.log(pi_ref)
        ),
        "each entry is weighted by pi: those are the terms of the KL": lambda pi, pi_ref, beta: (
            beta * pi * np.log(pi / pi_ref)
        ),
        "beta stands inside of the logarithm": lambda pi, pi_ref, beta: np.log(beta * pi / pi_ref),
        "the mean is subtracted; only ln Z is left out, nothing else": lambda pi, pi_ref, beta: (
            beta * (np.log(pi / pi_ref) - np.log(pi / pi_ref).mean())
        ),
    },
)
