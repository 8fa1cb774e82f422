"""Which gain has an actor learned? To be held against the best one, `LinearQuadratic.gain`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from rlbook.checks import FloatArray

if TYPE_CHECKING:
    from rlbook.ddpg import DDPG
    from rlbook.functions.parametric import Parametric


def gain_of(actor: Parametric) -> FloatArray:
    """K (m, n) of mu(s) = -K s near s = 0: minus the slope, by the chain rule.

    actor    an MLP of n inputs and m outputs; its gradient is left alone
    """
    n, m = actor.sizes[0], actor.n_out
    actor(np.zeros((m, n)))
    return -actor.backward(np.eye(m), weights=False).astype(float)


def learned_gains(agent: DDPG, learning: Iterable[Any], total: int) -> FloatArray:
    """K after every 50 pieces of experience, in ever smaller steps at last: (total // 50, m, n).

        alpha_k = alpha min(1, 2.02 - 2 k / total),    k = 1, ..., total

    learning    learn(agent, experience), perhaps with a progress around it
    total       how many pieces of experience there are
    """
    first = [(adam, adam.lr) for adam in (agent.actor_step, *agent.critic_steps)]
    gains = []
    for k, _ in enumerate(learning, start=1):
        for adam, lr in first:
            adam.lr = lr * min(1.0, 2.02 - 2 * k / total)
        if k % 50 == 0:
            gains.append(gain_of(agent.actor))
    return np.array(gains)
