"""What students write for mc_epsilon_greedy."""

import numpy as np


def _soft(q, epsilon):
    S, A = q.shape
    pi = np.full((S, A), epsilon / A)
    for s in range(S):
        pi[s, np.argmax(q[s])] = 1 - epsilon + epsilon / A
    return pi


def _play(env, choose, pi):
    s, _ = env.reset()
    steps, over = [], False
    while not over:
        a = choose(pi[s])
        s_next, r, terminated, truncated, _ = env.step(a)
        steps.append((s, a, r))
        over = terminated or truncated
        s = s_next
    return steps


def right_lists_of_returns(env, choose, q, gamma, epsilon, n):
    q, seen, out = [list(row) for row in q], {}, []
    for _ in range(n):
        g = 0
        for s, a, r in _play(env, choose, _soft(np.array(q), epsilon))[::-1]:
            g = r + gamma * g
            seen.setdefault((s, a), []).append(g)
            q[s][a] = np.mean(seen[s, a])
        out.append(([list(row) for row in q], _soft(np.array(q), epsilon)))
    return out


def right_generator_without_end(env, choose, q, gamma, epsilon, n):
    count = np.zeros(q.shape)
    while True:
        g = 0
        for s, a, r in reversed(_play(env, choose, _soft(q, epsilon))):
            g = r + gamma * g
            count[s, a] += 1
            q[s, a] += (g - q[s, a]) / count[s, a]
        yield q.copy(), _soft(q, epsilon)


class right_class_shared_ties:  # noqa: N801
    def __init__(self, env, choose, q, gamma, epsilon, n):
        self.args = env, choose, q, gamma, epsilon, n

    def policy(self, q, epsilon):
        best = (q == q.max(1, keepdims=True)).astype(np.float32)
        return epsilon / q.shape[1] + (1 - epsilon) * best / best.sum(1, keepdims=True)

    def __iter__(self):
        env, choose, q, gamma, epsilon, n = self.args
        total, count = np.zeros((2, *q.shape))
        for _ in range(n):
            steps = _play(env, choose, self.policy(q, epsilon))
            for t, (s, a, _) in enumerate(steps):
                total[s, a] += sum(gamma**k * step[2] for k, step in enumerate(steps[t:]))
                count[s, a] += 1
            q = np.where(count, total / np.maximum(count, 1), q)
            yield q, self.policy(q, epsilon)


def right_policy_kept(env, choose, q, gamma, epsilon, n):
    pi, seen, out = _soft(q, epsilon), {}, []
    for _ in range(n):
        steps = _play(env, choose, pi)
        for t in range(len(steps)):
            g = sum(gamma ** (k - t) * steps[k][2] for k in range(t, len(steps)))
            seen.setdefault(steps[t][:2], []).append(g)
        q = q + 0
        for pair, values in seen.items():
            q[pair] = sum(values) / len(values)
        pi = _soft(q, epsilon)
        out.append((q, pi))
    return out


def _run(
    env, choose, q, gamma, epsilon, n, *, act=_soft, policy=_soft, learn=None, copy=True
):  # fmt: skip
    q, total, count, out = q.copy(), np.zeros(q.shape), np.zeros(q.shape), []
    for _ in range(n):
        before = q.copy()
        steps = _play(env, choose, act(q, epsilon))
        if learn:
            learn(steps, q, total, count)
        else:
            g = 0.0
            for s, a, r in reversed(steps):
                g = r + gamma * g
                total[s, a] += g
                count[s, a] += 1
                q[s, a] = total[s, a] / count[s, a]
        pi = policy(q, epsilon) if policy else _soft(before, epsilon)
        out.append((q.copy() if copy else q, pi))
    return out


def greedy_everywhere(env, choose, q, gamma, epsilon, n):
    """(5.5) for the actions that are drawn: epsilon is forgotten"""

    def greedy(q, epsilon):
        return np.eye(q.shape[1])[q.argmax(1)]

    return _run(env, choose, q, gamma, epsilon, n, act=greedy, policy=greedy)


def acts_with_less(env, choose, q, gamma, epsilon, n):
    """(5.5) for the actions that are drawn: epsilon / A is left out"""

    def soft(q, epsilon):
        pi = np.full(q.shape, epsilon / q.shape[1])
        pi[np.arange(len(q)), q.argmax(1)] = 1 - epsilon
        return pi

    return _run(env, choose, q, gamma, epsilon, n, act=soft, policy=soft)


def acts_uniformly(env, choose, q, gamma, epsilon, n):
    """(5.5) for the actions that are drawn: all actions are alike"""
    return _run(env, choose, q, gamma, epsilon, n, act=lambda q, e: np.ones(q.shape) / q.shape[1])


def first_policy_for_ever(env, choose, q, gamma, epsilon, n):
    """(5.5) for the actions that are drawn: the policy of the first guess"""
    first = _soft(q, epsilon)
    return _run(env, choose, q, gamma, epsilon, n, act=lambda q, e: first)


def returns_the_policy_before(env, choose, q, gamma, epsilon, n):
    """(5.5) for the policy that is returned: the policy is that of the values before"""
    return _run(env, choose, q, gamma, epsilon, n, policy=None)


def returns_the_greedy_one(env, choose, q, gamma, epsilon, n):
    """(5.5) for the policy that is returned: epsilon is forgotten"""
    return _run(
        env, choose, q, gamma, epsilon, n, policy=lambda q, e: np.eye(q.shape[1])[q.argmax(1)]
    )


def not_copied(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the same array stands in the list"""
    return _run(env, choose, q, gamma, epsilon, n, copy=False)


def undiscounted(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): gamma is forgotten"""
    return _run(env, choose, q, 1, epsilon, n)


def first_visits(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the first visit of each episode"""

    def learn(steps, q, total, count):
        own, g = {}, 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            own[s, a] = g
        for pair, value in own.items():
            count[pair] += 1
            q[pair] += (value - q[pair]) / count[pair]

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def g_left_over(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): g is not set back to 0"""
    left = [0.0]

    def learn(steps, q, total, count):
        for s, a, r in reversed(steps):
            left[0] = r + gamma * left[0]
            count[s, a] += 1
            q[s, a] += (left[0] - q[s, a]) / count[s, a]

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def sum_only(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the returns are added up"""

    def learn(steps, q, total, count):
        g = 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            total[s, a] += g
            q[s, a] = total[s, a]

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def last_step_dropped(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the last step of each episode is dropped"""

    def learn(steps, q, total, count):
        g = 0
        for s, a, r in reversed(steps[:-1]):
            g = r + gamma * g
            count[s, a] += 1
            q[s, a] += (g - q[s, a]) / count[s, a]

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def begins_with_the_guess(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the list begins with the first guess"""
    return [(q.copy(), _soft(q, epsilon)), *_run(env, choose, q, gamma, epsilon, n)]


def wrong_sign(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the sign of the step"""

    def learn(steps, q, total, count):
        g = 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            count[s, a] += 1
            q[s, a] -= (g - q[s, a]) / count[s, a]

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def draws_at_the_end_too(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (each action is drawn once): an action is drawn in the last state"""
    q, count, out = q.copy(), np.zeros(q.shape), []
    for _ in range(n):
        pi = _soft(q, epsilon)
        s, _ = env.reset()
        a, over, steps = choose(pi[s]), False, []
        while not over:
            s_next, r, terminated, truncated, _ = env.step(a)
            steps.append((s, a, r))
            s, a = s_next, choose(pi[s_next])
            over = terminated or truncated
        g = 0
        for x, b, r in reversed(steps):
            g = r + gamma * g
            count[x, b] += 1
            q[x, b] += (g - q[x, b]) / count[x, b]
        out.append((q.copy(), _soft(q, epsilon)))
    return out


def draws_elsewhere(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (each action is drawn once): none is drawn"""
    rng = np.random.default_rng(0)
    return _run(env, lambda p: rng.choice(len(p), p=p), q, gamma, epsilon, n)


def constant_step(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (the mean of the returns): the step size is constant"""

    def learn(steps, q, total, count):
        g = 0
        for s, a, r in reversed(steps):
            g = r + gamma * g
            q[s, a] = q[s, a] - 0.05 * (q[s, a] - g)

    return _run(env, choose, q, gamma, epsilon, n, learn=learn)


def draws_once_before(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (each action is drawn once): one action too many"""
    choose(_soft(q, epsilon)[0])
    return _run(env, choose, q, gamma, epsilon, n)


def one_episode_more(env, choose, q, gamma, epsilon, n):
    """Algorithm 5.3 (n episodes to their end): one episode too many"""
    return _run(env, choose, q, gamma, epsilon, n + 1)
