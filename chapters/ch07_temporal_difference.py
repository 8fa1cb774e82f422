"""Chapter 7: how is a good policy found without a model and without waiting for the end?"""

import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import (
    GridWorld,
    action_value,
    epsilon_greedy,
    epsilon_soft_optimal,
    optimal,
    policy_value,
    uniform,
)
from rlbook.agent import Follow, episodes, interact
from rlbook.book import (
    Result,
    at_least,
    best_actions,
    item,
    mean_of,
    printed,
    reference,
    share_of,
    silent,
)
from rlbook.cli import run
from rlbook.monte_carlo import MonteCarlo, returns
from rlbook.plot import draw_curves, draw_grid
from rlbook.temporal_difference import TD0, ExpectedSarsa, NStepSarsa, QLearning, Sarsa
from rlbook.training.loop import train
from rlbook.training.many_seeds import train_many

GAMMA = 0.9


def _path_world():
    """The world of Figs 7.2 and 7.3: from the top left to the target, where an episode ends."""
    return GridWorld(
        r_boundary=-10, r_forbidden=-10, r_target=0, r_other=-1, terminate_at_target=True, start=0
    )


def _path(world, pi, limit=50):
    """The states of the deterministic policy pi from the start, at most `limit` steps."""
    s, _ = world.reset()
    states, terminated = [s], False
    while not terminated and len(states) <= limit:
        s, _, terminated, *_ = world.step(int(pi[s].argmax()))
        states.append(s)
    return states


def _five_hundred_episodes(fig, rng, name, make, quick, progress):
    """Learning a path from the start: lengths and rewards of 500 episodes, over seeds."""
    world, seeds = _path_world(), 10 if quick else 100
    begin = int(rng.integers(2**31))
    lengths, rewards, paths = [], [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        agent = make(
            25, 5, gamma=GAMMA, alpha=0.1, epsilon=0.1, rng=np.random.default_rng([seed, 7])
        )
        record = train(agent, world, episodes=500, seed=seed, runs=seeds)
        lengths.append(record.lengths)
        rewards.append(record.returns)
        paths.append(_path(world, agent.pi))
    lengths, rewards = np.array(lengths), np.array(rewards)
    shortest = np.array([len(path) == 12 for path in paths])
    left, middle, right = fig.subplots(1, 3)
    draw_grid(left, world, pi=agent.pi, trajectory=paths[-1])
    for ax, y, label in ((middle, rewards, "total reward"), (right, lengths, "length")):
        low, high = np.quantile(y, [0.025, 0.975], axis=0)
        draw_curves(
            ax, range(1, 501), {f"mean of {seeds} seeds": y.mean(0)},
            {f"mean of {seeds} seeds": (low, high)},
        )  # fmt: skip
        ax.set(xlabel="episode", ylabel=label)
    middle.set_ylim(-400, 5)
    right.set_ylim(0, 200)
    fig.set_size_inches(12.6, 4.0)
    printed_pi = world.policy(printed(name, "pi"))
    steps, parts = "steps of the printed policy", {
        "last 100 episodes: mean length": mean_of(lengths[:, -100:].mean(1)),
        "last 100 episodes: mean reward": mean_of(rewards[:, -100:].mean(1)),
        "share of seeds with an 11-step path": share_of(shortest),
    }  # fmt: skip
    return Result(
        {steps: [11]} | {part: reference(name, part) for part in parts},
        {steps: [len(_path(world, printed_pi)) - 1]} | parts,
        tolerance={steps: 0},
        note=f"The book does not state gamma; {GAMMA} here. {seeds} seeds from {begin} on, held "
        "against the runs of an independent program. "
        "The shortest way around the forbidden cells has 11 steps. The shade holds 95 % of the "
        f"seeds; the first ten episodes take {lengths[:, :10].mean():.0f} steps in the mean.",
    )


@item("fig:7.2", "alg:7.1")
def sarsa(fig, rng, quick=False, progress=silent):
    """How does Sarsa find a way to the target, and what does exploring cost it?"""
    return _five_hundred_episodes(fig, rng, "fig:7.2", Sarsa, quick, progress)


@item("fig:7.3", "alg:7.2")
def q_learning(fig, rng, quick=False, progress=silent):
    """How does Q-learning find a way to the target, when it behaves by what it learns?"""
    return _five_hundred_episodes(fig, rng, "fig:7.3", QLearning, quick, progress)


def _off_policy(world, behaviour, q0, steps, seed, ticks):
    """Q-learning from what another policy does: the error as it learns, and the agent."""
    v_star = optimal(world.model, GAMMA).v
    rng = np.random.default_rng([seed, 74])
    agent = QLearning(25, 5, gamma=GAMMA, alpha=0.1, epsilon=0.1, rng=rng, q=q0)

    def error(agent):
        next(ticks, None)
        return _rmse(agent.q.max(-1), v_star)

    errors = [error(agent)]
    record = train(
        agent, world, behaviour=Follow(behaviour, rng), steps=steps, seed=seed, every=1000,
        measure=error, runs=6,  # or more
    )  # fmt: skip
    return np.array(errors + record.measured), agent


def _ticks(progress, steps):
    """One for each thousand steps of all runs to come."""
    return iter(progress(range(steps // 1000), steps // 1000))


def _rmse(x, y):
    return float(np.sqrt(np.mean((x - y) ** 2)))


@item("fig:7.4", "alg:7.3")
def off_policy_q_learning(fig, rng, quick=False, progress=silent):
    """Does Q-learning find the best policy from random behaviour, wherever its values begin?"""
    world, steps, seeds = GridWorld(), 100_000, 2 if quick else 4
    best = optimal(world.model, GAMMA, tol=1e-11)
    begin = int(rng.integers(2**31))
    starts, ends, good, curves = [], [], [], {}
    ticks = _ticks(progress, 3 * seeds * steps)
    left, right = fig.subplots(1, 2)
    for q0 in (0.0, 10.0, 100.0):
        runs = [
            _off_policy(world, uniform(25, 5), q0, steps, begin + k, ticks) for k in range(seeds)
        ]
        curves[f"$q_0 = {q0:g}$"] = np.mean([errors for errors, _ in runs], axis=0)
        starts.append(runs[0][0][0])
        ends += [errors[-1] for errors, _ in runs]
        good += [
            bool(np.allclose(policy_value(world.model, a.pi, GAMMA), best.v, atol=1e-5))
            for _, a in runs
        ]
    agent = runs[0][1]
    draw_grid(left, world, v=agent.q.max(-1), pi=agent.pi)
    draw_curves(right, np.arange(steps // 1000 + 1), curves)
    right.set(xlabel="thousand steps", ylabel="root mean squared error", yscale="log")
    fig.set_size_inches(8.8, 4.2)
    near, optimal_too = "runs that end with an error below 0.1", "runs that end with a best policy"
    return Result(
        {
            "start error": printed("fig:7.4", "start error"),
            "pi, learned": printed("fig:7.4", "pi, learned"),
            near: at_least(0.9),
            optimal_too: at_least(0.9),
        },
        {
            "start error": starts,
            "pi, learned": best_actions(best.q),
            near: share_of(np.array(ends) < 0.1),
            optimal_too: share_of(good),
        },
        note=f"{seeds} seeds from {begin} on for each of three beginnings. The start errors are "
        f"exact. The largest error in the end is {max(ends):.1g}. Printed actions are held against "
        "the best ones.",
    )


@item("fig:7.5")
def poor_behaviour(fig, rng, quick=False, progress=silent):
    """What is learned from behaviour that seldom explores?"""
    world, steps, seeds = GridWorld(), 20_000 if quick else 100_000, 2
    begin = int(rng.integers(2**31))
    always_right = world.policy("/".join(["RRRRR"] * 5))
    random = world.policy(printed("fig:7.5", "pi, behaviour c"))
    behaviours = {
        "(a) 0.5 around right": epsilon_greedy(always_right, 0.5),
        "(b) 0.1 around right": epsilon_greedy(always_right, 0.1),
        "(c) 0.1 around a random policy": epsilon_greedy(random, 0.1),
        "uniform": uniform(25, 5),
    }
    ticks = _ticks(progress, 4 * seeds * steps)
    errors = {
        name: [_off_policy(world, pi, 0.0, steps, begin + k, ticks)[0] for k in range(seeds)]
        for name, pi in behaviours.items()
    }
    ends = {name: [error[-1] for error in some] for name, some in errors.items()}
    ax = fig.add_subplot()
    means = {name: np.mean(some, axis=0) for name, some in errors.items()}
    draw_curves(ax, np.arange(steps // 1000 + 1), means)
    ax.set(xlabel="thousand steps", ylabel="root mean squared error", ylim=(0, 8.5))
    fig.set_size_inches(6.0, 4.0)
    uniform_end = max(ends.pop("uniform"))
    stays = "runs whose error stays above 5, and above twice that of a uniform behaviour"
    poor = np.array([error > max(5, 2 * uniform_end) for some in ends.values() for error in some])
    return Result(
        {stays: at_least(0.9)},
        {stays: share_of(poor)},
        note=f"{seeds} seeds from {begin} on for each behaviour. Mean errors after {steps} steps: "
        + ", ".join(f"{name} {np.mean(some):.2f}" for name, some in ends.items())
        + f", uniform at most {uniform_end:.2f}. The book shows curves without numbers.",
    )


@item("tab:7.1")
def td_and_mc(fig, rng, quick=False):
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
    return Result(
        {
            "mean return: v_pi(s1)": v_pi[0],
            "variance of the return": mc_var,
            "mean TD target": td_mean,
            "variance of the TD target": td_var,
            claim: [True, True],
        },
        {
            "mean return: v_pi(s1)": mean_of(mc),
            "variance of the return": mean_of((mc - v_pi[0]) ** 2),
            "mean TD target": mean_of(td),
            "variance of the TD target": mean_of((td - td_mean) ** 2),
            claim: [bool(abs(td_mean - v_pi[0]) > 0.5), bool(td_var < mc_var / 2)],
        },
        note=f"{n} episodes of a uniform policy from s1. Monte Carlo is not biased; the TD target "
        "is while v = 0, but it varies less.",
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
def one_stream_all_targets(fig, rng, quick=False):
    """At its own fixed point, does each method's target have the mean q(s, a)?"""
    world, epsilon, steps = GridWorld(), 0.3, 4_000 if quick else 40_000
    best, soft = (
        optimal(world.model, GAMMA, 1e-10),
        epsilon_soft_optimal(world.model, GAMMA, epsilon),
    )
    q_soft = action_value(world.model, soft.v, GAMMA)
    settings = {"gamma": GAMMA, "alpha": 0.1, "epsilon": epsilon, "rng": rng}
    stream = list(interact(world, Follow(soft.pi, rng), steps=steps, seed=2))
    errors = {
        "Sarsa": _errors(Sarsa(25, 5, q=q_soft, **settings), stream),
        "Expected Sarsa": _errors(ExpectedSarsa(25, 5, q=q_soft, **settings), stream),
        "Q-learning": _errors(QLearning(25, 5, q=best.q, **settings), stream),
    }
    for n in (2, 4, 8):  # windows that do not overlap, so that errors are independent
        agent = NStepSarsa(25, 5, n=n, q=q_soft, **settings)
        windows = [stream[k : k + n] for k in range(0, steps - n, n)]
        errors[f"{n}-step Sarsa"] = np.array(
            [agent.target(w) - agent.q[w[0].s, w[0].a] for w in windows]
        )
    tail = 250  # 0.9^250 = 4e-12 of a value is left out
    windows = [stream[k : k + tail] for k in range(0, steps - tail, tail)]
    errors["Monte Carlo"] = np.array(
        [returns([t.r for t in w], GAMMA)[0] - q_soft[w[0].s, w[0].a] for w in windows]
    )
    ax = fig.add_subplot()
    ax.boxplot(list(errors.values()), whis=(2.5, 97.5), showfliers=False)
    ax.set_xticklabels(list(errors), rotation=30)
    ax.set(ylabel="target minus q(s, a)")
    fig.set_size_inches(6.4, 4.0)
    exact = ("Expected Sarsa", "Q-learning")  # the world is deterministic: no chance is left
    found = {
        f"{name}, largest error" if name in exact else f"{name}, mean error":
        np.abs(e).max() if name in exact else mean_of(e)
        for name, e in errors.items()
    }  # fmt: skip
    return Result(
        dict.fromkeys(found, 0.0),
        found,
        tolerance={f"{name}, largest error": 1e-8 for name in exact},
        note=f"One stream of {steps} steps of the best policy with epsilon = {epsilon}. Q-learning "
        "is held at q*, the others at the action values of that policy.",
    )


def _errors(agent, stream):
    """What the targets of an agent that does not learn add to its own values."""
    return np.array([agent.target(t) - agent.q[t.s, t.a] for t in stream])


@item("td:comparison")
def side_by_side(fig, rng, quick=False, progress=silent):
    """Five thousand steps in one world: how near does each method come to its own fixed point?"""
    world = GridWorld(r_other=-0.1, terminate_at_target=True)
    env, epsilon, steps, seeds = TimeLimit(world, 100), 0.3, 5000, 3 if quick else 30
    soft = epsilon_soft_optimal(world.model, GAMMA, epsilon)
    q_soft, q_star = action_value(world.model, soft.v, GAMMA), optimal(world.model, GAMMA, 1e-9).q
    options = {"gamma": GAMMA, "alpha": 0.2, "epsilon": epsilon}
    uniformly = options | {"epsilon": 1.0}
    v_uniform = policy_value(world.model, uniform(25, 5), GAMMA)
    methods = {
        "TD(0)": (lambda rng: TD0(soft.pi, gamma=GAMMA, alpha=0.2, rng=rng), soft.v),
        "Sarsa, n = 1": (lambda rng: Sarsa(25, 5, rng=rng, **options), q_soft),
        "Expected Sarsa": (lambda rng: ExpectedSarsa(25, 5, rng=rng, **options), q_soft),
        "n = 2": (lambda rng: NStepSarsa(25, 5, n=2, rng=rng, **options), q_soft),
        "n = 4": (lambda rng: NStepSarsa(25, 5, n=4, rng=rng, **options), q_soft),
        "n = 8": (lambda rng: NStepSarsa(25, 5, n=8, rng=rng, **options), q_soft),
        "Q-learning": (lambda rng: QLearning(25, 5, rng=rng, **options), q_star),
        "Monte Carlo": (lambda rng: MonteCarlo(25, 5, rng=rng, **options), q_soft),
        "Expected Sarsa, epsilon = 1": (lambda rng: ExpectedSarsa(25, 5, rng=rng, **uniformly),
                                        action_value(world.model, v_uniform, GAMMA)),
    }  # fmt: skip
    begin = int(rng.integers(2**31))
    pairs = ~world.is_target  # an episode never goes on from the target
    looks = len(methods) * seeds * (steps // 500)
    ticks = iter(progress(range(looks), looks))

    def look(agent):
        next(ticks, None)
        return np.array(agent.v if isinstance(agent, TD0) else agent.q)[pairs]

    curves, bands, found, ends = {}, {}, {}, {}
    for name, (make, fixed) in methods.items():
        # An episode that is cut after 100 steps needs a word of those who wait for its end, not of
        # Expected Sarsa; so there the expectation is of a world without a limit.
        records = train_many(
            lambda seed, make=make: make(np.random.default_rng([seed, 8])),
            world if name.endswith("epsilon = 1") else env, steps=steps,
            seeds=range(begin, begin + seeds), every=500, measure=look,
        )  # fmt: skip
        y = np.array([record.measured for record in records])
        ends[name] = y[:, -1]
        errors = np.sqrt(((y - fixed[pairs]) ** 2).mean(axis=tuple(range(2, y.ndim))))
        first = np.full((seeds, 1), _rmse(0 * fixed[pairs], fixed[pairs]))  # all begin with zero
        mean = mean_of(np.hstack([first, errors]))
        curves[name] = mean.value
        bands[name] = mean.value - 2 * mean.error, mean.value + 2 * mean.error
        found[f"error in the end, {name}"] = mean_of(errors[:, -1])
    for sides in (found, curves, bands):  # of this one the mean says more than the error
        del sides[next(name for name in sides if name.endswith("epsilon = 1"))]
    shape = seeds, 4, 6  # 24 cells
    found["TD(0): v in the end"] = mean_of(ends["TD(0)"].reshape(shape))
    found["Expected Sarsa, epsilon = 1: mean of q(s, .) in the end"] = mean_of(
        ends["Expected Sarsa, epsilon = 1"].mean(-1).reshape(shape)
    )
    ax = fig.add_subplot()
    draw_curves(ax, np.arange(0, steps + 1, 500), curves, bands)
    ax.set(xlabel="step", ylabel="root mean squared error", yscale="log")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    fig.set_size_inches(7.2, 4.2)
    return Result(
        {part: reference("td:comparison", part) for part in found},
        found,
        note=f"{seeds} seeds from {begin} on, the same world, with r_other = -0.1, and steps, "
        f"alpha = 0.2, epsilon = {epsilon}; each method against its own exact fixed point, v_pi, "
        "the q of the best epsilon-greedy policy, or q*. Sarsa is n-step Sarsa with n = 1, bit for "
        "bit. Errors in the end are held against those of an independent program. Where the policy "
        "is fixed, TD(0) and Expected Sarsa that behaves uniformly, the mean of the estimate "
        "itself is known: a linear recursion, worked out exactly. Shades: two standard errors.",
    )


if __name__ == "__main__":
    run(__file__)
