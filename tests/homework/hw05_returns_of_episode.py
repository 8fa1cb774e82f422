"""What students write for returns_of_episode."""

import numpy as np


def right_sum_for_each_step(rewards, gamma):
    T = len(rewards)
    return [sum(gamma ** (k - t) * rewards[k] for k in range(t, T)) for t in range(T)]


def right_matrix(rewards, gamma):
    T = len(rewards)
    far = np.arange(T)[None, :] - np.arange(T)[:, None]
    return np.where(far >= 0, gamma ** np.maximum(far, 0), 0) @ rewards


def right_recursion_with_lists(rewards, gamma):
    if len(rewards) == 0:
        return []
    rest = right_recursion_with_lists(rewards[1:], gamma)
    return [rewards[0] + gamma * (rest[0] if rest else 0), *rest]


def right_float32_column(rewards, gamma):
    g = np.zeros((len(rewards), 1), dtype=np.float32)
    g[-1] = rewards[-1]
    for t in range(len(rewards) - 2, -1, -1):
        g[t] = rewards[t] + np.float32(gamma) * g[t + 1]
    return g


class right_class:  # noqa: N801
    def __init__(self, rewards, gamma):
        self.rewards, self.gamma = rewards, gamma

    def __array__(self, dtype=None, copy=None):
        g, out = 0, []
        for r in self.rewards[::-1]:
            g = g * self.gamma + r
            out.insert(0, g)
        return np.array(out)


def undiscounted(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): gamma is forgotten"""
    return np.cumsum(rewards[::-1])[::-1]


def gamma_around_all(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): gamma multiplies the reward of the step"""
    g, out = 0, []
    for r in rewards[::-1]:
        g = gamma * (r + g)
        out.append(g)
    return out[::-1]


def begins_at_the_first(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the episode is walked from its first"""
    g, out = 0, []
    for r in rewards:
        g = r + gamma * g
        out.append(g)
    return out


def last_one_dropped(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the last step is dropped"""
    T = len(rewards)
    g = np.zeros(T)
    for t in range(T - 2, -1, -1):
        g[t] = rewards[t] + gamma * g[t + 1]
    return g


def discounted_from_the_start(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): each reward is discounted from the start"""
    T = len(rewards)
    return [sum(gamma**k * rewards[k] for k in range(t, T)) for t in range(T)]


def own_reward_missing(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the reward of the step itself is left out"""
    T = len(rewards)
    return [sum(gamma ** (k - t) * rewards[k] for k in range(t + 1, T)) for t in range(T)]


def one_late(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the return of the next step is taken"""
    g, out = 0, []
    for r in reversed(rewards):
        out.append(g)
        g = r + gamma * g
    return out[::-1]


def two_terms(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): only one more reward is looked at"""
    padded = [*rewards, 0]
    return [padded[t] + gamma * padded[t + 1] for t in range(len(rewards))]


def no_future(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the reward of the step is taken"""
    return list(rewards)


def one_for_all(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the return of the whole episode"""
    g = 0
    for k, r in enumerate(rewards):
        g += gamma**k * r
    return np.ones(len(rewards)) * g


def not_turned_round(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the returns are in the wrong order"""
    g, out = 0, []
    for r in reversed(rewards):
        g = r + gamma * g
        out.append(g)
    return out


def gamma_at_the_reward(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): gamma multiplies the reward, and not what"""
    g, out = 0, []
    for r in reversed(rewards):
        g = g + gamma * r
        out.append(g)
    return out[::-1]


def integers(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): the numbers are cut to whole numbers"""
    out, g = np.zeros(len(rewards), dtype=int), 0
    for t in range(len(rewards) - 1, -1, -1):
        g = rewards[t] + gamma * g
        out[t] = g
    return out


def integers_all_the_way(rewards, gamma):
    """g_t = r_{t+1} + gamma g_{t+1} (Algorithm 5.2): each return is cut"""
    out = np.array([0] * (len(rewards) + 1))
    for t in range(len(rewards) - 1, -1, -1):
        out[t] = rewards[t] + gamma * out[t + 1]
    return out[:-1]
