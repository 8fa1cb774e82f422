"""How many steps a second does DDPG train, beside Stable-Baselines3?

    python -m benchmarks.ddpg [--json FILE] [--repeats N] [--steps N] [--short]

One step is the whole loop, on Pendulum: act with noise, step the world, remember, sample a batch,
update the critic, the actor and both targets. Each side runs its own loop as its users do, on
`gymnasium.make` of the same id, with the same settings. All run in one process and on one thread;
after the random steps of the start, a block of steps each in turn, and the training goes on from
block to block. A row is the median of its blocks, in CPU time. A block is one call of the peer's
`learn`, so long that what a call costs by itself is lost in it, and the peer's logger has no
output. The world alone, and the matrix products of an update alone, in numpy, are floors. With
numba rlbook compiles the passes between the products; a row shows it without them. "Update alone"
takes batches that are ready, without the loop around it.

Before the race both sides take the same updates from the same weights: they must agree. After it,
both must have made one update a step.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import statistics  # noqa: E402
from collections import deque  # noqa: E402
from contextlib import nullcontext  # noqa: E402
from itertools import cycle, islice, pairwise  # noqa: E402

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.common import arguments, at_least_1, fewer, numpy_alone, race, write  # noqa: E402
from benchmarks.ddpg_sides import (  # noqa: E402
    N_ACTIONS,
    N_IN,
    PEERS,
    WARMUP,
    WORLD,
    alone,
    batches,
    check,
    ours,
    stable_baselines3,
    theirs,
    torch,
)
from benchmarks.setting import end, setting, start, version  # noqa: E402
from rlbook.agent import interact, learn  # noqa: E402
from rlbook.training.choice import prepare  # noqa: E402

REPEATS, SHORT = 7, 3  # blocks of each
CASES = ((64, 128), (64, 64), (256, 256))  # units of both hidden layers, batch; short: the first 2


class Products:
    """The matrix products of a network, and nothing else."""

    def __init__(self, n_in, units, batch):
        rng, sizes = np.random.default_rng(0), (n_in, units, units, 1)
        self.h = [rng.normal(size=(batch, n)).astype(np.float32) for n in sizes]
        self.W = [rng.normal(size=shape).astype(np.float32) for shape in pairwise(sizes)]
        self.out, self.dW = ([np.empty_like(x) for x in xs] for xs in (self.h, self.W))

    def forward(self):
        """From the inputs to the output."""
        for k in (0, 1, 2):
            np.matmul(self.h[k], self.W[k], out=self.out[k + 1])

    def backward(self, weights=True):
        """From the output to the gradients of the weights, or else to those of the inputs."""
        for k in (2, 1, 0):
            if weights:
                np.matmul(self.h[k].T, self.h[k + 1], out=self.dW[k])
            if k or not weights:
                np.matmul(self.h[k + 1], self.W[k].T, out=self.out[k])


def products(units, batch, steps):
    """A block of the matrix products of one update."""
    actor, critic = Products(N_IN, units, batch), Products(N_IN + N_ACTIONS, units, batch)

    def block():
        for _ in range(steps):
            for net in (actor, critic, critic, actor, critic):  # the targets', then the two steps'
                net.forward()
            critic.backward()
            critic.backward(weights=False)
            actor.backward()

    return block


def world(steps):
    """A block of steps of the world without an agent."""
    env = gymnasium.make(WORLD)
    env.reset(seed=0)
    a = np.zeros(N_ACTIONS, np.float32)

    def block():
        for _ in range(steps):
            _, _, terminated, truncated, _ = env.step(a)
            if terminated or truncated:
                env.reset()

    return block


def training(agent, steps, compiled=True):
    """A block of training, the random steps of the start behind it."""
    stream = learn(agent, interact(gymnasium.make(WORLD), agent, seed=0))
    deque(islice(stream, WARMUP), maxlen=0)

    def block():
        with nullcontext() if compiled else numpy_alone():
            deque(islice(stream, steps), maxlen=0)

    return block


def updates(update, ready, steps):
    """A block of updates alone, with batches that are ready."""

    def block():
        for t in islice(cycle(ready), steps):
            update(t)

    return block


def measure(cases, repeats, steps):
    """Every row of the table."""
    rows, fast = [], prepare()
    for units, batch in cases:
        agent, ready = ours(units, batch), batches(64, batch)
        runners = {
            "environment alone": world(steps),
            "matrix products alone": products(units, batch, steps),
            "rlbook": training(agent, steps),
        }
        if fast:
            runners["rlbook, numpy alone"] = training(ours(units, batch), steps, compiled=False)
        runners["rlbook, update alone"] = updates(ours(units, batch).learn, ready, steps)
        models = {}
        for name, options in PEERS.items() if stable_baselines3 else ():
            check(units, batch, options)
            models[name] = model = theirs(units, batch, options)
            model.learn(WARMUP, reset_num_timesteps=False)
            runners[name] = lambda m=model: m.learn(steps, reset_num_timesteps=False)
            update = alone(theirs(units, batch, options), ready)
            runners[f"{name}, update alone"] = updates(update, ready, steps)
        times = race(runners, steps, repeats)
        made = {"rlbook": agent.n_updates, **{k: m._n_updates for k, m in models.items()}}
        if set(made.values()) != {(repeats + 1) * steps}:
            raise RuntimeError(f"not one update a step: {made} in {(repeats + 1) * steps}")
        medians = {name: statistics.median(t) for name, t in times.items()}
        best = min(models, key=medians.get, default=None)
        for name, median in medians.items():
            row = {
                "units": units, "batch": batch, "what": name, "microseconds": median,
                "steps per second": 1e6 / median, "blocks": times[name],
                "fastest peer": name == best, "times rlbook": median / medians["rlbook"],
            }  # fmt: skip
            rows.append(row)
    return rows


def table(rows, about):
    """The rows as text."""
    missing = "Stable-Baselines3: not installed"
    versions = f"Python {about['python']}, numpy {about['numpy']}, gymnasium {about['gymnasium']}"
    peer = f"Stable-Baselines3 {about['stable-baselines3']}, PyTorch {about['torch']}"
    lines = [
        f"{versions}, {peer if stable_baselines3 else missing + ', no peer'}",
        f"Threads: {about['threads']}",
        f"Left out: {', '.join(about['left out']) or 'nothing'}",
        f"DDPG on {WORLD}, one update a step, median CPU time of a step.",
        "x rlbook: how many of rlbook's steps it takes.",
        "",
    ]
    head = f"{'net':>8} {'batch':>6}  {'':<48} {'us':>8} {'steps/s':>9} {'x rlbook':>9}"
    lines += [head, "-" * len(head)]
    for row in rows:
        net, mark = f"{row['units']}x{row['units']}", " *" if row["fastest peer"] else ""
        case = f"{net:>8} {row['batch']:>6}  "
        speed = f"{row['microseconds']:>8.0f} {row['steps per second']:>9.0f}"
        lines.append(f"{case}{row['what']:<48} {speed} {row['times rlbook']:>9.2f}{mark}")
        if not stable_baselines3 and row["what"] == "rlbook":
            lines.append(f"{case}{missing}")
    note = "* the faster of the peer's two ways to take the step of Adam"
    return "\n".join([*lines, "", note] if stable_baselines3 else lines)


def main():
    """Measure, print the table, write it as JSON if asked."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=at_least_1, default=1000, metavar="N",
                        help="steps in a block")  # fmt: skip
    given = parser.parse_args()
    cases, repeats = (CASES[:2], SHORT) if given.short else (CASES, REPEATS)
    repeats = given.repeats or repeats
    left_out = [f"{units} x {units} units" for units, _ in CASES[len(cases) :]]
    if stable_baselines3:
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    about = setting(**{
        "gymnasium": gymnasium.__version__,
        "torch": torch.__version__ if stable_baselines3 else None,
        "stable-baselines3": stable_baselines3.__version__ if stable_baselines3 else None,
        "numba": version("numba"),
        "steps in a block": given.steps,
    })  # fmt: skip
    about |= start(given.short, left_out + fewer(repeats, REPEATS, "blocks of each"))
    rows = measure(cases, repeats, given.steps)
    about |= end(about)
    print(table(rows, about))
    if given.json:
        write(given.json, about, rows)


if __name__ == "__main__":
    main()
