"""What students write for ddpg_targets."""

import numpy as np


def _act(theta, s, high):
    return np.clip(np.einsum("mn,bn->bm", theta, s), -high, high)


def _q(W, s, a):
    x = np.hstack([s, a])
    return np.array([row @ W @ row for row in x])


def right_loops(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    y = []
    for k in range(len(r)):
        if terminated[k]:
            y.append(r[k])
            continue
        a = [max(-high, min(high, float(row @ s_next[k]))) for row in theta_T]
        x = np.concatenate([s_next[k], a])
        y.append(r[k] + gamma * (x @ W_T @ x))
    return y


def right_vectorised(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    a = _act(theta_T, s_next, high)
    x = np.concatenate([s_next, a], axis=-1)
    return r + gamma * (1 - terminated) * np.einsum("bi,ij,bj->b", x, W_T, x)


def right_float32_column(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    s = s_next.astype(np.float32)
    q = _q(W_T.astype(np.float32), s, _act(theta_T.astype(np.float32), s, high))
    y = np.where(terminated, r, r + gamma * q)
    return y.astype(np.float32).reshape(-1, 1)


def right_generator(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    q = _q(W_T, s_next, _act(theta_T, s_next, high))
    for reward, end, value in zip(r, terminated, q, strict=True):
        yield reward if end else reward + gamma * value


def no_gamma(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: gamma is forgotten"""
    return r + (1 - terminated) * _q(W_T, s_next, _act(theta_T, s_next, high))


def always(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the value of s_next is kept where the episode terminated"""
    return r + gamma * _q(W_T, s_next, _act(theta_T, s_next, high))


def done(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: truncated is taken for terminated"""
    over = np.logical_or(terminated, truncated)
    return np.where(over, r, r + gamma * _q(W_T, s_next, _act(theta_T, s_next, high)))


def only_truncated(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the value of s_next is dropped where the episode is truncated"""
    return r + gamma * (1 - truncated) * _q(W_T, s_next, _act(theta_T, s_next, high))


def times_terminated(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: terminated and 1 - terminated are exchanged"""
    return r + gamma * terminated * _q(W_T, s_next, _act(theta_T, s_next, high))


def no_targets(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the networks themselves are asked"""
    return r + gamma * (1 - terminated) * _q(W, s_next, _act(theta, s_next, high))


def critic_target_only(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the actor itself is asked"""
    return r + gamma * (1 - terminated) * _q(W_T, s_next, _act(theta, s_next, high))


def actor_target_only(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the critic itself is asked"""
    return r + gamma * (1 - terminated) * _q(W, s_next, _act(theta_T, s_next, high))


def not_cut(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the actions are not cut"""
    return r + gamma * (1 - terminated) * _q(W_T, s_next, s_next @ theta_T.T)


def cut_above(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the actions are cut from above only"""
    a = s_next @ theta_T.T
    a[a > high] = high
    return r + gamma * (1 - terminated) * _q(W_T, s_next, a)


def cut_at_one(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the actions are cut to [-1, 1]"""
    return r + gamma * (1 - terminated) * _q(W_T, s_next, _act(theta_T, s_next, 1))


def squashed(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: tanh takes the place of the cut"""
    a = high * np.tanh(s_next @ theta_T.T)
    return r + gamma * (1 - terminated) * _q(W_T, s_next, a)


def reward_lost(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the reward is lost where the episode terminated"""
    return (1 - terminated) * (r + gamma * _q(W_T, s_next, _act(theta_T, s_next, high)))


def discounted_reward(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: gamma multiplies the reward, too"""
    return gamma * (r + (1 - terminated) * _q(W_T, s_next, _act(theta_T, s_next, high)))


def no_reward(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: the reward is left out"""
    return gamma * (1 - terminated) * _q(W_T, s_next, _act(theta_T, s_next, high))


def rows_as_columns(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: theta is transposed"""
    a = np.clip(s_next @ theta_T, -high, high)
    return r + gamma * (1 - terminated) * _q(W_T, s_next, a)


def action_first(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's target: a comes before s in x"""
    a = _act(theta_T, s_next, high)
    return r + gamma * (1 - terminated) * _q(W_T, a, s_next)
