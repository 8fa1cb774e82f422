"""Chapter 8: how are values learned where a table would be too long?"""

from copy import deepcopy
from itertools import islice

import gymnasium
import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import BOOK_LAYOUT, GridWorld, epsilon_greedy, optimal, policy_value, uniform
from rlbook.agent import Follow, Step, episodes, interact, learn
from rlbook.bellman import stationary_distribution
from rlbook.book import Estimate, Part, Result, item, listed, mean_of, printed, reference, share_of
from rlbook.cli import run
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.function_approximation.projection import (
    best_fit,
    error_bound,
    power_iteration,
    stationary_eigenvector,
    td_fixed_point,
    td_matrices,
)
from rlbook.functions.features import fourier, grid_features, one_hot, polynomial, tile_coding
from rlbook.plot import draw_curves, draw_grid, draw_learning, draw_surface, panels, trajectory_of
from rlbook.training.evaluation import rmse
from rlbook.training.loop import score, train

GAMMA = 0.9
BASES = {f"polynomial {k}": polynomial(k) for k in (1, 2, 3)}
BASES |= {f"Fourier {k}": fourier(k) for k in (1, 2, 3)}


@item("fig:8.2", "eq:8.1", "eq:8.2")
def line_through_values(fig, rng):
    """How near does a straight line come to the values of a row of cells, and a parabola?"""
    world = GridWorld(("...........T...",))
    s = np.arange(1.0, 16.0)
    v = policy_value(world.model, uniform(15, 5), GAMMA)
    bases = {
        "line": np.column_stack([s, s**0]),  # (8.1)
        "parabola": np.column_stack([s**2, s, s**0]),  # (8.2)
    }
    ax, parts, errors = fig.add_subplot(), [], []
    ax.plot(s, v, "ko", markersize=4, label="$v_\\pi(s)$")
    for name, phi in bases.items():
        w = best_fit(phi, v)
        errors.append(rmse(phi @ w, v))
        ax.plot(s, phi @ w, label=name)
        fitted = np.polyfit(s, v, phi.shape[1] - 1)  # another program
        parts.append(Part(f"weights of the {name}", fitted, w, 1e-9))
    ax.set(xlabel="s", ylabel="value")
    ax.legend()
    fig.set_size_inches(5.6, 3.4)
    return Result(
        *parts,
        Part("the parabola is nearer", [True], [errors[1] < errors[0]]),
        note="A row of 15 cells with the target in cell 12, a uniform policy. The weights minimise "
        "the squared error, each state counted alike. The root mean square is "
        f"{errors[0]:.2f} for the line and {errors[1]:.2f} for the parabola.",
    )


@item("fig:8.4")
def table_or_function(fig, rng):
    """Which states does one update move, and how much can a few weights express?"""
    world, pi, s, alpha = GridWorld(), uniform(25, 5), 6, 0.1
    r, s_next = world.model.r[s, 1, 0], int(world.model.s_next[s, 1, 0])
    fig.set_size_inches(11.5, 7.6)
    bases, parts, moved = {"table": one_hot(25)} | BASES, [], {}
    for k, name in enumerate(("table", "polynomial 2", "Fourier 3"), start=1):
        phi = grid_features(world, bases[name])
        w = rng.normal(size=phi.shape[1])
        agent = LinearTD(phi, pi, gamma=GAMMA, alpha=alpha, rng=rng, w=w)
        v = agent.v
        delta = r + GAMMA * v[s_next] - v[s]
        agent.update(Step(s, 1, r, s_next, False, False))
        change, footprint = agent.v - v, phi @ phi[s]  # how much of s each state has in it
        sums = [sum(x * y for x, y in zip(row, w, strict=True)) for row in phi]
        parts += [
            Part(f"{name}: v(s) is a sum over features", sums, v, within=1e-9),
            Part(f"{name}: change of v", alpha * delta * footprint, change, within=1e-9),
        ]
        moved[name] = np.flatnonzero(np.abs(change) > 1e-9 * np.abs(change[s]))
        grid = draw_grid(fig.add_subplot(2, 3, k), world, v=footprint / footprint[s], precision=2,
                         names=True)  # fmt: skip
        grid.set_xlabel(f"{name}, {len(w)} weights")
    counts = listed(f"{len(states)} ({name})" for name, states in moved.items())
    weights, error = fig.add_subplot(2, 3, 5), fig.add_subplot(2, 3, 6)
    return Result(
        *parts,
        Part("table: the states that move", [s], moved["table"]),
        *_what_features_express(fig.add_subplot(2, 3, 4), world, pi),
        *_larger_worlds(weights, error),
        note=f"Above: how far values move where an update moves s7 by 1. States moved: {counts}. "
        "The fits are to the values of a uniform policy, by root mean squares. In the larger "
        "worlds each cell of the book's grid is a block of cells; gamma stays the same, so values "
        "still change within a few cells, and sixteen waves are soon too long for that.",
    )


def _what_features_express(ax, world, pi):
    """The error of the best fit against the number of features that do not depend on each other."""
    v = policy_value(world.model, pi, GAMMA)
    # On five points a fifth power of a coordinate is a sum of lower ones.
    powers = [sum(i + j <= k for i, j in np.ndindex(5, 5)) for k in range(9)]
    bases = {"polynomial": (polynomial, powers), "Fourier": (fourier, [1, 4, 9, 16, 25])}
    for name, (basis, counts) in bases.items():
        phis = [grid_features(world, basis(k)) for k in range(len(counts))]
        errors = np.array([rmse(phi @ best_fit(phi, v), v) for phi in phis])
        ranks = [np.linalg.matrix_rank(phi) for phi in phis]
        yield Part(f"{name}, order 0, 1, ...: independent features", counts, ranks, within=0)
        yield Part(f"{name}: a higher order is no worse", True, (np.diff(errors) < 1e-12).all())
        yield Part(
            f"{name}: error of 1, of 25 features", [v.std(), 0], errors[[0, -1]], within=1e-9
        )
        ax.plot(counts, errors, "o-", ms=4, label=name)
    ax.set(xlabel="independent features", ylabel="error of the best fit")
    ax.legend()


def _larger_worlds(left, right):
    """Storage, and the error of the best fit, against the number of states."""
    sizes = 25 * np.arange(1, 5) ** 2
    weights, errors = (np.zeros((2, 4)) for _ in range(2))
    for m in range(1, 5):
        rows = ["".join(m * cell for cell in row) for row in BOOK_LAYOUT for _ in range(m)]
        world, S = GridWorld(rows), len(rows) ** 2
        v = policy_value(world.model, uniform(S, 5), GAMMA)
        for k, basis in enumerate((one_hot(S), fourier(3))):
            phi = grid_features(world, basis)
            weights[k, m - 1] = phi.shape[1]
            errors[k, m - 1] = rmse(phi @ best_fit(phi, v), v) / v.std()
    for ax, y in ((left, weights), (right, errors)):
        draw_curves(ax, sizes, dict(zip(("table", "Fourier 3"), y, strict=True)))
        ax.set(xlabel="states")
    left.set(ylabel="numbers that are stored")
    right.set(ylabel="error / deviation of the values")
    yield Part("weights for 25, 100, 225, 400 states", [sizes, np.full(4, 16)], weights, within=0)
    yield Part("error of the table", np.zeros(4), errors[0], within=1e-9)
    yield Part("the error of 16 waves grows with the states", True, (np.diff(errors[1]) > 0).all())


@item("fig:8.5")
def stationary(fig, rng, quick):
    """Which share of its time does a policy spend in each state?"""
    world, steps, seeds = GridWorld(".#/.T"), 1000, 20 if quick else 100
    pi = epsilon_greedy(world.policy("DD/RS"), 0.5)
    P, _ = world.model.under(pi)
    d, begin, runs = stationary_eigenvector(P), int(rng.integers(2**31)), []
    for seed in range(begin, begin + seeds):
        follow = Follow(pi, np.random.default_rng([seed, 85]))
        stream = interact(world, follow, steps=steps, seed=seed)
        runs.append(np.eye(4)[[t.s for t in stream]])  # where each step begins
    shares = np.cumsum(runs, axis=1) / np.arange(1, steps + 1)[:, None]
    Z = np.linalg.inv(np.eye(4) - P + d)  # the variance of a share, for long runs
    sd = np.sqrt(d * (2 * np.diag(Z) - 1 - d) / steps)
    # A run begins anywhere, so each share has this mean.
    mean = (world.start + sum(islice(power_iteration(P, world.start), steps - 1))) / steps
    left, right = panels(fig, 2, (8.4, 3.6), width_ratios=[1, 1.6])
    draw_grid(left, world, pi=pi)
    draw_curves(right, np.arange(1, steps + 1), {f"$s_{s + 1}$": shares[0, :, s] for s in range(4)})
    for share, line in zip(d, list(right.lines), strict=True):
        right.axhline(share, color=line.get_color(), ls="--", lw=1)
    right.set(xlabel="step", ylabel="share of the steps", ylim=(0, 1))
    share = Estimate(shares[:, -1].mean(0), sd / np.sqrt(seeds))
    book, iterates = printed("fig:8.5"), power_iteration(P)
    return Result(
        Part("P, transposed", book["P, transposed"], P.T),
        Part("eigenvalues", book["eigenvalues"], np.sort(np.linalg.eigvals(P).real)),
        Part("unit eigenvector", book["unit eigenvector"], d / np.linalg.norm(d)),
        Part("d", book["d"], d),
        Part("d, by power iteration", book["d"], next(islice(iterates, 60, None))),
        Part("d, by solving", book["d"], stationary_distribution(P)),
        Part("shares of 1000 steps, mean over seeds", mean, share),
        note=f"Everything but the shares is exact. {seeds} seeds from {begin} on; their mean is "
        "compared with its expectation. The first seed is drawn; the dashed lines are d.",
    )


@item("fig:8.6")
def true_values(fig, rng):
    """Which values are to be approximated?"""
    world, pi = GridWorld(), uniform(25, 5)
    v = policy_value(world.model, pi, GAMMA)
    draw_grid(fig.add_subplot(1, 2, 1), world, v=v)
    draw_surface(fig.add_subplot(1, 2, 2, projection="3d"), world, v)
    fig.set_size_inches(8.6, 4.0)
    return Result(Part("v", printed("fig:8.6", "v"), v))


def _td_linear(fig, rng, figure, kind, quick, progress):
    """TD-Linear with three bases on one stream of a uniform policy, over seeds."""
    names = [f"{kind} {k}" for k in (1, 2, 3)]
    world, pi, alpha = GridWorld(), uniform(25, 5), 0.0005
    seeds, count, last = (2, 50, 10) if quick else (2, 500, 50)
    v = policy_value(world.model, pi, GAMMA)
    phis = [grid_features(world, BASES[name]) for name in names]
    exact = [rmse(phi @ td_fixed_point(world.model, pi, GAMMA, phi), v) for phi in phis]
    begin, env = int(rng.integers(2**31)), TimeLimit(world, 500)
    errors = np.zeros((seeds, len(phis), count))
    for seed in progress(range(seeds), seeds):
        own = np.random.default_rng([begin + seed, 87])
        starts = [own.normal(size=phi.shape[1]) for phi in phis]
        agents = [  # from here on the same chance for each, and so the same stream
            LinearTD(phi, pi, gamma=GAMMA, alpha=alpha, rng=deepcopy(own), w=w)
            for phi, w in zip(phis, starts, strict=True)
        ]
        for j, agent in enumerate(agents):
            record = train(
                agent, env, steps=500 * count, seed=begin + seed, every=500,
                measure=lambda agent: rmse(agent.v, v),
            )  # fmt: skip
            errors[seed, j] = record.measured
    ax = fig.add_subplot(1, 4, 1)
    draw_curves(ax, np.arange(1, count + 1), dict(zip(names, errors.mean(0), strict=True)))
    for error, line in zip(exact, list(ax.lines), strict=True):
        ax.axhline(error, color=line.get_color(), ls="--", lw=1)
    ax.set(xlabel="episode", ylabel="root mean squared error", ylim=(0, 2))
    for k, (name, agent) in enumerate(zip(names, agents, strict=True), start=2):
        surface = fig.add_subplot(1, 4, k, projection="3d")
        draw_surface(surface, world, agent.v)
        surface.set(title=f"{name}, $d = {len(agent.w)}$", zlim=(-5, -2))
    fig.set_size_inches(14.5, 3.8)
    fixed = "error of the fixed point"
    ends = {
        f"error after {count} episodes, {name}": mean_of(errors[:, j, -last:].mean(1))
        for j, name in enumerate(names)
    }
    return Result(
        Part(fixed, reference(figure, fixed).mean, exact, within=1e-9),
        *(Part(part, reference(figure, part), x) for part, x in ends.items()),
        note="The book shows curves without numbers. Errors are compared with an independent "
        f"program; those of the fixed points w* (dashed) are exact. {seeds} seeds from {begin} on, "
        f"{count} episodes of 500 steps, means of the last {last}. The slowest weights of "
        "polynomial 3 have not settled by then.",
    )


@item("fig:8.7", "alg:8.1")
def td_polynomial(fig, rng, quick, progress):
    """How near do polynomials of the coordinates come to the true values, learned by TD-Linear?"""
    return _td_linear(fig, rng, "fig:8.7", "polynomial", quick, progress)


@item("fig:8.8")
def td_fourier(fig, rng, quick, progress):
    """And how near do cosine waves come?"""
    return _td_linear(fig, rng, "fig:8.8", "Fourier", quick, progress)


def _steps_to_go(world, pi):
    """The mean number of steps from s1 to the target, exactly."""
    P, _ = world.model.under(pi)
    return np.linalg.solve(np.eye(25) - P, np.ones(25))[0]


def _linear_control(fig, rng, figure, kind, quick, progress):
    """Learning a path from the start with 180 weights: 500 episodes, over seeds."""
    world = GridWorld(
        r_boundary=-10, r_forbidden=-10, r_target=1, r_other=-1, terminate_at_target=True, start=0
    )
    env, seeds, epsilon = TimeLimit(world, 2000), 4 if quick else 20, 0.1
    phi, begin = grid_features(world, fourier(5)), int(rng.integers(2**31))
    agents, records = [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 89])
        agent = kind(phi, 5, gamma=GAMMA, alpha=0.001, epsilon=epsilon, rng=own)
        records.append(train(agent, env, episodes=500, seed=seed, runs=seeds))
        agents.append(agent)
    lengths = np.array([record.lengths for record in records])
    rewards = np.array([record.returns for record in records])
    paths = [trajectory_of(world, agent.pi) for agent in agents]
    forbidden = np.array([world.is_forbidden[path].any() for path in paths])
    arrives = np.array([world.is_target[path[-1]] for path in paths])
    shown = int(arrives.argmax())  # the first seed that arrives, if one does
    curves = {"total reward": (rewards, (-1000, 10)), "length": (lengths, (0, 500))}
    draw_learning(fig, world, agents[shown].pi, paths[shown], curves)
    first, last = lengths[:, :20].mean(1), lengths[:, -100:].mean(1)
    shorter = "share of runs whose last 100 episodes are less than half as long as the first 20"
    found = {
        "last 100 episodes: mean length": mean_of(last),
        "last 100 episodes: mean reward": mean_of(rewards[:, -100:].mean(1)),
        "share of greedy policies that enter a forbidden cell": share_of(forbidden),
        shorter: share_of(2 * last < first),
    }
    kept = [_steps_to_go(world, epsilon_greedy(agent.q, epsilon)) for agent in agents]
    best = _steps_to_go(world, epsilon_greedy(optimal(world.model, GAMMA).q, epsilon))
    return Result(
        *(Part(part, reference(figure, part), x) for part, x in found.items()),
        note="The book states neither phi(s, a) nor r_other: here 36 weights for each action, and "
        "r_other = -1; the lengths then fit the axes of Fig. 8.9. An episode is cut at 2000 "
        f"steps; the longest had {lengths.max()}. {seeds} seeds from {begin} on. In the end "
        f"{arrives.sum()} greedy policies reach the target; the others stay, bump or go in "
        "circles, which a learner soon unlearns. With exploring and without learning they need "
        f"{np.median(kept):.0f} steps in the median (exact), the best one {best:.1f}, a uniform "
        f"policy {_steps_to_go(world, uniform(25, 5)):.0f}.",
    )


@item("fig:8.9", "alg:8.2")
def sarsa(fig, rng, quick, progress):
    """How does Sarsa find a way, when its action values are sums of cosine waves?"""
    return _linear_control(fig, rng, "fig:8.9", LinearSarsa, quick, progress)


@item("fig:8.10", "alg:8.3")
def q_learning(fig, rng, quick, progress):
    """And how does Q-learning?"""
    return _linear_control(fig, rng, "fig:8.10", LinearQLearning, quick, progress)


@item("eq:8.32")
def bound(fig, rng):
    """How much worse than the best fit is the fixed point of TD, and how much may it be?"""
    world = GridWorld()
    cautious = optimal(GridWorld(r_forbidden=-10).model, GAMMA).q
    policies = {"uniform": uniform(25, 5), "half greedy": epsilon_greedy(cautious, 0.5)}
    gammas = np.array([0.0, 0.5, 0.9, 0.99, 0.999])
    axes, holds = panels(fig, 2, (8.6, 4.0), sharey=True), {}
    for ax, (policy, pi) in zip(axes, policies.items(), strict=True):
        ratios, holds[policy] = {}, []
        for name, basis in BASES.items():
            phi = grid_features(world, basis)
            sides = [error_bound(world.model, pi, gamma, phi) for gamma in gammas]
            error, at_most = np.array([(s.error, s.bound) for s in sides]).T
            ratios[name] = error / (at_most * (1 - gammas))
            holds[policy].append((error <= at_most * (1 + 1e-9)) & (ratios[name] >= 1 - 1e-9))
        draw_curves(ax, 1 / (1 - gammas), ratios | {"bound": 1 / (1 - gammas)})
        ax.lines[-1].set(color="0.2", ls="--")
        ax.set(xscale="log", ylim=(0.97, 1.55), title=f"{policy} policy", xlabel="$1/(1-\\gamma)$")
        ax.legend(fontsize=8)
    axes[0].set_ylabel("error of the fixed point / of the best fit")
    true = np.full((len(BASES), len(gammas)), True)
    return Result(
        *(Part(policy, true, found) for policy, found in holds.items()),
        note="True: the left side of (8.32) is at most the right one, and not below the error of "
        f"the best fit. A row for each basis, a column for each gamma: {listed(gammas, 'g')}. At "
        "gamma = 0 both are equal; the bound (dashed) soon leaves the picture.",
    )


@item("fa:lstd")
def lstd(fig, rng, quick, progress):
    """Does least-squares TD find the fixed point, and what would a plus sign do to it?"""
    world, pi, sigma = GridWorld(), uniform(25, 5), 1.0
    steps, seeds = (4_000, 1) if quick else (20_000, 2)
    begin = int(rng.integers(2**31))
    looks = set(np.geomspace(30, steps, 40).astype(int).tolist())
    axes = panels(fig, 2, (8.6, 3.8), sharey=True)
    streams, parts, wrong = [], [], []  # both bases learn from the same experience
    for seed in range(begin, begin + seeds):
        wanderer = Follow(pi, np.random.default_rng([seed, 8]))
        streams.append(list(interact(world, wanderer, steps=steps, seed=seed)))
    for ax, name in zip(axes, ("polynomial 3", "Fourier 3"), strict=True):
        phi, apart, distances, ends = grid_features(world, BASES[name]), [], [], []
        v_fixed = phi @ td_fixed_point(world.model, pi, GAMMA, phi)
        for stream in streams:
            batch = LSTD(phi, pi, gamma=GAMMA, regularisation=sigma)
            recursive = RecursiveLSTD(phi, pi, gamma=GAMMA, regularisation=sigma)
            td, row = LinearTD(phi, pi, gamma=GAMMA, alpha=0.005, rng=rng), []
            learning = learn(td, learn(batch, learn(recursive, stream)))
            for k, _ in enumerate(progress(learning, steps), start=1):
                if k in looks:
                    apart.append(np.abs(batch.w - recursive.w).max())
                    row.append((rmse(batch.v, v_fixed), rmse(td.v, v_fixed)))
            distances.append(row)
            ends.append(batch.v)
            wrong.append(rmse(phi @ _with_a_plus(phi, stream[:100], sigma), v_fixed))
        names = "LSTD", "TD-Linear, $\\alpha = 0.005$"
        draw_curves(ax, sorted(looks), dict(zip(names, np.mean(distances, 0).T, strict=True)))
        ax.set(xscale="log", yscale="log", xlabel="samples", title=name)
        error = _error_of_lstd(world.model, pi, phi, steps) / np.sqrt(seeds)
        parts.append(Part(f"{name}: recursive minus batch", 0.0, max(apart), within=1e-9))
        parts.append(Part(f"{name}: values", v_fixed, Estimate(np.mean(ends, axis=0), error)))
    axes[0].set_ylabel("distance of the values from $\\Phi w^*$")
    diverges = "with a plus sign, the distance after 100 samples is above 10^6"
    return Result(
        *parts,
        Part(diverges, True, min(wrong) > 1e6),
        note=f"{seeds} seeds from {begin} on, {steps} samples of a uniform policy, sigma = 1; "
        "values are compared with A^-1 b, with their exact standard errors in a long run. Curves "
        "are root mean squares. The book prints the recursion of A^-1 with a plus; Sherman and "
        f"Morrison's formula has a minus. With the plus the distance is {min(wrong):.0e} or more.",
    )


def _with_a_plus(phi, steps, sigma):
    """The weights of LSTD after these steps, if the recursion of A^-1 had a plus sign."""
    inverse, b = np.eye(phi.shape[1]) / sigma, np.zeros(phi.shape[1])
    for t in steps:
        x, y = phi[t.s], phi[t.s] - GAMMA * phi[t.s_next]
        inverse = inverse + np.outer(inverse @ x, y @ inverse) / (1 + y @ inverse @ x)
        b = b + t.r * x
    return inverse @ b


def _error_of_lstd(model, pi, phi, steps):
    """The standard error of LSTD's value of each state after so many steps of pi.

    w - w* is nearly A^-1 mean(f_t), f = phi(s) (r + gamma phi(s')^T w* - phi(s)^T w*): its variance
    adds up the covariances of f with all f that come later, by the fundamental matrix Z of pairs.
    """
    S, A = pi.shape
    w = td_fixed_point(model, pi, GAMMA, phi)
    x, x_next = np.repeat(phi, A, axis=0), phi[model.s_next[..., 0].ravel()]
    f = x * (model.r[..., 0].ravel() + GAMMA * x_next @ w - x @ w)[:, None]
    P = (model.P[:, :, :, None] * pi).reshape(S * A, S * A)
    d = stationary_distribution(P)
    later = d[:, None] * (np.linalg.inv(np.eye(S * A) - P + d) - d)
    A_inverse = np.linalg.inv(td_matrices(model, pi, GAMMA, phi)[0])
    half = phi @ A_inverse
    return np.sqrt(np.diag(half @ f.T @ (later + later.T - np.diag(d)) @ f @ half.T) / steps)


@item("fa:mountain-car")
def mountain_car(fig, rng, quick, progress):
    """Does linear Sarsa drive a car up a hill that it must take a run at?"""
    count, seeds = (100, 2) if quick else (300, 3)
    env, other = gymnasium.make("MountainCar-v0"), gymnasium.make("MountainCar-v0")
    phi = tile_coding(env.observation_space, tilings=8, tiles=8)
    begin = int(rng.integers(2**31))
    returns, greedy_returns = [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 80])
        agent = LinearSarsa(phi, 3, gamma=1.0, alpha=0.5 / 8, epsilon=0.0, rng=own)
        returns.append(train(agent, env, episodes=count, seed=seed).returns)
        greedy_returns.append(score(other, agent, episodes=30, seed=seed).mean())
    left, right = panels(fig, 2, (9.2, 3.8))
    for y in returns:
        left.plot(np.arange(1, count + 1), y, color="0.8", lw=0.6)
    smooth = np.convolve(np.mean(returns, axis=0), np.full(10, 0.1), mode="valid")
    draw_curves(left, np.arange(10, count + 1), {"mean, of 10 episodes each": smooth})
    left.set(xlabel="episode", ylabel="return")
    low, high = env.observation_space.low, env.observation_space.high
    position, velocity = (np.linspace(low[i], high[i], 61) for i in range(2))
    steps_to_go = [[-agent.q_of((x, y)).max() for x in position] for y in velocity]
    mesh = right.pcolormesh(position, velocity, steps_to_go, cmap="viridis", shading="nearest")
    fig.colorbar(mesh, ax=right, label="steps to go, as learned")
    (drive,) = episodes(interact(other, agent, episodes=1, seed=begin))  # epsilon is 0
    right.plot(*np.array([t.s for t in drive]).T, color="white", lw=1.2)
    right.set(xlabel="position", ylabel="velocity")
    last = "mean return of the last 50 episodes" + (" of 100" if quick else "")
    found = {last: mean_of(np.array(returns)[:, -50:].mean(1))}
    if not quick:
        found["no longer learning: mean return of 30 episodes"] = mean_of(greedy_returns)
    return Result(
        *(Part(part, reference("fa:mountain-car", part), x) for part, x in found.items()),
        note=f"Not in the book. MountainCar-v0: -1 a step, at most 200. {seeds} seeds from {begin} "
        f"on, {count} episodes; 8 tilings of 8 x 8 tiles, epsilon = 0: values that begin at 0 "
        "are too high, and that makes it explore. After learning, 30 episodes give "
        f"{listed(greedy_returns, '.1f')}. Grey: each seed; white: a greedy episode of the last "
        "one.",
    )


if __name__ == "__main__":
    run(__file__)
