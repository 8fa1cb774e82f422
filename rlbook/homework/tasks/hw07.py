"""Homework 7: temporal differences. The updates, n-step Sarsa, and here the runs. [Zhao chapter 7]

A run acts in a world that remembers what was done. So each of its tables is judged by the equation,
from the student's own table one episode before and the steps in between.
"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given import rng
from rlbook.homework.given_worlds import record, steps_in_words, world
from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks import hw07_n_step as hw07_n_step  # its tasks come before these
from rlbook.homework.tasks.hw07_acting import Q_ACTS, SARSA_ACTS, choice, counted
from rlbook.homework.tasks.hw07_replay import (
    Q_LEARNING,
    SARSA,
    SARSA_AT_THE_END,
    Past,
    of_q_learning,
    of_sarsa,
)
from rlbook.homework.tasks.hw07_updates import HOMEWORK, numbers
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case, book_model, model

EPISODES = Law(
    "the number of episodes",
    lambda n: n,
    {
        "one episode is missing; or q_0 is yielded, and the last table is not": lambda n: n - 1,
        "there is one episode too many": lambda n: n + 1,
        "no episode is finished": lambda n: 0,
    },
)


def split(rows):
    """A log as episodes; the last may be unfinished."""
    ends = [k + 1 for k, row in enumerate(rows) if row[4] or row[5]]
    parts = [rows[i:j] for i, j in zip([0, *ends], [*ends, len(rows)], strict=True)]
    return [part for part in parts if part]


def from_run(law, at_the_end, acts, future):
    """Each table from the student's own before it; each action from the table it was chosen by."""

    def uses(case, answer, logs):
        q, gamma, alpha, epsilon = (case[x] for x in ("q", "gamma", "alpha", "epsilon"))
        rows, first, n = logs["env"], q, case["episodes"]
        episodes = split(rows)
        ended = sum(bool(row[4] or row[5]) for row in rows)
        if ended != n or len(episodes) != n:
            yield Use(EPISODES, (n,), np.array(float(ended)), "the number of finished episodes")
            return
        if len(answer) < n:
            args = Past(q, rows, gamma, alpha, first, answer[-1])
            yield Use(at_the_end, args, answer[-1], "q")
            episodes = []
        held, before = q[int(rows[0][0])], None
        for k, (steps, q_next) in enumerate(zip(episodes, answer, strict=False), start=1):
            past = Past(q, steps, gamma, alpha, first, answer[-1], before)
            origin = f"From your q_{k - 1} = {shown(q)}, by {steps_in_words(steps)}"
            yield Use(law, past, q_next, f"q_{k}", origin)
            if epsilon == 0:
                args, held = choice(past, future, held)
                did = np.eye(q.shape[1])[[int(row[1]) for row in steps]]
                yield Use(acts, args, did, f"episode {k}", origin)
            q, before = q_next, steps
        if n >= MANY:
            yield counted(first[0], split(rows), epsilon)

    return uses


MANY = 100
"""Only a known case below has so many episodes."""


def run_cases(draw: Draw) -> Case:
    """A small world with ends, a table, and what a run needs.

    The model is drawn last: so it can be made simpler and nothing else changes.
    """
    some = {
        **numbers(draw), "epsilon": draw.pick((0.5, 0.0, 1.0)), "episodes": draw.between(1, 3),
        "rng": rng(draw.index(100)),
    }  # fmt: skip
    limit, seed = draw.pick((1, 3, 5, 2, 4, 5)), draw.index(100)
    given = model(draw)
    S, A = given["R"].shape
    ends = [s for s in range(1, S) if draw.index(3) == 1]
    env = world(**given, ends=ends, seed=seed, limit=limit)
    return {"env": env, "q": draw.numbers(S, A), **some}


GRID = world(*book_model(), ends=[17], seed=3, start=16, limit=4)
LOSS = world(np.ones((1, 2, 1)), np.array([[-1.0, -2.0]]), ends=[], seed=5, limit=5)
WALK = world(np.ones((1, 3, 1)), np.ones((1, 3)), ends=[], seed=4, limit=5)
KNOWN = {
    "the book's world": {
        "env": GRID, "q": np.linspace(-3, 9, 125).reshape(25, 5)[:, ::-1].copy(), "gamma": 0.9,
        "alpha": 0.1, "epsilon": 0.5, "episodes": 3, "rng": rng(1),
    },
    "one state with two actions that lose": {  # each update changes which one is best
        "env": LOSS, "q": np.array([[1.0, 0.9]]), "gamma": 0.5, "alpha": 0.8, "epsilon": 0.0,
        "episodes": 3, "rng": rng(3),
    },
    "400 episodes of 5 steps in one state": {
        "env": WALK, "q": np.array([[1.0, 3.0, 2.0]]), "gamma": 0.9, "alpha": 0.0,
        "epsilon": 0.6, "episodes": 400, "rng": rng(2),
    },
}  # fmt: skip


@HOMEWORK.task(
    "alg:7.1",
    returns="q", cases=run_cases, known=KNOWN, iterates=True,
    uses=from_run(SARSA, SARSA_AT_THE_END, SARSA_ACTS, of_sarsa),
)  # fmt: skip
def sarsa(env, q, gamma, alpha, epsilon, episodes, rng):
    """Sarsa: act by the epsilon-greedy policy of q, and learn from every step. [Algorithm 7.1]

        q(s_t, a_t) <- q(s_t, a_t) - alpha [ q(s_t, a_t)
                                       - (r_{t+1} + gamma q(s_{t+1}, a_{t+1})) ]          (7.12)

    The action a_{t+1} is drawn before the update, and it is the one that is taken next. After the
    last step of an episode that was truncated it is drawn for the target only.

    env         s, info = env.reset() begins an episode;
                s_next, r, terminated, truncated, info = env.step(a) takes an action;
                env.n_states and env.n_actions are S and A
    q           shape (S, A): the first table
    gamma       the discount
    alpha       the step size
    epsilon     the policy takes the best action with probability 1 - epsilon (A - 1) / A, and each
                other one with probability epsilon / A; of equal actions, any
    episodes    how many episodes; each ends where terminated or truncated is True
    rng         a numpy Generator: draw all chance from it

    Returns the list [q_1, ..., q_episodes]: a copy of the table after each episode, shape (S, A).
    """
    q = np.array(q, dtype=float)
    A = q.shape[1]
    iterates = []
    for _ in range(episodes):
        s, _ = env.reset()
        a = int(rng.integers(A)) if rng.random() < epsilon else int(q[s].argmax())
        over = False
        while not over:
            s_next, r, terminated, truncated, _ = env.step(a)
            a_next = int(rng.integers(A)) if rng.random() < epsilon else int(q[s_next].argmax())
            future = 0 if terminated else q[s_next, a_next]
            q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
            s, a = s_next, a_next
            over = terminated or truncated
        iterates.append(q.copy())
    return iterates


@HOMEWORK.task(
    "alg:7.2",
    returns="q", cases=run_cases, known=KNOWN, iterates=True,
    uses=from_run(Q_LEARNING, Q_LEARNING, Q_ACTS, of_q_learning),
)  # fmt: skip
def q_learning(env, q, gamma, alpha, epsilon, episodes, rng):
    """Q-learning, on-policy: act by the epsilon-greedy policy of q. [Algorithm 7.2]

        q(s_t, a_t) <- q(s_t, a_t) - alpha [ q(s_t, a_t)
                                       - (r_{t+1} + gamma max over a of q(s_{t+1}, a)) ]  (7.18)

    Each action is drawn from the table as it is then, after the update of the step before.

    env, q, gamma, alpha, epsilon, episodes, rng    as above

    Returns the list [q_1, ..., q_episodes]: a copy of the table after each episode, shape (S, A).
    """
    q = np.array(q, dtype=float)
    iterates = []
    for _ in range(episodes):
        s, _ = env.reset()
        over = False
        while not over:
            a = int(rng.integers(q.shape[1])) if rng.random() < epsilon else int(q[s].argmax())
            s_next, r, terminated, truncated, _ = env.step(a)
            future = 0 if terminated else q[s_next].max()
            q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
            s = s_next
            over = terminated or truncated
        iterates.append(q.copy())
    return iterates


def record_cases(draw: Draw) -> Case:
    """Episodes of another policy, a table, a discount and a step size."""
    q = draw.numbers(draw.between(2, 4), draw.between(1, 3))
    S, A = q.shape
    episodes = []
    for _ in range(draw.between(1, 3)):
        T, s, rows = draw.between(1, 5), draw.index(S), []
        terminated = bool(draw.index(2))
        for k in range(1, T + 1):
            a, s_next, over = draw.index(A), draw.index(S), k == T
            rows.append([s, a, draw.number(), s_next, over and terminated, over and not terminated])
            s = s_next
        episodes.append(rows)
    return {"record": record(episodes), "q": q, **numbers(draw)}


def from_record(case, answer, logs):
    """Each table from the student's own before it."""
    episodes, q = case["record"].values["episodes"], case["q"]
    rest, before = (case["gamma"], case["alpha"], q, answer[-1]), None
    if len(answer) < len(episodes):
        yield Use(
            Q_LEARNING, (q, [row for rows in episodes for row in rows], *rest), answer[-1], "q"
        )
        return
    for k, (steps, q_next) in enumerate(zip(episodes, answer, strict=False), start=1):
        origin = f"From your q_{k - 1} = {shown(q)}, by {steps_in_words(steps)}"
        yield Use(Q_LEARNING, (q, steps, *rest, before), q_next, f"q_{k}", origin)
        q, before = q_next, steps


@HOMEWORK.task("alg:7.3", returns="q", cases=record_cases, uses=from_record, iterates=True)
def q_learning_off_policy(record, q, gamma, alpha):
    """Q-learning, off-policy: from the record of what another policy did. [Algorithm 7.3]

        q(s_t, a_t) <- q(s_t, a_t) - alpha [ q(s_t, a_t)
                                       - (r_{t+1} + gamma max over a of q(s_{t+1}, a)) ]  (7.18)

    record          a list of episodes; each is a list of steps, tuples
                    (s, a, r, s_next, terminated, truncated)
    q               shape (S, A): the first table
    gamma, alpha    the discount and the step size

    Learn from every step once, in the order of the record.

    Returns a list with a copy of the table after each episode, shape (S, A) each.
    """
    q = np.array(q, dtype=float)
    iterates = []
    for episode in record:
        for s, a, r, s_next, terminated, _ in episode:
            future = 0 if terminated else q[s_next].max()
            q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
        iterates.append(q.copy())
    return iterates
