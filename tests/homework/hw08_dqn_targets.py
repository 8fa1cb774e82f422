"""What students write for dqn_targets."""

import numpy as np


def right_loops(r, terminated, truncated, q_next, q_next_T, gamma):
    y = []
    for i in range(len(r)):
        if terminated[i]:
            y.append(r[i])
        else:
            y.append(r[i] + gamma * max(q_next_T[i]))
    return y


def right_where(r, terminated, truncated, q_next, q_next_T, gamma):
    return np.where(terminated, r, r + gamma * np.amax(q_next_T, axis=-1))


def right_generator(r, terminated, truncated, q_next, q_next_T, gamma):
    for r_i, end, q in zip(r, terminated, q_next_T, strict=True):
        yield r_i + (0 if end else gamma * q.max())


def right_float32_column(r, terminated, truncated, q_next, q_next_T, gamma):
    r, q = np.float32(r)[:, None], np.float32(q_next_T)
    return r + np.float32(gamma) * q.max(1, keepdims=True) * ~terminated[:, None]


def no_gamma(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): gamma is forgotten"""
    return r + ~terminated * q_next_T.max(axis=1)


def no_end(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the end is not seen"""
    return [r[i] + gamma * max(q_next_T[i]) for i in range(len(r))]


def cut_is_end(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): an episode that is only cut off"""
    done = np.logical_or(terminated, truncated)
    return r + gamma * (1 - done) * q_next_T.max(axis=1)


def own_network(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the values of the network in use"""
    return r + gamma * (1 - terminated) * q_next.max(axis=1)


def double(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the network in use chooses the action"""
    best = np.argmax(q_next, axis=1)
    return r + gamma * (1 - terminated) * np.array([q[b] for q, b in zip(q_next_T, best)])  # noqa: B905


def double_turned(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the target network chooses the action"""
    best = np.argmax(q_next_T, axis=1)
    return r + gamma * (1 - terminated) * q_next[np.arange(len(r)), best]


def wrong_axis(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the maximum is taken over the batch"""
    return r + gamma * (1 - terminated) * np.max(q_next_T, axis=0)


def no_axis(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): one maximum is taken"""
    return r + gamma * (1 - terminated) * np.max(q_next_T)


def mean(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the mean of the actions"""
    return r + gamma * (1 - terminated) * q_next_T.mean(axis=1)


def arg(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the number of the best action"""
    return r + gamma * (1 - terminated) * np.argmax(q_next_T, axis=1)


def reward_lost(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): after the end the reward is lost"""
    y = np.zeros(len(r))
    for i in range(len(r)):
        if not terminated[i]:
            y[i] = r[i] + gamma * q_next_T[i].max()
    return y


def no_reward(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): the reward is left out"""
    return gamma * (1 - terminated) * q_next_T.max(axis=1)


def turned(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): terminated is read the wrong way round"""
    return r + gamma * terminated * q_next_T.max(axis=1)


def wrong_flag(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): terminated is forgotten"""
    return r + gamma * np.where(truncated, 0, q_next_T.max(axis=1))


def smaller(r, terminated, truncated, q_next, q_next_T, gamma):
    """the target in (8.38): of both networks the smaller value"""
    q = np.where(q_next < q_next_T, q_next, q_next_T)
    return r + gamma * np.where(terminated, 0, q.max(axis=1))
