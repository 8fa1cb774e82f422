"""Chapter 12: what can be learned from which of two answers somebody prefers?"""

import numpy as np

from rlbook import GridWorld, optimal, policy_value, uniform
from rlbook.book import Estimate, Result, at_least, item, mean_of, printed, share_of, silent
from rlbook.cli import run
from rlbook.dpo.kl_objective import (
    best_of_n,
    kl_divergence,
    objective,
    optimal_policy,
    reward_kl_frontier,
)
from rlbook.dpo.losses import LOSSES, dpo_gradient, dpo_loss
from rlbook.dpo.preferences import Answer, bradley_terry, sigmoid
from rlbook.dpo.preferences import Preference as Pref
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.tabular import TabularDPO
from rlbook.dpo.wins import expected_wins, fit_rewards, sample_wins
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.plot import draw_curves, draw_grid
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
    wins, found, distance, slope = expected_wins(reward), [], [], []
    for beta in betas:
        best = optimal_policy(pi_ref, reward, beta)
        dpo = TabularDPO(pi_ref, beta=beta)
        dpo.theta = np.log(best)
        slope.append(np.abs(dpo.gradient(wins)).max() / beta)
        dpo.theta = np.log(pi_ref)
        found.append(dpo.fit(wins).pi)
        distance.append(np.abs(found[-1] - best).max())
    for ax, k in zip(fig.subplots(1, 3, sharey=True), (0, 2, 4), strict=True):
        at = np.arange(Y)
        ax.bar(at - 0.3, pi_ref[0], 0.3, color="0.75", label=r"$\pi_{ref}$")
        ax.bar(at, optimal_policy(pi_ref, reward, betas[k])[0], 0.3, label="closed form")
        ax.bar(at + 0.3, found[k][0], 0.3, color="C1", label="DPO")
        ax.set(xlabel="answer to the first context", title=f"beta = {betas[k]:g}")
    ax.figure.axes[0].set_ylabel("probability")
    ax.legend()
    fig.set_size_inches(11, 3.6)
    zeros = np.zeros(len(betas))
    return Result(
        {"largest distance of a probability": zeros, "slope at the closed form": zeros},
        {"largest distance of a probability": distance, "slope at the closed form": slope},
        tolerance={"largest distance of a probability": 1e-10, "slope at the closed form": 1e-14},
        note=WORLD + "The loss of all pairs with their true chances, no sampling; Newton's method "
        f"from pi_ref. beta = {', '.join(f'{b:g}' for b in betas)}. The slope is that of the loss "
        "in the logits, over beta, put at the closed form.",
    )


def _predicted(reward, best, beta, flip=0.0):
    """N KL( best || fitted ) in the mean, for many pairs: theory, nothing sampled.

    The fitted rewards are normal around the true ones, with covariance F^-1 G F^-1 / N: F is the
    curvature of the loss, G the covariance of its slope, and G = F where no label is wrong. KL is
    quadratic in the rewards with the curvature diag(pi) - pi pi^T.
    """
    h = reward[:, :, None] - reward[:, None, :]
    wins = expected_wins(reward, flip=flip)
    slope = sigmoid(h) - (1 - flip) / (1 - 2 * flip)  # of robust; of sigmoid where flip = 0
    met = wins + wins.swapaxes(1, 2)
    squares = wins * slope**2
    F = _laplacian(met * sigmoid(h) * sigmoid(-h))
    G = _laplacian(squares + squares.swapaxes(1, 2))
    inverse = np.linalg.pinv(F, hermitian=True)
    curvature = best[:, :, None] * np.eye(Y) - best[:, :, None] * best[:, None, :]
    products = curvature @ inverse @ G @ inverse
    return np.trace(products, axis1=1, axis2=2).mean() / (2 * beta**2)


def _laplacian(w):
    """The sum of w_ij (e_i - e_j)(e_i - e_j)^T over pairs."""
    return w.sum(2)[:, :, None] * np.eye(Y) - w


@item("dpo:one-over-n")
def one_over_n(fig, rng, quick=False, progress=silent):
    """How fast does DPO find the best policy as pairs are added? KL falls as 1 / N."""
    reward, pi_ref = _problem(rng)
    best = optimal_policy(pi_ref, reward, BETA)
    sizes, seeds, begin = (
        np.logspace(3, 7, 5).astype(int),
        50 if quick else 200,
        rng.integers(2**31),
    )
    KL, without = np.full((len(sizes), seeds), np.nan), np.zeros(len(sizes), int)
    for j in progress(range(seeds), seeds):
        own = np.random.default_rng([begin, j])
        for k, n in enumerate(sizes):
            wins = sample_wins(reward, n, own)
            try:
                pi = TabularDPO(pi_ref, beta=BETA).fit(wins).pi
            except ValueError:  # an answer that never lost: no largest likelihood
                without[k] += 1
                continue
            KL[k, j] = kl_divergence(best, pi).mean()
    mean, predicted = np.nanmean(KL, 1), _predicted(reward, best, BETA)
    error = np.nanstd(KL, 1, ddof=1) / np.sqrt(seeds - without)
    x = np.log(sizes[1:]) - np.log(sizes[1:]).mean()  # the smallest N is not yet many
    slope = x @ np.log(mean[1:]) / (x @ x)
    slope_error = np.sqrt(x**2 @ (error / mean)[1:] ** 2) / (x @ x)
    ax = fig.add_subplot()
    ax.loglog(sizes, KL, ".", color="0.7", ms=3)
    ax.loglog(sizes, mean, "o-", label=f"mean of {seeds} seeds (dots): slope {slope:.3f}")
    ax.loglog(sizes, predicted / sizes, "k--", lw=1, label=f"theory: {predicted:.1f} / N")
    ax.set(xlabel="pairs for each context, N", ylabel=r"KL( $\pi^*$ || $\pi$ )")
    ax.legend()
    parts = {
        f"N KL over theory, N = 1e{np.log10(n):.0f}": mean_of(n * kl[np.isfinite(kl)] / predicted)
        for n, kl in zip(sizes[1:], KL[1:], strict=True)
    }
    return Result(
        {"slope from 1e4 on": -1.0} | dict.fromkeys(parts, 1.0),
        {"slope from 1e4 on": Estimate(slope, slope_error, seeds - 1)} | parts,
        note=WORLD + f"beta = {BETA}; {seeds} seeds, numbered after {begin}; a context is asked N "
        "times about two answers at random. Theory: the covariance of the maximum likelihood, by "
        "Fisher's information. N KL over theory: "
        + ", ".join(f"{x:.3f}" for x in sizes * mean / predicted)
        + ". Samples in which some answer never lost, so that the likelihood has no largest "
        f"value, are left out: {', '.join(map(str, without))} of {seeds}.",
    )


def _gradient_error(loss, e, rng):
    """The largest error of dpo_gradient against central differences of dpo_loss."""
    at, eps, options = rng.normal(size=(4, 200)), 1e-6, {"loss": loss, "label_smoothing": e}
    if loss == "hinge":  # not across its corner
        z = BETA * (at[0] - at[2] - at[1] + at[3])
        at = at[:, np.abs(z - 1) > 1e-4]
    errors = []
    for k, slope in enumerate(dpo_gradient(*at, beta=BETA, **options)):
        step = eps * (np.arange(4) == k)[:, None]
        up, down = (dpo_loss(*(at + d), beta=BETA, **options) for d in (step, -step))
        errors.append(np.abs((up - down) / (2 * eps) - slope).max())
    return max(errors)


def _runs_away(loss, e=0.0):
    """Whether wins of one answer only give this loss no least value."""
    never = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    try:
        TabularDPO([[0.5, 0.5]], beta=BETA, loss=loss, label_smoothing=e).fit(never)
    except ValueError:
        return True
    return False


def _rest(loss, e=0.0):
    """h where the loss of a pair that is always decided alike comes to rest."""
    always = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    dpo = TabularDPO([[0.5, 0.5]], beta=BETA, loss=loss, label_smoothing=e).fit(always)
    return dpo.theta[0, 0] - dpo.theta[0, 1]


@item("dpo:losses")
def losses(fig, rng, quick=False):
    """Which loss stands preferences that are never in doubt, and which stands wrong labels?"""
    e, flip, n = 0.1, 0.2, 200_000
    smoothing = {"cdpo": e, "robust": e}
    left, middle, right = fig.subplots(1, 3)
    h = np.linspace(-6, 10, 400)
    zero = np.zeros_like(h)
    curves = {
        k: dpo_loss(h, zero, zero, zero, beta=BETA, loss=k, label_smoothing=smoothing.get(k, 0))
        for k in LOSSES
    }
    slopes = {
        k: dpo_gradient(h, zero, zero, zero, beta=BETA, loss=k, label_smoothing=smoothing.get(k, 0))
        for k in LOSSES
    }
    draw_curves(left, h, curves)
    left.set(xlabel="h", ylabel="loss", ylim=(-3, 8))
    draw_curves(middle, h, {k: s for k, (s, _) in slopes.items()})
    middle.set(xlabel="h", ylabel="slope", ylim=(-1.5, 1))
    middle.get_legend().remove()  # the colours of the left
    left.legend(loc="upper right")

    # Labels that are wrong at a known rate: what more and more of them lead to, and a sample.
    reward, pi_ref = _problem(rng)
    best, population, sampled = optimal_policy(pi_ref, reward, BETA), {}, {}
    labels = expected_wins(reward, flip=flip)
    samples = [sample_wins(reward, n, rng, flip=flip) for _ in range(20)]

    def lost(loss, seen):
        """KL( best || fitted )."""
        smooth = {"label_smoothing": flip} if loss in smoothing else {}
        pi = TabularDPO(pi_ref, beta=BETA, loss=loss, **smooth).fit(seen).pi
        return kl_divergence(best, pi).mean()

    for loss in ("sigmoid", "cdpo", "ipo", "robust"):
        population[loss] = lost(loss, labels)
        sampled[loss] = np.array([lost(loss, wins) for wins in samples])
    expected = _predicted(reward, best, BETA, flip) / n  # of robust
    at = np.arange(len(population))
    right.bar(at - 0.2, list(population.values()), 0.4, label="all pairs, no sampling")
    means = [x.mean() for x in sampled.values()]
    right.bar(at + 0.2, means, 0.4, label=f"{n:,} pairs a context")
    right.set(xticks=at, yscale="log", ylim=(1e-5, 10), ylabel=r"KL( $\pi^*$ || $\pi$ )")
    right.set(xticklabels=list(population), title=f"{flip:.0%} of the labels wrong", ylabel="KL")
    right.text(at[-1] - 0.2, 1.2e-5, "0", ha="center")  # robust, all pairs
    right.legend()
    fig.set_size_inches(12.6, 4)

    rests, gradients = "h at rest, labels without doubt: cdpo, ipo", "error of the gradient"
    away = "no rest: sigmoid, robust"
    robust = "robust, wrong labels: KL of a sample over theory"
    others = [k for k in population if k != "robust"]
    far = "samples where sigmoid, cdpo and ipo are ten times as far as robust"
    return Result(
        {
            gradients: np.zeros(len(LOSSES)),
            rests: [np.log((1 - e) / e) / BETA, 1 / (2 * BETA)],
            away: [True, True],
            "robust, wrong labels, all pairs: KL": [0.0],
            robust: 1.0,
            far: at_least(0.9),
        },
        {
            gradients: [_gradient_error(k, smoothing.get(k, 0.0), rng) for k in LOSSES],
            rests: [_rest("cdpo", e), _rest("ipo")],
            away: [_runs_away("sigmoid"), _runs_away("robust", e)],
            "robust, wrong labels, all pairs: KL": [population["robust"]],
            robust: mean_of(sampled["robust"] / expected),
            far: share_of(np.min([sampled[k] for k in others], axis=0) > 10 * sampled["robust"]),
        },
        tolerance={
            gradients: 1e-7,
            rests: 1e-9,
            "robust, wrong labels, all pairs: KL": 1e-12,
        },
        note=WORLD + f"beta = {BETA}, label smoothing {e} in the curves. Labels are wrong at a "
        f"rate of {flip}, known to cdpo and robust; robust finds the best policy all the same, the "
        "others what the wrong labels say. cdpo goes even further astray: it softens labels that "
        "errors have made too soft already. KL "
        + ", ".join(f"{k} {population[k]:.3g}" for k in population)
        + f"; from {n:,} pairs a context, means of {len(samples)} samples, "
        + ", ".join(f"{k} {x.mean():.2g}" for k, x in sampled.items())
        + ". ipo is no maximum likelihood, and misses the best policy with right labels too. "
        "A pair that is always decided alike drives sigmoid and robust on for ever; cdpo "
        "rests at ln((1 - e) / e) / beta, ipo at 1 / (2 beta), hinge anywhere from 1 / beta on.",
    )


@item("dpo:frontier")
def frontier(fig, rng, quick=False):
    """How much reward can be had for how much KL, and who gets it?"""
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
    shown = {}
    for beta in (0.1, 0.3, 1.0):  # cdpo: among so few pairs some answers never lose
        dpo = TabularDPO(pi_ref, beta=beta, loss="cdpo", label_smoothing=0.01)
        shown[beta] = dpo.fit(wins).pi
    best_n = {n: best_of_n(pi_ref, reward, n) for n in (2, 4, 8, 16, 64)}
    chosen = pi_ref * wins.sum(2)
    chosen /= chosen.sum(1, keepdims=True)
    weights = rng.dirichlet(np.ones(Y), (n_random, X))
    share = rng.random((n_random, 1, 1)) ** 2
    random = share * weights + (1 - share) * pi_ref
    ax = fig.add_subplot()
    ax.plot(*np.array([point(pi) for pi in random[:2000]]).T, ".", color="0.75", ms=3,
            label="random policies")  # fmt: skip
    ax.plot(KL, most, "k-", label="the most that can be had")
    ax.plot(
        *np.array([point(pi) for pi in shown.values()]).T, "o", label="DPO from 300 pairs a context"
    )
    for beta, pi in shown.items():
        kl, r = point(pi)
        ax.annotate(rf"$\beta$ = {beta:g}", (kl, r), textcoords="offset points", xytext=(6, -12),
                    color="C0", fontsize=8)  # fmt: skip
    ax.plot(*np.array([point(pi) for pi in best_n.values()]).T, "s", ms=5,
            label="best of 2, 4, 8, 16, 64")  # fmt: skip
    ax.plot(*point(chosen), "^", ms=8, label="imitation of what was chosen")
    ax.set(xlabel=r"KL( $\pi$ || $\pi_{ref}$ )", ylabel="reward", xlim=(-0.05, KL.max() * 1.05))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=1.5)
    fig.set_size_inches(8, 4.6)
    checked = np.array([10.0, 1.0, 0.1])
    (r_up, kl_up), (r_down, kl_down) = (
        reward_kl_frontier(pi_ref, reward, checked * factor) for factor in (1.0001, 0.9999)
    )
    slope = (r_up - r_down) / (kl_up - kl_down) / checked
    bound = [np.log(n) - (n - 1) / n - kl_divergence(pi, pi_ref).max() for n, pi in best_n.items()]
    everybody = [*random, *shown.values(), *best_n.values(), chosen]
    kl_in_part = {n: point(pi)[0] for n, pi in best_n.items()}
    return Result(
        {
            "slope of the curve over beta": np.ones(3),
            "furthest above the curve, of all": [0.0],
            "best of N: KL at most ln N - (N - 1) / N": [True] * len(best_n),
        },
        {
            "slope of the curve over beta": slope,
            "furthest above the curve, of all": [max(0.0, *(above(pi) for pi in everybody))],
            "best of N: KL at most ln N - (N - 1) / N": [bool(x >= -1e-12) for x in bound],
        },
        tolerance={
            "slope of the curve over beta": 1e-6,
            "furthest above the curve, of all": 1e-12,
        },
        note=WORLD + f"The curve is exact, for beta from {betas[0]:.3g} to {betas[-1]:.2g}; "
        f"{len(everybody):,} policies are held against its tangents, {n_random:,} random ones "
        "among them. Best of N, exact, has KL "
        + ", ".join(f"{kl:.3f} (N = {n})" for n, kl in kl_in_part.items())
        + ". DPO from 300 pairs a context, beta = "
        + ", ".join(f"{beta:g}" for beta in shown)
        + ": cdpo with 0.01, since among so few some answers may never lose. (KL, reward): DPO "
        + ", ".join(f"({x:.2f}, {y:.2f})" for x, y in map(point, shown.values()))
        + "; imitation of what was chosen ({:.2f}, {:.2f}).".format(*point(chosen)),
    )


def _climb(policy, reward, rng, steps, progress=silent, **options):
    """The third stage by sampling: of each step the largest distance of pi from its goal, pi."""
    agent = RLHF(policy, beta=BETA, lr=0.05, rng=rng, **options)
    goal = optimal_policy(policy(np.arange(X)), reward, BETA)
    apart = []
    for k in progress(range(steps), steps):
        agent.adam.lr = 0.05 * min(1.0, 2 * (1 - k / steps))
        pi, groups = policy(np.arange(X)), []
        for x in range(X):
            drawn = sample(np.tile(pi[x], (32, 1)), rng)
            groups.append(Rollouts(x, [Answer([x], [y]) for y in drawn], reward[x, drawn]))
        agent.update(groups)
        apart.append(np.abs(policy(np.arange(X)) - goal).max())
    return apart, agent


def _table(pi):
    """A policy of logits, beginning at pi."""
    policy = Softmax(Table(*pi.shape))
    policy.theta = np.log(pi).ravel()
    return policy


@item("dpo:rlhf")
def rlhf(fig, rng, quick=False, progress=silent):
    """Do a reward model and the best policy for it lead where DPO leads?"""
    reward, pi_ref = _problem(rng)
    wins, begin = sample_wins(reward, 1000, rng), rng.integers(2**31)
    seeds, steps, near = (2, 150, 0.05) if quick else (2, 500, 0.01)
    fitted = fit_rewards(wins)  # the second stage
    two_stages = optimal_policy(pi_ref, fitted, BETA)  # the third, exactly
    dpo = TabularDPO(pi_ref, beta=BETA).fit(wins)  # one stage
    curves, ends = {}, []
    ways = {"policy gradient": {}, "clipped, 4 steps a batch": {"clip": 0.2, "epochs": 4}}
    for k, (name, options) in enumerate(list(ways.items()) * seeds):
        policy, own = _table(pi_ref), np.random.default_rng([begin, k])
        apart, agent = _climb(policy, fitted, own, steps, progress, **options)
        curves.setdefault(name, apart)  # the first seed is drawn
        ends.append((apart[-1], policy(np.arange(X))))
    agent.policy.theta = np.log(two_stages).ravel()
    drawn = sample(np.repeat(two_stages[:, None], 50, axis=1), rng)  # 50 answers to each context
    groups = [
        Rollouts(x, [Answer([x], [y]) for y in ys], fitted[x, ys]) for x, ys in enumerate(drawn)
    ]
    advantage = np.abs(agent.advantages(groups)).max()
    left, right = fig.subplots(1, 2)
    at = np.arange(Y)
    left.bar(at - 0.3, pi_ref[0], 0.2, color="0.75", label=r"$\pi_{ref}$")
    left.bar(at - 0.1, two_stages[0], 0.2, color="C0", label="reward, then its best policy")
    left.bar(at + 0.1, dpo.pi[0], 0.2, color="C1", label="DPO")
    left.bar(at + 0.3, ends[0][1][0], 0.2, color="C2", label="policy gradient")
    left.set(xlabel="answer to the first context", ylabel="probability")
    left.legend()
    draw_curves(right, np.arange(1, steps + 1), curves)
    right.set(xlabel="steps", ylabel="furthest probability from its goal", yscale="log")
    fig.set_size_inches(10, 4)
    gap = objective(two_stages, pi_ref, fitted, BETA)
    gaps = [(gap - objective(pi, pi_ref, fitted, BETA)).max() for _, pi in ends]
    furthest = [apart for apart, _ in ends]
    arrive = f"policy gradient, clipped: runs that end with every probability within {near}"
    same = "probabilities of two stages and of DPO: largest distance"
    return Result(
        {
            same: [0.0],
            "rewards of the two: largest distance": [0.0],
            "advantages at the best policy: largest": [0.0],
            arrive: at_least(0.9),
        },
        {
            same: [np.abs(two_stages - dpo.pi).max()],
            "rewards of the two: largest distance": [np.abs(fitted - dpo.reward).max()],
            "advantages at the best policy: largest": [advantage],
            arrive: share_of(np.array(furthest) < near),
        },
        tolerance={
            same: 1e-10,
            "rewards of the two: largest distance": 1e-10,
            "advantages at the best policy: largest": 1e-10,
        },
        note=WORLD + f"1000 pairs a context, beta = {BETA}. The reward model is fitted by "
        "Zermelo's iteration, DPO by Newton's method: two ways to the "
        f"same policy. The third stage by sampling: {steps} steps of Adam with 32 answers to each "
        "context, step size 0.05, less and less in the second half; seeds after "
        f"{begin}. In the end the furthest probability is off by {max(furthest):.1g} at most, and "
        f"the objective is short of the most by {max(gaps):.1g}. At the goal the advantage of "
        "every single answer is zero, so that the noise dies out on the way there.",
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
def gridworld(fig, rng, quick=False, progress=silent):
    """Can DPO find the way from preferences between paths, without ever seeing a reward?"""
    world, gamma, horizon, beta, n = GridWorld(r_forbidden=-10), 0.9, 20, 0.05, 200
    model, states = world.model, np.arange(25)
    rounds, seeds, begin = 300 if quick else 600, 3, int(rng.integers(2**31))
    best = optimal(model, gamma, 1e-9)

    def short(policy):
        """How much value the greedy policy lacks, in the state where it lacks most."""
        return (best.v - policy_value(model, greedy(policy(states)), gamma)).max()

    curves, ends = {}, []
    for seed in range(begin, begin + seeds):
        own, policy = np.random.default_rng([seed, 12]), Softmax(Table(25, 5))
        agent = DPO(policy, beta=beta, lr=0.1, rng=own)
        curve = [short(policy)]
        for k in progress(range(1, rounds + 1), rounds):
            agent.update(_compare_paths(model, policy(states), n, horizon, gamma, own))
            if k % 10 == 0:
                curve.append(short(policy))
        curves[f"seed {len(curves) + 1}"] = curve
        ends.append(policy_value(model, greedy(policy(states)), gamma))

    # And from a policy that wanders at random.
    lacking = []
    for seed in progress(range(begin, begin + seeds), seeds):
        own, offline = np.random.default_rng([seed, 13]), Softmax(Table(25, 5))
        agent = DPO(offline, beta=beta, lr=0.1, rng=own)
        for _ in range(60):
            agent.update(_compare_paths(model, uniform(25, 5), n, horizon, gamma, own))
        lacking.append(short(offline))

    left, right = fig.subplots(1, 2)
    draw_grid(left, world, pi=greedy(policy(states)), v=ends[-1])
    draw_curves(right, np.arange(0, rounds + 1, 10) * n / 1000, curves)
    right.set(xlabel="thousand pairs", ylabel="value that is lacking, in the worst state")
    fig.set_size_inches(10, 4.6)
    ends = np.array(ends)
    lost = (best.v - ends).max(1)
    table, good = "v of the best run's greedy policy", "seeds whose greedy policy is a best one"
    if quick:
        good = "seeds whose greedy policy lacks less than 10 in its worst state"
    good += ", and no best one where paths are at random alone"
    wanted = {good: at_least(0.9)}
    at_random = np.array(lacking) > 1e-6
    found = {good: share_of((lost < (10 if quick else 1e-9)) & at_random)}
    if not quick:
        wanted[table] = printed("fig:3.4d", "v")
        found[table] = ends[lost.argmin()].reshape(5, 5)
    return Result(
        wanted,
        found,
        note=f"r_forbidden = -10, as in Fig. 3.4(d). Paths of {horizon} steps, two from the same "
        f"state, which is any of 25; the judge compares discounted rewards, gamma = {gamma}, with "
        f"Bradley and Terry's chances. {rounds} rounds of {n} pairs, drawn from the policy as it "
        f"is by then; a step of Adam, 0.1, for each round; beta = {beta}, pi_ref uniform. "
        f"{seeds} seeds from {begin} on. {60 * n:,} pairs of paths that wander at random lead to "
        f"policies that lack {', '.join(f'{x:.1f}' for x in lacking)} in their worst states: they "
        "say little of what "
        "would come after a good step, and no policy that is the same at every step is the closed "
        "form for paths of a fixed length.",
    )


if __name__ == "__main__":
    run(__file__)
