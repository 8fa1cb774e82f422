"""What students write for soft_update."""

import numpy as np


def right_loop(theta_T, theta, tau):
    return [old + tau * (new - old) for old, new in zip(theta_T, theta, strict=True)]


def right_in_place(theta_T, theta, tau):
    theta_T *= 1 - tau
    theta_T += tau * theta
    return theta_T


def right_float32_generator(theta_T, theta, tau):
    for old, new in zip(np.float32(theta_T), np.float32(theta), strict=True):
        yield np.float32(tau) * new + np.float32(1 - tau) * old


def exchanged(theta_T, theta, tau):
    """the soft update: tau and 1 - tau are exchanged"""
    return tau * theta_T + (1 - tau) * theta


def copied(theta_T, theta, tau):
    """the soft update: the target is copied"""
    theta_T[:] = theta
    return theta_T


def stands(theta_T, theta, tau):
    """the soft update: the target does not move"""
    theta = tau * theta + (1 - tau) * theta_T
    return theta_T


def full_old(theta_T, theta, tau):
    """the soft update: the old target keeps its full weight"""
    theta_T += tau * theta
    return theta_T


def full_new(theta_T, theta, tau):
    """the soft update: the new parameters have full weight"""
    return np.add((1 - tau) * theta_T, theta)


def away(theta_T, theta, tau):
    """the soft update: the target moves away"""
    return theta_T + tau * (theta_T - theta)


def half(theta_T, theta, tau):
    """the soft update: the mean of both is taken"""
    return np.mean([theta_T, theta], axis=0)


def only_new(theta_T, theta, tau):
    """the soft update: only tau times the new"""
    return [tau * x for x in theta]


def only_old(theta_T, theta, tau):
    """the soft update: only 1 - tau times the old"""
    return theta_T - tau * theta_T


def subtracted(theta_T, theta, tau):
    """the soft update: the new parameters are subtracted"""
    return theta_T - tau * (theta_T + theta)
