"""Chapter 9: which way should the parameters of a policy change?"""

import gymnasium
import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import GridWorld, greedy, optimal, policy_value, softmax, uniform
from rlbook import policy_gradient as pg
from rlbook.agent import interact, learn
from rlbook.bellman import action_value, stationary_distribution
from rlbook.book import Part, Result, at_least, item, listed, share_of
from rlbook.cli import run
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.plot import draw_curves, draw_evaluations, draw_grid, draw_runs, panels
from rlbook.training.evaluation import Evaluation
from rlbook.training.loop import score

GAMMA = 0.9


def _policies(rng):
    """The functions of three softmax policies for the book's grid, with random parameters."""
    cells = np.stack(np.unravel_index(np.arange(25), (5, 5)), axis=-1) / 2 - 1
    features = np.column_stack([np.ones(25), cells, cells[:, 0] * cells[:, 1]])
    kinds = {
        "table": Table(25, 5),
        "linear": Linear(features, 5),
        "network": MLP((2, 16, 5), phi=cells, hidden="tanh", dtype=float, rng=rng),
    }
    for f in kinds.values():
        f.theta[:] = rng.normal(0, 0.7, f.theta.size)
    return kinds


def _finite_differences(f, J, h=1e-5):
    """The gradient of J(softmax policy of f) in f.theta, by central differences."""

    def J_of(parameters):
        f.theta[:] = parameters
        return J(softmax(f(np.arange(25))))

    theta = f.theta.copy()
    gradient = [(J_of(theta + e) - J_of(theta - e)) / (2 * h) for e in h * np.eye(theta.size)]
    f.theta[:] = theta
    return np.array(gradient)


def _rows(gradient):
    """A long vector as a table that fits a page."""
    return gradient.reshape(-1, max(k for k in range(1, 11) if gradient.size % k == 0))


def _three_kinds(fig, rng, J, formula, note):
    """The formula of J's gradient beside finite differences, for each kind of policy."""
    axes, parts = panels(fig, 3, (10.2, 3.6)), []
    for ax, (name, f) in zip(axes, _policies(rng).items(), strict=True):
        numeric, exact = _finite_differences(f, J), formula(f)
        ax.axline((0, 0), slope=1, color="0.8", lw=1)
        ax.plot(numeric, exact, ".", ms=5)
        ax.set(title=f"{name}: {len(exact)} parameters", xlabel="finite difference")
        ax.locator_params(nbins=4)
        parts.append(Part(name, _rows(numeric), _rows(exact), within=1e-7))
    axes[0].set_ylabel("formula")
    return Result(*parts, note=note)


@item("thm:9.1")
def one_expression(fig, rng):
    """Is the gradient of every metric one sum, with its own weights eta?"""
    world, d_0 = GridWorld(), uniform(1, 25)[0]
    model, f = world.model, _policies(rng)["table"]
    pi = softmax(f(np.arange(25)))
    d = stationary_distribution(model.under(pi)[0])
    rho = pg.discounted_visits(model, pi, GAMMA, d_0)
    q = action_value(model, policy_value(model, pi, GAMMA), GAMMA)
    q_poisson = model.R + model.P @ pg.poisson_value(model, pi)
    metrics = {
        r"$\bar v^0$: $\eta = \rho_\pi$":
        (rho, q, lambda pi: pg.average_value(model, pi, GAMMA, d_0)),
        r"$\bar r$: $\eta = d_\pi$": (d, q_poisson, lambda pi: pg.average_reward(model, pi)),
    }  # fmt: skip
    axes, parts = panels(fig, 2, (8.6, 4.5)), []
    for ax, (name, (eta, q_values, J)) in zip(axes, metrics.items(), strict=True):
        gradient = pg.gradient_of_metric(f, eta, q_values)
        parts.append(Part(name, _rows(_finite_differences(f, J)), _rows(gradient), within=1e-7))
        draw_grid(ax, world, visits=eta / eta.max(), pi=greedy(gradient.reshape(25, 5)))
        ax.set_xlabel(name, fontsize=12)
    return Result(
        *parts,
        note="A tabular softmax policy with random parameters, beside central finite differences. "
        "Shade: eta. Arrows: the action that gains most.",
    )


@item("thm:9.2")
def value_gradient(fig, rng):
    """Is the gradient of v-bar^0 the sum with eta = rho_pi, whatever the policy is made of?"""
    model, d_0 = GridWorld().model, np.eye(25)[0]
    return _three_kinds(
        fig, rng,
        lambda pi: pg.average_value(model, pi, GAMMA, d_0),
        lambda f: pg.gradient_of_value(f, model, GAMMA, d_0),
        f"Start in s1, gamma = {GAMMA}. All random parameters.",
    )  # fmt: skip


@item("thm:9.3")
def reward_gradient_discounted(fig, rng):
    """How good is d_pi with discounted values as the gradient of r-bar? Better as gamma nears 1."""
    model, f = GridWorld().model, _policies(rng)["table"]
    gammas = np.array([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
    exact = _finite_differences(f, lambda pi: pg.average_reward(model, pi))
    errors = np.array([np.linalg.norm(pg.gradient_of_reward(f, model, g) - exact) for g in gammas])
    errors /= np.linalg.norm(exact)
    ax = fig.add_subplot()
    draw_curves(ax, 1 - gammas, {"relative error of the approximation": errors})
    ax.set(xlabel=r"$1 - \gamma$", ylabel="relative error", xscale="log", yscale="log")
    parts = []
    for g in (0.5, 0.99):
        by_value = (1 - g) * _finite_differences(f, lambda pi, g=g: pg.average_value(model, pi, g))
        name = f"grad r-bar = (1 - gamma) grad v-bar, gamma = {g}"
        parts.append(Part(name, _rows(exact), _rows(by_value), within=1e-7))
    # Near 1: 1 - gamma is small beside 1 / |Z|; Z = (I - P + 1 d^T)^-1, how long a start is felt.
    P, _ = model.under(softmax(f(np.arange(25))))
    Z = np.linalg.inv(np.eye(25) - P + stationary_distribution(P))
    near = 1 - 0.01 / np.abs(Z).sum(1).max() / np.array([1, 2])
    gradient = pg.gradient_of_reward(f, model)  # exact: the differences above are not, so near 1
    off = [np.linalg.norm(pg.gradient_of_reward(f, model, g) - gradient) for g in near]
    order = np.log2(off[0] / off[1])
    by_gamma = {f"{g:g}:": error for g, error in zip(gammas, errors, strict=True)}
    return Result(
        *parts,
        Part("the error falls with 1 - gamma", [True] * 5, np.diff(errors) < 0),
        Part("near 1 it falls in proportion: its order is 1, rounded", [1], [round(order)]),
        note=f"Relative errors for gamma = {listed(by_gamma, '.1e')}",
    )


@item("lemma:9.1")
def two_metrics(fig, rng):
    """Are the mean reward and the mean value the same metric, up to 1 - gamma?"""
    model, gammas = GridWorld().model, np.array([0.0, 0.5, 0.9, 0.99, 0.999])
    policies = [softmax(rng.normal(0, 1.5, (25, 5))) for _ in range(4)]
    r_bar = np.array([[pg.average_reward(model, pi)] * len(gammas) for pi in policies])
    v_bar = np.array([[pg.average_value(model, pi, g) for g in gammas] for pi in policies])
    ax = fig.add_subplot()
    draw_curves(ax, 1 - gammas, {f"policy {k}": v for k, v in enumerate(v_bar, start=1)})
    ax.set(xlabel=r"$1 - \gamma$", ylabel=r"$\bar v_\pi$", xscale="log")
    return Result(
        Part("r-bar", r_bar, v_bar * (1 - gammas), within=1e-9),
        note="Four random policies (rows) and five discounts (columns): (1 - gamma) v-bar.",
    )


@item("thm:9.4")
def poisson(fig, rng):
    """What is a state worth where nothing is discounted? A solution of the Poisson equation."""
    world = GridWorld()
    pi = softmax(rng.normal(0, 1, (25, 5)))
    P, r = world.model.under(pi)
    d, v = stationary_distribution(P), pg.poisson_value(world.model, pi)
    r_bar, gamma = pg.average_reward(world.model, pi), 1 - 1e-6
    limit = policy_value(world.model, pi, gamma)
    draw_grid(fig.add_subplot(), world, v=v, pi=pi)
    return Result(
        Part("v = r_pi - r-bar 1 + P_pi v", v, r - r_bar + P @ v, within=1e-10),
        Part("d_pi . v = r-bar", [r_bar], [d @ v], within=1e-10),
        Part("v of gamma = 1 - 1e-6, less its mean", limit - d @ limit, v - d @ v, within=1e-3),
        note="A random policy. The differences between states are those of gamma = 1 - 1e-6.",
    )


@item("thm:9.5")
def reward_gradient(fig, rng):
    """Is the gradient of r-bar exact without a discount?"""
    model = GridWorld().model
    return _three_kinds(
        fig, rng,
        lambda pi: pg.average_reward(model, pi),
        lambda f: pg.gradient_of_reward(f, model),
        "q from the Poisson equation, eta = d_pi. Random parameters.",
    )  # fmt: skip


def _values_of_reinforce(world, baseline, n, seed):
    """The exact value of REINFORCE's policy after every 50 of n episodes, and the policy."""
    own, states = np.random.default_rng([seed, 9]), np.arange(world.model.n_states)
    extra = {"baseline": Table(len(states), 1), "alpha_w": 0.1} if baseline else {}
    agent = pg.Reinforce(Softmax(Table(len(states), 5)), gamma=GAMMA, alpha=0.1, rng=own, **extra)
    values = []
    for t in learn(agent, interact(TimeLimit(world, 100), agent, episodes=n, seed=seed)):
        if (t.terminated or t.truncated) and agent.n_episodes % 50 == 0:
            values.append(world.start @ policy_value(world.model, agent.policy(states), GAMMA))
    return values, agent.policy(states)


@item("alg:9.1")
def reinforce_on_the_grid(fig, rng, quick, progress):
    """How near does REINFORCE come to the best policy of the grid?"""
    small = GridWorld(("...", "..#", "#.T"), terminate_at_target=True)
    large = GridWorld(terminate_at_target=True)
    best, best_large = (w.start @ optimal(w.model, GAMMA, 1e-9).v for w in (small, large))
    seeds, n, begin = 3 if quick else 5, 2000, int(rng.integers(2**31))
    worlds = {"REINFORCE": small, "with a baseline": small, "5x5, with a baseline": large}
    runs = [(name, seed) for name in worlds for seed in range(begin, begin + seeds)]
    runs = runs[: -2 if quick else None]  # the large grid takes longest: one seed of it will do
    curves = {name: [] for name in worlds}
    for name, seed in progress(runs, len(runs)):
        values, pi = _values_of_reinforce(worlds[name], "baseline" in name, n, seed)
        curves[name].append(values)
    left, right = panels(fig, 2, (9.4, 4.2))
    draw_grid(left, large, pi=pi)
    for name, values in curves.items():
        draw_runs(right, np.arange(50, n + 1, 50), values, name=name)
    for value in (best, best_large):
        right.axhline(value, color="0.3", ls="--", lw=1)
    right.set(xlabel="episode", ylabel="exact value of the policy (dashed: best)", ylim=(-0.5, 1))
    *fast, slow = (np.array(values)[:, -1] for values in curves.values())
    near, on_the_way = np.concatenate(fast) > 0.9 * best, (slow > 0) & (slow < best_large - 0.02)
    claims = {"3x3: runs that end with nine tenths of the best value": near}
    if not quick:  # one seed is no share
        claims["5x5: runs whose value is positive, and not yet the best"] = on_the_way
    return Result(  # now and then a run is stuck for long
        *(Part(name, at_least(0.8), share_of(holds)) for name, holds in claims.items()),
        note=f"{seeds} seeds from {begin} on, {n} episodes of at most 100 steps, tabular softmax, "
        "alpha = 0.1; values are exact, of the softmax policy itself, the mean of all starts. Best "
        f"on the 3x3 grid: {best:.3f}; on the 5x5 grid {best_large:.3f}, REINFORCE's median "
        f"{np.median(slow):.3f}: where the policy is nearly sure of a poor action, its gradient is "
        "small. Shades: from the worst seed to the best.",
    )


@item("pg:cartpole")
def reinforce_on_cartpole(fig, rng, quick, progress):
    """Does REINFORCE with a baseline balance the pole?"""
    steps, every, seeds = (8_000, 4_000, 5) if quick else (100_000, 5_000, 4)
    begin = int(rng.integers(2**31))
    settings = {"gamma": 0.99, "alpha": 3e-3, "alpha_w": 3e-3, "batch": 4}
    curves, untrained = [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 9])
        actor, baseline = (MLP((4, 64, 64, n), last=0.01, rng=own) for n in (2, 1))
        agent = pg.Reinforce(Softmax(actor), baseline=baseline, rng=own, **settings)
        watch = Evaluation(gymnasium.make("CartPole-v1"), actor, seed=seed)
        untrained.append(score(watch.env, agent, episodes=10, seed=seed).mean())
        stream = interact(gymnasium.make("CartPole-v1"), agent, steps=steps, seed=seed)
        for k, _ in enumerate(learn(agent, stream), start=1):
            if k % every == 0 and watch(agent) >= 475:
                break
        curves.append(watch.means)
    draw_evaluations(fig, every, curves)
    least = 60 if quick else 475
    good = share_of([max(y) >= least for y in curves])
    return Result(
        Part(f"runs with an evaluation at {least} or more", at_least(0.8 if quick else 0.9), good),
        note=f"{seeds} seeds from {begin} on, up to {steps} steps, 64x64 relu networks, Adam, "
        "batches of four episodes, gamma = 0.99. Returns are 500 at most. The best evaluations: "
        f"{listed(map(max, curves), '.0f')}; untrained {np.mean(untrained):.0f}.",
    )


if __name__ == "__main__":
    run(__file__)
