"""What students write for q_learning."""

import numpy as np


def _act(q, s, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(q.shape[1])
    return q[s].argmax()


def right_loops(env, q, gamma, alpha, epsilon, episodes, rng):
    out = []
    for _episode in range(episodes):
        s, _ = env.reset()
        while True:
            a = _act(q, s, epsilon, rng)
            s2, r, end, cut, _ = env.step(a)
            target = r
            if not end:
                target += gamma * max(q[s2])
            q[s, a] = (1 - alpha) * q[s, a] + alpha * target
            if end or cut:
                break
            s = s2
        out.append(q.copy())
    return out


def right_generator_with_a_policy_table(env, q, gamma, alpha, epsilon, episodes, rng):
    S, A = q.shape
    pi = np.full((S, A), epsilon / A)
    pi[np.arange(S), q.argmax(axis=1)] += 1 - epsilon
    for _ in range(episodes):
        (s, _), end, cut = env.reset(), False, False
        while not end and not cut:
            a = rng.choice(A, p=pi[s])
            s2, r, end, cut, _ = env.step(a)
            q[s, a] += alpha * (r + gamma * (1 - end) * q[s2].max() - q[s, a])
            pi[s] = epsilon / A
            pi[s, q[s].argmax()] += 1 - epsilon
            s = s2
        yield q.copy()


class right_class_random_ties:  # noqa: N801
    def __init__(self, env, q, gamma, alpha, epsilon, episodes, rng):
        self.q = {(s, a): q[s, a] for s in range(q.shape[0]) for a in range(q.shape[1])}
        self.shape, self.rng, self.epsilon = q.shape, rng, epsilon
        self.gamma, self.alpha, self.env, self.episodes = gamma, alpha, env, episodes

    def row(self, s):
        return [self.q[s, a] for a in range(self.shape[1])]

    def act(self, s):
        row = self.row(s)
        best = [a for a in range(len(row)) if row[a] == max(row)]
        return int(self.rng.choice(range(len(row)) if self.rng.random() < self.epsilon else best))

    def __iter__(self):
        for _ in range(self.episodes):
            s, over = self.env.reset()[0], False
            while not over:
                a = self.act(s)
                s2, r, end, cut, _ = self.env.step(a)
                future = 0 if end else max(self.row(s2))
                self.q[s, a] += self.alpha * (r + self.gamma * future - self.q[s, a])
                s, over = s2, end or cut
            yield [self.row(s) for s in range(self.shape[0])]


def right_float32(env, q, gamma, alpha, epsilon, episodes, rng):
    return right_loops(env, q.astype("float32"), gamma, alpha, epsilon, episodes, rng)


def right_last_table_only(env, q, gamma, alpha, epsilon, episodes, rng):
    right_loops(env, q, gamma, alpha, epsilon, episodes, rng)
    return q


def _run(env, q, alpha, epsilon, episodes, rng, target, act=_act):
    for _ in range(episodes):
        s, _ = env.reset()
        over = False
        while not over:
            a = act(q, s, epsilon, rng)
            s2, r, end, cut, _ = env.step(a)
            q[s, a] += alpha * (target(q, s, a, r, s2, end, cut) - q[s, a])
            s, over = s2, end or cut
        yield q.copy()


def mean(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the mean of the next actions"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].mean(),
    )  # fmt: skip


def old_state(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the value of the state itself"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s].max(),
    )  # fmt: skip


def never_ends(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the future is added after the episode has ended"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r + gamma * q[s2].max(),
    )  # fmt: skip


def done(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): truncation is taken for termination"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end or cut else r + gamma * q[s2].max(),
    )  # fmt: skip


def no_gamma(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): gamma is forgotten"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + q[s2].max(),
    )  # fmt: skip


def number(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the number of the best action"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].argmax(),
    )  # fmt: skip


def minus(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the sign is wrong"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: 2 * q[s, a] - r - (1 - end) * gamma * q[s2].max(),
    )  # fmt: skip


def not_the_old(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): alpha multiplies the whole target"""
    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: q[s, a] + r + (1 - end) * gamma * q[s2].max(),
    )  # fmt: skip


def as_sarsa(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the action that is taken next is in the target"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (1 - end) * q[s2, a2] - q[s, a])
            s, a, over = s2, a2, end or cut
        yield q.copy()


def chosen_early(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: the next action is chosen before the update"""
    for _ in range(episodes):
        s, _ = env.reset()
        a = _act(q, s, epsilon, rng)
        over = False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            a2 = _act(q, s2, epsilon, rng)
            q[s, a] += alpha * (r + gamma * (1 - end) * q[s2].max() - q[s, a])
            s, a, over = s2, a2, end or cut
        yield q.copy()


def same_array(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the list holds one and the same table"""
    tables = _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(),
    )  # fmt: skip
    return [q for _ in tables]


def anew(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): each episode begins with the first table again"""
    for _ in range(episodes):
        (x,) = _run(
            env, q.copy(), alpha, epsilon, 1, rng,
            lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(),
        )  # fmt: skip
        yield x


def at_the_end_of_the_episode(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): all targets are computed from the table before the episode"""
    for _ in range(episodes):
        old = q.copy()
        yield from _run(
            env, q, alpha, epsilon, 1, rng,
            lambda q, s, a, r, s2, end, cut, old=old: r if end else r + gamma * old[s2].max(),
            lambda q, s, epsilon, rng, old=old: _act(old, s, epsilon, rng),
        )  # fmt: skip


def table_of_before_acts(env, q, gamma, alpha, epsilon, episodes, rng):
    """the epsilon-greedy rule: it acts by the table that it had before"""
    for _ in range(episodes):
        old = q.copy()
        yield from _run(
            env, q, alpha, epsilon, 1, rng,
            lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(),
            lambda _, s, epsilon, rng, old=old: _act(old, s, epsilon, rng),
        )  # fmt: skip


def epsilon_for_the_others(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the other actions have probability epsilon"""

    def act(q, s, epsilon, rng):
        A, best = q.shape[1], q[s].argmax()
        if A == 1 or rng.random() >= epsilon:
            return best
        return (best + rng.integers(1, A)) % A

    yield from _run(
        env, q, alpha, epsilon, episodes, rng,
        lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(), act,
    )  # fmt: skip


def one_coin_for_an_episode(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: an action is followed by the same one"""
    for _ in range(episodes):
        explore = rng.random() < epsilon
        yield from _run(
            env, q, alpha, epsilon, 1, rng,
            lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(),
            lambda q, s, _, rng, x=explore: rng.integers(q.shape[1]) if x else q[s].argmax(),
        )  # fmt: skip


def forgets_to_carry_s(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): s is not carried on"""
    for _ in range(episodes):
        s, _ = env.reset()
        over = False
        while not over:
            a = _act(q, s, epsilon, rng)
            s2, r, end, cut, _ = env.step(a)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2].max()) - q[s, a])
            over = end or cut
        yield q.copy()


def first_table_too(env, q, gamma, alpha, epsilon, episodes, rng):
    """(7.18): the list begins with the first table q_0"""
    return [q.copy(), *right_loops(env, q, gamma, alpha, epsilon, episodes, rng)]


def first_table_yielded(env, q, gamma, alpha, epsilon, episodes, rng):
    """the number of episodes: one episode is missing"""
    yield q.copy()
    yield from right_generator_with_a_policy_table(env, q, gamma, alpha, epsilon, episodes, rng)


def one_episode_more(env, q, gamma, alpha, epsilon, episodes, rng):
    """the number of episodes: there is one episode too many"""
    return right_loops(env, q, gamma, alpha, epsilon, episodes + 1, rng)


def begins_greedily(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: the first action of an episode is always the best"""
    for _ in range(episodes):
        s, _ = env.reset()
        a, over = np.argmax(q[s]), False
        while not over:
            s2, r, end, cut, _ = env.step(a)
            q[s, a] += alpha * (r + gamma * (0 if end else q[s2].max()) - q[s, a])
            s, a, over = s2, _act(q, s2, epsilon, rng), end or cut
        yield q.copy()


def seeded_anew(env, q, gamma, alpha, epsilon, episodes, rng):
    """how often actions are taken: all episodes have the same actions"""
    for _ in range(episodes):
        rng = np.random.default_rng(42)
        yield from _run(
            env, q, alpha, epsilon, 1, rng,
            lambda q, s, a, r, s2, end, cut: r if end else r + gamma * q[s2].max(),
        )  # fmt: skip
