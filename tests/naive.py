"""The equations as loops: slow, plain, and written apart from the library. The oracle."""

from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from rlbook import MDP


def outcomes(model, s, a):
    """(p, s_next, r, terminated) of every possible outcome of a pair."""
    for k in range(model.p.shape[2]):
        if model.p[s, a, k] > 0:
            yield (
                float(model.p[s, a, k]),
                int(model.s_next[s, a, k]),
                float(model.r[s, a, k]),
                bool(model.terminated[s, a, k]),
            )


def lookahead(model, v, gamma):
    """q(s, a) of (2.7), term by term."""
    q = np.zeros((model.n_states, model.n_actions))
    for s in range(model.n_states):
        for a in range(model.n_actions):
            for p, s_next, r, terminated in outcomes(model, s, a):
                q[s, a] += p * (r + (0 if terminated else gamma * v[s_next]))
    return q


def chain(model, pi):
    """P_pi and r_pi, term by term."""
    P, R = np.zeros((model.n_states, model.n_states)), np.zeros(model.n_states)
    for s in range(model.n_states):
        for a in range(model.n_actions):
            for p, s_next, r, terminated in outcomes(model, s, a):
                R[s] += pi[s, a] * p * r
                P[s, s_next] += pi[s, a] * p * (not terminated)
    return P, R


def best_values(model, gamma):
    """v*, by trying to improve one state after another until no action gains anything."""
    actions = np.zeros(model.n_states, dtype=int)
    while True:
        P, R = chain(model, np.eye(model.n_actions)[actions])
        v = np.linalg.solve(np.eye(model.n_states) - gamma * P, R)
        q = lookahead(model, v, gamma)
        better = q.max(1) > q[np.arange(model.n_states), actions] + 1e-10
        if not better.any():
            return v
        actions[better] = q.argmax(1)[better]


def linear_program(model, gamma):
    """v* as the least v above its own lookahead: an independent solver (HiGHS)."""
    S, A = model.n_states, model.n_actions
    rows, bounds = [], []
    for s in range(S):
        for a in range(A):
            row, reward = np.zeros(S), 0.0
            row[s] -= 1
            for p, s_next, r, terminated in outcomes(model, s, a):
                row[s_next] += gamma * p * (not terminated)
                reward += p * r
            rows.append(row)
            bounds.append(-reward)
    solved = linprog(np.ones(S), A_ub=np.array(rows), b_ub=bounds, bounds=(None, None))
    assert solved.success, solved.message
    return solved.x


def exact_policy_value(model, actions, gamma):
    """The values of a deterministic policy in rational arithmetic, by elimination."""
    S, g = model.n_states, Fraction(gamma)
    rows = []
    for s in range(S):
        row = [Fraction(int(s == t)) for t in range(S)] + [Fraction(0)]
        for p, s_next, r, terminated in outcomes(model, s, actions[s]):
            row[S] += Fraction(p) * Fraction(r)
            row[s_next] -= 0 if terminated else g * Fraction(p)
        rows.append(row)
    for i in range(S):
        pivot = next(k for k in range(i, S) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(S):
            if k != i:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[S] for row in rows]


def random_model(rng, *, end=0.0, states=None, actions=None, outcomes=None):
    """A random model; `end` is the share of outcomes that end an episode."""
    S = states or int(rng.integers(1, 7))
    A = actions or int(rng.integers(1, 4))
    K = outcomes or int(rng.integers(1, 4))
    p = rng.dirichlet(np.ones(K), size=(S, A))
    return MDP(
        p,
        rng.integers(S, size=p.shape),
        rng.normal(size=p.shape) * rng.choice([0.1, 1, 10]),
        rng.random(p.shape) < end,
    )


UP, RIGHT, DOWN, LEFT, STAY = range(5)


def grid_step(layout, s, a, rules):
    """One step on a grid, rule by rule: s_next, r, terminated.

    rules: r_boundary, r_forbidden, r_target, r_other, wall, ends, bump_adds_forbidden
    """
    rows, cols = len(layout), len(layout[0])
    row, col = s // cols, s % cols
    here = layout[row][col]
    new_row = row - 1 if a == UP else row + 1 if a == DOWN else row
    new_col = col + 1 if a == RIGHT else col - 1 if a == LEFT else col
    if new_row < 0 or new_row == rows or new_col < 0 or new_col == cols:
        reward = rules["r_boundary"]
        if rules["bump_adds_forbidden"] and here == "#":
            reward += rules["r_forbidden"]
        new_row, new_col = row, col
    elif layout[new_row][new_col] == "T":
        reward = rules["r_target"]
    elif layout[new_row][new_col] == "#":
        reward = rules["r_forbidden"]
        if rules["wall"]:
            new_row, new_col = row, col
    else:
        reward = rules["r_other"]
    ends = rules["ends"] and layout[new_row][new_col] == "T"
    return new_row * cols + new_col, reward, ends


def slope(function, theta, h=1e-5):
    """The gradient of function() in theta, by central differences; theta is written into."""
    slopes = []
    for k, x in enumerate(theta.copy()):
        theta[k] = x + h
        up = np.asarray(function())
        theta[k] = x - h
        slopes.append((up - function()) / (2 * h))
        theta[k] = x
    return np.array(slopes)
