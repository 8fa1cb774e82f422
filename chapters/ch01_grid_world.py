"""Chapter 1: what is a world, a policy, a reward, a return?

The book's first world has three rows and three columns. Two cells are forbidden, one is the target.
"""

import numpy as np

from rlbook import GridWorld, policy_value, uniform
from rlbook.agent import Follow, interact
from rlbook.book import Part, Result, item, printed_parts
from rlbook.cli import run
from rlbook.plot import ARROW, ARROWS, draw_grid, draw_loop, panels

SMALL = ("...", "..#", "#.T")  # Figs 1.1 to 1.5
ACTIONS = ("up", "right", "down", "left", "stay")


@item("tab:1.1")
def transitions(fig, rng):
    """Where does each of the five actions lead from each of the nine cells?"""
    world = GridWorld(SMALL)
    _draw_transitions(draw_grid(fig.add_subplot(), world, names=True), world)
    return Result(*printed_parts("tab:1.1", {"s_next": 1 + world.model.s_next[:, :, 0]}))


def _draw_transitions(ax, world):
    """An arrow into each neighbour, a bent one at the boundary, and a ring for stay."""
    style = {"color": ARROW, "lw": 1.5, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
    for s, s_next in enumerate(world.model.s_next[:, :, 0]):
        here = np.array(world.cell(s)[::-1])  # x, y
        for move, to in zip(ARROWS, s_next[:4], strict=True):
            aside = 0.13 * move[::-1] * (1, -1)  # there and back do not cover each other
            if to != s:
                ends, bend = (here + 0.24 * move + aside, here + 0.76 * move + aside), "arc3"
            else:  # the robot bumps against the boundary and comes back
                begin = here + 0.3 * move
                ends, bend = (begin - 0.55 * aside, begin + 0.55 * aside), "arc3,rad=1.6"
            arrow = style | {"arrowstyle": "-|>", "connectionstyle": bend}
            ax.annotate("", ends[1], ends[0], arrowprops=arrow)
        ax.plot(*here, "o", markersize=8, mfc="none", mec=ARROW, mew=1.5)


@item("tab:1.2")
def stochastic_policy(fig, rng):
    """What does a policy look like that sometimes goes right and sometimes down?"""
    world = GridWorld(SMALL)
    pi = (world.policy("RDL/RDD/RRS") + world.policy("DDL/RDD/RRS")) / 2
    draw_grid(fig.add_subplot(), world, pi=pi, names=True)
    return Result(*printed_parts("tab:1.2", {"pi": pi}, within=1e-12))


@item("tab:1.3")
def rewards(fig, rng):
    """Which of the four rewards does each action earn?"""
    other, boundary, forbidden, target = range(4)  # the numbers stand for names here
    world = GridWorld(
        SMALL, r_other=other, r_boundary=boundary, r_forbidden=forbidden, r_target=target
    )
    names = np.array(["0", "b", "f", "t"])[world.model.R.astype(int)]
    ax = draw_grid(fig.add_subplot(), world, names=True)
    places = [(0, -0.36), (0.36, 0), (0, 0.36), (-0.36, 0), (0, 0)]  # up, right, down, left, stay
    for (s, a), name in np.ndenumerate(names):
        row, col = world.cell(s)
        ax.text(col + places[a][0], row + places[a][1], name, ha="center", va="center")
    return Result(*printed_parts("tab:1.3", {"r": names}))


@item("fig:1.6")
def returns(fig, rng):
    """What do two ways to the target earn, and what is staying there for ever worth?"""
    world = GridWorld(SMALL)
    good, bad = world.policy("RDL/RDD/RRS"), world.policy("DDL/DDD/RRS")
    undiscounted = []
    for ax, pi in zip(fig.subplots(1, 2), (good, bad), strict=True):
        trajectory, reward = _walk(world, pi, steps=4)
        draw_grid(ax, world, pi=pi, trajectory=trajectory, names=True)
        ax.set_xlabel(f"return {reward:g}")
        undiscounted.append(reward)
    fig.set_size_inches(7.2, 3.8)
    for_ever = policy_value(world.model, good, gamma=0.9)[:1]
    found = {"return": undiscounted, "discounted return": for_ever}
    return Result(
        *printed_parts("fig:1.6", found, within=1e-9),
        note="The returns are those of the first four steps. The discounted return goes on for "
        "ever: gamma^3 / (1 - gamma).",
    )


@item("fig:1.7")
def chain(fig, rng):
    """What is left of a world when the policy is fixed? A chain of states."""
    world = GridWorld(SMALL)
    pi = (world.policy("RDL/RDD/RRS") + world.policy("DDL/RDD/RRS")) / 2  # Table 1.2
    P, _ = world.model.under(pi)
    left, right = panels(fig, 2, (7.6, 3.8))
    draw_grid(left, world, pi=pi, names=True)
    _draw_chain(right, world, P)
    follow = {1: (2, 4), 2: (5,), 3: (2,), 4: (5,), 5: (8,), 6: (9,), 7: (8,), 8: (9,), 9: (9,)}
    expected = np.array(
        [[(s2 in after) / len(after) for s2 in follow] for after in follow.values()]
    )
    return Result(
        Part("P_pi[s, s']", expected, P, within=0),
        Part("at the target after four steps", np.ones(9), np.linalg.matrix_power(P, 4)[:, 8],
             within=0),
        note="The policy of Table 1.2. A row of P_pi holds the arrows that leave one circle.",
    )  # fmt: skip


def _draw_chain(ax, world, P):
    """A circle for each cell, and an arrow with its probability for each step that can happen."""
    arrow = {"arrowstyle": "-|>", "color": "0.25", "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    places = [np.array(world.cell(s)[::-1]) for s in range(len(P))]  # x, y
    for s, (x, y) in enumerate(places):
        ax.plot(x, y, "o", markersize=24, mfc="white", mec="0.25")
        ax.text(x, y, f"$s_{s + 1}$", ha="center", va="center")
    for s, s2 in np.argwhere(P > 0):
        here, step = places[s], places[s2] - places[s]
        if s == s2:  # it stays: a loop at the right side
            begin, end = here + np.array([[0.15, 0.13], [0.15, -0.13]])
            text, style = here + np.array([0.48, 0]), {"connectionstyle": "arc3,rad=1.8"}
        else:
            begin, end, style = here + 0.2 * step, here + 0.8 * step, {}
            text = here + 0.5 * step + np.abs(step[::-1]) * [0.16, -0.13]
        ax.annotate("", end, begin, arrowprops=arrow | style)
        ax.text(*text, f"{P[s, s2]:g}", ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.4, 2.7), ylim=(2.4, -0.4), aspect="equal")
    ax.axis("off")


def _walk(world, pi, steps):
    """The states of the first steps from s1 under a deterministic policy, and their return."""
    s, _ = world.reset(options={"state": 0})
    states, reward = [s], 0.0
    for _ in range(steps):
        s, r, *_ = world.step(int(pi[s].argmax()))
        states.append(s)
        reward += r
    return states, reward


class Asked(Follow):
    """Follows a policy, and remembers in which states it was asked, and its answers."""

    def __init__(self, pi, rng):
        super().__init__(pi, rng)
        self.answers = []

    def act(self, s, *, explore=True):
        """A draw from pi(. | s)."""
        a = super().act(s, explore=explore)
        self.answers.append((s, a))
        return a


@item("loop:agent-environment")
def loop(fig, rng):
    """What goes around between agent and environment?"""
    world, agent = GridWorld(SMALL), Asked(uniform(9, 5), rng)
    steps = list(interact(world, agent, steps=200, seed=int(rng.integers(2**31))))
    axes = fig.subplots(3, 1)
    draw_loop(axes[0])
    for k, (ax, t) in enumerate(zip(axes[1:], steps, strict=False)):
        draw_loop(
            ax, action=f"$a_{k}$: {ACTIONS[t.a]}", reward=f"$r_{k + 1}$: {t.r:g}",
            state=f"$s_{k + 1}$: cell {t.s_next + 1}",
        )  # fmt: skip
        ax.set_title(f"$t = {k}$, $s_{k}$: cell {t.s + 1}")
    fig.set_size_inches(5.6, 7.2)
    s, a, r, s_next = (np.array(field) for field in list(zip(*steps, strict=True))[:4])
    by_model = np.stack([world.model.s_next[s, a, 0], world.model.r[s, a, 0]])
    return Result(
        Part("s of a step is s_next of the step before", s_next[:-1], s[1:], within=0),
        Part("the agent was asked in s, and answered a", np.stack([s, a], 1), agent.answers,
             within=0),
        Part("s_next and r are those of the model in s and a", by_model, [s_next, r], within=0),
        note="200 recorded steps of a uniform policy; the first two are drawn. Here the index is "
        "the time, and cells have the numbers of Table 1.1.",
    )  # fmt: skip


if __name__ == "__main__":
    run(__file__)
