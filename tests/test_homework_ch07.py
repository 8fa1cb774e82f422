"""Homework 7 against the library: its agents give what the solutions give, and are called right."""

import numpy as np
import pytest

from rlbook.agent import Step
from rlbook.homework.calling import call
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw
from rlbook.homework.judge import judge
from rlbook.homework.tasks import hw07, hw07_n_step, hw07_updates
from rlbook.homework.tasks.hw07_acting import RATE, between, counted
from rlbook.policy import epsilon_greedy
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa

SEEDS = range(40)


def drawn(cases, seed):
    return cases(Draw(np.random.default_rng(seed)))


def step_of(case):
    return Step(*(case.get(name) for name in Step._fields))


def control(kind, case, epsilon=0.0, **options):
    q = case["q"]
    return kind(
        *q.shape, q=q, gamma=case["gamma"], alpha=case["alpha"], epsilon=epsilon,
        rng=np.random.default_rng(0), **options,
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_td0(seed):
    case = drawn(hw07_updates.td0_cases, seed)
    S = len(case["v"])
    agent = TD0(
        np.ones((S, 1)), gamma=case["gamma"], alpha=case["alpha"], v=case["v"],
        rng=np.random.default_rng(0),
    )  # fmt: skip
    agent.update(Step(case["s"], 0, *(case[x] for x in Step._fields[2:])))
    np.testing.assert_allclose(hw07_updates.td0_update(**case), agent.v, rtol=1e-12)


class AsTold(Sarsa):
    """Takes the next action that it is told."""

    def promised_action(self, t):
        return self.a_next


@pytest.mark.parametrize("seed", SEEDS)
def test_sarsa_update(seed):
    case = drawn(hw07_updates.sarsa_cases, seed)
    agent = control(AsTold, case)
    agent.a_next = case["a_next"]
    agent.update(step_of(case))
    np.testing.assert_allclose(hw07_updates.sarsa_update(**case), agent.q, rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_sarsa_update(seed):
    case = drawn(hw07_updates.expected_cases, seed)
    agent = control(ExpectedSarsa, case, epsilon=0.3)
    agent.update(step_of(case))
    case["pi"] = epsilon_greedy(case["q"], 0.3)
    np.testing.assert_allclose(hw07_updates.expected_sarsa_update(**case), agent.q, rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_q_learning_update(seed):
    case = drawn(hw07_updates.q_learning_cases, seed)
    agent = control(QLearning, case)
    agent.update(step_of(case))
    np.testing.assert_allclose(hw07_updates.q_learning_update(**case), agent.q, rtol=1e-12)


class AsRecorded(NStepSarsa):
    """Takes the actions of a record."""

    def promised_action(self, t):
        return self.action_at[t.s_next]


@pytest.mark.parametrize("seed", SEEDS)
def test_n_step_sarsa(seed):
    case = drawn(hw07_n_step.episode_cases, seed)
    T = len(case["r"])
    # every time has a state of its own, so that its action is known from it
    case["q"], case["s"] = case["q"][case["s"]], np.arange(T + 1)
    agent = control(AsRecorded, case, n=case["n"])
    agent.action_at = case["a"]
    targets = [
        hw07_n_step.n_step_target(t=t, **{x: case[x] for x in case if x != "alpha"})
        for t in range(T)
    ]
    for t in range(T):
        end = t + 1 == T
        flags = end and case["terminated"], end and not case["terminated"]
        agent.update(Step(t, case["a"][t], case["r"][t], t + 1, *flags))
    q = hw07_n_step.n_step_sarsa(**case)
    np.testing.assert_allclose(q, agent.q, rtol=1e-12)
    t = np.arange(T)  # no target holds a value that was changed before
    old = case["q"][t, case["a"][:T]]
    moved = old + case["alpha"] * (targets - old)
    np.testing.assert_allclose(q[t, case["a"][:T]], moved, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_q_learning_off_policy(seed):
    case = drawn(hw07.record_cases, seed)
    episodes = case["record"].values["episodes"]
    agent = control(QLearning, case)
    tables = hw07.q_learning_off_policy(**{**case, "record": episodes})
    assert len(tables) == len(episodes)
    for rows, q in zip(episodes, tables, strict=True):
        for row in rows:
            agent.update(Step(*row))
        np.testing.assert_allclose(q, agent.q, rtol=1e-12)


def by_the_library(kind):
    def student(env, q, gamma, alpha, epsilon, episodes, rng):
        agent = kind(
            *q.shape, q=q, gamma=gamma, alpha=alpha or 1e-300, epsilon=epsilon, rng=rng
        )  # fmt: skip
        for _ in range(episodes):
            s, _ = env.reset()
            agent.begin()
            over = False
            while not over:
                a = agent.act(s)
                s_next, r, terminated, truncated, _ = env.step(a)
                agent.update(Step(s, a, r, s_next, terminated, truncated))
                s, over = s_next, terminated or truncated
            yield agent.q.copy()

    return student


@pytest.mark.parametrize(("name", "kind"), [("sarsa", Sarsa), ("q_learning", QLearning)])
def test_agents_of_the_library_are_called_right(name, kind):
    (task,) = (task for task in homework("7").tasks if task.name == name)
    other = by_the_library(QLearning if kind is Sarsa else Sarsa)
    for seed in range(10):
        finding = judge(
            task, lambda args, take, _: call(by_the_library(kind), args, take), seed=seed
        )
        assert finding.verdict == "right", finding
        finding = judge(task, lambda args, take, _: call(other, args, take), seed=seed)
        assert finding.verdict == "wrong"


@pytest.mark.parametrize("p", [0.2, 0.6, 0.9])
def test_a_right_agent_is_seldom_out_of_bounds(p):
    stats = pytest.importorskip("scipy.stats")
    low, high = between(2000, p, RATE)
    law = stats.binom(2000, p)
    assert law.cdf(low - 1) <= RATE / 2 < law.cdf(low)
    assert law.sf(high) <= RATE / 2 < law.sf(high - 1)


def test_right_agents_are_within_all_counts():
    q, epsilon, wrong = np.array([1.0, 3.0, 2.0]), 0.6, 0
    for seed in range(500):
        rng = np.random.default_rng(seed)
        a = np.where(rng.random((400, 5)) < epsilon, rng.integers(3, size=(400, 5)), 1)
        use = counted(q, [[(0, x, 1, 0, 0, 0) for x in row] for row in a], epsilon)
        assert use.given.shape == (8,)
        wrong += use.wrong().any()
    assert wrong <= 3  # 8 counts: less than 0.4 is the mean, 4 come in 1 of 1000


def test_where_chance_has_no_say_the_bounds_are_exact():
    assert between(10, 0, RATE) == (0, 0)
    assert between(10, 1, RATE) == (10, 10)
    assert between(2, 0.5, 0.1) == (0, 2)
    assert between(2, 0.5, 0.6) == (1, 1)


PURE = [task for task in homework("7").tasks if not task.iterates]


@pytest.mark.parametrize("task", PURE, ids=lambda task: task.name)
def test_known_mistakes_are_told_apart(task):
    """Whoever makes one of them is told of that one; also where it may be made in several ways."""
    rng = np.random.default_rng(7)
    cases = [task.cases(Draw(rng)) for _ in range(60)]
    law = next(iter(task.uses(cases[0], 0.0, {}))).law
    for name, mistaken in law.mistakes.items():
        for way in range(3):

            def student(*args, mistaken=mistaken, way=way):
                value = np.asarray(mistaken(*args), dtype=float)
                alone = value.ndim == np.ndim(law.value(*args))
                return value if alone else value[min(way, len(value) - 1)]

            answers = [student(*case.values()) for case in cases]
            uses = [use for c, x in zip(cases, answers, strict=True) for use in task.uses(c, x, {})]
            assert any(use.wrong().any() for use in uses), name
            agree = [
                other
                for other, f in law.mistakes.items()
                if not any(use.agrees_not_with(f).any() for use in uses)
            ]
            assert agree[0] == name


def unfinished(env, q, gamma, alpha, epsilon, episodes, rng):
    env.reset()
    return [q] * episodes


def negative(env, q, gamma, alpha, epsilon, episodes, rng):
    for _ in range(episodes):
        env.reset()
        while not any(env.step(-1)[2:4]):
            pass
        yield q


def never_resets(env, q, gamma, alpha, epsilon, episodes, rng):
    env.reset()
    for _ in range(episodes):
        env.step(0)
    return [q] * episodes


@pytest.mark.parametrize("name", ["sarsa", "q_learning"])
@pytest.mark.parametrize("student", [unfinished, negative, never_resets])
def test_odd_runs_are_wrong_and_no_more(name, student):
    (task,) = (task for task in homework("7").tasks if task.name == name)
    finding = judge(task, lambda args, take, _: call(student, args, take))
    assert finding.verdict == "wrong"
    if student is unfinished:
        assert (finding.equation, finding.looks_like) == (
            "the number of episodes", "no episode is finished",
        )  # fmt: skip
