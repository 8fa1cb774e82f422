"""Whole runs of chapter 5, held against the log of what the student's code has done.

The table after each episode must be the mean of the returns that were seen by then; the policy must
be the one for the student's own table; and the actions must follow the student's own policy.
"""

import numpy as np

from rlbook.homework.laws import Best, Law, Use
from rlbook.homework.tasks import hw05_mistakes as wrong
from rlbook.homework.tasks.hw05_soft import EPSILON_GREEDY, MISTAKES, SoftBest
from rlbook.homework.words import shown, steps_in_words


class Allowed:
    """An action was taken: here the equation gives what each action is worth, (A,)."""

    def wrong(self, given, value):
        """It is not one of the best."""
        return np.asarray(value[int(given)] < value.max() - 1e-6 * max(1.0, np.abs(value).max()))

    def say(self, name, at, given, value):
        """What the actions are worth, and which was taken."""
        return f"{name}: the actions are worth {shown(value)}; your code takes a{int(given) + 1}"


def run_law(equation):
    """The table after some episodes of the student's own, from the first guess.

    Its arguments are the episodes (rows s, a, r, s_next, terminated, truncated), gamma, the first
    guess, the student's table before, the last of all tables, and the table that is judged.
    """
    mistakes = {
        name: lambda episodes, gamma, q, before, final, given, f=f: f(episodes, gamma, q)
        for name, f in wrong.of_means(wrong.every).items()
    }
    return Law(
        equation,
        lambda episodes, gamma, q, before, final, given: wrong.learned(episodes, gamma, q),
        {
            **mistakes,
            "only the newest episode is looked at, and not all of them": (
                lambda episodes, gamma, q, before, final, given: (
                    wrong.learned(episodes[-1:], gamma, before)
                )
            ),
            "pairs that the newest episode did not meet are forgotten": (
                lambda episodes, gamma, q, before, final, given: np.where(
                    np.isin(np.arange(q.size), met(episodes[-1], q)).reshape(q.shape),
                    wrong.learned(episodes, gamma, q), 0,
                )
            ),
            "the first guess is lost where nothing was seen yet: q is 0 there": (
                lambda episodes, gamma, q, *others: wrong.learned(episodes, gamma, 0 * q)
            ),
            "episodes that were cut off (truncated) are left out": (
                lambda episodes, gamma, q, before, final, given: wrong.learned(
                    [steps for steps in episodes if not steps[-1][5]], gamma, q
                )
            ),
            "an episode that was cut off (truncated) is continued by the largest q: a return ends "
            "with the last reward that was seen": continued,
            "the first step of each episode is dropped": (
                lambda episodes, gamma, q, before, final, given: wrong.learned(
                    episodes, gamma, q, keep=lambda pairs: [t for t in wrong.every(pairs) if t]
                )
            ),
            "the list begins with the first guess: its first entry is that after one episode": (
                lambda episodes, gamma, q, *others: wrong.learned(episodes[:-1], gamma, q)
            ),
            "the step size is constant, and not 1/n: that is no mean": (
                lambda episodes, gamma, q, before, final, given: wrong.constant_step(
                    episodes, gamma, before, given
                )
            ),
            "nothing is changed": lambda episodes, gamma, q, before, final, given: q,
            "the same array stands in the list each time, so that all are like the last: append a "
            "copy": lambda episodes, gamma, q, before, final, given: final,
        },
    )  # fmt: skip


def met(steps, q):
    """The pairs of an episode, by their places in the flat table."""
    return [int(s) * q.shape[1] + int(a) for s, a, *_ in steps]


def continued(episodes, gamma, q, before, final, given):
    """A return of an episode that was cut off ends with gamma max q."""
    q, count = q.copy(), np.zeros(q.shape)
    for steps in episodes:
        g = q[int(steps[-1][3])].max() if steps[-1][5] else 0.0
        for s, a, r, *_ in reversed(steps):
            pair = int(s), int(a)
            g = r + gamma * g
            count[pair] += 1
            q[pair] += (g - q[pair]) / count[pair]
    return q


GREEDY = Law(
    "(5.4)",
    lambda q, before, first: q,
    {
        "the policy is greedy for the values before, and not for the new ones": (
            lambda q, before, first: before
        ),
        "the policy is greedy for the first values": lambda q, before, first: first,
        "the worst action is taken, and not the best": lambda q, before, first: -q,
        "the first action is taken everywhere": lambda q, before, first: (
            -np.arange(q.shape[1]) + 0 * q
        ),
    },
    Best(),
)

COUNTS = {
    "one episode too few is played to its end": lambda n: n - 1,
    "one episode too many is played": lambda n: n + 1,
    "only one episode is played to its end": lambda n: 1,
}
PLAYED = Law("Algorithm 5.2 (an episode for each pair of starts)", lambda n: n, COUNTS)
"""So many episodes are played to their end."""

START = Law(
    "Algorithm 5.2 (exploring starts)",
    lambda k, of, starts, best: starts[k][of],
    {
        "every episode begins with the first pair": lambda k, of, starts, best: starts[0][of],
        "reset is not told the state: the episode begins in s1": lambda k, of, starts, best: (
            starts[k][1] if of else 0
        ),
        "the first action is the greedy one, and not that of the start": (
            lambda k, of, starts, best: best if of else starts[k][0]
        ),
        "s and a of the start are exchanged": lambda k, of, starts, best: starts[k][1 - of],
        "the starts are taken in the wrong order: the last comes first": (
            lambda k, of, starts, best: starts[-1 - k][of]
        ),
    },
)
ACT = Law(
    "Algorithm 5.2 (the greedy policy after the first action)",
    lambda q, first, start: q,
    {
        "the first action of the episode is taken again and again": lambda q, first, start: np.eye(
            len(q)
        )[start],
        "the policy of the first guess is followed for ever": lambda q, first, start: first,
        "the worst action is taken, and not the best": lambda q, first, start: -q,
        "the first action is taken everywhere": lambda q, first, start: -np.arange(len(q)),
    },
    Allowed(),
)
STARTED = run_law("Algorithm 5.2 (the mean of the returns)")


def split(rows):
    """The episodes of a log that were played to their end."""
    numbers = sorted({row[-1] for row in rows})
    found = [[row for row in rows if row[-1] == number] for number in numbers]
    return [steps for steps in found if steps[-1][4] or steps[-1][5]]


def seen(k, episodes):
    """What a table is computed from."""
    told = [
        f"episode {j + 1}: {steps_in_words(steps)}" for j, steps in enumerate(episodes[: k + 1])
    ]
    return f"Your code has played, as (s, a, r): {'; '.join(told[-4:])}"


def from_starts(case, answer, logs):
    """Each episode follows the student's own q before it; each q is the mean of what they saw."""
    _, q, gamma, starts = case.values()
    played = split(logs["env"])
    skipped = max(0, len(starts) - len(answer))  # only the last was returned
    yield Use(
        PLAYED,
        (len(starts),),
        np.asarray(float(len(played))),
        "the number of episodes that are played to their end",
    )
    if len(played) != len(starts):
        return
    before, final = q, np.nan if skipped else answer[-1][0]
    for k in range(len(starts)):
        own = before[int(played[k][0][0])].argmax()
        for of, name in enumerate(("state", "action")):
            yield Use(
                START, (k, of, starts, own), np.asarray(float(played[k][0][of])),
                f"the first {name} of episode {k + 1}",
            )  # fmt: skip
        if skipped and k < skipped:
            continue
        for t, (s, a, *_) in enumerate(played[k][1:] if not skipped else [], start=1):
            yield Use(
                ACT, (before[int(s)], q[int(s)], starts[k][1]), np.asarray(float(a)),
                f"episode {k + 1}, step {t}, in state s{int(s) + 1}",
                f"From your q = {shown(before)}",
            )  # fmt: skip
        q_k, pi = answer[k - skipped]
        args = (played[: k + 1], gamma, q, before, final, q_k)
        yield Use(STARTED, args, q_k, f"q_{k + 1}", seen(k, played))
        yield Use(
            GREEDY, (q_k, before, q), pi, f"pi_{k + 1}", f"From your q_{k + 1} = {shown(q_k)}"
        )
        before = q_k


EPISODES = Law("Algorithm 5.3 (n episodes to their end)", lambda n: n, COUNTS)
DRAWS = Law(
    "Algorithm 5.3 (each action is drawn once)",
    lambda steps, episodes: steps,
    {
        "an action is drawn in the last state, too, where none is taken": (
            lambda steps, episodes: steps + episodes
        ),
        "the first action of each episode is not drawn": lambda steps, episodes: steps - episodes,
        "one action too many is drawn": lambda steps, episodes: steps + 1,
        "two are drawn at each step": lambda steps, episodes: 2 * steps,
        "none is drawn with choose": lambda steps, episodes: 0,
    },
)
LENGTH = Law("Algorithm 5.3 (choose gets a probability for each action)", lambda A: A)
DRAWN = Law("Algorithm 5.3 (the action that was drawn is taken)", lambda a: a)
SOFT = Law(
    "(5.5) for the policy that is returned",
    lambda q, epsilon, before: EPSILON_GREEDY(q, epsilon),
    {
        **{name: lambda q, epsilon, before, f=f: f(q, epsilon) for name, f in MISTAKES.items()},
        "the policy is that of the values before, and not of the new ones": (
            lambda q, epsilon, before: EPSILON_GREEDY(before, epsilon)
        ),
    },
    SoftBest(),
)
FOLLOWED = Law(
    "(5.5) for the actions that are drawn",
    lambda q, epsilon, first: EPSILON_GREEDY(q, epsilon),
    {
        **{name: lambda q, epsilon, first, f=f: f(q, epsilon) for name, f in MISTAKES.items()},
        "the policy of the first guess is followed for ever": (
            lambda q, epsilon, first: EPSILON_GREEDY(first, epsilon)
        ),
    },
    SoftBest(),
)
EXPLORED = run_law("Algorithm 5.3 (the mean of the returns)")


def from_exploring(case, answer, logs):
    """As above; the probabilities that actions are drawn with must be those of the own q before."""
    _, _, q, gamma, epsilon, n = case.values()
    rows, draws = logs["env"], logs["choose"]
    played, skipped = split(rows), max(0, n - len(answer))
    wanted = n if len(played) == n else len(answer) + skipped  # who yields without end plays more
    yield Use(
        EPISODES,
        (wanted,),
        np.asarray(float(len(played))),
        "the number of episodes that are played to their end",
    )
    yield Use(
        DRAWS,
        (len(rows), len(played)),
        np.asarray(float(len(draws))),
        "the number of calls of choose",
    )
    if len(played) != wanted or len(draws) != len(rows):
        return
    before, final, j = q, np.nan if skipped else answer[-1][0], 0
    for k in range(wanted):
        for s, a, *_ in played[k]:
            *p, drawn = draws[j]
            j += 1
            where = f"episode {k + 1}, in state s{int(s) + 1}"
            yield Use(LENGTH, (q.shape[1],), np.asarray(float(len(p))), "the length of p")
            if len(p) == q.shape[1] and not skipped:
                yield Use(
                    FOLLOWED, (before[int(s)], epsilon, q[int(s)]), np.asarray(p), where,
                    f"From your q = {shown(before)}",
                )  # fmt: skip
            yield Use(DRAWN, (drawn,), np.asarray(float(a)), f"{where} the action")
        if k < skipped:
            continue
        q_k, pi = answer[k - skipped]
        args = (played[: k + 1], gamma, q, before, final, q_k)
        yield Use(EXPLORED, args, q_k, f"q_{k + 1}", seen(k, played))
        yield Use(
            SOFT, (q_k, epsilon, before), pi, f"pi_{k + 1}", f"From your q_{k + 1} = {shown(q_k)}"
        )
        before = q_k
