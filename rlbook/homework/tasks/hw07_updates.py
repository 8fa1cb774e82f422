"""Homework 7, the updates: one step of experience changes one number. [Zhao chapter 7]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw07_mistakes import (
    OF_PAIRS,
    Q_UPDATES,
    RIGHT,
    SARSA_UPDATES,
    SHARED,
    AnyOf,
    Moment,
    best,
    by,
    same_action,
)
from rlbook.homework.worlds import Case, policy

HOMEWORK = Homework(
    "hw07",
    "Temporal differences",
    chapter=7,
    about="You learn from single steps. First you write one update of each method, then n-step "
    "Sarsa along one episode, then whole runs that act and learn in a world. "
    "A step that *terminates* an episode has no future. A step that *truncates* it (a time limit, "
    "say) has one: we only stopped looking. Both are given as True or False. States and actions "
    "are numbered from 0.",
)


def moment(draw: Draw, S: int) -> Case:
    """What comes of a step: r, s_next, and whether the episode ends."""
    ends = draw.pick(("", "terminated", "truncated"))
    return {
        "r": draw.number(), "s_next": draw.index(S),
        "terminated": ends == "terminated", "truncated": ends == "truncated",
    }  # fmt: skip


def numbers(draw: Draw) -> Case:
    """A discount and a step size."""
    return {"gamma": draw.gamma(), "alpha": draw.pick((0.5, 0.25, 0.1, 0.8))}


def td0_cases(draw: Draw) -> Case:
    """A table v, a step, a discount and a step size."""
    v = draw.numbers(draw.between(2, 4))
    return {"v": v, "s": draw.index(len(v)), **moment(draw, len(v)), **numbers(draw)}


def of_states(update):
    """An update as a function of the arguments of td0_update."""
    return lambda v, s, r, s_next, terminated, truncated, gamma, alpha: update(
        v, Moment((s,), r, s_next, terminated, truncated), lambda x, s: x[s], gamma, alpha
    )


TD0_MISTAKES = {words: of_states(update) for words, update in SHARED.items()}


@HOMEWORK.task(
    "eq:7.1", "eq:7.2",
    returns="v", cases=td0_cases, law=Law("(7.1)", of_states(RIGHT), TD0_MISTAKES, AnyOf()),
)  # fmt: skip
def td0_update(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """One update of TD(0), after one step of experience. All other states keep their values.

        v_{t+1}(s_t) = v_t(s_t) - alpha [ v_t(s_t) - (r_{t+1} + gamma v_t(s_{t+1})) ]      (7.1)

    Where the episode terminates, the future is worth 0. Where it is truncated, it is not.

    v             shape (S,): the values v_t
    s             the state s_t, a number from 0 to S - 1
    r             the reward r_{t+1}
    s_next        the next state s_{t+1}
    terminated    True if the step terminated the episode
    truncated     True if the step truncated it
    gamma         the discount
    alpha         the step size

    Returns v_{t+1}, shape (S,).
    """
    v = np.array(v, dtype=float)
    future = 0 if terminated else v[s_next]
    v[s] = v[s] - alpha * (v[s] - (r + gamma * future))
    return v


def table(draw: Draw) -> Case:
    """A table q and a pair."""
    q = draw.numbers(draw.between(2, 4), draw.between(2, 3))
    return {"q": q, "s": draw.index(len(q)), "a": draw.index(q.shape[1])}


def sarsa_cases(draw: Draw) -> Case:
    """A table q, a step and the action after it, a discount and a step size."""
    case = table(draw)
    S, A = case["q"].shape
    return {**case, **moment(draw, S), "a_next": draw.index(A), **numbers(draw)}


def of_sarsa(update):
    """An update as a function of the arguments of sarsa_update."""
    return lambda q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha: update(
        q, Moment((s, a), r, s_next, terminated, truncated),
        lambda x, s: x[s, a_next], gamma, alpha,
    )  # fmt: skip


SARSA_MISTAKES = {words: of_sarsa(update) for words, update in SARSA_UPDATES.items()}


@HOMEWORK.task(
    "eq:7.12",
    returns="q", cases=sarsa_cases, law=Law("(7.12)", of_sarsa(RIGHT), SARSA_MISTAKES, AnyOf()),
)  # fmt: skip
def sarsa_update(q, s, a, r, s_next, terminated, truncated, a_next, gamma, alpha):
    """One update of Sarsa. All other pairs keep their values.

        q_{t+1}(s_t, a_t) = q_t(s_t, a_t)
                  - alpha [ q_t(s_t, a_t) - (r_{t+1} + gamma q_t(s_{t+1}, a_{t+1})) ]     (7.12)

    q             shape (S, A): the values q_t
    s, a          the state s_t and the action a_t, numbers from 0
    a_next        the next action a_{t+1}; it means nothing where the episode has terminated
    r, s_next, terminated, truncated, gamma, alpha    as above

    Returns q_{t+1}, shape (S, A).
    """
    q = np.array(q, dtype=float)
    future = 0 if terminated else q[s_next, a_next]
    q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
    return q


def expected_cases(draw: Draw) -> Case:
    """A table q, a step, a policy, a discount and a step size."""
    case = table(draw)
    S, A = case["q"].shape
    return {**case, **moment(draw, S), "pi": policy(draw, S, A), **numbers(draw)}


def of_expected(update, future=lambda x, s, pi: pi[s] @ x[s]):
    """An update as a function of the arguments of expected_sarsa_update."""
    return lambda q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha: update(
        q, Moment((s, a), r, s_next, terminated, truncated),
        lambda x, s: future(x, s, pi), gamma, alpha,
    )  # fmt: skip


def weights_of_before(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """The policy of s, the values of s'."""
    update = by(future=lambda x, s_next: pi[s] @ x[s_next])
    return update(q, Moment((s, a), r, s_next, terminated, truncated), None, gamma, alpha)


EXPECTED_MISTAKES = {
    "the best next action is taken: that is Q-learning": of_expected(
        RIGHT, lambda x, s, pi: x[s].max()
    ),
    "the largest product of pi and q is taken, and not the sum of them": of_expected(
        RIGHT, lambda x, s, pi: (pi[s] * x[s]).max()
    ),
    "all next actions have equal weights": of_expected(RIGHT, lambda x, s, pi: x[s].mean()),
    "the values of the next actions are added without the weights of the policy": of_expected(
        RIGHT, lambda x, s, pi: x[s].sum()
    ),
    "the likeliest action of the policy is taken for sure": of_expected(
        RIGHT, lambda x, s, pi: x[s, pi[s].argmax()]
    ),
    "the weights are those of the state itself, and not of the next state": weights_of_before,
    "the sum over the actions is divided by their number once more": of_expected(
        RIGHT, lambda x, s, pi: (pi[s] * x[s]).mean()
    ),
    "the future is q(s', a): one action, and not the mean over all": of_expected(same_action),
    **{words: of_expected(update) for words, update in OF_PAIRS.items()},
}


@HOMEWORK.task(
    "box:7.4", "eq:7.15",
    returns="q", cases=expected_cases,
    law=Law("(7.15)", of_expected(RIGHT), EXPECTED_MISTAKES, AnyOf()),
)  # fmt: skip
def expected_sarsa_update(q, s, a, r, s_next, terminated, truncated, pi, gamma, alpha):
    """One update of Expected Sarsa: of the next action it takes the mean.

        q_{t+1}(s_t, a_t) = q_t(s_t, a_t) - alpha [ q_t(s_t, a_t) - target ]              (7.15)
        target = r_{t+1} + gamma sum over a' of pi(a'|s_{t+1}) q_t(s_{t+1}, a')

    pi            shape (S, A): the policy, pi[s, a] is the probability of a in s
    q, s, a, r, s_next, terminated, truncated, gamma, alpha    as above

    Returns q_{t+1}, shape (S, A).
    """
    q = np.array(q, dtype=float)
    future = 0 if terminated else pi[s_next] @ q[s_next]
    q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
    return q


def q_learning_cases(draw: Draw) -> Case:
    """A table q, a step, a discount and a step size."""
    case = table(draw)
    return {**case, **moment(draw, len(case["q"])), **numbers(draw)}


def of_q_learning(update):
    """An update as a function of the arguments of q_learning_update."""
    return lambda q, s, a, r, s_next, terminated, truncated, gamma, alpha: update(
        q, Moment((s, a), r, s_next, terminated, truncated), best, gamma, alpha
    )


Q_MISTAKES = {words: of_q_learning(update) for words, update in Q_UPDATES.items()}


@HOMEWORK.task(
    "eq:7.18",
    returns="q", cases=q_learning_cases,
    law=Law("(7.18)", of_q_learning(RIGHT), Q_MISTAKES, AnyOf()),
)  # fmt: skip
def q_learning_update(q, s, a, r, s_next, terminated, truncated, gamma, alpha):
    """One update of Q-learning. All other pairs keep their values.

        q_{t+1}(s_t, a_t) = q_t(s_t, a_t)
            - alpha [ q_t(s_t, a_t) - (r_{t+1} + gamma max over a of q_t(s_{t+1}, a)) ]   (7.18)

    q, s, a, r, s_next, terminated, truncated, gamma, alpha    as above

    Returns q_{t+1}, shape (S, A).
    """
    q = np.array(q, dtype=float)
    future = 0 if terminated else q[s_next].max()
    q[s, a] = q[s, a] - alpha * (q[s, a] - (r + gamma * future))
    return q
