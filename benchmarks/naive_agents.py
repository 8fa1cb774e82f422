"""The learners of the references, as one writes them down: an episode is a loop.

Nothing here is rlbook's. A learner is a function (world, values, ...) that plays and learns from
one episode; `values` says what q(s, .) is, and moves q(s, a):

    Table     a number for each pair
    Waves     36 cosine waves of a cell, and 36 weights for each action
    Tiles     eight grids of tiles, each shifted, and a weight for each tile and action
"""

import math

import numpy as np

from benchmarks.naive_worlds import CELLS


class Table:
    """q(s, a), a number for each pair; it begins with 0."""

    def __init__(self, alpha, actions=5):
        self.alpha, self.q = alpha, [[0.0] * actions for _ in CELLS]

    def of(self, s):
        """q(s, .)."""
        return self.q[s]

    def move(self, s, a, target):
        """A step towards the target."""
        self.q[s][a] += self.alpha * (target - self.q[s][a])


class Waves:
    """q(s, a) = sum_ij w[a][ij] cos(pi (i x + j y)), i and j from 0 to order; x, y in [0, 1]."""

    def __init__(self, alpha, order=5, actions=5):
        self.alpha, n = alpha, range(order + 1)
        self.waves = [
            np.array([math.cos(math.pi * (i * col + j * row) / 4) for i in n for j in n])
            for row, col in CELLS
        ]
        self.w = np.zeros((actions, len(self.waves[0])))

    def of(self, s):
        """q(s, .)."""
        return (self.w @ self.waves[s]).tolist()

    def move(self, s, a, target):
        """A step down the gradient of the squared distance from the target."""
        x = self.waves[s]
        self.w[a] += self.alpha * (target - float(self.w[a] @ x)) * x


class Tiles:
    """q(s, a) is the sum of the weights of the tiles that the car's state is on, one a tiling.

    The box of states is 8 tiles wide and 8 high. Tiling t is moved by t / 8 and 3 t / 8 of a tile,
    so that 9 x 9 tiles cover the box.
    """

    def __init__(self, alpha, actions=3, tilings=8):
        self.alpha = alpha
        self.moved = [(81 * t, t / 8, 3 * t / 8 % 1) for t in range(tilings)]
        self.weights = [[0.0] * (81 * tilings) for _ in range(actions)]

    def tiles(self, s):
        """The numbers of the tiles."""
        x, y = 8 * (s[0] + 1.2) / 1.8, 8 * (s[1] + 0.07) / 0.14
        return [first + 9 * int(x + right) + int(y + up) for first, right, up in self.moved]

    def of(self, s):
        """q(s, .)."""
        on = self.tiles(s)
        return [sum([weights[tile] for tile in on]) for weights in self.weights]

    def move(self, s, a, target):
        """Each of the tiles moves by alpha times what is missing."""
        on, weights = self.tiles(s), self.weights[a]
        step = self.alpha * (target - sum([weights[tile] for tile in on]))
        for tile in on:
            weights[tile] += step


def choose(q, epsilon, rng):
    """The first of the best actions, but with chance epsilon (A - 1) / A another one."""
    best = q.index(max(q))
    if epsilon == 0 or rng.random() >= epsilon * (len(q) - 1) / len(q):
        return best
    others = [a for a in range(len(q)) if a != best]
    return others[int(rng.random() * len(others))]


def soft_mean(q, epsilon):
    """The mean of q(s, .) under `choose`."""
    return (1 - epsilon) * max(q) + epsilon * sum(q) / len(q)


def sarsa(world, values, rng, *, gamma, epsilon):
    """q(s, a) moves towards r + gamma q(s', a')."""
    s, ended, cut = world.begin(), False, False
    a = choose(values.of(s), epsilon, rng)
    while not (ended or cut):
        s_next, r, ended, cut = world.step(a)
        if ended:
            values.move(s, a, r)
        else:
            q_next = values.of(s_next)
            a_next = choose(q_next, epsilon, rng)
            values.move(s, a, r + gamma * q_next[a_next])
            s, a = s_next, a_next


def expected_sarsa(world, values, rng, *, gamma, epsilon):
    """q(s, a) moves towards r + gamma times the mean of q(s', .)."""
    s, ended, cut = world.begin(), False, False
    while not (ended or cut):
        a = choose(values.of(s), epsilon, rng)
        s_next, r, ended, cut = world.step(a)
        values.move(s, a, r if ended else r + gamma * soft_mean(values.of(s_next), epsilon))
        s = s_next


def q_learning(world, values, rng, *, gamma, epsilon):
    """q(s, a) moves towards r + gamma max q(s', .)."""
    s, ended, cut = world.begin(), False, False
    while not (ended or cut):
        a = choose(values.of(s), epsilon, rng)
        s_next, r, ended, cut = world.step(a)
        values.move(s, a, r if ended else r + gamma * max(values.of(s_next)))
        s = s_next


def n_step_sarsa(world, values, rng, *, n, gamma, epsilon):
    """q(s, a) moves towards n rewards and gamma^n q(s_n, a_n), n steps later.

    After the last step all that wait are moved: with the rewards that are left, and where the
    episode was only cut, with an action that is drawn anew in the last state for each of them.
    """
    s, ended, cut = world.begin(), False, False
    a = choose(values.of(s), epsilon, rng)
    waiting = []  # (s, a, r), at most n
    while not (ended or cut):
        s_next, r, ended, cut = world.step(a)
        waiting.append((s, a, r))
        s = s_next
        if not (ended or cut):
            a = choose(values.of(s), epsilon, rng)
            if len(waiting) == n:
                _move_first(values, waiting, values.of(s)[a], gamma)
    while waiting:
        q = values.of(s)
        _move_first(values, waiting, 0.0 if ended else q[choose(q, epsilon, rng)], gamma)


def _move_first(values, waiting, rest, gamma):
    """Move whoever waits longest, and let it go; `rest` is what comes after all rewards."""
    target = sum(gamma**k * r for k, (_, _, r) in enumerate(waiting))
    s, a, _ = waiting[0]
    values.move(s, a, target + gamma ** len(waiting) * rest)
    waiting.pop(0)


def monte_carlo(world, values, rng, *, gamma, epsilon):
    """At the end, from the last step to the first, q(s, a) moves towards the return from there."""
    s, ended, cut = world.begin(), False, False
    seen = []
    while not (ended or cut):
        a = choose(values.of(s), epsilon, rng)
        s_next, r, ended, cut = world.step(a)
        seen.append((s, a, r))
        s = s_next
    g = 0.0
    for s, a, r in reversed(seen):
        g = r + gamma * g
        values.move(s, a, g)


def td0(world, v, rng, *, pi, gamma, alpha):
    """v(s), a list, moves towards r + gamma v(s'); actions are drawn from pi[s]."""
    s, ended, cut = world.begin(), False, False
    while not (ended or cut):
        (a,) = rng.choices(range(len(pi[s])), weights=pi[s])
        s_next, r, ended, cut = world.step(a)
        v[s] += alpha * ((r if ended else r + gamma * v[s_next]) - v[s])
        s = s_next
