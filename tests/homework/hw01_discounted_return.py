"""What students write for discounted_return."""

import numpy as np


def right_backwards(rewards, gamma):
    G = 0
    for r in reversed(rewards):
        G = r + gamma * G
    return G


def right_dot(rewards, gamma):
    return np.dot(rewards, np.power(gamma, range(len(rewards))))


def right_float32_array(rewards, gamma):
    factor, total = np.float32(1), np.zeros(1, dtype=np.float32)
    for r in rewards.astype(np.float32):
        total += factor * r
        factor *= np.float32(gamma)
    return total


def right_recursive(rewards, gamma):
    if len(rewards) == 0:
        return 0.0
    return rewards[0] + gamma * right_recursive(rewards[1:], gamma)


def plain_sum(rewards, gamma):
    """(1.3): gamma is forgotten"""
    return sum(rewards)


def from_one(rewards, gamma):
    """(1.3): the first reward is multiplied by gamma"""
    return sum(gamma**k * r for k, r in enumerate(rewards, start=1))


def forwards(rewards, gamma):
    """(1.3): discounted backwards"""
    G = 0
    for r in rewards:
        G = r + gamma * G
    return G


def last_missing(rewards, gamma):
    """(1.3): the last reward is left out"""
    G = 0
    for k in range(len(rewards) - 1):
        G += gamma**k * rewards[k]
    return G


def first_missing(rewards, gamma):
    """(1.3): the first reward is left out"""
    return sum(gamma**k * r for k, r in enumerate(rewards[1:]))


def first_skipped(rewards, gamma):
    """(1.3): the first reward is left out, and the others keep"""
    G = 0
    for k in range(1, len(rewards)):
        G += gamma**k * rewards[k]
    return G


def no_powers(rewards, gamma):
    """(1.3): gamma stands for its powers"""
    return rewards[0] + sum(gamma * r for r in rewards[1:])


def times(rewards, gamma):
    """(1.3): gamma times t"""
    return sum(gamma * k * r for k, r in enumerate(rewards))


def overwritten(rewards, gamma):
    """(1.3): only the last term is kept"""
    for k, r in enumerate(rewards):
        G = gamma**k * r
    return G


def average(rewards, gamma):
    """(1.3): the sum is divided"""
    return np.mean([gamma**k * r for k, r in enumerate(rewards)])


def whole_sum(rewards, gamma):
    """(1.3): the whole sum is multiplied by gamma"""
    return gamma * np.sum(rewards)


def return_in_the_loop(rewards, gamma):
    """(1.3): the loop ends after the first reward"""
    G = 0
    for k, r in enumerate(rewards):
        G += gamma**k * r
        return G
    return G


def for_ever(rewards, gamma):
    """(1.3): the last reward is paid again and again"""
    G = rewards[-1] / (1 - gamma)
    for r in rewards[-2::-1]:
        G = r + gamma * G
    return G
