"""Homework 4: value iteration, policy iteration, and what lies between. [Zhao chapter 4]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given_grid import official
from rlbook.homework.task import Homework
from rlbook.homework.tasks import hw03
from rlbook.homework.tasks.best_on_grid import from_grid
from rlbook.homework.tasks.iteration_laws import from_policy, from_truncated, from_value
from rlbook.homework.tasks.public_grid import public_book, public_grid
from rlbook.homework.worlds import Case, book, policy

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
    n = draw.between(2, 4)
    return {**hw03.cases(draw), "n": n}


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
    n        how many steps, 1 or more

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
    n, case = draw.between(2, 4), hw03.model_with_twins(draw)
    pi = policy(draw, *case["R"].shape)
    return {**case, "gamma": draw.gamma(), "pi": pi, "n": n}


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
    n              how many steps, 1 or more

    Returns the list [(v_0, pi_1), ..., (v_{n-1}, pi_n)]: v_k of shape (S,), pi_k of shape (S, A).
    Solve for v_k exactly, or sweep until nothing changes by more than 1e-6. Of equal actions, take
    any. Always make n steps, also when the policy no longer changes.
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
    sweeps = draw.between(1, 4)
    return {**value_cases(draw), "sweeps": sweeps}


@HOMEWORK.task(
    "alg:4.3", "eq:4.4",
    returns="v, pi", cases=truncated_cases, uses=from_truncated, iterates=True,
    known={"the book's world": book(gamma=0.9, v=np.zeros(25), n=10, sweeps=5)},
)  # fmt: skip
def truncated_policy_iteration(P, R, gamma, v, n, sweeps):
    """Truncated policy iteration: n steps from v_0. [Algorithm 4.3]

    Step k takes the policy pi_k that is greedy (4.2) for v_{k-1}: for the values before the sweeps
    of this step. Then it makes the given number of sweeps of the Bellman equation of pi_k. The
    first of them begins at v_{k-1}, the last gives v_k:

        v^(j+1) = r_k + gamma P_k v^(j),    j = 0, 1, ..., sweeps - 1                      (4.4)

    P, R, gamma, v, n    as in value_iteration
    sweeps               how many sweeps in each step, 1 or more

    Returns the list [(v_1, pi_1), ..., (v_n, pi_n)]: v_k of shape (S,), pi_k of shape (S, A). Of
    equal actions, take any.
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


def grid_cases(draw: Draw) -> Case:
    """A small public environment and a discount."""
    return {"env": official(**public_grid(draw)), "gamma": draw.pick((0.5, 0.25, 0.75))}


@HOMEWORK.task(
    returns="v", cases=grid_cases, uses=from_grid,
    known={"the public environment as it comes": {"env": public_book(), "gamma": 0.9}},
)  # fmt: skip
def best_values_on_grid(env, gamma):
    """The best values of all states of the book's public environment, by value iteration.

        v(s) = max over a of [ r(s, a) + gamma v(s') ],    s' = s'(s, a)                   (3.1)

    Put the agent anywhere by env.agent_state = (x, y); then env.step(action) tells where that
    action leads and what it pays. In the target, too: ignore done. It is a state like the others,
    and its actions pay and lead on.

    env      the public environment: env.step(action) returns (next_state, reward, done, info). A
             state is a tuple (x, y) = (column, row); env.action_space is the list of actions, each
             of which is a tuple;
             env.env_size is (columns, rows), env.num_states is columns * rows
    gamma    the discount

    Returns v, shape (S,): the state (x, y) is v[y * columns + x]. Iterate until nothing changes by
    more than 1e-6.
    """
    columns, _ = env.env_size
    R = np.zeros((env.num_states, len(env.action_space)))
    s_next = np.zeros(R.shape, dtype=int)
    for s in range(env.num_states):
        for a, action in enumerate(env.action_space):
            env.agent_state = (s % columns, s // columns)
            (x, y), R[s, a], _, _ = env.step(action)
            s_next[s, a] = y * columns + x
    v, change = np.zeros(env.num_states), 1
    while change > 1e-6:
        v_next = (R + gamma * v[s_next]).max(axis=1)
        v, change = v_next, np.abs(v_next - v).max()
    return v
