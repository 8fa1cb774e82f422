"""What students write for every_visit."""

from collections import defaultdict

import numpy as np


def _returns(steps, gamma):
    g, out = 0.0, []
    for *_, r in reversed(steps):
        g = r + gamma * g
        out.append(g)
    return out[::-1]


def right_lists_of_returns(episodes, gamma, n_states, n_actions):
    seen = defaultdict(list)
    for steps in episodes:
        for (s, a, _), g in zip(steps, _returns(steps, gamma), strict=True):
            seen[s, a].append(g)
    return [
        [np.mean(seen[s, a]) if seen[s, a] else 0 for a in range(n_actions)]
        for s in range(n_states)
    ]


def right_incremental(episodes, gamma, n_states, n_actions):
    q, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions), dtype=int)
    for steps in episodes:
        g = 0
        for s, a, r in steps[::-1]:
            g = r + gamma * g
            n[s, a] += 1
            q[s, a] += (g - q[s, a]) / n[s, a]
    return q


def right_bincount_32(episodes, gamma, n_states, n_actions):
    pairs = np.array([s * n_actions + a for steps in episodes for s, a, _ in steps])
    g = np.concatenate([_returns(steps, gamma) for steps in episodes])
    size = n_states * n_actions
    total = np.bincount(pairs, g, size).astype(np.float32)
    return (total / np.bincount(pairs, minlength=size).clip(1)).reshape(n_states, n_actions)


def right_dict(episodes, gamma, n_states, n_actions):
    q = {s: np.zeros(n_actions) for s in range(n_states)}
    for s in q:
        for a in range(n_actions):
            g = [
                sum(gamma**k * step[2] for k, step in enumerate(steps[t:]))
                for steps in episodes for t in range(len(steps)) if steps[t][:2] == (s, a)
            ]  # fmt: skip
            q[s][a] = sum(g) / len(g) if g else 0
    return q


def first_only(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the first visit of each episode counts only"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        met = set()
        for (s, a, _), g in zip(steps, _returns(steps, gamma), strict=True):
            if (s, a) in met:
                continue
            met.add((s, a))
            total[s, a] += g
            n[s, a] += 1
    return total / np.where(n == 0, 1, n)


def _walk(episodes, gamma, n_states, n_actions, g_of=lambda r, gamma, g: r + gamma * g):
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        g = 0.0
        for s, a, r in steps[::-1]:
            g = g_of(r, gamma, g)
            total[s, a] += g
            n[s, a] += 1
    return total, n


def undiscounted(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: gamma is forgotten"""
    total, n = _walk(episodes, gamma, n_states, n_actions, lambda r, gamma, g: r + g)
    return total / np.maximum(n, 1)


def gamma_around_all(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: gamma multiplies the reward of the step itself, too"""
    total, n = _walk(episodes, gamma, n_states, n_actions, lambda r, gamma, g: gamma * (r + g))
    return total / np.maximum(n, 1)


def sum_only(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the returns are added up"""
    return _walk(episodes, gamma, n_states, n_actions)[0]


def by_episodes(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the sum is divided by the number of episodes"""
    return _walk(episodes, gamma, n_states, n_actions)[0] / len(episodes)


def by_all_steps(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the sum is divided by the number of all steps"""
    total, n = _walk(episodes, gamma, n_states, n_actions)
    return total / n.sum()


def one_too_many(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: returns are counted from 0"""
    total, n = _walk(episodes, gamma, n_states, n_actions)
    return total / (n + 1)


def overwritten(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the mean is not kept"""
    q = np.zeros((n_states, n_actions))
    for steps in episodes:
        g = 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            q[s, a] = g
    return q


def mean_of_means(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the mean is taken in each episode"""
    found = [[[] for _ in range(n_actions)] for _ in range(n_states)]
    for steps in episodes:
        total, n = _walk([steps], gamma, n_states, n_actions)
        for s in range(n_states):
            for a in range(n_actions):
                if n[s, a]:
                    found[s][a].append(total[s, a] / n[s, a])
    return [[np.mean(x) if x else 0 for x in row] for row in found]


def g_left_over(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: g is not set back to 0"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    g = 0.0
    for steps in episodes:
        for s, a, r in steps[::-1]:
            g = r + gamma * g
            total[s, a] += g
            n[s, a] += 1
    return total / np.maximum(n, 1)


def last_step_dropped(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the last step of each episode is dropped"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        g = 0.0
        for t in range(len(steps) - 2, -1, -1):
            s, a, r = steps[t]
            g = r + gamma * g
            total[s, a] += g
            n[s, a] += 1
    return total / np.maximum(n, 1)


def forwards(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: the episode is walked from its first step"""
    total, n = _walk([steps[::-1] for steps in episodes], gamma, n_states, n_actions)
    return total / np.maximum(n, 1)


def beginnings_only(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: only the pair that an episode begins with"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        s, a, _ = steps[0]
        total[s, a] += _returns(steps, gamma)[0]
        n[s, a] += 1
    return total / np.maximum(n, 1)


def discounted_from_the_start(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: each reward is discounted from the start"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        for t, (s, a, _) in enumerate(steps):
            total[s, a] += sum(gamma**k * steps[k][2] for k in range(t, len(steps)))
            n[s, a] += 1
    return total / np.maximum(n, 1)


def zero_by_zero(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: a pair that was never seen"""
    total, n = _walk(episodes, gamma, n_states, n_actions)
    with np.errstate(all="ignore"):  # students see a warning, and go on
        return total / n


def last_episode_only(episodes, gamma, n_states, n_actions):
    """(5.2) over every visit: only the last episode is used"""
    for steps in episodes:
        found = {}
        for t, (s, a, _) in enumerate(steps):
            g = sum(gamma**k * step[2] for k, step in enumerate(steps[t:]))
            found.setdefault((s, a), []).append(g)
    q = np.zeros((n_states, n_actions))
    for pair, g in found.items():
        q[pair] = sum(g) / len(g)
    return q
