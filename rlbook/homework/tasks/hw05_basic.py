"""MC Basic, held against the log of the episodes that were sampled. [Zhao Algorithm 5.1]"""

import numpy as np

from rlbook.homework.laws import Law, Use
from rlbook.homework.tasks import hw05_mistakes as wrong
from rlbook.homework.tasks.hw05_runs import GREEDY
from rlbook.homework.words import shown, steps_in_words

SAMPLED = Law(
    "Algorithm 5.1 (so many episodes for each pair)",
    lambda S, A, n, per: n * S * A * per,
    {
        "one episode is sampled for each pair": lambda S, A, n, per: n * S * A,
        "episodes are sampled in the first iteration only": lambda S, A, n, per: S * A * per,
        "episodes are sampled for each state, and not for each pair": lambda S, A, n, per: (
            n * S * per
        ),
        "one iteration too many is made": lambda S, A, n, per: (n + 1) * S * A * per,
    },
)
PAIRS = Law(
    "Algorithm 5.1 (so many episodes for each pair)", lambda S, A, per: np.full((S, A), per)
)
BASIC_FOLLOWED = Law(
    "Algorithm 5.1 (the episodes follow pi_k)",
    lambda pi, first, *changed: pi,
    {
        "the first policy is followed in all iterations": lambda pi, first, *changed: first,
        "pi is changed within the iteration, state by state, while episodes are still sampled": (
            lambda pi, first, by_state, by_pair: by_state
        ),
        "pi is changed within the iteration, after each pair, while episodes are still sampled": (
            lambda pi, first, by_state, by_pair: by_pair
        ),
        "all actions are alike in the policy that is followed": (
            lambda pi, first, *changed: np.full(pi.shape, 1 / pi.shape[1])
        ),
    },
)


def begun(rows, shape, value, move=wrong.mean):
    """The mean of value(rewards) over the episodes that begin with each pair."""
    q, count = np.zeros(shape), np.zeros(shape)
    for s, a, _, steps in rows:
        count[s, a] += 1
        q[s, a] = move(q[s, a], value(np.array([r for *_, r in steps])), count[s, a])
    return q


def improved(rows, j, gamma, whole_states):
    """The policy for episode j, if it is made greedy as soon as a state or a pair has its mean.

    rows    the episodes of the iteration; the first of them follows the policy as it was
    """
    pi = np.array(rows[0][2], dtype=float)
    done = [row for row in rows[:j] if row[:2] != rows[j][:2]]  # the pairs that have their mean
    q = begun(done, pi.shape, whole(gamma))
    for state in {row[0] for row in done}:
        if state != rows[j][0] or not whole_states:
            pi[state] = np.eye(pi.shape[1])[q[state].argmax()]
    return pi


def not_set_back(rows, before, gamma, shape):
    """The means of this iteration added to all those before."""
    per = len(rows) / np.prod(shape)
    return begun(before + rows, shape, whole(gamma), wrong.summed) / per


def of_first(returns):
    """A mistake in the return of an episode."""
    return lambda rows, before, gamma, shape, final: begun(
        rows, shape, lambda r: returns(r, gamma)[0]
    )


def all_visits(rows, gamma, shape):
    """The mean over all visits, and not only over beginnings."""
    return wrong.learned([steps for *_, steps in rows], gamma, np.zeros(shape))


def whole(gamma):
    """The return of an episode, from its rewards."""
    return lambda r: wrong.backwards(r, gamma)[0]


def dropped(gamma):
    """The same without the last reward."""
    return lambda r: wrong.backwards(r[:-1], gamma)[0] if len(r) > 1 else 0.0


BASIC = Law(
    "(5.2)",
    lambda rows, before, gamma, shape, final: begun(rows, shape, whole(gamma)),
    {
        **{
            name: of_first(f)
            for name, f in wrong.RETURNS.items()
            if not name.startswith(("each reward is", "the return of the whole", "the episode is"))
        },
        "the episode is walked from its first step to its last: begin with the last": (
            lambda rows, before, gamma, shape, final: begun(
                rows, shape, lambda r: whole(gamma)(r[::-1])
            )
        ),
        "the last step of each episode is dropped": lambda rows, before, gamma, shape, final: begun(
            rows, shape, dropped(gamma)
        ),
        "the returns are added up, and not divided by their number": (
            lambda rows, before, gamma, shape, final: begun(rows, shape, whole(gamma), wrong.summed)
        ),
        "the last episode of a pair is taken, and not the mean of them": (
            lambda rows, before, gamma, shape, final: begun(
                rows, shape, whole(gamma), lambda q, g, n: g
            )
        ),
        "the best episode of a pair is taken, and not the mean of them": (
            lambda rows, before, gamma, shape, final: begun(
                rows, shape, whole(gamma), lambda q, g, n: g if n == 1 else max(q, g)
            )
        ),
        "the returns are divided by one too many": lambda rows, before, gamma, shape, final: begun(
            rows, shape, whole(gamma), lambda q, g, n: q + (g - q) / (n + 1)
        ),
        "returns of earlier iterations are in the mean, though they followed other policies": (
            lambda rows, before, gamma, shape, final: begun(before + rows, shape, whole(gamma))
        ),
        "q is not set back to 0: what earlier iterations have found is still in the sum": (
            lambda rows, before, gamma, shape, final: not_set_back(rows, before, gamma, shape)
        ),
        "each visit of an episode gives a return, and not its first pair only": (
            lambda rows, before, gamma, shape, final: all_visits(rows, gamma, shape)
        ),
        "the return is divided by the length of the episode": (
            lambda rows, before, gamma, shape, final: begun(
                rows, shape, lambda r: whole(gamma)(r) / len(r)
            )
        ),
        "the values are those of the first iteration": lambda rows, before, gamma, shape, final: (
            begun((before + rows)[: len(rows)], shape, whole(gamma))
        ),
        "the list begins with a first guess: its first entry is q_0, from the first episodes": (
            lambda rows, before, gamma, shape, final: begun(
                before[-len(rows) :], shape, whole(gamma)
            )
        ),
        "the same array stands in the list each time, so that all are like the last: make a new "
        "one in each iteration": lambda rows, before, gamma, shape, final: final,
    },
)


def from_basic(case, answer, logs):
    """Each q from the episodes that were sampled, under the student's own policy; pi from q."""
    _, pi, gamma, n, per = case.values()
    (S, A), rows = pi.shape, logs["sample_episode"]
    skipped = max(0, n - len(answer))
    size = S * A * per
    wanted = n if len(rows) == n * size else len(answer) + skipped  # more of what has no end
    yield Use(
        SAMPLED, (S, A, wanted, per), np.asarray(float(len(rows))), "the number of all episodes"
    )
    if len(rows) != wanted * size:
        return
    first, before_q = pi, np.zeros((S, A))
    final = np.nan if skipped else answer[-1][0]
    for k in range(skipped, wanted):
        own, q_pi = rows[k * size : (k + 1) * size], answer[k - skipped]
        counts = np.zeros((S, A))
        for s, a, *_ in own:
            counts[s, a] += 1
        yield Use(PAIRS, (S, A, per), counts, "episodes", f"In iteration {k}")
        for j, (s, a, followed, _) in enumerate(own if not skipped else []):
            changed = (improved(own, j, gamma, whole_states=each) for each in (True, False))
            yield Use(
                BASIC_FOLLOWED, (pi, first, *changed), np.array(followed), f"pi_{k}",
                f"When your code calls sample_episode({s}, {a}, pi) in iteration {k}",
            )  # fmt: skip
        q, pi = q_pi
        yield with_episodes(
            Use(BASIC, (own, rows[: k * size], gamma, (S, A), final), q, f"q_{k}"), k
        )
        yield Use(GREEDY, (q, before_q, first), pi, f"pi_{k + 1}", f"From your q_{k} = {shown(q)}")
        before_q = q


def with_episodes(use, k):
    """The use, with the episodes that begin with the first pair that is wrong."""
    if not use.wrong().any():
        return use
    s, a = np.argwhere(use.wrong())[0]
    own = [steps for *pair, _, steps in use.args[0] if pair == [s, a]]
    told = "; ".join(map(steps_in_words, own[:18])) + (" ..." if len(own) > 18 else "")
    return use._replace(
        origin=f"In iteration {k} your code got for the pair ({s}, {a}), as (s, a, r): {told}"
    )
