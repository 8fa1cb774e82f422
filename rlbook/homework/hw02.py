"""Homework 2: the Bellman equation. [Zhao chapter 2]"""

import numpy as np

from rlbook.homework.chains import (
    POLICY_MISTAKES,
    best_values,
    chain,
    equal,
    repeated,
    solve,
    surest,
    sweep,
    sweep_in_place,
)
from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law, Use
from rlbook.homework.task import Homework
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case, book, model, policy

HOMEWORK = Homework(
    "hw02",
    "The Bellman equation",
    chapter=2,
    about="How good is a policy? Its values solve one linear equation for each state. You write "
    "the equation down as arrays, solve it in two ways, and go from the values of states to those "
    "of actions and back.",
)


def policy_cases(draw: Draw) -> Case:
    """A model and a policy."""
    case = model(draw)
    return {**case, "pi": policy(draw, *case["R"].shape)}


def discounted_cases(draw: Draw) -> Case:
    """A model, a discount and a policy."""
    case = model(draw)
    return {**case, "gamma": draw.gamma(), "pi": policy(draw, *case["R"].shape)}


def iteration_cases(draw: Draw) -> Case:
    """A model, a discount, a policy, first values, how many steps."""
    case = discounted_cases(draw)
    return {**case, "v": draw.numbers(len(case["P"])), "n": draw.between(2, 4)}


def value_cases(draw: Draw) -> Case:
    """A model, a discount, a policy and its values."""
    case = discounted_cases(draw)
    return {**case, "v": solve(**case)}


def action_value_cases(draw: Draw) -> Case:
    """A policy and action values."""
    S, A = draw.between(1, 4), draw.between(1, 3)
    return {"pi": policy(draw, S, A), "q": draw.numbers(S, A)}


NEXT_POLICY = "the policy of the next state is used, and not that of the state itself"
EXCHANGED = "P is read with state and next state exchanged"


def exchanged(P):
    """Of a state and a next state, one for the other."""
    return P.transpose(2, 1, 0)


CHAIN = Law(
    "(2.8)",
    lambda P, R, pi: chain(P, R, pi)[0],
    {
        "state and next state are exchanged": lambda P, R, pi: chain(P, R, pi)[0].T,
        **{
            name: (lambda P, R, pi, wrong=wrong: chain(P, R, wrong(pi))[0])
            for name, wrong in POLICY_MISTAKES.items()
        },
        NEXT_POLICY: lambda P, R, pi: np.einsum("ta,sat->st", pi, P),
        "the likeliest next state is taken for sure": lambda P, R, pi: chain(
            np.eye(len(P))[P.argmax(2)], R, pi
        )[0],
    },
)

MEAN_REWARD = Law(
    "(2.8)",
    lambda P, R, pi: chain(P, R, pi)[1],
    {
        **{
            name: (lambda P, R, pi, wrong=wrong: chain(P, R, wrong(pi))[1])
            for name, wrong in POLICY_MISTAKES.items()
        },
        "the best reward is taken, and not the mean under the policy": lambda P, R, pi: R.max(1),
        "the reward of the next state is taken: it is averaged over P once too often": (
            lambda P, R, pi: chain(P, R, pi)[0] @ chain(P, R, pi)[1]
        ),
    },
)


def from_chain(case, answer, logs):
    """Both parts, from the arguments."""
    for law, given, name in zip((CHAIN, MEAN_REWARD), answer, ("P_pi", "r_pi"), strict=True):
        yield Use(law, tuple(case.values()), given, name)


@HOMEWORK.task(
    "eq:2.8",
    returns="P_pi, r_pi", cases=policy_cases, uses=from_chain,
    known={"the book's world": book(pi=np.full((25, 5), 0.2))},
)  # fmt: skip
def chain_of_policy(P, R, pi):
    """The chain that a policy makes of a model: where a state leads, and what it pays.

        p_pi(s'|s) = sum over a of pi(a|s) p(s'|s, a)                                      (2.8)
        r_pi(s)    = sum over a of pi(a|s) R(s, a)

    P     shape (S, A, S): P[s, a, s'] is the probability p(s'|s, a)
    R     shape (S, A): the mean reward of action a in state s
    pi    shape (S, A): pi[s, a] is the probability of action a in state s

    Returns the tuple (P_pi, r_pi): P_pi of shape (S, S), with P_pi[s, s'] = p_pi(s'|s), and r_pi
    of shape (S,).
    """
    P_pi = np.einsum("sa,sat->st", pi, P)
    r_pi = (pi * R).sum(axis=1)
    return P_pi, r_pi


def mixed(P, R, gamma, pi):
    """The values of "always a", for each action a, in the proportions of the policy."""
    always = [np.tile(row, (len(R), 1)) for row in np.eye(R.shape[1])]
    return sum(pi[:, a] * solve(P, R, gamma, row) for a, row in enumerate(always))


def matrix(P, R, gamma, pi):
    """I - gamma P_pi, and r_pi."""
    P_pi, r_pi = chain(P, R, pi)
    return np.eye(len(r_pi)) - gamma * P_pi, r_pi


CLOSED = Law(
    "(2.12)",
    lambda P, R, gamma, pi, v: solve(P, R, gamma, pi),
    {
        "P_pi is read with state and next state exchanged": (
            lambda P, R, gamma, pi, v: solve(P, R, gamma, pi, transposed=True)
        ),
        "gamma multiplies the reward, too": (
            lambda P, R, gamma, pi, v: gamma * solve(P, R, gamma, pi)
        ),
        "the matrix is not inverted: r_pi is multiplied by I - gamma P_pi itself": (
            lambda P, R, gamma, pi, v: np.matmul(*matrix(P, R, gamma, pi))
        ),
        "each entry of I - gamma P_pi is inverted for itself; that is not the inverse matrix": (
            lambda P, R, gamma, pi, v: np.matmul(
                1 / matrix(P, R, gamma, pi)[0], matrix(P, R, gamma, pi)[1]
            )
        ),
        "the sign of gamma P_pi is wrong: I + gamma P_pi": (
            lambda P, R, gamma, pi, v: solve(P, R, -gamma, pi)
        ),
        "gamma is squared": lambda P, R, gamma, pi, v: solve(P, R, gamma**2, pi),
        "a 1 in every place stands for I": lambda P, R, gamma, pi, v: (
            np.linalg.pinv(1 - gamma * chain(P, R, pi)[0]) @ chain(P, R, pi)[1]
        ),
        "the future is left out": lambda P, R, gamma, pi, v: chain(P, R, pi)[1],
        "only one step is looked ahead, and then no more": (
            lambda P, R, gamma, pi, v: sweep(P, R, gamma, pi, chain(P, R, pi)[1])
        ),
        "gamma is forgotten: I - P_pi has no inverse": lambda P, R, gamma, pi, v: (
            v if np.abs(v).max() > 1e12 else np.linalg.pinv(matrix(P, R, 1, pi)[0])
            @ chain(P, R, pi)[1]
        ),
        "the best values are computed, and not those of the policy": (
            lambda P, R, gamma, pi, v: best_values(P, R, gamma)
        ),
        "the values of single actions are mixed: the value of a mixture is not the mixture of "
        "the values": lambda P, R, gamma, pi, v: mixed(P, R, gamma, pi),
        "the policy is left out: the mean of all actions is taken": (
            lambda P, R, gamma, pi, v: solve(P, R, gamma, equal(pi))
        ),
        "the likeliest action of the policy is taken for sure": (
            lambda P, R, gamma, pi, v: solve(P, R, gamma, surest(pi))
        ),
        "the policy stands in r_pi only, and P_pi is the mean of all actions": (
            lambda P, R, gamma, pi, v: np.linalg.solve(
                matrix(P, R, gamma, equal(pi))[0], chain(P, R, pi)[1]
            )
        ),
        "the policy stands in P_pi only, and r_pi is the mean of all actions": (
            lambda P, R, gamma, pi, v: np.linalg.solve(
                matrix(P, R, gamma, pi)[0], R.mean(1)
            )
        ),
    },
)  # fmt: skip


def from_closed(case, answer, logs):
    """From the arguments; the answer itself tells what has grown without an end."""
    yield Use(CLOSED, (*case.values(), answer), answer, "v")


@HOMEWORK.task(
    "eq:2.12",
    returns="v", cases=discounted_cases, uses=from_closed,
    known={"the book's world": book(gamma=0.9, pi=np.full((25, 5), 0.2))},
)  # fmt: skip
def values_closed_form(P, R, gamma, pi):
    """The state values of a policy, by solving the Bellman equation.

        v_pi = (I - gamma P_pi)^(-1) r_pi         P_pi and r_pi as in (2.8)                (2.12)

    P, R     a model, as above
    gamma    the discount, less than 1
    pi       shape (S, A): the policy

    Returns v_pi, shape (S,).
    """
    P_pi = np.einsum("sa,sat->st", pi, P)
    r_pi = (pi * R).sum(axis=1)
    return np.linalg.solve(np.eye(len(r_pi)) - gamma * P_pi, r_pi)


IN_PLACE = (
    "sweeps in place: new values are used before the sweep is over. The limit is the same, the "
    "iterates are not"
)

SWEEP_MISTAKES = {
    "gamma is forgotten": lambda P, R, gamma, pi, v: sweep(P, R, 1, pi, v),
    "gamma multiplies the reward, too": lambda P, R, gamma, pi, v: sweep(
        P, gamma * R, gamma, pi, v
    ),
    IN_PLACE: sweep_in_place,
    "the best action is taken, and not the mean under the policy": (
        lambda P, R, gamma, pi, v: (R + gamma * P @ v).max(1)
    ),
    **{
        name: (lambda P, R, gamma, pi, v, wrong=wrong: sweep(P, R, gamma, wrong(pi), v))
        for name, wrong in POLICY_MISTAKES.items()
    },
    "P_pi is read with state and next state exchanged": (
        lambda P, R, gamma, pi, v: chain(P, R, pi)[1] + gamma * chain(P, R, pi)[0].T @ v
    ),
    "the value of the state itself is used, and not that of the next state": (
        lambda P, R, gamma, pi, v: chain(P, R, pi)[1] + gamma * v
    ),
    "the likeliest next state is taken for sure": lambda P, R, gamma, pi, v: (
        pi * (R + gamma * v[P.argmax(2)])
    ).sum(1),
    "the reward is left out": lambda P, R, gamma, pi, v: sweep(P, 0 * R, gamma, pi, v),
    "the future is left out": lambda P, R, gamma, pi, v: chain(P, R, pi)[1],
    "the new value is added to the old one": (
        lambda P, R, gamma, pi, v: v + sweep(P, R, gamma, pi, v)
    ),
}
"""One step with a mistake."""

ITERATION = Law(
    "(2.11)",
    lambda P, R, gamma, pi, v, first, k, n: sweep(P, R, gamma, pi, v),
    {
        **{
            name: (lambda P, R, gamma, pi, v, first, k, n, step=step: step(P, R, gamma, pi, v))
            for name, step in SWEEP_MISTAKES.items()
        },
        "every step begins at v_0 again": lambda P, R, gamma, pi, v, first, k, n: sweep(
            P, R, gamma, pi, first
        ),
        "one array is in the list n times: each entry is the last iterate": (
            lambda P, R, gamma, pi, v, first, k, n: repeated(sweep, P, R, gamma, pi, first, n)
        ),
        "one array is in the list n times, and it is swept in place": (
            lambda P, R, gamma, pi, v, first, k, n: repeated(
                sweep_in_place, P, R, gamma, pi, first, n
            )
        ),
        "the list begins with v_0, and v_n is missing": (
            lambda P, R, gamma, pi, v, first, k, n: v if k == 1 else sweep(P, R, gamma, pi, v)
        ),
    },
)

LAST = Law(
    "(2.11), after n steps",
    lambda P, R, gamma, pi, v, n: repeated(sweep, P, R, gamma, pi, v, n),
    {
        "one step too few is made": lambda P, R, gamma, pi, v, n: repeated(
            sweep, P, R, gamma, pi, v, n - 1
        ),
        "one step too many is made": lambda P, R, gamma, pi, v, n: repeated(
            sweep, P, R, gamma, pi, v, n + 1
        ),
        **{
            name: (lambda P, R, gamma, pi, v, n, step=step: repeated(
                step, P, R, gamma, pi, v, n))
            for name, step in SWEEP_MISTAKES.items()
        },
        "the limit is returned, and not what n steps give": (
            lambda P, R, gamma, pi, v, n: solve(P, R, gamma, pi)
        ),
    },
)  # fmt: skip


def from_iteration(case, answer, logs):
    """Each v_k from the student's own one before it; a last one alone is that of n steps."""
    P, R, gamma, pi, first, n = case.values()
    if len(answer) == 1 < n:
        yield Use(LAST, tuple(case.values()), answer[0], f"v_{n}")
        return
    v = first
    for k, v_next in enumerate(answer[:n], start=1):
        yield Use(
            ITERATION, (P, R, gamma, pi, v, first, k, n), v_next, f"v_{k}",
            f"From your v_{k - 1} = {shown(v)}" if k > 1 else f"From v_0 = {shown(v)}",
        )  # fmt: skip
        v = v_next


@HOMEWORK.task(
    "eq:2.11",
    returns="v", cases=iteration_cases, uses=from_iteration, iterates=True,
    known={"the book's world": book(gamma=0.9, pi=np.full((25, 5), 0.2), v=np.zeros(25), n=20)},
)  # fmt: skip
def values_by_iteration(P, R, gamma, pi, v, n):
    """The state values of a policy, by n steps of iteration from v.

        v_{k+1} = r_pi + gamma P_pi v_k           P_pi and r_pi as in (2.8)               (2.11)

    All states are updated at once: a step uses the values of the step before, and no new ones.

    P, R, gamma, pi    as above
    v                  shape (S,): the first values, v_0
    n                  how many steps

    Returns the list [v_1, ..., v_n], each of shape (S,).
    """
    P_pi = np.einsum("sa,sat->st", pi, P)
    r_pi = (pi * R).sum(axis=1)
    iterates = []
    for _ in range(n):
        v = r_pi + gamma * P_pi @ v
        iterates.append(v)
    return iterates


ACTION_VALUES = Law(
    "(2.14)",
    lambda P, R, gamma, pi, v: R + gamma * P @ v,
    {
        "gamma is forgotten": lambda P, R, gamma, pi, v: R + P @ v,
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, v: gamma * (R + P @ v),
        "the reward is left out": lambda P, R, gamma, pi, v: gamma * P @ v,
        "the future is left out": lambda P, R, gamma, pi, v: R,
        "actions that the policy never takes get the value 0": (
            lambda P, R, gamma, pi, v: (pi > 0) * (R + gamma * P @ v)
        ),
        "each value is multiplied by the probability of the action": (
            lambda P, R, gamma, pi, v: pi * (R + gamma * P @ v)
        ),
        "the value of the state itself is used, and not that of the next state": (
            lambda P, R, gamma, pi, v: R + gamma * v[:, None]
        ),
        "the likeliest next state is taken for sure": (
            lambda P, R, gamma, pi, v: R + gamma * v[P.argmax(2)]
        ),
        "the value of the best next state is taken, and not the mean over next states": (
            lambda P, R, gamma, pi, v: R + gamma * np.where(P > 0, v, -np.inf).max(2)
        ),
        "the values of all possible next states are added up, and their probabilities left out": (
            lambda P, R, gamma, pi, v: R + gamma * (P > 0) @ v
        ),
        "the policy's chain is followed already in the first step, and not the action": (
            lambda P, R, gamma, pi, v: R + gamma * (chain(P, R, pi)[0] @ v)[:, None]
        ),
        "r_pi is taken, and not the reward of the action": (
            lambda P, R, gamma, pi, v: chain(P, R, pi)[1][:, None] + gamma * P @ v
        ),
        EXCHANGED: lambda P, R, gamma, pi, v: R + gamma * exchanged(P) @ v,
    },
)


@HOMEWORK.task(
    "eq:2.14",
    returns="q", cases=value_cases, law=ACTION_VALUES,
    known={"the book's world": book(
        gamma=0.9, pi=np.full((25, 5), 0.2), v=solve(*book().values(), 0.9, np.full((25, 5), 0.2))
    )},
)  # fmt: skip
def action_values(P, R, gamma, pi, v):
    """The action values of a policy, from its state values.

        q_pi(s, a) = R(s, a) + gamma sum over s' of p(s'|s, a) v_pi(s')                   (2.14)

    Every action of every state has a value: take a once, and follow the policy from then on.

    P, R, gamma, pi    as above
    v                  shape (S,): the state values of pi

    Returns q_pi, shape (S, A).
    """
    return R + gamma * P @ v


def normed(pi, q):
    """The mean of the values of those actions that are taken at all."""
    taken = pi > 0
    return (taken * q).sum(1) / taken.sum(1)


@HOMEWORK.task(
    "eq:2.13",
    returns="v", cases=action_value_cases,
    law=Law(
        "(2.13)",
        lambda pi, q: (pi * q).sum(1),
        {
            "the best action is taken, and not the mean under the policy": lambda pi, q: q.max(1),
            **{
                name: (lambda pi, q, wrong=wrong: (wrong(pi) * q).sum(1))
                for name, wrong in POLICY_MISTAKES.items()
            },
            "all actions that the policy may take count alike": normed,
            "the worst action is taken": lambda pi, q: q.min(1),
        },
    ),
)  # fmt: skip
def state_values(pi, q):
    """The state values of a policy, from its action values.

        v_pi(s) = sum over a of pi(a|s) q_pi(s, a)                                        (2.13)

    pi    shape (S, A): the policy
    q     shape (S, A): its action values

    Returns v_pi, shape (S,).
    """
    return (pi * q).sum(axis=1)
