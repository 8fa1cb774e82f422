"""Homework 5: Monte Carlo methods. [Zhao chapter 5]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given import Given
from rlbook.homework.laws import Law
from rlbook.homework.task import Homework
from rlbook.homework.tasks import hw05_mistakes as wrong
from rlbook.homework.tasks.hw05_basic import from_basic
from rlbook.homework.tasks.hw05_runs import from_exploring, from_starts
from rlbook.homework.tasks.hw05_soft import EPSILON_GREEDY, MISTAKES, SoftBest
from rlbook.homework.worlds import Case, book, policy

HOMEWORK = Homework(
    "hw05",
    "Monte Carlo",
    chapter=5,
    about="There is no model now: values are means of returns that were seen. You write the "
    "returns of an episode, the means, the two policies that are made from them, and the three "
    "algorithms of the chapter. They return what they have after every episode, so that each step "
    "can be checked from what your code has seen by then.",
)


def rewards(draw: Draw) -> Case:
    """The rewards of an episode, and a discount."""
    return {"rewards": draw.numbers(draw.between(1, 6)), "gamma": draw.gamma()}


RETURNS = {
    "the last step is dropped": lambda r, gamma: np.append(wrong.backwards(r[:-1], gamma), 0),
    **wrong.RETURNS,
    "the returns are in the wrong order: the last comes first": lambda r, gamma: wrong.backwards(
        r, gamma
    )[::-1],
    "each return is cut to a whole number, and the one before it is computed from that: does an "
    "array hold integers?": wrong.cut_each,
}


@HOMEWORK.task(
    returns="g", cases=rewards,
    known={"an episode of 100 steps": {"rewards": np.arange(100) % 7 - 3.0, "gamma": 0.9}},
    law=Law("g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2)", wrong.backwards, RETURNS),
)  # fmt: skip
def returns_of_episode(rewards, gamma):
    """The return from each step of an episode on.

        g_t = r_{t+1} + gamma g_{t+1},    g_T = 0                        (in Algorithm 5.2)

    rewards    shape (T,): r_1, ..., r_T; rewards[t] follows the action at step t
    gamma      the discount

    Returns g, shape (T,): g[t] is the return g_t.
    """
    g = 0.0
    returns = np.zeros(len(rewards))
    for t in reversed(range(len(rewards))):
        g = rewards[t] + gamma * g
        returns[t] = g
    return returns


def episodes(draw: Draw) -> Case:
    """Episodes, as if somebody had walked."""
    S, A = draw.between(1, 3), draw.between(1, 2)
    n = draw.between(1, 3)
    steps = [
        [(draw.index(S), draw.index(A), draw.number()) for _ in range(draw.between(1, 5))]
        for _ in range(n)
    ]
    return {"episodes": steps, "gamma": draw.gamma(), "n_states": S, "n_actions": A}


def of_batch(f):
    """f(episodes, gamma, q), as a function of the arguments of the two tasks."""
    return lambda episodes, gamma, S, A: f(episodes, gamma, np.zeros((S, A)))


def batch_law(equation, keep):
    """The mean over the visits that count."""

    def exchanged(episodes, gamma, q):
        S, A = q.shape
        swapped = [[(a % S, s % A, r) for s, a, r in steps] for steps in episodes]
        return wrong.learned(swapped, gamma, q, keep=keep)

    def never_seen(episodes, gamma, q):
        return wrong.learned(episodes, gamma, q + np.nan, keep=keep)

    mistakes = {
        **wrong.of_means(keep),
        "a pair that was never seen is divided by its number of visits, 0": never_seen,
        "state and action are exchanged in the steps": exchanged,
        "only the last episode is used": lambda episodes, gamma, q: wrong.learned(
            episodes[-1:], gamma, q, keep=keep
        ),
    }
    return Law(
        equation,
        of_batch(lambda *x: wrong.learned(*x, keep=keep)),
        {name: of_batch(f) for name, f in mistakes.items()},
    )


BATCH = {
    "a case to follow by hand": {
        "episodes": [[(0, 1, 1.0), (1, 0, 0.0), (0, 1, 2.0)], [(1, 0, -1.0), (0, 1, 3.0)]],
        "gamma": 0.5, "n_states": 2, "n_actions": 2,
    }
}  # fmt: skip


@HOMEWORK.task(
    "eq:5.2",
    returns="q", cases=episodes, known=BATCH,
    law=batch_law("(5.2) over every visit", wrong.every),
)  # fmt: skip
def every_visit(episodes, gamma, n_states, n_actions):
    """The values of actions as means of returns, over every visit.

        q(s, a) = the mean of the returns g_t of all steps t with s_t = s, a_t = a         (5.2)

    episodes               a list; each episode is a list of its steps (s, a, r): in state s action
                           a was taken, and r was the reward that followed
    gamma                  the discount
    n_states, n_actions    S and A

    Every visit counts: a pair that an episode meets twice gives two returns. All returns of all
    episodes weigh the same.

    Returns q, shape (S, A); 0 where a pair was never seen.
    """
    total, count = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        g = 0.0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            total[s, a] += g
            count[s, a] += 1
    return total / np.maximum(count, 1)


@HOMEWORK.task(
    returns="q", cases=episodes, known=BATCH,
    law=batch_law("(5.2) over first visits", wrong.first),
)  # fmt: skip
def first_visit(episodes, gamma, n_states, n_actions):
    """The values of actions as means of returns, over first visits.

        q(s, a) = the mean of g_t, where t is the first step of an episode with            (5.2)
                  s_t = s, a_t = a

    Of each episode, only the first visit to a pair counts. The mean is over all episodes that meet
    the pair. episodes, gamma, n_states, n_actions are as above.

    Returns q, shape (S, A); 0 where a pair was never seen.
    """
    total, count = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        pairs = [(s, a) for s, a, _ in steps]
        g = 0.0
        for t in reversed(range(len(steps))):
            s, a, r = steps[t]
            g = r + gamma * g
            if (s, a) not in pairs[:t]:
                total[s, a] += g
                count[s, a] += 1
    return total / np.maximum(count, 1)


def q_and_epsilon(draw: Draw) -> Case:
    """Values of actions, with a tie here and there."""
    S, A = draw.between(1, 4), draw.between(2, 4)
    q = draw.numbers(S, A)
    if draw.index(4) == 3:
        q[0, :2] = q[0].max()
    return {"q": q, "epsilon": draw.pick((0.2, 0.1, 0.3, 0.4, 0.7, 0.9))}


@HOMEWORK.task(
    "eq:5.5",
    returns="pi", cases=q_and_epsilon,
    known={
        "two equal actions": {"q": np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]]), "epsilon": 0.3}
    },
    law=Law("(5.5)", EPSILON_GREEDY, MISTAKES, SoftBest()),
)  # fmt: skip
def epsilon_greedy_policy(q, epsilon):
    """The epsilon-greedy policy for q.

        pi(a|s) = 1 - epsilon (A - 1) / A   for the action with the largest q(s, a)        (5.5)
        pi(a|s) = epsilon / A               for each other action

    q          shape (S, A): the values of actions
    epsilon    the share of chance, between 0 and 1

    Returns pi, shape (S, A): pi[s, a] is the probability of a in s. Each row sums to 1. Of equal
    actions, take any as the greedy one.
    """
    S, A = q.shape
    pi = np.full((S, A), epsilon / A)
    pi[np.arange(S), q.argmax(axis=1)] += 1 - epsilon
    return pi


def small_world(draw: Draw, kind: str = "walk") -> Given:
    """Two or three states, two or three actions."""
    S, A, limit = draw.between(2, 3), draw.between(2, 3), draw.between(1, 6)
    rows = [[(draw.number(), draw.probabilities(S)) for _ in range(A)] for _ in range(S)]
    P, R = [[p for _, p in row] for row in rows], [[r for r, _ in row] for row in rows]
    ends = [S - 1] if kind == "walk" and draw.index(2) else []
    values = {
        "P": np.array(P),
        "R": np.array(R),
        "limit": limit,
        "seed": draw.index(99),
    }
    if kind == "walk":
        values |= {"ends": ends, "start": 0}
    return Given(kind, values)


def sampled(draw: Draw) -> Case:
    """A sampler of episodes, a policy, a discount, how many iterations and episodes."""
    n, per_pair = draw.between(1, 3), draw.between(1, 3)
    sampler = small_world(draw, "sample_episode")
    pi = policy(draw, *sampler.values["R"].shape)
    return {
        "sample_episode": sampler, "pi": pi, "gamma": draw.gamma(), "n": n, "per_pair": per_pair,
    }  # fmt: skip


@HOMEWORK.task(
    "alg:5.1",
    returns="q, pi", cases=sampled, uses=from_basic, iterates=True,
    known={"the book's world": {
        "sample_episode": Given("sample_episode", {**book(), "limit": 10, "seed": 1}),
        "pi": np.eye(5)[np.full(25, 4)], "gamma": 0.9, "n": 2, "per_pair": 1,
    }},
)  # fmt: skip
def mc_basic(sample_episode, pi, gamma, n, per_pair):
    """MC Basic: policy iteration, with values that are means of returns. [Algorithm 5.1]

        q_k(s, a) = the mean of the returns of the episodes that begin with (s, a)         (5.2)
                    and then follow pi_k
        pi_{k+1}(a|s) = 1 for an action a with the largest q_k(s, a), else 0

    sample_episode    sample_episode(s, a, pi) plays one episode that begins with action a in state
                      s and then follows pi. It returns the list of its steps (s, a, r)
    pi                shape (S, A): the first policy, pi_0
    gamma             the discount
    n                 how many iterations
    per_pair          so many episodes are sampled for each pair (s, a) in each iteration, all
                      under the same policy pi_k. Of an episode, only the return from its first
                      step is used

    Returns the list [(q_0, pi_1), ..., (q_{n-1}, pi_n)], both of shape (S, A). Of equal actions,
    take any.
    """
    S, A = pi.shape
    iterates = []
    for _ in range(n):
        q = np.zeros((S, A))
        for s in range(S):
            for a in range(A):
                for _ in range(per_pair):
                    g = 0.0
                    for _, _, r in reversed(sample_episode(s, a, pi)):
                        g = r + gamma * g
                    q[s, a] += g / per_pair
        pi = np.eye(A)[q.argmax(axis=1)]
        iterates.append((q, pi))
    return iterates


def starts(draw: Draw) -> Case:
    """A world, a first guess, a discount, pairs to begin with."""
    n, env = draw.between(1, 4), small_world(draw)
    S, A = env.values["R"].shape
    pairs = [(draw.index(S), draw.index(A)) for _ in range(n)]
    q = draw.numbers(S, A)
    return {"env": env, "q": q, "gamma": draw.gamma(), "starts": pairs}


def book_walk(limit: int) -> Given:
    """The book's grid, to walk in."""
    return Given("walk", {**book(), "ends": [], "start": 0, "limit": limit, "seed": 1})


@HOMEWORK.task(
    "alg:5.2",
    returns="q, pi", cases=starts, uses=from_starts, iterates=True,
    known={"the book's world": {
        "env": book_walk(12), "q": np.zeros((25, 5)), "gamma": 0.9,
        "starts": [(7 * k % 25, k % 5) for k in range(40)],
    }},
)  # fmt: skip
def mc_exploring_starts(env, q, gamma, starts):
    """Monte Carlo with exploring starts. [Algorithm 5.2]

    Episode k begins with the k-th pair (s, a) of starts. After that, every action is one with the
    largest q in its state, where q is the table before the episode. Play until the episode is over.
    Then for t = T - 1, T - 2, ..., 0:

        g <- r_{t+1} + gamma g                                           (from g = 0)
        q(s_t, a_t) <- the mean of all g that were seen for this pair, in this and earlier episodes

    env       a world with S states and A actions, numbered from 0:
              env.reset(options={"state": s}) begins an episode in s, and returns s, info;
              env.step(a) returns s_next, r, terminated, truncated, info. The episode is over when
              terminated or truncated is true. One that was cut off (truncated) is used like one
              that terminated: its return ends with its last reward
    q         shape (S, A): the first guess. It says which actions are taken until something was
              seen, and has no share in any mean
    gamma     the discount
    starts    a list of pairs (s, a)

    Returns the list [(q_1, pi_1), ...], an entry after each episode: q_k of shape (S, A), and pi_k
    of shape (S, A), which is greedy for q_k (5.4). Of equal actions, take any. Every visit counts.
    """
    S, A = q.shape
    total, count = np.zeros((S, A)), np.zeros((S, A))
    iterates = []
    for s, a in starts:
        env.reset(options={"state": s})
        steps, over = [], False
        while not over:
            s_next, r, terminated, truncated, _ = env.step(a)
            steps.append((s, a, r))
            over = terminated or truncated
            s, a = s_next, q[s_next].argmax()
        g = 0.0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            total[s, a] += g
            count[s, a] += 1
        q = np.where(count > 0, total / np.maximum(count, 1), q)
        pi = np.eye(A)[q.argmax(axis=1)]
        iterates.append((q, pi))
    return iterates


def exploring(draw: Draw) -> Case:
    """A world, a first guess, a discount, a share of chance, how many episodes."""
    n, env = draw.between(1, 4), small_world(draw)
    return {
        "env": env, "choose": Given("choose", {"seed": draw.index(99)}),
        "q": draw.numbers(*env.values["R"].shape), "gamma": draw.gamma(),
        "epsilon": draw.pick((0.2, 0.1, 0.3, 0.4, 0.7)), "n": n,
    }  # fmt: skip


@HOMEWORK.task(
    "alg:5.3",
    returns="q, pi", cases=exploring, uses=from_exploring, iterates=True,
    known={"the book's world": {
        "env": book_walk(20), "choose": Given("choose", {"seed": 5}), "q": np.zeros((25, 5)),
        "gamma": 0.9, "epsilon": 0.3, "n": 30,
    }},
)  # fmt: skip
def mc_epsilon_greedy(env, choose, q, gamma, epsilon, n):
    """Monte Carlo without exploring starts: n episodes. [Algorithm 5.3]

    Every episode begins where env.reset() puts it and follows the policy that is epsilon-greedy
    (5.5) for q, where q is the table before the episode. Then for t = T - 1, T - 2, ..., 0:

        g <- r_{t+1} + gamma g                                           (from g = 0)
        q(s_t, a_t) <- the mean of all g that were seen for this pair, in this and earlier episodes

    env        as in mc_exploring_starts; here s, info = env.reset() begins an episode
    choose     choose(p) returns an action drawn with the probabilities p, shape (A,). Draw every
               action with it, once, also the first of an episode
    q          shape (S, A): the first guess, which has no share in any mean
    gamma      the discount
    epsilon    the share of chance
    n          how many episodes

    Returns the list [(q_1, pi_1), ..., (q_n, pi_n)], an entry after each episode: both of shape
    (S, A); pi_k is epsilon-greedy for q_k. Of equal actions, take any. Every visit counts.
    """
    S, A = q.shape
    total, count = np.zeros((S, A)), np.zeros((S, A))
    pi = np.full((S, A), epsilon / A)
    pi[np.arange(S), q.argmax(axis=1)] += 1 - epsilon
    iterates = []
    for _ in range(n):
        s, _ = env.reset()
        steps, over = [], False
        while not over:
            a = choose(pi[s])
            s_next, r, terminated, truncated, _ = env.step(a)
            steps.append((s, a, r))
            s, over = s_next, terminated or truncated
        g = 0.0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            total[s, a] += g
            count[s, a] += 1
        q = np.where(count > 0, total / np.maximum(count, 1), q)
        pi = np.full((S, A), epsilon / A)
        pi[np.arange(S), q.argmax(axis=1)] += 1 - epsilon
        iterates.append((q, pi))
    return iterates
