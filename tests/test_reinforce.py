"""REINFORCE: in expectation over every episode of a tiny world, and step by step."""

import itertools

import naive
import numpy as np
import pytest
from policy_gradient_cases import GAMMA, near, preferences, slope, table_of

from rlbook import MDP, TabularEnv, action_value, interact, learn, policy_value, train
from rlbook.agent import Step
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.monte_carlo import returns
from rlbook.policy_gradient import Reinforce, average_value, gradient_of_metric, gradient_of_value

# REINFORCE, in expectation: every episode of a tiny world


def corridor(lengths):
    """Four states in three layers; lengths: "equal", or "unequal" where a state may end early."""
    rng = np.random.default_rng(7)
    early = lengths == "unequal"
    s_next = [[[1, 2], [1, 2]], [[3, 3], [3, 3]], [[3, 3], [3, 3]], [[0, 0], [0, 0]]]
    ends = np.zeros((4, 2, 2), dtype=bool)
    ends[3] = True
    ends[1, 0, 1] = ends[2, 1, 0] = early
    return MDP(rng.dirichlet([1, 1], size=(4, 2)), s_next, rng.normal(size=(4, 2, 2)), ends)


START = np.array([0.7, 0.3, 0.0, 0.0])


def trajectories(model, pi, s=None):
    """Every episode: its probability, its steps."""
    if s is None:
        for s in np.flatnonzero(START):
            for p, steps in trajectories(model, pi, int(s)):
                yield START[s] * p, steps
        return
    for a in range(model.n_actions):
        for p, s_next, r, end in naive.outcomes(model, s, a):
            step = Step(s, a, r, s_next, end, False)
            for later, steps in [(1.0, [])] if end else trajectories(model, pi, s_next):
                yield pi[s, a] * p * later, [step, *steps]


class Held:
    """An optimiser that moves nothing, and remembers how far it would have gone."""

    def __init__(self, f):
        self.f, self.moves = f, []

    def step(self):
        self.moves.append(-self.f.grad)


def reinforce(f, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "rng": np.random.default_rng(0)} | options
    return Reinforce(Softmax(f), **given)


def moves(f, steps, **options):
    """What REINFORCE does with theta after each of these steps, theta itself being held fixed."""
    learner = reinforce(f, **options)
    learner.policy_step = Held(f)
    if learner.baseline is not None:
        learner.baseline_step = Held(learner.baseline)
    for t in steps:
        learner.update(t)
    return np.array(learner.policy_step.moves)


@pytest.mark.book("alg:9.1", "eq:9.31")
@pytest.mark.parametrize("lengths", ["equal", "unequal"])
@pytest.mark.parametrize("gamma", [1.0, GAMMA])
def test_what_reinforce_follows_in_expectation(gamma, lengths):
    # States weighted by how often they are visited, undiscounted, actions by discounted values:
    # no factor gamma^t stands before q_t. At gamma = 1, the gradient of the average value.
    model = corridor(lengths)
    for f in preferences(model, np.random.default_rng(1)):
        pi = Softmax(f)(np.arange(4))
        expected = sum(
            p * moves(f, steps, gamma=gamma).sum(0) for p, steps in trajectories(model, pi)
        )
        P, _ = naive.chain(model, pi)
        visits = np.linalg.inv(np.eye(4) - P).T @ START
        q = action_value(model, policy_value(model, pi, gamma), gamma)
        assert expected == near(gradient_of_metric(f, visits, q), 1e-12)
        true = slope(average_value, model, Softmax(f), gamma, START)
        assert (expected == near(true)) == (gamma == 1)
        assert gradient_of_value(f, model, gamma, START) == near(true)


def test_a_batch_follows_the_mean_over_its_steps():
    model = corridor("equal")  # from state 0 every episode has three steps
    for f in preferences(model, np.random.default_rng(1)):
        every = list(trajectories(model, Softmax(f)(np.arange(4)), 0))
        one = sum(p * moves(f, steps, gamma=1.0, batch=1)[0] for p, steps in every)
        assert one == near(gradient_of_value(f, model, 1.0, np.eye(4)[0]) / 3, 1e-12)
    two = sum(
        p1 * p2 * moves(f, first + second, gamma=1.0, batch=2)[0]
        for (p1, first), (p2, second) in itertools.product(every, every)
    )
    assert two == near(one, 1e-12)


@pytest.mark.parametrize("batch", [None, 1])
def test_a_baseline_does_not_change_the_expectation(batch, rng):
    model = corridor("equal")
    baseline = Table(4, 1)
    baseline.theta[:] = 5 * rng.normal(size=4)
    for f in preferences(model, rng):
        pi = Softmax(f)(np.arange(4))
        plain, based = (
            sum(
                p * moves(f, steps, batch=batch, **options).sum(0)
                for p, steps in trajectories(model, pi, 0)
            )
            for options in ({}, {"baseline": baseline, "alpha_w": 0.1})
        )
        assert based == near(plain, 1e-12)


# REINFORCE, step by step


EPISODE = [
    Step(0, 1, 1.0, 1, False, False),
    Step(1, 0, -2.0, 0, False, False),
    Step(0, 1, 0.5, 2, False, False),
    Step(2, 2, 3.0, 3, True, False),
]


def random_table(n_out, seed=0):
    f = Table(4, n_out)
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def learned(f, steps, **options):
    learner = reinforce(f, **options)
    for t in steps:
        learner.update(t)
    return learner


@pytest.mark.book("alg:9.1", "eq:9.32")
def test_theta_moves_at_every_step_in_turn():
    learner = learned(random_table(3), EPISODE)
    theta, twin = random_table(3).table, Softmax(random_table(3))
    for t, g in zip(EPISODE, returns([t.r for t in EPISODE], GAMMA), strict=True):
        weights = np.exp(theta[t.s] - theta[t.s].max())
        theta[t.s] += 0.1 * (g * (np.eye(3)[t.a] - weights / weights.sum()))
        twin.theta = twin.theta + 0.1 * (g * twin.score(t.s, t.a))
    assert np.array_equal(learner.policy.theta, twin.theta)
    # pi is exp(ln pi) there and a quotient here: rounding, which numpy's exp and log decide.
    assert learner.policy.f.table == pytest.approx(theta, rel=0, abs=1e-14)
    at_once = random_table(3).theta + 0.1 * moves(random_table(3), EPISODE).sum(0)
    assert np.abs(at_once - learner.policy.theta).max() > 1e-3


def test_the_baseline_stands_for_what_it_said_and_learns_the_returns():
    learner = learned(random_table(3), EPISODE, baseline=random_table(1, seed=1), alpha_w=0.2)
    theta, b = random_table(3).table, random_table(1, seed=1).theta
    said = b.copy()
    for t, g in zip(EPISODE, returns([t.r for t in EPISODE], GAMMA), strict=True):
        pi = np.exp(theta[t.s]) / np.exp(theta[t.s]).sum()
        theta[t.s] += 0.1 * (g - said[t.s]) * (np.eye(3)[t.a] - pi)
        b[t.s] += 0.2 * (g - b[t.s])
    assert learner.policy.f.table == pytest.approx(theta, abs=1e-12)
    assert learner.baseline.theta == pytest.approx(b, abs=1e-12)


@pytest.mark.parametrize("batch", [None, 1])
def test_where_an_episode_was_truncated_the_baseline_stands_for_the_rest(batch):
    cut = Step(0, 1, 1.0, 2, False, True)
    f, b = random_table(3), random_table(1, seed=1)
    score = Softmax(f).score(0, 1).copy()
    b_0, b_2 = b.theta[[0, 2]]
    for steps, g in (([cut], 1 + GAMMA * b_2), ([cut._replace(terminated=True)], 1.0)):
        based = moves(f, steps, baseline=b, alpha_w=0.1, batch=batch)
        assert based[0] == pytest.approx(score * (g - b_0))
        assert moves(f, steps, batch=batch)[0] == pytest.approx(score)  # nothing stands for it


def test_it_learns_at_the_ends_of_episodes_alone():
    learner = reinforce(random_table(3), baseline=random_table(1), alpha_w=0.2)
    for t in EPISODE[:-1]:
        learner.update(t)
    assert np.array_equal(learner.policy.theta, random_table(3).theta)
    assert np.array_equal(learner.baseline.theta, random_table(1).theta)
    learner.update(EPISODE[-1])
    assert (learner.policy.theta != random_table(3).theta).sum() == 9  # all but the last state
    assert learner.path == []


def test_a_batch_waits_for_its_episodes():
    for steps, n_learned in (
        (EPISODE * 2, 0),
        (EPISODE * 3, 1),
        (EPISODE * 5, 1),
        (EPISODE * 6, 2),
    ):
        assert len(moves(random_table(3), steps, batch=3)) == n_learned
    together = moves(random_table(3), EPISODE * 3, batch=3)[0]
    assert together == pytest.approx(moves(random_table(3), EPISODE).mean(0))


def test_a_batch_takes_one_step_of_adam():
    learner = learned(random_table(3), EPISODE, batch=1, alpha=0.01)
    moved = learner.policy.theta - random_table(3).theta
    along = moves(random_table(3), EPISODE, batch=1)[0]
    assert moved == pytest.approx(0.01 * np.sign(along), abs=1e-6)


@pytest.mark.parametrize("batch", [None, 1])
def test_the_entropy_of_the_policy_counts_where_it_is_given_a_weight(batch):
    f = random_table(3)
    more = moves(f, EPISODE, batch=batch, entropy=0.3) - moves(f, EPISODE, batch=batch)

    def mean_entropy(_, pi):
        visited = pi[[t.s for t in EPISODE]]
        return -(visited * np.log(visited)).sum(-1).mean()

    expected = 0.3 * slope(mean_entropy, corridor("equal"), Softmax(f))
    assert more.mean(0) == near(expected)


def test_an_episode_that_was_left_is_forgotten():
    for size, before in ((None, []), (2, EPISODE)):
        learner = learned(random_table(3), before, batch=size)
        learner.begin()
        for t in EPISODE[:2]:  # and then the world is reset
            learner.update(t)
        learner.begin()
        for t in EPISODE:
            learner.update(t)
        fresh = learned(random_table(3), [*before, *EPISODE], batch=size)
        assert np.array_equal(learner.policy.theta, fresh.policy.theta)
        assert learner.n_episodes == fresh.n_episodes


def test_without_exploring_it_takes_the_likeliest_action_and_draws_nothing():
    learner = reinforce(random_table(3))
    state = learner.rng.bit_generator.state
    for s in range(4):
        assert learner.act(s, explore=False) == learner.policy.f.table[s].argmax()
    assert learner.rng.bit_generator.state == state


@pytest.mark.parametrize("options", [{}, {"batch": 5, "alpha": 0.05}])
def test_it_learns_the_corridor_and_the_same_seed_is_the_same_run(options):
    model = corridor("unequal")
    ends = []
    for _ in range(2):
        learner = reinforce(Table(4, 2), baseline=Table(4, 1), alpha_w=0.1, gamma=1.0, **options)
        train(learner, TabularEnv(model, start=START), episodes=800, seed=3)
        ends.append(learner.policy.theta)
    assert np.array_equal(*ends)
    value = average_value(model, table_of(learner.policy, model), 1.0, START)
    uniform = average_value(model, np.full((4, 2), 0.5), 1.0, START)
    best = START @ naive.best_values(model, 1.0)
    assert (value - uniform) / (best - uniform) > 0.9


@pytest.mark.parametrize("options", [{}, {"batch": 2, "baseline": True}])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(options, tmp_path):
    def make():
        given = {"baseline": random_table(1), "alpha_w": 0.1} if options else {}
        return reinforce(random_table(2), **(options | given))

    world = TabularEnv(corridor("unequal"), start=START)
    straight, first, second = make(), make(), make()
    train(straight, world, episodes=6, seed=1)
    train(first, world, episodes=3, seed=1)  # in the middle of a batch
    first.save(tmp_path / "agent.npz")
    second.load(tmp_path / "agent.npz")
    for learner in (first, second):
        for _ in learn(learner, interact(world, learner, episodes=3, first=3, seed=1)):
            pass
        assert np.array_equal(learner.policy.theta, straight.policy.theta)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"gamma": 1.1}, "gamma"),
        ({"alpha": 0.0}, "alpha"),
        ({"batch": 0}, "batch"),
        ({"entropy": -1.0}, "entropy"),
        ({"rng": 0}, "rng"),
        ({"alpha_w": 0.1}, "alpha_w"),
        ({"baseline": Table(4, 1)}, "alpha_w"),
        ({"baseline": Table(4, 1), "alpha_w": 0.0}, "alpha_w"),
        ({"baseline": Table(4, 2), "alpha_w": 0.1}, "baseline"),
        ({"baseline": lambda s: 0.0, "alpha_w": 0.1}, "baseline"),
    ],
)
def test_a_wrong_argument_is_an_error(options, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        reinforce(Table(4, 3), **options)


def test_it_must_be_able_to_live_in_its_world():
    world = TabularEnv(corridor("equal"))
    reinforce(Table(4, 2), baseline=Table(4, 1), alpha_w=0.1).check(world)
    for learner in (
        reinforce(Table(4, 3)),
        reinforce(Table(5, 2)),
        reinforce(Table(4, 2), baseline=Table(5, 1), alpha_w=0.1),
    ):
        with pytest.raises(ValueError, match="Discrete"):
            learner.check(world)
