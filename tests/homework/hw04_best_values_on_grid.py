"""What students write for best_values_on_grid."""

import numpy as np


def right_map(env, gamma):
    w, h = env.env_size
    v = np.zeros((h, w))
    while True:
        new = np.zeros((h, w))
        for y in range(h):
            for x in range(w):
                q = []
                for action in env.action_space:
                    (nx, ny), r = env._get_next_state_and_reward((x, y), action)
                    q.append(r + gamma * v[ny, nx])
                new[y, x] = max(q)
        if np.abs(new - v).max() < 1e-8:
            return new
        v = new


def right_dict_in_place(env, gamma):
    states = [(x, y) for x in range(env.env_size[0]) for y in range(env.env_size[1])]
    V = dict.fromkeys(states, 0.0)
    delta = 1
    while delta > 1e-7:
        delta = 0
        for state in states:
            old, best = V[state], -np.inf
            for action in env.action_space:
                env.agent_state = state
                to, reward, _, _ = env.step(action)
                best = max(best, reward + gamma * V[to])
            V[state] = best
            delta = max(delta, abs(old - best))
    return V


def right_columns_first_float32(env, gamma):
    w, h = env.env_size
    P, R = _model(env)
    v = np.zeros(w * h)
    for _ in range(250):
        v = (R + gamma * P @ v).max(1)
    return v.reshape(h, w).T.astype(np.float32)


class right_policy_iteration:  # noqa: N801
    def __init__(self, env, gamma):
        P, R = _model(env)
        s, a = np.arange(len(R)), np.zeros(len(R), dtype=int)
        for _ in range(100):
            v = np.linalg.solve(np.eye(len(R)) - gamma * P[s, a], R[s, a])
            q = R + gamma * P @ v
            a = np.where(q[s, a] < q.max(1) - 1e-9, q.argmax(1), a)
        self.v = v

    def __iter__(self):
        return iter(self.v.reshape(-1, 1))


def _model(env, states=None):
    w, h = env.env_size
    P, R = np.zeros((w * h, 5, w * h)), np.zeros((w * h, 5))
    for s, a in np.ndindex(*R.shape):
        env.agent_state = (s % w, s // w)
        (x, y), R[s, a], _, _ = env.step(env.action_space[a])
        P[s, a, y * w + x] = 1
    return P, R


def _target(env):
    return env.target_state[1] * env.env_size[0] + env.target_state[0]


def _iterate(step, env, n=250):
    v = np.zeros(env.num_states)
    for _ in range(n):
        v = step(v)
    return v


def done_is_an_end(env, gamma):
    """(3.1): the target is taken for an end"""
    w, h = env.env_size
    v = np.zeros(w * h)
    for _ in range(250):
        new = np.zeros(w * h)
        for s in range(w * h):
            q = []
            for action in env.action_space:
                env.agent_state = (s % w, s // w)
                (x, y), r, done, _ = env.step(action)
                q.append(r if done else r + gamma * v[y * w + x])
            new[s] = max(q)
        v = new
    return v


def target_worth_nothing(env, gamma):
    """(3.1): the target is worth 0, as if"""
    P, R = _model(env)

    def step(v):
        v = (R + gamma * P @ v).max(1)
        v[_target(env)] = 0
        return v

    return _iterate(step, env)


def no_gamma(env, gamma):
    """(3.1): gamma is forgotten"""
    P, R = _model(env)
    return _iterate(lambda v: (R + P @ v).max(1), env)


def gamma_outside(env, gamma):
    """(3.1): gamma multiplies the reward"""
    P, R = _model(env)
    return _iterate(lambda v: gamma * (R + P @ v).max(1), env)


def mean(env, gamma):
    """(3.1): the mean of the actions"""
    P, R = _model(env)
    return _iterate(lambda v: (R + gamma * P @ v).mean(1), env)


def smallest(env, gamma):
    """(3.1): the worst action"""
    P, R = _model(env)
    return _iterate(lambda v: (R + gamma * P @ v).min(1), env)


def taken_apart(env, gamma):
    """(3.1): the best reward and the best future"""
    P, R = _model(env)
    return _iterate(lambda v: R.max(1) + gamma * (P @ v).max(1), env)


def from_zero(env, gamma):
    """(3.1): the search for the best begins at 0"""
    P, R = _model(env)
    return _iterate(lambda v: (R + gamma * P @ v).max(1, initial=0), env)


def ten_sweeps(env, gamma):
    """(3.1): it ends too early"""
    P, R = _model(env)
    return _iterate(lambda v: (R + gamma * P @ v).max(1), env, n=10)


def no_reward(env, gamma):
    """(3.1): the reward is left out"""
    return np.zeros(env.num_states)


def rewards_only(env, gamma):
    """(3.1): the future is left out"""
    return _model(env)[1].max(1)


def forbidden_as_in_the_book(env, gamma):
    """(3.1): forbidden cells can be entered"""
    P, R = _model(env)
    w, h = env.env_size
    for s, a in np.ndindex(*R.shape):
        x, y = s % w + env.action_space[a][0], s // w + env.action_space[a][1]
        if (x, y) in env.forbidden_states:
            P[s, a] = np.eye(w * h)[y * w + x]
    return _iterate(lambda v: (R + gamma * P @ v).max(1), env)


def not_put_back(env, gamma):
    """(3.1): the agent is not put back"""
    w, h = env.env_size
    v = np.zeros(w * h)
    for _ in range(250):
        new = np.full(w * h, -np.inf)
        for s in range(w * h):
            env.agent_state = (s % w, s // w)
            for action in env.action_space:
                (x, y), r, _, _ = env.step(action)
                new[s] = max(new[s], r + gamma * v[y * w + x])
        v = new
    return v


def boundary_is_free(env, gamma):
    """(3.1): the boundary pays reward_step"""
    P, R = _model(env)
    w, h = env.env_size
    for s, a in np.ndindex(*R.shape):
        x, y = s % w + env.action_space[a][0], s // w + env.action_space[a][1]
        if not (0 <= x < w and 0 <= y < h):
            R[s, a] = env.reward_step
    return _iterate(lambda v: (R + gamma * P @ v).max(1), env)


def _tables(env):
    """Rewards and numbers of next states."""
    w, h = env.env_size
    R, to = np.zeros((w * h, 5)), np.zeros((w * h, 5), dtype=int)
    for s, a in np.ndindex(R.shape):
        env.agent_state = (s % w, s // w)
        (x, y), R[s, a], _, _ = env.step(env.action_space[a])
        to[s, a] = y * w + x
    return R, to


def old_is_new(env, gamma):
    """(3.1): only one sweep is made, in place"""
    R, to = _tables(env)
    v = np.zeros(len(R))
    while True:
        new = v
        for s in range(len(v)):
            new[s] = max(R[s, a] + gamma * v[to[s, a]] for a in range(5))
        if np.abs(new - v).max() < 1e-6:
            return new


def one_sweep(env, gamma):
    """(3.1): the future is left out, or only one sweep"""
    R, to = _tables(env)
    return np.max(R + gamma * np.zeros(len(R))[to], axis=1)


def actions_for_values(env, gamma):
    """(3.1): the numbers of the best actions"""
    R, to = _tables(env)
    v = np.zeros(len(R))
    for _ in range(200):
        v = (R + gamma * v[to]).max(1)
    return (R + gamma * v[to]).argmax(1)


def next_by_columns(env, gamma):
    """(3.1): next states are numbered x * rows + y"""
    R, to = _tables(env)
    w, h = env.env_size
    to = to % w * h + to // w
    v = np.zeros(len(R))
    for _ in range(200):
        v = (R + gamma * v[to]).max(1)
    return v


def never_placed(env, gamma):
    """(3.1): the agent is never put in the state"""
    w, h = env.env_size
    found = [env.step(a) for _ in range(w * h) for a in env.action_space]
    R = np.reshape([step[1] for step in found], (w * h, 5))
    to = np.reshape([step[0][1] * w + step[0][0] for step in found], (w * h, 5))
    v = np.zeros(w * h)
    for _ in range(200):
        v = (R + gamma * v[to]).max(1)
    return v
