"""How long does one update of DQN take, beside the same update in PyTorch?

    python -m benchmarks.networks [--json FILE] [--repeats N] [--short]

One update is: the target network forward, the network forward and backward, a step of Adam, and the
copy. The batches are ready before the clock starts, as arrays for one and tensors for the other.
All run in one process and on one thread, a block of updates each in turn; a row is the median of
its blocks, in CPU time. The matrix products alone, in numpy, are the floor of any numpy update, and
those of five networks, stacked, are the floor of five seeds as one batch.
With numba rlbook compiles the passes between the products; a row shows it without them.

Before the race both sides take the same steps from the same weights: they must agree.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import statistics  # noqa: E402
from itertools import pairwise  # noqa: E402

import numpy as np  # noqa: E402
from gymnasium.spaces import Box, Discrete  # noqa: E402

from benchmarks.common import arguments, fewer, numpy_alone, race, write  # noqa: E402
from benchmarks.setting import end, setting, start, version  # noqa: E402
from rlbook.agent import Step  # noqa: E402
from rlbook.dqn import DQN  # noqa: E402
from rlbook.training.choice import prepare  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

N_IN, N_ACTIONS = 4, 2  # CartPole's
GAMMA, LR, TAU, COPY_EVERY = 0.99, 1e-3, 0.005, 128
BLOCK = 128  # updates: in each block one hard copy
REPEATS, SHORT = 11, 5  # blocks of each
CASES = ((64, 64), (256, 256))  # units of both hidden layers, batch; a short run has the first
COPIES = {"hard copy": {"copy_every": COPY_EVERY}, "soft update": {"tau": TAU}}
ADAMS = {
    "Adam": {},
    "Adam, foreach=True": {"foreach": True},
    "Adam, fused=True": {"fused": True},
}


def batches(n, batch, seed=0):
    """Random experience, as a replay would sample it."""
    rng = np.random.default_rng(seed)
    return [
        Step(
            rng.normal(size=(batch, N_IN)).astype(np.float32),
            rng.integers(N_ACTIONS, size=batch),
            rng.normal(size=batch),
            rng.normal(size=(batch, N_IN)).astype(np.float32),
            rng.random(batch) < 0.05,
            np.zeros(batch, bool),
        )
        for _ in range(n)
    ]


def dqn(units, copy):
    """The agent of rlbook."""
    box = Box(-np.inf, np.inf, (N_IN,), np.float32)
    rng = np.random.default_rng(0)
    return DQN(
        box, Discrete(N_ACTIONS), hidden=(units, units), gamma=GAMMA, lr=LR, loss="huber", rng=rng,
        **copy,
    )  # fmt: skip


class Peer:
    """The same update in eager PyTorch, beginning with the weights of an MLP."""

    def __init__(self, mlp, copy, adam):
        sizes = mlp.sizes
        self.net, self.target_net = self._twin(mlp), self._twin(mlp)
        self.parameters = list(self.net.parameters())
        self.targets = list(self.target_net.parameters())
        self.adam = torch.optim.Adam(self.parameters, lr=LR, **adam)
        self.copy, self.n_updates, self.n_out = copy, 0, sizes[-1]

    @staticmethod
    def _twin(mlp):
        modules = []
        for W, b in mlp.layers:
            layer = torch.nn.Linear(*W.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.tensor(W.T))
                layer.bias.copy_(torch.tensor(b))
            modules += [layer, torch.nn.ReLU()]
        return torch.nn.Sequential(*modules[:-1])

    @staticmethod
    def ready(t):
        """A batch as tensors, with the discount where the future counts."""
        s, r, s_next = (torch.tensor(x, dtype=torch.float32) for x in (t.s, t.r, t.s_next))
        discount = torch.tensor(GAMMA * ~t.terminated, dtype=torch.float32)
        return s, torch.tensor(t.a)[:, None], r, s_next, discount

    def learn(self, t):
        """One update."""
        s, a, r, s_next, discount = t
        with torch.no_grad():
            target = r + discount * self.target_net(s_next).max(1).values
        q = self.net(s).gather(1, a).squeeze(1)
        loss = torch.nn.functional.smooth_l1_loss(q, target)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        self.n_updates += 1
        with torch.no_grad():
            if "tau" in self.copy:
                torch._foreach_lerp_(self.targets, self.parameters, self.copy["tau"])
            elif self.n_updates % self.copy["copy_every"] == 0:
                torch._foreach_copy_(self.targets, self.parameters)

    def theta(self):
        """The parameters in the order of an MLP's."""
        return np.concatenate([p.detach().numpy().T.ravel() for p in self.parameters])


def products(units, batch, seeds=()):
    """The matrix products of one update, and nothing else; seeds (5,): of five, stacked."""
    rng = np.random.default_rng(0)
    sizes = (N_IN, units, units, N_ACTIONS)
    h = [rng.normal(size=(*seeds, batch, n)).astype(np.float32) for n in sizes]
    W = [rng.normal(size=(*seeds, *shape)).astype(np.float32) for shape in pairwise(sizes)]
    y = [np.empty_like(x) for x in h]
    dW = [np.empty_like(x) for x in W]

    def update(_):
        for _network in range(2):
            for k in range(3):
                np.matmul(h[k], W[k], out=y[k + 1])
        for k in (2, 1, 0):
            np.matmul(h[k].swapaxes(-1, -2), h[k + 1], out=dW[k])
            if k:
                np.matmul(h[k + 1], W[k].swapaxes(-1, -2), out=y[k])

    return update


def check(units, batch):
    """Both sides must come from the same weights to the same weights."""
    ready = batches(20, batch)  # in float32 a gradient of zero but for rounding parts them later
    for copy in ({"copy_every": 5}, {"tau": TAU}):
        agent = dqn(units, copy)
        peer = Peer(agent.net, copy, {})
        start = agent.net.theta.copy()
        for t in ready:
            agent.learn(t)
            peer.learn(peer.ready(t))
        apart = np.abs(agent.net.theta - peer.theta()).max()
        moved = np.abs(agent.net.theta - start).max()
        if not apart < 0.001 * moved:
            raise RuntimeError(f"rlbook and PyTorch do not agree: {apart:.2g} of {moved:.2g}")


def block(update, ready):
    """A block of updates, one for each batch."""

    def run():
        for t in ready:
            update(t)

    return run


def plain(run):
    """The block by numpy alone."""

    def alone():
        with numpy_alone():
            run()

    return alone


def measure(cases, repeats):
    """Every row of the table."""
    rows, fast = [], prepare()
    for units, batch in cases:
        ready = batches(BLOCK, batch)
        tensors = [Peer.ready(t) for t in ready] if torch else []
        if torch:
            check(units, batch)
        for kind, copy in COPIES.items():
            agent = dqn(units, copy)
            runners = {
                "matrix products alone": block(products(units, batch), ready),
                "matrix products of five seeds": block(products(units, batch, (5,)), ready),
                "rlbook": block(agent.learn, ready),
            }
            if fast:
                runners["rlbook, numpy alone"] = plain(block(dqn(units, copy).learn, ready))
            for name, options in ADAMS.items() if torch else ():
                peer = Peer(agent.net, copy, options)
                runners[f"PyTorch, {name}"] = block(peer.learn, tensors)
            times = race(runners, BLOCK, repeats)
            medians = {name: statistics.median(t) for name, t in times.items()}
            peers = {name: t for name, t in medians.items() if name.startswith("PyTorch")}
            best = min(peers, key=peers.get, default=None)
            for name, median in medians.items():
                row = {
                    "units": units, "batch": batch, "copy": kind, "what": name,
                    "microseconds": median, "blocks": times[name], "fastest peer": name == best,
                    "times rlbook": median / medians["rlbook"],
                }  # fmt: skip
                rows.append(row)
    return rows


def table(rows, about):
    """The rows as text."""
    peer = f"PyTorch {about['torch']}" if torch else "PyTorch: not installed, no peer"
    versions = f"Python {about['python']}, numpy {about['numpy']}, {peer}"
    lines = [
        f"{versions}; threads: {about['threads']}",
        f"Left out: {', '.join(about['left out']) or 'nothing'}",
        "One DQN update, median CPU time. x rlbook: how many of rlbook's updates it takes.",
        "",
    ]
    head = f"{'net':>8} {'batch':>6}  {'target network':<15} {'':<32} {'us':>8} {'x rlbook':>9}"
    lines += [head, "-" * len(head)]
    for row in rows:
        net, mark = f"{row['units']}x{row['units']}", " *" if row["fastest peer"] else ""
        what = f"{net:>8} {row['batch']:>6}  {row['copy']:<15} "
        numbers = f"{row['microseconds']:>8.0f} {row['times rlbook']:>9.2f}{mark}"
        lines.append(f"{what}{row['what']:<32} {numbers}")
        if not torch and row["what"] == "rlbook":
            lines.append(f"{what}PyTorch: not installed")
    note = "* the fastest of the peer's ways to take the step of Adam"
    return "\n".join([*lines, "", note] if torch else lines)


def main():
    """Measure, print the table, write it as JSON if asked."""
    given = arguments(__doc__.partition("\n")[0]).parse_args()
    cases, repeats = (CASES[:1], SHORT) if given.short else (CASES, REPEATS)
    repeats = given.repeats or repeats
    left_out = [f"{units} x {units} units" for units, _ in CASES[len(cases) :]]
    if torch:
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    about = setting(torch=torch.__version__ if torch else None, numba=version("numba"))
    about |= start(given.short, left_out + fewer(repeats, REPEATS, "blocks of each"))
    rows = measure(cases, repeats)
    about |= end(about)
    print(table(rows, about))
    if given.json:
        write(given.json, about, rows)


if __name__ == "__main__":
    main()
