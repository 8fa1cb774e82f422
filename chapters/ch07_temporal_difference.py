"""Chapter 7: how is a good policy found without a model and without waiting for the end?"""

from itertools import islice

import numpy as np
from gymnasium.wrappers import TimeLimit
from matplotlib.figure import Figure

from rlbook import GridWorld, epsilon_greedy, epsilon_soft_optimal, optimal, policy_value, uniform
from rlbook.agent import Follow, Step, episodes, interact, learn
from rlbook.bellman import action_value
from rlbook.book import (
    Part,
    Result,
    at_least,
    best_actions,
    item,
    listed,
    mean_of,
    printed,
    printed_parts,
    reference,
    share_of,
)
from rlbook.cli import run
from rlbook.monte_carlo import MonteCarlo, returns
from rlbook.plot import draw_curves, draw_grid, draw_learning, panels, pixels, trajectory_of
from rlbook.stochastic_approximation import harmonic, robbins_monro
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training.evaluation import rmse
from rlbook.training.loop import train
from rlbook.training.many_seeds import train_many

GAMMA = 0.9


def _five_hundred_episodes(fig, rng, name, kind, quick, progress):
    """Learning a path from the top left to the target: 500 episodes, over seeds."""
    world = GridWorld(
        r_boundary=-10, r_forbidden=-10, r_target=0, r_other=-1, terminate_at_target=True, start=0
    )
    seeds, begin = 10 if quick else 100, int(rng.integers(2**31))
    records, paths = [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 7])
        agent = kind(25, 5, gamma=GAMMA, alpha=0.1, epsilon=0.1, rng=own)
        records.append(train(agent, world, episodes=500, seed=seed, runs=seeds))
        paths.append(trajectory_of(world, agent.pi))
    lengths = np.array([record.lengths for record in records])
    rewards = np.array([record.returns for record in records])
    curves = {"total reward": (rewards, (-400, 5)), "length": (lengths, (0, 200))}
    draw_learning(fig, world, agent.pi, paths[-1], curves)
    found = {
        "last 100 episodes: mean length": mean_of(lengths[:, -100:].mean(1)),
        "last 100 episodes: mean reward": mean_of(rewards[:, -100:].mean(1)),
        "share of seeds with an 11-step path": share_of(np.array([len(x) == 12 for x in paths])),
    }
    steps = len(trajectory_of(world, world.policy(printed(name, "pi")))) - 1
    return Result(
        Part("steps of the printed policy", [11], [steps], within=0),
        *(Part(part, reference(name, part), x) for part, x in found.items()),
        note=f"The book does not state gamma; {GAMMA} here. {seeds} seeds from {begin} on, "
        "compared with runs of an independent program. Shade: 95 % of the seeds. The first ten "
        f"episodes take {lengths[:, :10].mean():.0f} steps on average. The animation: the last "
        "seed; the line is the way of the episode, the numbers are max q.",
        frames=_film(world, kind, begin + seeds - 1),
        frame_seconds=0.9,
    )


def _film(world, kind, seed):
    """What one seed has learned after 1, 2, 3, ... episodes, and the way of the last of them."""
    agent = kind(25, 5, gamma=GAMMA, alpha=0.1, epsilon=0.1, rng=np.random.default_rng([seed, 7]))
    stream = learn(agent, interact(world, agent, episodes=500, seed=seed))
    fig = Figure(figsize=(4.2, 4.5), dpi=84, layout="constrained")
    ax, frames = fig.add_subplot(), []
    for k, episode in enumerate(episodes(stream), start=1):
        if k in (1, 2, 5, 10, 30, 100, 200, 500):
            way = [t.s for t in episode] + [episode[-1].s_next]
            ax.clear()
            draw_grid(ax, world, v=agent.q.max(-1), pi=agent.pi, trajectory=way)
            ax.set_xlabel(f"episode {k}: {len(episode)} steps")
            frames.append(pixels(fig))
            fig.set_layout_engine("none")
    return frames


@item("box:7.1")
def robbins_monro_on_bellman(fig, rng, quick):
    """Which equation does TD learning solve? v(s) - E[R + gamma v(S')] = 0, from samples."""
    world, s = GridWorld(), 7  # the book's s8
    seeds, steps = 100 if quick else 1000, 300
    pi = uniform(25, 5)
    pi[s] = 0.25, 0.25, 0.25, 0.25, 0  # it leaves s, so that S' has another value than the guess
    v_pi = policy_value(world.model, pi, GAMMA)
    r, s_next = world.model.r[s, :4, 0], world.model.s_next[s, :4, 0]
    y = r + GAMMA * v_pi[s_next]  # the targets of the four moves
    variance = ((y - v_pi[s]) ** 2).mean()

    def td(w, moves, alpha):
        """v(s) after each of some moves from s, all other values being right."""
        v = np.where(np.arange(25) == s, w, v_pi)
        agent, seen = TD0(pi, gamma=GAMMA, alpha=alpha, rng=rng, v=v), []
        for a in moves:
            agent.update(Step(s, int(a), r[a], int(s_next[a]), False, False))
            seen.append(agent.v[s])
        return np.array(seen)

    guesses = v_pi[s] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    step = np.array([[td(w, [a], 0.1)[0] - w for a in range(4)] for w in guesses])  # (guess, move)
    moves = rng.integers(4, size=(seeds, steps))
    runs = np.array([td(v_pi[s] + 2, row, harmonic()) for row in moves])
    ys = iter(y[moves[0]])
    same = [*islice(robbins_monro(lambda w: w - next(ys), v_pi[s] + 2, harmonic()), steps)]
    marks = np.array([1, 10, 100, 300])
    squared = (runs[:, marks - 1] - v_pi[s]) ** 2
    left, right = panels(fig, 2, (8.8, 4.0))
    for a, name in enumerate(("up", "right", "down", "left")):
        left.plot(guesses, step[:, a] / -0.1, "--", lw=0.8, label=f"one sample: {name}")
    left.plot(guesses, step.mean(1) / -0.1, "ko-", lw=1.2, markersize=4, label="their mean, g")
    left.axhline(0, color="0.4", lw=0.8)
    left.set(xlabel="the guess v(s)", ylabel="TD step, over $-\\alpha$")
    left.legend()
    k = np.arange(1, steps + 1)
    for run_ in runs[:3]:
        right.plot(k, run_, color="0.7", lw=0.8)
    edges = tuple(np.quantile(runs, [0.05, 0.95], axis=0))
    draw_curves(right, k, {"mean of the runs": runs.mean(0)}, {"mean of the runs": edges})
    right.axhline(v_pi[s], color="0.2", lw=0.8, ls="--")
    right.set(xlabel="k (dashed: $v_\\pi(s)$)", ylabel="$v(s)$ after k steps, $\\alpha_k = 1/k$")
    return Result(
        Part("expected TD step / -alpha: g(v(s)) = v(s) - v_pi(s)", guesses - v_pi[s],
             step.mean(1) / -0.1, 1e-12),
        Part("TD minus Robbins-Monro, the same samples", np.zeros(steps), runs[0] - same, 1e-12),
        *(Part(f"k = {k}: mean of v(s) - v_pi(s)", 0.0, mean_of(runs[:, k - 1] - v_pi[s]))
          for k in marks),
        *(Part(f"k = {k}: mean squared distance, var(target) / k", variance / k,
               mean_of(squared[:, j])) for j, k in enumerate(marks)),
        note=f"The cell s8 of the book's grid, its four moves equally likely; all other values are "
        f"v_pi. {seeds} runs of {steps} steps from v_pi + 2. With 1/k the guess is the mean of k "
        f"targets. v_pi(s) is {v_pi[s]:.3f}, the variance of a target {variance:.3f}. "
        "Shade: 90 % of the runs.",
    )  # fmt: skip


@item("fig:7.2", "alg:7.1")
def sarsa(fig, rng, quick, progress):
    """How does Sarsa find a way to the target, and what does exploring cost it?"""
    return _five_hundred_episodes(fig, rng, "fig:7.2", Sarsa, quick, progress)


@item("fig:7.3", "alg:7.2")
def q_learning(fig, rng, quick, progress):
    """How does Q-learning find a way to the target, when it behaves by what it learns?"""
    return _five_hundred_episodes(fig, rng, "fig:7.3", QLearning, quick, progress)


def _off_policy(world, behaviour, seeds, steps, runs, q0=0.0):
    """Q-learning from what another policy does: errors as it learns, a row a seed, and agents."""
    v_star = optimal(world.model, GAMMA).v
    errors, agents = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 74])
        agent = QLearning(25, 5, gamma=GAMMA, alpha=0.1, epsilon=0.1, rng=rng, q=q0)
        record = train(
            agent, world, behaviour=Follow(behaviour, rng), steps=steps, seed=seed, runs=runs,
            every=1000, measure=lambda agent: rmse(agent.q.max(-1), v_star),
        )  # fmt: skip
        errors.append([rmse(np.full(25, q0), v_star), *record.measured])
        agents.append(agent)
    return np.array(errors), agents


@item("fig:7.4", "alg:7.3")
def off_policy_q_learning(fig, rng, quick, progress):
    """Does Q-learning find the best policy from random behaviour, wherever its values begin?"""
    world, steps, n = GridWorld(), 100_000, 2 if quick else 4
    best, begin = optimal(world.model, GAMMA, tol=1e-11), int(rng.integers(2**31))
    errors, learned, seeds = {}, [], range(begin, begin + n)
    for q0 in progress((0.0, 10.0, 100.0), 3):
        name = f"$q_0 = {q0:g}$"
        errors[name], agents = _off_policy(world, uniform(25, 5), seeds, steps, 3 * n, q0)
        learned += [policy_value(world.model, agent.pi, GAMMA) for agent in agents]
    left, right = panels(fig, 2, (8.8, 4.2))
    draw_grid(left, world, v=agents[0].q.max(-1), pi=agents[0].pi)
    curves = {name: error.mean(0) for name, error in errors.items()}
    draw_curves(right, np.arange(steps // 1000 + 1), curves)
    right.set(xlabel="thousand steps", ylabel="root mean squared error", yscale="log")
    starts = [error[0, 0] for error in errors.values()]
    ends = np.array([error[:, -1] for error in errors.values()])
    is_best = [np.allclose(v, best.v, atol=1e-5) for v in learned]
    return Result(
        *printed_parts("fig:7.4", {"start error": starts, "pi, learned": best_actions(best.q)}),
        Part("runs that end with an error below 0.1", at_least(0.9), share_of(ends < 0.1)),
        Part("runs that end with a best policy", at_least(0.9), share_of(is_best)),
        note=f"{n} seeds from {begin} on for each of three initial values; the start errors are "
        f"exact. The largest error in the end is {ends.max():.1g}. The printed actions are "
        "compared with the best ones.",
    )


@item("fig:7.5")
def poor_behaviour(fig, rng, quick, progress):
    """What is learned from behaviour that seldom explores?"""
    world, steps, begin = GridWorld(), 20_000 if quick else 100_000, int(rng.integers(2**31))
    always_right = world.policy("/".join(["RRRRR"] * 5))
    random = world.policy(printed("fig:7.5", "pi, behaviour c"))
    behaviours = {
        "(a) 0.5 around right": epsilon_greedy(always_right, 0.5),
        "(b) 0.1 around right": epsilon_greedy(always_right, 0.1),
        "(c) 0.1 around a random policy": epsilon_greedy(random, 0.1),
        "uniform": uniform(25, 5),
    }
    errors = {
        name: _off_policy(world, pi, (begin, begin + 1), steps, runs=8)[0]
        for name, pi in progress(behaviours.items(), len(behaviours))
    }
    ax, means = panels(fig, 1, (6.0, 4.0)), {name: x.mean(0) for name, x in errors.items()}
    draw_curves(ax, np.arange(steps // 1000 + 1), means)
    ax.set(xlabel="thousand steps", ylabel="root mean squared error", ylim=(0, 8.5))
    uniform_end = errors.pop("uniform")[:, -1].max()
    poor = np.concatenate([*errors.values()]) > max(5, 2 * uniform_end)
    name = "runs whose error stays above 5, and above twice that of a uniform behaviour"
    ends = listed({name: error[:, -1].mean() for name, error in errors.items()}, ".2f")
    return Result(
        Part(name, at_least(0.9), share_of(poor.all(1))),
        note=f"Two seeds from {begin} on for each behaviour. Mean errors after {steps} steps: "
        f"{ends}, uniform at most {uniform_end:.2f}. The book shows curves without numbers.",
    )


@item("tab:7.1")
def td_and_mc(fig, rng, quick):
    """What distinguishes the target of TD from the return of Monte Carlo? Bias and variance."""
    world, n = GridWorld(terminate_at_target=True, start=0), 300 if quick else 2000
    pi = uniform(25, 5)
    v_pi = policy_value(world.model, pi, GAMMA)
    agent = TD0(pi, gamma=GAMMA, alpha=0.1, rng=rng)  # v = 0: nothing is known yet
    stream = interact(TimeLimit(world, 400), Follow(pi, rng), episodes=n, seed=1)
    sampled = [(returns([t.r for t in e], GAMMA)[0], agent.target(e[0])) for e in episodes(stream)]
    mc, td = np.array(sampled).T
    td_mean, td_var, mc_var = _moments(world.model, pi, v_pi)
    ax = fig.add_subplot()
    ax.hist([mc, td], bins=30, label=["Monte Carlo: return", "TD: $r + \\gamma v(s')$, $v = 0$"])
    ax.axvline(v_pi[0], color="0.2", ls="--", lw=1)
    ax.set(xlabel="target for $s_1$ (dashed: $v_\\pi(s_1)$)", ylabel="episodes")
    ax.legend()
    claim = "exact: TD's mean is off by more than 0.5, its variance is less than half"
    holds = [abs(td_mean - v_pi[0]) > 0.5, td_var < mc_var / 2]
    return Result(
        Part("mean return: v_pi(s1)", v_pi[0], mean_of(mc)),
        Part("variance of the return", mc_var, mean_of((mc - v_pi[0]) ** 2)),
        Part("mean TD target", td_mean, mean_of(td)),
        Part("variance of the TD target", td_var, mean_of((td - td_mean) ** 2)),
        Part(claim, [True, True], holds),
        note=f"{n} episodes of a uniform policy from s1. While v = 0, the target of TD is biased, "
        "but it varies less.",
    )


def _moments(model, pi, v):
    """Exact, from s1: mean and variance of r + gamma 0, and the variance of the return."""
    w = pi[:, :, None] * model.p  # the chance of each outcome
    r, go = model.r, ~model.terminated
    square = (w * r**2).sum((1, 2))
    # E[G^2] = E[r^2] + 2 gamma E[r G'] + gamma^2 E[G'^2]
    known = square + 2 * GAMMA * (w * r * go * v[model.s_next]).sum((1, 2))
    second = np.linalg.solve(np.eye(len(v)) - GAMMA**2 * model.under(pi)[0], known)
    mean = (w * r).sum((1, 2))
    return mean[0], square[0] - mean[0] ** 2, second[0] - v[0] ** 2


@item("tab:7.2")
def one_stream_all_targets(fig, rng, quick):
    """At its own fixed point, does each method's target have the mean q(s, a)?"""
    world, epsilon, steps = GridWorld(), 0.3, 4_000 if quick else 40_000
    best = optimal(world.model, GAMMA, 1e-10)
    soft = epsilon_soft_optimal(world.model, GAMMA, epsilon)
    q_soft = action_value(world.model, soft.v, GAMMA)
    settings = {"gamma": GAMMA, "alpha": 0.1, "epsilon": epsilon, "rng": rng}
    stream = list(interact(world, Follow(soft.pi, rng), steps=steps, seed=2))

    def windows(length):  # they do not overlap, so that errors are independent
        return [stream[k : k + length] for k in range(0, steps - length, length)]

    agents = {  # they do not learn
        "Sarsa": Sarsa(25, 5, q=q_soft, **settings),
        "Expected Sarsa": ExpectedSarsa(25, 5, q=q_soft, **settings),
        "Q-learning": QLearning(25, 5, q=best.q, **settings),
    }
    errors = {k: [x.target(t) - x.q[t.s, t.a] for t in stream] for k, x in agents.items()}
    for n in (2, 4, 8):
        agent = NStepSarsa(25, 5, n=n, q=q_soft, **settings)
        errors[f"{n}-step Sarsa"] = [agent.target(w) - q_soft[w[0].s, w[0].a] for w in windows(n)]
    errors["Monte Carlo"] = [  # 0.9^250 = 4e-12 of a value is left out
        returns([t.r for t in w], GAMMA)[0] - q_soft[w[0].s, w[0].a] for w in windows(250)
    ]
    ax = panels(fig, 1, (6.4, 4.0))
    ax.boxplot(list(errors.values()), whis=(2.5, 97.5), showfliers=False)
    ax.set_xticklabels(list(errors), rotation=30)
    ax.set(ylabel="target minus q(s, a)")
    exact = ("Expected Sarsa", "Q-learning")  # the world is deterministic: no chance is left
    return Result(
        *(
            Part(f"{name}, largest error", 0.0, np.abs(e).max(), within=1e-8)
            if name in exact
            else Part(f"{name}, mean error", 0.0, mean_of(e))
            for name, e in errors.items()
        ),
        note=f"One stream of {steps} steps of the best policy with epsilon = {epsilon}. The table "
        "of Q-learning is q*; that of the others holds the action values of that policy.",
    )


WANDERING = "Expected Sarsa, epsilon = 1"


def _methods(world, epsilon):
    """By name: how to make the agent from its generator, and its own fixed point."""
    soft = epsilon_soft_optimal(world.model, GAMMA, epsilon)
    v_uniform = policy_value(world.model, uniform(25, 5), GAMMA)
    q_soft, q_uniform = (action_value(world.model, v, GAMMA) for v in (soft.v, v_uniform))

    def table(kind, **more):
        options = {"gamma": GAMMA, "alpha": 0.2, "epsilon": epsilon} | more
        return lambda rng: kind(25, 5, rng=rng, **options)

    return {
        "TD(0)": (lambda rng: TD0(soft.pi, gamma=GAMMA, alpha=0.2, rng=rng), soft.v),
        "Sarsa, n = 1": (table(Sarsa), q_soft),
        "Expected Sarsa": (table(ExpectedSarsa), q_soft),
        "n = 2": (table(NStepSarsa, n=2), q_soft),
        "n = 4": (table(NStepSarsa, n=4), q_soft),
        "n = 8": (table(NStepSarsa, n=8), q_soft),
        "Q-learning": (table(QLearning), optimal(world.model, GAMMA, 1e-9).q),
        "Monte Carlo": (table(MonteCarlo), q_soft),
        WANDERING: (table(ExpectedSarsa, epsilon=1.0), q_uniform),
    }


@item("td:comparison")
def side_by_side(fig, rng, quick, progress):
    """Five thousand steps in one world: how near does each method come to its own fixed point?"""
    world = GridWorld(r_other=-0.1, terminate_at_target=True)
    epsilon, steps, seeds, begin = 0.3, 5000, 3 if quick else 30, int(rng.integers(2**31))
    methods = _methods(world, epsilon)
    pairs = ~world.is_target  # an episode never goes on from the target

    def look(agent):
        return np.array(agent.v if isinstance(agent, TD0) else agent.q)[pairs]

    curves, bands, found, ends = {}, {}, {}, {}
    for name, (make, fixed) in progress(methods.items(), len(methods)):
        # An episode that is cut after 100 steps needs a word of those who wait for its end, not of
        # Expected Sarsa; so there the expectation is of a world without a limit.
        records = train_many(
            lambda seed, make=make: make(np.random.default_rng([seed, 8])),
            world if name == WANDERING else TimeLimit(world, 100), steps=steps,
            seeds=range(begin, begin + seeds), every=500, measure=look,
        )  # fmt: skip
        y = np.array([record.measured for record in records])
        ends[name] = y[:, -1]
        if name == WANDERING:  # here the mean itself is known, which says more than the error
            continue
        errors = np.sqrt(((y - fixed[pairs]) ** 2).mean(axis=tuple(range(2, y.ndim))))
        first = np.full((seeds, 1), rmse(0 * fixed[pairs], fixed[pairs]))  # all begin with zero
        mean = mean_of(np.hstack([first, errors]))
        curves[name] = mean.value
        bands[name] = mean.value - 2 * mean.error, mean.value + 2 * mean.error
        found[f"error in the end, {name}"] = mean_of(errors[:, -1])
    v, q = ends["TD(0)"], ends[WANDERING]
    found["TD(0): v in the end"] = mean_of(v.reshape(seeds, 4, 6))  # 24 cells
    found[f"{WANDERING}: mean of q(s, .) in the end"] = mean_of(q.mean(-1).reshape(seeds, 4, 6))
    ax = panels(fig, 1, (7.2, 4.2))
    draw_curves(ax, np.arange(0, steps + 1, 500), curves, bands)
    ax.set(xlabel="step", ylabel="root mean squared error", yscale="log")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Result(
        *(Part(part, reference("td:comparison", part), x) for part, x in found.items()),
        note=f"{seeds} seeds from {begin} on, r_other = -0.1, alpha = 0.2, epsilon = {epsilon}; "
        "the error of a method is the distance from its own exact fixed point: v_pi, the q of the "
        "best epsilon-greedy policy, or q*. Where the policy is fixed the mean of the estimate is "
        "known exactly; errors are compared with an independent program. Shades: two standard "
        "errors.",
    )


if __name__ == "__main__":
    run(__file__)
