"""Laws of the Bellman equation, and what breaks them. [Zhao chapter 2]"""

from typing import Any

import numpy as np

from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks.chains import (
    POLICY_MISTAKES,
    best_values,
    chain,
    equal,
    reached,
    repeated,
    solve,
    surest,
    sweep,
    sweep_in_place,
)
from rlbook.homework.words import shown

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
        "sweeps are made, and they end too early: the values still change": (
            lambda P, R, gamma, pi, v: reached(
                lambda x: sweep(P, R, gamma, pi, x), np.zeros(len(R)), v, most=300
            )
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


IN_PLACE = (
    "sweeps in place: new values are used before the sweep is over. The limit is the same, the "
    "iterates are not"
)


SWEEP_MISTAKES: dict[str, Any] = {
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
        "v is not used: the first step begins at zeros": lambda P, R, gamma, pi, v, first, k, n: (
            sweep(P, R, gamma, pi, 0 * v if k == 1 else v)
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
    "(2.11) after n steps",
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
        "v is not used: the first step begins at zeros": lambda P, R, gamma, pi, v, n: repeated(
            sweep, P, R, gamma, pi, 0 * v, n
        ),
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


ACTION_VALUES = Law(
    "(2.14)",
    lambda P, R, gamma, pi, v: R + gamma * P @ v,
    {
        "gamma is forgotten": lambda P, R, gamma, pi, v: R + P @ v,
        "gamma multiplies the reward, too": lambda P, R, gamma, pi, v: gamma * (R + P @ v),
        "the reward is left out": lambda P, R, gamma, pi, v: gamma * P @ v,
        "the future is left out": lambda P, R, gamma, pi, v: R,
        "v(s) is subtracted: what comes out is the advantage of the action": (
            lambda P, R, gamma, pi, v: R + gamma * P @ v - v[:, None]
        ),
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


def normed(pi, q):
    """The mean of the values of those actions that are taken at all."""
    taken = pi > 0
    return (taken * q).sum(1) / taken.sum(1)


STATE_VALUES = Law(
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
        "the largest pi(a|s) q(s, a) is taken, and not the sum": lambda pi, q: (pi * q).max(1),
    },
)
