"""What students write for return_on_grid."""

import numpy as np


def right_for_loop(env, pi, gamma, n):
    state = env.reset()[0]
    rewards = []
    for _ in range(n):
        row = pi[state[1] * env.env_size[0] + state[0]]
        action = env.action_space[int(np.flatnonzero(row)[0])]
        state, reward, done, _info = env.step(action)
        rewards.append(reward)
        if done:
            break
    return sum(gamma**k * r for k, r in enumerate(rewards))


def right_dict_policy_and_drawing(env, pi, gamma, n):
    columns, rows = env.env_size
    env.reset()
    env.render()
    policy = {
        (x, y): env.action_space[int(np.argmax(pi[y * columns + x]))]
        for x in range(columns)
        for y in range(rows)
    }
    G, factor, done = 0.0, 1.0, False
    while n and not done:
        _, reward, done, _ = env.step(policy[tuple(env.agent_state)])
        env.add_policy(pi)
        G, factor, n = G + factor * reward, factor * gamma, n - 1
    return np.array([G], dtype=np.float32)


def right_without_step(env, pi, gamma, n):
    (x, y), _ = env.reset()
    G = 0
    for k in range(n):
        a = env.action_space[pi[y * env.env_size[0] + x].argmax()]
        (x, y), r = env._get_next_state_and_reward((x, y), a)
        G += gamma**k * r
        if (x, y) == env.target_state:
            return G
    return G


class _Walk:
    """A walk with one thing done otherwise."""

    reset, stop, first, row = True, True, 0, staticmethod(lambda x, y, w, h: y * w + x)
    order, steps = (0, 1, 2, 3, 4), 0

    def __init__(self, env, pi, gamma, n):
        state = env.reset()[0] if self.reset else env.agent_state
        self.rewards, k = [], 0
        while k < n + self.steps:
            row = self.row(*state, *env.env_size)
            action = self.order[int(pi[row].argmax())]
            state, reward, done, _ = env.step(env.action_space[action])
            self.rewards.append(reward)
            k += 1
            if done and self.stop:
                break
        self.gamma = gamma

    def value(self):
        return sum(self.gamma**k * r for k, r in enumerate(self.rewards, start=self.first))


def no_reset(env, pi, gamma, n):
    """The rule "the walk begins with reset": reset is not called"""
    walk = type("Walk", (_Walk,), {"reset": False})(env, pi, gamma, n)
    return walk.value()


def never_done(env, pi, gamma, n):
    """The rule "stop when done or after n steps": done is not looked at"""
    return type("Walk", (_Walk,), {"stop": False})(env, pi, gamma, n).value()


def gamma_from_the_first(env, pi, gamma, n):
    """(1.3): the first reward is multiplied"""
    return type("Walk", (_Walk,), {"first": 1})(env, pi, gamma, n).value()


def no_gamma(env, pi, gamma, n):
    """(1.3): gamma is forgotten"""
    return sum(_Walk(env, pi, gamma, n).rewards)


def target_not_counted(env, pi, gamma, n):
    """(1.3): the last reward is left out"""
    G, discount, k = 0, 1, 0
    state, _ = env.reset()
    _state, reward, done, _ = env.step(
        env.action_space[pi[state[1] * env.env_size[0] + state[0]].argmax()]
    )
    while not done and k < n - 1:
        G += discount * reward
        discount *= gamma
        k += 1
        x, y = env.agent_state
        _, reward, done, _ = env.step(env.action_space[pi[y * env.env_size[0] + x].argmax()])
    return G


def backwards(env, pi, gamma, n):
    """(1.3): discounted backwards"""
    G = 0
    for r in _Walk(env, pi, gamma, n).rewards:
        G = gamma * G + r
    return G


def last_reward_only(env, pi, gamma, n):
    """(1.3): only the last term"""
    rewards = _Walk(env, pi, gamma, n).rewards
    return gamma ** (len(rewards) - 1) * rewards[-1]


def x_is_the_row(env, pi, gamma, n):
    """The rule "every action is that of the policy": the row of pi is counted column by column"""
    row = staticmethod(lambda x, y, w, h: x * h + y)
    return type("Walk", (_Walk,), {"row": row})(env, pi, gamma, n).value()


def book_order(env, pi, gamma, n):
    """The rule "every action is that of the policy": the actions are taken in the book's order"""
    return type("Walk", (_Walk,), {"order": (2, 1, 0, 3, 4)})(env, pi, gamma, n).value()


def same_action(env, pi, gamma, n):
    """The rule "every action is that of the policy": the state is not updated"""
    (x, y), _ = env.reset()
    G = 0
    for k in range(n):
        _, r, done, _ = env.step(env.action_space[pi[y * env.env_size[0] + x].argmax()])
        G += gamma**k * r
        if done:
            break
    return G


def one_more(env, pi, gamma, n):
    """The rule "stop when done or after n steps": one step too many"""
    (x, y), _ = env.reset()
    G, k, over = 0, 0, False
    while True:
        last = over or k == n
        _, r, over, _ = env.step(env.action_space[pi[y * env.env_size[0] + x].argmax()])
        x, y = env.agent_state
        G += gamma**k * r
        k += 1
        if last:
            return G


def one_step(env, pi, gamma, n):
    """The rule "stop when done or after n steps": only one step"""
    (x, y), _ = env.reset()
    _, r, _, _ = env.step(env.action_space[pi[y * env.env_size[0] + x].argmax()])
    return r


def n_minus_one(env, pi, gamma, n):
    """The rule "stop when done or after n steps": one step too few"""
    return type("Walk", (_Walk,), {"steps": -1})(env, pi, gamma, n).value()


def n_and_one_more(env, pi, gamma, n):
    """The rule "stop when done or after n steps": one step too many"""
    return type("Walk", (_Walk,), {"steps": 1})(env, pi, gamma, n).value()


def two_more(env, pi, gamma, n):
    """The rule "stop when done or after n steps": the walk is over when"""
    return type("Walk", (_Walk,), {"steps": 2})(env, pi, gamma, n).value()


def until_done(env, pi, gamma, n):
    """The rule "stop when done or after n steps": n is not looked at"""
    (x, y), _ = env.reset()
    seen, rewards = set(), []
    while (x, y) not in seen:  # else it would go on for ever
        seen.add((x, y))
        a = np.flatnonzero(pi[x + y * env.env_size[0]])[0]
        (x, y), r, done, _ = env.step(env.action_space[a])
        rewards.append(r)
        if done:
            return rewards @ gamma ** np.arange(len(rewards))
    env.reset()
    env.log.clear()
    return right_for_loop(env, pi, gamma, n)


def break_before_the_sum(env, pi, gamma, n):
    """(1.3): the reward of the step that is done"""
    s, _ = env.reset()
    total, factor = 0.0, 1.0
    for _ in range(n):
        a = env.action_space[int(pi[s[1] * env.env_size[0] + s[0]].argmax())]
        s, r, over, _ = env.step(a)
        if over:
            return total
        total, factor = total + factor * r, factor * gamma
    return total
