"""The grid lab computes what the library does. Needs the extra `crawl`, a Chromium."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from rlbook import GridWorld
from rlbook.dynamic_programming import solve, value_iteration
from rlbook.monte_carlo import MonteCarlo
from rlbook.temporal_difference import ExpectedSarsa, QLearning, Sarsa
from rlbook.training.loop import train

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import crawl
import lab_check
import lab_runs
import lab_traces

PATH = next(filter(None, map(shutil.which, crawl.BROWSERS)), None)
LAYOUT = ["S..#.", "..#..", "....T"]


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `crawl` is missing")
    if PATH is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=PATH, args=crawl.FLAGS)
        yield lab_check.page(browser, tmp_path_factory.mktemp("lab"))
        browser.close()


@pytest.fixture(scope="module")
def traces():
    return [lab_traces.trace(np.random.default_rng([7, n])) for n in range(12)]


def replayed(tab, folder, traces):
    (folder / "worlds.json").write_text(json.dumps(traces))
    return lab_check.replay(tab, [folder / "worlds.json"])


def test_the_engine_is_light():
    """Its half; what is served of the whole lab is under 60 kB: test_lab_page.py."""
    files = {x.name: x.stat().st_size for x in lab_check.LAB.rglob("*") if x.is_file()}
    assert set(files) >= set(lab_check.ENGINE)
    assert sum(files[name] for name in lab_check.ENGINE) < 30_000


def test_traces_are_those_of_their_seed(traces, tmp_path):
    files = lab_traces.write(tmp_path, 7, 12)
    assert json.loads(files[0].read_text()) == json.loads(json.dumps(traces))
    lab_traces.write(tmp_path, 8, 12)
    assert json.loads(files[0].read_text()) != json.loads(json.dumps(traces))


def test_traces_hold_every_kind_of_world_and_run():
    specs = [lab_traces.random_spec(np.random.default_rng([0, n])) for n in range(500)]
    assert {x["convention"] for x in specs} == {"book", "python", "matlab"}
    for name in (*lab_traces.NAMES, "walls"):
        assert sum(name in x for x in specs) > 0
    shapes = {(len(x["layout"]), len(x["layout"][0])) for x in specs}
    assert {(1, 1), (1, 5), (5, 1), (5, 5)} <= shapes
    assert max(rows * cols for rows, cols in shapes) >= 80


def test_the_lab_computes_the_traces(tab, tmp_path, traces):
    counts, largest, faults = replayed(tab, tmp_path, traces)
    assert faults == []
    assert largest <= lab_check.TOLERANCE
    assert counts["worlds"] == 12
    assert counts["steps"] == 12 * 5 * lab_runs.STEPS
    assert all(counts[name] == 12 for name in lab_runs.LEARNERS)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (("outcomes", 0, 0, 0, "r"), "outcomes"),
        (("start", 0), "the start"),
        (("R", 0, 0), "R differs"),
        (("best", 0), "v* differs"),
        (("plans", 1, "iterates", 3, "v", 0), "v of iterate 3 differs"),
        (("plans", 2, "iterates", 2, "q", 0, 4), "q of iterate 2 differs"),
        (("plans", 0, "iterates", 0, "pi", 0, 0), "pi differs"),
        (("runs", 1, "steps", 200, 2), "step 200 is"),
        (("runs", 3, "steps", 10, 6), "target of step 10 is"),
        (("runs", 0, "q", 0, 0), "q in the end"),
    ],
)
def test_a_number_that_is_off_is_found(tab, tmp_path, traces, place, fault):
    altered = json.loads(json.dumps(next(x for x in traces if x["best"])))
    *way, last = place
    x = altered
    for key in way:
        x = x[key]
    x[last] += 1e-9 * max(1, np.abs(altered["R"]).max(), np.abs(altered["best"]).max())
    _, _, faults = replayed(tab, tmp_path, [altered])
    assert any(fault in line for line in faults), faults


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 - 1])
def test_random_numbers_are_those_of_numpy(tab, seed):
    draw = "seed => { const g = rlbookLab.generator(seed);"
    drawn = tab.evaluate(draw + "return Array.from({length: 1000}, g.random) }", seed)
    assert drawn == np.random.default_rng(seed).random(1000).tolist()


@pytest.mark.parametrize(
    ("method", "kind"),
    [("sarsa", Sarsa), ("expected_sarsa", ExpectedSarsa), ("q_learning", QLearning)],
)
def test_a_run_is_that_of_train(tab, method, kind):
    rng = np.random.default_rng(5)
    agent = kind(15, 5, gamma=0.9, alpha=0.1, epsilon=0.2, rng=rng)
    train(agent, GridWorld(LAYOUT, slip=0.1, terminate_at_target=True), steps=5000, seed=5)
    options = {"method": method, "gamma": 0.9, "alpha": 0.1, "epsilon": 0.2, "seed": 5}
    assert agent.q.tolist() == tab.evaluate(
        """([layout, options]) => {
          const world = rlbookLab.world({layout, slip: 0.1, terminate: true});
          const learner = rlbookLab.learn(world, options);
          while (learner.t < 5000) learner.step();
          return learner.q;
        }""",
        [LAYOUT, options],
    )


def test_a_run_of_episodes_is_that_of_train(tab):
    agent = MonteCarlo(15, 5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(5))
    record = train(agent, GridWorld.zhao_python(LAYOUT), episodes=50, seed=5)
    q, returns, lengths = tab.evaluate(
        """layout => {
          const world = rlbookLab.world({layout, convention: "python"});
          const options = {method: "monte_carlo", gamma: 0.9, epsilon: 0.2, seed: 5};
          const learner = rlbookLab.learn(world, options);
          while (learner.returns.length < 50) learner.step();
          return [learner.q, learner.returns, learner.lengths];
        }""",
        LAYOUT,
    )
    assert q == agent.q.tolist()
    assert returns == record.returns.tolist()
    assert lengths == record.lengths.tolist()


def test_the_best_values_without_discount(tab):
    v = tab.evaluate(
        """layout => rlbookLab.best(rlbookLab.world({layout, convention: "python"}), 1).v""", LAYOUT
    )
    exact = solve(value_iteration(GridWorld.zhao_python(LAYOUT).model, 1.0)).v
    assert v == pytest.approx(exact.tolist(), rel=1e-12)


def test_errors_between_tables(tab):
    x, y = [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 2.0]]
    assert tab.evaluate("([x, y]) => rlbookLab.furthest(x, y)", [x, y]) == 2
    assert tab.evaluate("([x, y]) => rlbookLab.rmse(x, y)", [x, y]) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('lab.world({layout: ["..", "."]})', "of one length"),
        ("lab.world({layout: []})", "of one length"),
        ('lab.world({layout: ["..", ".."]})', "must have a target"),
        ('lab.world({layout: [".x", ".T"]})', "made of"),
        ('lab.world({layout: [".T"], rForbidden: NaN})', "rForbidden must be a number"),
        ('lab.world({layout: [".T"], slip: 1.5})', "slip must be from 0 to 1"),
        ('lab.world({layout: [".T"], start: 2})', "start must be a state from 0 to 1"),
        ('lab.world({layout: [".T"], convention: "none"})', "no convention none"),
        ('lab.best(lab.world({layout: [".T"]}), 1)', "gamma = 1 leaves no solution"),
        ('lab.plan(lab.world({layout: [".T"]}), {method: "none", gamma: 0.9})', "no method none"),
        ('lab.learn(lab.world({layout: [".T"]}), {method: "none", gamma: 0.9})', "no method none"),
        ("lab.generator(-1)", "seed must be a whole number"),
    ],
)  # fmt: skip
def test_what_makes_no_world_is_said(tab, call, message):
    caught = f"try {{ {call} }} catch (error) {{ return error.message }}"
    assert message in tab.evaluate(f"() => {{ const lab = rlbookLab; {caught} }}")
