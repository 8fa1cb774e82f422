"""What students write for implicit_reward."""

import math

import numpy as np


def right_loop(pi, pi_ref, beta):
    return [beta * math.log(p / q) for p, q in zip(pi, pi_ref, strict=True)]


def right_difference(pi, pi_ref, beta):
    return beta * (np.log(pi) - np.log(pi_ref))


def right_float32_generator(pi, pi_ref, beta):
    for p, q in zip(np.float32(pi), np.float32(pi_ref), strict=True):
        yield np.float32(beta) * np.log(p / q)


def upside_down(pi, pi_ref, beta):
    """the implicit reward: the ratio is upside down"""
    return beta * np.log(pi_ref / pi)


def no_beta(pi, pi_ref, beta):
    """the implicit reward: beta is forgotten"""
    return np.log(pi) - np.log(pi_ref)


def divided(pi, pi_ref, beta):
    """the implicit reward: the logarithm is divided by beta"""
    return np.log(pi / pi_ref) / beta


def no_log(pi, pi_ref, beta):
    """the implicit reward: the logarithm is left out"""
    return beta * np.divide(pi, pi_ref)


def no_reference(pi, pi_ref, beta):
    """the implicit reward: the reference is left out"""
    return beta * np.log(pi)


def subtracted(pi, pi_ref, beta):
    """the implicit reward: the probabilities are subtracted"""
    return [beta * (p - q) for p, q in zip(pi, pi_ref, strict=True)]


def ratio_of_logs(pi, pi_ref, beta):
    """the implicit reward: the logarithms are divided"""
    return beta * np.log(pi) / np.log(pi_ref)


def kl_terms(pi, pi_ref, beta):
    """the implicit reward: each entry is weighted by pi"""
    return beta * pi * np.log(pi / pi_ref)


def inside(pi, pi_ref, beta):
    """the implicit reward: beta stands inside"""
    return np.log(beta * pi / pi_ref)


def centred(pi, pi_ref, beta):
    """the implicit reward: the mean is subtracted"""
    r = beta * np.log(pi / pi_ref)
    return r - r.mean()


def base_two(pi, pi_ref, beta):
    """the implicit reward: the logarithm has base 2"""
    return beta * (np.log2(pi) - np.log2(pi_ref))
