"""What the parts of DDPG must do, and how they go wrong. [Lillicrap et al. 2016]"""

from functools import partial

import numpy as np

from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw10_quadratic import SLOPES, both, flipped, mu, mu_then_q, q, squares


def targets(
    r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high, *,
    cut=lambda a, high: np.clip(a, -high, high), ends=lambda terminated, truncated: terminated,
):  # fmt: skip
    """The targets of a batch."""
    a = cut(mu(theta_T, s_next), high)
    return r + gamma * np.where(ends(terminated, truncated), 0, q(W_T, s_next, a))


ARGUMENTS = ("r", "s_next", "terminated", "truncated", "theta", "W", "theta_T", "W_T", "gamma")


def changed(**changes):
    """The targets with some arguments changed: each change is a function of the right ones."""

    def wrong(*args):
        *named, high = args
        right = dict(zip(ARGUMENTS, named, strict=True))
        return targets(
            **{**right, **{name: change(right) for name, change in changes.items()}}, high=high
        )

    return wrong


TARGETS = Law(
    "DDPG's target",
    targets,
    {
        "gamma is forgotten": changed(gamma=lambda x: 1),
        "the value of s_next is kept where the episode terminated; there it is zero": partial(
            targets, ends=lambda terminated, truncated: False
        ),
        "truncated is taken for terminated: after a limit of time the future still counts": (
            partial(targets, ends=lambda terminated, truncated: terminated | truncated)
        ),
        "the value of s_next is dropped where the episode is truncated, and kept where it "
        "terminated": partial(targets, ends=lambda terminated, truncated: truncated),
        "terminated and 1 - terminated are exchanged: the value of s_next is kept at the end, and "
        "lost before it": partial(targets, ends=lambda terminated, truncated: ~terminated),
        "the networks themselves are asked, and not the target networks": changed(
            theta_T=lambda x: x["theta"], W_T=lambda x: x["W"]
        ),
        "the actor itself is asked, and not its target network": changed(
            theta_T=lambda x: x["theta"]
        ),
        "the critic itself is asked, and not its target network": changed(
            W_T=lambda x: x["W"]
        ),
        "theta is transposed: mu(s) = theta s, so for rows s @ theta.T": changed(
            theta_T=lambda x: flipped(x["theta_T"])
        ),
        "the actions are not cut to [-high, high]": partial(targets, cut=lambda a, high: a),
        "the actions are cut from above only": partial(targets, cut=np.minimum),
        "the actions are cut to [0, high]": partial(
            targets, cut=lambda a, high: np.clip(a, 0, high)
        ),
        "the actions are cut to [-1, 1], whatever high is": partial(
            targets, cut=lambda a, high: np.clip(a, -1, 1)
        ),
        "tanh takes the place of the cut": partial(
            targets, cut=lambda a, high: high * np.tanh(a)
        ),
        "a comes before s in x": lambda r, s_next, end, cut, theta, W, theta_T, W_T, gamma, high: (
            r
            + gamma * ~end * q(W_T, np.clip(mu(theta_T, s_next), -high, high), s_next)
        ),
        "the reward is left out": changed(r=lambda x: 0 * x["r"]),
        "the future is left out": lambda r, *others: r,
        "gamma multiplies the reward, too": changed(r=lambda x: x["gamma"] * x["r"]),
        "the reward is lost where the episode terminated": lambda r, s_next, terminated, *others: (
            np.where(terminated, 0, targets(r, s_next, terminated, *others))
        ),
        "the value of s_next is subtracted": changed(gamma=lambda x: -x["gamma"]),
    },
)  # fmt: skip


def critic_slope(W, s, a, y, weight=lambda q, y: q - y, mean=np.mean):
    """The gradient of the critic's loss."""
    x = both(s, a)
    return mean(weight(q(W, s, a), y)[:, None, None] * squares(x), axis=0)


CRITIC_SLOPE = Law(
    "the critic's loss",
    critic_slope,
    {
        "the sign is wrong: it is y - q, as for a step of the critic": partial(
            critic_slope, weight=lambda q, y: y - q
        ),
        "the sum over the batch is taken, and not the mean": partial(critic_slope, mean=np.sum),
        "the gradient is twice as large: 1/2 in the loss is forgotten": partial(
            critic_slope, weight=lambda q, y: 2 * (q - y)
        ),
        "the gradient is half as large: the square gives a factor 2, which cancels 1/2": partial(
            critic_slope, weight=lambda q, y: (q - y) / 2
        ),
        "every q is compared with every y: (B, 1) - (B,) is a table (B, B)": partial(
            critic_slope, weight=lambda q, y: q - y.mean()
        ),
        "every y is compared with every q: (B,) - (B, 1) is a table (B, B)": partial(
            critic_slope, weight=lambda q, y: q.mean() - y
        ),
        "the error q - y is left out: that is the gradient of q": partial(
            critic_slope, weight=lambda q, y: 1 + 0 * y
        ),
        "only the sign of the error counts": partial(
            critic_slope, weight=lambda q, y: np.sign(q - y)
        ),
        "the target is added, and not subtracted": partial(critic_slope, weight=lambda q, y: q + y),
        "the target is left out": partial(critic_slope, weight=lambda q, y: q),
        "W x stands in the place of the first x: the gradient of x^T W x in W is x x^T": (
            lambda W, s, a, y: (
                np.einsum("b,bi,bj->ij", q(W, s, a) - y, both(s, a) @ W.T, both(s, a)) / len(y)
            )
        ),
        "W^T x stands in the place of the first x: the gradient of x^T W x in W is x x^T": (
            lambda W, s, a, y: (
                np.einsum("b,bi,bj->ij", q(W, s, a) - y, both(s, a) @ W, both(s, a)) / len(y)
            )
        ),
        "the error is squared, and not the derivative of its square taken": partial(
            critic_slope, weight=lambda q, y: (q - y) ** 2
        ),
        "the gradient of q is left out": lambda W, s, a, y: (q(W, s, a) - y).mean() + 0 * W,
        "the mean error and the mean gradient of q are taken apart": partial(
            critic_slope, weight=lambda q, y: (q - y).mean() + 0 * y
        ),
        "the action is left out of x: its rows and columns are zero": lambda W, s, a, y: (
            critic_slope(W, s, a, y) * squares(both(0 * s[0] + 1, 0 * a[0]))
        ),
        "a comes before s in x": lambda W, s, a, y: critic_slope(W, a, s, y),
        "only the first step of the batch is seen": lambda W, s, a, y: critic_slope(
            W, s[:1], a[:1], y[:1]
        ),
        "only the last step of the batch is seen": lambda W, s, a, y: critic_slope(
            W, s[-1:], a[-1:], y[-1:]
        ),
        "the gradient is W itself times the error: the gradient of x^T W x in W is x x^T": (
            lambda W, s, a, y: (q(W, s, a) - y).mean() * W
        ),
    },
)


def mean_of(gradient, mean=np.mean):
    """The mean of it over a batch."""

    def law(theta, W, s, a):
        return mean(gradient(theta, W, s, a), axis=0)

    return law


ACTOR_SLOPE = Law(
    "the actor's gradient",
    mean_of(mu_then_q),
    {
        "the sum over the batch is taken, and not the mean": mean_of(mu_then_q, np.sum),
        **{name: mean_of(wrong) for name, wrong in SLOPES.items()},
        "the mean of the slopes and the mean of the states are taken apart": (
            lambda theta, W, s, a: np.outer(
                ((both(s, mu(theta, s)) @ (W + W.T))[:, s.shape[1] :]).mean(0), s.mean(0)
            )
        ),
        "only the first step of the batch is seen": lambda theta, W, s, a: mean_of(mu_then_q)(
            theta, W, s[:1], a
        ),
        "only the last step of the batch is seen": lambda theta, W, s, a: mean_of(mu_then_q)(
            theta, W, s[-1:], a
        ),
    },
)


TRACKING = Law(
    "the soft update",
    lambda theta_T, theta, tau: (1 - tau) * theta_T + tau * theta,
    {
        "tau and 1 - tau are exchanged": lambda theta_T, theta, tau: (
            tau * theta_T + (1 - tau) * theta
        ),
        "the target is copied": lambda theta_T, theta, tau: theta,
        "the target does not move": lambda theta_T, theta, tau: theta_T,
        "the old target keeps its full weight: 1 - tau is forgotten": (
            lambda theta_T, theta, tau: theta_T + tau * theta
        ),
        "the new parameters have full weight: tau is forgotten": lambda theta_T, theta, tau: (
            (1 - tau) * theta_T + theta
        ),
        "the target moves away: the sign is wrong": lambda theta_T, theta, tau: (
            theta_T - tau * (theta - theta_T)
        ),
        "the new parameters are subtracted": lambda theta_T, theta, tau: (
            (1 - tau) * theta_T - tau * theta
        ),
        "the target moves by tau times the target, and not towards theta": (
            lambda theta_T, theta, tau: theta_T + tau * theta_T
        ),
        "the mean of both is taken, whatever tau is": lambda theta_T, theta, tau: (
            (theta_T + theta) / 2
        ),
        "the network is moved, and not the target": lambda theta_T, theta, tau: (
            theta - tau * (theta_T - theta)
        ),
        "only tau times the new parameters is left": lambda theta_T, theta, tau: tau * theta,
        "only 1 - tau times the old parameters is left": lambda theta_T, theta, tau: (
            (1 - tau) * theta_T
        ),
    },
)


STEPS = Law(
    "the number of steps",
    lambda N: N,
    {
        "one step too many is made": lambda N: N + 1,
        "one step too few is made": lambda N: N - 1,
    },
)


def over(log):
    """Where an episode was over."""
    return (log[:, 4] + log[:, 5]) > 0


def walks_on(log, start):
    """The states in which steps begin."""
    return np.append(start, np.where(over(log[:-1]), start, log[:-1, 3]))


WALK = Law(
    "the walk",
    walks_on,
    {
        "reset is called after each step; it must be called where an episode is over": (
            lambda log, start: start + 0 * log[:, 0]
        ),
    },
)


def since_reset(log):
    """How many steps of its episode are before each step."""
    k = np.arange(len(log))
    first = np.append(True, over(log[:-1]))
    return k - np.maximum.accumulate(np.where(first, k, 0))


def never_reset(log):
    """The states, if s becomes s_next at an end, too."""
    return np.append(log[:1, 0], log[:-1, 3])


def explores(log, theta, noise, high, add=lambda mu, x, high: np.clip(mu + x, -high, high)):
    """The actions that should have been taken, in the states that came."""
    return add(theta * log[:, 0], noise, high)


TAKEN = Law(
    "the rule for a",
    explores,
    {
        "the action is not cut to [-high, high]": partial(explores, add=lambda mu, x, high: mu + x),
        "theta s is cut, and then the noise is added": partial(
            explores, add=lambda mu, x, high: np.clip(mu, -high, high) + x
        ),
        "the noise is cut, and not the action": partial(
            explores, add=lambda mu, x, high: mu + np.clip(x, -high, high)
        ),
        "the noise is left out": partial(
            explores, add=lambda mu, x, high: np.clip(mu, -high, high)
        ),
        "theta is forgotten": lambda log, theta, noise, high: explores(log, 1, noise, high),
        "the noise is subtracted": partial(
            explores, add=lambda mu, x, high: np.clip(mu - x, -high, high)
        ),
        "the action is noise alone": partial(
            explores, add=lambda mu, x, high: np.clip(x, -high, high)
        ),
        "the noise is a factor, and not added": partial(
            explores, add=lambda mu, x, high: np.clip(mu * x, -high, high)
        ),
        "the action is cut from above only": partial(
            explores, add=lambda mu, x, high: np.minimum(mu + x, high)
        ),
        "the action is cut to [0, high]": partial(
            explores, add=lambda mu, x, high: np.clip(mu + x, 0, high)
        ),
        "the action is cut to [-1, 1], whatever high is": partial(
            explores, add=lambda mu, x, high: np.clip(mu + x, -1, 1)
        ),
        "the noise begins anew in each episode": lambda log, theta, noise, high: explores(
            log, theta, noise[since_reset(log)], high
        ),
        "after an end the actor sees the state that ended the episode: reset returns a new one": (
            lambda log, theta, noise, high: np.clip(theta * never_reset(log) + noise, -high, high)
        ),
        "every step has the noise of the first": lambda log, theta, noise, high: explores(
            log, theta, noise[:1], high
        ),
        "the actor sees the first state again and again: s must become s_next": (
            lambda log, theta, noise, high: np.clip(theta * log[0, 0] + noise, -high, high)
        ),
        "tanh takes the place of the cut": partial(
            explores, add=lambda mu, x, high: high * np.tanh(mu + x)
        ),
    },
)


STORED = {
    "s": Law(
        "the memory of s",
        lambda log, theta, noise, start, high: log[:, 0],
        {
            "s is overwritten before it is stored: s_next stands in its place": (
                lambda log, theta, noise, start, high: log[:, 3]
            ),
            "the first state of the next episode is stored: reset comes before": (
                lambda log, theta, noise, start, high: np.where(over(log), start, log[:, 0])
            ),
            "after an end the state that ended the episode is stored: reset returns a new one": (
                lambda log, theta, noise, start, high: never_reset(log)
            ),
            "the first state is stored again and again": lambda log, theta, noise, start, high: (
                0 * log[:, 0] + start
            ),
        },
    ),
    "a": Law(
        "the memory of a",
        lambda log, theta, noise, start, high: log[:, 1],
        {
            "the action is stored as it was before it was cut": (
                lambda log, theta, noise, start, high: theta * log[:, 0] + noise
            ),
            "the action is stored without its noise": lambda log, theta, noise, start, high: (
                theta * log[:, 0]
            ),
            "the action is stored without its noise, and cut": (
                lambda log, theta, noise, start, high: np.clip(theta * log[:, 0], -high, high)
            ),
            "the noise is stored in place of the action": lambda log, theta, noise, start, high: (
                noise
            ),
            "the actor's action in s_next is stored": lambda log, theta, noise, start, high: (
                theta * log[:, 3]
            ),
        },
    ),
    "r": Law(
        "the memory of r",
        lambda log, theta, noise, start, high: log[:, 2],
        {
            "the rewards are summed up": lambda log, theta, noise, start, high: log[:, 2].cumsum(),
            "the reward of the step before is stored": lambda log, theta, noise, start, high: (
                np.concatenate([[0], log[:-1, 2]])
            ),
        },
    ),
    "s_next": Law(
        "the memory of s_next",
        lambda log, theta, noise, start, high: log[:, 3],
        {
            "after an end, the first state of the next episode is stored": (
                lambda log, theta, noise, start, high: np.where(over(log), start, log[:, 3])
            ),
            "s is stored in its place": lambda log, theta, noise, start, high: log[:, 0],
            "zero is stored where the episode is over": lambda log, theta, noise, start, high: (
                np.where(over(log), 0, log[:, 3])
            ),
            "zero is stored where the episode terminated": lambda log, theta, noise, start, high: (
                np.where(log[:, 4], 0, log[:, 3])
            ),
        },
    ),
    "terminated": Law(
        "the memory of terminated",
        lambda log, theta, noise, start, high: log[:, 4],
        {
            "truncated is taken for terminated: the end is stored where time was over": (
                lambda log, theta, noise, start, high: over(log)
            ),
            "truncated is stored, and not terminated": lambda log, theta, noise, start, high: log[
                :, 5
            ],
            "1 - terminated is stored": lambda log, theta, noise, start, high: 1 - log[:, 4],
            "it is stored that no episode ever terminated": lambda log, theta, noise, start, high: (
                0 * log[:, 4]
            ),
        },
    ),
}
"""The parts of what is stored, by the log of the world."""
