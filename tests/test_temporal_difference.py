import itertools
from itertools import islice

import naive
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import (
    GridWorld,
    epsilon_greedy,
    epsilon_soft_optimal,
    optimal,
    policy_value,
    uniform,
)
from rlbook.agent import Follow, Step, interact, learn
from rlbook.monte_carlo import MonteCarlo
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training.loop import train

GAMMA, EPSILON = 0.9, 0.3


def agent(method, model, rng, q=0.0, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "epsilon": EPSILON} | options
    return method(model.n_states, model.n_actions, rng=rng, q=q, **given)


def soft_values(model):
    """The action values of the best epsilon-greedy policy, and the policy."""
    best = epsilon_soft_optimal(model, GAMMA, EPSILON)
    q = naive.lookahead(model, best.v, GAMMA)
    return q, epsilon_greedy(q, EPSILON)


def models():
    for seed in range(20):
        yield naive.random_model(np.random.default_rng(seed), end=0.2 * (seed % 2))


def promising(learner, a):
    """Make the agent's next action known."""
    learner.next_action = lambda s: a


# At its own fixed point the expected target is the estimate, for every pair: exactly, no sampling.


@pytest.mark.book("eq:7.1", "eq:7.4")
def test_td0_at_v_pi():
    for k, model in enumerate(models()):
        rng = np.random.default_rng(k)
        pi = rng.dirichlet(np.ones(model.n_actions), size=model.n_states)
        v = policy_value(model, pi, GAMMA)
        learner = TD0(pi, gamma=GAMMA, alpha=0.1, rng=rng, v=v)
        for s in range(model.n_states):
            expected = sum(
                pi[s, a] * p * learner.target(Step(s, a, r, s_next, end, False))
                for a in range(model.n_actions)
                for p, s_next, r, end in naive.outcomes(model, s, a)
            )
            assert expected == pytest.approx(v[s], abs=1e-10)


def best_values(model):
    """q*."""
    return naive.lookahead(model, naive.best_values(model, GAMMA), GAMMA), None


@pytest.mark.book("eq:7.20", "tab:7.2", "alg:7.2", "eq:7.15", "eq:7.19")
@pytest.mark.parametrize(
    ("method", "fixed_point", "within"),
    [(QLearning, best_values, 1e-10), (ExpectedSarsa, soft_values, 1e-9)],
)
def test_q_learning_at_q_star_and_expected_sarsa_at_the_best_epsilon_greedy_values(
    method, fixed_point, within, rng
):
    for model in models():
        q, _ = fixed_point(model)
        learner = agent(method, model, rng, q)
        for s, a in np.ndindex(q.shape):
            expected = sum(
                p * learner.target(Step(s, a, r, s_next, end, False))
                for p, s_next, r, end in naive.outcomes(model, s, a)
            )
            assert expected == pytest.approx(q[s, a], abs=within)


@pytest.mark.book("eq:7.20", "alg:7.1")
def test_sarsa_at_the_same_values_averaged_over_the_next_action(rng):
    for model in models():
        q, pi = soft_values(model)
        learner = agent(Sarsa, model, rng, q)
        for s, a in np.ndindex(q.shape):
            expected = 0.0
            for p, s_next, r, end in naive.outcomes(model, s, a):
                for a_next in range(model.n_actions):
                    promising(learner, a_next)
                    target = learner.target(Step(s, a, r, s_next, end, False))
                    expected += p * pi[s_next, a_next] * target
            assert expected == pytest.approx(q[s, a], abs=1e-9)


def paths(model, pi, s, a, n):
    """Every path of n steps, or up to an end, from (s, a) on: its probability, its steps."""
    for p, s_next, r, end in naive.outcomes(model, s, a):
        step = Step(s, a, r, s_next, end, False)
        if end or n == 1:
            yield p, [step]
        else:
            for a_next in range(model.n_actions):
                for p_rest, rest in paths(model, pi, s_next, a_next, n - 1):
                    yield p * pi[s_next, a_next] * p_rest, [step, *rest]


@pytest.mark.book("eq:7.17")
@pytest.mark.parametrize("n", [1, 2, 3])
def test_n_step_sarsa_at_the_same_values_over_all_its_paths(n, rng):
    for seed in range(6):
        model = naive.random_model(
            np.random.default_rng(seed), end=0.3 * (seed % 2), states=3, actions=2, outcomes=2
        )
        q, pi = soft_values(model)
        learner = agent(NStepSarsa, model, rng, q, n=n)
        for s, a in np.ndindex(q.shape):
            expected = 0.0
            for p, path in paths(model, pi, s, a, n):
                last = path[-1].s_next
                for a_next in range(model.n_actions):
                    promising(learner, a_next)
                    expected += p * pi[last, a_next] * learner.target(path)
            assert expected == pytest.approx(q[s, a], abs=1e-9)


# Sarsa's promise


@pytest.mark.book("alg:7.1")
def test_sarsa_takes_the_action_of_its_target_next():
    world = GridWorld(slip=0.2)
    learner = agent(Sarsa, world.model, np.random.default_rng(0), epsilon=0.9)
    promise, kept = None, 0
    for t in islice(learn(learner, interact(world, learner, steps=500, seed=0)), 499):
        if promise is not None:
            assert (t.s, t.a) == promise
            kept += 1
        promise = learner.promise
    assert kept == 498


@pytest.mark.parametrize("ending", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("method", [Sarsa, NStepSarsa])
def test_a_promise_ends_with_its_episode(method, ending):
    world = GridWorld()
    options = {"n": 2} if method is NStepSarsa else {}
    learner = agent(method, world.model, np.random.default_rng(0), **options)
    for end in (learner.begin, lambda: learner.update(Step(0, 1, 0.0, 1, *ending))):
        learner.promise = (1, 4)
        end()
        assert learner.promise is None
    learner.q[1] = [0, 0, 9, 0, 0]
    learner.epsilon = 0.0
    assert learner.act(1) == 2  # chosen now, not remembered


def test_an_unasked_promise_is_not_kept_in_another_state_nor_without_exploring():
    learner = agent(Sarsa, GridWorld().model, np.random.default_rng(0), epsilon=0.0)
    learner.q[:, 3] = 1.0
    learner.promise = (7, 0)
    assert learner.act(7, explore=False) == 3
    assert learner.promise == (7, 0)  # looking without exploring forgets nothing
    assert learner.act(8) == 3
    assert learner.promise is None
    learner.promise = (7, 0)
    assert learner.act(7) == 0


def test_nothing_is_drawn_for_a_terminated_step():
    learner = agent(Sarsa, GridWorld().model, np.random.default_rng(0))
    state = learner.rng.bit_generator.state
    assert learner.target(Step(0, 1, 5.0, 1, True, False)) == 5.0
    assert learner.rng.bit_generator.state == state


# terminated and truncated


@pytest.mark.parametrize("method", [Sarsa, ExpectedSarsa, QLearning])
def test_the_future_counts_unless_the_step_terminated(method):
    model = GridWorld().model
    learner = agent(method, model, np.random.default_rng(0), q=2.0)
    for truncated in (False, True):
        open_end = learner.target(Step(0, 1, 1.0, 1, False, truncated))
        assert open_end == pytest.approx(1 + GAMMA * 2)
        assert learner.target(Step(0, 1, 1.0, 1, True, truncated)) == 1.0
    td = TD0(uniform(25, 5), gamma=GAMMA, alpha=0.5, rng=np.random.default_rng(0), v=2.0)
    td.update(Step(0, 1, 1.0, 1, False, True))
    assert td.v[0] == pytest.approx(0.5 * 2 + 0.5 * (1 + GAMMA * 2))


def test_the_tail_of_an_n_step_path():
    steps = [Step(s, 0, 1.0, s + 1, False, False) for s in range(3)]
    for last, future in ((steps[2]._replace(terminated=True), 0.0),
                         (steps[2]._replace(truncated=True), 10.0)):  # fmt: skip
        learner = agent(NStepSarsa, GridWorld().model, np.random.default_rng(0), n=10, alpha=1.0)
        learner.q[3] = 10.0
        for t in (*steps[:2], last):
            assert not learner.q[:3].any()  # ten steps are not there before the end
            learner.update(t)
        expected = [
            1 + GAMMA + GAMMA**2 + GAMMA**3 * future,
            1 + GAMMA + GAMMA**2 * future,
            1 + GAMMA * future,
        ]
        assert learner.q[:3, 0] == pytest.approx(expected)
        assert learner.path == []


@pytest.mark.book("eq:7.17")
def test_n_step_updates_come_n_steps_later():
    learner = agent(NStepSarsa, GridWorld().model, np.random.default_rng(0), n=3, alpha=1.0, q=0.0)
    for k in range(5):
        learner.update(Step(k, 0, float(k), k + 1, False, False))
        assert learner.visits[:, 0].nonzero()[0].tolist() == list(range(max(0, k - 1)))
    assert learner.q[1, 0] == pytest.approx(1 + GAMMA * 2 + GAMMA**2 * 3)


# Twins


def run(method, rng=1, steps=2000, world=None, **options):
    world = world or GridWorld(slip=0.1, terminate_at_target=True)
    learner = agent(method, world.model, np.random.default_rng(rng), **options)
    train(learner, TimeLimit(world, 60), steps=steps, seed=3)
    return learner.q


def test_n_step_sarsa_with_one_step_is_sarsa_bit_for_bit():
    assert np.array_equal(run(Sarsa), run(NStepSarsa, n=1))


def test_expected_sarsa_without_exploring_is_q_learning_bit_for_bit():
    stream = list(interact(GridWorld(slip=0.1), Follow(uniform(25, 5), np.random.default_rng(0)),
                           steps=3000, seed=0))  # fmt: skip
    tables = []
    for method in (ExpectedSarsa, QLearning):
        learner = agent(method, GridWorld().model, np.random.default_rng(0), epsilon=0.0)
        for _ in learn(learner, stream):
            pass
        tables.append(learner.q)
    assert np.array_equal(*tables)


def test_n_step_sarsa_with_many_steps_is_monte_carlo():
    # On an episode that sees no pair twice: the order of the updates is another one.
    path = [(0, 1), (1, 1), (2, 2), (7, 2), (12, 3)]
    episode = [Step(s, a, float(s), s + 1, k == 4, False) for k, (s, a) in enumerate(path)]
    rng = np.random.default_rng(0)
    many = agent(NStepSarsa, GridWorld().model, rng, n=100)
    mc = MonteCarlo(25, 5, gamma=GAMMA, epsilon=EPSILON, alpha=0.1, rng=rng)
    for t in episode:
        many.update(t)
        mc.update(t)
    assert many.q == pytest.approx(mc.q)
    assert (mc.q != 0).sum() == 5


# Learning


def behaviours(model):
    rng = np.random.default_rng(3)
    yield "uniform", uniform(model.n_states, model.n_actions)
    yield "random", rng.dirichlet(np.ones(model.n_actions), size=model.n_states)
    yield "half greedy", epsilon_greedy(rng.normal(size=(model.n_states, model.n_actions)), 0.5)


@pytest.mark.book("alg:7.3")
def test_off_policy_q_learning_finds_q_star_under_every_behaviour_that_visits_all():
    for seed in range(3):
        model = naive.random_model(np.random.default_rng(seed), states=4, actions=2, outcomes=2)
        from rlbook import TabularEnv

        best = optimal(model, 0.8, 1e-9)
        for name, pi in behaviours(model):
            rng = np.random.default_rng(seed)
            learner = QLearning(4, 2, gamma=0.8, alpha=lambda n: n**-0.7, epsilon=0.1, rng=rng)
            wanderer = Follow(pi, rng)
            for _ in learn(learner, interact(TabularEnv(model), wanderer, steps=60_000, seed=seed)):
                pass
            error = np.abs(learner.q - best.q).max() / np.abs(best.q).max()
            assert error < 0.1, (seed, name, error)


@pytest.mark.parametrize("method", [Sarsa, ExpectedSarsa, NStepSarsa])
def test_on_policy_methods_come_to_the_best_epsilon_greedy_values(method):
    world = GridWorld("../.T")
    best = epsilon_soft_optimal(world.model, GAMMA, EPSILON)
    q = naive.lookahead(world.model, best.v, GAMMA)
    ends = []
    for seed in range(5):
        options = {"n": 2} if method is NStepSarsa else {}
        learner = agent(
            method, world.model, np.random.default_rng(seed), alpha=lambda n: n**-0.6, **options
        )
        train(learner, world, steps=40_000, seed=seed)
        ends.append(np.abs(learner.q - q).max())
    assert np.median(ends) < 0.5, ends  # of values of up to 8


def test_schedules_of_alpha_and_epsilon():
    seen = []
    learner = agent(
        QLearning, GridWorld().model, np.random.default_rng(0),
        alpha=lambda n: seen.append(n) or 1 / n, epsilon=lambda k: 1 / (1 + k),
    )  # fmt: skip
    assert learner.epsilon == 1.0
    for r, epsilon in ((1.0, 1 / 2), (3.0, 1 / 3)):
        learner.update(Step(0, 0, r, 0, True, False))
        assert learner.epsilon == epsilon
    learner.update(Step(1, 0, 7.0, 0, True, False))
    assert seen == [1, 2, 1]
    assert learner.q[0, 0] == 2.0  # the mean of 1 and 3
    assert learner.epsilon == 0.25
    assert learner.pi[1].argmax() == 0


def test_a_batch_is_a_step_with_an_axis(rng):
    learner = agent(QLearning, GridWorld().model, rng, q=rng.normal(size=(25, 5)))
    expected = agent(ExpectedSarsa, GridWorld().model, rng, q=learner.q)
    batch = Step(
        np.array([0, 1]), np.array([1, 2]), np.array([1.0, 2.0]), np.array([3, 4]),
        np.array([False, True]), np.array([False, False]),
    )  # fmt: skip
    for one in (learner, expected):
        singles = [one.target(Step(*fields)) for fields in zip(*batch, strict=True)]
        assert one.target(batch) == pytest.approx(singles)
    twice = Step(*(np.repeat(x[:1], 2) for x in batch))
    learner.q[:] = 0.0
    learner.update(twice)  # the same pair twice: no update is lost
    assert learner.visits[0, 1] == 2
    assert learner.q[0, 1] == pytest.approx(0.1 + 0.9 * 0.1)


def test_epsilon_greedy_behaviour_has_the_books_probabilities():
    learner = agent(QLearning, GridWorld().model, np.random.default_rng(0))
    learner.q[0, 2] = 1.0
    n = 40_000
    counts = np.bincount([learner.act(0) for _ in range(n)], minlength=5)
    expected = n * epsilon_greedy(learner.q[0], EPSILON)
    deviations = (counts - expected) / np.sqrt(expected * (1 - expected / n))
    assert np.abs(deviations).max() < 4.5  # five deviations, a fixed seed
    assert list(itertools.islice((learner.act(0, explore=False) for _ in range(3)), 3)) == [2] * 3
