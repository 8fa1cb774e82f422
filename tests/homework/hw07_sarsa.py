"""What students write for sarsa."""

import numpy as np


def _act(q, s, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(q.shape[1])
    return q[s].argmax()


def right_loops(env, q, gamma, alpha, epsilon, episodes, rng):
    out = []
    for _episode in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        while True:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            target = r if end else r + gamma * q[s2, a2]
            q[s, a] += alpha * (target - q[s, a])
            s, a = s2, a2
            if end or cut:
                break
        out.append(q.copy())
    return out


def right_generator_draws_no_action_at_the_end(env, q, gamma, alpha, epsilon, episodes, rng):
    A = q.shape[1]

    def pi(s):
        p = np.full(A, epsilon / A)
        p[np.argmax(q[s])] += 1 - epsilon
        return p

    for _ in range(episodes):
        s, _ = env.reset()
        a = rng.choice(A, p=pi(s))
        end = cut = False
        while not (end or cut):
            s2, r, end, cut, _ = env.step(a)
            a2 = None
            if not end:
                a2 = rng.choice(A, p=pi(s2))
                r = r + gamma * q[s2, a2]
            q[s, a] -= alpha * (q[s, a] - r)
            s, a = s2, a2
        yield np.array(q)


class right_class_last_tie:  # noqa: N801
    def __init__(self, env, q, gamma, alpha, epsilon, episodes, rng):
        self.q, self.epsilon, self.rng = q.tolist(), epsilon, rng
        self.tables = []
        for _ in range(episodes):
            waiting, s, over = None, env.reset()[0], False
            while not over:
                a = self.act(s)
                if waiting:
                    self.learn(*waiting, gamma * self.q[s][a], alpha)
                s2, r, end, cut, _ = env.step(a)
                waiting, s, over = (s, a, r), s2, end or cut
            self.learn(*waiting, 0 if end else gamma * self.q[s][self.act(s)], alpha)
            self.tables.append([list(row) for row in self.q])

    def learn(self, s, a, r, future, alpha):
        self.q[s][a] += alpha * (r + future - self.q[s][a])

    def act(self, s):
        row = self.q[s]
        best = [a for a in range(len(row)) if row[a] == max(row)]
        if self.rng.uniform() < self.epsilon:
            best = range(len(row))
        return int(self.rng.choice(best))

    def __iter__(self):
        return iter(self.tables)


def right_float32(env, q, gamma, alpha, epsilon, episodes, rng):
    return list(right_loops(env, q.astype(np.float32), gamma, alpha, epsilon, episodes, rng))


def right_last_table_only(env, q, gamma, alpha, epsilon, episodes, rng):
    return right_loops(env, q, gamma, alpha, epsilon, episodes, rng)[-1]


def draws_twice(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): a' is drawn twice"""
    out = []
    for _episode in range(episodes):
        s, _ = env.reset()
        over = False
        while not over:
            a = _act(q, s, epsilon, rng)
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + (0 if end else gamma * q[s2, a2]) - q[s, a])
            s, over = s2, end or cut
        out.append(q.copy())
    return out


def _run(env, q, gamma, alpha, epsilon, episodes, rng, target, act=_act):
    for _ in range(episodes):
        s, _ = env.reset()
        a = act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = act(q, s2, epsilon, rng)
            goal = target(q, r, s2, a2, end, cut)
            q[s, a] += alpha * (goal - q[s, a])
            s, a, over = s2, a2, end or cut
        yield q.copy()


def maximum(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the best next action is taken for the target"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r + (1 - end) * gamma * max(q[s2]),
    )  # fmt: skip


def mean(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the mean over the next actions"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r + (1 - end) * gamma * np.mean(q[s2]),
    )  # fmt: skip


def never_ends(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the future is added after the episode has ended"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r + gamma * q[s2, a2],
    )  # fmt: skip


def done(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): truncation is taken for termination"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r if end or cut else r + gamma * q[s2, a2],
    )  # fmt: skip


def no_gamma(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): gamma is forgotten"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r if end else r + q[s2, a2],
    )  # fmt: skip


def minus(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the sign is wrong"""
    yield from _run(
        env, q, gamma, -alpha, epsilon, episodes, rng,
        lambda q, r, s2, a2, end, cut: r if end else r + gamma * q[s2, a2],
    )  # fmt: skip


def _good(gamma):
    return lambda q, r, s2, a2, end, cut: r if end else r + gamma * q[s2, a2]


def same_array(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the list holds one and the same table"""
    return [q for _ in _run(env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma))]


def never_explores(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: it never explores"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma),
        lambda q, s, epsilon, rng: q[s].argmax(),
    )  # fmt: skip


def explores_always(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: it explores, though epsilon is 0"""
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma),
        lambda q, s, epsilon, rng: rng.integers(q.shape[1]),
    )  # fmt: skip


def _others(q, s, epsilon, rng):
    best = q[s].argmax()
    others = [a for a in range(q.shape[1]) if a != best]
    return rng.choice(others) if others and rng.random() < epsilon else best


def epsilon_for_the_others(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the other actions have probability epsilon"""
    yield from _run(env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma), _others)


def one_too_short(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the last action is never drawn"""

    def act(q, s, epsilon, rng):
        A = q.shape[1]
        return rng.integers(0, max(A - 1, 1)) if rng.random() < epsilon else q[s].argmax()

    yield from _run(env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma), act)


def upside_down(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: it explores, though epsilon is 0"""

    def act(q, s, epsilon, rng):
        return rng.integers(q.shape[1]) if rng.random() > epsilon else q[s].argmax()

    yield from _run(env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma), act)


def worst(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: the worst action"""

    def act(q, s, epsilon, rng):
        return rng.integers(q.shape[1]) if rng.random() < epsilon else q[s].argmin()

    yield from _run(env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma), act)


def keeps_its_promise_too_long(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: the first action of an episode"""
    out, a = [], None
    for _episode in range(episodes):
        s, _ = env.reset()
        if a is None:
            a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2, a2]) - q[s, a])
            s, a, over = s2, a2, end or cut
        out.append(q.copy())
    return out


def first_table_acts(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: it acts by the first table"""
    first = q.copy()
    yield from _run(
        env, q, gamma, alpha, epsilon, episodes, rng, _good(gamma),
        lambda q, s, epsilon, rng: _act(first, s, epsilon, rng),
    )  # fmt: skip


def without_the_end(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the step that terminates an episode is not learned"""
    for _episode in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        while True:
            s2, r, end, cut, _ = env.step(a)
            if end:
                break
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * q[s2, a2] - q[s, a])
            s, a = s2, a2
            if cut:
                break
        yield q.copy()


def one_episode_less(env, q, gamma, alpha, epsilon, episodes, rng):
    """the number of episodes: one episode is missing"""
    out = list(_run(env, q, gamma, alpha, epsilon, episodes - 1, rng, _good(gamma)))
    return [*out, q]


def draws_again_after_the_update(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): a' is drawn twice"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (not end) * q[s2, a2] - q[s, a])
            s, a, over = s2, _act(q, s2, epsilon, rng), end or cut
        yield q.copy()


def right_generator_without_end(env, q, gamma, alpha, epsilon, episodes, rng):
    while True:
        yield from _run(env, q, gamma, alpha, epsilon, 1, rng, _good(gamma))


def first_action_at_random(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: the first action of an episode is not drawn"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = rng.integers(q.shape[1])
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2, a2]) - q[s, a])
            s, a, over = s2, a2, end or cut
        yield q.copy()


def forgets_to_carry_a(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): a' is drawn twice"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2, a2]) - q[s, a])
            s, over = s2, end or cut
        yield q.copy()


def forgets_to_carry_s(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): s is not carried on"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2, a2]) - q[s, a])
            a, over = a2, end or cut
        yield q.copy()


def first_table_too(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.12): the list begins with the first table q_0"""
    return [q.copy(), *right_loops(env, q, gamma, alpha, epsilon, episodes, rng)]


def begins_greedily(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the first action of an episode is always the best"""
    out = []
    for _ in range(episodes):
        s, _ = env.reset()
        a = q[s].argmax()
        while True:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (not end) * q[s2, a2] - q[s, a])
            s, a = s2, a2
            if end or cut:
                break
        out.append(q.copy())
    return out


def begins_anywhere(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the first action of an episode always explores"""
    for _ in range(episodes):
        s, _ = env.reset()
        a, over = rng.integers(q.shape[1]) if epsilon else q[s].argmax(), False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (not end) * q[s2, a2] - q[s, a])
            s, a, over = s2, a2, end or cut
        yield q.copy()


def seeded_anew(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: all episodes have the same actions"""
    for _ in range(episodes):
        rng = np.random.default_rng(seed=7)
        yield from _run(env, q, gamma, alpha, epsilon, 1, rng, _good(gamma))
