"""Chapter 3: which policy is best, and what makes it so? The Bellman optimality equation."""

from itertools import islice, pairwise

import numpy as np

from rlbook import (
    MDP,
    GridWorld,
    action_value,
    greedy,
    optimal,
    optimality_operator,
    policy_value,
    value_iteration,
)
from rlbook.book import Part, Result, best_actions, item, printed_parts
from rlbook.cli import run
from rlbook.plot import draw_curves, draw_grid, panels

GAMMA = 0.9


@item("fig:3.2")
def improvement(fig, rng):
    """Can the values of a bad policy tell how to improve it?"""
    world = GridWorld((".#", ".T"))
    pi = world.policy("RD/RS")
    v = policy_value(world.model, pi, GAMMA)
    q = action_value(world.model, v, GAMMA)
    left, right = fig.subplots(1, 2)
    draw_grid(left, world, v=v, pi=pi, names=True)
    bars = right.bar(["up", "right", "down", "left", "stay"], q[0], color="0.7")
    right.bar_label(bars, fmt="%.1f")
    right.set(ylabel="$q_\\pi(s_1, a)$", ylim=(0, 10))
    fig.set_size_inches(7.6, 3.6)
    return Result(
        *printed_parts("fig:3.2", {"v": v, "q(s1)": q[0]}, within=1e-9),
        Part("best action in s1", ["D"], best_actions(q)[:1]),
    )


def _best(fig, name, gamma, **rewards):
    """An optimal policy of the five by five grid, beside the printed one."""
    world = GridWorld(**rewards)
    best = optimal(world.model, gamma)
    draw_grid(fig.add_subplot(), world, v=best.v, pi=best.pi)
    return Result(*printed_parts(name, {"v": best.v, "pi": best_actions(best.q)}))


@item("fig:3.4a")
def baseline(fig, rng):
    """Does it pay to cross forbidden cells if they cost no more than the boundary?"""
    return _best(fig, "fig:3.4a", GAMMA)


@item("fig:3.4b")
def short_sighted(fig, rng):
    """What changes if the future counts less, gamma = 0.5?"""
    return _best(fig, "fig:3.4b", 0.5)


@item("fig:3.4c")
def blind(fig, rng):
    """What changes if only the next reward counts, gamma = 0?"""
    return _best(fig, "fig:3.4c", 0.0)


@item("fig:3.4d")
def afraid(fig, rng):
    """What changes if a forbidden cell costs ten times as much?"""
    return _best(fig, "fig:3.4d", GAMMA, r_forbidden=-10)


@item("fig:3.5")
def no_detours(fig, rng):
    """Does a detour pay where a step costs nothing? No: discounting makes it worse."""
    world = GridWorld(("..", ".T"))
    v_best = optimal(world.model, GAMMA).v
    values = {}
    for ax, name, arrows in zip(
        fig.subplots(1, 2), ("best", "detour"), ("DD/RS", "DL/RS"), strict=True
    ):
        pi = world.policy(arrows)
        values[f"v, {name}"] = v = policy_value(world.model, pi, GAMMA)
        draw_grid(ax, world, v=v, pi=pi, names=True)
        ax.set_xlabel(name)
    fig.set_size_inches(7.2, 3.8)
    return Result(
        *printed_parts("fig:3.5", values, within=1e-6),
        Part("v*", values["v, best"], v_best, within=1e-6),
    )


@item("ex:3.1")
def nested_maximum(fig, rng):
    """How is x = max_y (2x - 1 - y^2) solved for two unknowns? First y, then x."""
    y = np.linspace(-2, 2, 4001)
    best_y = y[(-(y**2)).argmax()]  # whatever x is
    x = np.roots([1.0, -1.0 - best_y**2])[0]  # x = 2x - 1 - y^2
    ax = fig.add_subplot()
    draw_curves(ax, y, {f"x = {x0:g}": 2 * x0 - 1 - y**2 for x0 in (0.5, 1.0, 1.5)})
    ax.plot([best_y], [x], "ko")
    ax.set(xlabel="y", ylabel="$2x - 1 - y^2$")
    return Result(*printed_parts("ex:3.1", {"x": [x], "y": [best_y]}, within=1e-9))


def _contractions(rng):
    """The three maps of Examples 3.3 and 3.4: their dimension and their modulus."""
    A = rng.uniform(-1, 1, (4, 4))
    A *= 0.8 / np.linalg.norm(A, np.inf)
    return {
        "0.5 x": (lambda x: 0.5 * x, 1, 0.5),
        "A x": (lambda x: A @ x, 4, 0.8),
        "0.5 sin x": (lambda x: 0.5 * np.sin(x), 1, 0.5),
    }


@item("ex:3.3")
def contraction_maps(fig, rng, quick):
    """Do 0.5 x, A x with |A| < 1 and 0.5 sin x bring any two points closer together?"""
    pairs = 100 if quick else 2000
    ratios, excess = {}, {}
    for name, (f, size, modulus) in _contractions(rng).items():
        x, y = rng.normal(scale=3, size=(2, pairs, size))
        before = np.abs(x - y).max(-1)
        after = [np.abs(f(a) - f(b)).max() for a, b in zip(x, y, strict=True)]
        ratios[name] = np.array(after) / before
        excess[name] = [max(0.0, ratios[name].max() - modulus)]
    ax = fig.add_subplot()
    ax.hist(list(ratios.values()), bins=30, range=(0, 1), label=list(ratios))
    ax.set(xlabel="$|f(x) - f(y)| / |x - y|$", ylabel="pairs", yscale="log")
    ax.legend()
    return Result(
        *(
            Part(f"largest ratio above the modulus, {name}", [0.0], x, within=1e-12)
            for name, x in excess.items()
        ),
        note=f"{pairs} random pairs of points. No ratio may be above 0.5, 0.8 and 0.5. The "
        "size of a vector is its largest component.",
    )


@item("ex:3.4")
def fixed_points(fig, rng):
    """Where does x_{k+1} = f(x_k) lead for these three maps, from x_0 = 10?"""
    steps, curves, ends, excess = 200, {}, [], []
    for name, (f, size, modulus) in _contractions(rng).items():
        x = np.full(size, 10.0)
        sizes = [np.abs(x).max()]
        for _ in range(steps):
            x = f(x)
            sizes.append(np.abs(x).max())
        curves[name] = sizes[:41]
        ends.append(sizes[-1])
        excess.append(max(0.0, max(b - modulus * a for a, b in pairwise(sizes))))
    ax = fig.add_subplot()
    draw_curves(ax, range(41), curves)
    ax.set(yscale="log", xlabel="k", ylabel="$|x_k|$")
    return Result(
        *printed_parts("ex:3.4", {"fixed point": ends}, within=1e-12),
        Part("step longer than the modulus allows", np.zeros(3), excess, within=1e-12),
    )


@item("thm:3.2")
def contraction(fig, rng, quick):
    """Is the right side of the Bellman optimality equation a contraction with modulus gamma?"""
    gammas = (0.0, 0.5, 0.9, 0.99)
    per_model = 5 if quick else 50
    ratios = {gamma: [] for gamma in gammas}
    for model in [GridWorld().model, *(_random_model(rng) for _ in range(10 if quick else 40))]:
        for gamma in gammas:
            f = optimality_operator(model, gamma)
            for v1, v2 in rng.normal(scale=5, size=(per_model, 2, model.n_states)):
                ratios[gamma].append(np.abs(f(v1) - f(v2)).max() / np.abs(v1 - v2).max())
    largest = np.array([max(ratios[gamma]) for gamma in gammas])
    ax = fig.add_subplot()
    ax.boxplot(list(ratios.values()), whis=(0, 100))
    ax.set_xticklabels([str(gamma) for gamma in gammas])
    ax.hlines(gammas, np.arange(4) + 0.6, np.arange(4) + 1.4, color="0.2", ls="--", lw=1)
    ax.set(xlabel="$\\gamma$ (dashed: the bound)", ylabel="$|f(v_1) - f(v_2)| / |v_1 - v_2|$")
    return Result(
        Part(
            "largest ratio above gamma", np.zeros(4), np.maximum(0, largest - gammas), within=1e-12
        ),
        note=f"{len(ratios[0.9])} random pairs for each gamma = 0, 0.5, 0.9, 0.99; "
        f"the largest ratios are {np.round(largest, 4).tolist()}.",
    )


@item("thm:3.3")
def one_solution(fig, rng, quick):
    """Does v = f(v) have a solution, only one, and does every start lead to it?"""
    world, steps = GridWorld(), 400  # 0.9^400 is less than rounding
    model, f = world.model, optimality_operator(world.model, GAMMA)
    pi = optimal(model, GAMMA).pi
    v_best = policy_value(model, pi, GAMMA)  # by (2.12): no iteration
    levels = rng.uniform(-50, 60, (10 if quick else 100, 1))  # below v* and above it
    starts = levels + rng.uniform(-20, 20, (len(levels), model.n_states))
    runs = np.array([[v, *(x for x, _ in islice(value_iteration(model, GAMMA, v), steps))]
                     for v in starts])  # (starts, k, S)  # fmt: skip
    errors = np.abs(runs - v_best).max(-1)
    bound = GAMMA ** np.arange(steps + 1)
    moved = np.array([np.abs(f(v) - v).max() for v in starts])
    pairs = [(np.abs(f(v) - f(w)).max(), np.abs(v - w).max()) for v, w in pairwise(starts)]
    left, right = panels(fig, 2, (8.8, 4.0))
    for run_ in runs[:10]:
        left.plot(*run_[:, [0, 17]].T, ".-", color="C0", lw=0.8, markersize=4, alpha=0.7)
    left.plot(*runs[:10, 0, [0, 17]].T, "o", color="C1", label="ten starts")
    left.plot(*v_best[[0, 17]], "k*", markersize=13, zorder=5, label="$v^*$")
    left.set(xlabel="$v_k(s_1)$", ylabel="$v_k(s_{18})$, the target")
    left.legend()
    k = np.arange(101)
    right.plot(k, (errors / errors[:, :1])[:10, :101].T, color="C0", lw=0.8, alpha=0.7)
    right.plot(k, bound[:101], "k--", label="$\\gamma^k$")
    right.set(xlabel="k", ylabel="$|v_k - v^*| \\; / \\; |v_0 - v^*|$", yscale="log")
    right.legend()
    rounding = 1e-12
    return Result(
        Part("f(v*) - v*, v* the exact values of a greedy policy", 0 * v_best,
             f(v_best) - v_best, rounding),
        Part("greedy for v*: its values minus v*", 0 * v_best,
             policy_value(model, greedy(action_value(model, v_best, GAMMA)), GAMMA) - v_best,
             rounding),
        Part("|f(v1) - f(v2)| above gamma |v1 - v2|", [0.0],
             [max(0.0, *(after - GAMMA * before for after, before in pairs))], rounding),
        Part("|v_k - v*| above gamma^k |v_0 - v*|", [0.0],
             [np.maximum(errors - bound * errors[:, :1], 0).max()], rounding),
        Part("the last v_k - v*, of all starts", [0.0], [errors[:, -1].max()], rounding),
        Part("|f(v) - v| below (1 - gamma) |v - v*|: no other v stays", [0.0],
             [np.maximum((1 - GAMMA) * errors[:, 0] - moved, 0).max()], rounding),
        note=f"The book's grid, {len(starts)} starts with values from -70 to 80, {steps} steps "
        "each. v* was found without the steps: a policy, and its values by a linear system.",
    )  # fmt: skip


@item("fig:3.3")
def two_best_policies(fig, rng):
    """May a best policy toss a coin? And what must a forbidden cell cost in this figure?"""
    layout = ("...", "..#", "#.T")
    first = GridWorld(layout).policy("RDL/RDD/RRS")
    second = first.copy()
    second[0] = 0, 0.5, 0.5, 0, 0  # s1: to the right or down, as a coin says
    mark = GAMMA**3 / (1 - GAMMA) - GAMMA / (1 - GAMMA)  # around, less the rest of the way through

    def lost(r_forbidden, pi):
        """How much less than the best each cell is worth."""
        model = GridWorld(layout, r_forbidden=r_forbidden).model
        return optimal(model, GAMMA, 1e-10).v - policy_value(model, pi, GAMMA)

    *axes, right = panels(fig, 3, (11.0, 3.6))
    world = GridWorld(layout, r_forbidden=-2)
    for ax, pi, name in zip(axes, (first, second), ("first", "second: a coin in $s_1$"),
                            strict=True):  # fmt: skip
        draw_grid(ax, world, v=policy_value(world.model, pi, GAMMA), pi=pi, precision=2,
                  names=True)  # fmt: skip
        ax.set_xlabel(name)
    costs = np.linspace(-3, -1, 201)
    right.plot(costs, [lost(cost, second).max() for cost in costs])
    right.axvline(mark, color="0.4", lw=0.8, ls="--")
    right.set(
        xlabel="$r_{\\mathrm{forbidden}}$ (dashed: $-1.71$)", ylabel="lost in $s_3$, both policies"
    )
    best = optimal(world.model, GAMMA, 1e-10).v
    names = {"first": first, "second": second}
    return Result(
        *(Part(f"v* and v of the {name} policy, r_forbidden = -2", best,
               policy_value(world.model, pi, GAMMA), 1e-9) for name, pi in names.items()),
        *(Part(f"lost by the {name} policy with the rewards of chapter 1",
               [0, 0, 0.71, 0, 0, 0, 0, 0, 0], lost(-1, pi), 1e-9) for name, pi in names.items()),
        Part("r_forbidden where the ways of s3 tie", [-1.71], [mark], 1e-12),
        Part("lost by either below the tie, and at it", [0.0] * 6,
             [lost(cost, pi).max() for cost in (-10, -3, mark) for pi in names.values()], 1e-9),
        Part("lost by either above it: the distance from it", [0.3, 0.3, 0.01, 0.01],
             [lost(mark + d, pi).max() for d in (0.3, 0.01) for pi in names.values()], 1e-9),
        note="The book states no rewards for this figure. With those of chapter 1 the way through "
        "the forbidden cell is better in s3, and neither policy is best.",
    )  # fmt: skip


@item("thm:3.6")
def affine_rewards(fig, rng, quick):
    """If every reward r becomes alpha r + beta, what becomes of the best policy and its values?"""
    differences, same = [], []
    for model in [GridWorld().model, *(_random_model(rng) for _ in range(10 if quick else 100))]:
        alpha, beta = rng.uniform(0.1, 3), rng.normal(scale=3)
        changed = MDP(model.p, model.s_next, alpha * model.r + beta, model.terminated)
        before, after = optimal(model, GAMMA, tol=1e-10), optimal(changed, GAMMA, tol=1e-10)
        differences.append(np.abs(after.v - (alpha * before.v + beta / (1 - GAMMA))).max())
        letters = "URDLS"[: model.n_actions]
        same.append((best_actions(before.q, letters) == best_actions(after.q, letters)).all())
    world = GridWorld()
    changed = GridWorld(r_boundary=1, r_forbidden=1, r_target=5, r_other=3)  # 2 r + 3
    for ax, env in zip(fig.subplots(1, 2), (world, changed), strict=True):
        best = optimal(env.model, GAMMA)
        draw_grid(ax, env, v=best.v, pi=best.pi)
    fig.set_size_inches(8.4, 4.4)
    return Result(
        Part("v' - alpha v - beta / (1 - gamma)", [0.0], [max(differences)], within=1e-8),
        Part("the same best actions everywhere", [True], [all(same)]),
        note=f"The book's grid and {len(same) - 1} random models without an end. "
        "The pictures: the rewards of Fig. 3.4(a), and 2 r + 3.",
    )


def _random_model(rng, states=8, actions=3):
    """A model without an end: random transitions, random rewards."""
    P = rng.dirichlet(np.ones(states), size=(states, actions))
    return MDP.from_matrices(P, rng.normal(size=(states, actions)))


if __name__ == "__main__":
    run(__file__)
