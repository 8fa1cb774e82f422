"""Homework 10: actor and critic. [Zhao chapter 10]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given_functions import transition
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw10_laws import (
    A2C_ACTOR,
    A2C_CRITIC,
    BASELINE,
    QAC_ACTOR,
    QAC_CRITIC,
    lengths,
    qac_error,
    softmax,
    td,
)
from rlbook.homework.tasks.hw10_off_policy import IMPORTANCE, OFF_ACTOR, OFF_CRITIC, rho
from rlbook.homework.tasks.hw10_quadratic import ACTOR, CRITIC, error_of, mu, slope
from rlbook.homework.tasks.telling import told, two_moves
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw10",
    "Actor-critic methods",
    chapter=10,
    about="The actor is a policy, the critic learns values. Each function makes one update, from "
    "one step of experience, and returns the new parameters of both. Both move from the parameters "
    "as they were before the update. A step is a tuple "
    "`(s, a, r, s_next, terminated, truncated)`: `terminated` says that the episode ended in "
    "`s_next`, `truncated` that it was only cut off there, by a limit of time.",
)


def table(draw: Draw, *shape: int):
    """Small numbers: a softmax of large ones would take one action for sure."""
    n = int(np.prod(shape))
    return np.array([draw.pick((0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 1.5)) for _ in range(n)]).reshape(
        shape
    )


def sizes(draw: Draw) -> Case:
    """The discount, and the step sizes of actor and critic."""
    return {
        "gamma": draw.gamma(),
        "alpha_theta": draw.pick((0.5, 0.25, 0.1)),
        "alpha_w": draw.pick((0.2, 0.75, 0.4)),
    }


def ends(draw: Draw) -> str:
    """How a step ends."""
    return draw.pick(("", "terminated", "truncated"))


def cases(draw: Draw) -> Case:
    """An actor, a critic, a step."""
    S, A = draw.between(1, 3), draw.between(2, 3)
    s, a, s_next = draw.index(S), draw.index(A), draw.index(S)
    step = transition(s, a, draw.number(), s_next, ends(draw))
    return {"theta": table(draw, S, A), "w": draw.numbers(S), "step": step, **sizes(draw)}


def delta_part(theta, w, step, gamma, alpha_theta, alpha_w):
    """The TD error."""
    s, _, r, s_next, *end = step
    return {"delta": td(r, w[s], w[s_next], gamma, *end)}


def a2c_parts(theta, w, step, *others):
    """The TD error and the policy."""
    return {**delta_part(theta, w, step, *others), "pi(.|s)": softmax(theta[step[0]])}


@HOMEWORK.task(
    "alg:10.2", "eq:10.8",
    returns="theta, w", cases=cases, uses=two_moves(A2C_ACTOR, a2c_parts, A2C_CRITIC, delta_part),
)  # fmt: skip
def a2c_update(theta, w, step, gamma, alpha_theta, alpha_w):
    """One update of advantage actor-critic (A2C), with tables. [Algorithm 10.2]

        pi(a|s) = exp theta[s, a] / sum over b of exp theta[s, b]
        delta = r + gamma w[s_next] - w[s],    without w[s_next] if the episode terminated
        theta <- theta + alpha_theta delta grad ln pi(a|s)                                (10.8)
        w[s] <- w[s] + alpha_w delta

    theta          shape (S, A): the preferences of the actor
    w              shape (S,): the values of the critic
    step           a tuple (s, a, r, s_next, terminated, truncated)
    gamma          the discount
    alpha_theta    the step size of the actor
    alpha_w        the step size of the critic

    grad ln pi(a|s) is the gradient in theta, shape (S, A). Returns (theta, w), both new.
    """
    s, a, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * w[s_next]
    delta = target - w[s]
    pi = np.exp(theta[s] - theta[s].max())
    pi = pi / pi.sum()
    gradient = np.zeros(theta.shape)
    gradient[s] = -pi
    gradient[s, a] += 1
    theta = theta + alpha_theta * delta * gradient
    w = w.copy()
    w[s] += alpha_w * delta
    return theta, w


def qac_cases(draw: Draw) -> Case:
    """An actor, a critic of actions, a step and the next action."""
    S, A = draw.between(1, 3), draw.between(2, 3)
    s, a, s_next, a_next = draw.index(S), draw.index(A), draw.index(S), draw.index(A)
    step = transition(s, a, draw.number(), s_next, ends(draw))
    w = draw.numbers(S, A)
    return {"theta": table(draw, S, A), "w": w, "step": step, "a_next": a_next, **sizes(draw)}


def error_part(theta, w, step, a_next, gamma, *others):
    """The TD error."""
    return {"the TD error": qac_error(theta, w, step, a_next, gamma)}


def qac_parts(theta, w, step, *others):
    """The value and the policy."""
    s, a, *_ = step
    return {"q(s, a)": w[s, a], "pi(.|s)": softmax(theta[s])}


@HOMEWORK.task(
    "alg:10.1", "eq:10.2",
    returns="theta, w", cases=qac_cases,
    uses=two_moves(QAC_ACTOR, qac_parts, QAC_CRITIC, error_part),
)  # fmt: skip
def qac_update(theta, w, step, a_next, gamma, alpha_theta, alpha_w):
    """One update of QAC, the simplest actor-critic, with tables. [Algorithm 10.1]

        pi(a|s) = exp theta[s, a] / sum over b of exp theta[s, b]
        theta <- theta + alpha_theta q(s, a) grad ln pi(a|s)                              (10.2)
        w[s, a] <- w[s, a] + alpha_w [ r + gamma q(s_next, a_next) - q(s, a) ]
        q(s, a) = w[s, a];    without q(s_next, a_next) if the episode terminated

    theta     shape (S, A): the preferences of the actor
    w         shape (S, A): the action values of the critic
    step      a tuple (s, a, r, s_next, terminated, truncated)
    a_next    the next action, which the actor has drawn in s_next

    gamma, alpha_theta, alpha_w    the discount, the step sizes of actor and critic

    grad ln pi(a|s) is the gradient in theta, shape (S, A). Returns (theta, w), both new.
    """
    s, a, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * w[s_next, a_next]
    pi = np.exp(theta[s] - theta[s].max())
    pi = pi / pi.sum()
    gradient = np.zeros(theta.shape)
    gradient[s] = -pi
    gradient[s, a] += 1
    theta = theta + alpha_theta * w[s, a] * gradient
    q = w.copy()
    q[s, a] += alpha_w * (target - w[s, a])
    return theta, q


def one_state(draw: Draw) -> Case:
    """Preferences and action values in one state."""
    A = draw.between(2, 3)
    return {"theta": table(draw, A), "q": draw.numbers(A)}


@HOMEWORK.task(
    "eq:10.5",
    returns="b", cases=one_state,
    uses=told(BASELINE, "b", lambda theta, q: {"pi": softmax(theta), "|g|^2": lengths(theta)}),
)  # fmt: skip
def best_baseline(theta, q):
    """The baseline with which the sampled gradient varies least, in one state.

        b = E[ |g|^2 q(A) ] / E[ |g|^2 ],    A ~ pi,  g = grad ln pi(A)                   (10.5)
        pi(a) = exp theta[a] / sum over b of exp theta[b]

    theta    shape (A,): the preferences in this state
    q        shape (A,): the action values

    grad ln pi(a) is the gradient in theta, shape (A,); |g|^2 is the sum of its squares. Returns b,
    a number.
    """
    pi = np.exp(theta - theta.max())
    pi = pi / pi.sum()
    g = np.eye(len(pi)) - pi  # row a is grad ln pi(a)
    weight = pi * np.sum(g**2, axis=1)
    return weight @ q / weight.sum()


def sampled(draw: Draw) -> Case:
    """Samples, and how likely each was under two distributions."""
    n = draw.between(1, 4)
    sizes = (0.5, 0.25, 0.125, 0.75, 0.1, 0.4)
    x = draw.numbers(n)
    return {
        "x": x,
        "p0": np.array([draw.pick(sizes) for _ in range(n)]),
        "p1": np.array([draw.pick(sizes) for _ in range(n)]),
    }


@HOMEWORK.task(
    "eq:10.9", "eq:10.10",
    returns="mean", cases=sampled, law=IMPORTANCE,
)  # fmt: skip
def importance_sampling(x, p0, p1):
    """The mean of X under p0, from samples that were drawn from p1.

        mean = 1/n sum over i of p0(x_i) / p1(x_i) x_i                                   (10.10)

    x     shape (n,): samples from p1
    p0    shape (n,): p0(x_i), how likely each sample is under p0
    p1    shape (n,): p1(x_i), how likely each sample is under p1

    Returns the mean, a number.
    """
    return np.mean(p0 / p1 * x)


def off_policy_cases(draw: Draw) -> Case:
    """As cases, and a behaviour that may take each action."""
    case = cases(draw)
    S, A = case["theta"].shape
    share = np.array([[draw.pick((1.0, 2.0, 3.0, 5.0)) for _ in range(A)] for _ in range(S)])
    beta = share / share.sum(1, keepdims=True)
    theta, w, *others = case
    return {"theta": case[theta], "w": case[w], "beta": beta, **{x: case[x] for x in others}}


def off_parts(theta, w, beta, step, *others):
    """The weight, the TD error and the policy."""
    s, a, *_ = step
    return {"rho": rho(theta, beta, s, a), **a2c_parts(theta, w, step, *others)}


@HOMEWORK.task(
    "alg:10.3", "eq:10.11",
    returns="theta, w", cases=off_policy_cases,
    uses=two_moves(OFF_ACTOR, off_parts, OFF_CRITIC, off_parts),
)  # fmt: skip
def off_policy_update(theta, w, beta, step, gamma, alpha_theta, alpha_w):
    """One update of off-policy actor-critic, with tables. [Algorithm 10.3]

    The step was made by another policy, beta. What it says is weighted by rho:

        rho = pi(a|s) / beta(a|s)
        delta = r + gamma w[s_next] - w[s],    without w[s_next] if the episode terminated
        theta <- theta + alpha_theta rho delta grad ln pi(a|s)                           (10.11)
        w[s] <- w[s] + alpha_w rho delta

    theta    shape (S, A): the preferences of the actor; pi is their softmax, as in a2c_update
    w        shape (S,): the values of the critic
    beta     shape (S, A): beta[s, a] is the probability beta(a|s), above zero

    step, gamma, alpha_theta, alpha_w    as in a2c_update

    Returns (theta, w), both new.
    """
    s, a, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * w[s_next]
    delta = target - w[s]
    pi = np.exp(theta[s] - theta[s].max())
    pi = pi / pi.sum()
    rho = pi[a] / beta[s, a]
    gradient = np.zeros(theta.shape)
    gradient[s] = -pi
    gradient[s, a] += 1
    theta = theta + alpha_theta * rho * delta * gradient
    w = w.copy()
    w[s] += alpha_w * rho * delta
    return theta, w


def linear(draw: Draw) -> Case:
    """A linear actor, a quadratic critic, a step: as many numbers of state as of action."""
    n = draw.between(1, 2)
    step = transition(table(draw, n), table(draw, n), draw.number(), table(draw, n), ends(draw))
    return {"theta": table(draw, n, n), "W": table(draw, 2 * n, 2 * n), "step": step, **sizes(draw)}


LONGER = {
    "three numbers of state and two of action": {
        "theta": np.arange(6.0).reshape(2, 3) - 2,
        "W": np.arange(25.0).reshape(5, 5) % 7 - 3,
        "step": transition(
            np.array([1.0, -1.0, 2.0]), np.array([0.5, 1.0]), 1.0, np.array([0.0, 1.0, 1.0]), ""
        ),
        "gamma": 0.9, "alpha_theta": 0.25, "alpha_w": 0.1,
    }
}  # fmt: skip


def linear_parts(theta, W, step, gamma, *others):
    """The next action and the TD error."""
    return {"mu(s_next)": mu(theta, step[3]), "delta": error_of(theta, W, step, gamma)}


def slope_parts(theta, W, step, *others):
    """The action and the slope of the critic there."""
    a = mu(theta, step[0])
    return {"mu(s)": a, "grad_a q(s, mu(s))": slope(W, step[0], a)}


@HOMEWORK.task(
    "alg:10.4", "eq:10.14",
    returns="theta, W", cases=linear, known=LONGER,
    uses=two_moves(ACTOR, slope_parts, CRITIC, linear_parts, "theta W"),
)  # fmt: skip
def deterministic_update(theta, W, step, gamma, alpha_theta, alpha_w):
    """One update of deterministic actor-critic. [Algorithm 10.4]

    States and actions are vectors. The actor is linear, the critic is quadratic:

        mu(s) = theta s
        q(s, a) = x^T W x,    x = [s_1, ..., s_n, a_1, ..., a_m]

    One step of the critic and one of the actor:

        delta = r + gamma q(s_next, mu(s_next)) - q(s, a),    q(s_next, .) = 0 if terminated
        theta <- theta + alpha_theta grad mu(s) grad_a q(s, a) at a = mu(s)              (10.14)
        W <- W + alpha_w delta grad q(s, a),    the gradient in W

    theta    shape (m, n): the actor
    W        shape (n + m, n + m): the critic. It need not be symmetric
    step     a tuple (s, a, r, s_next, terminated, truncated): s, s_next of shape (n,), a of (m,)

    gamma, alpha_theta, alpha_w    the discount, the step sizes of actor and critic

    Each entry of W is a parameter of its own. Returns (theta, W), both new.
    """
    s, a, r, s_next, terminated, _ = step
    x = np.concatenate([s, a])
    x_next = np.concatenate([s_next, theta @ s_next])
    target = r if terminated else r + gamma * x_next @ W @ x_next
    delta = target - x @ W @ x
    at_mu = np.concatenate([s, theta @ s])
    slope = ((W + W.T) @ at_mu)[len(s) :]
    theta = theta + alpha_theta * np.outer(slope, s)
    W = W + alpha_w * delta * np.outer(x, x)
    return theta, W
