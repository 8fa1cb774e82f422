"""What goes wrong with the returns of episodes and their means. [Zhao chapter 5]

An episode is a list of steps that begin with s, a, r. A mean is a table q (S, A); where a pair was
never seen, it is the first guess.
"""

import numpy as np


def backwards(r, gamma):
    """g_t = r_{t+1} + gamma g_{t+1}, for each t."""
    g, returns = 0.0, []
    for reward in reversed(r):
        g = reward + gamma * g
        returns.append(g)
    return np.array(returns[::-1])


def cut_each(r, gamma):
    """The same in an array of integers: each return is cut, and goes on so."""
    g, returns = 0.0, []
    for reward in reversed(r):
        g = np.trunc(reward + gamma * g)
        returns.append(g)
    return np.array(returns[::-1])


def forwards(r, gamma):
    """The same line, walked from the first step to the last."""
    return backwards(r[::-1], gamma)[::-1]


def discounts(r, gamma):
    """gamma^t, for each t."""
    return gamma ** np.arange(len(r))


def later(g):
    """Each return one step late; 0 after the last."""
    return np.append(g[1:], 0.0)


RETURNS = {
    "gamma is forgotten": lambda r, gamma: backwards(r, 1),
    "gamma multiplies the reward of the step itself, too": lambda r, gamma: (
        gamma * backwards(r, gamma)
    ),
    "the episode is walked from its first step to its last: begin with the last": forwards,
    "each reward is discounted from the start of the episode, and not from the step": (
        lambda r, gamma: backwards(r * discounts(r, gamma), 1)
    ),
    "the reward of the step itself is left out": lambda r, gamma: (
        gamma * later(backwards(r, gamma))
    ),
    "the return of the next step is taken: one step late": lambda r, gamma: later(
        backwards(r, gamma)
    ),
    "only one more reward is looked at, and not all that follow": lambda r, gamma: (
        r + gamma * later(r)
    ),
    "gamma multiplies the reward, and not what comes after it": lambda r, gamma: backwards(
        gamma * r, 1
    ),
    "the reward of the step is taken, and not the return": lambda r, gamma: r,
    "the return of the whole episode is given to each of its steps": lambda r, gamma: np.full(
        len(r), backwards(r, gamma)[0]
    ),
}
"""The returns of an episode with a mistake, from its rewards."""


def every(pairs):
    """The times that count, from the last to the first: all."""
    return range(len(pairs) - 1, -1, -1)


def first(pairs):
    """Those at which the pair is met for the first time."""
    return [t for t in every(pairs) if pairs[t] not in pairs[:t]]


def last(pairs):
    """Those at which the pair is met for the last time."""
    return [t for t in every(pairs) if pairs[t] not in pairs[t + 1 :]]


def first_of_state(pairs):
    """Those at which the state is met for the first time, with whatever action."""
    states = [s for s, _ in pairs]
    return [t for t in every(pairs) if states[t] not in states[:t]]


def mean(q, g, n):
    """The n-th return moves the mean by its share."""
    return g if n == 1 else q + (g - q) / n


def learned(episodes, gamma, q, returns=backwards, keep=every, move=mean):
    """The table after these episodes."""
    q, count = q.copy(), np.zeros(q.shape)
    for steps in episodes:
        pairs = [(int(step[0]), int(step[1])) for step in steps]
        g = returns(np.array([step[2] for step in steps]), gamma)
        for t in keep(pairs):
            count[pairs[t]] += 1
            q[pairs[t]] = move(q[pairs[t]], g[t], count[pairs[t]])
    return q


def of_episodes(per, keep):
    """Sums of returns divided by the number of per(episodes)."""

    def mistaken(episodes, gamma, q):
        total = learned(episodes, gamma, q, keep=keep, move=summed)
        seen = learned(episodes, gamma, 0 * q, keep=keep, move=lambda q, g, n: n)
        return np.where(seen > 0, total / per(episodes), q)

    return mistaken


def summed(q, g, n):
    """The sum of the returns."""
    return g if n == 1 else q + g


def carried(keep):
    """g is not 0 at the end of an episode, but what the episode before has left."""

    def mistaken(episodes, gamma, q):
        together = [step for steps in reversed(episodes) for step in steps]
        g = list(backwards([step[2] for step in together], gamma))
        left = {id(steps): [g.pop(0) for _ in steps] for steps in reversed(episodes)}
        order = iter(episodes)
        return learned(episodes, gamma, q, lambda r, gamma: np.array(left[id(next(order))]), keep)

    return mistaken


def mean_of_means(keep):
    """The mean of an episode first, and then the mean of the episodes."""

    def mistaken(episodes, gamma, q):
        own = [learned([steps], gamma, np.full(q.shape, np.nan), keep=keep) for steps in episodes]
        with np.errstate(all="ignore"):
            total, n = np.nansum(own, 0), (~np.isnan(own)).sum(0)
            return np.where(n > 0, total / np.maximum(n, 1), q)

    return mistaken


def once_for_all(episodes, gamma, q):
    """Pairs that an earlier episode has met do not count any more."""
    met = set()

    def keep(pairs):
        new = [t for t in first(pairs) if pairs[t] not in met]
        met.update(pairs)
        return new

    return learned(episodes, gamma, q, keep=keep)


def over_all_visits(episodes, gamma, q):
    """The sum over first visits, and the number of all."""
    total = learned(episodes, gamma, 0 * q, keep=first, move=summed)
    count = learned(episodes, gamma, 0 * q, move=lambda q, g, n: n)
    return np.where(count > 0, total / np.maximum(count, 1), q)


CONSTANTS = (0.1, 0.5, 0.01, 0.05, 0.2, 0.25, 0.3, 0.9, 0.001)
"""Step sizes that students like."""


def constant_step(episodes, gamma, before, given):
    """The newest episode moves the table by a step size of these, if that is what is given."""
    for alpha in CONSTANTS:
        q = before.copy()
        for s, a, g in _visits(episodes[-1], gamma):
            q[s, a] += alpha * (g - q[s, a])
        if np.allclose(q, given, rtol=0, atol=1e-6 * max(1.0, np.abs(q).max())):
            return q
    return np.full(before.shape, np.nan)


def _visits(steps, gamma):
    """(s, a, return) from the last step to the first."""
    g = 0.0
    for s, a, r, *_ in reversed(steps):
        g = r + gamma * g
        yield int(s), int(a), g


def cut(episodes):
    """Without the last step of each."""
    return [steps[:-1] for steps in episodes]


def of_means(keep):
    """{what it looks like: mistaken(episodes, gamma, q)} for visits of that kind."""
    other = {
        "the first visit of each episode counts only, and every visit was asked": lambda *x: (
            learned(*x, keep=first)
        )
    }
    if keep is first:
        other = {
            "every visit counts, and only the first of each episode was asked": learned,
            "the last visit of each episode counts, and the first was asked: who walks backwards "
            "meets the last one first": lambda *x: learned(*x, keep=last),
            "the first visit to the state counts, and not to the pair of state and action": (
                lambda *x: learned(*x, keep=first_of_state)
            ),
            "a pair counts once in all episodes, and not once in each": once_for_all,
            "the returns of first visits are added up, and divided by the number of all visits": (
                over_all_visits
            ),
        }
    returns = {
        name: lambda *x, f=f: learned(*x, returns=f, keep=keep) for name, f in RETURNS.items()
    }
    return other | returns | {
        "the last step of each episode is dropped": lambda episodes, gamma, q: learned(
            cut(episodes), gamma, q, keep=keep
        ),
        "the returns are added up, and not divided by their number": lambda *x: learned(
            *x, keep=keep, move=summed
        ),
        "the mean is not kept: the newest return takes its place": lambda *x: learned(
            *x, keep=keep, move=lambda q, g, n: g
        ),
        "the sum is divided by the number of episodes, and not of the returns": of_episodes(
            len, keep
        ),
        "the sum is divided by the number of all steps, and not of the pair's own returns": (
            of_episodes(lambda episodes: sum(map(len, episodes)), keep)
        ),
        "the mean is taken in each episode, and then over episodes: returns are not weighed alike":
            mean_of_means(keep),
        "returns are counted from 0, or the first guess is counted as one: the sum is divided by "
        "one too many": lambda *x: learned(
            *x, keep=keep, move=lambda q, g, n: q + (g - q) / (n + 1)
        ),
        "g is not set back to 0 before the next episode": carried(keep),
        "only the pair that an episode begins with gets a return": lambda *x: learned(
            *x, keep=lambda pairs: [0] if pairs else []
        ),
        "the sign of the step is wrong: the mean moves away from the return": lambda *x: learned(
            *x, keep=keep, move=lambda q, g, n: q - (g - q) / n
        ),
    }  # fmt: skip
