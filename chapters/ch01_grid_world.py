"""Chapter 1: what is a world, a policy, a reward, a return?

The book's first world has three rows and three columns. Two cells are forbidden, one is the target.
"""

import numpy as np

from rlbook import GridWorld, policy_value, uniform
from rlbook.book import Result, item, printed_parts
from rlbook.cli import run
from rlbook.plot import draw_grid

SMALL = ("...", "..#", "#.T")  # Figs 1.1 to 1.5


@item("tab:1.1")
def transitions(fig, rng):
    """Where does each of the five actions lead from each of the nine cells?"""
    world = GridWorld(SMALL)
    draw_grid(fig.add_subplot(), world, pi=uniform(9, 5))
    return Result(*printed_parts("tab:1.1", {"s_next": 1 + world.model.s_next[:, :, 0]}))


@item("tab:1.2")
def stochastic_policy(fig, rng):
    """What does a policy look like that sometimes goes right and sometimes down?"""
    world = GridWorld(SMALL)
    pi = (world.policy("RDL/RDD/RRS") + world.policy("DDL/RDD/RRS")) / 2
    draw_grid(fig.add_subplot(), world, pi=pi)
    return Result(*printed_parts("tab:1.2", {"pi": pi}, within=1e-12))


@item("tab:1.3")
def rewards(fig, rng):
    """Which of the four rewards does each action earn?"""
    other, boundary, forbidden, target = range(4)  # the numbers stand for names here
    world = GridWorld(
        SMALL, r_other=other, r_boundary=boundary, r_forbidden=forbidden, r_target=target
    )
    names = np.array(["0", "b", "f", "t"])[world.model.R.astype(int)]
    ax = draw_grid(fig.add_subplot(), world)
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
        draw_grid(ax, world, pi=pi, trajectory=trajectory)
        ax.set_xlabel(f"return {reward:g}")
        undiscounted.append(reward)
    fig.set_size_inches(7.2, 3.8)
    for_ever = policy_value(world.model, good, gamma=0.9)[:1]
    found = {"return": undiscounted, "discounted return": for_ever}
    return Result(
        *printed_parts("fig:1.6", found, within=1e-9),
        note="Returns of the first four steps; the discounted one goes on for ever: "
        "gamma^3 / (1 - gamma).",
    )


def _walk(world, pi, steps):
    """The states of the first steps from s1 under a deterministic policy, and their return."""
    s, _ = world.reset(options={"state": 0})
    states, reward = [s], 0.0
    for _ in range(steps):
        s, r, *_ = world.step(int(pi[s].argmax()))
        states.append(s)
        reward += r
    return states, reward


if __name__ == "__main__":
    run(__file__)
