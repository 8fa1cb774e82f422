"""What students write for mc_basic."""

import numpy as np


def _return(steps, gamma):
    return sum(gamma**k * r for k, (_, _, r) in enumerate(steps))


def _greedy(q):
    return np.eye(q.shape[1])[q.argmax(axis=1)]


def right_other_order(sample_episode, pi, gamma, n, per_pair):
    S, A = np.shape(pi)
    out = []
    for _ in range(n):
        g = {(s, a): [] for s in range(S) for a in range(A)}
        for _ in range(per_pair):
            for a in reversed(range(A)):
                for s in range(S):
                    g[s, a].append(_return(sample_episode(s, a, pi), gamma))
        q = np.array([[np.mean(g[s, a]) for a in range(A)] for s in range(S)])
        pi = _greedy(q)
        out.append((q, pi))
    return out


def right_generator_of_actions(sample_episode, pi, gamma, n, per_pair):
    S, A = pi.shape
    for _ in range(n):
        q = np.zeros((S, A))
        for s, a in np.ndindex(S, A):
            for k in range(1, per_pair + 1):
                q[s, a] += (_return(sample_episode(s, a, pi), gamma) - q[s, a]) / k
        pi = q.argmax(axis=1)
        yield q, pi


class right_class_ties_float32:  # noqa: N801
    def __init__(self, sample_episode, pi, gamma, n, per_pair):
        self.args = sample_episode, pi, gamma, n, per_pair

    def __iter__(self):
        sample_episode, pi, gamma, n, per_pair = self.args
        for _ in range(n):
            q = np.zeros(pi.shape, dtype=np.float32)
            for s in range(len(pi)):
                for a in range(len(pi[s])):
                    g = [_return(sample_episode(s, a, pi), gamma) for _ in range(per_pair)]
                    q[s][a] = sum(g) / len(g)
            best = q == q.max(axis=1, keepdims=True)
            pi = best / best.sum(axis=1, keepdims=True)
            yield q, pi


def _basic(sample_episode, pi, gamma, n, per_pair, mean=np.mean, value=_return, improve=_greedy):
    S, A = pi.shape
    out = []
    for _ in range(n):
        q = np.zeros((S, A))
        for s in range(S):
            for a in range(A):
                samples = [value(sample_episode(s, a, pi), gamma) for _ in range(per_pair)]
                q[s, a] = mean(samples)
        pi = improve(q)
        out.append((q, pi))
    return out


def one_each(sample_episode, pi, gamma, n, per_pair):
    """Algorithm 5.1 (so many episodes for each pair): one episode is sampled"""
    return _basic(sample_episode, pi, gamma, n, 1)


def first_policy(sample_episode, pi, gamma, n, per_pair):
    """Algorithm 5.1 (the episodes follow pi_k): the first policy is followed"""
    out = []
    for _ in range(n):
        out += _basic(sample_episode, pi, gamma, 1, per_pair)
    return out


def undiscounted(sample_episode, pi, gamma, n, per_pair):
    """(5.2): gamma is forgotten"""
    return _basic(sample_episode, pi, 1, n, per_pair)


def sum_only(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the returns are added up"""
    return _basic(sample_episode, pi, gamma, n, per_pair, mean=sum)


def last_only(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the last episode of a pair is taken"""
    return _basic(sample_episode, pi, gamma, n, per_pair, mean=lambda x: x[-1])


def gamma_too_soon(sample_episode, pi, gamma, n, per_pair):
    """(5.2): gamma multiplies the reward of the step itself"""

    def value(steps, gamma):
        return sum(gamma ** (k + 1) * step[2] for k, step in enumerate(steps))

    return _basic(sample_episode, pi, gamma, n, per_pair, value=value)


def forwards(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the return of the next step is taken"""

    def value(steps, gamma):
        return sum(gamma**k * step[2] for k, step in enumerate(steps[1:]))

    return _basic(sample_episode, pi, gamma, n, per_pair, value=value)


def last_step_dropped(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the last step of each episode"""
    return _basic(
        sample_episode, pi, gamma, n, per_pair,
        value=lambda steps, gamma: _return(steps[:-1], gamma),
    )  # fmt: skip


def first_reward(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the reward of the step is taken"""
    return _basic(sample_episode, pi, gamma, n, per_pair, value=lambda steps, gamma: steps[0][2])


def walked_forwards(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the episode is walked from its first step"""

    def value(steps, gamma):
        g = 0
        for _, _, r in steps:
            g = r + gamma * g
        return g

    return _basic(sample_episode, pi, gamma, n, per_pair, value=value)


def not_a_new_array(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the same array stands in the list"""
    q, out = np.zeros(pi.shape), []
    for _ in range(n):
        for s, a in np.ndindex(*pi.shape):
            q[s, a] = np.mean([_return(sample_episode(s, a, pi), gamma) for _ in range(per_pair)])
        pi = _greedy(q)
        out.append((q, pi))
    return out


def begins_with_a_guess(sample_episode, pi, gamma, n, per_pair):
    """(5.2): the list begins with a first guess"""
    return [(np.zeros(pi.shape), pi), *_basic(sample_episode, pi, gamma, n, per_pair)]


def counts_never_reset(sample_episode, pi, gamma, n, per_pair):
    """(5.2): returns of earlier iterations are in the mean"""
    total, count, out = np.zeros(pi.shape), np.zeros(pi.shape), []
    for _ in range(n):
        for s, a in np.ndindex(*pi.shape):
            for _ in range(per_pair):
                total[s, a] += _return(sample_episode(s, a, pi), gamma)
                count[s, a] += 1
        pi = _greedy(total / count)
        out.append((total / count, pi))
    return out


def every_visit(sample_episode, pi, gamma, n, per_pair):
    """(5.2): each visit of an episode gives a return"""
    out = []
    for _ in range(n):
        total, count = np.zeros(pi.shape), np.zeros(pi.shape)
        for s, a in np.ndindex(*pi.shape):
            for _ in range(per_pair):
                g = 0
                for x, b, r in reversed(sample_episode(s, a, pi)):
                    g = r + gamma * g
                    total[x, b] += g
                    count[x, b] += 1
        pi = _greedy(total / count)
        out.append((total / count, pi))
    return out


def worst(sample_episode, pi, gamma, n, per_pair):
    """(5.4): the worst action is taken"""
    return _basic(sample_episode, pi, gamma, n, per_pair, improve=lambda q: _greedy(-q))


def improved_too_late(sample_episode, pi, gamma, n, per_pair):
    """(5.4): the policy is greedy for the values before"""
    before, out = np.zeros(pi.shape), []
    for _ in range(n):
        ((q, _),) = _basic(sample_episode, pi, gamma, 1, per_pair)
        pi = _greedy(before)
        out.append((q, pi))
        before = q
    return out


def changed_state_by_state(sample_episode, pi, gamma, n, per_pair):
    """Algorithm 5.1 (the episodes follow pi_k): pi is changed within the iteration, state"""
    out = []
    for _ in range(n):
        q, pi = np.zeros(pi.shape), np.array(pi)
        for s in range(len(pi)):
            for a in range(len(pi[0])):
                g = [_return(sample_episode(s, a, pi), gamma) for _ in range(per_pair)]
                q[s, a] = np.mean(g)
            pi[s] = 0
            pi[s, np.argmax(q[s])] = 1
        out.append((q, pi))
    return out


def changed_pair_by_pair(sample_episode, pi, gamma, n, per_pair):
    """Algorithm 5.1 (the episodes follow pi_k): pi is changed within the iteration, after"""
    out = []
    for _ in range(n):
        q, pi = np.zeros(pi.shape), np.array(pi)
        for s, a in np.ndindex(pi.shape):
            g = [_return(sample_episode(s, a, pi), gamma) for _ in range(per_pair)]
            q[s, a] = np.mean(g)
            pi[s] = np.eye(len(pi[0]))[np.argmax(q[s])]
        out.append((q, pi))
    return out


def sums_carried_on(sample_episode, pi, gamma, n, per_pair):
    """(5.2): q is not set back to 0"""
    total = np.zeros(pi.shape)
    for _ in range(n):
        for s, a in np.ndindex(pi.shape):
            for _ in range(per_pair):
                total[s, a] += _return(sample_episode(s, a, pi), gamma)
        pi = _greedy(total)
        yield total / per_pair, pi
