"""What actors and critics must do in a step, and how it goes wrong. [Zhao chapter 10]

Each move is a function of a step's arguments. What a student may get wrong in a part of it is an
argument of it: the TD error, grad ln pi, the importance weight.
"""

from functools import partial

import numpy as np

from rlbook.homework.laws import Law


def softmax(row):
    """The probabilities of a softmax along the last axis."""
    x = np.exp(row - row.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def at(x, entry, change):
    """The array with a change of one entry, or one row."""
    x = np.array(x, dtype=float)
    x[entry] += change
    return x


def td(r, v, v_next, gamma, terminated, truncated):
    """The TD error, of the values of s and of s_next."""
    return r + gamma * (1 - terminated) * v_next - v


TD_MISTAKES = {
    "gamma is forgotten": lambda r, v, v_next, gamma, terminated, truncated: td(
        r, v, v_next, 1, terminated, truncated
    ),
    "the value of s_next is kept where the episode has ended; there it is zero": (
        lambda r, v, v_next, gamma, terminated, truncated: r + gamma * v_next - v
    ),
    "truncated is taken for terminated: after a limit of time the future still counts": (
        lambda r, v, v_next, gamma, terminated, truncated: td(
            r, v, v_next, gamma, terminated or truncated, 0
        )
    ),
    "the value of s_next is dropped where the episode is truncated, and kept where it terminated": (
        lambda r, v, v_next, gamma, terminated, truncated: td(r, v, v_next, gamma, truncated, 0)
    ),
    "the value of s is not subtracted: that is the target, and not the error": (
        lambda r, v, *others: td(r, 0, *others)
    ),
    "the reward is left out": lambda r, *others: td(0, *others),
    "the future is left out": lambda r, v, *others: r - v,
    "gamma multiplies the reward, too": lambda r, v, v_next, gamma, terminated, truncated: td(
        gamma * r, v, v_next, gamma, terminated, truncated
    ),
    "the reward is lost where the episode ends": (
        lambda r, v, v_next, gamma, terminated, truncated: (
            (1 - terminated) * (r + gamma * v_next) - v
        )
    ),
    "gamma multiplies the value of s, too": lambda r, v, v_next, gamma, terminated, truncated: td(
        r, gamma * v, v_next, gamma, terminated, truncated
    ),
}


SIGN = "the sign of the TD error is wrong"


def wrong_sign(*args):
    """What is to be moved away from."""
    return -td(*args)


def with_wrong_errors(move):
    """The move with each known mistake in the TD error, its sign excepted."""
    return {name: partial(move, error=error) for name, error in TD_MISTAKES.items()}


def taken(theta, s, a):
    """1 for the action that was taken, of the shape of theta."""
    return at(0 * theta, (s, a), 1)


def score(theta, s, a):
    """grad ln pi(a|s): in row s the action that was taken, less the policy."""
    return taken(theta, s, a) + at(0 * theta, s, -softmax(theta[s]))


def in_two_steps(move):
    """The actor's move, if the action's preference moves first and pi(.|s) is computed after it."""

    def wrong(theta, *others):
        first = move(theta, *others, score=taken)
        return first - (first - theta).sum(1, keepdims=True) * softmax(first)

    return wrong


SCORES = {
    "the gradient of ln pi lacks - pi(.|s): only the action that was taken moves": taken,
    "only the preference of the action that was taken moves, by 1 - pi(a|s): the others have a "
    "gradient, too": lambda theta, s, a: (1 - softmax(theta[s])[a]) * taken(theta, s, a),
    "the actor goes downhill: the sign of its step is wrong": lambda *args: -score(*args),
    "the gradient of pi is taken, and not the gradient of ln pi": lambda theta, s, a: (
        softmax(theta[s])[a] * score(theta, s, a)
    ),
    "pi(.|s) is added in the gradient of ln pi, and not subtracted": lambda theta, s, a: (
        2 * taken(theta, s, a) - score(theta, s, a)
    ),
    "the softmax sums over the states, and not over the actions": lambda theta, s, a: (
        taken(theta, s, a) + at(0 * theta, s, -softmax(theta.T).T[s])
    ),
    "the actor does not move": lambda theta, s, a: 0 * theta,
}
"""What is thought to be grad ln pi(a|s)."""


def entry_by_entry(move):
    """The actor's move, if pi(.|s) is computed anew for each entry of theta[s]."""

    def wrong(theta, *others):
        first = move(theta, *others, score=taken) - theta
        new = np.array(theta, dtype=float)
        for s, a in np.argwhere(first):
            for b in range(new.shape[1]):
                new[s, b] += first[s, a] * ((b == a) - softmax(new[s])[b])
        return new

    return wrong


def with_wrong_scores(move):
    """The actor's move with each known mistake in grad ln pi."""
    return {
        **{name: partial(move, score=wrong) for name, wrong in SCORES.items()},
        "pi(.|s) is computed anew after theta[s, a] has moved": in_two_steps(move),
        "pi(.|s) is computed anew after each entry of theta[s] has moved": entry_by_entry(move),
    }


def a2c_critic(theta, w, step, gamma, alpha_theta, alpha_w, *, error=td):
    """The critic after one step."""
    s, _, r, s_next, *end = step
    return at(w, s, alpha_w * error(r, w[s], w[s_next], gamma, *end))


def a2c_actor(theta, w, step, gamma, alpha_theta, alpha_w, *, error=td, score=score):
    """The actor after one step."""
    s, a, r, s_next, *end = step
    delta = error(r, w[s], w[s_next], gamma, *end)
    return theta + alpha_theta * delta * score(theta, s, a)


def moves_both(theta, w, step, gamma, alpha_theta, alpha_w):
    """The critic, if the target is differentiated, too."""
    s, _, _, s_next, terminated, _ = step
    moved = a2c_critic(theta, w, step, gamma, alpha_theta, alpha_w)
    return at(moved, s_next, -gamma * (1 - terminated) * (moved - w)[s])


A2C_CRITIC = Law(
    "Algorithm 10.2, critic",
    a2c_critic,
    {
        **with_wrong_errors(a2c_critic),
        SIGN: partial(a2c_critic, error=wrong_sign),
        "the critic moves by the actor's step size": (
            lambda theta, w, step, gamma, alpha_theta, alpha_w: a2c_critic(
                theta, w, step, gamma, alpha_theta, alpha_theta
            )
        ),
        "the step size is forgotten": lambda theta, w, step, gamma, alpha_theta, alpha_w: (
            a2c_critic(theta, w, step, gamma, alpha_theta, 1)
        ),
        "the value of s_next is moved, and not that of s": (
            lambda theta, w, step, gamma, alpha_theta, alpha_w: at(
                w, step[3], (a2c_critic(theta, w, step, gamma, alpha_theta, alpha_w) - w)[step[0]]
            )
        ),
        "the values of all states are moved": (
            lambda theta, w, step, gamma, alpha_theta, alpha_w: (
                w + (a2c_critic(theta, w, step, gamma, alpha_theta, alpha_w) - w)[step[0]]
            )
        ),
        "the value of s_next is moved, too; the target is a number, it has no gradient": moves_both,
        "the critic does not move": lambda theta, w, *others: w,
    },
)

A2C_ACTOR = Law(
    "Algorithm 10.2, actor",
    a2c_actor,
    {
        **with_wrong_errors(a2c_actor),
        "the TD error is computed anew after the critic's update; both use w as it was before": (
            lambda theta, w, *others: a2c_actor(theta, a2c_critic(theta, w, *others), *others)
        ),
        **with_wrong_scores(a2c_actor),
        "the gradient of ln pi is divided by pi(a|s) once more": partial(
            a2c_actor, score=lambda theta, s, a: score(theta, s, a) / softmax(theta[s])[a]
        ),
        "the TD error is left out": partial(a2c_actor, error=lambda *args: 1),
        "the reward is taken in place of the TD error": partial(
            a2c_actor, error=lambda r, *others: r
        ),
        "the actor moves by the critic's step size": (
            lambda theta, w, step, gamma, alpha_theta, alpha_w: a2c_actor(
                theta, w, step, gamma, alpha_w, alpha_w
            )
        ),
        "the step size is forgotten": lambda theta, w, step, gamma, alpha_theta, alpha_w: a2c_actor(
            theta, w, step, gamma, 1, alpha_w
        ),
        "the preferences in s_next are moved, and not those in s": (
            lambda theta, w, step, *others: a2c_actor(
                theta, w, step, *others, score=lambda theta, s, a: score(theta, step[3], a)
            )
        ),
    },
)


def sarsa_next(theta, w, s_next, a_next):
    """What QAC's target takes for the value of s_next."""
    return w[s_next, a_next]


def qac_critic(
    theta, w, step, a_next, gamma, alpha_theta, alpha_w, *, error=td, value_next=sarsa_next
):
    """The critic of QAC after one step."""
    s, a, r, s_next, *end = step
    delta = error(r, w[s, a], value_next(theta, w, s_next, a_next), gamma, *end)
    return at(w, (s, a), alpha_w * delta)


def qac_actor(theta, w, step, a_next, gamma, alpha_theta, alpha_w, *, weight=None, score=score):
    """The actor of QAC after one step."""
    s, a, *_ = step
    q = w[s, a] if weight is None else weight(theta, w, step, a_next, gamma)
    return theta + alpha_theta * q * score(theta, s, a)


def qac_error(theta, w, step, a_next, gamma):
    """The TD error of QAC."""
    s, a, r, s_next, *end = step
    return td(r, w[s, a], w[s_next, a_next], gamma, *end)


QAC_CRITIC = Law(
    "Algorithm 10.1, critic",
    qac_critic,
    {
        **with_wrong_errors(qac_critic),
        SIGN: partial(qac_critic, error=wrong_sign),
        "the target has the best action in s_next: that is Q-learning": partial(
            qac_critic, value_next=lambda theta, w, s_next, a_next: w[s_next].max()
        ),
        "the target has the mean over pi(.|s_next), and not a_next: that is Expected Sarsa": (
            partial(
                qac_critic,
                value_next=lambda theta, w, s_next, a_next: softmax(theta[s_next]) @ w[s_next],
            )
        ),
        "the target has q(s, a_next): the next state is s_next": (
            lambda theta, w, step, a_next, *others: qac_critic(
                theta, w, step, a_next, *others,
                value_next=lambda theta, w, s_next, a_next: w[step[0], a_next],
            )
        ),
        "the target has q(s_next, a): the next action is a_next": (
            lambda theta, w, step, a_next, *others: qac_critic(theta, w, step, step[1], *others)
        ),
        "the critic moves by the actor's step size": (
            lambda theta, w, step, a_next, gamma, alpha_theta, alpha_w: (
                qac_critic(theta, w, step, a_next, gamma, alpha_theta, alpha_theta)
            )
        ),
        "the values of all actions in s are moved": lambda theta, w, step, *others: at(
            w, step[0], (qac_critic(theta, w, step, *others) - w)[step[0], step[1]]
        ),
        "the critic does not move": lambda theta, w, *others: w,
    },
)  # fmt: skip

QAC_ACTOR = Law(
    "Algorithm 10.1, actor",
    qac_actor,
    {
        "the critic's new value is taken; both use w as it was before": (
            lambda theta, w, *others: qac_actor(theta, qac_critic(theta, w, *others), *others)
        ),
        "the TD error is taken in place of q(s, a): that is advantage actor-critic": partial(
            qac_actor, weight=qac_error
        ),
        "q(s, a) - v(s) is taken in place of q(s, a): that is the advantage": partial(
            qac_actor,
            weight=lambda theta, w, step, a_next, gamma: (
                w[step[0], step[1]] - softmax(theta[step[0]]) @ w[step[0]]
            ),
        ),
        "q(s_next, a_next) is taken in place of q(s, a)": partial(
            qac_actor, weight=lambda theta, w, step, a_next, gamma: w[step[3], a_next]
        ),
        "the reward is taken in place of q(s, a)": partial(
            qac_actor, weight=lambda theta, w, step, a_next, gamma: step[2]
        ),
        "the target is taken in place of q(s, a)": partial(
            qac_actor,
            weight=lambda theta, w, step, a_next, gamma: (
                qac_error(theta, w, step, a_next, gamma) + w[step[0], step[1]]
            ),
        ),
        "q(s, a) is left out": partial(qac_actor, weight=lambda *args: 1),
        **with_wrong_scores(qac_actor),
        "the actor moves by the critic's step size": (
            lambda theta, w, step, a_next, gamma, alpha_theta, alpha_w: qac_actor(
                theta, w, step, a_next, gamma, alpha_w, alpha_w
            )
        ),
    },
)


def lengths(theta):
    """|grad ln pi(a)|^2 of each action."""
    return ((np.eye(len(theta)) - softmax(theta)) ** 2).sum(1)


def weighted(q, weight):
    """The mean of q, weighted."""
    return weight @ q / weight.sum()


BASELINE = Law(
    "(10.5)",
    lambda theta, q: weighted(q, softmax(theta) * lengths(theta)),
    {
        "the value v = E[ q(A) ] is taken: that is the usual baseline, and not the best one": (
            lambda theta, q: softmax(theta) @ q
        ),
        "the policy is left out: all actions count alike": lambda theta, q: weighted(
            q, lengths(theta)
        ),
        "the policy counts twice: as pi^2": lambda theta, q: weighted(
            q, softmax(theta) ** 2 * lengths(theta)
        ),
        "the squares of g are summed over the wrong axis: each g has an entry for each action": (
            lambda theta, q: weighted(
                q, softmax(theta) * ((np.eye(len(theta)) - softmax(theta)) ** 2).sum(0)
            )
        ),
        "|g| is not squared": lambda theta, q: weighted(q, softmax(theta) * lengths(theta) ** 0.5),
        "the sum is not divided by E[ |g|^2 ]": lambda theta, q: (
            softmax(theta) * lengths(theta) @ q
        ),
        "the sum is divided by the sum of |g|^2, and not by its mean under pi": lambda theta, q: (
            softmax(theta) * lengths(theta) @ q / lengths(theta).sum()
        ),
        "q is left out: that is E[ |g|^2 ]": lambda theta, q: softmax(theta) @ lengths(theta),
        "the mean of all q is taken": lambda theta, q: q.mean(),
        "the largest q is taken": lambda theta, q: q.max(),
        "g has 1 - pi(a) only: the other actions have a part in it, too": lambda theta, q: weighted(
            q, softmax(theta) * (1 - softmax(theta)) ** 2
        ),
        "the gradient of pi is taken, and not the gradient of ln pi": lambda theta, q: weighted(
            q, softmax(theta) ** 3 * lengths(theta)
        ),
        "E[ |g|^2 ] and E[ q ] are taken apart": lambda theta, q: (
            softmax(theta) @ lengths(theta) * (softmax(theta) @ q)
        ),
    },
)
