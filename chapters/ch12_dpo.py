"""Chapter 12: what can be learned from which of two answers somebody prefers?"""

import numpy as np

from rlbook import GridWorld, optimal, policy_value, uniform
from rlbook.book import Estimate, Part, Result, at_least, item, listed, mean_of, printed, share_of
from rlbook.cli import run
from rlbook.dpo.kl_objective import (
    best_of_n,
    kl_divergence,
    objective,
    optimal_policy,
    reward_kl_frontier,
)
from rlbook.dpo.losses import LOSSES, dpo_gradient, dpo_loss
from rlbook.dpo.preferences import Answer, bradley_terry
from rlbook.dpo.preferences import Preference as Pref
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.tabular import TabularDPO
from rlbook.dpo.wins import expected_kl, expected_wins, fit_rewards, sample_wins
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.plot import draw_curves, draw_grid, panels
from rlbook.policy import greedy, sample

X, Y = 4, 8  # contexts, answers to each
BETA = 0.5
WORLD = f"{X} contexts with {Y} answers each, rewards uniform in [-1.5, 1.5], pi_ref at random. "


def _problem(rng):
    """Rewards (X, Y), and a reference policy."""
    return rng.uniform(-1.5, 1.5, (X, Y)), rng.dirichlet(np.full(Y, 2.0), X)


@item("dpo:closed-form")
def closed_form(fig, rng):
    """Does the least DPO loss lie at pi_ref exp(r / beta) / Z, for every beta?"""
    betas = (0.05, 0.1, 0.5, 1.0, 5.0)
    reward, pi_ref = _problem(rng)
    best = [optimal_policy(pi_ref, reward, beta) for beta in betas]
    wins, found, slope = expected_wins(reward), [], []
    for pi, beta in zip(best, betas, strict=True):
        dpo = TabularDPO(pi_ref, beta=beta)
        dpo.theta = np.log(pi)
        slope.append(np.abs(dpo.gradient(wins)).max() / beta)
        dpo.theta = np.log(pi_ref)
        found.append(dpo.fit(wins).pi)
    distance = np.abs(np.subtract(found, best)).max((1, 2))
    axes = panels(fig, 3, (11, 3.6), sharey=True)
    for ax, k in zip(axes, (0, 2, 4), strict=True):
        policies = {r"$\pi_{ref}$": pi_ref, "closed form": best[k], "DPO": found[k]}
        _draw_bars(ax, policies, ("0.75", "C0", "C1"), 0.3)
        ax.set(xlabel="answer to the first context", title=f"beta = {betas[k]:g}")
    axes[0].set_ylabel("probability")
    ax.legend()
    zeros = np.zeros(len(betas))
    return Result(
        Part("largest distance of a probability", zeros, distance, within=1e-10),
        Part("slope at the closed form", zeros, slope, within=1e-14),
        note=WORLD + "The loss of all pairs with their true chances, no sampling; Newton's method "
        f"from pi_ref. beta = {listed(betas, 'g')}. Slopes of the loss in the logits, over beta.",
    )


def _draw_bars(ax, policies, colors, width):
    """What several policies answer to the first context, side by side."""
    middle = (len(policies) - 1) / 2
    for k, ((name, pi), color) in enumerate(zip(policies.items(), colors, strict=True)):
        ax.bar(np.arange(Y) + width * (k - middle), pi[0], width, color=color, label=name)


@item("dpo:one-over-n")
def one_over_n(fig, rng, quick, progress):
    """How fast does DPO find the best policy as pairs are added? KL falls as 1 / N."""
    reward, pi_ref = _problem(rng)
    best, predicted = optimal_policy(pi_ref, reward, BETA), expected_kl(pi_ref, reward, BETA)
    sizes, seeds = np.logspace(3, 7, 5).astype(int), 50 if quick else 200
    KL, begin = np.full((len(sizes), seeds), np.nan), rng.integers(2**31)
    for j in progress(range(seeds), seeds):
        own = np.random.default_rng([begin, j])
        for k, n in enumerate(sizes):
            wins = sample_wins(reward, n, own)
            try:
                pi = TabularDPO(pi_ref, beta=BETA).fit(wins).pi
            except ValueError:  # an answer that never lost: no largest likelihood
                continue
            KL[k, j] = kl_divergence(best, pi).mean()
    without = np.isnan(KL).sum(1)
    mean, error = np.nanmean(KL, 1), np.nanstd(KL, 1, ddof=1) / np.sqrt(seeds - without)
    x = np.log(sizes[1:]) - np.log(sizes[1:]).mean()  # the smallest N is not yet many
    slope = x @ np.log(mean[1:]) / (x @ x)
    slope_error = np.sqrt(x**2 @ (error / mean)[1:] ** 2) / (x @ x)
    ax = fig.add_subplot()
    ax.loglog(sizes, KL, ".", color="0.7", ms=3)
    ax.loglog(sizes, mean, "o-", label=f"mean of {seeds} seeds (dots): slope {slope:.3f}")
    ax.loglog(sizes, predicted / sizes, "k--", lw=1, label=f"theory: {predicted:.1f} / N")
    ax.set(xlabel="pairs for each context, N", ylabel=r"KL( $\pi^*$ || $\pi$ )")
    ax.legend()
    over_theory = {
        f"N KL over theory, N = 1e{np.log10(n):.0f}": mean_of(n * kl[np.isfinite(kl)] / predicted)
        for n, kl in zip(sizes[1:], KL[1:], strict=True)
    }
    return Result(
        Part("slope from 1e4 on", -1.0, Estimate(slope, slope_error, seeds - 1)),
        *(Part(name, 1.0, ratio) for name, ratio in over_theory.items()),
        note=WORLD + f"beta = {BETA}; {seeds} seeds, numbered after {begin}; each context has N "
        "comparisons of two random answers. Theory: the covariance of the maximum likelihood, by "
        f"Fisher's information. N KL over theory: {listed(sizes * mean / predicted, '.3f')}. "
        f"Samples left out because some answer never lost: {listed(without)} of {seeds}.",
    )


def _options(loss, e):
    """A loss and its label smoothing, for the two that have one."""
    return {"loss": loss, "label_smoothing": e if loss in ("cdpo", "robust") else 0.0}


def _gradient_error(loss, e, rng):
    """The largest error of dpo_gradient against central differences of dpo_loss."""
    x, eps = rng.normal(size=(4, 200)), 1e-6  # the four logarithms of probabilities
    if loss == "hinge":  # not across its corner
        z = BETA * (x[0] - x[2] - x[1] + x[3])
        x = x[:, np.abs(z - 1) > 1e-4]
    errors = []
    for k, slope in enumerate(dpo_gradient(*x, beta=BETA, **_options(loss, e))):
        step = eps * (np.arange(4) == k)[:, None]
        up, down = (dpo_loss(*(x + d), beta=BETA, **_options(loss, e)) for d in (step, -step))
        errors.append(np.abs((up - down) / (2 * eps) - slope).max())
    return max(errors)


def _rest(loss, e):
    """h where the loss of a pair that is always decided alike comes to rest, if ever."""
    dpo = TabularDPO([[0.5, 0.5]], beta=BETA, **_options(loss, e))
    try:
        dpo.fit(np.array([[[0.0, 1.0], [0.0, 0.0]]]))
    except ValueError:  # it runs on for ever
        return np.inf
    return dpo.theta[0, 0] - dpo.theta[0, 1]


@item("dpo:losses")
def losses(fig, rng, quick):
    """Which loss works with preferences that are never in doubt, and which with wrong labels?"""
    e, flip, n = 0.1, 0.2, 200_000
    left, middle, right = panels(fig, 3, (12.6, 4))
    _draw_losses(left, middle, e)

    # Labels that are wrong at a known rate: what more and more of them lead to, and a sample.
    reward, pi_ref = _problem(rng)
    best = optimal_policy(pi_ref, reward, BETA)
    samples = [sample_wins(reward, n, rng, flip=flip) for _ in range(20)]

    def lost(loss, seen):
        """KL( best || fitted )."""
        pi = TabularDPO(pi_ref, beta=BETA, **_options(loss, flip)).fit(seen).pi
        return kl_divergence(best, pi).mean()

    names, x = ("sigmoid", "cdpo", "ipo", "robust"), np.arange(4)
    population = {loss: lost(loss, expected_wins(reward, flip=flip)) for loss in names}
    sampled = {loss: np.array([lost(loss, wins) for wins in samples]) for loss in names}
    means = {loss: x.mean() for loss, x in sampled.items()}
    right.bar(x - 0.2, list(population.values()), 0.4, label="all pairs, no sampling")
    right.bar(x + 0.2, list(means.values()), 0.4, label=f"{n:,} pairs a context")
    right.set(xticks=x, xticklabels=names, yscale="log", ylim=(1e-5, 10), ylabel="KL")
    right.set_title(f"{flip:.0%} of the labels wrong")
    right.text(2.8, 1.2e-5, "0", ha="center")  # robust, all pairs
    right.legend()

    errors = [_gradient_error(loss, e, rng) for loss in LOSSES]
    rests = [np.log((1 - e) / e) / BETA, 1 / (2 * BETA)]
    over_theory = sampled["robust"] / (expected_kl(pi_ref, reward, BETA, flip=flip) / n)
    further = "samples where sigmoid, cdpo and ipo are ten times as far as robust"
    far = np.min([sampled[loss] for loss in names[:3]], axis=0) > 10 * sampled["robust"]
    sigmoid, *found, robust = (_rest(loss, e) for loss in names)
    return Result(
        Part("error of the gradient", np.zeros(len(LOSSES)), errors, within=1e-7),
        Part("h at rest, labels without doubt: cdpo, ipo", rests, found, within=1e-9),
        Part("no rest: sigmoid, robust", [True, True], np.isinf([sigmoid, robust])),
        Part("robust, wrong labels, all pairs: KL", [0.0], [population["robust"]], within=1e-12),
        Part("robust, wrong labels: KL of a sample over theory", 1.0, mean_of(over_theory)),
        Part(further, at_least(0.9), share_of(far)),
        note=WORLD + f"beta = {BETA}, label smoothing {e} in the curves. A share of {flip} of the "
        "labels is wrong; cdpo and robust know this share. robust finds the best policy all the "
        "same. Wrong labels make a policy too soft, and cdpo makes it softer. KL: all pairs "
        f"{listed(population, '.3g')}; {n:,} pairs a context, the mean of 20 samples, "
        f"{listed(means, '.2g')}. ipo does not maximise the likelihood, and misses the best policy "
        "with right labels too. At rest h is ln((1 - e) / e) / beta for cdpo, 1 / (2 beta) for "
        "ipo.",
    )


def _draw_losses(left, middle, e):
    """Every loss over h, and its slope."""
    h, zero = np.linspace(-6, 10, 400), np.zeros(400)

    def over_h(f):
        return {loss: f(h, zero, zero, zero, beta=BETA, **_options(loss, e)) for loss in LOSSES}

    draw_curves(left, h, over_h(dpo_loss))
    left.set(xlabel="h", ylabel="loss", ylim=(-3, 8))
    draw_curves(middle, h, {loss: slope for loss, (slope, _) in over_h(dpo_gradient).items()})
    middle.set(xlabel="h", ylabel="slope", ylim=(-1.5, 1))
    middle.get_legend().remove()  # the colours of the left
    left.legend(loc="upper right")


@item("dpo:frontier")
def frontier(fig, rng, quick):
    """How much reward is possible for each KL, and which method reaches it?"""
    reward, pi_ref = _problem(rng)
    betas, n_random = np.logspace(2.3, -1.7, 81), 2000 if quick else 20_000
    most, KL = reward_kl_frontier(pi_ref, reward, betas)

    def point(pi):
        return kl_divergence(pi, pi_ref).mean(), (pi * reward).sum(-1).mean()

    def above(pi):
        """How far a policy lies above the frontier: above any of its tangents."""
        kl, r = point(pi)
        return (r - (most + betas * (kl - KL))).max() if kl < np.inf else -np.inf

    wins = sample_wins(reward, 300, rng)
    dpo = {}
    for beta in (0.1, 0.3, 1.0):  # cdpo: among so few pairs some answers never lose
        agent = TabularDPO(pi_ref, beta=beta, loss="cdpo", label_smoothing=0.01)
        dpo[beta] = agent.fit(wins).pi
    best_n = {n: best_of_n(pi_ref, reward, n) for n in (2, 4, 8, 16, 64)}
    chosen = pi_ref * wins.sum(2)
    chosen /= chosen.sum(1, keepdims=True)
    weights = rng.dirichlet(np.ones(Y), (n_random, X))
    share = rng.random((n_random, 1, 1)) ** 2
    random = share * weights + (1 - share) * pi_ref
    groups = {
        "random policies": random[:2000],
        "DPO from 300 pairs a context": dpo.values(),
        "best of 2, 4, 8, 16, 64": best_n.values(),
        "imitation of what was chosen": [chosen],
    }
    points = {name: np.array([point(pi) for pi in some]) for name, some in groups.items()}
    _, of_dpo, of_best, of_chosen = points.values()
    _draw_frontier(fig, KL, most, points, dpo)
    checked = np.array([10.0, 1.0, 0.1])
    up, down = (reward_kl_frontier(pi_ref, reward, checked * x) for x in (1.0001, 0.9999))
    rise, run = np.subtract(up, down)
    slope = rise / run / checked
    bound = [np.log(n) - (n - 1) / n - kl_divergence(pi, pi_ref).max() for n, pi in best_n.items()]
    everybody = [*random, *dpo.values(), *best_n.values(), chosen]
    furthest, held = max(0.0, *map(above, everybody)), np.array(bound) >= -1e-12
    best_kl = listed(f"{kl:.3f} (N = {n})" for n, (kl, _) in zip(best_n, of_best, strict=True))
    *kl_and_reward, imitated = (f"({x:.2f}, {y:.2f})" for x, y in (*of_dpo, *of_chosen))
    return Result(
        Part("slope of the curve over beta", np.ones(3), slope, within=1e-6),
        Part("furthest above the curve, of all", [0.0], [furthest], within=1e-12),
        Part("best of N: KL at most ln N - (N - 1) / N", [True] * len(best_n), held),
        note=WORLD + f"The curve is exact, for beta from {betas[0]:.3g} to {betas[-1]:.2g}; "
        f"{len(everybody):,} policies are compared with its tangents. Best of N, exact, has KL "
        f"{best_kl}. DPO is cdpo with 0.01: in 300 pairs a context some answers may never lose. "
        f"(KL, reward): DPO {listed(kl_and_reward)}; imitation of what was chosen {imitated}.",
    )


def _draw_frontier(fig, KL, most, points, betas):
    """The curve, and the points (KL, reward) of every group."""
    ax = panels(fig, 1, (8, 4.6))
    random, *groups = points.items()
    ax.plot(*random[1].T, ".", color="0.75", ms=3, label=random[0])
    ax.plot(KL, most, "k-", label="the most that can be had")
    for (name, xy), mark, size in zip(groups, "os^", (6, 5, 8), strict=True):
        ax.plot(*xy.T, mark, ms=size, label=name)
    for beta, xy in zip(betas, groups[0][1], strict=True):
        place = {"textcoords": "offset points", "xytext": (6, -12)}
        ax.annotate(rf"$\beta$ = {beta:g}", xy, color="C0", fontsize=8, **place)
    ax.set(xlabel=r"KL( $\pi$ || $\pi_{ref}$ )", ylabel="reward", xlim=(-0.05, KL.max() * 1.05))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=1.5)


def _climb(policy, reward, rng, steps, progress, **options):
    """The third stage by sampling: the agent, and of each step how far pi is from its goal."""
    agent = RLHF(policy, beta=BETA, lr=0.05, rng=rng, **options)
    goal = optimal_policy(policy(np.arange(X)), reward, BETA)
    apart = []
    for k in progress(range(steps), steps):
        agent.adam.lr = 0.05 * min(1.0, 2 * (1 - k / steps))
        agent.update(_rollouts(policy(np.arange(X)), 32, reward, rng))
        apart.append(np.abs(policy(np.arange(X)) - goal).max())
    return agent, apart


def _rollouts(pi, n, reward, rng):
    """n answers to each context, and their rewards."""
    drawn = [sample(np.tile(pi[x], (n, 1)), rng) for x in range(X)]
    return [
        Rollouts(x, [Answer([x], [y]) for y in ys], reward[x, ys]) for x, ys in enumerate(drawn)
    ]


@item("dpo:rlhf")
def rlhf(fig, rng, quick, progress):
    """Do a reward model and the best policy for it lead where DPO leads?"""
    reward, pi_ref = _problem(rng)
    wins, begin = sample_wins(reward, 1000, rng), rng.integers(2**31)
    seeds, steps, near = (2, 150, 0.05) if quick else (2, 500, 0.01)
    fitted = fit_rewards(wins)  # the second stage
    two_stages = optimal_policy(pi_ref, fitted, BETA)  # the third, exactly
    dpo = TabularDPO(pi_ref, beta=BETA).fit(wins)  # one stage
    curves, ends = [], []
    ways = {"policy gradient": {}, "clipped, 4 steps a batch": {"clip": 0.2, "epochs": 4}}
    for k, options in enumerate([*ways.values()] * seeds):
        policy, own = Softmax(Table(X, Y)), np.random.default_rng([begin, k])
        policy.theta = np.log(pi_ref).ravel()
        agent, apart = _climb(policy, fitted, own, steps, progress, **options)
        curves.append(apart)
        ends.append(policy(np.arange(X)))
    agent.policy.theta = np.log(two_stages).ravel()
    advantages = agent.advantages(_rollouts(two_stages, 50, fitted, rng))
    left, right = panels(fig, 2, (10, 4))
    policies = {r"$\pi_{ref}$": pi_ref, "reward, then its best policy": two_stages}
    policies |= {"DPO": dpo.pi, "policy gradient": ends[0]}
    _draw_bars(left, policies, ("0.75", "C0", "C1", "C2"), 0.2)
    left.set(xlabel="answer to the first context", ylabel="probability")
    left.legend()
    draw_curves(right, np.arange(1, steps + 1), dict(zip(ways, curves, strict=False)))
    right.set(xlabel="steps", ylabel="furthest probability from its goal", yscale="log")
    most = objective(two_stages, pi_ref, fitted, BETA)
    gaps = [(most - objective(pi, pi_ref, fitted, BETA)).max() for pi in ends]
    furthest = np.array(curves)[:, -1]
    largest = {
        "probabilities of two stages and of DPO: largest distance": two_stages - dpo.pi,
        "rewards of the two: largest distance": fitted - dpo.reward,
        "advantages at the best policy: largest": advantages,
    }
    arrive = f"policy gradient, clipped: runs that end with every probability within {near}"
    return Result(
        *(Part(name, [0.0], [np.abs(x).max()], within=1e-10) for name, x in largest.items()),
        Part(arrive, at_least(0.9), share_of(furthest < near)),
        note=WORLD
        + f"1000 pairs a context, beta = {BETA}; seeds after {begin}. Rewards are fitted "
        f"by Zermelo's iteration, DPO by Newton's method; then {steps} steps with 32 sampled "
        f"answers to each context, in the end off by {furthest.max():.1g} in a probability, and by "
        f"{max(gaps):.1g} in the objective. At the goal all advantages are zero: no noise is left.",
    )


def _paths(model, pi, starts, horizon, rng):
    """Paths from these starts in a world without chance: states, actions, rewards, (N, T) each."""
    s, steps = starts, []
    for _ in range(horizon):
        a = sample(pi[s], rng)
        steps.append((s, a, model.r[s, a, 0]))
        s = model.s_next[s, a, 0]
    return (np.array(field).T for field in zip(*steps, strict=True))


def _compare_paths(model, pi, n, horizon, gamma, rng):
    """Preferences between n pairs of paths that begin in the same state, any state."""
    starts = np.repeat(rng.integers(model.n_states, size=n), 2)
    s, a, r = _paths(model, pi, starts, horizon, rng)
    value = (r @ gamma ** np.arange(horizon)).reshape(n, 2)
    first = rng.random(n) < bradley_terry(value[:, 0], value[:, 1])
    best = 2 * np.arange(n) + ~first
    return [Pref(starts[k], Answer(s[k], a[k]), Answer(s[k ^ 1], a[k ^ 1])) for k in best.tolist()]


@item("dpo:gridworld")
def gridworld(fig, rng, quick, progress):
    """Can DPO find the way from preferences between paths, without ever seeing a reward?"""
    world, gamma, horizon, beta, n = GridWorld(r_forbidden=-10), 0.9, 20, 0.05, 200
    model, states, v_star = world.model, np.arange(25), optimal(world.model, gamma, 1e-9).v
    rounds, seeds, begin = 300 if quick else 600, 3, int(rng.integers(2**31))

    def value(policy):
        """The exact value of the greedy policy."""
        return policy_value(model, greedy(policy(states)), gamma)

    def learn(seed, total, behaviour=None):
        """The policy, and every tenth time what its value lacks in the worst state."""
        own, policy = np.random.default_rng(seed), Softmax(Table(25, 5))
        agent, curve = DPO(policy, beta=beta, lr=0.1, rng=own), [(v_star - value(policy)).max()]
        for k in progress(range(1, total + 1), total):
            pi = policy(states) if behaviour is None else behaviour
            agent.update(_compare_paths(model, pi, n, horizon, gamma, own))
            if k % 10 == 0:
                curve.append((v_star - value(policy)).max())
        return policy, curve

    learned = [learn([begin + k, 12], rounds) for k in range(seeds)]
    curves = {f"seed {k}": curve for k, (_, curve) in enumerate(learned, start=1)}
    ends, policy = [value(policy) for policy, _ in learned], learned[-1][0]
    lacking = [learn([begin + k, 13], 60, uniform(25, 5))[1][-1] for k in range(seeds)]

    left, right = panels(fig, 2, (10, 4.6))
    draw_grid(left, world, pi=greedy(policy(states)), v=ends[-1])
    draw_curves(right, np.arange(0, rounds + 1, 10) * n / 1000, curves)
    right.set(xlabel="thousand pairs", ylabel="value that is lacking, in the worst state")
    lost = (v_star - ends).max(1)
    is_good = "lacks less than 10 in its worst state" if quick else "is a best one"
    good = f"seeds whose greedy policy {is_good}, and no best one where paths are at random alone"
    found = (lost < (10 if quick else 1e-9)) & (np.array(lacking) > 1e-6)
    name, best_run = "v of the best run's greedy policy", ends[lost.argmin()].reshape(5, 5)
    table = Part(name, printed("fig:3.4d", "v"), best_run)
    return Result(
        Part(good, at_least(0.9), share_of(found)),
        *([] if quick else [table]),
        note=f"r_forbidden = -10, as in Fig. 3.4(d). {rounds} rounds of {n} pairs of paths of "
        f"{horizon} steps from the same state, drawn from the policy as it is by then; the judge "
        f"compares discounted rewards, gamma = {gamma}. beta = {beta}, pi_ref uniform; {seeds} "
        f"seeds from {begin} on. {60 * n:,} pairs at random leave {listed(lacking, '.1f')} lacking "
        "in the worst states: they say little of what would come after a good step.",
    )


if __name__ == "__main__":
    run(__file__)
