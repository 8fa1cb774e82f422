"""What students write for q_learning_off_policy."""

import numpy as np


def right_loops(record, q, gamma, alpha):
    out = []
    for episode in record:
        for step in episode:
            s, a, r, s2, end, _ = step
            q[s][a] += alpha * (r + (0 if end else gamma * max(q[s2])) - q[s][a])
        out.append(q.copy())
    return out


def right_generator(record, q, gamma, alpha):
    for episode in record:
        for s, a, r, s2, end, _cut in episode:
            q[s, a] = (1 - alpha) * q[s, a] + alpha * (r + gamma * (1 - end) * q[s2].max())
        yield q.copy()


class right_class:  # noqa: N801
    def __init__(self, record, q, gamma, alpha):
        self.record, self.q, self.gamma, self.alpha = record, q.tolist(), gamma, alpha

    def learn(self, s, a, r, s2, end, cut):
        best = 0 if end else max(self.q[s2])
        self.q[s][a] -= self.alpha * (self.q[s][a] - r - self.gamma * best)

    def __iter__(self):
        for episode in self.record:
            for step in episode:
                self.learn(*step)
            yield [list(row) for row in self.q]


def right_float32_only_the_last(record, q, gamma, alpha):
    q = np.float32(q)
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            q[s, a] += alpha * (r + gamma * np.max(q[s2]) * (not end) - q[s, a])
    return q


def same_array(record, q, gamma, alpha):
    """(7.18): the list holds one and the same table"""
    out = []
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            q[s, a] += alpha * (r + gamma * np.max(q[s2]) * (not end) - q[s, a])
        out.append(q)
    return out


def behaviour(record, q, gamma, alpha):
    """(7.18): the action that is taken next is in the target"""
    out = []
    for episode in record:
        for k, (s, a, r, s2, end, _) in enumerate(episode):
            future = 0
            if not end:
                a2 = episode[k + 1][1] if k + 1 < len(episode) else 0
                future = q[s2, a2]
            q[s, a] += alpha * (r + gamma * future - q[s, a])
        out.append(q.copy())
    return out


def mean(record, q, gamma, alpha):
    """(7.18): the mean of the next actions"""
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            q[s, a] += alpha * (r + gamma * np.mean(q[s2]) * (not end) - q[s, a])
        yield q.copy()


def never_ends(record, q, gamma, alpha):
    """(7.18): the future is added after the episode has ended"""
    for episode in record:
        for s, a, r, s2, _end, _ in episode:
            q[s, a] += alpha * (r + gamma * np.max(q[s2]) - q[s, a])
        yield q.copy()


def done(record, q, gamma, alpha):
    """(7.18): truncation is taken for termination"""
    for episode in record:
        for s, a, r, s2, end, cut in episode:
            q[s, a] += alpha * (r + gamma * np.max(q[s2]) * (not (end or cut)) - q[s, a])
        yield q.copy()


def last_is_the_end(record, q, gamma, alpha):
    """(7.18): truncation is taken for termination"""
    for episode in record:
        for k, (s, a, r, s2, _, _) in enumerate(episode):
            future = q[s2].max() if k < len(episode) - 1 else 0
            q[s, a] += alpha * (r + gamma * future - q[s, a])
        yield q.copy()


def stops_before(record, q, gamma, alpha):
    """(7.18): the step that terminates an episode is not learned"""
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            if end:
                break
            q[s, a] += alpha * (r + gamma * q[s2].max() - q[s, a])
        yield q.copy()


def without_the_last(record, q, gamma, alpha):
    """(7.18): the last step of an episode is not learned"""
    for episode in record:
        for s, a, r, s2, _, _ in episode[:-1]:
            q[s, a] += alpha * (r + gamma * q[s2].max() - q[s, a])
        yield q.copy()


def anew(record, q, gamma, alpha):
    """(7.18): each episode begins with the first table"""
    for episode in record:
        x = q.copy()
        for s, a, r, s2, end, _ in episode:
            x[s, a] += alpha * (r + gamma * x[s2].max() * (1 - end) - x[s, a])
        yield x


def batch(record, q, gamma, alpha):
    """(7.18): all targets are computed from the table before the episode"""
    for episode in record:
        targets = [r + gamma * q[s2].max() * (1 - end) for s, a, r, s2, end, _ in episode]
        for (s, a, *_), target in zip(episode, targets, strict=True):
            q[s, a] += alpha * (target - q[s, a])
        yield q.copy()


def no_gamma(record, q, gamma, alpha):
    """(7.18): gamma is forgotten"""
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            q[s, a] += alpha * (r + q[s2].max() * (1 - end) - q[s, a])
        yield q.copy()


def minus(record, q, gamma, alpha):
    """(7.18): the sign is wrong"""
    for episode in record:
        for s, a, r, s2, end, _ in episode:
            q[s, a] += alpha * (q[s, a] - r - gamma * q[s2].max() * (1 - end))
        yield q.copy()


def from_the_end(record, q, gamma, alpha):
    """(7.18): an episode is learned from its end"""
    for episode in record:
        for s, a, r, s2, end, _ in episode[::-1]:
            q[s, a] += alpha * (r + gamma * q[s2].max() * (1 - end) - q[s, a])
        yield q.copy()


def first_table_too(record, q, gamma, alpha):
    """(7.18): the list begins with the first table q_0"""
    return [q.copy(), *right_loops(record, q, gamma, alpha)]
