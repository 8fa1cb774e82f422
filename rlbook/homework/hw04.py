"""Homework 4: value iteration, policy iteration, and what lies between. [Zhao chapter 4]"""

import numpy as np

from rlbook.homework import hw03
from rlbook.homework.draw import Draw
from rlbook.homework.laws import Best, Close, Law, Use
from rlbook.homework.task import Homework
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case, book, model, policy

HOMEWORK = Homework(
    "hw04",
    "Value iteration and policy iteration",
    chapter=4,
    about="Three algorithms that find the best policy of a model that is known. Each of them "
    "returns what it has after every step, so that each step can be checked from your own step "
    "before it. Update all states at once: a step uses the values of the step before, and no new "
    "ones.",
)


def value_cases(draw: Draw) -> Case:
    """A model, a discount, first values, how many steps."""
    return {**hw03.cases(draw), "n": draw.between(1, 4)}


VALUE = Law("(4.1)", lambda P, R, gamma, v: (R + gamma * P @ v).max(1), hw03.MISTAKES)


def from_value(case, answer, logs):
    """Each v_k from the student's own one before it; a last one alone must not change any more."""
    P, R, gamma, v, n = case.values()
    if len(answer) == 1 < n:
        yield Use(
            Law("(3.1), at the last v", VALUE.value, VALUE.mistakes, Close(1e-2)),
            (P, R, gamma, answer[0]), answer[0], "v",
        )  # fmt: skip
        return
    for k, v_next in enumerate(answer, start=1):
        yield Use(VALUE, (P, R, gamma, v), v_next, f"v_{k}", f"From your v_{k - 1} = {shown(v)}")
        v = v_next


@HOMEWORK.task(
    "alg:4.1", "eq:4.1",
    returns="v", cases=value_cases, uses=from_value, iterates=True,
    known={"the book's world": book(gamma=0.9, v=np.zeros(25), n=30)},
)  # fmt: skip
def value_iteration(P, R, gamma, v, n):
    """Value iteration: n steps from v. [Algorithm 4.1]

        v_{k+1}(s) = max over a of [ R(s, a) + gamma sum over s' of p(s'|s, a) v_k(s') ]   (4.1)

    P        shape (S, A, S): P[s, a, s'] is the probability p(s'|s, a)
    R        shape (S, A): the mean reward of action a in state s
    gamma    the discount
    v        shape (S,): the first values, v_0
    n        how many steps

    Returns the list [v_1, ..., v_n], each of shape (S,).
    """
    iterates = []
    for _ in range(n):
        q = R + gamma * P @ v
        v = q.max(axis=1)
        iterates.append(v)
    return iterates


def policy_cases(draw: Draw) -> Case:
    """A model, a discount, a first policy, how many steps."""
    case = model(draw)
    pi = policy(draw, *case["R"].shape)
    return {**case, "gamma": draw.gamma(), "pi": pi, "n": draw.between(1, 3)}


def under(P, R, pi):
    """P_pi and r_pi of (2.8)."""
    return np.einsum("sa,sat->st", pi, P), (pi * R).sum(1)


def solve(P, R, gamma, pi, transposed=False):
    """The values of a policy; transposed: with P_pi the wrong way round."""
    P_pi, r_pi = under(P, R, pi)
    return np.linalg.solve(np.eye(len(r_pi)) - gamma * (P_pi.T if transposed else P_pi), r_pi)


def equal(pi):
    """All actions alike."""
    return np.full(pi.shape, 1 / pi.shape[1])


def surest(pi):
    """The likeliest action, always."""
    return np.eye(pi.shape[1])[pi.argmax(1)]


def maxima(P, R, gamma, v, n):
    """n steps of (4.1)."""
    for _ in range(n):
        v = (R + gamma * P @ v).max(1)
    return v


def sweep(P, R, gamma, pi, v):
    """One step of (4.4)."""
    P_pi, r_pi = under(P, R, pi)
    return r_pi + gamma * P_pi @ v


def best_values(P, R, gamma):
    """Where value iteration ends."""
    v = np.zeros(len(R))
    for _ in range(600):
        v = (R + gamma * P @ v).max(1)
    return v


EVALUATION = Law(
    "(4.3)",
    lambda P, R, gamma, pi, before, first: solve(P, R, gamma, pi),
    {
        "only one sweep is made, from the values before; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first: sweep(P, R, gamma, pi, before)
        ),
        "only one sweep is made, from zeros; v_pi is where sweeps end": (
            lambda P, R, gamma, pi, before, first: sweep(P, R, gamma, pi, np.zeros(len(R)))
        ),
        "gamma is forgotten, so that the values grow without an end": (
            lambda P, R, gamma, pi, before, first: np.full(len(R), np.inf)
        ),
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, before, first: (
            gamma * solve(P, R, gamma, pi)
        ),
        "the policy is left out: the mean of all actions is taken": (
            lambda P, R, gamma, pi, before, first: solve(P, R, gamma, equal(pi))
        ),
        "the likeliest action of the policy is taken for sure": (
            lambda P, R, gamma, pi, before, first: solve(P, R, gamma, surest(pi))
        ),
        "the best values are computed, and not those of the policy": (
            lambda P, R, gamma, pi, before, first: best_values(P, R, gamma)
        ),
        "the first policy is evaluated again, and not the one before": (
            lambda P, R, gamma, pi, before, first: solve(P, R, gamma, first)
        ),
        "P_pi is read with state and next state exchanged": (
            lambda P, R, gamma, pi, before, first: solve(P, R, gamma, pi, transposed=True)
        ),
        "the future is left out": lambda P, R, gamma, pi, before, first: (pi * R).sum(1),
    },
    Close(1e-4),  # sweeps may end a little before the limit
)


IMPROVEMENT = Law(
    "(4.2)",
    lambda P, R, gamma, v, before: R + gamma * P @ v,
    {
        **{
            name: (lambda P, R, gamma, v, before, q=q: q(P, R, gamma, v))
            for name, q in hw03.GREEDY_MISTAKES.items()
        },
        "the policy is greedy for the values before, and not for the new ones": (
            lambda P, R, gamma, v, before: R + gamma * P @ before
        ),
    },
    Best(1e-4),
)


def from_policy(case, answer, logs):
    """Each v from the student's own policy, each policy from their own v."""
    P, R, gamma, pi, _ = case.values()
    before, first = np.zeros(len(R)), pi
    for k, (v, pi_next) in enumerate(answer):
        yield Use(
            EVALUATION, (P, R, gamma, pi, before, first), v, f"v_{k}",
            f"From your pi_{k} = {shown(pi)}",
        )  # fmt: skip
        yield Use(
            IMPROVEMENT, (P, R, gamma, v, before), pi_next, f"pi_{k + 1}",
            f"From your v_{k} = {shown(v)}",
        )  # fmt: skip
        pi, before = pi_next, v


@HOMEWORK.task(
    "alg:4.2", "eq:4.2", "eq:4.3",
    returns="v, pi", cases=policy_cases, uses=from_policy, iterates=True,
    known={"the book's world": book(gamma=0.9, pi=np.full((25, 5), 0.2), n=6)},
)  # fmt: skip
def policy_iteration(P, R, gamma, pi, n):
    """Policy iteration: n steps from pi_0. [Algorithm 4.2]

        v_k = r_k + gamma P_k v_k                where r_k, P_k belong to pi_k             (4.3)
        pi_{k+1}(a|s) = 1 for an action a with the largest q_k(s, a), else 0               (4.2)
        q_k(s, a) = R(s, a) + gamma sum over s' of p(s'|s, a) v_k(s')

    P, R, gamma    as above
    pi             shape (S, A): the first policy, pi_0
    n              how many steps

    Returns the list [(v_0, pi_1), ..., (v_{n-1}, pi_n)]: v_k of shape (S,), pi_k of shape (S, A).
    Solve for v_k exactly, or sweep until nothing changes by more than 1e-6. Of equal actions, take
    any.
    """
    iterates = []
    for _ in range(n):
        P_pi = np.einsum("sa,sat->st", pi, P)
        r_pi = (pi * R).sum(axis=1)
        v = np.linalg.solve(np.eye(len(r_pi)) - gamma * P_pi, r_pi)
        q = R + gamma * P @ v
        pi = np.eye(q.shape[1])[q.argmax(axis=1)]
        iterates.append((v, pi))
    return iterates


def truncated_cases(draw: Draw) -> Case:
    """A model, a discount, first values, how many steps, how many sweeps in each."""
    return {**value_cases(draw), "sweeps": draw.between(1, 4)}


def sweeps_from(P, R, gamma, pi, v, n):
    """n steps of (4.4)."""
    for _ in range(n):
        v = sweep(P, R, gamma, pi, v)
    return v


def sweeps_in_place(P, R, gamma, pi, v, n):
    """The same, with new values used as soon as they are there."""
    P_pi, r_pi = under(P, R, pi)
    v = np.array(v, dtype=float)
    for _ in range(n):
        for s in range(len(v)):
            v[s] = r_pi[s] + gamma * P_pi[s] @ v
    return v


TRUNCATED = Law(
    "(4.4)",
    sweeps_from,
    {
        "one sweep too few is made": lambda P, R, gamma, pi, v, n: sweeps_from(
            P, R, gamma, pi, v, n - 1
        ),
        "one sweep too many is made": lambda P, R, gamma, pi, v, n: sweeps_from(
            P, R, gamma, pi, v, n + 1
        ),
        "only one sweep is made": lambda P, R, gamma, pi, v, n: sweep(P, R, gamma, pi, v),
        "the sweeps begin at zero, and not at the values before": (
            lambda P, R, gamma, pi, v, n: sweeps_from(P, R, gamma, pi, 0 * v, n)
        ),
        "the policy is evaluated to the end: that is policy iteration": (
            lambda P, R, gamma, pi, v, n: solve(P, R, gamma, pi)
        ),
        "each sweep takes the best action: that is value iteration": (
            lambda P, R, gamma, pi, v, n: maxima(P, R, gamma, v, n)
        ),
        "gamma is forgotten": lambda P, R, gamma, pi, v, n: sweeps_from(P, R, 1, pi, v, n),
        "sweeps in place: new values are used before the sweep is over. The limit is the same, the "
        "iterates are not": sweeps_in_place,
        "the reward is left out": lambda P, R, gamma, pi, v, n: sweeps_from(
            P, 0 * R, gamma, pi, v, n
        ),
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, v, n: sweeps_from(
            P, gamma * R, gamma, pi, v, n
        ),
        "the policy is left out: the mean of all actions is taken": (
            lambda P, R, gamma, pi, v, n: sweeps_from(P, R, gamma, equal(pi), v, n)
        ),
    },
)


def from_truncated(case, answer, logs):
    """Each policy from the student's own values before it, each v from both."""
    P, R, gamma, v, _, sweeps = case.values()
    before = v
    for k, (v_next, pi) in enumerate(answer, start=1):
        origin = f"From your v_{k - 1} = {shown(v)}"
        yield Use(IMPROVEMENT, (P, R, gamma, v, before), pi, f"pi_{k}", origin)
        yield Use(
            TRUNCATED, (P, R, gamma, pi, v, sweeps), v_next, f"v_{k}",
            f"{origin} and your pi_{k} = {shown(pi)}",
        )  # fmt: skip
        before, v = v, v_next


@HOMEWORK.task(
    "alg:4.3", "eq:4.4",
    returns="v, pi", cases=truncated_cases, uses=from_truncated, iterates=True,
    known={"the book's world": book(gamma=0.9, v=np.zeros(25), n=10, sweeps=5)},
)  # fmt: skip
def truncated_policy_iteration(P, R, gamma, v, n, sweeps):
    """Truncated policy iteration: n steps from v_0. [Algorithm 4.3]

    Each step takes the policy that is greedy for the values v_{k-1} before it (4.2), and then makes
    so many sweeps of its Bellman equation, the first of them from v_{k-1}:

        v^(j+1) = r_k + gamma P_k v^(j),    j = 0, 1, ..., sweeps - 1                      (4.4)

    P, R, gamma, v, n    as above
    sweeps               how many sweeps in each step

    Returns the list [(v_1, pi_1), ..., (v_n, pi_n)]: v_k of shape (S,), pi_k of shape (S, A).
    """
    iterates = []
    for _ in range(n):
        q = R + gamma * P @ v
        pi = np.eye(q.shape[1])[q.argmax(axis=1)]
        P_pi = np.einsum("sa,sat->st", pi, P)
        r_pi = (pi * R).sum(axis=1)
        for _ in range(sweeps):
            v = r_pi + gamma * P_pi @ v
        iterates.append((v, pi))
    return iterates
