"""Chapter 11, Pendulum: does DDPG learn to swing it up, and what does each part of it do?"""

import gymnasium
import numpy as np
from matplotlib.figure import Figure

from rlbook.agent import episode_seed, interact, learn
from rlbook.book import Part, Result, at_least, item, listed, share_of
from rlbook.cli import run
from rlbook.ddpg import DDPG, PRACTICE
from rlbook.functions.deterministic_policy import value_of
from rlbook.functions.exploration_noise import GaussianNoise, OrnsteinUhlenbeckNoise
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Quadratic
from rlbook.linear_quadratic.learned import learned_gains
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.plot import AGENT, ARROW, INK, draw_runs, panels, pixels
from rlbook.training.evaluation import Evaluation
from rlbook.training.loop import score

STEPS, SHORT, STARTS = 8000, 6000, 0  # the seed of the starts of all evaluations
TERMINAL = "truncation stored as terminal"
VARIANTS = {
    "as it is": {},
    "no target networks": {"tau": 1.0},
    "no noise": {"noise": GaussianNoise(0.0)},
    "Ornstein-Uhlenbeck noise": {"noise": OrnsteinUhlenbeckNoise()},
    TERMINAL: {},
}
_RUNS = {}


def _begin(rng):
    """The first seed of the runs on Pendulum: one for all items, so that they can share runs."""
    seed, *_ = np.ravel(rng.bit_generator.seed_seq.entropy)
    return int(np.random.default_rng([int(seed), 11]).integers(2**31))


def _pendulum():
    return gymnasium.make("Pendulum-v1", disable_env_checker=True)


def _as_terminal(t):
    return t._replace(terminated=t.terminated or t.truncated)


def _train(name, seed, steps, progress, every=1000):
    """An agent after so many steps, and its evaluations. No run is made twice in a process."""
    key = (name, seed, steps, every)
    if key not in _RUNS:
        env = _pendulum()
        agent = DDPG(
            env.observation_space, env.action_space, rng=np.random.default_rng([seed, 11]),
            **VARIANTS[name],
        )  # fmt: skip
        watch = Evaluation(_pendulum(), agent.actor, episodes=20, seed=STARTS)
        stream = interact(env, agent, steps=steps, seed=seed)
        if name == TERMINAL:
            stream = map(_as_terminal, stream)
        for k, _ in enumerate(progress(learn(agent, stream), steps), start=1):
            if k % every == 0:
                watch(agent)
        _RUNS[key] = agent, watch
    return _RUNS[key]


SETTINGS = (
    f"Settings are PRACTICE of rlbook/ddpg.py: hidden layers of {listed(PRACTICE['hidden'])}, step "
    f"sizes {PRACTICE['alpha_theta']:g} and {PRACTICE['alpha_w']:g}, tau = {PRACTICE['tau']:g}, "
    f"normal noise of deviation {PRACTICE['noise'].sigma:g}, {PRACTICE['warmup']} random steps "
    "first, an update after each step; gamma = 0.99. "
)


@item("ddpg:pendulum", shares="runs on Pendulum")
def pendulum(fig, rng, quick, progress):
    """Does DDPG swing up the pendulum, within 8000 steps?"""
    seeds, steps, begin = 3 if quick else 5, 5000 if quick else STEPS, _begin(rng)
    runs = [_train("as it is", begin + k, steps, progress) for k in range(seeds)]
    curves = np.array([watch.means for _, watch in runs])

    ax, x = panels(fig, 1, (6.4, 3.8)), np.arange(1, steps // 1000 + 1)
    draw_runs(ax, x, curves)
    for y in curves:
        ax.plot(x, y, color="C0", lw=0.8, alpha=0.55, zorder=1)
    ax.axhline(-200, color="0.3", ls="--", lw=1)
    ax.set(xlabel="thousand steps", ylabel="mean return, not exploring")
    ax.get_legend().remove()

    reached, best = [watch.reached(-200) for _, watch in runs], int(np.argmax(curves[:, -1]))
    if quick:
        good, found = "runs with an evaluation at -800 or better", curves.max(1) >= -800
    else:
        good = "runs with two evaluations in a row at -200 or better"
        found = [k is not None for k in reached]
    return Result(
        Part(good, at_least(0.9), share_of(found)),
        note=SETTINGS + f"{seeds} seeds from {begin} on, {steps} steps each. An evaluation: 20 "
        "episodes without noise, always the same starts. Two in a row at -200 or better, after so "
        f"many thousand steps: {listed('never' if k is None else k for k in reached)}. Best: "
        f"{listed(curves.max(1), '.0f')}; last: {listed(curves[:, -1], '.0f')}. The animation: run "
        f"{best + 1} at the end, hanging down at first; a torque to the left is against the clock.",
        frames=_swing_up(runs[best][0].actor, 60 if quick else 200),
        frame_seconds=3 * 0.05,  # every third step, as long as it took
    )


def _swing_up(actor, steps):
    """A greedy episode that begins at rest, hanging down: every third step as an image."""
    world, frames = _pendulum().unwrapped, []
    world.reset(seed=0)
    world.state = np.array([np.pi, 0.0])
    for k in range(steps):
        theta, speed = world.state
        torque = actor(np.array([np.cos(theta), np.sin(theta), speed], dtype=np.float32))
        if k % 3 == 0:
            frames.append(_picture(theta, torque[0]))
        world.step(world.max_torque * torque)
    return frames


def _picture(theta, torque):
    """The pendulum at an angle, counted from above against the clock, and its torque, as a bar."""
    fig = Figure(figsize=(1.6, 1.6), dpi=100)
    ax = fig.add_axes((0, 0, 1, 1), xlim=(-1.35, 1.35), ylim=(-1.35, 1.35))
    ax.axis("off")
    turn = np.linspace(0, 2 * np.pi, 100)
    ax.plot(np.cos(turn), np.sin(turn), color="0.88", lw=0.6)
    ax.plot([0, -np.sin(theta)], [0, np.cos(theta)], color=ARROW, lw=8, solid_capstyle="round")
    ax.plot(0, 0, "o", color=INK, ms=4)
    # A torque against the clock turns what is above to the left.
    ax.plot([0, -torque], [1.25, 1.25], color=AGENT, lw=3.5, solid_capstyle="round")
    return pixels(fig)


# Truncation stored as terminal, in a world where the gain that comes of it is known.

GAMMA, NOISE_STEPS = 0.9, 10_000
STORED = {"as it is": lambda t: t, TERMINAL: _as_terminal}


def _linear_quadratic():
    """One state, one action: s' = s + a + noise, r = -(s^2 + a^2)."""
    return LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.1)


class Cut(gymnasium.Wrapper):
    """Cuts an episode at any step with probability p, whatever the state: it is truncated."""

    p = 0.5

    def step(self, action):
        """The step of the world, and perhaps the last one that is seen."""
        s, r, terminated, truncated, info = self.env.step(action)
        return s, r, terminated, truncated or self.unwrapped.np_random.random() < self.p, info


@item("ddpg:ablation", shares="runs on Pendulum")
def ablation(fig, rng, quick, progress):
    """What does each part of DDPG do? Take it away and see."""
    seeds, steps, begin = 3, 5000 if quick else SHORT, _begin(rng)
    every, updates = (1000, 500) if quick else (2000, 1000)
    curves = {}
    for name in list(VARIANTS)[: 2 if quick else None]:
        # Runs "as it is" are those of ddpg:pendulum.
        length, each = (5000 if quick else STEPS, 1000) if name == "as it is" else (steps, every)
        runs = [_train(name, begin + k, length, progress, each) for k in range(seeds)]
        shown = slice(every // each - 1, steps // each, every // each)
        curves[name] = np.array([watch.means[shown] for _, watch in runs])
    discounts = dict(zip(STORED, (GAMMA, GAMMA * (1 - Cut.p)), strict=True))
    exact = {name: _linear_quadratic().gain(discount)[0, 0] for name, discount in discounts.items()}
    gains = {
        name: np.array([_from_noise(begin + k, how, updates, progress) for k in range(seeds)])
        for name, how in STORED.items()
    }
    x = np.arange(every, steps + 1, every) / 1000
    _draw_ablation(fig, x, curves, exact, gains)

    first = 2 if quick else 1
    level = {name: ys[:, first:].mean(1) for name, ys in curves.items()}
    best = {name: ys.max(1) for name, ys in curves.items()}

    def nearest(name):
        """Which runs have a gain nearer to their own exact one than to the other?"""
        off = {other: np.abs(gains[name][:, -1] - K) for other, K in exact.items()}
        return off[name] == np.min([*off.values()], axis=0)

    holds = {
        "it is worse without target networks": level["no target networks"] < level["as it is"],
        "the gain of LQ is nearest the Riccati gain": nearest("as it is"),
        "stored as terminal nearest that of a smaller gamma": nearest(TERMINAL),
    }
    if not quick:
        for name in ("no noise", "Ornstein-Uhlenbeck noise"):
            holds[f"{name}: -200 or better at its best"] = best[name] >= -200
    all_of_it = "seeds where all this holds: " + "; ".join(holds)
    medians = [{name: np.median(y) for name, y in ys.items()} for ys in (level, best)]
    without = "Pendulum can do without noise: starts are random, and so are 1000 steps. "
    return Result(
        Part(all_of_it, at_least(0.9), share_of(np.all([*holds.values()], axis=0))),
        note=SETTINGS
        + f"{seeds} seeds from {begin} on, {steps} steps; bold: medians. Levels, medians "
        f"of the mean evaluation from {x[first]:g} thousand steps on: {listed(medians[0], '.0f')}; "
        f"at their best {listed(medians[1], '.0f')}. {'' if quick else without}Truncation stored "
        "as terminal says that the future is worth zero. Right: s' = s + a + noise, cut at each "
        f"step with chance p = {Cut.p}. Such an end is a discount gamma (1 - p): the gain is the "
        f"Riccati gain of {discounts[TERMINAL]:.2f}; that of {GAMMA} is "
        f"{exact['as it is'] / exact[TERMINAL]:.3f} times as large.",
    )


def _draw_ablation(fig, x, curves, exact, gains):
    """Left: evaluations on Pendulum. Right: gains in the linear-quadratic world."""
    left, right = panels(fig, 2, (10.4, 4.6), width_ratios=(1.6, 1))
    handles = {}
    for j, (name, ys) in enumerate(curves.items()):
        style = {"color": f"C{j}", "ms": 3.5, "zorder": 3}
        (handles[name],) = left.plot(x, np.median(ys, 0), "o-", label=name, **style)
        left.plot(x, ys.T, color=f"C{j}", lw=0.8, alpha=0.55)
    left.grid(True, color="0.92", lw=0.8)
    left.axhline(-200, color="0.3", ls="--", lw=1)
    left.set(xlabel="thousand steps", ylabel="mean return, not exploring", title="Pendulum")
    for j, (name, ys) in enumerate(gains.items()):
        updates = 50 * np.arange(1, ys.shape[1] + 1)
        line, *_ = right.plot(updates, ys.T, color=f"C{4 * j}", lw=1.2)
        handles.setdefault(name, line)
        right.axhline(exact[name], color=f"C{4 * j}", ls="--", lw=1.2)
    right.grid(True, color="0.92", lw=0.8)
    right.set(xlabel="update", ylabel="gain $K$ (dashed: Riccati)", title="linear-quadratic world")
    right.set_ylim(0.2, 0.8)
    fig.legend(handles.values(), handles, loc="outside upper center", ncols=3)


def _from_noise(seed, stored, updates, progress):
    """The gains that are learned from a replay of random actions in a world that is cut."""
    world, rng = Cut(_linear_quadratic()), np.random.default_rng([seed, 11])
    agent = DDPG(
        world.observation_space, world.action_space, actor=MLP((1, 1), rng=rng, last=3e-3),
        critic=Quadratic(2), gamma=GAMMA, alpha_theta=5e-3, alpha_w=5e-2, tau=0.1,
        warmup=NOISE_STEPS, rng=rng,
    )  # fmt: skip
    for _ in learn(agent, map(stored, interact(world, agent, steps=NOISE_STEPS, seed=seed))):
        pass
    batches = (agent.replay.sample(256, rng) for _ in range(updates))
    return learned_gains(agent, progress(learn(agent, batches), updates), updates)[:, 0, 0]


@item("ddpg:value", shares="runs on Pendulum")
def value(fig, rng, quick, progress):
    """Does the critic predict what will be earned?"""
    begin, starts, steps = _begin(rng), 10 if quick else 20, 400 if quick else 600
    runs = {"as it is": (3, 5000, 1000) if quick else (5, STEPS, 1000)}  # of ddpg:pendulum
    if not quick:
        runs[TERMINAL] = (3, SHORT, 2000)  # of ddpg:ablation
    said, seen = {}, {}
    for name, (seeds, length, every) in runs.items():
        agents = [_train(name, begin + k, length, progress, every)[0] for k in range(seeds)]
        pairs = [_said_and_seen(agent, starts, steps) for agent in progress(agents, seeds)]
        said[name], seen[name] = np.array(pairs).swapaxes(0, 1)
    titles = {name: f"{name}, {length} steps" for name, (_, length, _) in runs.items()}
    _draw_values(fig, titles, said, seen)

    pairs = list(zip(said["as it is"], seen["as it is"], strict=True))
    explained = np.array([_explained(x, y) for x, y in pairs])
    if quick:  # early, before it has unlearned to say too much, it can tell good starts from bad
        good = "critics that say more where more is observed: correlation above 0"
        found = np.array([np.corrcoef(*pair)[0, 1] for pair in pairs]) > 0
    else:
        good = "critics that say what is observed better than its own mean would: R^2 above 0"
        found = explained > 0

    slower = "Where truncation is stored as terminal, policy and critic are still behind."

    def errors(mean):
        """What critics say minus what was observed, for each run a mean over starts, in words."""
        return listed({x: listed(mean(said[x] - seen[x], axis=1), ".0f") for x in runs})

    return Result(
        Part(good, at_least(0.9), share_of(found)),
        note=SETTINGS + f"{len(pairs)} seeds from {begin} on. Each dot is the start of an episode, "
        f"the same {starts} for all. What is observed are {steps} steps without noise and "
        "without the limit of 200. Errors are what the critic says minus what was observed; "
        "medians over starts: "
        f"{errors(np.median)}; means, which see the few starts where the policy fails: "
        f"{errors(np.mean)}. R^2, as it is: {listed(explained, '.2f')}. The critic begins at 0 and "
        f"its targets move slowly: early it says too much. {'' if quick else slower}",
    )


def _draw_values(fig, titles, said, seen):
    """What the critics say over what was observed, a dot for each start."""
    lowest = 1.05 * min(x.min() for x in (*said.values(), *seen.values()))
    size = (4.6 * len(titles), 4.4)
    axes = np.ravel(panels(fig, len(titles), size, sharex=True, sharey=True))
    for ax, (name, title) in zip(axes, titles.items(), strict=True):
        ax.plot([lowest, 0], [lowest, 0], color="0.3", ls="--", lw=1)
        for j, (x, y) in enumerate(zip(seen[name], said[name], strict=True)):
            ax.plot(x, y, "o", ms=4, color=f"C{j}", alpha=0.75, label=f"run {j + 1}")
        ax.grid(True, color="0.92", lw=0.8)
        ax.set(xlabel="discounted return, observed", title=title)
    axes[0].set_ylabel(r"$q(s, \mu(s))$, what the critic says")
    axes[0].legend(loc="lower right")


def _explained(said, seen):
    """R^2 = 1 - sum (said - seen)^2 / sum (seen - mean seen)^2: 1 is all, 0 what a mean knows."""
    return 1 - ((said - seen) ** 2).sum() / ((seen - seen.mean()) ** 2).sum()


def _said_and_seen(agent, starts, steps):
    """q(s, mu(s)) at the starts of episodes, and their discounted returns, over many steps."""
    world = _pendulum().unwrapped  # without its limit of 200 steps
    seen = score(world, agent, episodes=starts, seed=STARTS, gamma=agent.gamma, steps=steps)
    s = np.array([world.reset(seed=episode_seed(STARTS, k))[0] for k in range(starts)])
    return value_of(agent.critics[0], s, agent.actor(s)), seen


if __name__ == "__main__":
    run(__file__)
