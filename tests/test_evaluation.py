"""How good is it by now?"""

import gymnasium
import numpy as np
import pytest

from rlbook import GridWorld
from rlbook.agent import Agent
from rlbook.dqn import DQN
from rlbook.functions.parametric import Table
from rlbook.training.evaluation import Evaluation, rmse
from rlbook.training.loop import score, train


class Ladder(Agent):
    """Takes the best of one table; whoever writes the table writes what it does."""

    def __init__(self, n_states=3, n_actions=5):
        self.f = Table(n_states, n_actions)
        self.rng = np.random.default_rng(0)

    def act(self, s, *, explore=True):
        return int(self.f(s).argmax())

    def update(self, experience):
        pass


def corridor():
    """The target two steps to the right; a wrong policy bumps into the boundary."""
    world = GridWorld("..T", terminate_at_target=True, start=0)
    return gymnasium.wrappers.TimeLimit(world, 4)


RIGHT, LEFT, STAY = 1, 3, 4
GOOD, IDLE, BAD = 1.0, 0.0, -4.0  # the returns of going right, staying, going left


def watched(actions):
    """An evaluation after each of these habits."""
    agent = Ladder()
    watch = Evaluation(corridor(), agent.f, episodes=3)
    for a in actions:
        agent.f.table[:] = np.eye(5)[a]
        watch(agent)
    return agent, watch


def test_root_mean_squared_error():
    assert rmse([[1.0, 2.0], [3.0, 7.0]], [[1.0, 2.0], [3.0, 1.0]]) == 3.0


def test_means_and_the_best():
    agent, watch = watched([LEFT, STAY, RIGHT, LEFT])
    assert watch.means == [BAD, IDLE, GOOD, BAD]
    assert watch.best == GOOD
    assert agent.act(0) == LEFT
    watch.restore()
    assert agent.act(0) == RIGHT
    assert watch(agent) == GOOD
    assert watch.means == [BAD, IDLE, GOOD, BAD, GOOD]


def test_the_first_of_the_best_is_kept():
    agent, watch = watched([RIGHT])
    first = agent.f.theta.copy()
    agent.f.theta *= 2.0  # other numbers, the same policy
    watch(agent)
    watch.restore()
    assert np.array_equal(agent.f.theta, first)


def test_what_is_kept_is_a_copy():
    agent, watch = watched([RIGHT])
    theta = agent.f.theta
    theta[:] = 0.0
    watch.restore()
    assert agent.f.theta is theta  # written into: whoever holds it sees it
    theta[:] = 0.0
    watch.restore()
    assert theta.any()


def test_without_an_evaluation_there_is_nothing_to_go_back_to():
    agent = Ladder()
    agent.f.theta[:] = 1.0
    watch = Evaluation(corridor(), agent.f)
    agent.f.theta[:] = 2.0
    assert watch.means == []
    assert watch.best == -np.inf
    watch.restore()
    assert (agent.f.theta == 1.0).all()  # as it was when the watch began


@pytest.mark.parametrize(
    ("means", "in_a_row", "call"),
    [
        ([], 2, None),
        ([5.0], 1, 1),
        ([5.0], 2, None),
        ([5.0, 5.0], 2, 2),
        ([1.0, 5.0, 6.0], 2, 3),
        ([5.0, 1.0, 5.0, 1.0], 2, None),
        ([5.0, 1.0, 5.0, 7.0, 5.0], 2, 4),
        ([5.0, 5.0, 1.0, 5.0, 5.0, 5.0], 3, 6),
        ([5.0, 5.0, 5.0, 5.0], 2, 2),  # the first time
        ([4.9999], 1, None),
        ([np.nan, 5.0, np.nan, 5.0, 5.0], 2, 5),
    ],
)
def test_reached(means, in_a_row, call):
    watch = Evaluation(corridor(), Ladder().f)
    watch.means = means
    assert watch.reached(5.0, in_a_row) == call
    if in_a_row == 2:
        assert watch.reached(5.0) == call


@pytest.mark.parametrize("means", [[], [1.0], [5.0]])
def test_reached_of_what_cannot_be(means):
    watch = Evaluation(corridor(), Ladder().f)
    watch.means = means
    for bad in (0, -1, 1.5):
        with pytest.raises(ValueError, match="in_a_row must be a whole number, 1 or more"):
            watch.reached(0.0, bad)
    with pytest.raises(ValueError, match="threshold must be a finite number"):
        watch.reached(np.nan)


def test_bad_numbers():
    for options in ({"episodes": 0}, {"episodes": 2.5}, {"seed": -1}, {"seed": 0.5}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be a whole number"):
            Evaluation(corridor(), Ladder().f, **options)


def dqn(env):
    return DQN(env.observation_space, env.action_space, hidden=(16,), warmup=50, copy_every=20,
               batch=16, epsilon=0.2, lr=0.01, rng=np.random.default_rng(0))  # fmt: skip


def test_it_measures_as_score_does_always_the_same_episodes():
    env = gymnasium.make("CartPole-v1")
    agent = dqn(env)
    watch = Evaluation(env, agent.net, episodes=4, seed=9)
    expected = score(env, agent, episodes=4, seed=9).mean()
    assert watch(agent) == watch(agent) == expected
    assert Evaluation(env, agent.net, episodes=4, seed=10)(agent) != expected


def test_watching_changes_nothing_in_a_run():
    runs = []
    for every in (None, 100):
        env = gymnasium.make("CartPole-v1")
        agent = dqn(env)
        watch = Evaluation(gymnasium.make("CartPole-v1"), agent.net, episodes=2)
        record = train(agent, env, steps=400, seed=0, every=every, measure=every and watch)
        runs.append((agent.net.theta.copy(), record.returns, agent.rng.bit_generator.state))
    for plain, seen in zip(*runs, strict=True):
        assert np.all(plain == seen)
    assert record.measured == watch.means
    assert len(watch.means) == 4


def test_restored_is_what_scored_best():
    env = gymnasium.make("CartPole-v1")
    agent = dqn(env)
    watch = Evaluation(gymnasium.make("CartPole-v1"), agent.net, episodes=3, seed=1)
    train(agent, env, steps=1200, seed=0, every=100, measure=watch)
    assert len(set(watch.means)) > 1
    watch.restore()
    assert watch(agent) == watch.best == max(watch.means)


def test_an_agent_is_not_its_function():
    with pytest.raises(
        ValueError, match=r"f must be a function, such as agent.net or agent.actor, got Ladder"
    ):
        Evaluation(corridor(), Ladder())
