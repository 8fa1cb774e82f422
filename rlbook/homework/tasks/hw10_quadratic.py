"""A linear actor and a quadratic critic: what they do, and how it goes wrong. [Zhao 10.4]

    mu(s) = theta s              q(s, a) = x^T W x,    x = [s, a]

W need not be symmetric: the slope of q in x is (W + W^T) x. All functions take one s or a batch.
"""

from functools import partial

import numpy as np

from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw10_laws import SIGN, td, with_wrong_errors, wrong_sign


def both(s, a):
    """s and a side by side."""
    return np.concatenate([s, a], axis=-1)


def q(W, s, a):
    """What the critic says."""
    x = both(s, a)
    return (x @ W * x).sum(-1)


def mu(theta, s):
    """What the actor does."""
    return s @ theta.T


def flipped(theta):
    """theta the other way round, where that has the same shape."""
    return theta.T if theta.shape[0] == theta.shape[1] else np.nan * theta


def slope(W, s, a):
    """grad_a q(s, a)."""
    return (both(s, a) @ (W + W.T))[..., s.shape[-1] :]


def squares(x):
    """x x^T, the gradient of q in W."""
    return x[..., :, None] * x[..., None, :]


def mu_then_q(theta, W, s, a, slope=slope, at_mu=True):
    """grad mu(s) grad_a q(s, a) at a = mu(s), of the shape of theta."""
    g = slope(W, s, mu(theta, s) if at_mu else a)
    return g[..., :, None] * s[..., None, :]


def transposed(theta, W, s, a):
    """The other way round, where that has the same shape."""
    g = np.swapaxes(mu_then_q(theta, W, s, a), -1, -2)
    return g if g.shape[-2:] == theta.shape else np.nan * theta


def in_states(W, s, a):
    """The slope in s, where s is as long as a."""
    g = (both(s, a) @ (W + W.T))[..., : s.shape[-1]]
    return g if g.shape == a.shape else np.nan * a


SLOPES = {
    "grad_a q is taken at the action of the step, and not at a = mu(s)": partial(
        mu_then_q, at_mu=False
    ),
    "the value q(s, mu(s)) is followed, and not its slope in a": partial(
        mu_then_q, slope=lambda W, s, a: q(W, s, a)[..., None] + 0 * a
    ),
    "the gradient is transposed: row i, column j belongs to action i and state j": transposed,
    "mu(s) is computed with theta transposed": lambda theta, W, s, a: mu_then_q(
        flipped(theta), W, s, a
    ),
    "grad mu(s) is left out: by the chain rule s must come in": lambda theta, W, s, a: (
        slope(W, s, mu(theta, s))[..., :, None] + 0 * s[..., None, :]
    ),
    "grad_a q is left out: the slope of the critic must come in": lambda theta, W, s, a: mu_then_q(
        theta, W, s, a, slope=lambda W, s, a: 1 + 0 * a
    ),
    "the slope of x^T W x is taken as W x; it is (W + W^T) x": partial(
        mu_then_q, slope=lambda W, s, a: (both(s, a) @ W.T)[..., s.shape[-1] :]
    ),
    "the slope of x^T W x is taken as 2 W x: that holds for a symmetric W only": partial(
        mu_then_q, slope=lambda W, s, a: 2 * (both(s, a) @ W.T)[..., s.shape[-1] :]
    ),
    "the slope of x^T W x is taken as W^T x; it is (W + W^T) x": partial(
        mu_then_q, slope=lambda W, s, a: (both(s, a) @ W)[..., s.shape[-1] :]
    ),
    "the slope of q in s is taken, and not the slope in a": partial(mu_then_q, slope=in_states),
    "only the square of a is differentiated: where q joins s and a, a slope is lost": partial(
        mu_then_q, slope=lambda W, s, a: slope(W, 0 * s, a)
    ),
    "the sign is wrong: it goes downhill, and must go uphill": lambda *args: -mu_then_q(*args),
}
"""What is thought to be grad mu(s) grad_a q."""


def critic(theta, W, step, gamma, alpha_theta, alpha_w, *, error=td, follows=mu):
    """The critic after one step."""
    s, a, r, s_next, *end = step
    delta = error(r, q(W, s, a), q(W, s_next, follows(theta, s_next)), gamma, *end)
    return W + alpha_w * delta * squares(both(s, a))


def actor(theta, W, step, gamma, alpha_theta, alpha_w, *, gradient=mu_then_q):
    """The actor after one step."""
    return theta + alpha_theta * gradient(theta, W, step[0], step[1])


def error_of(theta, W, step, gamma):
    """The TD error."""
    s, a, r, s_next, *end = step
    return td(r, q(W, s, a), q(W, s_next, mu(theta, s_next)), gamma, *end)


def of_actor(theta, W, step, *others):
    """The critic, if the step had been made by the actor."""
    s, _, *rest = step
    return critic(theta, W, (s, mu(theta, s), *rest), *others)


def moves_both(theta, W, step, gamma, alpha_theta, alpha_w):
    """The critic, if the target is differentiated, too."""
    s_next, terminated = step[3], step[4]
    x = both(s_next, mu(theta, s_next))
    change = alpha_w * error_of(theta, W, step, gamma) * gamma * (1 - terminated) * squares(x)
    return critic(theta, W, step, gamma, alpha_theta, alpha_w) - change


CRITIC = Law(
    "Algorithm 10.4, critic",
    critic,
    {
        **with_wrong_errors(critic),
        SIGN: partial(critic, error=wrong_sign),
        "the action of the step is taken in s_next, too, and not mu(s_next)": (
            lambda theta, W, step, *others: critic(
                theta, W, step, *others, follows=lambda theta, s: step[1]
            )
        ),
        "mu(s) is taken in s, and not the action of the step": of_actor,
        "mu(s) is taken in the TD error, and not the action of the step": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: W + alpha_w * error_of(
                theta, W, (step[0], mu(theta, step[0]), *step[2:]), gamma
            ) * squares(both(step[0], step[1]))
        ),
        "the gradient of q in W is taken at mu(s), and not at the action of the step": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: W
            + alpha_w
            * error_of(theta, W, step, gamma)
            * squares(both(step[0], mu(theta, step[0])))
        ),
        "the actor's new theta is in the target; both use theta as it was before": (
            lambda theta, W, *others: critic(actor(theta, W, *others), W, *others)
        ),
        "the step is twice as long: the gradient of x^T W x in W is x x^T, without a 2": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: critic(
                theta, W, step, gamma, alpha_theta, 2 * alpha_w
            )
        ),
        "the target is differentiated, too; it is a number, it has no gradient": moves_both,
        "the critic moves by the actor's step size": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: (
                critic(theta, W, step, gamma, alpha_theta, alpha_theta)
            )
        ),
        "the gradient of q in W is left out": lambda theta, W, *others: (
            W + others[3] * error_of(theta, W, *others[:2])
        ),
        "the critic does not move": lambda theta, W, *others: W,
    },
)  # fmt: skip

ACTOR = Law(
    "Algorithm 10.4, actor",
    actor,
    {
        "the critic's new W is taken; both use W as it was before": (
            lambda theta, W, *others: actor(theta, critic(theta, W, *others), *others)
        ),
        **{name: partial(actor, gradient=wrong) for name, wrong in SLOPES.items()},
        "the TD error comes in; the deterministic gradient has none": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: (
                theta
                + alpha_theta
                * error_of(theta, W, step, gamma)
                * mu_then_q(theta, W, step[0], step[1])
            )
        ),
        "the actor moves by the critic's step size": (
            lambda theta, W, step, gamma, alpha_theta, alpha_w: actor(
                theta, W, step, gamma, alpha_w, alpha_w
            )
        ),
        "the step size is forgotten": lambda theta, W, step, gamma, alpha_theta, alpha_w: actor(
            theta, W, step, gamma, 1, alpha_w
        ),
        "the gradient is taken in s_next, and not in s": (
            lambda theta, W, step, *others: actor(theta, W, (step[3], *step[1:]), *others)
        ),
        "the actor does not move": lambda theta, W, *others: theta,
    },
)
