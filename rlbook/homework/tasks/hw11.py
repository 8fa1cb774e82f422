"""Homework 11: DDPG. [Lillicrap et al. 2016]"""

import numpy as np

from rlbook.homework.draw import Draw
from rlbook.homework.given import Given
from rlbook.homework.laws import Use
from rlbook.homework.task import Homework
from rlbook.homework.tasks.hw10 import table
from rlbook.homework.tasks.hw10_quadratic import mu, q, slope
from rlbook.homework.tasks.hw11_laws import (
    ACTOR_SLOPE,
    CRITIC_SLOPE,
    STEPS,
    STORED,
    TAKEN,
    TARGETS,
    TRACKING,
    WALK,
)
from rlbook.homework.tasks.telling import told
from rlbook.homework.words import shown
from rlbook.homework.worlds import Case

HOMEWORK = Homework(
    "hw11",
    "DDPG",
    chapter=11,
    about="The deterministic actor-critic, made fit for networks: with a memory of steps and "
    "targets that move slowly. Here the actor is linear and the critic is quadratic, so that every "
    "gradient can be checked by hand. You write the parts; a batch holds a step in each row.",
)


def networks(draw: Draw, n: int) -> Case:
    """A linear actor and a quadratic critic: as many numbers of state as of action."""
    return {"theta": table(draw, n, n), "W": table(draw, 2 * n, 2 * n)}


def larger(m: int, n: int, shift: int = 0) -> Case:
    """An actor and a critic with m numbers of action and n of state."""
    theta = (np.arange(m * n) * 5 + shift) % 7 - 3.0
    W = (np.arange((m + n) ** 2) * 3 + shift) % 8 - 4.0
    return {"theta": theta.reshape(m, n), "W": W.reshape(m + n, m + n)}


LARGER = "three numbers of state and two of action"
S = np.array([[1.0, 0.0, -1.0], [0.5, 2.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.5, 1.5]])


def target_cases(draw: Draw) -> Case:
    """A batch, two networks and their targets."""
    B, n = draw.between(1, 3), draw.between(1, 2)
    ends = [draw.pick(("", "terminated", "truncated")) for _ in range(B)]
    now, old = networks(draw, n), networks(draw, n)
    return {
        "r": draw.numbers(B),
        "s_next": table(draw, B, n),
        "terminated": np.array([end == "terminated" for end in ends]),
        "truncated": np.array([end == "truncated" for end in ends]),
        **now,
        "theta_T": old["theta"],
        "W_T": old["W"],
        "gamma": draw.gamma(),
        "high": draw.pick((1.0, 0.5, 2.0)),
    }


def target_parts(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """The next actions and their values."""
    a = np.clip(mu(theta_T, s_next), -high, high)
    return {"mu(s_next, theta_T)": a, "q(s_next, mu, W_T)": q(W_T, s_next, a)}


@HOMEWORK.task(
    "ddpg:targets",
    returns="y", cases=target_cases, uses=told(TARGETS, "y", target_parts),
    known={
        LARGER: {
            "r": np.array([1.0, -1.0, 2.0, 0.0]),
            "s_next": S,
            "terminated": np.array([False, True, False, False]),
            "truncated": np.array([False, False, True, False]),
            **larger(2, 3),
            "theta_T": larger(2, 3, 2)["theta"],
            "W_T": larger(2, 3, 2)["W"],
            "gamma": 0.9,
            "high": 1.0,
        }
    },
)  # fmt: skip
def ddpg_targets(r, s_next, terminated, truncated, theta, W, theta_T, W_T, gamma, high):
    """DDPG's targets for a batch of B steps, by the target networks.

        y = r + gamma q(s_next, mu(s_next, theta_T), W_T),    y = r if the episode terminated
        mu(s, theta) = theta s, each number of it cut to [-high, high]
        q(s, a, W) = x^T W x,    x = [s_1, ..., s_n, a_1, ..., a_m]

    r             shape (B,)
    s_next        shape (B, n)
    terminated    shape (B,), true where the episode ended in s_next
    truncated     shape (B,), true where it was only cut off there, by a limit of time
    theta, W      shapes (m, n) and (n + m, n + m): the actor and the critic. W need not be
                  symmetric
    theta_T, W_T  the target networks, of the same shapes
    gamma         the discount
    high          the bound of the actions

    Returns y, shape (B,).
    """
    a_next = np.clip(s_next @ theta_T.T, -high, high)
    x = np.concatenate([s_next, a_next], axis=1)
    q = np.sum(x @ W_T * x, axis=1)
    return r + gamma * np.where(terminated, 0, q)


def critic_cases(draw: Draw) -> Case:
    """A critic, a batch of states, actions and targets."""
    B, n = draw.between(1, 3), draw.between(1, 2)
    W = networks(draw, n)["W"]
    return {"W": W, "s": table(draw, B, n), "a": table(draw, B, n), "y": draw.numbers(B)}


@HOMEWORK.task(
    "ddpg:critic",
    returns="gradient", cases=critic_cases,
    uses=told(CRITIC_SLOPE, "gradient", lambda W, s, a, y: {"q(s, a)": q(W, s, a)}),
    known={
        LARGER: {
            "W": larger(2, 3)["W"], "s": S, "a": S[:, 1:] - 1, "y": np.array([1.0, 0.0, -2.0, 3.0])
        }
    },
)  # fmt: skip
def ddpg_critic_gradient(W, s, a, y):
    """The gradient of the critic's loss in W, for a batch of B steps. The targets y are numbers.

        L(W) = 1/B sum over the batch of 1/2 [ q(s, a, W) - y ]^2
        q(s, a, W) = x^T W x,    x = [s_1, ..., s_n, a_1, ..., a_m]

    W    shape (n + m, n + m): the critic. Each entry is a parameter of its own
    s    shape (B, n)
    a    shape (B, m)
    y    shape (B,): the targets

    Returns the gradient of L in W, shape (n + m, n + m): the critic will go against it.
    """
    x = np.concatenate([s, a], axis=1)
    error = np.sum(x @ W * x, axis=1) - y
    return np.einsum("b,bi,bj->ij", error, x, x) / len(y)


def actor_cases(draw: Draw) -> Case:
    """An actor, a critic, a batch of states and actions."""
    B, n = draw.between(1, 3), draw.between(1, 2)
    return {**networks(draw, n), "s": table(draw, B, n), "a": table(draw, B, n)}


def actor_parts(theta, W, s, a):
    """The actions and the slopes of the critic there."""
    return {"mu(s)": mu(theta, s), "grad_a q(s, mu(s))": slope(W, s, mu(theta, s))}


@HOMEWORK.task(
    "ddpg:actor",
    returns="gradient", cases=actor_cases, uses=told(ACTOR_SLOPE, "gradient", actor_parts),
    known={LARGER: {**larger(2, 3), "s": S, "a": S[:, 1:] - 1}},
)  # fmt: skip
def ddpg_actor_gradient(theta, W, s, a):
    """The gradient that DDPG's actor climbs, for a batch of B steps.

        J(theta) = 1/B sum over the batch of q(s, mu(s, theta), W)
        mu(s, theta) = theta s        (here nothing is cut)
        q(s, a, W) = x^T W x,    x = [s_1, ..., s_n, a_1, ..., a_m]

    theta    shape (m, n): the actor
    W        shape (n + m, n + m): the critic. It need not be symmetric
    s        shape (B, n)
    a        shape (B, m): the actions in the memory

    Returns the gradient of J in theta, shape (m, n): the actor will go along it, uphill.
    """
    x = np.concatenate([s, s @ theta.T], axis=1)
    slope = (x @ (W + W.T))[:, s.shape[1] :]
    return slope.T @ s / len(s)


def tracking_cases(draw: Draw) -> Case:
    """Parameters, those of the target, a share."""
    n = draw.between(1, 3)
    tau = draw.pick((0.25, 0.1, 0.75, 0.01))
    return {"theta_T": draw.numbers(n), "theta": draw.numbers(n), "tau": tau}


@HOMEWORK.task("ddpg:soft-update", returns="theta_T", cases=tracking_cases, law=TRACKING)
def soft_update(theta_T, theta, tau):
    """The target network follows slowly: a share tau of the new parameters is mixed in.

        theta_T <- (1 - tau) theta_T + tau theta

    theta_T    shape (d,): the parameters of the target network
    theta      shape (d,): the parameters of the network
    tau        the share of the new, from 0 to 1

    Returns the new theta_T, shape (d,).
    """
    return (1 - tau) * theta_T + tau * theta


def walks(draw: Draw) -> Case:
    """A world of one number, a linear actor, noise."""
    N = draw.between(1, 6)
    start, limit = draw.pick((1.0, -1.0, 0.5)), draw.pick((5, 2, 3))
    noise = np.array([draw.pick((0.0, 0.5, -0.5, 1.5, -2.5, 0.25, 2.5)) for _ in range(N)])
    return {
        "world": Given("line", {"start": start, "bound": draw.pick((3.0, 2.0)), "limit": limit}),
        "theta": draw.pick((0.5, -0.5, 0.75, -1.0)),
        "noise": noise,
        "high": draw.pick((1.0, 0.5, 2.0)),
    }


def walked(case, answer, logs):
    """By the world's log: so many steps, each where the last one led, by the rule; the memory."""
    _, theta, noise, high = case.values()
    log = np.array(logs["world"], dtype=float).reshape(-1, 6)
    taken, N = np.array(float(len(log))), len(noise)
    yield Use(STEPS, (N,), taken, "the number of steps in the world")
    if len(log) == N:
        start = case["world"].values["start"]
        seen = f"Where your steps led: s_next = {shown(log[:, 3])}"
        yield Use(WALK, (log, start), log[:, 0], "s", seen)
        seen = f"With s = {shown(log[:, 0])}, as your steps led there"
        yield Use(TAKEN, (log, theta, noise, high), log[:, 1], "a", seen)
        for k, ((name, law), given) in enumerate(zip(STORED.items(), answer, strict=True)):
            seen = f"In the world, {name} was {shown(log[:, k])}"
            yield Use(law, (log, theta, noise, start, high), given, name, seen)


@HOMEWORK.task(
    "ddpg:memory", returns="s, a, r, s_next, terminated", cases=walks, uses=walked
)  # fmt: skip
def fill_memory(world, theta, noise, high):
    """Walk N steps with a deterministic actor and noise, and remember them.

    In step k the action is

        a_k = theta s_k + noise_k,    cut to [-high, high]

    Then (s_k, a_k, r_k, s_next_k, terminated_k) is remembered: the action as it was taken, and
    whether the future after it is worth zero. Where an episode is over, terminated or truncated,
    call reset; the walk goes on until N steps are made.

    world    reset() returns (s, {}); step(a) returns (s_next, r, terminated, truncated, {}).
             States and actions are numbers
    theta    a number: the actor
    noise    shape (N,)
    high     the bound of the actions

    Call reset first. Returns the memory as five arrays (s, a, r, s_next, terminated), each (N,).
    """
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = np.clip(theta * s + x, -high, high)
        s_next, r, terminated, truncated, _ = world.step(a)
        memory.append((s, a, r, s_next, terminated))
        s = s_next
        if terminated or truncated:
            s, _ = world.reset()
    return tuple(np.array(memory, dtype=float).T)
