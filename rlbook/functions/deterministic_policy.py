"""What the methods with a deterministic policy share: a critic of s and a side by side.

    grad J = mean of grad mu(s, theta) grad_a q(s, a, w) at a = mu(s, theta)     [Zhao 10.4]

Algorithm 10.4 (actor_critic.py) and DDPG (ddpg.py) differ in what they learn the critic from, and
in how they step; this slope is the same.
"""

from __future__ import annotations

import numpy as np

from rlbook.checks import FloatArray
from rlbook.functions.parametric import Parametric
from rlbook.spaces import Action, State


def value_of(critic: Parametric, s: State, a: Action) -> FloatArray:
    """q(s, a): a number, or (B,) of a batch."""
    return critic(np.concatenate([s, a], axis=-1))[..., 0]


def slope_at_mu(actor: Parametric, critic: Parametric, s: State) -> FloatArray:
    """grad_a q(s, a) / B at a = mu(s), (B, m), for a batch s (B, n).

    `actor.backward` of it is the mean of grad mu(s) grad_a q. The critic's grad is left alone.
    """
    n, m = len(s), actor.n_out
    value_of(critic, s, actor(s))
    return critic.backward(np.full((n, 1), 1 / n), weights=False)[:, -m:]


def check_pair(critic: Parametric, n: int, m: int, box: type) -> None:
    """ValueError unless the critic takes n + m numbers and has a slope in them.

    box    gymnasium's Box, from the space of the caller
    """
    critic.check(box(-1.0, 1.0, (n + m,)), "the critic's input, s and a side by side,")
    critic(np.zeros((1, n + m)))
    if critic.backward(np.ones((1, 1)), weights=False) is None:
        raise ValueError(f"critic must have a slope in a, as an MLP has, got {critic.kind}")
