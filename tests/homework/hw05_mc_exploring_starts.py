"""What students write for mc_exploring_starts."""

import numpy as np


def _play(env, s, a, act):
    env.reset(options={"state": s})
    steps = []
    while True:
        s_next, r, terminated, truncated, _ = env.step(a)
        steps.append((s, a, r))
        if terminated or truncated:
            return steps
        s, a = s_next, act(s_next)


def _greedy(q):
    pi = np.zeros(q.shape)
    pi[np.arange(len(q)), q.argmax(axis=1)] = 1
    return pi


def right_lists_of_returns(env, q, gamma, starts):
    q = np.array(q)
    seen, out = {}, []
    for s, a in starts:
        steps, g = _play(env, s, a, lambda x: int(np.argmax(q[x]))), 0
        for x, b, r in steps[::-1]:
            g = r + gamma * g
            seen.setdefault((x, b), []).append(g)
        for pair, values in seen.items():
            q[pair] = sum(values) / len(values)
        out.append((q.copy(), _greedy(q)))
    return out


def right_incremental_last_tie(env, q, gamma, starts):
    n = np.zeros(q.shape)

    def act(s):
        return len(q[s]) - 1 - q[s][::-1].argmax()

    for s, a in starts:
        g = 0
        for x, b, r in reversed(_play(env, s, a, act)):
            g = r + gamma * g
            n[x, b] += 1
            q[x, b] += (g - q[x, b]) / n[x, b]
        yield q.copy(), np.array([act(x) for x in range(len(q))])


class right_class_float32:  # noqa: N801
    def __init__(self, env, q, gamma, starts):
        self.env, self.q, self.gamma, self.starts = env, q.astype(np.float32), gamma, starts
        self.total, self.n = np.zeros(q.shape), np.zeros(q.shape, dtype=int)

    def episode(self, s, a):
        steps = _play(self.env, s, a, lambda x: self.q[x].argmax())
        for t in range(len(steps)):
            x, b, _ = steps[t]
            self.total[x, b] += sum(self.gamma**k * step[2] for k, step in enumerate(steps[t:]))
            self.n[x, b] += 1
        seen = self.n > 0
        self.q[seen] = (self.total[seen] / self.n[seen]).astype(np.float32)
        return self.q.copy(), _greedy(self.q)

    def __iter__(self):
        return (self.episode(s, a) for s, a in self.starts)


def right_only_the_last(env, q, gamma, starts):
    *_, last = right_lists_of_returns(env, q, gamma, starts)
    return last


def _run(env, q, gamma, starts, *, begin=None, act=None, learn=None, improve=_greedy, copy=True):
    """The whole, with parts that are exchanged."""
    q, first = q.copy(), q.copy()
    total, n, out = np.zeros(q.shape), np.zeros(q.shape), []
    for k, (s, a) in enumerate(starts):
        if begin:
            s, a = begin(k, s, a, q)
        rule = (lambda x, a=a: act(x, q, first, a)) if act else (lambda x: q[x].argmax())
        steps = _play(env, s, a, rule)
        if learn:
            learn(steps, q, total, n)
        else:
            g = 0.0
            for x, b, r in reversed(steps):
                g = r + gamma * g
                total[x, b] += g
                n[x, b] += 1
                q[x, b] = total[x, b] / n[x, b]
        out.append((q.copy() if copy else q, improve(q)))
    return out


def not_copied(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the same array stands in the list"""
    return _run(env, q, gamma, starts, copy=False)


def undiscounted(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): gamma is forgotten"""
    return _run(env, q, 1.0, starts)


def first_visits(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the first visit of each episode"""

    def learn(steps, q, total, n):
        g = 0
        for t in reversed(range(len(steps))):
            x, b, r = steps[t]
            g = r + gamma * g
            if not any(step[:2] == (x, b) for step in steps[:t]):
                total[x, b] += g
                n[x, b] += 1
                q[x, b] = total[x, b] / n[x, b]

    return _run(env, q, gamma, starts, learn=learn)


def start_only(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): only the pair that an episode begins with"""

    def learn(steps, q, total, n):
        x, b, _ = steps[0]
        total[x, b] += sum(gamma**k * step[2] for k, step in enumerate(steps))
        n[x, b] += 1
        q[x, b] = total[x, b] / n[x, b]

    return _run(env, q, gamma, starts, learn=learn)


def newest_return(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the mean is not kept"""

    def learn(steps, q, total, n):
        g = 0
        for x, b, r in reversed(steps):
            g = r + gamma * g
            q[x, b] = g

    return _run(env, q, gamma, starts, learn=learn)


def guess_counted(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): returns are counted from 0"""

    def learn(steps, q, total, n):
        g = 0
        for x, b, r in reversed(steps):
            g = r + gamma * g
            n[x, b] += 1
            q[x, b] += (g - q[x, b]) / (n[x, b] + 1)

    return _run(env, q, gamma, starts, learn=learn)


def start_dropped(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the first step of each episode is dropped"""

    def learn(steps, q, total, n):
        g = 0
        for t in range(len(steps) - 1, 0, -1):
            x, b, r = steps[t]
            g = r + gamma * g
            total[x, b] += g
            n[x, b] += 1
            q[x, b] = total[x, b] / n[x, b]

    return _run(env, q, gamma, starts, learn=learn)


def this_episode_only(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): only the newest episode"""

    def learn(steps, q, total, n):
        total[:], n[:], g = 0, 0, 0
        for x, b, r in reversed(steps):
            g = r + gamma * g
            total[x, b] += g
            n[x, b] += 1
        q[n > 0] = total[n > 0] / n[n > 0]

    return _run(env, q, gamma, starts, learn=learn)


def cut_off_left_out(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): episodes that were cut off"""
    q = q.copy()
    total, n, out = np.zeros(q.shape), np.zeros(q.shape), []
    for s, a in starts:
        env.reset(options={"state": s})
        steps, done, truncated = [], False, False
        while not done and not truncated:
            s_next, r, done, truncated, _ = env.step(a)
            steps.append((s, a, r))
            s, a = s_next, q[s_next].argmax()
        g = 0
        for x, b, r in reversed(steps if done else []):
            g = r + gamma * g
            total[x, b] += g
            n[x, b] += 1
            q[x, b] = total[x, b] / n[x, b]
        out.append((q.copy(), _greedy(q)))
    return out


def bootstraps(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): an episode that was cut off (truncated) is cont"""
    q = q.copy()
    n, out = np.zeros(q.shape), []
    for s, a in starts:
        env.reset(options={"state": s})
        steps, done, truncated = [], False, False
        while not done and not truncated:
            s_next, r, done, truncated, _ = env.step(a)
            steps.append((s, a, r))
            s, a = s_next, q[s_next].argmax()
        g = 0 if done else max(q[s_next])
        for x, b, r in reversed(steps):
            g = r + gamma * g
            n[x, b] += 1
            q[x, b] += (g - q[x, b]) / n[x, b]
        out.append((q.copy(), _greedy(q)))
    return out


def always_from_the_first(env, q, gamma, starts):
    """Algorithm 5.2 (exploring starts): every episode begins with the first pair"""
    return _run(env, q, gamma, starts, begin=lambda k, s, a, q: starts[0])


def reset_without_the_state(env, q, gamma, starts):
    """Algorithm 5.2 (exploring starts): reset is not told the state"""
    return right_lists_of_returns(_NoOptions(env), q, gamma, starts)


class _NoOptions:
    def __init__(self, env):
        self.env, self.step = env, env.step

    def reset(self, options):
        return self.env.reset()


def guess_lost(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the first guess is lost"""
    total, n, out = np.zeros(q.shape), np.zeros(q.shape), []
    for s, a in starts:
        g = 0
        for x, b, r in reversed(_play(env, s, a, lambda x, q=q: q[x].argmax())):
            g = r + gamma * g
            total[x, b] += g
            n[x, b] += 1
        q = np.divide(total, n, out=np.zeros(q.shape), where=n > 0)
        out.append((q, _greedy(q)))
    return out


def begins_with_the_guess(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the list begins with the first guess"""
    return [(q.copy(), _greedy(q)), *right_lists_of_returns(env, q, gamma, starts)]


def greedy_at_once(env, q, gamma, starts):
    """Algorithm 5.2 (exploring starts): the first action is the greedy one"""
    return _run(env, q, gamma, starts, begin=lambda k, s, a, q: (s, q[s].argmax()))


def the_same_action(env, q, gamma, starts):
    """Algorithm 5.2 (the greedy policy after the first action): the first action of"""
    return _run(env, q, gamma, starts, act=lambda x, q, first, a: a)


def the_first_policy(env, q, gamma, starts):
    """Algorithm 5.2 (the greedy policy after the first action): the policy of the"""
    return _run(env, q, gamma, starts, act=lambda x, q, first, a: first[x].argmax())


def policy_of_the_guess(env, q, gamma, starts):
    """(5.4): the policy is greedy for the first values"""
    return _run(env, q, gamma, starts, improve=lambda new: _greedy(q))


def constant_step(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the step size is constant"""

    def learn(steps, q, total, n):
        g = 0.0
        for x, b, r in steps[::-1]:
            g = gamma * g + r
            q[x, b] = 0.9 * q[x, b] + 0.1 * g

    return _run(env, q, gamma, starts, learn=learn)


def mean_of_means(env, q, gamma, starts):
    """Algorithm 5.2 (the mean of the returns): the mean is taken in each episode"""
    means = {}

    def learn(steps, q, total, n):
        g, own = 0.0, {}
        for x, b, r in steps[::-1]:
            g = gamma * g + r
            own.setdefault((x, b), []).append(g)
        for pair, values in own.items():
            means.setdefault(pair, []).append(np.mean(values))
            q[pair] = np.mean(means[pair])

    return _run(env, q, gamma, starts, learn=learn)
