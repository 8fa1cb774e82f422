"""Between equal actions: the first of them, or one at random; and what the first can cost."""

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from scipy.stats import binom

from rlbook import (
    MDP,
    ExpectedSarsa,
    GridWorld,
    LinearQLearning,
    LinearSarsa,
    MonteCarlo,
    NStepSarsa,
    QLearning,
    Sarsa,
    TabularEnv,
    epsilon_greedy,
    interact,
    learn,
    train,
    uniform,
)
from rlbook.policy import sample_epsilon_greedy
from rlbook.training.twins import why_not

KINDS = [Sarsa, ExpectedSarsa, QLearning, NStepSarsa, MonteCarlo, LinearSarsa, LinearQLearning]


def learner(kind, S=3, A=4, seed=0, **options):
    options = {"gamma": 0.9, "epsilon": 0.0, "rng": np.random.default_rng(seed)} | options
    if kind is not MonteCarlo:
        options["alpha"] = 0.1
    if kind is NStepSarsa:
        options["n"] = 2
    if kind in (LinearSarsa, LinearQLearning):
        return kind(np.eye(S), A, **options)
    return kind(S, A, **options)


class Evenly:
    """Instead of a generator: the middles of n equal pieces of (0, 1), in order."""

    def __init__(self, n):
        self.numbers = iter((np.arange(n) + 0.5) / n)

    def random(self):
        return next(self.numbers)


@pytest.mark.parametrize("epsilon", [0.0, 0.4, 1.0])
def test_the_best_share_what_exploration_leaves(epsilon):
    q, n = np.array([1.0, 0.0, 1.0, 1.0]), 12_000
    for ties, best in (("first", [1, 0, 0, 0]), ("random", [1 / 3, 0, 1 / 3, 1 / 3])):
        rng = Evenly(n)
        drawn = [sample_epsilon_greedy(q, epsilon, rng, ties) for _ in range(n)]
        expected = epsilon / 4 + (1 - epsilon) * np.array(best)
        assert np.bincount(drawn, minlength=4) == pytest.approx(n * expected)
    assert epsilon_greedy(q, epsilon) == pytest.approx(epsilon / 4 + (1 - epsilon) * np.eye(4)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_wanders_where_all_is_equal_and_shows_the_first(kind):
    agent, same = learner(kind, ties="random"), np.random.default_rng(0)
    drawn = [agent.act(1) for _ in range(4000)]
    counts = np.bincount(drawn, minlength=4)
    # Four chances of 4000 draws: 4.5 standard errors, 3e-5 by the normal distribution.
    assert np.abs(counts / 4000 - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / 4000)
    same.random(4000)
    assert agent.rng.random() == same.random()  # one number an action, as before
    assert agent.act(1, explore=False) == 0
    assert agent.pi[:, 0].tolist() == [1, 1, 1]
    assert {learner(kind).act(1) for _ in range(20)} == {0}
    assert learner(kind).ties == "first"
    for ties in ("last", None, True):
        with pytest.raises(ValueError, match=r"^ties must be 'first' or 'random', got"):
            learner(kind, ties=ties)


@pytest.mark.parametrize("kind", KINDS)
def test_random_ties_take_the_plain_loop_however_long_the_run_is(kind):
    world = TimeLimit(GridWorld(), 50)
    agents = [learner(kind, 25, 5, epsilon=0.1, ties="random") for _ in range(2)]
    assert why_not(agents[0], world) == "ties must be 'first', got 'random'"
    assert why_not(learner(kind, 25, 5), world) is None
    train(agents[0], world, steps=400, seed=1, runs=1000)
    for _ in learn(agents[1], interact(world, agents[1], steps=400, seed=1)):
        pass
    assert np.array_equal(agents[0].q, agents[1].q)
    assert agents[0].rng.random() == agents[1].rng.random()


LAKE = gymnasium.make("FrozenLake-v1", is_slippery=False)  # cut after 100 steps
WALKED = 11  # of its states are neither holes nor the goal


def chance(pi, steps=100):
    """That an episode of so many steps reaches the goal, exactly."""
    P, r = MDP.from_env(LAKE).under(pi)
    d, reached = np.eye(16)[0], 0.0
    for _ in range(steps):
        reached, d = reached + float(d @ r), d @ P
    return reached


def test_the_first_of_equal_actions_never_sees_the_goal_and_random_ties_solve_the_lake():
    seeds, epsilon = 10, 0.05
    env = TabularEnv.from_env(LAKE)

    def lake(seed, **options):
        return learner(QLearning, 16, 4, seed=seed, epsilon=epsilon, **options)

    # First: until a reward is seen all values stay 0, and the agent is this one policy.
    once = chance(epsilon_greedy(np.zeros((16, 4)), epsilon))
    assert once == pytest.approx(2.544e-7, rel=1e-3)
    assert seeds * 300 * once < 1e-3  # to see a reward in all these episodes
    for seed in range(seeds):
        agent = lake(seed)
        assert train(agent, env, episodes=300, seed=seed).returns.sum() == 0
        assert not agent.q.any()

    # Random: where all is 0 it walks uniformly. Where something is known, the best action leads to
    # a larger value, so that no state comes twice on the way to the goal, and each of these at most
    # 11 steps is taken with 1 - 3/4 epsilon at least. An episode that gets there makes one more
    # state known; when the start is, or after 11 of them at the latest, the lake is solved.
    once = chance(uniform(16, 4), 100 - WALKED) * (1 - 0.75 * epsilon) ** WALKED
    assert seeds * binom.cdf(WALKED - 1, 4000, once) < 1e-3  # to need more episodes than 4000
    for seed in range(seeds):
        agent, ended = lake(seed, ties="random"), 0
        for t in learn(agent, interact(env, agent, seed=seed)):
            ended += t.terminated or t.truncated
            assert ended <= 4000
            if agent.q[0].any():
                break
        s = 0
        for _ in range(WALKED):
            s = s if s == 15 else int(env.unwrapped.model.s_next[s, agent.q[s].argmax(), 0])
        assert s == 15
