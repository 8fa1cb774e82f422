"""All actor-critics: their runs, and what they refuse."""

from types import SimpleNamespace

import naive
import numpy as np
import pytest
from actor_critic_cases import (
    GAMMA,
    A,
    S,
    agent,
    linear_quadratic,
    mlp,
    networks,
    with_exact_critic,
)
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import TimeLimit

from rlbook import TabularEnv, interact, learn, train
from rlbook.actor_critic import A2C, QAC, DeterministicActorCritic, OffPolicyActorCritic
from rlbook.agent import Step
from rlbook.functions.parametric import Quadratic, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.policy_gradient import average_value

# Runs


def episodic():
    return naive.random_model(np.random.default_rng(2), end=0.2, states=S, actions=A, outcomes=4)


MAKE = {
    "qac": lambda rng: agent(
        QAC, Softmax(Table(S, A)), Table(S, A), alpha_theta=0.1, alpha_w=0.1, rng=rng
    ),
    "a2c": lambda rng: agent(
        A2C, Softmax(Table(S, A)), Table(S, 1), alpha_theta=0.1, alpha_w=0.1, rng=rng
    ),
    "a2c of five steps": lambda rng: agent(
        A2C, Softmax(Table(S, A)), Table(S, 1), n=5, lam=0.9, entropy=1e-3, adam=True,
        max_norm=10.0, alpha_theta=0.02, alpha_w=0.05, rng=rng,
    ),
    "off-policy": lambda rng: agent(
        OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1), behaviour=np.full((S, A), 1 / A),
        alpha_theta=0.1, alpha_w=0.05, rng=rng,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKE)
def test_a_run_learns_and_the_same_seed_is_the_same_run(name):
    model, ends = episodic(), []
    for _ in range(2):
        learner = MAKE[name](np.random.default_rng(1))
        train(learner, TimeLimit(TabularEnv(model), 50), steps=3000, seed=3)
        ends.append(learner.actor.theta.copy())
    assert np.array_equal(*ends)
    d = np.full(S, 1 / S)
    value = average_value(model, learner.actor(np.arange(S)), GAMMA, d)
    uniform = average_value(model, np.full((S, A), 1 / A), GAMMA, d)
    assert (value - uniform) / (naive.best_values(model, GAMMA).mean() - uniform) > 0.75


def test_a_deterministic_run_comes_near_the_least_costs():
    world, *_ = linear_quadratic(2, noise=0.1)
    learner = with_exact_critic(world, np.zeros((2, 2)), alpha_theta=0.02, alpha_w=0.05)
    learner.critic.theta[:] = 0.0
    learner.sigma = 0.5
    least = np.trace(world.value(GAMMA))
    assert np.trace(world.value(GAMMA, np.zeros((2, 2)))) > 4 * least
    train(learner, TimeLimit(world, 20), steps=6000, seed=0)
    assert np.trace(world.value(GAMMA, -learner.actor.w.T)) < 1.15 * least


@pytest.mark.parametrize("name", [*MAKE, "deterministic"])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(name, tmp_path):
    def make():
        if name == "deterministic":
            return networks(rng=np.random.default_rng(1))
        return MAKE[name](np.random.default_rng(1))

    world = LinearQuadratic() if name == "deterministic" else TabularEnv(episodic())
    world = TimeLimit(world, 7)
    straight, first, second = make(), make(), make()
    train(straight, world, episodes=6, seed=1)
    train(first, world, episodes=3, seed=1)
    first.save(tmp_path / "agent.npz")
    second.load(tmp_path / "agent.npz")
    for learner in (first, second):
        for _ in learn(learner, interact(world, learner, episodes=3, first=3, seed=1)):
            pass
        assert np.array_equal(learner.actor.theta, straight.actor.theta)
        assert np.array_equal(learner.critic.theta, straight.critic.theta)


# Wrong arguments


def softmax():
    return Softmax(Table(S, A))


@pytest.mark.parametrize(
    ("method", "critic", "options", "named"),
    [
        (QAC, Table(S, A), {"gamma": 1.1}, "gamma"),
        (QAC, Table(S, A), {"alpha_theta": 0.0}, "alpha_theta"),
        (QAC, Table(S, A), {"alpha_w": -1.0}, "alpha_w"),
        (QAC, Table(S, A), {"rng": 0}, "rng"),
        (QAC, Table(S, 1), {}, "critic"),
        (QAC, np.zeros((S, A)), {}, "critic"),
        (A2C, Table(S, A), {}, "critic"),
        (A2C, Table(S, 1), {"n": 0}, "n"),
        (A2C, Table(S, 1), {"lam": 1.1}, "lam"),
        (A2C, Table(S, 1), {"entropy": -0.1}, "entropy"),
        (A2C, Table(S, 1), {"max_norm": -1.0}, "max_norm"),
        (OffPolicyActorCritic, Table(S, A), {"behaviour": np.full((S, A), 1 / A)}, "critic"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.ones((S, A))}, "behaviour"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.full((S, 2), 1 / 2)}, "behaviour"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.full(A, 1 / A)}, "behaviour"),
        (DeterministicActorCritic, Table(S, 2), {"sigma": 0.1}, "critic"),
        (DeterministicActorCritic, Quadratic(4), {"sigma": -0.1}, "sigma"),
    ],
)
def test_a_wrong_argument_is_an_error(method, critic, options, named):
    actor = mlp((2, 2)) if method is DeterministicActorCritic else softmax()
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        agent(method, actor, critic, **options)


def test_worlds_that_fit():
    for name in MAKE:
        MAKE[name](np.random.default_rng(0)).check(TabularEnv(episodic()))
    networks().check(LinearQuadratic())


BOX = Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("learner", "observations", "actions"),
    [
        (lambda: agent(QAC, softmax(), Table(S, A)), Discrete(S), Discrete(2)),
        (lambda: agent(QAC, softmax(), Table(5, A)), Discrete(S), Discrete(A)),
        (lambda: agent(A2C, softmax(), Table(S, 1)), Discrete(5), Discrete(A)),
        (
            lambda: agent(
                OffPolicyActorCritic, softmax(), Table(S, 1), behaviour=np.full((5, A), 1 / A)
            ),
            Discrete(S), Discrete(A),
        ),
        (  # a table of behaviour has no row for numbers
            lambda: agent(
                OffPolicyActorCritic, Softmax(mlp((2, A))), mlp((2, 1)),
                behaviour=np.full((S, A), 1 / A),
            ),
            BOX, Discrete(A),
        ),
        (networks, Discrete(S), BOX),
        (networks, BOX, Discrete(A)),
        (networks, BOX, BOX),
        (  # the critic has no room for the action
            lambda: agent(DeterministicActorCritic, mlp((2, 1)), mlp((2, 1)), sigma=0.1),
            BOX, Box(-1, 1, (1,)),
        ),
    ],
)  # fmt: skip
def test_it_must_be_able_to_live_in_its_world(learner, observations, actions):
    world = SimpleNamespace(observation_space=observations, action_space=actions)
    with pytest.raises(ValueError, match=r"must|needs"):
        learner().check(world)


@pytest.mark.parametrize("name", ["qac", "a2c", "off-policy"])
def test_values_that_run_away_are_noticed(name):
    learner = {
        "qac": lambda: agent(QAC, Softmax(Table(S, A)), Table(S, A)),
        "a2c": lambda: agent(A2C, Softmax(Table(S, A)), Table(S, 1)),
        "off-policy": lambda: agent(
            OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1),
            behaviour=np.full((S, A), 1 / A),
        ),
    }[name]()  # fmt: skip
    learner.critic.theta = np.inf
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"step size|alpha_w"):
        learner.update(Step(0, 1, 0.5, 2, True, False))
