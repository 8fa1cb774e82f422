"""What students write for dpo_loss."""

import math

import numpy as np


def right_loop(chosen, rejected, ref_chosen, ref_rejected, beta):
    losses = []
    for c, r, rc, rr in zip(chosen, rejected, ref_chosen, ref_rejected, strict=True):
        z = beta * ((c - rc) - (r - rr))
        losses.append(math.log1p(math.exp(-z)) if z > 0 else -z + math.log1p(math.exp(z)))
    return losses


def right_log_ratios(chosen, rejected, ref_chosen, ref_rejected, beta):
    policy, reference = chosen - rejected, ref_chosen - ref_rejected
    return np.logaddexp(0, beta * (reference - policy))


def right_rewards_float32(chosen, rejected, ref_chosen, ref_rejected, beta):
    reward = np.float32(beta) * np.float32(chosen - ref_chosen)
    other = np.float32(beta) * np.float32(rejected - ref_rejected)
    z = reward - other
    return (np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z))))[:, None]


def _minus_log_sigmoid(z):
    return np.logaddexp(0, -z)


def swapped(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: chosen and rejected are exchanged"""
    return _minus_log_sigmoid(beta * ((rejected - ref_rejected) - (chosen - ref_chosen)))


def reference_first(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: chosen and rejected are exchanged, or policy and reference"""
    return _minus_log_sigmoid(beta * ((ref_chosen - chosen) - (ref_rejected - rejected)))


def no_beta(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: beta is forgotten"""
    return _minus_log_sigmoid((chosen - ref_chosen) - (rejected - ref_rejected))


def beta_outside(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: beta stands outside of sigma"""
    return beta * _minus_log_sigmoid((chosen - ref_chosen) - (rejected - ref_rejected))


def divided(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: h is divided by beta"""
    return _minus_log_sigmoid(((chosen - ref_chosen) - (rejected - ref_rejected)) / beta)


def no_reference(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the reference is left out"""
    return _minus_log_sigmoid(beta * (chosen - rejected))


def reference_added(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the reference is added"""
    return _minus_log_sigmoid(beta * ((chosen - rejected) + (ref_chosen - ref_rejected)))


def policy_swapped(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: chosen and rejected are exchanged in the policy only"""
    return _minus_log_sigmoid(beta * ((rejected - ref_chosen) - (chosen - ref_rejected)))


def overflow(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: exp overflows"""
    z = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return -np.log(1 / (1 + np.exp(-z)))


def uphill(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the minus is forgotten"""
    return -np.logaddexp(0, -beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))


def no_log(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the logarithm is left out"""
    z = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return -1 / (1 + np.exp(-z))


def chosen_only(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: only the chosen answer is seen"""
    return _minus_log_sigmoid(beta * (chosen - ref_chosen))


def beta_on_policy(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: beta multiplies the policy's part alone"""
    return _minus_log_sigmoid(beta * (chosen - rejected) - (ref_chosen - ref_rejected))


def ratios_of_logs(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the log-probabilities are divided"""
    return _minus_log_sigmoid(beta * (chosen / ref_chosen - rejected / ref_rejected))


def one_sigma_each(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: each answer has a sigma of its own"""
    first = _minus_log_sigmoid(beta * (chosen - ref_chosen))
    return first + _minus_log_sigmoid(beta * (ref_rejected - rejected))


def no_copy(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the reference is the policy itself"""
    ref_chosen, ref_rejected = chosen, rejected
    return _minus_log_sigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))


def parentheses(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the last sign in h is wrong"""
    return _minus_log_sigmoid(beta * (chosen - ref_chosen - rejected - ref_rejected))


def added(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the two log-ratios are added"""
    reward, other = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    return _minus_log_sigmoid(reward + other)


def chance(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: sigma(beta h) itself is returned"""
    h = chosen - rejected - ref_chosen + ref_rejected
    return np.exp(-np.logaddexp(0, -beta * h))


def h_cut(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: h is cut to [-50, 50]"""
    h = np.clip((chosen - ref_chosen) - (rejected - ref_rejected), -50, 50)
    return np.log1p(np.exp(-beta * h))


def exponent_cut(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: beta h is cut to [-500, 500]"""
    h = (chosen - ref_chosen) - (rejected - ref_rejected)
    return -np.log(1 / (1 + np.exp(-np.clip(beta * h, -500, 500))))


def plain_ratios(chosen, rejected, ref_chosen, ref_rejected, beta):
    """the DPO loss: the ratios themselves are subtracted"""
    h = np.exp(chosen - ref_chosen) - np.exp(rejected - ref_rejected)
    return _minus_log_sigmoid(beta * h)
