"""What students write for dpo_gradient."""

import numpy as np


def _softmax(theta):
    e = np.exp(theta - theta.max())
    return e / e.sum()


def _h(theta, pi_ref, chosen, rejected):
    ratio = np.log(_softmax(theta) / pi_ref)
    return ratio[chosen] - ratio[rejected]


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _spread(weights, chosen, rejected, Y):
    g = np.zeros(Y)
    for w, c, r in zip(weights, chosen, rejected, strict=True):
        g[c] -= w / len(chosen)
        g[r] += w / len(chosen)
    return g


def right_loops(theta, pi_ref, chosen, rejected, beta):
    grad = [0.0] * len(theta)
    for c, r in zip(chosen, rejected, strict=True):
        h = (theta[c] - np.log(pi_ref[c])) - (theta[r] - np.log(pi_ref[r]))
        weight = beta * _sigmoid(-beta * h) / len(chosen)
        grad[c] -= weight
        grad[r] += weight
    return grad


def right_scores(theta, pi_ref, chosen, rejected, beta):
    pi = _softmax(theta)
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    score_c = np.eye(len(pi))[chosen] - pi
    score_r = np.eye(len(pi))[rejected] - pi
    return -(weight @ (score_c - score_r)) / len(weight)


def right_add_at_float32(theta, pi_ref, chosen, rejected, beta):
    weight = np.float32(beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected)) / len(chosen))
    g = np.zeros(len(theta), dtype=np.float32)
    np.add.at(g, chosen, -weight)
    np.add.at(g, rejected, weight)
    return g


def right_differences(theta, pi_ref, chosen, rejected, beta):
    def loss(theta):
        return np.logaddexp(0, -beta * _h(theta, pi_ref, chosen, rejected)).mean()

    e = 1e-4 * np.eye(len(theta))
    return [(loss(theta + d) - loss(theta - d)) / 2e-4 for d in e]


def wrong_weight(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the weight is sigma(+beta h)"""
    weight = beta * _sigmoid(beta * _h(theta, pi_ref, chosen, rejected))
    return _spread(weight, chosen, rejected, len(theta))


def uphill(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the sign is wrong"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return _spread(weight, rejected, chosen, len(theta))


def unweighted(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the weight sigma(-beta h) is left out"""
    return _spread([beta] * len(chosen), chosen, rejected, len(theta))


def no_factor(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the factor beta is forgotten"""
    weight = _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return _spread(weight, chosen, rejected, len(theta))


def no_beta_inside(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: beta is forgotten inside of sigma"""
    weight = beta * _sigmoid(-_h(theta, pi_ref, chosen, rejected))
    return _spread(weight, chosen, rejected, len(theta))


def no_beta(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: beta is forgotten in both places"""
    weight = _sigmoid(-_h(theta, pi_ref, chosen, rejected))
    return _spread(weight, chosen, rejected, len(theta))


def no_reference(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the reference is left out"""
    log_pi = np.log(_softmax(theta))
    weight = beta * _sigmoid(-beta * (log_pi[chosen] - log_pi[rejected]))
    return _spread(weight, chosen, rejected, len(theta))


def reference_without_log(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the logarithm of pi_ref is forgotten"""
    x = np.log(_softmax(theta)) - pi_ref
    return _spread(beta * _sigmoid(-beta * (x[chosen] - x[rejected])), chosen, rejected, len(theta))


def total(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the sum over the pairs"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return len(chosen) * _spread(weight, chosen, rejected, len(theta))


def chosen_only(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: only the chosen answer moves"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return -np.bincount(chosen, weight, len(theta)) / len(chosen)


def half_of_the_score(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the gradient of ln pi(chosen) stands alone"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return -(weight[:, None] * (np.eye(len(theta))[chosen] - _softmax(theta))).mean(axis=0)


def fancy_index(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: an answer that comes in several pairs moves once"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected)) / len(chosen)
    g = np.zeros(len(theta))
    g[chosen] -= weight
    g[rejected] += weight
    return g


def gradient_of_pi(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the gradient of pi is taken"""
    pi = _softmax(theta)
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    jacobian = np.diag(pi) - np.outer(pi, pi)
    return -(weight[:, None] * (jacobian[chosen] - jacobian[rejected])).mean(axis=0)


def first_pair(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: only the first pair"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected))
    return _spread(weight[:1], chosen[:1], rejected[:1], len(theta))


def no_copy(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the reference is the policy itself"""
    weight = beta * _sigmoid(-beta * _h(theta, _softmax(theta), chosen, rejected))
    return _spread(weight, chosen, rejected, len(theta))


def same_way(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: chosen and rejected move the same way"""
    weight = beta * _sigmoid(-beta * _h(theta, pi_ref, chosen, rejected)) / len(chosen)
    g = np.zeros(len(theta))
    np.subtract.at(g, chosen, weight)
    np.subtract.at(g, rejected, weight)
    return g


def derivative(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: the derivative of sigma is the weight"""
    p = _sigmoid(beta * _h(theta, pi_ref, chosen, rejected))
    return _spread(beta * p * (1 - p), chosen, rejected, len(theta))


def divided(theta, pi_ref, chosen, rejected, beta):
    """the gradient of the DPO loss: h is divided by beta"""
    weight = beta * _sigmoid(-_h(theta, pi_ref, chosen, rejected) / beta)
    return _spread(weight, chosen, rejected, len(theta))
