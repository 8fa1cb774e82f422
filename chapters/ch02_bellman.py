"""Chapter 2: how good is a policy? State values, action values and the Bellman equation."""

from itertools import islice

import numpy as np

from rlbook import (
    MDP,
    GridWorld,
    action_value,
    bellman_residual,
    evaluate,
    policy_value,
    uniform,
)
from rlbook.book import Part, Result, item, listed, printed, printed_parts
from rlbook.cli import run
from rlbook.plot import draw_curves, draw_grid

TWO_BY_TWO = (".#", ".T")  # s2 is forbidden, s4 is the target
GAMMA = 0.9


@item("fig:2.2")
def three_returns(fig, rng):
    """Which of three policies earns most from s1: past the forbidden cell, through it, or half?"""
    world = GridWorld(TWO_BY_TWO)
    around, through = world.policy("DD/RS"), world.policy("RD/RS")
    returns = []
    for ax, pi in zip(fig.subplots(1, 3), (around, through, (around + through) / 2), strict=True):
        v = policy_value(world.model, pi, GAMMA)
        draw_grid(ax, world, pi=pi, names=True)
        ax.set_xlabel(f"return from $s_1$: {v[0]:g}")
        returns.append(v[0])
    fig.set_size_inches(8.4, 3.2)
    return Result(*printed_parts("fig:2.2", {"return": returns}, within=1e-9))


@item("fig:2.3")
def bootstrapping(fig, rng):
    """If s1 leads to s2, s2 to s3, s3 to s4 and s4 to s1, does each value follow from the next?"""
    s_next = np.array([1, 2, 3, 0]).reshape(4, 1, 1)
    r = rng.normal(size=(4, 1, 1))  # the book's r1 to r4 are any numbers
    model = MDP(np.ones((4, 1, 1)), s_next, r, np.zeros((4, 1, 1), dtype=bool))
    P, r_pi = model.under(np.ones((4, 1)))
    v = policy_value(model, np.ones((4, 1)), GAMMA)
    # Round and round: v1 = r1 + gamma r2 + gamma^2 r3 + gamma^3 r4 + gamma^4 v1, and so on.
    around = [sum(GAMMA**k * np.roll(r_pi, -s)[k] for k in range(4)) for s in range(4)]
    ax = fig.add_subplot()
    ax.bar(np.arange(4) - 0.2, r_pi, width=0.4, label="reward $r$")
    ax.bar(np.arange(4) + 0.2, v, width=0.4, label="value $v = r + \\gamma P v$")
    ax.axhline(0, color="0.3", lw=0.8)
    ax.set_xticks(range(4), [f"$s_{s}$" for s in range(1, 5)])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return Result(
        *printed_parts("fig:2.3", {"P": P}, within=1e-9),
        Part("v", np.array(around) / (1 - GAMMA**4), v, within=1e-9),
        note="The rewards are drawn at random; v is compared with the sum of the whole cycle.",
    )


@item("fig:2.4")
def deterministic(fig, rng):
    """What are the four states worth under a policy that goes around the forbidden cell?"""
    world = GridWorld(TWO_BY_TWO)
    pi = world.policy("DD/RS")
    v = policy_value(world.model, pi, GAMMA)
    draw_grid(fig.add_subplot(), world, v=v, pi=pi, names=True)
    return Result(*printed_parts("fig:2.4", {"v": v}, within=1e-9))


@item("fig:2.5")
def stochastic(fig, rng):
    """What are they worth if s1 goes right or down with probability one half each?"""
    world, pi = _half_and_half()
    v = policy_value(world.model, pi, GAMMA)
    draw_grid(fig.add_subplot(), world, v=v, pi=pi, names=True)
    return Result(*printed_parts("fig:2.5", {"v": v}, within=1e-9))


@item("fig:2.6")
def matrix_form(fig, rng):
    """What are P_pi and r_pi of this policy, and does v solve v = r_pi + gamma P_pi v?"""
    world, pi = _half_and_half()
    P, r = world.model.under(pi)
    v = policy_value(world.model, pi, GAMMA)
    left, right = fig.subplots(1, 2)
    draw_grid(left, world, pi=pi, names=True)
    right.matshow(P, cmap="Greens", vmin=0, vmax=1.6)
    for (s, s_next), p in np.ndenumerate(P):
        right.text(s_next, s, f"{p:g}", ha="center", va="center")
    right.set(xlabel="$P_\\pi$", xticks=range(4), yticks=range(4))
    right.set_xticklabels([f"$s_{s}$" for s in range(1, 5)])
    right.set_yticklabels([f"$s_{s}$" for s in range(1, 5)])
    fig.set_size_inches(7.2, 3.8)
    return Result(
        *printed_parts("fig:2.6", {"P": P, "r": r, "v": v}, within=1e-9),
        Part("residual", np.zeros(4), bellman_residual(world.model, v, GAMMA, pi), within=1e-9),
    )


@item("fig:2.7")
def four_policies(fig, rng):
    """Can values tell good policies from bad ones? Four policies on the five by five grid."""
    world = GridWorld()
    texts = printed("fig:2.7")
    values = {}
    fig.set_size_inches(8.4, 8.6)
    for ax, name in zip(
        fig.subplots(2, 2).T.flat,
        ("good, top", "good, bottom", "bad, top", "bad, bottom"),
        strict=True,
    ):
        pi = world.policy(texts[f"pi, {name}"])
        values[f"v, {name}"] = v = policy_value(world.model, pi, GAMMA)
        draw_grid(ax, world, v=v, pi=pi)
        ax.set_xlabel(name)
    return Result(*printed_parts("fig:2.7", values))


@item("fig:2.8")
def action_values(fig, rng):
    """What is each action worth in s1, also those that the policy never takes?"""
    world, pi = _half_and_half()
    v = policy_value(world.model, pi, GAMMA)
    q = action_value(world.model, v, GAMMA)
    left, right = fig.subplots(1, 2)
    draw_grid(left, world, v=v, pi=pi, names=True)
    bars = right.bar(["up", "right", "down", "left", "stay"], q[0], color="0.7")
    right.bar_label(bars, fmt="%.2f")
    right.set(ylabel="$q_\\pi(s_1, a)$", ylim=(0, 10))
    fig.set_size_inches(7.6, 3.6)
    return Result(*printed_parts("fig:2.8", {"v": v, "q(s1)": q[0]}, within=1e-9))


@item("eq:2.11")
def iterative_evaluation(fig, rng):
    """How fast does iterative policy evaluation approach the values? Like gamma^k."""
    world = GridWorld()
    steps = 100
    good = world.policy(printed("fig:2.7", "pi, good, top"))
    curves, excess, end = {}, {}, {}
    for name, pi in (("policy of Fig. 2.7, top left", good), ("uniform", uniform(25, 5))):
        v_pi = policy_value(world.model, pi, GAMMA)
        iterates = np.array(list(islice(evaluate(world.model, pi, GAMMA), steps)))
        error = np.abs(np.vstack([np.zeros(25), iterates]) - v_pi).max(-1)
        curves[name] = error
        excess[name] = max(0.0, (error / (GAMMA ** np.arange(steps + 1) * error[0])).max() - 1)
        end[name] = error[-1]
    ax = fig.add_subplot()
    draw_curves(ax, range(steps + 1), curves)
    for error in curves.values():
        ax.plot(GAMMA ** np.arange(steps + 1) * error[0], "k--", lw=0.9)
    ax.set(yscale="log", xlabel="k (dashed: $\\gamma^k |v_0 - v_\\pi|$)", ylabel="$|v_k - v_\\pi|$")
    return Result(
        *(
            Part(f"part of the error above gamma^k, {name}", [0.0], [x], within=1e-9)
            for name, x in excess.items()
        ),
        note=f"v_0 = 0. The error after 100 sweeps: {listed(end, '.1e')}.",
    )


def _half_and_half():
    """The world and the policy of Figs 2.5, 2.6 and 2.8."""
    world = GridWorld(TWO_BY_TWO)
    return world, (world.policy("DD/RS") + world.policy("RD/RS")) / 2


if __name__ == "__main__":
    run(__file__)
