"""Every agent takes a batch as it takes its steps one by one, or refuses it before it changes."""

import pickle

import numpy as np
import pytest
from odd_worlds import Honest, Walk, shown

from rlbook.actor_critic import A2C, QAC, DeterministicActorCritic, OffPolicyActorCritic
from rlbook.agent import Agent, Follow, Step, batch, interact
from rlbook.ddpg import DDPG
from rlbook.dqn import DQN
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Quadratic, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.monte_carlo import MonteCarlo
from rlbook.policy_gradient import Reinforce
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa

PI, STATES = np.full((5, 2), 0.5), np.eye(5)
TD = {"gamma": 0.9, "alpha": lambda n: 1 / n, "epsilon": lambda n: 1 / (1 + n)}
LINEAR = {"gamma": 0.9, "alpha": lambda n: 1 / n}
CRITIC = {"gamma": 0.9, "alpha_theta": 0.1, "alpha_w": 0.2}


def box(s):
    return np.array([1.0, s[0], s[0] ** 2])


def even(s):
    return [0.5, 0.5]


def mlp(n_out, rng):
    return MLP((1, 4, n_out), rng=rng, dtype=float)


OF_STATES = {
    "Follow": lambda rng: Follow(PI, rng),
    "TD0": lambda rng: TD0(PI, rng=rng, **LINEAR),
    "Sarsa": lambda rng: Sarsa(5, 2, rng=rng, **TD),
    "Expected Sarsa": lambda rng: ExpectedSarsa(5, 2, rng=rng, **TD),
    "Q-learning": lambda rng: QLearning(5, 2, rng=rng, **TD),
    "n-step Sarsa": lambda rng: NStepSarsa(5, 2, n=3, rng=rng, **TD),
    "Monte Carlo": lambda rng: MonteCarlo(5, 2, gamma=0.9, epsilon=TD["epsilon"], rng=rng),
    "TD-Linear": lambda rng: LinearTD(STATES, PI, rng=rng, **LINEAR),
    "linear Sarsa": lambda rng: LinearSarsa(STATES, 2, rng=rng, **TD),
    "LSTD": lambda rng: LSTD(STATES, PI, gamma=0.9, regularisation=1.0),
    "REINFORCE": lambda rng: Reinforce(Softmax(Table(5, 2)), gamma=0.9, alpha=0.1, rng=rng),
    "QAC": lambda rng: QAC(Softmax(Table(5, 2)), Table(5, 2), rng=rng, **CRITIC),
    "A2C": lambda rng: A2C(Softmax(Table(5, 2)), Linear(STATES, 1), n=3, rng=rng, **CRITIC),
    "off-policy": lambda rng: OffPolicyActorCritic(
        Softmax(Table(5, 2)), Table(5, 1), behaviour=PI, rng=rng, **CRITIC
    ),
}
OF_ARRAYS = {
    "TD-Linear": lambda rng: LinearTD(box, even, rng=rng, w=np.zeros(3), gamma=0.9, alpha=0.01),
    "linear Sarsa": lambda rng: LinearSarsa(box, 2, rng=rng, gamma=0.9, alpha=0.01, epsilon=0.3),
    "linear Q": lambda rng: LinearQLearning(box, 2, rng=rng, gamma=0.9, alpha=0.01, epsilon=0.3),
    "LSTD": lambda rng: LSTD(box, even, gamma=0.9, regularisation=1.0),
    "recursive": lambda rng: RecursiveLSTD(box, even, gamma=0.9, regularisation=1.0),
    "REINFORCE": lambda rng: Reinforce(Softmax(mlp(2, rng)), gamma=0.9, alpha=0.01, rng=rng),
    "QAC": lambda rng: QAC(Softmax(mlp(2, rng)), mlp(2, rng), rng=rng, **CRITIC),
    "A2C": lambda rng: A2C(Softmax(mlp(2, rng)), mlp(1, rng), n=3, rng=rng, **CRITIC),
}
AT_ONCE = {
    "DQN": lambda rng: DQN(shown().observation_space, Walk.action_space, hidden=(4,), rng=rng),
    "DDPG": lambda rng: DDPG(
        Honest.observation_space, Honest.action_space, hidden=(4,), rng=rng
    ),
    "deterministic": lambda rng: DeterministicActorCritic(
        mlp(1, rng), Quadratic(2), sigma=0.1, rng=rng, **CRITIC
    ),
}  # fmt: skip
CASES = [
    *((build, Walk) for build in OF_STATES.values()),
    *((build, shown) for build in OF_ARRAYS.values()),
]
IDS = [*OF_STATES, *(f"{name}, arrays" for name in OF_ARRAYS)]


class Wander(Agent):
    """Draws its action, a number or an array of one."""

    def __init__(self, seed, shape=None):
        self.rng, self.shape = np.random.default_rng(seed), shape

    def act(self, s, *, explore=True):
        if self.shape is None:
            return int(self.rng.integers(2))
        return self.rng.uniform(-1, 1, self.shape)

    def update(self, experience):
        pass


def memory(agent):
    """All that an agent is, but for its functions."""
    return pickle.dumps(
        {k: x for k, x in vars(agent).items() if not callable(x) or hasattr(x, "theta")}
    )


def steps_of(world, seed=0):
    """Steps of four episodes of five, the third cut short and the last open; some terminated."""
    steps = list(interact(world(length=5), Wander(seed), steps=20, seed=seed))
    steps[9] = steps[9]._replace(truncated=False, terminated=True)
    steps[12] = steps[12]._replace(terminated=True)
    steps[19] = steps[19]._replace(truncated=False)
    return steps


@pytest.mark.parametrize(("build", "world"), CASES, ids=IDS)
def test_a_batch_is_its_steps_one_by_one(build, world):
    one, many = build(np.random.default_rng(1)), build(np.random.default_rng(1))
    fresh = memory(one)
    for seed in (0, 1):
        steps = steps_of(world, seed)
        for t in steps:
            one.update(t)
        many.update(batch(steps))
        assert memory(one) == memory(many)
    assert memory(one) != fresh
    lists = build(np.random.default_rng(1))
    for seed in (0, 1):
        lists.update(Step(*map(list, zip(*steps_of(world, seed), strict=True))))
    assert memory(lists) == memory(many)


def test_follow_counts_every_pair_of_a_batch(rng):
    agent = Follow(PI, rng)
    agent.update(Step(np.array([3, 3, 1]), np.array([1, 1, 0]), np.ones(3), np.zeros(3, int),
                      np.zeros(3, bool), np.zeros(3, bool)))  # fmt: skip
    assert agent.visits.tolist() == [[0, 0], [1, 0], [0, 0], [0, 2], [0, 0]]
    assert agent.visits.sum() == 3


def test_sarsa_keeps_the_promise_of_the_last_step(rng):
    agent = Sarsa(5, 2, rng=rng, **TD)
    steps = steps_of(Walk)
    agent.update(batch(steps))
    assert agent.promise is not None
    assert agent.promise[0] == steps[-1].s_next
    agent.update(batch(steps[:10]))  # its last step terminates
    assert agent.promise is None


def wrong_batches(steps):
    """What is neither a step nor a batch, and what should be said of it."""
    t = batch(steps)
    shapes = "experience must be one Step, r and its flags numbers, or a batch"
    return [
        (t._replace(terminated=False, truncated=False), shapes),
        (t._replace(terminated=False), shapes),
        (t._replace(r=1.0), shapes),
        (t._replace(r=t.r[:-1]), shapes),
        (t._replace(s=t.s[:-1]), shapes),
        (t._replace(s_next=t.s_next[0]), shapes + r".* s_next \(\)|s_next must|" + shapes),
        (t._replace(r=t.r[:, None]), shapes),
        (t._replace(s=[[1.0], [1.0, 2.0]]), shapes + ".* s ragged"),
        (Step(*(x[:0] for x in t)), shapes + r".* r \(0,\)"),
        (t._replace(r=np.array(["a"] * len(steps))), r"r must be an array of real numbers"),
        (t._replace(terminated=np.full(len(steps), 2)), "terminated must be True or False"),
        (steps, "experience must be a Step or a batch of them, see `batch`, got"),
        (steps[:6], "experience must be a Step or a batch of them, see `batch`, got"),
        (None, "experience must be a Step or a batch of them, see `batch`, got None"),
    ]


ALL = [*CASES, *((build, shown) for build in AT_ONCE.values())]


@pytest.mark.parametrize(("build", "world"), ALL, ids=[*IDS, *AT_ONCE])
def test_what_is_no_batch_is_refused_and_changes_nothing(build, world):
    agent = build(np.random.default_rng(1))
    if isinstance(agent, (DDPG, DeterministicActorCritic)):
        steps = list(interact(Honest(), Wander(0, (1,)), steps=20))
    else:
        steps = steps_of(world)
    before = memory(agent)
    for experience, message in wrong_batches(steps):
        with pytest.raises(ValueError, match=message):
            agent.update(experience)
        assert memory(agent) == before
    agent.update(batch(steps))
    assert memory(agent) != before


def test_states_of_a_batch_are_whole_numbers(rng):
    t = batch(steps_of(Walk))
    for build in OF_STATES.values():
        agent = build(rng)
        if not isinstance(agent, (Reinforce, QAC, A2C, LinearTD, LinearSarsa, LSTD)):
            before = memory(agent)
            for field in ("s", "a", "s_next"):
                halves = t._replace(**{field: getattr(t, field) + 0.5})
                with pytest.raises(ValueError, match=rf"{field} of a batch must be whole numbers"):
                    agent.update(halves)
            assert memory(agent) == before
