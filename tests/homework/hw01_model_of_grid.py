"""What students write for model_of_grid."""

import numpy as np


def right_two_loops(env):
    w, h = env.env_size
    P, R = np.zeros((w * h, 5, w * h)), np.zeros((w * h, 5))
    for y in range(h):
        for x in range(w):
            for a in range(5):
                env.reset()
                env.agent_state = (x, y)
                state, reward, _, _ = env.step(env.action_space[a])
                P[y * w + x, a, state[1] * w + state[0]] += 1
                R[y * w + x, a] = reward
    return P, R


def right_lists_float32(env):
    states = [(x, y) for y in range(env.env_size[1]) for x in range(env.env_size[0])]
    asked = [[env._get_next_state_and_reward(s, a) for a in env.action_space] for s in states]
    P = np.array([[[to == s for s in states] for to, _ in row] for row in asked], dtype=np.float32)
    return [P, [[r for _, r in row] for row in asked]]


def right_columns_first(env):
    states = [(x, y) for x in range(env.env_size[0]) for y in range(env.env_size[1])]
    P, R = np.zeros((len(states), 5, len(states))), np.zeros((len(states), 5))
    for s, xy in enumerate(states):
        for a, action in enumerate(env.action_space):
            env.agent_state = xy
            to, R[s, a], _done, _info = env.step(action)
            P[s, a, states.index(to)] = 1
    return P, R


def right_rules(env):
    return _by_rules(env)


def _by_rules(env, blocked=True, boundary=None, wall=None, bump=None, orders=(0, 1, 2, 3, 4)):
    """By the rules as the student knows them."""
    w, h = env.env_size
    P, R = np.zeros((w * h, 5, w * h)), np.zeros((w * h, 5))
    for s in range(w * h):
        x, y = s % w, s // w
        for a, k in enumerate(orders):
            dx, dy = env.action_space[k]
            nx, ny = x + dx, y + dy
            if nx < 0 or ny < 0 or nx >= w or ny >= h:
                nx, ny = x, y
                r = env.reward_forbidden if boundary is None else boundary
            elif (nx, ny) in env.forbidden_states:
                r = env.reward_forbidden if wall is None else wall
                if blocked:
                    nx, ny = x, y
            elif (nx, ny) == env.target_state:
                r = env.reward_target
            else:
                r = env.reward_step
            if bump and (nx, ny) == env.target_state:
                r = env.reward_target
            P[s, a, ny * w + nx], R[s, a] = 1, r
    return P, R


def not_put_back(env):
    """P[s, a, s'] = p(s'|s, a): the agent is not put back"""
    w, h = env.env_size
    P, R = np.zeros((w * h, 5, w * h)), np.zeros((w * h, 5))
    for s in range(w * h):
        env.agent_state = (s % w, s // w)
        for a, action in enumerate(env.action_space):
            (x, y), R[s, a], _, _ = env.step(action)
            P[s, a, y * w + x] = 1
    return P, R


def book_order(env):
    """P[s, a, s'] = p(s'|s, a): the actions are in the book's order"""
    return _by_rules(env, orders=(2, 1, 0, 3, 4))


def ends_at_the_target(env):
    """P[s, a, s'] = p(s'|s, a): the target is taken for an end"""
    P, R = _by_rules(env)
    s = env.target_state[1] * env.env_size[0] + env.target_state[0]
    P[s], R[s] = 0, 0
    P[s, :, s] = 1
    return P, R


def forbidden_as_in_the_book(env):
    """P[s, a, s'] = p(s'|s, a): forbidden cells can be entered"""
    return _by_rules(env, blocked=False)


def transposed(env):
    """P[s, a, s'] = p(s'|s, a): state and next state are exchanged"""
    P, R = _by_rules(env)
    return np.swapaxes(P, 0, 2), R


def bumps_left_out(env):
    """P[s, a, s'] = p(s'|s, a): where an action leads nowhere"""
    w = env.env_size[0]
    P, R = np.zeros((env.num_states, 5, env.num_states)), np.zeros((env.num_states, 5))
    for s in range(env.num_states):
        for a, action in enumerate(env.action_space):
            env.agent_state = (s % w, s // w)
            (x, y), R[s, a], _, _ = env.step(action)
            if (x, y) != (s % w, s // w) or action == (0, 0):
                P[s, a, y * w + x] = 1
    return P, R


def target_skipped(env):
    """P[s, a, s'] = p(s'|s, a): the row of the target is left at 0"""
    P, R = _by_rules(env)
    s = env.target_state[1] * env.env_size[0] + env.target_state[0]
    P[s], R[s] = 0, 0
    return P, R


def rewards_in_p(env):
    """P[s, a, s'] = p(s'|s, a): rewards stand in P"""
    P, R = _by_rules(env)
    for s, a in np.ndindex(R.shape):
        P[s, a] = np.where(P[s, a] > 0, R[s, a], 0)
    return P, R


def next_state_pays(env):
    """R[s, a] = r(s, a): the reward of the next state alone"""
    return _by_rules(env, bump=True)


def boundary_for_nothing(env):
    """R[s, a] = r(s, a): the boundary pays reward_step"""
    return _by_rules(env, boundary=env.reward_step)


def walls_for_nothing(env):
    """R[s, a] = r(s, a): forbidden cells pay reward_step"""
    return _by_rules(env, wall=env.reward_step)


def nothing_in_the_target(env):
    """R[s, a] = r(s, a): in the target there is no reward"""
    P, R = _by_rules(env)
    R[env.target_state[1] * env.env_size[0] + env.target_state[0]] = 0
    return P, R


def always_ten_in_the_target(env):
    """R[s, a] = r(s, a): the target pays for every action"""
    P, R = _by_rules(env)
    R[env.target_state[1] * env.env_size[0] + env.target_state[0]] = env.reward_target
    return P, R


def never_placed(env):
    """P[s, a, s'] = p(s'|s, a): the agent is never put in the state"""
    w = env.env_size[0]
    P, R = np.zeros((env.num_states, 5, env.num_states)), np.zeros((env.num_states, 5))
    for s, a in np.ndindex(R.shape):
        (x, y), R[s, a], _, _ = env.step(env.action_space[a])
        P[s, a, w * y + x] = 1
    return P, R


def always_reset(env):
    """P[s, a, s'] = p(s'|s, a): the agent is put back to the start"""
    w = env.env_size[0]
    P, R = np.zeros((env.num_states, 5, env.num_states)), np.zeros((env.num_states, 5))
    for s in range(env.num_states):
        for a in range(5):
            env.reset()
            to, R[s, a], _, _ = env.step(env.action_space[a])
            P[s, a, w * to[1] + to[0]] = 1
    return P, R


def next_by_columns(env):
    """P[s, a, s'] = p(s'|s, a): next states are numbered x * rows + y"""
    P, R = right_two_loops(env)
    w, h = env.env_size
    wrong = np.zeros_like(P)
    for x in range(w):
        for y in range(h):
            wrong[:, :, x * h + y] = P[:, :, y * w + x]
    return wrong, R


def placed_in_x_y_exchanged(env):
    """P[s, a, s'] = p(s'|s, a): the agent is put in the wrong cell"""
    w, h = env.env_size
    P, R = np.zeros((w * h, 5, w * h)), np.zeros((w * h, 5))
    for s in range(w * h):
        for a, action in enumerate(env.action_space):
            env.agent_state = divmod(s, h)
            (x, y), R[s, a], _, _ = env.step(action)
            P[s, a, y * w + x] = 1
    return P, R


def paid_where_it_leads(env):
    """R[s, a] = r(s, a): the reward is written down for the state that is entered"""
    P, R = right_two_loops(env)
    wrong = np.zeros_like(R)
    for s, a in np.ndindex(R.shape):
        wrong[P[s, a].argmax(), a] = R[s, a]
    return P, wrong
