"""Chapter 8, deep Q-learning: can a network stand for the table of action values?"""

import itertools

import gymnasium
import numpy as np

from rlbook import GridWorld, optimal, policy_value, uniform
from rlbook.agent import Follow, interact, learn
from rlbook.book import Part, Result, at_least, best_actions, item, listed, printed, share_of
from rlbook.cli import run
from rlbook.dqn import DQN, anneal
from rlbook.function_approximation.replay import Replay
from rlbook.plot import draw_curves, draw_evaluations, draw_grid, panels
from rlbook.policy import greedy
from rlbook.training.evaluation import Evaluation, rmse

GAMMA, DRAWS, LR = 0.9, 10, 0.03

# The book's inputs, row, column and action, here of mean 0 and variance 1: one row for each pair,
# (25, 5, 3).
PAIRS = (np.stack(np.unravel_index(np.arange(125), (5, 5, 5)), -1).reshape(25, 5, 3) - 2) / 2**0.5


def _world():
    return GridWorld(r_boundary=-10, r_forbidden=-10)


def _recorded(world, steps, begin):
    """Episodes of a uniform policy, how many of the 125 pairs each holds, and their seeds."""
    for seed in itertools.count(begin):
        replay = Replay(steps)
        wanderer = Follow(uniform(25, 5), np.random.default_rng([seed, 8]))
        for t in interact(world, wanderer, steps=steps, seed=seed):
            replay.add(t)
        pairs = set(zip(replay.all().s.tolist(), replay.all().a.tolist(), strict=True))
        yield replay, len(pairs), seed


def _from_a_buffer(world, replay, batch, iterations, seed, progress):
    """Deep Q-learning from one recorded episode: the agent, its losses and value errors.

    In each iteration DRAWS batches are drawn, with a step of Adam for each. Its size falls on a
    line to 0. Targets are kept where values can be: of an action that was never tried the network
    says what it likes, the maximum takes the largest of it, and the target passes it on.
    """
    rng, R = np.random.default_rng([seed, 88]), world.model.R
    agent = DQN(
        world.observation_space, world.action_space, hidden=(100,), activation="tanh", phi=PAIRS,
        gamma=GAMMA, lr=LR, loss="squared", copy_every=DRAWS,
        bounds=(R.min() / (1 - GAMMA), R.max() / (1 - GAMMA)), rng=rng,
    )  # fmt: skip
    v_star = optimal(world.model, GAMMA, 1e-9).v
    losses, errors = [], []
    for k in progress(range(iterations), iterations):
        agent.adam.lr = LR * (1 - k / iterations)
        batches = (replay.sample(batch, rng) for _ in range(DRAWS))
        losses.append(np.mean([agent.last_loss for _ in learn(agent, batches)]))
        errors.append(rmse(agent.q(np.arange(25)).max(-1), v_star))
    return agent, np.array(losses), np.array(errors)


def _draw(fig, world, runs, steps):
    """The last agent's policy, and the losses and value errors of all runs."""
    left, middle, right = panels(fig, 3, (12.6, 4.2))
    agents, losses, errors = zip(*runs, strict=True)
    q = agents[-1].q(np.arange(25))
    draw_grid(left, world, pi=greedy(q), v=q.max(-1))
    for ax, ys, label in ((middle, losses, "loss"), (right, errors, "value error (rms)")):
        curves = {f"run {k}": y for k, y in enumerate(ys, start=1)}
        draw_curves(ax, np.arange(1, len(ys[0]) + 1), curves)
        ax.set(xlabel="iteration", ylabel=label, yscale="log")
    right.get_legend().remove()  # the colours of the middle
    fig.suptitle(f"one episode of {steps} steps")


def _ends(runs):
    """Of each run the value error and the loss over the first loss, means of 50 iterations."""
    return np.array([(e[-50:].mean(), loss[-50:].mean() / loss[0]) for _, loss, e in runs]).T


NOTE = (
    "The book states neither C nor the optimiser nor its step size. Here: inputs are row, column "
    f"and action, scaled; one hidden layer of 100 (tanh); each iteration draws {DRAWS} batches and "
    f"takes a step of Adam for each, of a size that falls from {LR} to 0; w_T is renewed after "
    "every iteration; targets are cut at -100 and 10, the smallest and the largest possible value. "
)


@item("fig:8.11", "alg:8.3b")
def enough_experience(fig, rng, quick, progress):
    """Does deep Q-learning find the best policy from 1000 steps of random behaviour?"""
    world, seeds, begin = _world(), 3 if quick else 4, int(rng.integers(2**31))
    best, n = best_actions(optimal(world.model, GAMMA, 1e-9).q), 500 if quick else 1000
    complete = (x for x in _recorded(world, 1000, begin) if x[1] == 125)
    recorded = itertools.islice(complete, seeds)
    runs = [_from_a_buffer(world, replay, 100, n, seed, progress) for replay, _, seed in recorded]
    _draw(fig, world, runs, 1000)
    ends, shares = _ends(runs)
    learned = [best_actions(agent.q(np.arange(25))) for agent, *_ in runs]
    right = np.array([sum(a in b for a, b in zip(pi, best, strict=True)) for pi in learned])
    cells, error, percent = (0, 5, 5) if quick else (25, 0.5, 1)
    good = f"a value error below {error:g}, and a loss below {percent} % of the first"
    good = f"runs that end with {'' if quick else 'best actions in all cells, '}{good}"
    found = (right >= cells) & (ends < error) & (shares < percent / 100)
    return Result(
        Part("pi", printed("fig:8.11", "pi"), best),
        Part(good, at_least(0.9), share_of(found)),
        note=NOTE + f"{n} iterations; the first {seeds} seeds from {begin} on whose episode holds "
        "every pair, since an action that was never seen may look best. Errors begin at "
        f"{listed((errors[0] for *_, errors in runs), '.1f')} and end at {listed(ends, '.1g')}; "
        f"{listed(right)} of 25 learned actions are best ones. All printed ones are.",
    )


@item("fig:8.12")
def too_little_experience(fig, rng, quick, progress):
    """What does deep Q-learning make of 100 steps? A small loss, and wrong values."""
    world, seeds, begin = _world(), 3 if quick else 4, int(rng.integers(2**31))
    v_star, n = optimal(world.model, GAMMA, 1e-9).v, 500 if quick else 1000
    recorded = list(itertools.islice(_recorded(world, 100, begin), seeds))
    runs = [_from_a_buffer(world, replay, 50, n, seed, progress) for replay, _, seed in recorded]
    _draw(fig, world, runs, 100)

    def is_worse(pi):
        return (v_star - policy_value(world.model, pi, GAMMA)).max() > 1e-6

    ends, shares = _ends(runs)
    worse = np.array([is_worse(greedy(agent.q(np.arange(25)))) for agent, *_ in runs])
    found = (shares < 0.01) & (ends > 1) & (ends < 20) & worse
    wrong = "runs with a loss below 1 % of the first, a value error from 1 to 20, and a policy "
    wrong += "that is not the best"
    pi_printed = world.policy(printed("fig:8.12", "pi, learned"))
    return Result(
        Part(wrong, at_least(0.9), share_of(found)),
        Part("nor is the printed policy", [True], [is_worse(pi_printed)]),
        note=NOTE + f"{n} iterations, {seeds} seeds from {begin} on; of 125 pairs the episodes "
        f"hold {listed(pairs for _, pairs, _ in recorded)}. Value errors in the end: "
        f"{listed(ends, '.1f')}; the book's plot stays between 4 and 8. How far the value of an "
        "action that was never tried strays depends on what the book does not state.",
    )


@item("dqn:cartpole")
def cartpole(fig, rng, quick, progress):
    """Does DQN balance the pole, in under 60,000 steps?"""
    most, seeds, begin = 4_000 if quick else 60_000, 3 if quick else 5, int(rng.integers(2**31))
    runs = []
    for seed in range(begin, begin + seeds):
        env = gymnasium.make("CartPole-v1")
        agent = DQN(
            env.observation_space, env.action_space, lr=2.3e-3, every=256, updates=128,
            copy_every=16, capacity=100_000, epsilon=anneal(1.0, 0.04, 8000), loss="squared",
            rng=np.random.default_rng([seed, 8]),
        )  # fmt: skip
        watch = Evaluation(gymnasium.make("CartPole-v1"), agent.net, seed=seed)
        stream = learn(agent, interact(env, agent, steps=most, seed=seed))
        for k, _ in enumerate(progress(stream, most), start=1):
            if k % 1000 == 0 and watch(agent) >= 475 and watch.reached(475) is not None:
                break
        runs.append(watch)
    reached = [watch.reached(475) for watch in runs]
    curves = [watch.means for watch in runs]
    draw_evaluations(fig, 1000, curves).axhline(475, color="0.3", ls="--", lw=1)
    if quick:
        name, good = "runs with an evaluation at 100 or more", [max(y) >= 100 for y in curves]
    else:  # now and then a run takes longer
        name = "runs with two evaluations in a row at 475 or more"
        good = [k is not None for k in reached]
    return Result(
        Part(name, at_least(0.9 if quick else 0.8), share_of(good)),
        note=f"{seeds} seeds from {begin} on; a 64x64 relu network, Adam with steps of 2.3e-3, "
        "batches of 64; 128 updates after every 256 steps, a new w_T after every 16 updates; "
        "epsilon falls from 1 to 0.04 in 8000 steps; squared loss, gamma = 0.99. Reached after so "
        "many thousand steps: "
        f"{listed(map(str, reached))}.",
    )


if __name__ == "__main__":
    run(__file__)
