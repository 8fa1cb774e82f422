"""How many steps of Q-learning in a second, beside the loop that a textbook shows?

    python -m benchmarks.learning [--json FILE] [--repeats N] [--steps N] [--short]

Four worlds: FrozenLake, CliffWalking and Taxi of Gymnasium, and the book's grid. The textbook loop
is a Q-table in numpy, `env.step`, and an epsilon-greedy choice. rlbook runs `train` plainly and, if
numba is installed, compiled, on the same table of outcomes. All run on one thread, a block each in
turn; a row is the median of its blocks, in CPU time. Compiling is done before the race.

Before the race plain and compiled runs are checked to be the same to the last bit.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import statistics  # noqa: E402

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.common import arguments, at_least_1, fewer, race, write  # noqa: E402
from benchmarks.setting import end, setting, start  # noqa: E402
from rlbook import GridWorld, QLearning, TabularEnv, train  # noqa: E402

try:
    import numba
except ImportError:
    numba = None

GAMMA, ALPHA, EPSILON = 0.99, 0.1, 0.1
NAMES = ("FrozenLake", "CliffWalking", "Taxi")
REPEATS, SHORT = 5, 3  # blocks
AT_ONCE = 100  # a compiled block has so many times the steps of a plain one


def worlds():
    """{name: (what the textbook steps, what rlbook steps)}."""
    ids = {x.rpartition("-v")[0]: x for x in gymnasium.registry}  # the versions installed
    found = {
        ids[name]: (gymnasium.make(ids[name]), TabularEnv.from_env(gymnasium.make(ids[name])))
        for name in NAMES
    }
    return found | {"5x5 grid": (GridWorld(), GridWorld())}


def textbook(env, q, rng, steps):
    """Q-learning as one writes it down: `steps` steps, which change q."""
    left = steps
    while left:
        s, _ = env.reset(seed=int(rng.integers(2**31)))
        over = False
        while not over and left:
            a = int(rng.integers(q.shape[1])) if rng.random() < EPSILON else int(np.argmax(q[s]))
            s_next, r, terminated, truncated, _ = env.step(a)
            q[s, a] += ALPHA * (r + GAMMA * (1 - terminated) * np.max(q[s_next]) - q[s, a])
            s, over, left = s_next, terminated or truncated, left - 1


def learner(env):
    """An agent of rlbook for a world."""
    S, A = env.unwrapped.model.n_states, env.unwrapped.model.n_actions
    rng = np.random.default_rng(0)
    return QLearning(S, A, gamma=GAMMA, alpha=ALPHA, epsilon=EPSILON, rng=rng)


def check(env, steps=20_000):
    """Both ways of `train` must give the same table."""
    plain, fast = learner(env), learner(env)
    train(plain, env, steps=steps, seed=0, compiled=False)
    train(fast, env, steps=steps, seed=0, compiled=True)
    assert np.array_equal(plain.q, fast.q), "plain and compiled runs must be the same"


def measure(name, book_env, env, steps, repeats):
    """The rows of one world."""
    S, A = env.unwrapped.model.n_states, env.unwrapped.model.n_actions
    q, rng, agent, fast = np.zeros((S, A)), np.random.default_rng(0), learner(env), learner(env)
    runners = {
        "textbook loop": lambda: textbook(book_env, q, rng, steps),
        "rlbook": lambda: train(agent, env, steps=steps, seed=1, compiled=False),
    }
    if numba:
        check(env)
        runners["rlbook, compiled"] = lambda: train(
            fast, env, steps=AT_ONCE * steps, seed=1, compiled=True
        )
    times = race(runners, steps, repeats)
    rows = []
    for what, blocks in times.items():
        per_step = statistics.median(blocks) / (AT_ONCE if "compiled" in what else 1)
        rows.append(
            {
                "world": name,
                "what": what,
                "steps per second": round(1e6 / per_step),
                "times textbook": round(statistics.median(times["textbook loop"]) / per_step, 2),
            }
        )
    return rows


def show(row):
    """A row for the terminal."""
    return (
        f"{row['world']:<16} {row['what']:<17} {row['steps per second']:>12,} "
        f"{row['times textbook']:>10.1f} x"
    )


def main():
    """Race, print, write."""
    parser = arguments("Steps of Q-learning in a second.")
    parser.add_argument("--steps", type=at_least_1, default=20_000, metavar="N", help="of a block")
    args = parser.parse_args()
    repeats = args.repeats or (SHORT if args.short else REPEATS)
    about = setting(gymnasium=gymnasium.__version__, numba=numba and numba.__version__)
    about |= start(args.short, fewer(repeats, REPEATS, "blocks of each way"))
    missing = "" if numba else "; numba: not installed, so nothing is compiled"
    print(f"Q-learning, steps in a second of CPU time, median of {repeats} blocks{missing}.")
    print("Left out:", ", ".join(about["left out"]) or "nothing")
    print(f"{'world':<16} {'what':<17} {'steps / s':>12} {'textbook':>12}")
    rows = []
    for name, (book_env, env) in worlds().items():
        rows += measure(name, book_env, env, args.steps, repeats)
        print(*map(show, rows[-3 if numba else -2 :]), sep="\n", flush=True)
    about |= end(about)
    print(about)
    if args.json:
        write(args.json, about, rows)


if __name__ == "__main__":
    main()
