"""Three methods balance the pole: every seed, and when it got there.

    python examples/cartpole.py [--seeds N] [--methods DQN A2C REINFORCE] [--steps N]

Each method learns with one setting on every seed: DQN for 60,000 steps, the others for 300,000.
Every so many steps it plays ten episodes without exploring. It has got there when two evaluations
in a row have a mean of 475 or more; 500 is the most. The table shows after how many steps that was,
the best evaluation and the last one.
"""

import argparse
import time

import gymnasium
import numpy as np

from rlbook import A2C, DQN, MLP, Evaluation, Reinforce, Softmax, anneal, train


def dqn(rng):
    """Off-policy: it learns from a memory of all it did."""
    world = gymnasium.make("CartPole-v1")
    agent = DQN(
        world.observation_space, world.action_space, lr=2.3e-3, every=256, updates=128,
        copy_every=16, capacity=100_000, epsilon=anneal(1.0, 0.04, 8000), loss="squared", rng=rng,
    )  # fmt: skip
    return agent, agent.net


def networks(rng):
    """A policy and the values of states."""
    return (MLP((4, 64, 64, n), last=0.01, rng=rng) for n in (2, 1))


def a2c(rng):
    """On-policy: it learns from its last 128 steps, and forgets them."""
    actor, critic = networks(rng)
    agent = A2C(
        Softmax(actor), critic, n=128, lam=0.95, gamma=0.99, alpha_theta=2e-3, alpha_w=5e-3,
        adam=True, max_norm=0.5, rng=rng,
    )  # fmt: skip
    return agent, actor


def reinforce(rng):
    """On-policy: it learns from its last four episodes, and forgets them."""
    actor, baseline = networks(rng)
    agent = Reinforce(
        Softmax(actor), gamma=0.99, alpha=3e-3, baseline=baseline, alpha_w=3e-3, batch=4, rng=rng
    )
    return agent, actor


METHODS = {"DQN": (dqn, 60_000, 1000), "A2C": (a2c, 300_000, 5000),
           "REINFORCE": (reinforce, 300_000, 5000)}  # fmt: skip


def run(method, seed, steps):
    """One run: its evaluations, and its CPU seconds."""
    make, most, every = METHODS[method]
    agent, net = make(np.random.default_rng(seed))
    watch = Evaluation(gymnasium.make("CartPole-v1"), net, episodes=10, seed=seed)
    start = time.process_time()
    world = gymnasium.make("CartPole-v1")
    train(agent, world, steps=steps or most, seed=seed, every=every, measure=watch)
    return watch, time.process_time() - start


parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on (default: 5)")
parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
parser.add_argument("--steps", type=int, help="stop sooner: after so many steps")
args = parser.parse_args()
print(f"{'method':<10} {'seed':>4} {'475 after':>10} {'best':>5} {'last':>5} {'CPU s':>6}")
for method in args.methods:
    there = 0
    for seed in range(args.seeds):
        watch, seconds = run(method, seed, args.steps)
        k = watch.reached(475)
        there += k is not None
        after = f"{k * METHODS[method][2]:,}" if k else "never"
        means = f"{watch.best:>5.0f} {watch.means[-1]:>5.0f}"
        print(f"{method:<10} {seed:>4} {after:>10} {means} {seconds:>6.1f}", flush=True)
    print(f"{method:<10} {there} of {args.seeds} seeds\n")
