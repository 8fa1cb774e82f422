"""Homework 12: from preferences to a policy. [Rafailov et al. 2023]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw10 import table
from rlbook.homework.tasks.hw12_laws import (
    ANSWER,
    BEST,
    LOG_SIGMOID,
    LOSS,
    PREFERENCE,
    REWARD,
    SLOPE,
    margin,
    sigmoid,
)
from rlbook.homework.tasks.telling import told
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw12",
    "Preferences and DPO",
    chapter=12,
    about="Somebody said which of two answers is better. From that DPO learns a policy, without a "
    "reward. You write its parts. ln is the natural logarithm, sigma(z) = 1 / (1 + exp(-z)). Some "
    "numbers are large: no part may overflow.",
)


def logits(draw: Draw) -> Case:
    """Numbers, some of them far from 0."""
    n = draw.between(1, 4)
    z = [draw.pick((0.0, 1.0, -1.0, 2.5, -3.0, 30.0, -40.0, 800.0, -800.0)) for _ in range(n)]
    return {"z": np.array(z)}


@HOMEWORK.task("dpo:log-sigmoid", returns="x", cases=logits, law=LOG_SIGMOID)
def log_sigmoid(z):
    """The logarithm of sigma, right for large and small z as well.

        x = ln sigma(z),    sigma(z) = 1 / (1 + exp(-z))

    z    shape (n,): any numbers, 800 and -800 among them

    Returns x, shape (n,), finite.
    """
    return -np.logaddexp(0, -z)


def rewards(draw: Draw) -> Case:
    """Rewards of pairs, some of them large."""
    n = draw.between(1, 3)
    large = draw.pick((0.0, 0.0, 0.0, 0.0, 0.0, 1000.0, -1000.0))
    return {"r": table(draw, n) + large, "r_other": table(draw, n) + draw.pick((0.0, large))}


@HOMEWORK.task(
    "dpo:bradley-terry",
    returns="p", cases=rewards,
    uses=told(PREFERENCE, "p", lambda r, r_other: {"r - r_other": r - r_other}),
    known={
        "large rewards": {
            "r": np.array([1000.0, 0.0, 1001.0]), "r_other": np.array([0.0, 1000.0, 1000.0])
        }
    },
)  # fmt: skip
def bradley_terry(r, r_other):
    """How likely is the first of two answers preferred? The model of Bradley and Terry.

        p = sigma( r - r_other ),    sigma(z) = 1 / (1 + exp(-z))

    r          shape (n,): the rewards of the first answers
    r_other    shape (n,): those of the others. Rewards may be large, such as 1000

    Returns p, shape (n,).
    """
    return np.exp(-np.logaddexp(0, r_other - r))


def tokens(draw: Draw) -> Case:
    """Log-probabilities of tokens: in each row first a prompt, then an answer."""
    B, T = draw.between(1, 3), draw.between(2, 5)
    log_p = [[-draw.pick((1.0, 0.5, 2.0, 0.25, 3.0, 4.5)) for _ in range(T)] for _ in range(B)]
    length = np.array([draw.between(1, T - 1) for _ in range(B)])
    return {"log_p": np.array(log_p), "is_prompt": np.arange(T) < length[:, None]}


@HOMEWORK.task("dpo:answer", returns="log_pi", cases=tokens, law=ANSWER)
def answer_log_prob(log_p, is_prompt):
    """The log-probability of each answer, from those of its tokens.

        ln pi(y|x) = sum over the tokens t of the answer y of ln pi(y_t | x, y_1, ..., y_{t-1})

    The prompt x is given, and so it does not count. The last token of an answer is its end.

    log_p        shape (B, T): the log-probability of each token, given those before it
    is_prompt    shape (B, T): true where a token belongs to the prompt, false in the answer

    Returns ln pi(y|x), shape (B,).
    """
    return np.where(is_prompt, 0, log_p).sum(axis=1)


def pairs(draw: Draw) -> Case:
    """Log-probabilities of pairs of answers, some of them very unlikely."""
    B = draw.between(1, 3)
    names = ("chosen", "rejected", "ref_chosen", "ref_rejected")
    likely = (1.0, 2.0, 3.0, 5.0, 8.0, 4.0, 1.5, 2.5, 12.0, 5000.0)
    case = {name: np.array([-draw.pick(likely) for _ in range(B)]) for name in names}
    return {**case, "beta": draw.pick((0.5, 0.25, 2.0, 0.1))}


def loss_parts(chosen, rejected, ref_chosen, ref_rejected, beta):
    """h of each pair."""
    return {"h": (chosen - ref_chosen) - (rejected - ref_rejected)}


@HOMEWORK.task("dpo:loss", returns="loss", cases=pairs, uses=told(LOSS, "loss", loss_parts))
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    """The DPO loss of each of B pairs of answers.

        loss = -ln sigma( beta h )
        h = ln( pi(y|x) / pi_ref(y|x) ) - ln( pi(y'|x) / pi_ref(y'|x) ),  y chosen, y' rejected

    chosen          shape (B,): ln pi(y|x) of the chosen answers
    rejected        shape (B,): ln pi(y'|x) of the rejected answers
    ref_chosen      shape (B,): ln pi_ref(y|x)
    ref_rejected    shape (B,): ln pi_ref(y'|x)
    beta            above 0

    Some h are very large: ln sigma must not overflow. Returns the losses, shape (B,).
    """
    h = (chosen - ref_chosen) - (rejected - ref_rejected)
    return np.logaddexp(0, -beta * h)


def distribution(draw: Draw, n: int):
    """Probabilities above 0."""
    p = np.array([draw.pick((1.0, 2.0, 3.0, 5.0, 10.0)) for _ in range(n)])
    return p / p.sum()


def compared(draw: Draw) -> Case:
    """A policy in a table, a reference, pairs of answers."""
    Y, B = draw.between(2, 4), draw.between(1, 4)
    chosen = np.array([draw.index(Y) for _ in range(B)])
    rejected = (chosen + [draw.between(1, Y - 1) for _ in range(B)]) % Y
    return {
        "theta": table(draw, Y),
        "pi_ref": distribution(draw, Y),
        "chosen": chosen,
        "rejected": rejected,
        "beta": draw.pick((0.5, 0.25, 2.0, 0.1)),
    }


def slope_parts(theta, pi_ref, chosen, rejected, beta):
    """h of each pair and what it counts."""
    h = margin(theta, pi_ref, chosen, rejected)
    return {"h": h, "sigma(-beta h)": sigmoid(-beta * h)}


@HOMEWORK.task(
    "dpo:gradient",
    returns="gradient", cases=compared, uses=told(SLOPE, "gradient", slope_parts),
)  # fmt: skip
def dpo_gradient(theta, pi_ref, chosen, rejected, beta):
    """The gradient of the mean DPO loss of B pairs, where the answers are numbered 0 to Y - 1.

        pi(y) = exp theta[y] / sum over y' of exp theta[y']
        L(theta) = 1/B sum over the pairs of -ln sigma( beta h )
        grad L = 1/B sum over the pairs of -beta sigma( -beta h ) grad h
        h = ln( pi(y) / pi_ref(y) ) - ln( pi(y') / pi_ref(y') ),    y chosen, y' rejected

    theta       shape (Y,): the policy, for one prompt
    pi_ref      shape (Y,): the probabilities of the reference
    chosen      shape (B,): the number of the chosen answer of each pair. An answer may come in
                many pairs
    rejected    shape (B,): the number of the rejected answer
    beta        above 0

    Returns the gradient of L in theta, shape (Y,): the policy will go against it.
    """
    x = theta - np.log(pi_ref)
    h = x[chosen] - x[rejected]
    weight = beta / (1 + np.exp(beta * h))
    e = np.eye(len(theta))
    return -np.mean(weight[:, None] * (e[chosen] - e[rejected]), axis=0)


def judged(draw: Draw) -> Case:
    """A reference, rewards, some of them large, a weight."""
    Y = draw.between(2, 4)
    r = table(draw, Y) + draw.pick((0.0, 0.0, 5000.0))
    return {"pi_ref": distribution(draw, Y), "r": r, "beta": draw.pick((0.5, 0.25, 2.0, 4.0))}


@HOMEWORK.task("dpo:best", returns="pi", cases=judged, law=BEST)
def best_near_reference(pi_ref, r, beta):
    """The policy that earns most and stays near the reference, for one prompt.

    It is the largest over all policies pi of E[ r(y) ] - beta KL( pi || pi_ref ):

        pi(y) = pi_ref(y) exp( r(y) / beta ) / Z,    Z such that the sum is 1

    pi_ref    shape (Y,): the probabilities of the reference
    r         shape (Y,): the reward of each answer. Rewards may be large, such as 5000
    beta      above 0

    Returns pi, shape (Y,).
    """
    x = np.log(pi_ref) + r / beta
    p = np.exp(x - x.max())
    return p / p.sum()


def policies(draw: Draw) -> Case:
    """A policy, a reference, a weight."""
    Y = draw.between(2, 4)
    beta = draw.pick((0.5, 0.25, 2.0, 0.1))
    return {"pi": distribution(draw, Y), "pi_ref": distribution(draw, Y), "beta": beta}


@HOMEWORK.task("dpo:reward", returns="r", cases=policies, law=REWARD)
def implicit_reward(pi, pi_ref, beta):
    """The reward that a policy stands for: it is the best near the reference for this reward.

        r(y) = beta ln( pi(y) / pi_ref(y) )        (+ beta ln Z, which is left out)

    pi        shape (Y,): the probabilities of the policy, above 0
    pi_ref    shape (Y,): those of the reference, above 0
    beta      above 0

    Returns r, shape (Y,).
    """
    return beta * np.log(pi / pi_ref)
