"""What the tests of actor-critics share."""

import naive
import numpy as np
import pytest

from rlbook.actor_critic import DeterministicActorCritic
from rlbook.agent import Step
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Quadratic, Table
from rlbook.linear_quadratic.world import LinearQuadratic

GAMMA = 0.9
S, A = 4, 3


def random(f, seed=5):
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def mlp(sizes, seed=3, **options):
    return MLP(sizes, rng=np.random.default_rng(seed), hidden="tanh", dtype=np.float64, **options)


def preferences(seed):
    """A table, linear features and a network, with random parameters."""
    phi = np.random.default_rng(seed).normal(size=(S, 2))
    yield random(Table(S, A), seed)
    yield random(Linear(phi, A), seed)
    yield random(mlp((2, 3, A), phi=phi), seed)


def cases(end=0.0):
    """Random models, and for each of them three softmax policies."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=end, states=S, actions=A, outcomes=4)
        for f in preferences(seed):
            yield model, f


def agent(method, actor, critic, **options):
    """Step sizes are 1: the change of a parameter is what it was told."""
    given = {
        "gamma": GAMMA,
        "alpha_theta": 1.0,
        "alpha_w": 1.0,
        "rng": np.random.default_rng(0),
    } | options
    return method(actor, critic, **given)


def change(learner, *steps):
    """How far theta and w move with these steps; they are put back."""
    vectors = learner.actor.theta, learner.critic.theta
    before = [vector.copy() for vector in vectors]
    for t in steps:
        learner.update(t)
    moved = [vector - old for vector, old in zip(vectors, before, strict=True)]
    for vector, old in zip(vectors, before, strict=True):
        vector[:] = old
    return moved


def exactly(numbers):
    return pytest.approx(numbers, abs=1e-11 * max(1.0, np.abs(numbers).max()))


def expected_changes(learner, model, pi, s):
    """Of theta and w, over the actions of pi in s and their outcomes."""
    theta, w = 0.0, 0.0
    for a in range(A):
        for p, s_next, r, end in naive.outcomes(model, s, a):
            moved = change(learner, Step(s, a, r, s_next, end, False))
            theta, w = theta + pi[s, a] * p * moved[0], w + pi[s, a] * p * moved[1]
    return theta, w


def five(ending):
    """Five steps, with an episode's end after the third."""
    return [
        Step(0, 1, 1.0, 1, False, False),
        Step(1, 0, -2.0, 0, False, False),
        Step(0, 2, 0.5, 2, ending == "terminated", ending == "truncated"),
        Step(3, 1, 3.0, 2, False, False),
        Step(2, 1, -1.0, 1, False, False),
    ]


def linear_quadratic(dimensions, noise=0.0):
    """A system, the gain of its best policy and another gain."""
    if dimensions == 1:
        world = LinearQuadratic([[1.1]], [[0.5]], [[1.0]], [[0.3]], noise=noise)
        return world, world.gain(GAMMA), np.array([[0.4]])
    B, R = np.array([[0.0, 0.5], [0.4, 0.1]]), np.array([[0.5, 0.1], [0.1, 0.3]])
    world = LinearQuadratic([[1.0, 0.2], [-0.1, 0.9]], B, [[1.0, 0.2], [0.2, 0.5]], R, noise=noise)
    return world, world.gain(GAMMA), np.array([[0.3, -0.2], [0.1, 0.4]])


def with_exact_critic(world, K, **options):
    """The actor a = -K s and the critic q_K."""
    m, n = K.shape
    actor, critic = Linear(lambda s: s, m, d=n), Quadratic(n + m)
    actor.w[:] = -K.T
    H = world.q_matrix(GAMMA, K)
    critic.theta[:-1] = -(2 * H - np.diag(np.diag(H)))[np.triu_indices(n + m)]
    critic.theta[-1] = -world.constant(GAMMA, K)
    assert np.allclose(critic.M, -H)
    return agent(DeterministicActorCritic, actor, critic, sigma=0.1, **options)


def networks(**options):
    return agent(
        DeterministicActorCritic, mlp((2, 4, 1), output="tanh"), mlp((3, 4, 1)), sigma=0.1,
        alpha_theta=0.3, alpha_w=0.2, **options,
    )  # fmt: skip
