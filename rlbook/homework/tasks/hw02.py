"""Homework 2: the Bellman equation. [Zhao chapter 2]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.task import Homework
from rlbook.homework.tasks.bellman_laws import (
    ACTION_VALUES,
    STATE_VALUES,
    from_chain,
    from_closed,
    from_iteration,
)
from rlbook.homework.tasks.chains import solve
from rlbook.homework.worlds import Case, book, model, policy

HOMEWORK = Homework(
    "hw02",
    "The Bellman equation",
    chapter=2,
    about="How good is a policy? Its values solve one linear equation for each state. You write "
    "the equation down as arrays, solve it in two ways, and go from the values of states to those "
    "of actions and back.",
)

WORLD = book(gamma=0.9, pi=np.full((25, 5), 0.2))


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
    n, case = draw.between(2, 4), discounted_cases(draw)
    return {**case, "v": draw.numbers(len(case["P"])), "n": n}


def value_cases(draw: Draw) -> Case:
    """A model, a discount, a policy and its values."""
    case = discounted_cases(draw)
    return {**case, "v": solve(**case)}


def action_value_cases(draw: Draw) -> Case:
    """A policy and action values."""
    S, A = draw.between(1, 4), draw.between(1, 3)
    return {"pi": policy(draw, S, A), "q": draw.numbers(S, A)}


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


@HOMEWORK.task(
    "eq:2.12",
    returns="v", cases=discounted_cases, uses=from_closed,
    known={"the book's world": WORLD},
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


@HOMEWORK.task(
    "eq:2.11",
    returns="v", cases=iteration_cases, uses=from_iteration, iterates=True,
    known={"the book's world": {**WORLD, "v": np.zeros(25), "n": 20}},
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


@HOMEWORK.task(
    "eq:2.14",
    returns="q", cases=value_cases, law=ACTION_VALUES,
    known={"the book's world": {**WORLD, "v": solve(**WORLD)}},
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


@HOMEWORK.task(
    "eq:2.13",
    returns="v", cases=action_value_cases,
    law=STATE_VALUES,
)  # fmt: skip
def state_values(pi, q):
    """The state values of a policy, from its action values.

        v_pi(s) = sum over a of pi(a|s) q_pi(s, a)                                        (2.13)

    pi    shape (S, A): the policy
    q     shape (S, A): its action values

    Returns v_pi, shape (S,).
    """
    return (pi * q).sum(axis=1)
