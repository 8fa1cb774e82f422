"""Homework 8: values that are functions of features. [Zhao chapter 8]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.task import Homework
from rlbook.homework.tasks import hw08_batches as batches
from rlbook.homework.tasks import hw08_least_squares as least_squares
from rlbook.homework.tasks.hw08_features import FOURIER, POLYNOMIAL
from rlbook.homework.tasks.hw08_steps import a_step, features
from rlbook.homework.tasks.hw08_updates import Q_LEARNING, SARSA, TD_LINEAR
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw08",
    "Value functions",
    chapter=8,
    about="A table is replaced by a function with a few weights. You write the features of a cell, "
    "the updates of TD-Linear, Sarsa and Q-learning with them, least-squares TD, and the targets "
    "and the loss of deep Q-learning. Two flags say why an episode is over: `terminated` means "
    "that the future is worth nothing, `truncated` that somebody stopped looking. Only the first "
    "of them changes a target.",
)


def cell_cases(draw: Draw) -> Case:
    """A cell of a grid, an order."""
    rows, cols = draw.between(2, 5), draw.between(2, 5)
    row, col = draw.index(rows), draw.index(cols)
    return {"row": row, "col": col, "rows": rows, "cols": cols, "order": draw.between(1, 3)}


CELL = {"a cell of the book's world": dict(row=3, col=1, rows=5, cols=5, order=3)}


@HOMEWORK.task(
    "eq:8.15", "eq:8.16", "eq:8.17",
    returns="phi", cases=cell_cases, known=CELL, law=POLYNOMIAL,
)  # fmt: skip
def polynomial_features(row, col, rows, cols, order):
    """The polynomial features of one cell of a grid.

        order 1:  [1, x, y]                                                               (8.15)
        order 2:  [1, x, y, x^2, y^2, x y]                                                (8.16)
        order 3:  [1, x, y, x^2, y^2, x y, x^3, y^3, x^2 y, x y^2]                        (8.17)

    x belongs to the column, from -1 in the first column to 1 in the last one. y belongs to the row,
    from -1 in the first (upper) row to 1 in the last one. Both grow in equal steps.

    row, col      the cell, counted from 0
    rows, cols    how many rows and columns the grid has, 2 or more
    order         1, 2 or 3

    Returns phi in the order above, shape (3,), (6,) or (10,).
    """
    x = 2 * col / (cols - 1) - 1
    y = 2 * row / (rows - 1) - 1
    phi = [1, x, y, x**2, y**2, x * y, x**3, y**3, x**2 * y, x * y**2]
    return np.array(phi[: {1: 3, 2: 6, 3: 10}[order]])


@HOMEWORK.task("eq:8.18", returns="phi", cases=cell_cases, known=CELL, law=FOURIER)
def fourier_features(row, col, rows, cols, order):
    """The Fourier features of one cell of a grid.

        phi(s) has an entry cos(pi (c_1 x + c_2 y)) for each c_1, c_2 in {0, ..., order}   (8.18)

    Here x and y go from 0 to 1: x from 0 in the first column to 1 in the last one, y from 0 in the
    first row to 1 in the last one, in equal steps. The entries stand in the order (c_1, c_2) =
    (0, 0), (0, 1), ..., (0, order), (1, 0), (1, 1), ...

    row, col, rows, cols    as above
    order                   1 or more

    Returns phi, shape ((order + 1)^2,).
    """
    x, y = col / (cols - 1), row / (rows - 1)
    c = np.arange(order + 1)
    return np.cos(np.pi * (c[:, None] * x + c[None, :] * y)).ravel()


def td_cases(draw: Draw) -> Case:
    """Weights, features of states, a step."""
    d = draw.between(1, 3)
    w = draw.numbers(d)
    S = draw.between(1, 3)
    phi = features(draw, S, d)
    step = a_step(draw, S, 2)
    return {
        "w": w, "phi": phi, "step": step, "gamma": draw.gamma(), "alpha": draw.pick(ALPHAS),
    }  # fmt: skip


ALPHAS = (0.1, 0.5, 0.25, 0.2)


@HOMEWORK.task(
    "alg:8.1", "eq:8.13", "eq:8.14", returns="w", cases=td_cases, law=TD_LINEAR
)  # fmt: skip
def td_linear(w, phi, step, gamma, alpha):
    """One update of TD-Linear.

        w_{t+1} = w_t + alpha [ r_{t+1} + gamma phi(s_{t+1})^T w_t - phi(s_t)^T w_t ] phi(s_t)
                                                                                          (8.14)

    If the episode terminates with this step, then the value of s_{t+1} is 0. If it is only
    truncated (cut off), then the value of s_{t+1} counts as always.

    w        shape (d,): the weights
    phi      shape (S, d): phi[s] are the features of state s
    step     a tuple (s, a, r, s_next, terminated, truncated): in state s action a was taken, with
             reward r and next state s_next. States and actions are numbers from 0; terminated and
             truncated are True or False. (This function has no need of a.)
    gamma    the discount
    alpha    the step size

    Returns the new w, shape (d,).
    """
    s, _, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * phi[s_next] @ w
    return w + alpha * (target - phi[s] @ w) * phi[s]


@HOMEWORK.task(
    "eq:8.34",
    returns="A, b, w", cases=least_squares.record_cases, uses=least_squares.from_record,
)  # fmt: skip
def lstd(phi, steps, gamma, sigma):
    """Least-squares TD: A and b from a record of steps, and the weights.

        A = sigma I + sum over the steps of phi(s_t) [ phi(s_t) - gamma phi(s_{t+1}) ]^T
        b = sum over the steps of r_{t+1} phi(s_t)                                        (8.34)
        A w = b

    I is the identity matrix. sigma I is added once; with it A can be inverted while there are few
    steps. If the episode terminates with a step, then phi(s_{t+1}) is a vector of zeros in that
    step. If it is only truncated, then phi(s_{t+1}) counts as always.

    phi      shape (S, d): phi[s] are the features of state s
    steps    a tuple of steps, each of them (s, a, r, s_next, terminated, truncated) as above
    gamma    the discount
    sigma    a number above 0

    Returns A of shape (d, d), b of shape (d,), w of shape (d,).
    """
    d = phi.shape[1]
    A, b = sigma * np.eye(d), np.zeros(d)
    for s, _, r, s_next, terminated, _ in steps:
        future = np.zeros(d) if terminated else gamma * phi[s_next]
        A += np.outer(phi[s], phi[s] - future)
        b += r * phi[s]
    return A, b, np.linalg.solve(A, b)


@HOMEWORK.task(
    returns="A_inv, w", cases=least_squares.record_cases, uses=least_squares.from_inverse,
    iterates=True,
)  # fmt: skip
def recursive_lstd(phi, steps, gamma, sigma):
    """Recursive least-squares TD: the inverse of A is updated by each step.

    A and b are those of `lstd`. A begins as sigma I, so its inverse begins as I / sigma. A step
    adds x y^T to A, with x = phi(s_t) and y = phi(s_t) - gamma phi(s_{t+1}). What this makes of the
    inverse is said by the formula of Sherman and Morrison:

        A^-1 <- A^-1 - (A^-1 x) (y^T A^-1) / (1 + y^T A^-1 x)

    b is summed up as in `lstd`. After each step, w = A^-1 b. At the end of an episode phi(s_{t+1})
    is as in `lstd`.

    phi, steps, gamma, sigma    as above

    Returns a list with (A^-1, w) after each step: A^-1 of shape (d, d), w of shape (d,).
    """
    d = phi.shape[1]
    A_inv, b = np.eye(d) / sigma, np.zeros(d)
    iterates = []
    for s, _, r, s_next, terminated, _ in steps:
        x = phi[s]
        y = x if terminated else x - gamma * phi[s_next]
        A_inv = A_inv - np.outer(A_inv @ x, y @ A_inv) / (1 + y @ A_inv @ x)
        b = b + r * x
        iterates.append((A_inv, A_inv @ b))
    return iterates


def control_cases(draw: Draw) -> Case:
    """Weights, features of pairs, a step."""
    A, d = draw.between(2, 3), draw.between(1, 2)
    w = draw.numbers(d)
    S = draw.between(1, 3)
    phi = features(draw, S, A, d)
    step = a_step(draw, S, A)
    return {
        "w": w, "phi": phi, "step": step, "gamma": draw.gamma(), "alpha": draw.pick(ALPHAS),
    }  # fmt: skip


def sarsa_cases(draw: Draw) -> Case:
    """The same, and the next action."""
    case = control_cases(draw)
    a_next = draw.index(case["phi"].shape[1])
    return {
        "w": case["w"], "phi": case["phi"], "step": case["step"], "a_next": a_next,
        "gamma": case["gamma"], "alpha": case["alpha"],
    }  # fmt: skip


@HOMEWORK.task("alg:8.2", "eq:8.35", returns="w", cases=sarsa_cases, law=SARSA)
def linear_sarsa(w, phi, step, a_next, gamma, alpha):
    """One update of Sarsa with q(s, a, w) = phi(s, a)^T w.

        w_{t+1} = w_t + alpha [ r_{t+1} + gamma q(s_{t+1}, a_{t+1}, w_t) - q(s_t, a_t, w_t) ]
                        times the gradient of q(s_t, a_t, w_t) in w                       (8.35)

    If the episode terminates with this step, then the value of what comes next is 0.

    w         shape (d,): the weights
    phi       shape (S, A, d): phi[s, a] are the features of state s and action a
    step      a tuple (s, a, r, s_next, terminated, truncated), as above
    a_next    the action in s_next
    gamma     the discount
    alpha     the step size

    Returns the new w, shape (d,).
    """
    s, a, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * phi[s_next, a_next] @ w
    return w + alpha * (target - phi[s, a] @ w) * phi[s, a]


@HOMEWORK.task("alg:8.3", "eq:8.36", returns="w", cases=control_cases, law=Q_LEARNING)
def linear_q_learning(w, phi, step, gamma, alpha):
    """One update of Q-learning with q(s, a, w) = phi(s, a)^T w.

        w_{t+1} = w_t + alpha [ r_{t+1} + gamma max over a of q(s_{t+1}, a, w_t)
                                - q(s_t, a_t, w_t) ]
                        times the gradient of q(s_t, a_t, w_t) in w                       (8.36)

    If the episode terminates with this step, then the value of what comes next is 0.

    w, phi, step, gamma, alpha    as in `linear_sarsa`

    Returns the new w, shape (d,).
    """
    s, a, r, s_next, terminated, _ = step
    target = r if terminated else r + gamma * (phi[s_next] @ w).max()
    return w + alpha * (target - phi[s, a] @ w) * phi[s, a]


def target_cases(draw: Draw) -> Case:
    """A batch, and the values that both networks give to its next states."""
    n, case = batches.batch(draw)
    return {
        **case, "q_next": draw.numbers(n, n), "q_next_T": draw.numbers(n, n),
        "gamma": draw.gamma(),
    }  # fmt: skip


TARGETS = {
    "a batch of 5 steps with 2 actions": {
        "r": np.array([1.0, 0, -1, 2, 0]),
        "terminated": np.array([False, True, False, False, True]),
        "truncated": np.array([True, False, False, False, False]),
        "q_next": np.array([[1.0, 3], [2, 0], [0, 5], [1, 1], [4, 2]]),
        "q_next_T": np.array([[2.0, 1], [0, 3], [1, 2], [5, 0], [3, 3]]),
        "gamma": 0.9,
    }
}


@HOMEWORK.task(
    "alg:8.3b", "eq:8.38", returns="y", cases=target_cases, known=TARGETS, law=batches.TARGETS
)  # fmt: skip
def dqn_targets(r, terminated, truncated, q_next, q_next_T, gamma):
    """The targets of deep Q-learning, for a batch of B steps.

        y = r + gamma max over a of q(s', a, w_T)        with w_T of the target network   (8.38)
        y = r                                            if the episode terminated in s'

    r             shape (B,): the rewards
    terminated    shape (B,), True or False: the episode ended in s'
    truncated     shape (B,), True or False: the episode was cut off in s'
    q_next        shape (B, A): q(s', a, w), what the network in use says of each s' and a
    q_next_T      shape (B, A): q(s', a, w_T), what the target network says of each s' and a
    gamma         the discount

    (Not all of these arrays are needed.) Returns y, shape (B,).
    """
    return r + gamma * (1 - terminated) * q_next_T.max(axis=1)


def loss_cases(draw: Draw) -> Case:
    """The values of a batch, the actions that were taken, the targets."""
    n = draw.between(1, 3)
    a = np.array([draw.index(n) for _ in range(n)])
    return {"q": draw.numbers(n, n), "a": a, "y": draw.numbers(n)}


LOSS = {
    "a batch of 5 steps with 2 actions": {
        "q": np.array([[1.0, 3], [2, 0], [0, 5], [1, 1], [4, 2]]),
        "a": np.array([0, 1, 1, 0, 0]),
        "y": np.array([2.0, 0, 4, -1, 3]),
    }
}


@HOMEWORK.task("eq:8.37", returns="J", cases=loss_cases, known=LOSS, law=batches.LOSS)
def dqn_loss(q, a, y):
    """The loss of deep Q-learning: the mean over a batch of B steps.

        J = mean of [ y - q(s, a, w) ]^2                                                  (8.37)

    q    shape (B, A): q[i] are the values that the network gives to all actions in the i-th state
    a    shape (B,): the actions that were taken, numbers from 0
    y    shape (B,): the targets

    Returns J, a number.
    """
    return np.mean((y - q[np.arange(len(a)), a]) ** 2)
