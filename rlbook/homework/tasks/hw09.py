"""Homework 9: policies with parameters, and REINFORCE. [Zhao chapter 9]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw09_reinforce import GRADIENT, from_theta
from rlbook.homework.tasks.hw09_softmax import GRAD_LOG, GRAD_LOG_LINEAR, from_preferences
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw09",
    "Policy gradients",
    chapter=9,
    about="The policy has parameters, and they are moved uphill. You write the softmax policy, the "
    "gradient of its logarithm, an estimate of the policy gradient from an episode, and REINFORCE. "
    "All gradients can be checked by hand: change one parameter by 0.00001 and look how much "
    "ln pi changes. Preferences may be large, such as 1000.",
)


def preferences(draw: Draw, *shape: int) -> np.ndarray:
    """Numbers so small that no action is nearly sure."""
    size = int(np.prod(shape))
    options = (0.0, 1.0, -1.0, 0.5, 2.0, -0.5, 1.5, -1.5)
    return np.array([draw.pick(options) for _ in range(size)]).reshape(shape)


def softmax_cases(draw: Draw) -> Case:
    """As many states as actions: so a wrong axis is a wrong number, and not an error."""
    n = draw.between(2, 3)
    return {"h": preferences(draw, n, n)}


SOFTMAX = {
    "one state with three actions": {"h": np.array([[0.0, 1, -1]])},
    "three states with two actions": {"h": np.array([[0.0, 1], [2, 2], [-1, 1]])},
    "the preferences [[1000, 1001], [-1000, -1002]]": {
        "h": np.array([[1000.0, 1001], [-1000, -1002]])
    },
}


@HOMEWORK.task(
    "eq:9.12", returns="pi", cases=softmax_cases, known=SOFTMAX, uses=from_preferences
)  # fmt: skip
def softmax_policy(h):
    """The softmax policy of preferences.

        pi(a|s) = exp(h(s, a)) / sum over b of exp(h(s, b))                               (9.12)

    h    shape (S, A): h[s, a] is the preference of action a in state s. It may be as large as 1000
         or as small as -1000, where a computer has no number for exp(h); pi has one.

    Returns pi, shape (S, A): pi[s, a] is the probability of a in s.
    """
    e = np.exp(h - h.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def tabular_cases(draw: Draw) -> Case:
    """A table of parameters, a state and an action."""
    A, S = draw.between(2, 3), draw.between(1, 3)
    return {"theta": preferences(draw, S, A), "s": draw.index(S), "a": draw.index(A)}


@HOMEWORK.task("eq:9.11", returns="g", cases=tabular_cases, law=GRAD_LOG)
def grad_log_softmax(theta, s, a):
    """The gradient of ln pi(a|s, theta) in theta, for a softmax policy with a table.

        grad ln pi(a|s, theta) = grad pi(a|s, theta) / pi(a|s, theta)                     (9.11)

    pi is the softmax (9.12) of h(s, a) = theta[s, a]: theta has a number of its own for each state
    and action, and the gradient has an entry for each of them.

    theta    shape (S, A)
    s, a     a state and an action, numbers from 0

    Returns the gradient, shape (S, A): entry [i, b] is the derivative of ln pi(a|s, theta) by
    theta[i, b].
    """
    e = np.exp(theta[s] - theta[s].max())
    g = np.zeros(theta.shape)
    g[s] = -e / e.sum()
    g[s, a] += 1
    return g


def linear_cases(draw: Draw) -> Case:
    """Features of pairs, parameters, a state and an action."""
    S, A, d = draw.between(1, 3), draw.between(2, 3), draw.between(1, 3)
    return {
        "phi": preferences(draw, S, A, d), "theta": preferences(draw, d), "s": draw.index(S),
        "a": draw.index(A),
    }  # fmt: skip


@HOMEWORK.task(returns="g", cases=linear_cases, law=GRAD_LOG_LINEAR)
def grad_log_linear(phi, theta, s, a):
    """The gradient of ln pi(a|s, theta) in theta, for a softmax policy with linear preferences.

        grad ln pi(a|s, theta) = grad pi(a|s, theta) / pi(a|s, theta)                     (9.11)
        h(s, a) = phi(s, a)^T theta

    pi is the softmax (9.12) of h.

    phi      shape (S, A, d): phi[s, a] are the features of state s and action a
    theta    shape (d,): the parameters, the same for all states and actions
    s, a     a state and an action, numbers from 0

    Returns the gradient, shape (d,).
    """
    h = phi[s] @ theta
    e = np.exp(h - h.max())
    return phi[s, a] - e / e.sum() @ phi[s]


def episode(draw: Draw) -> Case:
    """theta, s, a, r of an episode. Sizes are drawn first: so they can be made smaller first."""
    A, S, T = draw.between(2, 3), draw.between(1, 3), draw.between(1, 4)
    s, a = ([draw.index(n) for _ in range(T)] for n in (S, A))
    r, theta = draw.numbers(T), preferences(draw, S, A)
    return {"theta": theta, "s": np.array(s), "a": np.array(a), "r": r}


def baseline_cases(draw: Draw) -> Case:
    """An episode, why it is over, the state after it, a number for each state."""
    steps = episode(draw)
    S = len(steps["theta"])
    steps["s"] = np.append(steps["s"], draw.index(S))
    terminated, gamma = draw.pick((True, False)), draw.gamma()
    return {**steps, "terminated": terminated, "gamma": gamma, "b": draw.numbers(S)}


@HOMEWORK.task("eq:9.9", returns="g", cases=baseline_cases, law=GRADIENT)
def reinforce_gradient(theta, s, a, r, terminated, gamma, b):
    """An estimate of the policy gradient from one episode of T steps, with a baseline.

        g = (1/T) sum over t of grad ln pi(a_t|s_t, theta) [ q_t - b(s_t) ]               (9.9)
        q_t = r_{t+1} + gamma r_{t+2} + ... + gamma^{T-t-1} r_T + gamma^{T-t} b(s_T)

    It estimates the mean in (9.9): q_t stands for q_pi(s_t, a_t). Subtracting b(s_t) does not
    change that mean. b(s_T) stands for the rewards that were not seen, if the episode was only cut
    off after T steps. If it terminated in s_T, then the last term of q_t is left out.

    pi is the softmax of the table theta as in `grad_log_softmax`. All steps use the same theta.

    theta         shape (S, A)
    s             shape (T + 1,): s[t] is the state s_t, a number from 0; s[T] comes after the last
                  action
    a             shape (T,): a[t] is the action a_t, a number from 0
    r             shape (T,): r[t] is the reward r_{t+1}, which came after a_t
    terminated    True: the episode terminated in s_T. False: it was cut off there
    gamma         the discount
    b             shape (S,): the baseline, a number for each state

    Returns g, shape (S, A).
    """
    T = len(r)
    g = np.zeros(theta.shape)
    q = 0.0 if terminated else b[s[T]]
    for t in reversed(range(T)):
        q = r[t] + gamma * q
        e = np.exp(theta[s[t]] - theta[s[t]].max())
        score = -e / e.sum()
        score[a[t]] += 1
        g[s[t]] += (q - b[s[t]]) * score
    return g / T


def reinforce_cases(draw: Draw) -> Case:
    """An episode and a step size."""
    return {**episode(draw), "gamma": draw.gamma(), "alpha": draw.pick((0.1, 0.5, 0.25, 0.2))}


@HOMEWORK.task(
    "alg:9.1", "eq:9.32",
    returns="theta", cases=reinforce_cases, uses=from_theta, iterates=True,
)  # fmt: skip
def reinforce(theta, s, a, r, gamma, alpha):
    """REINFORCE: the updates by one episode of T steps. [Algorithm 9.1]

        theta_{t+1} = theta_t + alpha grad ln pi(a_t|s_t, theta_t) q_t                    (9.32)
        q_t = r_{t+1} + gamma r_{t+2} + gamma^2 r_{t+3} + ... to the end of the episode

    for t = 0, 1, ..., T - 1 in turn. pi is the softmax of the table theta, as above; each update
    uses the newest theta.

    theta    shape (S, A): the first parameters, theta_0
    s        shape (T,): s[t] is the state s_t, a number from 0
    a        shape (T,): a[t] is the action a_t, a number from 0
    r        shape (T,): r[t] is the reward r_{t+1}, which came after a_t
    gamma    the discount
    alpha    the step size

    Returns the list [theta_1, ..., theta_T], each of shape (S, A).
    """
    q = np.zeros(len(r) + 1)
    for t in reversed(range(len(r))):
        q[t] = r[t] + gamma * q[t + 1]
    iterates = []
    for t in range(len(r)):
        e = np.exp(theta[s[t]] - theta[s[t]].max())
        theta = theta.copy()
        theta[s[t]] -= alpha * q[t] * e / e.sum()
        theta[s[t], a[t]] += alpha * q[t]
        iterates.append(theta)
    return iterates
