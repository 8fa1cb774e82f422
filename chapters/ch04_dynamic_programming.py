"""Chapter 4: how is the best policy found, if the model is known?

Value iteration, policy iteration and what lies between them, on three worlds: two by two cells,
two cells in a row, and the five by five grid.

Each function below is an item of the book. It gets a figure to draw on and a random generator; it
returns a Result: parts, each a name, what the book says and what came out. `best_actions(q)` names
the best actions of each state, in letters, since a printed one need only be among them.
"""

from itertools import islice

import numpy as np

from rlbook import (
    MDP,
    GridWorld,
    action_value,
    animate,
    evaluate,
    greedy,
    optimal,
    policy_iteration,
    policy_value,
    solve,
    truncated_policy_iteration,
    until_close,
    value_iteration,
)
from rlbook.book import Part, Result, best_actions, item, printed, printed_parts, reference
from rlbook.cli import run
from rlbook.plot import draw_curves, draw_grid

GAMMA = 0.9
TWO_BY_TWO = (".#", ".T")


@item("alg:4.1")
def value_iteration_on_the_grid(fig, rng, quick):
    """Does value iteration come to the printed optimal values, one sweep after another?"""
    world = GridWorld()
    iterates = list(until_close(value_iteration(world.model, GAMMA), tol=1e-6))
    v, pi = iterates[-1]
    v_star = optimal(world.model, GAMMA).v
    error = [np.abs(x.v - v_star).max() for x in iterates]
    left, right = fig.subplots(1, 2)
    draw_grid(left, world, v=v, pi=pi)
    draw_curves(right, range(1, len(error) + 1), {"$|v_k - v^*|$": error})
    right.set(yscale="log", xlabel="k", ylabel="largest error")
    fig.set_size_inches(8.8, 4.2)
    found = {"v": v, "pi": best_actions(action_value(world.model, v, GAMMA), tol=1e-4)}
    return Result(
        *printed_parts("fig:3.4a", found),
        note=f"Compared with Fig. 3.4(a), after {len(iterates)} sweeps.",
        frames=list(animate(iterates[: 6 if quick else 24], world)),
    )


@item("alg:4.2")
def policy_iteration_on_the_grid(fig, rng):
    """How few policies does policy iteration try before it holds the best one?"""
    world = GridWorld()
    iterates = list(until_close(policy_iteration(world.model, GAMMA), tol=1e-9))
    v = np.array([x.v for x in iterates])
    left, right = fig.subplots(1, 2)
    draw_grid(left, world, v=v[-1], pi=iterates[-1].pi)
    draw_curves(right, range(len(v)), {"$|v_{\\pi_k} - v^*|$": np.abs(v - v[-1]).max(-1)})
    right.set(xlabel="k", ylabel="largest error")
    fig.set_size_inches(8.8, 4.2)
    rises = np.diff(v, axis=0) >= -1e-9
    found = {"v": v[-1], "pi": best_actions(action_value(world.model, v[-1], GAMMA))}
    return Result(
        *printed_parts("fig:3.4a", found),
        Part("no state ever loses (Lemma 4.1)", [True], [bool(rises.all())]),
        note=f"Compared with Fig. 3.4(a), after {len(iterates) - 1} improvements of a uniform "
        "policy.",
        frames=list(animate(iterates, world)),
        frame_seconds=1.2,
    )


@item("alg:4.3")
def truncated_policy_iteration_on_the_grid(fig, rng):
    """Is truncated policy iteration value iteration at one sweep, policy iteration at many?"""
    model, steps = GridWorld().model, 8
    one = np.array([x.v for x in islice(truncated_policy_iteration(model, GAMMA, 1), steps)])
    many = np.array([x.v for x in islice(truncated_policy_iteration(model, GAMMA, 2000), steps)])
    sweeps = np.array([x.v for x in islice(value_iteration(model, GAMMA), steps)])
    first = greedy(model.lookahead(np.zeros(25), GAMMA))
    policies = np.array([x.v for x in islice(policy_iteration(model, GAMMA, first), steps)])
    best = solve(truncated_policy_iteration(model, GAMMA, 5))
    world = GridWorld()
    draw_grid(fig.add_subplot(), world, v=best.v, pi=best.pi)
    return Result(
        Part("v", printed("fig:3.4a", "v"), best.v),
        Part("one sweep, minus value iteration", [0.0], [np.abs(one - sweeps).max()]),
        Part("2000 sweeps, minus policy iteration", [0.0], [np.abs(many - policies).max()]),
        note="The picture: five sweeps an iteration, compared with Fig. 3.4(a).",
    )


@item("fig:4.2")
def two_sweeps(fig, rng):
    """Which policies does value iteration hold after one sweep, after two, and in the end?"""
    world = GridWorld(TWO_BY_TWO)
    v, letters = np.zeros(4), {}
    axes = fig.subplots(1, 3)
    for k, ax in enumerate(axes[:2], start=1):
        q = action_value(world.model, v, GAMMA)
        letters[f"pi, k={k}"] = best_actions(q)
        v = q.max(-1)
        draw_grid(ax, world, v=v, pi=greedy(q), names=True)
        ax.set_xlabel(f"k = {k}")
    best = optimal(world.model, GAMMA, tol=1e-9)
    draw_grid(axes[2], world, v=best.v, pi=best.pi, names=True)
    axes[2].set_xlabel("in the end")
    fig.set_size_inches(8.4, 3.2)
    return Result(
        *printed_parts("fig:4.2", letters | {"v*": best.v}, within=1e-6),
        note="In s1 two actions are equally good at k = 1; the book takes stay, rlbook the first.",
    )


@item("tab:4.1")
def expression_of_q(fig, rng):
    """What is q(s, a) as an expression in v? A reward, and gamma times the v of one state."""
    model = GridWorld(TWO_BY_TWO).model
    _write_table(
        fig.add_subplot(),
        [
            [f"{r:g} + $\\gamma v(s_{s + 1})$" for r, s in zip(*row, strict=True)]
            for row in zip(model.R, model.s_next[:, :, 0], strict=True)
        ],
        columns=["$a_1$", "$a_2$", "$a_3$", "$a_4$", "$a_5$"],
    )
    fig.set_size_inches(7.2, 2.4)
    return Result(*printed_parts("tab:4.1", {"r": model.R, "s_next": 1 + model.s_next[:, :, 0]}))


@item("tab:4.2")
def first_sweep(fig, rng):
    """What does value iteration compute first, from v = 0? The book counts it as k = 0."""
    return _sweep(fig, "tab:4.2", k=0)


@item("tab:4.3")
def second_sweep(fig, rng):
    """What does value iteration compute next? The book counts it as k = 1."""
    return _sweep(fig, "tab:4.3", k=1)


def _sweep(fig, name, k):
    """q_k, the greedy policy and the next v of value iteration on the two by two world."""
    model = GridWorld(TWO_BY_TWO).model
    v = np.zeros(4)
    for _ in range(k):
        v = action_value(model, v, GAMMA).max(-1)
    q = action_value(model, v, GAMMA)
    _write_table(
        fig.add_subplot(),
        [[f"{x:g}" for x in row] for row in q.round(12) + 0.0],
        columns=["$a_1$", "$a_2$", "$a_3$", "$a_4$", "$a_5$"],
        marked=q >= q.max(-1, keepdims=True) - 1e-9,
    )
    fig.set_size_inches(6.2, 2.4)
    found = {"q": q, "pi": best_actions(q), "v": q.max(-1)}
    return Result(*printed_parts(name, found, within=1e-9))


def _two_cells():
    """The world of Fig. 4.3: s1 and the target s2 side by side; actions left, stay, right."""
    world = GridWorld((".T",))
    kept, table = [3, 4, 1], world.model
    columns = (x[:, kept] for x in (table.p, table.s_next, table.r, table.terminated))
    return world, MDP(*columns)


def _as_arrows(pi):
    """A policy over left, stay, right as one over up, right, down, left, stay."""
    left, stay, right = pi.T
    return np.column_stack([0 * left, right, 0 * left, left, stay])


@item("fig:4.3")
def one_improvement(fig, rng):
    """How does policy iteration leave the worst policy, always left, in one step?"""
    world, model = _two_cells()
    always_left = np.array([[1.0, 0, 0], [1, 0, 0]])
    (v0, pi0), (v1, pi1) = islice(policy_iteration(model, GAMMA, always_left), 2)
    for k, (ax, v, pi) in enumerate(zip(fig.subplots(2, 1), (v0, v1), (pi0, pi1), strict=True)):
        draw_grid(ax, world, v=v, pi=_as_arrows(pi), names=True)
        ax.set_xlabel(f"$\\pi_{k}$")
    found = {
        "pi_0": best_actions(pi0, "LSR"),
        "v of pi_0": v0,
        "sweeps": np.array(list(islice(evaluate(model, pi0, GAMMA), 3))),
        "pi_1": best_actions(pi1, "LSR"),
    }
    return Result(*printed_parts("fig:4.3", found, within=1e-9))


@item("tab:4.4")
def expression_of_q_two_cells(fig, rng):
    """What is q(s, a) as an expression in v, with two cells and three actions?"""
    _, model = _two_cells()
    _write_table(
        fig.add_subplot(),
        [
            [f"{r:g} + $\\gamma v(s_{s + 1})$" for r, s in zip(*row, strict=True)]
            for row in zip(model.R, model.s_next[:, :, 0], strict=True)
        ],
        columns=["left", "stay", "right"],
    )
    fig.set_size_inches(5.2, 1.6)
    return Result(*printed_parts("tab:4.4", {"r": model.R, "s_next": 1 + model.s_next[:, :, 0]}))


@item("tab:4.5")
def q_of_always_left(fig, rng):
    """What is each action worth, if the policy is always left?"""
    _, model = _two_cells()
    pi = np.array([[1.0, 0, 0], [1, 0, 0]])
    q = action_value(model, policy_value(model, pi, GAMMA), GAMMA)
    _write_table(
        fig.add_subplot(),
        [[f"{x:g}" for x in row] for row in q.round(12)],
        columns=["left", "stay", "right"],
        marked=q >= q.max(-1, keepdims=True) - 1e-9,
    )
    fig.set_size_inches(5.2, 1.6)
    return Result(*printed_parts("tab:4.5", {"q": q}, within=1e-9))


@item("fig:4.4")
def ten_improvements(fig, rng):
    """Is every printed policy of the book's run greedy for the values printed before it?"""
    world = GridWorld(r_forbidden=-10)
    texts = printed("fig:4.4")
    shown = (0, 1, 2, 3, 4, 5, 9, 10)
    found, q = {}, {}
    fig.set_size_inches(13.0, 7.2)
    for ax, k in zip(fig.subplots(2, 4).flat, shown, strict=True):
        pi = world.policy(texts[f"pi_{k}"])
        v = policy_value(world.model, pi, GAMMA)
        found[f"v_{k}"] = v
        if k - 1 in shown:
            found[f"pi_{k}"] = best_actions(q[k - 1])
        q[k] = action_value(world.model, v, GAMMA)
        draw_grid(ax, world, v=v, pi=pi)
        ax.set_xlabel(f"k = {k}")
    everywhere_stay = world.policy(texts["pi_0"])
    own = list(until_close(policy_iteration(world.model, GAMMA, everywhere_stay), tol=1e-9))
    is_best = np.abs(v - optimal(world.model, GAMMA).v).max() < 1e-5
    return Result(
        *printed_parts("fig:4.4", found),
        Part("v, rlbook's own run", texts["v_10"], own[-1].v),
        Part("the last policy is optimal", [True], [bool(is_best)]),
        note="Many actions are equally good here, and no fixed order of the actions gives the "
        "book's run. So each printed table is compared with the values of the printed policy, and "
        "each printed policy with the best actions for the values before it. rlbook's own run "
        f"takes {len(own) - 1} improvements.",
    )


@item("fig:4.5")
def between_the_two(fig, rng):
    """Does truncated policy iteration lie between value iteration and policy iteration?"""
    sweeps = (1, 2, 5, 10, 50, 1000)
    counts = {}
    for ax, (name, r_forbidden) in zip(
        fig.subplots(1, 2), (("Fig. 3.4(a)", -1), ("Fig. 3.4(d)", -10)), strict=True
    ):
        model = GridWorld(r_forbidden=r_forbidden).model
        best = optimal(model, GAMMA, tol=1e-9).v
        curves = {}
        for j in sweeps:
            runs = until_close(truncated_policy_iteration(model, GAMMA, j), tol=1e-6)
            error = np.array([np.abs(v - best).max() for v, _ in runs])
            counts.setdefault(name, []).append(1 + int((error < 1e-3).argmax()))
            curves[f"{j} sweep" + "s" * (j > 1)] = error[:40]
        draw_curves(ax, range(1, 41), curves)
        for line, marker in zip(ax.lines, ".os^xd", strict=True):
            line.set(marker=marker, markersize=4)
        ax.set(title=f"the world of {name}", yscale="log", xlabel="k", ylabel="$|v_k - v^*|$")
        ax.set_ylim(bottom=1e-5)
        ax.legend(loc="lower right", fontsize=8)
    fig.set_size_inches(9.6, 4.0)
    names = {f"iterations to 1e-3, {name}": count for name, count in counts.items()}
    fewer = [bool((np.diff(count) <= 0).all()) for count in counts.values()]
    return Result(
        *(Part(name, reference("fig:4.5", name).mean, count) for name, count in names.items()),
        Part("more sweeps never take more iterations", [True, True], fewer),
        kind="shape",
        note="The book's figure is a sketch. The counts, for 1, 2, 5, 10, 50 and 1000 sweeps, are "
        "compared with those of an independent solver.",
    )


@item("tab:4.6")
def side_by_side(fig, rng):
    """From the same start, which gets further in one step, policy iteration or value iteration?"""
    world = GridWorld()
    start = world.policy(printed("fig:2.7", "pi, bad, top"))
    v0 = policy_value(world.model, start, GAMMA)
    one_pi = list(islice(policy_iteration(world.model, GAMMA, start), 2))[1]
    one_vi = next(value_iteration(world.model, GAMMA, v0))
    for ax, v, name in zip(
        fig.subplots(1, 3),
        (v0, one_vi.v, one_pi.v),
        (
            "the start of both: $v_{\\pi_0}$",
            "value iteration: $v_1$",
            "policy iteration: $v_{\\pi_1}$",
        ),
        strict=True,
    ):
        draw_grid(ax, world, v=v)
        ax.set_xlabel(name)
    fig.set_size_inches(11.0, 4.0)
    same = world.arrows(one_pi.pi) == world.arrows(one_vi.pi)
    return Result(
        Part("both hold the same pi_1", [True], [same]),
        Part("v of pi_1 is never below v_1", [True], [bool((one_pi.v >= one_vi.v - 1e-9).all())]),
        note="The table lists the steps of both algorithms. From the same v_0 the first policy is "
        "the same; then policy iteration goes all the way to its value.",
    )


def _write_table(ax, cells, columns, marked=None):
    """A table of q(s, a) as the book prints it, the best entries shaded."""
    rows = [f"$s_{s}$" for s in range(1, 1 + len(cells))]
    table = ax.table(
        cells, rowLabels=rows, colLabels=columns, cellLoc="center", bbox=(0.06, 0, 0.94, 1)
    )
    for cell in table.get_celld().values():
        cell.set_edgecolor("0.72")
    ax.set_axis_off()
    if marked is not None:
        for s, a in np.argwhere(marked):
            table[int(s) + 1, int(a)].set_facecolor((0.86, 0.93, 0.78))


if __name__ == "__main__":
    run(__file__)
