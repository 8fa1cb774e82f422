"""The solutions of homework 5 are what the library computes."""

import numpy as np
import pytest

from rlbook import GridWorld, MonteCarlo, Step, epsilon_greedy, returns
from rlbook.homework.calling import call
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw
from rlbook.homework.given_worlds import Choose, SampleEpisode, Walk
from rlbook.homework.judge import judge
from rlbook.homework.tasks import hw05

TASKS = {task.name: task for task in homework("5").tasks}


def learner(S, A, gamma, **options):
    return MonteCarlo(S, A, gamma=gamma, epsilon=0.0, rng=np.random.default_rng(0), **options)


def learned(agent, episodes):
    for steps in episodes:
        for k, (s, a, r) in enumerate(steps, start=1):
            agent.update(Step(s, a, r, 0, k == len(steps), False))
    return agent.q


@pytest.mark.parametrize("seed", range(30))
def test_returns(seed):
    case = hw05.rewards(Draw(np.random.default_rng(seed)))
    assert hw05.returns_of_episode(**case) == pytest.approx(returns(**case))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("first", [False, True])
def test_means(seed, first):
    case = hw05.episodes(Draw(np.random.default_rng(seed)))
    agent = learner(case["n_states"], case["n_actions"], case["gamma"], first_visit=first)
    q = (hw05.first_visit if first else hw05.every_visit)(**case)
    assert q == pytest.approx(learned(agent, case["episodes"]))


@pytest.mark.parametrize("seed", range(30))
def test_epsilon_greedy(seed):
    case = hw05.q_and_epsilon(Draw(np.random.default_rng(seed)))
    assert hw05.epsilon_greedy_policy(**case) == pytest.approx(epsilon_greedy(**case))


@pytest.mark.parametrize("name", ["mc_exploring_starts", "mc_epsilon_greedy"])
@pytest.mark.parametrize("seed", range(10))
def test_runs_learn_what_the_agent_learns_from_the_same_steps(name, seed):
    task = TASKS[name]
    case = task.cases(Draw(np.random.default_rng(seed)))
    reply = call(task.solution, case, 10**6)
    S, A = case["q"].shape
    agent = learner(S, A, case["gamma"], q=case["q"])
    last = len(reply.logs["env"]) - 1
    for k, (s, a, r, s_next, end, cut, number) in enumerate(reply.logs["env"]):
        agent.update(Step(s, a, r, s_next, bool(end), bool(cut)))
        if end or cut:
            assert reply.answer[number][0] == pytest.approx(agent.q)
        assert k < last or end or cut


@pytest.mark.parametrize("seed", range(10))
def test_mc_basic_is_the_mean_of_first_returns(seed):
    case = hw05.sampled(Draw(np.random.default_rng(seed)))
    reply = call(hw05.mc_basic, case, 10**6)
    S, A = case["pi"].shape
    size = S * A * case["per_pair"]
    for k, (q, _) in enumerate(reply.answer):
        expected = np.zeros((S, A))
        for s, a, _, steps in reply.logs["sample_episode"][k * size : (k + 1) * size]:
            assert steps[0][:2] == (s, a)
            expected[s, a] += returns([r for *_, r in steps], case["gamma"])[0] / case["per_pair"]
        assert q == pytest.approx(expected)


def test_mc_basic_finds_the_way():
    model = GridWorld((".#", ".T")).model
    sample = SampleEpisode(model.P, model.R, limit=30, seed=0)
    (*_, (_, pi)) = hw05.mc_basic(sample, np.full((4, 5), 0.2), 0.9, 4, 10)
    assert pi.argmax(1).tolist() == [2, 2, 1, 4]


def test_who_goes_on_after_the_end_is_told():
    def student(env, q, gamma, starts):
        for s, a in starts:
            env.reset(options={"state": s})
            done = False
            while not done:
                s, _, done, _, _ = env.step(a)
        return []

    task = TASKS["mc_exploring_starts"]
    finding = judge(task, lambda args, take, seconds: call(student, args, take))
    assert (finding.verdict, finding.kind) == ("wrong", "error")
    assert "the episode is over: call reset first" in finding.says


def test_a_walk_begins_where_it_is_told():
    walk = Walk(P=np.eye(2)[:, None], R=np.ones((2, 1)), ends=[], seed=0, start=0, limit=2)
    assert walk.reset(options={"state": 1})[0] == 1
    assert [walk.step(0)[3], walk.step(0)[3]] == [False, True]
    assert walk.reset()[0] == 0
    walk.step(0)
    assert [row[-1] for row in walk.log] == [0, 0, 1]


def test_choose_draws_with_the_probabilities():
    choose = Choose(0)
    drawn = [choose([0.25, 0, 0.75]) for _ in range(4000)]
    assert np.bincount(drawn) / 4000 == pytest.approx([0.25, 0, 0.75], abs=0.03)
    assert choose([0.0, 1.0, 0.0]) == 1
    assert choose.log[-1] == [0.0, 1.0, 0.0, 1]
