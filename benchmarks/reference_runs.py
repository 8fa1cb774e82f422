"""The experiments behind the references: for an item of the book, its parts.

An experiment is a function (name, runs) that returns {part: entry}; `references.py` says what an
entry is, which experiments there are, and where they go.
"""

import random
import statistics
from functools import partial
from itertools import islice

import numpy as np

from benchmarks import exact_equations as equations
from benchmarks import exact_moments as exactly
from benchmarks.naive_agents import (
    Table,
    Tiles,
    Waves,
    expected_sarsa,
    monte_carlo,
    n_step_sarsa,
    q_learning,
    sarsa,
    td0,
)
from benchmarks.naive_worlds import CELLS, FORBIDDEN, OPEN, TARGET, Car, Grid, grid_moves

GAMMA = 0.9
STEPS, ALPHA, EPSILON = 5000, 0.2, 0.3  # of td:comparison


def chances(name, runs):
    """A generator of its own for each run, Python's, not numpy's."""
    for run in range(runs):
        yield random.Random(f"{name}, run {run}")


def spread(values):
    """A number of each run."""
    mean, sd = statistics.fmean(values), statistics.stdev(values)
    return {"mean": float(f"{mean:.8g}"), "sd": float(f"{sd:.6g}"), "runs": len(values)}


def share(claims):
    """A claim for each run."""
    return {"count": sum(map(bool, claims)), "runs": len(claims)}


def exact(values, sd=None):
    """An expectation, a number or a table, and the deviation of one run."""
    digits = np.vectorize(lambda x: float(f"{x:.10g}"))
    found = {"exact": digits(values).tolist()}
    return found if sd is None else found | {"sd": digits(sd).tolist()}


def counts(name, runs):
    """How many iterations truncated policy iteration takes, of 1, 2, ... sweeps each."""
    return {
        f"iterations to 1e-3, Fig. 3.4({figure})": exact(
            [
                equations.iterations(grid_moves(-1, forbidden, 1, 0), GAMMA, sweeps)
                for sweeps in (1, 2, 5, 10, 50, 1000)
            ]
        )
        for figure, forbidden in (("a", -1), ("d", -10))
    }


def cubic(name, runs):
    """How often Robbins-Monro leaves for infinity; a run does, or does not."""
    found = {}
    for b, step in enumerate(("1/k", "1/(k+1)", "1/(k+2)")):
        p = float(f"{equations.share_that_diverges(b, width=0.001):.5g}")  # so far it is exact
        found[f"share that diverges, {step}"] = exact(p, (p * (1 - p)) ** 0.5)
    return found


def tanh(name, runs):
    """Robbins-Monro without noise."""
    return {"w": exact(equations.roots_of_tanh())}


def path(values):
    """The states of the greedy policy from the top left on, and whether it arrives."""
    moves, s, states = grid_moves(-1, -1, 1, 0), 0, [0]
    while s != TARGET and len(states) <= 50:
        q = list(values.of(s))
        s, _ = moves[s][q.index(max(q))]
        states.append(s)
    return states, s == TARGET


def five_hundred_episodes(name, runs, method, make, target, limit):
    """Learning a way from the top left: the worlds and what was learned, a pair a run."""
    moves = grid_moves(-10, -10, target, -1)
    for rng in chances(name, runs):
        world, values = Grid(moves, [0], rng, limit=limit), make()
        for _ in range(500):
            method(world, values, rng, gamma=GAMMA, epsilon=0.1)
        yield world, values


def last_hundred(learned):
    """Lengths and rewards in the end, of pairs as above."""
    return {
        "last 100 episodes: mean length": spread(
            [statistics.fmean(world.lengths[-100:]) for world, _ in learned]
        ),
        "last 100 episodes: mean reward": spread(
            [statistics.fmean(world.rewards[-100:]) for world, _ in learned]
        ),
    }


def table_control(name, runs, method):
    """Figs. 7.2 and 7.3: a table, alpha = 0.1."""
    make = partial(Table, 0.1)
    learned = list(five_hundred_episodes(name, runs, method, make, target=0, limit=float("inf")))
    shortest = [arrives and len(states) == 12 for states, arrives in (path(q) for _, q in learned)]
    return last_hundred(learned) | {"share of seeds with an 11-step path": share(shortest)}


def wave_control(name, runs, method):
    """Figs. 8.9 and 8.10: 36 cosine waves, alpha = 0.001, an episode is cut at 2000 steps."""
    make = partial(Waves, 0.001)
    learned = list(five_hundred_episodes(name, runs, method, make, target=1, limit=2000))
    return last_hundred(learned) | {
        "share of greedy policies that enter a forbidden cell": share(
            [not FORBIDDEN.isdisjoint(path(q)[0]) for _, q in learned]
        ),
        "share of runs whose last 100 episodes are less than half as long as the first 20": share(
            [
                2 * statistics.fmean(world.lengths[-100:]) < statistics.fmean(world.lengths[:20])
                for world, _ in learned
            ]
        ),
    }


METHODS = {
    "Sarsa, n = 1": sarsa,
    "Expected Sarsa": expected_sarsa,
    "n = 2": partial(n_step_sarsa, n=2),
    "n = 4": partial(n_step_sarsa, n=4),
    "n = 8": partial(n_step_sarsa, n=8),
    "Q-learning": q_learning,
    "Monte Carlo": monte_carlo,
}


def final_error(name, runs, method, fixed):
    """How far q is from its fixed point after the last step, a number a run."""
    moves, errors = grid_moves(-1, -1, 1, -0.1), []
    for rng in chances(name, runs):
        world, values = Grid(moves, OPEN, rng, limit=100, budget=STEPS), Table(ALPHA)
        while world.budget > 0:
            method(world, values, rng, gamma=GAMMA, epsilon=EPSILON)
        errors.append(rms(np.array(values.q)[OPEN] - fixed[OPEN]))
    return errors


def final_error_of_td0(name, runs, pi, v_pi):
    """The same of TD(0), which follows pi."""
    moves, errors = grid_moves(-1, -1, 1, -0.1), []
    for rng in chances(name, runs):
        world, v = Grid(moves, OPEN, rng, limit=100, budget=STEPS), [0.0] * 25
        while world.budget > 0:
            td0(world, v, rng, pi=pi.tolist(), gamma=GAMMA, alpha=ALPHA)
        errors.append(rms(np.array(v)[OPEN] - v_pi[OPEN]))
    return errors


def rms(x):
    """The root of the mean square."""
    return float(np.sqrt(np.mean(x**2)))


def comparison(name, runs):
    """td:comparison: eight methods, and exact means of the estimate where the policy is fixed."""
    return errors_in_the_end(name, runs) | exact_estimates()


def errors_in_the_end(name, runs):
    """How far each method is from its own fixed point after the last step."""
    moves = grid_moves(-1, -1, 1, -0.1)
    v_soft, q_soft, pi = equations.soft_optimum(moves, GAMMA, EPSILON)
    _, q_star, _ = equations.soft_optimum(moves, GAMMA, 0.0)
    errors = {"TD(0)": final_error_of_td0(f"{name}, TD(0)", runs, pi, v_soft)}
    for method, play in METHODS.items():
        fixed = q_star if method == "Q-learning" else q_soft
        errors[method] = final_error(f"{name}, {method}", runs, play, fixed)
    return {f"error in the end, {method}": spread(found) for method, found in errors.items()}


def exact_estimates():
    """What TD(0) and, of the uniform policy, Expected Sarsa have learned in the mean.

    TD(0) follows the best epsilon-greedy policy. There the chance of an episode of more than 100
    steps is 1e-19: that it would be cut makes no difference. Expected Sarsa's are never cut; its
    single q(s, a) are far from normal where nothing but the number of visits is left to chance.
    """
    moves, settings = grid_moves(-1, -1, 1, -0.1), {"gamma": GAMMA, "alpha": ALPHA}
    pi = equations.soft_optimum(moves, GAMMA, EPSILON)[2]
    chain = exactly.td0_chain(moves, pi, **settings)
    v, of_v = at(STEPS, exactly.moments(chain, np.zeros(25)))
    chain = exactly.expected_sarsa_chain(moves, np.full((25, 5), 0.2), **settings)
    q, of_q = at(STEPS, exactly.moments(chain, np.zeros(125)))
    over_actions = np.kron(np.eye(25), np.full(5, 0.2))  # (25, 125)
    of_means = over_actions @ of_q @ over_actions.T
    return {
        "TD(0): v in the end": exact(v[OPEN], of_v.diagonal()[OPEN] ** 0.5),
        "Expected Sarsa, epsilon = 1: mean of q(s, .) in the end": exact(
            (over_actions @ q)[OPEN], of_means.diagonal()[OPEN] ** 0.5
        ),
    }


def at(step, iterates):
    """What comes after so many steps."""
    return next(islice(iterates, step - 1, None))


def fixed_points(features):
    """The errors of TD's fixed points, of three orders."""
    moves = grid_moves(-1, -1, 1, 0)
    errors = [equations.fixed_point_error(moves, GAMMA, features, order) for order in (1, 2, 3)]
    return {"error of the fixed point": exact(errors)}


def linear_values(name, runs, features):
    """Figs. 8.7 and 8.8: the errors of the fixed points, and of what is learned on the way there.

    The mean error of the last 10 of 50 episodes, and of the last 50 of 500.
    """
    moves, found = grid_moves(-1, -1, 1, 0), fixed_points(features)
    kind = "Fourier" if features is equations.fourier_row else "polynomial"
    for order in (1, 2, 3):
        curves = learned_errors(moves, features, order, runs)
        for count, last in ((50, 10), (500, 50)):
            ends = curves[:, count - last : count].mean(1)
            found[f"error after {count} episodes, {kind} {order}"] = spread(ends.tolist())
    return found


def learned_errors(moves, features, order, runs, episodes=500, alpha=0.0005):
    """The error of TD-Linear's values after each of the episodes of 500 steps, a row a run.

    All runs side by side, each with its own weights and its own walk, which is uniformly random.
    """
    rng = np.random.Generator(np.random.MT19937(order))
    phi = np.array([features(row, col, order) for row, col in CELLS])
    after, reward = (np.array([[move[k] for move in row] for row in moves]) for k in (0, 1))
    true = np.linalg.solve(
        np.eye(25) - GAMMA * np.eye(25)[after].mean(1), reward.mean(1).astype(float)
    )
    w, errors = rng.standard_normal((runs, phi.shape[1])), np.zeros((runs, episodes))
    for k in range(episodes):
        s = rng.integers(25, size=runs)
        for _ in range(500):
            a = rng.integers(5, size=runs)
            r, s_next = reward[s, a], after[s, a]
            delta = r + ((GAMMA * phi[s_next] - phi[s]) * w).sum(1)
            w += alpha * delta[:, None] * phi[s]
            s = s_next
        errors[:, k] = np.sqrt(((w @ phi.T - true) ** 2).mean(1))
    return errors


def mountain_car(name, runs):
    """fa:mountain-car: linear Sarsa on tiles, alpha = 0.5 / 8 and no other exploring than hope."""
    middle, last, still = [], [], []
    for rng in chances(name, runs):
        world, values = Car(rng, limit=200), Tiles(0.5 / 8)
        for _ in range(300):
            sarsa(world, values, rng, gamma=1.0, epsilon=0.0)
        middle.append(statistics.fmean(world.rewards[50:100]))
        last.append(statistics.fmean(world.rewards[-50:]))
        values.alpha, world = 0.0, Car(rng, limit=200)
        for _ in range(30):
            sarsa(world, values, rng, gamma=1.0, epsilon=0.0)
        still.append(statistics.fmean(world.rewards))
    return {
        "mean return of the last 50 episodes": spread(last),
        "mean return of the last 50 episodes of 100": spread(middle),
        "no longer learning: mean return of 30 episodes": spread(still),
        "share of seeds that, no longer learning, are above -170": share([x > -170 for x in still]),
    }
