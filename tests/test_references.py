"""The references of the chapters: what made them is right, and is what rlbook is held against.

Where chance decides, the seeds are fixed and the bands are those of a false alarm in 1,000 for the
whole file: `within` divides it among its comparisons.
"""

import json
import subprocess
import sys
from functools import partial
from itertools import islice, product
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from scipy.stats import t

from benchmarks import exact_equations as equations
from benchmarks import exact_moments as exactly
from benchmarks import naive_agents, reference_runs
from benchmarks.naive_worlds import FORBIDDEN, OPEN, TARGET, Car, Grid, grid_moves
from benchmarks.references import FILE, REFERENCES
from rlbook import (
    GridWorld,
    MonteCarlo,
    action_value,
    epsilon_soft_optimal,
    fourier,
    grid_features,
    policy_value,
    tile_coding,
    uniform,
)
from rlbook.book.items import ITEMS, load_chapters, reference
from rlbook.temporal_difference import TD0, ExpectedSarsa, Sarsa
from rlbook.training.loop import train

ROOT = Path(__file__).parents[1]
STORED = {name: x["parts"] for name, x in json.loads(FILE.read_text()).items() if name != "about"}
UNIFORM = np.full((25, 5), 0.2)
TESTS = 14
"""How many tests of this file leave it to chance: they share one false alarm in 1,000."""


def within(comparisons, runs=np.inf):
    """So many standard errors, so that all of a test's comparisons hold but once in 14,000.

    runs    of how many the deviation is an estimate; inf: it is known
    """
    return t.isf(1e-3 / TESTS / comparisons / 2, runs - 1)


def at(step, iterates):
    return next(islice(iterates, step - 1, None))


def test_every_reference_is_of_an_item_and_well_formed():
    load_chapters()
    assert list(STORED) == list(REFERENCES)
    assert set(STORED) <= set(ITEMS)
    for name, parts in STORED.items():
        for part in parts:
            mean, sd, runs = reference(name, part)
            assert np.isfinite(mean).all()
            assert np.all(np.asarray(sd) >= 0)
            assert runs >= 400
            assert "count" in parts[part] or runs == np.inf or sd > 0


AGAIN = {
    "fig:7.2": 20,
    "fig:7.3": 20,
    "td:comparison": 8,
    "fig:8.9": 4,
    "fig:8.10": 4,
    "fa:mountain-car": 3,
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_few_more_runs_of_the_naive_programs_agree(name):
    function = reference_runs.errors_in_the_end if name == "td:comparison" else REFERENCES[name][0]
    few = function(f"{name}, again", AGAIN[name])
    stored = {part: x for part, x in STORED[name].items() if "exact" not in x}
    assert list(few) == list(stored)
    z = within(len(few))
    for part, x in few.items():
        mean, sd, runs = reference(name, part)
        if "count" in x:  # rarely seen, rarely missed: two more of each keep the deviation above 0
            n, p = x["runs"], (stored[part]["count"] + 2) / (runs + 4)
            assert abs(x["count"] - n * p) <= z * np.sqrt(n * p * (1 - p) * (1 + n / runs)) + 1
        else:
            assert abs(x["mean"] - mean) <= z * sd * np.sqrt(1 / x["runs"] + 1 / runs)


@pytest.mark.parametrize("name", ["fig:8.7", "fig:8.8"])
def test_the_fixed_points_come_out_again(name):
    features = equations.fourier_row if name == "fig:8.8" else equations.polynomial_row
    for part, x in reference_runs.fixed_points(features).items():
        assert x["exact"] == pytest.approx(reference(name, part).mean, abs=1e-9)


def test_learned_values_of_a_few_more_runs_agree():
    moves = grid_moves(-1, -1, 1, 0)
    found = reference_runs.learned_errors(moves, equations.fourier_row, 3, 40, episodes=50)
    mean, sd, runs = reference("fig:8.8", "error after 50 episodes, Fourier 3")
    ours = found[:, 40:].mean()  # other walks than those that were stored, for they are 400
    assert abs(ours - mean) <= within(1) * sd * np.sqrt(1 / 40 + 1 / runs)


@pytest.mark.parametrize("name", ["fig:4.5", "fig:6.4"])
def test_exact_references_come_out_again(name):
    for part, x in REFERENCES[name][0](name, None).items():
        assert x["exact"] == pytest.approx(reference(name, part).mean, abs=1e-9)


def test_the_exact_means_of_td_come_out_again():
    moves = grid_moves(-1, -1, 1, -0.1)
    pi = equations.soft_optimum(moves, 0.9, 0.3)[2]
    chain = exactly.td0_chain(moves, pi, gamma=0.9, alpha=0.2)
    v = at(5000, exactly.means(chain, np.zeros(25)))[OPEN]
    assert v == pytest.approx(reference("td:comparison", "TD(0): v in the end").mean, abs=1e-9)
    chain = exactly.expected_sarsa_chain(moves, UNIFORM, gamma=0.9, alpha=0.2)
    q = at(5000, exactly.means(chain, np.zeros(125))).reshape(25, 5)[OPEN].mean(-1)
    part = "Expected Sarsa, epsilon = 1: mean of q(s, .) in the end"
    assert q == pytest.approx(reference("td:comparison", part).mean, abs=1e-9)


# The exact recursions, by brute force.


def every_way(chain, w, steps):
    """(chance, weights) of everything that can happen in so many steps."""
    ways = [(chance, c, np.append(w, 1.0)) for c, chance in enumerate(chain.begin)]
    for _ in range(steps):
        ways = [
            (chance * chain.to[c_next, k], c_next, u + chain.x[k] * (chain.z[k] @ u))
            for chance, c, u in ways
            for k in np.flatnonzero(chain.at == c)
            for c_next in np.flatnonzero(chain.to[:, k])
        ]
    return np.array([chance for chance, _, _ in ways]), np.array([u[:-1] for _, _, u in ways])


def test_means_and_moments_against_every_trajectory():
    rng = np.random.default_rng(3)
    begin, features = np.array([0.3, 0.7]), rng.normal(size=(3, 2))  # the third state is the end
    transitions = []
    for s, a, s_next in product(range(2), range(2), range(3)):
        chance = [[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]][(s + a) % 2][s_next] / 2
        y = 0.9 * (s_next < 2) * features[s_next]
        after = begin if s_next == 2 else np.eye(2)[s_next]
        transitions.append((s, chance, after, features[s], y, rng.normal()))
    chain, w = exactly.make_chain(begin, transitions, 0.3), rng.normal(size=2)
    all_means, all_moments = exactly.means(chain, w), exactly.moments(chain, w)
    for steps in range(1, 5):
        chances, weights = every_way(chain, w, steps)
        assert chances.sum() == pytest.approx(1, abs=1e-12)
        mean = chances @ weights
        covariance = (chances * (weights - mean).T) @ (weights - mean)
        assert next(all_means) == pytest.approx(mean, abs=1e-12)
        found, spread = next(all_moments)
        assert found == pytest.approx(mean, abs=1e-12)
        assert spread == pytest.approx(covariance, abs=1e-12)
    assert np.abs(covariance[0, 1]) > 1e-3  # there was something to find


class EveryBranch:
    """In place of a generator: each draw is written down, and the next walk takes another way."""

    def __init__(self):
        self.script, self.chance, self.k = [], 1.0, 0

    def branch(self, weights):
        if self.k == len(self.script):
            self.script.append([0, weights])
        choice, weights = self.script[self.k]
        self.k += 1
        self.chance *= weights[choice]
        return choice

    def choices(self, population, weights):
        return [population[self.branch(weights)]]

    def random(self):  # only starts are drawn with it
        return (self.branch([1 / len(OPEN)] * len(OPEN)) + 0.5) / len(OPEN)

    def advance(self):
        """To the next way; False after the last."""
        self.k, self.chance = 0, 1.0
        while self.script and self.script[-1][0] == len(self.script[-1][1]) - 1:
            self.script.pop()
        if self.script:
            self.script[-1][0] += 1
        return bool(self.script)


def test_the_chain_of_td0_against_every_run_of_the_loop():
    rng = np.random.default_rng(1)
    moves, pi = grid_moves(-1, -2, 1, -0.1), rng.dirichlet(np.ones(5), size=25)
    v_0 = rng.normal(size=25) * (np.arange(25) != TARGET)
    chances, runs, every = [], [], EveryBranch()
    while not chances or every.advance():
        world, v = Grid(moves, OPEN, every, budget=3), v_0.tolist()
        while world.budget > 0:
            naive_agents.td0(world, v, every, pi=pi.tolist(), gamma=0.9, alpha=0.3)
        chances.append(every.chance)
        runs.append(v)
    assert sum(chances) == pytest.approx(1, abs=1e-12)
    mean, covariance = np.average(runs, 0, chances), np.cov(runs, None, False, aweights=chances)
    chain = exactly.td0_chain(moves, pi, gamma=0.9, alpha=0.3)
    found, spread = at(3, exactly.moments(chain, v_0))
    assert found == pytest.approx(mean, abs=1e-12)
    assert spread == pytest.approx((1 - np.square(chances).sum()) * covariance, abs=1e-12)


@pytest.mark.parametrize("method", ["expected_sarsa", "sarsa"])
def test_the_chains_of_pairs_against_every_run_of_the_loops(method, monkeypatch):
    monkeypatch.setattr(naive_agents, "choose", lambda q, epsilon, rng: rng.branch([0.2] * 5))
    play, moves = getattr(naive_agents, method), grid_moves(-1, -2, 1, -0.1)
    q_0 = np.random.default_rng(2).normal(size=(25, 5)) * (np.arange(25) != TARGET)[:, None]
    mean, total, every = 0.0, 0.0, EveryBranch()
    while total == 0 or every.advance():
        world, values = Grid(moves, OPEN, every, budget=3), naive_agents.Table(0.3)
        values.q = q_0.tolist()
        while world.budget > 0:
            play(world, values, every, gamma=0.9, epsilon=1.0)
        total += every.chance
        mean = mean + every.chance * np.array(values.q)
    assert total == pytest.approx(1, abs=1e-9)
    chain = getattr(exactly, f"{method}_chain")(moves, UNIFORM, gamma=0.9, alpha=0.3)
    found = at(3, exactly.means(chain, q_0.ravel()))
    assert found.reshape(25, 5) == pytest.approx(mean, abs=1e-9)


def naive_runs(method, runs, steps=np.inf, episodes=np.inf):
    """q of the naive loops that follow the uniform policy."""
    for rng in reference_runs.chances(f"{method.__name__}, exactly", runs):
        world = Grid(grid_moves(-1, -1, 1, -0.1), OPEN, rng, budget=steps)
        values = naive_agents.Table(ALPHA[method.__name__])
        while world.budget > 0 and len(world.lengths) < episodes:
            method(world, values, rng, gamma=0.9, epsilon=1.0)
        yield values.q


def rlbook_runs(make, runs, **how_long):
    """The same of an agent of rlbook."""
    world = GridWorld(r_other=-0.1, terminate_at_target=True)
    for seed in range(1000, 1000 + runs):
        agent = make(rng=np.random.default_rng([seed, 7]))
        train(agent, world, seed=seed, **how_long)
        yield agent.v if isinstance(agent, TD0) else agent.q


def exact_mean(chain):
    moves, settings = grid_moves(-1, -1, 1, -0.1), {"gamma": 0.9, "alpha": ALPHA[chain]}
    if chain == "monte_carlo":
        return exactly.monte_carlo_mean(moves, UNIFORM, 30, **settings)
    chain = getattr(exactly, f"{chain}_chain")(moves, UNIFORM, **settings)
    mean = at(1000, exactly.means(chain, np.zeros(chain.x.shape[1] - 1)))
    return mean.reshape(25, -1)


# A long step of Monte Carlo tells from which end an episode is walked.
ALPHA = {"td0": 0.2, "expected_sarsa": 0.2, "sarsa": 0.2, "monte_carlo": 0.5}
AGENTS = {
    "td0": partial(TD0, uniform(25, 5)),
    "expected_sarsa": partial(ExpectedSarsa, 25, 5, epsilon=1.0),
    "sarsa": partial(Sarsa, 25, 5, epsilon=1.0),
    "monte_carlo": partial(MonteCarlo, 25, 5, epsilon=1.0),
}


@pytest.mark.parametrize(
    ("who", "method"),
    [*product(["rlbook"], AGENTS), *product(["naive"], list(AGENTS)[1:])],  # td0: seen above
)
def test_the_mean_of_what_is_learned_is_exact(who, method):
    runs = 300 if method == "monte_carlo" else 100
    how_long = {"episodes": 30} if method == "monte_carlo" else {"steps": 1000}
    if who == "rlbook":
        make = partial(AGENTS[method], gamma=0.9, alpha=ALPHA[method])
        found = rlbook_runs(make, runs, **how_long)
    else:
        found = naive_runs(getattr(naive_agents, method), runs, **how_long)
    found = np.array(list(found)).reshape(runs, 25, -1).mean(-1)[:, OPEN]  # a number a state
    error = found.mean(0) - exact_mean(method).mean(-1)[OPEN]
    assert np.abs(error / (found.std(0, ddof=1) / np.sqrt(runs))).max() < within(24, runs)


def test_the_quadrature_against_plain_runs():
    runs, z = 2000, within(3)
    for b, step in enumerate(("1/k", "1/(k+1)", "1/(k+2)")):
        p, sd, _ = reference("fig:6.3", f"share that diverges, {step}")
        gone = 0
        for rng in reference_runs.chances(f"cubic {b}", runs):
            w = 0.0
            for k in range(1, 51):
                w -= (w**3 - 5 + rng.gauss(0, 1)) / (k + b)
                if abs(w) > 1e6:
                    break
            gone += abs(w) > 10
        assert abs(gone - runs * p) <= z * sd * np.sqrt(runs) + 1


def test_a_wide_grid_and_a_fine_one_give_the_same_chance():
    for b in range(3):
        fine, coarse = (equations.share_that_diverges(b, width=h) for h in (0.0025, 0.005))
        assert fine == pytest.approx(coarse, abs=2e-7)


# The naive worlds and features are those that rlbook has: what is compared is the learning.


@pytest.mark.parametrize("rewards", [(-1, -1, 1, 0), (-10, -10, 0, -1), (-1, -1, 1, -0.1)])
def test_the_grid_has_the_same_rules(rewards):
    moves = grid_moves(*rewards)
    names = ("r_boundary", "r_forbidden", "r_target", "r_other")
    world = GridWorld(**dict(zip(names, rewards, strict=True)), terminate_at_target=True)
    model = world.model
    for s in OPEN:
        for a in range(5):
            assert moves[s][a] == (model.s_next[s, a, 0], model.r[s, a, 0])
            assert model.terminated[s, a, 0] == (moves[s][a][0] == TARGET)
    assert np.flatnonzero(world.start).tolist() == OPEN
    assert np.flatnonzero(world.is_forbidden).tolist() == sorted(FORBIDDEN)
    v, q, pi = equations.soft_optimum(moves, 0.9, 0.3)
    soft = epsilon_soft_optimal(model, 0.9, 0.3)
    assert np.array_equal(pi[OPEN], soft.pi[OPEN])
    assert v[OPEN] == pytest.approx(soft.v[OPEN], abs=1e-9)
    assert q[OPEN] == pytest.approx(action_value(model, soft.v, 0.9)[OPEN], abs=1e-9)


def test_monte_carlo_ends_where_the_policy_is_worth():
    model = GridWorld(r_other=-0.1, terminate_at_target=True).model
    q = action_value(model, policy_value(model, UNIFORM, 0.9), 0.9)
    moves = grid_moves(-1, -1, 1, -0.1)
    found = exactly.monte_carlo_mean(moves, UNIFORM, 100_000, gamma=0.9, alpha=0.2)
    assert found[OPEN] == pytest.approx(q[OPEN], abs=1e-9)


def test_the_waves_are_the_same():
    ours = grid_features(GridWorld(), fourier(5))
    assert np.array(naive_agents.Waves(0.001).waves) == pytest.approx(ours, abs=1e-12)


def test_two_states_share_as_many_tiles(rng):
    space = gymnasium.make("MountainCar-v0").observation_space
    coding, tiles = tile_coding(space, tilings=8, tiles=8), naive_agents.Tiles(0.1)
    states = rng.uniform(space.low, space.high, size=(60, 2))
    states[30:] = np.clip(states[:30] + rng.normal(0, 0.01, size=(30, 2)), space.low, space.high)
    on = [set(tiles.tiles(s)) for s in states]
    phi = np.array([coding(s) for s in states])
    shared = [[len(a & b) for b in on] for a in on]
    assert np.array_equal(shared, phi @ phi.T)
    assert len(np.unique(shared)) == 9  # from 0 to all 8


def test_the_car_is_gymnasiums(rng):
    env = gymnasium.make("MountainCar-v0").unwrapped
    car = Car(rng)
    ended = 0
    for start in [*rng.uniform([-1.2, -0.07], [0.6, 0.07], size=(500, 2)), (-1.2, -0.02)]:
        env.reset(seed=0)
        env.state, car_state = tuple(start), tuple(start)
        for a in rng.integers(3, size=20):
            observation, r, terminated, *_ = env.step(int(a))
            car_state, r_ours, ends = car.move(car_state, int(a))
            assert observation == pytest.approx(car_state, abs=1e-7)
            assert (r, terminated) == (r_ours, ends)
            ended += ends
            if ends:
                break
    assert ended > 10


def test_the_command_puts_its_numbers_beside_the_others(tmp_path):
    out = tmp_path / "references.json"
    command = [sys.executable, "-m", "benchmarks.references", "--json", out, "--only"]
    for only in (["fig:7.3", "fig:6.4"], ["fig:7.2"]):
        subprocess.run([*command, *only, "--runs", "2"], check=True, cwd=ROOT, capture_output=True)
    found = json.loads(out.read_text())
    assert list(found) == ["about", "fig:6.4", "fig:7.2", "fig:7.3"]
    assert found["fig:6.4"]["parts"] == STORED["fig:6.4"]
    command = "python -m benchmarks.references --only fig:7.2 --runs 2"
    assert found["fig:7.2"]["command"] == command
    assert {x["runs"] for x in found["fig:7.2"]["parts"].values()} == {2}
