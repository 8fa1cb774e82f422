"""What students write for first_visit."""

import numpy as np


def _returns(steps, gamma):
    g = np.zeros(len(steps) + 1)
    for t in range(len(steps) - 1, -1, -1):
        g[t] = steps[t][2] + gamma * g[t + 1]
    return g[:-1]


def right_set_of_met(episodes, gamma, n_states, n_actions):
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        met = set()
        for (s, a, _), g in zip(steps, _returns(steps, gamma), strict=True):
            if (s, a) not in met:
                met.add((s, a))
                total[s, a] += g
                n[s, a] += 1
    return total / np.maximum(n, 1)


def right_backwards_dict(episodes, gamma, n_states, n_actions):
    returns = {(s, a): [] for s in range(n_states) for a in range(n_actions)}
    for steps in episodes:
        own, g = {}, 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            own[s, a] = g  # that of the first visit comes last
        for pair, value in own.items():
            returns[pair].append(value)
    q = np.zeros((n_states, n_actions), dtype=np.float32)
    for pair, values in returns.items():
        if values:
            q[pair] = np.mean(values)
    return q


def right_incremental_lists(episodes, gamma, n_states, n_actions):
    q = [[0.0] * n_actions for _ in range(n_states)]
    n = [[0] * n_actions for _ in range(n_states)]
    for steps in episodes:
        pairs = [step[:2] for step in steps]
        for s, a in dict.fromkeys(pairs):
            t = pairs.index((s, a))
            g = sum(gamma**k * step[2] for k, step in enumerate(steps[t:]))
            n[s][a] += 1
            q[s][a] += (g - q[s][a]) / n[s][a]
    return q


def _all(episodes, gamma, n_states, n_actions, counts, returns=_returns):
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        pairs = [step[:2] for step in steps]
        g = returns(steps, gamma)
        for t, (s, a) in enumerate(pairs):
            if counts(pairs, t):
                total[s, a] += g[t]
                n[s, a] += 1
    return total, n


def _is_first(pairs, t):
    return pairs[t] not in pairs[:t]


def every_visit(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: every visit counts"""
    total, n = _all(episodes, gamma, n_states, n_actions, lambda pairs, t: True)
    return total / np.maximum(n, 1)


def last_visit(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the last visit of each episode counts"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    for steps in episodes:
        met, g = [], 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            if (s, a) not in met:
                met.append((s, a))
                total[s, a] += g
                n[s, a] += 1
    return total / np.maximum(n, 1)


def met_in_all_episodes(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: a pair counts once in all episodes"""
    total, n = np.zeros((n_states, n_actions)), np.zeros((n_states, n_actions))
    met = set()
    for steps in episodes:
        for (s, a, _), g in zip(steps, _returns(steps, gamma), strict=True):
            if (s, a) not in met:
                met.add((s, a))
                total[s, a] += g
                n[s, a] += 1
    return total / np.maximum(n, 1)


def first_of_the_state(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the first visit to the state counts"""
    total, n = _all(
        episodes, gamma, n_states, n_actions,
        lambda pairs, t: pairs[t][0] not in [s for s, _ in pairs[:t]],
    )  # fmt: skip
    return total / np.maximum(n, 1)


def undiscounted(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: gamma is forgotten"""
    return right_set_of_met(episodes, 1, n_states, n_actions)


def sum_only(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the returns are added up"""
    return _all(episodes, gamma, n_states, n_actions, _is_first)[0]


def newest_only(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the mean is not kept"""
    q = np.zeros((n_states, n_actions))
    for steps in episodes:
        pairs = [step[:2] for step in steps]
        for t, pair in enumerate(pairs):
            if _is_first(pairs, t):
                q[pair] = _returns(steps, gamma)[t]
    return q


def over_the_number_of_episodes(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the sum is divided by the number of episodes"""
    return _all(episodes, gamma, n_states, n_actions, _is_first)[0] / len(episodes)


def drops_the_last(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the last step of each episode is dropped"""
    return right_set_of_met([x[: len(x) - 1] for x in episodes], gamma, n_states, n_actions)


def one_step_late(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the return of the next step"""
    total, n = _all(
        episodes, gamma, n_states, n_actions, _is_first,
        lambda steps, gamma: [*_returns(steps, gamma)[1:], 0.0],
    )  # fmt: skip
    return total / np.maximum(n, 1)


def own_reward_missing(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the reward of the step itself is left out"""
    total, n = _all(
        episodes, gamma, n_states, n_actions, _is_first,
        lambda steps, gamma: _returns(steps, gamma) - np.array([r for *_, r in steps]),
    )  # fmt: skip
    return total / np.maximum(n, 1)


def whole_return_to_all(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the return of the whole episode"""
    total, n = _all(
        episodes, gamma, n_states, n_actions, _is_first,
        lambda steps, gamma: [_returns(steps, gamma)[0]] * len(steps),
    )  # fmt: skip
    return total / np.maximum(n, 1)


def states_and_actions_exchanged(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: state and action are exchanged"""
    swapped = [[(a % n_states, s % n_actions, r) for s, a, r in steps] for steps in episodes]
    return right_set_of_met(swapped, gamma, n_states, n_actions)


def zero_by_zero(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: a pair that was never seen"""
    total, n = _all(episodes, gamma, n_states, n_actions, _is_first)
    with np.errstate(all="ignore"):  # students see a warning, and go on
        return total / n


def divided_by_all_visits(episodes, gamma, n_states, n_actions):
    """(5.2) over first visits: the returns of first visits are added up"""
    total, _ = _all(episodes, gamma, n_states, n_actions, _is_first)
    n = np.zeros((n_states, n_actions))
    for steps in episodes:
        for s, a, _ in steps:
            n[s, a] += 1
    n[n == 0] = 1
    return total / n
