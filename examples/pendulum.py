"""DDPG swings a pendulum up. Stop it whenever you like: it goes on from its last checkpoint.

    python examples/pendulum.py [--episodes N] [--seed N] [--checkpoint FILE] [--every N]

An episode is 200 steps. After every so many episodes the agent is saved, whole; started again with
the same arguments it goes on from there, and the run is the same as one that was never stopped, bit
for bit. Ctrl-C, or a power cut, loses what came after the last checkpoint and no more.
"""

import argparse
import sys
from pathlib import Path

import gymnasium
import numpy as np

from rlbook import DDPG, score, train

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--episodes", type=int, default=50, metavar="N", help="in all (default: 50)")
parser.add_argument(
    "--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)"
)
parser.add_argument("--checkpoint", type=Path, default=Path("pendulum.npz"), metavar="FILE",
                    help="where it is saved (default: pendulum.npz)")  # fmt: skip
parser.add_argument("--every", type=int, default=10, metavar="N",
                    help="episodes between two checkpoints (default: 10)")  # fmt: skip
args = parser.parse_args()
if min(args.episodes, args.every) < 1 or not 0 <= args.seed < 2**32:
    parser.error("--episodes and --every must be 1 or more, --seed 0 or more and below 2^32")
if not args.checkpoint.parent.is_dir() or args.checkpoint.is_dir():
    parser.error(f"--checkpoint must be a file in a folder that is there, got {args.checkpoint}")


def progress(text):
    """A line that is written over, on a terminal; nothing in a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


world = gymnasium.make("Pendulum-v1")
agent = DDPG(world.observation_space, world.action_space, rng=np.random.default_rng([args.seed, 1]))
if args.checkpoint.exists():
    try:
        agent.load(args.checkpoint)
    except ValueError as error:
        parser.error(f"--checkpoint: {error}")
    print(f"going on after episode {agent.n_episodes}", flush=True)
returns = []
try:
    while agent.n_episodes < args.episodes:
        progress(f"episode {agent.n_episodes + 1} of {args.episodes}")
        returns += list(
            train(agent, world, episodes=1, seed=args.seed, first=agent.n_episodes).returns
        )
        if agent.n_episodes % args.every == 0 or agent.n_episodes == args.episodes:
            agent.save(args.checkpoint)
            progress("")
            print(f"episode {agent.n_episodes:>4}: {np.mean(returns):8.1f}", flush=True)
            returns = []
    greedy = score(gymnasium.make("Pendulum-v1"), agent, episodes=20, seed=0)
except KeyboardInterrupt:
    progress("")
    held = "nothing was saved yet"
    if args.checkpoint.exists():  # the interrupt may have come as it was just written
        agent.load(args.checkpoint)
        held = f"{args.checkpoint} holds {agent.n_episodes} episodes"
    print(f"stopped: {held}", file=sys.stderr)
    sys.exit(130)
print(f"without noise, 20 episodes: {greedy.mean():.1f} (a good policy: about -145)")
