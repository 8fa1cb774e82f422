import pickle
import re
from itertools import islice

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import MDP, GridModel, GridWorld, uniform
from rlbook.agent import Agent, Follow, Step, episode_seed, episodes, interact, learn
from rlbook.monte_carlo import MonteCarlo, mc_basic
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training.loop import score, train


class Recorder(Agent):
    """Always right; notes the order of what it is asked."""

    def __init__(self):
        self.log = []

    def act(self, s, *, explore=True):
        self.log.append(("act", s))
        return 1

    def update(self, experience):
        self.log.append(("update", experience.s))


def row(n=4, **options):
    """A row of cells with the target at its end; steps cost 1."""
    return GridWorld(
        ["." * (n - 1) + "T"], r_other=-1, r_target=0, terminate_at_target=True, start=0, **options
    )


def make(method, rng, **changes):
    options = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.2, "rng": rng} | changes
    if method is NStepSarsa:
        options.setdefault("n", 3)
    if method is MonteCarlo:
        options.pop("alpha")
    return method(4, 5, **options)


METHODS = [Sarsa, ExpectedSarsa, QLearning, NStepSarsa, MonteCarlo]


def test_steps_of_an_episode():
    steps = list(interact(row(), Recorder(), episodes=1))
    assert steps == [
        Step(0, 1, -1.0, 1, False, False),
        Step(1, 1, -1.0, 2, False, False),
        Step(2, 1, 0.0, 3, True, False),
    ]


def test_nothing_happens_until_somebody_looks_and_updates_come_before_the_next_action():
    agent = Recorder()
    stream = learn(agent, interact(row(), agent, steps=3))
    assert agent.log == []
    next(stream)
    assert agent.log == [("act", 0), ("update", 0)]
    next(stream)
    assert agent.log[2:] == [("act", 1), ("update", 1)]


def test_the_last_of_so_many_steps_is_truncated():
    steps = list(interact(row(), Recorder(), steps=5))
    assert [t.truncated for t in steps] == [False] * 4 + [True]
    assert [t.terminated for t in steps] == [False, False, True, False, False]
    assert len(list(interact(row(), Recorder(), steps=0))) == 0
    assert len(list(interact(row(), Recorder(), episodes=0))) == 0
    assert len(list(interact(row(), Recorder(), steps=100, episodes=2))) == 6
    assert len(list(islice(interact(row(), Recorder()), 50))) == 50


def test_a_time_limit_truncates_and_does_not_terminate():
    world = TimeLimit(row(), 2)
    (a, b) = interact(world, Recorder(), episodes=1)
    assert (a.truncated, b.terminated, b.truncated) == (False, False, True)


def test_any_episode_can_be_played_again_alone():
    world = GridWorld(slip=0.5, terminate_at_target=True)
    pi = uniform(25, 5)
    wander = episodes(interact(world, Follow(pi, np.random.default_rng(0)), episodes=4, seed=9))
    everything = list(wander)
    alone = GridWorld(slip=0.5, terminate_at_target=True)
    state, _ = alone.reset(seed=episode_seed(9, 2))
    for t in everything[2]:
        assert state == t.s
        state, r, terminated, *_ = alone.step(t.a)
        assert (state, r, terminated) == (t.s_next, t.r, t.terminated)
    agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(1))
    whole = list(learn(agent, interact(world, agent, episodes=4, seed=9)))
    agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(1))
    first = list(learn(agent, interact(world, agent, episodes=2, seed=9)))
    rest = list(learn(agent, interact(world, agent, episodes=2, seed=9, first=2)))
    assert first + rest == whole


def test_episodes_of_a_stream():
    stream = list(interact(row(), Recorder(), steps=8))
    assert [len(e) for e in episodes(stream)] == [3, 3, 2]
    assert [len(e) for e in episodes(stream[:4])] == [3, 1]  # an unfinished one comes last


def test_train_returns_what_it_saw():
    record = train(Recorder(), row(), steps=7, every=3, measure=lambda agent: len(agent.log))
    assert record.returns.tolist() == [-2.0, -2.0]  # the third episode was cut off
    assert record.lengths.tolist() == [3, 3]
    assert record.measured == [6, 12]
    assert train(Recorder(), row(), steps=6).lengths.tolist() == [3, 3]  # ended by itself
    limited = train(Recorder(), TimeLimit(row(), 2), steps=5)
    assert limited.lengths.tolist() == [2, 2]
    assert train(Recorder(), row(), episodes=2).lengths.tolist() == [3, 3]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_is_the_same_run(method):
    def run():
        agent = make(method, np.random.default_rng(5))
        record = train(agent, TimeLimit(row(slip=0.3), 50), steps=500, seed=5)
        return agent.q.tolist(), record.returns.tolist()

    assert run() == run()


@pytest.mark.parametrize("method", METHODS)
def test_score_leaves_the_agent_alone(method):
    agent = make(method, np.random.default_rng(5))
    for _ in islice(learn(agent, interact(row(), agent, steps=100)), 40):
        pass

    def memory():
        return pickle.dumps(vars(agent))

    before = memory()
    returns = score(row(), agent, episodes=3, seed=1)
    assert memory() == before
    assert returns.tolist() == score(row(), agent, episodes=3, seed=1).tolist()


@pytest.mark.parametrize("kind", [Follow, TD0])
def test_score_draws_from_a_generator_of_its_own(kind):
    options = {} if kind is Follow else {"gamma": 0.9, "alpha": 0.1}
    agent = kind(uniform(4, 5), rng=np.random.default_rng(3), **options)
    before = agent.rng.bit_generator.state
    first = score(row(slip=0.4), agent, episodes=3, seed=1, steps=50)
    assert agent.rng.bit_generator.state == before
    agent.rng.random(100)
    assert score(row(slip=0.4), agent, episodes=3, seed=1, steps=50).tolist() == first.tolist()
    assert score(row(slip=0.4), agent, episodes=3, seed=2, steps=50).tolist() != first.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_a_stream_that_is_closed_early_leaves_nothing_to_the_next(method):
    agent = make(method, np.random.default_rng(5))
    for k, _ in enumerate(learn(agent, interact(row(), agent, seed=0))):
        if k == 1:
            break
    table = agent.q.copy()
    stream = interact(row(), agent, seed=1)
    next(stream)
    assert getattr(agent, "path", []) == []
    assert len(getattr(agent, "_s", [])) == 0
    assert np.array_equal(agent.q, table)
    if method is Sarsa:
        agent.promise = (0, 4)
        assert next(interact(row(), agent, seed=1)).a in range(5)
        assert agent.promise is None


def test_a_world_that_somebody_else_reset_is_an_error_and_not_a_wrong_stream():
    env, agent = row(), make(QLearning, np.random.default_rng(0))
    measure = lambda a: score(env, a, episodes=1, seed=0, steps=5)  # noqa: E731
    with pytest.raises(ValueError, match="env was reset by another stream or by score"):
        train(agent, env, steps=50, every=1, measure=measure)
    one, other = interact(env, agent), interact(env, agent)
    next(one)
    next(other)
    with pytest.raises(ValueError, match="give each an environment of its own"):
        next(one)
    next(other)
    next(interact(TimeLimit(env, 9), agent))  # a wrapper's world is the same one
    with pytest.raises(ValueError, match="give each an environment of its own"):
        next(other)
    mine = row()  # a world of its own is no trouble
    train(agent, env, steps=50, every=5, measure=lambda a: score(mine, a, episodes=1, seed=0))


def test_an_episode_that_ends_with_the_last_step_counts():
    assert train(Recorder(), TimeLimit(row(), 2), steps=4).lengths.tolist() == [2, 2]


class Single(gymnasium.RewardWrapper):
    """Rewards as numpy's single precision, as some environments return them."""

    def reward(self, reward):
        return np.float32(0.1)


def test_rewards_are_summed_in_double_precision():
    record = train(Recorder(), TimeLimit(Single(GridWorld()), 20_000), episodes=1)
    assert record.returns.dtype == np.float64
    assert record.returns[0] == pytest.approx(20_000 * float(np.float32(0.1)), rel=1e-12)


def test_the_seed_of_an_episode_is_that_of_a_seed_sequence():
    assert episode_seed(7, 3) == np.random.SeedSequence([7, 3]).generate_state(1)[0]
    with pytest.raises(ValueError, match="seed must be less than 2"):
        episode_seed(2**32, 0)
    for seed in (-1, 1.5, "a"):
        with pytest.raises(ValueError, match="seed must be a whole number, 0 or more, got"):
            next(interact(row(), Recorder(), episodes=1, seed=seed))


def test_counts_are_whole_and_chance_is_a_generator(rng):
    for name, value in (("steps", 2.5), ("episodes", 1.5), ("steps", "a")):
        with pytest.raises(ValueError, match=f"{name} must be a whole number, 0 or more, got"):
            next(interact(row(), Recorder(), **{name: value}))
    for n in (2.5, None, "a"):
        with pytest.raises(ValueError, match="n must be a whole number, 1 or more, got"):
            make(NStepSarsa, rng, n=n)
    for build in (
        lambda: make(QLearning, 0),
        lambda: make(MonteCarlo, None),
        lambda: Follow(uniform(4, 5), 0),
        lambda: TD0(uniform(4, 5), gamma=0.9, alpha=0.1, rng=0),
    ):
        with pytest.raises(ValueError, match=r"rng must be a Generator, such as"):
            build()
    with pytest.raises(ValueError, match="n_states must be a whole number, 1 or more, got 0"):
        QLearning(0, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng)
    with pytest.raises(ValueError, match="q must be finite, got nan"):
        make(Sarsa, rng, q=np.nan)
    bad = make(QLearning, rng, alpha=lambda n: np.nan)
    with pytest.raises(ValueError, match=r"alpha\(n\) must be a finite number, got nan"):
        bad.update(Step(0, 0, 1.0, 1, False, False))


def test_score_is_discounted_and_cut():
    agent = Recorder()
    assert score(row(), agent, episodes=2, seed=0).tolist() == [-2.0, -2.0]
    assert score(row(), agent, episodes=1, seed=0, gamma=0.5).tolist() == [-1.5]
    assert not hasattr(agent, "rng")
    never = GridWorld("...T", r_other=-1, r_boundary=-1)
    still = Follow(never.policy("SSSS"), np.random.default_rng(0))
    assert score(never, still, episodes=1, seed=0, steps=30)[0] == score(
        never, still, episodes=1, seed=0, steps=30
    )
    bump = Follow(never.policy("UUUU"), np.random.default_rng(0))
    assert score(never, bump, episodes=1, seed=0, steps=30).tolist() == [-30.0]


def test_follow_behaves_by_its_table_exploring_or_not():
    pi = np.tile([0.5, 0.5, 0, 0, 0], (4, 1))
    agent = Follow(pi, np.random.default_rng(0))
    for explore in (True, False):
        drawn = {agent.act(0, explore=explore) for _ in range(50)}
        assert drawn == {0, 1}


@pytest.mark.parametrize("method", METHODS)
def test_worlds_an_agent_cannot_live_in(method, rng):
    agent = make(method, rng)
    with pytest.raises(
        ValueError, match="q is a table and needs observation_space Discrete from 0, got Box"
    ):
        next(interact(gymnasium.make("CartPole-v1"), agent, steps=1))
    with pytest.raises(ValueError, match=r"q must have shape \(25, 5\) for this env, got \(4, 5\)"):
        next(interact(GridWorld(), agent, steps=1))
    with pytest.raises(ValueError, match="is a table and needs"):
        score(gymnasium.make("Pendulum-v1"), agent, episodes=1, seed=0)


def test_bad_input(rng):
    with pytest.raises(
        ValueError, match=r"pi must have shape \(25, 5\) for this env, got \(4, 5\)"
    ):
        next(interact(GridWorld(), Follow(uniform(4, 5), rng), steps=1))
    with pytest.raises(ValueError, match=r"pi\[0\] must sum to 1"):
        Follow(np.ones((4, 5)), rng)
    for name in ("steps", "episodes", "first"):
        with pytest.raises(ValueError, match=f"{name} must be a whole number, 0 or more, got -1"):
            next(interact(row(), Recorder(), **{name: -1}))
    with pytest.raises(ValueError, match="train needs steps or episodes, got neither"):
        train(Recorder(), row())
    for options in ({"every": 0, "measure": len}, {"every": 3}, {"measure": len}):
        with pytest.raises(ValueError, match="every must be"):
            train(Recorder(), row(), steps=1, **options)
    with pytest.raises(ValueError, match="episodes must be a whole number, 1 or more, got 0"):
        score(row(), Recorder(), episodes=0, seed=0)
    with pytest.raises(ValueError, match="gamma must lie in"):
        score(row(), Recorder(), episodes=1, seed=0, gamma=2)


def test_a_policy_that_is_no_table_of_distributions(rng):
    single = np.array([[0.1, 0.9]], dtype=np.float32)
    assert Follow(single, rng).pi.sum() == 1
    exact = single.astype(float)  # as if all 17 digits were meant
    assert Follow(exact / exact.sum(-1, keepdims=True), rng).pi.sum() == 1
    for pi, message in (
        (
            exact,
            "pi[0] must sum to 1, got 0.9999999776482582; divide by the sum: pi / pi.sum(-1, keep",
        ),
        ([[0.4, 0.4]], "pi[0] must sum to 1, got 0.8"),
        ([0.5, 0.5], "pi must have shape (S, A), got (2,)"),
        (
            [[0.2, 0.8], [1]],
            "pi must be an array of real numbers, got [[0.2, 0.8], [1]]: its rows have",
        ),
    ):
        with pytest.raises(ValueError, match="^" + re.escape(message)) as error:
            Follow(pi, rng)
        assert ("divide" in str(error.value)) == ("divide" in message)


@pytest.mark.parametrize("method", [Sarsa, ExpectedSarsa, QLearning, NStepSarsa, MonteCarlo])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": 1.5}, r"gamma must lie in \[0, 1\], got 1.5"),
        ({"epsilon": -0.1}, r"epsilon must lie in \[0, 1\], got -0.1"),
        ({"epsilon": lambda k: 2}, r"epsilon must lie in \[0, 1\], got 2"),
        ({"q": np.zeros((3, 3))}, r"q must be a number or have shape \(4, 5\), got \(3, 3\)"),
    ],
)
def test_numbers_out_of_range(method, change, message, rng):
    with pytest.raises(ValueError, match=message):
        make(method, rng, **change)


@pytest.mark.parametrize("alpha", [0, 1.1, -1, np.nan, "a"])
def test_step_sizes_out_of_range(alpha, rng):
    for build in (
        lambda: make(Sarsa, rng, alpha=alpha),
        lambda: TD0(uniform(4, 5), gamma=0.9, alpha=alpha, rng=rng),
        lambda: MonteCarlo(4, 5, gamma=0.9, epsilon=0.1, alpha=alpha, rng=rng),
    ):
        with pytest.raises(ValueError, match=r"alpha must .*lie in \(0, 1\], got"):
            build()
    with pytest.raises(ValueError, match="n must be a whole number, 1 or more, got 0"):
        make(NStepSarsa, rng, n=0)
    with pytest.raises(ValueError, match=r"pi must have shape \(S, A\), got \(5,\)"):
        TD0(np.ones(5) / 5, gamma=0.9, alpha=0.1, rng=rng)


def test_agent_and_world_in_the_wrong_order():
    world = GridWorld()
    agent = Follow(uniform(25, 5), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"agent must have act and update, got .*environment\?"):
        train(world, agent, steps=3)
    with pytest.raises(ValueError, match="agent must have act and update"):
        next(interact(agent, world))


def test_a_model_is_no_world(rng):
    model, agent = GridModel("..T"), make(QLearning, rng)
    message = r"env must be a Gymnasium environment, got GridModel: use GridWorld\(layout, ...\)"
    for call in (
        lambda: next(interact(model, agent, steps=1)),
        lambda: train(agent, model, steps=3),
        lambda: train(agent, model, steps=10**6),
        lambda: train(agent, model, steps=3, behaviour=Follow(uniform(3, 5), rng)),
        lambda: score(model, agent, episodes=1, seed=0),
        lambda: next(mc_basic(model, 0.9, episode_length=3, rng=rng)),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    table = model.table()
    assert isinstance(table, MDP)
    with pytest.raises(ValueError, match=r"got MDP: use TabularEnv\(model\)"):
        train(agent, table, steps=3)
    with pytest.raises(ValueError, match=r"env must be a Gymnasium environment, got NoneType$"):
        train(agent, None, steps=3)


@pytest.mark.parametrize("steps", [3, 10**6])
def test_a_class_in_the_place_of_what_it_makes(steps, rng):
    agent = make(QLearning, rng)
    for call in (
        lambda: next(interact(GridWorld, agent)),
        lambda: train(agent, GridWorld, steps=steps),
        lambda: score(GridWorld, agent, episodes=1, seed=0),
        lambda: next(mc_basic(GridWorld, 0.9, episode_length=3, rng=rng)),
    ):
        with pytest.raises(ValueError, match=r"^env must .*, got the class GridWorld: write GridW"):
            call()
    with pytest.raises(ValueError, match=r"^agent must .*, got the class Sarsa: write Sarsa"):
        train(Sarsa, row(), steps=steps)


@pytest.mark.parametrize("behaviour", [uniform(4, 5), "uniform"])
@pytest.mark.parametrize("steps", [3, 10**6])
def test_a_behaviour_that_does_not_act(behaviour, steps, rng):
    got = type(behaviour).__name__
    message = rf"^behaviour must have act, as Follow\(pi, rng\) has, got {got}$"
    with pytest.raises(ValueError, match=message):
        train(make(QLearning, rng), row(), steps=steps, behaviour=behaviour)
