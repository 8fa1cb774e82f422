"""The laws of deep Q-learning in homework 8: the targets and the loss of a batch. [Zhao 8.4]"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.laws import Law
from rlbook.homework.tasks.hw08_steps import CUT, END, TURNED
from rlbook.homework.worlds import Case


def targets(
    v_next: Callable[[Any, Any], Any] = lambda q_next, q_next_T: q_next_T.max(1),
    on: Callable[[Any, Any], Any] = lambda terminated, truncated: 1.0 - terminated,
    whole: Callable[..., Any] = lambda r, gamma, on, v: r + gamma * on * v,
) -> Callable[..., Any]:
    """The targets of a batch, with parts that may be wrong."""
    return lambda r, terminated, truncated, q_next, q_next_T, gamma: whole(
        r, gamma, on(terminated, truncated), v_next(q_next, q_next_T)
    )


TARGETS = Law(
    "the target in (8.38)",
    targets(),
    {
        "gamma is forgotten": targets(whole=lambda r, gamma, on, v: r + on * v),
        END: targets(on=lambda terminated, truncated: 1),
        CUT: targets(on=lambda terminated, truncated: 1.0 - (terminated | truncated)),
        "the values of the network in use are taken, and not those of the target network": targets(
            lambda q_next, q_next_T: q_next.max(1)
        ),
        "the network in use chooses the action: that is Double DQN": targets(
            lambda q_next, q_next_T: q_next_T[np.arange(len(q_next)), q_next.argmax(1)]
        ),
        "the target network chooses the action, and the network in use values it": targets(
            lambda q_next, q_next_T: q_next[np.arange(len(q_next)), q_next_T.argmax(1)]
        ),
        "of both networks the smaller value is taken: that is clipped double Q-learning": targets(
            lambda q_next, q_next_T: np.minimum(q_next, q_next_T).max(1)
        ),
        "the maximum is taken over the batch (axis 0), and not over the actions of each step": (
            targets(lambda q_next, q_next_T: q_next_T.max(0))
        ),
        "one maximum is taken, over the whole batch": targets(
            lambda q_next, q_next_T: q_next_T.max()
        ),
        "the mean of the actions is taken, and not the best": targets(
            lambda q_next, q_next_T: q_next_T.mean(1)
        ),
        "the sum of the actions is taken, and not the best": targets(
            lambda q_next, q_next_T: q_next_T.sum(1)
        ),
        "the target is the reward alone: the next state is left out": targets(
            whole=lambda r, gamma, on, v: r
        ),
        "the next value is subtracted, and not added": targets(
            whole=lambda r, gamma, on, v: r - gamma * on * v
        ),
        "the worst action is taken, and not the best": targets(
            lambda q_next, q_next_T: q_next_T.min(1)
        ),
        "the number of the best action is taken (argmax), and not its value": targets(
            lambda q_next, q_next_T: q_next_T.argmax(1)
        ),
        "after the end the reward is lost, too: the target is r there, and not 0": targets(
            whole=lambda r, gamma, on, v: on * (r + gamma * v)
        ),
        "the reward is left out": targets(whole=lambda r, gamma, on, v: gamma * on * v),
        "gamma multiplies the reward, too": targets(
            whole=lambda r, gamma, on, v: gamma * (r + on * v)
        ),
        TURNED: targets(on=lambda terminated, truncated: terminated),
        "terminated is forgotten, and truncated is taken for it": targets(
            on=lambda terminated, truncated: 1.0 - truncated
        ),
    },
)


def taken(q: Any, a: Any) -> Any:
    """The values of the actions that were taken, (B,)."""
    return q[np.arange(len(a)), a]


def huber(q: Any, a: Any, y: Any) -> Any:
    """Half the square of errors below 1; of larger ones the size less 1/2."""
    error = np.abs(y - taken(q, a))
    return np.where(error < 1, error**2 / 2, error - 0.5).mean()


LOSS = Law(
    "(8.37)",
    lambda q, a, y: ((y - taken(q, a)) ** 2).mean(),
    {
        "targets of shape (B,) and values of shape (B, 1) are subtracted: that makes a table "
        "(B, B), each target against each value, and no error message": (
            lambda q, a, y: ((y - taken(q, a)[:, None]) ** 2).mean()
        ),
        "the sum over the batch is taken, and not the mean": lambda q, a, y: (
            (y - taken(q, a)) ** 2
        ).sum(),
        "half the square is taken": lambda q, a, y: ((y - taken(q, a)) ** 2).mean() / 2,
        "the square is forgotten: the mean of the errors is taken": lambda q, a, y: (
            y - taken(q, a)
        ).mean(),
        "the square is forgotten: the mean of the errors is taken, value minus target": (
            lambda q, a, y: (taken(q, a) - y).mean()
        ),
        "absolute errors are taken, and not squares": lambda q, a, y: np.abs(
            y - taken(q, a)
        ).mean(),
        "the root is taken at the end": lambda q, a, y: np.sqrt(((y - taken(q, a)) ** 2).mean()),
        "the mean error is squared, and not each error": lambda q, a, y: (
            (y - taken(q, a)).mean() ** 2
        ),
        "the best action is taken, and not the one of the step": lambda q, a, y: (
            (y - q.max(1)) ** 2
        ).mean(),
        "all actions are compared with the target, and not the one of the step": lambda q, a, y: (
            (y[:, None] - q) ** 2
        ).mean(),
        "the sum over the actions is compared with the target": lambda q, a, y: (
            (y - q.sum(1)) ** 2
        ).mean(),
        "the mean over the actions is compared with the target": lambda q, a, y: (
            (y - q.mean(1)) ** 2
        ).mean(),
        "the sum of squares is divided by the number of entries of q (B times A), and not by B": (
            lambda q, a, y: ((y - taken(q, a)) ** 2).sum() / q.size
        ),
        "step and action are exchanged in the index of q": lambda q, a, y: (
            (y - q[a, np.arange(len(a))]) ** 2
        ).mean(),
        "q[:, a] is a table (B, B): the actions of all steps in each state of the batch": (
            lambda q, a, y: ((y - q[:, a]) ** 2).mean()
        ),
        "large errors count by their size, and not by their square: that is the Huber loss": huber,
        "the largest square of the batch is taken, and not the mean": lambda q, a, y: (
            (y - taken(q, a)) ** 2
        ).max(),
        "the signs are lost in the difference: target and value are added": lambda q, a, y: (
            (y + taken(q, a)) ** 2
        ).mean(),
    },
)


def batch(draw: Draw) -> tuple[int, Case]:
    """As many steps as actions: so a wrong axis is a wrong number, and not an error."""
    n = draw.between(1, 3)
    ends = [draw.pick(((False, False), (True, False), (False, True))) for _ in range(n)]
    terminated, truncated = np.array(ends).T
    return n, {"r": draw.numbers(n), "terminated": terminated, "truncated": truncated}
